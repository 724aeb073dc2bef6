//! Objects as Terraform writes them: every attribute of the schema, nulls written out, with what is unknown and what is
//! sensitive beside, in the same shape.

use serde_json::{Map, Value as Json, json};

use crate::address::{Address, Mode};
use crate::kinds;
use crate::schema::{Attr, Block, Schema};
use crate::value::{Data, Object, Origin, Type, Value, json::to_json};

/// What is written for what must not be shown.
pub const HIDDEN: &str = "(sensitive value)";

/// An object, or a part of one.
pub struct Form {
    /// What is known.
    pub value: Json,
    /// `true` where something is not known yet.
    pub unknown: Json,
    /// `true` where something must not be shown.
    pub sensitive: Json,
}

/// The object of an address.
pub fn form(address: &Address, object: &Object) -> Form {
    let schema = schema(address);
    let (mut value, mut unknown, mut sensitive) = (Map::new(), Map::new(), Map::new());
    let mut put = |name: &str, ty: &Type, form: Option<Form>| match form {
        None => {
            unknown.insert(name.to_owned(), true.into());
            sensitive.extend(shell(ty).map(|shell| (name.to_owned(), shell)));
        }
        Some(form) => {
            value.insert(name.to_owned(), form.value);
            unknown.extend(told(&form.unknown).then(|| (name.to_owned(), form.unknown)));
            sensitive.extend(told(&form.sensitive).then(|| (name.to_owned(), form.sensitive)));
        }
    };
    let is_told = |attr: &&Attr| !(attr.ours_alone && object.get(attr.name).is_none_or(is_nothing));
    for attr in schema.map(|schema| schema.attrs.as_slice()).unwrap_or_default().iter().filter(is_told) {
        put(attr.name, &attr.ty, attribute(attr, object.get(attr.name)));
    }
    let known = |name: &str| schema.is_some_and(|schema| schema.attr(name).is_some());
    for (name, part) in object.iter().filter(|(name, _)| !known(name)) {
        put(name, &part.ty(), part_of(part));
    }
    if !object.contains_key("id") && !known("id") {
        let id = kinds::get(&address.kind).filter(|_| address.mode == Mode::Managed);
        let id = id.filter(|kind| !kind.is_named_by_aws()).and_then(|kind| kind.identify(object));
        // Terraform learns every id from the call that makes the object.
        put("id", &Type::String, id.map(|id| plain_form(id.into())));
    }
    Form { value: value.into(), unknown: unknown.into(), sensitive: sensitive.into() }
}

fn schema(address: &Address) -> Option<&'static Schema> {
    match address.mode {
        Mode::Managed => kinds::get(&address.kind).map(|kind| kind.schema()),
        Mode::Data => kinds::lookups::get(&address.kind),
        Mode::Ephemeral => kinds::lookups::ephemeral(&address.kind),
    }
}

/// Whether a value that Terraform's provider does not have is worth telling.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.is_unknown() || value.as_items().is_some_and(<[Value]>::is_empty)
}

/// What stands for the parts of something that is not known, where it will have parts.
fn shell(ty: &Type) -> Option<Json> {
    match ty {
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => Some(json!([])),
        Type::Map(_) | Type::Object(_) => Some(json!({})),
        _ => None,
    }
}

/// An attribute; none where nothing of it is known. What is a secret in every object is one where there is none, too.
fn attribute(attr: &Attr, value: Option<&Value>) -> Option<Form> {
    let form = shown(attr, value)?;
    let sensitive = if attr.secret { true.into() } else { form.sensitive };
    let value = if attr.nullable { as_text(form.value) } else { form.value };
    Some(Form { value, sensitive, ..form })
}

/// Nested blocks are lists, also where there are none.
fn shown(attr: &Attr, value: Option<&Value>) -> Option<Form> {
    match (value.filter(|value| !value.is_null()), &attr.block) {
        (None, Some(_)) => Some(Form { value: json!([]), unknown: json!([]), sensitive: json!([]) }),
        (None, None) => Some(plain_form(Json::Null)),
        (Some(value), Some(block)) => match value.as_items() {
            Some(items) => Some(join(items.iter().map(|item| nested(block, item)))),
            None => part_of(value),
        },
        (Some(value), None) => part_of(value),
    }
}

/// A value in the spelling of the provider, which keeps as a text what an empty text is to unset.
fn as_text(value: Json) -> Json {
    match value {
        Json::Bool(truth) => truth.to_string().into(),
        Json::Number(number) => number.to_string().into(),
        other => other,
    }
}

/// One nested block: every attribute of it.
fn nested(Block { attrs, filled, .. }: &Block, value: &Value) -> Option<Form> {
    let Some(object) = value.as_object() else { return part_of(value) };
    let (mut known, mut unknown, mut sensitive) = (Map::new(), Map::new(), Map::new());
    for attr in attrs {
        let value = object.get(attr.name).filter(|value| !value.is_null());
        match if *filled && value.is_none() { Some(empty(&attr.ty)) } else { attribute(attr, value) } {
            None => drop(unknown.insert(attr.name.to_owned(), true.into())),
            Some(form) => {
                known.insert(attr.name.to_owned(), form.value);
                unknown.extend(told(&form.unknown).then(|| (attr.name.to_owned(), form.unknown)));
                sensitive.extend(told(&form.sensitive).then(|| (attr.name.to_owned(), form.sensitive)));
            }
        }
    }
    Some(Form { value: known.into(), unknown: unknown.into(), sensitive: sensitive.into() })
}

/// Nothing, in the spelling of its type.
fn empty(ty: &Type) -> Form {
    match ty {
        Type::List(_) | Type::Set(_) => Form { value: json!([]), unknown: json!([]), sensitive: json!([]) },
        Type::Bool => plain_form(false.into()),
        Type::Number => plain_form(0.into()),
        _ => plain_form("".into()),
    }
}

/// A value; none where it is not known.
fn part_of(value: &Value) -> Option<Form> {
    if value.sensitive || is_withheld(value) || matches!(value.data, Data::Secret(_)) {
        let hidden = match value.ty() {
            Type::Number | Type::Bool => Json::Null,
            _ => HIDDEN.into(),
        };
        let open = value.is_unknown() && !is_withheld(value);
        let value = Form { value: hidden, unknown: false.into(), sensitive: true.into() };
        return (!open).then_some(value);
    }
    match &value.data {
        Data::Unknown(_) => None,
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => Some(join(items.iter().map(part_of))),
        Data::Map(_, items) | Data::Object(items) => {
            let (mut known, mut unknown, mut sensitive) = (Map::new(), Map::new(), Map::new());
            for (name, item) in items.iter() {
                match part_of(item) {
                    None => drop(unknown.insert(name.to_string(), true.into())),
                    Some(form) => {
                        known.insert(name.to_string(), form.value);
                        unknown.extend(told(&form.unknown).then(|| (name.to_string(), form.unknown)));
                        sensitive.extend(told(&form.sensitive).then(|| (name.to_string(), form.sensitive)));
                    }
                }
            }
            Some(Form { value: known.into(), unknown: unknown.into(), sensitive: sensitive.into() })
        }
        _ => Some(plain_form(to_json(value))),
    }
}

/// A list of forms: one element per element, `false` where all of it is known.
fn join(items: impl Iterator<Item = Option<Form>>) -> Form {
    let (mut value, mut unknown, mut sensitive) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let item = item.unwrap_or(Form { value: Json::Null, unknown: true.into(), sensitive: false.into() });
        value.push(item.value);
        unknown.push(item.unknown);
        sensitive.push(item.sensitive);
    }
    Form { value: value.into(), unknown: unknown.into(), sensitive: sensitive.into() }
}

fn plain_form(value: Json) -> Form {
    Form { value, unknown: false.into(), sensitive: false.into() }
}

/// Whether a mark is written: lists and objects keep their shape.
fn told(mark: &Json) -> bool {
    *mark != Json::Bool(false)
}

/// Whether a value is known and was not written into the plan.
pub fn is_withheld(value: &Value) -> bool {
    matches!(&value.data, Data::Unknown(unknown) if matches!(unknown.origin.as_deref(), Some(Origin::Withheld)))
}

/// A value alone, with what must not be shown hidden.
pub fn plain(value: &Value) -> Json {
    part_of(value).map_or(Json::Null, |form| form.value)
}

/// A type as cty writes it: `"string"`, `["list", "string"]`.
pub fn cty(ty: &Type) -> Json {
    match ty {
        Type::Any => "dynamic".into(),
        Type::Bool => "bool".into(),
        Type::Number => "number".into(),
        Type::List(of) => json!(["list", cty(of)]),
        Type::Set(of) => json!(["set", cty(of)]),
        Type::Map(of) => json!(["map", cty(of)]),
        Type::Tuple(items) => json!(["tuple", items.iter().map(cty).collect::<Vec<_>>()]),
        Type::Object(fields) => {
            let fields: Map<String, Json> =
                fields.iter().map(|(name, field)| (name.to_string(), cty(&field.ty))).collect();
            json!(["object", fields])
        }
        _ => "string".into(),
    }
}
