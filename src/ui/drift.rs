//! What others have changed, for people.

use std::collections::BTreeSet;

use crate::kind::Event;
use crate::ops::drift::Found;
use crate::plan::Drift;
use crate::ui::plan::{count, drifted};
use crate::ui::value::plain;
use crate::ui::{Ui, stream};

/// The whole text.
pub fn render(ui: Ui, found: &Found, environment: &str) -> String {
    let place = format!("environment \"{environment}\" ({})", found.place);
    if found.drift.is_empty() && found.awaited.is_empty() {
        let unchanged = count(found.unchanged, "resource");
        let mut out = format!("No drift in {place}; {unchanged} unchanged.\n");
        out.push_str(&beside(found));
        return out;
    }
    let mut out = format!("Drift in {place}:\n\n");
    for drift in &found.drift {
        out.push_str(&one(ui, drift, found));
    }
    for (drift, until) in &found.awaited {
        let head = format!("will be changed, as others have asked AWS for ({until})");
        out.push_str(&drifted(ui, drift, &head, &found.as_terraform));
    }
    if let Some(why) = &found.without_events {
        out.push_str(&format!("Events could not be read: {}.\n", plain(why)));
    }
    out.push_str(&beside(found));
    let addresses: BTreeSet<String> = found.all().map(|drift| drift.address.to_string()).collect();
    let changed = count(addresses.len(), "resource");
    out.push_str(&format!("{changed} changed by others. `apply` puts back what the stack says, `apply --refresh-only` takes over what is there.\n"));
    out
}

fn one(ui: Ui, drift: &Drift, found: &Found) -> String {
    let head = if drift.changes.is_empty() { "is gone" } else { "was changed by others" };
    let mut out = drifted(ui, drift, head, &found.as_terraform);
    let told = found.events.get(&drift.address).map(Vec::as_slice).unwrap_or_default();
    for event in told {
        out.push_str(&format!("    {} {}\n", event.at, plain(&event.text)));
    }
    if !told.is_empty() {
        out.push_str("    This is what ElastiCache tells of it; CloudTrail knows who made a call.\n\n");
    }
    out
}

/// What is no drift: what blocks leave to others, and what is written and not applied yet.
fn beside(found: &Found) -> String {
    let mut out = String::new();
    for drift in &found.ignored {
        let names: Vec<&str> = drift.changes.iter().map(|change| change.name).collect();
        out.push_str(&format!("Ignored, as ignore_changes says: {} of {}.\n", names.join(", "), drift.address));
    }
    if !found.unapplied.is_empty() {
        let names: Vec<String> = found.unapplied.iter().map(ToString::to_string).collect();
        out.push_str(&format!("Not drift, but not applied yet (see `plan`): {}.\n", names.join(", ")));
    }
    out
}

/// For programs: a message for each resource, and a summary.
pub fn lines(found: &Found, environment: &str) -> Vec<serde_json::Value> {
    let event = |event: &Event| serde_json::json!({ "at": event.at, "message": event.text });
    let one = |drift: &Drift, ignored: bool| {
        let mut line = stream::drift(drift);
        let events = found.events.get(&drift.address).map(Vec::as_slice).unwrap_or_default();
        line["events"] = events.iter().map(event).collect();
        line["ignored"] = ignored.into();
        line
    };
    let awaited = found.awaited.iter().map(|(drift, until)| {
        let mut line = one(drift, false);
        line["pending"] = until.as_str().into();
        line
    });
    let counted = found.drift.iter().map(|drift| one(drift, false)).chain(awaited);
    let ignored = found.ignored.iter().map(|drift| one(drift, true));
    let members = serde_json::json!({
        "environment": environment,
        "drifted": found.all().count(),
        "ignored": found.ignored.len(),
        "unchanged": found.unchanged,
        "unapplied": found.unapplied.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "without_events": found.without_events,
    });
    let message = format!("Drift: {} changed by others.", found.all().count());
    counted.chain(ignored).chain([stream::line("info", message, "drift_summary", members)]).collect()
}
