//! How often a block is there: `count`, `for_each`, and the members of an alarm's `target`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::Key;
use crate::catalog::metrics;
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::Expr;
use crate::lang::declare::Resource;
use crate::lang::eval::{Scope, eval};
use crate::stack::evaluator::{Repetition, View};
use crate::value::{Data, Object, Origin, Type, Value};

/// CloudWatch takes so many metrics in one alarm. Source: CloudWatch user guide, quotas of metric math alarms.
const METRICS_PER_ALARM: usize = 10;

/// The most instances of a block, and of all blocks and modules of a stack.
pub const MOST_INSTANCES: usize = 100_000;

/// The instances of a block.
#[derive(Debug)]
pub struct Expansion {
    /// How it is repeated.
    pub repetition: Repetition,
    /// Each instance.
    pub instances: Vec<Instance>,
}

/// One instance of a block.
#[derive(Debug, Clone, Default)]
pub struct Instance {
    /// Its key.
    pub key: Option<Key>,
    /// `each.value`
    pub each: Option<Value>,
    /// What an alarm watches.
    pub watched: Option<Watched>,
}

/// What an alarm with a target watches.
#[derive(Debug, Clone)]
pub struct Watched {
    /// `node` in expressions.
    pub node: Value,
    /// The ids of the members.
    pub members: Vec<String>,
    /// Whether it is one alarm over several members.
    pub joined: bool,
}

/// Expands a block; `None` after an error, which has been reported.
pub fn expand(resource: &Resource, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) -> Option<Expansion> {
    let meta = &resource.meta;
    let result = match &meta.target {
        Some(expr) if meta.count.is_none() && meta.for_each.is_none() => target(expr, meta.per.as_ref(), scope),
        _ => match &meta.lifecycle.enabled {
            Some(expr) => by_truth(expr, scope),
            None => repeat(meta.count.as_ref(), meta.for_each.as_ref(), scope),
        },
    };
    result.map_err(|mut wrong| diagnostics.append(&mut wrong)).ok()
}

/// The instance of one key, without laying out the others; `None` where there is none, or after an error, which has been
/// reported. An apply asks for one instance after the other: what the plan knew of it is as it was.
pub fn expand_one(
    resource: &Resource,
    key: Option<&Key>,
    view: &View,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Instance> {
    if let Some(instance) = view.laid_out(&resource.address, key) {
        return Some(instance);
    }
    if let (Some(expr), None, None, Some(Key::Name(name))) =
        (&resource.meta.for_each, &resource.meta.count, &resource.meta.target, key)
    {
        let value = view.repeated(&resource.address, || known(expr, "for_each", view));
        let value = value.map_err(|mut wrong| diagnostics.append(&mut wrong)).ok()?;
        if let Data::Map(_, items) | Data::Object(items) = &value.data {
            let each = items.get(name)?.clone();
            return Some(Instance { key: key.cloned(), each: Some(each), watched: None });
        }
    }
    let instances = expand(resource, view, diagnostics)?.instances;
    instances.into_iter().find(|instance| instance.key.as_ref() == key)
}

/// `enabled`: once, or not at all.
pub fn by_truth(expr: &Expr, scope: &dyn Scope) -> Result<Expansion, Vec<Diagnostic>> {
    let value = known(expr, "enabled", scope)?;
    let truth = crate::value::convert::convert(&value, &Type::Bool).ok().and_then(|value| value.as_bool());
    let truth = truth.ok_or_else(|| {
        vec![wrong("enabled", "it is neither true nor false", "Write a condition over variables.", expr.span)]
    })?;
    let instances = truth.then(Instance::default).into_iter().collect();
    Ok(Expansion { repetition: Repetition::Once, instances })
}

/// Expands what `count` or `for_each` repeat, and what they do not.
pub fn repeat(count: Option<&Expr>, for_each: Option<&Expr>, scope: &dyn Scope) -> Result<Expansion, Vec<Diagnostic>> {
    match (count, for_each) {
        (Some(expr), _) => by_count(expr, scope),
        (None, Some(expr)) => by_key(expr, scope),
        (None, None) => Ok(Expansion { repetition: Repetition::Once, instances: vec![Instance::default()] }),
    }
}

/// Evaluates an expression that decides how many objects there are.
fn known(expr: &Expr, what: &str, scope: &dyn Scope) -> Result<Value, Vec<Diagnostic>> {
    let value = eval(expr, scope)?;
    if let Data::Unknown(unknown) = &value.data {
        return Err(vec![unknown_count(what, unknown.origin.clone(), expr.span)]);
    }
    if value.is_null() {
        return Err(vec![wrong(
            what,
            "it is null",
            "Write an empty collection, or 0, where there should be none.",
            expr.span,
        )]);
    }
    if value.sensitive {
        let why = "its value is sensitive, and the number and the keys of objects are shown";
        return Err(vec![wrong(what, why, "Use nonsensitive(...) if the keys may be shown.", expr.span)]);
    }
    Ok(value)
}

fn unknown_count(what: &str, about: Option<Arc<Origin>>, span: Span) -> Diagnostic {
    let origin = about.as_ref().map_or_else(
        || "something that is only known after apply".to_owned(),
        |origin| format!("`{origin}`, which is only known after apply"),
    );
    let detail = format!("`{what}` decides how many objects there are, and hangs on {origin}.");
    let diagnostic = Diagnostic::error("CS0411", "Not known at plan time", detail);
    Diagnostic { origin: about, ..diagnostic }.at(span).help(
        "Use names and keys that are written in the stack; ids and endpoints may be used in the attributes of each.",
    )
}

fn wrong(what: &str, why: &str, help: &str, span: Span) -> Diagnostic {
    Diagnostic::error("CS0412", "A wrong repetition", format!("`{what}` cannot be used: {why}.")).at(span).help(help)
}

/// The error for more instances than there may be.
pub fn too_many(what: &str, why: &str, span: Span) -> Diagnostic {
    let detail = format!("`{what}`: {why}; there are at most {MOST_INSTANCES} instances in a stack.");
    Diagnostic::error("CS0368", "Too many modules or instances", detail)
        .at(span)
        .help("Divide the stack, or look for a repetition within a repetition.")
}

fn by_count(expr: &Expr, scope: &dyn Scope) -> Result<Expansion, Vec<Diagnostic>> {
    let value = known(expr, "count", scope)?;
    let number = crate::value::convert::convert(&value, &Type::Number).ok().and_then(|value| value.as_i64());
    if let Some(count) = number.filter(|count| *count > MOST_INSTANCES as i64) {
        return Err(vec![too_many("count", &format!("it is {count}"), expr.span)]);
    }
    let count = number.filter(|count| *count >= 0).ok_or_else(|| {
        vec![wrong(
            "count",
            "it is not a whole number from 0 up",
            "Write a number such as 3, or a condition ? 1 : 0.",
            expr.span,
        )]
    })?;
    let instances = (0..count as u64).map(|index| Instance { key: Some(Key::Index(index)), ..Instance::default() });
    Ok(Expansion { repetition: Repetition::Count, instances: instances.collect() })
}

fn by_key(expr: &Expr, scope: &dyn Scope) -> Result<Expansion, Vec<Diagnostic>> {
    let value = known(expr, "for_each", scope)?;
    if value.children_count() > MOST_INSTANCES {
        return Err(vec![too_many("for_each", &format!("it has {} elements", value.children_count()), expr.span)]);
    }
    let instance = |name: &Arc<str>, value: Value| Instance {
        key: Some(Key::Name(name.clone())),
        each: Some(value),
        watched: None,
    };
    let instances = match &value.data {
        Data::Map(_, items) | Data::Object(items) => {
            items.iter().map(|(name, value)| instance(name, value.clone())).collect()
        }
        Data::Set(_, items) => items
            .iter()
            .map(|item| set_element(item, expr.span).map(|name| instance(&name, item.clone())))
            .collect::<Result<Vec<_>, _>>()?,
        Data::List(..) | Data::Tuple(_) => {
            let why = "it is a list, and a list has no keys that stay the same when it changes";
            return Err(vec![wrong("for_each", why, "Use toset([...]) for texts, or a map.", expr.span)]);
        }
        _ => {
            let why = format!("it is of type {}", value.ty());
            return Err(vec![wrong("for_each", &why, "Give it a map, or a set of texts.", expr.span)]);
        }
    };
    Ok(Expansion { repetition: Repetition::Each, instances })
}

fn set_element(item: &Value, span: Span) -> Result<Arc<str>, Vec<Diagnostic>> {
    match &item.data {
        Data::String(text) => Ok(text.clone()),
        Data::Unknown(unknown) => Err(vec![unknown_count("for_each", unknown.origin.clone(), span)]),
        _ => Err(vec![wrong(
            "for_each",
            "its set has elements that are not texts",
            "Use a map, or a set of texts.",
            span,
        )]),
    }
}

fn target(expr: &Expr, per: Option<&Expr>, scope: &dyn Scope) -> Result<Expansion, Vec<Diagnostic>> {
    let value = known(expr, "target", scope)?;
    let per_value = per.map(|per| known(per, "per", scope)).transpose()?;
    let per_text = per_value.as_ref().map_or(Some("node"), Value::as_str);
    let groups = groups(&value).ok_or_else(|| {
        let why = "it is not a replication group";
        vec![wrong("target", why, "Write `target = replication_group.NAME`, or one of its instances.", expr.span)]
    })?;
    let mut instances = Vec::new();
    for group in groups {
        let (id, members) = members(group, expr.span)?;
        match per_text {
            Some("node") => instances.extend(members.iter().map(|member| node_instance(&id, member))),
            Some("shard") => {
                let shards: BTreeSet<String> = members.iter().map(|member| place(&id, member).0).collect();
                for shard in shards {
                    let of_shard = members.iter().filter(|member| place(&id, member).0 == shard).cloned().collect();
                    instances.push(joined_instance(&id, Some(&shard), of_shard, expr.span)?);
                }
            }
            Some("group") => instances.push(joined_instance(&id, None, members, expr.span)?),
            _ => {
                let span = per.map_or(expr.span, |per| per.span);
                return Err(vec![wrong(
                    "per",
                    "it is none of \"node\", \"shard\" and \"group\"",
                    "Write per = \"node\".",
                    span,
                )]);
            }
        }
    }
    Ok(Expansion { repetition: Repetition::Each, instances })
}

/// One group, or all of a repeated block. Other kinds name a group, too; only a group has members.
fn groups(value: &Value) -> Option<Vec<&Value>> {
    let is_group =
        |value: &Value| ["replication_group_id", "member_clusters"].iter().all(|name| value.get(name).is_some());
    if is_group(value) {
        return Some(vec![value]);
    }
    let all: Vec<&Value> = value.children().collect();
    let good = matches!(value.data, Data::Object(_) | Data::Tuple(_) | Data::Map(..) | Data::List(..))
        && all.iter().all(|group| is_group(group));
    good.then_some(all)
}

fn members(group: &Value, span: Span) -> Result<(String, Vec<String>), Vec<Diagnostic>> {
    let unknown = |name: &str| {
        let origin = group.get(name).and_then(Value::first_unknown).and_then(|unknown| unknown.origin.clone());
        vec![unknown_count("target", origin, span)]
    };
    let id =
        group.get("replication_group_id").and_then(Value::as_str).ok_or_else(|| unknown("replication_group_id"))?;
    let members = group.get("member_clusters").and_then(Value::as_items).ok_or_else(|| unknown("member_clusters"))?;
    let members = members.iter().map(|member| member.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    Ok((id.to_owned(), members.ok_or_else(|| unknown("member_clusters"))?))
}

/// Shard and number of a member: of `rg-0002-001` and of `rg-001`, which has one shard.
fn place(group: &str, member: &str) -> (String, i64) {
    let rest = member.strip_prefix(group).unwrap_or(member).trim_start_matches('-');
    match rest.split_once('-') {
        Some((shard, node)) => (shard.to_owned(), node.parse().unwrap_or(0)),
        None => ("0001".to_owned(), rest.parse().unwrap_or(0)),
    }
}

fn node_instance(group: &str, member: &str) -> Instance {
    let (shard, index) = place(group, member);
    let node = Object::from([
        ("id".into(), Value::string(member)),
        ("group".into(), Value::string(group)),
        ("shard".into(), Value::string(shard)),
        ("index".into(), Value::int(index)),
    ]);
    let watched = Watched { node: Value::object(node), members: vec![member.to_owned()], joined: false };
    Instance { key: Some(Key::Name(member.into())), each: None, watched: Some(watched) }
}

fn joined_instance(
    group: &str,
    shard: Option<&str>,
    members: Vec<String>,
    span: Span,
) -> Result<Instance, Vec<Diagnostic>> {
    if members.len() > METRICS_PER_ALARM {
        let why =
            format!("{group} has {} members there, and one alarm takes {METRICS_PER_ALARM} metrics", members.len());
        return Err(vec![wrong("target", &why, "Use per = \"node\" or per = \"shard\".", span)]);
    }
    let id = shard.map_or_else(|| group.to_owned(), |shard| format!("{group}-{shard}"));
    let node = Object::from([
        ("id".into(), Value::string(&id)),
        ("group".into(), Value::string(group)),
        ("shard".into(), shard.map_or_else(|| Value::null_of(Type::String), Value::string)),
        ("index".into(), Value::null_of(Type::Number)),
    ]);
    let watched = Watched { node: Value::object(node), members, joined: true };
    Ok(Instance { key: Some(Key::Name(id.into())), each: None, watched: Some(watched) })
}

/// Points a desired alarm at what it watches.
pub fn aim(alarm: &mut Object, watched: &Watched) {
    alarm.or_insert_with("namespace".into(), || Value::string(metrics::namespace()));
    if !watched.joined {
        let own = alarm.get("dimensions").cloned().unwrap_or_else(Value::null);
        let mut dimensions = own.as_object().cloned().unwrap_or_default();
        for member in &watched.members {
            dimensions.or_insert_with("CacheClusterId".into(), || Value::string(member));
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
    let query = |id: String, expression: Value, metric: Value| query_block(&id, expression, metric);
    let mut queries = Vec::new();
    for (at, member) in watched.members.iter().enumerate() {
        let dimensions = Value::string_map([("CacheClusterId", member)]);
        let one = Object::from([
            ("metric_name".into(), metric.clone()),
            ("namespace".into(), namespace.clone()),
            ("period".into(), period.clone()),
            ("stat".into(), stat.clone()),
            ("unit".into(), if unit.is_null() { Value::null_of(Type::String) } else { unit.clone() }),
            ("dimensions".into(), dimensions),
        ]);
        queries.push(query(format!("m{}", at + 1), Value::null_of(Type::String), Value::object(one)));
    }
    // An alarm below a threshold must hear of the lowest member, any other of the highest.
    let below =
        alarm.get("comparison_operator").and_then(Value::as_str).is_some_and(|text| text.starts_with("LessThan"));
    let expression = format!("{}(METRICS())", if below { "MIN" } else { "MAX" });
    queries.push(query("all".to_owned(), Value::string(expression), Value::null()));
    alarm.insert("metric_query".into(), Value::set(Type::Any, queries));
}

fn query_block(id: &str, expression: Value, metric: Value) -> Value {
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
