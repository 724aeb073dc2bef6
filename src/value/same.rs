//! When two values are the same to a comparison of what is and what is wanted.

use super::{Data, Object, Value};

/// Equal but for marks, and with nothing and an empty collection being the same.
pub fn same(left: &Value, right: &Value) -> bool {
    let empty = |value: &Value| match &value.data {
        Data::Null(_) => true,
        Data::String(text) => text.is_empty(),
        Data::Map(_, items) => items.is_empty(),
        _ => value.as_items().is_some_and(<[Value]>::is_empty),
    };
    if empty(left) && empty(right) {
        return true;
    }
    match (&left.data, &right.data) {
        (Data::Unknown(_), _) | (_, Data::Unknown(_)) => false,
        (Data::Map(_, a) | Data::Object(a), Data::Map(_, b) | Data::Object(b)) => same_objects(a, b),
        (Data::List(_, a) | Data::Tuple(a), Data::List(_, b) | Data::Tuple(b)) | (Data::Set(_, a), Data::Set(_, b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b || left.is_null() && right.is_null(),
    }
}

fn same_objects(left: &Object, right: &Object) -> bool {
    let null = Value::null();
    let names = left.keys().chain(right.keys());
    names.into_iter().all(|name| same(left.get(name).unwrap_or(&null), right.get(name).unwrap_or(&null)))
}
