//! Decryption with an RSA key.

use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Encrypt, RsaPrivateKey};

use super::encoding::from_base64;
use super::{Call, Failure, text, wrong};
use crate::value::Value;

/// Takes keys in PEM, of PKCS #1 or PKCS #8, without a passphrase.
pub(super) fn rsadecrypt(call: &Call) -> Result<Value, Failure> {
    let Some(ciphertext) = from_base64(call.text(0)) else { return wrong(0, "the ciphertext is not Base64") };
    // As long as so many steps.
    call.budget().work(20_000)?;
    let pem = call.text(1).trim();
    if pem.contains("ENCRYPTED") {
        return wrong(1, "the key is protected with a passphrase");
    }
    let Some(key) = RsaPrivateKey::from_pkcs1_pem(pem).ok().or_else(|| RsaPrivateKey::from_pkcs8_pem(pem).ok()) else {
        return wrong(1, "the text is no RSA private key in PEM, of PKCS #1 or PKCS #8");
    };
    let Ok(plain) = key.decrypt(Pkcs1v15Encrypt, &ciphertext) else {
        return wrong(0, "the ciphertext was not encrypted for this key");
    };
    match String::from_utf8(plain) {
        Ok(plain) => text(plain),
        Err(_) => wrong(0, "what the ciphertext encrypts is not text in UTF-8"),
    }
}
