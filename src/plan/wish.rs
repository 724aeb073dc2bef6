//! The whole wish for one instance: its block, what an alarm is pointed at, one spelling, secrets read, tags joined.
//!
//! Plan and apply both come here, so that they cannot differ.

use std::sync::Arc;

use crate::address::{Address, Mode};
use crate::diag::Diagnostic;
use crate::kinds;
use crate::lang::declare::Resource;
use crate::lang::eval::Bindings;
use crate::stack::desired::{self, Desired, bindings};
use crate::stack::environment::Environment;
use crate::stack::evaluator::View;
use crate::stack::target::Instance;
use crate::stack::watched::{aim, strays};
use crate::value::{Data, Object, Origin, Type, Value};

/// Evaluates an instance.
pub fn wish(
    view: &View,
    environment: &Environment,
    resource: &Resource,
    instance: &Instance,
    diagnostics: &mut Vec<Diagnostic>,
) -> Desired {
    let names = bindings(instance.key.as_ref(), instance.each.as_ref(), instance.watched.as_ref());
    let scope = Bindings { parent: view, names };
    let mut desired = desired::desired(resource, &scope, diagnostics);
    if let Some(watched) = &instance.watched {
        diagnostics.extend(strays(&desired.object, watched).map(|name| stray(&desired, name)));
        aim(&mut desired.object, watched);
    }
    let Some(kind) = kinds::get(&resource.address.kind).filter(|_| resource.address.mode == Mode::Managed) else {
        return desired;
    };
    kind.unite(&mut desired.object);
    for attr in kind.schema().attrs.iter().filter(|attr| attr.secret) {
        if let Some(value) = desired.object.get_mut(attr.name)
            && let Err(diagnostic) = view.evaluator().secrets().read(value)
        {
            let span = desired.spans.get(attr.name).copied().unwrap_or(resource.span);
            diagnostics.push(diagnostic.or_at(span));
        }
    }
    if kind.schema().taggable() {
        join_tags(view, environment, resource, &mut desired.object);
        leave_tags(environment, resource, &mut desired, diagnostics);
    }
    desired
}

/// What a dimension says counts, and the target is only what the instance is called by.
fn stray(desired: &Desired, name: &str) -> Diagnostic {
    let detail = format!("`target` says what is watched, and `dimensions` has another {name}, which counts.");
    let mut diagnostic = Diagnostic::warning("CS1073", "The alarm watches something else than its target", detail);
    let place = if desired.object.contains_key("metric_query") { "metric_query" } else { "dimensions" };
    diagnostic.span = desired.span_of(place);
    diagnostic.help(format!("Leave {name} out: the target gives it. Or leave `target` out."))
}

/// Joins the tags of all levels; the resource's own win.
fn join_tags(view: &View, environment: &Environment, resource: &Resource, desired: &mut Object) {
    let own = desired.get("tags").cloned();
    if let Some(unknown) = own.as_ref().filter(|tags| tags.is_unknown()) {
        desired.insert("tags_all".into(), unknown.clone());
        return;
    }
    let mut all = environment.tags_of(resource, view.evaluator());
    let own = own.unwrap_or_else(Value::null);
    all.extend(own.as_object().cloned().unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null()));
    desired.insert("tags_all".into(), Value::map(Type::String, all).with_mark(own.sensitive));
}

/// Takes out what the provider leaves to others, and says so where the resource itself sets such a tag.
fn leave_tags(
    environment: &Environment,
    resource: &Resource,
    desired: &mut Desired,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let ignored = environment.ignored_tags(resource);
    let own = desired.object.get("tags").and_then(Value::as_object);
    let names: Vec<String> = own
        .into_iter()
        .flatten()
        .filter(|(name, _)| ignored.covers(name))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !names.is_empty() {
        let detail =
            format!("`ignore_tags` of the provider leaves {} to others, so it is not set here.", names.join(", "));
        let mut diagnostic = Diagnostic::warning("CS0591", "A tag that is left to others", detail);
        diagnostic.span = desired.span_of("tags");
        diagnostics.push(diagnostic.help("Take it out of `tags`, or out of `ignore_tags`."));
    }
    ignored.strip(&mut desired.object);
}

/// An object without what only its own object will tell: AWS chooses what is not sent.
pub fn without_own_unknowns(mut object: Object, address: &Address) -> Object {
    object.retain(|_, value| !is_own_unknown(value, address));
    object
}

/// The object as others refer to it: a name that is made up is made up once, and read from here.
pub fn as_others_see(mut object: Object, address: &Address) -> Object {
    let made_up = |value: &Value| match &value.data {
        Data::Unknown(unknown) => matches!(unknown.origin.as_deref(), Some(Origin::Unique(_))),
        _ => false,
    };
    // What is as others see it stays shared.
    let names: Vec<_> = object.iter().filter(|(_, value)| made_up(value)).map(|(name, _)| name.clone()).collect();
    for name in names {
        if let Some(Data::Unknown(unknown)) = object.get_mut(&name).map(|value| &mut value.data) {
            Arc::make_mut(unknown).origin = Some(Origin::attribute(address, &name));
        }
    }
    with_empty_blocks(object, address)
}

/// The object with an empty collection for nested blocks that are not there, as those who refer to them expect.
pub fn with_empty_blocks(mut object: Object, address: &Address) -> Object {
    let attrs = kinds::get(&address.kind).into_iter().flat_map(|kind| &kind.schema().attrs);
    for attr in attrs.filter(|attr| attr.block.is_some()) {
        let Some(value) = object.get(attr.name).filter(|value| value.is_null()) else { continue };
        let empty = match &attr.ty {
            Type::Set(ty) => Value::set((**ty).clone(), Vec::new()),
            Type::List(ty) => Value::list((**ty).clone(), Vec::new()),
            _ => continue,
        };
        let empty = empty.with_mark(value.sensitive);
        object.insert(attr.name.into(), empty);
    }
    object
}

/// Whether a value is unknown, as a whole or in parts, because AWS will choose it for this very object.
pub fn is_own_unknown(value: &Value, address: &Address) -> bool {
    match &value.data {
        Data::Unknown(unknown) => unknown.origin.as_deref().is_some_and(|origin| origin.is_of(address)),
        _ => value.children().any(|part| is_own_unknown(part, address)),
    }
}
