//! What waits for the maintenance window, as it is told: what, since when, until when, and what it will do to clients.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::kind::{Call, Change, Impact, Kind, Mark, Observation, Target, Window};
use crate::plan::draft::Draft;
use crate::plan::{AttrChange, pending, reboot};
use crate::state::Record;
use crate::value::{Object, Value};

/// What waits of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waits {
    /// Its address.
    pub address: Address,
    /// Where the object is.
    pub region: String,
    /// Its name in AWS.
    pub id: String,
    /// How it is, and how it will be.
    pub changes: Vec<AttrChange>,
    /// When each was asked for, where we did: RFC 3339.
    pub since: BTreeMap<String, String>,
    /// Whether nothing declares it any more.
    #[serde(default)]
    pub leaves: bool,
    /// The nodes that wait for a restart.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// The window that it waits for.
    pub window: Option<Window>,
    /// When that opens, and when it closes: RFC 3339. One that is open now has opened before.
    pub opens: Option<(String, String)>,
    /// The word that AWS uses for what goes on, where it is at it already.
    pub under_way: Option<String>,
    /// What it will do to clients, where that can be told.
    pub impact: Option<Impact>,
    /// What else it will do.
    pub marks: Vec<Mark>,
    /// Who is hit, for how long and why.
    pub why: Vec<String>,
}

impl Waits {
    /// Until when, in words: `until sun 05:00 UTC`.
    pub fn until(&self) -> String {
        if self.changes.is_empty() {
            return format!("parameters wait for a restart of {}", self.nodes.join(", "));
        }
        match (&self.under_way, self.window) {
            (Some(word), _) => format!("being carried out ({word})"),
            (None, Some(window)) => format!("pending until {}", window.word()),
            (None, None) => "pending until the maintenance window".to_owned(),
        }
    }
}

/// What waits of an object, `before` being how it is with what only the record knows; none where nothing does.
pub(super) fn of(
    draft: &Draft,
    (address, kind): (&Address, &dyn Kind),
    record: &Record,
    observation: &Observation,
    (before, waits): (&Object, &Object),
) -> Option<Waits> {
    let attrs = kind.schema().attrs.iter().filter(|attr| attr.settable() && !attr.secret);
    let names: Vec<&'static str> = attrs.map(|attr| attr.name).filter(|name| waits.contains_key(name)).collect();
    let nodes = reboot::waiting(&observation.pending);
    if names.is_empty() && nodes.is_empty() {
        return None;
    }
    let hidden = |name: &str| record.hides(name) || before.get(name).is_some_and(Value::is_sensitive_anywhere);
    let change = |name: &'static str| {
        let value = |object: &Object| object.get(name).cloned().unwrap_or_else(Value::null).with_mark(hidden(name));
        AttrChange { name, before: value(before), after: value(waits), replaces: false, recorded: None }
    };
    let target = draft.target(&record.region);
    // What waits for a restart only costs what that does.
    let brought = match names.is_empty() {
        true => kind.reboot(&record.id, &observation.object, Some(&nodes)).ok(),
        false => brought(kind, (&record.id, before), waits, &names, &target),
    };
    let calls = brought.as_deref().unwrap_or_default();
    let window = kind.window(before);
    let times = |(from, to): (Timestamp, Timestamp)| (from.to_string(), to.to_string());
    Some(Waits {
        address: address.clone(),
        region: record.region.clone(),
        id: record.id.clone(),
        changes: names.iter().map(|name| change(name)).collect(),
        since: record
            .since
            .iter()
            .filter(|(name, _)| names.contains(&&***name))
            .map(|(n, t)| (n.clone(), t.clone()))
            .collect(),
        leaves: !draft.declared.contains(address),
        nodes,
        window,
        opens: window.map(|window| times(window.next(draft.time()))),
        under_way: observation.status.under_way().map(str::to_owned),
        impact: brought.as_ref().map(|calls| calls.iter().map(|call| call.impact).max().unwrap_or(Impact::None)),
        marks: pending::distinct(calls.iter().flat_map(|call| call.marks.iter().copied())),
        why: pending::distinct(calls.iter().filter_map(|call| call.why.clone())),
    })
}

/// The calls that what waits would take if it were asked for now; none where nobody can say.
pub(super) fn brought(
    kind: &dyn Kind,
    (id, before): (&str, &Object),
    waits: &Object,
    names: &[&'static str],
    target: &Target,
) -> Option<Vec<Call>> {
    let mut after = before.clone();
    after.extend(waits.iter().map(|(name, value)| (name.clone(), value.clone())));
    let before = pending::with_leaving_nodes(before, waits);
    kind.compile(&Change { now: true, ..Change::update(id, &before, &after, names, target) }).ok()
}
