//! What differs between two environments of one stack: their variables, and what their files ask for. Nothing is asked of
//! any account.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Mode};
use crate::ops::{Loaded, Session, SessionOptions, plan};
use crate::plan::Options;
use crate::state::State;
use crate::value::json::to_json;
use crate::value::{Object, Value, same};

/// What differs between a first environment and a second one.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Variables of the root, with both values.
    pub variables: Vec<Pair>,
    /// Resources that are only in the first.
    pub only_first: Vec<Address>,
    /// Resources that are only in the second.
    pub only_second: Vec<Address>,
    /// Resources that are in both and are not the same.
    pub changed: Vec<Changed>,
}

/// A resource that is not the same in both.
#[derive(Debug)]
pub struct Changed {
    /// Its address.
    pub address: Address,
    /// The attributes.
    pub attributes: Vec<Pair>,
}

/// A name with the values of both.
#[derive(Debug)]
pub struct Pair {
    /// The variable or attribute.
    pub name: String,
    /// In the first environment.
    pub first: Value,
    /// In the second.
    pub second: Value,
    /// Whether the difference goes when the second environment has the variables of the first.
    pub by_variables: bool,
}

impl Comparison {
    /// Whether something differs that does not follow from variables.
    pub fn differs_besides_variables(&self) -> bool {
        let attributes = || self.changed.iter().flat_map(|changed| &changed.attributes);
        !self.only_first.is_empty() || !self.only_second.is_empty() || attributes().any(|pair| !pair.by_variables)
    }
}

/// Compares two opened environments; `options` are those of the second. Answers nothing where one has errors, which are
/// in the sessions.
pub fn compare(
    loaded: &Loaded,
    options: &SessionOptions,
    first: &mut Session,
    second: &mut Session,
) -> Option<Comparison> {
    let (one, two) = (objects(first)?, objects(second)?);
    let variables = first.evaluator.variables();
    // What becomes of the second with the variables of the first says what follows from them.
    let mut alike = Session::with_variables(loaded, options, &variables);
    let alike = objects(&mut alike).unwrap_or_default();
    let names: BTreeSet<&Address> = one.keys().chain(two.keys()).collect();
    let mut found =
        Comparison { variables: pairs(&variables, &second.evaluator.variables(), None), ..Comparison::default() };
    for address in names {
        match (one.get(address), two.get(address)) {
            (Some(_), None) => found.only_first.push(address.clone()),
            (None, Some(_)) => found.only_second.push(address.clone()),
            (Some(left), Some(right)) => {
                let attributes = pairs(left, right, alike.get(address));
                if !attributes.is_empty() {
                    found.changed.push(Changed { address: address.clone(), attributes });
                }
            }
            (None, None) => {}
        }
    }
    Some(found)
}

/// What the files ask for in an environment.
fn objects(session: &mut Session) -> Option<BTreeMap<Address, Object>> {
    plan::check(session, &State::default(), &Options::default());
    if session.has_errors() {
        return None;
    }
    let values = session.evaluator.snapshot(Value::clone).values();
    let managed = values.into_iter().filter(|(address, _)| address.mode == Mode::Managed);
    Some(managed.filter_map(|(address, value)| Some((address, value.as_object()?.clone()))).collect())
}

fn pairs(first: &Object, second: &Object, alike: Option<&Object>) -> Vec<Pair> {
    let null = Value::null();
    let of = |object: &Object, name: &str| object.get(name).unwrap_or(&null).clone();
    let names: BTreeSet<&str> = first.keys().chain(second.keys()).map(|name| &**name).collect();
    let pair = |name: &str| {
        let (left, right) = (of(first, name), of(second, name));
        let by_variables = alike.is_some_and(|alike| is_same(&left, &of(alike, name)));
        let name = if name == "tags_all" { "tags" } else { name };
        (!is_same(&left, &right)).then(|| Pair { name: name.to_owned(), first: left, second: right, by_variables })
    };
    names.into_iter().filter_map(pair).collect()
}

/// What is not known of both counts as the same.
fn is_same(left: &Value, right: &Value) -> bool {
    let unknown = !left.is_wholly_known() && !right.is_wholly_known();
    same(left, right) || unknown && to_json(left) == to_json(right)
}
