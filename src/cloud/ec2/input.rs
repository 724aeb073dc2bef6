//! The inputs of calls: which members an operation takes, how they are read, and what they are called on the wire.

use serde_json::{Map, Value as Json, json};

use crate::cloud::args::{Input, unknown_operation};
use crate::kind::{Call, RemoteError};

/// How a member is read, and what it is sent as.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A string.
    Text,
    /// A boolean.
    Flag,
    /// A whole number.
    Int,
    /// A list of strings.
    Texts,
    /// A structure.
    Structure(Members),
    /// A list of structures.
    Each(Members),
    /// A map of tags: a list of keys with values.
    Tags,
    /// Keys of tags: a list of them without values.
    Keys,
    /// The tags of what a call makes, which is of that type.
    TagsOf(&'static str),
}

/// A member: the name that calls have for it, the name on the wire, and the shape.
pub type Member = (&'static str, &'static str, Shape);

/// The members of a structure. Two lists of one name on the wire are sent as one.
pub type Members = &'static [Member];

/// Operations, and the members of their inputs.
pub type Operations = &'static [(&'static str, Members)];

/// The input of a call. What the operation does not ask for is an error, never dropped.
pub fn of(call: &Call, operations: Operations) -> Result<Json, RemoteError> {
    let known = operations.iter().find(|(name, _)| *name == call.operation);
    let (_, members) = known.ok_or_else(|| unknown_operation(call))?;
    let mut input = Input::of(call);
    let written = structure(&mut input, members)?;
    input.finish()?;
    Ok(written)
}

fn structure(input: &mut Input<'_>, members: Members) -> Result<Json, RemoteError> {
    let mut written = Map::new();
    for (name, wire, shape) in members {
        match (written.get_mut(*wire), shape.read(input, name)?) {
            (_, None) => {}
            (Some(Json::Array(items)), Some(Json::Array(more))) => items.extend(more),
            (_, Some(value)) => drop(written.insert((*wire).to_owned(), value)),
        }
    }
    Ok(Json::Object(written))
}

impl Shape {
    fn read(self, input: &mut Input<'_>, name: &str) -> Result<Option<Json>, RemoteError> {
        Ok(match self {
            Shape::Text => input.text(name)?.map(Json::from),
            Shape::Flag => input.flag(name)?.map(Json::from),
            Shape::Int => input.int(name)?.map(Json::from),
            Shape::Texts => input.texts(name)?.map(Json::from),
            Shape::Structure(members) => input.structure(name, |inside| structure(inside, members))?,
            Shape::Each(members) => input.each(name, |inside| structure(inside, members))?.map(Json::from),
            Shape::Tags => input.pairs(name)?.map(tags),
            Shape::Keys => input.texts(name)?.map(|keys| keys.into_iter().map(|key| json!({ "Key": key })).collect()),
            Shape::TagsOf(made) => {
                let pairs = input.pairs(name)?.filter(|pairs| !pairs.is_empty());
                pairs.map(|pairs| json!([{ "ResourceType": made, "Tag": tags(pairs) }]))
            }
        })
    }
}

fn tags(pairs: Vec<(String, String)>) -> Json {
    pairs.into_iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}
