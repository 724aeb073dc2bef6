//! Fail-overs by hand, and what else replaces nodes. Sources: API reference, TestFailover; user guide, "Testing automatic
//! failover" and "Service updates".

use std::collections::BTreeMap;

use crate::kind::{Call, Failover, Impact};
use crate::value::{Object, Value, text};

/// How long the old primary takes to come back, at least.
const SECONDS: u32 = 120;

/// In a shard of a group.
pub fn of_group(live: &Object, wanted: Option<&str>) -> Result<Failover, String> {
    let members = live.get("members").and_then(Value::as_items).unwrap_or_default();
    let mut shards: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for member in members.iter().filter_map(Value::as_object) {
        shards.entry(text(member, "node_group_id").unwrap_or_default()).or_default().push(member);
    }
    let names = shards.keys().copied().collect::<Vec<_>>().join(", ");
    let shard = match (wanted, shards.len()) {
        (Some(shard), _) => {
            shards.get_key_value(shard).ok_or_else(|| format!("has no shard {shard}: it has {names}"))?
        }
        (None, 1) => shards.first_key_value().ok_or("has no shards")?,
        (None, _) => return Err(format!("has the shards {names}: say which one with --shard")),
    };
    if live.get("automatic_failover_enabled").and_then(Value::as_bool) != Some(true) {
        return Err("has no automatic failover: set automatic_failover_enabled = true and apply first".to_owned());
    }
    if shard.1.len() < 2 {
        return Err(format!("has no replica in shard {} that could take over", shard.0));
    }
    let id = text(live, "replication_group_id").unwrap_or_default();
    let args = [("ReplicationGroupId", Value::string(id)), ("NodeGroupId", Value::string(shard.0))];
    let primary = shard.1.iter().find(|member| text(member, "role") == Some("primary"));
    Ok(Failover {
        call: Call::new("TestFailover", args).impact(Impact::Failover).settles(SECONDS),
        shard: (*shard.0).to_owned(),
        primary: primary.and_then(|member| text(member, "id")).map(str::to_owned),
    })
}

/// What a service update does to a group: nodes are replaced one after another, replicas first.
pub fn update_of_group(live: &Object) -> (Impact, &'static str) {
    let replicas = live.get("replicas_per_node_group").and_then(Value::as_i64).unwrap_or(0);
    match (replicas, live.get("automatic_failover_enabled").and_then(Value::as_bool)) {
        (0, _) => {
            (Impact::WritePause, "a shard has one node, which is replaced: nothing is written until that is done")
        }
        (_, Some(true)) => (
            Impact::Failover,
            "nodes are replaced one after another; when a replica takes over, writes fail for some seconds",
        ),
        _ => (Impact::WritePause, "without automatic failover there are no writes while the primary is replaced"),
    }
}

/// What it does to a cluster.
pub fn update_of_cluster(live: &Object) -> (Impact, &'static str) {
    match text(live, "engine") {
        Some("memcached") => {
            (Impact::DataLoss, "nodes are replaced one after another, and what a node of Memcached holds goes with it")
        }
        _ => (Impact::WritePause, "the only node is replaced: nothing is written until that is done"),
    }
}
