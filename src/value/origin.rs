//! Where an unknown value stems from. What fills it goes by this.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::{Address, ModulePath, module_prefix};
use crate::word::{self, Static};

/// Where an unknown value stems from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// An attribute of an object or a look-up of the stack: known when its step is done.
    Attribute(Arc<Address>, Arc<str>),
    /// A block whose instances are not there yet.
    Block(Arc<Address>),
    /// An attribute of the very object whose calls hold it: the call that makes the object tells it.
    Own(#[serde(with = "word::one")] Static),
    /// A name that no other object has, behind this prefix.
    Unique(Arc<str>),
    /// How often a module is there.
    Module(ModulePath, Arc<str>),
    /// What is known once the account is: `region` or `account_id`.
    Environment(#[serde(with = "word::one")] Static),
    /// A variable that has no value, in a check that goes without, or that this has been told of.
    Variable(Arc<str>),
    /// It is known and must not be written: the block tells it again.
    Withheld,
    /// The time, or a random value: every run makes it anew.
    Run,
    /// A resource of another tool, without keys, and the attribute of it that is wanted: nothing here will ever tell it.
    Foreign(Arc<str>, Option<Arc<str>>),
}

impl Origin {
    /// An attribute of an object of the stack.
    pub fn attribute(of: &Address, name: &str) -> Arc<Self> {
        Arc::new(Self::Attribute(Arc::new(of.clone()), name.into()))
    }

    /// Whether no run of ours will ever tell it.
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign(..))
    }

    /// Whether it is AWS that chooses the value, for the object of this address.
    pub fn is_of(&self, address: &Address) -> bool {
        matches!(self, Self::Attribute(of, _) if **of == *address)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(of, name) => write!(f, "{of}.{name}"),
            Self::Block(block) => block.fmt(f),
            Self::Own(name) => write!(f, "the {name} of the object itself"),
            Self::Unique(prefix) => write!(f, "a name that begins with {prefix}"),
            Self::Module(outer, name) => write!(f, "{}module.{name}", module_prefix(outer)),
            Self::Withheld => f.write_str("a value that is not written down"),
            Self::Run => f.write_str("what every run makes anew"),
            Self::Foreign(address, None) => f.write_str(address),
            Self::Foreign(address, Some(name)) => write!(f, "{address}.{name}"),
            Self::Environment(name) => write!(f, "env.{name}"),
            Self::Variable(name) => write!(f, "var.{name}"),
        }
    }
}
