//! Values that are not known yet, and what is known of them all the same.

use std::cmp::Ordering;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Object, Origin, Type, Value};

/// What is known of an unknown value.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Unknown {
    /// Its type, `Any` when that is open too.
    pub ty: Type,
    /// What it stems from, where that can be told.
    pub origin: Option<Arc<Origin>>,
    /// Whether it can be said that it will not be null.
    pub not_null: bool,
    /// How a text begins, whatever the rest of it will be.
    pub prefix: Option<Arc<str>>,
    /// Its number in the object that it is a part of ([`holes`]).
    pub hole: Option<u32>,
    /// What is known of its attributes: those of a resource of another tool that its own block writes.
    #[serde(skip)]
    pub parts: Option<Object>,
}

impl Unknown {
    /// An attribute of it, where something is known of its attributes.
    pub fn part(&self, name: &str) -> Option<Value> {
        let parts = self.parts.as_ref()?;
        Some(parts.get(name).cloned().unwrap_or_else(|| self.below(name)))
    }

    /// An attribute of it, of which nothing is known but where it comes from.
    pub fn below(&self, name: &str) -> Value {
        let origin = match self.origin.as_deref() {
            Some(Origin::Foreign(address, Some(outer))) => {
                Some(Arc::new(Origin::Foreign(address.clone(), Some(format!("{outer}.{name}").into()))))
            }
            Some(Origin::Foreign(address, None)) => Some(Arc::new(Origin::Foreign(address.clone(), Some(name.into())))),
            _ => self.origin.clone(),
        };
        Value::unknown(Type::Any, origin)
    }

    /// Whether no run of ours will ever tell it.
    pub fn is_foreign(&self) -> bool {
        self.origin.as_deref().is_some_and(Origin::is_foreign)
    }
}

/// Two unknowns of a type are the same to a comparison of plans, wherever they stem from, unless they are told apart.
impl PartialEq for Unknown {
    fn eq(&self, other: &Self) -> bool {
        (&self.ty, self.hole) == (&other.ty, other.hole)
    }
}
impl Eq for Unknown {}
impl PartialOrd for Unknown {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Unknown {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.ty, self.hole).cmp(&(&other.ty, other.hole))
    }
}

impl From<Unknown> for Value {
    fn from(unknown: Unknown) -> Self {
        Value::new(super::Data::Unknown(Arc::new(unknown)))
    }
}
