//! A change of a replication group as ordered calls.
//!
//! The order is that of the service: shards, then more replicas, then settings, encryption, users, token, then fewer
//! replicas; on the way to cluster mode replicas and settings come first, then the mode, then shards; shards that go
//! for bigger nodes wait for those. A call starts when the group and its members have settled after the one before.

mod access;
mod create;
mod deferral;
mod effects;
mod mode;
mod refuse;
mod scale;

pub use deferral::overtaken;
pub use mode::clusterless;
pub use refuse::{OF_ALL, other_mode};

use super::predict::texts;
use super::shards;
use crate::kind::{Call, Change, Impact, Mark, Problem};
use crate::kinds::durations::Shape;
use crate::kinds::{tags, upkeep, why};
use crate::value::{Object, Value};

// Expected durations in seconds: rough priors from the durations of published acceptance tests of Terraform's provider.
// What hangs on the nodes of the group is in `kinds::durations`.
const DELETE: u32 = 300;
const ENCRYPTION_PHASE: u32 = 600;
const TOKEN_PHASE: u32 = 180;
const FAILOVER_SETTING: u32 = 120;
const SETTINGS: u32 = 45;
const LEAVE: u32 = 300;

/// What keeps a group up when a node or a zone fails.
const SWITCHES: [&str; 2] = ["automatic_failover_enabled", "multi_az_enabled"];

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

/// It becomes a group of its own. Source: ElastiCache user guide, "Removing a Region from a Global datastore".
fn detach(change: &Change) -> Result<Option<Call>, Problem> {
    if !change.has("global_replication_group_id") || !change.new("global_replication_group_id").is_null() {
        return Ok(None);
    }
    let why = "It becomes a group of its own, which takes writes: what is written to the datastore does not get here any \
               more, and it cannot become a member again.";
    let call = leave(change).map(|call| {
        let call = call.because(["global_replication_group_id"]).impact(Impact::Blip).why(why);
        call.marks([Mark::Redundancy, Mark::Irreversible])
    });
    call.map(Some).ok_or_else(|| {
        let detail = "The group is the primary of its global datastore, and only secondaries leave one.";
        let help = "Make another member the primary of the datastore, apply, and take it out then.";
        Problem::error("CS0757", "global_replication_group_id", "The primary stays", detail, help)
    })
}

fn delete(change: &Change) -> Call {
    let snapshot = change.old("final_snapshot_identifier");
    let seconds = if snapshot.is_null() { DELETE } else { DELETE + shape(change.before).snapshot() };
    let args = [("ReplicationGroupId", id(change)), ("FinalSnapshotIdentifier", snapshot.clone())];
    why::deletes(Call::new("DeleteReplicationGroup", args), &snapshot, &change.old("snapshot_retention_limit"))
        .vanishes(seconds)
}

/// The nodes of a group, as it is or shall be.
fn shape(object: Option<&Object>) -> Shape {
    let none = Object::new();
    let object = object.unwrap_or(&none);
    let number = |name: &str| object.get(name).and_then(Value::as_i64);
    let shards = number("num_node_groups").unwrap_or(1).max(1);
    let replicas = number("replicas_per_node_group").or_else(|| Some(number("num_cache_clusters")? / shards - 1));
    let richest = shards::replicas(object).into_values().max();
    Shape::of(object, shards, richest.max(replicas).unwrap_or(0) + 1)
}

/// How long it takes to exchange the nodes: as many as there are by then.
fn exchanged(change: &Change) -> u32 {
    let (old, new) = (shape(change.before), shape(change.after));
    Shape { shards: old.shards.max(new.shards), nodes: old.nodes.max(new.nodes), ..new }.exchanged()
}

/// What decides which calls a change takes, and in which order.
const STEERING: [&str; 12] = [
    "durability",
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
    refuse::other_cluster_mode(change)?;
    deferral::refuse_hanging(change)?;
    deferral::refuse_shards_before_nodes(change)?;
    mode::refuse_unready(change)?;
    change.must_list("node_group_configuration", &["node_group_id", "replica_count"])?;
    let mut calls: Vec<Call> = detach(change)?.into_iter().collect();
    // A log of writes goes before what it takes, and comes after it.
    calls.extend(durability(change).filter(|_| !effects::is_durable(&change.new("durability"))));
    // Nothing else changes while the mode is compatible: it is left first, and entered last.
    if mode::leaves_compatible(change) {
        calls.extend(mode::calls(change));
    }
    if !mode::begins(change) && !scale::needs_bigger_nodes(change) {
        calls.extend(scale::shards(change));
    }
    calls.extend(scale::more_replicas(change));
    // What waits for the window comes last: a later immediate call would carry it out at once.
    let waits = deferral::is_asked_for(change);
    let now = deferral::needed_now(change);
    let first: &dyn Fn(&str) -> bool = if waits { &|name| now.contains(&name) } else { &|_| true };
    calls.extend(settings(change, first, true));
    if mode::begins(change) {
        calls.extend(mode::calls(change));
        calls.extend(scale::shards(change));
    } else if scale::needs_bigger_nodes(change) {
        calls.extend(scale::shards(change));
    }
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
    calls.extend(durability(change).filter(|_| effects::is_durable(&change.new("durability"))));
    calls.extend(scale::fewer_replicas(change));
    if waits {
        let at_once = |name: &str| upkeep::AT_ONCE.contains(&name);
        calls.extend(settings(change, &at_once, false));
        calls.extend(settings(change, &|name| !now.contains(&name) && !at_once(name), false));
    }
    calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
    Ok(calls)
}

fn modify(change: &Change, causes: &[&'static str], args: Vec<(&'static str, Value)>) -> Call {
    let causes = causes.iter().copied().filter(|cause| change.has(cause));
    let mut all = vec![("ReplicationGroupId", id(change))];
    all.extend(args);
    Call::new("ModifyReplicationGroup", all).because(causes)
}

fn count(value: Value) -> i64 {
    value.as_i64().unwrap_or(0)
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

const BESIDE_AN_ENGINE: [&str; 2] = ["engine_version", "parameter_group_name"];

/// Those that `here` picks.
fn settings(change: &Change, here: &dyn Fn(&str) -> bool, immediately: bool) -> Option<Call> {
    // On the way to cluster mode the group whose parameters turn it on goes with the mode.
    let parameters = mode::parameter_group_before(change);
    let is_here =
        |name: &str| change.has(name) && here(name) && (name != "parameter_group_name" || parameters.is_none());
    let causes: Vec<&'static str> = SETTING_NAMES.iter().map(|(name, _)| *name).filter(|name| is_here(name)).collect();
    if causes.is_empty() {
        return None;
    }
    // AWS wants a version beside an engine, and a parameter group for it: one that stays has those that it has.
    let stays = causes.contains(&"engine") && !change.has("engine_version");
    let value = |name: &'static str| match (&parameters, name) {
        (Some(until_then), "parameter_group_name") => until_then.clone(),
        _ if causes.contains(&name) => change.new(name),
        _ if stays && BESIDE_AN_ENGINE.contains(&name) => change.old(name),
        _ => Value::null(),
    };
    let mut args: Vec<(&'static str, Value)> =
        SETTING_NAMES.iter().map(|(name, member)| (*member, value(name))).collect();
    if causes.contains(&"notification_topic_arn") || causes.contains(&"snapshot_retention_limit") {
        args.extend(companions(change));
    }
    args.push(("ApplyImmediately", Value::bool(immediately)));
    let call = effects::of_settings(change, modify(change, &causes, args));
    let call = if stays { call.because(BESIDE_AN_ENGINE) } else { call };
    let seconds = settings_seconds(change, &call);
    // Without a topic it takes another argument.
    let topic = value("notification_topic_arn");
    let call = call.settles(seconds).at_once(&upkeep::AT_ONCE);
    Some(call.assuming_set("notification_topic_arn", &topic))
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

fn settings_seconds(change: &Change, call: &Call) -> u32 {
    let any = |names: &[&str]| names.iter().any(|name| call.causes.contains(name));
    match () {
        () if any(&["node_type", "engine_version", "engine"]) => exchanged(change),
        () if any(&["automatic_failover_enabled", "multi_az_enabled"]) => FAILOVER_SETTING,
        () => SETTINGS,
    }
}

/// AWS changes durability in a call of its own.
fn durability(change: &Change) -> Option<Call> {
    change.has("durability").then(|| {
        let args = vec![("Durability", change.new("durability")), ("ApplyImmediately", Value::bool(true))];
        effects::of_durability(change, modify(change, &["durability"], args)).settles(exchanged(change))
    })
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
