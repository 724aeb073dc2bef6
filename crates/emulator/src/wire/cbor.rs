//! Smithy RPC v2 CBOR: the tree as CBOR, timestamps as tag 1 over a float.

use crate::failure::Failure;
use crate::model::{Service, Type};
use ciborium::value::Value as Cbor;
use serde_json::{Map, Number, Value};

/// The tree of a request's body.
pub fn decode(service: &Service, shape: Option<&str>, body: &[u8]) -> Result<Value, Failure> {
    let (Some(shape), false) = (shape, body.is_empty()) else { return Ok(Value::Object(Map::new())) };
    let cbor: Cbor = ciborium::from_reader(body)
        .map_err(|error| Failure::new("SerializationException", format!("The body is not CBOR: {error}")))?;
    Ok(from_cbor(service, shape, &cbor))
}

fn from_cbor(service: &Service, shape_name: &str, cbor: &Cbor) -> Value {
    let shape = service.shape(shape_name);
    match (shape.kind, cbor) {
        (Type::Structure, Cbor::Map(entries)) => {
            let members = entries.iter().filter_map(|(key, inner)| {
                let name = key.as_text()?;
                let value = from_cbor(service, shape.member_shape(name)?, inner);
                (!value.is_null()).then(|| (name.to_owned(), value))
            });
            Value::Object(members.collect())
        }
        (Type::Map, Cbor::Map(entries)) => {
            let of = shape.value.as_deref().expect("a map has values");
            let entries = entries
                .iter()
                .filter_map(|(key, inner)| Some((key.as_text()?.to_owned(), from_cbor(service, of, inner))));
            Value::Object(entries.collect())
        }
        (Type::List, Cbor::Array(items)) => {
            let of = shape.of.as_deref().expect("a list has elements");
            Value::Array(items.iter().map(|item| from_cbor(service, of, item)).collect())
        }
        (Type::Timestamp, Cbor::Tag(1, inner)) => super::seconds_to_ms(&plain(inner)),
        (Type::Timestamp, other) => super::seconds_to_ms(&plain(other)),
        (_, other) => plain(other),
    }
}

fn plain(cbor: &Cbor) -> Value {
    match cbor {
        Cbor::Text(text) => Value::from(text.as_str()),
        Cbor::Bool(flag) => Value::from(*flag),
        Cbor::Integer(number) => i64::try_from(i128::from(*number)).map_or(Value::Null, Value::from),
        Cbor::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Cbor::Bytes(bytes) => Value::from(String::from_utf8_lossy(bytes).into_owned()),
        _ => Value::Null,
    }
}

/// The body of an answer.
pub fn encode(service: &Service, shape: Option<&str>, value: &Value) -> Vec<u8> {
    let cbor = match shape {
        Some(shape) => to_cbor(service, shape, value),
        None => Cbor::Map(Vec::new()),
    };
    bytes(&cbor)
}

/// The body of an error.
pub fn encode_error(kind: &str, message: &str) -> Vec<u8> {
    bytes(&Cbor::Map(vec![(Cbor::from("__type"), Cbor::from(kind)), (Cbor::from("message"), Cbor::from(message))]))
}

fn bytes(cbor: &Cbor) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(cbor, &mut out).expect("memory can be written to");
    out
}

fn to_cbor(service: &Service, shape_name: &str, value: &Value) -> Cbor {
    let shape = service.shape(shape_name);
    match (shape.kind, value) {
        (Type::Structure, Value::Object(given)) => {
            let members = shape.members().filter_map(|member| {
                let inner = given.get(member.name).filter(|inner| !inner.is_null())?;
                Some((Cbor::from(member.name), to_cbor(service, member.shape, inner)))
            });
            Cbor::Map(members.collect())
        }
        (Type::Map, Value::Object(entries)) => {
            let of = shape.value.as_deref().expect("a map has values");
            Cbor::Map(
                entries.iter().map(|(key, inner)| (Cbor::from(key.as_str()), to_cbor(service, of, inner))).collect(),
            )
        }
        (Type::List, Value::Array(items)) => {
            let of = shape.of.as_deref().expect("a list has elements");
            Cbor::Array(items.iter().map(|item| to_cbor(service, of, item)).collect())
        }
        (Type::Timestamp, Value::Number(ms)) => {
            Cbor::Tag(1, Box::new(Cbor::Float(ms.as_f64().unwrap_or(0.0) / 1000.0)))
        }
        (Type::Double | Type::Float, Value::Number(number)) => Cbor::Float(number.as_f64().unwrap_or(0.0)),
        (_, Value::Number(number)) => Cbor::from(number.as_i64().unwrap_or(0)),
        (_, Value::Bool(flag)) => Cbor::from(*flag),
        (_, Value::String(text)) => Cbor::from(text.as_str()),
        _ => Cbor::Null,
    }
}
