//! Telling what others have changed from what is written and not applied yet.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::plan::{Action, AttrChange, Drift, Plan, Reason, Step, ignore};
use crate::stack::Stack;
use crate::value::{Object, same};

/// What others have changed, in two lists: what counts, and what the blocks leave to others (`ignore_changes`).
pub fn judged(found: &[Drift], stack: &Stack) -> (Vec<Drift>, Vec<Drift>) {
    let (mut counts, mut left) = (Vec::new(), Vec::new());
    for drift in found {
        let of = |changes: Vec<AttrChange>| Drift { changes, ..drift.clone() };
        let (ignored, rest): (Vec<_>, Vec<_>) =
            drift.changes.iter().cloned().partition(|change| is_ignored(&drift.address, change, stack));
        if !rest.is_empty() || drift.changes.is_empty() {
            counts.push(of(rest));
        }
        if !ignored.is_empty() {
            left.push(of(ignored));
        }
    }
    (counts, left)
}

fn is_ignored(address: &Address, change: &AttrChange, stack: &Stack) -> bool {
    let Some(resource) = stack.resource(address) else { return false };
    let lifecycle = &resource.meta.lifecycle;
    if lifecycle.ignores(change.name) || change.name == "tags_all" && lifecycle.ignores("tags") {
        return true;
    }
    // What is left of the difference when the parts that are ignored are as they are there.
    let live = Object::from([(change.name.into(), change.after.clone())]);
    let mut recorded = Object::from([(change.name.into(), change.before.clone())]);
    ignore::keep(lifecycle, &mut recorded, &live);
    !lifecycle.ignore_parts.is_empty() && recorded.values().all(|value| same(value, &change.after))
}

/// The steps of a plan that would be there without the drift: what is written and not applied yet.
pub fn unapplied<'a>(plan: &'a Plan, drift: &[Drift]) -> Vec<&'a Step> {
    let plain = |name: &'static str| if name == "tags_all" { "tags" } else { name };
    let is_undone = |step: &Step| {
        let Some(drift) = drift.iter().find(|drift| drift.address == step.address) else { return false };
        let drifted: BTreeSet<&str> = drift.changes.iter().map(|change| plain(change.name)).collect();
        match (&step.reason, step.action) {
            (Reason::Vanished, _) => true,
            (_, Action::Update) => step.changes.iter().all(|change| drifted.contains(plain(change.name))),
            _ => false,
        }
    };
    plan.steps.iter().filter(|step| step.action != Action::Read && !is_undone(step)).collect()
}
