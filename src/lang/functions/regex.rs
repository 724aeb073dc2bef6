//! Regular expressions.

use std::sync::Arc;

use regex::{Captures, Regex, RegexBuilder};

use super::{Call, Failure, key, text, wrong};
use crate::value::{Data, Object, Type, Value};

/// A search takes at worst as many steps as the compiled pattern has bytes, for each byte of the text. So many of
/// both are allowed; a short text takes every pattern that the library does.
const MOST_OF_BOTH: usize = 1 << 36;
const LARGEST_PATTERN: usize = 10 << 20;

/// Compiles the pattern of an argument, to be looked for in a text of so many bytes.
fn compile(index: usize, pattern: &str, length: usize) -> Result<Regex, Failure> {
    let most = (MOST_OF_BOTH / length.max(1)).min(LARGEST_PATTERN);
    match RegexBuilder::new(pattern).size_limit(most).build() {
        Ok(regex) => Ok(regex),
        Err(regex::Error::CompiledTooBig(_)) if most < LARGEST_PATTERN => {
            wrong(index, "the pattern is too large for so long a text")
        }
        Err(error) => {
            let detail = error.to_string();
            let last = detail.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
            wrong(index, format!("the pattern is wrong: {last}"))
        }
    }
}

/// What a match looks like: the text without groups, a tuple of unnamed or an object of named groups.
enum Shape {
    Whole,
    Unnamed,
    Named,
}

fn shape(regex: &Regex) -> Result<Shape, Failure> {
    let groups = regex.captures_len() - 1;
    let named = regex.capture_names().flatten().count();
    match (groups, named) {
        (0, _) => Ok(Shape::Whole),
        (_, 0) => Ok(Shape::Unnamed),
        (groups, named) if groups == named => Ok(Shape::Named),
        _ => wrong(0, "a pattern cannot have both named and unnamed groups"),
    }
}

fn capture(group: Option<regex::Match>) -> Value {
    group.map_or_else(|| Value::null_of(Type::String), |group| Value::text(group.as_str()))
}

fn result(regex: &Regex, shape: &Shape, captures: &Captures) -> Value {
    match shape {
        Shape::Whole => capture(captures.get(0)),
        Shape::Unnamed => Value::tuple(captures.iter().skip(1).map(capture).collect()),
        Shape::Named => {
            let names = regex.capture_names().flatten();
            Value::object(names.map(|name| (key(name), capture(captures.name(name)))).collect::<Object>())
        }
    }
}

pub(super) fn regex(call: &Call) -> Result<Value, Failure> {
    let regex = compile(0, call.text(0), call.text(1).len())?;
    let shape = shape(&regex)?;
    if let Data::Unknown(unknown) = &call.args[1].data {
        return Ok(Value::unknown(type_of(&regex, &shape), unknown.origin.clone()));
    }
    match regex.captures(call.text(1)) {
        Some(captures) => Ok(result(&regex, &shape, &captures)),
        None => wrong(1, "the pattern does not match the string"),
    }
}

pub(super) fn regexall(call: &Call) -> Result<Value, Failure> {
    let regex = compile(0, call.text(0), call.text(1).len())?;
    let shape = shape(&regex)?;
    if let Data::Unknown(unknown) = &call.args[1].data {
        return Ok(Value::unknown(Type::list(type_of(&regex, &shape)), unknown.origin.clone()));
    }
    let mut items = Vec::new();
    for captures in regex.captures_iter(call.text(1)) {
        // Each search may go up to the end of the text.
        call.budget().look_at_time()?;
        call.budget().values(captures.len() as u64)?;
        items.push(result(&regex, &shape, &captures));
    }
    Ok(Value::list(type_of(&regex, &shape), items))
}

/// The type of a match.
fn type_of(regex: &Regex, shape: &Shape) -> Type {
    match shape {
        Shape::Whole => Type::String,
        Shape::Unnamed => Type::Tuple(vec![Type::String; regex.captures_len() - 1].into()),
        Shape::Named => {
            let fields =
                regex.capture_names().flatten().map(|name| (key(name), crate::value::Field::required(Type::String)));
            Type::object(fields.collect::<Vec<(Arc<str>, _)>>())
        }
    }
}

/// A substring between slashes is a pattern; then `$1` and `${name}` stand for groups.
pub(super) fn replace(call: &Call) -> Result<Value, Failure> {
    let (string, wanted, with) = (call.text(0), call.text(1), call.text(2));
    match wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => {
            let regex = compile(1, pattern, string.len())?;
            let (mut out, mut end) = (String::new(), 0);
            for captures in regex.captures_iter(string) {
                call.budget().look_at_time()?;
                let found = captures.get(0).map_or(end..end, |found| found.range());
                out.push_str(&string[end..found.start]);
                captures.expand(with, &mut out);
                call.budget().fits(out.len() as u64)?;
                end = found.end;
            }
            out.push_str(&string[end..]);
            text(out)
        }
        None => {
            let more = (string.matches(wanted).count() as u64).saturating_mul(with.len() as u64);
            call.budget().fits(more.saturating_add(string.len() as u64))?;
            text(string.replace(wanted, with))
        }
    }
}
