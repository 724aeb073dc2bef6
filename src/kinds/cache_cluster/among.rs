//! Rules between a cluster and what it names: families, cluster mode, zones.

use std::collections::BTreeMap;

use super::{KIND, is_memcached, regrets, text};
use crate::address::Address;
use crate::catalog::engines::{self, Engine, Version};
use crate::catalog::parameters;
use crate::kind::{Among, Neighbour, Problem};
use crate::kinds::{doors, places, replication_group, upkeep};
use crate::value::{Object, Value};

/// Every problem of a cluster among others.
pub(super) fn check<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let groups: BTreeMap<&str, &Object> = among
        .of("parameter_group")
        .filter_map(|(_, group)| Some((text(group.planned, "name")?, group.planned)))
        .collect();
    let problems = |(address, cluster): (&'a Address, Neighbour<'a>)| {
        let group = text(cluster.planned, "parameter_group_name").and_then(|name| groups.get(name));
        let found = [
            family(cluster.planned, group.copied()).or_else(|| newest(among, address, cluster, group.copied())),
            group.and_then(|group| mode(cluster.planned, group)),
            joins_shards(among, cluster.written),
            is_counted(among, cluster.written),
            text(cluster.planned, "region").and_then(|region| upkeep::foreign_zone(region, zones(cluster.written))),
            text(cluster.planned, "region").and_then(|region| places::doubtful_zone(region, &zones(cluster.written))),
        ];
        let regrets = if among.protects { regrets::check(cluster) } else { Vec::new() };
        found.into_iter().flatten().chain(regrets).map(move |problem| (address, problem)).collect::<Vec<_>>()
    };
    let places = places::check(among, KIND, &["notification_topic_arn"]);
    let doors = doors::check(among, KIND, |cluster| cluster.get("port")?.as_i64());
    among.of(KIND).flat_map(problems).chain(places).chain(doors).collect()
}

/// The family of a declared parameter group must be that of the engine version.
fn family(cluster: &Object, group: Option<&Object>) -> Option<Problem> {
    let found = text(group?, "family")?;
    let Some(version) = text(cluster, "engine_version").and_then(Version::parse) else {
        return replication_group::other_engine(text(cluster, "engine")?, found);
    };
    let wanted = match is_memcached(cluster) {
        true => engines::memcached_family(version),
        false => engines::family(Engine::parse(text(cluster, "engine")?)?, version),
    };
    (wanted != found).then(|| replication_group::family_mismatch(&wanted, found))
}

/// AWS makes a new cluster with the newest version where none is asked for; before it was asked, nobody knows whether the
/// cluster is new.
fn newest(among: &Among, address: &Address, cluster: Neighbour, group: Option<&Object>) -> Option<Problem> {
    let is_old = among.recorded.contains_key(address) || text(cluster.planned, "replication_group_id").is_some();
    // What is imported has one already, and it is planned with that.
    let has_version = [cluster.written, cluster.planned].iter().any(|of| text(of, "engine_version").is_some());
    if is_old || has_version || cluster.written.contains_key("engine_version") {
        return None;
    }
    let named = || replication_group::actual_family(text(cluster.planned, "parameter_group_name")?);
    let found = group.map_or_else(named, |group| text(group, "family"))?;
    if !parameters::families().iter().any(|known| known == found) {
        return None;
    }
    let wanted = match text(cluster.planned, "engine")? {
        "memcached" => engines::memcached_family(Version::parse(engines::MEMCACHED.last()?)?),
        "redis" => engines::family(Engine::Redis, Version::parse(Engine::Redis.versions().last()?)?),
        _ => return None,
    };
    if wanted == found || replication_group::engine_of(&wanted) != replication_group::engine_of(found) {
        return None;
    }
    let problem = replication_group::family_mismatch(&wanted, found);
    Some(if among.read { problem } else { replication_group::unversioned(problem, "cluster") })
}

/// A replica by itself is for groups without cluster mode.
fn joins_shards(among: &Among, written: &Object) -> Option<Problem> {
    let id = text(written, "replication_group_id")?;
    let group = among.with("replication_group", "replication_group_id", id).first()?.1.planned;
    (group.get("cluster_enabled").and_then(Value::as_bool) == Some(true)).then(|| {
        let detail = "The group has cluster mode, and its replicas are those of its shards.";
        let help = "Set replicas_per_node_group of the group instead.";
        Problem::error("CS1061", "replication_group_id", "No replica of a group in cluster mode", detail, help)
    })
}

/// A group that says how many nodes it has would want this one to go at every plan.
fn is_counted(among: &Among, written: &Object) -> Option<Problem> {
    const COUNTS: [&str; 2] = ["num_cache_clusters", "replicas_per_node_group"];
    let id = text(written, "replication_group_id")?;
    let (address, group) = *among.with("replication_group", "replication_group_id", id).first()?;
    // One that stays as it is has counted it.
    let stays = among.read && group.updated.is_none() && among.recorded.contains_key(address);
    if stays || group.planned.get("cluster_enabled").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let counts = |name: &&&str| group.written.get(name).is_some_and(|count| !count.is_null()) && !group.ignores(name);
    let count = COUNTS.iter().find(counts)?;
    let detail = format!(
        "`{count}` of `{address}` says how many nodes the group has, and this is one more: every plan would want to take it out."
    );
    let help = format!(
        "Raise {count}, take this block out and forget its object, removed {{ from = ...  lifecycle {{ destroy = false }} }}: it stays, and is counted. Or write lifecycle {{ ignore_changes = [{count}] }} in the group."
    );
    let problem = Problem::error("CS1081", "replication_group_id", "A replica that is not counted", detail, help);
    Some(problem.beside(address).warning())
}

/// A single node has no shards.
fn mode(cluster: &Object, group: &Object) -> Option<Problem> {
    let blocks = group.get("parameter").and_then(Value::as_items).unwrap_or_default();
    let is = |block: &Value, name: &str, text: &str| block.get(name).and_then(Value::as_str) == Some(text);
    let on = blocks.iter().any(|block| is(block, "name", "cluster-enabled") && is(block, "value", "yes"));
    (on && !is_memcached(cluster)).then(super::rules::cluster_mode)
}

/// The zones that are asked for, wherever they are written.
fn zones(written: &Object) -> Vec<(&'static str, &str)> {
    let one = text(written, "availability_zone").map(|zone| ("availability_zone", zone));
    let list = written.get("preferred_availability_zones").and_then(Value::as_items).unwrap_or_default();
    let many = list.iter().filter_map(Value::as_str).map(|zone| ("preferred_availability_zones", zone));
    one.into_iter().chain(many).collect()
}
