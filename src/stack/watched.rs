//! What an alarm by `target` watches: the nodes of a replication group or of a cluster, or a serverless cache as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Key;
use crate::catalog::{metrics, nodes};
use crate::stack::target::Instance;
use crate::value::{Object, Origin, Type, Value};

/// What an alarm with a target watches.
#[derive(Debug, Clone)]
pub struct Watched {
    /// `node` in expressions.
    pub node: Value,
    /// What tells the metrics of each member.
    pub members: Vec<Dimensions>,
    /// Whether it is one alarm over several members.
    pub joined: bool,
    /// `each` or `count`, where the block is repeated beside its target.
    pub outer: Object,
}

/// Names and values of CloudWatch's dimensions.
type Dimensions = Vec<(&'static str, Value)>;

/// Something that can be watched.
#[derive(Debug)]
pub struct Target {
    /// Its name.
    id: Value,
    members: Vec<Member>,
    /// Whether its members stand in shards.
    sharded: bool,
    /// Whether instances are called by numbers.
    numbered: bool,
    /// What decides thresholds: engine, node type and its processors.
    sort: [(&'static str, Value); 3],
}

#[derive(Debug)]
struct Member {
    id: Value,
    /// What tells it from the others of its target.
    number: String,
    shard: Option<String>,
    index: Option<i64>,
    dimensions: Dimensions,
}

/// Why nothing is laid out.
#[derive(Debug)]
pub enum Fault {
    /// It is not known yet, and what it hangs on.
    Unknown(Option<Arc<Origin>>),
    /// A sentence, and what helps.
    Wrong(String, &'static str),
}

type Read = fn(&Value, bool) -> Result<Target, Fault>;

/// What can be watched: the attributes that tell it from anything else, and how its members are found.
const SORTS: [(&[&str], Read); 3] = [
    (&["replication_group_id", "member_clusters"], group),
    (&["cluster_id", "num_cache_nodes", "cache_nodes"], cluster),
    (&["name", "cache_usage_limits"], serverless),
];

/// The object, or all of a repeated block; `numbered` where instances are to be called by the numbers of members, which
/// are known before their ids.
///
/// # Errors
/// Its members are not known yet. None where it is nothing that can be watched.
pub fn read(value: &Value, numbered: bool) -> Option<Result<Vec<Target>, Fault>> {
    let sort = |value: &Value| SORTS.iter().find(|(names, _)| names.iter().all(|name| value.get(name).is_some()));
    let all: Vec<&Value> = match sort(value) {
        Some(_) => vec![value],
        None if value.as_object().is_some() || value.as_items().is_some() => value.children().collect(),
        None => return None,
    };
    let readers: Vec<Read> = all.iter().map(|value| Some(sort(value)?.1)).collect::<Option<_>>()?;
    Some(all.into_iter().zip(readers).map(|(value, read)| read(value, numbered)).collect())
}

fn known<'a>(of: &'a Value, name: &str) -> Result<&'a Value, Fault> {
    let value = of.get(name).filter(|value| value.is_wholly_known() && !value.is_null());
    let origin = || of.get(name).and_then(Value::first_unknown).and_then(|unknown| unknown.origin.clone());
    value.ok_or_else(|| Fault::Unknown(origin()))
}

fn text(of: &Value, name: &str) -> Result<String, Fault> {
    Ok(known(of, name)?.as_str().unwrap_or_default().to_owned())
}

fn of(value: &Value, name: &str) -> Value {
    value.get(name).cloned().unwrap_or_else(|| Value::unknown(Type::String, None))
}

/// What decides thresholds.
fn sort(value: &Value) -> [(&'static str, Value); 3] {
    let node_type = value.get("node_type").cloned().unwrap_or_else(|| Value::null_of(Type::String));
    let vcpu = match node_type.as_str() {
        _ if node_type.is_unknown() => Value::unknown(Type::Number, None),
        name => {
            let vcpu = name.and_then(nodes::get).and_then(|node| node.vcpu);
            let vcpu = vcpu.map_or_else(|| Value::null_of(Type::Number), |vcpu| Value::int(vcpu.into()));
            vcpu.with_mark(node_type.sensitive)
        }
    };
    [("engine", of(value, "engine")), ("node_type", node_type), ("vcpu", vcpu)]
}

fn group(value: &Value, numbered: bool) -> Result<Target, Fault> {
    let id = of(value, "replication_group_id");
    if !numbered {
        text(value, "replication_group_id")?;
    }
    let members = match (known(value, "member_clusters"), id.as_str()) {
        (Ok(members), Some(id)) => {
            let members = members.as_items().unwrap_or_default().iter().filter_map(Value::as_str);
            members.map(|member| group_member(Value::string(member), place(id, member))).collect()
        }
        // What is there keeps its names, also while those that will come are not known.
        (Err(fault), id) if !numbered || id.is_some() => return Err(fault),
        _ => numbers(value)?.into_iter().map(|place| group_member(Value::unknown(Type::String, None), place)).collect(),
    };
    Ok(Target { id, members, sharded: true, numbered, sort: sort(value) })
}

fn group_member(id: Value, (shard, index, number): (String, i64, String)) -> Member {
    let dimensions = vec![("CacheClusterId", id.clone())];
    Member { id, number, shard: Some(shard), index: Some(index), dimensions }
}

/// Where the members of a group will be whose id is not known yet.
fn numbers(value: &Value) -> Result<Vec<(String, i64, String)>, Fault> {
    let count = |name: &str| Ok(known(value, name)?.as_i64().unwrap_or(0));
    let (shards, replicas) = (count("num_node_groups")?, count("replicas_per_node_group")?);
    let cluster = known(value, "cluster_enabled")?.as_bool() == Some(true);
    let places = (1..=shards).flat_map(|shard| (1..=replicas + 1).map(move |node| (shard, node)));
    let number = |(shard, node): (i64, i64)| {
        let number = if cluster { format!("{shard:04}-{node:03}") } else { format!("{node:03}") };
        (format!("{shard:04}"), node, number)
    };
    Ok(places.map(number).collect())
}

/// Shard, number in it, and both, of a member: of `rg-0002-001` and of `rg-001`, which has one shard.
fn place(group: &str, member: &str) -> (String, i64, String) {
    let rest = member.strip_prefix(group).unwrap_or(member).trim_start_matches('-');
    let (shard, node) = rest.split_once('-').unwrap_or(("0001", rest));
    (shard.to_owned(), node.parse().unwrap_or(0), rest.to_owned())
}

/// Nodes of Memcached are told apart by a number; Redis has one, which the cluster's id alone tells.
fn cluster(value: &Value, numbered: bool) -> Result<Target, Fault> {
    let id = of(value, "cluster_id");
    if !numbered {
        text(value, "cluster_id")?;
    }
    let made = |members| Target { id: id.clone(), members, sharded: false, numbered, sort: sort(value) };
    let replica = value.get("replication_group_id").is_some_and(|value| value.as_str().is_some());
    if replica || text(value, "engine")? != "memcached" {
        let dimensions = vec![("CacheClusterId", id.clone())];
        let member = Member { id: id.clone(), number: "0001".to_owned(), shard: None, index: Some(1), dimensions };
        return Ok(made(vec![member]));
    }
    let name = |node: &str| match id.as_str() {
        Some(id) => Value::string(format!("{id}-{node}")),
        None => id.clone(),
    };
    let member = |node: String| Member {
        id: name(&node),
        shard: None,
        index: node.parse().ok(),
        dimensions: vec![("CacheClusterId", id.clone()), ("CacheNodeId", Value::string(&node))],
        number: node,
    };
    Ok(made(node_numbers(value)?.into_iter().map(member).collect()))
}

/// The numbers of the nodes that are there, where there are as many as wanted, or until the window that a change waits for;
/// else those that a new cluster gets.
fn node_numbers(value: &Value) -> Result<Vec<String>, Fault> {
    let wanted = known(value, "num_cache_nodes")?.as_i64().unwrap_or(0).max(0) as usize;
    let there = value.get("cache_nodes").and_then(Value::as_items).unwrap_or_default();
    let there: Option<Vec<String>> = there.iter().map(|node| Some(node.get("id")?.as_str()?.to_owned())).collect();
    let waits = value.get("apply_immediately").and_then(Value::as_bool) == Some(false);
    let there = there.filter(|nodes| nodes.len() == wanted || waits && !nodes.is_empty());
    Ok(there.unwrap_or_else(|| (1..=wanted).map(|number| format!("{number:04}")).collect()))
}

fn serverless(value: &Value, numbered: bool) -> Result<Target, Fault> {
    let id = of(value, "name");
    if !numbered {
        text(value, "name")?;
    }
    let dimensions = vec![("clusterId", id.clone())];
    let member = Member { id: id.clone(), number: "all".to_owned(), shard: None, index: None, dimensions };
    Ok(Target { id, members: vec![member], sharded: false, numbered, sort: sort(value) })
}

/// CloudWatch takes so many metrics in one alarm. Source: CloudWatch user guide, quotas of metric math alarms.
const METRICS_PER_ALARM: usize = 10;

impl Target {
    /// The instances of an alarm: one for each `node` (called by its `number`) or `shard`, or one for the whole `group`.
    /// None for another word.
    pub fn instances(&self, per: &str) -> Option<Result<Vec<Instance>, Fault>> {
        Some(match per {
            "node" | "number" => Ok(self.members.iter().map(|member| self.single(member)).collect()),
            "shard" if !self.sharded => {
                let why = format!("`per` is \"shard\", and \"{}\" has no shards", self.id.as_str().unwrap_or_default());
                Err(Fault::Wrong(why, "Use per = \"node\" or per = \"group\"."))
            }
            "shard" => {
                let shards: BTreeSet<Option<&str>> =
                    self.members.iter().map(|member| member.shard.as_deref()).collect();
                shards.into_iter().map(|shard| self.joined(shard)).collect()
            }
            "group" if self.members.len() == 1 && !self.sharded => Ok(vec![self.single(&self.members[0])]),
            "group" => self.joined(None).map(|instance| vec![instance]),
            _ => return None,
        })
    }

    /// How many members a shard has, or the poorest of all.
    fn fewest(&self, shard: Option<&str>) -> usize {
        let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        for member in self.members.iter().filter(|member| shard.is_none() || member.shard.as_deref() == shard) {
            *counts.entry(member.shard.as_deref()).or_default() += 1;
        }
        counts.into_values().min().unwrap_or(0)
    }

    fn node(&self, id: Value, shard: Option<&str>, index: Option<i64>) -> Value {
        let mut members = Object::from([
            ("id".into(), id),
            ("group".into(), self.id.clone()),
            ("shard".into(), shard.map_or_else(|| Value::null_of(Type::String), Value::string)),
            ("index".into(), index.map_or_else(|| Value::null_of(Type::Number), Value::int)),
            ("replicas".into(), Value::bool(self.sharded && self.fewest(shard) > 1)),
        ]);
        members.extend(self.sort.iter().map(|(name, value)| ((*name).into(), value.clone())));
        Value::object(members)
    }

    fn instance(&self, number: &str, node: Value, members: Vec<Dimensions>, joined: bool) -> Instance {
        let id = node.get("id").and_then(Value::as_str).filter(|_| !self.numbered).unwrap_or(number);
        let key = Some(Key::Name(id.into()));
        Instance { key, each: None, watched: Some(Watched { node, members, joined, outer: Object::new() }) }
    }

    fn single(&self, member: &Member) -> Instance {
        let node = self.node(member.id.clone(), member.shard.as_deref(), member.index);
        self.instance(&member.number, node, vec![member.dimensions.clone()], false)
    }

    /// One alarm over the members of a shard, or over all.
    fn joined(&self, shard: Option<&str>) -> Result<Instance, Fault> {
        let members = self.members.iter().filter(|member| shard.is_none() || member.shard.as_deref() == shard);
        let members: Vec<Dimensions> = members.map(|member| member.dimensions.clone()).collect();
        if members.len() > METRICS_PER_ALARM {
            let (id, count) = (self.id.as_str().unwrap_or("the group"), members.len());
            let why = format!("{id} has {count} members there, and one alarm takes {METRICS_PER_ALARM} metrics");
            return Err(Fault::Wrong(why, "Use per = \"node\" or per = \"shard\"."));
        }
        let id = match (self.id.as_str(), shard) {
            (Some(id), Some(shard)) => Value::string(format!("{id}-{shard}")),
            _ => self.id.clone(),
        };
        Ok(self.instance(shard.unwrap_or("all"), self.node(id, shard, None), members, true))
    }
}

/// The dimension in which a desired alarm names something else than its target: then it watches that instead. Of several
/// metrics one may well be of another node.
pub fn strays(alarm: &Object, watched: &Watched) -> Option<&'static str> {
    let queries = alarm.get("metric_query").and_then(Value::as_items).unwrap_or_default();
    let metrics = queries.iter().filter_map(|query| query.get("metric")?.as_items()?.first()?.as_object());
    let ours = |it: &&Object| {
        let namespace = it.get("namespace").filter(|namespace| !namespace.is_null());
        namespace.is_none_or(|namespace| namespace.as_str() == Some(metrics::namespace()))
    };
    let all: Vec<&Object> = if queries.is_empty() { vec![alarm] } else { metrics.filter(ours).collect() };
    let stray = |one: &Object| {
        let own = one.get("dimensions")?;
        let other = |(name, value): &&(&'static str, Value)| {
            let both = own.get(name).and_then(Value::as_str).zip(value.as_str());
            both.is_some_and(|(own, given)| own != given)
        };
        let strays = watched.members.iter().map(|member| member.iter().find(other).map(|(name, _)| *name));
        strays.collect::<Option<Vec<_>>>()?.first().copied()
    };
    let strays: Vec<&'static str> = all.iter().map(|one| stray(one)).collect::<Option<_>>()?;
    strays.first().copied()
}

/// Points a desired alarm at what it watches.
pub fn aim(alarm: &mut Object, watched: &Watched) {
    let queries = alarm.get("metric_query").filter(|queries| queries.as_items().is_some_and(|all| !all.is_empty()));
    if let Some(queries) = queries.filter(|_| !watched.joined) {
        let queries = aimed(queries, &watched.members[0]);
        alarm.insert("metric_query".into(), queries);
        return;
    }
    alarm.or_insert_with("namespace".into(), || Value::string(metrics::namespace()));
    if !watched.joined {
        let own = alarm.get("dimensions").cloned().unwrap_or_else(Value::null);
        let mut dimensions = own.as_object().cloned().unwrap_or_default();
        for (name, value) in watched.members.iter().flatten() {
            dimensions.or_insert_with((*name).into(), || value.clone());
        }
        alarm.insert("dimensions".into(), Value::map(Type::String, dimensions).with_mark(own.sensitive));
        return;
    }
    let mut take = |name: &str| alarm.remove(name).unwrap_or_else(Value::null);
    let [metric, namespace, period, unit] = ["metric_name", "namespace", "period", "unit"].map(&mut take);
    let statistic = take("statistic");
    let extended = take("extended_statistic");
    let stat = if statistic.is_null() { extended } else { statistic };
    take("dimensions");
    let mut queries = Vec::new();
    for (at, member) in watched.members.iter().enumerate() {
        let dimensions = member.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        let dimensions = Value::map(Type::String, dimensions);
        let one = Object::from([
            ("metric_name".into(), metric.clone()),
            ("namespace".into(), namespace.clone()),
            ("period".into(), period.clone()),
            ("stat".into(), stat.clone()),
            ("unit".into(), if unit.is_null() { Value::null_of(Type::String) } else { unit.clone() }),
            ("dimensions".into(), dimensions),
        ]);
        queries.push(query(&format!("m{}", at + 1), Value::null_of(Type::String), Value::object(one)));
    }
    // An alarm below a threshold must hear of the lowest member, any other of the highest.
    let below =
        alarm.get("comparison_operator").and_then(Value::as_str).is_some_and(|text| text.starts_with("LessThan"));
    let expression = format!("{}(METRICS())", if below { "MIN" } else { "MAX" });
    queries.push(query("all", Value::string(expression), Value::null()));
    alarm.insert("metric_query".into(), Value::set(Type::Any, queries));
}

/// Queries whose metrics of ElastiCache are those of one member.
fn aimed(queries: &Value, member: &Dimensions) -> Value {
    let metric = |metric: &Value| {
        let mut parts = metric.as_object().cloned().unwrap_or_default();
        let namespace = parts.get("namespace").filter(|namespace| !namespace.is_null());
        if namespace.is_some_and(|namespace| namespace.as_str() != Some(metrics::namespace())) {
            return metric.clone();
        }
        parts.insert("namespace".into(), Value::string(metrics::namespace()));
        let mut dimensions = parts.get("dimensions").and_then(Value::as_object).cloned().unwrap_or_default();
        for (name, value) in member {
            dimensions.or_insert_with((*name).into(), || value.clone());
        }
        parts.insert("dimensions".into(), Value::map(Type::String, dimensions));
        Value::object(parts)
    };
    let query = |query: &Value| {
        let mut parts = query.as_object().cloned().unwrap_or_default();
        let metrics: Option<Vec<Value>> =
            parts.get("metric").and_then(Value::as_items).map(|items| items.iter().map(metric).collect());
        if let Some(metrics) = metrics.filter(|metrics| !metrics.is_empty()) {
            parts.insert("metric".into(), Value::list(metrics[0].ty(), metrics));
        }
        Value::object(parts)
    };
    let all = queries.as_items().unwrap_or_default().iter().map(query).collect();
    Value::set(Type::Any, all).with_mark(queries.sensitive)
}

fn query(id: &str, expression: Value, metric: Value) -> Value {
    let watched = !expression.is_null();
    let ty = metric.ty();
    let metrics = if metric.is_null() { Value::null() } else { Value::list(ty, vec![metric]) };
    Value::object(Object::from([
        ("id".into(), Value::string(id)),
        ("account_id".into(), Value::null_of(Type::String)),
        ("expression".into(), expression),
        ("label".into(), Value::null_of(Type::String)),
        ("period".into(), Value::null_of(Type::Number)),
        ("return_data".into(), Value::bool(watched)),
        ("metric".into(), metrics),
    ]))
}
