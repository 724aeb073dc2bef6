//! Digests of secrets: salted and slow, so that a stolen state gives nothing away.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::{PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::state::Digest;
use crate::value::{Data, Value};

/// What can be said of the secrets in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// There is none, or it is not known yet.
    Open,
    /// A source did not tell: its name.
    Unread(String),
    /// All are known.
    Known(Digest),
}

/// The digests of a run: a plan compares the same token on many groups, and walks more than once.
///
/// One salt per state, so that a plan with the same token on a hundred groups computes it once; the salt is random,
/// and a token has 16 characters at least.
#[derive(Default)]
pub struct Digests {
    salt: String,
    known: Mutex<BTreeMap<String, String>>,
}

impl Digests {
    /// Digests with the salt of a state.
    pub fn new(salt: &str) -> Self {
        Self { salt: salt.to_owned(), known: Mutex::default() }
    }

    /// The digest of a text, in PHC form.
    pub fn of(&self, text: &str) -> String {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(text.to_owned()).or_insert_with(|| digest(text, &self.salt)).clone()
    }
}

impl Digests {
    /// The digest of a secret, or of all in a list or set: theirs with a blank between, in the order of the digests.
    pub fn read(&self, value: &Value) -> Reading {
        let secrets: Vec<&Value> = match &value.data {
            Data::Secret(_) => vec![value],
            _ => value.as_items().unwrap_or_default().iter().collect(),
        };
        let mut digests = BTreeSet::new();
        let mut sources = Vec::new();
        for secret in &secrets {
            let Data::Secret(secret) = &secret.data else { return Reading::Open };
            let source = secret.source.as_deref();
            let Some(text) = &secret.text else { return Reading::Unread(source.unwrap_or("its source").to_owned()) };
            digests.insert(self.of(text));
            sources.extend(source.map(str::to_owned));
        }
        if digests.is_empty() {
            return Reading::Open;
        }
        let digest = digests.into_iter().collect::<Vec<_>>().join(" ");
        let source = (!sources.is_empty()).then(|| sources.join(", "));
        Reading::Known(Digest { digest, source })
    }
}

impl fmt::Debug for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digests").finish_non_exhaustive()
    }
}

fn digest(text: &str, salt: &str) -> String {
    let params = Params::new(8 * 1024, 2, 1, None).expect("fixed parameters are valid");
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    // A salt that somebody has edited is taken as it is, as far as it can be a salt.
    let ascii: String = salt.chars().filter(char::is_ascii).collect();
    let edited = || SaltString::encode_b64(format!("{ascii:-<16.40}").as_bytes()).expect("16 to 40 bytes are a salt");
    let salt = SaltString::from_b64(salt).ok().filter(|_| salt.len() >= 16).unwrap_or_else(edited);
    hasher.hash_password(text.as_bytes(), &salt).expect("any text can be hashed").to_string()
}
