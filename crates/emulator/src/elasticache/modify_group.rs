//! ModifyReplicationGroup and TestFailover, and what a change does once it is through.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target};
use super::super::region::Region;
use super::calendar;
use super::change::Change;
use super::cluster::CLUSTERS;
use super::global;
use super::group::GROUPS;
use super::group::{self, ReplicationGroup};
use super::layout;
use super::settings::{self, Settings, Topic};
use super::{names, user_groups, wanted};
use serde_json::json;

pub fn modify(context: &mut Context, input: Input) -> Answer {
    let old = group::find(context, input.needed("ReplicationGroupId")?)?;
    global::refuse_of_member(&old, Some(input))?;
    old.must_be_available("modify")?;
    members_must_be_available(context, &old)?;
    let mut new = (*old).clone();
    let at_once = change_at_once(context, input, &mut new)?;
    let mut change = wanted::read_change(context, input, &old)?;
    let access = change.take_access();
    let immediately = input.flag("ApplyImmediately") == Some(true);
    // A later immediate call carries out what was waiting as well.
    let flush = immediately && new.pending.is_some();
    if !at_once && change.is_empty() && access.is_empty() && !flush {
        return Err(Failure::combination("No modifications were requested"));
    }
    let target = Target::new("Group", new.id.clone());
    let mut doing = Change::default();
    if immediately {
        doing = new.pending.take().unwrap_or_default();
        doing.merge(change);
        new.settings.window_at = None;
    } else if !change.is_empty() {
        let mut waiting = new.pending.take().unwrap_or_default();
        waiting.give_way(input);
        waiting.merge(change);
        new.pending = Some(waiting);
        calendar::plan_window(context.region, &mut new.settings, target.clone(), new.serial, context.now);
    }
    doing.merge(access);
    if at_once || !doing.is_empty() {
        new.status = "modifying".into();
        let due = context.now + context.speed.scale(calendar::duration(&doing));
        stir_user_groups(context, &old, &doing, due);
        let step = if doing.is_empty() { Step::Ready } else { Step::Apply };
        new.applying = (!doing.is_empty()).then_some(doing);
        lifecycle::schedule(context.region, due, target, new.serial, step);
    }
    context.region[GROUPS].put(&new.id.clone(), new.clone());
    Ok(json!({ "ReplicationGroup": group::to_json(context, &new) }))
}

/// User groups that come and go are being changed as long as the cache is.
fn stir_user_groups(context: &mut Context, old: &ReplicationGroup, doing: &Change, due: u64) {
    let Some(wanted) = &doing.user_groups else { return };
    let had = &old.settings.user_groups;
    for id in had.iter().filter(|id| !wanted.contains(id)).chain(wanted.iter().filter(|id| !had.contains(id))) {
        user_groups::busy(context, id, due);
    }
}

/// Refuses a change while a member is not at rest, even where the group is.
pub fn members_must_be_available(context: &Context, group: &ReplicationGroup) -> Result<(), Failure> {
    let busy = group
        .members()
        .find(|id| context.region[CLUSTERS].get(id).is_some_and(|cluster| cluster.status != "available"));
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
    let target = Target::new("Group", group.id.clone());
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
        settings::check_topic(context, arn)?;
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
    if let Some(other) = input.filled("IpDiscovery").filter(|other| *other != settings.ip_discovery) {
        return Err(Failure::combination(format!(
            "IpDiscovery {other} is not supported for the network type {}.",
            settings.network_type
        )));
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
        calendar::plan_backup(context.region, settings, target.clone(), serial, context.now);
    }
    if replan_window {
        calendar::plan_window(context.region, settings, target, serial, context.now);
    }
    Ok(())
}

/// Carries out a change of a group that is through.
pub fn apply(region: &mut Region, id: &str, change: &Change, now: u64) {
    for member in change.remove_members.iter() {
        super::delete_group::remove_member(region, member);
    }
    region[GROUPS].update(id, |group| {
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
