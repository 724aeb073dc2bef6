//! Shards that are described one by one.

use std::collections::{BTreeMap, BTreeSet};

use crate::value::{Object, Value};

/// The attribute with one block for each shard.
pub const BLOCKS: &str = "node_group_configuration";

/// The members of a block that tell where nodes are made; AWS moves nodes later.
const PLACES: [&str; 4] =
    ["primary_availability_zone", "primary_outpost_arn", "replica_availability_zones", "replica_outpost_arns"];

fn items(object: &Object) -> &[Value] {
    object.get(BLOCKS).and_then(Value::as_items).unwrap_or_default()
}

fn id(block: &Value) -> Option<String> {
    block.get("node_group_id").and_then(Value::as_str).map(|id| format!("{id:0>4}"))
}

/// The blocks by the ids of their shards.
fn by_id(object: &Object) -> BTreeMap<String, &Value> {
    items(object).iter().filter_map(|block| Some((id(block)?, block))).collect()
}

/// The replicas of each shard.
pub fn replicas(object: &Object) -> BTreeMap<String, i64> {
    let count = |block: &Value| block.get("replica_count").and_then(Value::as_i64).unwrap_or(0);
    by_id(object).into_iter().map(|(id, block)| (id, count(block))).collect()
}

/// The zones of one shard, the primary's first, where they are asked for.
pub fn zones(object: &Object, shard: &str) -> Vec<String> {
    let Some(block) = by_id(object).get(shard).copied() else { return Vec::new() };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let Some(primary) = block.get(PLACES[0]).and_then(text) else { return Vec::new() };
    let replicas = block.get(PLACES[2]).and_then(Value::as_items).unwrap_or_default();
    std::iter::once(primary).chain(replicas.iter().filter_map(text)).collect()
}

/// Whether an update asks for shards one by one.
pub fn are_asked_for(planned: &Object, live: &Object) -> bool {
    let known = planned.get(BLOCKS).is_some_and(|blocks| blocks.is_wholly_known() && !blocks.is_null());
    known && planned.get(BLOCKS) != live.get(BLOCKS)
}

/// What is asked for, over what is there: a block without an id is that of the next shard that has none, and what a
/// block does not say stays as it is; but for slots, which AWS spreads anew when shards come or go.
pub fn laid_over(before: &Object, after: &Object) -> Value {
    let there = by_id(before);
    let named: BTreeSet<String> = items(after).iter().filter_map(id).collect();
    let mut free: Vec<String> = there.keys().filter(|id| !named.contains(*id)).rev().cloned().collect();
    let highest = there.keys().chain(&named).filter_map(|id| id.parse::<u32>().ok()).max().unwrap_or(0);
    let mut next = (highest + 1..).map(|number| format!("{number:04}"));
    let most = replicas(before).into_values().max().unwrap_or(0);
    let spread = items(after).len() != there.len() || named.iter().any(|id| !there.contains_key(id));
    let mut complete = |block: &Value| {
        let id = id(block).or_else(|| free.pop()).or_else(|| next.next()).unwrap_or_default();
        let mut members: Object = there.get(&id).and_then(|block| block.as_object()).cloned().unwrap_or_default();
        let said = block.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let is_new = members.is_empty();
        if spread {
            members.remove("slots");
        }
        // Where nodes stand that are there already is told as it is.
        let counts = |name: &str| is_new || !PLACES.contains(&name);
        members.extend(said.filter(|(name, _)| counts(name)).map(|(name, value)| (name.clone(), value.clone())));
        members.insert("node_group_id".into(), Value::string(&id));
        // A new shard gets as many replicas as the others have.
        if members.get("replica_count").is_none_or(Value::is_null) {
            members.insert("replica_count".into(), Value::int(most));
        }
        Value::object(members)
    };
    match after.get(BLOCKS) {
        Some(blocks) if blocks.is_wholly_known() => {
            let blocks: Vec<Value> = items(after).iter().map(&mut complete).collect();
            let ty = super::schema::shard_type();
            Value::set(ty, blocks)
        }
        other => other.cloned().unwrap_or_else(Value::null),
    }
}

/// Whether a shard is asked to have other slots than it has: AWS spreads them itself, and takes them only when a group
/// is made.
pub fn takes_other_slots(before: &Object, after: &Object) -> bool {
    let slots = |block: Option<&&Value>| block.and_then(|block| block.get("slots")?.as_str().map(str::to_owned));
    let there = by_id(before);
    by_id(after).iter().any(|(id, block)| {
        let (old, new) = (slots(there.get(id)), slots(Some(block)));
        new.is_some() && new != old
    })
}
