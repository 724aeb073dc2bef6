//! Events: what happened to whom, for two weeks.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::region::Region;
use super::super::service::{Part, operation};
use super::super::table::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Events: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[operation(
        "DescribeEvents",
        describe,
        "creation, change, deletion, snapshots, failover; 14 days",
        "a part of AWS's messages",
    )],
    tables: &[&EVENTS],

    ..Part::NONE
};

/// One event; its time is in its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub at: u64,
    pub kind: String,
    pub source: String,
    pub text: String,
}

/// By time and number, so that their order is that of time.
pub const EVENTS: Key<Event> = Key::new("events");

/// How long events are kept.
const KEPT_MS: u64 = 14 * 24 * 3_600_000;
/// How far back is looked where a request says nothing: one hour.
const LOOK_BACK_MS: u64 = 3_600_000;
const KINDS: [&str; 8] = [
    "cache-cluster",
    "cache-parameter-group",
    "cache-security-group",
    "cache-subnet-group",
    "replication-group",
    "serverless-cache",
    "serverless-cache-snapshot",
    "user",
];

/// Notes an event, and forgets those that are too old.
pub fn record(region: &mut Region, at: u64, kind: &str, source: &str, text: &str) {
    let key = format!("{at:016}.{:012}", region.next());
    region[EVENTS].put(&key, Event { at, kind: kind.into(), source: source.into(), text: text.into() });
    while let Some(old) =
        region[EVENTS].first().filter(|(_, event)| event.at + KEPT_MS < at).map(|(key, _)| key.clone())
    {
        region[EVENTS].remove(&old);
    }
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    let kind = input.filled("SourceType");
    if let Some(kind) = kind.filter(|kind| !KINDS.contains(kind) && *kind != "user-group") {
        return Err(Failure::value(format!("Invalid source type: {kind}.")));
    }
    let source = input.filled("SourceIdentifier").map(str::to_ascii_lowercase);
    if source.is_some() && kind.is_none() {
        return Err(Failure::combination("SourceType must be specified when SourceIdentifier is."));
    }
    let minutes = input.number("Duration");
    if minutes.is_some_and(|minutes| minutes < 0 || minutes as u64 * 60_000 > KEPT_MS) {
        return Err(Failure::value("Invalid duration: events are kept for 14 days."));
    }
    let end = input.number("EndTime").map_or(context.now, |end| end.max(0) as u64);
    let back = minutes.map_or(LOOK_BACK_MS, |minutes| minutes as u64 * 60_000);
    let start = input.number("StartTime").map_or(end.saturating_sub(back), |start| start.max(0) as u64);
    if start > end {
        return Err(Failure::combination("StartTime must be before EndTime."));
    }
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let rows = context.region[EVENTS].from(&format!("{start:016}")).filter(|(_, event)| {
        event.at <= end
            && kind.is_none_or(|kind| kind == event.kind)
            && source.as_ref().is_none_or(|source| *source == event.source)
    });
    let (page, marker) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page
        .into_iter()
        .map(|event| {
            json!({ "SourceIdentifier": event.source, "SourceType": event.kind, "Message": event.text, "Date": event.at })
        })
        .collect();
    Ok(json!({ "Events": rows, "Marker": marker }))
}
