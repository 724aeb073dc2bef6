//! A change of a cluster as ordered calls: settings, then nodes; each starts when the cluster has settled after the one
//! before.

use std::collections::BTreeSet;

use super::is_memcached;
use crate::kind::{Call, Change, Impact, Mark, NODES_TO_REMOVE, Problem};
use crate::kinds::durations::Shape;
use crate::kinds::{tags, upkeep, why};
use crate::value::{Object, Value};

// Expected durations in seconds. Source: durations of published acceptance tests of Terraform's provider.
const CREATE: u32 = 300;
const DELETE: u32 = 240;
const NODES: u32 = 300;
const SETTINGS: u32 = 45;

/// Compiles a change.
pub(super) fn compile(change: &Change) -> Result<Vec<Call>, Problem> {
    match (change.before, change.after) {
        (None, _) => Ok(vec![create(change)?]),
        (_, None) => Ok(vec![delete(change)]),
        (Some(before), Some(_)) => update(change, before),
    }
}

fn id(change: &Change) -> Value {
    change.id.map_or_else(|| change.new("cluster_id"), Value::string)
}

const CREATE_NAMES: [(&str, &str); 24] = [
    ("replication_group_id", "ReplicationGroupId"),
    ("engine", "Engine"),
    ("engine_version", "EngineVersion"),
    ("node_type", "CacheNodeType"),
    ("num_cache_nodes", "NumCacheNodes"),
    ("az_mode", "AZMode"),
    ("availability_zone", "PreferredAvailabilityZone"),
    ("preferred_availability_zones", "PreferredAvailabilityZones"),
    ("outpost_mode", "OutpostMode"),
    ("preferred_outpost_arn", "PreferredOutpostArn"),
    ("parameter_group_name", "CacheParameterGroupName"),
    ("subnet_group_name", "CacheSubnetGroupName"),
    ("security_group_ids", "SecurityGroupIds"),
    ("port", "Port"),
    ("network_type", "NetworkType"),
    ("ip_discovery", "IpDiscovery"),
    ("transit_encryption_enabled", "TransitEncryptionEnabled"),
    ("snapshot_arns", "SnapshotArns"),
    ("snapshot_name", "SnapshotName"),
    ("snapshot_retention_limit", "SnapshotRetentionLimit"),
    ("snapshot_window", "SnapshotWindow"),
    ("maintenance_window", "PreferredMaintenanceWindow"),
    ("auto_minor_version_upgrade", "AutoMinorVersionUpgrade"),
    ("notification_topic_arn", "NotificationTopicArn"),
];

fn create(change: &Change) -> Result<Call, Problem> {
    change.must_list("log_delivery_configuration", &["log_type", "destination_type"])?;
    let mut args: Vec<(&'static str, Value)> =
        CREATE_NAMES.iter().map(|(name, member)| (*member, change.if_changed(name))).collect();
    let logs = upkeep::log_deliveries(&Value::null(), &change.if_changed("log_delivery_configuration"));
    args.extend([
        ("CacheClusterId", id(change)),
        ("LogDeliveryConfigurations", logs),
        ("Tags", tags::at_create(change)),
    ]);
    Ok(Call::new("CreateCacheCluster", args).marked("Tags").settles(CREATE))
}

fn delete(change: &Change) -> Call {
    let snapshot = change.old("final_snapshot_identifier");
    let replica = !change.old("replication_group_id").is_null();
    let seconds = if snapshot.is_null() { DELETE } else { DELETE + shape(change.before).snapshot() };
    let args = [("CacheClusterId", id(change)), ("FinalSnapshotIdentifier", snapshot.clone())];
    let call = Call::new("DeleteCacheCluster", args).vanishes(seconds);
    match replica {
        true => call.impact(Impact::Blip).why("Readers of this replica are cut off and connect anew."),
        false => why::deletes(call, &snapshot, &change.old("snapshot_retention_limit")),
    }
}

/// The nodes of a cluster, as it is or shall be.
fn shape(object: Option<&Object>) -> Shape {
    let none = Object::new();
    let object = object.unwrap_or(&none);
    Shape::of(object, 1, object.get("num_cache_nodes").and_then(Value::as_i64).unwrap_or(1))
}

fn update(change: &Change, before: &Object) -> Result<Vec<Call>, Problem> {
    change.must_know(&["apply_immediately", "num_cache_nodes", "engine_version", "node_type", "az_mode"])?;
    change.must_list("log_delivery_configuration", &["log_type", "destination_type"])?;
    spread(change, before)?;
    let mut calls = Vec::new();
    let at_once = |name: &str| upkeep::AT_ONCE.contains(&name);
    if upkeep::waits(change) {
        // Every immediate call carries out what waits: what is to wait comes last.
        calls.extend(logs(change));
        calls.extend(settings(change, before, &at_once));
        calls.extend(settings(change, before, &|name| !at_once(name)));
        calls.extend(nodes(change, before));
    } else {
        // Nodes that go are named before they are gone by another.
        let (nodes, goes) = (nodes(change, before), goes(change));
        calls.extend(nodes.clone().filter(|_| goes));
        calls.extend(settings(change, before, &|_| true));
        calls.extend(logs(change));
        calls.extend(nodes.filter(|_| !goes));
    }
    calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
    Ok(calls)
}

fn immediately(change: &Change) -> Value {
    Value::bool(!upkeep::waits(change))
}

fn modify(change: &Change, causes: &[&'static str], args: Vec<(&'static str, Value)>) -> Call {
    let causes = causes.iter().copied().filter(|cause| change.has(cause));
    let own = [("CacheClusterId", id(change)), ("ApplyImmediately", immediately(change))];
    Call::new("ModifyCacheCluster", own.into_iter().chain(args)).because(causes)
}

const SETTING_NAMES: [(&str, &str); 10] = [
    ("engine_version", "EngineVersion"),
    ("node_type", "CacheNodeType"),
    ("parameter_group_name", "CacheParameterGroupName"),
    ("security_group_ids", "SecurityGroupIds"),
    ("maintenance_window", "PreferredMaintenanceWindow"),
    ("snapshot_window", "SnapshotWindow"),
    ("snapshot_retention_limit", "SnapshotRetentionLimit"),
    ("notification_topic_arn", "NotificationTopicArn"),
    ("auto_minor_version_upgrade", "AutoMinorVersionUpgrade"),
    ("ip_discovery", "IpDiscovery"),
];

/// Those that `here` picks.
fn settings(change: &Change, before: &Object, here: &dyn Fn(&str) -> bool) -> Option<Call> {
    let picked = SETTING_NAMES.iter().filter(|(name, _)| change.has(name) && here(name));
    let causes: Vec<&'static str> = picked.clone().map(|(name, _)| *name).collect();
    if causes.is_empty() {
        return None;
    }
    let mut args: Vec<(&'static str, Value)> = picked.map(|(name, member)| (*member, change.new(name))).collect();
    if causes.contains(&"notification_topic_arn") && change.new("notification_topic_arn").is_null() {
        args.push(("NotificationTopicStatus", Value::string("inactive")));
    }
    if causes.contains(&"node_type") && is_memcached(before) {
        args.push(("ScaleConfig", scale_config()));
    }
    let call = effects(change, modify(change, &causes, args), before).at_once(&upkeep::AT_ONCE);
    let topic =
        if causes.contains(&"notification_topic_arn") { change.new("notification_topic_arn") } else { Value::null() };
    Some(call.assuming_set("notification_topic_arn", &topic))
}

/// Nodes of Memcached are exchanged a fifth at a time, five minutes apart: the defaults of AWS.
fn scale_config() -> Value {
    Value::object(Object::from([
        ("ScalePercentage".into(), Value::int(20)),
        ("ScaleIntervalMinutes".into(), Value::int(5)),
    ]))
}

/// New nodes of Memcached are empty; a single node of Redis is filled again, and away meanwhile. Sources: ElastiCache user
/// guide, "Scaling" and "Version management".
fn effects(change: &Change, call: Call, before: &Object) -> Call {
    let nodes = shape(change.after);
    let (version, size) = (call.causes.contains(&"engine_version"), call.causes.contains(&"node_type"));
    match (is_memcached(before), version, size) {
        (_, false, false) => call.settles(SETTINGS),
        (true, true, _) => call
            .impact(Impact::DataLoss)
            .why("Every node starts anew with the new version, and empty.")
            .settles(Shape { fill: 0, nodes: 1, ..nodes }.exchanged()),
        (true, false, true) => call
            .impact(Impact::DataLoss)
            .why("A fifth of the nodes is exchanged every five minutes, and each new node is empty.")
            .settles(nodes.exchanged_by_fifths()),
        (false, upgrades, _) => {
            let call = call
                .impact(Impact::WritePause)
                .why("The only node is replaced: its data is copied as far as that goes, and nothing is written until it is done.")
                .settles(nodes.exchanged());
            if upgrades { call.marks([Mark::Irreversible]) } else { call }
        }
    }
}

/// AWS takes log delivery only at once, and only a version that has the log.
fn logs(change: &Change) -> Option<Call> {
    let name = "log_delivery_configuration";
    let deliveries = upkeep::log_deliveries(&change.old(name), &change.new(name));
    let args = vec![("LogDeliveryConfigurations", deliveries), ("ApplyImmediately", Value::bool(true))];
    change.has(name).then(|| modify(change, &[name], args).settles(SETTINGS))
}

/// Whether nodes go.
fn goes(change: &Change) -> bool {
    let count = |value: Value| value.as_i64();
    let counts = count(change.old("num_cache_nodes")).zip(count(change.new("num_cache_nodes")));
    change.has("num_cache_nodes") && counts.is_some_and(|(old, new)| new < old)
}

/// Nodes come and go with names; to ask for as many as there are takes back a removal that waits. Those with the highest numbers go.
fn nodes(change: &Change, before: &Object) -> Option<Call> {
    let count = |value: Value| value.as_i64();
    let (old, new) = (count(change.old("num_cache_nodes"))?, count(change.new("num_cache_nodes"))?);
    let counted = change.has("num_cache_nodes");
    if !counted && !change.has("az_mode") {
        return None;
    }
    let mut args = vec![("AZMode", change.if_changed("az_mode"))];
    if counted {
        args.push(("NumCacheNodes", Value::int(new)));
    }
    if new < old {
        args.push(("CacheNodeIdsToRemove", Value::strings(leaving(before, (old - new) as usize))));
    }
    if new > old {
        args.push(("NewAvailabilityZones", new_zones(change, before, old, new)));
    }
    let gone = if new < old { leaving(before, (old - new) as usize) } else { Vec::new() };
    let call = modify(change, &["num_cache_nodes", "az_mode"], args).settles(NODES);
    let whose = if gone.len() == 1 { "what it holds" } else { "what they hold" };
    Some(match gone.is_empty() {
        false => call.impact(Impact::DataLoss).why(format!(
            "{} {} {}, and {whose} is lost; clients spread their keys over the nodes that stay.",
            if gone.len() == 1 { "Node" } else { "Nodes" },
            gone.join(", "),
            if gone.len() == 1 { "goes" } else { "go" },
        )),
        true if new > old => call.why("Clients spread their keys over more nodes: some are not found where they were."),
        true => call,
    })
}

/// Nodes stay in the zones that they are in: only new ones are put elsewhere, and AWS calls a cluster spread if its nodes
/// are.
fn spread(change: &Change, before: &Object) -> Result<(), Problem> {
    let (mode, count) = (change.new("az_mode"), change.new("num_cache_nodes"));
    let Some((mode, count)) = mode.as_str().zip(count.as_i64()) else { return Ok(()) };
    let nodes = before.get("cache_nodes").and_then(Value::as_items).unwrap_or_default();
    let part = |node: &Value, name| node.get(name).and_then(Value::as_str).map(str::to_owned);
    let going = leaving(before, nodes.len().saturating_sub(count.max(0) as usize));
    let stay = nodes.iter().filter(|node| part(node, "id").is_none_or(|id| !going.contains(&id)));
    let zones: BTreeSet<Option<String>> = stay.map(|node| part(node, "availability_zone")).collect();
    let grows = count > nodes.len() as i64;
    let (detail, help) = match (mode, zones.len()) {
        ("cross-az", 1) if !grows => (
            "The nodes that are left all stand in one zone, and AWS moves none of them.",
            "Add nodes in the same change, or write \"single-az\"; --replace makes the cluster anew, and empty.",
        ),
        ("single-az", 2..) => (
            "The nodes stand in several zones, and AWS moves none of them.",
            "Write \"cross-az\"; --replace makes the cluster anew, and empty.",
        ),
        _ => return Ok(()),
    };
    Err(Problem::error("CS0711", "az_mode", "Nodes stay in their zones", detail, help))
}

/// The ids of the nodes that go: those that AWS was told already, or else those with the highest numbers.
fn leaving(before: &Object, count: usize) -> Vec<String> {
    let told = before.get(NODES_TO_REMOVE).and_then(Value::as_items).filter(|told| told.len() == count);
    if let Some(told) = told {
        return told.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    let nodes = before.get("cache_nodes").and_then(Value::as_items).unwrap_or_default();
    let mut ids: Vec<String> =
        nodes.iter().filter_map(|node| node.get("id").and_then(Value::as_str).map(str::to_owned)).collect();
    ids.sort();
    ids.split_off(ids.len().saturating_sub(count))
}

/// Where the new nodes stand, if the zones of all are written, or the one zone: in those of the list that no node is in.
fn new_zones(change: &Change, before: &Object, old: i64, new: i64) -> Value {
    if let Some(zone) = change.new("availability_zone").as_str() {
        return Value::list(crate::value::Type::String, vec![Value::string(zone); (new - old) as usize]);
    }
    let zones = change.new("preferred_availability_zones");
    let Some(items) = zones.as_items().filter(|items| items.len() as i64 == new) else { return Value::null() };
    let mut missing = items.to_vec();
    for node in before.get("cache_nodes").and_then(Value::as_items).unwrap_or_default() {
        let zone = node.get("availability_zone").and_then(Value::as_str);
        let taken = missing.iter().position(|wanted| zone.is_some() && wanted.as_str() == zone);
        taken.into_iter().for_each(|taken| drop(missing.remove(taken)));
    }
    // Nodes in zones that the list does not have leave more places than there are new nodes.
    let surplus = missing.len().saturating_sub((new - old) as usize);
    Value::list(crate::value::Type::String, missing.split_off(surplus))
}
