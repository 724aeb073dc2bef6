//! YAML, written and read as Terraform does.

mod decode;
mod scalar;
mod tabs;
#[cfg(test)]
mod tests;

use super::{Call, Failure, text};
use crate::value::{Data, Value, json};

pub(super) use decode::{elements, yamldecode};

pub(super) fn yamlencode(call: &Call) -> Result<Value, Failure> {
    let mut out = String::new();
    // What stands deep is indented on every line of its own.
    call.budget().fits(indents(&call.args[0], 0))?;
    write(&mut out, &call.args[0], 0, true);
    // A plain scalar on its own is closed with the end of the document.
    if matches!(call.args[0].data, Data::Null(_) | Data::Bool(_) | Data::Number(_)) {
        out.push_str("...\n");
    }
    text(out)
}

/// How many blanks stand before the lines of a value at most.
fn indents(value: &Value, indent: u64) -> u64 {
    match &value.data {
        Data::String(text) => indent * (1 + text.bytes().filter(|byte| *byte == b'\n').count() as u64),
        _ => indent + value.children().map(|child| indents(child, indent + 2)).sum::<u64>(),
    }
}

/// Writes a value; `fresh` says that nothing stands on the line yet but what `indent` allows for.
fn write(out: &mut String, value: &Value, indent: usize, fresh: bool) {
    match &value.data {
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 || !fresh {
                    out.push_str(&" ".repeat(indent));
                }
                out.push_str("- ");
                write(out, item, indent + 2, true);
            }
        }
        Data::Map(_, entries) | Data::Object(entries) if !entries.is_empty() => {
            for (index, (name, item)) in entries.iter().enumerate() {
                if index > 0 || !fresh {
                    out.push_str(&" ".repeat(indent));
                }
                entry(out, name, item, indent);
            }
        }
        Data::String(string) => string_value(out, string, indent.max(2)),
        Data::List(..) | Data::Set(..) | Data::Tuple(_) => out.push_str("[]\n"),
        Data::Map(..) | Data::Object(_) => out.push_str("{}\n"),
        Data::Number(number) => {
            out.push_str(&number.to_string());
            out.push('\n');
        }
        _ => {
            out.push_str(&json::encode(value));
            out.push('\n');
        }
    }
}

/// A key with its value. A key of several lines, or a long one, stands on its own behind a question mark.
fn entry(out: &mut String, name: &str, item: &Value, indent: usize) {
    if name.len() <= 128 && !name.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        out.push_str(&quoted(name));
        out.push(':');
        return nested(out, item, indent);
    }
    out.push_str("? ");
    string_value(out, name, indent + 2);
    out.push_str(&" ".repeat(indent));
    out.push_str(": ");
    write(out, item, indent + 2, true);
}

/// A text: in quotes, or as a block when it has several lines and nothing that needs an escape.
fn string_value(out: &mut String, string: &str, indent: usize) {
    let plain = |c: char| matches!(c, '\n' | '\t' | '"' | '\\') || escape(c).is_none();
    if string.contains('\n') && !string.ends_with(' ') && !string.contains(" \n") && string.chars().all(plain) {
        return block(out, string, indent);
    }
    out.push_str(&quoted(string));
    out.push('\n');
}

/// The value of a key: a list below it is not indented, an object is.
fn nested(out: &mut String, value: &Value, indent: usize) {
    let empty = value.children().next().is_none();
    match &value.data {
        Data::List(..) | Data::Set(..) | Data::Tuple(_) if !empty => {
            out.push('\n');
            write(out, value, indent, false);
        }
        Data::Map(..) | Data::Object(_) if !empty => {
            out.push('\n');
            write(out, value, indent + 2, false);
        }
        _ => {
            out.push(' ');
            write(out, value, indent + 2, true);
        }
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match escape(c) {
            Some(escape) => out.push_str(&escape),
            None => out.push(c),
        }
    }
    out.push('"');
    out
}

/// How a character is written in quotes, when it cannot stand for itself.
fn escape(c: char) -> Option<String> {
    let short = match c {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0b' => 'v',
        '\x0c' => 'f',
        '\r' => 'r',
        '\x1b' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(c) {
                code @ (0..0x20 | 0x7f..0xa0) => Some(format!("\\x{code:02X}")),
                code @ (0xfeff | 0xfffe | 0xffff) => Some(format!("\\u{code:04X}")),
                code @ 0x1_0000.. => Some(format!("\\U{code:08X}")),
                _ => None,
            };
        }
    };
    Some(format!("\\{short}"))
}

/// A text of several lines.
fn block(out: &mut String, string: &str, indent: usize) {
    let trailing = string.len() - string.trim_end_matches('\n').len();
    out.push('|');
    if string.starts_with([' ', '\n']) {
        out.push('2');
    }
    out.push_str(match trailing {
        0 => "-",
        1 => "",
        _ => "+",
    });
    out.push('\n');
    for line in string.strip_suffix('\n').unwrap_or(string).split('\n') {
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
        out.push('\n');
    }
}
