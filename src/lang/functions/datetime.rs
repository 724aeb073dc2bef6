//! Dates and times, in the notation of RFC 3339.

use jiff::civil::DateTime;
use jiff::{SignedDuration, ToSpan};

use super::crypto::later;
use super::{Call, Failure, Function, Want, function, param, text, wrong};
use crate::value::{Type, Value};

const STRING: Want = Want::String;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "formatdate",
        &[param("format", STRING), param("time", STRING)],
        STRING,
        formatdate,
        "The time in another notation.",
        "formatdate(\"DD MMM YYYY\", \"2026-01-02T00:00:00Z\") = \"02 Jan 2026\"",
    ),
    function("plantimestamp", &[], STRING, plantimestamp, "When the plan was made.", "plantimestamp()"),
    function(
        "timeadd",
        &[param("timestamp", STRING), param("duration", STRING)],
        STRING,
        timeadd,
        "The time with a duration added.",
        "timeadd(\"2026-01-01T00:00:00Z\", \"1h\") = \"2026-01-01T01:00:00Z\"",
    ),
    function(
        "timecmp",
        &[param("timestamp_a", STRING), param("timestamp_b", STRING)],
        Want::Number,
        timecmp,
        "Which time is earlier: -1, 0 or 1.",
        "timecmp(\"2026-01-01T00:00:00Z\", \"2026-01-02T00:00:00Z\") = -1",
    ),
    function("timestamp", &[], STRING, timestamp, "The present time; it changes with every run.", "timestamp()"),
];

/// A time with its distance from UTC.
#[derive(Debug, Clone, Copy)]
struct Moment {
    civil: DateTime,
    /// Minutes east of UTC.
    offset: i32,
    /// Whether that was written as `Z`.
    zulu: bool,
}

impl Moment {
    fn parse(text: &str) -> Option<Moment> {
        let bytes = text.as_bytes();
        let shape = bytes.len() >= 20
            && bytes[4] == b'-'
            && bytes[7] == b'-'
            && bytes[10] == b'T'
            && bytes[13] == b':'
            && bytes[16] == b':';
        if !shape || !text.is_ascii() {
            return None;
        }
        let two = |at: usize| text[at..at + 2].parse::<i8>().ok().filter(|_| bytes[at].is_ascii_digit());
        let year: i16 = text[..4].parse().ok()?;
        let (fraction, zone) = match text[19..].strip_prefix('.') {
            Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
            None => ("", &text[19..]),
        };
        let nanos = format!("{fraction:0<9.9}").parse::<i32>().ok()?;
        let offset = match zone.as_bytes() {
            b"Z" => 0,
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let minutes = zone[1..3].parse::<i32>().ok()? * 60 + zone[4..].parse::<i32>().ok()?;
                if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return None,
        };
        let civil = DateTime::new(year, two(5)?, two(8)?, two(11)?, two(14)?, two(17)?, nanos).ok()?;
        Some(Moment { civil, offset, zulu: zone == "Z" })
    }

    fn argument(call: &Call, index: usize) -> Result<Moment, Failure> {
        match Self::parse(call.text(index)) {
            Some(moment) => Ok(moment),
            None => wrong(index, format!("{:?} is not a time such as 2026-01-02T15:04:05Z", call.text(index))),
        }
    }

    fn utc(&self) -> DateTime {
        self.civil.saturating_sub(i64::from(self.offset).minutes())
    }

    fn zone(&self, colon: bool) -> String {
        let (sign, minutes) = (if self.offset < 0 { '-' } else { '+' }, self.offset.abs());
        format!("{sign}{:02}{}{:02}", minutes / 60, if colon { ":" } else { "" }, minutes % 60)
    }
}

fn plantimestamp(call: &Call) -> Result<Value, Failure> {
    match &*call.settings().plan_timestamp {
        "" => Ok(Value::unknown(Type::String, None)),
        time => text(time),
    }
}

fn timestamp(call: &Call) -> Result<Value, Failure> {
    match &call.settings().timestamp {
        Some(time) => text(time),
        None => Ok(later()),
    }
}

fn timeadd(call: &Call) -> Result<Value, Failure> {
    let moment = Moment::argument(call, 0)?;
    let Some(duration) = parse_duration(call.text(1)) else {
        return wrong(
            1,
            format!("{:?} is not a duration such as 1h30m; the units are h, m, s, ms, us and ns", call.text(1)),
        );
    };
    let Ok(sum) = moment.civil.checked_add(duration) else { return wrong(1, "the result is beyond the calendar") };
    let zone = if moment.offset == 0 { "Z".to_string() } else { moment.zone(true) };
    text(format!("{}{zone}", sum.strftime("%Y-%m-%dT%H:%M:%S")))
}

/// `-1h30m0.5s`
fn parse_duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    let mut total = 0f64;
    let mut nanos = 0i128;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let amount: f64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().take_while(|c| !c.is_ascii_digit() && *c != '.').collect::<String>();
        let factor = match unit.as_str() {
            "h" => 3_600_000_000_000f64,
            "m" => 60_000_000_000f64,
            "s" => 1_000_000_000f64,
            "ms" => 1_000_000f64,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000f64,
            "ns" => 1f64,
            _ => return None,
        };
        total += amount * factor;
        nanos += match rest[..digits].parse::<i64>() {
            Ok(whole) => i128::from(whole) * factor as i128,
            Err(_) => (amount * factor).round() as i128,
        };
        rest = &rest[digits + unit.len()..];
    }
    if total > 9.2e18 {
        return None;
    }
    let nanos = if negative { -nanos } else { nanos };
    Some(SignedDuration::from_nanos(i64::try_from(nanos).ok()?))
}

fn timecmp(call: &Call) -> Result<Value, Failure> {
    let (left, right) = (Moment::argument(call, 0)?, Moment::argument(call, 1)?);
    Ok(Value::int(left.utc().cmp(&right.utc()) as i64))
}

fn formatdate(call: &Call) -> Result<Value, Failure> {
    let moment = Moment::argument(call, 1)?;
    let mut out = String::new();
    let mut rest = call.text(0);
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (literal, behind) =
                quoted(&rest[1..]).ok_or_else(|| Failure::Argument(0, "a quote is never closed".to_string()))?;
            out.push_str(&literal);
            rest = behind;
        } else if first.is_ascii_alphabetic() {
            let length = rest.chars().take_while(|c| *c == first).count();
            out.push_str(&verb(&rest[..length], &moment).ok_or_else(|| {
                Failure::Argument(
                    0,
                    format!("{:?} is not a part of a date; put other text in single quotes", &rest[..length]),
                )
            })?);
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    text(out)
}

/// The text up to the closing quote, and what is behind; two quotes mean one.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut out, mut rest) = (String::new(), text);
    loop {
        let at = rest.find('\'')?;
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('\'') {
            Some(behind) => {
                out.push('\'');
                rest = behind;
            }
            None => return Some((out, rest)),
        }
    }
}

fn verb(verb: &str, moment: &Moment) -> Option<String> {
    let civil = moment.civil;
    let half = if civil.hour() % 12 == 0 { 12 } else { civil.hour() % 12 };
    Some(match verb {
        "YY" => format!("{:02}", civil.year() % 100),
        "YYYY" => format!("{:04}", civil.year()),
        "M" => civil.month().to_string(),
        "MM" => format!("{:02}", civil.month()),
        "MMM" => civil.strftime("%b").to_string(),
        "MMMM" => civil.strftime("%B").to_string(),
        "D" => civil.day().to_string(),
        "DD" => format!("{:02}", civil.day()),
        "EEE" => civil.strftime("%a").to_string(),
        "EEEE" => civil.strftime("%A").to_string(),
        "h" => civil.hour().to_string(),
        "hh" => format!("{:02}", civil.hour()),
        "H" => half.to_string(),
        "HH" => format!("{half:02}"),
        "AA" => (if civil.hour() < 12 { "AM" } else { "PM" }).to_string(),
        "aa" => (if civil.hour() < 12 { "am" } else { "pm" }).to_string(),
        "m" => civil.minute().to_string(),
        "mm" => format!("{:02}", civil.minute()),
        "s" => civil.second().to_string(),
        "ss" => format!("{:02}", civil.second()),
        "Z" if moment.zulu => "Z".to_string(),
        "Z" | "ZZZZZ" => moment.zone(true),
        "ZZZ" if moment.offset == 0 => "UTC".to_string(),
        "ZZZ" | "ZZZZ" => moment.zone(false),
        _ => return None,
    })
}
