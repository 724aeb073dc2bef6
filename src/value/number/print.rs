//! Numbers to decimal notation: the shortest that reads back as the same number in its precision.

use std::fmt;

use dashu_base::{BitTest, UnsignedAbs};
use dashu_int::UBig;

use super::{Kind, Number};

/// Decimal notation without an exponent.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::NegativeZero => return f.write_str("-0"),
            Kind::Infinity(negative) => return f.write_str(if *negative { "-Inf" } else { "+Inf" }),
            Kind::Int(int) if self.bits >= 64 || int.unsigned_abs() < 1 << self.bits => return write!(f, "{int}"),
            Kind::Int(_) | Kind::Big(_) => {}
        }
        let (digits, point) = shortest(self);
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

/// The fewest decimal digits that read back as the same number, and where the point is in them.
fn shortest(number: &Number) -> (String, isize) {
    let (significand, exponent) = number.parts().unwrap_or_default();
    let significand: UBig = significand.unsigned_abs();
    let zeros = significand.trailing_zeros().unwrap_or_default();
    let (significand, exponent) = (significand >> zeros, exponent + zeros as isize);
    // One bit more than the precision, so that one unit is half the distance to the next number.
    let bits = significand.bit_len();
    let shift = (usize::from(number.bits) + 1).saturating_sub(bits);
    let mantissa = significand << shift;
    let exponent = exponent - shift as isize;
    let even = !mantissa.bit(1);
    let (scale, places) = if exponent >= 0 {
        (UBig::ONE << exponent as usize, 0)
    } else {
        (UBig::from(5u8).pow(exponent.unsigned_abs()), exponent.unsigned_abs())
    };
    let upper = ((&mantissa + UBig::ONE) * &scale).to_string();
    let pad = |text: String| zeros_before(text, upper.len());
    let digits = pad((&mantissa * &scale).to_string());
    let lower = pad(((&mantissa - UBig::ONE) * &scale).to_string());
    let point = upper.len() as isize - places as isize;
    let short = shorten(digits.as_bytes(), lower.as_bytes(), upper.as_bytes(), even);
    let (short, point) = if short.is_empty() { (digits, point) } else { carried(short, point) };
    let leading = short.bytes().take_while(|byte| *byte == b'0').count();
    (short[leading..].trim_end_matches('0').to_string(), point - leading as isize)
}

/// The digits with zeros in front, as many as make them so long. (A width of `format!` is below 65536.)
pub(super) fn zeros_before(digits: String, length: usize) -> String {
    "0".repeat(length.saturating_sub(digits.len())) + &digits
}

/// Moves a carry that made the digits one longer (marked by a leading `+`) into the point.
fn carried(short: String, point: isize) -> (String, isize) {
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
