//! A change of a replication group as ordered calls.
//!
//! The order is that of the service: shards, then more replicas, then settings, encryption, users, token, then fewer
//! replicas; a call starts when the group and its members have settled after the one before.

use super::predict::{leaving, texts};
use crate::catalog::engines::Engine;
use crate::kind::{Call, Change, Impact, Problem};
use crate::kinds::tags;
use crate::schema::rules::list;
use crate::value::{Object, Value};

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

/// Compiles a change.
pub fn compile(change: &Change) -> Result<Vec<Call>, Problem> {
    match (change.before, change.after) {
        (None, _) => Ok(vec![create(change)]),
        (_, None) => Ok(vec![delete(change)]),
        _ => update(change),
    }
}

fn id(change: &Change) -> Value {
    change.id.map_or_else(|| change.new("replication_group_id"), Value::string)
}

fn create(change: &Change) -> Call {
    let new = |name: &str| change.new(name);
    let given = |name: &'static str| change.if_changed(name);
    let by_shards = !given("num_node_groups").is_null() || !given("replicas_per_node_group").is_null();
    let args = [
        ("ReplicationGroupId", id(change)),
        ("ReplicationGroupDescription", new("description")),
        ("GlobalReplicationGroupId", given("global_replication_group_id")),
        ("Engine", if given("global_replication_group_id").is_null() { new("engine") } else { Value::null() }),
        ("EngineVersion", given("engine_version")),
        ("CacheNodeType", given("node_type")),
        ("CacheParameterGroupName", given("parameter_group_name")),
        ("NumCacheClusters", given("num_cache_clusters")),
        ("NumNodeGroups", if by_shards { given("num_node_groups") } else { Value::null() }),
        ("ReplicasPerNodeGroup", given("replicas_per_node_group")),
        ("NodeGroupConfiguration", node_groups(&given("node_group_configuration"))),
        ("ClusterMode", given("cluster_mode")),
        ("AutomaticFailoverEnabled", new("automatic_failover_enabled")),
        ("MultiAZEnabled", new("multi_az_enabled")),
        ("PreferredCacheClusterAZs", given("preferred_cache_cluster_azs")),
        ("DataTieringEnabled", given("data_tiering_enabled")),
        ("CacheSubnetGroupName", given("subnet_group_name")),
        ("SecurityGroupIds", given("security_group_ids")),
        ("Port", given("port")),
        ("NetworkType", given("network_type")),
        ("IpDiscovery", given("ip_discovery")),
        ("AtRestEncryptionEnabled", given("at_rest_encryption_enabled")),
        ("KmsKeyId", given("kms_key_id")),
        ("TransitEncryptionEnabled", given("transit_encryption_enabled")),
        ("TransitEncryptionMode", given("transit_encryption_mode")),
        ("AuthToken", given("auth_token")),
        ("UserGroupIds", given("user_group_ids")),
        ("SnapshotArns", given("snapshot_arns")),
        ("SnapshotName", given("snapshot_name")),
        ("SnapshotRetentionLimit", given("snapshot_retention_limit")),
        ("SnapshotWindow", given("snapshot_window")),
        ("PreferredMaintenanceWindow", given("maintenance_window")),
        ("AutoMinorVersionUpgrade", given("auto_minor_version_upgrade")),
        ("NotificationTopicArn", given("notification_topic_arn")),
        ("LogDeliveryConfigurations", log_deliveries(&Value::null(), &given("log_delivery_configuration"))),
        ("Tags", tags::at_create(change)),
    ];
    Call::new("CreateReplicationGroup", args).settles(create_seconds(change))
}

fn create_seconds(change: &Change) -> u32 {
    let count = |name: &str| change.new(name).as_i64().unwrap_or(1).clamp(0, 500) as u32;
    let shards = count("num_node_groups").max(1);
    let nodes = count("num_cache_clusters").max(1);
    ONE_NODE + FURTHER_NODE * (nodes / shards).saturating_sub(1) + FURTHER_SHARD * (shards - 1)
}

/// Shard blocks in the form of the API.
fn node_groups(blocks: &Value) -> Value {
    let Some(items) = blocks.as_items() else { return Value::null() };
    let members = [
        ("node_group_id", "NodeGroupId"),
        ("primary_availability_zone", "PrimaryAvailabilityZone"),
        ("primary_outpost_arn", "PrimaryOutpostArn"),
        ("replica_availability_zones", "ReplicaAvailabilityZones"),
        ("replica_outpost_arns", "ReplicaOutpostArns"),
        ("replica_count", "ReplicaCount"),
        ("slots", "Slots"),
    ];
    Value::tuple(items.iter().map(|block| renamed(block, &members)).collect())
}

fn renamed(block: &Value, members: &[(&str, &str)]) -> Value {
    let pairs = members.iter().filter_map(|(from, to)| {
        block.get(from).filter(|value| !value.is_null()).map(|value| ((*to).into(), value.clone()))
    });
    Value::object(pairs.collect())
}

/// Log deliveries in the form of the API; a type that is gone is turned off by name.
fn log_deliveries(old: &Value, new: &Value) -> Value {
    let items = |value: &Value| value.as_items().unwrap_or_default().to_vec();
    let mut entries: Vec<Value> = items(new).iter().map(log_delivery).collect();
    for block in items(old) {
        let kind = block.get("log_type").cloned().unwrap_or_else(Value::null);
        if !items(new).iter().any(|block| block.get("log_type") == Some(&kind)) {
            entries
                .push(Value::object(Object::from([("LogType".into(), kind), ("Enabled".into(), Value::bool(false))])));
        }
    }
    if entries.is_empty() { Value::null() } else { Value::tuple(entries) }
}

fn log_delivery(block: &Value) -> Value {
    let get = |name: &str| block.get(name).cloned().unwrap_or_else(Value::null);
    let firehose = get("destination_type").as_str() == Some("kinesis-firehose");
    let (details, member) =
        if firehose { ("KinesisFirehoseDetails", "DeliveryStream") } else { ("CloudWatchLogsDetails", "LogGroup") };
    let destination = Value::object(Object::from([(member.into(), get("destination"))]));
    Value::object(Object::from([
        ("LogType".into(), get("log_type")),
        ("LogFormat".into(), get("log_format")),
        ("DestinationType".into(), get("destination_type")),
        ("DestinationDetails".into(), Value::object(Object::from([(details.into(), destination)]))),
        ("Enabled".into(), Value::bool(true)),
    ]))
}

fn delete(change: &Change) -> Call {
    let snapshot = change.old("final_snapshot_identifier");
    let (impact, seconds) =
        if snapshot.is_null() { (Impact::DataLoss, DELETE) } else { (Impact::DataLoss, DELETE + FINAL_SNAPSHOT) };
    let args = [("ReplicationGroupId", id(change)), ("FinalSnapshotIdentifier", snapshot)];
    Call::new("DeleteReplicationGroup", args).impact(impact).vanishes(seconds)
}

fn update(change: &Change) -> Result<Vec<Call>, Problem> {
    refuse_open_door(change)?;
    refuse_token_in_clear(change)?;
    refuse_engine_without_version(change)?;
    let mut calls = Vec::new();
    calls.extend(cluster_mode(change));
    calls.extend(shards(change));
    calls.extend(more_replicas(change));
    calls.extend(settings(change));
    // Users need TLS: they go before it does, and come after it has.
    if turns_tls_off(change) {
        calls.extend(users(change));
        calls.extend(encryption(change));
    } else {
        calls.extend(encryption(change));
        calls.extend(users(change));
    }
    calls.extend(logs(change));
    calls.extend(token(change));
    calls.extend(fewer_replicas(change));
    calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn")));
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
    Some(modify(change, &causes, args).impact(impact).settles(seconds))
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

fn turns_tls_off(change: &Change) -> bool {
    let on = |value: Value| value.as_bool() == Some(true);
    on(change.old("transit_encryption_enabled")) && !on(change.new("transit_encryption_enabled"))
}

/// On in two steps, so that clients without TLS are cut off only by the second; off in two as well.
fn encryption(change: &Change) -> Vec<Call> {
    if !change.has("transit_encryption_enabled") && !change.has("transit_encryption_mode") {
        return Vec::new();
    }
    let was = change.old("transit_encryption_enabled").as_bool() == Some(true);
    let is = change.new("transit_encryption_enabled").as_bool() == Some(true);
    let mode = change.new("transit_encryption_mode").as_str().unwrap_or("required").to_owned();
    let was_required = change.old("transit_encryption_mode").as_str() == Some("required");
    let mut steps: Vec<(Option<bool>, Option<&str>)> = Vec::new();
    match (was, is) {
        (false, true) => {
            steps.push((Some(true), Some("preferred")));
            if mode == "required" {
                steps.push((None, Some("required")));
            }
        }
        (true, false) => {
            if was_required {
                steps.push((None, Some("preferred")));
            }
            steps.push((Some(false), None));
        }
        (true, true) => steps.push((None, Some(if mode == "required" { "required" } else { "preferred" }))),
        (false, false) => {}
    }
    let causes = ["transit_encryption_enabled", "transit_encryption_mode"];
    steps
        .into_iter()
        .map(|(enabled, mode)| {
            let args = vec![
                ("TransitEncryptionEnabled", enabled.map_or_else(Value::null, Value::bool)),
                ("TransitEncryptionMode", mode.map_or_else(Value::null, Value::string)),
                ("ApplyImmediately", Value::bool(true)),
            ];
            modify(change, &causes, args).impact(Impact::Blip).settles(ENCRYPTION_PHASE)
        })
        .collect()
}

/// AWS takes log delivery only at once, and only a version that has the log.
fn logs(change: &Change) -> Option<Call> {
    change.has("log_delivery_configuration").then(|| {
        let name = "log_delivery_configuration";
        let args = vec![
            ("LogDeliveryConfigurations", log_deliveries(&change.old(name), &change.new(name))),
            ("ApplyImmediately", Value::bool(true)),
        ];
        modify(change, &[name], args).settles(SETTINGS)
    })
}

fn users(change: &Change) -> Option<Call> {
    if !change.has("user_group_ids") {
        return None;
    }
    let (old, new) = (texts(Some(&change.old("user_group_ids"))), texts(Some(&change.new("user_group_ids"))));
    let diff = |from: &[String], without: &[String]| {
        let names: Vec<&String> = from.iter().filter(|name| !without.contains(name)).collect();
        if names.is_empty() { Value::null() } else { Value::strings(names) }
    };
    let mut args = vec![("UserGroupIdsToAdd", diff(&new, &old)), ("UserGroupIdsToRemove", diff(&old, &new))];
    // A token gives way to a user group in the same call, so that the group is never open.
    if change.has("auth_token") && change.new("auth_token").is_null() && !new.is_empty() {
        args.push(("AuthTokenUpdateStrategy", Value::string("DELETE")));
    }
    args.push(("ApplyImmediately", Value::bool(true)));
    Some(modify(change, &["user_group_ids", "auth_token"], args).impact(Impact::Blip).settles(TOKEN_PHASE))
}

/// ROTATE lets the old and the new token in, SET the new one only.
fn token(change: &Change) -> Vec<Call> {
    if change.new("auth_token").is_null() {
        return Vec::new();
    }
    let strategy = change.new("auth_token_update_strategy");
    let phases: &[&str] = match strategy.as_str() {
        _ if !change.has("auth_token") => {
            if ends_rotation(change) {
                &["SET"]
            } else {
                &[]
            }
        }
        Some("SET") => &["SET"],
        Some("ROTATE") => &["ROTATE"],
        _ => &["ROTATE", "SET"],
    };
    phases
        .iter()
        .map(|phase| {
            let args = vec![
                ("AuthToken", change.new("auth_token")),
                ("AuthTokenUpdateStrategy", Value::string(phase)),
                ("ApplyImmediately", Value::bool(true)),
            ];
            let impact = if *phase == "SET" { Impact::Blip } else { Impact::None };
            modify(change, &["auth_token", "auth_token_update_strategy"], args).impact(impact).settles(TOKEN_PHASE)
        })
        .collect()
}

/// The token was let in beside the old one, and is to be the only one now.
fn ends_rotation(change: &Change) -> bool {
    let rotates = |value: Value| value.as_str() == Some("ROTATE");
    let name = "auth_token_update_strategy";
    change.has(name) && rotates(change.old(name)) && !rotates(change.new(name))
}

/// AWS takes a token away only where a user group takes its place.
fn refuse_open_door(change: &Change) -> Result<(), Problem> {
    let removed = change.has("auth_token") && change.new("auth_token").is_null();
    let users = change.new("user_group_ids").as_items().is_some_and(|items| !items.is_empty());
    if !removed || users {
        return Ok(());
    }
    Err(Problem::error(
        "CS0562",
        "auth_token",
        "A token cannot be taken away",
        "AWS deletes the token of a group only when a user group takes its place.",
        "Keep auth_token, or set user_group_ids in the same change.",
    ))
}

/// AWS takes no token where clients may still come without TLS.
fn refuse_token_in_clear(change: &Change) -> Result<(), Problem> {
    let given = change.has("auth_token") && !change.new("auth_token").is_null();
    if !given || change.new("transit_encryption_mode").as_str() != Some("preferred") {
        return Ok(());
    }
    Err(Problem::error(
        "CS0550",
        "auth_token",
        "A token needs required encryption",
        "The group still lets clients in without TLS, and AWS refuses a token there.",
        "Set transit_encryption_mode = \"required\" as well.",
    ))
}

/// Versions of one engine are not those of another.
fn refuse_engine_without_version(change: &Change) -> Result<(), Problem> {
    if !change.has("engine") || change.has("engine_version") {
        return Ok(());
    }
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let engine = text(change.new("engine"));
    let versions = Engine::parse(&engine).map(|engine| list(engine.versions())).unwrap_or_default();
    Err(Problem::error(
        "CS0563",
        "engine",
        "A new engine needs a version",
        format!("The engine becomes {engine}, and `engine_version` stays {}.", text(change.old("engine_version"))),
        format!("Set engine_version as well; the versions of {engine} are {versions}."),
    ))
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
