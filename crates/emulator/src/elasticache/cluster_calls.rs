//! Changing, rebooting and deleting cache clusters.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target};
use super::super::time::Work;
use super::calendar;
use super::change::Change;
use super::cluster::CLUSTERS;
use super::cluster::{self, CacheCluster};
use super::settings::Settings;
use super::{cluster_due, create_cluster, group, layout, logs, modify_group, snapshots, subnet_groups, usage, wanted};
use serde_json::json;

fn of_its_own(context: &Context, input: Input, verb: &str) -> Result<(CacheCluster, Settings), Failure> {
    let cluster = cluster::find(context, input.needed("CacheClusterId")?)?;
    let Some(settings) = cluster.own.clone() else {
        return Err(Failure::combination(format!(
            "Cache cluster {} is a member of a replication group; {verb} the replication group instead.",
            cluster.id
        )));
    };
    if cluster.status != "available" {
        return Err(Failure::new(
            "InvalidCacheClusterState",
            format!("The specified cache cluster {} is not in the available state.", cluster.id),
        ));
    }
    Ok(((*cluster).clone(), settings))
}

pub fn modify(context: &mut Context, input: Input) -> Answer {
    let (mut cluster, mut settings) = of_its_own(context, input, "modify")?;
    let before = serde_json::to_value(&settings).unwrap_or_default();
    let target = Target::new("Cluster", cluster.id.clone());
    modify_group::settings_at_once(
        context,
        input,
        &mut settings,
        target.clone(),
        cluster.serial,
        cluster.pending.is_some(),
    )?;
    let at_once = serde_json::to_value(&settings).unwrap_or_default() != before;
    let mut goal = settings.clone();
    if let Some(pending) = &cluster.pending {
        pending.apply(&mut goal, context.now);
    }
    let mut change = Change::default();
    refuse_what_groups_alone_can(input, &goal)?;
    wanted::read_engine(context, input, &goal, &settings, &mut change)?;
    if let Some(name) = wanted::parameter_group_for(context, input, &goal, &change, false)? {
        change.parameter_group = (name != goal.parameter_group).then_some(name);
    }
    check_scaling(input, &goal, change.node_type.is_some())?;
    if input.has("LogDeliveryConfigurations") {
        let logs = logs::read(input, &goal.engine, &goal.version, &goal.logs)?;
        logs::only_at_once(input, &logs, &goal.logs)?;
        change.logs = (logs != goal.logs).then_some(logs);
    }
    read_nodes(context, input, &cluster, &goal, &mut change)?;
    let immediately = input.flag("ApplyImmediately") == Some(true);
    let flush = immediately && cluster.pending.is_some();
    if !at_once && change.is_empty() && !flush {
        return Err(Failure::combination("No modifications were requested"));
    }
    let mut doing = Change::default();
    if immediately {
        doing = cluster.pending.take().unwrap_or_default();
        doing.merge(change);
        settings.window_at = None;
    } else if !change.is_empty() {
        let mut waiting = cluster.pending.take().unwrap_or_default();
        waiting.give_way(input);
        waiting.merge(change);
        cluster.pending = Some(waiting);
        calendar::plan_window(context.region, &mut settings, target.clone(), cluster.serial, context.now);
    }
    if at_once || !doing.is_empty() {
        cluster_due::begin(context.region, &mut cluster, doing, context.now, context.speed);
    }
    cluster.own = Some(settings);
    context.region[CLUSTERS].put(&cluster.id.clone(), cluster.clone());
    Ok(json!({ "CacheCluster": cluster::to_json(context, &cluster, false) }))
}

/// Nodes of memcached are exchanged in place from 1.5 on, some at a time.
fn check_scaling(input: Input, goal: &Settings, scales: bool) -> Result<(), Failure> {
    let memcached = goal.engine == "memcached";
    if memcached && scales && goal.version.starts_with("1.4.") {
        return Err(Failure::combination("Vertical scaling needs engine version 1.5 or newer of memcached."));
    }
    if !input.has("ScaleConfig") {
        return Ok(());
    }
    if !memcached {
        return Err(Failure::combination("ScaleConfig is only supported for engine memcached."));
    }
    let config = input.structure("ScaleConfig");
    for (name, least, most) in [("ScalePercentage", 10, 100), ("ScaleIntervalMinutes", 2, 30)] {
        if let Some(number) = config.number(name).filter(|number| !(least..=most).contains(number)) {
            return Err(Failure::value(format!("Invalid {name}: {number}. It must be from {least} to {most}.")));
        }
    }
    Ok(())
}

fn refuse_what_groups_alone_can(input: Input, goal: &Settings) -> Result<(), Failure> {
    if input.has("AuthToken") {
        return Err(Failure::combination("AuthToken is only supported for replication groups."));
    }
    if goal.engine == "redis" && input.filled("Engine").is_some_and(|engine| engine.eq_ignore_ascii_case("valkey")) {
        return Err(Failure::combination(
            "Cannot modify the engine of a cache cluster to valkey; it must be part of a replication group.",
        ));
    }
    Ok(())
}

fn is_spread(cluster: &CacheCluster) -> bool {
    cluster.nodes.iter().any(|node| node.zone != cluster.nodes[0].zone)
}

/// Where the nodes of a cluster shall be from now on; only memcached spreads them.
fn check_az_mode(input: Input, cluster: &CacheCluster, engine: &str) -> Result<(), Failure> {
    match input.filled("AZMode") {
        None => Ok(()),
        Some("cross-az") if engine != "memcached" => {
            Err(Failure::combination("AZMode cross-az is only supported for engine memcached."))
        }
        Some("single-az") if is_spread(cluster) => Err(Failure::combination(
            "AZMode single-az cannot be used: the cache cluster has nodes in different availability zones.",
        )),
        Some("single-az" | "cross-az") => Ok(()),
        Some(other) => {
            Err(Failure::value(format!("Invalid AZMode: {other}. Valid values are single-az and cross-az.")))
        }
    }
}

/// The number of nodes of a memcached cluster.
fn read_nodes(
    context: &Context,
    input: Input,
    cluster: &CacheCluster,
    goal: &Settings,
    change: &mut Change,
) -> Result<(), Failure> {
    let now = cluster.nodes.len() as i64;
    let count = input.number("NumCacheNodes").unwrap_or(now);
    let remove = input.texts("CacheNodeIdsToRemove");
    let zones = input.texts("NewAvailabilityZones");
    create_cluster::node_count(count, &goal.engine)?;
    check_az_mode(input, cluster, &goal.engine)?;
    if count < now {
        if remove.len() as i64 != now - count {
            return Err(Failure::combination(format!(
                "The number of cache node IDs to remove ({}) must match the number of nodes to be removed ({}).",
                remove.len(),
                now - count
            )));
        }
        if let Some(id) = remove.iter().find(|id| !cluster.nodes.iter().any(|node| node.id == **id)) {
            return Err(Failure::value(format!("Cache node {id} does not exist in the cache cluster {}.", cluster.id)));
        }
    } else if !remove.is_empty() {
        return Err(Failure::combination(
            "CacheNodeIdsToRemove can only be used when the number of cache nodes is decreased.",
        ));
    }
    if !zones.is_empty() {
        if zones.len() as i64 != count - now {
            return Err(Failure::combination(
                "Must specify the same number of preferred availability zones as requested number of nodes",
            ));
        }
        let subnets = subnet_groups::find(context, &goal.subnet_group)?;
        layout::check_zones(context, &subnets, &zones)?;
    }
    usage::within_node_quota(context, usize::try_from(count - now).unwrap_or(0))?;
    let pending = cluster.pending.as_ref().and_then(|pending| pending.nodes).unwrap_or(now);
    if input.has("NumCacheNodes") && count != pending {
        let stays = zones.is_empty() && input.filled("AZMode") != Some("cross-az") && !is_spread(cluster);
        // A cluster of one zone grows in that zone.
        let zones = if stays { vec![cluster.nodes[0].zone.clone(); (count - now).max(0) as usize] } else { zones };
        (change.nodes, change.remove_nodes, change.zones) = (Some(count), remove, zones);
    }
    Ok(())
}

pub fn reboot(context: &mut Context, input: Input) -> Answer {
    let ids = input.texts("CacheNodeIdsToReboot");
    let mut cluster = (*cluster::find(context, input.needed("CacheClusterId")?)?).clone();
    if cluster.status != "available" {
        return Err(Failure::new(
            "InvalidCacheClusterState",
            format!("The specified cache cluster {} is not in the available state.", cluster.id),
        ));
    }
    let group = cluster.group.as_deref().and_then(|id| context.region[group::GROUPS].get(id));
    if group.is_some_and(|group| group.cluster_enabled) {
        return Err(Failure::combination("Rebooting is not supported for clusters with cluster mode enabled."));
    }
    if ids.is_empty() {
        return Err(Failure::value("The parameter CacheNodeIdsToReboot must be provided and must not be blank."));
    }
    for id in &ids {
        if !cluster.nodes.iter().any(|node| node.id == *id) {
            return Err(Failure::value(format!("Cache node {id} does not exist in the cache cluster {}.", cluster.id)));
        }
    }
    cluster.status = "rebooting cluster nodes".into();
    for node in cluster.nodes.iter_mut().filter(|node| ids.contains(&node.id)) {
        node.status = "rebooting".into();
    }
    cluster.to_reboot.retain(|id| !ids.contains(id));
    let due = context.now + context.speed.scale(Work::Settings.seconds());
    lifecycle::schedule(context.region, due, Target::new("Cluster", cluster.id.clone()), cluster.serial, Step::Ready);
    context.region[CLUSTERS].put(&cluster.id.clone(), cluster.clone());
    Ok(json!({ "CacheCluster": cluster::to_json(context, &cluster, false) }))
}

pub fn delete(context: &mut Context, input: Input) -> Answer {
    let mut cluster = (*cluster::find(context, input.needed("CacheClusterId")?)?).clone();
    if cluster.status != "available" {
        return Err(Failure::new(
            "InvalidCacheClusterState",
            format!("The specified cache cluster {} is not in the available state.", cluster.id),
        ));
    }
    if let Some(id) = cluster.group.clone() {
        return leave(context, input, cluster, &id);
    }
    let mut seconds = Work::DeleteCluster.seconds();
    if let Some(name) = input.filled("FinalSnapshotIdentifier") {
        let due = context.now + context.speed.scale(Work::FinalSnapshot.seconds());
        snapshots::of_cluster(context, name, &cluster, due)?;
        seconds += Work::FinalSnapshot.seconds();
    }
    Ok(going(context, &mut cluster, seconds))
}

fn going(context: &mut Context, cluster: &mut CacheCluster, seconds: f64) -> serde_json::Value {
    cluster.status = "deleting".into();
    cluster.nodes.iter_mut().for_each(|node| node.status = "deleting".into());
    (cluster.pending, cluster.applying) = (None, None);
    let due = context.now + context.speed.scale(seconds);
    lifecycle::schedule(context.region, due, Target::new("Cluster", cluster.id.clone()), cluster.serial, Step::Gone);
    context.region[CLUSTERS].put(&cluster.id.clone(), cluster.clone());
    json!({ "CacheCluster": cluster::to_json(context, cluster, false) })
}

/// Takes a read replica out of its group.
fn leave(context: &mut Context, input: Input, mut cluster: CacheCluster, id: &str) -> Answer {
    let group = group::find(context, id)?;
    group.must_be_available("modify")?;
    if group.cluster_enabled {
        return Err(Failure::combination(
            "A member of a replication group with cluster mode enabled cannot be deleted by itself.",
        ));
    }
    let shard = group.shard_of(&cluster.id);
    let left = shard.map_or(0, |shard| shard.members.len() - 1);
    if left == 0 {
        return Err(Failure::new(
            "InvalidCacheClusterState",
            format!("Cache cluster {} is the only member of a replication group.", cluster.id),
        ));
    }
    if shard.is_some_and(|shard| shard.primary == cluster.id) {
        return Err(Failure::new(
            "InvalidCacheClusterState",
            format!(
                "Cache cluster {} is serving as primary for replication group {id} and cannot be deleted.",
                cluster.id
            ),
        ));
    }
    if group.failover && left < 2 {
        return Err(Failure::combination(
            "When using automatic failover, there must be at least 2 cache clusters in the replication group.",
        ));
    }
    if let Some(name) = input.filled("FinalSnapshotIdentifier") {
        let due = context.now + context.speed.scale(Work::FinalSnapshot.seconds());
        snapshots::of_cluster(context, name, &cluster, due)?;
    }
    let answer = going(context, &mut cluster, Work::DeleteCluster.seconds());
    Ok(answer)
}
