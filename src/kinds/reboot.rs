//! Restarts of nodes. Source: API reference, RebootCacheCluster: a node that restarts loses what it holds in memory.

use crate::kind::{Call, Impact, Mark, Problem};
use crate::kinds::durations::Shape;
use crate::value::{Object, Value};

fn restart(cluster: &str, nodes: &[String], seconds: u32) -> Call {
    let args = [("CacheClusterId", Value::string(cluster)), ("CacheNodeIdsToReboot", Value::strings(nodes))];
    Call::new("RebootCacheCluster", args).settles(seconds)
}

fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// The members of a group, replicas first.
pub fn of_group(live: &Object, nodes: Option<&[String]>) -> Result<Vec<Call>, Problem> {
    if live.get("cluster_enabled").and_then(Value::as_bool) == Some(true) {
        return Err(Problem::error(
            "CS1007",
            "replication_group_id",
            "AWS restarts no node in cluster mode",
            "The group has cluster mode, and AWS restarts nodes only without it.",
            "Make a snapshot, and a group from it with the parameter group as it is now.",
        ));
    }
    let members = live.get("members").and_then(Value::as_items).unwrap_or_default();
    let wanted = |id: &str| nodes.is_none_or(|nodes| nodes.iter().any(|node| node == id));
    let mut all: Vec<(bool, &str)> = members
        .iter()
        .filter_map(|member| Some((text(member, "role") == Some("primary"), text(member, "id")?)))
        .collect();
    all.sort();
    let alone = all.len() < 2;
    let first = |primary: bool| primary || alone;
    let seconds = Shape::of(live, 1, 1).restarted(!alone);
    let call =
        |(primary, id): &(bool, &str)| of_member(restart(id, &["0001".to_owned()], seconds), first(*primary), alone);
    Ok(all.iter().filter(|(_, id)| wanted(id)).map(call).collect())
}

fn of_member(call: Call, primary: bool, alone: bool) -> Call {
    match (primary, alone) {
        (_, true) => call.impact(Impact::DataLoss).why("The only node restarts, and AWS empties a node that does: nothing else holds its data."),
        (true, false) => call.impact(Impact::Reboot).marks([Mark::Redundancy]).why(
            "The primary restarts last: no writes until it is back or a replica has taken over. AWS empties a node that restarts, so that only replicas hold the data meanwhile.",
        ),
        (false, false) => call.impact(Impact::Blip).why("Readers of this replica connect anew; it is filled again from the primary."),
    }
}

/// The nodes of a cluster that is no replica, one after another.
pub fn of_cluster(id: &str, live: &Object, nodes: Option<&[String]>) -> Vec<Call> {
    let all = live.get("cache_nodes").and_then(Value::as_items).unwrap_or_default();
    let ids = all.iter().filter_map(|node| text(node, "id"));
    let wanted = ids.filter(|id| nodes.is_none_or(|nodes| nodes.iter().any(|node| node == id)));
    let why = "AWS empties a node that restarts: what it holds is lost, and clients connect anew.";
    let replica = live.get("replication_group_id").is_some_and(|group| !group.is_null());
    let seconds = Shape::of(live, 1, 1).restarted(replica);
    let call = |node: &str| match replica {
        true => of_member(restart(id, &[node.to_owned()], seconds), false, false),
        false => restart(id, &[node.to_owned()], seconds).impact(Impact::DataLoss).why(why),
    };
    wanted.map(call).collect()
}
