//! Kinds whose objects live in no account: an object is what its record says of it. It is computed when its step runs,
//! and nothing is read of it later.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use crate::entropy::Entropy;
use crate::value::Object;

/// What objects are made with.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// Where random bytes come from.
    pub entropy: &'a dyn Entropy,
    /// The time of the step.
    pub now: SystemTime,
}

/// The side of a kind that takes the place of a remote.
pub trait Local: Send + Sync {
    /// Computes a new object; `wanted` is wholly known. Answers the attributes that are known from now on.
    ///
    /// # Errors
    /// Why there can be no such object.
    fn make(&self, wanted: &Object, means: &Means) -> Result<Object, String>;

    /// The attributes that are secrets: no record has them, they lie in the vault of the environment. In the order in
    /// which they are put there.
    fn secrets(&self) -> &'static [&'static str] {
        &[]
    }

    /// The object that another tool has made, as far as the text that it is imported by tells.
    ///
    /// # Errors
    /// Why nothing can be taken over by that text.
    fn import(&self, id: &str) -> Result<Object, String>;

    /// Whether its time is over, so that there is none any more and a new one is made.
    fn is_over(&self, _object: &Object, _now: SystemTime) -> bool {
        false
    }

    /// How long is waited before an object is made, or before its record goes.
    fn pause(&self, _object: &Object, _goes: bool) -> Option<Duration> {
        None
    }
}

/// Where the secrets of an environment lie that are made here. Names have letters, digits and `_ . -`.
pub trait Vault: Send + Sync + Debug {
    /// Reads a secret; none where there is none.
    fn read(&self, name: &str) -> Result<Option<String>, String>;
    /// Keeps a secret; it is safe when this returns.
    fn write(&self, name: &str, text: &str) -> Result<(), String>;
    /// Removes a secret; it may be absent.
    fn remove(&self, name: &str) -> Result<(), String>;
}

/// Removes the secrets of an object from the vault, as far as they are there.
///
/// # Errors
/// What the vault says; some of them may be gone then.
pub fn clear<'a>(vault: Option<&dyn Vault>, id: &str, names: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let vault = vault.ok_or("the environment names no place for secrets")?;
    names.into_iter().try_for_each(|name| vault.remove(&secret_name(id, name)))
}

/// An object in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The bucket.
    pub bucket: String,
    /// The name of the object.
    pub key: String,
    /// The region of the bucket; that of the environment where it is not given.
    pub region: Option<String>,
    /// A URL in the place of AWS.
    pub endpoint: Option<String>,
}

/// The buckets that an account can read.
pub trait Buckets: Send + Sync + Debug {
    /// Reads an object; none where there is none.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn fetch(&self, stored: &Stored) -> Result<Option<Vec<u8>>, String>;
}

/// The name of a secret in the vault: that of the object, and of the attribute.
pub fn secret_name(id: &str, attribute: &str) -> String {
    format!("{id}.{attribute}")
}
