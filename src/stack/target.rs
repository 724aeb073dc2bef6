//! How often a block is there: `count`, `for_each`, and the members of an alarm's `target`.

use std::sync::Arc;

use crate::address::Key;
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::Expr;
use crate::lang::declare::Resource;
use crate::lang::eval::{Bindings, Scope, eval};
use crate::stack::desired::bindings;
use crate::stack::evaluator::{Repetition, View};
use crate::stack::watched::{self, Fault, Watched};
use crate::value::{Data, Origin, Type, Value};

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

impl Instance {
    /// Whether all that it stands for is known.
    pub fn is_wholly_known(&self) -> bool {
        let watched = self.watched.iter().flat_map(|watched| watched.outer.values().chain([&watched.node]));
        self.each.iter().chain(watched).all(Value::is_wholly_known)
    }
}

/// Expands a block; `None` after an error, which has been reported.
pub fn expand(resource: &Resource, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) -> Option<Expansion> {
    let meta = &resource.meta;
    let result = match &meta.target {
        Some(expr) => aimed(resource, expr, scope),
        None => match &meta.lifecycle.enabled {
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
    let instances = truth(expr, scope)?.then(Instance::default).into_iter().collect();
    Ok(Expansion { repetition: Repetition::Once, instances })
}

fn truth(expr: &Expr, scope: &dyn Scope) -> Result<bool, Vec<Diagnostic>> {
    let value = known(expr, "enabled", scope)?;
    let truth = crate::value::convert::convert(&value, &Type::Bool).ok().and_then(|value| value.as_bool());
    truth.ok_or_else(|| {
        vec![wrong("enabled", "it is neither true nor false", "Write a condition over variables.", expr.span)]
    })
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

/// The members of a target, for each element of a repetition beside it, as far as they are `enabled`.
fn aimed(resource: &Resource, expr: &Expr, scope: &dyn Scope) -> Result<Expansion, Vec<Diagnostic>> {
    let meta = &resource.meta;
    let mut instances = Vec::new();
    for outer in repeat(meta.count.as_ref(), meta.for_each.as_ref(), scope)?.instances {
        let names = bindings(outer.key.as_ref(), outer.each.as_ref(), None);
        let outer_scope = Bindings { parent: scope, names: names.clone() };
        for mut instance in target(resource, expr, &outer_scope)? {
            if let Some(watched) = &mut instance.watched {
                watched.outer = names.clone();
            }
            let inner = bindings(None, None, instance.watched.as_ref());
            let enabled = meta.lifecycle.enabled.as_ref();
            let enabled = enabled.map(|expr| truth(expr, &Bindings { parent: scope, names: inner })).transpose()?;
            instance.key = joined(outer.key.as_ref(), instance.key);
            instances.extend(Some(instance).filter(|_| enabled.unwrap_or(true)));
        }
    }
    Ok(Expansion { repetition: Repetition::Each, instances })
}

/// `a/shop-001`: the key of an element, and that of a member in it.
fn joined(outer: Option<&Key>, inner: Option<Key>) -> Option<Key> {
    let outer = match outer {
        None => return inner,
        Some(Key::Name(name)) => name.to_string(),
        Some(Key::Index(index)) => index.to_string(),
    };
    match inner {
        Some(Key::Name(name)) => Some(Key::Name(format!("{outer}/{name}").into())),
        other => other,
    }
}

fn target(resource: &Resource, expr: &Expr, scope: &dyn Scope) -> Result<Vec<Instance>, Vec<Diagnostic>> {
    let per = resource.meta.per.as_ref();
    let value = known(expr, "target", scope)?;
    let per_value = per.map(|per| known(per, "per", scope)).transpose()?;
    let word = per_value.as_ref().map_or(Some("node"), Value::as_str).unwrap_or_default();
    let fault = |fault: Fault| match fault {
        Fault::Unknown(origin) => vec![unknown_count("target", origin, expr.span)],
        Fault::Wrong(why, help) => vec![wrong("target", &why, help, expr.span)],
    };
    let targets = watched::read(&value, resource.meta.numbered || word == "number").ok_or_else(|| {
        let why = "it is none of a replication group, a cache cluster and a serverless cache";
        vec![wrong("target", why, "Write `target = replication_group.NAME`, or one of its instances.", expr.span)]
    })?;
    let mut instances = Vec::new();
    for target in targets.map_err(fault)? {
        let found = target.instances(word).ok_or_else(|| {
            let span = per.map_or(expr.span, |per| per.span);
            let why = "it is none of \"node\", \"number\", \"shard\" and \"group\"";
            vec![wrong("per", why, "Write per = \"node\".", span)]
        })?;
        instances.extend(found.map_err(fault)?);
    }
    let joins = instances.iter().any(|instance| instance.watched.as_ref().is_some_and(|watched| watched.joined));
    if joins && resource.nested.iter().any(|nested| &*nested.name == "metric_query") {
        let why = format!("it is \"{word}\", and the alarm has queries of its own, each of one node");
        return Err(vec![wrong("per", &why, "Write per = \"node\".", per.map_or(expr.span, |per| per.span))]);
    }
    Ok(instances)
}
