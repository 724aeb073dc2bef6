//! Attributes of other tools and of providers that hold secrets, by their names. Source: the schemas of Terraform's AWS,
//! random and tls providers, and the names that others have chosen for the same.

/// The names.
pub const NAMES: &[&str] = &[
    "access_key",
    "auth_password",
    "auth_token",
    "bcrypt_hash",
    "client_secret",
    "former_state_keys",
    "master_password",
    "password",
    "passwords",
    "private_key",
    "private_key_pem",
    "secret",
    "secret_access_key",
    "secret_binary",
    "secret_key",
    "secret_string",
    "session_token",
    "state_key",
    "token",
];
