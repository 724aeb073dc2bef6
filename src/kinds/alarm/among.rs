//! Rules between an alarm and the nodes that it watches.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, ModulePath};
use crate::catalog::metrics;
use crate::kind::{Among, Neighbour, Problem};
use crate::kinds::alarm::cache::is_node_id;
use crate::kinds::alarm::{STANDARD, STANDARD_ALARMS};
use crate::kinds::upkeep;
use crate::value::{Object, Value, text};

/// An alarm on the id of a group, or on a node that is not there, never gets a datapoint.
pub(super) fn check<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let there = There::read(among);
    let aimless = |(address, alarm): (&'a Address, Neighbour<'a>)| {
        let found = said(alarm.planned).into_iter().find_map(|one| Some(one.place(there.aimless(&one)?)))?;
        Some((address, found))
    };
    among.of("alarm").filter_map(aimless).collect()
}

/// What is declared and reports metrics.
struct There<'a> {
    /// The ids of groups, and those of their nodes.
    groups: BTreeMap<&'a str, Vec<&'a str>>,
    /// The nodes of all groups.
    members: BTreeSet<&'a str>,
    /// The clusters by their ids.
    clusters: BTreeMap<&'a str, &'a Object>,
    serverless: BTreeSet<&'a str>,
}

impl<'a> There<'a> {
    fn read(among: &Among<'a>) -> Self {
        let named = |kind, name| among.of(kind).filter_map(move |(_, it)| Some((text(it.planned, name)?, it.planned)));
        let groups: BTreeMap<_, _> = among.declared.values().filter_map(|one| members(one.planned)).collect();
        Self {
            members: groups.values().flatten().copied().collect(),
            groups,
            clusters: named("cache_cluster", "cluster_id").collect(),
            serverless: named("serverless_cache", "name").map(|(name, _)| name).collect(),
        }
    }

    /// Why nothing is reported with these dimensions, as far as it is declared what there is.
    fn aimless(&self, one: &Said) -> Option<Problem> {
        let text = |name: &str| one.dimensions.get(name).and_then(Value::as_str);
        if let Some(name) = text("clusterId").filter(|name| !self.serverless.contains(name)) {
            let what = match (self.groups.contains_key(name), self.clusters.contains_key(name)) {
                (true, _) => "a replication group, whose nodes report by CacheClusterId",
                (_, true) => "a cluster, which reports by CacheClusterId",
                _ => return None,
            };
            return Some(no_data(format!("\"{name}\" is {what}"), "Set `target` to it instead of the dimension."));
        }
        let id = text("CacheClusterId")?;
        // What is no id of a node at all is told of the alarm alone.
        let node = text("CacheNodeId").filter(|node| is_node_id(node));
        if let Some(cluster) = self.clusters.get(id) {
            let nodes = nodes(cluster)?;
            let node = node.filter(|node| !nodes.iter().any(|known| known == node))?;
            let why = format!("\"{id}\" has the nodes {}, and no \"{node}\"", nodes.join(", "));
            return Some(no_data(why, "Write the number of a node; or set `target` to the cluster.").warning());
        }
        if self.members.contains(id) {
            let node = node.filter(|node| *node != "0001")?;
            let why = format!("The one node of \"{id}\" is called 0001, and not \"{node}\"");
            return Some(no_data(why, "Leave CacheNodeId out."));
        }
        if let Some(members) = group_of(id, &self.groups) {
            return Some(no_node(id, members));
        }
        if self.serverless.contains(id) {
            let why = format!("\"{id}\" is a serverless cache, which reports by clusterId");
            return Some(no_data(why, "Write clusterId; or set `target` to the cache instead of the dimension."));
        }
        let (cluster, number) = id.rsplit_once('-')?;
        let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (numbered && self.clusters.contains_key(cluster)).then(|| {
            let why = format!("\"{id}\" is no cluster, and the nodes of \"{cluster}\" are told apart by CacheNodeId");
            no_data(why, "Write CacheClusterId with the id of the cluster; or set `target` to it.").warning()
        })
    }
}

/// The numbers of the nodes that are there, where there are as many as are wanted, or until the window that a change waits
/// for; else those that a new cluster gets.
fn nodes(cluster: &Object) -> Option<Vec<String>> {
    let wanted = match text(cluster, "engine") {
        Some("memcached") => usize::try_from(cluster.get("num_cache_nodes")?.as_i64()?).ok()?,
        _ => 1,
    };
    let there = cluster.get("cache_nodes").and_then(Value::as_items).unwrap_or_default();
    let ids: Option<Vec<String>> = there.iter().map(|node| Some(node.get("id")?.as_str()?.to_owned())).collect();
    let numbered = || (1..=wanted).map(|number| format!("{number:04}")).collect();
    let waits = upkeep::is_patient(cluster);
    Some(ids.filter(|ids| ids.len() == wanted || waits && !ids.is_empty()).unwrap_or_else(numbered))
}

fn no_data(why: String, help: &str) -> Problem {
    let detail = format!("{why}, so the alarm would never have data.");
    Problem::error("CS0605", "dimensions", "The alarm watches no node", detail, help)
}

/// An alarm on a metric that what it watches does not report never gets a datapoint, either.
pub(super) fn metrics<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let (watched, there) = (engines(among), There::read(among));
    let of = |(address, alarm): (&'a Address, Neighbour<'a>)| {
        let wrong = |one: Said<'a>| {
            let (id, serverless) = match (one.dimensions.get("CacheClusterId"), one.dimensions.get("clusterId")) {
                (Some(id), _) => (id.as_str()?, false),
                (None, id) => (id?.as_str()?, true),
            };
            let Some(engine) = watched.get(&(id, serverless)) else {
                // That such a cache is no node is a mistake of its own.
                let told = serverless || there.serverless.contains(id) || !metrics::is_of_serverless(one.metric);
                return (!told).then(|| (address, one.place(only_serverless(one.metric))));
            };
            (!metrics::is_reported(one.metric, engine, serverless))
                .then(|| (address, one.place(no_metric(one.metric, id, engine, serverless))))
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
    let mut watching: BTreeMap<&str, &Address> = BTreeMap::new();
    for (address, alarm) in among.of("alarm") {
        let nodes = said(alarm.planned).into_iter().filter_map(|one| one.dimensions.get("CacheClusterId")?.as_str());
        nodes.for_each(|node| {
            watching.entry(node).or_insert(address);
        });
    }
    let problem = |(id, nodes): (&str, Vec<&str>)| {
        let address = *watching.get(nodes[0])?;
        if nodes[1..].iter().any(|node| watching.contains_key(node)) {
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
    let kinds = ["replication_group", "cache_cluster", "serverless_cache"];
    let caches =
        kinds.into_iter().flat_map(|kind| among.of(kind)).map(|(cache, _)| ((&cache.module, &*cache.name), cache));
    let caches: BTreeMap<(&ModulePath, &str), &Address> = caches.collect();
    // An alarm that came with the block of a cache (`alarms`) has the name of that before its own.
    let brought_by = |alarm: &Address, object: &Object| {
        let (cache, own) = alarm.name.rsplit_once('_')?;
        let described = text(object, "alarm_description").map(|text| format!("{text:?}"));
        described.filter(|text| STANDARD.contains(&**text))?;
        caches.get(&(&alarm.module, cache)).filter(|_| STANDARD_ALARMS.contains(&own)).map(|cache| cache.block())
    };
    let of = |(address, alarm): (&'a Address, Neighbour<'a>)| {
        let acts = |name: &&str| {
            let value = alarm.planned.get(name).filter(|value| !value.is_null());
            value.is_some_and(|value| value.as_items().is_none_or(|items| !items.is_empty()))
        };
        (!ACTIONS.iter().any(acts) && !is_part(alarm.planned)).then(|| {
            let detail = "The alarm has no action, so that nobody is told of it.";
            let help = match brought_by(address, alarm.planned) {
                Some(cache) => format!("Say whom to tell in the block of `{cache}`: alarms {{ actions = [\"arn:aws:sns:...\"] }}, the ARN of an SNS topic for instance."),
                None => "Set alarm_actions to the ARN of an SNS topic, for instance; or name it in a composite alarm.".to_owned(),
            };
            (address, Problem::error("CS1027", "alarm_actions", "An alarm that nobody hears", detail, help).warning())
        })
    };
    among.of("alarm").filter_map(of).collect()
}

/// A lag is that of a replica: the first node of a group is its primary when it is made, and a single node has none.
pub(super) fn lag_of_primary<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let objects = among.declared.values().map(|one| one.planned);
    let groups: Vec<Vec<&str>> = objects.filter_map(members).map(|(_, nodes)| nodes).collect();
    let mut primaries: BTreeMap<&str, bool> =
        groups.iter().filter_map(|nodes| Some((*nodes.first()?, nodes.len() == 1))).collect();
    // Where all nodes are watched, by one alarm or by several, there is one for each that may lag some day.
    let lagging = |alarm: Neighbour<'a>| said(alarm.planned).into_iter().filter(|one| one.metric == "ReplicationLag");
    let watched = among.of("alarm").flat_map(|(_, alarm)| lagging(alarm).collect::<Vec<_>>());
    let watched: BTreeSet<&str> = watched.filter_map(|one| one.dimensions.get("CacheClusterId")?.as_str()).collect();
    for nodes in groups.iter().filter(|nodes| nodes.len() > 1 && nodes.iter().all(|node| watched.contains(node))) {
        primaries.remove(nodes[0]);
    }
    let clusters = among.of("cache_cluster").map(|(_, cluster)| cluster.planned);
    let single = clusters.filter(|cluster| cluster.get("replication_group_id").is_none_or(Value::is_null));
    primaries.extend(single.filter_map(|cluster| Some((text(cluster, "cluster_id")?, true))));
    let of = |(address, alarm): (&'a Address, Neighbour<'a>)| {
        let lags: Vec<Said> = said(alarm.planned).into_iter().filter(|one| one.metric == "ReplicationLag").collect();
        let nodes: Vec<&str> = lags.iter().filter_map(|one| one.dimensions.get("CacheClusterId")?.as_str()).collect();
        let (node, lag) = nodes.first().zip(lags.first())?;
        let written = alarm.written.get("dimensions").is_some() || alarm.written.get("metric_query").is_some();
        // Beside replicas a primary does no harm: after a failover it is one.
        (written && nodes.iter().all(|node| primaries.contains_key(node))).then(|| {
            let (detail, help) = match primaries.get(node) {
                Some(true) => (format!("\"{node}\" has no replica, and only replicas lag."), "Take the alarm out."),
                _ => {
                    let why = "is the primary of its group until it fails over, and only replicas lag.";
                    (format!("\"{node}\" {why}"), "Watch the replicas.")
                }
            };
            let problem = Problem::error("CS1057", "dimensions", "The lag of a primary", detail, help).warning();
            (address, lag.place(problem))
        })
    };
    among.of("alarm").filter_map(of).collect()
}

/// A metric of ElastiCache that an alarm is about.
struct Said<'a> {
    metric: &'a str,
    dimensions: &'a Value,
    /// The id of the query that it is of, where the alarm has queries.
    query: Option<&'a str>,
}

impl Said<'_> {
    /// A problem at the place where it is said.
    fn place(&self, problem: Problem) -> Problem {
        match self.query {
            Some(id) => problem.within("metric_query", id),
            None => problem,
        }
    }
}

/// Each metric of ElastiCache that an alarm is about.
fn said(alarm: &Object) -> Vec<Said<'_>> {
    let queries = alarm.get("metric_query").and_then(Value::as_items).unwrap_or_default();
    let metric = |query| Value::get(query, "metric")?.as_items()?.first()?.as_object();
    let queried = queries.iter().filter_map(|query| Some((metric(query)?, Some(query.get("id")?.as_str()?))));
    let of_cache = |it: &Object| text(it, "namespace") == Some(metrics::namespace());
    let all = std::iter::once((alarm, None)).chain(queried).filter(|(one, _)| of_cache(one));
    let read = |(one, query): (_, _)| {
        Some(Said { metric: text(one, "metric_name")?, dimensions: Object::get(one, "dimensions")?, query })
    };
    all.filter_map(read).collect()
}

/// The engines of what can be watched, by node or serverless cache.
fn engines<'a>(among: &Among<'a>) -> BTreeMap<(&'a str, bool), &'a str> {
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

fn only_serverless(metric: &str) -> Problem {
    let detail = format!("Only serverless caches report {metric}, and that by clusterId.");
    let help = "Write clusterId, with the name of a serverless cache; or choose a metric of nodes.";
    Problem::error("CS0970", "metric_name", "Not a metric of what is watched", detail, help).warning()
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
