//! What the members of a global datastore have in common is changed on all of them.

use super::super::super::context::Context;
use super::super::super::failure::{Answer, Failure};
use super::super::super::input::Input;
use super::super::super::lifecycle::Step;
use super::super::super::time::Work;
use super::super::change::Change;
use super::super::group::{self, ReplicationGroup};
use super::super::{calendar, names, parameter_groups, scale, wanted};
use super::members::put_copy;
use super::{Global, Member, begin, find, keep, places, state, to_json};
use serde_json::{Value, json};

/// A datastore that may be changed now, and its primary.
fn ready(context: &Context, input: Input) -> Result<(Global, ReplicationGroup), Failure> {
    let global = find(context, input.needed("GlobalReplicationGroupId")?)?;
    if input.flag("ApplyImmediately") != Some(true) {
        return Err(Failure::value(
            "ApplyImmediately must be true: changes of a Global Replication Group cannot wait.",
        ));
    }
    global.must_be_available()?;
    for member in &global.members {
        let region = context.regions().find(|(name, _)| *name == member.region);
        let group = region.and_then(|(_, region)| region[group::GROUPS].get(&member.group));
        if group.is_none_or(|group| group.status != "available") {
            return Err(state(format!("The member {} of {} is not in available state.", member.group, global.id)));
        }
    }
    let primary = global.primary(context).cloned();
    let primary = primary.ok_or_else(|| state(format!("{} has no primary.", global.id)))?;
    Ok(((*global).clone(), (*primary).clone()))
}

/// Does something to each member in its own region.
fn each(
    context: &mut Context,
    global: &Global,
    mut action: impl FnMut(&mut Context, &Member, ReplicationGroup) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for member in &global.members {
        let done = context.within(&member.region, |context| {
            let group = (*group::find(context, &member.group)?).clone();
            action(context, member, group)
        });
        done.unwrap_or(Ok(())).map_err(as_value)?;
    }
    Ok(())
}

/// These operations declare no other refusal of what they are asked for.
fn as_value(failure: Failure) -> Failure {
    Failure::value(failure.message)
}

/// The datastore is being changed as long as its members are; the answer to the request.
fn stir(context: &mut Context, mut global: Global, seconds: f64) -> Value {
    global.status = "modifying".into();
    begin(context, &global, seconds, Step::Ready)
}

pub fn modify(context: &mut Context, input: Input) -> Answer {
    let (mut global, primary) = ready(context, input)?;
    let engine = ["Engine", "EngineVersion", "CacheParameterGroupName"].iter().any(|name| input.filled(name).is_some());
    let asked = [
        engine,
        input.filled("CacheNodeType").is_some(),
        input.has("AutomaticFailoverEnabled"),
        input.has("GlobalReplicationGroupDescription"),
    ];
    match asked.iter().filter(|asked| **asked).count() {
        0 => return Err(Failure::value("No modifications were requested")),
        1 => {}
        _ => {
            return Err(Failure::value(
                "Only one property of a Global Replication Group can be modified in one request.",
            ));
        }
    }
    if let Some(text) = input.text("GlobalReplicationGroupDescription") {
        names::description(text, "GlobalReplicationGroupDescription")?;
        text.clone_into(&mut global.description);
        keep(context, &global);
        return Ok(json!({ "GlobalReplicationGroup": to_json(context, &global, true) }));
    }
    let change = read(context, input, &global, &primary)?;
    if change.is_empty() {
        return Err(Failure::value("No modifications were requested"));
    }
    let named = input.filled("CacheParameterGroupName").map(str::to_ascii_lowercase);
    let original = match named.filter(|name| !parameter_groups::is_default(name)) {
        Some(name) => {
            let found = context.within(&global.members[0].region, |context| parameter_groups::find(context, &name));
            found.transpose().map_err(as_value)?
        }
        None => None,
    };
    let seconds = calendar::duration(&change);
    each(context, &global, |context, _, group| {
        if change.failover == Some(true) && group.shards.iter().any(|shard| shard.members.len() < 2) {
            return Err(Failure::value(format!(
                "The member {} must have at least 1 replica in each node group.",
                group.id
            )));
        }
        let mut change = change.clone();
        if let Some(original) = &original {
            change.parameter_group = Some(put_copy(context, &global, original.clone()));
        }
        let due = context.now + context.speed.scale(seconds);
        scale::start(context, group, change, due).map(drop)
    })?;
    Ok(stir(context, global, seconds))
}

/// What the members are to become, judged by the primary in its region.
fn read(context: &mut Context, input: Input, global: &Global, primary: &ReplicationGroup) -> Result<Change, Failure> {
    let goal = &primary.settings;
    if let Some(node_type) = input.filled("CacheNodeType") {
        places::check_node_type(node_type)?;
    }
    let mut change = Change::default();
    if let Some(on) = input.flag("AutomaticFailoverEnabled").filter(|on| *on != primary.failover) {
        if primary.cluster_enabled {
            return Err(Failure::value("Automatic failover cannot be turned off with cluster mode enabled."));
        }
        change.failover = Some(on);
    }
    let read = context.within(&global.members[0].region, |context| {
        wanted::read_engine(context, input, goal, goal, &mut change)?;
        if let Some(name) = input.filled("CacheParameterGroupName") {
            let major = |version: &str| version.split('.').next().map(str::to_owned);
            let same = change.version.as_deref().and_then(major) == major(&goal.version) || change.version.is_none();
            if same && change.engine.is_none() {
                return Err(Failure::value(format!(
                    "The cache parameter group {name} can only be given with an upgrade to another major version."
                )));
            }
        }
        let group = wanted::parameter_group_for(context, input, goal, &change, primary.cluster_enabled)?;
        change.parameter_group = group.filter(|name| *name != goal.parameter_group);
        Ok(())
    });
    read.unwrap_or(Ok(())).map_err(as_value)?;
    Ok(change)
}

fn with_shards(context: &Context, input: Input) -> Result<(Global, ReplicationGroup), Failure> {
    let (global, primary) = ready(context, input)?;
    if !primary.cluster_enabled {
        return Err(Failure::value(format!(
            "Global Replication Group {} does not have cluster mode enabled.",
            global.id
        )));
    }
    Ok((global, primary))
}

pub fn increase(context: &mut Context, input: Input) -> Answer {
    let (global, primary) = with_shards(context, input)?;
    let count = input.number("NodeGroupCount").unwrap_or(0);
    if count <= primary.shards.len() as i64 {
        return Err(Failure::value(format!("NodeGroupCount {count} must be greater than {}.", primary.shards.len())));
    }
    let regional: Vec<Input> = input.structures("RegionalConfigurations").collect();
    for entry in &regional {
        let (id, region) = (entry.needed("ReplicationGroupId")?, entry.needed("ReplicationGroupRegion")?);
        if !global.members.iter().any(|member| member.group == id && member.region == region) {
            return Err(Failure::value(format!(
                "Replication group {id} in region {region} is not a member of {}.",
                global.id
            )));
        }
    }
    each(context, &global, |context, member, group| {
        let own = regional.iter().find(|entry| entry.text("ReplicationGroupRegion") == Some(&member.region));
        let zones = own.map_or(json!([]), |entry| entry.value("ReshardingConfiguration").clone());
        scale::grow(context, Input(&json!({ "ReshardingConfiguration": zones })), group, count).map(drop)
    })?;
    Ok(stir(context, global, Work::AddShards.seconds()))
}

pub fn decrease(context: &mut Context, input: Input) -> Answer {
    let (global, primary) = with_shards(context, input)?;
    let (remove, retain) = (input.texts("GlobalNodeGroupsToRemove"), input.texts("GlobalNodeGroupsToRetain"));
    if remove.is_empty() == retain.is_empty() {
        return Err(Failure::combination(
            "Exactly one of GlobalNodeGroupsToRemove and GlobalNodeGroupsToRetain must be specified.",
        ));
    }
    let all: Vec<String> = primary.shards.iter().map(|shard| format!("{}-{}", global.id, shard.id)).collect();
    if let Some(id) = remove.iter().chain(&retain).find(|id| !all.contains(id)) {
        return Err(Failure::value(format!(
            "Node group {id} does not exist in the Global Replication Group {}.",
            global.id
        )));
    }
    let gone = |id: &String| if retain.is_empty() { remove.contains(id) } else { !retain.contains(id) };
    // The shards of the members are told by their places: ids are each member's own.
    let places: Vec<usize> = (0..all.len()).filter(|place| gone(&all[*place])).collect();
    let count = input.number("NodeGroupCount").unwrap_or(0);
    if count < 1 || places.is_empty() || all.len() - places.len() != count as usize {
        return Err(Failure::combination(format!(
            "The node groups to remove or to retain do not match the node group count {count}."
        )));
    }
    each(context, &global, |context, _, group| {
        let ids: Vec<String> = places.iter().filter_map(|place| Some(group.shards.get(*place)?.id.clone())).collect();
        let input = json!({ "NodeGroupCount": count, "NodeGroupsToRemove": ids });
        scale::resize(context, Input(&input), group).map(drop)
    })?;
    Ok(stir(context, global, Work::RemoveShards.seconds()))
}

pub fn rebalance(context: &mut Context, input: Input) -> Answer {
    let (global, _) = with_shards(context, input)?;
    let seconds = Work::AddShards.seconds();
    each(context, &global, |context, _, group| {
        let due = context.now + context.speed.scale(seconds);
        scale::start(context, group, Change { spread_slots: true, ..Change::default() }, due).map(drop)
    })?;
    Ok(stir(context, global, seconds))
}
