//! What an attribute refers to: objects of a kind, by name, id or ARN. Order, holds and "equals the name of a declared
//! object" follow from it.

use crate::schema::{Attr, Schema};
use crate::value::{Object, Value};

/// What the values of an attribute name.
#[derive(Debug, Clone, Copy)]
pub struct Refers {
    /// The kind of the objects.
    pub kind: &'static str,
    /// What of an object is written.
    pub by: By,
    /// What that means for the object.
    pub hold: Hold,
    /// How the names are found in a text that has them within.
    pub within: Option<fn(&str) -> Vec<&str>>,
}

/// What of an object another one writes to name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Its name in AWS, which is its `id`.
    Id,
    /// Its `arn`.
    Arn,
}

impl By {
    /// The attribute of the object that is named.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Arn => "arn",
        }
    }
}

/// What it means for an object that another one names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// AWS does not delete it as long as it is named.
    Blocks,
    /// AWS deletes it all the same, and what names it is left without: it goes after that.
    Uses,
    /// AWS deletes what names it together with it: where both go, it goes first and takes the other one along.
    Takes,
    /// It can go at any time; it only has to be there first.
    Mentions,
}

/// Where a schema refers to others: the names of attributes, from that of the object inwards.
#[derive(Debug, Clone)]
pub(super) struct Path {
    names: Vec<&'static str>,
    refers: Refers,
}

/// A name of another object that stands in an object.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The attribute of the object, or the nested block.
    pub attribute: &'static str,
    /// What is named.
    pub refers: Refers,
    /// The name.
    pub text: &'a str,
}

/// Every path of some attributes that refers to something.
pub(super) fn paths(attrs: &[Attr]) -> Vec<Path> {
    let of = |attr: &Attr| {
        let own = attr.refers.iter().map(|refers| Path { names: vec![attr.name], refers: *refers });
        let inner = attr.block.iter().flat_map(|block| paths(&block.attrs));
        let inner = inner.map(|path| Path { names: [vec![attr.name], path.names].concat(), ..path });
        own.chain(inner).collect::<Vec<_>>()
    };
    attrs.iter().flat_map(of).collect()
}

impl Schema {
    /// Every name of another object that stands in an object of this kind, as far as it is known.
    pub fn references<'a>(&self, object: &'a Object) -> Vec<Reference<'a>> {
        let mut found = Vec::new();
        for path in &self.paths {
            let (attribute, rest) = (path.names[0], &path.names[1..]);
            let mut texts = Vec::new();
            object.get(attribute).into_iter().for_each(|value| collect(value, rest, &mut texts));
            let texts =
                texts.into_iter().flat_map(|text| path.refers.within.map_or_else(|| vec![text], |names| names(text)));
            found.extend(texts.map(|text| Reference { attribute, refers: path.refers, text }));
        }
        found
    }

    /// The kind that an attribute names objects of.
    pub fn named_by(&self, attribute: &str) -> Option<&'static str> {
        Some(self.attr(attribute)?.refers.first()?.kind)
    }

    /// The kinds that objects of this kind name in a way.
    pub fn holds(&self, hold: Hold) -> impl Iterator<Item = &'static str> {
        self.paths.iter().filter(move |path| path.refers.hold == hold).map(|path| path.refers.kind)
    }
}

/// The texts at the end of a path, in every element on the way.
fn collect<'a>(value: &'a Value, path: &[&str], texts: &mut Vec<&'a str>) {
    if let Some(text) = value.as_str() {
        return if path.is_empty() {
            texts.push(text)
        };
    }
    match path {
        [name, rest @ ..] if value.as_object().is_some() => {
            value.get(name).into_iter().for_each(|value| collect(value, rest, texts));
        }
        _ => value.children().for_each(|child| collect(child, path, texts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn names_are_found_at_any_depth() {
        let rule = vec![
            Attr::optional("group", Type::String).refers("security_group", By::Id, Hold::Blocks),
            Attr::optional("port", Type::Number),
        ];
        let topics = Attr::optional("topics", Type::set(Type::String)).refers("topic", By::Arn, Hold::Mentions);
        let text = Attr::optional("text", Type::String).refers("a", By::Id, Hold::Mentions);
        let text = text.refers("b", By::Id, Hold::Mentions).within(|text| text.split(' ').collect());
        let schema = Schema::new("k", "aws_k", "", vec![Attr::blocks("rule", rule), topics, text]);
        let block = |group: &str| Value::object(Object::from([("group".into(), Value::string(group))]));
        let object = Object::from([
            ("rule".into(), Value::set(Type::Any, vec![block("sg-1"), block("sg-2")])),
            ("topics".into(), Value::strings(["arn:1"])),
            ("other".into(), Value::string("sg-3")),
            ("text".into(), Value::string("x y")),
        ]);
        let told: Vec<String> = schema
            .references(&object)
            .iter()
            .map(|it| format!("{} {} {}", it.attribute, it.refers.kind, it.text))
            .collect();
        assert_eq!(
            told,
            [
                "rule security_group sg-1",
                "rule security_group sg-2",
                "topics topic arn:1",
                "text a x",
                "text a y",
                "text b x",
                "text b y"
            ]
        );
        assert_eq!(schema.holds(Hold::Blocks).collect::<Vec<_>>(), ["security_group"]);
    }
}
