//! Decimal notation to numbers.

use std::str::FromStr;

use dashu_base::BitTest;
use dashu_int::{IBig, UBig};

use super::arithmetic::divided;
use super::{Kind, Number, PRECISION};

/// The largest decimal exponent that is read; beyond it digits would fill the memory.
const MAX_EXPONENT: i64 = 100_000;

impl FromStr for Number {
    type Err = ();

    /// Reads decimal notation: sign, fraction, exponent of ten (`e`) or two (`p`), and `Inf`.
    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(int) = text.parse::<i64>()
            && int != 0
        {
            return Ok(Number { bits: PRECISION as u16, kind: Kind::Int(int) });
        }
        let (negative, text) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if text == "Inf" || text == "inf" {
            return Ok(Self::infinity(negative));
        }
        let number = unsigned(text).ok_or(())?;
        Ok(if negative { number.negate() } else { number })
    }
}

/// Reads `12.5e3` and `3p-4`; the sign is read already.
fn unsigned(text: &str) -> Option<Number> {
    let (mantissa, exponent, binary) = match text.find(['e', 'E', 'p']) {
        Some(at) => (&text[..at], decimal_exponent(&text[at + 1..])?, text.as_bytes()[at] == b'p'),
        None => (text, 0, false),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.len() > MAX_EXPONENT as usize {
        return None;
    }
    let digits = UBig::from_str_radix(&digits, 10).ok()?;
    let scale = -(fraction.len() as i64) + if binary { 0 } else { exponent };
    let number = decimal(digits, scale);
    if !binary {
        return Some(number);
    }
    let (significand, own) = number.parts()?;
    Some(Number::rounded(significand, own + exponent as isize, PRECISION))
}

fn decimal_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse::<i64>().ok().filter(|exponent| exponent.abs() <= MAX_EXPONENT)
}

/// `digits * 10^scale`, rounded once.
fn decimal(digits: UBig, scale: i64) -> Number {
    if digits.is_zero() {
        return Number::ZERO;
    }
    let power = UBig::from(10u8).pow(scale.unsigned_abs() as usize);
    if scale >= 0 {
        return Number::rounded(IBig::from(digits * power), 0, PRECISION);
    }
    let shift = (PRECISION + 2 + power.bit_len()).saturating_sub(digits.bit_len());
    let (quotient, exponent) = divided(digits << shift, &power);
    Number::rounded(IBig::from(quotient), exponent - shift as isize, PRECISION)
}
