//! With what clients log in.

use std::fmt;
use std::sync::Arc;

use crate::value::{Data, Value};

/// A name, where there is one, and the secret that goes with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name; the default user has none.
    pub user: Option<String>,
    /// The token or password. Never shown.
    pub secret: Arc<str>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({:?})", self.user)
    }
}

impl Login {
    /// Out of a value that was read; none where it says nothing.
    pub fn of(user: Option<&str>, secret: &Value) -> Option<Self> {
        let text = match &secret.data {
            Data::Secret(secret) => secret.text.clone()?,
            Data::String(text) => Arc::from(&**text),
            _ => return None,
        };
        Some(Self { user: user.map(str::to_owned), secret: text })
    }
}
