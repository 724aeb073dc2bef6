//! Snapshots by hand: which call takes one, and of which node. Source: user guide, "Taking manual backups".

use crate::catalog::engines::Version;
use crate::kind::{Backup, Call, Problem};
use crate::kinds::snapshot::SERVERLESS;
use crate::value::{Object, Value, text};

/// The longest name of a snapshot of nodes, as the user guide has it.
const NODES_MOST: usize = 40;
/// The same of a serverless cache, as the model of the service has it.
const SERVERLESS_MOST: usize = 255;
/// How long small data takes, as published.
const SECONDS: u32 = 240;

fn of_nodes(member: &'static str, id: &str, name: &str, source: String) -> Backup {
    let call = Call::new("CreateSnapshot", [(member, Value::string(id)), ("SnapshotName", Value::string(name))]);
    Backup { call: call.settles(SECONDS), source, name_most: NODES_MOST, id: name.to_lowercase() }
}

/// Of a group: with cluster mode of all shards, else of a replica where there is one, so that the primary is spared.
pub fn of_group(live: &Object, name: &str) -> Backup {
    let id = text(live, "replication_group_id").unwrap_or_default();
    if live.get("cluster_enabled").and_then(Value::as_bool) == Some(true) {
        return of_nodes("ReplicationGroupId", id, name, "all shards".to_owned());
    }
    let members = live.get("members").and_then(Value::as_items).unwrap_or_default();
    let of_role = |role: &str| {
        let one = members.iter().filter_map(Value::as_object).find(|member| text(member, "role") == Some(role));
        one.and_then(|member| text(member, "id"))
    };
    match of_role("replica").map(|node| (node, "the replica")).or(of_role("primary").map(|node| (node, "the primary")))
    {
        Some((node, role)) => of_nodes("CacheClusterId", node, name, format!("{role} {node}")),
        None => of_nodes("ReplicationGroupId", id, name, "the group".to_owned()),
    }
}

/// Of a cluster.
///
/// # Errors
/// It is of Memcached, which has none.
pub fn of_cluster(live: &Object, name: &str) -> Result<Backup, Problem> {
    let id = text(live, "cluster_id").unwrap_or_default();
    if text(live, "engine") == Some("memcached") {
        let detail = format!("The cluster \"{id}\" is of memcached, and AWS makes no snapshots of those.");
        let help = "A serverless cache of memcached has snapshots; a cluster of valkey or redis, too.";
        return Err(Problem::error("CS0951", "engine", "No snapshots of memcached", detail, help));
    }
    Ok(of_nodes("CacheClusterId", id, name, format!("the node of {id}")))
}

/// Of a serverless cache, of whatever engine.
pub fn of_serverless(live: &Object, name: &str) -> Backup {
    let id = live.get("name").cloned().unwrap_or_else(Value::null);
    let args = [("ServerlessCacheName", id), ("ServerlessCacheSnapshotName", Value::string(name))];
    Backup {
        call: Call::new("CreateServerlessCacheSnapshot", args).settles(SECONDS),
        source: "the cache".to_owned(),
        name_most: SERVERLESS_MOST,
        id: format!("{SERVERLESS}{}", name.to_lowercase()),
    }
}

/// Whether a snapshot was made of an object of that kind and name: of a group also where it was made of one node.
pub fn is_of(snapshot: &Object, kind: &str, id: &str) -> bool {
    let named = |attribute: &str| text(snapshot, attribute).map(str::to_lowercase);
    let id = id.to_lowercase();
    let is_node = |node: &str| {
        let number = node.strip_prefix(&id).and_then(|rest| rest.strip_prefix('-'));
        number.is_some_and(|number| number.len() == 3 && number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    match kind {
        "replication_group" => match named("replication_group_id") {
            Some(group) => group == id,
            None => named("cache_cluster_id").is_some_and(|node| is_node(&node)),
        },
        "cache_cluster" => named("replication_group_id").is_none() && named("cache_cluster_id") == Some(id),
        "serverless_cache" => named("serverless_cache_name") == Some(id),
        _ => false,
    }
}

/// Whether a cache as it shall be can hold a snapshot. Source: user guide, "Restoring from a backup": never an older
/// version, nor from cluster mode to none; files of valkey are not read by redis.
///
/// # Errors
/// Why not, and what to do.
pub fn fits(snapshot: &Object, after: &Object) -> Result<(), String> {
    let of = |object, name| text(object, name).map(str::to_lowercase);
    let (had, has) = (of(snapshot, "engine"), of(after, "engine"));
    if had.is_some()
        && has.is_some()
        && had != has
        && (had.as_deref(), has.as_deref()) != (Some("redis"), Some("valkey"))
    {
        let name = |engine: Option<String>| engine.unwrap_or_default();
        return Err(format!("a snapshot of {} does not fill a cache of {}", name(had), name(has)));
    }
    let versions = of(snapshot, "engine_version").zip(of(after, "engine_version"));
    if let Some((from, to)) = versions.filter(|(from, to)| had == has && is_older(to, from)) {
        return Err(format!("the snapshot is of version {from}, and {to} does not read it: raise engine_version"));
    }
    let shards = snapshot.get("num_node_groups").and_then(Value::as_i64).unwrap_or(1);
    if shards > 1 && after.get("cluster_enabled").and_then(Value::as_bool) == Some(false) {
        return Err(format!(
            "the snapshot has {shards} shards, and the block has no cluster mode: it needs one that has"
        ));
    }
    Ok(())
}

/// Whether a version is older than another, as far as both are told.
fn is_older(version: &str, than: &str) -> bool {
    let (Some(one), Some(other)) = (Version::parse(version), Version::parse(than)) else { return false };
    let minor = |minors: (u32, u32)| minors.0 < minors.1;
    one.major < other.major || one.major == other.major && one.minor.zip(other.minor).is_some_and(minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(pairs: &[(&str, &str)]) -> Object {
        pairs.iter().map(|(name, value)| ((*name).into(), Value::string(value))).collect()
    }

    #[test]
    fn a_snapshot_is_of_its_cache_only() {
        let cases: [(&[(&str, &str)], &str, &str, bool); 8] = [
            (&[("replication_group_id", "main")], "replication_group", "Main", true),
            (&[("replication_group_id", "main")], "replication_group", "mai", false),
            (&[("cache_cluster_id", "main-002")], "replication_group", "main", true),
            (&[("cache_cluster_id", "main-old-002")], "replication_group", "main", false),
            (&[("cache_cluster_id", "main-2")], "replication_group", "main", false),
            (&[("cache_cluster_id", "main")], "cache_cluster", "main", true),
            (&[("cache_cluster_id", "main"), ("replication_group_id", "g")], "cache_cluster", "main", false),
            (&[("serverless_cache_name", "main")], "serverless_cache", "main", true),
        ];
        for (snapshot, kind, id, want) in cases {
            assert_eq!(is_of(&object(snapshot), kind, id), want, "{snapshot:?} of {kind} {id}");
        }
    }
}
