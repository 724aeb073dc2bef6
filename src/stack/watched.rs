//! What an alarm by `target` watches: the nodes of a replication group or of a cluster, or a serverless cache as a whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::Key;
use crate::catalog::metrics;
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
}

/// Names and values of CloudWatch's dimensions.
type Dimensions = Vec<(&'static str, String)>;

/// Something that can be watched.
#[derive(Debug)]
pub struct Target {
    /// Its name.
    id: String,
    members: Vec<Member>,
    /// Whether its members stand in shards.
    sharded: bool,
}

#[derive(Debug)]
struct Member {
    id: String,
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

type Read = fn(&Value) -> Result<Target, Fault>;

/// What can be watched: the attributes that tell it from anything else, and how its members are found.
const SORTS: [(&[&str], Read); 3] = [
    (&["replication_group_id", "member_clusters"], group),
    (&["cluster_id", "num_cache_nodes", "cache_nodes"], cluster),
    (&["name", "cache_usage_limits"], serverless),
];

/// The object, or all of a repeated block.
///
/// # Errors
/// Its members are not known yet. None where it is nothing that can be watched.
pub fn read(value: &Value) -> Option<Result<Vec<Target>, Fault>> {
    let sort = |value: &Value| SORTS.iter().find(|(names, _)| names.iter().all(|name| value.get(name).is_some()));
    let all: Vec<&Value> = match sort(value) {
        Some(_) => vec![value],
        None if value.as_object().is_some() || value.as_items().is_some() => value.children().collect(),
        None => return None,
    };
    let readers: Vec<Read> = all.iter().map(|value| Some(sort(value)?.1)).collect::<Option<_>>()?;
    Some(all.into_iter().zip(readers).map(|(value, read)| read(value)).collect())
}

fn known<'a>(of: &'a Value, name: &str) -> Result<&'a Value, Fault> {
    let value = of.get(name).filter(|value| value.is_wholly_known() && !value.is_null());
    let origin = || of.get(name).and_then(Value::first_unknown).and_then(|unknown| unknown.origin.clone());
    value.ok_or_else(|| Fault::Unknown(origin()))
}

fn text(of: &Value, name: &str) -> Result<String, Fault> {
    Ok(known(of, name)?.as_str().unwrap_or_default().to_owned())
}

fn group(value: &Value) -> Result<Target, Fault> {
    let id = text(value, "replication_group_id")?;
    let members = known(value, "member_clusters")?.as_items().unwrap_or_default();
    let member = |member: &str| {
        let (shard, index) = place(&id, member);
        let dimensions = vec![("CacheClusterId", member.to_owned())];
        Member { id: member.to_owned(), shard: Some(shard), index: Some(index), dimensions }
    };
    let members = members.iter().filter_map(Value::as_str).map(member).collect();
    Ok(Target { id, members, sharded: true })
}

/// Shard and number of a member: of `rg-0002-001` and of `rg-001`, which has one shard.
fn place(group: &str, member: &str) -> (String, i64) {
    let rest = member.strip_prefix(group).unwrap_or(member).trim_start_matches('-');
    match rest.split_once('-') {
        Some((shard, node)) => (shard.to_owned(), node.parse().unwrap_or(0)),
        None => ("0001".to_owned(), rest.parse().unwrap_or(0)),
    }
}

/// Nodes of Memcached are told apart by a number; Redis has one, which the cluster's id alone tells.
fn cluster(value: &Value) -> Result<Target, Fault> {
    let id = text(value, "cluster_id")?;
    let replica = value.get("replication_group_id").is_some_and(|value| value.as_str().is_some());
    if replica || text(value, "engine")? != "memcached" {
        let dimensions = vec![("CacheClusterId", id.clone())];
        let member = Member { id: id.clone(), shard: None, index: Some(1), dimensions };
        return Ok(Target { id, members: vec![member], sharded: false });
    }
    let member = |node: String| Member {
        id: format!("{id}-{node}"),
        shard: None,
        index: node.parse().ok(),
        dimensions: vec![("CacheClusterId", id.clone()), ("CacheNodeId", node)],
    };
    let members = nodes(value)?.into_iter().map(member).collect();
    Ok(Target { id: id.clone(), members, sharded: false })
}

/// The numbers of the nodes that are there, where there are as many as wanted; else those that a new cluster gets.
fn nodes(value: &Value) -> Result<Vec<String>, Fault> {
    let wanted = known(value, "num_cache_nodes")?.as_i64().unwrap_or(0).max(0) as usize;
    let there = value.get("cache_nodes").and_then(Value::as_items).unwrap_or_default();
    let there: Option<Vec<String>> = there.iter().map(|node| Some(node.get("id")?.as_str()?.to_owned())).collect();
    let there = there.filter(|nodes| nodes.len() == wanted);
    Ok(there.unwrap_or_else(|| (1..=wanted).map(|number| format!("{number:04}")).collect()))
}

fn serverless(value: &Value) -> Result<Target, Fault> {
    let id = text(value, "name")?;
    let member = Member { id: id.clone(), shard: None, index: None, dimensions: vec![("clusterId", id.clone())] };
    Ok(Target { id, members: vec![member], sharded: false })
}

/// CloudWatch takes so many metrics in one alarm. Source: CloudWatch user guide, quotas of metric math alarms.
const METRICS_PER_ALARM: usize = 10;

impl Target {
    /// The instances of an alarm: one for each `node` or `shard`, or one for the whole `group`. None for another word.
    pub fn instances(&self, per: &str) -> Option<Result<Vec<Instance>, Fault>> {
        Some(match per {
            "node" => Ok(self.members.iter().map(|member| self.single(member)).collect()),
            "shard" if !self.sharded => {
                let why = format!("`per` is \"shard\", and \"{}\" has no shards", self.id);
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

    fn node(&self, id: &str, shard: Option<&str>, index: Option<i64>) -> Value {
        Value::object(Object::from([
            ("id".into(), Value::string(id)),
            ("group".into(), Value::string(&self.id)),
            ("shard".into(), shard.map_or_else(|| Value::null_of(Type::String), Value::string)),
            ("index".into(), index.map_or_else(|| Value::null_of(Type::Number), Value::int)),
        ]))
    }

    fn single(&self, member: &Member) -> Instance {
        let node = self.node(&member.id, member.shard.as_deref(), member.index);
        let watched = Watched { node, members: vec![member.dimensions.clone()], joined: false };
        Instance { key: Some(Key::Name(member.id.as_str().into())), each: None, watched: Some(watched) }
    }

    /// One alarm over the members of a shard, or over all.
    fn joined(&self, shard: Option<&str>) -> Result<Instance, Fault> {
        let members = self.members.iter().filter(|member| shard.is_none() || member.shard.as_deref() == shard);
        let members: Vec<Dimensions> = members.map(|member| member.dimensions.clone()).collect();
        if members.len() > METRICS_PER_ALARM {
            let (id, count) = (&self.id, members.len());
            let why = format!("{id} has {count} members there, and one alarm takes {METRICS_PER_ALARM} metrics");
            return Err(Fault::Wrong(why, "Use per = \"node\" or per = \"shard\"."));
        }
        let id = shard.map_or_else(|| self.id.clone(), |shard| format!("{}-{shard}", self.id));
        let watched = Watched { node: self.node(&id, shard, None), members, joined: true };
        Ok(Instance { key: Some(Key::Name(id.into())), each: None, watched: Some(watched) })
    }
}

/// Points a desired alarm at what it watches.
pub fn aim(alarm: &mut Object, watched: &Watched) {
    alarm.or_insert_with("namespace".into(), || Value::string(metrics::namespace()));
    if !watched.joined {
        let own = alarm.get("dimensions").cloned().unwrap_or_else(Value::null);
        let mut dimensions = own.as_object().cloned().unwrap_or_default();
        for (name, value) in watched.members.iter().flatten() {
            dimensions.or_insert_with((*name).into(), || Value::string(value));
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
        let dimensions = Value::string_map(member.iter().map(|(name, value)| (*name, value)));
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
