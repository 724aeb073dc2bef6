//! Reading YAML, with the resolution of scalars that Terraform has.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, SpannedEventReceiver};

use super::{scalar, tabs};
use crate::lang::functions::{Call, Failure, key, wrong};
use crate::value::convert::convert;
use crate::value::{Data, Object, Type, Value};

/// What is being read: an open collection.
enum Open {
    Sequence(Vec<Value>, usize),
    /// The entries, the key that waits for its value, and what `<<` merges in.
    Mapping(Object, Option<Key>, Vec<Value>, usize),
}

/// A key that waits for its value.
enum Key {
    /// What it is.
    Value(Value),
    /// `<<`
    Merge,
}

#[derive(Default)]
struct Reader {
    stack: Vec<Open>,
    anchors: HashMap<usize, Value>,
    documents: Vec<Value>,
    error: Option<String>,
}

/// How many values a text can hold at most: each begins with its own character.
pub(in crate::lang::functions) fn elements(text: &str) -> u64 {
    text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{' | b':' | b'-' | b'\n' | b'?')).count() as u64
}

pub(in crate::lang::functions) fn yamldecode(call: &Call) -> Result<Value, Failure> {
    let text =
        tabs::replaced(call.text(0)).or_else(|line| wrong(0, format!("line {line}: a tab stands where none may")))?;
    if is_too_deep(&text) {
        return wrong(0, format!("the YAML is nested more than {MAX_DEPTH} levels deep"));
    }
    call.budget().values(elements(&text))?;
    let mut reader = Reader::default();
    let mut parser = Parser::new_from_str(&text);
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
                let value = scalar::scalar(&text, style, tag.as_deref()).unwrap_or_else(|error| {
                    self.fail(line, &error);
                    Value::null()
                });
                self.add(value, anchor, line, style == ScalarStyle::Plain && text == "<<");
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", line);
                self.stack.push(Open::Sequence(Vec::new(), anchor));
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", line);
                self.stack.push(Open::Mapping(Object::new(), None, Vec::new(), anchor));
            }
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
    /// A collection has no tag but its own.
    fn check_tag(&mut self, tag: Option<&saphyr_parser::Tag>, own: &str, line: usize) {
        if let Some(tag) = tag.filter(|tag| scalar::standard(tag) != Ok(own)) {
            self.fail(line, &scalar::unsupported(tag));
        }
    }

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
                None if merge => *waiting = Some(Key::Merge),
                None => *waiting = Some(Key::Value(value)),
                Some(Key::Merge) if value.as_object().is_some() => merged.push(value),
                Some(Key::Merge) => self.fail(line, "only a map can be merged in"),
                Some(Key::Value(name)) => match convert(&name, &Type::String) {
                    Ok(Value { data: Data::String(name), .. }) => {
                        entries.insert(key(&name), value);
                    }
                    _ => self.fail(line, "a key must be a string"),
                },
            },
        }
    }
}
