//! Digests of secrets: salted and slow, so that a stolen state gives nothing away.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use argon2::password_hash::{PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// Digests of this run: a plan compares the same token on many groups.
static KNOWN: LazyLock<Mutex<BTreeMap<(String, String), String>>> = LazyLock::new(Mutex::default);

/// The digest of a text with the salt of a state, in PHC form.
///
/// One salt per state, so that a plan with the same token on a hundred groups computes it once; the salt is random,
/// and a token has 16 characters at least.
pub fn digest(text: &str, salt: &str) -> String {
    let key = (salt.to_owned(), text.to_owned());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(key).or_insert_with(|| compute(text, salt)).clone()
}

fn compute(text: &str, salt: &str) -> String {
    let params = Params::new(8 * 1024, 2, 1, None).expect("fixed parameters are valid");
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    // A salt that somebody has edited is taken as it is, as far as it can be a salt.
    let edited = || SaltString::encode_b64(format!("{salt:-<16.40}").as_bytes()).expect("16 to 40 bytes are a salt");
    let salt = SaltString::from_b64(salt).ok().filter(|_| salt.len() >= 8).unwrap_or_else(edited);
    hasher.hash_password(text.as_bytes(), &salt).expect("any text can be hashed").to_string()
}

/// A new random salt.
pub fn new_salt() -> String {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    SaltString::encode_b64(&bytes).expect("16 bytes are a salt").to_string()
}

/// A new random identifier of 32 hex digits.
pub fn new_id() -> String {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
