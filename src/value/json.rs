//! Values from and to JSON. Numbers keep every digit.

use serde_json::Value as Json;

use super::convert::{Mismatch, convert};
use super::{Data, Object, Type, Value};

/// A value as JSON: sets and tuples as arrays, unknowns and secrets as null. Marks are dropped.
pub fn to_json(value: &Value) -> Json {
    match &value.data {
        Data::Null(_) | Data::Unknown(_) | Data::Secret(_) => Json::Null,
        Data::Bool(value) => Json::Bool(*value),
        Data::Number(number) => number_to_json(&number.to_string()),
        Data::String(text) => Json::String(text.to_string()),
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => {
            Json::Array(items.iter().map(to_json).collect())
        }
        Data::Map(_, items) | Data::Object(items) => {
            Json::Object(items.iter().map(|(key, item)| (key.to_string(), to_json(item))).collect())
        }
    }
}

/// An infinity has no JSON; it becomes null.
fn number_to_json(text: &str) -> Json {
    text.parse::<serde_json::Number>().map_or(Json::Null, Json::Number)
}

/// A value from JSON as it stands: arrays as tuples, objects as objects.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::null(),
        Json::Bool(value) => Value::bool(*value),
        Json::Number(number) => match number.to_string().parse() {
            Ok(number) => Value::number(number),
            Err(()) => Value::null(),
        },
        Json::String(text) => Value::text(text),
        Json::Array(items) => Value::tuple(items.iter().map(from_json).collect()),
        Json::Object(items) => {
            Value::object(items.iter().map(|(key, item)| (super::normalized(key), from_json(item))).collect::<Object>())
        }
    }
}

/// A value of type `ty` from JSON.
pub fn from_json_typed(json: &Json, ty: &Type) -> Result<Value, Mismatch> {
    convert(&from_json(json), ty)
}

/// The type that JSON implies.
pub fn implied_type(json: &Json) -> Type {
    from_json(json).ty()
}

/// Parses JSON text; the error says what is wrong and where.
pub fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str::<Json>(text).map(|json| from_json(&json)).map_err(|error| error.to_string())
}

/// Compact JSON text with sorted keys, and `<`, `>`, `&` escaped, as `jsonencode` gives.
pub fn encode(value: &Value) -> String {
    escape(to_json(value).to_string())
}

/// A text as a JSON string, escaped likewise.
pub fn string(text: &str) -> String {
    escape(Json::String(text.to_string()).to_string())
}

fn escape(text: String) -> String {
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}
