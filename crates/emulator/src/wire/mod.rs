//! The four wire formats, each over one JSON tree whose members are named as in the service model.
//!
//! In the tree a timestamp is a whole number of milliseconds since the Unix epoch.

pub mod cbor;
pub mod json;
pub mod query;
pub mod xml;

use super::model::{Service, Type};
use serde_json::{Map, Number, Value};

/// Rebuilds a tree by the model: `leaf` converts what is neither structure, list nor map, members that the
/// model does not know are dropped, and so are nulls.
fn rebuild(service: &Service, shape: &str, value: &Value, leaf: &dyn Fn(Type, &Value) -> Value) -> Value {
    let shape = service.shape(shape);
    match (shape.kind, value) {
        (Type::Structure, Value::Object(given)) => {
            let members = shape.members().filter_map(|member| {
                let inner = given.get(member.name).filter(|inner| !inner.is_null())?;
                Some((member.name.to_owned(), rebuild(service, member.shape, inner, leaf)))
            });
            Value::Object(members.collect())
        }
        (Type::List, Value::Array(items)) => {
            let of = shape.of.as_deref().expect("a list has elements");
            Value::Array(items.iter().map(|item| rebuild(service, of, item, leaf)).collect())
        }
        (Type::Map, Value::Object(entries)) => {
            let of = shape.value.as_deref().expect("a map has values");
            let built: Map<String, Value> =
                entries.iter().map(|(key, inner)| (key.clone(), rebuild(service, of, inner, leaf))).collect();
            Value::Object(built)
        }
        (kind, other) => leaf(kind, other),
    }
}

/// The members of an answer that the model does not know: a slip of an operation, which writing would hide.
pub fn strays(service: &Service, shape: &str, value: &Value) -> Vec<String> {
    let shape = service.shape(shape);
    match (shape.kind, value) {
        (Type::Structure, Value::Object(members)) => members
            .iter()
            .flat_map(|(name, inner)| match shape.member_shape(name) {
                Some(of) => strays(service, of, inner).into_iter().map(|path| format!("{name}.{path}")).collect(),
                None => vec![name.clone()],
            })
            .collect(),
        (Type::List, Value::Array(items)) => {
            let of = shape.of.as_deref().expect("a list has elements");
            items.iter().flat_map(|item| strays(service, of, item)).collect()
        }
        _ => Vec::new(),
    }
}

/// The path to the first value of a JSON or CBOR request that is not of the model's type.
pub fn misfit(service: &Service, shape: &str, value: &Value) -> Option<String> {
    let shape = service.shape(shape);
    let below = |name: String, inner: Option<String>| inner.map(|path| format!("{name}.{path}"));
    match (shape.kind, value) {
        (_, Value::Null) => None,
        (Type::Structure, Value::Object(members)) => members
            .iter()
            .find_map(|(name, inner)| below(name.clone(), misfit(service, shape.member_shape(name)?, inner))),
        (Type::Map, Value::Object(entries)) => {
            let of = shape.value.as_deref()?;
            entries.iter().find_map(|(key, inner)| below(key.clone(), misfit(service, of, inner)))
        }
        (Type::List, Value::Array(items)) => {
            let of = shape.of.as_deref()?;
            items.iter().enumerate().find_map(|(at, inner)| below((at + 1).to_string(), misfit(service, of, inner)))
        }
        (Type::Structure | Type::Map | Type::List, _) => Some("a structure, a map or a list".into()),
        (Type::Boolean, Value::Bool(_)) => None,
        (Type::Boolean, _) => Some("true or false".into()),
        (Type::Integer | Type::Long, value) if value.as_i64().is_some() => None,
        (Type::Integer | Type::Long | Type::Double | Type::Float | Type::Timestamp, Value::Number(number)) => {
            (matches!(shape.kind, Type::Integer | Type::Long) && number.as_i64().is_none())
                .then(|| "a whole number".into())
        }
        (Type::Integer | Type::Long | Type::Double | Type::Float | Type::Timestamp, _) => Some("a number".into()),
        (_, Value::String(_)) => None,
        _ => Some("a text".into()),
    }
}

/// Seconds with a fraction, as JSON and CBOR carry them, to milliseconds.
fn seconds_to_ms(value: &Value) -> Value {
    match value.as_f64() {
        Some(seconds) => Value::from((seconds * 1000.0).round() as i64),
        None => value.clone(),
    }
}

/// Milliseconds to seconds with a fraction.
fn ms_to_seconds(value: &Value) -> Value {
    match value.as_i64() {
        Some(ms) => Number::from_f64(ms as f64 / 1000.0).map_or(Value::Null, Value::Number),
        None => value.clone(),
    }
}

/// `2015-02-02T00:00:00.000Z` of milliseconds since the Unix epoch.
pub fn timestamp_text(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        Err(_) => String::new(),
    }
}

/// Milliseconds since the Unix epoch of an ISO 8601 text or of seconds written out.
pub fn timestamp_ms(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    if let Ok(seconds) = text.parse::<f64>() {
        let ms = (seconds * 1000.0).round() as i64;
        return jiff::Timestamp::from_millisecond(ms).is_ok().then_some(ms);
    }
    // Without an offset AWS takes the time as UTC.
    format!("{text}Z").parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}
