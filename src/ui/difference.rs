//! How two values differ, in lines: texts line by line, maps by key, the elements of nested blocks by theirs.

use std::collections::{BTreeMap, BTreeSet};

use similar::{ChangeTag, TextDiff};

use crate::ui::value::{inline, plain, quoted_key};
use crate::ui::{GREEN, RED, Ui, YELLOW, style};
use crate::value::{Data, Object, Value, same};

/// What tells the elements of a nested block apart.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The member with the name of an element.
    pub member: &'static str,
    /// Whether AWS chooses what an element does not say: then that is no difference.
    pub open: bool,
}

/// The lines below the name of an attribute; nothing where both values go into one line.
pub fn of_values(ui: Ui, key: Option<Key>, before: &Value, after: &Value) -> Option<String> {
    of_texts(ui, before, after).or_else(|| of_collections(ui, key, before, after))
}

/// Texts of several lines, JSON and access strings are compared line by line.
fn of_texts(ui: Ui, before: &Value, after: &Value) -> Option<String> {
    let (before, after) = (before.as_str()?, after.as_str()?);
    let (before, after) = match (pretty(before), pretty(after)) {
        (Some(before), Some(after)) => (before, after),
        _ if before.contains('\n') || after.contains('\n') => (before.to_owned(), after.to_owned()),
        _ => return None,
    };
    let diff = TextDiff::from_lines(&before, &after);
    let mut out = String::new();
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            out.push_str(&diff_line(ui, change.tag(), change.value().trim_end_matches('\n')));
        }
    }
    Some(out)
}

fn pretty(text: &str) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    (json.is_object() || json.is_array()).then(|| serde_json::to_string_pretty(&json).unwrap_or_default() + "\n")
}

fn diff_line(ui: Ui, tag: ChangeTag, text: &str) -> String {
    let text = plain(text);
    let (sign, colour) = match tag {
        ChangeTag::Insert => ("+", GREEN),
        ChangeTag::Delete => ("-", RED),
        ChangeTag::Equal => return format!("            {text}\n"),
    };
    format!("          {} {text}\n", ui.paint(style(colour), sign))
}

/// Collections element by element: maps by key, blocks by their name or as a whole.
fn of_collections(ui: Ui, key: Option<Key>, before: &Value, after: &Value) -> Option<String> {
    let (old, new) = (entries(key, before)?, entries(key, after)?);
    let mut out = String::new();
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let line = match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) if same(old, new) => continue,
            (Some(old), Some(new)) if key.is_some() && old.as_object().is_some() => {
                let parts = parts(old, new, key.is_some_and(|key| key.open));
                if parts.is_empty() {
                    continue;
                }
                format!("          {} {}: {parts}\n", ui.paint(style(YELLOW), "~"), quoted_key(name))
            }
            (Some(old), Some(new)) => {
                format!(
                    "          {} {name} = {} -> {}\n",
                    ui.paint(style(YELLOW), "~"),
                    inline(old),
                    inline(new),
                    name = quoted_key(name)
                )
            }
            (Some(old), None) => format!("          {} {}\n", ui.paint(style(RED), "-"), entry(name, old)),
            (None, Some(new)) => format!("          {} {}\n", ui.paint(style(GREEN), "+"), entry(name, new)),
            (None, None) => continue,
        };
        out.push_str(&line);
    }
    Some(out)
}

/// What differs between two elements of the same key.
fn parts(old: &Value, new: &Value, open: bool) -> String {
    let none = Object::new();
    let (old, new) = (old.as_object().unwrap_or(&none), new.as_object().unwrap_or(&none));
    let null = Value::null();
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let pairs = names.into_iter().map(|name| (name, old.get(name).unwrap_or(&null), new.get(name).unwrap_or(&null)));
    let differing = pairs.filter(|(_, old, new)| !(same(old, new) || open && new.is_null()));
    let told: Vec<String> =
        differing.map(|(name, old, new)| format!("{name} = {} -> {}", inline(old), inline(new))).collect();
    told.join(", ")
}

fn entry(name: &str, value: &Value) -> String {
    if value.is_null() { plain(name) } else { format!("{} = {}", quoted_key(name), inline(value)) }
}

/// A collection as names and values. An element without a name is its own name, with null as value.
fn entries(key: Option<Key>, value: &Value) -> Option<BTreeMap<String, Value>> {
    match &value.data {
        Data::Map(_, items) => Some(items.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()),
        Data::Object(items) => Some(items.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()),
        Data::Set(_, items) => {
            let named = |item: &Value| match (item.get("name").and_then(Value::as_str), item.get("value")) {
                (Some(name), Some(value)) => (name.to_owned(), value.clone()),
                _ => match key.and_then(|key| item.get(key.member)).and_then(Value::as_str) {
                    Some(name) => (name.to_owned(), item.clone()),
                    None => (inline(item), Value::null()),
                },
            };
            Some(items.iter().map(named).collect())
        }
        _ => None,
    }
}
