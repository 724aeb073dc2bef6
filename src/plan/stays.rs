//! What others let go of only in their maintenance window stays until then: a later plan deletes it. What would take its
//! place is there by then, so that it is a former object.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::plan::draft::Draft;
use crate::plan::{Action, Note, Reason, Step, Waits, order};
use crate::value::{Object, Value};

/// What holds an object until a window: whose, and until when.
struct Holder<'a> {
    address: &'a Address,
    until: String,
    kind: &'static str,
    name: String,
}

/// Takes the deletions out of a plan that AWS would refuse until a maintenance window is over; answers what is said of
/// them, and where they are among the steps.
pub(super) fn hold_back(draft: &Draft) -> (BTreeSet<usize>, Vec<Note>) {
    let steps = &draft.plan.steps;
    // Nobody waits for a window whose object goes as well.
    let waits = draft.plan.waits.iter().filter(|waits| draft.declared.contains(&waits.address));
    let holders: Vec<Holder> =
        steps.iter().flat_map(by_step).chain(waits.flat_map(|one| by_wait(steps, one))).collect();
    let (mut held, mut notes) = (BTreeSet::new(), Vec::new());
    if holders.is_empty() {
        return (held, notes);
    }
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| may_stay(step)) {
        let Some(holder) = holders.iter().find(|holder| holds(holder, step)) else { continue };
        held.insert(at);
        let (id, Holder { address, until, .. }) = (step.id.as_deref().unwrap_or_default(), holder);
        let text = format!("\"{id}\" stays while `{address}` uses it ({until}); a later apply deletes it");
        notes.push(Note { address: Some(step.address.clone()), text });
    }
    (held, notes)
}

/// Where the old object goes before there is a new one, it cannot stay.
fn may_stay(step: &Step) -> bool {
    let last =
        matches!(&step.reason, Reason::Orphan(_) | Reason::Deposed | Reason::Replaced { create_first: true, .. });
    step.action == Action::Delete && last
}

fn holds(holder: &Holder, step: &Step) -> bool {
    let arn = step.before.as_ref().and_then(|before| before.get("arn")).and_then(Value::as_str);
    *holder.address != step.address
        && *step.address.kind == *holder.kind
        && [step.id.as_deref(), arn].into_iter().flatten().any(|name| name == holder.name)
}

/// What a change of this plan lets go of in the window.
fn by_step(user: &Step) -> Vec<Holder<'_>> {
    let waits = |attribute| user.calls.iter().any(|call| call.waits() && call.causes.contains(&attribute));
    let before = user.before.iter().filter(|_| user.action == Action::Update);
    let held = before.flat_map(|before| order::held_by(&user.address, before)).filter(|held| waits(held.attribute));
    let holder = |held: crate::schema::refers::Reference<'_>| Holder {
        address: &user.address,
        until: user.until(),
        kind: held.refers.kind,
        name: held.text.to_owned(),
    };
    held.map(holder).collect()
}

/// What a change lets go of that waits already: unless a call of this plan carries that out.
fn by_wait<'a>(steps: &[Step], waits: &'a Waits) -> Vec<Holder<'a>> {
    let flushes = |step: &Step| step.address == waits.address && step.calls.iter().any(|call| call.flushes());
    if steps.iter().any(flushes) {
        return Vec::new();
    }
    let now: Object = waits.changes.iter().map(|change| (change.name.into(), change.before.clone())).collect();
    let holder = |held: crate::schema::refers::Reference<'_>| Holder {
        address: &waits.address,
        until: waits.until(),
        kind: held.refers.kind,
        name: held.text.to_owned(),
    };
    order::held_by(&waits.address, &now).into_iter().map(holder).collect()
}
