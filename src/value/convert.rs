//! Conversion of a value to a type constraint.

use std::sync::Arc;

use super::{Data, Field, Number, Object, Type, Unknown, Value};

pub use super::unify::unify;

/// Why a value does not fit a type: the place inside the value, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The way into the value: `.nodes[0].size`, empty for the value itself.
    pub path: String,
    /// What is wrong: `a number is required`.
    pub message: String,
    /// The same without anything of the value.
    public: String,
}

impl Mismatch {
    /// The same without the value, and without the keys of a map, which are part of it.
    fn hidden(self) -> Self {
        let way = self.path.find("[\"").unwrap_or(self.path.len());
        Self { path: self.path[..way].to_owned(), message: self.public.clone(), public: self.public }
    }

    fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { path: String::new(), public: message.clone(), message }
    }

    /// What is wrong with something of that name, whose type should be `ty`.
    pub fn of(&self, name: &str, ty: &Type) -> String {
        match self.path.is_empty() {
            true => format!("`{name}` must be {ty}: {}.", self.message),
            false => format!("`{name}{}`: {}.", self.path, self.message),
        }
    }

    fn within(mut self, step: impl std::fmt::Display) -> Self {
        self.path = format!("{step}{}", self.path);
        self
    }
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

/// Converts a value to a type constraint as Terraform does, keeping marks. Where the constraint leaves a
/// type open, elements of a collection get the one type that fits all of them. Optional attributes that
/// are missing or null get their default.
pub fn convert(value: &Value, ty: &Type) -> Result<Value, Mismatch> {
    let mark = value.sensitive;
    // What is wrong may be told by the value, and that must not be shown.
    let converted = convert_data(value, ty).map_err(|wrong| if mark { wrong.hidden() } else { wrong });
    Ok(converted?.with_mark(mark))
}

fn convert_data(value: &Value, ty: &Type) -> Result<Value, Mismatch> {
    if let Data::List(..) | Data::Set(..) | Data::Map(..) = &value.data
        && value.children().next().is_none()
        && convert_type(&value.ty(), ty).is_none()
    {
        return Err(required(ty));
    }
    let converted = match (&value.data, ty) {
        (_, Type::Any) => return Ok(value.clone()),
        // Without an element, the type of the elements is what it was, as far as the constraint leaves it open.
        (Data::List(of, items) | Data::Set(of, items), Type::List(to)) if items.is_empty() && to.has_any() => {
            Data::List(convert_type(of, to).unwrap_or_default(), Arc::default())
        }
        (Data::List(of, items) | Data::Set(of, items), Type::Set(to)) if items.is_empty() && to.has_any() => {
            Data::Set(convert_type(of, to).unwrap_or_default(), Arc::default())
        }
        (Data::Map(of, items), Type::Map(to)) if items.is_empty() && to.has_any() => {
            Data::Map(convert_type(of, to).unwrap_or_default(), Object::new())
        }
        (Data::Null(from), _) => Data::Null(convert_type(from, ty).ok_or_else(|| required(ty))?),
        (Data::Unknown(unknown), Type::Object(fields)) if unknown.parts.is_some() => {
            let part = |(name, field): (&Arc<str>, &Field)| {
                let part = unknown.part(name).unwrap_or_else(Value::null);
                Ok((name.clone(), convert(&part, &field.ty).map_err(|wrong| wrong.within(format!(".{name}")))?))
            };
            Data::Object(fields.iter().map(part).collect::<Result<_, Mismatch>>()?)
        }
        (Data::Unknown(unknown), _) => {
            let filled = convert_type(&unknown.ty, ty).ok_or_else(|| required(ty))?;
            Data::Unknown(Arc::new(Unknown { ty: filled, parts: None, ..(**unknown).clone() }))
        }
        (Data::Secret(_), Type::String) => return Ok(value.clone()),
        (Data::Secret(_), _) => return Err(Mismatch::new("a secret is a string and cannot be converted")),
        (_, Type::String | Type::Number | Type::Bool) => primitive(&value.data, ty)?,
        (_, Type::List(element)) => list(value, element)?,
        (_, Type::Set(element)) => return set(value, element),
        (_, Type::Map(element)) => map(value, element)?,
        (_, Type::Tuple(types)) => tuple(value, types)?,
        (_, Type::Object(fields)) => object(value, fields)?,
    };
    Ok(Value::new(converted))
}

/// What a message asks for: `a number is required`.
fn required(ty: &Type) -> Mismatch {
    Mismatch::new(format!("{} is required", ty.with_article()))
}

fn primitive(data: &Data, ty: &Type) -> Result<Data, Mismatch> {
    Ok(match (data, ty) {
        (Data::String(_), Type::String) | (Data::Number(_), Type::Number) | (Data::Bool(_), Type::Bool) => data.clone(),
        (Data::Number(number), Type::String) => Data::String(number.to_string().into()),
        (Data::Bool(value), Type::String) => Data::String(if *value { "true" } else { "false" }.into()),
        (Data::String(text), Type::Number) => match text.parse::<Number>() {
            Ok(number) => Data::Number(number),
            Err(()) => {
                let message = format!("a number is required, and {} is not the decimal notation of one", quote(text));
                return Err(Mismatch { message, ..required(ty) });
            }
        },
        (Data::String(text), Type::Bool) => match &**text {
            "true" | "1" => Data::Bool(true),
            "false" | "0" => Data::Bool(false),
            _ => {
                let message = format!("a bool is required, and {} is neither \"true\" nor \"false\"", quote(text));
                return Err(Mismatch { message, ..required(ty) });
            }
        },
        _ => return Err(required(ty)),
    })
}

/// A text in quotes, shortened for a message.
fn quote(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((cut, _)) => format!("{:?}", format!("{}...", &text[..cut])),
        None => format!("{text:?}"),
    }
}

/// Converts elements to one type, and answers it; `what` is for the message when there is none.
fn elements<'a>(
    items: impl Iterator<Item = (String, &'a Value)>,
    element: &Type,
    what: &str,
) -> Result<(Type, Vec<Value>), Mismatch> {
    let mut converted = Vec::new();
    for (step, item) in items {
        converted.push(convert(item, element).map_err(|mismatch| mismatch.within(step))?);
    }
    if !element.has_any() {
        return Ok((element.without_optional(), converted));
    }
    let types: Vec<Type> = converted.iter().map(Value::ty).collect();
    let ty = unify(&types).ok_or_else(|| Mismatch::new(format!("all {what} elements must have the same type")))?;
    for item in &mut converted {
        *item = convert(item, &ty)?;
    }
    Ok((ty, converted))
}

fn indexed(items: &[Value]) -> impl Iterator<Item = (String, &Value)> {
    items.iter().enumerate().map(|(index, item)| (format!("[{index}]"), item))
}

fn list(value: &Value, element: &Type) -> Result<Data, Mismatch> {
    match &value.data {
        Data::List(ty, items) if ty.is_primitive() && ty == element => Ok(Data::List(ty.clone(), items.clone())),
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => {
            let (ty, items) = elements(indexed(items), element, "list")?;
            Ok(Data::List(ty, Arc::new(items)))
        }
        _ => Err(required(&Type::list(element.clone()))),
    }
}

/// A set is sensitive as a whole, and unknown as a whole, when an element is: which elements are equal
/// would tell, or cannot be told.
fn set(value: &Value, element: &Type) -> Result<Value, Mismatch> {
    match &value.data {
        Data::Set(ty, _) if ty.is_primitive() && ty == element => Ok(value.clone()),
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => {
            let (ty, items) = elements(indexed(items), element, "set")?;
            Ok(set_of(ty, items))
        }
        _ => Err(required(&Type::set(element.clone()))),
    }
}

/// A set of elements that have type `ty` already.
pub fn set_of(ty: Type, mut items: Vec<Value>) -> Value {
    let sensitive = items.iter().any(Value::is_sensitive_anywhere);
    if let Some(unknown) = worst(&items) {
        return Value::unknown(Type::set(ty), unknown.origin.clone()).with_mark(sensitive);
    }
    if sensitive {
        items = items.iter().map(|item| item.unmark_deep().0).collect();
    }
    Value::set(ty, items).with_mark(sensitive)
}

/// An unknown that nothing here will ever tell, else the first.
fn worst(items: &[Value]) -> Option<&Unknown> {
    let found = || items.iter().filter_map(Value::worst_unknown);
    found().find(|unknown| unknown.is_foreign()).or_else(|| found().next())
}

fn map(value: &Value, element: &Type) -> Result<Data, Mismatch> {
    match &value.data {
        Data::Map(ty, items) if ty.is_primitive() && ty == element => Ok(Data::Map(ty.clone(), items.clone())),
        Data::Map(_, items) | Data::Object(items) => {
            let steps = items.iter().map(|(key, item)| (format!("[{key:?}]"), item));
            let (ty, converted) = elements(steps, element, "map")?;
            Ok(Data::Map(ty, items.keys().cloned().zip(converted).collect()))
        }
        _ => Err(required(&Type::map(element.clone()))),
    }
}

fn tuple(value: &Value, types: &Arc<Vec<Type>>) -> Result<Data, Mismatch> {
    let Data::Tuple(items) = &value.data else {
        return Err(required(&Type::Tuple(types.clone())));
    };
    if items.len() != types.len() {
        return Err(Mismatch::new(format!("a tuple of {} elements is required, not of {}", types.len(), items.len())));
    }
    let items = items.iter().zip(types.iter()).enumerate();
    let items =
        items.map(|(index, (item, ty))| convert(item, ty).map_err(|mismatch| mismatch.within(format!("[{index}]"))));
    Ok(Data::Tuple(Arc::new(items.collect::<Result<_, _>>()?)))
}

fn object(value: &Value, fields: &Arc<std::collections::BTreeMap<Arc<str>, Field>>) -> Result<Data, Mismatch> {
    let (Data::Map(_, items) | Data::Object(items)) = &value.data else {
        return Err(required(&Type::Object(fields.clone())));
    };
    let missing: Vec<String> = fields
        .iter()
        .filter(|(name, field)| !field.optional && !items.contains_key(name))
        .map(|(name, _)| format!("{name:?}"))
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return Err(Mismatch::new(format!("attribute {one} is required"))),
        [init @ .., last] => {
            return Err(Mismatch::new(format!("attributes {} and {last} are required", init.join(", "))));
        }
    }
    let mut attributes = Object::new();
    for (name, field) in fields.iter() {
        let given = items.get(name).filter(|item| !item.is_null() || field.default.is_none());
        let converted = match (given, &field.default) {
            (Some(item), _) => convert(item, &field.ty).map_err(|mismatch| mismatch.within(format!(".{name}")))?,
            (None, Some(default)) => {
                convert(default, &field.ty).map_err(|mismatch| mismatch.within(format!(".{name}")))?
            }
            (None, None) => Value::null_of(field.ty.without_optional()),
        };
        attributes.insert(name.clone(), converted);
    }
    Ok(Data::Object(attributes))
}

/// What a value of type `from` becomes in a conversion to `to`; `None` where none is possible whatever
/// the value.
pub fn convert_type(from: &Type, to: &Type) -> Option<Type> {
    Some(match (from, to) {
        (Type::Any, _) => to.without_optional(),
        (_, Type::Any) => from.clone(),
        (from, to) if from == to => to.without_optional(),
        (Type::Number, Type::Bool) | (Type::Bool, Type::Number) => return None,
        (from, to) if from.is_primitive() && to.is_primitive() => to.clone(),
        (Type::List(inner) | Type::Set(inner), Type::List(element)) => Type::list(convert_type(inner, element)?),
        (Type::List(inner) | Type::Set(inner), Type::Set(element)) => Type::set(convert_type(inner, element)?),
        (Type::Tuple(items), Type::List(element)) => Type::list(convert_types(items.iter(), element)?),
        (Type::Tuple(items), Type::Set(element)) => Type::set(convert_types(items.iter(), element)?),
        (Type::Map(inner), Type::Map(element)) => Type::map(convert_type(inner, element)?),
        (Type::Object(fields), Type::Map(element)) => {
            Type::map(convert_types(fields.values().map(|field| &field.ty), element)?)
        }
        (Type::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            let types: Option<Vec<Type>> =
                items.iter().zip(types.iter()).map(|(from, to)| convert_type(from, to)).collect();
            Type::Tuple(types?.into())
        }
        (Type::Map(inner), Type::Object(fields)) => {
            let types = fields
                .iter()
                .map(|(name, field)| Some((name.clone(), Field::required(convert_type(inner, &field.ty)?))));
            Type::object(types.collect::<Option<Vec<_>>>()?)
        }
        (Type::Object(given), Type::Object(fields)) => {
            let types = fields.iter().map(|(name, field)| match given.get(name) {
                Some(from) => Some((name.clone(), Field::required(convert_type(&from.ty, &field.ty)?))),
                None if field.optional => Some((name.clone(), Field::required(field.ty.without_optional()))),
                None => None,
            });
            Type::object(types.collect::<Option<Vec<_>>>()?)
        }
        _ => return None,
    })
}

fn convert_types<'a>(from: impl Iterator<Item = &'a Type>, to: &Type) -> Option<Type> {
    let types: Option<Vec<Type>> = from.map(|ty| convert_type(ty, to)).collect();
    if to.has_any() { unify(&types?) } else { types.map(|_| to.without_optional()) }
}
