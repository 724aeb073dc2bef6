//! Digests, hashes and random names.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Digest;

use super::{Call, Failure, Function, Want, function, other, param, rsa, text, wrong};
use crate::value::{Origin, Type, Unknown, Value};

const STRING: Want = Want::String;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "base64sha256",
        &[param("string", STRING)],
        STRING,
        |call| text(STANDARD.encode(sha256(call.text(0).as_bytes()))),
        "The SHA-256 of the text in Base64.",
        "base64sha256(\"a\") = \"ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=\"",
    ),
    function(
        "base64sha512",
        &[param("string", STRING)],
        STRING,
        |call| text(STANDARD.encode(sha512(call.text(0).as_bytes()))),
        "The SHA-512 of the text in Base64.",
        "length(base64sha512(\"a\")) = 88",
    ),
    function(
        "bcrypt",
        &[param("string", STRING)],
        STRING,
        bcrypt,
        "The bcrypt hash of the text, with a new salt every time.",
        "bcrypt(\"a\")",
    )
    .rest(param("cost", Want::Number)),
    function(
        "md5",
        &[param("string", STRING)],
        STRING,
        |call| text(hex(&md5(call.text(0).as_bytes()))),
        "The MD5 of the text.",
        "md5(\"a\") = \"0cc175b9c0f1b6a831c399e269772661\"",
    ),
    function(
        "rsadecrypt",
        &[param("ciphertext", STRING), param("privatekey", STRING)],
        STRING,
        rsa::rsadecrypt,
        "The text that was encrypted for an RSA key.",
        "rsadecrypt(file(\"secret.b64\"), file(\"key.pem\"))",
    ),
    function(
        "sha1",
        &[param("string", STRING)],
        STRING,
        |call| text(hex(&sha1(call.text(0).as_bytes()))),
        "The SHA-1 of the text.",
        "sha1(\"a\") = \"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8\"",
    ),
    function(
        "sha256",
        &[param("string", STRING)],
        STRING,
        |call| text(hex(&sha256(call.text(0).as_bytes()))),
        "The SHA-256 of the text.",
        "sha256(\"a\") = \"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\"",
    ),
    function(
        "sha512",
        &[param("string", STRING)],
        STRING,
        |call| text(hex(&sha512(call.text(0).as_bytes()))),
        "The SHA-512 of the text.",
        "length(sha512(\"a\")) = 128",
    ),
    function("uuid", &[], STRING, uuid, "A new random UUID every time.", "uuid()"),
    function(
        "uuidv5",
        &[param("namespace", STRING), param("name", STRING)],
        STRING,
        uuidv5,
        "The UUID of a name in a namespace: dns, url, oid, x500 or a UUID.",
        "uuidv5(\"dns\", \"example.com\") = \"cfbff0d1-9375-5685-968c-48ce8b15ae17\"",
    ),
];

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn md5(bytes: &[u8]) -> Vec<u8> {
    md5::Md5::digest(bytes).to_vec()
}

pub(super) fn sha1(bytes: &[u8]) -> Vec<u8> {
    sha1::Sha1::digest(bytes).to_vec()
}

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    sha2::Sha256::digest(bytes).to_vec()
}

pub(super) fn sha512(bytes: &[u8]) -> Vec<u8> {
    sha2::Sha512::digest(bytes).to_vec()
}

/// An unknown while a plan is made: the next run would give something else.
pub(super) fn later() -> Value {
    let origin = Some(Arc::new(Origin::Run));
    Unknown { ty: Type::String, origin, not_null: true, ..Unknown::default() }.into()
}

fn bcrypt(call: &Call) -> Result<Value, Failure> {
    if call.text(0).len() > 72 {
        return wrong(0, "bcrypt takes no more than 72 bytes");
    }
    let cost = match call.args.len() {
        1 => 10,
        2 => call.int(1)?,
        count => return other(format!("one or two arguments are required, not {count}")),
    };
    if cost > 31 {
        return wrong(1, "the cost must be at most 31");
    }
    // What is too little stands for the default.
    let cost = if cost < 4 { 10 } else { cost };
    if call.settings().timestamp.is_none() {
        return Ok(later());
    }
    // A round takes about as long as five hundred steps.
    call.budget().work(500 << cost)?;
    match bcrypt::hash(call.text(0), cost as u32) {
        Ok(hash) => text(hash),
        Err(error) => other(error.to_string()),
    }
}

/// The UUID of 16 bytes with its version and variant set.
fn uuid_text(bytes: &[u8], version: u8) -> String {
    let mut bytes = bytes[..16].to_vec();
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

fn uuid(call: &Call) -> Result<Value, Failure> {
    if call.settings().timestamp.is_none() {
        return Ok(later());
    }
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => text(uuid_text(&bytes, 4)),
        Err(error) => other(error.to_string()),
    }
}

fn uuidv5(call: &Call) -> Result<Value, Failure> {
    let namespace = match call.text(0) {
        "dns" => "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "url" => "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "oid" => "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
        "x500" => "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
        other => other,
    };
    let digits: String = namespace.chars().filter(|c| *c != '-').collect();
    let bytes = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32 && namespace.len() == 36);
    match bytes {
        Some(bytes) => text(uuid_text(&sha1(&[&bytes.to_be_bytes(), call.text(1).as_bytes()].concat()), 5)),
        None => wrong(0, "the namespace must be dns, url, oid, x500 or a UUID"),
    }
}
