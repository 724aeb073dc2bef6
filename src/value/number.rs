//! Numbers as Terraform has them: binary floats of 512 bits, where whole numbers never lose a digit.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;

/// The number behind everything but small whole ones.
pub type Big = FBig<HalfEven, 2>;

/// Bits of precision of a number that is not a small whole one.
pub const PRECISION: usize = 512;

/// A number.
#[derive(Clone)]
pub enum Number {
    /// A whole number that fits 64 bits; always in this form when it does.
    Int(i64),
    /// Any other.
    Big(Box<Big>),
}

impl Number {
    /// Brings a big number into the canonical form.
    pub fn from_big(big: Big) -> Self {
        match i64::try_from(big.clone()) {
            Ok(int) => Number::Int(int),
            Err(_) => Number::Big(Box::new(big)),
        }
    }

    /// The number as a big float.
    pub fn to_big(&self) -> Big {
        match self {
            Number::Int(int) => Big::from(*int).with_precision(PRECISION).value(),
            Number::Big(big) => (**big).clone(),
        }
    }

    /// The whole number, if it is one and fits.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Number::Int(int) => Some(*int),
            Number::Big(_) => None,
        }
    }

    /// The nearest float of 64 bits.
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Int(int) => *int as f64,
            Number::Big(big) => big.to_f64().value(),
        }
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Number::Int(int)
    }
}

impl From<f64> for Number {
    fn from(float: f64) -> Self {
        Big::try_from(float).map_or(Number::Int(0), |big| Self::from_big(big.with_precision(PRECISION).value()))
    }
}

impl FromStr for Number {
    type Err = ();

    /// Reads decimal notation with an optional exponent.
    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(int) = text.parse::<i64>() {
            return Ok(Number::Int(int));
        }
        let decimal = FBig::<HalfEven, 10>::from_str(text).map_err(|_| ())?;
        Ok(Self::from_big(decimal.with_base_and_precision::<2>(PRECISION).value()))
    }
}

/// Decimal notation without an exponent, whole numbers with every digit.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(int) => write!(f, "{int}"),
            Number::Big(big) => write!(f, "{}", big.clone().with_base_and_precision::<10>(150).value()),
        }
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
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Number::Int(left), Number::Int(right)) => left.cmp(right),
            _ => self.to_big().cmp(&other.to_big()),
        }
    }
}
