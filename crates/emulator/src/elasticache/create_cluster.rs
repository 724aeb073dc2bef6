//! CreateCacheCluster: a cluster of its own, or a replica of a group.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target};
use super::super::time::Work;
use super::calendar;
use super::cluster::CLUSTERS;
use super::cluster::{self, CacheCluster, Node};
use super::group::GROUPS;
use super::settings::{Kind, Settings};
use super::{group, layout, names, snapshots, subnet_groups, tagging, usage};
use serde_json::json;

/// The most nodes of a memcached cluster.
const MOST_NODES: i64 = 40;

pub fn create(context: &mut Context, input: Input) -> Answer {
    let id = names::identifier(input.needed("CacheClusterId")?, "CacheClusterId", 50)?;
    let tags = tagging::read(input)?;
    if context.region[CLUSTERS].contains(&id) {
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
    if engine == "memcached" {
        refuse_backups(input)?;
    }
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
    usage::within_node_quota(context, count as usize)?;
    let serial = context.region.next();
    let target = Target::new("Cluster", id.clone());
    calendar::plan_backup(context.region, &mut settings, target.clone(), serial, context.now);
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
    context.region[CLUSTERS].put(&id, cluster.clone());
    tagging::set(context, "cluster", &id, tags);
    Ok(json!({ "CacheCluster": cluster::to_json(context, &cluster, false) }))
}

/// Node based memcached has no backups.
fn refuse_backups(input: Input) -> Result<(), Failure> {
    let given = ["SnapshotName", "SnapshotWindow"].into_iter().find(|name| input.filled(name).is_some());
    match given.or((!input.list("SnapshotArns").is_empty()).then_some("SnapshotArns")) {
        Some(name) => Err(Failure::combination(format!("{name} is not supported for engine memcached."))),
        None => Ok(()),
    }
}

/// How many nodes a cluster may have.
pub fn node_count(count: i64, engine: &str) -> Result<i64, Failure> {
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
        if engine != "memcached" {
            return Err(Failure::combination("PreferredAvailabilityZones is only supported for engine memcached."));
        }
        if many.len() as i64 != count {
            return Err(Failure::combination(
                "Must specify the same number of preferred availability zones as requested number of nodes",
            ));
        }
        if mode == "single-az" && many.iter().any(|zone| *zone != many[0]) {
            return Err(Failure::combination(
                "PreferredAvailabilityZones in different availability zones require AZMode cross-az.",
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
    if let Some(engine) = input.filled("Engine").filter(|engine| !engine.eq_ignore_ascii_case(&group.settings.engine)) {
        return Err(Failure::combination(format!(
            "Engine {engine} does not match the engine {} of the replication group.",
            group.settings.engine
        )));
    }
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
    lifecycle::schedule(context.region, due, Target::new("Group", group.id.clone()), group.serial, Step::Ready);
    context.region[GROUPS].put(&group.id.clone(), group);
    tagging::set(context, "cluster", id, tags);
    let cluster = cluster::find(context, id)?;
    Ok(json!({ "CacheCluster": cluster::to_json(context, &cluster, false) }))
}
