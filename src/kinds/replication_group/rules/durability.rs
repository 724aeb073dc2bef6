//! Durability: a log of writes in several zones. Source: ElastiCache user guide, "Durability".

use super::Group;
use crate::catalog::engines::Engine;
use crate::kind::Problem;

/// Families of nodes that keep the log.
const FAMILIES: [&str; 8] = ["r6g", "r7g", "r8g", "m6g", "m7g", "m8g", "c7gn", "c8gn"];

/// What a group lacks that shall keep a log.
pub(super) fn check(group: Group) -> Vec<Problem> {
    if !matches!(group.text("durability"), Some("async" | "sync")) {
        return Vec::new();
    }
    let family = group.text("node_type").and_then(|name| name.split('.').nth(1));
    let old = group.engine() == Some(Engine::Valkey) && group.version().is_some_and(|version| !version.at_least(9, 0));
    let alone = group.text("cluster_mode").is_some_and(|mode| mode != "enabled") || is_clusterless(group);
    let lacks = [
        (
            group.engine() == Some(Engine::Redis) || old,
            "Valkey 9.0 or newer",
            "Set engine = \"valkey\" and engine_version = \"9.0\".",
        ),
        (alone, "cluster mode", "Set cluster_mode = \"enabled\"."),
        (group.is_off("multi_az_enabled"), "Multi-AZ", "Set multi_az_enabled = true."),
        (
            group.number("replicas_per_node_group") == Some(0),
            "a replica in each shard",
            "Raise replicas_per_node_group.",
        ),
        (group.is_off("transit_encryption_enabled"), "encryption in transit", "Set transit_encryption_enabled = true."),
        (group.is("at_rest_encryption_enabled", false), "encryption at rest", "Leave at_rest_encryption_enabled out."),
        (group.is("data_tiering_enabled", true), "all of the data in memory", "Leave data_tiering_enabled out."),
        (
            family.is_some_and(|family| !FAMILIES.contains(&family)),
            "another node type",
            "Choose a cache.r7g type, for instance.",
        ),
        (group.is_set("global_replication_group_id"), "a group outside of global datastores", "Leave durability out."),
    ];
    let missing = lacks.into_iter().filter(|(lacks, ..)| *lacks);
    missing.map(|(_, what, help)| lacking(what, help)).collect()
}

/// Whether it has no cluster mode for sure.
fn is_clusterless(group: Group) -> bool {
    let unset = |name: &str| !group.may_be_set(name);
    let blocks = group.get("node_group_configuration").and_then(|blocks| blocks.as_items()).map_or(0, <[_]>::len);
    let plain = group
        .text("parameter_group_name")
        .is_some_and(|name| name.starts_with("default.") && !super::is_clustered_default(name));
    let counted = group.number("num_node_groups").is_some_and(|shards| shards > 1) || blocks > 1;
    unset("cluster_mode") && !counted && (plain || unset("parameter_group_name")) && !group.in_global()
}

fn lacking(what: &str, help: &str) -> Problem {
    let detail = format!("`durability` is on, and AWS keeps no log of writes without {what}.");
    Problem::error("CS1005", "durability", "Durability needs more than the group has", detail, help)
}
