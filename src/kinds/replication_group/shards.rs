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

/// Whether all shards have as many replicas, so that two counts say the same.
pub fn are_alike(object: &Object) -> bool {
    let counts: BTreeSet<i64> = replicas(object).into_values().collect();
    counts.len() <= 1
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
        // Where nodes stand that are there already is told as it is, and which slots they have.
        let counts = |name: &str| name != "slots" && (is_new || !PLACES.contains(&name));
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

/// Slots in one spelling: ranges in order, of which none begins where another ends. Anything else stays as it is.
pub fn united(value: Value) -> Value {
    match value.as_str().and_then(ranges) {
        Some(ranges) => Value::string(ranges.join(",")).with_mark(value.sensitive),
        None => value,
    }
}

fn ranges(text: &str) -> Option<Vec<String>> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to): (u32, u32) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        (from <= to).then_some((from, to))
    };
    let mut all = text.split(',').map(range).collect::<Option<Vec<(u32, u32)>>>()?;
    all.sort_unstable();
    // A slot twice is a mistake that is told elsewhere.
    if all.windows(2).any(|pair| pair[1].0 <= pair[0].1) {
        return None;
    }
    let mut united: Vec<(u32, u32)> = Vec::new();
    for (from, to) in all {
        match united.last_mut() {
            Some(last) if last.1 + 1 == from => last.1 = to,
            _ => united.push((from, to)),
        }
    }
    Some(
        united
            .into_iter()
            .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") })
            .collect(),
    )
}

/// A shard that has other slots than are asked for: its id, those that it has, and those that are asked for. AWS takes
/// slots when a group is made, and spreads them itself later on.
pub fn with_other_slots(now: &Object, asked: &Object) -> Option<(String, String, String)> {
    let slots = |block: &Value| Some(block.get("slots")?.as_str()?.to_owned());
    let there = by_id(now);
    let mut asked = by_id(asked).into_iter().filter_map(|(id, block)| {
        let (has, wants) = (slots(there.get(&id)?)?, slots(block)?);
        Some((id, has, wants))
    });
    asked.find(|(_, has, wants)| has != wants)
}

/// A shard for which slots are written though a change spreads all of them anew: its id and the slots.
pub fn spread_anew(before: Option<&Object>, planned: &Object, written: &Object) -> Option<(String, String)> {
    let (was, is) = (by_id(before?), by_id(planned));
    let changes = planned.get(BLOCKS).is_some_and(Value::is_wholly_known) && !was.keys().eq(is.keys());
    let slots = |block: &Value| block.get("slots").and_then(Value::as_str).map(str::to_owned);
    let asked = |(id, block): (String, &Value)| Some((id, slots(block)?));
    by_id(written).into_iter().filter(|_| changes).find_map(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_have_one_spelling() {
        for (written, want) in [
            ("0-5460", "0-5460"),
            ("0-100,101-5460", "0-5460"),
            ("7, 5-6,9", "5-7,9"),
            ("8-8", "8"),
            ("0-10,5-20", "0-10,5-20"),
            ("5-", "5-"),
        ] {
            assert_eq!(united(Value::string(written)).as_str(), Some(want));
        }
    }
}
