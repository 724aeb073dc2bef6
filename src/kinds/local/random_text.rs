//! `random_string` and `random_password`: random characters. A password is a secret: no record has it, it lies in the
//! vault of the environment.

use std::sync::LazyLock;

use super::{Plain, draw, id, keepers, number, object, text};
use crate::entropy::Entropy;
use crate::kind::{Means, Problem};
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

/// More characters than anybody has asked for.
const MOST: i64 = 65_536;

/// The special characters where nobody says which.
const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";

/// The sorts of characters, in the order of the provider: what allows one, what asks for so many of it, and which they
/// are.
const SORTS: [(&str, &str, &str); 4] = [
    ("numeric", "min_numeric", "0123456789"),
    ("lower", "min_lower", "abcdefghijklmnopqrstuvwxyz"),
    ("upper", "min_upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("special", "min_special", SPECIAL),
];

static STRING: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = arguments();
    attrs.extend([id("The characters."), Attr::computed("result", Type::String).doc("The characters.")]);
    Schema::new("random_string", "random_string", "Random characters that may be known to anybody.", attrs)
});

static PASSWORD: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = arguments();
    let hash = "Its bcrypt hash; a secret, too.";
    attrs.extend([
        id("Always \"none\"."),
        Attr::computed("result", Type::String)
            .secret()
            .doc("The password; it lies where `secrets` of the environment says."),
        Attr::computed("bcrypt_hash", Type::String).secret().doc(hash),
    ]);
    Schema::new("random_password", "random_password", "A random password, which is a secret.", attrs)
});

/// The kind `random_string`.
pub static RANDOM_STRING: Plain = Plain { check, ..Plain::new(&STRING, make_string, import_string) };

/// The kind `random_password`. The hash is kept first: where the password is, both are.
pub static RANDOM_PASSWORD: Plain =
    Plain { check, secrets: &["bcrypt_hash", "result"], ..Plain::new(&PASSWORD, make_password, import_password) };

fn arguments() -> Vec<Attr> {
    let truth = |name, doc| Attr::optional(name, Type::Bool).replace().default(true).doc(doc);
    let count = |name, doc| Attr::optional(name, Type::Number).replace().default(0).rule(Rule::Range(0, MOST)).doc(doc);
    vec![
        Attr::required("length", Type::Number).replace().rule(Rule::Range(1, MOST)).doc("How many characters."),
        truth("lower", "Whether it may have lower-case letters."),
        truth("upper", "Whether it may have upper-case letters."),
        truth("numeric", "Whether it may have digits.").formerly(&["number"]),
        truth("special", "Whether it may have special characters."),
        count("min_lower", "At least so many lower-case letters."),
        count("min_upper", "At least so many upper-case letters."),
        count("min_numeric", "At least so many digits."),
        count("min_special", "At least so many special characters."),
        Attr::optional("override_special", Type::String).replace().doc("The special characters that it may have."),
        keepers("keepers"),
    ]
}

fn check(desired: &Object) -> Vec<Problem> {
    let mut problems = Vec::new();
    let off = |name: &str| desired.get(name).and_then(Value::as_bool) == Some(false);
    if SORTS.iter().all(|(allowed, ..)| off(allowed)) {
        problems.push(Problem::error(
            "CS0881",
            "special",
            "No characters to choose from",
            "`lower`, `upper`, `numeric` and `special` are all false.",
            "Allow at least one sort of characters.",
        ));
    }
    let least: i64 = SORTS.iter().filter_map(|(_, least, _)| number(desired, least)).sum();
    if let Some(length) = number(desired, "length").filter(|length| least > *length) {
        problems.push(Problem::error(
            "CS0882",
            "length",
            "Shorter than what it must hold",
            format!("`length` is {length}, and the `min_...` arguments ask for {least} characters."),
            "Raise `length`, or ask for less.",
        ));
    }
    problems
}

/// The characters of a sort.
fn of_sort(wanted: &Object, (allowed, _, characters): (&str, &str, &str)) -> Vec<char> {
    let own = text(wanted, "override_special").filter(|own| allowed == "special" && !own.is_empty());
    own.unwrap_or(characters).chars().collect()
}

/// Draws what every sort asks for, the rest from all that are allowed, and brings it into any order.
fn characters(wanted: &Object, entropy: &dyn Entropy) -> Result<String, String> {
    let length = number(wanted, "length").filter(|length| (1..=MOST).contains(length));
    let length = length.ok_or("`length` is not known")? as usize;
    let (mut drawn, mut all): (Vec<char>, Vec<char>) = (Vec::new(), Vec::new());
    for sort in SORTS {
        let of_sort = of_sort(wanted, sort);
        let least = number(wanted, sort.1).unwrap_or(0).clamp(0, MOST);
        drawn.extend((0..least).map(|_| *draw::pick(entropy, &of_sort)));
        if wanted.get(sort.0).and_then(Value::as_bool) != Some(false) {
            all.extend(of_sort);
        }
    }
    if all.is_empty() || drawn.len() > length {
        return Err("there are no characters to choose from, or more are asked for than it has".to_owned());
    }
    drawn.extend((drawn.len()..length).map(|_| *draw::pick(entropy, &all)));
    draw::shuffle(entropy, &mut drawn);
    Ok(drawn.into_iter().collect())
}

fn make_string(wanted: &Object, means: &Means) -> Result<Object, String> {
    let result = Value::string(characters(wanted, means.entropy)?);
    Ok(object([("id", result.clone()), ("result", result)]))
}

fn make_password(wanted: &Object, means: &Means) -> Result<Object, String> {
    let password = characters(wanted, means.entropy)?;
    let hash = Value::string(hash(&password, means.entropy)?);
    Ok(object([("id", Value::string("none")), ("result", Value::string(password)), ("bcrypt_hash", hash)]))
}

/// bcrypt at its usual cost, of the 72 bytes that it looks at.
fn hash(password: &str, entropy: &dyn Entropy) -> Result<String, String> {
    let bytes = password.as_bytes();
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let parts = bcrypt::hash_with_salt(&bytes[..bytes.len().min(72)], 10, salt).map_err(|error| error.to_string())?;
    Ok(parts.format_for_version(bcrypt::Version::TwoA))
}

/// A string is imported by what it is.
fn import_string(id: &str) -> Result<Object, String> {
    let mut made = object([
        ("id", Value::string(id)),
        ("result", Value::string(id)),
        ("length", Value::int(id.chars().count() as i64)),
    ]);
    for (allowed, least, _) in SORTS {
        made.insert(allowed.into(), Value::bool(true));
        made.insert(least.into(), Value::int(0));
    }
    Ok(made)
}

fn import_password(_: &str) -> Result<Object, String> {
    Err("a password is not imported, because it would have to stand in the stack; use secret(\"file:...\") for one that is there".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    fn wanted(pairs: &[(&str, Value)]) -> Object {
        pairs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
    }

    #[test]
    fn characters_are_of_the_sorts_that_are_asked_for() {
        let (yes, no) = (Value::bool(true), Value::bool(false));
        let cases = [
            (wanted(&[("length", Value::int(64)), ("special", no.clone())]), "a 0 0 0"),
            (
                wanted(&[
                    ("length", Value::int(4)),
                    ("lower", no.clone()),
                    ("upper", no.clone()),
                    ("special", no.clone()),
                ]),
                "digits",
            ),
            (
                wanted(&[
                    ("length", Value::int(9)),
                    ("min_special", Value::int(9)),
                    ("override_special", Value::string("é_")),
                ]),
                "own",
            ),
            (
                wanted(&[("length", Value::int(3)), ("min_upper", Value::int(2)), ("upper", no), ("numeric", yes)]),
                "two upper",
            ),
        ];
        for (seed, (wanted, told)) in cases.into_iter().enumerate() {
            let made = characters(&wanted, &SeededEntropy::new(seed as u64)).expect(told);
            assert_eq!(Some(made.chars().count() as i64), number(&wanted, "length"), "{made}");
            let holds = match told {
                "digits" => made.chars().all(|c| c.is_ascii_digit()),
                "own" => made.chars().all(|c| "é_".contains(c)),
                "two upper" => made.chars().filter(char::is_ascii_uppercase).count() == 2,
                _ => made.chars().all(|c| c.is_ascii_alphanumeric()),
            };
            assert!(holds, "{told}: {made}");
        }
    }

    #[test]
    fn the_hash_is_of_the_password() {
        let long = "x".repeat(100);
        for password in ["short", &long] {
            let hash = hash(password, &SeededEntropy::new(1)).expect("a hash");
            assert!(hash.starts_with("$2a$10$"), "{hash}");
            assert!(bcrypt::verify(&password[..password.len().min(72)], &hash).expect("a hash"), "{hash}");
        }
    }
}
