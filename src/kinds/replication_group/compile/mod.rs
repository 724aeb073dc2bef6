//! A change of a replication group as ordered calls.
//!
//! The order is that of the service: shards, then more replicas, then settings, encryption, users, token, then fewer
//! replicas; a call starts when the group and its members have settled after the one before.

mod access;
mod create;
mod refuse;

use super::predict::{leaving, texts};
use crate::kind::{Call, Change, Impact, Problem};
use crate::kinds::{tags, upkeep};
use crate::value::Value;

// Expected durations in seconds: rough priors from the durations of published acceptance tests of Terraform's provider.
const ONE_NODE: u32 = 300;
const FURTHER_NODE: u32 = 90;
const FURTHER_SHARD: u32 = 30;
const DELETE: u32 = 300;
const FINAL_SNAPSHOT: u32 = 240;
const MORE_REPLICAS: u32 = 480;
const FEWER_REPLICAS: u32 = 300;
const MORE_SHARDS: u32 = 900;
const FEWER_SHARDS: u32 = 1700;
const NODE_OR_VERSION: u32 = 800;
const ENCRYPTION_PHASE: u32 = 600;
const TOKEN_PHASE: u32 = 180;
const FAILOVER_SETTING: u32 = 120;
const SETTINGS: u32 = 45;
const LEAVE: u32 = 300;

/// Compiles a change.
pub fn compile(change: &Change) -> Result<Vec<Call>, Problem> {
    match (change.before, change.after) {
        (None, _) => Ok(vec![create::create(change)?]),
        (_, None) => Ok(leave(change).into_iter().chain([delete(change)]).collect()),
        _ => update(change),
    }
}

fn id(change: &Change) -> Value {
    change.id.map_or_else(|| change.new("replication_group_id"), Value::string)
}

/// A secondary leaves its global datastore before it goes.
fn leave(change: &Change) -> Option<Call> {
    if change.old("global_role").as_str() != Some("SECONDARY") {
        return None;
    }
    let args = [
        ("GlobalReplicationGroupId", change.old("global_replication_group_id")),
        ("ReplicationGroupId", id(change)),
        ("ReplicationGroupRegion", Value::string(&*change.target.region)),
    ];
    let call = Call::new("DisassociateGlobalReplicationGroup", args);
    Some(call.is_without("global_replication_group_id", LEAVE))
}

fn delete(change: &Change) -> Call {
    let snapshot = change.old("final_snapshot_identifier");
    let (impact, seconds) =
        if snapshot.is_null() { (Impact::DataLoss, DELETE) } else { (Impact::DataLoss, DELETE + FINAL_SNAPSHOT) };
    let args = [("ReplicationGroupId", id(change)), ("FinalSnapshotIdentifier", snapshot)];
    Call::new("DeleteReplicationGroup", args).impact(impact).vanishes(seconds)
}

/// What decides which calls a change takes, and in which order.
const STEERING: [&str; 11] = [
    "apply_immediately",
    "cluster_mode",
    "num_node_groups",
    "num_cache_clusters",
    "replicas_per_node_group",
    "engine",
    "snapshot_retention_limit",
    "transit_encryption_enabled",
    "transit_encryption_mode",
    "user_group_ids",
    "auth_token_update_strategy",
];

fn update(change: &Change) -> Result<Vec<Call>, Problem> {
    refuse::of_member(change)?;
    change.must_know(&STEERING)?;
    change.must_list("log_delivery_configuration", &["log_type", "destination_type"])?;
    access::refuse_open_door(change)?;
    access::refuse_token_in_clear(change)?;
    refuse::engine_without_version(change)?;
    refuse::other_tiering(change)?;
    refuse::shards_without_cluster_mode(change)?;
    let mut calls = Vec::new();
    calls.extend(cluster_mode(change));
    calls.extend(shards(change));
    calls.extend(more_replicas(change));
    calls.extend(settings(change));
    // Users need TLS: they go before it does, and come after it has.
    if access::turns_tls_off(change) {
        calls.extend(access::users(change));
        calls.extend(access::encryption(change));
    } else {
        calls.extend(access::encryption(change));
        calls.extend(access::users(change));
    }
    calls.extend(logs(change));
    calls.extend(access::token(change));
    calls.extend(fewer_replicas(change));
    calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
    refuse_half_deferred(change, &calls)?;
    Ok(calls)
}

/// `ApplyImmediately` of calls that AWS can defer.
fn immediately(change: &Change) -> Value {
    match change.new("apply_immediately").as_bool() {
        Some(false) => Value::bool(false),
        _ => Value::bool(true),
    }
}

fn modify(change: &Change, causes: &[&'static str], args: Vec<(&'static str, Value)>) -> Call {
    let causes = causes.iter().copied().filter(|cause| change.has(cause));
    let mut all = vec![("ReplicationGroupId", id(change))];
    all.extend(args);
    Call::new("ModifyReplicationGroup", all).because(causes)
}

/// Disabled, compatible, enabled: one step at a time, and each in a call of its own.
fn cluster_mode(change: &Change) -> Vec<Call> {
    if !change.has("cluster_mode") {
        return Vec::new();
    }
    let text = |value: Value| value.as_str().map(str::to_owned);
    let steps: &[&str] =
        match (text(change.old("cluster_mode")).as_deref(), text(change.new("cluster_mode")).as_deref()) {
            (Some("disabled") | None, Some("enabled")) => &["compatible", "enabled"],
            (_, Some("compatible")) => &["compatible"],
            (_, Some("enabled")) => &["enabled"],
            _ => &[],
        };
    let call = |mode: &&str| {
        let args = vec![("ClusterMode", Value::string(mode)), ("ApplyImmediately", Value::bool(true))];
        modify(change, &["cluster_mode"], args).impact(Impact::Blip).settles(NODE_OR_VERSION)
    };
    steps.iter().map(call).collect()
}

fn count(value: Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn shards(change: &Change) -> Option<Call> {
    let (old, new) = (count(change.old("num_node_groups")), count(change.new("num_node_groups")));
    if !change.has("num_node_groups") || old == new {
        return None;
    }
    let mut args = vec![
        ("ReplicationGroupId", id(change)),
        ("NodeGroupCount", Value::int(new)),
        ("ApplyImmediately", Value::bool(true)),
    ];
    if new < old {
        args.push(("NodeGroupsToRemove", Value::strings(last_shards(change, (old - new) as usize))));
    }
    let (impact, seconds) = if new < old { (Impact::Blip, FEWER_SHARDS) } else { (Impact::Blip, MORE_SHARDS) };
    let call = Call::new("ModifyReplicationGroupShardConfiguration", args);
    Some(call.because(["num_node_groups"]).impact(impact).settles(seconds))
}

/// The ids of the shards that go: the last ones.
fn last_shards(change: &Change, count: usize) -> Vec<String> {
    let blocks = change.old("node_group_configuration");
    let mut ids: Vec<String> = blocks
        .as_items()
        .unwrap_or_default()
        .iter()
        .filter_map(|block| block.get("node_group_id").and_then(Value::as_str).map(str::to_owned))
        .collect();
    ids.sort();
    ids.split_off(ids.len().saturating_sub(count))
}

/// Replicas of each shard, before and after.
fn replicas(change: &Change) -> (i64, i64) {
    let old = count(change.old("replicas_per_node_group"));
    let new = if change.has("num_cache_clusters") && change.new("cluster_enabled").as_bool() != Some(true) {
        count(change.new("num_cache_clusters")) - 1
    } else if change.has("replicas_per_node_group") {
        count(change.new("replicas_per_node_group"))
    } else {
        old
    };
    (old, new)
}

const COUNTS: [&str; 2] = ["num_cache_clusters", "replicas_per_node_group"];

fn more_replicas(change: &Change) -> Option<Call> {
    let (old, new) = replicas(change);
    let args = [
        ("ReplicationGroupId", id(change)),
        ("NewReplicaCount", Value::int(new)),
        ("ApplyImmediately", Value::bool(true)),
    ];
    let causes = COUNTS.into_iter().filter(|cause| change.has(cause));
    (new > old).then(|| Call::new("IncreaseReplicaCount", args).because(causes).settles(MORE_REPLICAS))
}

fn fewer_replicas(change: &Change) -> Option<Call> {
    let (old, new) = replicas(change);
    if new >= old {
        return None;
    }
    let shards = count(change.new("num_node_groups")).max(1);
    let named = change.before.map(|live| leaving(live, shards, new)).unwrap_or_default();
    let mut args = vec![
        ("ReplicationGroupId", id(change)),
        ("NewReplicaCount", Value::int(new)),
        ("ApplyImmediately", Value::bool(true)),
    ];
    // AWS takes either the count or the names; names make sure that no primary goes.
    if !named.is_empty() && change.new("cluster_enabled").as_bool() != Some(true) {
        args.push(("ReplicasToRemove", Value::strings(named)));
    }
    let causes = COUNTS.into_iter().filter(|cause| change.has(cause));
    Some(Call::new("DecreaseReplicaCount", args).because(causes).impact(Impact::Blip).settles(FEWER_REPLICAS))
}

const SETTING_NAMES: [(&str, &str); 14] = [
    ("description", "ReplicationGroupDescription"),
    ("engine", "Engine"),
    ("engine_version", "EngineVersion"),
    ("node_type", "CacheNodeType"),
    ("parameter_group_name", "CacheParameterGroupName"),
    ("security_group_ids", "SecurityGroupIds"),
    ("maintenance_window", "PreferredMaintenanceWindow"),
    ("snapshot_window", "SnapshotWindow"),
    ("snapshot_retention_limit", "SnapshotRetentionLimit"),
    ("notification_topic_arn", "NotificationTopicArn"),
    ("auto_minor_version_upgrade", "AutoMinorVersionUpgrade"),
    ("automatic_failover_enabled", "AutomaticFailoverEnabled"),
    ("multi_az_enabled", "MultiAZEnabled"),
    ("ip_discovery", "IpDiscovery"),
];

fn settings(change: &Change) -> Option<Call> {
    let causes: Vec<&'static str> =
        SETTING_NAMES.iter().map(|(name, _)| *name).filter(|name| change.has(name)).collect();
    if causes.is_empty() {
        return None;
    }
    let mut args: Vec<(&'static str, Value)> =
        SETTING_NAMES.iter().map(|(name, member)| (*member, change.if_changed(name))).collect();
    args.extend(companions(change));
    args.push(("ApplyImmediately", immediately(change)));
    let (impact, seconds) = settings_impact(change);
    let call = modify(change, &causes, args).impact(impact).settles(seconds);
    // Without a topic it takes another argument.
    Some(call.assuming_set("notification_topic_arn", &change.if_changed("notification_topic_arn")))
}

/// What AWS wants beside an attribute that changes.
fn companions(change: &Change) -> Vec<(&'static str, Value)> {
    let mut args = Vec::new();
    if change.has("notification_topic_arn") && change.new("notification_topic_arn").is_null() {
        args.push(("NotificationTopicStatus", Value::string("inactive")));
    }
    // Snapshots of a group without cluster mode are taken from a member, which AWS wants to be told.
    let turns_on = change.has("snapshot_retention_limit") && count(change.old("snapshot_retention_limit")) == 0;
    if turns_on && change.old("cluster_enabled").as_bool() == Some(false) {
        args.extend(snapshot_source(change).map(|member| ("SnapshottingClusterId", Value::string(member))));
    }
    args
}

/// A replica that stays, else the primary.
fn snapshot_source(change: &Change) -> Option<String> {
    let staying = texts(Some(&change.new("member_clusters")));
    let mut members: Vec<String> = texts(Some(&change.old("member_clusters")))
        .into_iter()
        .filter(|m| staying.is_empty() || staying.contains(m))
        .collect();
    members.sort();
    members.pop()
}

fn settings_impact(change: &Change) -> (Impact, u32) {
    let (old, _) = replicas(change);
    let moved = change.has("node_type") || change.has("engine_version") || change.has("engine");
    if moved {
        let impact = if old > 0 { Impact::Failover } else { Impact::Reboot };
        return (impact, NODE_OR_VERSION);
    }
    if change.has("automatic_failover_enabled") || change.has("multi_az_enabled") {
        return (Impact::None, FAILOVER_SETTING);
    }
    (Impact::None, SETTINGS)
}

/// AWS takes log delivery only at once, and only a version that has the log.
fn logs(change: &Change) -> Option<Call> {
    change.has("log_delivery_configuration").then(|| {
        let name = "log_delivery_configuration";
        let args = vec![
            ("LogDeliveryConfigurations", upkeep::log_deliveries(&change.old(name), &change.new(name))),
            ("ApplyImmediately", Value::bool(true)),
        ];
        modify(change, &[name], args).settles(SETTINGS)
    })
}

/// A change of several calls cannot wait for the window with its first and go on with the others.
fn refuse_half_deferred(change: &Change, calls: &[Call]) -> Result<(), Problem> {
    let deferred = change.new("apply_immediately").as_bool() == Some(false);
    let issued: Vec<&Call> = calls
        .iter()
        .filter(|call| call.operation != "AddTagsToResource" && call.operation != "RemoveTagsFromResource")
        .collect();
    let waits = |call: &&Call| call.args.get("ApplyImmediately") == Some(&Value::bool(false));
    if !deferred || issued.len() < 2 || !issued[..issued.len() - 1].iter().any(waits) {
        return Ok(());
    }
    let names: Vec<&str> = issued.iter().flat_map(|call| call.causes.iter().copied()).collect();
    Err(Problem::error(
        "CS0561",
        "apply_immediately",
        "Half of the change would wait for the maintenance window",
        format!("The change of {} takes {} calls, and the first would be deferred.", names.join(", "), issued.len()),
        "Set apply_immediately = true for this change, or change the attributes one after another.",
    ))
}
