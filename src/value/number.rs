//! Numbers as Terraform has them: binary floats of 512 bits, where whole numbers never lose a digit.
//!
//! What fits 64 bits is kept as an integer, which is what nearly every number of a stack is.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;
use dashu_int::{IBig, UBig};

/// The number behind everything but small whole ones.
pub type Big = FBig<HalfEven, 2>;

/// Bits of precision of a number that is not a small whole one.
pub const PRECISION: usize = 512;

/// The largest decimal exponent that is read; beyond it digits would fill the memory.
const MAX_EXPONENT: i64 = 100_000;

/// A number.
#[derive(Clone)]
pub enum Number {
    /// A whole number that fits 64 bits; always in this form when it does.
    Int(i64),
    /// Any other.
    Big(Box<Big>),
}

/// Why there is no result: `0 / 0` and the like. The text says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undefined(pub &'static str);

impl Number {
    /// Brings a big number into the canonical form.
    pub fn from_big(big: Big) -> Self {
        if big.repr().is_finite() {
            if big.repr().significand().is_zero() {
                return Number::Int(0);
            }
            let exponent = big.repr().exponent();
            if (0..63).contains(&exponent)
                && let Ok(significand) = i64::try_from(big.repr().significand().clone())
                && let Ok(int) = i64::try_from(i128::from(significand) << exponent)
            {
                return Number::Int(int);
            }
        }
        Number::Big(Box::new(big))
    }

    /// Positive infinity, what a division by zero yields; negative when `negative`.
    pub fn infinity(negative: bool) -> Self {
        Number::Big(Box::new(if negative { Big::NEG_INFINITY } else { Big::INFINITY }))
    }

    /// Whether it is one of the infinities.
    pub fn is_infinite(&self) -> bool {
        matches!(self, Number::Big(big) if big.repr().is_infinite())
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self, Number::Int(0))
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        match self {
            Number::Int(int) => *int < 0,
            Number::Big(big) => big.sign() == dashu_base::Sign::Negative,
        }
    }

    /// Whether it has no fraction; the infinities are not whole.
    pub fn is_whole(&self) -> bool {
        match self {
            Number::Int(_) => true,
            Number::Big(big) => big.repr().is_finite() && big.repr().exponent() >= 0,
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

    /// The whole number with every digit, if it is one.
    pub fn to_ibig(&self) -> Option<IBig> {
        match self {
            Number::Int(int) => Some(IBig::from(*int)),
            Number::Big(big) if self.is_whole() => {
                Some(big.repr().significand().clone() << big.repr().exponent() as usize)
            }
            Number::Big(_) => None,
        }
    }

    /// A whole number, rounded to the precision when it is longer.
    pub fn from_ibig(int: IBig) -> Self {
        match i64::try_from(&int) {
            Ok(int) => Number::Int(int),
            Err(_) => rounded(int, 0, PRECISION),
        }
    }

    /// The nearest float of 64 bits.
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Int(int) => *int as f64,
            Number::Big(big) if big.repr().is_infinite() => {
                if self.is_negative() {
                    f64::NEG_INFINITY
                } else {
                    f64::INFINITY
                }
            }
            Number::Big(big) => big.to_f64().value(),
        }
    }

    /// Every decimal digit of the number without its sign; infinities have none.
    pub fn exact_digits(&self) -> String {
        match self {
            Number::Int(int) => int.unsigned_abs().to_string(),
            Number::Big(_) if self.is_infinite() => String::new(),
            Number::Big(big) => {
                use dashu_base::UnsignedAbs;
                let significand: UBig = big.repr().significand().clone().unsigned_abs();
                let exponent = big.repr().exponent();
                if exponent >= 0 {
                    return (significand << exponent as usize).to_string();
                }
                let places = exponent.unsigned_abs();
                let digits = (significand * UBig::from(5u8).pow(places)).to_string();
                let digits = format!("{digits:0>width$}", width = places + 1);
                let (whole, fraction) = digits.split_at(digits.len() - places);
                format!("{whole}.{fraction}")
            }
        }
    }

    /// Significand and exponent of two of a finite number.
    fn parts(&self) -> (IBig, isize) {
        match self {
            Number::Int(int) => (IBig::from(*int), 0),
            Number::Big(big) => (big.repr().significand().clone(), big.repr().exponent()),
        }
    }

    /// The precision of a result of both.
    fn precision_with(&self, other: &Number) -> usize {
        let precision = |number: &Number| match number {
            Number::Int(_) => PRECISION,
            Number::Big(big) if big.precision() == 0 => PRECISION,
            Number::Big(big) => big.precision(),
        };
        precision(self).max(precision(other))
    }

    fn exact_sum(&self, other: &Number) -> Number {
        let ((left, left_exponent), (right, right_exponent)) = (self.parts(), other.parts());
        let exponent = left_exponent.min(right_exponent);
        let left = left << (left_exponent - exponent) as usize;
        let right = right << (right_exponent - exponent) as usize;
        rounded(left + right, exponent, self.precision_with(other))
    }

    /// The quotient of finite numbers, the divisor not zero.
    fn quotient(&self, other: &Number) -> Number {
        use dashu_base::{BitTest, UnsignedAbs};
        let ((left, left_exponent), (right, right_exponent)) = (self.parts(), other.parts());
        let negative = self.is_negative() != other.is_negative();
        let (left, right) = (left.unsigned_abs(), right.unsigned_abs());
        let precision = self.precision_with(other);
        let shift = (precision + 2 + right.bit_len()).saturating_sub(left.bit_len());
        let (quotient, exponent) = divided(left << shift, &right);
        let quotient = if negative { -IBig::from(quotient) } else { IBig::from(quotient) };
        rounded(quotient, left_exponent - right_exponent - shift as isize + exponent, precision)
    }

    /// The sum.
    pub fn add(&self, other: &Number) -> Result<Number, Undefined> {
        if let (Number::Int(left), Number::Int(right)) = (self, other)
            && let Some(sum) = left.checked_add(*right)
        {
            return Ok(Number::Int(sum));
        }
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) if self.is_negative() != other.is_negative() => {
                Err(Undefined("infinities of opposite signs cannot be added"))
            }
            (true, _) => Ok(self.clone()),
            (_, true) => Ok(other.clone()),
            _ => Ok(self.exact_sum(other)),
        }
    }

    /// The difference.
    pub fn subtract(&self, other: &Number) -> Result<Number, Undefined> {
        self.add(&other.negate())
    }

    /// The product.
    pub fn multiply(&self, other: &Number) -> Result<Number, Undefined> {
        if let (Number::Int(left), Number::Int(right)) = (self, other)
            && let Some(product) = left.checked_mul(*right)
        {
            return Ok(Number::Int(product));
        }
        if self.is_infinite() || other.is_infinite() {
            if self.is_zero() || other.is_zero() {
                return Err(Undefined("zero cannot be multiplied by infinity"));
            }
            return Ok(Self::infinity(self.is_negative() != other.is_negative()));
        }
        let ((left, left_exponent), (right, right_exponent)) = (self.parts(), other.parts());
        Ok(rounded(left * right, left_exponent + right_exponent, self.precision_with(other)))
    }

    /// The quotient; infinity when only the divisor is zero.
    pub fn divide(&self, other: &Number) -> Result<Number, Undefined> {
        if let (Number::Int(left), Number::Int(right)) = (self, other)
            && left.checked_rem(*right) == Some(0)
            && let Some(quotient) = left.checked_div(*right)
        {
            return Ok(Number::Int(quotient));
        }
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) => Err(Undefined("infinity cannot be divided by infinity")),
            (true, false) => Ok(Self::infinity(self.is_negative() != other.is_negative())),
            (false, true) => Ok(Number::Int(0)),
            _ if other.is_zero() && self.is_zero() => Err(Undefined("zero cannot be divided by zero")),
            _ if other.is_zero() => Ok(Self::infinity(self.is_negative())),
            _ => Ok(self.quotient(other)),
        }
    }

    /// The remainder of a division that rounds towards zero; the number itself when the divisor is zero.
    pub fn remainder(&self, other: &Number) -> Result<Number, Undefined> {
        if let (Number::Int(left), Number::Int(right)) = (self, other)
            && let Some(remainder) = left.checked_rem(*right)
        {
            return Ok(Number::Int(remainder));
        }
        if other.is_zero() {
            return Ok(self.clone());
        }
        if self.is_infinite() || other.is_infinite() {
            return Err(Undefined("there is no remainder with infinity"));
        }
        let whole = self.divide(other)?.truncate();
        self.subtract(&other.multiply(&whole)?)
    }

    /// The number with the other sign.
    pub fn negate(&self) -> Number {
        match self {
            Number::Int(int) => int.checked_neg().map_or_else(|| Self::from_ibig(-IBig::from(*int)), Number::Int),
            Number::Big(_) if self.is_infinite() => Self::infinity(!self.is_negative()),
            Number::Big(big) => Self::from_big(-(**big).clone()),
        }
    }

    /// The number without its fraction.
    pub fn truncate(&self) -> Number {
        if self.is_negative() { self.negate().floor().negate() } else { self.floor() }
    }

    /// The largest whole number that is not above it; infinities stay.
    pub fn floor(&self) -> Number {
        match self {
            Number::Big(big) if !self.is_infinite() && big.repr().exponent() < 0 => {
                // A shift of a negative integer rounds towards negative infinity, as a floor does.
                let int = big.repr().significand().clone() >> big.repr().exponent().unsigned_abs();
                Self::from_ibig(int)
            }
            _ => self.clone(),
        }
    }

    /// The smallest whole number that is not below it; infinities stay.
    pub fn ceil(&self) -> Number {
        self.negate().floor().negate()
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Number::Int(int)
    }
}

impl From<f64> for Number {
    fn from(float: f64) -> Self {
        if float.is_infinite() {
            return Self::infinity(float < 0.0);
        }
        Big::try_from(float).map_or(Number::Int(0), |big| Self::from_big(big.with_precision(53).value()))
    }
}

impl FromStr for Number {
    type Err = ();

    /// Reads decimal notation: sign, fraction, exponent of ten (`e`) or two (`p`), and `Inf`.
    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(int) = text.parse::<i64>() {
            return Ok(Number::Int(int));
        }
        let (negative, text) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if text == "Inf" || text == "inf" {
            return Ok(Self::infinity(negative));
        }
        let number = parse_unsigned(text).ok_or(())?;
        Ok(if negative { number.negate() } else { number })
    }
}

/// Reads `12.5e3` and `3p-4`; the sign is read already.
fn parse_unsigned(text: &str) -> Option<Number> {
    let (mantissa, exponent, binary) = match text.find(['e', 'E', 'p']) {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?, text.as_bytes()[at] == b'p'),
        None => (text, 0, false),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.len() > MAX_EXPONENT as usize {
        return None;
    }
    let digits = UBig::from_str_radix(&digits, 10).ok()?;
    let scale = -(fraction.len() as i64) + if binary { 0 } else { exponent };
    let mut number = round_decimal(digits, scale);
    if binary {
        let (significand, own) = number.parts();
        number = rounded(significand, own + exponent as isize, PRECISION);
    }
    Some(number)
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse::<i64>().ok().filter(|exponent| exponent.abs() <= MAX_EXPONENT)
}

/// `digits * 10^scale`, rounded once.
fn round_decimal(digits: UBig, scale: i64) -> Number {
    use dashu_base::BitTest;
    if digits.is_zero() {
        return Number::Int(0);
    }
    let power = UBig::from(10u8).pow(scale.unsigned_abs() as usize);
    if scale >= 0 {
        return Number::from_ibig(IBig::from(digits * power));
    }
    let shift = (PRECISION + 2 + power.bit_len()).saturating_sub(digits.bit_len());
    let (quotient, exponent) = divided(digits << shift, &power);
    rounded(IBig::from(quotient), exponent - shift as isize, PRECISION)
}

/// The quotient of whole numbers with one bit more at its end, set when the division leaves something, so
/// that a later rounding is right. Answers the exponent that undoes that bit as well.
fn divided(numerator: UBig, denominator: &UBig) -> (UBig, isize) {
    let quotient = &numerator / denominator;
    let exact = &quotient * denominator == numerator;
    let sticky = if exact { UBig::ZERO } else { UBig::ONE };
    ((quotient << 1) + sticky, -1)
}

/// `significand * 2^exponent`, rounded to a precision, a tie to the even number.
fn rounded(significand: IBig, exponent: isize, precision: usize) -> Number {
    use dashu_base::{BitTest, UnsignedAbs};
    let negative = significand < IBig::ZERO;
    let mut magnitude = significand.unsigned_abs();
    let surplus = magnitude.bit_len().saturating_sub(precision);
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
    let signed = if negative { -IBig::from(magnitude) } else { IBig::from(magnitude) };
    Number::from_big(Big::from_parts(signed, exponent).with_precision(precision).value())
}

/// Decimal notation without an exponent: the shortest that reads back as the same number.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(int) => write!(f, "{int}"),
            Number::Big(_) if self.is_infinite() => f.write_str(if self.is_negative() { "-Inf" } else { "+Inf" }),
            Number::Big(big) => {
                let (digits, point) = shortest(big);
                let sign = if self.is_negative() { "-" } else { "" };
                if point <= 0 {
                    write!(f, "{sign}0.{}{digits}", "0".repeat(point.unsigned_abs()))
                } else if point as usize >= digits.len() {
                    write!(f, "{sign}{digits}{}", "0".repeat(point as usize - digits.len()))
                } else {
                    write!(f, "{sign}{}.{}", &digits[..point as usize], &digits[point as usize..])
                }
            }
        }
    }
}

/// The fewest decimal digits that read back as the same number, and where the point is in them.
fn shortest(big: &Big) -> (String, isize) {
    use dashu_base::{BitTest, UnsignedAbs};
    let significand: UBig = big.repr().significand().clone().unsigned_abs();
    // One bit more than the precision, so that one unit is half the distance to the next number. What
    // stems from a float of 64 bits has the precision of one, until it meets a number with more.
    let bits = significand.bit_len();
    let precision = if big.precision() == 0 { PRECISION } else { big.precision().max(bits) };
    let shift = (precision + 1).saturating_sub(bits);
    let mantissa = significand << shift;
    let exponent = big.repr().exponent() - shift as isize;
    let even = !mantissa.bit(1);
    let (scale, places) = if exponent >= 0 {
        (UBig::ONE << exponent as usize, 0)
    } else {
        (UBig::from(5u8).pow(exponent.unsigned_abs()), exponent.unsigned_abs())
    };
    let upper = ((&mantissa + UBig::ONE) * &scale).to_string();
    let pad = |text: String| format!("{text:0>width$}", width = upper.len());
    let digits = pad((&mantissa * &scale).to_string());
    let lower = pad(((&mantissa - UBig::ONE) * &scale).to_string());
    let point = upper.len() as isize - places as isize;
    let short = shorten(digits.as_bytes(), lower.as_bytes(), upper.as_bytes(), even);
    let (short, point) = match short.len().cmp(&0) {
        Ordering::Equal => (digits, point),
        _ => short_point(short, point),
    };
    let leading = short.bytes().take_while(|byte| *byte == b'0').count();
    (short[leading..].trim_end_matches('0').to_string(), point - leading as isize)
}

/// Moves a carry that made the digits one longer (marked by a leading `+`) into the point.
fn short_point(short: String, point: isize) -> (String, isize) {
    match short.strip_prefix('+') {
        Some(carried) => (carried.to_string(), point + 1),
        None => (short, point),
    }
}

/// Cuts `digits` where a shorter number still lies between `lower` and `upper`; all are of one length.
fn shorten(digits: &[u8], lower: &[u8], upper: &[u8], inclusive: bool) -> String {
    let significant = |text: &[u8]| text.iter().rposition(|byte| *byte != b'0').map_or(0, |at| at + 1);
    let (lower_len, upper_len) = (significant(lower), significant(upper));
    for (index, &digit) in digits.iter().enumerate() {
        let (low, high) = (lower[index], upper[index]);
        let down = low != digit || inclusive && index + 1 == lower_len;
        let up = digit != high && (inclusive || digit + 1 < high || index + 1 < upper_len);
        let kept = &digits[..=index];
        match (down, up) {
            (true, true) if rounds_up(digits, index + 1) => return increment(kept),
            (true, _) => return String::from_utf8_lossy(kept).into_owned(),
            (false, true) => return increment(kept),
            (false, false) => {}
        }
    }
    String::from_utf8_lossy(digits).into_owned()
}

/// Whether cutting at `at` is nearer to the next digit; a tie goes to the even digit.
fn rounds_up(digits: &[u8], at: usize) -> bool {
    match digits.get(at) {
        None => false,
        Some(b'5') if digits[at + 1..].iter().all(|byte| *byte == b'0') => digits[at - 1] % 2 == 1,
        Some(digit) => *digit >= b'5',
    }
}

fn increment(digits: &[u8]) -> String {
    let mut digits = digits.to_vec();
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return String::from_utf8_lossy(&digits).into_owned();
        }
        *digit = b'0';
    }
    format!("+1{}", String::from_utf8_lossy(&digits))
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
        let rank = |number: &Number| match (number.is_infinite(), number.is_negative()) {
            (true, true) => 0,
            (true, false) => 2,
            _ => 1,
        };
        match (self, other) {
            (Number::Int(left), Number::Int(right)) => left.cmp(right),
            _ => rank(self).cmp(&rank(other)).then_with(|| match rank(self) {
                1 => self.to_big().cmp(&other.to_big()),
                _ => Ordering::Equal,
            }),
        }
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
