//! What AWS has accepted and keeps until the maintenance window.
//!
//! AWS tells most of it; the rest is remembered in the record. Both together are what will be. Every immediate call
//! carries all of it out at once. Source: API reference, ModifyReplicationGroup and ModifyCacheCluster.

use crate::kind::{Call, Change, Kind, Observation, Problem, Status};
use crate::plan::AttrChange;
use crate::plan::diff::Waiting;
use crate::schema::Schema;
use crate::state::Record;
use crate::value::{Object, Value};

/// Seconds within which AWS takes back what nobody has begun: a rough prior.
const AT_ONCE: u32 = 5;

/// What is remembered to wait, without what is so already.
pub fn left(kind: &dyn Kind, now: &Object, mut remembered: Object) -> Object {
    remembered.retain(|name, value| now.get(name).is_some_and(|_| differs(kind, now, name, value)));
    remembered
}

fn differs(kind: &dyn Kind, now: &Object, name: &str, value: &Value) -> bool {
    kind.schema().attr(name).zip(now.get(name)).is_none_or(|(attr, now)| !attr.is_satisfied(now, value))
}

/// What waits, as AWS tells it and as it is remembered; without what is so already.
pub(super) fn joined(kind: &dyn Kind, record: &Record, observation: &Observation) -> Object {
    let mut pending = left(kind, &observation.object, record.pending.clone());
    let told = observation.pending.iter().filter(|(name, value)| differs(kind, &observation.object, name, value));
    pending.extend(told.map(|(name, value)| (name.clone(), value.clone())));
    pending
}

/// The attributes that are to stay as they are, against what waits.
pub fn taken_back(schema: &Schema, before: &Object, after: &Object, changed: &[&'static str]) -> Vec<&'static str> {
    let is_so = |name: &str| {
        let attr = schema.attr(name).filter(|attr| !attr.secret);
        let now = attr.zip(before.get(name).zip(after.get(name)));
        now.is_some_and(|(attr, (now, wanted))| wanted.is_wholly_known() && attr.is_satisfied(now, wanted))
    };
    changed.iter().filter(|name| is_so(name)).copied().collect()
}

/// The calls of an update: first those that take back what waits, since every immediate call would carry it out.
///
/// # Errors
///
/// What the kind refuses.
pub fn compile(kind: &dyn Kind, change: &Change, back: &[&'static str]) -> Result<Vec<Call>, Problem> {
    let rest: Vec<&'static str> = change.changed.iter().filter(|name| !back.contains(name)).copied().collect();
    let mut calls = Vec::new();
    if !back.is_empty() {
        let first = kind.compile(&Change { changed: back, ..*change })?.into_iter();
        let told = |call: Call| call.at_once(back).why("Takes back what waits for the maintenance window.");
        calls.extend(first.map(|call| Call { seconds: call.seconds.min(AT_ONCE), ..told(call) }));
    }
    if !rest.is_empty() || back.is_empty() {
        calls.extend(kind.compile(&Change { changed: &rest, ..*change })?);
    }
    Ok(calls)
}

/// Shows what is taken back as it would be without the change; answers what waits of it. The others go with that.
pub(super) fn show(waits: &Object, back: &[&'static str], changes: &mut Vec<AttrChange>) -> Vec<&'static str> {
    changes.retain(|change| !back.contains(&change.name) || waits.contains_key(change.name));
    let mut shown = Vec::new();
    for change in changes.iter_mut().filter(|change| back.contains(&change.name)) {
        if let Some(value) = waits.get(change.name) {
            change.before = value.clone();
            shown.push(change.name);
        }
    }
    shown
}

/// How a wish stands to it.
pub(super) fn waiting(kind: &dyn Kind, wanted: &Object, status: &Status) -> Waiting {
    match status {
        Status::Settled if kind.defers(wanted) => Waiting::Patient,
        Status::Settled => Waiting::Urgent,
        _ => Waiting::UnderWay,
    }
}

/// Says of the first immediate call what it carries out beside what it is for, with the impact of that.
pub(super) fn flush(kind: &dyn Kind, change: &Change, (pending, back): (&Object, &[&'static str]), calls: &mut [Call]) {
    let Some((id, before)) = change.id.zip(change.before) else { return };
    let Some(call) = calls.iter_mut().find(|call| call.flushes()) else { return };
    let attrs = kind.schema().attrs.iter().filter(|attr| attr.settable()).map(|attr| attr.name);
    let waits = attrs.filter(|name| pending.contains_key(name) && !back.contains(name));
    let others: Vec<&'static str> = waits.filter(|name| !call.causes.contains(name)).collect();
    if others.is_empty() {
        return;
    }
    let mut after = before.clone();
    after.extend(pending.iter().map(|(name, value)| (name.clone(), value.clone())));
    let brought = kind.compile(&Change::update(id, before, &after, &others, change.target)).unwrap_or_default();
    for brought in &brought {
        call.impact = call.impact.max(brought.impact);
        call.marks.extend(brought.marks.iter().filter(|mark| !call.marks.contains(mark)).copied().collect::<Vec<_>>());
    }
    let own = call.why.take().map(|why| format!("{why} ")).unwrap_or_default();
    let also = format!("{own}AWS carries out with it what waits for the maintenance window: {}.", others.join(", "));
    call.why = Some(also);
}
