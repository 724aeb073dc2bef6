//! Less memory: fewer shards, or nodes that have less. Sources: user guide, "Managing reserved memory": a quarter is
//! reserved unless a parameter says otherwise; "Scaling": what does not fit makes AWS refuse the change later on.

use std::collections::BTreeMap;

use crate::catalog::nodes;
use crate::kind::{Measured, Room, bytes};
use crate::value::{Object, Value, text};

/// What is left for data of each hundred bytes.
const USABLE: u64 = 75;
const METRIC: &str = "BytesUsedForCache";

/// Of a group.
pub fn of_group(before: &Object, after: &Object) -> Option<Room> {
    let members = before.get("members").and_then(Value::as_items)?;
    let mut shards: BTreeMap<&str, Vec<Measured>> = BTreeMap::new();
    for member in members.iter().filter_map(Value::as_object) {
        let Some(id) = text(member, "id") else { continue };
        let node = Measured { name: id.to_owned(), dimensions: vec![("CacheClusterId", id.to_owned())] };
        shards.entry(text(member, "node_group_id").unwrap_or_default()).or_default().push(node);
    }
    let count = |object: &Object| object.get("num_node_groups").and_then(Value::as_i64);
    let shards_after = usize::try_from(count(after)?).ok()?;
    room((before, after), shards.into_values().collect(), shards_after)
}

/// Of a cluster of Redis, which has one node. Those of Memcached lose what a node holds with it, and that is told as loss.
pub fn of_cluster(before: &Object, after: &Object) -> Option<Room> {
    if text(before, "engine") == Some("memcached") {
        return None;
    }
    let id = text(before, "cluster_id")?;
    let node = Measured { name: id.to_owned(), dimensions: vec![("CacheClusterId", id.to_owned())] };
    room((before, after), vec![vec![node]], 1)
}

fn room((before, after): (&Object, &Object), shards: Vec<Vec<Measured>>, shards_after: usize) -> Option<Room> {
    let (old, new) = (text(before, "node_type")?, text(after, "node_type")?);
    let (had, has) = (nodes::maxmemory(old)?, nodes::maxmemory(new)?);
    // With data on disks too, memory alone says nothing.
    let tiered = nodes::has_data_tiering(old) || nodes::has_data_tiering(new);
    if tiered || shards.is_empty() || shards_after >= shards.len() && has >= had {
        return None;
    }
    let words = format!("{USABLE}% of the {} that {new} has for it", bytes(has as f64));
    Some(Room { shards, shards_after: shards_after.max(1), metric: METRIC, capacity: has / 100 * USABLE, words })
}
