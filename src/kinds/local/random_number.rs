//! `random_integer`, `random_uuid` and `random_shuffle`: a number, an identifier, and elements in any order.

use std::sync::LazyLock;

use super::go_random::GoRandom;
use super::{Plain, draw, id, keepers, number, object, text};
use crate::kind::{Means, Problem};
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

static INTEGER: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![
        Attr::required("min", Type::Number).replace().rule(WHOLE).doc("The least that it may be."),
        Attr::required("max", Type::Number).replace().rule(WHOLE).doc("The most that it may be."),
        seed(),
        keepers("keepers"),
        id("The number, as a text."),
        Attr::computed("result", Type::Number).doc("The number."),
    ];
    Schema::new("random_integer", "random_integer", "A random whole number.", attrs)
});

static UUID: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![keepers("keepers"), id("The UUID."), Attr::computed("result", Type::String).doc("The UUID.")];
    Schema::new("random_uuid", "random_uuid", "A random UUID.", attrs)
});

static SHUFFLE: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![
        Attr::required("input", Type::list(Type::String)).replace().doc("The elements."),
        Attr::optional("result_count", Type::Number)
            .replace()
            .rule(Rule::Range(0, MOST))
            .doc("How many are wanted; more than there are begin again."),
        seed(),
        keepers("keepers"),
        id("Always \"-\"."),
        Attr::computed("result", Type::list(Type::String)).doc("The elements in any order."),
    ];
    Schema::new("random_shuffle", "random_shuffle", "Elements in any order.", attrs)
});

/// More elements than anybody has asked for.
const MOST: i64 = 65_536;
/// A number that Terraform's provider can hold.
const WHOLE: Rule = Rule::Range(i64::MIN, i64::MAX);

/// The kind `random_integer`.
pub static RANDOM_INTEGER: Plain = Plain { check: check_bounds, ..Plain::new(&INTEGER, make_integer, import_integer) };
/// The kind `random_uuid`.
pub static RANDOM_UUID: Plain = Plain::new(&UUID, make_uuid, import_uuid);
/// The kind `random_shuffle`.
pub static RANDOM_SHUFFLE: Plain = Plain::new(&SHUFFLE, make_shuffle, import_shuffle);

fn seed() -> Attr {
    Attr::optional("seed", Type::String).replace().doc("The same seed gives the same result, here and with Terraform.")
}

fn check_bounds(desired: &Object) -> Vec<Problem> {
    let (Some(min), Some(max)) = (number(desired, "min"), number(desired, "max")) else { return Vec::new() };
    let turned = Problem::error(
        "CS0883",
        "min",
        "No number between these",
        format!("`min` is {min}, and `max` is {max}."),
        "Make `min` the smaller one.",
    );
    if min > max { vec![turned] } else { Vec::new() }
}

fn make_integer(wanted: &Object, means: &Means) -> Result<Object, String> {
    let (min, max) = number(wanted, "min").zip(number(wanted, "max")).ok_or("the bounds are not known")?;
    let count = u128::try_from(i128::from(max) - i128::from(min) + 1).map_err(|_| "`min` is above `max`")?;
    let drawn = match text(wanted, "seed").filter(|seed| !seed.is_empty()) {
        Some(seed) => {
            // Go counts with 63 bits.
            let bound = u64::try_from(count).ok().filter(|bound| (1..=i64::MAX as u64).contains(bound));
            u128::from(GoRandom::of_text(seed).below(bound.ok_or("with a seed, `min` and `max` are too far apart")?))
        }
        None => draw::below(means.entropy, count),
    };
    let result = i64::try_from(i128::from(min) + drawn as i128).map_err(|error| error.to_string())?;
    Ok(object([("id", Value::string(result.to_string())), ("result", Value::int(result))]))
}

/// `RESULT,MIN,MAX` or `RESULT,MIN,MAX,SEED`
fn import_integer(id: &str) -> Result<Object, String> {
    let mut parts = id.splitn(4, ',');
    let mut numbers = [0i64; 3];
    for part in &mut numbers {
        let read = parts.next().and_then(|text| text.trim().parse().ok());
        *part = read.ok_or("the id must be RESULT,MIN,MAX or RESULT,MIN,MAX,SEED")?;
    }
    let [result, min, max] = numbers.map(Value::int);
    let text = Value::string(numbers[0].to_string());
    let mut made = object([("id", text), ("result", result), ("min", min), ("max", max)]);
    made.extend(parts.next().map(|seed| ("seed".into(), Value::string(seed))));
    Ok(made)
}

fn make_uuid(_: &Object, means: &Means) -> Result<Object, String> {
    let uuid = Value::string(draw::uuid(means.entropy));
    Ok(object([("id", uuid.clone()), ("result", uuid)]))
}

fn import_uuid(id: &str) -> Result<Object, String> {
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    let digits = id.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    if groups != [8, 4, 4, 4, 12] || !digits {
        return Err("the id must be a UUID".to_owned());
    }
    Ok(object([("id", Value::string(id)), ("result", Value::string(id))]))
}

/// The whole input in an order, and again in another until there are enough.
fn make_shuffle(wanted: &Object, means: &Means) -> Result<Object, String> {
    let input = wanted.get("input").and_then(Value::as_items).unwrap_or_default();
    let count = number(wanted, "result_count").map_or(input.len(), |count| count.clamp(0, MOST) as usize);
    let mut seeded = text(wanted, "seed").filter(|seed| !seed.is_empty()).map(GoRandom::of_text);
    let mut result = Vec::new();
    while result.len() < count && !input.is_empty() {
        let order = match &mut seeded {
            Some(seeded) => seeded.permutation(input.len()),
            None => {
                let mut order: Vec<usize> = (0..input.len()).collect();
                draw::shuffle(means.entropy, &mut order);
                order
            }
        };
        result.extend(order.into_iter().take(count - result.len()).map(|at| input[at].clone()));
    }
    Ok(object([("id", Value::string("-")), ("result", Value::list(Type::String, result))]))
}

fn import_shuffle(_: &str) -> Result<Object, String> {
    Err("an order is not imported; give it a `seed`, or remove the `import` block to make a new one".to_owned())
}
