//! Creating, changing, rebooting and deleting cache clusters, and what falls due for them.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target, Timer};
use super::super::region::Region;
use super::super::time::{Speed, Work};
use super::cluster::{self, CacheCluster, Node};
use super::settings::{self, Change, Kind, Settings};
use super::{group, layout, modify_group, names, snapshots, subnet_groups, tagging};
use serde_json::json;

/// The most nodes of a memcached cluster.
const MOST_NODES: i64 = 40;

pub fn create(context: &mut Context, input: Input) -> Answer {
    let id = names::identifier(input.needed("CacheClusterId")?, "CacheClusterId", 50)?;
    let tags = tagging::read(input)?;
    if context.region.clusters.contains(&id) {
        return Err(Failure::new("CacheClusterAlreadyExists", format!("Cache cluster {id} already exists.")));
    }
    if let Some(group) = input.filled("ReplicationGroupId") {
        return join(context, input, &id, group, tags);
    }
    let engine = input
        .filled("Engine")
        .ok_or_else(|| Failure::value("The parameter Engine must be provided and must not be null."))?;
    let engine = engine.to_ascii_lowercase();
    if engine != "redis" && engine != "memcached" {
        return Err(Failure::value(format!(
            "Invalid engine for a cache cluster: {engine}. Valid values are memcached and redis."
        )));
    }
    let count = node_count(input.number("NumCacheNodes").unwrap_or(1), &engine)?;
    snapshots::source(context, input)?;
    let mut settings = Settings::read(context, input, &id, &engine, Kind::Cluster, false)?;
    if super::parameter_groups::find(context, &settings.parameter_group)?
        .values
        .get("cluster-enabled")
        .is_some_and(|value| value == "yes")
    {
        return Err(Failure::combination(
            "A cache parameter group with cluster mode enabled requires a replication group.",
        ));
    }
    let zones = node_zones(context, input, &settings, count, &engine)?;
    let nodes = zones.into_iter().enumerate().map(|(index, zone)| Node {
        id: format!("{:04}", index + 1),
        status: "creating".into(),
        zone,
        created: context.now,
    });
    let serial = context.region.next();
    let target = Target::Cluster(id.clone());
    lifecycle::plan_backup(context.region, &mut settings, target.clone(), serial, context.now);
    let cluster = CacheCluster {
        id: id.clone(),
        serial,
        group: None,
        status: "creating".into(),
        created: context.now,
        nodes: nodes.collect(),
        own: Some(settings),
        pending: None,
        applying: None,
        to_reboot: Vec::new(),
    };
    let due = context.now + context.speed.scale(Work::CreateCluster.seconds());
    lifecycle::schedule(context.region, due, target, serial, Step::Ready);
    context.region.clusters.put(&id, cluster.clone());
    tagging::set(context, "cluster", &id, tags);
    Ok(json!({ "CacheCluster": cluster::to_json(context, &cluster, false) }))
}

fn node_count(count: i64, engine: &str) -> Result<i64, Failure> {
    match (engine, count) {
        ("memcached", 1..=MOST_NODES) | ("redis" | "valkey", 1) => Ok(count),
        ("memcached", count) if count > MOST_NODES => Err(Failure::new(
            "NodeQuotaForClusterExceeded",
            format!(
                "The request cannot be processed because it would exceed the allowed number of cache nodes ({MOST_NODES}) in a single cluster."
            ),
        )),
        ("memcached", count) => {
            Err(Failure::value(format!("Invalid number of cache nodes: {count}. It must be at least 1.")))
        }
        _ => Err(Failure::value("Cannot create a Redis cluster with a NumCacheNodes parameter greater than 1.")),
    }
}

fn node_zones(
    context: &Context,
    input: Input,
    settings: &Settings,
    count: i64,
    engine: &str,
) -> Result<Vec<String>, Failure> {
    let subnets = subnet_groups::find(context, &settings.subnet_group)?;
    let zones = subnet_groups::zones(context, &subnets);
    let (one, many) = (input.filled("PreferredAvailabilityZone"), input.texts("PreferredAvailabilityZones"));
    let mode = input.filled("AZMode").unwrap_or("single-az");
    if !["single-az", "cross-az"].contains(&mode) {
        return Err(Failure::value(format!("Invalid AZMode: {mode}. Valid values are single-az and cross-az.")));
    }
    if mode == "cross-az" && engine != "memcached" {
        return Err(Failure::combination("AZMode cross-az is only supported for engine memcached."));
    }
    if mode == "cross-az" && count < 2 {
        return Err(Failure::combination("AZMode cross-az requires at least two cache nodes."));
    }
    if one.is_some() && !many.is_empty() {
        return Err(Failure::combination(
            "PreferredAvailabilityZone and PreferredAvailabilityZones cannot be used together.",
        ));
    }
    if !many.is_empty() {
        if many.len() as i64 != count {
            return Err(Failure::combination(
                "Must specify the same number of preferred availability zones as requested number of nodes",
            ));
        }
        layout::check_zones(context, &subnets, &many)?;
        return Ok(many);
    }
    match one {
        Some("Multiple") if mode == "cross-az" => {}
        Some(zone) => {
            layout::check_zones(context, &subnets, &[zone.to_owned()])?;
            return Ok(vec![zone.to_owned(); count as usize]);
        }
        None if mode == "single-az" => return Ok(vec![zones[0].clone(); count as usize]),
        None => {}
    }
    Ok(layout::spread(&zones, 0, count as usize))
}

/// Adds a read replica to a group without cluster mode.
fn join(context: &mut Context, input: Input, id: &str, group: &str, tags: super::super::tags::Tags) -> Answer {
    let mut group = (*group::find(context, group)?).clone();
    group.must_be_available("modify")?;
    if group.cluster_enabled {
        return Err(Failure::combination(
            "A cache cluster cannot be added to a replication group with cluster mode enabled.",
        ));
    }
    let members = group.shards[0].members.len() as i64;
    layout::check_replicas(members)?;
    let subnets = subnet_groups::find(context, &group.settings.subnet_group)?;
    let zone = match input.filled("PreferredAvailabilityZone") {
        Some(zone) => zone.to_owned(),
        None => layout::spread(&subnet_groups::zones(context, &subnets), members as usize, 1)[0].clone(),
    };
    layout::check_zones(context, &subnets, std::slice::from_ref(&zone))?;
    let due = context.now + context.speed.scale(Work::CreateFirstNode.seconds());
    super::create_group::add_member(context, &group.id, id, &zone, due);
    group.shards[0].members.push(id.to_owned());
    group.status = "modifying".into();
    lifecycle::schedule(context.region, due, Target::Group(group.id.clone()), group.serial, Step::Ready);
    context.region.groups.put(&group.id.clone(), group);
    tagging::set(context, "cluster", id, tags);
    let cluster = cluster::find(context, id)?;
    Ok(json!({ "CacheCluster": cluster::to_json(context, &cluster, false) }))
}

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
    let target = Target::Cluster(cluster.id.clone());
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
    modify_group::read_engine(context, input, &goal, &mut change)?;
    if let Some(name) = modify_group::parameter_group_for(context, input, &goal, &change, false)? {
        change.parameter_group = (name != goal.parameter_group).then_some(name);
    }
    if goal.engine == "memcached" && change.node_type.is_some() {
        return Err(Failure::combination("The cache node type of a memcached cluster cannot be modified."));
    }
    if input.has("AuthToken") {
        return Err(Failure::combination("AuthToken is only supported for replication groups."));
    }
    if input.has("LogDeliveryConfigurations") {
        let logs = settings::read_logs(input, &goal.engine, &goal.version, &goal.logs)?;
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
        waiting.merge(change);
        cluster.pending = Some(waiting);
        lifecycle::plan_window(context.region, &mut settings, target.clone(), cluster.serial, context.now);
    }
    if at_once || !doing.is_empty() {
        begin(context.region, &mut cluster, doing, context.now, context.speed);
    }
    cluster.own = Some(settings);
    context.region.clusters.put(&cluster.id.clone(), cluster.clone());
    Ok(json!({ "CacheCluster": cluster::to_json(context, &cluster, false) }))
}

/// Puts a cluster into the state of being changed.
fn begin(region: &mut Region, cluster: &mut CacheCluster, change: Change, now: u64, speed: Speed) {
    cluster.status = "modifying".into();
    let due = now + speed.scale(lifecycle::duration(&change));
    let target = Target::Cluster(cluster.id.clone());
    lifecycle::schedule(region, due, target, cluster.serial, Step::Apply);
    cluster.applying = Some(change);
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
    node_count(count, &goal.engine)?;
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
    let pending = cluster.pending.as_ref().and_then(|pending| pending.nodes).unwrap_or(now);
    if input.has("NumCacheNodes") && count != pending {
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
    lifecycle::schedule(context.region, due, Target::Cluster(cluster.id.clone()), cluster.serial, Step::Ready);
    context.region.clusters.put(&cluster.id.clone(), cluster.clone());
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
    lifecycle::schedule(context.region, due, Target::Cluster(cluster.id.clone()), cluster.serial, Step::Gone);
    context.region.clusters.put(&cluster.id.clone(), cluster.clone());
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

/// What falls due for a cluster.
pub fn due(region: &mut Region, id: &str, timer: &Timer, due: u64, speed: Speed) {
    let Some(cluster) = region.clusters.get(id).filter(|cluster| cluster.serial == timer.serial) else { return };
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
                super::automatic_snapshot(region, timer.target.clone(), due, speed);
            }
            if let Some(mut cluster) = region.clusters.get(id).map(|cluster| (*cluster).clone())
                && let Some(settings) = &mut cluster.own
            {
                lifecycle::plan_backup(region, settings, timer.target.clone(), cluster.serial, due);
                region.clusters.put(id, cluster);
            }
        }
        _ => {}
    }
}

fn ready(region: &mut Region, id: &str, was: &str, due: u64) {
    region.clusters.update(id, |cluster| {
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
        let group = region.subnet_groups.get(&settings.subnet_group)?;
        let zones = group.subnets.iter().filter_map(|id| Some(region.subnets.get(id)?.zone.clone()));
        Some(zones.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>())
    });
    let subnet_zones = subnet_zones.unwrap_or_default();
    region.clusters.update(&cluster.id, |cluster| {
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
        region.groups.update(group, |group| {
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
        lifecycle::schedule(region, later, Target::Cluster(cluster.id.clone()), cluster.serial, Step::Window);
    } else {
        cluster.pending = None;
        begin(region, &mut cluster, change, due, speed);
    }
    region.clusters.put(&cluster.id.clone(), cluster);
}
