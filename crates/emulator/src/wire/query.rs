//! AWS Query and EC2 Query requests: form fields with dotted names to a tree.

use crate::failure::Failure;
use crate::model::{Service, Type};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// The fields of a form body or of a query string, decoded.
pub fn fields(text: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(text);
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

/// Undoes percent-encoding and `+`.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (_, Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Fields sorted into a tree by the dots in their names.
#[derive(Default)]
struct Node {
    text: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    /// Children whose names are numbers, in the order of the numbers.
    fn numbered(&self) -> Vec<&Node> {
        let mut found: Vec<(u32, &Node)> =
            self.children.iter().filter_map(|(key, node)| Some((key.parse().ok()?, node))).collect();
        found.sort_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, node)| node).collect()
    }
}

/// The tree of a request's fields.
pub fn parse(service: &Service, shape: Option<&str>, fields: &[(String, String)]) -> Result<Value, Failure> {
    let Some(shape) = shape else { return Ok(Value::Object(Map::new())) };
    let mut root = Node::default();
    for (key, value) in fields {
        // Deeper than any shape of the model: a hostile name must not recurse without end.
        if key.split('.').count() > 20 {
            return Err(Failure::new("MalformedInput", "A parameter name is nested too deeply."));
        }
        let mut node = &mut root;
        for part in key.split('.') {
            node = node.children.entry(part.to_owned()).or_default();
        }
        node.text = Some(value.clone());
    }
    build(service, shape, &root, "")
}

fn build(service: &Service, shape_name: &str, node: &Node, name: &str) -> Result<Value, Failure> {
    let shape = service.shape(shape_name);
    match shape.kind {
        Type::Structure => {
            let mut members = Map::new();
            for member in shape.members() {
                if let Some(child) = node.children.get(member.wire_in) {
                    members.insert(member.name.to_owned(), build(service, member.shape, child, member.name)?);
                }
            }
            Ok(Value::Object(members))
        }
        Type::List => {
            let of = shape.of.as_deref().expect("a list has elements");
            let item = shape.item.as_deref().unwrap_or("member");
            let inner = node.children.get(item).or_else(|| node.children.get("member")).unwrap_or(node);
            let items = inner.numbered().into_iter().map(|child| build(service, of, child, name));
            Ok(Value::Array(items.collect::<Result<_, _>>()?))
        }
        Type::Map => {
            let of = shape.value.as_deref().expect("a map has values");
            let mut entries = Map::new();
            for entry in node.children.get("entry").unwrap_or(node).numbered() {
                if let (Some(key), Some(value)) = (entry.children.get("key"), entry.children.get("value")) {
                    entries.insert(key.text.clone().unwrap_or_default(), build(service, of, value, name)?);
                }
            }
            Ok(Value::Object(entries))
        }
        kind => leaf(kind, node.text.as_deref().unwrap_or(""), name),
    }
}

fn leaf(kind: Type, text: &str, name: &str) -> Result<Value, Failure> {
    let bad = |what: &str| Failure::new("MalformedInput", format!("The value '{text}' of {name} is not {what}."));
    match kind {
        // An empty number or boolean is how some clients spell "not given".
        Type::Integer | Type::Long | Type::Boolean | Type::Double | Type::Float | Type::Timestamp
            if text.is_empty() =>
        {
            Ok(Value::Null)
        }
        Type::Integer => text.parse::<i32>().map(Value::from).map_err(|_| bad("an integer")),
        Type::Long => text.parse::<i64>().map(Value::from).map_err(|_| bad("an integer")),
        Type::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(bad("a boolean")),
        },
        Type::Double | Type::Float => {
            text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number).ok_or_else(|| bad("a number"))
        }
        Type::Timestamp => super::timestamp_ms(text).map(Value::from).ok_or_else(|| bad("a timestamp")),
        _ => Ok(Value::from(text)),
    }
}
