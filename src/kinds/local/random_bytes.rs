//! `random_bytes`: a key. Unlike `random_id` it is a secret, and lies in the vault of the environment.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Plain, draw, keepers, number, object};
use crate::kind::Means;
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

/// More bytes than anybody has asked for.
const MOST: i64 = 65_536;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![
        Attr::required("length", Type::Number).replace().rule(Rule::Range(1, MOST)).doc("How many random bytes."),
        keepers("keepers"),
        Attr::computed("base64", Type::String).secret().doc("The bytes in base64."),
        Attr::computed("hex", Type::String).secret().doc("The bytes in lower-case hex digits."),
    ];
    Schema::new("random_bytes", "random_bytes", "Random bytes that are a secret.", attrs)
});

/// The kind `random_bytes`.
pub static RANDOM_BYTES: Plain = Plain { secrets: &["base64", "hex"], ..Plain::new(&SCHEMA, make, import) };

fn make(wanted: &Object, means: &Means) -> Result<Object, String> {
    let count = number(wanted, "length").filter(|count| (1..=MOST).contains(count)).ok_or("`length` is not known")?;
    let bytes = draw::bytes(means.entropy, count as usize);
    Ok(object([("base64", Value::string(STANDARD.encode(&bytes))), ("hex", Value::string(draw::hex(&bytes)))]))
}

fn import(_: &str) -> Result<Object, String> {
    Err("random bytes are not imported, because they would have to stand in the stack; use secret(\"file:...\") for some that are there".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;
    use crate::kinds::local::text;

    #[test]
    fn both_spellings_are_of_the_same_bytes() {
        let wanted = object([("length", Value::int(20))]);
        let entropy = SeededEntropy::new(7);
        let means = Means { entropy: &entropy, now: std::time::SystemTime::UNIX_EPOCH };
        let made = make(&wanted, &means).expect("bytes");
        let bytes = STANDARD.decode(text(&made, "base64").expect("base64")).expect("base64");
        assert_eq!((bytes.len(), text(&made, "hex")), (20, Some(&*draw::hex(&bytes))));
    }
}
