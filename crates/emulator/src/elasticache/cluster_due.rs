//! What falls due for a cache cluster.

use super::super::context::Context;
use super::super::ec2::SUBNETS;
use super::super::lifecycle::{self, Step, Target, Timer};
use super::super::region::Region;
use super::super::time::Speed;
use super::calendar;
use super::change::Change;
use super::cluster::CLUSTERS;
use super::cluster::{CacheCluster, Node};
use super::group::GROUPS;
use super::snapshots;
use super::subnet_groups::SUBNET_GROUPS;

/// Puts a cluster into the state of being changed.
pub fn begin(region: &mut Region, cluster: &mut CacheCluster, change: Change, now: u64, speed: Speed) {
    cluster.status = "modifying".into();
    let due = now + speed.scale(calendar::duration(&change));
    let target = Target::new("Cluster", cluster.id.clone());
    lifecycle::schedule(region, due, target, cluster.serial, Step::Apply);
    cluster.applying = Some(change);
}

/// What falls due for a cluster.
pub fn due(context: &mut Context, id: &str, timer: &Timer) {
    let (region, due, speed) = (&mut *context.region, context.now, context.speed);
    let Some(cluster) = region[CLUSTERS].get(id).filter(|cluster| cluster.serial == timer.serial) else { return };
    let calendar = cluster.own.as_ref().map_or((None, None), |settings| (settings.window_at, settings.backup_at));
    match timer.step {
        Step::Ready if cluster.status != "deleting" => ready(region, id, &cluster.status, due),
        Step::Apply if cluster.status != "deleting" => {
            apply(region, &cluster, due);
            ready(region, id, &cluster.status, due);
        }
        Step::Gone => gone(region, &cluster, due),
        Step::Window if calendar.0 == Some(due) => window(region, &cluster, due, speed),
        Step::Backup if calendar.1 == Some(due) => {
            if cluster.status == "available" {
                snapshots::automatic(region, &timer.target, due, speed);
            }
            if let Some(mut cluster) = region[CLUSTERS].get(id).map(|cluster| (*cluster).clone())
                && let Some(settings) = &mut cluster.own
            {
                calendar::plan_backup(region, settings, timer.target.clone(), cluster.serial, due);
                region[CLUSTERS].put(id, cluster);
            }
        }
        _ => {}
    }
}

fn ready(region: &mut Region, id: &str, was: &str, due: u64) {
    region[CLUSTERS].update(id, |cluster| {
        cluster.status = "available".into();
        cluster.applying = None;
        cluster.nodes.iter_mut().for_each(|node| node.status = "available".into());
    });
    let text = match was {
        "creating" => "Cache cluster created",
        "rebooting cluster nodes" => "Finished rebooting cache nodes",
        "modifying" => "Cache cluster modified",
        _ => return,
    };
    super::record(region, due, "cache-cluster", id, text);
}

fn apply(region: &mut Region, cluster: &CacheCluster, due: u64) {
    let change = cluster.applying.clone().unwrap_or_default();
    let subnet_zones = cluster.own.as_ref().and_then(|settings| {
        let group = region[SUBNET_GROUPS].get(&settings.subnet_group)?;
        let zones = group.subnets.iter().filter_map(|id| Some(region[SUBNETS].get(id)?.zone.clone()));
        Some(zones.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>())
    });
    let subnet_zones = subnet_zones.unwrap_or_default();
    region[CLUSTERS].update(&cluster.id, |cluster| {
        if let Some(settings) = &mut cluster.own {
            change.apply(settings, due);
        }
        let Some(count) = change.nodes else { return };
        cluster.nodes.retain(|node| !change.remove_nodes.contains(&node.id));
        let mut zones = change.zones.iter();
        while (cluster.nodes.len() as i64) < count {
            let taken: Vec<&str> = cluster.nodes.iter().map(|node| node.id.as_str()).collect();
            let id = (1..).map(|number| format!("{number:04}")).find(|id| !taken.contains(&id.as_str()));
            let zone = zones.next().or_else(|| subnet_zones.get(cluster.nodes.len() % subnet_zones.len().max(1)));
            cluster.nodes.push(Node {
                id: id.unwrap_or_default(),
                status: "available".into(),
                zone: zone.cloned().unwrap_or_default(),
                created: due,
            });
            cluster.nodes.sort_by(|one, other| one.id.cmp(&other.id));
        }
    });
}

fn gone(region: &mut Region, cluster: &CacheCluster, due: u64) {
    if let Some(group) = &cluster.group {
        region[GROUPS].update(group, |group| {
            group.shards.iter_mut().for_each(|shard| shard.members.retain(|id| *id != cluster.id));
            if group.snapshotting.as_ref() == Some(&cluster.id) {
                group.snapshotting = None;
            }
        });
    }
    super::delete_group::remove_member(region, &cluster.id);
    snapshots::forget_automatic(region, None, Some(&cluster.id));
    super::record(region, due, "cache-cluster", &cluster.id, "Cache cluster deleted");
}

fn window(region: &mut Region, cluster: &CacheCluster, due: u64, speed: Speed) {
    let Some(change) = cluster.pending.clone() else { return };
    let mut cluster = cluster.clone();
    if cluster.status != "available" {
        // The window waits for what is under way.
        let later = due + 60_000;
        if let Some(settings) = &mut cluster.own {
            settings.window_at = Some(later);
        }
        lifecycle::schedule(region, later, Target::new("Cluster", cluster.id.clone()), cluster.serial, Step::Window);
    } else {
        cluster.pending = None;
        if let Some(settings) = &mut cluster.own {
            settings.window_at = None;
        }
        begin(region, &mut cluster, change, due, speed);
    }
    region[CLUSTERS].put(&cluster.id.clone(), cluster);
}
