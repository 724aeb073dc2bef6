//! What falls due for a replication group.

use super::super::context::Context;
use super::super::lifecycle::{self, Step, Target, Timer};
use super::super::region::Region;
use super::super::time::Speed;
use super::group::{GROUPS, ReplicationGroup};
use super::{calendar, delete_group, global, modify_group, snapshots};

/// What falls due for a group.
pub fn due(context: &mut Context, id: &str, timer: &Timer) {
    let (region, due, speed) = (&mut *context.region, context.now, context.speed);
    let Some(group) = region[GROUPS].get(id).filter(|group| group.serial == timer.serial) else { return };
    match timer.step {
        Step::Ready => {
            group_ready(region, &group, due);
            global::is_ready(context, id);
        }
        Step::Apply => {
            let change = group.applying.clone().unwrap_or_default();
            modify_group::apply(region, id, &change, due);
            if let Some(next) = &change.primary {
                super::failover::ended(region, &group, next, due);
            }
            if let Some(group) = region[GROUPS].get(id) {
                group_ready(region, &group, due);
            }
        }
        Step::Gone => delete_group::remove(region, id, due),
        Step::Window if group.settings.window_at == Some(due) => group_window(region, &group, due, speed),
        Step::Backup if group.settings.backup_at == Some(due) => {
            if group.status == "available" {
                snapshots::automatic(region, &timer.target, due, speed);
            }
            replan_backup(region, id, due);
        }
        Step::Window | Step::Backup => {}
    }
}

fn replan_backup(region: &mut Region, id: &str, due: u64) {
    let Some(mut group) = region[GROUPS].get(id).map(|group| (*group).clone()) else { return };
    calendar::plan_backup(region, &mut group.settings, Target::new("Group", id), group.serial, due);
    region[GROUPS].put(id, group);
}

fn group_ready(region: &mut Region, group: &ReplicationGroup, due: u64) {
    let text = match group.status.as_str() {
        "creating" => Some("Replication group created".to_owned()),
        "modifying" => Some("Replication group modified".to_owned()),
        _ => None,
    };
    region[GROUPS].update(&group.id, |group| {
        group.status = "available".into();
        group.applying = None;
        group.shards.iter_mut().for_each(|shard| shard.new = false);
    });
    if let Some(text) = text {
        let text = format!("{text} {}", group.id);
        super::record(region, due, "replication-group", &group.id, &text);
    }
}

fn group_window(region: &mut Region, group: &ReplicationGroup, due: u64, speed: Speed) {
    let Some(change) = group.pending.clone() else { return };
    let target = Target::new("Group", &group.id);
    if group.status != "available" {
        // The window waits for what is under way.
        let later = due + 60_000;
        region[GROUPS].update(&group.id, |group| group.settings.window_at = Some(later));
        lifecycle::schedule(region, later, target, group.serial, Step::Window);
        return;
    }
    let done = due + speed.scale(calendar::duration(&change));
    region[GROUPS].update(&group.id, |group| {
        group.status = "modifying".into();
        group.applying = group.pending.take();
        group.settings.window_at = None;
    });
    lifecycle::schedule(region, done, target, group.serial, Step::Apply);
}
