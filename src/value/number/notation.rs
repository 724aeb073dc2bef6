//! Numbers in the notations of `%f`, `%e` and `%g`; all take a number that is not negative.

use super::Number;

/// The digits of a decimal text without leading and trailing zeros, and where the point is in them.
fn digits(text: String) -> (String, i64) {
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let all = format!("{whole}{fraction}");
    let leading = all.bytes().take_while(|byte| *byte == b'0').count();
    (all[leading..].trim_end_matches('0').to_string(), whole.len() as i64 - leading as i64)
}

/// Rounds digits to `count` of them, a tie to the even digit; answers whether the point moves by one.
fn round(digits: &str, count: i64) -> (String, bool) {
    if count < 0 {
        return (String::new(), false);
    }
    let count = count as usize;
    if count >= digits.len() {
        return (digits.to_string(), false);
    }
    let (kept, cut) = digits.split_at(count);
    let last_odd = kept.bytes().last().is_some_and(|byte| byte % 2 == 1);
    let tie = cut.starts_with('5') && cut[1..].bytes().all(|byte| byte == b'0');
    let up = if tie { last_odd } else { cut.as_bytes()[0] >= b'5' };
    let mut kept = kept.as_bytes().to_vec();
    let mut carry = up;
    for digit in kept.iter_mut().rev() {
        if !carry {
            break;
        }
        carry = *digit == b'9';
        *digit = if carry { b'0' } else { *digit + 1 };
    }
    if carry {
        kept.insert(0, b'1');
    }
    (String::from_utf8_lossy(&kept).into_owned(), carry)
}

/// `12.500000`
pub fn fixed(number: &Number, precision: usize) -> String {
    if number.is_infinite() {
        return "Inf".to_string();
    }
    let (all, point) = digits(number.exact_digits());
    let (all, carried) = round(&all, point + precision as i64);
    plain(&all, point + i64::from(carried), precision)
}

/// Digits with a point in decimal notation, filled up to `precision` places.
fn plain(all: &str, point: i64, precision: usize) -> String {
    let at = |index: i64| {
        usize::try_from(index).ok().and_then(|index| all.as_bytes().get(index)).map_or('0', |byte| char::from(*byte))
    };
    let mut out: String = if point <= 0 { "0".to_string() } else { (0..point).map(at).collect() };
    if precision > 0 {
        out.push('.');
        out.extend((point..point + precision as i64).map(at));
    }
    out
}

/// `1.250000e+01`
pub fn exponential(number: &Number, precision: usize, letter: char) -> String {
    if number.is_infinite() {
        return "Inf".to_string();
    }
    let (all, point) = digits(number.exact_digits());
    let (all, carried) = round(&all, precision as i64 + 1);
    let exponent = if all.is_empty() { 0 } else { point + i64::from(carried) - 1 };
    let mantissa = plain(&all, 1, precision);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{letter}{sign}{:02}", exponent.abs())
}

/// `%e` for very large and very small numbers, and the plain notation for others; as many digits as needed.
pub fn general(number: &Number, precision: Option<usize>, letter: char) -> String {
    if number.is_infinite() {
        return "Inf".to_string();
    }
    let (all, point) = digits(if precision.is_some() { number.exact_digits() } else { number.to_string() });
    let (rounded, carried) = match precision {
        Some(precision) => round(&all, precision.max(1) as i64),
        None => (all, false),
    };
    let all = rounded.trim_end_matches('0');
    let point = point + i64::from(carried);
    let limit = match precision.map(|precision| precision.max(1)) {
        Some(precision) if precision > all.len() && all.len() as i64 >= point => all.len() as i64,
        Some(precision) => precision as i64,
        None => 6,
    };
    let exponent = if all.is_empty() { 0 } else { point - 1 };
    if exponent < -4 || exponent >= limit {
        let places = all.len().saturating_sub(1);
        let mantissa = plain(all, 1, places);
        let sign = if exponent < 0 { '-' } else { '+' };
        let letter = if letter == 'G' { 'E' } else { 'e' };
        return format!("{mantissa}{letter}{sign}{:02}", exponent.abs());
    }
    plain(all, point, (all.len() as i64 - point).max(0) as usize)
}
