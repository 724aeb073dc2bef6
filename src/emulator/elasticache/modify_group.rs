//! ModifyReplicationGroup and TestFailover, and what a change does once it is through.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target};
use super::super::region::Region;
use super::super::time::Work;
use super::group::{self, ReplicationGroup};
use super::layout;
use super::settings::{self, Change, Settings, TokenChange, Topic};
use super::{catalog, names, parameter_groups};
use serde_json::json;

pub fn modify(context: &mut Context, input: Input) -> Answer {
    let old = group::find(context, input.needed("ReplicationGroupId")?)?;
    old.must_be_available("modify")?;
    members_must_be_available(context, &old)?;
    let mut new = (*old).clone();
    let at_once = change_at_once(context, input, &mut new)?;
    let change = read_change(context, input, &old)?;
    let immediately = input.flag("ApplyImmediately") == Some(true);
    // A later immediate call carries out what was waiting as well.
    let flush = immediately && new.pending.is_some();
    if !at_once && change.is_empty() && !flush {
        return Err(Failure::combination("No modifications were requested"));
    }
    let target = Target::Group(new.id.clone());
    let mut doing = Change::default();
    if immediately {
        doing = new.pending.take().unwrap_or_default();
        doing.merge(change);
        new.settings.window_at = None;
    } else if !change.is_empty() {
        let mut waiting = new.pending.take().unwrap_or_default();
        waiting.merge(change);
        new.pending = Some(waiting);
        lifecycle::plan_window(context.region, &mut new.settings, target.clone(), new.serial, context.now);
    }
    if at_once || !doing.is_empty() {
        new.status = "modifying".into();
        let due = context.now + context.speed.scale(lifecycle::duration(&doing));
        let step = if doing.is_empty() { Step::Ready } else { Step::Apply };
        new.applying = (!doing.is_empty()).then_some(doing);
        lifecycle::schedule(context.region, due, target, new.serial, step);
    }
    context.region.groups.put(&new.id.clone(), new.clone());
    Ok(json!({ "ReplicationGroup": group::to_json(context, &new) }))
}

/// Refuses a change while a member is not at rest, even where the group is.
pub fn members_must_be_available(context: &Context, group: &ReplicationGroup) -> Result<(), Failure> {
    let busy =
        group.members().find(|id| context.region.clusters.get(id).is_some_and(|cluster| cluster.status != "available"));
    match busy {
        Some(id) => {
            Err(Failure::new("InvalidCacheClusterState", format!("Cache cluster {id} is not in available state.")))
        }
        None => Ok(()),
    }
}

/// Carries out what never waits; returns whether anything changed.
fn change_at_once(context: &mut Context, input: Input, group: &mut ReplicationGroup) -> Result<bool, Failure> {
    let before = serde_json::to_value(&*group).unwrap_or_default();
    if let Some(text) = input.text("ReplicationGroupDescription") {
        names::description(text, "ReplicationGroupDescription")?;
        if !text.trim().is_empty() {
            group.description = text.into();
        }
    }
    if let Some(id) = input.filled("SnapshottingClusterId") {
        let id = id.to_ascii_lowercase();
        if group.cluster_enabled {
            return Err(Failure::combination("SnapshottingClusterId cannot be used with cluster mode enabled."));
        }
        if !group.members().any(|member| *member == id) {
            return Err(Failure::missing("CacheClusterNotFound", format!("CacheCluster not found: {id}")));
        }
        group.snapshotting = Some(id);
    }
    let turned_on =
        group.settings.retention == 0 && input.number("SnapshotRetentionLimit").is_some_and(|days| days > 0);
    if turned_on && !group.cluster_enabled && group.snapshotting.is_none() {
        return Err(Failure::combination("Must specify both SnapshotRetentionLimit and SnapshottingClusterId"));
    }
    let target = Target::Group(group.id.clone());
    settings_at_once(context, input, &mut group.settings, target, group.serial, group.pending.is_some())?;
    if group.settings.retention == 0 && input.number("SnapshotRetentionLimit") == Some(0) {
        group.snapshotting = None;
    }
    Ok(serde_json::to_value(&*group).unwrap_or_default() != before)
}

/// The settings that never wait, of a group or of a cluster of its own.
pub fn settings_at_once(
    context: &mut Context,
    input: Input,
    settings: &mut Settings,
    target: Target,
    serial: u64,
    pending: bool,
) -> Result<(), Failure> {
    if let Some(ids) = settings::read_security_groups(context, input)? {
        settings.security_groups = ids;
    }
    if let Some(arn) = input.filled("NotificationTopicArn") {
        settings::check_topic(arn)?;
        settings.topic = Some(Topic { arn: arn.into(), status: "active".into() });
    }
    if let Some(status) = input.filled("NotificationTopicStatus") {
        if !["active", "inactive"].contains(&status) {
            return Err(Failure::value(format!("Invalid notification topic status: {status}.")));
        }
        if let Some(topic) = &mut settings.topic {
            topic.status = status.into();
        }
    }
    if let Some(on) = input.flag("AutoMinorVersionUpgrade") {
        settings.auto_minor = on;
    }
    let retention =
        settings::read_retention(input, &settings.engine, &settings.node_type)?.unwrap_or(settings.retention);
    let (maintenance, snapshot) =
        settings::read_windows(input, &settings.maintenance_window, &settings.snapshot_window)?;
    let replan_backup = retention != settings.retention || snapshot != settings.snapshot_window;
    let replan_window = pending && maintenance != settings.maintenance_window;
    settings.retention = retention;
    (settings.maintenance_window, settings.snapshot_window) = (maintenance, snapshot);
    if replan_backup {
        lifecycle::plan_backup(context.region, settings, target.clone(), serial, context.now);
    }
    if replan_window {
        lifecycle::plan_window(context.region, settings, target, serial, context.now);
    }
    Ok(())
}

/// What the request wants that takes time, as far as it differs from what is and from what is already waiting.
fn read_change(context: &Context, input: Input, old: &ReplicationGroup) -> Result<Change, Failure> {
    if let Some(id) = input.texts("UserGroupIdsToAdd").first() {
        return Err(Failure::missing("UserGroupNotFound", format!("User group {id} not found.")));
    }
    let mut change = Change::default();
    let mut goal = old.settings.clone();
    let mut goal_failover = old.failover;
    let mut goal_multi_az = old.multi_az;
    if let Some(pending) = &old.pending {
        pending.apply(&mut goal, context.now);
        goal_failover = pending.failover.unwrap_or(goal_failover);
        goal_multi_az = pending.multi_az.unwrap_or(goal_multi_az);
    }
    read_engine(context, input, &goal, &mut change)?;
    read_parameter_group(context, input, old, &goal, &mut change)?;
    read_availability(input, old, (goal_failover, goal_multi_az), &mut change)?;
    read_encryption(input, &goal, &mut change)?;
    read_token(input, &old.id, &goal, &mut change)?;
    if let Some(id) = input.filled("PrimaryClusterId") {
        let id = id.to_ascii_lowercase();
        if old.cluster_enabled {
            return Err(Failure::combination("PrimaryClusterId cannot be used with cluster mode enabled."));
        }
        let shard = old
            .shard_of(&id)
            .ok_or_else(|| Failure::missing("CacheClusterNotFound", format!("CacheCluster not found: {id}")))?;
        if shard.primary != id {
            if goal_failover && change.failover != Some(false) {
                return Err(Failure::combination(
                    "Cannot manually promote a new master cache cluster while autofailover is enabled.",
                ));
            }
            change.primary = Some(id);
        }
    }
    if input.has("LogDeliveryConfigurations") {
        let engine = change.engine.as_deref().unwrap_or(&goal.engine);
        let version = change.version.as_deref().unwrap_or(&goal.version);
        let logs = settings::read_logs(input, engine, version, &goal.logs)?;
        if logs != goal.logs {
            if input.flag("ApplyImmediately") != Some(true) {
                return Err(Failure::combination(
                    "To modify the log delivery configuration, set the apply-immediately parameter to true",
                ));
            }
            change.logs = Some(logs);
        }
    }
    read_cluster_mode(context, input, old, &mut change)?;
    Ok(change)
}

/// Engine, version and node type.
pub fn read_engine(context: &Context, input: Input, goal: &Settings, change: &mut Change) -> Result<(), Failure> {
    let engine = input.filled("Engine").map_or(goal.engine.clone(), str::to_ascii_lowercase);
    if engine != goal.engine {
        if (goal.engine.as_str(), engine.as_str()) != ("redis", "valkey") {
            return Err(Failure::combination(format!("Cannot modify the engine from {} to {engine}.", goal.engine)));
        }
        if input.filled("EngineVersion").is_none() {
            return Err(Failure::combination("EngineVersion must be specified when the engine is modified."));
        }
        change.engine = Some(engine.clone());
    }
    if let Some(asked) = input.filled("EngineVersion") {
        let version = catalog::resolve_version(&engine, Some(asked)).or_else(|failure| {
            // The version that runs already may be named in full.
            if asked == goal.version { Ok(goal.version.clone()) } else { Err(failure) }
        })?;
        if version != goal.version || change.engine.is_some() {
            let downgrade = engine == goal.engine && catalog::numbers(&version) < catalog::numbers(&goal.version);
            if downgrade && engine != "memcached" {
                return Err(Failure::combination(format!("Cannot modify {engine} from {} to {version}", goal.version)));
            }
            change.version = Some(version);
        }
    }
    let version = change.version.as_deref().unwrap_or(&goal.version);
    let node_type = input.filled("CacheNodeType").unwrap_or(&goal.node_type);
    if node_type != goal.node_type || change.version.is_some() {
        settings::check_node_type(context, node_type, &engine, version)?;
    }
    if node_type != goal.node_type {
        let tiered = |name: &str| name.starts_with("cache.r6gd.");
        if tiered(node_type) != tiered(&goal.node_type) {
            return Err(Failure::combination(format!(
                "Cannot modify the cache node type from {} to {node_type}: only one of them has data tiering.",
                goal.node_type
            )));
        }
        change.node_type = Some(node_type.to_owned());
    }
    Ok(())
}

fn read_parameter_group(
    context: &Context,
    input: Input,
    old: &ReplicationGroup,
    goal: &Settings,
    change: &mut Change,
) -> Result<(), Failure> {
    let Some(name) = parameter_group_for(context, input, goal, change, old.cluster_enabled)? else { return Ok(()) };
    let group = parameter_groups::find(context, &name)?;
    let on = group.values.get("cluster-enabled").is_some_and(|value| value == "yes");
    let migrating = old.cluster_mode == "compatible" || input.has("ClusterMode");
    if on != old.cluster_enabled && !migrating {
        return Err(Failure::combination(format!(
            "The cluster mode of the cache parameter group {name} does not match that of the replication group.",
        )));
    }
    if name != goal.parameter_group {
        change.parameter_group = Some(name);
    }
    Ok(())
}

/// The parameter group after the change: the one asked for, or a default one that follows the version.
pub fn parameter_group_for(
    context: &Context,
    input: Input,
    goal: &Settings,
    change: &Change,
    cluster_on: bool,
) -> Result<Option<String>, Failure> {
    let engine = change.engine.as_deref().unwrap_or(&goal.engine);
    let version = change.version.as_deref().unwrap_or(&goal.version);
    if let Some(name) = input.filled("CacheParameterGroupName") {
        settings::check_parameter_group(context, name, engine, version)?;
        return Ok(Some(name.to_ascii_lowercase()));
    }
    if change.version.is_none() {
        return Ok(None);
    }
    let family = catalog::family(engine, version);
    if parameter_groups::is_default(&goal.parameter_group) {
        return Ok(Some(format!("default.{family}{}", if cluster_on { ".cluster.on" } else { "" })));
    }
    settings::check_parameter_group(context, &goal.parameter_group, engine, version)?;
    Ok(None)
}

fn read_availability(
    input: Input,
    old: &ReplicationGroup,
    (failover, multi_az): (bool, bool),
    change: &mut Change,
) -> Result<(), Failure> {
    let want_failover = input.flag("AutomaticFailoverEnabled").unwrap_or(failover);
    let want_multi_az = input.flag("MultiAZEnabled").unwrap_or(multi_az);
    let least = old.shards.iter().map(|shard| shard.members.len()).min().unwrap_or(0);
    if want_failover != failover {
        if old.cluster_enabled {
            return Err(Failure::combination(
                "Turning off automatic failover for replication group with cluster mode enabled is not supported",
            ));
        }
        if want_failover && least < 2 {
            return Err(Failure::combination(
                "Replication group must have at least one read replica to enable autofailover.",
            ));
        }
        change.failover = Some(want_failover);
    }
    if want_multi_az && !want_failover {
        return Err(Failure::combination("Multi-AZ requires automatic failover to be enabled."));
    }
    if want_multi_az != multi_az {
        if want_multi_az && least < 2 {
            return Err(Failure::combination("Multi-AZ requires at least one replica in each node group."));
        }
        change.multi_az = Some(want_multi_az);
    }
    Ok(())
}

/// Transit encryption goes up by way of `preferred`, and down the same way.
fn read_encryption(input: Input, goal: &Settings, change: &mut Change) -> Result<(), Failure> {
    let mode = input.filled("TransitEncryptionMode");
    if let Some(mode) = mode.filter(|mode| !["preferred", "required"].contains(mode)) {
        return Err(Failure::value(format!("Invalid transit encryption mode: {mode}.")));
    }
    let on = input.flag("TransitEncryptionEnabled").unwrap_or(goal.tls);
    let now = goal.tls_mode.as_deref();
    let differs = on != goal.tls || (on && mode.is_some() && mode != now);
    if !on && mode.is_some() && goal.tls == on {
        return Err(Failure::combination("TransitEncryptionMode can only be set when transit encryption is enabled."));
    }
    if !differs {
        return Ok(());
    }
    if goal.engine == "redis" && !catalog::at_least(&goal.version, "7.0.5") {
        return Err(Failure::combination("Transit encryption can only be modified for engine version 7.0.5 or later."));
    }
    if on && !goal.tls {
        if mode != Some("preferred") {
            return Err(Failure::combination(
                "To enable transit encryption on an existing cluster, TransitEncryptionMode must first be set to preferred.",
            ));
        }
        (change.tls, change.tls_mode) = (Some(true), Some("preferred".into()));
    } else if !on {
        if now == Some("required") {
            return Err(Failure::combination(
                "To disable transit encryption, TransitEncryptionMode must first be set to preferred.",
            ));
        }
        change.tls = Some(false);
    } else {
        if mode == Some("preferred") && !goal.tokens.is_empty() {
            return Err(Failure::combination(
                "Transit encryption preferred is not supported with access control enabled clusters.",
            ));
        }
        change.tls_mode = mode.map(str::to_owned);
    }
    Ok(())
}

fn read_token(input: Input, id: &str, goal: &Settings, change: &mut Change) -> Result<(), Failure> {
    let strategy = input.filled("AuthTokenUpdateStrategy");
    let Some(token) = input.filled("AuthToken") else {
        return match strategy {
            None => Ok(()),
            Some("DELETE") => Err(Failure::combination(
                "The AUTH token can only be deleted when the replication group moves to role-based access control.",
            )),
            Some(_) => Err(Failure::combination("AuthTokenUpdateStrategy requires AuthToken.")),
        };
    };
    let strategy = strategy.unwrap_or("ROTATE");
    if !["SET", "ROTATE"].contains(&strategy) {
        return Err(Failure::combination(format!("AuthTokenUpdateStrategy {strategy} cannot be used with AuthToken.")));
    }
    if !goal.tls || change.tls == Some(true) {
        return Err(Failure::value("The AUTH token is only supported when encryption-in-transit is enabled."));
    }
    if change.tls_mode.as_deref().or(goal.tls_mode.as_deref()) == Some("preferred") {
        return Err(Failure::combination(
            "Transit encryption preferred is not supported with access control enabled clusters.",
        ));
    }
    if goal.engine == "redis" && !catalog::at_least(&goal.version, "5.0.6") {
        return Err(Failure::combination("The AUTH token can only be modified for engine version 5.0.6 or later."));
    }
    settings::check_token(token)?;
    let digest = settings::digest(token, id);
    if strategy == "SET" && !goal.tokens.is_empty() && !goal.tokens.contains(&digest) {
        return Err(Failure::combination(
            "The AUTH token must be rotated in with the ROTATE strategy before it can be set.",
        ));
    }
    change.token = Some(TokenChange { strategy: strategy.into(), digest: Some(digest) });
    Ok(())
}

fn read_cluster_mode(
    context: &Context,
    input: Input,
    old: &ReplicationGroup,
    change: &mut Change,
) -> Result<(), Failure> {
    let Some(mode) = input.filled("ClusterMode").filter(|mode| *mode != old.cluster_mode) else { return Ok(()) };
    if !["disabled", "compatible", "enabled"].contains(&mode) {
        return Err(Failure::value(format!("Invalid cluster mode: {mode}.")));
    }
    let others = Change { parameter_group: None, ..change.clone() };
    if !others.is_empty() {
        return Err(Failure::combination(
            "Cluster mode updates are not supported while attempting to update additional properties",
        ));
    }
    match (old.cluster_mode.as_str(), mode) {
        ("disabled", "compatible") => {
            let least = if old.settings.engine == "valkey" { "7.2" } else { "7.0" };
            if !catalog::at_least(&old.settings.version, least) {
                return Err(Failure::combination(format!(
                    "Cluster mode compatible requires engine version {least} or later."
                )));
            }
            if !old.failover || old.shards.iter().any(|shard| shard.members.len() < 2) {
                return Err(Failure::combination(
                    "Cluster mode compatible requires automatic failover and at least one replica.",
                ));
            }
            let name = change.parameter_group.as_deref().unwrap_or(&old.settings.parameter_group);
            let group = parameter_groups::find(context, name)?;
            if group.values.get("cluster-enabled").is_none_or(|value| value != "yes") {
                return Err(Failure::combination(
                    "Cluster mode compatible requires a cache parameter group with cluster-enabled set to yes.",
                ));
            }
        }
        ("compatible", "enabled" | "disabled") => {}
        (from, to) => {
            return Err(Failure::combination(format!("Cannot modify the cluster mode from {from} to {to}.")));
        }
    }
    change.cluster_mode = Some(mode.into());
    Ok(())
}

/// Carries out a change of a group that is through.
pub fn apply(region: &mut Region, id: &str, change: &Change, now: u64) {
    for member in change.remove_members.iter() {
        super::delete_group::remove_member(region, member);
    }
    region.groups.update(id, |group| {
        change.apply(&mut group.settings, now);
        group.failover = change.failover.unwrap_or(group.failover);
        group.multi_az = change.multi_az.unwrap_or(group.multi_az);
        if let Some(mode) = &change.cluster_mode {
            group.cluster_mode = mode.clone();
            group.cluster_enabled = mode == "enabled";
        }
        for shard in &mut group.shards {
            shard.members.retain(|member| !change.remove_members.contains(member));
            if let Some(primary) = change.primary.as_ref().filter(|primary| shard.members.contains(primary)) {
                shard.primary = primary.clone();
            }
        }
        group.shards.retain(|shard| !change.remove_shards.contains(&shard.id));
        if group.snapshotting.as_ref().is_some_and(|id| change.remove_members.contains(id)) {
            group.snapshotting = group.shards.first().map(|shard| shard.primary.clone());
        }
        if change.spread_slots || change.cluster_mode.is_some() {
            let slots = layout::slots(group.shards.len());
            for (shard, slots) in group.shards.iter_mut().zip(slots) {
                shard.slots = group.cluster_enabled.then_some(slots);
            }
        }
    });
}

pub fn test_failover(context: &mut Context, input: Input) -> Answer {
    let old = group::find(context, input.needed("ReplicationGroupId")?)?;
    old.must_be_available("test failover")?;
    let id = input.needed("NodeGroupId")?;
    let shard = old
        .shards
        .iter()
        .find(|shard| shard.id == id)
        .ok_or_else(|| Failure::missing("NodeGroupNotFoundFault", format!("Node group {id} not found.")))?;
    if !old.failover {
        return Err(Failure::combination("Test failover requires automatic failover to be enabled."));
    }
    let Some(next) = shard.members.iter().find(|member| **member != shard.primary) else {
        return Err(Failure::combination("Test failover requires at least one replica in the node group."));
    };
    let mut new = (*old).clone();
    new.status = "modifying".into();
    new.applying = Some(Change { primary: Some(next.clone()), ..Change::default() });
    let due = context.now + context.speed.scale(Work::Failover.seconds());
    lifecycle::schedule(context.region, due, Target::Group(new.id.clone()), new.serial, Step::Apply);
    super::record(
        context.region,
        context.now,
        "replication-group",
        &new.id,
        &format!("Test Failover API called for node group {id}"),
    );
    context.region.groups.put(&new.id.clone(), new.clone());
    Ok(json!({ "ReplicationGroup": group::to_json(context, &new) }))
}
