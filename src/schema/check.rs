//! Brings the values of a declaration to the types of its schema, and checks them against the rules of each attribute.

use crate::schema::{Attr, Mode};
use crate::value::convert::{Mismatch, convert};
use crate::value::{Data, Field, Object, Secret, Type, Value};

use std::sync::Arc;

/// Something wrong with the value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The attribute, nested ones behind a dot: `ingress.from_port`.
    pub path: String,
    /// The place inside the value: `[0].size`, empty for the value itself.
    pub inside: String,
    /// Which sort.
    pub sort: Sort,
    /// What is wrong, completing the name of the attribute.
    pub message: String,
}

/// The sorts of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// It has another type.
    Type,
    /// It breaks a rule.
    Rule,
    /// It is not there.
    Missing,
}

/// Converts and normalises one value for an attribute.
pub fn conform(attr: &Attr, value: &Value) -> Result<Value, Mismatch> {
    conform_as(attr, value, attr.block.is_some())
}

/// The same for an attribute of a nested block.
pub fn conform_nested(attr: &Attr, value: &Value) -> Result<Value, Mismatch> {
    conform_as(attr, value, true)
}

fn conform_as(attr: &Attr, value: &Value, by_parts: bool) -> Result<Value, Mismatch> {
    if attr.secret {
        return conform_secrets(&attr.ty, value);
    }
    let value = if by_parts { convert_parts(value, &attr.ty)? } else { convert(value, &attr.ty)? };
    let value = match &attr.block {
        Some(block) => conform_blocks(&block.attrs, value)?,
        None => value,
    };
    Ok(match attr.normalize {
        Some(normalize) => normalize(value),
        None => value,
    })
}

/// Converts part by part: a set that holds something unknown would be unknown as a whole, and the plan could not
/// tell what becomes of each block, and of each element in it.
fn convert_parts(value: &Value, ty: &Type) -> Result<Value, Mismatch> {
    if value.is_wholly_known() {
        return convert(value, ty);
    }
    match (ty, &value.data) {
        (Type::Set(element), Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items)) => {
            let items = items.iter().map(|item| convert_parts(item, element)).collect::<Result<Vec<_>, _>>()?;
            let sensitive = value.sensitive || items.iter().any(Value::is_sensitive_anywhere);
            let items = items.iter().map(|item| item.unmark_deep().0).collect();
            Ok(Value::set((**element).clone(), items).with_mark(sensitive))
        }
        (Type::List(element), Data::List(_, items) | Data::Tuple(items)) => {
            let items = items.iter().map(|item| convert_parts(item, element)).collect::<Result<Vec<_>, _>>()?;
            Ok(Value::list((**element).clone(), items).with_mark(value.sensitive))
        }
        (Type::Object(fields), Data::Object(parts) | Data::Map(_, parts))
            if fields.iter().all(|(name, field)| field.optional || parts.contains_key(name)) =>
        {
            let part = |(name, field): (&Arc<str>, &Field)| {
                let value = parts
                    .get(name)
                    .map_or_else(|| convert(&Value::null(), &field.ty), |part| convert_parts(part, &field.ty));
                Ok((name.clone(), value?))
            };
            let parts: Object = fields.iter().map(part).collect::<Result<_, Mismatch>>()?;
            Ok(Value::object(parts).with_mark(value.sensitive))
        }
        _ => convert(value, ty),
    }
}

/// Secrets of a list or set each for itself.
fn conform_secrets(ty: &Type, value: &Value) -> Result<Value, Mismatch> {
    let (Type::Set(element) | Type::List(element)) = ty else { return conform_secret(value) };
    let items = match &value.data {
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => items,
        Data::Null(_) | Data::Unknown(_) => return Ok(value.clone().into_sensitive()),
        _ => return Err(convert(&Value::bool(true), ty).expect_err("a boolean is no collection")),
    };
    let items = items.iter().map(conform_secret).collect::<Result<Vec<_>, _>>()?;
    let value = match ty {
        Type::Set(_) => Value::set((**element).clone(), items),
        _ => Value::list((**element).clone(), items),
    };
    Ok(value.into_sensitive())
}

/// Whatever gave the text, it is a secret from here on.
fn conform_secret(value: &Value) -> Result<Value, Mismatch> {
    let text = match &value.data {
        Data::Secret(_) | Data::Null(_) | Data::Unknown(_) => return Ok(value.clone().into_sensitive()),
        Data::String(text) => text.clone(),
        _ => match convert(value, &Type::String)?.data {
            Data::String(text) => text,
            _ => return Ok(value.clone().into_sensitive()),
        },
    };
    let secret = Secret { source: None, text: Some(text) };
    Ok(Value::new(Data::Secret(Arc::new(secret))).into_sensitive())
}

/// Fills in defaults and normalises the attributes of nested blocks.
fn conform_blocks(attrs: &[Attr], value: Value) -> Result<Value, Mismatch> {
    let sensitive = value.sensitive;
    let each = |block: &Value| conform_block(attrs, block);
    let value = match &value.data {
        Data::List(ty, items) => Value::list(ty.clone(), items.iter().map(each).collect::<Result<_, _>>()?),
        Data::Set(ty, items) => Value::set(ty.clone(), items.iter().map(each).collect::<Result<_, _>>()?),
        _ => return Ok(value),
    };
    Ok(value.with_mark(sensitive))
}

fn conform_block(attrs: &[Attr], block: &Value) -> Result<Value, Mismatch> {
    let Some(fields) = block.as_object() else { return Ok(block.clone()) };
    let mut object = Object::new();
    for attr in attrs {
        let value = fields.get(attr.name).cloned().unwrap_or_else(Value::null);
        let value = if value.is_null() { attr.default.clone().unwrap_or(value) } else { value };
        let value = if value.is_null() { Value::null_of(attr.ty.clone()) } else { conform_nested(attr, &value)? };
        object.insert(attr.name.into(), value);
    }
    Ok(Value::object(object).with_mark(block.sensitive))
}

/// Checks conformed values against the rules of their attributes.
pub fn faults(attrs: &[Attr], object: &Object) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_attrs(attrs, object, "", &mut faults);
    faults
}

fn check_attrs(attrs: &[Attr], object: &Object, prefix: &str, faults: &mut Vec<Fault>) {
    for attr in attrs {
        let path = format!("{prefix}{}", attr.name);
        let fault = |sort, message| Fault { path: path.clone(), inside: String::new(), sort, message };
        let value = object.get(attr.name).filter(|value| !value.is_null());
        let Some(value) = value else {
            if attr.mode == Mode::Required {
                faults.push(fault(Sort::Missing, "must be set".to_owned()));
            }
            continue;
        };
        faults.extend(attr.rules.iter().filter_map(|rule| rule.violation(value)).map(|text| fault(Sort::Rule, text)));
        let Some(block) = &attr.block else { continue };
        let items = value.as_items().unwrap_or_default();
        if block.max.is_some_and(|max| items.len() > max) {
            faults.push(fault(Sort::Rule, format!("may be there {} times at most", block.max.unwrap_or(0))));
        }
        for item in items.iter().filter_map(Value::as_object) {
            check_attrs(&block.attrs, item, &format!("{path}."), faults);
        }
    }
}
