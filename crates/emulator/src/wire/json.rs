//! AWS JSON 1.0 and 1.1.

use super::{ms_to_seconds, rebuild, seconds_to_ms};
use crate::failure::Failure;
use crate::model::{Service, Type};
use serde_json::Value;

/// The tree of a request's body.
pub fn decode(service: &Service, shape: Option<&str>, body: &[u8]) -> Result<Value, Failure> {
    let body = if body.is_empty() { b"{}" } else { body };
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Failure::new("SerializationException", format!("The body is not JSON: {error}")))?;
    if !value.is_object() {
        return Err(Failure::new("SerializationException", "Start of structure or map found where not expected."));
    }
    let Some(shape) = shape else { return Ok(Value::Object(Default::default())) };
    Ok(rebuild(service, shape, &value, &|kind, leaf| match kind {
        Type::Timestamp => match leaf.as_str() {
            Some(text) => super::timestamp_ms(text).map_or(Value::Null, Value::from),
            None => seconds_to_ms(leaf),
        },
        _ => leaf.clone(),
    }))
}

/// The body of an answer.
pub fn encode(service: &Service, shape: Option<&str>, value: &Value) -> Vec<u8> {
    let Some(shape) = shape else { return b"{}".to_vec() };
    let tree = rebuild(service, shape, value, &|kind, leaf| match kind {
        Type::Timestamp => ms_to_seconds(leaf),
        _ => leaf.clone(),
    });
    tree.to_string().into_bytes()
}
