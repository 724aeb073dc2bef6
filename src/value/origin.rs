//! Where an unknown value stems from. What fills it goes by this.

use std::fmt;
use std::sync::Arc;

use crate::address::{Address, ModulePath, module_prefix};

/// Where an unknown value stems from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An attribute of an object or a look-up of the stack: known when its step is done.
    Attribute(Arc<Address>, Arc<str>),
    /// A block whose instances are not there yet.
    Block(Arc<Address>),
    /// An attribute of the very object whose calls hold it: the call that makes the object tells it.
    Own(&'static str),
    /// A name that no other object has, behind this prefix.
    Unique(Arc<str>),
    /// How often a module is there.
    Module(ModulePath, Arc<str>),
    /// What is known once the account is: `region` or `account_id`.
    Environment(&'static str),
}

impl Origin {
    /// An attribute of an object of the stack.
    pub fn attribute(of: &Address, name: &str) -> Arc<Self> {
        Arc::new(Self::Attribute(Arc::new(of.clone()), name.into()))
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
            Self::Environment(name) => write!(f, "env.{name}"),
        }
    }
}
