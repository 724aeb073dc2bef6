//! More and fewer shards and replicas.

use std::collections::BTreeMap;

use super::{count, effects, id, shape};
use crate::catalog::nodes;
use crate::kind::{Args, Call, Change};
use crate::kinds::durations::{self, Shape};
use crate::kinds::replication_group::predict::{leaving, leaving_each};
use crate::kinds::replication_group::shards::{self, BLOCKS};
use crate::value::{Object, Value};

/// The replicas of each shard as they are and as they shall be, where shards are described one by one.
fn one_by_one(change: &Change) -> Option<(BTreeMap<String, i64>, BTreeMap<String, i64>)> {
    let (before, after) = change.before.zip(change.after).filter(|_| change.has(BLOCKS))?;
    Some((shards::replicas(before), shards::replicas(after)))
}

/// Shards that come, then shards that go.
pub(super) fn shards(change: &Change) -> Vec<Call> {
    if let Some((old, new)) = one_by_one(change) {
        return described(change, &old, &new);
    }
    let (old, new) = (count(change.old("num_node_groups")), count(change.new("num_node_groups")));
    if !change.has("num_node_groups") || old == new {
        return Vec::new();
    }
    let gone = if new < old { last_shards(change, (old - new) as usize) } else { Vec::new() };
    vec![reshard(change, "num_node_groups", new, &gone, Vec::new())]
}

/// Whether shards go and nodes get bigger, for what is to be held by fewer; the bigger nodes may wait for the window.
pub(super) fn needs_bigger_nodes(change: &Change) -> bool {
    let asked = change.has("num_node_groups") || change.has(BLOCKS);
    let fewer = asked && shape(change.after).shards < shape(change.before).shards;
    let memory = |value: Value| value.as_str().and_then(nodes::maxmemory);
    let bigger =
        memory(change.old("node_type")).zip(memory(change.new("node_type"))).is_some_and(|(old, new)| new > old);
    fewer && bigger
}

fn described(change: &Change, old: &BTreeMap<String, i64>, new: &BTreeMap<String, i64>) -> Vec<Call> {
    let coming: Vec<&String> = new.keys().filter(|id| !old.contains_key(*id)).collect();
    let gone: Vec<String> = old.keys().filter(|id| !new.contains_key(*id)).cloned().collect();
    let mut calls = Vec::new();
    if !coming.is_empty() {
        let layout = coming.iter().map(|id| new_shard(change, id)).collect();
        calls.push(reshard(change, BLOCKS, (old.len() + coming.len()) as i64, &[], layout));
    }
    if !gone.is_empty() {
        calls.push(reshard(change, BLOCKS, new.len() as i64, &gone, Vec::new()));
    }
    calls
}

/// A shard that comes, with its zones where they are asked for.
fn new_shard(change: &Change, id: &str) -> Value {
    let zones = change.after.map(|after| shards::zones(after, id)).unwrap_or_default();
    let zones = Some(zones).filter(|zones| !zones.is_empty()).map(Value::strings);
    let mut shard = Object::from([("NodeGroupId".into(), Value::string(id))]);
    shard.extend(zones.map(|zones| ("PreferredAvailabilityZones".into(), zones)));
    Value::object(shard)
}

fn reshard(change: &Change, cause: &'static str, shards: i64, gone: &[String], coming: Vec<Value>) -> Call {
    let set = |filled: bool, value: Value| if filled { value } else { Value::null() };
    let args = [
        ("ReplicationGroupId", id(change)),
        ("NodeGroupCount", Value::int(shards)),
        ("ReshardingConfiguration", set(!coming.is_empty(), Value::tuple(coming))),
        ("NodeGroupsToRemove", set(!gone.is_empty(), Value::strings(gone))),
        ("ApplyImmediately", Value::bool(true)),
    ];
    let now = shape(change.before);
    let seconds = match gone.len() {
        0 => now.more_shards((shards - i64::from(now.shards)).max(1) as usize),
        fewer => now.fewer_shards(fewer),
    };
    let call = Call::new("ModifyReplicationGroupShardConfiguration", args);
    effects::of_shards(change, call.because([cause]), gone).settles(seconds)
}

/// The ids of the shards that go: the last ones.
fn last_shards(change: &Change, count: usize) -> Vec<String> {
    let mut ids: Vec<String> = change.before.map(shards::replicas).unwrap_or_default().into_keys().collect();
    ids.split_off(ids.len().saturating_sub(count))
}

/// Replicas of each shard, before and after, where all shards have as many.
pub(super) fn replicas(change: &Change) -> (i64, i64) {
    let old = count(change.old("replicas_per_node_group"));
    let new = if change.has("num_cache_clusters") && change.old("cluster_enabled").as_bool() != Some(true) {
        count(change.new("num_cache_clusters")) - 1
    } else if change.has("replicas_per_node_group") {
        count(change.new("replicas_per_node_group"))
    } else {
        old
    };
    (old, new)
}

const COUNTS: [&str; 3] = ["num_cache_clusters", "replicas_per_node_group", BLOCKS];

/// The shards that take another number of replicas than they have by then; a new shard has as many as the richest.
fn uneven(change: &Change, more: bool) -> Vec<(String, i64)> {
    let Some((old, new)) = one_by_one(change) else { return Vec::new() };
    let most = old.values().copied().max().unwrap_or(0);
    let now = |id: &String| old.get(id).copied().unwrap_or(most);
    new.into_iter().filter(|(id, count)| if more { *count > now(id) } else { *count < now(id) }).collect()
}

/// What AWS is told of single shards: all of them together where they are as many.
fn each(shards: &[(String, i64)]) -> Value {
    let one = |(id, count): &(String, i64)| {
        Value::object(Object::from([
            ("NodeGroupId".into(), Value::string(id)),
            ("NewReplicaCount".into(), Value::int(*count)),
        ]))
    };
    if shards.is_empty() { Value::null() } else { Value::tuple(shards.iter().map(one).collect()) }
}

fn scaled(change: &Change, operation: &'static str, args: impl IntoIterator<Item = (&'static str, Value)>) -> Call {
    let causes = COUNTS.into_iter().filter(|cause| change.has(cause));
    let mut call = Call::new(operation, args).because(causes);
    let common: Args =
        [("ReplicationGroupId", id(change)), ("ApplyImmediately", Value::bool(true))].into_iter().collect();
    call.args.extend(common);
    call
}

/// The group when shards have come, and its nodes are as they were.
fn by_then(change: &Change) -> Shape {
    let (now, new) = (shape(change.before), shape(change.after));
    Shape { shards: now.shards.max(new.shards), ..now }
}

pub(super) fn more_replicas(change: &Change) -> Option<Call> {
    let (old, new) = replicas(change);
    let single = uneven(change, true);
    if new <= old && single.is_empty() {
        return None;
    }
    let all = if new > old { Value::int(new) } else { Value::null() };
    let args = [("NewReplicaCount", all), ("ReplicaConfiguration", each(&single))];
    let least = change.before.map(shards::replicas).unwrap_or_default().into_values().min().unwrap_or(old);
    let most = single.iter().map(|(_, count)| *count).chain([new]).max().unwrap_or(new);
    let coming = most - least.min(old);
    Some(scaled(change, "IncreaseReplicaCount", args).settles(by_then(change).more_replicas(coming)))
}

pub(super) fn fewer_replicas(change: &Change) -> Option<Call> {
    let (old, new) = replicas(change);
    let single = uneven(change, false);
    if new >= old && single.is_empty() {
        return None;
    }
    let shards = count(change.new("num_node_groups")).max(1);
    let named = change.before.map(|live| leaving(live, shards, new)).filter(|_| new < old).unwrap_or_default();
    // AWS takes either the count or the names; names make sure that no primary goes.
    let named = Some(named).filter(|named| !named.is_empty() && change.new("cluster_enabled").as_bool() != Some(true));
    let args = [
        ("NewReplicaCount", if new < old { Value::int(new) } else { Value::null() }),
        ("ReplicaConfiguration", each(&single)),
        ("ReplicasToRemove", named.map_or_else(Value::null, Value::strings)),
    ];
    let left = single.iter().map(|(_, count)| *count).min().unwrap_or(new);
    let call = scaled(change, "DecreaseReplicaCount", args);
    let going = if call.args.contains_key("ReplicasToRemove") { Vec::new() } else { going(change, &single, new) };
    Some(effects::of_fewer_replicas(call, left, &going).settles(durations::FEWER_REPLICAS))
}

/// The replicas that AWS is foreseen to take out, where it is only told how many: of shards that stay.
fn going(change: &Change, single: &[(String, i64)], all: i64) -> Vec<String> {
    let Some(live) = change.before else { return Vec::new() };
    let shards = match change.after.filter(|_| change.has("num_node_groups")) {
        Some(_) => count(change.new("num_node_groups")),
        None => i64::MAX,
    };
    let kept = |at: i64, shard: &str| {
        let uneven = single.iter().find(|(id, _)| id == shard).map(|(_, count)| *count);
        let even = if change.has(BLOCKS) || at >= shards { i64::MAX / 2 } else { all };
        Some(uneven.unwrap_or(even))
    };
    let mut going = leaving_each(live, &kept);
    going.sort();
    going
}
