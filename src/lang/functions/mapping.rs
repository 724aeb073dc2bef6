//! Maps and objects.

use std::sync::Arc;

use super::collection::{sequence, unknown};
use super::{Call, Failure, Function, Want, function, key, open, other, param, wrong};
use crate::value::convert::convert;
use crate::value::{Data, Object, Type, Value};

const ANY: Want = Want::Any;
const SEQUENCE: Want = Want::Sequence;
const MAPPING: Want = Want::Mapping;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "keys",
        &[param("map", MAPPING).partly().marked()],
        ANY,
        keys,
        "The keys in order.",
        "keys({a = 1}) = [\"a\"]",
    )
    .passing_parts()
    .open(open::keys),
    function(
        "lookup",
        &[param("map", MAPPING).partly().marked(), param("key", Want::String)],
        ANY,
        lookup,
        "The element of a key, or a default.",
        "lookup({a = 1}, \"b\", 2) = 2",
    )
    .passing_parts()
    .open(open::element)
    .rest(param("default", ANY).nullable().unknown().marked()),
    function("merge", &[], ANY, merge, "The entries of all maps; later ones win.", "merge({a = 1}, {a = 2}) = {a = 2}")
        .passing_parts()
        .open(open::merged)
        .rest(param("maps", MAPPING).nullable().partly().marked()),
    function(
        "transpose",
        &[param("values", Want::StringLists)],
        Want::StringLists,
        transpose,
        "The map of lists with keys and values exchanged.",
        "transpose({a = [\"1\"]}) = {\"1\" = [\"a\"]}",
    ),
    function(
        "values",
        &[param("map", MAPPING).partly().marked()],
        ANY,
        values,
        "The elements in the order of their keys.",
        "values({a = 1}) = [1]",
    )
    .passing_parts()
    .open(open::values),
    function(
        "zipmap",
        &[param("keys", Want::Strings).partly(), param("values", SEQUENCE).partly().marked()],
        ANY,
        zipmap,
        "The object of keys and values.",
        "zipmap([\"a\"], [1]) = {a = 1}",
    )
    .passing_parts()
    .open(open::zipped),
];

/// The entries of a map or object.
fn mapping<'a>(call: &'a Call, index: usize) -> Result<&'a Object, Failure> {
    match call.args[index].as_object() {
        Some(entries) => Ok(entries),
        None => wrong(index, format!("a map or object is required, not {}", call.args[index].ty().with_article())),
    }
}

fn keys(call: &Call) -> Result<Value, Failure> {
    let keys = mapping(call, 0)?.keys().map(|key| Value::new(Data::String(key.clone()))).collect();
    let result = match call.args[0].data {
        Data::Map(..) => Value::list(Type::String, keys),
        _ => Value::tuple(keys),
    };
    Ok(result.with_mark(call.args[0].sensitive))
}

fn lookup(call: &Call) -> Result<Value, Failure> {
    if call.args.len() > 3 {
        return other(format!("two or three arguments are required, not {}", call.args.len()));
    }
    let (entries, name, source) = (mapping(call, 0)?, call.text(1), &call.args[0]);
    let default = match (&source.data, call.args.get(2)) {
        (Data::Map(ty, _), Some(default)) => match convert(default, ty) {
            Ok(default) => Some(default),
            Err(mismatch) => return wrong(2, format!("the default must have the type of the elements: {mismatch}")),
        },
        (_, default) => default.cloned(),
    };
    let found = match (entries.get(name), default) {
        (Some(found), _) => found.clone(),
        (None, Some(default)) => default,
        (None, None) => return wrong(1, format!("there is no element {name:?}, and no default is given")),
    };
    Ok(found.with_mark(source.sensitive))
}

/// Maps of one type make a map, anything else an object. Null is the same as empty.
fn merge(call: &Call) -> Result<Value, Failure> {
    let (mut merged, mut types, mut mark) = (Object::new(), Vec::new(), false);
    let mut open = false;
    for (index, arg) in call.args.iter().enumerate() {
        mark |= arg.sensitive;
        if let Data::Null(ty) = &arg.data {
            // Behind a null without a type, any null is as good.
            if !open && !matches!(ty, Type::Any | Type::Map(_) | Type::Object(_)) {
                return wrong(index, format!("a map or object is required, not {}", ty.with_article()));
            }
            open |= *ty == Type::Any;
            continue;
        }
        for (name, value) in mapping(call, index)? {
            merged.insert(name.clone(), value.clone());
        }
        if let Data::Map(ty, _) = &arg.data {
            types.push(ty.clone());
        }
    }
    let all_maps = !types.is_empty() && types.len() == call.args.len() && types.iter().all(|ty| *ty == types[0]);
    let result = if all_maps { Value::map(types.swap_remove(0), merged) } else { Value::object(merged) };
    Ok(result.with_mark(mark))
}

fn transpose(call: &Call) -> Result<Value, Failure> {
    let mut out: std::collections::BTreeMap<Arc<str>, Vec<Value>> = std::collections::BTreeMap::new();
    for (name, items) in call.entries(0).into_iter().flatten() {
        if items.is_null() {
            return wrong(0, format!("the list of {name:?} is null"));
        }
        for item in items.as_items().unwrap_or_default() {
            let Some(text) = item.as_str() else { return wrong(0, "an element is null") };
            out.entry(key(text)).or_default().push(Value::new(Data::String(name.clone())));
        }
    }
    let entries = out.into_iter().map(|(key, items)| (key, Value::list(Type::String, items))).collect();
    Ok(Value::map(Type::list(Type::String), entries))
}

fn values(call: &Call) -> Result<Value, Failure> {
    let items: Vec<Value> = mapping(call, 0)?.values().cloned().collect();
    let result = match &call.args[0].data {
        Data::Map(ty, _) => Value::list(ty.clone(), items),
        _ => Value::tuple(items),
    };
    Ok(result.with_mark(call.args[0].sensitive))
}

fn zipmap(call: &Call) -> Result<Value, Failure> {
    let (keys, items) = (call.items(0), sequence(call, 1)?);
    if matches!(call.args[1].data, Data::Set(..)) {
        return wrong(1, "a set has no order; convert it with tolist first");
    }
    if keys.len() != items.len() {
        return wrong(1, format!("there are {} keys and {} values", keys.len(), items.len()));
    }
    if let Some(of) = keys.iter().find_map(Value::first_unknown) {
        return Ok(unknown(Type::Any, of));
    }
    if keys.iter().any(Value::is_null) {
        return wrong(0, "a key is null");
    }
    let names = keys.iter().filter_map(Value::as_str).map(key);
    let entries: Object = names.zip(items.iter().cloned()).collect();
    let result = match &call.args[1].data {
        Data::List(ty, _) => Value::map(ty.clone(), entries),
        _ => Value::object(entries),
    };
    Ok(result.with_mark(call.args[1].sensitive))
}
