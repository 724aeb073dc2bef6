//! Answers as XML, for AWS Query and EC2 Query.

use crate::model::{Service, Type};
use serde_json::Value;

/// The elements of a structure's members, without an element around them.
pub fn members(service: &Service, shape: Option<&str>, value: &Value, ec2: bool) -> String {
    let mut out = String::new();
    if let Some(shape) = shape {
        structure(service, shape, value, ec2, &mut out);
    }
    out
}

fn structure(service: &Service, shape: &str, value: &Value, ec2: bool, out: &mut String) {
    for member in service.shape(shape).members() {
        if let Some(inner) = value.get(member.name).filter(|inner| !inner.is_null()) {
            element(service, member.shape, member.wire_out, inner, ec2, out);
        }
    }
}

fn element(service: &Service, shape_name: &str, name: &str, value: &Value, ec2: bool, out: &mut String) {
    let shape = service.shape(shape_name);
    if shape.kind == Type::List {
        let of = shape.of.as_deref().expect("a list has elements");
        let item = shape.item.as_deref().unwrap_or("member");
        let items = value.as_array().map_or(&[][..], Vec::as_slice);
        if shape.flat && !ec2 {
            items.iter().for_each(|inner| element(service, of, name, inner, ec2, out));
            return;
        }
        open(name, out);
        items.iter().for_each(|inner| element(service, of, item, inner, ec2, out));
        close(name, out);
        return;
    }
    open(name, out);
    match (shape.kind, value) {
        (Type::Structure, _) => structure(service, shape_name, value, ec2, out),
        (Type::Map, Value::Object(entries)) => {
            let of = shape.value.as_deref().expect("a map has values");
            for (key, inner) in entries {
                out.push_str("<entry>");
                out.push_str("<key>");
                escape(key, out);
                out.push_str("</key>");
                element(service, of, "value", inner, ec2, out);
                out.push_str("</entry>");
            }
        }
        (Type::Timestamp, Value::Number(ms)) => out.push_str(&super::timestamp_text(ms.as_i64().unwrap_or(0))),
        (_, Value::String(text)) => escape(text, out),
        (_, other) => out.push_str(&other.to_string()),
    }
    close(name, out);
}

/// Opens an element.
pub fn open(name: &str, out: &mut String) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

/// Closes an element.
pub fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Writes text so that any XML reader reads the same text.
pub fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            // XML 1.0 has no way to write the other control characters.
            control if control.is_control() && !matches!(control, '\n' | '\t') => out.push('\u{FFFD}'),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
}
