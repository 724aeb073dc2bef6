//! CreateReplicationGroup.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target};
use super::super::time::Work;
use super::calendar;
use super::cluster::CLUSTERS;
use super::cluster::{CacheCluster, Node};
use super::group::GROUPS;
use super::group::{self, ReplicationGroup, Shard};
use super::layout::{self, Plan};
use super::settings::{Kind, Settings};
use super::{
    durability, global, names, parameter_groups, role_access, serverless, snapshots, subnet_groups, tagging, usage,
    user_groups,
};
use serde_json::json;

/// What a request says about the group's shape.
struct Shape {
    cluster: bool,
    shards: i64,
    replicas: i64,
}

pub fn create(context: &mut Context, input: Input) -> Answer {
    let id = names::identifier(input.needed("ReplicationGroupId")?, "ReplicationGroupId", 40)?;
    let description = input.needed("ReplicationGroupDescription")?;
    names::description(description, "ReplicationGroupDescription")?;
    let tags = tagging::read(input)?;
    if let Some(global) = input.filled("GlobalReplicationGroupId") {
        return global::secondary(context, input, global);
    }
    refuse_what_does_not_exist(context, input)?;
    if context.region[GROUPS].contains(&id) {
        return Err(Failure::new("ReplicationGroupAlreadyExists", format!("Replication group {id} already exists.")));
    }
    if input.filled("PrimaryClusterId").is_some() {
        return from_cluster(context, input, &id, description, tags);
    }
    let engine = input.filled("Engine").map_or("redis".into(), str::to_ascii_lowercase);
    if engine != "redis" && engine != "valkey" {
        return Err(Failure::value(format!(
            "Invalid engine for a replication group: {engine}. Valid values are redis and valkey."
        )));
    }
    let source = snapshots::source(context, input)?;
    let shape = read_shape(context, input, source.as_deref())?;
    let mut settings = Settings::read(context, input, &id, &engine, Kind::Group, shape.cluster)?;
    role_access::at_creation(context, input, &mut settings)?;
    let failover = check_availability(input, &shape)?;
    let multi_az = input.flag("MultiAZEnabled").unwrap_or(false);
    durability::at_creation(input, &mut settings, shape.cluster, multi_az)?;
    let subnets = subnet_groups::find(context, &settings.subnet_group)?;
    let plans = if shape.cluster {
        layout::shards(context, input, &subnets, shape.shards, shape.replicas)?
    } else {
        layout::single(context, input, &subnets, 1 + shape.replicas)?
    };
    if multi_az {
        plans.iter().try_for_each(|plan| layout::check_multi_az(&plan.zones))?;
    }
    let ids: Vec<String> = plans.iter().flat_map(|plan| member_ids(&id, plan, shape.cluster)).collect();
    if let Some(taken) = ids.iter().find(|id| context.region[CLUSTERS].contains(id)) {
        return Err(Failure::new("CacheClusterAlreadyExists", format!("Cache cluster {taken} already exists.")));
    }
    usage::within_node_quota(context, ids.len())?;
    let group = ReplicationGroup {
        id: id.clone(),
        serial: context.region.next(),
        description: description.into(),
        status: "creating".into(),
        created: context.now,
        snapshotting: (settings.retention > 0 && !shape.cluster).then(|| ids[0].clone()),
        settings,
        cluster_enabled: shape.cluster,
        cluster_mode: if shape.cluster { "enabled" } else { "disabled" }.into(),
        global: None,
        migrating: false,
        failover,
        multi_az,
        shards: Vec::new(),
        pending: None,
        applying: None,
    };
    let group = place(context, group, plans);
    let ready = context.now + context.speed.scale(Work::Settings.seconds());
    group.settings.user_groups.iter().for_each(|id| user_groups::busy(context, id, ready));
    tagging::set(context, "replicationgroup", &id, tags.clone());
    ids.iter().for_each(|member| tagging::set(context, "cluster", member, tags.clone()));
    Ok(json!({ "ReplicationGroup": group::to_json(context, &group) }))
}

/// What a request refers to must exist.
fn refuse_what_does_not_exist(context: &Context, input: Input) -> Result<(), Failure> {
    role_access::must_exist(context, input)?;
    if let Some(name) = input.filled("ServerlessCacheSnapshotName") {
        let snapshot = serverless::snapshots::find(context, name);
        let snapshot = snapshot.map_err(|_| Failure::value(format!("Serverless cache snapshot {name} not found.")))?;
        if snapshot.status != "available" || snapshot.engine == "memcached" {
            return Err(Failure::value(format!("Serverless cache snapshot {name} cannot be restored from.")));
        }
    }
    Ok(())
}

fn read_shape(context: &Context, input: Input, source: Option<&super::snapshot::Snapshot>) -> Result<Shape, Failure> {
    let (clusters, shards, replicas) =
        (input.number("NumCacheClusters"), input.number("NumNodeGroups"), input.number("ReplicasPerNodeGroup"));
    if clusters.is_some() && (shards.is_some_and(|count| count > 1) || replicas.is_some()) {
        return Err(Failure::combination(
            "NumCacheClusters cannot be used together with NumNodeGroups or ReplicasPerNodeGroup.",
        ));
    }
    let configured = input.list("NodeGroupConfiguration").len() as i64;
    let restored = source.map(|snapshot| snapshot.node_groups()).filter(|count| *count > 0);
    let count = shards.or((configured > 0).then_some(configured)).or(restored);
    let own_group = match input.filled("CacheParameterGroupName") {
        Some(name) => Some(parameter_groups::find(context, name)?),
        None => None,
    };
    let on = own_group.as_ref().map(|group| group.values.get("cluster-enabled").is_some_and(|value| value == "yes"));
    let asked = match input.filled("ClusterMode") {
        None => None,
        Some("enabled") => Some(true),
        Some("disabled") => Some(false),
        Some(other) => {
            return Err(Failure::value(format!("Invalid cluster mode for a new replication group: {other}.")));
        }
    };
    let cluster = asked.unwrap_or_else(|| on.unwrap_or(count.is_some_and(|count| count > 1)));
    if cluster && on == Some(false) {
        return Err(Failure::combination(
            "Cluster mode enabled requires a cache parameter group with cluster-enabled set to yes.",
        ));
    }
    if !cluster && on == Some(true) {
        return Err(Failure::combination(
            "Cluster mode disabled requires a cache parameter group with cluster-enabled set to no.",
        ));
    }
    if !cluster && count.is_some_and(|count| count > 1) {
        return Err(Failure::combination(
            "A replication group with cluster mode disabled can have only one node group.",
        ));
    }
    if cluster && clusters.is_some_and(|count| count > 1) {
        return Err(Failure::combination(
            "NumCacheClusters cannot be used with cluster mode enabled; use NumNodeGroups and ReplicasPerNodeGroup.",
        ));
    }
    if clusters.is_some_and(|count| !(1..=6).contains(&count)) {
        return Err(Failure::value(format!(
            "Invalid number of cache clusters: {}. It must be between 1 and 6.",
            clusters.unwrap_or(0)
        )));
    }
    let one = input.structures("NodeGroupConfiguration").next();
    let replicas = clusters
        .map(|count| count - 1)
        .or(replicas)
        .or(one.filter(|_| !cluster).and_then(|one| one.number("ReplicaCount")));
    // Source: terraform-provider-aws#38493.
    if replicas.or(count).is_none() && !input.texts("PreferredCacheClusterAZs").is_empty() {
        return Err(Failure::value(
            "Preferred availability zones need the number of cache clusters, one for each zone.",
        ));
    }
    let replicas = replicas.unwrap_or(0);
    layout::check_replicas(replicas)?;
    let shards = count.unwrap_or(1);
    check_size(context, shards, replicas)?;
    Ok(Shape { cluster, shards, replicas })
}

/// The quotas of a group.
pub fn check_size(context: &Context, shards: i64, replicas: i64) -> Result<(), Failure> {
    let most = context.quotas.nodes_per_cluster;
    if shards < 1 {
        return Err(Failure::value(format!("Invalid number of node groups: {shards}. It must be at least 1.")));
    }
    if shards > most {
        return Err(Failure::new(
            "NodeGroupsPerReplicationGroupQuotaExceeded",
            format!(
                "The request cannot be processed because it would exceed the maximum allowed number of node groups ({most}) in a replication group."
            ),
        ));
    }
    if shards * (1 + replicas) > most {
        return Err(Failure::new(
            "NodeQuotaForClusterExceeded",
            format!(
                "The request cannot be processed because it would exceed the allowed number of cache nodes ({most}) in a single cluster."
            ),
        ));
    }
    Ok(())
}

/// Failover and Multi-AZ against the shape; returns whether failover is on.
fn check_availability(input: Input, shape: &Shape) -> Result<bool, Failure> {
    let asked = input.flag("AutomaticFailoverEnabled");
    if shape.cluster && asked == Some(false) {
        return Err(Failure::value("Redis with cluster mode enabled cannot be created with auto failover turned off."));
    }
    let failover = asked.unwrap_or(shape.cluster);
    if failover && !shape.cluster && shape.replicas == 0 {
        return Err(Failure::combination(
            "When using automatic failover, there must be at least 2 cache clusters in the replication group.",
        ));
    }
    if input.flag("MultiAZEnabled") == Some(true) {
        if !failover {
            return Err(Failure::combination("Multi-AZ requires automatic failover to be enabled."));
        }
        let own = input.structures("NodeGroupConfiguration").map(|one| one.number("ReplicaCount"));
        let least = own.map(|count| count.unwrap_or(shape.replicas)).min().unwrap_or(shape.replicas);
        if least == 0 {
            return Err(Failure::combination("Multi-AZ requires at least one replica in each node group."));
        }
    }
    Ok(failover)
}

/// The ids of a shard's members.
fn member_ids(group: &str, plan: &Plan, cluster: bool) -> Vec<String> {
    (1..=plan.zones.len())
        .map(|number| if cluster { format!("{group}-{}-{number:03}", plan.id) } else { format!("{group}-{number:03}") })
        .collect()
}

/// Puts a group and its members into the world: the nodes of a shard come up one by one, shards side by side.
fn place(context: &mut Context, mut group: ReplicationGroup, plans: Vec<Plan>) -> ReplicationGroup {
    let mut last = context.now;
    for (index, plan) in plans.into_iter().enumerate() {
        let ids = member_ids(&group.id, &plan, group.cluster_enabled);
        let start = Work::CreateFirstNode.seconds() + index as f64 * Work::CreateFurtherShard.seconds();
        for (number, (member, zone)) in ids.iter().zip(&plan.zones).enumerate() {
            let seconds = start + number as f64 * Work::CreateFurtherNode.seconds();
            let due = context.now + context.speed.scale(seconds);
            add_member(context, &group.id, member, zone, due);
            last = last.max(due);
        }
        group.shards.push(Shard { id: plan.id, slots: plan.slots, primary: ids[0].clone(), members: ids, new: false });
    }
    let target = Target::new("Group", group.id.clone());
    lifecycle::schedule(context.region, last, target.clone(), group.serial, Step::Ready);
    calendar::plan_backup(context.region, &mut group.settings, target, group.serial, context.now);
    context.region[GROUPS].put(&group.id.clone(), group.clone());
    group
}

/// A node of a group that will be there at `due`.
pub fn add_member(context: &mut Context, group: &str, member: &str, zone: &str, due: u64) {
    let cluster = CacheCluster {
        id: member.to_owned(),
        serial: context.region.next(),
        group: Some(group.to_owned()),
        status: "creating".into(),
        created: context.now,
        nodes: vec![Node { id: "0001".into(), status: "creating".into(), zone: zone.to_owned(), created: context.now }],
        own: None,
        pending: None,
        applying: None,
        to_reboot: Vec::new(),
    };
    lifecycle::schedule(context.region, due, Target::new("Cluster", member.to_owned()), cluster.serial, Step::Ready);
    context.region[CLUSTERS].put(member, cluster);
}

/// Makes a standalone cluster the primary of a new group.
fn from_cluster(
    context: &mut Context,
    input: Input,
    id: &str,
    description: &str,
    tags: super::super::tags::Tags,
) -> Answer {
    let primary = super::cluster::find(context, input.needed("PrimaryClusterId")?)?;
    let Some(settings) = primary.own.clone() else {
        return Err(Failure::new(
            "InvalidCacheClusterState",
            format!("Cache cluster {} is already a member of a replication group.", primary.id),
        ));
    };
    if settings.engine == "memcached" {
        return Err(Failure::combination("A memcached cluster cannot be the primary of a replication group."));
    }
    if primary.status != "available" {
        return Err(Failure::new(
            "InvalidCacheClusterState",
            format!("Cache cluster {} is not in available state.", primary.id),
        ));
    }
    let nodes = input.number("NumCacheClusters").unwrap_or(1);
    if !(1..=6).contains(&nodes) {
        return Err(Failure::value(format!("Invalid number of cache clusters: {nodes}. It must be between 1 and 6.")));
    }
    let shape = Shape { cluster: false, shards: 1, replicas: nodes - 1 };
    let failover = check_availability(input, &shape)?;
    let subnets = subnet_groups::find(context, &settings.subnet_group)?;
    let zones = layout::spread(&subnet_groups::zones(context, &subnets), 1, nodes as usize - 1);
    let mut members = vec![primary.id.clone()];
    let mut last = context.now + context.speed.scale(Work::Settings.seconds());
    for (index, zone) in zones.iter().enumerate() {
        let member = format!("{id}-{:03}", index + 2);
        let due = context.now
            + context.speed.scale(Work::CreateFirstNode.seconds() + index as f64 * Work::CreateFurtherNode.seconds());
        add_member(context, id, &member, zone, due);
        tagging::set(context, "cluster", &member, tags.clone());
        last = last.max(due);
        members.push(member);
    }
    context.region[CLUSTERS].update(&primary.id, |cluster| {
        cluster.group = Some(id.to_owned());
        cluster.own = None;
    });
    let mut group = ReplicationGroup {
        id: id.to_owned(),
        serial: context.region.next(),
        description: description.into(),
        status: "creating".into(),
        created: context.now,
        snapshotting: (settings.retention > 0).then(|| primary.id.clone()),
        settings,
        cluster_enabled: false,
        cluster_mode: "disabled".into(),
        global: None,
        migrating: false,
        failover,
        multi_az: input.flag("MultiAZEnabled").unwrap_or(false),
        shards: vec![Shard { id: "0001".into(), slots: None, primary: primary.id.clone(), members, new: false }],
        pending: None,
        applying: None,
    };
    let target = Target::new("Group", id.to_owned());
    lifecycle::schedule(context.region, last, target.clone(), group.serial, Step::Ready);
    calendar::plan_backup(context.region, &mut group.settings, target, group.serial, context.now);
    context.region[GROUPS].put(id, group.clone());
    tagging::set(context, "replicationgroup", id, tags);
    Ok(json!({ "ReplicationGroup": group::to_json(context, &group) }))
}
