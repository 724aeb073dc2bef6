//! What a scalar means, as the library of Terraform reads it: YAML 1.1 with signs of its own.

use saphyr_parser::{ScalarStyle, Tag};

use crate::value::{Number, Value};

/// The value of a scalar.
///
/// # Errors
/// Its tag is none that there is here, or does not fit.
pub(super) fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let Some(tag) = tag else {
        return if style == ScalarStyle::Plain { plain(text) } else { Ok(Value::text(text)) };
    };
    let name = standard(tag)?;
    // What is quoted is a text, whatever its tag.
    if matches!(name, "str" | "binary") || style != ScalarStyle::Plain {
        return match name {
            "str" | "binary" | "int" | "float" | "bool" | "null" | "timestamp" => Ok(Value::text(text)),
            _ => Err(unsupported(tag)),
        };
    }
    match name {
        "null" => Ok(Value::null()),
        // A tag says that something is a number, a truth or a time, and not which of them.
        "int" | "float" | "bool" | "timestamp" => tagged(text).ok_or_else(|| format!("{text:?} is no {name}")),
        _ => Err(unsupported(tag)),
    }
}

/// The name of a tag of YAML itself.
pub(super) fn standard(tag: &Tag) -> Result<&str, String> {
    let standard = tag.handle == "tag:yaml.org,2002:" || tag.handle == "!!";
    if standard { Ok(&tag.suffix) } else { Err(unsupported(tag)) }
}

pub(super) fn unsupported(tag: &Tag) -> String {
    format!("the tag {}{} is not supported", tag.handle, tag.suffix)
}

/// Words that are no texts.
fn word(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::null(),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => Value::bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => Value::bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::number(Number::infinity(false)),
        "-.inf" | "-.Inf" | "-.INF" => Value::number(Number::infinity(true)),
        _ => return None,
    })
}

/// Without a tag only what is written out plainly is a number: no sign before a base, and no underscore.
fn plain(text: &str) -> Result<Value, String> {
    if let Some(value) = word(text) {
        return Ok(value);
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err("there is no number that is not a number".to_owned());
    }
    if let Some(integer) = based(text, &[("0x", 16), ("0o", 8)]) {
        return integer.map(Value::number).ok_or_else(|| format!("{text} is too large"));
    }
    Ok(decimal(text).map(Value::number).or_else(|| time(text).map(Value::text)).unwrap_or_else(|| Value::text(text)))
}

/// With a tag a number may have a sign, a base and underscores.
fn tagged(text: &str) -> Option<Value> {
    if let Some(value) = word(text) {
        return Some(value);
    }
    let bare: String = text.chars().filter(|c| *c != '_').collect();
    let digits = bare.strip_prefix(['+', '-']).unwrap_or(&bare);
    let negative = bare.starts_with('-');
    let integer = based(digits, &[("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)]).flatten();
    if let Some(integer) = integer {
        let signed = if negative { format!("-{integer}") } else { integer.to_string() };
        return signed.parse().ok().map(Value::number);
    }
    decimal(&bare).map(Value::number).or_else(|| time(text).map(Value::text))
}

/// A whole number to a base; `None` inside where it has more than 64 bits.
fn based(text: &str, bases: &[(&str, u32)]) -> Option<Option<Number>> {
    let (rest, radix) = bases.iter().find_map(|(prefix, radix)| Some((text.strip_prefix(prefix)?, *radix)))?;
    let digits = !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix));
    digits.then(|| u64::from_str_radix(rest, radix).ok().and_then(|integer| integer.to_string().parse().ok()))
}

fn decimal(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.contains(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    text.parse().ok().filter(|_| numeric)
}

/// A date, or a date and a time, in RFC 3339 and without fractions of a second; without a zone it is of UTC.
fn time(text: &str) -> Option<String> {
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    if year != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let (day, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((text.as_bytes()[at], &text[at + 1..]))),
        None => (text, None),
    };
    let mut parts = day.split('-').map(|part| part.parse::<i16>().ok().filter(|_| (1..=4).contains(&part.len())));
    let (year, month, date) = (parts.next()??, parts.next()??, parts.next()??);
    let date = jiff::civil::Date::new(year, month.try_into().ok()?, date.try_into().ok()?).ok();
    let date = date.filter(|_| parts.next().is_none())?;
    let Some((separator, clock)) = rest else { return Some(format!("{date}T00:00:00Z")) };
    let zone = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone);
    let zone = match (separator, zone) {
        (b' ', "") => "Z",
        (b'T' | b't', "Z") => "Z",
        (b'T' | b't', zone) if is_offset(zone) => zone,
        _ => return None,
    };
    let whole = clock.split_once('.').map_or(Some(clock), |(whole, part)| {
        (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())).then_some(whole)
    })?;
    let mut parts = whole.split(':').map(|part| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i8>().ok().filter(|_| digits)
    });
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let clock = jiff::civil::Time::new(hour, minute, second, 0).ok().filter(|_| parts.next().is_none())?;
    Some(format!("{date}T{clock}{zone}"))
}

/// `+01:00`
fn is_offset(zone: &str) -> bool {
    let bytes = zone.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    bytes.len() == 6 && matches!(bytes[0], b'+' | b'-') && digits(1..3) && bytes[3] == b':' && digits(4..6)
}
