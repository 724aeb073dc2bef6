//! Numbers.

use dashu_int::IBig;

use super::{Call, Failure, Function, Want, floating, function, other, param, wrong};
use crate::value::convert::convert;
use crate::value::{Number, Type, Value};

const NUMBER: Want = Want::Number;

pub(super) const FUNCTIONS: &[Function] = &[
    function("abs", &[param("number", NUMBER)], NUMBER, abs, "The number without its sign.", "abs(-12.4) = 12.4"),
    function(
        "ceil",
        &[param("number", NUMBER)],
        NUMBER,
        ceil,
        "The smallest whole number that is not below the number.",
        "ceil(5.1) = 6",
    ),
    function(
        "floor",
        &[param("number", NUMBER)],
        NUMBER,
        floor,
        "The largest whole number that is not above the number.",
        "floor(4.9) = 4",
    ),
    function(
        "log",
        &[param("number", NUMBER), param("base", NUMBER)],
        NUMBER,
        log,
        "The logarithm of the number to the base.",
        "log(16, 2) = 4",
    ),
    function("max", &[], NUMBER, max, "The largest of the numbers.", "max(12, 54, 3) = 54")
        .rest(param("numbers", NUMBER)),
    function("min", &[], NUMBER, min, "The smallest of the numbers.", "min(12, 54, 3) = 3")
        .rest(param("numbers", NUMBER)),
    function(
        "parseint",
        &[param("number", Want::Any), param("base", NUMBER)],
        NUMBER,
        parseint,
        "The whole number that a text spells in a base from 2 to 62.",
        "parseint(\"FF\", 16) = 255",
    ),
    function(
        "pow",
        &[param("number", NUMBER), param("power", NUMBER)],
        NUMBER,
        pow,
        "The number to that power.",
        "pow(3, 2) = 9",
    ),
    function(
        "range",
        &[],
        Want::Numbers,
        range,
        "The numbers from a start up to a limit, by a step.",
        "range(1, 4) = tolist([1, 2, 3])",
    )
    .rest(param("params", NUMBER)),
    function(
        "signum",
        &[param("number", NUMBER)],
        NUMBER,
        signum,
        "The sign of the number as -1, 0 or 1.",
        "signum(-13) = -1",
    ),
    function("sum", &[param("list", Want::Sequence)], NUMBER, sum, "The sum of the elements.", "sum([10, 13, 6]) = 29"),
];

fn number(number: Number) -> Result<Value, Failure> {
    Ok(Value::number(number))
}

fn abs(call: &Call) -> Result<Value, Failure> {
    number(call.number(0).absolute())
}

fn ceil(call: &Call) -> Result<Value, Failure> {
    number(call.number(0).ceil())
}

fn floor(call: &Call) -> Result<Value, Failure> {
    number(call.number(0).floor())
}

fn log(call: &Call) -> Result<Value, Failure> {
    let (value, base) = (call.number(0).to_f64(), call.number(1).to_f64());
    let result = floating::logarithm(value) / floating::logarithm(base);
    if result.is_nan() {
        return other(format!("there is no logarithm of {value} to the base {base}"));
    }
    number(Number::from(result))
}

fn extreme(call: &Call, better: fn(&Number, &Number) -> bool) -> Result<Value, Failure> {
    let mut best: Option<&Number> = None;
    for candidate in call.args.iter().filter_map(Value::as_number) {
        if best.is_none_or(|best| better(candidate, best)) {
            best = Some(candidate);
        }
    }
    match best {
        Some(best) => number(best.clone()),
        None => other("at least one number is required"),
    }
}

fn max(call: &Call) -> Result<Value, Failure> {
    extreme(call, |candidate, best| candidate > best)
}

fn min(call: &Call) -> Result<Value, Failure> {
    extreme(call, |candidate, best| candidate < best)
}

fn parseint(call: &Call) -> Result<Value, Failure> {
    let Some(digits) = call.args[0].as_str() else {
        return wrong(0, format!("a string is required, not {}", call.args[0].ty().with_article()));
    };
    let base = call.int(1)?;
    if !(2..=62).contains(&base) {
        return wrong(1, "the base must be a whole number from 2 to 62");
    }
    match parse_digits(digits, base as u32) {
        Some(int) => number(Number::from_ibig(int)),
        None => wrong(0, format!("{digits:?} is not a whole number in base {base}")),
    }
}

/// Digits go 0-9, a-z, A-Z; up to base 36 small and capital letters are the same.
fn parse_digits(text: &str, base: u32) -> Option<IBig> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 10_000 {
        return None;
    }
    let mut int = IBig::ZERO;
    for byte in digits.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => byte - b'A' + 10,
            b'A'..=b'Z' => byte - b'A' + 36,
            _ => return None,
        };
        if u32::from(digit) >= base {
            return None;
        }
        int = int * IBig::from(base) + IBig::from(digit);
    }
    Some(if negative { -int } else { int })
}

fn pow(call: &Call) -> Result<Value, Failure> {
    let (base, exponent) = (call.number(0).to_f64(), call.number(1).to_f64());
    let result = floating::power(base, exponent);
    if result.is_nan() {
        return other(format!("there is no power {exponent} of {base}"));
    }
    number(Number::from(result))
}

fn range(call: &Call) -> Result<Value, Failure> {
    let zero = Number::from(0);
    let (start, limit, step) = match call.args.len() {
        1 => (zero.clone(), call.number(0), None),
        2 => (call.number(0), call.number(1), None),
        3 => (call.number(0), call.number(1), Some(call.number(2))),
        count => return other(format!("one to three numbers are required, not {count}")),
    };
    let down = limit < start;
    let step = step.unwrap_or(Number::from(if down { -1i64 } else { 1 }));
    if start == limit {
        return Ok(Value::list(Type::Number, Vec::new()));
    }
    if step.is_zero() {
        return wrong(2, "the step must not be zero");
    }
    if down != step.is_negative() && limit != start {
        return wrong(
            2,
            if down {
                "the step must be below zero when the limit is below the start"
            } else {
                "the step must be above zero when the limit is above the start"
            },
        );
    }
    let mut items = Vec::new();
    let mut at = start;
    while if down { at > limit } else { at < limit } {
        if items.len() >= 1024 {
            return other("more than 1024 numbers would be generated");
        }
        items.push(Value::number(at.clone()));
        at = at.add(&step).map_err(|undefined| Failure::Other(undefined.0.to_string()))?;
    }
    Ok(Value::list(Type::Number, items))
}

fn signum(call: &Call) -> Result<Value, Failure> {
    Ok(Value::int(call.int(0)?.signum()))
}

fn sum(call: &Call) -> Result<Value, Failure> {
    let Some(items) = call.args[0].as_items() else {
        return wrong(0, format!("a list, set or tuple is required, not {}", call.args[0].ty().with_article()));
    };
    if items.is_empty() {
        return wrong(0, "there is no sum of no elements");
    }
    let mut total: Option<Number> = None;
    for item in items {
        let item = convert(item, &Type::Number).map_err(|mismatch| Failure::Argument(0, mismatch.to_string()))?;
        let Some(item) = item.as_number() else { return wrong(0, "an element is null") };
        total = Some(match total {
            Some(total) => total.add(item).map_err(|undefined| Failure::Other(undefined.0.to_string()))?,
            None => item.clone(),
        });
    }
    number(total.unwrap_or(Number::ZERO))
}
