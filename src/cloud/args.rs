//! Typed access to the input of a call. What an operation does not ask for is an error, never dropped.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::errors::fatal;
use crate::kind::{Call, RemoteError};
use crate::value::{Data, Value, json::to_json};

/// The members of a call or of a structure in it that have not been read yet.
#[derive(Debug)]
pub struct Input<'a> {
    place: String,
    left: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Input<'a> {
    /// The input of a call.
    pub fn of(call: &'a Call) -> Self {
        let left = call.args.iter().map(|(name, value)| (*name, value)).collect();
        Self { place: call.operation.to_owned(), left }
    }

    fn take(&mut self, name: &str) -> Result<Option<&'a Value>, RemoteError> {
        match self.left.remove(name) {
            Some(value) if value.is_unknown() => {
                Err(fatal("UnknownValue", format!("{}.{name} is not known yet", self.place)))
            }
            Some(value) if !value.is_null() => Ok(Some(value)),
            _ => Ok(None),
        }
    }

    fn wrong(&self, name: &str, wanted: &str) -> RemoteError {
        fatal("WrongArgument", format!("{}.{name} must be {wanted}", self.place))
    }

    /// A string, or the text of a secret.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, RemoteError> {
        self.take(name)?.map(|value| text_of(value).ok_or_else(|| self.wrong(name, "a string"))).transpose()
    }

    /// A word of an enumeration of the SDK.
    pub fn word<T: for<'x> From<&'x str>>(&mut self, name: &str) -> Result<Option<T>, RemoteError> {
        Ok(self.text(name)?.map(|word| T::from(&word)))
    }

    /// A boolean.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, RemoteError> {
        self.take(name)?.map(|value| value.as_bool().ok_or_else(|| self.wrong(name, "a boolean"))).transpose()
    }

    /// A whole number of 32 bits.
    pub fn int(&mut self, name: &str) -> Result<Option<i32>, RemoteError> {
        let number = |value: &Value| value.as_i64().and_then(|number| i32::try_from(number).ok());
        self.take(name)?.map(|value| number(value).ok_or_else(|| self.wrong(name, "a whole number"))).transpose()
    }

    /// A number.
    pub fn float(&mut self, name: &str) -> Result<Option<f64>, RemoteError> {
        let value = self.take(name)?;
        value.map(|value| value.as_number().map(|n| n.to_f64()).ok_or_else(|| self.wrong(name, "a number"))).transpose()
    }

    /// A list or set of strings.
    pub fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, RemoteError> {
        let Some(value) = self.take(name)? else { return Ok(None) };
        let items = value.as_items().and_then(|items| items.iter().map(text_of).collect());
        items.map(Some).ok_or_else(|| self.wrong(name, "a list of strings"))
    }

    /// A map of strings, as pairs.
    pub fn pairs(&mut self, name: &str) -> Result<Option<Vec<(String, String)>>, RemoteError> {
        let Some(value) = self.take(name)? else { return Ok(None) };
        let pair = |(key, value): (&std::sync::Arc<str>, &Value)| Some((key.to_string(), text_of(value)?));
        let pairs = value.as_object().and_then(|map| map.iter().map(pair).collect());
        pairs.map(Some).ok_or_else(|| self.wrong(name, "a map of strings"))
    }

    /// A list or set of structures.
    pub fn each<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Input<'a>) -> Result<T, RemoteError>,
    ) -> Result<Option<Vec<T>>, RemoteError> {
        let Some(value) = self.take(name)? else { return Ok(None) };
        let Some(items) = value.as_items() else { return Err(self.wrong(name, "a list of structures")) };
        let inside = |(index, item): (usize, &'a Value)| self.inside(format!("{name}[{index}]"), item, &read);
        items.iter().enumerate().map(inside).collect::<Result<Vec<T>, _>>().map(Some)
    }

    /// A structure.
    pub fn structure<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Input<'a>) -> Result<T, RemoteError>,
    ) -> Result<Option<T>, RemoteError> {
        let Some(value) = self.take(name)? else { return Ok(None) };
        self.inside(name.to_owned(), value, &read).map(Some)
    }

    fn inside<T>(
        &self,
        name: String,
        value: &'a Value,
        read: &impl Fn(&mut Input<'a>) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        let Some(members) = value.as_object() else { return Err(self.wrong(&name, "a structure")) };
        let left = members.iter().map(|(name, value)| (&**name, value)).collect();
        let mut input = Input { place: format!("{}.{name}", self.place), left };
        let read = read(&mut input)?;
        input.finish()?;
        Ok(read)
    }

    /// Complains about what nobody has read.
    pub fn finish(&self) -> Result<(), RemoteError> {
        let names: Vec<&str> = self.left.keys().copied().collect();
        if names.is_empty() {
            return Ok(());
        }
        Err(fatal("UnknownArgument", format!("{} has no member {}", self.place, names.join(", "))))
    }
}

fn text_of(value: &Value) -> Option<String> {
    match &value.data {
        Data::String(text) => Some(text.to_string()),
        Data::Secret(secret) => secret.text.as_ref().map(|text| text.to_string()),
        _ => None,
    }
}

/// Builds a request of the SDK out of the input of a call, sends it, and answers what it answered. Each setter takes a
/// member as what [`Input`] reads it as; what is read otherwise stands behind `and`. A member that is left over is an
/// error, and nothing is sent.
///
/// ```text
/// send!(service, input, delete_user { set_user_id: text "UserId" } and { set_tags: tags(&mut input)? })
/// ```
macro_rules! send {
    (
        $service:ident, $input:ident,
        $operation:ident { $($member:ident: $read:ident $name:literal),* $(,)? }
        $(and { $($other:ident: $value:expr),* $(,)? })?
    ) => {{
        let request = $service.client.$operation();
        $(let request = request.$member($input.$read($name)?);)*
        $($(let request = request.$other($value);)*)?
        $input.finish()?;
        $service.pace.call(|| request.clone().send()).await?
    }};
}
pub(in crate::cloud) use send;

/// The operations that a kind sends as JSON, and the members of their inputs.
pub type Operations = &'static [(&'static str, &'static [&'static str])];

/// The input of a call as JSON. As with [`Input`], what the operation does not ask for is an error.
pub fn json(call: &Call, operations: Operations) -> Result<Json, RemoteError> {
    let known = operations.iter().find(|(name, _)| *name == call.operation);
    let (_, members) = known.ok_or_else(|| unknown_operation(call))?;
    let mut input = serde_json::Map::new();
    for (name, value) in call.args.iter().filter(|(_, value)| !value.is_null()) {
        if !members.contains(name) {
            return Err(fatal("UnknownArgument", format!("{} has no member {name}", call.operation)));
        }
        if !value.is_wholly_known() {
            return Err(fatal("UnknownValue", format!("{}.{name} is not known yet", call.operation)));
        }
        input.insert((*name).to_owned(), json_of(value));
    }
    Ok(Json::Object(input))
}

/// A value as it is sent: members that are null are left out, and a secret is its text.
fn json_of(value: &Value) -> Json {
    if let (Data::Secret(_), Some(text)) = (&value.data, text_of(value)) {
        return Json::String(text);
    }
    if let Some(items) = value.as_items() {
        return items.iter().map(json_of).collect();
    }
    match value.as_object() {
        Some(members) => {
            let given = members.iter().filter(|(_, member)| !member.is_null());
            Json::Object(given.map(|(name, member)| (name.to_string(), json_of(member))).collect())
        }
        None => to_json(value),
    }
}

/// The error of an operation that a kind does not have.
pub fn unknown_operation(call: &Call) -> RemoteError {
    fatal("UnknownOperation", format!("{} is not an operation of this kind", call.operation))
}

/// Blanks whatever secret of the call stands in the error.
pub fn without_secrets(mut error: RemoteError, call: &Call) -> RemoteError {
    let mut secrets = Vec::new();
    call.args.values().for_each(|value| secret_texts(value, false, &mut secrets));
    for secret in secrets {
        error.message = error.message.replace(&secret, "(secret)");
    }
    error
}

fn secret_texts(value: &Value, sensitive: bool, found: &mut Vec<String>) {
    let sensitive = sensitive || value.sensitive || matches!(value.data, Data::Secret(_));
    if sensitive && let Some(text) = text_of(value).filter(|text| !text.is_empty()) {
        found.push(text);
    }
    value.children().for_each(|child| secret_texts(child, sensitive, found));
}
