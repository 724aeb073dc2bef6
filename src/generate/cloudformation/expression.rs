//! Functions of a template as expressions.

use serde_json::{Map, Value as Json};

use super::Converter;
use crate::generate::text;
use crate::value::Type;

impl Converter<'_> {
    /// A value where one of a type is wanted. `place` names it in notes and for variables.
    pub(super) fn value(&mut self, value: &Json, ty: &Type, place: &str) -> String {
        match value {
            Json::Null => "null".to_owned(),
            Json::Bool(truth) if matches!(ty, Type::String) => format!("\"{truth}\""),
            Json::Bool(truth) => truth.to_string(),
            Json::Number(number) if matches!(ty, Type::String) => format!("\"{number}\""),
            Json::Number(number) => number.to_string(),
            Json::String(written) => literal(written, ty),
            Json::Array(items) => {
                let item = element(ty);
                self.list(items, |this, one| this.value(one, &item, place))
            }
            Json::Object(members) => match function(members) {
                Some((name, argument)) => self.call(name, argument, ty, place),
                None => {
                    let item = element(ty);
                    let members: Vec<(&str, String)> =
                        members.iter().map(|(name, one)| (name.as_str(), self.value(one, &item, place))).collect();
                    text::object(members.iter().map(|(name, one)| (*name, text::parsed(one)))).to_string()
                }
            },
        }
    }

    /// A list. What is a list itself is not one within it: it is the list, or a part of it.
    pub(super) fn list(&mut self, items: &[Json], mut write: impl FnMut(&mut Self, &Json) -> String) -> String {
        let written: Vec<String> = items.iter().map(|one| write(self, one)).collect();
        let is_part = |one: &Json| !one.is_array() && self.is_list(one);
        if let ([only], [item]) = (&written[..], items)
            && is_part(item)
        {
            return only.clone();
        }
        let mut list = text::array(written.iter().map(|one| text::parsed(one)).collect()).to_string();
        if items.iter().any(is_part) {
            list = format!("flatten({list})");
        }
        // What has no value is not in the list.
        if items.iter().any(may_be_nothing) { format!("compact({list})") } else { list }
    }

    fn call(&mut self, name: &str, argument: &Json, ty: &Type, place: &str) -> String {
        let list = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name, list) {
            ("Ref", _) => self.reference(argument.as_str().unwrap_or_default()),
            ("Fn::GetAtt", [of, name @ ..]) => {
                let names: Vec<&str> = name.iter().filter_map(Json::as_str).collect();
                self.attribute(of.as_str().unwrap_or_default(), &names.join("."))
            }
            ("Fn::GetAtt", _) => {
                let text = argument.as_str().unwrap_or_default();
                let (of, name) = text.split_once('.').unwrap_or((text, ""));
                self.attribute(of, name)
            }
            ("Fn::Sub", [Json::String(template), Json::Object(own)]) => self.substituted(template, own, place),
            ("Fn::Sub", _) => self.substituted(argument.as_str().unwrap_or_default(), &Map::new(), place),
            ("Fn::If", [condition, yes, no]) => {
                let condition = self.named_condition(condition.as_str().unwrap_or_default());
                let (yes, no) = (self.value(yes, ty, place), self.value(no, ty, place));
                match (&*yes, &*no) {
                    ("true", "false") => condition,
                    ("false", "true") => format!("!{condition}"),
                    _ => format!("{condition} ? {yes} : {no}"),
                }
            }
            ("Fn::Join", [separator, items]) => {
                let (separator, items) =
                    (self.text(separator, place), self.value(items, &Type::list(Type::String), place));
                format!("join({separator}, {items})")
            }
            ("Fn::Split", [separator, of]) => {
                let (separator, of) = (self.text(separator, place), self.text(of, place));
                format!("split({separator}, {of})")
            }
            ("Fn::Select", [index, items]) => {
                let items = self.value(items, &Type::list(Type::Any), place);
                let index = self.value(index, &Type::Number, place);
                format!("element({items}, {index})")
            }
            ("Fn::FindInMap", [map, first, second, ..]) => {
                let map = self.mapping(map.as_str().unwrap_or_default());
                let (first, second) = (self.text(first, place), self.text(second, place));
                format!("{map}[{first}][{second}]")
            }
            ("Fn::Base64", _) => format!("base64encode({})", self.text(argument, place)),
            ("Fn::ToJsonString", _) => format!("jsonencode({})", self.value(argument, &Type::Any, place)),
            ("Fn::Length", _) => format!("length({})", self.value(argument, &Type::list(Type::Any), place)),
            ("Fn::GetAZs", _) => self.lookup("aws_availability_zones", "available", "names"),
            ("Fn::ImportValue", _) => {
                let export = self.text(argument, place);
                let about = format!("What another stack exports as {}.", export.trim_matches('"'));
                self.asked(&format!("imported_{place}"), &about, None)
            }
            ("Condition", _) => self.named_condition(argument.as_str().unwrap_or_default()),
            _ => {
                let about = format!("The value of {place}, which the template makes with {name}.");
                self.asked(place, &about, Some(&format!("{name} of {place} is not converted")))
            }
        }
    }

    fn text(&mut self, value: &Json, place: &str) -> String {
        self.value(value, &Type::String, place)
    }

    /// A text with `${Name}` and `${Name.Attribute}` in it; `${!Name}` is the text `${Name}`.
    fn substituted(&mut self, template: &str, own: &Map<String, Json>, place: &str) -> String {
        let (mut parts, mut rest): (Vec<Part>, &str) = (Vec::new(), template);
        while let Some((before, name, after)) = next_name(rest) {
            parts.push(Part::quoted(before));
            match name.strip_prefix('!') {
                Some(plain) => parts.push(Part::quoted(&format!("${{{plain}}}"))),
                None => {
                    let expression = match own.get(name) {
                        Some(value) => self.text(value, place),
                        None => match name.split_once('.') {
                            Some((of, attribute)) => self.attribute(of, attribute),
                            None => self.reference(name),
                        },
                    };
                    parts.push(Part::of(expression));
                }
            }
            rest = after;
        }
        parts.push(Part::quoted(rest));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        if let [Part::Expression(only)] = &parts[..] {
            return only.clone();
        }
        let mut written = String::new();
        for part in parts {
            match part {
                Part::Text(text) => written.push_str(&text),
                Part::Expression(expression) => {
                    // `$${` would be the sign itself.
                    if written.ends_with('$') {
                        written.replace_range(written.len() - 1.., "${\"$\"}");
                    }
                    written.push_str(&format!("${{{expression}}}"));
                }
            }
        }
        format!("\"{written}\"")
    }

    /// A condition, by its name.
    pub(super) fn named_condition(&mut self, name: &str) -> String {
        if self.part("Conditions").contains_key(name) {
            return format!("local.{}", super::snake(name));
        }
        let about = format!("The condition {name}, which the template does not have.");
        self.asked(&super::snake(name), &about, Some(&format!("the template has no condition {name}")))
    }

    /// What a condition says.
    pub(super) fn condition(&mut self, value: &Json, place: &str) -> String {
        let Some((name, argument)) = value.as_object().and_then(function) else {
            return self.value(value, &Type::Bool, place);
        };
        let list = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name, list) {
            ("Fn::Equals", [one, other]) => {
                let ty = self.compared([one, other]);
                let [one, other] = [one, other].map(|side| {
                    let side = self.value(side, &ty, place);
                    if side.contains(" ? ") { format!("({side})") } else { side }
                });
                format!("{one} == {other}")
            }
            ("Fn::Not", [one]) => match self.condition(one, place) {
                equal if equal.matches(" == ").count() == 1 && !equal.contains(['&', '|', '!']) => {
                    equal.replace(" == ", " != ")
                }
                name if name.starts_with("local.") && !name.contains(' ') => format!("!{name}"),
                other => format!("!({other})"),
            },
            ("Fn::And" | "Fn::Or", all) => {
                let sign = if name == "Fn::And" { " && " } else { " || " };
                let all: Vec<String> = all.iter().map(|one| format!("({})", self.condition(one, place))).collect();
                all.join(sign)
            }
            _ => self.call(name, argument, &Type::Bool, place),
        }
    }

    /// A parameter that is a number is compared with one.
    fn compared(&self, both: [&Json; 2]) -> Type {
        let number = |one: &Json| {
            let name = one.get("Ref").and_then(Json::as_str)?;
            let ty = self.part("Parameters").get(name)?.get("Type")?.as_str()?;
            Some(ty == "Number")
        };
        if both.into_iter().filter_map(number).any(|is| is) { Type::Number } else { Type::String }
    }
}

/// A part of a text: as it stands between quotes, or an expression.
enum Part {
    Text(String),
    Expression(String),
}

impl Part {
    fn quoted(text: &str) -> Self {
        let quoted = text::string(text).to_string();
        let inner = quoted.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        Self::Text(inner.unwrap_or_default().to_owned())
    }

    /// A text in quotes needs none of its own.
    fn of(expression: String) -> Self {
        let inner = expression.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match inner.filter(|inner| !inner.contains('"')) {
            Some(inner) => Self::Text(inner.to_owned()),
            None => Self::Expression(expression),
        }
    }
}

/// What comes before the next name in a text, the name, and what comes behind it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// The function that an object is a call of.
pub(super) fn function(members: &Map<String, Json>) -> Option<(&str, &Json)> {
    let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
    (name.starts_with("Fn::") || matches!(name.as_str(), "Ref" | "Condition")).then_some((name, argument))
}

/// Whether a value may be that there is none.
fn may_be_nothing(value: &Json) -> bool {
    let nothing = |one: &Json| one.get("Ref").and_then(Json::as_str) == Some("AWS::NoValue");
    nothing(value) || value.get("Fn::If").and_then(Json::as_array).is_some_and(|parts| parts.iter().any(nothing))
}

fn literal(written: &str, ty: &Type) -> String {
    let is_number = || written.parse::<serde_json::Number>().is_ok();
    match ty {
        Type::Number if is_number() => written.to_owned(),
        Type::Bool if matches!(written, "true" | "false") => written.to_owned(),
        _ => text::string(written).to_string(),
    }
}

/// The type of what is in a collection.
fn element(ty: &Type) -> Type {
    match ty {
        Type::List(of) | Type::Set(of) | Type::Map(of) => (**of).clone(),
        _ => Type::Any,
    }
}
