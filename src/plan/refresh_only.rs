//! A plan that sends nothing: it takes what is there into the records, and shows what that is.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::kind::Observation;
use crate::kinds;
use crate::plan::build::Builder;
use crate::plan::decide::{self, Instance, Seen, unknown_all};
use crate::plan::{Action, AttrChange, Drift, Plan, Reason, RecordPlan, Step};
use crate::schema::{Schema, Update};
use crate::state::{Record, State};
use crate::value::{Object, Value, same};

/// Compares an instance with what is recorded of it; answers the object as it is.
pub fn look(builder: &mut Builder, instance: &Instance, wanted: Object, record: Option<Record>) -> Object {
    let Some(record) = record else { return unknown_all(instance, &wanted) };
    match decide::find(builder, instance, Some(&record), Some(&record.id)) {
        Seen::Unread => unknown_all(instance, &record.object),
        Seen::Absent => {
            gone(builder, instance.address, &record, false);
            unknown_all(instance, &wanted)
        }
        Seen::Present(found) => {
            let object = take_over(builder, instance.address, &record, &found);
            unknown_all(instance, &object)
        }
    }
}

/// Compares an object whose block is gone, or that has a successor, with what is recorded of it.
pub fn look_at_leaver(builder: &mut Builder, address: &Address, record: &Record, deposed: bool) {
    let key = (address.kind.to_string(), record.region.clone(), record.id.clone());
    match builder.inputs.live.and_then(|live| live.objects.get(&key)).cloned() {
        None => drop(builder.needs.objects.insert(key)),
        Some(None) => gone(builder, address, record, deposed),
        Some(Some(found)) if !deposed => drop(take_over(builder, address, record, &found)),
        Some(Some(_)) => {}
    }
}

/// What is recorded with what is there over it. What differs is shown, and recorded by an apply.
fn take_over(builder: &mut Builder, address: &Address, record: &Record, found: &Observation) -> Object {
    let mut object = record.object.clone();
    let shown = found.object.iter().filter(|(name, _)| !record.hides(name));
    object.extend(shown.map(|(name, value)| (name.clone(), value.clone())));
    let Some(kind) = kinds::get(&address.kind) else { return object };
    let changes = changes(kind.schema(), &record.object, &found.object);
    if changes.is_empty() {
        builder.plan.unchanged += 1;
        return object;
    }
    builder.plan.drift.push(Drift { address: address.clone(), id: record.id.clone(), changes });
    let plan = RecordPlan {
        set: record.set.clone(),
        secrets: record.secrets.clone(),
        dependencies: record.dependencies.clone(),
        protect: record.protect,
        suffix: record.suffix.clone(),
        let_in: Vec::new(),
    };
    builder.plan.records.push((address.clone(), plan, object.clone(), record.id.clone(), record.region.clone()));
    object
}

/// What was seen is recorded under the address that the state has for it, and hangs on what it hung on: what has moved
/// moves with an apply, and can be put back in the file until then.
pub fn stay(plan: &mut Plan, state: &State) {
    let moves = std::mem::take(&mut plan.moves);
    let before: BTreeMap<Address, Address> = moves.into_iter().map(|(from, to)| (to, from)).collect();
    let records = plan.records.iter_mut().map(|(address, ..)| address);
    let steps = plan.steps.iter_mut().map(|step| &mut step.address);
    let drift = plan.drift.iter_mut().map(|drift| &mut drift.address);
    for address in records.chain(steps).chain(drift) {
        if let Some(from) = before.get(address) {
            address.clone_from(from);
        }
    }
    for (address, words, ..) in &mut plan.records {
        let known = state.records.get(address).map(|known| known.dependencies.clone());
        words.dependencies = known.unwrap_or_default();
    }
}

/// The attributes that others have changed. One that was never recorded is no change.
fn changes(schema: &'static Schema, recorded: &Object, found: &Object) -> Vec<AttrChange> {
    let compared = schema.attrs.iter().filter(|attr| !attr.secret && attr.update != Update::Local);
    let differing = compared.filter(|attr| {
        let before = recorded.get(attr.name).filter(|value| !value.is_null());
        let now = found.get(attr.name).filter(|value| !value.is_null());
        match (before, now) {
            (Some(before), Some(now)) => !attr.is_satisfied(now, before) && !same(&visible(now), &visible(before)),
            (Some(_), None) => found.contains_key(attr.name),
            _ => false,
        }
    });
    differing
        .map(|attr| {
            let of = |object: &Object| object.get(attr.name).map_or_else(Value::null, visible);
            AttrChange { name: attr.name, before: of(recorded), after: of(found), replaces: false }
        })
        .collect()
}

/// Tags without those that mark the object as ours.
fn visible(value: &Value) -> Value {
    match value.as_object() {
        Some(tags) if tags.keys().any(|name| name.starts_with("cachestack:")) => {
            Value::object(kinds::tags::visible(value))
        }
        _ => value.clone(),
    }
}

/// The object is gone: its record goes, and nothing is made.
fn gone(builder: &mut Builder, address: &Address, record: &Record, deposed: bool) {
    builder.plan.drift.push(Drift { address: address.clone(), id: record.id.clone(), changes: Vec::new() });
    builder.plan.steps.push(Step {
        address: address.clone(),
        action: Action::Forget,
        reason: Reason::Vanished,
        region: record.region.clone(),
        id: Some(record.id.clone()),
        before: Some(record.object.clone()),
        after: None,
        changed: Vec::new(),
        changes: Vec::new(),
        calls: Vec::new(),
        edges: Vec::new(),
        record: RecordPlan { set: BTreeSet::new(), ..RecordPlan::default() },
        deposed,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_records_what_it_sees_where_it_was() {
        let address = |name: &str| Address::managed("alarm", name);
        let known = |uses: &str| Record { dependencies: vec![address(uses)], ..Record::default() };
        let mut state = State::default();
        state.records.extend([(address("a"), known("old")), (address("old"), Record::default())]);
        state.records.insert(address("b"), known("old"));
        let words = |uses: &str| RecordPlan { dependencies: vec![address(uses)], ..RecordPlan::default() };
        let entry = |name: &str| (address(name), words("new"), Object::new(), String::new(), String::new());
        let moves = vec![(address("old"), address("new")), (address("b"), address("c"))];
        let drift = Drift { address: address("new"), id: String::new(), changes: Vec::new() };
        let mut plan = Plan { moves, records: vec![entry("a"), entry("c")], drift: vec![drift], ..Plan::default() };
        stay(&mut plan, &state);
        let told: Vec<String> =
            plan.records.iter().map(|(at, words, ..)| format!("{at} {}", words.dependencies[0])).collect();
        assert_eq!(told, ["alarm.a alarm.old", "alarm.b alarm.old"]);
        assert_eq!((plan.drift[0].address.to_string().as_str(), plan.moves.len()), ("alarm.old", 0));
    }
}
