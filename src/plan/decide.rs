//! What becomes of one instance: made, changed, replaced, left alone. Reads the draft, and writes nothing.

use crate::address::Address;
use crate::kind::{Call, Change, Kind, Problem};
use crate::lang::declare::Resource;
use crate::plan::decision::Decision;
use crate::plan::draft::{Draft, Seen};
use crate::plan::existing::existing;
use crate::plan::record::{record_plan, secrets};
use crate::plan::step::Shown;
use crate::plan::whose::{self, Whose, whose};
use crate::plan::{AttrChange, Reason, Step, diff, import, local, members, names, refresh_only, replace, wish};
use crate::schema::{Mode, Update};
use crate::shell;
use crate::stack::desired::Desired;
use crate::state::Record;
use crate::value::{Object, Origin, Value, holes};

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
    /// The region it is in: `eu-west-1`.
    pub region: String,
    /// Whether it is protected.
    pub protect: bool,
}

/// Decides an instance.
pub fn decide(draft: &Draft, instance: &Instance) -> Decision {
    let address = instance.address;
    let mut record = draft.state.records.get(address).cloned();
    let ignored = draft.inputs.environment.ignored_tags(instance.resource);
    record.iter_mut().for_each(|record| ignored.strip(&mut record.object));
    let wanted = wanted(instance, record.as_ref());
    if draft.inputs.options.refresh_only {
        return refresh_only::look(draft, instance, wanted, record);
    }
    let Some(record) = record else {
        return match draft.imports.get(address) {
            Some((id, span)) => import::adopt(draft, instance, &wanted, id.as_deref(), *span),
            None => new(draft, instance, wanted),
        };
    };
    match draft.find(instance.resource, address, &record.region, &record.id) {
        Seen::Absent => {
            // It may have another name by now, which somebody else has.
            let claim = names::claim(draft, instance, &wanted, Some(&record.id));
            let mut decision = create(draft, instance, wanted, Reason::Vanished, record.suffix.clone());
            let why = if instance.kind.local().is_some() { "is over" } else { "is gone from the account" };
            decision.note(address, format!("{why} and will be made anew"));
            decision.after(claim)
        }
        Seen::Unread(key) => {
            let mut object = record.object.clone();
            object.extend(wanted);
            Decision { needs: key.into_iter().collect(), ..Decision::of(unknown_all(instance, &object)) }
        }
        Seen::Present(observation) => match whose(draft, address, &record, &observation) {
            Whose::Ours => {
                let mut decision = existing(draft, instance, &wanted, record.clone(), observation);
                decision.diagnostics.extend(local::missing(draft, instance, &record, &decision));
                decision
            }
            Whose::Unsure => {
                let decision = existing(draft, instance, &wanted, record.clone(), observation);
                Decision { doubt: Some(whose::key(address, &record)), ..decision }
            }
            other => anothers(draft, instance, &wanted, &record, &other),
        },
    }
}

/// What has the name of our object may be somebody else's: it is only touched where an `import` block says so.
fn anothers(draft: &Draft, instance: &Instance, wanted: &Object, record: &Record, whose: &Whose) -> Decision {
    match draft.imports.get(instance.address) {
        Some((id, span)) if id.as_deref() == Some(&*record.id) => {
            import::adopt(draft, instance, wanted, id.as_deref(), *span)
        }
        _ => {
            let refusal = whose::refusal(instance.address, record, whose, Some(instance.resource.span));
            Decision { diagnostics: vec![refusal], ..Decision::of(unknown_all(instance, wanted)) }
        }
    }
}

/// What the block asks for, under the name that the object has got.
fn wanted(instance: &Instance, record: Option<&Record>) -> Object {
    let mut wanted = instance.desired.object.clone();
    let suffix = record.and_then(|record| record.suffix.as_deref());
    if let (Some(suffix), Some(name)) = (suffix, instance.kind.name_attribute()) {
        replace::add_suffix(&mut wanted, name, suffix);
    }
    wanted
}

/// An instance that has no object yet.
fn new(draft: &Draft, instance: &Instance, wanted: Object) -> Decision {
    let claim = names::claim(draft, instance, &wanted, None);
    create(draft, instance, wanted, Reason::Declared, None).after(claim)
}

fn create(draft: &Draft, instance: &Instance, wanted: Object, reason: Reason, suffix: Option<String>) -> Decision {
    let (set, planned) = foresee(draft, instance, wanted);
    let mut decision = Decision::default();
    match creation(draft, instance, &planned, &set) {
        Ok(mut calls) => {
            calls.shrink_to_fit();
            let (changes, after) = match draft.inputs.live {
                Some(_) => (shown(instance, &planned), numbered(&planned)),
                // A check is neither shown nor carried out.
                None => {
                    calls.iter_mut().for_each(|call| call.args.clear());
                    (Vec::new(), planned.clone())
                }
            };
            let record = record_plan(draft, instance, secrets(draft, instance), suffix);
            let place = (instance.address, &*instance.region);
            let made = (instance.kind.identify(&planned), after);
            decision.steps.push(Step::create(place, reason, made, Shown { changed: set, changes }, calls, record));
        }
        Err(problem) => decision.diagnostics.extend(complaint(draft, instance, problem)),
    }
    // A replacement whose second half failed, for one, has left what the cache held in a snapshot.
    if let Some(name) = left_behind(draft, instance) {
        let address = shell::quoted(&instance.address.to_string());
        let text = format!(
            "will be empty; a former object of this address has left the snapshot \"{name}\", out of which cachestack restore {address} --snapshot {name} makes it"
        );
        decision.note(instance.address, text);
    }
    decision.object = planned;
    decision
}

/// The last final snapshot of an object that an address had, where what is made now is not filled from anything.
fn left_behind<'a>(draft: &'a Draft, instance: &Instance) -> Option<&'a str> {
    instance.kind.filled_from()?;
    let sources = ["snapshot_name", "snapshot_arns", "snapshot_arns_to_restore", "global_replication_group_id"];
    let written = &instance.desired.object;
    if sources.into_iter().any(|name| written.get(name).is_some_and(|source| !source.is_null())) {
        return None;
    }
    let address = instance.address.to_string();
    let last = draft.state.farewells.iter().rfind(|one| one.address == address)?;
    (last.region == instance.region).then_some(&last.name)
}

/// A new object as it will be, and the names of what is set in it.
pub(super) fn foresee(draft: &Draft, instance: &Instance, wanted: Object) -> (Vec<&'static str>, Object) {
    let mut after = with_defaults(instance, wanted);
    let set = set_names(instance, &after);
    instance.kind.predict(&mut after, None, &draft.target(&instance.region));
    members::inherit(draft, instance, &mut after);
    (set, unknown_all(instance, &after))
}

/// The calls that make an object.
pub(super) fn creation(
    draft: &Draft,
    instance: &Instance,
    planned: &Object,
    set: &[&'static str],
) -> Result<Vec<Call>, Problem> {
    let after = wish::without_own_unknowns(numbered(planned), instance.address);
    instance.kind.compile(&Change::create(&after, set, &draft.target(&instance.region)))
}

/// The object with its holes told apart, and every part of what is hidden marked: calls are made out of parts.
pub(super) fn numbered(planned: &Object) -> Object {
    let mut after = planned.clone();
    holes::number(&mut after);
    after.values_mut().for_each(Value::mark_parts);
    after
}

/// What a kind has to say against a change. Without the account, a value that is not known yet is no mistake.
pub(super) fn complaint(draft: &Draft, instance: &Instance, problem: Problem) -> Option<crate::diag::Diagnostic> {
    let passes = problem.code == "CS0411" && draft.inputs.live.is_none();
    (!passes).then(|| instance.desired.diagnose(problem).of(instance.address))
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

/// What a create shows.
fn shown(instance: &Instance, planned: &Object) -> Vec<AttrChange> {
    let names = display_names(instance, planned);
    diff::changes(instance.kind.schema(), &Object::new(), planned, &names, &[])
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

pub(super) fn unknown(instance: &Instance, name: &str) -> Value {
    let attr = instance.kind.schema().attr(name);
    let ty = attr.map(|attr| attr.ty.clone()).unwrap_or_default();
    let value = Value::unknown(ty, Some(Origin::attribute(instance.address, name)));
    value.with_mark(attr.is_some_and(|attr| attr.secret))
}

/// The object with every attribute of the schema: unknown what AWS computes, null what nobody set.
pub fn unknown_all(instance: &Instance, object: &Object) -> Object {
    let mut object = object.clone();
    if instance.kind.schema().attr("region").is_some() {
        object.or_insert_with("region".into(), || Value::string(&instance.region));
    }
    for attr in &instance.kind.schema().attrs {
        let open = matches!(attr.mode, Mode::Computed | Mode::OptionalComputed);
        if object.get(attr.name).is_none_or(|value| value.is_null() && open && !attr.or_nothing) {
            let value = if open { unknown(instance, attr.name) } else { Value::null_of(attr.ty.clone()) };
            object.insert(attr.name.into(), value);
        } else if let Some(value) = object.get_mut(attr.name).filter(|_| !attr.settable()) {
            // A part of what AWS tells may be foreseen.
            holes::claim(value, &Origin::attribute(instance.address, attr.name));
        }
    }
    object
}

/// The object with null for every attribute that is absent.
pub(super) fn filled(instance: &Instance, mut object: Object) -> Object {
    if instance.kind.schema().attr("region").is_some() {
        object.insert("region".into(), Value::string(&instance.region));
    }
    for attr in &instance.kind.schema().attrs {
        object.or_insert_with(attr.name.into(), || Value::null_of(attr.ty.clone()));
    }
    object
}
