//! What AWS will make of a replication group, as far as anyone can foresee it.

use std::collections::BTreeMap;

use super::shards;
use crate::catalog::engines::Version;
use crate::kind::Target;
use crate::value::{Object, Type, Value};

fn number(object: &Object, name: &str) -> Option<i64> {
    object.get(name).and_then(Value::as_i64)
}

fn is_unknown(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(Value::is_unknown)
}

/// Fills in id, ARN, counts, members and the attributes that follow from others.
pub fn predict(planned: &mut Object, live: Option<&Object>, target: &Target) {
    if let Some(id) = planned.get("replication_group_id").and_then(Value::as_str).map(str::to_owned) {
        planned.insert("id".into(), Value::string(&id));
        if let Some(arn) = target.arn("elasticache", &format!("replicationgroup:{id}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }
    let mut default = |name: &str, value: Value| {
        if planned.get(name).is_none_or(Value::is_null) {
            planned.insert(name.into(), value);
        }
    };
    default("engine", Value::string("redis"));
    default("port", Value::int(6379));
    if live.is_none() {
        // Only Valkey from 9.0 on keeps a log of writes.
        let version = planned.get("engine_version").and_then(Value::as_str).and_then(Version::parse);
        let valkey = planned.get("engine").and_then(Value::as_str) == Some("valkey");
        if !valkey || version.is_some_and(|version| !version.at_least(9, 0)) {
            planned.or_insert("durability".into(), Value::null_of(Type::String));
        }
        // Who is made as a member follows; who becomes the primary of one is told later.
        let member = planned.get("global_replication_group_id").is_some_and(|value| !value.is_null());
        let role = if member { Value::string("SECONDARY") } else { Value::null_of(Type::String) };
        planned.insert("global_role".into(), role);
        if member && planned.get("automatic_failover_enabled").and_then(Value::as_bool) == Some(false) {
            planned.remove("automatic_failover_enabled");
        }
    }
    if live.is_some() && planned.get("global_replication_group_id").is_some_and(Value::is_null) {
        planned.insert("global_role".into(), Value::null_of(Type::String));
    }
    predict_topology(planned, live);
    forget_what_moves(planned, live);
}

/// AWS allows 500 nodes in a group; what is far beyond is not written out.
const NODES_MAX: i64 = 1000;

fn predict_topology(planned: &mut Object, live: Option<&Object>) {
    let counts =
        ["num_cache_clusters", "num_node_groups", "replicas_per_node_group", "cluster_mode", "parameter_group_name"];
    if counts.iter().any(|name| is_unknown(planned, name)) {
        planned.remove("member_clusters");
        return;
    }
    // More than AWS has is a mistake that is told elsewhere.
    let possible = |topology: &Topology| topology.shards <= NODES_MAX && topology.replicas < NODES_MAX;
    let Some(topology) = topology(planned, live).filter(possible) else {
        planned.remove("member_clusters");
        if live.is_some_and(|live| shards::are_asked_for(planned, live)) {
            count_uneven(planned);
        }
        return;
    };
    let id = planned.get("replication_group_id").and_then(Value::as_str).map(str::to_owned);
    planned.insert("num_node_groups".into(), Value::int(topology.shards));
    planned.insert("replicas_per_node_group".into(), Value::int(topology.replicas));
    planned.insert("num_cache_clusters".into(), Value::int(topology.shards * (topology.replicas + 1)));
    planned.insert("cluster_enabled".into(), Value::bool(topology.cluster));
    match id.map(|id| members(&id, topology, live)) {
        Some(members) => planned.insert("member_clusters".into(), Value::string_set(members)),
        None => planned.remove("member_clusters"),
    };
}

/// Shards with different numbers of replicas, of which the poorest counts.
fn count_uneven(planned: &mut Object) {
    let replicas = shards::replicas(planned);
    let (shards, all) = (replicas.len() as i64, replicas.values().sum::<i64>());
    let least = replicas.into_values().min().unwrap_or(0);
    let counts =
        [("num_node_groups", shards), ("num_cache_clusters", shards + all), ("replicas_per_node_group", least)];
    planned.extend(counts.map(|(name, count)| (name.into(), Value::int(count))));
}

/// How many nodes a group has, as far as it is known: all shards with their primaries and replicas.
pub(super) fn count(object: &Object) -> Option<Value> {
    if let Some(nodes) = object.get("num_cache_clusters").filter(|nodes| nodes.as_i64().is_some()) {
        return Some(nodes.clone());
    }
    // A group that is made with shards of different sizes.
    let blocks = shard_blocks(object);
    let known = object.get(shards::BLOCKS).is_some_and(Value::is_wholly_known) && !blocks.is_empty();
    let others = number(object, "replicas_per_node_group");
    let replicas: Option<Vec<i64>> = blocks.into_iter().map(|written| written.or(others)).collect();
    replicas.filter(|_| known).map(|replicas| Value::int(replicas.iter().map(|count| count + 1).sum()))
}

/// How many shards and replicas, and whether members carry the number of their shard.
#[derive(Debug, Clone, Copy)]
struct Topology {
    shards: i64,
    replicas: i64,
    cluster: bool,
}

/// What the user wrote wins over what is there; of the two ways to count, the one that differs from what is there.
fn topology(planned: &Object, live: Option<&Object>) -> Option<Topology> {
    let described = live.is_none_or(|live| shards::are_asked_for(planned, live));
    let asked = if described { shard_blocks(planned) } else { Vec::new() };
    // Of an update that describes its shards, the count is still that of before.
    let counted = number(planned, "num_node_groups").filter(|_| live.is_none() || asked.is_empty());
    let shards = counted.unwrap_or_else(|| asked.len().max(1) as i64);
    let cluster = cluster_enabled(planned, live, shards)?;
    let replicas = match (number(planned, "replicas_per_node_group"), number(planned, "num_cache_clusters")) {
        (Some(replicas), nodes) => {
            let changed = |name: &str, now: i64| live.and_then(|live| number(live, name)).is_some_and(|old| old != now);
            match nodes {
                Some(nodes) if !cluster && changed("num_cache_clusters", nodes) => nodes - 1,
                _ => replicas,
            }
        }
        (None, Some(nodes)) => nodes - 1,
        (None, None) => 0,
    };
    // Shards may be asked for one by one; with different numbers of replicas, there is no one number to foresee.
    let replicas = match asked.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other == first) => first.unwrap_or(replicas),
        Some(_) => return None,
        None => replicas,
    };
    Some(Topology { shards, replicas: replicas.max(0), cluster })
}

/// The replicas that each block asks for.
fn shard_blocks(planned: &Object) -> Vec<Option<i64>> {
    let blocks = planned.get("node_group_configuration").and_then(Value::as_items).unwrap_or_default();
    blocks.iter().map(|block| block.get("replica_count").and_then(Value::as_i64)).collect()
}

/// `None` when a parameter group of the user's own decides it.
fn cluster_enabled(planned: &Object, live: Option<&Object>, shards: i64) -> Option<bool> {
    // What is there decides; so does an earlier prediction, since nobody can write this attribute.
    let told = live.unwrap_or(planned).get("cluster_enabled").and_then(Value::as_bool);
    let turned_on = live.is_some() && planned.get("cluster_mode").and_then(Value::as_str) == Some("enabled");
    if told.is_some() {
        return told.map(|told| told || turned_on);
    }
    let mode = planned.get("cluster_mode").and_then(Value::as_str);
    let group = planned.get("parameter_group_name").and_then(Value::as_str).unwrap_or("default.");
    let counts_shards = planned.get("num_node_groups").is_some_and(|value| !value.is_null());
    match mode {
        Some("enabled") => Some(true),
        Some(_) => Some(false),
        None if shards > 1 || group.ends_with(".cluster.on") => Some(true),
        None if counts_shards && !group.starts_with("default.") => None,
        None => Some(false),
    }
}

/// The ids of the nodes: those that are there, with new ones under the lowest free numbers, or without those that go.
fn members(id: &str, topology: Topology, live: Option<&Object>) -> Vec<String> {
    let Some(live) = live else { return member_ids(id, topology.shards, topology.replicas, topology.cluster) };
    let mut shards = staying(id, topology, live);
    let (there, last) = (shards.len(), shards.keys().filter_map(|shard| shard.parse().ok()).max().unwrap_or(0));
    shards.extend((there as i64..topology.shards).zip(last + 1..).map(|(_, new)| (format!("{new:04}"), Vec::new())));
    // On the way to cluster mode replicas come before it is on, and shards after that.
    let numbered = live.get("cluster_enabled").and_then(Value::as_bool) == Some(true);
    for (shard, members) in &mut shards {
        let plain = members.first().is_some_and(|_| !numbered);
        let prefix = if plain { format!("{id}-") } else { format!("{id}-{shard}-") };
        let new = (1..).map(|number| format!("{prefix}{number:03}")).filter(|new| !members.contains(new));
        let missing = (topology.replicas + 1 - members.len() as i64).max(0) as usize;
        let new: Vec<String> = new.take(missing).collect();
        members.extend(new);
    }
    shards.into_values().flatten().collect()
}

/// The nodes that stay, by shard.
fn staying(id: &str, topology: Topology, live: &Object) -> BTreeMap<String, Vec<String>> {
    let leaving = leaving(live, topology.shards, topology.replicas);
    let told = live.get("members").and_then(Value::as_items).unwrap_or_default();
    let text = |member: &Value, name: &str| member.get(name).and_then(Value::as_str).map(str::to_owned);
    let told: BTreeMap<String, String> =
        told.iter().filter_map(|member| text(member, "id").zip(text(member, "node_group_id"))).collect();
    // Nodes keep their names on the way to cluster mode: what AWS tells goes before the name.
    let shard = |member: &str| {
        let by_name = || member.strip_prefix(id)?.strip_prefix('-')?.split_once('-').map(|(shard, _)| shard.to_owned());
        told.get(member).cloned().or_else(by_name).unwrap_or_else(|| "0001".to_owned())
    };
    let mut shards: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let stays = texts(live.get("member_clusters")).into_iter().filter(|member| !leaving.contains(member));
    stays.for_each(|member| shards.entry(shard(&member)).or_default().push(member));
    shards
}

/// The ids that AWS gives: `rg-001` in a group without cluster mode, `rg-0001-001` with it.
pub fn member_ids(id: &str, shards: i64, replicas: i64, cluster: bool) -> Vec<String> {
    let nodes = 1..=replicas + 1;
    if !cluster {
        return nodes.map(|node| format!("{id}-{node:03}")).collect();
    }
    (1..=shards).flat_map(|shard| nodes.clone().map(move |node| format!("{id}-{shard:04}-{node:03}"))).collect()
}

/// The members that go when a group shrinks: whole shards from the last, and the highest replicas of each, never a primary.
pub fn leaving(live: &Object, shards: i64, replicas: i64) -> Vec<String> {
    leaving_each(live, &|at, _| (at < shards).then_some(replicas))
}

/// The same of single shards, told by their places and ids: how many replicas each keeps; none where the whole shard goes.
pub fn leaving_each(live: &Object, kept: &dyn Fn(i64, &str) -> Option<i64>) -> Vec<String> {
    let mut groups: Vec<(String, Vec<(String, bool)>)> = Vec::new();
    for member in live.get("members").and_then(Value::as_items).unwrap_or_default() {
        let text = |name: &str| member.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let entry = (text("id"), text("role") == "primary");
        match groups.iter_mut().find(|(group, _)| *group == text("node_group_id")) {
            Some((_, members)) => members.push(entry),
            None => groups.push((text("node_group_id"), vec![entry])),
        }
    }
    groups.sort();
    let mut leaving = Vec::new();
    for (index, (shard, mut members)) in groups.into_iter().enumerate() {
        let Some(replicas) = kept(index as i64, &shard) else {
            leaving.extend(members.into_iter().map(|(id, _)| id));
            continue;
        };
        members.sort();
        let surplus = (members.len() as i64 - replicas - 1).max(0) as usize;
        // Without a known role the first of a shard is taken for its primary.
        let known = members.iter().any(|(_, primary)| *primary);
        let removable = members.iter().enumerate().filter(|(at, (_, primary))| if known { !primary } else { *at > 0 });
        let names: Vec<String> = removable.map(|(_, (id, _))| id.clone()).collect();
        leaving.extend(names.into_iter().rev().take(surplus));
    }
    leaving
}

/// Endpoints and the running version are not known while what decides them changes.
fn forget_what_moves(planned: &mut Object, live: Option<&Object>) {
    let Some(live) = live else { return };
    let differs = |names: &[&str]| names.iter().any(|name| planned.get(name) != live.get(name));
    let endpoints = differs(&["transit_encryption_enabled", "cluster_mode", "transit_encryption_mode"]);
    let version = differs(&["engine_version", "engine"]);
    let mode = differs(&["cluster_mode"]);
    let nodes = differs(&["num_cache_clusters", "num_node_groups", "replicas_per_node_group"]);
    if endpoints {
        for name in ["primary_endpoint_address", "reader_endpoint_address", "configuration_endpoint_address"] {
            planned.remove(name);
        }
    }
    if version {
        planned.remove("engine_version_actual");
    }
    if nodes || mode {
        planned.remove("members");
        if !shards::are_asked_for(planned, live) {
            planned.remove(shards::BLOCKS);
        }
    }
}

/// The texts of a collection.
pub fn texts(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_items).unwrap_or_default().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_stays_when_it_is_made_again() {
        let target = Target { account: None, region: "us-east-1".into() };
        let mut planned = Object::from([
            ("replication_group_id".into(), Value::string("r")),
            ("num_cache_clusters".into(), Value::int(2)),
            ("parameter_group_name".into(), Value::string("own")),
        ]);
        predict(&mut planned, None, &target);
        let first = planned.clone();
        predict(&mut planned, None, &target);
        assert_eq!(planned, first);
        assert_eq!(texts(planned.get("member_clusters")), ["r-001", "r-002"]);
    }

    /// A group as it is and the shards and replicas that it shall have, in cluster mode by then.
    #[test]
    fn nodes_that_are_there_keep_their_names() {
        let group = |cluster: bool, members: &[(&str, &str)]| {
            let member = |(id, shard): &(&str, &str)| Value::string_map([("id", *id), ("node_group_id", *shard)]);
            Object::from([
                ("cluster_enabled".into(), Value::bool(cluster)),
                ("member_clusters".into(), Value::strings(members.iter().map(|(id, _)| *id))),
                ("members".into(), Value::tuple(members.iter().map(member).collect())),
            ])
        };
        let plain = [("r-001", "0001"), ("r-002", "0001")];
        let moved = [("r-001", "0001"), ("r-002", "0001"), ("r-0002-001", "0002"), ("r-0002-002", "0002")];
        let later = [("r-0002-001", "0002"), ("r-0003-001", "0003")];
        let cases: [(bool, &[(&str, &str)], (i64, i64), &[&str]); 7] = [
            (false, &plain, (1, 1), &["r-001", "r-002"]),
            (false, &plain, (1, 2), &["r-001", "r-002", "r-003"]),
            (false, &plain, (2, 2), &["r-001", "r-002", "r-003", "r-0002-001", "r-0002-002", "r-0002-003"]),
            (true, &plain, (1, 2), &["r-001", "r-002", "r-0001-001"]),
            (true, &plain, (2, 1), &["r-001", "r-002", "r-0002-001", "r-0002-002"]),
            (true, &moved, (1, 0), &["r-001"]),
            (true, &later, (3, 0), &["r-0002-001", "r-0003-001", "r-0004-001"]),
        ];
        for (cluster, there, (shards, replicas), want) in cases {
            let topology = Topology { shards, replicas, cluster: true };
            assert_eq!(members("r", topology, Some(&group(cluster, there))), want, "{there:?} {shards} {replicas}");
        }
    }

    #[test]
    fn members_are_foreseen() {
        let cases = [
            (1, 1, false, vec!["r-001", "r-002"]),
            (2, 1, true, vec!["r-0001-001", "r-0001-002", "r-0002-001", "r-0002-002"]),
        ];
        for (shards, replicas, cluster, want) in cases {
            assert_eq!(member_ids("r", shards, replicas, cluster), want);
        }
    }
}
