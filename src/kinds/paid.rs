//! What kinds say of what is paid for in their objects.

use crate::kind::{Metered, Nodes, Usage};
use crate::value::{Object, Value};

/// The attributes that decide what nodes cost, beside their number.
const DECIDE: [&str; 5] = ["engine", "engine_version_actual", "engine_version", "node_type", "durability"];

/// Nodes of one sort, as an object has them or will.
pub fn nodes(object: &Object, count: Option<&Value>) -> Usage {
    let given = || DECIDE.iter().filter_map(|name| object.get(name)).chain(count);
    if given().any(Value::is_sensitive_anywhere) {
        let what = given().map(|value| format!("{:?} ", value.data)).collect();
        return Usage::Untold { what, why: "what decides it is sensitive" };
    }
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    Usage::Nodes(Nodes {
        engine: text("engine"),
        version: text("engine_version").or_else(|| text("engine_version_actual")),
        node_type: text("node_type"),
        count: count.and_then(Value::as_i64),
        durability: text("durability"),
    })
}

/// Something that is paid for by an amount that nobody can tell before; `decide` names what it follows.
pub fn untold(object: &Object, decide: &[&str], why: &'static str) -> Usage {
    Usage::Untold { what: written(object, decide), why }
}

/// Something that is billed by what is stored and done, but at least by the minima of `limits`.
pub fn metered(object: &Object, limits: &str) -> Usage {
    let what = written(object, &["engine", limits]);
    let given = || [object.get("engine"), object.get(limits)].into_iter().flatten();
    if given().any(Value::is_sensitive_anywhere) {
        return Usage::Untold { what, why: "what decides it is sensitive" };
    }
    let least = |part: &str| {
        let part = block(object.get(limits)).and_then(|limits| block(limits.get(part)));
        part.and_then(|part| part.get("minimum")?.as_i64()).unwrap_or(0)
    };
    let engine = object.get("engine").and_then(Value::as_str).map(str::to_owned);
    Usage::Metered(Metered { what, engine, least_gb: least("data_storage"), least_ecpus: least("ecpu_per_second") })
}

/// A nested block that is there once.
fn block(value: Option<&Value>) -> Option<&Object> {
    let value = value?;
    value.as_object().or_else(|| value.as_items()?.first()?.as_object())
}

/// What decides an amount, to be compared and not to be shown.
pub fn written(object: &Object, decide: &[&str]) -> String {
    decide.iter().map(|name| format!("{:?} ", object.get(name).map(|value| &value.data))).collect()
}
