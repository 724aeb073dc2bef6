//! What else of a group changes with what is written.

use super::compile;
use super::rules::{is_clustered_default, wanted_family};
use super::shards;
use crate::value::{Object, Value};

/// Completes what an update comes to.
pub fn complete(before: &Object, wanted: &Object, changed: &mut Vec<&'static str>, after: &mut Object) {
    count_replicas(wanted, changed, after);
    follow_family(before, wanted, changed, after);
    if changed.contains(&"node_group_configuration") {
        let blocks = shards::laid_over(before, after);
        after.insert("node_group_configuration".into(), blocks);
    }
    changed.extend(compile::overtaken(before, after, changed));
}

/// A count of nodes that is written decides; the count of replicas, which AWS derives from it, must not be taken for a
/// wish.
fn count_replicas(wanted: &Object, changed: &[&'static str], after: &mut Object) {
    let nodes = wanted.get("num_cache_clusters").and_then(Value::as_i64);
    if let Some(nodes) = nodes.filter(|_| changed.contains(&"num_cache_clusters"))
        && !wanted.contains_key("replicas_per_node_group")
    {
        after.insert("replicas_per_node_group".into(), Value::int(nodes - 1));
    }
}

/// Where nobody names a parameter group, a default one gives way to that of the new engine, version or cluster mode.
/// Source: ElastiCache user guide, "Version management" and "Modifying cluster mode".
fn follow_family(before: &Object, wanted: &Object, changed: &mut Vec<&'static str>, after: &mut Object) {
    let text = |object: &Object, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    // What waits for the window decides as well, and has been sent already.
    let deciding = ["engine", "engine_version", "cluster_mode"];
    let asked = deciding.iter().any(|name| changed.contains(name));
    let decides = asked || deciding.iter().any(|name| before.get(name) != after.get(name));
    let named = wanted.get("parameter_group_name").is_some_and(|name| !name.is_null());
    let Some(old) = text(before, "parameter_group_name").filter(|name| name.starts_with("default.")) else { return };
    if !decides || named || before.get("global_role").is_some_and(|role| !role.is_null()) {
        return;
    }
    let Some(family) = wanted_family(after) else { return };
    let moves = before.get("cluster_mode") != after.get("cluster_mode")
        && text(after, "cluster_mode").as_deref() != Some("disabled");
    let ending = if moves || is_clustered_default(&old) { ".cluster.on" } else { "" };
    let new = format!("default.{family}{ending}");
    // A wish to stay as it is, against what waits, is one for the parameter group as well.
    let stays = asked && deciding.iter().all(|name| before.get(name) == after.get(name));
    // So is another wish than the one that waits.
    let waits = asked && text(after, "parameter_group_name").as_ref() != Some(&new);
    if new != old || stays || waits {
        after.insert("parameter_group_name".into(), Value::string(new));
        if asked {
            changed.push("parameter_group_name");
        }
    }
}
