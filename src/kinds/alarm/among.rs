//! Rules between an alarm and the nodes that it watches.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::catalog::metrics;
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

/// An alarm on a metric that what it watches does not report never gets a datapoint, either.
pub(super) fn metrics<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let watched = engines(among);
    let of = |(address, alarm): (&'a Address, Neighbour<'a>)| {
        let wrong = |(metric, dimensions): (&'a str, &'a Value)| {
            let (id, serverless) = match (dimensions.get("CacheClusterId"), dimensions.get("clusterId")) {
                (Some(id), _) => (id.as_str()?, false),
                (None, id) => (id?.as_str()?, true),
            };
            let engine = watched.get(&(id, serverless))?;
            (!metrics::is_reported(metric, engine, serverless))
                .then(|| (address, no_metric(metric, id, engine, serverless)))
        };
        said(alarm.planned).into_iter().find_map(wrong)
    };
    // One word for the block is enough: its instances differ in what they watch.
    let mut told = BTreeSet::new();
    let mut found: Vec<_> = among.of("alarm").filter_map(of).collect();
    found.retain(|(address, _)| told.insert(address.block()));
    found
}

/// Of a group with several nodes only the first is watched: where others fail or take over, nobody is told.
pub(super) fn first_only<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let objects = among.declared.values().map(|one| one.planned);
    let groups = objects.filter_map(members).filter(|(_, nodes)| nodes.len() > 1);
    let watching = |node: &str| {
        let of = |(address, alarm): (&'a Address, Neighbour<'a>)| {
            said(alarm.planned).iter().any(|(_, dimensions)| is_of(dimensions, node)).then_some(address)
        };
        among.of("alarm").find_map(of)
    };
    let problem = |(id, nodes): (&str, Vec<&str>)| {
        let address = watching(nodes[0])?;
        if nodes[1..].iter().any(|node| watching(node).is_some()) {
            return None;
        }
        let detail = format!("Of the {} nodes of \"{id}\" alarms watch only \"{}\".", nodes.len(), nodes[0]);
        let help = "Set `target` to the replication group instead of the dimension.";
        Some((address, Problem::error("CS1062", "dimensions", "One node of several", detail, help).warning()))
    };
    groups.filter_map(problem).collect()
}

/// An alarm that does nothing is seen only by who looks; but one that others are made of is.
pub(super) fn unheard<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    const ACTIONS: [&str; 3] = ["alarm_actions", "ok_actions", "insufficient_data_actions"];
    let rules: Vec<Option<&str>> =
        among.of("composite_alarm").map(|(_, one)| one.planned.get("alarm_rule")?.as_str()).collect();
    let is_part = |alarm: &Object| {
        let names = ["alarm_name", "arn"].map(|name| alarm.get(name).and_then(Value::as_str));
        let named = |rule: &str| names.iter().flatten().any(|name| rule.contains(name)) || names[0].is_none();
        rules.iter().any(|rule| rule.is_none_or(named))
    };
    let of = |(address, alarm): (&'a Address, Neighbour<'a>)| {
        let acts = |name: &&str| {
            let value = alarm.planned.get(name).filter(|value| !value.is_null());
            value.is_some_and(|value| value.as_items().is_none_or(|items| !items.is_empty()))
        };
        (!ACTIONS.iter().any(acts) && !is_part(alarm.planned)).then(|| {
            let detail = "The alarm has no action, so that nobody is told of it.";
            let help = "Set alarm_actions to the ARN of an SNS topic, for instance; or name it in a composite alarm.";
            (address, Problem::error("CS1027", "alarm_actions", "An alarm that nobody hears", detail, help).warning())
        })
    };
    among.of("alarm").filter_map(of).collect()
}

fn is_of(dimensions: &Value, node: &str) -> bool {
    dimensions.get("CacheClusterId").and_then(Value::as_str) == Some(node)
}

/// A lag is that of a replica: the first node of a group is its primary when it is made.
pub(super) fn lag_of_primary<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let objects = among.declared.values().map(|one| one.planned);
    let primaries: BTreeSet<&str> =
        objects.filter_map(members).filter_map(|(_, nodes)| nodes.first().copied()).collect();
    let of = |(address, alarm): (&'a Address, Neighbour<'a>)| {
        let lags = said(alarm.planned).into_iter().filter(|(metric, _)| *metric == "ReplicationLag");
        let nodes: Vec<&str> = lags.filter_map(|(_, of)| of.get("CacheClusterId")?.as_str()).collect();
        let node = nodes.first()?;
        let written = alarm.written.get("dimensions").is_some() || alarm.written.get("metric_query").is_some();
        // Beside replicas a primary does no harm: after a failover it is one.
        (written && nodes.iter().all(|node| primaries.contains(node))).then(|| {
            let detail = format!("\"{node}\" is the primary of its group until it fails over, and only replicas lag.");
            let help = "Watch the replicas.";
            (address, Problem::error("CS1057", "dimensions", "The lag of a primary", detail, help).warning())
        })
    };
    among.of("alarm").filter_map(of).collect()
}

/// Each metric of ElastiCache that an alarm is about, with its dimensions.
fn said(alarm: &Object) -> Vec<(&str, &Value)> {
    let queries = alarm.get("metric_query").and_then(Value::as_items).unwrap_or_default();
    let queried =
        queries.iter().filter_map(|query| query.get("metric")?.as_items()?.first()).filter_map(Value::as_object);
    let of_cache = |it: &&Object| it.get("namespace").and_then(Value::as_str) == Some(metrics::namespace());
    [alarm].into_iter().chain(queried).filter(of_cache).filter_map(read).collect()
}

fn read(one: &Object) -> Option<(&str, &Value)> {
    Some((one.get("metric_name")?.as_str()?, one.get("dimensions")?))
}

/// The engines of what can be watched, by node or serverless cache.
fn engines<'a>(among: &Among<'a>) -> BTreeMap<(&'a str, bool), &'a str> {
    let text = |object: &'a Object, name: &str| object.get(name).and_then(Value::as_str);
    let mut all = BTreeMap::new();
    for (_, group) in among.of("replication_group") {
        let members = group.planned.get("member_clusters").and_then(Value::as_items).unwrap_or_default();
        all.extend(members.iter().filter_map(Value::as_str).map(|node| ((node, false), "redis/valkey")));
    }
    for (kind, name, serverless) in [("cache_cluster", "cluster_id", false), ("serverless_cache", "name", true)] {
        let caches = among.of(kind).map(|(_, cache)| cache.planned);
        let known = caches.filter_map(|cache| Some((text(cache, name)?, text(cache, "engine")?)));
        all.extend(
            known.map(|(id, engine)| ((id, serverless), if engine == "memcached" { engine } else { "redis/valkey" })),
        );
    }
    all
}

fn no_metric(metric: &str, id: &str, engine: &str, serverless: bool) -> Problem {
    let what = if serverless { "a serverless cache" } else { "a node" };
    let detail =
        format!("\"{id}\" is {what} of {engine}, which reports no {metric}, so the alarm would never have data.");
    let help =
        "Choose a metric of that engine: the user guide lists them for nodes of each, and for serverless caches.";
    let problem = Problem::error("CS0970", "metric_name", "Not a metric of what is watched", detail, help);
    // Of serverless caches the list is not complete.
    if serverless { problem.warning() } else { problem }
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
    let problem = Problem::error(
        "CS0605",
        "dimensions",
        "The alarm watches no node",
        format!(
            "\"{node}\" {what}; ElastiCache reports metrics for nodes only, here {}, so the alarm would never have data.",
            members.join(", ")
        ),
        "Remove the dimension and set `target` to the replication group: that makes an alarm for each of its nodes.",
    );
    // Which nodes there are changes; the id of the group never is one.
    if node == id { problem } else { problem.warning() }
}
