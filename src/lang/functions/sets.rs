//! Sets.

use super::{Call, Failure, Function, Want, function, open, other, param};
use crate::value::convert::{convert, set_of, unify};
use crate::value::{Type, Value};

const SET: Want = Want::Set;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "setintersection",
        &[param("first_set", SET)],
        SET,
        |call| combine(call, |count, all, _| count == all),
        "The elements that all sets have.",
        "setintersection([\"a\", \"b\"], [\"b\"]) = toset([\"b\"])",
    )
    .rest(param("other_sets", SET))
    .open(open::sets),
    function(
        "setproduct",
        &[],
        Want::Any,
        setproduct,
        "Every combination of one element of each set.",
        "setproduct([\"a\"], [1, 2]) = [[\"a\", 1], [\"a\", 2]]",
    )
    .rest(param("sets", Want::Any).marked()),
    function(
        "setsubtract",
        &[param("a", SET), param("b", SET)],
        SET,
        |call| combine(call, |count, _, first| first && count == 1),
        "The elements of the first set that the second does not have.",
        "setsubtract([\"a\", \"b\"], [\"b\"]) = toset([\"a\"])",
    )
    .open(open::sets),
    function(
        "setunion",
        &[param("first_set", SET)],
        SET,
        |call| combine(call, |_, _, _| true),
        "The elements that any set has.",
        "setunion([\"a\"], [\"b\"]) = toset([\"a\", \"b\"])",
    )
    .rest(param("other_sets", SET))
    .open(open::sets),
];

/// All arguments as sets of one element type.
fn sets(call: &Call) -> Result<(Type, Vec<Value>), Failure> {
    let types: Vec<Type> = call.args.iter().map(Value::ty).collect();
    let Some(Type::Set(ty)) = unify(&types) else { return other("all sets must have one element type") };
    let wanted = Type::Set(ty.clone());
    let sets: Result<Vec<Value>, _> = call.args.iter().map(|set| convert(set, &wanted)).collect();
    Ok(((*ty).clone(), sets.map_err(|mismatch| Failure::Other(mismatch.to_string()))?))
}

/// The elements for which `keep` says so, given how many sets have it, how many sets there are, and
/// whether the first has it.
fn combine(call: &Call, keep: fn(usize, usize, bool) -> bool) -> Result<Value, Failure> {
    let (ty, sets) = sets(call)?;
    let mut counts: std::collections::BTreeMap<&Value, (usize, bool)> = std::collections::BTreeMap::new();
    for (index, set) in sets.iter().enumerate() {
        for item in set.as_items().unwrap_or_default() {
            let entry = counts.entry(item).or_default();
            entry.0 += 1;
            entry.1 |= index == 0;
        }
    }
    let kept = counts.into_iter().filter(|(_, (count, first))| keep(*count, sets.len(), *first));
    Ok(Value::set(ty, kept.map(|(item, _)| item.clone()).collect()))
}

/// With a set among them a set of tuples results; lists only make a list, where the order counts.
fn setproduct(call: &Call) -> Result<Value, Failure> {
    if call.args.len() < 2 {
        return other("at least two sets are required");
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    let mut types = Vec::new();
    // The marks of elements stay with them, in a set they become that of the whole.
    let mark = call.args.iter().any(|arg| arg.sensitive);
    let mut any_set = false;
    for (index, arg) in call.args.iter().enumerate() {
        let as_list =
            convert(arg, &Type::list(Type::Any)).map_err(|mismatch| Failure::Argument(index, mismatch.to_string()))?;
        any_set |= matches!(arg.ty(), Type::Set(_));
        let Type::List(ty) = as_list.ty() else { continue };
        types.push((*ty).clone());
        let items = as_list.as_items().unwrap_or_default();
        let count = rows.len() as u64 * items.len() as u64;
        if count > 1_000_000 {
            return other("there are more than a million combinations");
        }
        call.budget().values(count * (index as u64 + 1))?;
        rows = rows
            .iter()
            .flat_map(|row| items.iter().map(|item| [row.as_slice(), std::slice::from_ref(item)].concat()))
            .collect();
    }
    let ty = Type::Tuple(types.into());
    let rows = rows.into_iter().map(Value::tuple).collect();
    Ok(if any_set { set_of(ty, rows) } else { Value::list(ty, rows) }.with_mark(mark))
}
