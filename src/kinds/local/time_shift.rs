//! `time_offset` and `time_rotating`: a time, and another one that lies some years, days or minutes from it. When the
//! later one of a `time_rotating` is over, a new one is made.

use std::sync::LazyLock;
use std::time::SystemTime;

use jiff::civil::Date;
use jiff::fmt::temporal::{DateTimeParser, Pieces};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use super::{Plain, id, keepers, number, object, text};
use crate::kind::{Means, Problem};
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

static OFFSET: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        time("base_rfc3339").replace().doc("The time that is counted from; that of the apply where none is written."),
        keepers("triggers"),
        Attr::computed("rfc3339", Type::String).doc("The other time."),
    ];
    attrs.extend(OFFSETS.map(|name| Attr::optional(name, Type::Number).doc("How far it lies from the first.")));
    attrs.extend(parts_told());
    Schema::new("time_offset", "time_offset", "A time that lies at a distance from another.", attrs)
});

static ROTATING: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        time("rfc3339").replace().doc("The time that is counted from; that of the apply where none is written."),
        time("rotation_rfc3339").doc("When it is over."),
        keepers("triggers"),
    ];
    let distance =
        |name| Attr::optional(name, Type::Number).rule(Rule::Range(1, i64::MAX)).doc("After how long it is over.");
    attrs.extend(ROTATIONS.map(distance));
    attrs.extend(parts_told());
    Schema::new("time_rotating", "time_rotating", "A time that is made anew when it is over.", attrs)
});

/// In the order of the provider: where several are written, the last one counts.
const OFFSETS: [&str; 6] =
    ["offset_days", "offset_hours", "offset_minutes", "offset_months", "offset_seconds", "offset_years"];
const ROTATIONS: [&str; 5] =
    ["rotation_days", "rotation_hours", "rotation_minutes", "rotation_months", "rotation_years"];

/// The kind `time_offset`.
pub static TIME_OFFSET: Plain =
    Plain { check: check_offset, follow: follow_offset, ..Plain::new(&OFFSET, make_offset, import_offset) };

/// The kind `time_rotating`.
pub static TIME_ROTATING: Plain = Plain {
    check: check_rotating,
    unite,
    follow: follow_rotating,
    is_over,
    ..Plain::new(&ROTATING, make_rotating, import_rotating)
};

fn time(name: &'static str) -> Attr {
    let rule = Rule::Test(|text| parse(text).is_some(), "a time such as 2026-02-12T06:36:13Z");
    Attr::optional_computed(name, Type::String).rule(rule)
}

fn parts_told() -> Vec<Attr> {
    let parts = ["year", "month", "day", "hour", "minute", "second", "unix"];
    let part = |name| Attr::computed(name, Type::Number).doc("This part of the other time; `unix` counts from 1970.");
    [id("The time that is counted from.")].into_iter().chain(parts.map(part)).collect()
}

/// A time with the offset from UTC that it is written in.
fn parse(text: &str) -> Option<Zoned> {
    let time: Timestamp = text.parse().ok()?;
    let pieces: Pieces = DateTimeParser::new().parse_pieces(text).ok()?;
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    Some(time.to_zoned(TimeZone::fixed(offset)))
}

/// RFC 3339 to the second, as Go writes it.
fn spell(time: &Zoned) -> String {
    let zone = if time.offset() == Offset::UTC { "Z".to_owned() } else { time.strftime("%:z").to_string() };
    format!("{}{zone}", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// The time at a distance. Days of a month that it does not have run on into the next one, as in Go: a month after the
/// 31st of October is the 1st of December.
fn shift(base: &Zoned, unit: &str, count: i64) -> Option<Zoned> {
    let months = match unit {
        "years" => count.checked_mul(12)?,
        "months" => count,
        "days" => 0,
        _ => {
            let second = match unit {
                "hours" => 3600,
                "minutes" => 60,
                _ => 1,
            };
            return base.checked_add(SignedDuration::from_secs(count.checked_mul(second)?)).ok();
        }
    };
    let days = if unit == "days" { count } else { 0 };
    let month = (i64::from(base.year()) * 12 + i64::from(base.month()) - 1).checked_add(months)?;
    let year = i16::try_from(month.div_euclid(12)).ok()?;
    let first = Date::new(year, i8::try_from(month.rem_euclid(12) + 1).ok()?, 1).ok()?;
    let days = days.checked_add(i64::from(base.day()) - 1)?;
    let date = first.checked_add(Span::new().try_days(days).ok()?).ok()?;
    date.to_datetime(base.time()).to_zoned(base.time_zone().clone()).ok()
}

/// The other time, as the last of the distances says that is written; none where none is, or one is not known.
fn shifted(base: &Zoned, object: &Object, names: &[&str]) -> Option<Zoned> {
    let last = names.iter().rev().find(|name| number(object, name).is_some_and(|count| count != 0))?;
    let unit = last.rsplit('_').next()?;
    shift(base, unit, number(object, last)?)
}

fn parts(base: &Zoned, other: &Zoned, (base_name, other_name): (&str, &str)) -> Object {
    let number = |number: i64| Value::int(number);
    object([
        ("id", Value::string(spell(base))),
        (base_name, Value::string(spell(base))),
        (other_name, Value::string(spell(other))),
        ("year", number(other.year().into())),
        ("month", number(other.month().into())),
        ("day", number(other.day().into())),
        ("hour", number(other.hour().into())),
        ("minute", number(other.minute().into())),
        ("second", number(other.second().into())),
        ("unix", number(other.timestamp().as_second())),
    ])
}

/// Where a distance is not known yet, nothing is that hangs on it.
fn forget(object: &mut Object, other: &str) {
    for name in [other, "year", "month", "day", "hour", "minute", "second", "unix"] {
        object.remove(name);
    }
}

fn is_open(object: &Object, names: &[&str]) -> bool {
    names.iter().any(|name| object.get(name).is_some_and(Value::is_unknown))
}

fn follow_offset(object: &mut Object, _: Option<&Object>) {
    let Some(base) = text(object, "base_rfc3339").and_then(parse) else { return };
    if is_open(object, &OFFSETS) {
        return forget(object, "rfc3339");
    }
    object.extend(offset(&base, object).into_iter().flatten());
}

fn offset(base: &Zoned, object: &Object) -> Option<Object> {
    Some(parts(base, &shifted(base, object, &OFFSETS)?, ("base_rfc3339", "rfc3339")))
}

fn follow_rotating(object: &mut Object, live: Option<&Object>) {
    let differs = |name: &str, live: &Object| {
        object.get(name).filter(|it| !it.is_null()) != live.get(name).filter(|it| !it.is_null())
    };
    // What was computed from other distances is not what is written.
    let stale =
        live.is_some_and(|live| !differs("rotation_rfc3339", live) && ROTATIONS.iter().any(|name| differs(name, live)));
    let Some(base) = text(object, "rfc3339").and_then(parse) else { return };
    if is_open(object, &ROTATIONS) {
        return forget(object, "rotation_rfc3339");
    }
    if stale && shifted(&base, object, &ROTATIONS).is_some() {
        object.remove("rotation_rfc3339");
    }
    object.extend(rotating(&base, object).into_iter().flatten());
}

/// What does not count beside the rest is as good as not written: an end that is written counts before all distances but
/// years, and years before that.
fn unite(desired: &mut Object) {
    let years = number(desired, "rotation_years").is_some();
    let idle: &[&str] = match years {
        true => &["rotation_rfc3339", "rotation_days", "rotation_hours", "rotation_minutes", "rotation_months"],
        false if text(desired, "rotation_rfc3339").is_some() => &ROTATIONS[..4],
        false => &[],
    };
    idle.iter().for_each(|name| drop(desired.remove(name)));
}

/// A time that is written counts before all distances but years.
fn rotating(base: &Zoned, object: &Object) -> Option<Object> {
    let years = shifted(base, object, &ROTATIONS[4..]);
    let written = || text(object, "rotation_rfc3339").and_then(parse);
    let over = years.or_else(written).or_else(|| shifted(base, object, &ROTATIONS))?;
    Some(parts(base, &over, ("rfc3339", "rotation_rfc3339")))
}

fn base(wanted: &Object, name: &str, means: &Means) -> Result<Zoned, String> {
    match text(wanted, name) {
        Some(text) => parse(text).ok_or_else(|| format!("`{name}` is no time")),
        None => {
            let now = Timestamp::try_from(means.now).map_err(|error| error.to_string())?;
            let now = Timestamp::from_second(now.as_second()).map_err(|error| error.to_string())?;
            Ok(now.to_zoned(TimeZone::UTC))
        }
    }
}

const FAR: &str = "there is no such time: it lies too far away, or at no distance";

fn make_offset(wanted: &Object, means: &Means) -> Result<Object, String> {
    offset(&base(wanted, "base_rfc3339", means)?, wanted).ok_or_else(|| FAR.to_owned())
}

fn make_rotating(wanted: &Object, means: &Means) -> Result<Object, String> {
    rotating(&base(wanted, "rfc3339", means)?, wanted).ok_or_else(|| FAR.to_owned())
}

fn is_over(object: &Object, now: SystemTime) -> bool {
    let over = text(object, "rotation_rfc3339").and_then(parse);
    over.zip(Timestamp::try_from(now).ok()).is_some_and(|(over, now)| over.timestamp() < now)
}

fn check_offset(desired: &Object) -> Vec<Problem> {
    let far = too_far(desired, &OFFSETS, "base_rfc3339");
    written(desired, &OFFSETS, "base_rfc3339").into_iter().chain(far).collect()
}

/// A distance that leads to no time, from the base that is written or else from any time at all.
fn too_far(desired: &Object, names: &[&'static str], base: &str) -> Option<Problem> {
    let bases = match text(desired, base) {
        Some(text) => vec![parse(text)?],
        None => ["1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z"].iter().filter_map(|text| parse(text)).collect(),
    };
    let name = names.iter().rev().find(|name| number(desired, name).is_some_and(|count| count != 0))?;
    let leads = |base: &Zoned| shifted(base, desired, &[name]).is_some_and(|time| (0..=9999).contains(&time.year()));
    (!bases.iter().any(leads)).then(|| {
        let detail = format!("`{name}` leads to a time that has no name: years are written with four digits.");
        Problem::error("CS0962", name, "Too far away", detail, "Write a smaller number.")
    })
}

fn check_rotating(desired: &Object) -> Vec<Problem> {
    let names = [&ROTATIONS[..], &["rotation_rfc3339"]].concat();
    let far = too_far(desired, &ROTATIONS, "rfc3339");
    written(desired, &names, "rfc3339").into_iter().chain(far).collect()
}

fn written(desired: &Object, names: &[&str], about: &'static str) -> Option<Problem> {
    let any = names.iter().any(|name| desired.get(name).is_some_and(|value| !value.is_null()));
    let detail = "Nothing says how far the other time lies from this one.".to_owned();
    let help = format!("Write one of {}.", names.join(", "));
    (!any).then(|| Problem::error("CS0960", about, "No distance", detail, help))
}

/// The distances of a text, by the names in their order there; one that is empty is none.
fn distances(texts: &[&str], names: &[&str]) -> Result<Object, String> {
    let one = |(name, text): (&&str, &&str)| match text.is_empty() {
        true => None,
        false => Some(text.parse::<i64>().map(|count| ((*name).into(), Value::int(count)))),
    };
    names.iter().zip(texts).filter_map(one).collect::<Result<Object, _>>().map_err(|error| error.to_string())
}

fn import_offset(text: &str) -> Result<Object, String> {
    let form = "the id must be BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES,SECONDS, where what is empty is none";
    let texts: Vec<&str> = text.split(',').collect();
    let base = texts.first().and_then(|text| parse(text)).filter(|_| texts.len() == 7).ok_or(form)?;
    let names = ["offset_years", "offset_months", "offset_days", "offset_hours", "offset_minutes", "offset_seconds"];
    let mut made = distances(&texts[1..], &names)?;
    made.extend(offset(&base, &made).ok_or(form)?);
    Ok(made)
}

fn import_rotating(text: &str) -> Result<Object, String> {
    let form = "the id must be BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES, where what is empty is none; or BASE,END";
    let texts: Vec<&str> = text.split(',').collect();
    let base = texts.first().and_then(|text| parse(text)).ok_or(form)?;
    let mut made = match texts.len() {
        2 => object([("rotation_rfc3339", Value::string(texts[1]))]),
        6 => {
            let names = ["rotation_years", "rotation_months", "rotation_days", "rotation_hours", "rotation_minutes"];
            distances(&texts[1..], &names)?
        }
        _ => return Err(form.to_owned()),
    };
    made.extend(rotating(&base, &made).ok_or(form)?);
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: Go's time.AddDate, and the documentation of the provider.
    #[test]
    fn times_are_shifted_as_go_does() {
        for (base, unit, count, want) in [
            ("2020-10-31T01:02:03Z", "months", 1, "2020-12-01T01:02:03Z"),
            ("2020-02-29T00:00:00Z", "years", 1, "2021-03-01T00:00:00Z"),
            ("2020-03-31T00:00:00Z", "months", -1, "2020-03-02T00:00:00Z"),
            ("2020-02-12T06:36:13Z", "days", 30, "2020-03-13T06:36:13Z"),
            ("2020-02-12T06:36:13+02:00", "hours", 30, "2020-02-13T12:36:13+02:00"),
            ("2020-02-12T06:36:13.5Z", "seconds", -14, "2020-02-12T06:35:59Z"),
            ("2020-01-15T00:00:00Z", "months", -13, "2018-12-15T00:00:00Z"),
        ] {
            let shifted = shift(&parse(base).expect("a time"), unit, count).expect("a time");
            assert_eq!(spell(&shifted), want, "{base} {count} {unit}");
        }
        assert!(shift(&parse("2020-01-01T00:00:00Z").expect("a time"), "years", 9_000).is_none());
    }

    #[test]
    fn what_is_imported_is_what_would_be_made() {
        let told = |object: &Object, name: &str| text(object, name).map(str::to_owned).unwrap_or_default();
        let offset = import_offset("2020-02-12T06:36:13Z,,,7,,,").expect("an offset");
        assert_eq!((told(&offset, "rfc3339"), number(&offset, "day")), ("2020-02-19T06:36:13Z".into(), Some(19)));
        let rotating = import_rotating("2020-02-12T06:36:13Z,2020-03-01T00:00:00Z").expect("a rotation");
        assert_eq!((told(&rotating, "id"), number(&rotating, "month")), ("2020-02-12T06:36:13Z".into(), Some(3)));
        let day = std::time::Duration::from_secs(86_400);
        let end = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_583_020_800);
        assert!(!is_over(&rotating, end - day) && is_over(&rotating, end + day));
        for wrong in ["", "2020-02-12T06:36:13Z", "x,1,,,,", "2020-02-12T06:36:13Z,,,,,", "2020-02-12T06:36:13Z,a,,,,"]
        {
            assert!(import_rotating(wrong).is_err(), "{wrong}");
        }
    }
}
