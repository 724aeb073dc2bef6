//! Builds live objects attribute by attribute. What AWS leaves out becomes a null of the attribute's type.

use std::sync::Arc;

use crate::kind::{Observation, Status};
use crate::value::{Data, Field, Number, Object, Type, Value};

/// Attributes in the making.
#[derive(Debug, Default)]
pub struct Attrs(pub Object);

impl Attrs {
    /// Sets any value.
    pub fn put(&mut self, name: &str, value: Value) -> &mut Self {
        self.0.insert(Arc::from(name), value);
        self
    }

    /// Sets a string.
    pub fn text(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        self.put(name, text_or_null(text))
    }

    /// Sets a whole number.
    pub fn int(&mut self, name: &str, number: Option<i32>) -> &mut Self {
        self.put(name, int_or_null(number))
    }

    /// Sets a number.
    pub fn float(&mut self, name: &str, number: Option<f64>) -> &mut Self {
        // AWS speaks of the decimal that a person wrote, of which a float is only the nearest.
        let decimal = |number: f64| number.to_string().parse().unwrap_or_else(|_| Number::from(number));
        let value = number.map(|number| Value::new(Data::Number(decimal(number))));
        self.put(name, value.unwrap_or_else(|| Value::null_of(Type::Number)))
    }

    /// Sets a boolean.
    pub fn flag(&mut self, name: &str, flag: Option<bool>) -> &mut Self {
        self.put(name, flag.map_or_else(|| Value::null_of(Type::Bool), Value::bool))
    }

    /// Sets a set of strings.
    pub fn set<S: AsRef<str>>(&mut self, name: &str, items: impl IntoIterator<Item = S>) -> &mut Self {
        self.put(name, Value::string_set(items))
    }

    /// The attributes as a value.
    pub fn into_value(self) -> Value {
        Value::object(self.0)
    }

    /// The attributes as a settled object without pending changes.
    pub fn settled(self) -> Observation {
        Observation { status: Status::Settled, object: self.0, pending: Object::new() }
    }
}

/// A string, or null of its type.
pub fn text_or_null(text: Option<&str>) -> Value {
    text.map_or_else(|| Value::null_of(Type::String), Value::string)
}

/// A whole number, or null of its type.
pub fn int_or_null(number: Option<i32>) -> Value {
    number.map_or_else(|| Value::null_of(Type::Number), |number| Value::int(number.into()))
}

/// An object type whose attributes may be null.
pub fn fields(fields: &[(&'static str, Type)]) -> Type {
    Type::object(fields.iter().map(|(name, ty)| (*name, Field::optional(ty.clone()))))
}
