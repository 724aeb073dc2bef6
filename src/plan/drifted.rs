//! Telling what others have changed from what is written and not applied yet.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::kind::Observation;
use crate::plan::draft::Draft;
use crate::plan::{Action, AttrChange, Drift, Plan, Reason, Step, Waits, ignore, refresh_only};
use crate::schema::Schema;
use crate::stack::Stack;
use crate::state::{Record, State};
use crate::value::{Object, same};

/// What others have changed, in two lists: what counts, and what the blocks leave to others (`ignore_changes`).
pub fn judged(found: &[Drift], stack: &Stack) -> (Vec<Drift>, Vec<Drift>) {
    let (mut counts, mut left) = (Vec::new(), Vec::new());
    for drift in found {
        let of = |changes: Vec<AttrChange>| Drift { changes, ..drift.clone() };
        let rest: Vec<AttrChange> =
            drift.changes.iter().filter_map(|change| counted(&drift.address, change, stack)).collect();
        let is_left = |change: &&AttrChange| !rest.iter().any(|kept| kept.name == change.name);
        let ignored: Vec<AttrChange> = drift.changes.iter().filter(is_left).cloned().collect();
        if !rest.is_empty() || drift.changes.is_empty() {
            counts.push(of(rest));
        }
        if !ignored.is_empty() {
            left.push(of(ignored));
        }
    }
    (counts, left)
}

/// What of a difference counts: it without the parts that are ignored, if anything is left.
fn counted(address: &Address, change: &AttrChange, stack: &Stack) -> Option<AttrChange> {
    let Some(resource) = stack.resource(address) else { return Some(change.clone()) };
    let lifecycle = &resource.meta.lifecycle;
    if lifecycle.ignores(change.name) || change.name == "tags_all" && lifecycle.ignores("tags") {
        return None;
    }
    let live = Object::from([(change.name.into(), change.after.clone())]);
    let mut recorded = Object::from([(change.name.into(), change.before.clone())]);
    ignore::keep(lifecycle, &mut recorded, &live);
    let before = recorded.remove(change.name).unwrap_or_else(|| change.before.clone());
    let differs = lifecycle.ignore_parts.is_empty() || !same(&before, &change.after);
    differs.then(|| AttrChange { before, ..change.clone() })
}

/// Marks those of the changes of a step that others have made necessary: with what is recorded.
pub(super) fn mark(
    draft: &Draft,
    of: (&Address, &'static Schema),
    (record, found): (&Record, &Observation),
    changes: &mut [AttrChange],
) {
    let others = refresh_only::by_others(draft, of, record, found);
    for change in changes {
        let theirs = others.iter().find(|theirs| theirs.name == change.name);
        change.recorded = theirs.map(|theirs| theirs.before.clone());
    }
}

/// What others have asked for and AWS has accepted: of what waits, that which the records do not know of, and until when.
/// What a call of ours is at is ours, and what the blocks leave to others is theirs.
pub fn awaited(plan: &Plan, state: &State, stack: &Stack) -> Vec<(Drift, String)> {
    let at_work = |address: &Address| {
        state.operations.iter().flat_map(|operation| &operation.parts).any(|part| part.address == *address)
    };
    let one = |waits: &Waits| {
        let is_ours = |change: &&AttrChange| waits.since.contains_key(change.name);
        let others = waits.changes.iter().filter(|change| !is_ours(change));
        let changes: Vec<AttrChange> = others.filter_map(|change| counted(&waits.address, change, stack)).collect();
        let drift = Drift { address: waits.address.clone(), id: waits.id.clone(), changes };
        (!drift.changes.is_empty()).then(|| (drift, waits.until()))
    };
    plan.waits.iter().filter(|waits| !at_work(&waits.address)).filter_map(one).collect()
}

/// The steps of a plan that would be there without the drift: what is written and not applied yet.
pub fn unapplied<'a>(plan: &'a Plan, drift: &[Drift]) -> Vec<&'a Step> {
    let plain = |name: &'static str| if name == "tags_all" { "tags" } else { name };
    let is_undone = |step: &Step| {
        let mut drift = drift.iter().filter(|drift| drift.address == step.address).peekable();
        if drift.peek().is_none() {
            return false;
        }
        let drifted: BTreeSet<&str> = drift.flat_map(|drift| &drift.changes).map(|change| plain(change.name)).collect();
        match (&step.reason, step.action) {
            (Reason::Vanished, _) => true,
            (_, Action::Update) => step.changes.iter().all(|change| drifted.contains(plain(change.name))),
            _ => false,
        }
    };
    plan.steps.iter().filter(|step| step.action != Action::Read && !is_undone(step)).collect()
}
