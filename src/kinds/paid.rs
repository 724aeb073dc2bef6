//! What kinds say of what is paid for in their objects.

use crate::kind::{Nodes, Usage};
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

/// What decides an amount, to be compared and not to be shown.
pub fn written(object: &Object, decide: &[&str]) -> String {
    decide.iter().map(|name| format!("{:?} ", object.get(name).map(|value| &value.data))).collect()
}
