//! A template as a tree: JSON, or YAML with the short forms of functions written out.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value as Json};

/// Collections may be nested so deep; CloudFormation's own limits are far below.
const DEEPEST: usize = 100;

/// An open collection, with its anchor and the function that its tag is.
enum Open {
    Sequence(Vec<Json>, usize, Option<String>),
    Mapping(Map<String, Json>, Option<String>, usize, Option<String>),
}

/// Reads a template.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse(text: &str) -> Result<Json, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    let (mut open, mut anchors, mut done) = (Vec::new(), HashMap::new(), None);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let place = error.marker();
            format!("line {}, column {}: {}", place.line(), place.col() + 1, error.info())
        })?;
        let wrong = |what: &str| format!("line {}: {what}", span.start.line());
        if open.len() > DEEPEST {
            return Err(wrong("it is nested too deep"));
        }
        let value = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value =
                    if style == ScalarStyle::Plain && tag.is_none() { plain(&text) } else { Json::String(text.into()) };
                Some((called(function(tag.as_deref()), value), anchor))
            }
            Event::SequenceStart(anchor, tag) => {
                open.push(Open::Sequence(Vec::new(), anchor, function(tag.as_deref())));
                None
            }
            Event::MappingStart(anchor, tag) => {
                open.push(Open::Mapping(Map::new(), None, anchor, function(tag.as_deref())));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::Sequence(items, anchor, tag)) => Some((called(tag, Json::Array(items)), anchor)),
                Some(Open::Mapping(members, _, anchor, tag)) => Some((called(tag, Json::Object(members)), anchor)),
                None => None,
            },
            Event::Alias(anchor) => {
                Some((anchors.get(&anchor).cloned().ok_or_else(|| wrong("an alias of nothing"))?, 0))
            }
            _ => None,
        };
        let Some((value, anchor)) = value else { continue };
        if anchor != 0 {
            anchors.insert(anchor, value.clone());
        }
        match open.last_mut() {
            Some(Open::Sequence(items, ..)) => items.push(value),
            Some(Open::Mapping(members, key, ..)) => match key.take() {
                Some(key) => drop(members.insert(key, value)),
                None => *key = Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
            },
            None if done.is_none() => done = Some(value),
            None => return Err(wrong("there is more than one document")),
        }
    }
    done.ok_or_else(|| "it is empty".to_owned())
}

/// The function of a short form: `!Sub` is `Fn::Sub`.
fn function(tag: Option<&Tag>) -> Option<String> {
    let tag = tag.filter(|tag| tag.handle == "!")?;
    Some(match &*tag.suffix {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    })
}

fn called(function: Option<String>, argument: Json) -> Json {
    let Some(function) = function else { return argument };
    let argument = match (&*function, &argument) {
        ("Fn::GetAtt", Json::String(text)) => match text.split_once('.') {
            Some((of, name)) => Json::Array(vec![of.into(), name.into()]),
            None => argument,
        },
        _ => argument,
    };
    Json::Object(Map::from_iter([(function, argument)]))
}

/// A scalar without quotes; a number keeps its digits, since it may be meant as a text.
fn plain(text: &str) -> Json {
    match text {
        "" | "~" | "null" => Json::Null,
        "true" | "True" | "yes" | "Yes" | "on" => true.into(),
        "false" | "False" | "no" | "No" | "off" => false.into(),
        text => text.parse::<Number>().map_or_else(|_| Json::String(text.to_owned()), Json::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_those_of_json() {
        let yaml =
            "a: !Ref X\nb: !Sub '${X}-a'\nc: !GetAtt X.Y.Z\nd: !If [C, 7.0, '7.0']\ne: &e [1]\nf: *e\ng: 2010-09-09\n";
        let json = serde_json::json!({
            "a": { "Ref": "X" }, "b": { "Fn::Sub": "${X}-a" }, "c": { "Fn::GetAtt": ["X", "Y.Z"] },
            "d": { "Fn::If": ["C", serde_json::from_str::<Json>("7.0").unwrap(), "7.0"] }, "e": [1], "f": [1], "g": "2010-09-09",
        });
        assert_eq!(parse(yaml), Ok(json.clone()));
        assert_eq!(parse(&json.to_string()), Ok(json));
        for wrong in ["", "a: [", "{", "a: 1\n---\nb: 2\n"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
