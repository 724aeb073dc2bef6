//! Powers and logarithms in floating point, step by step as Go computes them, so that their last digits agree.

/// The natural logarithm.
pub(super) fn logarithm(float: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const SERIES: [f64; 7] = [
        6.666_666_666_666_735e-1,
        3.999_999_999_940_942e-1,
        2.857_142_874_366_239e-1,
        2.222_219_843_214_978_4e-1,
        1.818_357_216_161_805e-1,
        1.531_383_769_920_937_3e-1,
        1.479_819_860_511_658_6e-1,
    ];
    if float <= 0.0 || !float.is_finite() {
        return float.ln();
    }
    let (mut reduced, mut exponent) = mantissa(float);
    if reduced < std::f64::consts::FRAC_1_SQRT_2 {
        reduced *= 2.0;
        exponent -= 1;
    }
    let (rest, exponent) = (reduced - 1.0, exponent as f64);
    let ratio = rest / (2.0 + rest);
    let square = ratio * ratio;
    let fourth = square * square;
    let odd = square * (SERIES[0] + fourth * (SERIES[2] + fourth * (SERIES[4] + fourth * SERIES[6])));
    let even = fourth * (SERIES[1] + fourth * (SERIES[3] + fourth * SERIES[5]));
    let half = 0.5 * rest * rest;
    exponent * LN2_HIGH - ((half - (ratio * (half + odd + even) + exponent * LN2_LOW)) - rest)
}

/// The exponential of a small number: reduced by powers of two to a sixteenth of what is left, as a Taylor series,
/// and squared back. Every step is fused, as on the processors that Terraform runs on.
fn exponential(float: f64) -> f64 {
    const LN2_HIGH: f64 = 0.693_147_180_559_662_956_511_601_805_686_950_683_593_75;
    const LN2_LOW: f64 = 0.282_352_905_630_315_771_225_884_481_750_134_360_255_254_120_68e-12;
    let twos = (float * std::f64::consts::LOG2_E).round_ties_even();
    let rest = (-twos).mul_add(LN2_LOW, (-twos).mul_add(LN2_HIGH, float)) * 0.0625;
    let series = [40_320.0, 5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0f64].map(|factorial| 1.0 / factorial);
    let mut result = rest * series.into_iter().reduce(|sum, term| sum.mul_add(rest, term)).unwrap_or(1.0);
    for _ in 0..3 {
        result *= result + 2.0;
    }
    result.mul_add(result + 2.0, 1.0) * 2f64.powi(twos as i32)
}

/// The power as Go computes it, by repeated squares: its last digit is not always that of the nearest float.
pub(super) fn power(base: f64, exponent: f64) -> f64 {
    if base < 0.0 && exponent.fract() == 0.0 && exponent.abs() < 9e15 {
        let sign = if exponent.abs() % 2.0 == 1.0 { -1.0 } else { 1.0 };
        return sign * power(-base, exponent);
    }
    if exponent == -0.5 && base > 0.0 {
        return 1.0 / base.sqrt();
    }
    let plain = exponent.fract() == 0.0 && exponent.abs() < 3.0 || base <= 0.0 || !base.is_finite();
    if plain || exponent.abs() == 0.5 || !exponent.is_finite() || exponent.abs() >= 9e18 {
        return base.powf(exponent);
    }
    let (mut whole, mut fraction) = (exponent.abs().trunc(), exponent.abs().fract());
    let mut result = 1.0;
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            whole += 1.0;
        }
        result = exponential(fraction * logarithm(base));
    }
    let (mut square, mut exponent_of_two) = mantissa(base);
    let mut scale = 0i64;
    let mut left = whole as i64;
    while left != 0 {
        if exponent_of_two.abs() > 1 << 12 {
            scale += exponent_of_two;
            break;
        }
        if left & 1 == 1 {
            result *= square;
            scale += exponent_of_two;
        }
        square *= square;
        exponent_of_two *= 2;
        if square < 0.5 {
            square += square;
            exponent_of_two -= 1;
        }
        left >>= 1;
    }
    if exponent < 0.0 {
        (result, scale) = (1.0 / result, -scale);
    }
    // In two steps, since one factor may be too large or too small for a float.
    let half = (scale / 2).clamp(-2000, 2000) as i32;
    let rest = (scale - scale / 2).clamp(-2000, 2000) as i32;
    result * 2f64.powi(half) * 2f64.powi(rest)
}

/// A positive finite float as a mantissa from a half up to one, and an exponent of two.
fn mantissa(float: f64) -> (f64, i64) {
    let (float, shift) = if float < f64::MIN_POSITIVE { (float * 2f64.powi(54), 54) } else { (float, 0) };
    let bits = float.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1022 - shift;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent)
}
