//! A plan that sends nothing: it takes what is there into the records, and shows what that is.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::diag::Span;
use crate::kind::{Observation, Status};
use crate::kinds;
use crate::plan::decide::{Instance, foresee, unknown_all};
use crate::plan::decision::{Decision, Standing};
use crate::plan::draft::{Draft, Seen};
use crate::plan::whose::{self, Whose, whose};
use crate::plan::{AttrChange, Drift, Plan, Reason, RecordChange, RecordPlan, Step, pending, waits};
use crate::recovery::is_of_call;
use crate::schema::{Mode, Schema, Update};
use crate::state::{Record, State};
use crate::value::{Object, Value, same};

/// Compares an instance with what is recorded of it.
pub fn look(draft: &Draft, instance: &Instance, wanted: Object, record: Option<Record>) -> Decision {
    // What is still to be made has the nodes that it will have: others repeat by them.
    let Some(record) = record else { return Decision::of(foresee(draft, instance, wanted).1) };
    let decision = match draft.find(instance.resource, instance.address, &record.region, &record.id) {
        Seen::Unread(key) => Decision { needs: key.into_iter().collect(), ..Decision::of(record.object) },
        Seen::Absent => Decision { object: wanted, ..gone(instance.address, &record, false) },
        Seen::Present(found) => seen(draft, instance.address, &record, &found, Some(instance.resource.span)),
    };
    Decision { object: unknown_all(instance, &decision.object), ..decision }
}

/// Compares an object whose block is gone, or that has a successor, with what is recorded of it.
pub fn look_at_leaver(draft: &Draft, address: &Address, record: &Record, deposed: bool) -> Decision {
    match draft.observed(address, record) {
        None => Decision { needs: [whose::key(address, record)].into(), ..Decision::default() },
        Some(None) => gone(address, record, deposed),
        Some(Some(found)) if !deposed => seen(draft, address, record, &found, None),
        Some(Some(_)) => Decision::default(),
    }
}

/// What is there is taken over, unless it may be somebody else's.
fn seen(draft: &Draft, address: &Address, record: &Record, found: &Observation, block: Option<Span>) -> Decision {
    match whose(draft, address, record, found) {
        Whose::Ours => take_over(draft, address, record, found),
        Whose::Unsure => Decision { doubt: Some(whose::key(address, record)), ..Decision::of(record.object.clone()) },
        other => {
            let refusal = whose::refusal(address, record, &other, block);
            Decision { diagnostics: vec![refusal], ..Decision::of(record.object.clone()) }
        }
    }
}

/// What is recorded with what is there over it. What differs is shown, and recorded by an apply.
fn take_over(draft: &Draft, address: &Address, record: &Record, found: &Observation) -> Decision {
    let mut object = record.object.clone();
    let shown = found.object.iter().filter(|(name, _)| !record.hides(name));
    object.extend(shown.map(|(name, value)| (name.clone(), value.clone())));
    let Some(kind) = kinds::get(&address.kind) else { return Decision::of(object) };
    let waiting = pending::joined(kind, record, found, draft.time());
    let waits = waits::of(draft, (address, kind), record, found, (&object, &waiting));
    let changes = by_others(draft, (address, kind.schema()), record, found);
    if changes.is_empty() {
        return Decision { waits, standing: Standing::Unchanged, ..Decision::of(object) };
    }
    let drift = Drift { address: address.clone(), id: record.id.clone(), changes };
    let plan = RecordPlan {
        set: record.set.clone(),
        secrets: record.secrets.clone(),
        dependencies: record.dependencies.clone(),
        guarded: record.guarded,
        protect: record.protect,
        abandon: record.abandon,
        suffix: record.suffix.clone(),
        let_in: Vec::new(),
        later: Vec::new(),
        now: false,
        only: None,
    };
    let (pending, since) = (record.pending.clone(), record.since.clone());
    let change = RecordChange {
        address: address.clone(),
        region: record.region.clone(),
        id: record.id.clone(),
        object: object.clone(),
        record: plan,
        pending,
        since,
        owed: record.owed.clone(),
    };
    Decision { waits, drift: Some(drift), record: Some(change), ..Decision::of(object) }
}

/// What others have changed of an object since it was recorded.
pub fn by_others(
    draft: &Draft,
    (address, schema): (&Address, &'static Schema),
    record: &Record,
    found: &Observation,
) -> Vec<AttrChange> {
    let mut changes = changes(schema, &record.object, &found.object);
    // What is hidden is not recorded, and never shown; and what passes by itself is no change.
    changes.retain(|change| !record.hides(change.name));
    changes.retain(|change| change.name != STATUS || found.status == Status::Settled);
    // What a call of ours is at is nobody else's doing.
    let parts = draft.state.operations.iter().flat_map(|operation| &operation.parts);
    for part in parts.filter(|part| part.address == *address) {
        changes.retain(|change| !is_of_call(schema, record, &part.record, change.name));
    }
    changes
}

/// What was seen is recorded under the address that the state has for it, and hangs on what it hung on: what has moved
/// moves with an apply, and can be put back in the file until then.
pub fn stay(plan: &mut Plan, state: &State) {
    let moves = std::mem::take(&mut plan.moves);
    let before: BTreeMap<Address, Address> = moves.into_iter().map(|(from, to)| (to, from)).collect();
    let records = plan.records.iter_mut().map(|change| &mut change.address);
    let steps = plan.steps.iter_mut().map(|step| &mut step.address);
    let drift = plan.drift.iter_mut().map(|drift| &mut drift.address);
    for address in records.chain(steps).chain(drift) {
        if let Some(from) = before.get(address) {
            address.clone_from(from);
        }
    }
    for change in &mut plan.records {
        let known = state.records.get(&change.address).map(|known| known.dependencies.clone());
        change.record.dependencies = known.unwrap_or_default();
    }
}

/// The attribute of kinds that tell their status.
const STATUS: &str = "status";

/// The attributes that others have changed. One that was never recorded is no change, unless nothing but a wish sets it:
/// then it was not there.
fn changes(schema: &'static Schema, recorded: &Object, found: &Object) -> Vec<AttrChange> {
    let compared = schema.attrs.iter().filter(|attr| !attr.secret && attr.update != Update::Local);
    let differing = compared.filter(|attr| {
        let before = recorded.get(attr.name).filter(|value| !value.is_null());
        let now = found.get(attr.name).filter(|value| !value.is_null());
        match (before, now) {
            (Some(before), Some(now)) => !attr.is_satisfied(now, before) && !same(&visible(now), &visible(before)),
            (Some(_), None) => found.contains_key(attr.name),
            (None, Some(now)) => {
                let unset = recorded.contains_key(attr.name) || attr.mode == Mode::Optional;
                unset
                    && attr.settable()
                    && now.is_said()
                    && now.as_bool() != Some(false)
                    && now.as_i64() != Some(0)
                    && attr.default.as_ref() != Some(now)
            }
            (None, None) => false,
        }
    });
    differing
        .map(|attr| {
            let of = |object: &Object| object.get(attr.name).map_or_else(Value::null, visible);
            AttrChange { name: attr.name, before: of(recorded), after: of(found), replaces: false, recorded: None }
        })
        .collect()
}

/// Tags without those that mark the object as ours.
pub(super) fn visible(value: &Value) -> Value {
    match value.as_object() {
        Some(tags) if tags.keys().any(|name| name.starts_with("cachestack:")) => {
            Value::object(kinds::tags::visible(value))
        }
        _ => value.clone(),
    }
}

/// The object is gone: its record goes, and nothing is made.
fn gone(address: &Address, record: &Record, deposed: bool) -> Decision {
    let drift = Drift { address: address.clone(), id: record.id.clone(), changes: Vec::new() };
    let step = Step::forget(address, Reason::Vanished, record, record.object.clone()).of_deposed(deposed);
    Decision { drift: Some(drift), steps: vec![step], ..Decision::default() }
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
        let entry = |name: &str| RecordChange {
            pending: Object::new(),
            since: BTreeMap::new(),
            owed: Default::default(),
            address: address(name),
            region: String::new(),
            id: String::new(),
            object: Object::new(),
            record: words("new"),
        };
        let moves = vec![(address("old"), address("new")), (address("b"), address("c"))];
        let drift = Drift { address: address("new"), id: String::new(), changes: Vec::new() };
        let mut plan = Plan { moves, records: vec![entry("a"), entry("c")], drift: vec![drift], ..Plan::default() };
        stay(&mut plan, &state);
        let told: Vec<String> =
            plan.records.iter().map(|change| format!("{} {}", change.address, change.record.dependencies[0])).collect();
        assert_eq!(told, ["alarm.a alarm.old", "alarm.b alarm.old"]);
        assert_eq!((plan.drift[0].address.to_string().as_str(), plan.moves.len()), ("alarm.old", 0));
    }
}
