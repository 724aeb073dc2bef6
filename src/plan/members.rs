//! Members that are objects of their own, as a replica beside the block of its group: what they have from the whole, and
//! what they leave behind when they go.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::kinds;
use crate::plan::decide::Instance;
use crate::plan::draft::Draft;
use crate::plan::{Action, Step};
use crate::state::Record;
use crate::value::{Object, Value};

/// A whole: its kind, region and name.
type Whole = (&'static str, String, String);

/// Says of the deletion of members what is left when all of them are gone that go, where that is less than is needed.
pub(super) fn tell(draft: &mut Draft) {
    let steps = &draft.plan.steps;
    let mut going: BTreeMap<Whole, Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| step.action == Action::Delete) {
        if let Some(whole) = step.before.as_ref().and_then(|before| whole(step, before)) {
            going.entry(whole).or_default().push(at);
        }
    }
    let mut told = Vec::new();
    for ((kind, region, id), members) in going {
        let of_whole =
            |step: &&Step| *step.address.kind == *kind && step.region == region && step.id.as_deref() == Some(&id);
        let Some(seen) = object(draft, kind, &region, &id) else { continue };
        if steps.iter().filter(of_whole).any(Step::is_leaving) {
            continue;
        }
        let is_same = |step: &&Step| {
            let own =
                step.after.as_ref().filter(|_| step.action == Action::Create).and_then(|after| whole(step, after));
            own.is_some_and(|own| own == (kind, region.clone(), id.clone()))
        };
        let coming = steps.iter().filter(is_same).count();
        let names: Vec<&str> = members.iter().filter_map(|at| steps[*at].id.as_deref()).collect();
        let left = kinds::get(kind).and_then(|kind| kind.left_without(&seen, &names, coming));
        told.extend(left.into_iter().flat_map(|left| members.iter().map(move |at| (*at, left))));
    }
    for (at, (mark, why)) in told {
        if let Some(call) = draft.plan.steps[at].calls.last_mut() {
            call.marks.push(mark);
            let own = call.why.take().map(|own| format!("{own} ")).unwrap_or_default();
            call.why = Some(format!("{own}{why}"));
        }
    }
}

/// Gives a new member what it has from the object whose member it becomes, as far as that is known and stays.
pub(super) fn inherit(draft: &Draft, instance: &Instance, planned: &mut Object) {
    let Some((kind, id)) = instance.kind.member_of(planned) else { return };
    let is_whole = |(address, object): &(&Address, &Object)| {
        let says = |name: &str, text: &str| object.get(name).and_then(Value::as_str) == Some(text);
        *address.kind == *kind && says("id", &id) && says("region", &instance.region)
    };
    let Some((address, whole)) = draft.planned.iter().find(is_whole) else { return };
    // What is about to change it has before or after that, and nobody knows which.
    let mut steps = draft.plan.steps.iter().filter(|step| step.address == *address);
    if steps.any(|step| step.action != Action::Create) {
        return;
    }
    for name in instance.kind.inherits() {
        let value = whole.get(name).filter(|value| value.is_wholly_known() && !value.is_null());
        if let Some(value) = value.filter(|_| planned.get(name).is_none_or(Value::is_null)) {
            planned.insert((*name).into(), value.clone());
        }
    }
}

/// What an object is a member of.
fn whole(step: &Step, object: &Object) -> Option<Whole> {
    let (kind, id) = kinds::get(&step.address.kind)?.member_of(object)?;
    Some((kind, step.region.clone(), id))
}

/// An object that we manage, as it is.
fn object(draft: &Draft, kind: &str, region: &str, id: &str) -> Option<Object> {
    let mut records = draft.state.records.iter();
    let is_it =
        |(address, record): &(&Address, &Record)| *address.kind == *kind && record.region == region && record.id == id;
    let (address, record) = records.find(is_it)?;
    Some(draft.observed(address, record)??.object)
}
