//! Arithmetic on numbers. Results are exact and then rounded once, to the larger precision of the operands.

use dashu_base::{BitTest, UnsignedAbs};
use dashu_int::{IBig, UBig};

use super::{Kind, Number, PRECISION};

/// Why there is no result: `0 / 0` and the like. The text says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undefined(pub &'static str);

/// Results have no larger exponent of two: their notation would fill the memory.
const MAX_EXPONENT: isize = 1 << 20;

impl Number {
    /// The number, if it can be written out.
    fn writable(self) -> Result<Number, Undefined> {
        match &self.kind {
            Kind::Big(parts) if parts.1.abs() > MAX_EXPONENT => Err(Undefined("it has far too many digits")),
            _ => Ok(self),
        }
    }

    /// The two integers, when they are such and a result with 64 bits has all its digits.
    fn ints(&self, other: &Number) -> Option<(i64, i64)> {
        match (&self.kind, &other.kind) {
            (Kind::Int(left), Kind::Int(right)) if self.bits >= 64 && other.bits >= 64 => Some((*left, *right)),
            _ => None,
        }
    }

    /// The same value with the precision of a result of both.
    fn with_bits_of(kind: Kind, left: &Number, right: &Number) -> Number {
        Number { bits: left.bits.max(right.bits), kind }
    }

    /// Whether a product or quotient of both shows a minus sign.
    fn signs_differ(&self, other: &Number) -> bool {
        self.has_minus() != other.has_minus()
    }

    fn zero_of(negative: bool, left: &Number, right: &Number) -> Number {
        Self::with_bits_of(if negative { Kind::NegativeZero } else { Kind::Int(0) }, left, right)
    }

    /// The sum.
    pub fn add(&self, other: &Number) -> Result<Number, Undefined> {
        if let Some((left, right)) = self.ints(other)
            && let Some(sum) = left.checked_add(right)
        {
            return Ok(Self::with_bits_of(Kind::Int(sum), self, other));
        }
        match (&self.kind, &other.kind) {
            (Kind::Infinity(left), Kind::Infinity(right)) if left != right => {
                Err(Undefined("infinities of opposite signs cannot be added"))
            }
            (Kind::Infinity(_), _) | (Kind::NegativeZero, Kind::NegativeZero) => {
                Ok(Self::with_bits_of(self.kind.clone(), self, other))
            }
            (_, Kind::Infinity(_)) => Ok(Self::with_bits_of(other.kind.clone(), self, other)),
            _ => Ok(self.exact_sum(other, self.bits.max(other.bits))),
        }
    }

    fn exact_sum(&self, other: &Number, bits: u16) -> Number {
        let (Some((left, left_exponent)), Some((right, right_exponent))) = (self.parts(), other.parts()) else {
            return self.clone();
        };
        let exponent = left_exponent.min(right_exponent);
        let left = left << (left_exponent - exponent) as usize;
        let right = right << (right_exponent - exponent) as usize;
        Self::rounded(left + right, exponent, usize::from(bits))
    }

    /// The difference.
    pub fn subtract(&self, other: &Number) -> Result<Number, Undefined> {
        self.add(&other.negate())
    }

    /// The product, which keeps its digits up to 512 bits.
    pub fn multiply(&self, other: &Number) -> Result<Number, Undefined> {
        let negative = self.signs_differ(other);
        if self.is_infinite() || other.is_infinite() {
            if self.is_zero() || other.is_zero() {
                return Err(Undefined("zero cannot be multiplied by infinity"));
            }
            return Ok(Self::with_bits_of(Kind::Infinity(negative), self, other));
        }
        if self.is_zero() || other.is_zero() {
            return Ok(Self::zero_of(negative, self, other));
        }
        if let Some((left, right)) = self.ints(other)
            && let Some(product) = left.checked_mul(right)
        {
            return Ok(Self::with_bits_of(Kind::Int(product), self, other));
        }
        let (Some((left, left_exponent)), Some((right, right_exponent))) = (self.parts(), other.parts()) else {
            return Ok(self.clone());
        };
        let product = Self::rounded(left * right, left_exponent + right_exponent, PRECISION);
        let needed = product.parts().map_or(0, |(significand, _)| significand.unsigned_abs().bit_len());
        Number { bits: self.bits.max(other.bits).max(needed as u16), ..product }.writable()
    }

    /// The quotient; infinity when only the divisor is zero.
    pub fn divide(&self, other: &Number) -> Result<Number, Undefined> {
        let negative = self.signs_differ(other);
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) => return Err(Undefined("infinity cannot be divided by infinity")),
            (true, false) => return Ok(Self::with_bits_of(Kind::Infinity(negative), self, other)),
            (false, true) => return Ok(Self::zero_of(negative, self, other)),
            _ if other.is_zero() && self.is_zero() => return Err(Undefined("zero cannot be divided by zero")),
            _ if other.is_zero() => return Ok(Self::with_bits_of(Kind::Infinity(negative), self, other)),
            _ if self.is_zero() => return Ok(Self::zero_of(negative, self, other)),
            _ => {}
        }
        if let Some((left, right)) = self.ints(other)
            && left.checked_rem(right) == Some(0)
            && let Some(quotient) = left.checked_div(right)
        {
            return Ok(Self::with_bits_of(Kind::Int(quotient), self, other));
        }
        self.quotient(other).writable()
    }

    /// The quotient of finite numbers, the divisor not zero.
    fn quotient(&self, other: &Number) -> Number {
        let (Some((left, left_exponent)), Some((right, right_exponent))) = (self.parts(), other.parts()) else {
            return self.clone();
        };
        let (left, right) = (left.unsigned_abs(), right.unsigned_abs());
        let bits = usize::from(self.bits.max(other.bits));
        let shift = (bits + 2 + right.bit_len()).saturating_sub(left.bit_len());
        let (quotient, exponent) = divided(left << shift, &right);
        let quotient = if self.signs_differ(other) { -IBig::from(quotient) } else { IBig::from(quotient) };
        Self::rounded(quotient, left_exponent - right_exponent - shift as isize + exponent, bits)
    }

    /// The remainder of a division that rounds towards zero; the number itself when the divisor is zero. Its
    /// precision is that of the number that is divided.
    pub fn remainder(&self, other: &Number) -> Result<Number, Undefined> {
        if let Some((left, right)) = self.ints(other)
            && let Some(remainder) = left.checked_rem(right)
        {
            return Ok(Number { bits: self.bits, kind: Kind::Int(remainder) });
        }
        if self.is_infinite() || other.is_infinite() {
            return Err(Undefined("there is no remainder with infinity"));
        }
        if other.is_zero() {
            return Ok(self.clone());
        }
        if matches!(self.kind, Kind::NegativeZero) {
            return Ok(Self::zero_of(!other.has_minus(), self, self));
        }
        let own = |number: Number| match number.parts() {
            Some((significand, exponent)) => Self::rounded(significand, exponent, usize::from(self.bits)),
            None => number,
        };
        let whole = own(self.divide(other)?.truncate());
        let product = own(other.multiply(&whole)?);
        Ok(self.exact_sum(&product.negate(), self.bits))
    }

    /// The number with the other sign.
    pub fn negate(&self) -> Number {
        let kind = match &self.kind {
            Kind::Int(0) => Kind::NegativeZero,
            Kind::NegativeZero => Kind::Int(0),
            Kind::Infinity(negative) => Kind::Infinity(!negative),
            Kind::Int(int) if *int != i64::MIN => Kind::Int(-int),
            _ => {
                let (significand, exponent) = self.parts().unwrap_or_default();
                return Self::rounded(-significand, exponent, usize::from(self.bits));
            }
        };
        Number { bits: self.bits, kind }
    }

    /// The number without its sign.
    pub fn absolute(&self) -> Number {
        if self.has_minus() { self.negate() } else { self.clone() }
    }

    /// The number without its fraction.
    pub fn truncate(&self) -> Number {
        if self.is_negative() { self.negate().floor().negate() } else { self.floor() }
    }

    /// The largest whole number that is not above it; infinities stay, and zero loses its sign.
    pub fn floor(&self) -> Number {
        match &self.kind {
            Kind::NegativeZero => Number { bits: self.bits, kind: Kind::Int(0) },
            // A shift of a negative integer rounds towards negative infinity, as a floor does.
            Kind::Big(parts) if parts.1 < 0 => {
                Self::rounded(parts.0.clone() >> parts.1.unsigned_abs(), 0, usize::from(self.bits))
            }
            _ => self.clone(),
        }
    }

    /// The smallest whole number that is not below it; infinities stay, and zero loses its sign.
    pub fn ceil(&self) -> Number {
        let ceil = self.negate().floor().negate();
        if ceil.is_zero() { Number { kind: Kind::Int(0), ..ceil } } else { ceil }
    }
}

/// The quotient of whole numbers with one bit more at its end, set when the division leaves something, so
/// that a later rounding is right. Answers the exponent that undoes that bit as well.
pub(super) fn divided(numerator: UBig, denominator: &UBig) -> (UBig, isize) {
    let quotient = &numerator / denominator;
    let exact = &quotient * denominator == numerator;
    let sticky = if exact { UBig::ZERO } else { UBig::ONE };
    ((quotient << 1) + sticky, -1)
}
