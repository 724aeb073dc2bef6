//! A plan in a document, for the program itself: CBOR, typed, read back without loss. What must not be shown is not in
//! it: there are holes instead, and the block tells it again when the plan is carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Address;
use crate::kinds;
use crate::plan::{BarrierId, Plan, RecordChange, Step, StepId, Wait};
use crate::state::{Record, State};
use crate::value::{Data, Object, Origin, Type, Unknown, Value};

/// Texts shorter than this are not looked for in others: too many contain them by chance.
const TELLING: usize = 4;

/// The plan without what must not be written.
///
/// # Errors
/// Something hidden is part of what a call says: it cannot be taken out, and told again later.
pub fn withheld(plan: &Plan, state: &State) -> Result<Plan, String> {
    let steps = plan.steps.iter().map(|step| withhold_step(step, state)).collect::<Result<Vec<Step>, String>>()?;
    let mut withhold = Withhold { free: true, ..Withhold::default() };
    let outputs = plan.outputs.iter().map(|(name, value)| (name.clone(), withhold.value(value, false))).collect();
    let mut record = |record: &RecordChange| RecordChange {
        object: withhold.attributes(&record.object, &record.address),
        ..record.clone()
    };
    let records = plan.records.iter().map(&mut record).collect();
    Ok(Plan { steps, outputs, records, ..plan.clone() })
}

/// A value with holes for what must not be written.
pub fn covered(value: &Value) -> Value {
    Withhold { free: true, ..Withhold::default() }.value(value, false)
}

/// Writes a plan.
///
/// # Errors
/// It holds what must not be written ([`withheld`]).
pub fn write(plan: &Plan) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    ciborium::into_writer(plan, &mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Reads what [`write`] wrote.
///
/// # Errors
/// It is something else.
pub fn read(bytes: &[u8]) -> Result<Plan, String> {
    let plan: Plan = ciborium::from_reader(bytes).map_err(|error| error.to_string())?;
    check(&plan)?;
    Ok(plan)
}

/// Whether the steps of a plan that was read fit together.
///
/// # Errors
/// They do not.
pub fn check(plan: &Plan) -> Result<(), String> {
    let steps: BTreeSet<StepId> = plan.steps.iter().map(|step| step.step).collect();
    let barriers: BTreeSet<BarrierId> = plan.barriers.iter().map(|barrier| barrier.barrier).collect();
    let known = |wait: &Wait| match wait {
        Wait::Step(step) => steps.contains(step),
        Wait::Barrier(barrier) => barriers.contains(barrier),
    };
    let whole = steps.len() == plan.steps.len()
        && barriers.len() == plan.barriers.len()
        && plan.steps.iter().flat_map(|step| &step.edges).all(known)
        && plan.barriers.iter().flat_map(|barrier| &barrier.steps).all(|step| steps.contains(step));
    if whole { Ok(()) } else { Err("its steps do not fit together".to_owned()) }
}

fn withhold_step(step: &Step, state: &State) -> Result<Step, String> {
    let hidden = |name: &str| {
        let is_hidden = |object: &Object| object.get(name).is_some_and(Value::is_sensitive_anywhere);
        step.after.as_ref().is_some_and(is_hidden) || recorded(step, state).is_some_and(|record| record.hides(name))
    };
    let mut withhold = Withhold { next: step.after.as_ref().map_or(0, next_hole), ..Withhold::default() };
    let was = step.before.iter().flatten().filter(|(name, _)| hidden(name));
    was.for_each(|(_, value)| withhold.hide(value));
    let after = step.after.as_ref().map(|after| withhold.attributes(after, &step.address));
    // What AWS says of a value that is hidden is the same text.
    let open = |(name, value): &(&Arc<str>, &Value)| !hidden(name) && !value.is_sensitive_anywhere();
    let before = step.before.as_ref();
    let before =
        before.map(|before| before.iter().filter(open).map(|(name, value)| (name.clone(), value.clone())).collect());
    let mut step = Step { after, before, ..step.clone() };
    for change in &mut step.changes {
        let hide = hidden(change.name) || change.after.is_sensitive_anywhere();
        for value in [&mut change.before, &mut change.after].into_iter().filter(|value| !value.is_null()) {
            *value = if hide || value.is_sensitive_anywhere() { cover(value, None) } else { value.clone() };
        }
    }
    for call in &mut step.calls {
        for value in call.args.values_mut() {
            *value = withhold.copied(value);
            if withhold.tells(value) {
                return Err(format!("{}: {} says something that must not be written", step.address, call.operation));
            }
        }
        call.assumes.retain(|assumption| !hidden(assumption.attribute.0));
    }
    Ok(step)
}

/// The record of the object that a step is about.
fn recorded<'a>(step: &Step, state: &'a State) -> Option<&'a Record> {
    let mut former = state.deposed.iter().filter(|old| old.address == step.address);
    match step.deposed {
        true => former.find(|old| step.id.as_ref() == Some(&old.record.id)).map(|old| &old.record),
        false => state.records.get(&step.address),
    }
}

/// The number behind those of the holes of an object.
fn next_hole(object: &Object) -> u32 {
    fn next(value: &Value) -> u32 {
        match &value.data {
            Data::Unknown(unknown) => unknown.hole.map_or(0, |hole| hole + 1),
            _ => value.children().map(next).max().unwrap_or(0),
        }
    }
    object.values().map(next).max().unwrap_or(0)
}

/// Puts holes where hidden values are. Of a collection that is hidden all its parts are; of a map its keys as well.
#[derive(Default)]
struct Withhold {
    next: u32,
    /// What was taken out, without marks, and the hole that is there now.
    known: BTreeMap<Value, u32>,
    /// Texts that must not be in what is written.
    hidden: BTreeSet<String>,
    /// Whether the keys of objects are the user's own, as in an output, and as hidden as what they hold. Those of nested
    /// blocks are names of the schema, and calls have them, too.
    free: bool,
}

impl Withhold {
    /// Notes the texts of a hidden value.
    fn hide(&mut self, value: &Value) {
        self.hidden.extend(value.as_str().filter(|text| !text.is_empty()).map(str::to_owned));
        self.hidden.extend(
            value
                .as_object()
                .into_iter()
                .flat_map(Object::keys)
                .map(ToString::to_string)
                .filter(|_| matches!(value.data, Data::Map(..))),
        );
        value.children().for_each(|part| self.hide(part));
    }

    /// A value of the object, with holes for what is hidden in it.
    fn value(&mut self, value: &Value, hide: bool) -> Value {
        let hide = hide || value.sensitive || matches!(value.data, Data::Secret(_));
        if value.is_null() || !hide && !value.is_sensitive_anywhere() {
            return value.clone();
        }
        if let Data::Unknown(unknown) = &value.data {
            // How it begins is a part of what it will be.
            let told = !hide || !self.free || unknown.ty.is_primitive();
            let ty = if told { unknown.ty.clone() } else { Type::Any };
            let unknown = Unknown { ty, prefix: unknown.prefix.clone().filter(|_| !hide), ..(**unknown).clone() };
            return Value { data: Data::Unknown(Arc::new(unknown)), sensitive: value.sensitive };
        }
        let data = match &value.data {
            Data::List(ty, list) => Data::List(ty.clone(), self.items(list, hide)),
            Data::Set(ty, set) => Data::Set(ty.clone(), self.items(set, hide)),
            Data::Tuple(tuple) => Data::Tuple(self.items(tuple, hide)),
            Data::Map(ty, entries) if !hide => Data::Map(ty.clone(), self.object(entries, hide)),
            Data::Object(entries) if !(hide && self.free) => Data::Object(self.object(entries, hide)),
            _ => return self.hole(value),
        };
        Value::new(data)
    }

    /// The attributes of an object of a kind.
    fn attributes(&mut self, object: &Object, address: &Address) -> Object {
        let schema = kinds::get(&address.kind).map(|kind| kind.schema());
        let is_free = |name: &str| schema.and_then(|schema| schema.attr(name)).is_none_or(|attr| attr.ty == Type::Any);
        let mut one = |(name, value): (&Arc<str>, &Value)| {
            self.free = is_free(name);
            (name.clone(), self.value(value, false))
        };
        object.iter().map(&mut one).collect()
    }

    fn items(&mut self, items: &[Value], hide: bool) -> Arc<Vec<Value>> {
        Arc::new(items.iter().map(|item| self.value(item, hide)).collect())
    }

    fn object(&mut self, object: &Object, hide: bool) -> Object {
        object.iter().map(|(name, value)| (name.clone(), self.value(value, hide))).collect()
    }

    fn hole(&mut self, value: &Value) -> Value {
        let hole = self.next;
        self.next += 1;
        self.known.entry(value.unmark_deep().0).or_insert(hole);
        self.hide(value);
        cover(value, Some(hole))
    }

    /// A value that was copied out of the object: the same parts of it are holes.
    fn copied(&self, value: &Value) -> Value {
        if let Some(hole) = self.known.get(&value.unmark_deep().0) {
            return cover(value, Some(*hole));
        }
        let items = |items: &[Value]| Arc::new(items.iter().map(|item| self.copied(item)).collect::<Vec<_>>());
        let entries = |entries: &Object| -> Object {
            entries.iter().map(|(name, value)| (name.clone(), self.copied(value))).collect()
        };
        let data = match &value.data {
            Data::List(ty, list) => Data::List(ty.clone(), items(list)),
            Data::Set(ty, set) => Data::Set(ty.clone(), items(set)),
            Data::Tuple(tuple) => Data::Tuple(items(tuple)),
            Data::Map(ty, map) => Data::Map(ty.clone(), entries(map)),
            Data::Object(object) => Data::Object(entries(object)),
            _ => return value.clone(),
        };
        Value::new(data)
    }

    /// Whether something hidden is still told, as a part of a text, or as the key of a map.
    fn tells(&self, value: &Value) -> bool {
        let told = |text: &str| {
            self.hidden.iter().any(|hidden| text == hidden || hidden.len() >= TELLING && text.contains(&**hidden))
        };
        let by_key =
            matches!(value.data, Data::Map(..)) && value.as_object().is_some_and(|map| map.keys().any(|key| told(key)));
        let hidden = value.sensitive && !value.is_unknown() && !value.is_null();
        hidden || by_key || value.as_str().is_some_and(told) || value.children().any(|part| self.tells(part))
    }
}

/// Whether the type of a value would tell keys.
fn has_keys(value: &Value) -> bool {
    value.as_object().is_some() || value.children().any(has_keys)
}

/// What stands for a hidden value. Its type says nothing of the keys of a map.
fn cover(value: &Value, hole: Option<u32>) -> Value {
    let ty = if has_keys(value) { Type::Any } else { value.ty() };
    let origin = Some(Arc::new(Origin::Withheld));
    let unknown = Unknown { ty, origin, not_null: true, hole, ..Unknown::default() };
    Value::from(unknown).into_sensitive()
}
