//! Holes: unknown values that are told apart, so that they can be filled wherever they were copied to.
//!
//! The holes of a planned object are numbered. Calls are made out of that object, and carry its holes. When the object
//! is known, it is laid over the planned one: what stands where a hole was is what fills it, in the calls as well.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Data, Object, Origin, Unknown, Value, same};

/// Numbers the holes of an object, in its order.
pub fn number(object: &mut Object) {
    let mut next = 0;
    object.values_mut().for_each(|value| number_value(value, &mut next));
}

fn number_value(value: &mut Value, next: &mut u32) {
    if value.is_wholly_known() {
        return;
    }
    match &mut value.data {
        Data::Unknown(unknown) => {
            Arc::make_mut(unknown).hole = Some(*next);
            *next += 1;
        }
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => {
            Arc::make_mut(items).iter_mut().for_each(|item| number_value(item, next));
        }
        Data::Map(_, items) | Data::Object(items) => {
            items.values_mut().for_each(|item| number_value(item, next));
        }
        _ => {}
    }
}

/// Says where those parts of a value come from of which nobody has said it.
pub fn claim(value: &mut Value, origin: &Arc<Origin>) {
    match &mut value.data {
        Data::Unknown(unknown) if unknown.origin.is_none() => Arc::make_mut(unknown).origin = Some(origin.clone()),
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => {
            Arc::make_mut(items).iter_mut().for_each(|item| claim(item, origin));
        }
        Data::Map(_, items) | Data::Object(items) => {
            items.values_mut().for_each(|item| claim(item, origin));
        }
        _ => {}
    }
}

/// What fills the holes of an object.
#[derive(Debug, Default)]
pub struct Filling {
    values: BTreeMap<u32, Value>,
    /// Holes in elements of sets that turned out to equal other elements.
    doubles: BTreeSet<u32>,
}

impl Filling {
    /// Lays a known value over a planned one. Answers whether it can be that: what was known is still the same, and
    /// what was said of unknown parts holds.
    pub fn learn(&mut self, planned: &Value, now: &Value) -> bool {
        if planned.is_wholly_known() {
            return same(planned, now);
        }
        match (&planned.data, &now.data) {
            (Data::Unknown(unknown), _) => self.fill_one(unknown, now),
            (Data::Set(_, planned), Data::Set(_, now)) => self.learn_set(planned, now),
            (Data::List(_, planned) | Data::Tuple(planned), Data::List(_, now) | Data::Tuple(now)) => {
                planned.len() == now.len() && planned.iter().zip(now.iter()).all(|(old, new)| self.learn(old, new))
            }
            (Data::Map(_, planned) | Data::Object(planned), Data::Map(_, now) | Data::Object(now)) => {
                let null = Value::null();
                let names: BTreeSet<&Arc<str>> = planned.keys().chain(now.keys()).collect();
                let of = |object: &Object, name: &str| object.get(name).unwrap_or(&null).clone();
                names.into_iter().all(|name| self.learn(&of(planned, name), &of(now, name)))
            }
            _ => false,
        }
    }

    fn fill_one(&mut self, unknown: &Unknown, now: &Value) -> bool {
        let begins = match (&unknown.prefix, now.as_str()) {
            (Some(prefix), Some(text)) => text.starts_with(&**prefix),
            _ => true,
        };
        let known = unknown.hole.and_then(|hole| self.values.insert(hole, now.clone()));
        begins && !(unknown.not_null && now.is_null()) && known.is_none_or(|known| same(&known, now))
    }

    /// Elements of sets have no places: each planned one takes one that it can be. Two that turn out equal take one.
    fn learn_set(&mut self, planned: &[Value], now: &[Value]) -> bool {
        let (known, open): (Vec<&Value>, Vec<&Value>) = planned.iter().partition(|item| item.is_wholly_known());
        let left: Vec<&Value> = now.iter().filter(|item| !known.iter().any(|known| same(known, item))).collect();
        let fits = |open: &Value, item: &Value| Filling::default().learn(open, item);
        let may: Vec<Vec<usize>> =
            open.iter().map(|open| (0..left.len()).filter(|at| fits(open, left[*at])).collect()).collect();
        let taken = assign(&may, left.len());
        let mut used = BTreeSet::new();
        for (at, open) in open.iter().enumerate() {
            let equal = || now.iter().find(|item| fits(open, item));
            let Some(item) = taken[at].map(|place| left[place]).or_else(equal) else { return false };
            if !self.learn(open, item) {
                return false;
            }
            match taken[at] {
                Some(place) => drop(used.insert(place)),
                None => self.doubles.extend(holes(open)),
            }
        }
        used.len() == left.len()
    }

    /// A value with its holes filled, as far as they are known here. Elements that turned out to be doubles are left
    /// out, and so are attributes that turned out to be null.
    pub fn fill(&self, value: &Value) -> Value {
        if value.is_wholly_known() {
            return value.clone();
        }
        let items = |items: &[Value]| -> Vec<Value> {
            items.iter().filter(|item| !self.is_double(item)).map(|item| self.fill(item)).collect()
        };
        let data = match &value.data {
            Data::Unknown(unknown) => {
                let found = unknown.hole.and_then(|hole| self.values.get(&hole));
                return found.map_or_else(|| value.clone(), |found| found.clone().with_mark(value.sensitive));
            }
            Data::List(ty, list) => Data::List(ty.clone(), Arc::new(items(list))),
            Data::Set(ty, set) => return Value::set(ty.clone(), items(set)).with_mark(value.sensitive),
            Data::Tuple(tuple) => Data::Tuple(Arc::new(items(tuple))),
            Data::Map(ty, entries) => Data::Map(ty.clone(), self.entries(entries)),
            Data::Object(entries) => Data::Object(self.entries(entries)),
            _ => return value.clone(),
        };
        Value { data, sensitive: value.sensitive }
    }

    fn is_double(&self, value: &Value) -> bool {
        holes(value).iter().any(|hole| self.doubles.contains(hole))
    }

    fn entries(&self, entries: &Object) -> Object {
        let filled = entries.iter().map(|(name, value)| (name.clone(), value.is_null(), self.fill(value)));
        filled
            .filter(|(_, was_null, value)| *was_null || !value.is_null())
            .map(|(name, _, value)| (name, value))
            .collect()
    }
}

/// The numbers of the holes in a value.
fn holes(value: &Value) -> Vec<u32> {
    match &value.data {
        Data::Unknown(unknown) => unknown.hole.into_iter().collect(),
        _ => value.children().flat_map(holes).collect(),
    }
}

/// Gives each of a row one of the places that it may have, to as many as that goes (augmenting paths).
fn assign(may: &[Vec<usize>], places: usize) -> Vec<Option<usize>> {
    let mut holder: Vec<Option<usize>> = vec![None; places];
    for one in 0..may.len() {
        seat(one, may, &mut holder, &mut vec![false; places]);
    }
    let mut taken = vec![None; may.len()];
    for (place, one) in holder.into_iter().enumerate() {
        if let Some(one) = one {
            taken[one] = Some(place);
        }
    }
    taken
}

fn seat(one: usize, may: &[Vec<usize>], holder: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &place in &may[one] {
        if std::mem::replace(&mut seen[place], true) {
            continue;
        }
        if holder[place].is_none_or(|other| seat(other, may, holder, seen)) {
            holder[place] = Some(one);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Type, json};

    /// A value out of JSON: `"?"` is unknown, `"x?"` begins with x, `{"set": [...]}` is a set.
    fn value(text: &str) -> Value {
        fn read(json: &Value) -> Value {
            match (&json.data, json.as_str().and_then(|text| text.strip_suffix('?'))) {
                (_, Some(prefix)) => {
                    let prefix = Some(prefix.into()).filter(|prefix: &Arc<str>| !prefix.is_empty());
                    Unknown { ty: Type::String, prefix, ..Unknown::default() }.into()
                }
                (Data::Object(fields), _) => match fields.get("set") {
                    Some(items) => Value::set(Type::Any, items.children().map(read).collect()),
                    None => Value::object(fields.iter().map(|(name, value)| (name.clone(), read(value))).collect()),
                },
                (Data::Tuple(items), _) => Value::tuple(items.iter().map(read).collect()),
                _ => json.clone(),
            }
        }
        read(&json::parse(text).expect(text))
    }

    /// Numbers the planned object, lays the other over it, and answers the planned one filled: as it is in calls.
    fn fill(planned: &str, now: &str) -> Option<Value> {
        let mut object = Object::from([("it".into(), value(planned))]);
        number(&mut object);
        let planned = &object["it"];
        // Calls hold lists where objects hold sets.
        let copied = match &planned.data {
            Data::Set(_, items) => Value::tuple(items.to_vec()),
            _ => planned.clone(),
        };
        let mut filling = Filling::default();
        filling.learn(planned, &value(now)).then(|| filling.fill(&copied))
    }

    #[test]
    fn what_stands_where_a_hole_was_fills_it() {
        for (planned, now, filled) in [
            (r#""?""#, r#""a""#, Some(r#""a""#)),
            (r#""?""#, "null", Some("null")),
            (r#""a""#, r#""a""#, Some(r#""a""#)),
            (r#""a""#, r#""b""#, None),
            (r#""x?""#, r#""xy""#, Some(r#""xy""#)),
            (r#""x?""#, r#""y""#, None),
            (r#"["a", "?"]"#, r#"["a", "b"]"#, Some(r#"["a", "b"]"#)),
            (r#"["a", "?"]"#, r#"["b", "b"]"#, None),
            (r#"["?"]"#, r#"["a", "b"]"#, None),
            (r#"{"k": "?", "l": 1}"#, r#"{"k": "a", "l": 1}"#, Some(r#"{"k": "a", "l": 1}"#)),
            // An argument that turns out null is left out; one more attribute is another object.
            (r#"{"k": "?", "l": 1}"#, r#"{"k": null, "l": 1}"#, Some(r#"{"l": 1}"#)),
            (r#"{"k": "?"}"#, r#"{"k": "a", "m": 1}"#, None),
            // Sets have no places.
            (r#"{"set": ["b", "?"]}"#, r#"{"set": ["a", "b"]}"#, Some(r#"["b", "a"]"#)),
            (r#"{"set": ["?", "?"]}"#, r#"{"set": ["a", "b"]}"#, Some(r#"["b", "a"]"#)),
            (r#"{"set": ["?", "?"]}"#, r#"{"set": ["a", "b", "c"]}"#, None),
            (r#"{"set": ["b", "?"]}"#, r#"{"set": ["a", "c"]}"#, None),
            // Two that turn out equal are one.
            (r#"{"set": ["?", "?"]}"#, r#"{"set": ["a"]}"#, Some(r#"["a"]"#)),
            (r#"{"set": ["b", "?"]}"#, r#"{"set": ["b"]}"#, Some(r#"["b"]"#)),
            // The first could take either, and leaves to the second what only that can take.
            (
                r#"{"set": [{"p": 1, "s": "?"}, {"p": "?", "s": "x"}]}"#,
                r#"{"set": [{"p": 1, "s": "x"}, {"p": 1, "s": "y"}]}"#,
                Some(r#"[{"p": 1, "s": "y"}, {"p": 1, "s": "x"}]"#),
            ),
        ] {
            assert_eq!(fill(planned, now), filled.map(value), "{planned} <- {now}");
        }
    }
}
