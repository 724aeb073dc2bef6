//! What falls due as time passes: nodes that are ready, changes that are through, deletions, windows, backups.
//!
//! Nothing runs in the background: each request first settles what is due, at the times at which it was due.

use super::elasticache::{self, Change, ReplicationGroup, Settings, Window};
use super::region::Region;
use super::time::{Speed, Work};
use serde::{Deserialize, Serialize};

/// What a timer is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    Group(String),
    Cluster(String),
    Snapshot(String),
}

/// What happens when a timer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// It is there, or at rest again.
    Ready,
    /// The change that was being made is through.
    Apply,
    /// It is gone.
    Gone,
    /// The maintenance window opens.
    Window,
    /// The daily snapshot is taken.
    Backup,
}

/// Something that falls due; its time is in its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timer {
    pub target: Target,
    /// Of the object that the timer was set for; a later one of the same name is left alone.
    pub serial: u64,
    pub step: Step,
}

/// Sets a timer.
pub fn schedule(region: &mut Region, due: u64, target: Target, serial: u64, step: Step) {
    let key = format!("{due:016}.{:012}", region.next());
    region.timers.put(&key, Timer { target, serial, step });
}

/// Plans the next daily snapshot, where there are any.
pub fn plan_backup(region: &mut Region, settings: &mut Settings, target: Target, serial: u64, now: u64) {
    settings.backup_at = match Window::daily(&settings.snapshot_window) {
        Ok(window) if settings.retention > 0 => Some(window.next_opening(now)),
        _ => None,
    };
    if let Some(due) = settings.backup_at {
        schedule(region, due, target, serial, Step::Backup);
    }
}

/// Plans the maintenance window in which pending changes are made.
pub fn plan_window(region: &mut Region, settings: &mut Settings, target: Target, serial: u64, now: u64) {
    if let Ok(window) = Window::weekly(&settings.maintenance_window) {
        let due = window.next_opening(now);
        settings.window_at = Some(due);
        schedule(region, due, target, serial, Step::Window);
    }
}

/// How long a change takes in AWS, in seconds: its slowest part.
pub fn duration(change: &Change) -> f64 {
    let mut seconds = Work::Settings.seconds();
    let mut part = |present: bool, work: Work| {
        if present {
            seconds = seconds.max(work.seconds());
        }
    };
    part(change.engine.is_some() || change.version.is_some() || change.node_type.is_some(), Work::NodeTypeOrVersion);
    part(change.cluster_mode.is_some(), Work::NodeTypeOrVersion);
    part(change.tls.is_some() || change.tls_mode.is_some(), Work::TransitEncryption);
    part(change.token.is_some(), Work::AuthToken);
    part(change.failover.is_some() || change.multi_az.is_some() || change.primary.is_some(), Work::Failover);
    part(change.nodes.is_some(), Work::CreateCluster);
    seconds
}

/// Does everything that is due by `now`.
pub fn settle(region: &mut Region, now: u64, speed: Speed) {
    loop {
        let Some((key, timer)) = region.timers.first().map(|(key, timer)| (key.clone(), timer.clone())) else { return };
        let due = key.split('.').next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        if due > now {
            return;
        }
        region.timers.remove(&key);
        match &timer.target {
            Target::Group(id) => group_due(region, id, &timer, due, speed),
            Target::Cluster(id) => elasticache::cluster_is_due(region, id, &timer, due, speed),
            Target::Snapshot(name) => elasticache::snapshot_due(region, name, &timer, due),
        }
    }
}

fn group_due(region: &mut Region, id: &str, timer: &Timer, due: u64, speed: Speed) {
    let Some(group) = region.groups.get(id).filter(|group| group.serial == timer.serial) else { return };
    match timer.step {
        Step::Ready => group_ready(region, &group, due),
        Step::Apply => {
            let change = group.applying.clone().unwrap_or_default();
            elasticache::apply_to_group(region, id, &change, due);
            if let Some(group) = region.groups.get(id) {
                group_ready(region, &group, due);
            }
        }
        Step::Gone => elasticache::remove_group(region, id, due),
        Step::Window if group.settings.window_at == Some(due) => group_window(region, &group, due, speed),
        Step::Backup if group.settings.backup_at == Some(due) => {
            if group.status == "available" {
                elasticache::automatic_snapshot(region, timer.target.clone(), due, speed);
            }
            replan_backup(region, id, due);
        }
        Step::Window | Step::Backup => {}
    }
}

fn replan_backup(region: &mut Region, id: &str, due: u64) {
    let Some(mut group) = region.groups.get(id).map(|group| (*group).clone()) else { return };
    plan_backup(region, &mut group.settings, Target::Group(id.to_owned()), group.serial, due);
    region.groups.put(id, group);
}

fn group_ready(region: &mut Region, group: &ReplicationGroup, due: u64) {
    let text = match group.status.as_str() {
        "creating" => Some("Replication group created".to_owned()),
        "modifying" => Some("Replication group modified".to_owned()),
        _ => None,
    };
    region.groups.update(&group.id, |group| {
        group.status = "available".into();
        group.applying = None;
        group.shards.iter_mut().for_each(|shard| shard.new = false);
    });
    if let Some(text) = text {
        let text = format!("{text} {}", group.id);
        elasticache::record(region, due, "replication-group", &group.id, &text);
    }
}

fn group_window(region: &mut Region, group: &ReplicationGroup, due: u64, speed: Speed) {
    let Some(change) = group.pending.clone() else { return };
    let target = Target::Group(group.id.clone());
    if group.status != "available" {
        // The window waits for what is under way.
        let later = due + 60_000;
        region.groups.update(&group.id, |group| group.settings.window_at = Some(later));
        schedule(region, later, target, group.serial, Step::Window);
        return;
    }
    let done = due + speed.scale(duration(&change));
    region.groups.update(&group.id, |group| {
        group.status = "modifying".into();
        group.applying = group.pending.take();
        group.settings.window_at = None;
    });
    schedule(region, done, target, group.serial, Step::Apply);
}
