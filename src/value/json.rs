//! Values from and to JSON.

use super::{Data, Value};

/// Writes a value as JSON. Unknown values and secrets are null.
pub fn to_json(value: &Value) -> serde_json::Value {
    match &value.data {
        Data::Null(_) | Data::Unknown(_) | Data::Secret(_) => serde_json::Value::Null,
        Data::Bool(b) => (*b).into(),
        Data::Number(n) => serde_json::from_str(&n.to_string()).unwrap_or(serde_json::Value::Null),
        Data::String(s) => (**s).into(),
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => items.iter().map(to_json).collect(),
        Data::Map(_, items) | Data::Object(items) => {
            serde_json::Value::Object(items.iter().map(|(k, v)| (k.to_string(), to_json(v))).collect())
        }
    }
}

/// Reads JSON: arrays become tuples, objects become objects.
pub fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::null(),
        serde_json::Value::Bool(b) => Value::bool(*b),
        serde_json::Value::Number(n) => n.to_string().parse().map_or_else(|()| Value::null(), |n| Value::new(Data::Number(n))),
        serde_json::Value::String(s) => Value::string(s),
        serde_json::Value::Array(items) => Value::tuple(items.iter().map(from_json).collect()),
        serde_json::Value::Object(items) => {
            Value::object(items.iter().map(|(k, v)| (k.as_str().into(), from_json(v))).collect())
        }
    }
}
