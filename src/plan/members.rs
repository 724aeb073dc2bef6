//! Members that are objects of their own, as a replica beside the block of its group: what they have from the whole, and
//! what they leave behind when they go.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::kind::Kind;
use crate::kinds;
use crate::plan::decide::Instance;
use crate::plan::draft::Draft;
use crate::plan::{Action, Step};
use crate::stack::target::expand_one;
use crate::state::Record;
use crate::value::{Object, Value};

/// A whole: its kind, region and name.
pub type Whole = (&'static str, String, String);

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

/// Takes out of an object, as it is and as it is recorded, the members that go in the same plan by themselves: they are no
/// nodes too many.
pub(super) fn without_leaving(draft: &Draft, instance: &Instance, objects: [&mut Object; 2]) {
    for object in objects {
        without(draft, instance.kind, &instance.region, object, |address, record| goes(draft, address, record));
    }
}

/// The same for an object that goes itself, when it is known what else does: each node is told once.
pub(super) fn without_gone(draft: &Draft, kind: &dyn Kind, region: &str, object: &mut Object) {
    let destroy = draft.inputs.options.destroy;
    without(draft, kind, region, object, |address, _| destroy || !draft.declared.contains(address));
}

fn without(
    draft: &Draft,
    kind: &dyn Kind,
    region: &str,
    object: &mut Object,
    goes: impl Fn(&Address, &Record) -> bool,
) {
    let Some(id) = object.get("id").and_then(Value::as_str).filter(|_| kind.has_members()) else { return };
    let all = draft.members.get_or_init(|| of_wholes(draft));
    let members = all.get(&(kind.schema().kind, region.to_owned(), id.to_owned()));
    let known = members.into_iter().flatten().filter_map(|address| Some((address, draft.state.records.get(address)?)));
    let going: Vec<&str> = known.filter(|(address, record)| goes(address, record)).map(|(_, it)| &*it.id).collect();
    if !going.is_empty() {
        kind.take_out(object, &going);
    }
}

fn of_wholes(draft: &Draft) -> BTreeMap<Whole, Vec<Address>> {
    let mut all: BTreeMap<Whole, Vec<Address>> = BTreeMap::new();
    for (address, record) in &draft.state.records {
        if let Some((kind, id)) = kinds::get(&address.kind).and_then(|kind| kind.member_of(&record.object)) {
            all.entry((kind, record.region.clone(), id)).or_default().push(address.clone());
        }
    }
    all
}

/// Whether the block of a member is gone, or has it no more, and it is deleted for that. What cannot be told yet stays.
fn goes(draft: &Draft, address: &Address, record: &Record) -> bool {
    let names = draft.evaluator.names();
    let forgets = names.0.removed.iter().any(|removed| removed.from.contains(address) && !removed.destroy);
    let Some(block) = names.0.resource(address) else { return !forgets && !record.abandon };
    let mut unclear = Vec::new();
    let there = expand_one(block, address.key.as_ref(), &draft.evaluator.within(&address.module), &mut unclear);
    there.is_none() && unclear.is_empty() && !forgets && !block.meta.lifecycle.abandon
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
