//! Reads the members of a request, and checks what the service model alone can tell.

use super::failure::Failure;
use super::model::{Service, Type};
use serde_json::Value;

/// The members of a structure in a request.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a>(pub &'a Value);

impl<'a> Input<'a> {
    /// Whether the member was given.
    pub fn has(&self, name: &str) -> bool {
        !self.value(name).is_null()
    }

    /// The raw member; null where absent.
    pub fn value(&self, name: &str) -> &'a Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name).as_str()
    }

    /// A text that may not be absent or blank, in ElastiCache's words.
    pub fn needed(&self, name: &str) -> Result<&'a str, Failure> {
        match self.text(name) {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(Failure::value(format!("The parameter {name} must be provided and must not be blank."))),
        }
    }

    /// A text with something in it.
    pub fn filled(&self, name: &str) -> Option<&'a str> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.value(name).as_i64()
    }

    /// A yes or no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.value(name).as_bool()
    }

    /// The elements of a list; none where absent.
    pub fn list(&self, name: &str) -> &'a [Value] {
        self.value(name).as_array().map_or(&[], Vec::as_slice)
    }

    /// The texts of a list.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The structures of a list.
    pub fn structures(&self, name: &str) -> impl Iterator<Item = Input<'a>> + use<'a> {
        self.list(name).iter().map(Input)
    }

    /// A nested structure.
    pub fn structure(&self, name: &str) -> Input<'a> {
        Input(self.value(name))
    }
}

/// A limit of the model that a request breaks: the path to the member, the value and the limit's words.
pub struct Breach {
    /// Member names, for instance `["Tags", "1", "Key"]`.
    pub path: Vec<String>,
    /// The value, for messages; `null` where it is missing.
    pub value: String,
    /// What must hold, in the words of the services that name it.
    pub must: String,
    /// Whether the member is missing altogether.
    pub missing: bool,
}

/// Everything in which the request breaks the model.
pub fn breaches(service: &Service, shape: &str, value: &Value) -> Vec<Breach> {
    let mut found = Vec::new();
    walk(service, shape, value, &mut Vec::new(), &mut found);
    found
}

fn walk(service: &Service, shape_name: &str, value: &Value, path: &mut Vec<String>, found: &mut Vec<Breach>) {
    let shape = service.shape(shape_name);
    let mut note = |path: &[String], value: String, must: String, missing: bool| {
        found.push(Breach { path: path.to_vec(), value, must, missing });
    };
    match (shape.kind, value) {
        (Type::Structure, Value::Object(members)) => {
            for name in &shape.required {
                if members.get(name).is_none_or(Value::is_null) {
                    path.push(name.clone());
                    note(path, "null".into(), "Member must not be null".into(), true);
                    path.pop();
                }
            }
            for (name, inner) in members {
                if let Some(inner_shape) = shape.member_shape(name) {
                    path.push(name.clone());
                    walk(service, inner_shape, inner, path, found);
                    path.pop();
                }
            }
        }
        (Type::List, Value::Array(items)) => {
            check_size(shape, items.len() as f64, "length", path, &value.to_string(), &mut note);
            for (index, item) in items.iter().enumerate() {
                path.push((index + 1).to_string());
                walk(service, shape.of.as_deref().expect("a list has elements"), item, path, found);
                path.pop();
            }
        }
        (Type::String, Value::String(text)) => {
            if !shape.choices.is_empty() && !shape.choices.contains(text) {
                let must = format!("Member must satisfy enum value set: [{}]", shape.choices.join(", "));
                note(path, text.clone(), must, false);
            }
            check_size(shape, text.chars().count() as f64, "length", path, text, &mut note);
        }
        (Type::Integer | Type::Long | Type::Double | Type::Float, Value::Number(number)) => {
            check_size(shape, number.as_f64().unwrap_or(0.0), "value", path, &number.to_string(), &mut note);
        }
        _ => {}
    }
}

fn check_size(
    shape: &super::model::Shape,
    size: f64,
    what: &str,
    path: &[String],
    value: &str,
    note: &mut impl FnMut(&[String], String, String, bool),
) {
    if shape.min.is_some_and(|min| size < min) {
        note(
            path,
            value.into(),
            format!("Member must have {what} greater than or equal to {}", shape.min.unwrap_or(0.0)),
            false,
        );
    }
    if shape.max.is_some_and(|max| size > max) {
        note(
            path,
            value.into(),
            format!("Member must have {what} less than or equal to {}", shape.max.unwrap_or(0.0)),
            false,
        );
    }
}
