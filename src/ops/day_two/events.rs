//! What the service tells of the last two weeks.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::kind::Event;
use crate::ops::connect::Connection;
use crate::ops::day_two::{Meant, refused};
use crate::ops::{Failure, Session};
use crate::state::State;

/// Events of a region, the oldest first.
pub async fn all(connection: &Connection, region: &str) -> Result<Vec<Event>, Failure> {
    let found = connection.cloud.events(region).await;
    let mut found = found.map_err(|error| refused("the events cannot be read", &error))?;
    sort(&mut found);
    Ok(found)
}

/// By time, and of one time as they are told.
fn sort(events: &mut [Event]) {
    events.sort_by_cached_key(Event::time);
}

/// Those of an object and of its nodes.
pub async fn of(connection: &Connection, meant: &Meant) -> Result<Vec<Event>, Failure> {
    let mut found = all(connection, &meant.region).await?;
    found.retain(|event| event.is_of(&meant.id));
    Ok(found)
}

/// Those of an object, or of every region of the stack, since a time.
pub async fn list(
    session: &Session,
    state: &State,
    connection: &Connection,
    meant: Option<&Meant>,
    since: jiff::Timestamp,
) -> Result<Vec<Event>, Failure> {
    let mut found = match meant {
        Some(meant) => of(connection, meant).await?,
        None => {
            let here = session.environment.region.iter().map(ToString::to_string);
            let recorded = state.records.values().map(|record| record.region.clone());
            let regions: BTreeSet<String> = recorded.chain(here).filter(|region| !region.is_empty()).collect();
            let mut found = Vec::new();
            for region in &regions {
                found.extend(all(connection, region).await?);
            }
            found
        }
    };
    found.retain(|event| event.time().is_none_or(|at| at >= since));
    Ok(found)
}

/// The time that a person means: so long ago (`2h`, `7d`), or a date, with a time or without one.
///
/// # Errors
/// What may be written.
pub fn since(text: &str, now: jiff::Timestamp) -> Result<jiff::Timestamp, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return Err(format!("\"{text}\" has no unit: write {text}h or {text}d"));
    }
    if let Ok(ago) = crate::clock::duration(text) {
        let ago = ago.min(Duration::from_secs(366 * 86_400));
        return now.checked_sub(ago).map_err(|error| error.to_string());
    }
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let at = text.parse::<jiff::Timestamp>().ok().or_else(|| day().map(|day| day.timestamp()));
    at.ok_or_else(|| format!("\"{text}\" is no time: write 2h, 7d, 2026-11-27 or 2026-11-27T20:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::{Event, since, sort};

    #[test]
    fn order_is_that_of_time() {
        let times =
            ["2026-11-27T20:00:00Z", "2026-11-27T20:00:00.9Z", "2026-11-27T20:00:00.95Z", "2026-11-27T20:00:01Z"];
        let event = |at: &&str| Event { at: (*at).into(), source: "a".into(), text: "m".into() };
        let mut events: Vec<Event> = times.iter().rev().map(event).collect();
        sort(&mut events);
        assert_eq!(events.iter().map(|event| &*event.at).collect::<Vec<&str>>(), times);
    }

    #[test]
    fn times_are_read() {
        let now = "2026-11-27T20:00:00Z".parse().expect("a time");
        let cases = [
            ("2h", Some("2026-11-27T18:00:00Z")),
            ("7d", Some("2026-11-20T20:00:00Z")),
            ("7", None),
            ("1d12h", Some("2026-11-26T08:00:00Z")),
            ("2026-11-26", Some("2026-11-26T00:00:00Z")),
            ("2026-11-26T10:00:00+02:00", Some("2026-11-26T08:00:00Z")),
            ("yesterday", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(since(text, now).ok().map(|at| at.to_string()).as_deref(), want, "{text}");
        }
    }
}
