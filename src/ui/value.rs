//! Values for people: short ones in a line, long ones over several. Sensitive ones are never shown.

use crate::diag::visible;
use crate::value::{Data, Value};

/// What stands for a value that must not be shown.
pub const SENSITIVE: &str = "(sensitive value)";
/// What stands for a value that is not known yet.
pub const UNKNOWN: &str = "(known after apply)";

/// The longest collection that stands in one line.
const LINE_MAX: usize = 76;

/// Shows a value without members that are not there; further lines are indented by `indent` blanks.
pub fn show(value: &Value, indent: usize) -> String {
    told(value, indent, says_something)
}

/// The same with all members: an output is what its users get, and a null is one.
pub fn whole(value: &Value, indent: usize) -> String {
    told(value, indent, |_| true)
}

fn told(value: &Value, indent: usize, is_shown: fn(&Value) -> bool) -> String {
    let line = in_line(value, is_shown);
    let collection = value.as_items().is_some_and(|items| !items.is_empty())
        || value.as_object().is_some_and(|items| !items.is_empty());
    if line.len() <= LINE_MAX || !collection || value.sensitive {
        return line;
    }
    let pad = " ".repeat(indent + 4);
    let lines: Vec<String> = match &value.data {
        Data::Map(_, items) | Data::Object(items) => {
            let shown: Vec<_> = items.iter().filter(|(_, value)| is_shown(value)).collect();
            let width = shown.iter().map(|(key, _)| quoted_key(key).chars().count()).max().unwrap_or(0);
            shown
                .into_iter()
                .map(|(key, value)| format!("{pad}{:width$} = {}", quoted_key(key), told(value, indent + 4, is_shown)))
                .collect()
        }
        _ => value.children().map(|item| format!("{pad}{},", told(item, indent + 4, is_shown))).collect(),
    };
    let (open, close) = if value.as_object().is_some() { ("{", "}") } else { ("[", "]") };
    format!("{open}\n{}\n{}{close}", lines.join("\n"), " ".repeat(indent))
}

/// A value in one line, without members that are not there.
pub fn inline(value: &Value) -> String {
    in_line(value, says_something)
}

fn in_line(value: &Value, is_shown: fn(&Value) -> bool) -> String {
    if value.sensitive {
        return SENSITIVE.to_owned();
    }
    match &value.data {
        Data::Null(_) => "null".to_owned(),
        Data::Unknown(_) => UNKNOWN.to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Number(value) => value.to_string(),
        Data::String(text) => quoted(text),
        Data::Secret(_) => SENSITIVE.to_owned(),
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => {
            format!("[{}]", items.iter().map(|item| in_line(item, is_shown)).collect::<Vec<_>>().join(", "))
        }
        Data::Map(_, items) | Data::Object(items) if items.is_empty() => "{}".to_owned(),
        Data::Map(_, items) | Data::Object(items) => {
            let pairs = items.iter().filter(|(_, value)| is_shown(value));
            let pairs: Vec<String> =
                pairs.map(|(key, value)| format!("{} = {}", quoted_key(key), in_line(value, is_shown))).collect();
            if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
        }
    }
}

/// Whether a member of an object is worth showing: blocks and lists that are not there are not.
fn says_something(value: &Value) -> bool {
    !value.is_null() && !value.as_items().is_some_and(<[Value]>::is_empty)
}

/// The key of a map, in quotes where it is no name.
pub fn quoted_key(key: &str) -> String {
    let plain = !key.is_empty()
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        && !key.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    if plain { key.to_owned() } else { quoted(key) }
}

/// A line of text with control characters as escapes, so that no text can move the cursor.
pub fn plain(line: &str) -> String {
    let visible = |c: char| match c {
        '\t' => c.to_string(),
        c if visible::is_hidden(c) => escape(c),
        c => c.to_string(),
    };
    line.chars().map(visible).collect()
}

/// A character as a string of the language spells it.
fn escape(c: char) -> String {
    let code = c as u32;
    if code > 0xffff { format!("\\U{code:08x}") } else { format!("\\u{code:04x}") }
}

/// Text in quotes, with control characters as escapes, so that no text can move the cursor.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if visible::is_hidden(c) => out.push_str(&escape(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
