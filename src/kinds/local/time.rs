//! `time_static`: the time when it was made, or one that is written.

use std::sync::LazyLock;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Plain, id, keepers, object, text};
use crate::kind::Means;
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::optional_computed("rfc3339", Type::String)
            .replace()
            .rule(Rule::Test(|text| parse(text).is_some(), "a time such as 2026-02-12T06:36:13Z"))
            .doc("The time; that of the apply where none is written."),
        keepers("triggers"),
        id("The time."),
    ];
    let parts = ["year", "month", "day", "hour", "minute", "second", "unix"];
    attrs.extend(parts.map(|name| Attr::computed(name, Type::Number).doc("This part of it; `unix` counts from 1970.")));
    Schema::new("time_static", "time_static", "A time that stays.", attrs)
});

/// The kind `time_static`.
pub static TIME_STATIC: Plain = Plain { follow, ..Plain::new(&SCHEMA, make, import) };

fn parse(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// Everything is a part of the time.
fn follow(object: &mut Object, _: Option<&Object>) {
    if let Some((text, time)) = text(object, "rfc3339").and_then(|text| Some((text.to_owned(), parse(text)?))) {
        object.extend(parts(&text, time));
    }
}

fn parts(text: &str, time: Timestamp) -> Object {
    let utc = time.to_zoned(TimeZone::UTC);
    object([
        ("id", Value::string(text)),
        ("rfc3339", Value::string(text)),
        ("year", Value::int(utc.year().into())),
        ("month", Value::int(utc.month().into())),
        ("day", Value::int(utc.day().into())),
        ("hour", Value::int(utc.hour().into())),
        ("minute", Value::int(utc.minute().into())),
        ("second", Value::int(utc.second().into())),
        ("unix", Value::int(time.as_second())),
    ])
}

fn make(wanted: &Object, means: &Means) -> Result<Object, String> {
    match text(wanted, "rfc3339") {
        Some(text) => import(text),
        None => Ok(of(means.now)),
    }
}

fn of(now: SystemTime) -> Object {
    let now = second(now);
    parts(&now.to_string(), now)
}

/// The present time to the second, in RFC 3339.
pub(super) fn now(now: SystemTime) -> String {
    second(now).to_string()
}

fn second(now: SystemTime) -> Timestamp {
    let now = Timestamp::try_from(now).unwrap_or_default();
    Timestamp::from_second(now.as_second()).unwrap_or_default()
}

fn import(id: &str) -> Result<Object, String> {
    let time = parse(id).ok_or("the id must be a time such as 2026-02-12T06:36:13Z")?;
    Ok(parts(id, time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    #[test]
    fn a_time_has_parts_in_utc() {
        let told = json::encode(&Value::object(import("2020-02-12T23:36:13+02:00").expect("a time")));
        assert_eq!(
            told,
            r#"{"day":12,"hour":21,"id":"2020-02-12T23:36:13+02:00","minute":36,"month":2,"rfc3339":"2020-02-12T23:36:13+02:00","second":13,"unix":1581543373,"year":2020}"#
        );
        let now = of(SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_500));
        assert_eq!(text(&now, "rfc3339"), Some("1970-01-01T00:00:01Z"));
        assert!(import("2020-02-12").is_err());
    }
}
