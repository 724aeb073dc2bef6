//! What blocks are called: after their objects, each once.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::generate::part::Item;
use crate::value::{Object, Value};

/// No label is longer.
const LONGEST: usize = 60;

/// Gives every object a label.
pub fn label(items: Vec<Item>, taken: &BTreeSet<Address>) -> Vec<Item> {
    let mut used = taken.clone();
    let mut known: BTreeMap<(&'static str, String), String> = BTreeMap::new();
    let mut labelled = Vec::new();
    for item in items {
        let kind = item.found.kind.schema().kind;
        let label = unique(kind, &wanted(&item, &known), &mut used);
        known.insert((kind, item.found.id.clone()), label.clone());
        labelled.push(Item { label, ..item });
    }
    labelled
}

/// A label that nobody of the kind has.
pub fn unique(kind: &'static str, wanted: &str, used: &mut BTreeSet<Address>) -> String {
    let numbered = (2..).map(|number| format!("{wanted}_{number}"));
    let mut all = std::iter::once(wanted.to_owned()).chain(numbered);
    let free = all.find(|label| used.insert(Address::managed(kind, label.as_str())));
    free.unwrap_or_default()
}

/// The name of an object in the account; of one that AWS has named, what tells it from others.
fn wanted(item: &Item, known: &BTreeMap<(&'static str, String), String>) -> String {
    let kind = item.found.kind;
    let text = |object: &Object, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let named = kind.name_attribute().and_then(|name| text(&item.found.object, name));
    let named = named.or_else(|| text(&item.found.object, "name"));
    let tag = || item.part.get("tags").and_then(Value::as_object).and_then(|tags| text(tags, "Name"));
    let own = named.or_else(|| if kind.is_named_by_aws() { tag() } else { Some(item.found.id.clone()) });
    identifier(kind.schema().kind, &own.unwrap_or_else(|| described(item, known)))
}

/// What the first attributes of an object say, with the labels of others in the place of their names.
fn described(item: &Item, known: &BTreeMap<(&'static str, String), String>) -> String {
    let schema = item.found.kind.schema();
    let mut words = Vec::new();
    for attr in schema.attrs.iter().filter(|attr| attr.name != "tags" && attr.name != "description") {
        let Some(value) = item.part.get(attr.name) else { continue };
        let text = value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()));
        let Some(text) = text else { continue };
        let of = |refers: &crate::schema::Refers| {
            let id = text.rsplit(':').next().unwrap_or(&text);
            known.get(&(refers.kind, text.clone())).or_else(|| known.get(&(refers.kind, id.to_owned())))
        };
        words.push(attr.refers.iter().find_map(of).cloned().unwrap_or_else(|| short(&text).to_owned()));
    }
    words.dedup();
    words.truncate(3);
    words.join("_")
}

/// The end of an ARN; and -1 is all.
fn short(text: &str) -> &str {
    match text {
        "-1" => "all",
        arn if arn.starts_with("arn:") => arn.rsplit([':', '/']).next().unwrap_or(arn),
        text => text,
    }
}

/// A text as an identifier.
pub fn identifier(kind: &str, text: &str) -> String {
    let mut label = String::new();
    for letter in text.chars() {
        match letter {
            letter if letter.is_ascii_alphanumeric() => label.push(letter.to_ascii_lowercase()),
            _ if label.is_empty() || label.ends_with('_') => {}
            _ => label.push('_'),
        }
    }
    label.truncate(LONGEST);
    let label = label.trim_end_matches('_');
    match label.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => label.to_owned(),
        Some(_) => format!("{kind}_{label}"),
        None => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        for (text, label) in [
            ("shop-prod", "shop_prod"),
            ("/aws/elasticache/slow", "aws_elasticache_slow"),
            ("CPU > 80 %", "cpu_80"),
            ("0day", "user_0day"),
            ("ÄÖÜ", "user"),
            ("", "user"),
        ] {
            assert_eq!(identifier("user", text), label, "{text}");
        }
    }
}
