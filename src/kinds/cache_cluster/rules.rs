//! The rules of the service for a cluster. Source: the service model, the user guide, and errors seen from the service.

use super::{is_memcached, text};
use crate::catalog::engines::{self, Version};
use crate::catalog::nodes;
use crate::kind::Problem;
use crate::kinds::{node_types, replication_group, upkeep};
use crate::schema::rules::list;
use crate::value::{Data, Object, Value};

/// Applies every rule to a desired object. Unknown values are let pass.
pub(super) fn check(desired: &Object) -> Vec<Problem> {
    if may_be_set(desired, "replication_group_id") {
        let problems = if is_set(desired, "replication_group_id") { replica(desired) } else { Vec::new() };
        return problems.into_iter().chain(upkeep::contradicting_snapshot(desired)).collect();
    }
    if !may_be_set(desired, "engine") {
        return vec![no_engine()];
    }
    let mut problems = Vec::new();
    problems.extend(engine(desired));
    problems.extend(count(desired));
    let version = version(desired);
    problems.extend(node_type(desired).filter(|one| version.is_empty() || one.code != "CS0541"));
    problems.extend(version);
    problems.extend(zones(desired));
    problems.extend(without_snapshots(desired));
    problems.extend(upkeep::contradicting_snapshot(desired));
    problems.extend(encryption(desired));
    problems.extend(outposts(desired));
    problems.extend(network(desired));
    problems.extend(upkeep::sources(desired).filter(|_| !is_memcached(desired)));
    problems.extend(upkeep::low_port(number(desired, "port")));
    problems.extend(upkeep::old_node_type(text(desired, "node_type")));
    let named = text(desired, "parameter_group_name").filter(|name| name.starts_with("default."));
    problems.extend(named.filter(|name| name.ends_with(".cluster.on")).map(|_| cluster_mode()));
    problems.extend(upkeep::overlap(text(desired, "snapshot_window"), text(desired, "maintenance_window")));
    if text(desired, "engine") == Some("redis") {
        problems.extend(upkeep::logs(desired, asked_version(desired)));
    }
    problems
}

/// Whether it is set, as far as anybody knows.
fn may_be_set(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null() && value.as_items().is_none_or(|items| !items.is_empty()))
}

/// Whether it is set for sure: what is not known yet may still turn out to be null.
fn is_set(object: &Object, name: &str) -> bool {
    let may_be_null = |value: &Value| matches!(&value.data, Data::Unknown(unknown) if !unknown.not_null);
    may_be_set(object, name) && !object.get(name).is_some_and(may_be_null)
}

fn number(object: &Object, name: &str) -> Option<i64> {
    object.get(name).and_then(Value::as_i64)
}

fn asked_version(object: &Object) -> Option<Version> {
    Version::parse(text(object, "engine_version")?)
}

fn no_engine() -> Problem {
    Problem::error(
        "CS0701",
        "engine",
        "A cluster of nothing",
        "A cluster is of an `engine`, or a read replica of a `replication_group_id`; here is neither.",
        "Set engine = \"memcached\" or \"redis\"; or replication_group_id.",
    )
}

/// What the replication group decides for its members. Source: the conflicts that Terraform's provider declares.
const OF_THE_GROUP: [&str; 15] = [
    "engine",
    "az_mode",
    "engine_version",
    "maintenance_window",
    "node_type",
    "notification_topic_arn",
    "num_cache_nodes",
    "parameter_group_name",
    "port",
    "security_group_ids",
    "snapshot_arns",
    "snapshot_name",
    "snapshot_retention_limit",
    "snapshot_window",
    "subnet_group_name",
];

fn replica(desired: &Object) -> Vec<Problem> {
    let given = OF_THE_GROUP.into_iter().filter(|name| is_set(desired, name));
    let problem = |name| {
        let detail = format!("`{name}` of a read replica is that of its replication group.");
        Problem::error("CS0702", name, "The replication group decides", detail, "Remove it here.")
    };
    given.map(problem).collect()
}

fn engine(desired: &Object) -> Option<Problem> {
    (text(desired, "engine") == Some("valkey")).then(|| {
        Problem::error(
            "CS0703",
            "engine",
            "Valkey runs in replication groups",
            "AWS makes clusters of memcached and redis only.",
            "Declare a replication_group with num_cache_clusters = 1 instead.",
        )
    })
}

fn count(desired: &Object) -> Option<Problem> {
    let redis = text(desired, "engine") == Some("redis");
    match number(desired, "num_cache_nodes") {
        Some(nodes) if redis && nodes != 1 => Some(Problem::error(
            "CS0705",
            "num_cache_nodes",
            "A cluster of Redis has one node",
            format!("There would be {nodes} nodes, and AWS takes one."),
            "Set num_cache_nodes = 1; replicas and shards are those of a replication_group.",
        )),
        None if is_memcached(desired) && !may_be_set(desired, "num_cache_nodes") => Some(Problem::error(
            "CS0704",
            "num_cache_nodes",
            "The number of nodes is missing",
            "AWS wants the number of nodes of a cluster of Memcached.",
            "Set num_cache_nodes, 1 to 40 without a raised quota.",
        )),
        Some(nodes) if is_memcached(desired) && nodes > 40 => {
            let detail = format!("There would be {nodes} nodes; AWS allows 40 by default (60 in newer accounts).");
            let help = "See the quota of nodes per cluster in Service Quotas, and have it raised before you apply.";
            let summary = "More nodes than the default quota";
            Some(Problem::error("CS0533", "num_cache_nodes", summary, detail, help).warning())
        }
        _ => None,
    }
}

fn node_type(desired: &Object) -> Option<Problem> {
    let Some(name) = text(desired, "node_type") else {
        let others = "Only a read replica gets its node type from elsewhere.";
        return (!may_be_set(desired, "node_type")).then(|| node_types::missing(others));
    };
    if nodes::get(name).is_none() {
        return Some(node_types::unknown(name));
    }
    if nodes::has_data_tiering(name) && !is_memcached(desired) {
        let detail = format!("{name} keeps part of the data on SSD, which AWS does in replication groups only.");
        let help = "Declare a replication_group with data_tiering_enabled = true, or choose another type.";
        return Some(Problem::error("CS1058", "node_type", "Data tiering takes a replication group", detail, help));
    }
    node_types::runs(name, text(desired, "engine"), asked_version(desired))
}

fn version(desired: &Object) -> Vec<Problem> {
    if text(desired, "engine") == Some("redis") {
        return replication_group::unsound_version(desired);
    }
    if !is_memcached(desired) {
        return Vec::new();
    }
    let family = text(desired, "parameter_group_name").and_then(replication_group::actual_family);
    if let Some(problem) = family.and_then(replication_group::no_default_group) {
        return vec![problem];
    }
    let Some(asked) = text(desired, "engine_version") else {
        return family.and_then(|found| replication_group::other_engine("memcached", found)).into_iter().collect();
    };
    let known = list(&engines::MEMCACHED);
    let wrong = |detail: String, help: String| {
        vec![Problem::error("CS0542", "engine_version", "No such engine version", detail, help)]
    };
    let Some(version) = Version::parse(asked).filter(|version| version.patch.is_some()) else {
        let detail = format!("\"{asked}\" leaves parts of the version open, or is none.");
        return wrong(detail, format!("Write one of {known}."));
    };
    if let Some(found) = family {
        let wanted = engines::memcached_family(version);
        if wanted != found {
            return vec![replication_group::family_mismatch(&wanted, found)];
        }
    }
    let newest = engines::MEMCACHED.last().and_then(|newest| Version::parse(newest));
    match engines::MEMCACHED.contains(&asked) {
        true => Vec::new(),
        // One that has come out since may be known to AWS alone.
        false if newest.is_some_and(|newest| newest.is_older_than(version)) => {
            let detail = format!("Memcached {asked} is not among the versions that cachestack knows.");
            let help = format!("Versions of Memcached: {known}.");
            vec![Problem::error("CS0543", "engine_version", "Unknown engine version", detail, help).warning()]
        }
        false => wrong(format!("ElastiCache makes no Memcached {asked}."), format!("Write one of {known}.")),
    }
}

/// A single node has no shards.
pub(super) fn cluster_mode() -> Problem {
    Problem::error(
        "CS0713",
        "parameter_group_name",
        "Cluster mode takes a replication group",
        "The parameter group turns cluster mode on, and a cluster is a single node.",
        "Use another parameter group, or declare a replication_group.",
    )
}

fn network(desired: &Object) -> Vec<Problem> {
    let least = if is_memcached(desired) { ("1.6.6", (1, 6, 6)) } else { ("6.2", (6, 2, 0)) };
    let (major, minor, patch) = least.1;
    let least_version = Version { major, minor: Some(minor), patch: Some(patch) };
    let old = asked_version(desired).is_some_and(|version| version.is_older_than(least_version));
    let (network, discovery) = (text(desired, "network_type"), text(desired, "ip_discovery"));
    upkeep::network(network, discovery, !may_be_set(desired, "network_type"), old.then_some(least.0))
}

/// Zones of the nodes, and whether they may differ.
fn zones(desired: &Object) -> Option<Problem> {
    let listed = desired.get("preferred_availability_zones").and_then(Value::as_items).unwrap_or_default();
    let many = text(desired, "az_mode") == Some("cross-az");
    let error = |code, attribute, summary, detail: String, help: &str| {
        Some(Problem::error(code, attribute, summary, detail, help.to_owned()))
    };
    if text(desired, "engine") == Some("redis") {
        let given = [("az_mode", many), ("preferred_availability_zones", !listed.is_empty())];
        let (name, _) = given.into_iter().find(|(_, given)| *given)?;
        let detail = format!("`{name}` spreads the nodes of Memcached, and a cluster of Redis has one.");
        return error("CS0709", name, "Only for Memcached", detail, "Write `availability_zone` instead.");
    }
    if is_set(desired, "availability_zone") && !listed.is_empty() {
        let detail = "`availability_zone` is the zone of all nodes, and there is a list as well.".to_owned();
        return error("CS0708", "preferred_availability_zones", "Zones twice", detail, "Keep one of the two.");
    }
    let nodes = number(desired, "num_cache_nodes");
    if many && nodes == Some(1) {
        let detail = "One node stands in one zone.".to_owned();
        let help = "Set num_cache_nodes to 2 or more, or az_mode = \"single-az\".";
        return error("CS0707", "az_mode", "One node in several zones", detail, help);
    }
    if let Some(nodes) = nodes.filter(|nodes| !listed.is_empty() && *nodes != listed.len() as i64) {
        let detail = format!("There are {} zones for {nodes} nodes; AWS wants one zone for each node.", listed.len());
        let help = "Name a zone for each node; a zone may be named twice.";
        return error("CS0556", "preferred_availability_zones", "Zones and nodes do not match", detail, help);
    }
    let names: Option<Vec<&str>> = listed.iter().map(Value::as_str).collect();
    let differ = names.is_some_and(|names| names.iter().any(|name| *name != names[0]));
    let open = desired.get("az_mode").is_some_and(Value::is_unknown);
    let (alone, same) = (is_set(desired, "availability_zone"), !listed.is_empty() && !differ);
    if many && (alone || same && listed.iter().all(|zone| !zone.is_unknown())) {
        let detail = "All nodes are to stand in one zone, and in several.".to_owned();
        let name = if alone { "availability_zone" } else { "preferred_availability_zones" };
        let help = "Take out az_mode = \"cross-az\", or name several zones in `preferred_availability_zones`.";
        return error("CS0707", name, "az_mode and the zones do not agree", detail, help);
    }
    if differ && !many && !open {
        let detail = "The zones differ, and the cluster is to stand in one.".to_owned();
        let help = "Set az_mode = \"cross-az\".";
        return error("CS0707", "preferred_availability_zones", "az_mode and the zones do not agree", detail, help);
    }
    None
}

/// Memcached has nothing that could be kept, and writes no logs.
fn without_snapshots(desired: &Object) -> Vec<Problem> {
    let names = [
        "snapshot_retention_limit",
        "snapshot_window",
        "snapshot_arns",
        "snapshot_name",
        "final_snapshot_identifier",
        "final_snapshot",
        "log_delivery_configuration",
    ];
    let no = |name: &str| desired.get(name).and_then(Value::as_bool) == Some(false);
    let set = |name: &&str| is_set(desired, name) && number(desired, name) != Some(0) && !no(name);
    let given = names.into_iter().filter(|_| is_memcached(desired)).filter(set);
    let problem = |name| {
        let what = if name == "log_delivery_configuration" { "delivers no logs" } else { "makes no snapshots" };
        let detail = format!("Memcached {what}, so AWS refuses `{name}`.");
        Problem::error("CS0706", name, "Not for Memcached", detail, "Remove it.")
    };
    given.map(problem).collect()
}

fn encryption(desired: &Object) -> Option<Problem> {
    if desired.get("transit_encryption_enabled").and_then(Value::as_bool) != Some(true) {
        return None;
    }
    let error = |detail: &str, help: &str| {
        Some(Problem::error("CS0710", "transit_encryption_enabled", "This cluster cannot have TLS", detail, help))
    };
    if !is_memcached(desired) {
        return error(
            "AWS encrypts connections to a single cluster of Memcached only.",
            "Declare a replication_group with num_cache_clusters = 1 instead.",
        );
    }
    let old = asked_version(desired)
        .is_some_and(|version| version.is_older_than(Version { major: 1, minor: Some(6), patch: Some(12) }));
    if old {
        return error("Memcached speaks TLS from 1.6.12 on.", "Set engine_version to 1.6.12 or newer.");
    }
    None
}

fn outposts(desired: &Object) -> Option<Problem> {
    let half = is_set(desired, "outpost_mode") && !may_be_set(desired, "preferred_outpost_arn");
    half.then(|| {
        Problem::error(
            "CS0712",
            "outpost_mode",
            "The ARN of the Outpost is missing",
            "`outpost_mode` says how nodes stand on outposts, and `preferred_outpost_arn` names none.",
            "Set preferred_outpost_arn, or remove outpost_mode.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(attrs: &[(&str, Value)]) -> Vec<&'static str> {
        let object: Object = attrs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        check(&object).into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn rules_of_the_service() {
        let s = |text: &str| Value::string(text);
        let one = ("num_cache_nodes", Value::int(1));
        let two = ("num_cache_nodes", Value::int(2));
        let memcached = |more: &[(&'static str, Value)]| {
            [&[("engine", s("memcached")), ("node_type", s("cache.t4g.micro"))], more].concat()
        };
        let redis = |more: &[(&'static str, Value)]| {
            [&[("engine", s("redis")), ("node_type", s("cache.t4g.micro")), one.clone()], more].concat()
        };
        let zones = |names: &[&str]| ("preferred_availability_zones", Value::strings(names.to_vec()));
        let cases: Vec<(Vec<(&str, Value)>, &[&str])> = vec![
            (vec![], &["CS0701"]),
            (memcached(&[one.clone()]), &[]),
            (memcached(&[]), &["CS0704"]),
            (redis(&[]), &[]),
            (vec![("engine", s("redis")), ("node_type", s("cache.t4g.micro")), two.clone()], &["CS0705"]),
            (vec![("engine", s("memcached")), one.clone()], &["CS0539"]),
            (vec![("engine", s("valkey")), ("node_type", s("cache.t4g.micro")), one.clone()], &["CS0703"]),
            (vec![("replication_group_id", s("g"))], &[]),
            (
                vec![("replication_group_id", s("g")), ("port", Value::int(1)), ("engine", s("redis"))],
                &["CS0702", "CS0702"],
            ),
            (memcached(&[one.clone(), ("engine_version", s("1.6.22"))]), &[]),
            (memcached(&[one.clone(), ("engine_version", s("1.6"))]), &["CS0542"]),
            (memcached(&[one.clone(), ("engine_version", s("1.6.13"))]), &["CS0542"]),
            (memcached(&[one.clone(), ("engine_version", s("1.6.99"))]), &["CS0543"]),
            (redis(&[("engine_version", s("7.1"))]), &[]),
            (redis(&[("engine_version", s("7.1.0"))]), &["CS0542"]),
            (
                memcached(&[
                    one.clone(),
                    ("engine_version", s("1.6.22")),
                    ("parameter_group_name", s("default.memcached1.5")),
                ]),
                &["CS0544"],
            ),
            (memcached(&[one.clone(), ("az_mode", s("cross-az"))]), &["CS0707"]),
            (memcached(&[two.clone(), ("az_mode", s("cross-az")), zones(&["a", "b"])]), &[]),
            (memcached(&[two.clone(), zones(&["a", "b"])]), &["CS0707"]),
            (memcached(&[two.clone(), zones(&["a", "a"])]), &[]),
            (memcached(&[two.clone(), zones(&["a"])]), &["CS0556"]),
            (memcached(&[two.clone(), zones(&["a", "a"]), ("availability_zone", s("a"))]), &["CS0708"]),
            (memcached(&[two.clone(), ("az_mode", s("cross-az")), zones(&["a", "a"])]), &["CS0707"]),
            (memcached(&[two.clone(), ("az_mode", s("cross-az")), ("availability_zone", s("a"))]), &["CS0707"]),
            (redis(&[("az_mode", s("cross-az"))]), &["CS0709"]),
            (redis(&[("az_mode", s("single-az"))]), &[]),
            (memcached(&[one.clone(), ("snapshot_retention_limit", Value::int(3))]), &["CS0706"]),
            (memcached(&[one.clone(), ("snapshot_retention_limit", Value::int(0))]), &[]),
            (memcached(&[one.clone(), ("final_snapshot_identifier", s("x"))]), &["CS0706"]),
            (redis(&[("transit_encryption_enabled", true.into())]), &["CS0710"]),
            (
                memcached(&[one.clone(), ("transit_encryption_enabled", true.into()), ("engine_version", s("1.6.6"))]),
                &["CS0710"],
            ),
            (memcached(&[one.clone(), ("transit_encryption_enabled", true.into())]), &[]),
            (memcached(&[one.clone(), ("outpost_mode", s("single-outpost"))]), &["CS0712"]),
            (
                redis(&[("snapshot_window", s("03:00-05:00")), ("maintenance_window", s("sun:04:00-sun:07:00"))]),
                &["CS0553"],
            ),
        ];
        for (attrs, want) in cases {
            assert_eq!(codes(&attrs), want, "{attrs:?}");
        }
    }
}
