//! What AWS has accepted and keeps until the maintenance window.
//!
//! AWS tells most of it; the rest is remembered in the record. Both together are what will be. Every immediate call
//! carries all of it out at once. Source: API reference, ModifyReplicationGroup and ModifyCacheCluster.

use crate::kind::{Call, Change, Kind, Observation, Status, Target};
use crate::plan::AttrChange;
use crate::plan::diff::Waiting;
use crate::schema::Schema;
use crate::state::Record;
use crate::value::{Object, Value};

/// What waits, as AWS tells it and as it is remembered; without what is so already.
pub(super) fn joined(kind: &dyn Kind, record: &Record, observation: &Observation) -> Object {
    let differs = |name: &str, value: &Value| {
        let attr = kind.schema().attr(name).zip(observation.object.get(name));
        attr.is_none_or(|(attr, now)| !attr.is_satisfied(now, value))
    };
    let mut pending = observation.pending.clone();
    pending.retain(|name, value| differs(name, value));
    for (name, value) in &record.pending {
        if observation.object.contains_key(name) && differs(name, value) {
            pending.or_insert_with(name.clone(), || value.clone());
        }
    }
    pending
}

/// What differs from what waits, and not from what is: shown as it would be without the change.
pub(super) fn taken_back(
    schema: &Schema,
    before: &Object,
    waits: &Object,
    changes: &mut [AttrChange],
) -> Vec<&'static str> {
    let mut names = Vec::new();
    for change in changes {
        let (now, attr) = (before.get(change.name), schema.attr(change.name));
        let is_so = attr.zip(now).is_some_and(|(attr, now)| attr.is_satisfied(now, &change.after));
        let Some(value) = waits.get(change.name).filter(|_| is_so) else { continue };
        change.before = value.clone();
        names.push(change.name);
    }
    names
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
pub(super) fn flush(
    kind: &dyn Kind,
    (id, before, pending): (&str, &Object, &Object),
    changed: &[&'static str],
    target: &Target,
    calls: &mut [Call],
) {
    let Some(call) = calls.iter_mut().find(|call| call.flushes()) else { return };
    let attrs = kind.schema().attrs.iter().filter(|attr| attr.settable());
    let others: Vec<&'static str> =
        attrs.map(|attr| attr.name).filter(|name| pending.contains_key(name) && !changed.contains(name)).collect();
    if others.is_empty() {
        return;
    }
    let mut after = before.clone();
    after.extend(pending.iter().map(|(name, value)| (name.clone(), value.clone())));
    let brought = kind.compile(&Change::update(id, before, &after, &others, target)).unwrap_or_default();
    for brought in &brought {
        call.impact = call.impact.max(brought.impact);
        call.marks.extend(brought.marks.iter().filter(|mark| !call.marks.contains(mark)).copied().collect::<Vec<_>>());
    }
    let own = call.why.take().map(|why| format!("{why} ")).unwrap_or_default();
    let also = format!("{own}AWS carries out with it what waits for the maintenance window: {}.", others.join(", "));
    call.why = Some(also);
}
