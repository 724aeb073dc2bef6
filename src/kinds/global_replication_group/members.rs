//! Rules between a global datastore and the groups that are to be its members: how many, where, and of how many nodes.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::kind::{Among, Neighbour, Problem};
use crate::value::{Data, Object, Value, text};

/// So many groups follow the primary. Source: AWS, limits of global datastores.
const MOST: usize = 2;

type Group<'a> = (&'a Address, &'a Object);

/// Every problem of the declared secondaries of a declared datastore; the problem is the secondary's.
pub(super) fn check<'a>(among: &Among<'a>, address: &Address, global: Neighbour) -> Vec<(&'a Address, Problem)> {
    let groups = || among.of("replication_group").map(|(address, group)| (address, group.planned));
    let primary = global.planned.get("primary_replication_group_id").and_then(Value::as_str);
    let primary = groups().find(|(_, group)| primary.is_some() && text(group, "id") == primary);
    let is_primary = |address: &Address| primary.is_some_and(|(of, _)| of == address);
    let members = groups().filter(|(of, group)| !is_primary(of) && is_member(group, address, global.planned));
    let mut regions: BTreeMap<&str, &Address> = BTreeMap::new();
    regions.extend(primary.and_then(|(of, group)| Some((text(group, "region")?, of))));
    let mut problems = Vec::new();
    for (at, (of, group)) in members.enumerate() {
        let region = text(group, "region").unwrap_or_default();
        let first = *regions.entry(region).or_insert(of);
        let found = if first != of {
            Some(one_region(region, first))
        } else if at >= MOST {
            Some(too_many())
        } else {
            primary.and_then(|primary| bare(primary, group))
        };
        problems.extend(found.map(|problem| (of, problem)));
    }
    problems
}

/// Whether a group names the datastore: by its id, or by the id that it will have.
fn is_member(group: &Object, address: &Address, global: &Object) -> bool {
    let Some(named) = group.get("global_replication_group_id") else { return false };
    match &named.data {
        Data::Unknown(unknown) => unknown.origin.as_deref().is_some_and(|origin| origin.is_of(address)),
        Data::String(id) => text(global, "id") == Some(&**id),
        _ => false,
    }
}

fn one_region(region: &str, first: &Address) -> Problem {
    let detail = format!("`{first}` is in {region} already, and a global datastore has one member in a region.");
    let help = "Put it into another region: region = \"...\", or a provider of its own.";
    Problem::error("CS0754", "global_replication_group_id", "Two members in one region", detail, help)
}

fn too_many() -> Problem {
    let detail = format!("A global datastore has {MOST} secondary groups at most.");
    let help = "Take it out; or make it a group, or a datastore, of its own.";
    Problem::error("CS0755", "global_replication_group_id", "Too many secondaries", detail, help)
}

/// A primary in cluster mode that fails over by itself wants members that can.
fn bare((of, primary): Group, group: &Object) -> Option<Problem> {
    let set = |name: &str| primary.get(name).and_then(Value::as_bool) == Some(true);
    let shaped = group.get("node_group_configuration").and_then(Value::as_items).is_some_and(|items| !items.is_empty());
    let replicas = group.get("replicas_per_node_group").filter(|value| !value.is_unknown());
    let none = match replicas {
        Some(count) => count.as_i64().unwrap_or(0) < 1,
        None => !group.contains_key("replicas_per_node_group"),
    };
    (set("automatic_failover_enabled") && set("cluster_enabled") && none && !shaped).then(|| {
        let detail = format!("`{of}` fails over by itself, and this member has no replicas that could take over.");
        let help = "Set replicas_per_node_group = 1 or more.";
        Problem::error("CS0756", "replicas_per_node_group", "A member without replicas", detail, help)
    })
}
