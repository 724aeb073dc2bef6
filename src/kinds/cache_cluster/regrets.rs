//! What AWS takes and is regretted, told where the environment protects its data. Sources as with replication groups.

use super::{is_memcached, text, version};
use crate::kind::{Neighbour, Problem};
use crate::value::{Object, Value};

/// Every warning about a cluster of an environment that protects; a read replica is judged with its group.
pub(super) fn check(cluster: Neighbour) -> Vec<Problem> {
    let planned = cluster.planned;
    if planned.get("replication_group_id").is_some_and(|group| !group.is_null()) {
        return Vec::new();
    }
    let warn =
        |code, attribute, summary, detail, help| Problem::error(code, attribute, summary, detail, help).warning();
    let unset = |name: &str| planned.get(name).is_none_or(|value| value.is_null() || is_nothing(value));
    let memcached = is_memcached(planned);
    let one = planned.get("num_cache_nodes").and_then(Value::as_i64) == Some(1);
    let mut found = Vec::new();
    if one {
        let detail = "The cluster is one node, and is gone while that is.";
        let help =
            if memcached { "Set num_cache_nodes = 2, or more." } else { "Use a replication_group with a replica." };
        found.push(warn("CS1063", "num_cache_nodes", "Nobody takes over", detail, help));
    }
    if !memcached && text(planned, "engine").is_some() && unset("snapshot_retention_limit") {
        let detail = "No daily snapshot is kept, so that nothing brings data back.";
        let help = "Set snapshot_retention_limit = 7, for instance.";
        found.push(warn("CS1065", "snapshot_retention_limit", "No snapshots", detail, help));
    }
    if text(planned, "engine").is_some() && clear(cluster.written, planned) {
        let detail = "Clients and nodes talk in the clear.";
        let help = if memcached {
            "Set transit_encryption_enabled = true."
        } else {
            "Use a replication_group with transit_encryption_enabled = true: a cluster of Redis has no encryption."
        };
        found.push(warn("CS1066", "transit_encryption_enabled", "No encryption in transit", detail, help));
    }
    if text(planned, "engine") == Some("redis") && version(planned).is_some_and(|version| version.major < 6) {
        let detail = "Redis 4 and 5 left standard support on 2026-01-31, and AWS charges extra for running them on.";
        let help = "Set engine_version = \"7.1\"; the upgrade keeps the data.";
        found.push(warn("CS1067", "engine_version", "Extended support costs extra", detail, help));
    }
    found
}

fn is_nothing(value: &Value) -> bool {
    value.as_i64() == Some(0)
}

/// Whether nobody has asked for encryption, or somebody for none.
fn clear(written: &Object, planned: &Object) -> bool {
    match written.get("transit_encryption_enabled") {
        Some(value) if value.is_unknown() => false,
        Some(value) => value.as_bool() != Some(true),
        None => planned.get("transit_encryption_enabled").and_then(Value::as_bool) != Some(true),
    }
}
