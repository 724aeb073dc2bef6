//! The one value type of the program: what expressions yield, what a resource is made of, what is compared.
//!
//! A value is its data and a sensitive mark. Null and unknown carry their type, as every collection carries
//! the type of its elements, so that conditionals and conversions can be judged without a value at hand.
//! Knows nothing of syntax, schemas or AWS.

pub mod convert;
pub mod display;
pub mod holes;
pub mod json;
pub mod mask;
pub mod names;
pub mod number;
mod object;
mod order;
pub mod origin;
pub mod same;
mod shape;
pub mod types;
pub mod unify;
mod unknown;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};

pub use number::Number;
pub use object::{Object, text};
pub use origin::Origin;
pub use same::same;
pub use types::{Field, Type};
pub use unknown::Unknown;

/// A value with its sensitive mark.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Whether it must not be shown.
    pub sensitive: bool,
}

/// The data of a value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Data {
    /// No value, of a type.
    Null(Type),
    /// A value that is only known after apply.
    Unknown(Arc<Unknown>),
    /// True or false.
    Bool(bool),
    /// A number of any size.
    Number(Number),
    /// Text in Unicode NFC.
    String(Arc<str>),
    /// Ordered elements of one type.
    List(Type, Arc<Vec<Value>>),
    /// Distinct elements of one type, sorted.
    Set(Type, Arc<Vec<Value>>),
    /// Elements of one type by key.
    Map(Type, Object),
    /// Ordered elements, each of its own type.
    Tuple(Arc<Vec<Value>>),
    /// Attributes, each of its own type.
    Object(Object),
    /// A reference to a secret, or a secret's text, allowed only where an attribute is secret by type.
    #[serde(skip)]
    Secret(Arc<Secret>),
}

/// A secret: where it comes from, and its text once that has been read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// `env:NAME`, `file:PATH`, `command:...`, `ssm:NAME` or `secretsmanager:NAME`; `None` for a text that an expression gave.
    pub source: Option<Arc<str>>,
    /// The text itself. Never printed or stored.
    pub text: Option<Arc<str>>,
}

impl Value {
    /// A value that may be shown.
    pub fn new(data: Data) -> Self {
        Self { data, sensitive: false }
    }

    /// Null of a type that is left open.
    pub fn null() -> Self {
        Self::new(Data::Null(Type::Any))
    }

    /// Null of `ty`.
    pub fn null_of(ty: Type) -> Self {
        Self::new(Data::Null(ty))
    }

    /// Unknown of `ty`, stemming from `origin`.
    pub fn unknown(ty: Type, origin: Option<Arc<Origin>>) -> Self {
        Unknown { ty, origin, ..Unknown::default() }.into()
    }

    /// A string.
    pub fn string(text: impl AsRef<str>) -> Self {
        Self::new(Data::String(Arc::from(text.as_ref())))
    }

    /// A boolean.
    pub fn bool(value: bool) -> Self {
        Self::new(Data::Bool(value))
    }

    /// A whole number.
    pub fn int(value: i64) -> Self {
        Self::new(Data::Number(Number::from(value)))
    }

    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Self {
        Self::new(Data::Tuple(Arc::new(items)))
    }

    /// A list whose elements all have type `ty`.
    pub fn list(ty: Type, items: Vec<Value>) -> Self {
        Self::new(Data::List(ty, Arc::new(items)))
    }

    /// A set whose elements all have type `ty`; sorts them, null last, and drops repeated ones. What is not known yet
    /// repeats nothing.
    pub fn set(ty: Type, mut items: Vec<Value>) -> Self {
        if ty.is_primitive() {
            items.sort_by(|left, right| (left.is_null(), left).cmp(&(right.is_null(), right)));
        } else {
            items.sort_by_cached_key(|item| (order::order_key(item), item.clone()));
        }
        items.dedup_by(|one, other| one == other && one.is_wholly_known());
        Self::new(Data::Set(ty, Arc::new(items)))
    }

    /// A map whose elements all have type `ty`.
    pub fn map(ty: Type, items: Object) -> Self {
        Self::new(Data::Map(ty, items))
    }

    /// An object.
    pub fn object(attributes: Object) -> Self {
        Self::new(Data::Object(attributes))
    }

    /// A list of strings.
    pub fn strings<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::list(Type::String, items.into_iter().map(Value::string).collect())
    }

    /// A set of strings.
    pub fn string_set<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::set(Type::String, items.into_iter().map(Value::string).collect())
    }

    /// A map of strings.
    pub fn string_map<K: AsRef<str>, V: AsRef<str>>(items: impl IntoIterator<Item = (K, V)>) -> Self {
        let items = items.into_iter().map(|(key, value)| (Arc::from(key.as_ref()), Value::string(value)));
        Self::map(Type::String, items.collect())
    }

    /// The same value, marked sensitive.
    pub fn into_sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The same value with `mark` added to its own mark.
    pub fn with_mark(mut self, mark: bool) -> Self {
        self.sensitive |= mark;
        self
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null(_))
    }

    /// Whether it is more than nothing: neither null nor an empty text, list, set, map or object.
    pub fn is_said(&self) -> bool {
        let empty = self.as_items().is_some_and(<[Value]>::is_empty) || self.as_object().is_some_and(Object::is_empty);
        !(empty || self.is_null() || self.as_str() == Some(""))
    }

    /// Whether it is unknown itself; its elements may still be.
    pub fn is_unknown(&self) -> bool {
        matches!(self.data, Data::Unknown(_))
    }

    /// Whether neither it nor anything in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        self.first_unknown().is_none()
    }

    /// The first unknown in it, itself first.
    pub fn first_unknown(&self) -> Option<&Unknown> {
        match &self.data {
            Data::Unknown(unknown) => Some(unknown),
            _ => self.children().find_map(Value::first_unknown),
        }
    }

    /// An unknown in it that nothing here will ever tell, else the first.
    pub fn worst_unknown(&self) -> Option<&Unknown> {
        fn foreign(value: &Value) -> Option<&Unknown> {
            match &value.data {
                Data::Unknown(unknown) => Some(&**unknown).filter(|unknown| unknown.is_foreign()),
                _ => value.children().find_map(foreign),
            }
        }
        let first = self.first_unknown()?;
        Some(if first.is_foreign() { first } else { foreign(self).unwrap_or(first) })
    }

    /// Where everything in it comes from that is unknown.
    pub fn origins(&self) -> Vec<Arc<Origin>> {
        match &self.data {
            Data::Unknown(unknown) => unknown.origin.iter().cloned().collect(),
            _ => self.children().flat_map(Value::origins).collect(),
        }
    }

    /// Where everything in it comes from that no run of ours will ever tell.
    pub fn foreign(&self) -> Vec<Arc<Origin>> {
        self.origins().into_iter().filter(|origin| origin.is_foreign()).collect()
    }

    /// Whether it or anything in it is sensitive.
    pub fn is_sensitive_anywhere(&self) -> bool {
        self.sensitive || matches!(self.data, Data::Secret(_)) || self.children().any(Value::is_sensitive_anywhere)
    }

    /// The value without any mark, and whether there was one, on it or in it.
    pub fn unmark_deep(&self) -> (Value, bool) {
        if !self.is_marked_anywhere() {
            return (self.clone(), false);
        }
        let items = |items: &[Value]| Arc::new(items.iter().map(|item| item.unmark_deep().0).collect::<Vec<_>>());
        let entries = |entries: &Object| -> Object {
            entries.iter().map(|(key, item)| (key.clone(), item.unmark_deep().0)).collect()
        };
        let data = match &self.data {
            Data::List(ty, list) => Data::List(ty.clone(), items(list)),
            Data::Set(ty, set) => Data::Set(ty.clone(), items(set)),
            Data::Tuple(tuple) => Data::Tuple(items(tuple)),
            Data::Map(ty, map) => Data::Map(ty.clone(), entries(map)),
            Data::Object(object) => Data::Object(entries(object)),
            other => other.clone(),
        };
        (Value::new(data), true)
    }

    /// Gives the mark of a collection to all that is in it: parts that are copied out of it stay hidden.
    pub fn mark_parts(&mut self) {
        if !self.is_marked_anywhere() {
            return;
        }
        let mark = self.sensitive;
        let hide = |item: &mut Value| {
            item.sensitive |= mark && !item.is_null();
            item.mark_parts();
        };
        match &mut self.data {
            Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => {
                Arc::make_mut(items).iter_mut().for_each(hide);
            }
            Data::Map(_, items) | Data::Object(items) => items.values_mut().for_each(hide),
            _ => {}
        }
    }

    /// Whether it or anything in it carries a mark; a secret without a mark is none.
    pub fn is_marked_anywhere(&self) -> bool {
        self.sensitive || self.children().any(Value::is_marked_anywhere)
    }

    /// Whether it is a secret or holds one.
    pub fn has_secret(&self) -> bool {
        matches!(self.data, Data::Secret(_)) || self.children().any(Value::has_secret)
    }

    /// A string in Unicode NFC, whatever the text is in.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::new(Data::String(normalized(text.as_ref())))
    }

    /// A number.
    pub fn number(number: Number) -> Self {
        Self::new(Data::Number(number))
    }

    /// The elements or attribute values, in order; none for anything else.
    pub fn children(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match &self.data {
            Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => Box::new(items.iter()),
            Data::Map(_, items) | Data::Object(items) => Box::new(items.values()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Changes every secret in it.
    ///
    /// # Errors
    /// The first change that fails.
    pub fn try_each_secret<E>(&mut self, change: &mut dyn FnMut(&Secret) -> Result<Secret, E>) -> Result<(), E> {
        match &mut self.data {
            Data::Secret(secret) => *secret = Arc::new(change(secret)?),
            Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) if items.iter().any(Value::has_secret) => {
                Arc::make_mut(items).iter_mut().try_for_each(|item| item.try_each_secret(change))?;
            }
            Data::Map(_, items) | Data::Object(items) if items.values().any(Value::has_secret) => {
                items.values_mut().try_for_each(|item| item.try_each_secret(change))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// How many elements or attributes it has.
    pub fn children_count(&self) -> usize {
        match &self.data {
            Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => items.len(),
            Data::Map(_, items) | Data::Object(items) => items.len(),
            _ => 0,
        }
    }

    /// The type; every value has one.
    pub fn ty(&self) -> Type {
        match &self.data {
            Data::Null(ty) => ty.clone(),
            Data::Unknown(unknown) => unknown.ty.clone(),
            Data::Bool(_) => Type::Bool,
            Data::Number(_) => Type::Number,
            Data::String(_) | Data::Secret(_) => Type::String,
            Data::List(ty, _) => Type::List(Arc::new(ty.clone())),
            Data::Set(ty, _) => Type::Set(Arc::new(ty.clone())),
            Data::Map(ty, _) => Type::Map(Arc::new(ty.clone())),
            Data::Tuple(items) => Type::Tuple(Arc::new(items.iter().map(Value::ty).collect())),
            Data::Object(items) => {
                Type::object(items.iter().map(|(name, value)| (name.clone(), Field::required(value.ty()))))
            }
        }
    }

    /// The text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// A known boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A known whole number that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.data {
            Data::Number(number) => number.to_i64(),
            _ => None,
        }
    }

    /// A known number.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.data {
            Data::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The elements of a known list, set or tuple.
    pub fn as_items(&self) -> Option<&[Value]> {
        match &self.data {
            Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The elements of a known map or object.
    pub fn as_object(&self) -> Option<&Object> {
        match &self.data {
            Data::Map(_, items) | Data::Object(items) => Some(items),
            _ => None,
        }
    }

    /// The attribute of a known object or the element of a known map.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.get(name)
    }
}

/// The text in Unicode NFC.
pub fn normalized(text: &str) -> Arc<str> {
    use unicode_normalization::{UnicodeNormalization, is_nfc};
    if text.is_ascii() || is_nfc(text) { Arc::from(text) } else { Arc::from(text.nfc().collect::<String>()) }
}

/// In documents of the program, not for people: typed, and lossless. What must not be shown is not written: it is an
/// error, so that no document can come to hold it by an oversight.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.data, self.sensitive) {
            (Data::Secret(_), _) => Err(ser::Error::custom("a secret is not written")),
            (Data::Unknown(_) | Data::Null(_), _) | (_, false) => (self.sensitive, &self.data).serialize(serializer),
            (_, true) => Err(ser::Error::custom("a sensitive value is not written")),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <(bool, Data)>::deserialize(deserializer).map(|(sensitive, data)| Self { data, sensitive })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::int(value)
    }
}

/// Shows structure for tests and panics; a sensitive value shows as `(sensitive)`.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sensitive {
            return f.write_str("(sensitive)");
        }
        match &self.data {
            Data::Null(_) => f.write_str("null"),
            Data::Unknown(_) => f.write_str("(unknown)"),
            Data::Bool(value) => write!(f, "{value}"),
            Data::Number(value) => write!(f, "{value}"),
            Data::String(text) => write!(f, "{text:?}"),
            Data::List(_, items) | Data::Tuple(items) => f.debug_list().entries(items.iter()).finish(),
            Data::Set(_, items) => f.debug_set().entries(items.iter()).finish(),
            Data::Map(_, items) | Data::Object(items) => f.debug_map().entries(items.iter()).finish(),
            Data::Secret(_) => f.write_str("(secret)"),
        }
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Value::new(self.clone()), f)
    }
}
