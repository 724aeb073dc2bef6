//! Replicas and shards of a group: more and fewer.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target};
use super::super::time::Work;
use super::change::Change;
use super::cluster::CLUSTERS;
use super::create_group::{add_member, check_size};
use super::group::GROUPS;
use super::group::{self, ReplicationGroup, Shard};
use super::{global, layout, modify_group, names, subnet_groups, tagging, usage};
use serde_json::json;

fn begin(context: &Context, input: Input) -> Result<ReplicationGroup, Failure> {
    let group = group::find(context, input.needed("ReplicationGroupId")?)?;
    if input.flag("ApplyImmediately") != Some(true) {
        return Err(Failure::value(
            "ApplyImmediately must be true: this operation cannot wait for the maintenance window.",
        ));
    }
    group.must_be_available("modify")?;
    modify_group::members_must_be_available(context, &group)?;
    if group.cluster_mode == "compatible" {
        return Err(Failure::new(
            "InvalidReplicationGroupState",
            format!("Replication group {} cannot be scaled while its cluster mode is compatible.", group.id),
        ));
    }
    Ok((*group).clone())
}

/// Starts a change of a group that is through at `due`.
pub fn start(context: &mut Context, mut group: ReplicationGroup, mut change: Change, due: u64) -> Answer {
    // Every immediate change carries out what was waiting for the window as well.
    if let Some(mut waiting) = group.pending.take() {
        waiting.merge(change);
        change = waiting;
    }
    group.status = "modifying".into();
    group.applying = Some(change);
    lifecycle::schedule(context.region, due, Target::new("Group", group.id.clone()), group.serial, Step::Apply);
    context.region[GROUPS].put(&group.id.clone(), group.clone());
    Ok(json!({ "ReplicationGroup": group::to_json(context, &group) }))
}

/// How many replicas each shard shall have, and the zones that the request prefers.
fn wanted(input: Input, group: &ReplicationGroup) -> Result<Vec<(i64, Vec<String>)>, Failure> {
    let each = input.number("NewReplicaCount");
    let configured: Vec<Input> = input.structures("ReplicaConfiguration").collect();
    if each.is_some() != configured.is_empty() {
        return Err(Failure::combination("Exactly one of NewReplicaCount and ReplicaConfiguration must be specified."));
    }
    for entry in &configured {
        let id = entry.needed("NodeGroupId")?;
        if !group.shards.iter().any(|shard| shard.id == id) {
            return Err(Failure::missing("NodeGroupNotFoundFault", format!("Node group {id} not found.")));
        }
    }
    let all = group.shards.iter().map(|shard| {
        let own = configured.iter().find(|entry| entry.text("NodeGroupId") == Some(&shard.id));
        let now = shard.members.len() as i64 - 1;
        let count = each.or(own.and_then(|entry| entry.number("NewReplicaCount"))).unwrap_or(now);
        layout::check_replicas(count)?;
        Ok((count, own.map(|entry| entry.texts("PreferredAvailabilityZones")).unwrap_or_default()))
    });
    all.collect()
}

pub fn increase(context: &mut Context, input: Input) -> Answer {
    let mut group = begin(context, input)?;
    let wanted = wanted(input, &group)?;
    let more = group.shards.iter().zip(&wanted).any(|(shard, (count, _))| *count > shard.members.len() as i64 - 1);
    let fewer = group.shards.iter().zip(&wanted).any(|(shard, (count, _))| *count < shard.members.len() as i64 - 1);
    if fewer {
        return Err(Failure::combination("The new replica count must be greater than the current replica count."));
    }
    if !more {
        return Err(Failure::new(
            "NoOperationFault",
            "The operation was not performed because no changes were required.",
        ));
    }
    check_size(context, group.shards.len() as i64, wanted.iter().map(|(count, _)| *count).max().unwrap_or(0))?;
    let more = group.shards.iter().zip(&wanted).map(|(shard, (count, _))| *count as usize + 1 - shard.members.len());
    usage::within_node_quota(context, more.sum())?;
    let subnets = subnet_groups::find(context, &group.settings.subnet_group)?;
    let zones = subnet_groups::zones(context, &subnets);
    let tags = tagging::of(context, "replicationgroup", &group.id);
    let due = context.now + context.speed.scale(Work::IncreaseReplicas.seconds());
    for (index, (count, preferred)) in wanted.into_iter().enumerate() {
        layout::check_zones(context, &subnets, &preferred)?;
        while (group.shards[index].members.len() as i64) < count + 1 {
            let place = group.shards[index].members.len();
            let member = free_member(context, &group, index);
            let zone =
                preferred.get(place).cloned().unwrap_or_else(|| layout::spread(&zones, index + place, 1)[0].clone());
            add_member(context, &group.id, &member, &zone, due);
            tagging::set(context, "cluster", &member, tags.clone());
            group.shards[index].members.push(member);
        }
        group.shards[index].members.sort();
    }
    start(context, group, Change::default(), due)
}

/// The lowest member id of a shard that nobody has.
fn free_member(context: &Context, group: &ReplicationGroup, shard: usize) -> String {
    let name = |number: usize| match group.cluster_enabled {
        true => format!("{}-{}-{number:03}", group.id, group.shards[shard].id),
        false => format!("{}-{number:03}", group.id),
    };
    let taken = |id: &String| group.shards[shard].members.contains(id) || context.region[CLUSTERS].contains(id);
    (1..).map(name).find(|id| !taken(id)).unwrap_or_default()
}

pub fn decrease(context: &mut Context, input: Input) -> Answer {
    let group = begin(context, input)?;
    let named: Vec<String> = input.texts("ReplicasToRemove").iter().map(|id| id.to_ascii_lowercase()).collect();
    let mut remove = Vec::new();
    if named.is_empty() {
        let wanted = wanted(input, &group)?;
        for (shard, (count, _)) in group.shards.iter().zip(&wanted) {
            let surplus = shard.members.len() as i64 - 1 - count;
            if surplus < 0 {
                return Err(Failure::combination("The new replica count must be less than the current replica count."));
            }
            let replicas = shard.members.iter().rev().filter(|id| **id != shard.primary);
            remove.extend(replicas.take(surplus as usize).cloned());
        }
    } else {
        for id in &named {
            let shard = group
                .shard_of(id)
                .ok_or_else(|| Failure::missing("CacheClusterNotFound", format!("CacheCluster not found: {id}")))?;
            if shard.primary == *id {
                return Err(Failure::combination(format!(
                    "Cache cluster {id} is the primary of its node group and cannot be removed."
                )));
            }
        }
        remove = named;
    }
    if remove.is_empty() {
        return Err(Failure::new(
            "NoOperationFault",
            "The operation was not performed because no changes were required.",
        ));
    }
    for shard in &group.shards {
        let left = shard.members.iter().filter(|id| !remove.contains(id)).count();
        let least = match () {
            () if group.multi_az => 2,
            () if group.failover && !group.cluster_enabled => 2,
            () => 1,
        };
        if left < least {
            return Err(Failure::value(if group.multi_az {
                "Must have at least 1 replica for Multi-AZ enabled Replication Group."
            } else {
                "Must have at least 1 replica when cluster mode is disabled with auto failover enabled."
            }));
        }
    }
    mark_deleting(context, &remove);
    let due = context.now + context.speed.scale(Work::DecreaseReplicas.seconds());
    start(context, group, Change { remove_members: remove, ..Change::default() }, due)
}

fn mark_deleting(context: &mut Context, members: &[String]) {
    for id in members {
        context.region[CLUSTERS].update(id, |cluster| {
            cluster.status = "deleting".into();
            cluster.nodes.iter_mut().for_each(|node| node.status = "deleting".into());
        });
    }
}

pub fn reshard(context: &mut Context, input: Input) -> Answer {
    let group = begin(context, input)?;
    global::refuse_of_member(&group, None)?;
    if !group.cluster_enabled {
        return Err(Failure::new(
            "InvalidReplicationGroupState",
            format!("Replication group {} does not have cluster mode enabled.", group.id),
        ));
    }
    resize(context, input, group)
}

/// Adds or removes shards of a group that may be changed now.
pub fn resize(context: &mut Context, input: Input, group: ReplicationGroup) -> Answer {
    let now = group.shards.len() as i64;
    let count = input.number("NodeGroupCount").unwrap_or(now);
    let (remove, retain) = (input.texts("NodeGroupsToRemove"), input.texts("NodeGroupsToRetain"));
    if !remove.is_empty() && !retain.is_empty() {
        return Err(Failure::combination("NodeGroupsToRemove and NodeGroupsToRetain cannot be used together."));
    }
    for id in remove.iter().chain(&retain) {
        if !group.shards.iter().any(|shard| shard.id == *id) {
            return Err(Failure::value(format!(
                "Node group {id} does not exist in the replication group {}.",
                group.id
            )));
        }
    }
    if count >= now {
        if !remove.is_empty() || !retain.is_empty() {
            return Err(Failure::combination(
                "NodeGroupsToRemove and NodeGroupsToRetain can only be used when the number of node groups is decreased.",
            ));
        }
        return grow(context, input, group, count);
    }
    check_size(context, count, 0)?;
    let mut gone: Vec<String> = if remove.is_empty() {
        group.shards.iter().map(|shard| shard.id.clone()).filter(|id| !retain.contains(id)).collect()
    } else {
        remove.clone()
    };
    gone.sort();
    gone.dedup();
    if remove.is_empty() && retain.is_empty() {
        return Err(Failure::combination(
            "When the number of node groups is decreased, NodeGroupsToRemove or NodeGroupsToRetain must be specified.",
        ));
    }
    if gone.len() as i64 != now - count {
        return Err(Failure::combination(format!(
            "The node groups to remove or to retain do not match the node group count {count}."
        )));
    }
    let members: Vec<String> =
        group.shards.iter().filter(|shard| gone.contains(&shard.id)).flat_map(|shard| shard.members.clone()).collect();
    let due = context.now + context.speed.scale(Work::RemoveShards.seconds());
    let change = Change { remove_members: members, remove_shards: gone, spread_slots: true, ..Change::default() };
    start(context, group, change, due)
}

/// Adds shards.
pub fn grow(context: &mut Context, input: Input, mut group: ReplicationGroup, count: i64) -> Answer {
    let now = group.shards.len() as i64;
    let replicas = group.shards.iter().map(|shard| shard.members.len() as i64 - 1).max().unwrap_or(0);
    check_size(context, count, replicas)?;
    let due = context.now + context.speed.scale(Work::AddShards.seconds());
    let configured: Vec<Input> = input.structures("ReshardingConfiguration").collect();
    let new = configured.iter().filter_map(|entry| Some((entry.filled("NodeGroupId")?, *entry)));
    let new: Vec<(String, Input)> =
        new.map(|(id, entry)| Ok((names::node_group(id)?, entry))).collect::<Result<_, Failure>>()?;
    let subnets = subnet_groups::find(context, &group.settings.subnet_group)?;
    let zones = subnet_groups::zones(context, &subnets);
    let tags = tagging::of(context, "replicationgroup", &group.id);
    for added in 0..(count - now) as usize {
        let own = new.iter().find(|(id, _)| !group.shards.iter().any(|shard| shard.id == *id));
        let number = group.shards.iter().filter_map(|shard| shard.id.parse::<u32>().ok()).max().unwrap_or(0) + 1;
        let id = own.map_or_else(|| format!("{number:04}"), |(id, _)| id.clone());
        let preferred = own
            .map(|(_, entry)| entry)
            .or(configured.get(added))
            .map(|entry| entry.texts("PreferredAvailabilityZones"))
            .unwrap_or_default();
        layout::check_zones(context, &subnets, &preferred)?;
        let mut zones = layout::spread(&zones, group.shards.len(), 1 + replicas as usize);
        zones.iter_mut().zip(preferred).for_each(|(zone, given)| *zone = given);
        let members: Vec<String> = (1..=zones.len()).map(|number| format!("{}-{id}-{number:03}", group.id)).collect();
        for (member, zone) in members.iter().zip(&zones) {
            let ready = context.now + context.speed.scale(Work::CreateFirstNode.seconds());
            add_member(context, &group.id, member, zone, ready.min(due));
            tagging::set(context, "cluster", member, tags.clone());
        }
        group.shards.push(Shard { id, slots: None, primary: members[0].clone(), members, new: true });
    }
    start(context, group, Change { spread_slots: true, ..Change::default() }, due)
}
