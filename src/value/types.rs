//! Types of values, and type constraints: the same, with optional attributes and `any`.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Value;

/// A type or a type constraint.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Type {
    /// Left open.
    #[default]
    Any,
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(T)`
    List(Arc<Type>),
    /// `set(T)`
    Set(Arc<Type>),
    /// `map(T)`
    Map(Arc<Type>),
    /// `tuple([T, ...])`
    Tuple(Arc<Vec<Type>>),
    /// `object({ name = T, ... })`
    Object(Arc<BTreeMap<Arc<str>, Field>>),
}

/// An attribute in an object type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Its type.
    pub ty: Type,
    /// Whether a value may leave it out.
    pub optional: bool,
    /// What it is when left out; null without.
    pub default: Option<Value>,
}

impl Field {
    /// An attribute that must be there.
    pub fn required(ty: Type) -> Self {
        Self { ty, optional: false, default: None }
    }

    /// An attribute that may be left out, and is null then.
    pub fn optional(ty: Type) -> Self {
        Self { ty, optional: true, default: None }
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.ty == other.ty
    }
}
impl Eq for Field {}
impl PartialOrd for Field {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Field {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ty.cmp(&other.ty)
    }
}

type Fields = Arc<BTreeMap<Arc<str>, Field>>;

/// So many types are remembered: there are as many as schemas and declarations have.
const PLAIN_MAX: usize = 1024;

thread_local! {
    /// Types of objects without optional attributes, by where the type with them lies, which is kept so that nothing else
    /// can come to lie there. Each value of a block would have a copy of its type otherwise.
    static PLAIN: RefCell<HashMap<*const BTreeMap<Arc<str>, Field>, (Fields, Type)>> = RefCell::default();
}

/// The type of an object whose attributes are all there.
fn plain(fields: &Fields) -> Type {
    if let Some(known) = PLAIN.with_borrow(|plain| plain.get(&Arc::as_ptr(fields)).map(|(_, ty)| ty.clone())) {
        return known;
    }
    let ty =
        Type::object(fields.iter().map(|(name, field)| (name.clone(), Field::required(field.ty.without_optional()))));
    PLAIN.with_borrow_mut(|plain| {
        if plain.len() >= PLAIN_MAX {
            plain.clear();
        }
        plain.insert(Arc::as_ptr(fields), (fields.clone(), ty.clone()));
    });
    ty
}

impl Type {
    /// A list of `ty`.
    pub fn list(ty: Type) -> Self {
        Type::List(Arc::new(ty))
    }

    /// A set of `ty`.
    pub fn set(ty: Type) -> Self {
        Type::Set(Arc::new(ty))
    }

    /// A map of `ty`.
    pub fn map(ty: Type) -> Self {
        Type::Map(Arc::new(ty))
    }

    /// An object of these attributes.
    pub fn object<K: Into<Arc<str>>>(fields: impl IntoIterator<Item = (K, Field)>) -> Self {
        Type::Object(Arc::new(fields.into_iter().map(|(name, field)| (name.into(), field)).collect()))
    }

    /// Whether any part of it is left open.
    pub fn has_any(&self) -> bool {
        match self {
            Type::Any => true,
            Type::Bool | Type::Number | Type::String => false,
            Type::List(ty) | Type::Set(ty) | Type::Map(ty) => ty.has_any(),
            Type::Tuple(items) => items.iter().any(Type::has_any),
            Type::Object(fields) => fields.values().any(|field| field.ty.has_any()),
        }
    }

    /// Whether any attribute in it may be left out.
    fn has_optional(&self) -> bool {
        match self {
            Type::Any | Type::Bool | Type::Number | Type::String => false,
            Type::List(ty) | Type::Set(ty) | Type::Map(ty) => ty.has_optional(),
            Type::Tuple(items) => items.iter().any(Type::has_optional),
            Type::Object(fields) => fields.values().any(|field| field.optional || field.ty.has_optional()),
        }
    }

    /// The type of the values that a constraint admits: the same without optional attributes and defaults.
    pub fn without_optional(&self) -> Type {
        match self {
            ty if !ty.has_optional() => ty.clone(),
            Type::List(ty) => Type::list(ty.without_optional()),
            Type::Set(ty) => Type::set(ty.without_optional()),
            Type::Map(ty) => Type::map(ty.without_optional()),
            Type::Tuple(items) => Type::Tuple(Arc::new(items.iter().map(Type::without_optional).collect())),
            Type::Object(fields) => plain(fields),
            other => other.clone(),
        }
    }

    /// The type in words, without its elements: `list`, `object`.
    pub fn word(&self) -> &'static str {
        match self {
            Type::Any => "any",
            Type::Bool => "bool",
            Type::Number => "number",
            Type::String => "string",
            Type::List(_) => "list",
            Type::Set(_) => "set",
            Type::Map(_) => "map",
            Type::Tuple(_) => "tuple",
            Type::Object(_) => "object",
        }
    }

    /// The type in words with an article: `a list of strings`, `an object`.
    pub fn with_article(&self) -> String {
        match self {
            Type::List(ty) | Type::Set(ty) | Type::Map(ty) => match &**ty {
                Type::Any => format!("a {}", self.word()),
                ty => format!("a {} of {}s", self.word(), ty.word()),
            },
            Type::Any | Type::Object(_) => format!("an {}", self.word()),
            _ => format!("a {}", self.word()),
        }
    }

    /// Whether it is bool, number or string.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::String)
    }
}

/// The spelling of the language: `list(string)`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::List(ty) => write!(f, "list({ty})"),
            Type::Set(ty) => write!(f, "set({ty})"),
            Type::Map(ty) => write!(f, "map({ty})"),
            Type::Tuple(items) => {
                let items: Vec<String> = items.iter().map(Type::to_string).collect();
                write!(f, "tuple([{}])", items.join(", "))
            }
            Type::Object(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, field)| format!("{name}={}", field.ty)).collect();
                write!(f, "object({{{}}})", fields.join(","))
            }
        }
    }
}
