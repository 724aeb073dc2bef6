//! YAML, with the resolution of plain scalars that Terraform has.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, SpannedEventReceiver, Tag};

use super::{Call, Failure, key, text, wrong};
use crate::value::convert::convert;
use crate::value::{Data, Number, Object, Type, Value, json};

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

/// What is being read: an open collection.
enum Open {
    Sequence(Vec<Value>, usize),
    /// The entries, the key that waits for its value, and what `<<` merges in.
    Mapping(Object, Option<Value>, Vec<Value>, usize),
}

#[derive(Default)]
struct Reader {
    stack: Vec<Open>,
    anchors: HashMap<usize, Value>,
    documents: Vec<Value>,
    error: Option<String>,
}

/// How many values a text can hold at most: each begins with its own character.
pub(super) fn elements(text: &str) -> u64 {
    text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{' | b':' | b'-' | b'\n' | b'?')).count() as u64
}

pub(super) fn yamldecode(call: &Call) -> Result<Value, Failure> {
    if is_too_deep(call.text(0)) {
        return wrong(0, format!("the YAML is nested more than {MAX_DEPTH} levels deep"));
    }
    call.budget().values(elements(call.text(0)))?;
    let mut reader = Reader::default();
    let mut parser = Parser::new_from_str(call.text(0));
    if let Err(error) = parser.load(&mut reader, true) {
        return wrong(0, format!("the string is not YAML: {}", place(&error)));
    }
    match (reader.error, reader.documents.len()) {
        (Some(error), _) => wrong(0, error),
        (None, 0) => wrong(0, "there is no document"),
        (None, 1) => Ok(reader.documents.swap_remove(0)),
        (None, _) => wrong(0, "there is more than one document"),
    }
}

/// How deep collections may be nested; the parser limits only those in brackets, and calls itself for each.
const MAX_DEPTH: usize = 500;

fn is_too_deep(text: &str) -> bool {
    let mut depth = 0usize;
    for (event, _) in Parser::new_from_str(text).map_while(Result::ok) {
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

fn place(error: &ScanError) -> String {
    let marker = error.marker();
    format!("line {}, column {}: {}", marker.line(), marker.col() + 1, error.info())
}

impl<'input> SpannedEventReceiver<'input> for Reader {
    fn on_event(&mut self, event: Event<'input>, span: Span) {
        let line = span.start.line();
        if self.stack.len() > 500 {
            self.fail(line, "the nesting is too deep");
            self.stack.clear();
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref()).unwrap_or_else(|error| {
                    self.fail(line, &error);
                    Value::null()
                });
                self.add(value, anchor, line, style == ScalarStyle::Plain && text == "<<");
            }
            Event::SequenceStart(anchor, _) => self.stack.push(Open::Sequence(Vec::new(), anchor)),
            Event::MappingStart(anchor, _) => self.stack.push(Open::Mapping(Object::new(), None, Vec::new(), anchor)),
            Event::SequenceEnd => {
                if let Some(Open::Sequence(items, anchor)) = self.stack.pop() {
                    self.add(Value::tuple(items), anchor, line, false);
                }
            }
            Event::MappingEnd => {
                if let Some(Open::Mapping(mut entries, _, merged, anchor)) = self.stack.pop() {
                    for source in merged {
                        for (name, value) in source.as_object().into_iter().flatten() {
                            entries.or_insert_with(name.clone(), || value.clone());
                        }
                    }
                    self.add(Value::object(entries), anchor, line, false);
                }
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(value) => self.add(value, 0, line, false),
                None => self.fail(line, "an alias stands inside of what it stands for"),
            },
            _ => {}
        }
    }
}

impl Reader {
    fn fail(&mut self, line: usize, message: &str) {
        self.error.get_or_insert(format!("line {line}: {message}"));
    }

    /// Puts a value where it belongs; `merge` says that it is the key `<<`.
    fn add(&mut self, value: Value, anchor: usize, line: usize, merge: bool) {
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        match self.stack.last_mut() {
            None => self.documents.push(value),
            Some(Open::Sequence(items, _)) => items.push(value),
            Some(Open::Mapping(entries, waiting, merged, _)) => match waiting.take() {
                None if merge => *waiting = Some(Value::tuple(Vec::new())),
                None => *waiting = Some(value),
                Some(Value { data: Data::Tuple(_), .. }) => match value.as_items() {
                    Some(items) => merged.extend(items.iter().cloned()),
                    None => merged.push(value),
                },
                Some(name) => match convert(&name, &Type::String) {
                    Ok(Value { data: Data::String(name), .. }) => {
                        entries.insert(key(&name), value);
                    }
                    _ => self.fail(line, "a key must be a string"),
                },
            },
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    if let Some(tag) = tag {
        let standard = tag.handle == "tag:yaml.org,2002:" || tag.handle == "!!";
        let wanted = match tag.suffix.as_str() {
            "str" => return Ok(Value::text(text)),
            "null" if standard => return Ok(Value::null()),
            "int" | "float" => Type::Number,
            "bool" => Type::Bool,
            _ => return Err(format!("the tag {}{} is not supported", tag.handle, tag.suffix)),
        };
        if !standard {
            return Err(format!("the tag {}{} is not supported", tag.handle, tag.suffix));
        }
        return convert(&plain(text), &wanted).map_err(|mismatch| mismatch.to_string());
    }
    if style == ScalarStyle::Plain { Ok(plain(text)) } else { Ok(Value::text(text)) }
}

/// What a scalar without quotes means.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::null(),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => return Value::bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            return Value::bool(false);
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::number(Number::infinity(false)),
        "-.inf" | "-.Inf" | "-.INF" => return Value::number(Number::infinity(true)),
        _ => {}
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let radix = |prefix: &str, radix: u32| {
        let rest = digits.strip_prefix(prefix)?;
        i64::from_str_radix(rest, radix).ok().map(|int| if text.starts_with('-') { -int } else { int })
    };
    if let Some(int) = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| radix("0b", 2)) {
        return Value::int(int);
    }
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.contains(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    match text.parse::<Number>() {
        Ok(number) if numeric => Value::number(number),
        _ => date(text).map_or_else(|| Value::text(text), Value::text),
    }
}

/// A date alone becomes the beginning of that day.
fn date(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    (shape && text.parse::<jiff::civil::Date>().is_ok()).then(|| format!("{text}T00:00:00Z"))
}
