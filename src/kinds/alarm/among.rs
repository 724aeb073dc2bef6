//! Rules between an alarm and the nodes that it watches.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::kind::{Among, Neighbour, Problem};
use crate::value::{Object, Value};

/// An alarm on the id of a group, or on a node that the group does not have, never gets a datapoint.
pub(super) fn check<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let objects = among.declared.values().map(|one| one.planned);
    let groups: BTreeMap<&str, Vec<&str>> = objects.filter_map(members).collect();
    let nodes: BTreeSet<&str> = groups.values().flatten().copied().collect();
    let aimless = |(address, alarm): (&'a Address, Neighbour<'a>)| {
        let node = alarm.planned.get("dimensions")?.get("CacheClusterId")?.as_str()?;
        let members = group_of(node, &groups).filter(|_| !nodes.contains(node))?;
        Some((address, no_node(node, members)))
    };
    among.of("alarm").filter_map(aimless).collect()
}

/// The id of a planned group and those of its nodes.
fn members(object: &Object) -> Option<(&str, Vec<&str>)> {
    let id = object.get("replication_group_id")?.as_str()?;
    let members = object.get("member_clusters")?.as_items()?;
    Some((id, members.iter().map(Value::as_str).collect::<Option<_>>()?))
}

/// The group whose id a text is, alone or with the numbers of a shard and a node, and its nodes.
fn group_of<'a>(node: &str, groups: &'a BTreeMap<&str, Vec<&str>>) -> Option<(&'a str, &'a [&'a str])> {
    let mut id = node;
    loop {
        if let Some((id, members)) = groups.get_key_value(id) {
            return Some((id, members));
        }
        let (rest, number) = id.rsplit_once('-')?;
        if !number.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        id = rest;
    }
}

fn no_node(node: &str, (id, members): (&str, &[&str])) -> Problem {
    let what = if node == id { "is a replication group" } else { "is no node of its replication group" };
    Problem::error(
        "CS0605",
        "dimensions",
        "The alarm watches no node",
        format!(
            "\"{node}\" {what}; ElastiCache reports metrics for nodes only, here {}, so the alarm would never have data.",
            members.join(", ")
        ),
        "Remove the dimension and set `target` to the replication group: that makes an alarm for each of its nodes.",
    )
    .warning()
}
