//! What AWS has accepted and keeps until the maintenance window.
//!
//! AWS tells most of it; the rest is remembered in the record. Both together are what will be. Every immediate call
//! carries all of it out at once. Source: API reference, ModifyReplicationGroup and ModifyCacheCluster.

use crate::kind::{Call, Change, Kind, Observation, Status, Target};
use crate::plan::diff::Waiting;
use crate::state::Record;
use crate::value::Object;

/// What waits, as AWS tells it and as it is remembered; without what is so already.
pub(super) fn joined(kind: &dyn Kind, record: &Record, observation: &Observation) -> Object {
    let mut pending = observation.pending.clone();
    for (name, value) in &record.pending {
        let now = observation.object.get(name);
        let attr = kind.schema().attr(name);
        if attr.zip(now).is_some_and(|(attr, now)| !attr.is_satisfied(now, value)) {
            pending.or_insert_with(name.clone(), || value.clone());
        }
    }
    pending
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
