//! Parts of attributes that are ignored: what is there stays, whatever the block says.

use std::sync::Arc;

use crate::lang::ast::Step;
use crate::lang::declare::Lifecycle;
use crate::value::{Data, Object, Value};

/// Puts what is there into the wish, at every path that `ignore_changes` names.
pub fn keep(lifecycle: &Lifecycle, wanted: &mut Object, live: &Object) {
    for (attribute, steps) in &lifecycle.ignore_parts {
        keep_part(attribute, steps, wanted, live);
        // What AWS has are all tags, wherever they were asked for.
        if &**attribute == "tags" {
            keep_part("tags_all", steps, wanted, live);
        }
    }
}

fn keep_part(attribute: &str, steps: &[Step], wanted: &mut Object, live: &Object) {
    let there = live.get(attribute).or_else(|| live.get("tags_all").filter(|_| attribute == "tags"));
    let part = there.and_then(|there| at(there, steps)).filter(|part| !part.is_null());
    if let Some(value) = wanted.get_mut(attribute) {
        *value = put(value, steps, part);
    }
}

/// The part of a value that a path leads to.
fn at<'a>(value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    let part = match step {
        Step::Index(index) if value.as_items().is_some() => value.as_items()?.get(usize::try_from(*index).ok()?)?,
        step => value.get(&key(step))?,
    };
    at(part, rest)
}

fn key(step: &Step) -> Arc<str> {
    match step {
        Step::Attr(name) | Step::Key(name) => name.clone(),
        Step::Index(index) => index.to_string().into(),
    }
}

/// A value with another part at a path; without it where there is none.
fn put(value: &Value, steps: &[Step], part: Option<&Value>) -> Value {
    let Some((step, rest)) = steps.split_first() else { return part.unwrap_or(value).clone() };
    let data = match (&value.data, step) {
        (Data::Map(_, items) | Data::Object(items), step) => {
            let (mut items, key) = (items.clone(), key(step));
            match (items.get(&key).map(|item| put(item, rest, part)), part) {
                (Some(changed), _) if !rest.is_empty() => drop(items.insert(key, changed)),
                (None, Some(part)) if rest.is_empty() => drop(items.insert(key, part.clone())),
                (Some(_), Some(part)) => drop(items.insert(key, part.clone())),
                _ => drop(items.remove(&key)),
            }
            match &value.data {
                Data::Map(ty, _) => Data::Map(ty.clone(), items),
                _ => Data::Object(items),
            }
        }
        (Data::List(ty, items), Step::Index(index)) => {
            let at = usize::try_from(*index).unwrap_or(usize::MAX);
            let mut items = (**items).clone();
            if let Some(item) = items.get_mut(at) {
                *item = put(item, rest, part);
            }
            Data::List(ty.clone(), Arc::new(items))
        }
        _ => return value.clone(),
    };
    Value { data, sensitive: value.sensitive }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        let tags = |pairs: &[(&str, &str)]| Value::string_map(pairs.iter().copied());
        let owner = || vec![Step::Key("owner".into())];
        let table = [
            (tags(&[("owner", "us"), ("a", "1")]), tags(&[("owner", "them")]), tags(&[("owner", "them"), ("a", "1")])),
            (tags(&[("a", "1")]), tags(&[("owner", "them"), ("b", "2")]), tags(&[("owner", "them"), ("a", "1")])),
            (tags(&[("owner", "us")]), tags(&[]), tags(&[])),
        ];
        for (wanted, live, expected) in table {
            let lifecycle = Lifecycle { ignore_parts: vec![("tags".into(), owner())], ..Lifecycle::default() };
            let mut wanted = Object::from([("tags".into(), wanted.clone()), ("tags_all".into(), wanted)]);
            keep(&lifecycle, &mut wanted, &Object::from([("tags_all".into(), live)]));
            assert_eq!((&wanted["tags"], &wanted["tags_all"]), (&expected, &expected));
        }
    }

    #[test]
    fn elements_of_lists_stay_where_they_are() {
        let list = |items: &[&str]| Value::strings(items.iter().copied());
        let steps = vec![Step::Index(1)];
        let lifecycle = Lifecycle { ignore_parts: vec![("zones".into(), steps)], ..Lifecycle::default() };
        for (wanted, live, expected) in [
            (list(&["a", "b"]), list(&["x", "y"]), list(&["a", "y"])),
            (list(&["a"]), list(&["x", "y"]), list(&["a"])),
            (list(&["a", "b"]), list(&["x"]), list(&["a", "b"])),
        ] {
            let mut wanted = Object::from([("zones".into(), wanted)]);
            keep(&lifecycle, &mut wanted, &Object::from([("zones".into(), live)]));
            assert_eq!(wanted["zones"], expected);
        }
    }
}
