//! Lists, sets and tuples.

use super::{Call, Failure, Function, Want, function, open, other, param, texts, wrong};
use crate::lang::eval::equal;
use crate::value::convert::{convert, unify};
use crate::value::{Data, Type, Unknown, Value};

const ANY: Want = Want::Any;
const SEQUENCE: Want = Want::Sequence;
const ORDERED: Want = Want::Ordered;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "alltrue",
        &[param("list", Want::Bools).partly()],
        Want::Bool,
        |call| all(call, true),
        "Whether every element is true.",
        "alltrue([true, false]) = false",
    ),
    function(
        "anytrue",
        &[param("list", Want::Bools).partly()],
        Want::Bool,
        |call| all(call, false),
        "Whether any element is true.",
        "anytrue([true, false]) = true",
    ),
    function(
        "chunklist",
        &[param("list", Want::List).partly().marked(), param("size", Want::Number)],
        Want::List,
        chunklist,
        "The list in pieces of a size.",
        "chunklist([\"a\", \"b\", \"c\"], 2) = [[\"a\", \"b\"], [\"c\"]]",
    )
    .passing_parts()
    .open(open::chunks),
    function(
        "coalescelist",
        &[],
        ANY,
        coalescelist,
        "The first list that is not empty.",
        "coalescelist([], [\"a\"]) = [\"a\"]",
    )
    .passing_parts()
    .rest(param("lists", ORDERED).nullable().unknown()),
    function(
        "compact",
        &[param("list", Want::Strings)],
        Want::Strings,
        compact,
        "The list without null and empty strings.",
        "compact([\"a\", \"\", null]) = [\"a\"]",
    ),
    function(
        "concat",
        &[],
        ANY,
        concat,
        "The lists one behind the other.",
        "concat([\"a\"], [\"b\"]) = [\"a\", \"b\"]",
    )
    .passing_parts()
    .rest(param("lists", ORDERED).partly().marked())
    .open(open::joined),
    function(
        "contains",
        &[param("list", SEQUENCE).partly(), param("value", ANY).partly()],
        Want::Bool,
        contains,
        "Whether the value is an element.",
        "contains([\"a\", \"b\"], \"a\") = true",
    ),
    function(
        "distinct",
        &[param("list", Want::List)],
        Want::List,
        distinct,
        "The list without repeated elements.",
        "distinct([\"a\", \"a\"]) = [\"a\"]",
    )
    .open(open::list),
    function(
        "element",
        &[param("list", ORDERED).partly().marked(), param("index", Want::Number)],
        ANY,
        element,
        "The element at an index, which wraps around at the end.",
        "element([\"a\", \"b\"], 2) = \"a\"",
    )
    .looking_past()
    .open(open::element),
    function(
        "flatten",
        &[param("list", SEQUENCE).partly().marked()],
        ANY,
        flatten,
        "The list with the elements of its lists in their place.",
        "flatten([[\"a\"], [[\"b\"]]]) = [\"a\", \"b\"]",
    )
    .passing_parts(),
    function(
        "index",
        &[param("list", SEQUENCE).partly(), param("value", ANY).partly()],
        Want::Number,
        index,
        "The position of the value.",
        "index([\"a\", \"b\"], \"b\") = 1",
    ),
    function(
        "length",
        &[param("value", ANY).partly().marked()],
        Want::Number,
        length,
        "The number of elements, attributes or characters.",
        "length([\"a\"]) = 1",
    )
    .looking_past(),
    function(
        "matchkeys",
        &[param("values", Want::List), param("keys", Want::List), param("searchset", Want::List)],
        Want::List,
        matchkeys,
        "The values whose key is in the search set.",
        "matchkeys([1, 2], [\"a\", \"b\"], [\"b\"]) = [2]",
    )
    .open(open::list),
    function(
        "one",
        &[param("list", SEQUENCE).partly()],
        ANY,
        one,
        "The only element, or null when there is none.",
        "one([\"a\"]) = \"a\"",
    )
    .open(open::element)
    .passing_secrets(),
    function(
        "reverse",
        &[param("list", SEQUENCE).partly().marked()],
        ANY,
        reverse,
        "The list backwards.",
        "reverse([1, 2]) = [2, 1]",
    )
    .passing_parts()
    .open(open::list),
    function(
        "slice",
        &[param("list", ORDERED).partly().marked(), param("start", Want::Number), param("end", Want::Number)],
        ANY,
        slice,
        "The elements from a start up to an end.",
        "slice([\"a\", \"b\", \"c\"], 1, 3) = [\"b\", \"c\"]",
    )
    .passing_parts()
    .open(open::list),
    function(
        "sort",
        &[param("list", Want::Strings).partly()],
        Want::Strings,
        sort,
        "The strings in order.",
        "sort([\"b\", \"a\"]) = [\"a\", \"b\"]",
    ),
];

/// The elements of a list, set or tuple.
pub(super) fn sequence<'a>(call: &'a Call, index: usize) -> Result<&'a [Value], Failure> {
    match call.args[index].as_items() {
        Some(items) => Ok(items),
        None => wrong(index, format!("a list, set or tuple is required, not {}", call.args[index].ty().with_article())),
    }
}

/// `items` in the kind of sequence that `source` is; a set becomes a list.
fn like(source: &Value, items: Vec<Value>) -> Value {
    match &source.data {
        Data::List(ty, _) | Data::Set(ty, _) => Value::list(ty.clone(), items),
        _ => Value::tuple(items),
    }
    .with_mark(source.sensitive)
}

pub(super) fn unknown(ty: Type, of: &Unknown) -> Value {
    Value::unknown(ty, of.origin.clone())
}

fn all(call: &Call, wanted: bool) -> Result<Value, Failure> {
    let mut open = None;
    for item in call.items(0) {
        match &item.data {
            Data::Bool(value) if *value != wanted => return Ok(Value::bool(!wanted)),
            Data::Null(_) if wanted => return Ok(Value::bool(false)),
            Data::Unknown(of) => open = open.or(Some(of)),
            _ => {}
        }
    }
    Ok(open.map_or(Value::bool(wanted), |of| unknown(Type::Bool, of)))
}

fn chunklist(call: &Call) -> Result<Value, Failure> {
    let size = call.int(1)?;
    let Data::List(ty, items) = &call.args[0].data else { return wrong(0, "a list is required") };
    if size < 0 {
        return wrong(1, "the size must not be negative");
    }
    let size = if size == 0 { items.len().max(1) } else { size as usize };
    let chunks = items.chunks(size).map(|chunk| Value::list(ty.clone(), chunk.to_vec())).collect();
    Ok(Value::list(Type::list(ty.clone()), chunks).with_mark(call.args[0].sensitive))
}

fn coalescelist(call: &Call) -> Result<Value, Failure> {
    for (index, value) in call.args.iter().enumerate() {
        if matches!(value.data, Data::Null(_) | Data::Set(..)) {
            return wrong(index, format!("a list or tuple is required, not {}", value.ty().with_article()));
        }
        if !value.is_unknown() {
            sequence(call, index)?;
        }
    }
    // An unknown list may turn out to be the one, unless another one decides before it.
    let decides = |value: &&Value| value.is_unknown() || value.as_items().is_some_and(|items| !items.is_empty());
    if let Some(value) = call.args.iter().find(decides) {
        return Ok(match &value.data {
            Data::Unknown(unknown) => Value::unknown(Type::Any, unknown.origin.clone()),
            _ => value.clone(),
        });
    }
    other("there is no list that is not empty")
}

fn compact(call: &Call) -> Result<Value, Failure> {
    texts(call.items(0).iter().filter_map(Value::as_str).filter(|text| !text.is_empty()))
}

/// Lists of one type make a list, anything else a tuple.
fn concat(call: &Call) -> Result<Value, Failure> {
    let (mut items, mut types, mut mark) = (Vec::new(), Vec::new(), false);
    if call.args.is_empty() {
        return other("at least one list is required");
    }
    for (index, arg) in call.args.iter().enumerate() {
        if matches!(arg.data, Data::Set(..)) {
            return wrong(index, "a set has no order; convert it with tolist first");
        }
        items.extend(sequence(call, index)?.iter().cloned());
        mark |= arg.sensitive;
        if let Data::List(ty, _) = &arg.data {
            types.push(ty.clone());
        }
    }
    let result = match unify(&types) {
        Some(ty) if types.len() == call.args.len() => {
            convert(&Value::tuple(items), &Type::list(ty)).map_err(|mismatch| Failure::Other(mismatch.to_string()))?
        }
        _ => Value::tuple(items),
    };
    Ok(result.with_mark(mark))
}

fn contains(call: &Call) -> Result<Value, Failure> {
    let mut open = None;
    for item in sequence(call, 0)? {
        match equal(item, &call.args[1]) {
            Ok(true) => return Ok(Value::bool(true)),
            Ok(false) => {}
            Err(of) => open = open.or(Some(of)),
        }
    }
    Ok(open.map_or(Value::bool(false), |of| unknown(Type::Bool, &of)))
}

fn distinct(call: &Call) -> Result<Value, Failure> {
    let mut seen = std::collections::BTreeSet::new();
    let items = call.items(0).iter().filter(|item| seen.insert(*item)).cloned().collect();
    Ok(like(&call.args[0], items))
}

fn element(call: &Call) -> Result<Value, Failure> {
    if matches!(call.args[0].data, Data::Set(..)) {
        return wrong(0, "a set has no order; convert it with tolist first");
    }
    let (items, index) = (sequence(call, 0)?, call.int(1)?);
    if items.is_empty() {
        return wrong(0, "there is no element in an empty list");
    }
    // An index below zero counts from the end.
    Ok(items[index.rem_euclid(items.len() as i64) as usize].clone().with_mark(call.args[0].sensitive))
}

fn flatten(call: &Call) -> Result<Value, Failure> {
    sequence(call, 0)?;
    let (mut out, mut mark) = (Vec::new(), false);
    match gather(&call.args[0], &mut out, &mut mark) {
        Some(of) => Ok(unknown(Type::Any, &of).with_mark(mark)),
        None => Ok(Value::tuple(out).with_mark(mark)),
    }
}

/// Adds the elements of `value` and of the sequences in it; answers an unknown that may be a sequence.
fn gather(value: &Value, out: &mut Vec<Value>, mark: &mut bool) -> Option<Unknown> {
    *mark |= value.sensitive;
    for item in value.as_items().unwrap_or_default() {
        match &item.data {
            Data::List(..) | Data::Set(..) | Data::Tuple(_) => {
                if let Some(of) = gather(item, out, mark) {
                    return Some(of);
                }
            }
            Data::Unknown(of) if matches!(of.ty, Type::Any | Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                return Some((**of).clone());
            }
            _ => out.push(item.clone()),
        }
    }
    None
}

fn index(call: &Call) -> Result<Value, Failure> {
    let items = sequence(call, 0)?;
    if items.is_empty() {
        return wrong(0, "there is nothing to find in an empty list");
    }
    for (position, item) in items.iter().enumerate() {
        match equal(item, &call.args[1]) {
            Ok(true) => return Ok(Value::int(position as i64)),
            Ok(false) => {}
            Err(of) => return Ok(unknown(Type::Number, &of)),
        }
    }
    wrong(1, "the value is not in the list")
}

fn length(call: &Call) -> Result<Value, Failure> {
    use unicode_segmentation::UnicodeSegmentation;
    let value = &call.args[0];
    let length = match &value.data {
        Data::String(text) if text.is_ascii() && !text.contains('\r') => text.len(),
        Data::String(text) => text.graphemes(true).count(),
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => items.len(),
        Data::Map(_, items) | Data::Object(items) => items.len(),
        _ => return wrong(0, format!("a string or a collection is required, not {}", value.ty().with_article())),
    };
    Ok(Value::int(length as i64).with_mark(value.sensitive))
}

fn matchkeys(call: &Call) -> Result<Value, Failure> {
    let (values, keys) = (call.items(0), call.items(1));
    if values.len() != keys.len() {
        return wrong(0, "there must be as many values as keys");
    }
    let both = unify(&[call.args[1].ty(), call.args[2].ty()]);
    let Some(ty) = both else { return wrong(2, "keys and search set must have one type") };
    let plain = |index: usize| convert(&call.args[index], &ty).map_err(|mismatch| Failure::Other(mismatch.to_string()));
    let (keys, search) = (plain(1)?, plain(2)?);
    let wanted: std::collections::BTreeSet<&Value> = search.as_items().unwrap_or_default().iter().collect();
    let pairs = values.iter().zip(keys.as_items().unwrap_or_default());
    Ok(like(&call.args[0], pairs.filter(|(_, key)| wanted.contains(key)).map(|(value, _)| value.clone()).collect()))
}

fn one(call: &Call) -> Result<Value, Failure> {
    let mark = call.args[0].sensitive;
    match sequence(call, 0)? {
        [] => {
            let ty = match &call.args[0].data {
                Data::List(ty, _) | Data::Set(ty, _) => ty.clone(),
                _ => Type::Any,
            };
            Ok(Value::null_of(ty).with_mark(mark))
        }
        [item] => Ok(item.clone().with_mark(mark)),
        items => wrong(0, format!("a list of at most one element is required, not of {}", items.len())),
    }
}

fn reverse(call: &Call) -> Result<Value, Failure> {
    let items = sequence(call, 0)?.iter().rev().cloned().collect();
    Ok(like(&call.args[0], items))
}

fn slice(call: &Call) -> Result<Value, Failure> {
    if matches!(call.args[0].data, Data::Set(..)) {
        return wrong(0, "a set has no order; convert it with tolist first");
    }
    let (items, start, end) = (sequence(call, 0)?, call.int(1)?, call.int(2)?);
    if start < 0 {
        return wrong(1, "the start must not be negative");
    }
    if end > items.len() as i64 {
        return wrong(2, format!("the end {end} is behind the last of the {} elements", items.len()));
    }
    if start > end {
        return wrong(1, "the start must not be behind the end");
    }
    Ok(like(&call.args[0], items[start as usize..end as usize].to_vec()))
}

fn sort(call: &Call) -> Result<Value, Failure> {
    let items = call.items(0);
    if items.iter().any(Value::is_null) {
        return wrong(0, "an element is null");
    }
    // The place of an unknown string is as unknown as those of the others.
    if let Some(unknown) = items.iter().find_map(Value::first_unknown) {
        let unknown = Value::from(unknown.clone());
        return Ok(Value::list(Type::String, vec![unknown; items.len()]));
    }
    let mut items = items.to_vec();
    items.sort();
    Ok(Value::list(Type::String, items))
}
