//! What becomes of one instance: made, changed, replaced, left alone.

use crate::address::Address;
use crate::kind::{Change, Kind, Observation};
use crate::lang::declare::Resource;
use crate::plan::build::Builder;
use crate::plan::diff::{self};
use crate::plan::existing::existing;
use crate::plan::record::{record_plan, secrets};
use crate::plan::{Action, Reason, RecordPlan, Step, import, moves, names, refresh_only, replace, wish};
use crate::schema::{Mode, Update};
use crate::stack::desired::Desired;
use crate::state::Record;
use crate::value::{Object, Origin, Value};

/// An instance with everything that is known of it before the account is looked at.
pub struct Instance<'a> {
    /// Its block.
    pub resource: &'a Resource,
    /// Its address.
    pub address: &'a Address,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// What the block asks for.
    pub desired: &'a Desired,
    /// Where.
    pub region: String,
    /// Whether it is protected.
    pub protect: bool,
}

/// Decides an instance; answers the object as it will be, for those who refer to it.
pub fn decide(builder: &mut Builder, instance: Instance) -> Object {
    let address = instance.address;
    let mut record = moves::recorded(builder, address);
    if !builder.inputs.options.refresh_only && names::take_back(builder, &instance) {
        record = builder.state.records.get(address).cloned();
    }
    let ignored = builder.inputs.environment.ignored_tags(instance.resource);
    record.iter_mut().for_each(|record| ignored.strip(&mut record.object));
    let mut wanted = instance.desired.object.clone();
    let suffix = record.as_ref().and_then(|record| record.suffix.clone());
    if let (Some(suffix), Some(name)) = (&suffix, instance.kind.name_attribute()) {
        replace::add_suffix(&mut wanted, name, suffix);
    }
    if builder.inputs.options.refresh_only {
        return refresh_only::look(builder, &instance, wanted, record);
    }
    if let (None, Some((id, span))) = (&record, builder.imports.get(address).cloned()) {
        return import::adopt(builder, &instance, &wanted, id.as_deref(), span);
    }
    let id = record.as_ref().map(|record| record.id.clone());
    let found = find(builder, &instance, record.as_ref(), id.as_deref());
    match (record, found) {
        (None, _) => {
            names::claim(builder, &instance, &wanted, None);
            create(builder, &instance, wanted, Reason::Declared, None)
        }
        (Some(_), Seen::Absent) => {
            builder.note(address, "is gone from the account and will be made anew");
            create(builder, &instance, wanted, Reason::Vanished, suffix)
        }
        (Some(record), Seen::Unread) => {
            let mut object = record.object.clone();
            object.extend(wanted);
            unknown_all(&instance, &object)
        }
        (Some(record), Seen::Present(observation)) => existing(builder, &instance, &wanted, record, observation),
    }
}

/// An owned answer of what was found.
pub(super) enum Seen {
    Unread,
    Absent,
    Present(Observation),
}

pub(super) fn find(builder: &mut Builder, instance: &Instance, record: Option<&Record>, id: Option<&str>) -> Seen {
    let Some(id) = id else {
        return if record.is_none() && builder.inputs.live.is_some() { Seen::Absent } else { Seen::Unread };
    };
    let region = record.map_or(&instance.region, |record| &record.region);
    let key = (instance.address.kind.to_string(), region.clone(), id.to_owned());
    match builder.inputs.live.and_then(|live| live.objects.get(&key)) {
        Some(Some(observation)) => {
            let mut observation = observation.clone();
            builder.inputs.environment.ignored_tags(instance.resource).strip(&mut observation.object);
            Seen::Present(observation)
        }
        Some(None) => Seen::Absent,
        None => {
            builder.needs.objects.insert(key);
            Seen::Unread
        }
    }
}

fn create(
    builder: &mut Builder,
    instance: &Instance,
    wanted: Object,
    reason: Reason,
    suffix: Option<String>,
) -> Object {
    let mut after = with_defaults(instance, wanted);
    let set: Vec<&'static str> = set_names(instance, &after);
    let target = builder.target(&instance.region);
    instance.kind.predict(&mut after, None, &target);
    let planned = unknown_all(instance, &after);
    let change = Change {
        before: None,
        after: Some(&planned),
        changed: &set,
        target: &target,
        id: instance.kind.identify(&planned).as_deref().map(|_| ()).and(None),
        ownership: &[],
        phase: &[],
    };
    let calls = compiled(builder, instance, &change);
    let nothing = Object::new();
    let changes = diff::changes(instance.kind.schema(), &nothing, &planned, &display_names(instance, &planned), &[]);
    let record = record_plan(builder, instance, secrets(builder, instance), suffix);
    push(
        builder,
        instance,
        Action::Create,
        reason,
        instance.kind.identify(&planned),
        None,
        Some(planned.clone()),
        set,
        changes,
        calls,
        record,
    );
    planned
}

/// A wish with what it leaves to us.
pub(super) fn with_defaults(instance: &Instance, mut wanted: Object) -> Object {
    for attr in instance.kind.schema().attrs.iter().filter(|attr| attr.settable()) {
        if let Some(default) = attr.default.clone().or_else(|| attr.at_create.map(Value::string)) {
            wanted.or_insert(attr.name.into(), default);
        }
    }
    wanted
}

/// Names of the attributes that a create shows: all that are known or set.
fn display_names(instance: &Instance, planned: &Object) -> Vec<&'static str> {
    instance
        .kind
        .schema()
        .attrs
        .iter()
        .filter(|attr| {
            planned.get(attr.name).is_some_and(|value| !value.is_null() && !crate::value::same(value, &Value::null()))
        })
        .filter(|attr| attr.update != Update::Local || instance.desired.object.contains_key(attr.name))
        .map(|attr| attr.name)
        .collect()
}

/// Names of the attributes that are set in an object.
fn set_names(instance: &Instance, object: &Object) -> Vec<&'static str> {
    let attrs = instance.kind.schema().attrs.iter();
    attrs.filter(|attr| object.get(attr.name).is_some_and(|value| !value.is_null())).map(|attr| attr.name).collect()
}

pub(super) fn compiled(builder: &mut Builder, instance: &Instance, change: &Change) -> Vec<crate::kind::Call> {
    match instance.kind.compile(change) {
        Ok(calls) => wish::without_own_unknowns(calls, instance.address),
        Err(problem) => {
            builder.diagnostics.push(instance.desired.diagnose(problem).of(instance.address));
            Vec::new()
        }
    }
}

pub(super) fn unknown(instance: &Instance, name: &str) -> Value {
    let ty = instance.kind.schema().attr(name).map(|attr| attr.ty.clone()).unwrap_or_default();
    Value::unknown(ty, Some(Origin::attribute(instance.address, name)))
}

/// The object with every attribute of the schema: unknown what AWS computes, null what nobody set.
pub fn unknown_all(instance: &Instance, object: &Object) -> Object {
    let mut object = object.clone();
    object.or_insert_with("region".into(), || Value::string(&instance.region));
    for attr in &instance.kind.schema().attrs {
        let open = matches!(attr.mode, Mode::Computed | Mode::OptionalComputed);
        if object.get(attr.name).is_none_or(|value| value.is_null() && open) {
            let value = if open { unknown(instance, attr.name) } else { Value::null_of(attr.ty.clone()) };
            object.insert(attr.name.into(), value);
        }
    }
    object
}

/// The object with null for every attribute that is absent.
pub(super) fn filled(instance: &Instance, mut object: Object) -> Object {
    object.insert("region".into(), Value::string(&instance.region));
    for attr in &instance.kind.schema().attrs {
        object.or_insert_with(attr.name.into(), || Value::null_of(attr.ty.clone()));
    }
    object
}

/// Adds a step for an instance.
#[allow(clippy::too_many_arguments)]
pub fn push(
    builder: &mut Builder,
    instance: &Instance,
    action: Action,
    reason: Reason,
    id: Option<String>,
    before: Option<Object>,
    after: Option<Object>,
    changed: Vec<&'static str>,
    changes: Vec<crate::plan::AttrChange>,
    calls: Vec<crate::kind::Call>,
    record: RecordPlan,
) {
    builder.plan.steps.push(Step {
        address: instance.address.clone(),
        action,
        reason,
        region: instance.region.clone(),
        id,
        before,
        after,
        changed,
        changes,
        calls,
        edges: Vec::new(),
        record,
        deposed: false,
    });
}
