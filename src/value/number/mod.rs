//! Numbers as Terraform has them: binary floats that carry their own precision, up to 512 bits, where whole
//! numbers never lose a digit.
//!
//! What is written has 512 bits, what a function counts 64, and what it computes in floating point 53; an
//! operator takes the larger precision of its operands. What fits 64 bits is kept as an integer, which is what
//! nearly every number of a stack is.

mod arithmetic;
pub mod notation;
mod print;
mod read;

use std::cmp::Ordering;
use std::fmt;

use dashu_base::{BitTest, UnsignedAbs};
use dashu_int::{IBig, UBig};
use serde::{Deserialize, Serialize};

pub use arithmetic::Undefined;

/// Bits of precision of a number that is written out.
pub const PRECISION: usize = 512;

/// A number.
#[derive(Clone, Serialize, Deserialize)]
pub struct Number {
    /// Its precision in bits.
    bits: u16,
    kind: Kind,
}

/// What a number is.
#[derive(Clone, Serialize, Deserialize)]
enum Kind {
    /// A whole number that fits 64 bits; always in this form when it does.
    Int(i64),
    /// The zero that a negative factor leaves: equal to zero, printed with its sign.
    NegativeZero,
    /// Any other: an odd significand, and the exponent of two.
    Big(Box<(IBig, isize)>),
    /// An infinity, and whether it is the negative one.
    Infinity(bool),
}

impl Number {
    /// Zero as it is written.
    pub const ZERO: Number = Number { bits: PRECISION as u16, kind: Kind::Int(0) };

    /// Positive infinity, what a division by zero yields; negative when `negative`.
    pub fn infinity(negative: bool) -> Self {
        Number { bits: PRECISION as u16, kind: Kind::Infinity(negative) }
    }

    /// `significand * 2^exponent`, rounded to a precision, a tie to the even number.
    fn rounded(significand: IBig, exponent: isize, bits: usize) -> Self {
        let negative = significand < IBig::ZERO;
        let mut magnitude = significand.unsigned_abs();
        let surplus = magnitude.bit_len().saturating_sub(bits);
        let mut exponent = exponent;
        if surplus > 0 {
            let half = magnitude.bit(surplus - 1);
            let above = half && magnitude.trailing_zeros().is_some_and(|zeros| zeros < surplus - 1);
            let odd = magnitude.bit(surplus);
            magnitude >>= surplus;
            if half && (above || odd) {
                magnitude += UBig::ONE;
            }
            exponent += surplus as isize;
        }
        Self::canonical(negative, magnitude, exponent, bits)
    }

    /// Brings a number that has its precision already into the one form it can have.
    fn canonical(negative: bool, mut magnitude: UBig, mut exponent: isize, bits: usize) -> Self {
        let bits = bits.min(usize::from(u16::MAX)) as u16;
        let Some(zeros) = magnitude.trailing_zeros() else { return Number { bits, kind: Kind::Int(0) } };
        magnitude >>= zeros;
        exponent += zeros as isize;
        let length = magnitude.bit_len() as isize;
        let mut significand = IBig::from(magnitude);
        if negative {
            significand = -significand;
        }
        if exponent >= 0
            && length + exponent <= 64
            && let Ok(int) = i64::try_from(significand.clone() << exponent as usize)
        {
            return Number { bits, kind: Kind::Int(int) };
        }
        Number { bits, kind: Kind::Big(Box::new((significand, exponent))) }
    }

    /// Whether it is one of the infinities.
    pub fn is_infinite(&self) -> bool {
        matches!(self.kind, Kind::Infinity(_))
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self.kind, Kind::Int(0) | Kind::NegativeZero)
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        match &self.kind {
            Kind::Int(int) => *int < 0,
            Kind::NegativeZero => false,
            Kind::Big(parts) => parts.0 < IBig::ZERO,
            Kind::Infinity(negative) => *negative,
        }
    }

    /// Whether it shows a minus sign.
    pub fn has_minus(&self) -> bool {
        matches!(self.kind, Kind::NegativeZero) || self.is_negative()
    }

    /// Whether it has no fraction; the infinities are not whole.
    pub fn is_whole(&self) -> bool {
        match &self.kind {
            Kind::Int(_) | Kind::NegativeZero => true,
            Kind::Big(parts) => parts.1 >= 0,
            Kind::Infinity(_) => false,
        }
    }

    /// The whole number, if it is one and fits.
    pub fn to_i64(&self) -> Option<i64> {
        match self.kind {
            Kind::Int(int) => Some(int),
            Kind::NegativeZero => Some(0),
            _ => None,
        }
    }

    /// The whole number with every digit, if it is one.
    pub fn to_ibig(&self) -> Option<IBig> {
        let (significand, exponent) = self.parts()?;
        (exponent >= 0).then(|| significand << exponent as usize)
    }

    /// A whole number, with as many bits as it needs.
    pub fn from_ibig(int: IBig) -> Self {
        let negative = int < IBig::ZERO;
        let magnitude = int.unsigned_abs();
        let bits = magnitude.bit_len().max(64);
        Self::canonical(negative, magnitude, 0, bits)
    }

    /// The nearest float of 64 bits.
    pub fn to_f64(&self) -> f64 {
        let sign = if self.has_minus() { -1.0 } else { 1.0 };
        match self.kind {
            Kind::Int(int) => int as f64,
            Kind::Infinity(_) => sign * f64::INFINITY,
            _ => sign * self.exact_digits().parse::<f64>().unwrap_or_default(),
        }
    }

    /// Every decimal digit of the number without its sign; infinities have none.
    pub fn exact_digits(&self) -> String {
        if let Kind::Int(int) = self.kind {
            return int.unsigned_abs().to_string();
        }
        let Some((significand, exponent)) = self.parts() else { return String::new() };
        let significand: UBig = significand.unsigned_abs();
        if exponent >= 0 {
            return (significand << exponent as usize).to_string();
        }
        let places = exponent.unsigned_abs();
        let digits = (significand * UBig::from(5u8).pow(places)).to_string();
        let digits = print::zeros_before(digits, places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        format!("{whole}.{fraction}")
    }

    /// How many bytes to count for its notation, which is long for very large and very small numbers; computing it
    /// takes longer than its length says.
    pub fn cost(&self) -> u64 {
        match &self.kind {
            Kind::Big(parts) if parts.1.unsigned_abs() > 4096 => parts.1.unsigned_abs() as u64 * 16,
            _ => 0,
        }
    }

    /// Significand and exponent of two; infinities have none.
    fn parts(&self) -> Option<(IBig, isize)> {
        match &self.kind {
            Kind::Int(int) => Some((IBig::from(*int), 0)),
            Kind::NegativeZero => Some((IBig::ZERO, 0)),
            Kind::Big(parts) => Some((**parts).clone()),
            Kind::Infinity(_) => None,
        }
    }
}

/// A number that was counted.
impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Number { bits: 64, kind: Kind::Int(int) }
    }
}

/// A number that was computed in floating point; what is no number becomes zero.
impl From<f64> for Number {
    fn from(float: f64) -> Self {
        const BITS: usize = f64::MANTISSA_DIGITS as usize;
        if float.is_infinite() {
            return Number { bits: BITS as u16, kind: Kind::Infinity(float < 0.0) };
        }
        if float.is_nan() {
            return Number { bits: BITS as u16, kind: Kind::Int(0) };
        }
        let zero = Number { bits: BITS as u16, kind: Kind::NegativeZero };
        if float == 0.0 && float.is_sign_negative() {
            return zero;
        }
        let stored = ((float.to_bits() >> 52) & 0x7ff) as isize;
        let fraction = float.to_bits() & ((1 << 52) - 1);
        let significand = if stored == 0 { fraction } else { fraction | 1 << 52 };
        Self::canonical(float < 0.0, UBig::from(significand), stored.max(1) - 1075, BITS)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Number {}
impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By value, whatever the precision; both zeros are equal.
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Kind::Int(left), Kind::Int(right)) = (&self.kind, &other.kind) {
            return left.cmp(right);
        }
        let rank = |number: &Number| match &number.kind {
            Kind::Infinity(true) => 0,
            Kind::Infinity(false) => 2,
            _ => 1,
        };
        rank(self).cmp(&rank(other)).then_with(|| match (self.parts(), other.parts()) {
            (Some((left, left_exponent)), Some((right, right_exponent))) => {
                let exponent = left_exponent.min(right_exponent);
                let left = left << (left_exponent - exponent) as usize;
                left.cmp(&(right << (right_exponent - exponent) as usize))
            }
            _ => Ordering::Equal,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    fn number(text: &str) -> Number {
        text.parse().unwrap_or_else(|()| panic!("{text} is a number"))
    }

    /// Expected texts are what `terraform console` prints.
    #[test]
    fn arithmetic_has_512_bits() {
        let third = number("1").divide(&number("3")).unwrap();
        assert_eq!(third.to_string(), format!("0.{}5", "3".repeat(154)));
        let two_thirds = number("2").divide(&number("3")).unwrap();
        assert_eq!(two_thirds.to_string(), format!("0.{}7", "6".repeat(153)));
        assert_eq!(number("0.1").add(&number("0.2")).unwrap(), number("0.3"));
        assert_eq!(number("1e400").to_string(), format!("1{}", "0".repeat(400)));
        assert_eq!(number("5").divide(&number("0")).unwrap().to_string(), "+Inf");
        assert!(number("0").divide(&number("0")).is_err());
        for (left, right, remainder) in [("5", "0", "5"), ("-5", "3", "-2"), ("5", "-3", "2"), ("5.5", "2", "1.5")] {
            assert_eq!(number(left).remainder(&number(right)).unwrap().to_string(), remainder, "{left} % {right}");
        }
    }

    #[test]
    fn text_is_read_and_printed_exactly() {
        for (read, printed) in [
            ("0.1", "0.1"),
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1p5", "32"),
            ("1e-7", "0.0000001"),
            ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
            ("9223372036854775808", "9223372036854775808"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("1.50", "1.5"),
            ("99.99", "99.99"),
        ] {
            assert_eq!(number(read).to_string(), printed, "{read}");
        }
        for bad in ["", " 5", "0x10", "1_000", "e5", "1e", "--1", "1e999999999", "."] {
            assert!(bad.parse::<Number>().is_err(), "{bad}");
        }
    }

    #[test]
    fn whole_parts() {
        for (text, floor, ceil) in [("1.5", "1", "2"), ("-1.5", "-2", "-1"), ("3", "3", "3"), ("-0.1", "-1", "0")] {
            assert_eq!(number(text).floor().to_string(), floor, "floor {text}");
            assert_eq!(number(text).ceil().to_string(), ceil, "ceil {text}");
        }
    }
}
