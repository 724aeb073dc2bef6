//! When what comes again or waits is due: daily snapshots, maintenance windows, changes.

use super::super::lifecycle::{Step, Target, schedule};
use super::super::region::Region;
use super::super::time::Work;
use super::change::Change;
use super::names::Window;
use super::settings::Settings;

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
    part(change.token.is_some() || change.user_groups.is_some(), Work::AuthToken);
    part(change.failover.is_some() || change.multi_az.is_some() || change.primary.is_some(), Work::Failover);
    part(change.nodes.is_some(), Work::CreateCluster);
    seconds
}
