//! Strings. Characters are graphemes.

use unicode_segmentation::UnicodeSegmentation;

use super::{Call, Failure, Function, Want, format, function, other, param, regex, text, texts, wrong};
use crate::value::{Data, Type, Unknown, Value};

const STRING: Want = Want::String;
const ANY: Want = Want::Any;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "chomp",
        &[param("string", STRING)],
        STRING,
        |call| text(call.text(0).trim_end_matches(['\n', '\r'])),
        "The string without line breaks at its end.",
        "chomp(\"a\\n\") = \"a\"",
    ),
    function(
        "endswith",
        &[param("string", STRING), param("suffix", STRING)],
        Want::Bool,
        |call| Ok(Value::bool(call.text(0).ends_with(call.text(1)))),
        "Whether the string ends with the suffix.",
        "endswith(\"ab\", \"b\") = true",
    ),
    function(
        "format",
        &[param("format", STRING)],
        STRING,
        format::format,
        "The text of a format with its verbs filled in.",
        "format(\"%s-%03d\", \"a\", 7) = \"a-007\"",
    )
    .rest(param("args", ANY).nullable()),
    function(
        "formatlist",
        &[param("format", STRING)],
        Want::Strings,
        format::formatlist,
        "A format filled in for the elements of lists.",
        "formatlist(\"%s!\", [\"a\", \"b\"]) = [\"a!\", \"b!\"]",
    )
    .rest(param("args", ANY).nullable().unknown()),
    function(
        "indent",
        &[param("spaces", Want::Number), param("string", STRING)],
        STRING,
        indent,
        "The string with every line but the first indented.",
        "indent(2, \"a\\nb\") = \"a\\n  b\"",
    ),
    function(
        "join",
        &[param("separator", STRING)],
        STRING,
        join,
        "The elements with a separator between them.",
        "join(\"-\", [\"a\", \"b\"]) = \"a-b\"",
    )
    .rest(param("lists", Want::Strings)),
    function(
        "lower",
        &[param("string", STRING)],
        STRING,
        |call| text(call.text(0).chars().map(lower).collect::<String>()),
        "The string in small letters.",
        "lower(\"AB\") = \"ab\"",
    ),
    function(
        "regex",
        &[param("pattern", STRING), param("string", STRING).unknown()],
        ANY,
        regex::regex,
        "The first match of a pattern, or its capture groups.",
        "regex(\"[a-z]+\", \"1ab2\") = \"ab\"",
    ),
    function(
        "regexall",
        &[param("pattern", STRING), param("string", STRING).unknown()],
        Want::List,
        regex::regexall,
        "Every match of a pattern.",
        "regexall(\"[a-z]\", \"a1b\") = [\"a\", \"b\"]",
    ),
    function(
        "replace",
        &[param("string", STRING), param("substring", STRING), param("replacement", STRING)],
        STRING,
        regex::replace,
        "The string with a substring, or a /pattern/, replaced.",
        "replace(\"a-b\", \"-\", \"_\") = \"a_b\"",
    ),
    function(
        "split",
        &[param("separator", STRING), param("string", STRING)],
        Want::Strings,
        split,
        "The parts of the string between separators.",
        "split(\",\", \"a,b\") = [\"a\", \"b\"]",
    ),
    function(
        "startswith",
        &[param("string", STRING).unknown(), param("prefix", STRING)],
        Want::Bool,
        startswith,
        "Whether the string starts with the prefix.",
        "startswith(\"ab\", \"a\") = true",
    ),
    function(
        "strcontains",
        &[param("string", STRING), param("substr", STRING)],
        Want::Bool,
        |call| Ok(Value::bool(call.text(0).contains(call.text(1)))),
        "Whether the string contains the substring.",
        "strcontains(\"abc\", \"b\") = true",
    ),
    function(
        "strrev",
        &[param("string", STRING)],
        STRING,
        |call| text(call.text(0).graphemes(true).rev().collect::<String>()),
        "The string backwards.",
        "strrev(\"ab\") = \"ba\"",
    ),
    function(
        "substr",
        &[param("string", STRING), param("offset", Want::Number), param("length", Want::Number)],
        STRING,
        substr,
        "The part of the string at an offset, of a length; -1 means the rest.",
        "substr(\"abc\", 1, 1) = \"b\"",
    ),
    function(
        "title",
        &[param("string", STRING)],
        STRING,
        title,
        "The string with every word beginning with a capital.",
        "title(\"a b\") = \"A B\"",
    ),
    function(
        "trim",
        &[param("string", STRING), param("cutset", STRING)],
        STRING,
        |call| text(call.text(0).trim_matches(|c| call.text(1).contains(c))),
        "The string without these characters at its ends.",
        "trim(\"?!a!\", \"!?\") = \"a\"",
    ),
    function(
        "trimprefix",
        &[param("string", STRING), param("prefix", STRING)],
        STRING,
        |call| text(call.text(0).strip_prefix(call.text(1)).unwrap_or(call.text(0))),
        "The string without the prefix.",
        "trimprefix(\"ab\", \"a\") = \"b\"",
    ),
    function(
        "trimspace",
        &[param("string", STRING)],
        STRING,
        |call| text(call.text(0).trim()),
        "The string without blanks at its ends.",
        "trimspace(\" a \") = \"a\"",
    ),
    function(
        "trimsuffix",
        &[param("string", STRING), param("suffix", STRING)],
        STRING,
        |call| text(call.text(0).strip_suffix(call.text(1)).unwrap_or(call.text(0))),
        "The string without the suffix.",
        "trimsuffix(\"ab\", \"b\") = \"a\"",
    ),
    function(
        "upper",
        &[param("string", STRING)],
        STRING,
        |call| text(call.text(0).chars().map(upper).collect::<String>()),
        "The string in capitals.",
        "upper(\"ab\") = \"AB\"",
    ),
];

/// The capital of one character; those that would become several stay, as in Go.
fn upper(character: char) -> char {
    let mut several = character.to_uppercase();
    match (several.next(), several.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

/// The letter at the beginning of a word: two-letter characters have a form of their own for it.
fn title_case(character: char) -> char {
    match character {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        'ა'..='ჿ' => character,
        other => upper(other),
    }
}

fn lower(character: char) -> char {
    let mut several = character.to_lowercase();
    match (several.next(), several.next()) {
        (Some(one), None) => one,
        (Some('i'), _) => 'i',
        _ => character,
    }
}

/// The beginning of an unknown text is sometimes known, and enough.
fn startswith(call: &Call) -> Result<Value, Failure> {
    let wanted = call.text(1);
    let Data::Unknown(unknown) = &call.args[0].data else {
        return Ok(Value::bool(call.text(0).starts_with(wanted)));
    };
    let known = unknown.prefix.as_deref().unwrap_or_default();
    if known.starts_with(wanted) {
        return Ok(Value::bool(true));
    }
    if !wanted.starts_with(known) || known.len() >= wanted.len() {
        return Ok(Value::bool(false));
    }
    Ok(Unknown { ty: Type::Bool, not_null: true, prefix: None, ..(**unknown).clone() }.into())
}

fn indent(call: &Call) -> Result<Value, Failure> {
    let spaces = call.int(0)?;
    if !(0..=10_000).contains(&spaces) {
        return wrong(0, "the number of spaces must be from 0 to 10000");
    }
    let lines = call.text(1).bytes().filter(|byte| *byte == b'\n').count() as u64;
    call.budget().fits(call.text(1).len() as u64 + lines * spaces as u64)?;
    text(call.text(1).replace('\n', &format!("\n{:1$}", "", spaces as usize)))
}

fn join(call: &Call) -> Result<Value, Failure> {
    if call.args.len() < 2 {
        return other("at least one list is required");
    }
    let mut parts = Vec::new();
    for (index, list) in call.args.iter().enumerate().skip(1) {
        for (position, item) in list.as_items().unwrap_or_default().iter().enumerate() {
            match item.as_str() {
                Some(part) => parts.push(part),
                None => return wrong(index, format!("element {position} is null, and cannot be part of a text")),
            }
        }
    }
    let separators = (parts.len() as u64).saturating_mul(call.text(0).len() as u64);
    call.budget().fits(separators.saturating_add(parts.iter().map(|part| part.len() as u64).sum()))?;
    text(parts.join(call.text(0)))
}

fn split(call: &Call) -> Result<Value, Failure> {
    let (separator, string) = (call.text(0), call.text(1));
    call.budget().values(match separator {
        "" => string.len(),
        _ => string.matches(separator).count(),
    } as u64)?;
    match separator {
        "" => texts(string.chars().map(String::from)),
        _ => texts(string.split(separator)),
    }
}

fn substr(call: &Call) -> Result<Value, Failure> {
    let string = call.text(0);
    let count = string.graphemes(true).count() as i64;
    let (offset, length) = (call.int(1)?, call.int(2)?);
    let start = if offset < 0 { (offset + count).max(0) } else { offset.min(count) };
    // A length of zero behind a negative offset means the rest, too.
    let end = if length < 0 || length == 0 && offset < 0 { count } else { start.saturating_add(length).min(count) };
    let mut places = string.grapheme_indices(true).map(|(at, _)| at).chain([string.len()]);
    let from = places.nth(start as usize).unwrap_or(string.len());
    let to = if end > start { places.nth((end - start - 1) as usize).unwrap_or(string.len()) } else { from };
    text(&string[from..to])
}

/// A word begins behind anything but letters, digits and underscores; beyond ASCII, behind blanks only.
fn title(call: &Call) -> Result<Value, Failure> {
    let mut previous = ' ';
    let titled: String = call
        .text(0)
        .chars()
        .map(|character| {
            let begins = match previous {
                '_' => false,
                other if other.is_ascii() => !other.is_ascii_alphanumeric(),
                other => !other.is_alphanumeric() && other.is_whitespace(),
            };
            previous = character;
            if begins { title_case(character) } else { character }
        })
        .collect();
    text(titled)
}
