//! `time_sleep`: nothing but a wait, after which what hangs on it goes on.

use std::sync::LazyLock;
use std::time::Duration;

use super::{Plain, id, keepers, object, text, time};
use crate::kind::{Means, Problem};
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let wait = |name, doc| {
        let rule = Rule::Test(|text| duration(text).is_some(), "a number with ms, s, m or h, such as 30s");
        Attr::optional(name, Type::String).rule(rule).doc(doc)
    };
    let attrs = vec![
        wait("create_duration", "How long is waited when it is made."),
        wait("destroy_duration", "How long is waited when it goes."),
        keepers("triggers"),
        id("When it was made."),
    ];
    Schema::new("time_sleep", "time_sleep", "A wait.", attrs)
});

/// The kind `time_sleep`.
pub static TIME_SLEEP: Plain = Plain { check, pause, ..Plain::new(&SCHEMA, make, import) };

/// `30s`, `1.5m`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic())?);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok().filter(|_| digits(whole) && digits(part))?;
    Duration::try_from_secs_f64(number * seconds).ok()
}

/// A change of the duration alone waits for nothing.
fn pause(object: &Object, goes: bool) -> Option<Duration> {
    text(object, if goes { "destroy_duration" } else { "create_duration" }).and_then(duration)
}

fn check(desired: &Object) -> Vec<Problem> {
    let written = |name: &&str| desired.get(name).is_some_and(|value| !value.is_null());
    if ["create_duration", "destroy_duration"].iter().any(written) {
        return Vec::new();
    }
    let detail = "Neither `create_duration` nor `destroy_duration` is written.";
    let help = "Write one of them, such as create_duration = \"30s\".";
    vec![Problem::error("CS0961", "create_duration", "A wait for nothing", detail, help)]
}

fn make(_: &Object, means: &Means) -> Result<Object, String> {
    Ok(object([("id", Value::string(time::now(means.now)))]))
}

/// `CREATE,DESTROY` and triggers `KEY=VALUE` behind them. When it was made nobody knows.
fn import(text: &str) -> Result<Object, String> {
    let form = "the id must be CREATE_DURATION,DESTROY_DURATION,KEY=VALUE,..., where one duration may be empty";
    let mut texts = text.split(',');
    let (create, destroy) = texts.next().zip(texts.next()).ok_or(form)?;
    let mut made = object([("id", Value::string(text))]);
    for (name, text) in [("create_duration", create), ("destroy_duration", destroy)] {
        if !text.is_empty() {
            duration(text).ok_or(form)?;
            made.insert(name.into(), Value::string(text));
        }
    }
    let triggers: Option<Vec<(&str, &str)>> = texts.map(|text| text.split_once('=')).collect();
    let triggers = triggers.ok_or(form)?;
    if made.len() == 1 {
        return Err(form.to_owned());
    }
    if !triggers.is_empty() {
        made.insert("triggers".into(), Value::string_map(triggers));
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_the_provider() {
        for (text, want) in [
            ("30s", Some(30_000)),
            ("1.5m", Some(90_000)),
            ("250ms", Some(250)),
            ("2h", Some(7_200_000)),
            ("30", None),
            ("1h30m", None),
            ("-1s", None),
            (".5s", None),
            ("1.s", None),
            ("1e3s", None),
            ("", None),
            ("99999999999999999999h", None),
        ] {
            assert_eq!(duration(text).map(|it| it.as_millis()), want, "{text}");
        }
    }

    #[test]
    fn a_wait_is_imported_by_its_durations() {
        let made = import("30s,,a=b").expect("a wait");
        assert_eq!(text(&made, "create_duration"), Some("30s"));
        assert_eq!(made["triggers"].get("a").and_then(Value::as_str), Some("b"));
        assert!(["", ",", "30s", "30,1s", "1s,1s,x"].iter().all(|text| import(text).is_err()));
    }
}
