//! DeleteReplicationGroup.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target};
use super::super::region::Region;
use super::super::time::Work;
use super::cluster::CLUSTERS;
use super::group::GROUPS;
use super::{global, group, snapshots, tagging};
use serde_json::json;

pub fn delete(context: &mut Context, input: Input) -> Answer {
    let mut group = (*group::find(context, input.needed("ReplicationGroupId")?)?).clone();
    global::refuse_of_member(&group, None)?;
    if group.status != "available" && group.status != "create-failed" {
        return Err(Failure::new(
            "InvalidReplicationGroupState",
            format!("Replication group {} has status {} which is not valid for deletion.", group.id, group.status),
        ));
    }
    let mut seconds = Work::DeleteGroup.seconds();
    let keep = input.flag("RetainPrimaryCluster") == Some(true);
    if let Some(name) = input.filled("FinalSnapshotIdentifier") {
        if keep {
            return Err(Failure::combination("FinalSnapshotIdentifier cannot be used with RetainPrimaryCluster."));
        }
        let due = context.now + context.speed.scale(Work::FinalSnapshot.seconds());
        snapshots::of_group(context, name, &group, due)?;
        seconds += Work::FinalSnapshot.seconds();
    }
    if keep && group.cluster_enabled {
        return Err(Failure::combination("RetainPrimaryCluster cannot be used with cluster mode enabled."));
    }
    group.status = "deleting".into();
    group.pending = None;
    group.applying = None;
    let kept = keep.then(|| group.shards.first().map(|shard| shard.primary.clone())).flatten();
    if let Some(id) = &kept {
        let settings = super::settings::Settings { user_groups: Vec::new(), ..group.settings.clone() };
        context.region[CLUSTERS].update(id, |cluster| {
            cluster.group = None;
            cluster.own = Some(settings);
        });
        group.shards.iter_mut().for_each(|shard| shard.members.retain(|member| member != id));
    }
    for member in group.members() {
        context.region[CLUSTERS].update(member, |cluster| {
            cluster.status = "deleting".into();
            cluster.nodes.iter_mut().for_each(|node| node.status = "deleting".into());
        });
    }
    let due = context.now + context.speed.scale(seconds);
    lifecycle::schedule(context.region, due, Target::new("Group", group.id.clone()), group.serial, Step::Gone);
    context.region[GROUPS].put(&group.id.clone(), group.clone());
    Ok(json!({ "ReplicationGroup": group::to_json(context, &group) }))
}

/// Takes a deleted group, its members and their tags out of the world.
pub fn remove(region: &mut Region, id: &str, now: u64) {
    let Some(group) = region[GROUPS].remove(id) else { return };
    group.members().for_each(|member| remove_member(region, member));
    tagging::forget_of(region, "replicationgroup", id);
    snapshots::forget_automatic(region, Some(id), None);
    super::record(region, now, "replication-group", id, &format!("Replication group {id} deleted"));
}

/// Takes a member and its tags out of the world.
pub fn remove_member(region: &mut Region, member: &str) {
    region[CLUSTERS].remove(member);
    tagging::forget_of(region, "cluster", member);
}
