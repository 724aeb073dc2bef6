//! The order of elements in a set whose elements are no primitives: the one that Terraform shows.

use super::number::notation;
use super::{Data, Object, Value, display};

/// A text for a value; sets are sorted by it.
pub(super) fn order_key(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match &value.data {
        Data::Null(_) => out.push('~'),
        Data::Unknown(_) => out.push('?'),
        // Two secrets are two elements of a set, as far as anybody can tell.
        Data::Secret(secret) => {
            out.push('?');
            out.push_str(secret.source.as_deref().or(secret.text.as_deref()).unwrap_or_default());
        }
        Data::Bool(value) => out.push(if *value { 'T' } else { 'F' }),
        Data::Number(number) => {
            if number.has_minus() {
                out.push('-');
            }
            out.push_str(&notation::general(&number.absolute(), Some(10), 'g'));
        }
        Data::String(text) => out.push_str(&display::quoted(text)),
        Data::List(_, items) | Data::Set(_, items) => enclosed(out, '[', items, ']'),
        Data::Tuple(items) => enclosed(out, '<', items, '>'),
        Data::Object(items) => {
            out.push('<');
            items.values().for_each(|item| element(out, item));
            out.push('>');
        }
        Data::Map(_, items) => map(out, items),
    }
}

fn map(out: &mut String, items: &Object) {
    out.push('{');
    for (key, item) in items {
        out.push_str(&display::quoted(key));
        out.push(':');
        element(out, item);
    }
    out.push('}');
}

fn enclosed(out: &mut String, open: char, items: &[Value], close: char) {
    out.push(open);
    items.iter().for_each(|item| element(out, item));
    out.push(close);
}

fn element(out: &mut String, item: &Value) {
    write(out, item);
    out.push(';');
}
