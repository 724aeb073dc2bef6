//! Rules between a replication group and what it names: families, cluster mode, zones, windows.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::catalog::engines::{self, Engine, Version};
use crate::catalog::{nodes, parameters};
use crate::kind::{Among, Neighbour, Problem};
use crate::value::{Value, text};

use super::super::{compile, shards};
use super::engine::{actual_family, family_mismatch, other_engine, wanted_family};
use super::regrets;
use super::shape::{alone, alone_now, counted_in_cluster_mode, mode_mismatch, zones};
use crate::kinds::{doors, places, upkeep};

const KIND: &str = "replication_group";

/// Every problem of a group among others.
pub fn check<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let families = families(among);
    let clustered = clustered(among);
    let problems = |(address, group): (&'a Address, Neighbour<'a>)| {
        let found = [
            family(among, address, group, &families),
            mode(group, &clustered),
            group.updated.and_then(|before| alone_now(before, group.planned)),
            counted_by_nodes(group, &clustered),
            tiered_policy(among, group),
            foreign_zone(group),
            doubtful_zone(group),
            windows(group),
            slots(among, address, group),
        ];
        let regrets = if among.protects { regrets::check(group) } else { Vec::new() };
        found.into_iter().flatten().chain(regrets).map(move |problem| (address, problem)).collect::<Vec<_>>()
    };
    let places = places::check(among, KIND, &["notification_topic_arn", "kms_key_id"]);
    let doors = doors::check(among, KIND, |group| group.get("port")?.as_i64());
    among.of(KIND).flat_map(problems).chain(places).chain(doors).collect()
}

/// AWS takes slots when a group is made, and no call sets them later. Source: the service model.
fn slots(among: &Among, address: &Address, group: Neighbour) -> Option<Problem> {
    among.recorded.get(address).filter(|_| among.read)?;
    let (shard, detail) = match shards::spread_anew(group.updated, group.planned, group.written) {
        Some((shard, wants)) => {
            let why = "shards come or go, and AWS spreads the slots over all of them itself";
            let detail =
                format!("{wants} are written for shard {shard}: {why}. It sets them only when a group is made.");
            (shard, detail)
        }
        None => {
            let (shard, has, wants) = shards::with_other_slots(group.planned, group.written)?;
            let both = format!("Shard {shard} has the slots {has}, and {wants} are written");
            (shard, format!("{both}; AWS sets them only when a group is made."))
        }
    };
    let help =
        "Write the slots that it has, or none; --replace makes the group anew with those that are written, and empty.";
    let problem = Problem::error("CS0568", shards::BLOCKS, "Slots stay with their shards", detail, help);
    Some(problem.on(&shard).warning())
}

/// The families of declared parameter groups by name.
fn families<'a>(among: &Among<'a>) -> BTreeMap<&'a str, &'a str> {
    let groups = among.of("parameter_group");
    groups.filter_map(|(_, group)| Some((text(group.planned, "name")?, text(group.planned, "family")?))).collect()
}

/// The family of a declared parameter group must be that of the engine version.
fn family(among: &Among, address: &Address, group: Neighbour, families: &BTreeMap<&str, &str>) -> Option<Problem> {
    let name = text(group.planned, "parameter_group_name")?;
    // A new engine without a version is a mistake of its own.
    if changes_engine_only(among, address, group) {
        return None;
    }
    // Before the account is read, a group that the stack no longer names is only remembered.
    if !group.written.contains_key("parameter_group_name") && !among.read {
        return None;
    }
    // A family that does not exist is a mistake of its own.
    let found = families.get(name).copied().or_else(|| actual_family(name))?;
    if !parameters::families().iter().any(|known| known == found) {
        return None;
    }
    let mismatch = |wanted: String| (wanted != found).then(|| family_mismatch(&wanted, found));
    match wanted_family(group.planned) {
        Some(wanted) => mismatch(wanted),
        // Without a version one that is there keeps its own, and only the account tells whether it is.
        None => match text(group.written, "engine").and_then(|engine| other_engine(engine, found)) {
            // Of a default group the rules of the group alone have said so.
            Some(problem) => Some(problem).filter(|_| actual_family(name).is_none()),
            None => mismatch(newest_family(among, address, group)?).map(|problem| match among.read {
                true => problem,
                false => unversioned(problem, "group"),
            }),
        },
    }
}

/// The same before it is known whether there is the object already.
pub fn unversioned(problem: Problem, what: &str) -> Problem {
    let detail = format!("{} No engine_version is set: a new {what} gets the newest.", problem.detail);
    Problem { detail, ..problem.warning() }
}

/// Whether the engine becomes another, and the version is that of the old one.
fn changes_engine_only(among: &Among, address: &Address, group: Neighbour) -> bool {
    let recorded = among.recorded.get(address);
    !group.written.contains_key("engine_version")
        && recorded.is_some_and(|recorded| recorded.get("engine") != group.planned.get("engine"))
}

/// AWS makes a new group of Redis with the newest version where none is asked for.
fn newest_family(among: &Among, address: &Address, group: Neighbour) -> Option<String> {
    let asked = group.written.get("engine_version").is_some_and(|version| !version.is_null());
    // Which engine it is nobody knows where what is written is not known yet.
    let redis = match group.written.get("engine").filter(|engine| !engine.is_null()) {
        Some(engine) => engine.as_str() == Some("redis"),
        None => text(group.planned, "engine").is_none_or(|engine| engine == "redis"),
    };
    let global = text(group.planned, "global_replication_group_id").is_some();
    let new = !among.recorded.contains_key(address);
    let newest = Engine::Redis.versions().last().and_then(|version| Version::parse(version))?;
    (redis && new && !asked && !global).then(|| engines::family(Engine::Redis, newest))
}

/// Whether declared parameter groups turn cluster mode on, by name, where all their parameters are known.
fn clustered<'a>(among: &Among<'a>) -> BTreeMap<&'a str, bool> {
    let on = |block: &Value| {
        let is = |name: &str, value: &str| block.get(name).and_then(Value::as_str) == Some(value);
        is("name", "cluster-enabled") && is("value", "yes")
    };
    let groups = among.of("parameter_group").filter_map(|(_, group)| {
        let name = text(group.planned, "name")?;
        let blocks = group.planned.get("parameter").and_then(Value::as_items).unwrap_or_default();
        blocks.iter().all(Value::is_wholly_known).then(|| (name, blocks.iter().any(on)))
    });
    groups.collect()
}

/// A group whose parameters turn cluster mode on cannot be without failover.
fn mode(group: Neighbour, clustered: &BTreeMap<&str, bool>) -> Option<Problem> {
    let name = text(group.planned, "parameter_group_name")?;
    let clustered = *clustered.get(name)?;
    let alone = || alone(group.written).filter(|_| !clustered);
    mode_mismatch(group.planned, clustered).or_else(alone).or_else(|| swapped(group, name, clustered))
}

/// A parameter group that takes the place of another does not change the mode of a group.
fn swapped(group: Neighbour, name: &str, clustered: bool) -> Option<Problem> {
    let before = group.updated?;
    let is_swapped = text(before, "parameter_group_name") != Some(name);
    let moves = text(before, "cluster_mode") != text(group.planned, "cluster_mode");
    if moves && !clustered && text(group.planned, "cluster_mode").is_some_and(|mode| mode != "disabled") {
        return Some(compile::clusterless());
    }
    let on = before.get("cluster_enabled").and_then(Value::as_bool)?;
    let between = text(before, "cluster_mode") == Some("compatible");
    (is_swapped && !moves && !between && on != clustered).then(|| compile::other_mode(name, on))
}

/// Nodes of a new group are not counted where its parameters turn cluster mode on.
fn counted_by_nodes(group: Neighbour, clustered: &BTreeMap<&str, bool>) -> Option<Problem> {
    let many = group.written.get("num_cache_clusters").and_then(Value::as_i64).is_some_and(|nodes| nodes > 1);
    let on = *clustered.get(text(group.planned, "parameter_group_name")?)?;
    (many && on).then(counted_in_cluster_mode)
}

/// Nodes that keep data on SSD evict by three policies. Source: the user guide, "data tiering".
fn tiered_policy(among: &Among, group: Neighbour) -> Option<Problem> {
    let (node, name) = (text(group.planned, "node_type")?, text(group.planned, "parameter_group_name")?);
    let blocks = among.with("parameter_group", "name", name).first()?.1.planned.get("parameter")?.as_items()?;
    let policy = blocks.iter().find(|block| block.get("name").and_then(Value::as_str) == Some("maxmemory-policy"))?;
    let policy = policy.get("value")?.as_str()?;
    let wrong = nodes::has_data_tiering(node) && !["noeviction", "volatile-lru", "allkeys-lru"].contains(&policy);
    wrong.then(|| {
        let detail = format!("{node} keeps part of the data on SSD, and does not evict by {policy}.");
        let help = "Set maxmemory-policy to noeviction, volatile-lru or allkeys-lru.";
        Problem::error("CS1059", "parameter_group_name", "Data tiering evicts by other policies", detail, help)
    })
}

/// Zones belong to a region.
fn foreign_zone(group: Neighbour) -> Option<Problem> {
    upkeep::foreign_zone(text(group.planned, "region")?, zones(group.written))
}

fn doubtful_zone(group: Neighbour) -> Option<Problem> {
    places::doubtful_zone(text(group.planned, "region")?, &zones(group.written))
}

/// A window that is written must not overlap one that the group has already.
fn windows(group: Neighbour) -> Option<Problem> {
    let written = |name: &str| group.written.contains_key(name);
    let one = written("snapshot_window") != written("maintenance_window");
    let text = |name: &str| text(group.planned, name);
    upkeep::overlap(text("snapshot_window"), text("maintenance_window")).filter(|_| one)
}
