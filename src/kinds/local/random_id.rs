//! `random_id`: random bytes in several spellings.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{Plain, draw, id, keepers, number, object, text};
use crate::kind::Means;
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

/// More bytes than anybody has asked for.
const MOST: i64 = 65_536;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![
        Attr::required("byte_length", Type::Number).replace().rule(Rule::Range(1, MOST)).doc("How many random bytes."),
        Attr::optional("prefix", Type::String).replace().doc("What all spellings but `id` begin with."),
        keepers("keepers"),
        id("The bytes in base64 for URLs, without the prefix."),
        Attr::computed("b64_url", Type::String).doc("The bytes in base64 for URLs, without padding."),
        Attr::computed("b64_std", Type::String).doc("The bytes in base64."),
        Attr::computed("hex", Type::String).doc("The bytes in lower-case hex digits."),
        Attr::computed("dec", Type::String).doc("The bytes as a decimal number."),
    ];
    Schema::new("random_id", "random_id", "Random bytes in several spellings.", attrs)
});

/// The kind `random_id`.
pub static RANDOM_ID: Plain = Plain::new(&SCHEMA, make, import);

fn make(wanted: &Object, means: &Means) -> Result<Object, String> {
    let count = number(wanted, "byte_length").filter(|count| (1..=MOST).contains(count));
    let count = count.ok_or("`byte_length` is not known")? as usize;
    Ok(spelled(&draw::bytes(means.entropy, count), text(wanted, "prefix").unwrap_or_default()))
}

/// `BYTES` or `PREFIX,BYTES`, the bytes in base64 for URLs.
fn import(id: &str) -> Result<Object, String> {
    let (prefix, bytes) = id.rsplit_once(',').map_or((None, id), |(prefix, bytes)| (Some(prefix), bytes));
    let bytes = URL_SAFE_NO_PAD.decode(bytes).ok().filter(|bytes| !bytes.is_empty());
    let bytes = bytes.ok_or("the id must be its b64_url, or PREFIX,b64_url without the prefix")?;
    let mut object = spelled(&bytes, prefix.unwrap_or_default());
    object.insert("byte_length".into(), Value::int(bytes.len() as i64));
    object.extend(prefix.map(|prefix| ("prefix".into(), Value::string(prefix))));
    Ok(object)
}

fn spelled(bytes: &[u8], prefix: &str) -> Object {
    let url = URL_SAFE_NO_PAD.encode(bytes);
    let with = |text: &str| Value::string(format!("{prefix}{text}"));
    object([
        ("id", Value::string(&url)),
        ("b64_url", with(&url)),
        ("b64_std", with(&STANDARD.encode(bytes))),
        ("hex", with(&draw::hex(bytes))),
        ("dec", with(&decimal(bytes))),
    ])
}

/// A number of any size, its highest byte first.
fn decimal(bytes: &[u8]) -> String {
    // Least digit first.
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            (*digit, carry) = ((value % 10) as u8, value / 10);
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the documentation of the provider, and Python's int.from_bytes.
    #[test]
    fn bytes_have_the_spellings_of_the_provider() {
        for (id, hex, std, dec) in [
            ("p-9hUg", "a7ef6152", "p+9hUg==", "2817483090"),
            ("AAE", "0001", "AAE=", "1"),
            ("AAA", "0000", "AAA=", "0"),
            ("_____________w", "ffffffffffffffffffff", "/////////////w==", "1208925819614629174706175"),
        ] {
            let object = import(id).expect("an id");
            let of = |name: &str| text(&object, name).map(str::to_owned).unwrap_or_default();
            assert_eq!((&*of("hex"), &*of("b64_std"), &*of("dec"), &*of("b64_url")), (hex, std, dec, id));
        }
        let object = import("my-prefix,p-9hUg").expect("an id with a prefix");
        assert_eq!((text(&object, "id"), text(&object, "hex")), (Some("p-9hUg"), Some("my-prefixa7ef6152")));
        assert!(import("").is_err() && import("not base64!").is_err());
    }
}
