//! What becomes of one instance: made, changed, replaced, left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::kind::{Change, Kind, Observation, Status};
use crate::lang::declare::Resource;
use crate::plan::build::Builder;
use crate::plan::diff::{self, Comparison, Difference};
use crate::plan::{Action, Reason, RecordPlan, Step, import, moves, replace, wish};
use crate::schema::{Mode, Update};
use crate::stack::desired::Desired;
use crate::state::{Digest, Record, digest};
use crate::value::{Data, Object, Value};

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
    let record = moves::recorded(builder, address);
    let mut wanted = instance.desired.object.clone();
    let suffix = record.as_ref().and_then(|record| record.suffix.clone());
    if let (Some(suffix), Some(name)) = (&suffix, instance.kind.name_attribute()) {
        replace::add_suffix(&mut wanted, name, suffix);
    }
    if let (None, Some((id, span))) = (&record, builder.imports.get(address).cloned()) {
        return import::adopt(builder, &instance, &wanted, id.as_deref(), span);
    }
    let id = record.as_ref().map(|record| record.id.clone()).or_else(|| instance.kind.identify(&wanted));
    let found = find(builder, &instance, record.as_ref(), id.as_deref());
    match (record, found) {
        (None, Seen::Present(_)) => refuse(builder, &instance, wanted, &id.unwrap_or_default()),
        (None, _) => create(builder, &instance, wanted, Reason::Declared, None),
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
    let (Some(live), Some(id)) = (builder.inputs.live, id) else {
        return if record.is_none() && builder.inputs.live.is_some() { Seen::Absent } else { Seen::Unread };
    };
    let region = record.map_or(&instance.region, |record| &record.region);
    let key = (instance.address.kind.to_string(), region.clone(), id.to_owned());
    match live.objects.get(&key) {
        Some(Some(observation)) => Seen::Present(observation.clone()),
        Some(None) => Seen::Absent,
        None => {
            builder.needs.objects.insert(key);
            Seen::Unread
        }
    }
}

/// An object of that name is there and has no record: it is somebody else's.
fn refuse(builder: &mut Builder, instance: &Instance, wanted: Object, id: &str) -> Object {
    let attribute = instance.kind.name_attribute().unwrap_or("name");
    let mut diagnostic = Diagnostic::error(
        "CS0601",
        "The object exists already",
        format!(
            "`{}` is to be made, and the account has a {} called \"{id}\" that this state does not know.",
            instance.address, instance.address.kind
        ),
    )
    .help(format!(
        "Choose another name; or take the object over: import {{ to = {}, id = \"{id}\" }} with a line for each of the two.",
        instance.address
    ));
    diagnostic.span = instance.desired.span_of(attribute);
    builder.diagnostics.push(diagnostic);
    unknown_all(instance, &wanted)
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
            wanted.entry(attr.name.into()).or_insert(default);
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

fn compiled(builder: &mut Builder, instance: &Instance, change: &Change) -> Vec<crate::kind::Call> {
    match instance.kind.compile(change) {
        Ok(calls) => wish::without_own_unknowns(calls, instance.address),
        Err(problem) => {
            builder.diagnostics.push(instance.desired.diagnose(problem).of(instance.address));
            Vec::new()
        }
    }
}

/// Digests of the secrets that are known now.
fn secrets(builder: &Builder, instance: &Instance) -> BTreeMap<String, Digest> {
    let salt = &builder.inputs.state.salt;
    // A check without an account compares nothing.
    if builder.inputs.live.is_none() {
        return BTreeMap::new();
    }
    let attrs = instance.kind.schema().attrs.iter().filter(|attr| attr.secret);
    attrs
        .filter_map(|attr| match &instance.desired.object.get(attr.name)?.data {
            Data::Secret(secret) => {
                let text = secret.text.as_ref()?;
                let digest =
                    Digest { digest: digest::digest(text, salt), source: secret.source.as_deref().map(str::to_owned) };
                Some((attr.name.to_owned(), digest))
            }
            _ => None,
        })
        .collect()
}

/// What the record of an instance shall say.
pub fn record_of(
    builder: &Builder,
    instance: &Instance,
    secrets: BTreeMap<String, Digest>,
    suffix: Option<String>,
) -> RecordPlan {
    record_plan(builder, instance, secrets, suffix)
}

fn record_plan(
    builder: &Builder,
    instance: &Instance,
    secrets: BTreeMap<String, Digest>,
    suffix: Option<String>,
) -> RecordPlan {
    let mut set: BTreeSet<String> = instance
        .desired
        .object
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, _)| name.to_string())
        .collect();
    set.remove("tags_all");
    if instance.desired.object.get("tags_all").and_then(Value::as_object).is_some_and(|tags| !tags.is_empty()) {
        set.insert("tags".to_owned());
    }
    let dependencies = builder.managed_blocks_used_by(instance.address);
    RecordPlan { set, secrets, dependencies, protect: instance.protect, suffix }
}

pub(super) fn existing(
    builder: &mut Builder,
    instance: &Instance,
    wanted: &Object,
    record: Record,
    observation: Observation,
) -> Object {
    if let Status::Broken(why) = &observation.status {
        builder.note(
            instance.address,
            format!("is {why} and will not come right by itself; replace it with --replace={}", instance.address),
        );
    }
    if is_being_made(&observation.status) {
        return unfinished(builder, instance, wanted, &record, &observation);
    }
    let lifecycle = &instance.resource.meta.lifecycle;
    let ignored =
        |name: &str| lifecycle.ignore_all || lifecycle.ignore_changes.iter().any(|ignored| &**ignored == name);
    let comparison = Comparison {
        schema: instance.kind.schema(),
        desired: wanted,
        live: &observation.object,
        pending: &observation.pending,
        record: &record,
        ignored: &ignored,
        whole: &*instance.address.kind == "alarm",
        salt: &builder.inputs.state.salt,
    };
    let mut difference = diff::compare(&comparison);
    complete_counts(instance, wanted, &mut difference);
    remark(builder, instance, &difference);
    if builder.inputs.options.refresh_only {
        difference.changed.clear();
        difference.after = difference.before.clone();
    }
    let mut causes = causes(builder, instance, &difference);
    if record.region != instance.region && !builder.inputs.options.refresh_only {
        causes.push("region".to_owned());
    }
    if !causes.is_empty() {
        return replace::replace(builder, instance, &record, difference, causes);
    }
    update(builder, instance, &record, difference, &observation)
}

/// Whether AWS is still making an object, so that it cannot be compared with anything yet.
pub fn is_being_made(status: &Status) -> bool {
    matches!(status, Status::Busy(word) if word.contains("creating"))
}

/// An object that an earlier run began: an apply waits for it before it plans, a plan can only say so.
fn unfinished(
    builder: &mut Builder,
    instance: &Instance,
    wanted: &Object,
    record: &Record,
    observation: &Observation,
) -> Object {
    builder.note(instance.address, "is still being made by an earlier run; apply waits for it and compares it then");
    let mut object = record.object.clone();
    object.extend(observation.object.iter().map(|(name, value)| (name.clone(), value.clone())));
    object.extend(wanted.iter().map(|(name, value)| (name.clone(), value.clone())));
    for name in ["member_clusters", "members", "num_node_groups", "num_cache_clusters", "replicas_per_node_group"] {
        if !wanted.contains_key(name) {
            object.remove(name);
        }
    }
    instance.kind.predict(&mut object, None, &builder.target(&instance.region));
    builder.plan.unfinished += 1;
    unknown_all(instance, &object)
}

/// A count that is written decides; its twin, which AWS derives from it, must not be taken for a wish.
fn complete_counts(instance: &Instance, wanted: &Object, difference: &mut Difference) {
    if &*instance.address.kind != "replication_group" || !difference.changed.contains(&"num_cache_clusters") {
        return;
    }
    if !wanted.contains_key("replicas_per_node_group")
        && let Some(nodes) = wanted.get("num_cache_clusters").and_then(Value::as_i64)
    {
        difference.after.insert("replicas_per_node_group".into(), Value::int(nodes - 1));
    }
}

fn remark(builder: &mut Builder, instance: &Instance, difference: &Difference) {
    for (name, source) in &difference.unchecked {
        builder.note(
            instance.address,
            format!("`{name}`: secret not checked, {source} is not there; no change is assumed"),
        );
    }
    if !difference.pending.is_empty() {
        let names = difference.pending.join(", ");
        let window = difference
            .before
            .get("maintenance_window")
            .and_then(Value::as_str)
            .map(|window| format!(" ({window} UTC)"))
            .unwrap_or_default();
        builder
            .note(instance.address, format!("{names}: accepted by AWS, pending until the maintenance window{window}"));
    }
}

/// The attributes, references and requests that force a new object.
fn causes(builder: &mut Builder, instance: &Instance, difference: &Difference) -> Vec<String> {
    let schema = instance.kind.schema();
    let fixed =
        difference.changed.iter().filter(|name| schema.attr(name).is_some_and(|attr| attr.update == Update::Replace));
    let mut causes: Vec<String> = fixed.map(|name| (*name).to_owned()).collect();
    let before = &difference.before;
    causes
        .extend(instance.kind.replaces(before, &difference.after, &difference.changed).into_iter().map(str::to_owned));
    if builder.inputs.options.replace.iter().any(|address| instance.address.is_within(address)) {
        causes.push("requested by --replace".to_owned());
    }
    causes.extend(replace::triggers(builder, instance));
    causes
}

fn update(
    builder: &mut Builder,
    instance: &Instance,
    record: &Record,
    difference: Difference,
    observation: &Observation,
) -> Object {
    let Difference { before, mut after, changed, secrets, .. } = difference;
    let target = builder.target(&instance.region);
    if !changed.is_empty() {
        instance.kind.predict(&mut after, Some(&observation.object), &target);
        forget_absent(instance, &before, &mut after);
    }
    let plan = record_plan(builder, instance, secrets, record.suffix.clone());
    let protect = record.protect != plan.protect;
    let after = filled(instance, after);
    let local =
        |name: &&&'static str| instance.kind.schema().attr(name).is_some_and(|attr| attr.update == Update::Local);
    let shown = changed.iter().filter(|name| !local(name) || !matches!(**name, "tags" | "parameters")).count();
    if shown == 0 && !protect {
        builder.plan.unchanged += 1;
        let moved = builder.plan.moves.iter().any(|(_, to)| to == instance.address);
        let known = builder.inputs.state.records.get(instance.address);
        let stale =
            known.is_none_or(|record| record.set != plan.set || record.dependencies != plan.dependencies) || moved;
        if stale || builder.inputs.options.refresh_only {
            let entry = (instance.address.clone(), plan, after.clone(), record.id.clone(), record.region.clone());
            builder.plan.records.push(entry);
        }
        return after;
    }
    let change = Change {
        before: Some(&before),
        after: Some(&after),
        changed: &changed,
        target: &target,
        id: Some(&record.id),
        ownership: &[],
    };
    let calls = compiled(builder, instance, &change);
    let mut changes = diff::changes(instance.kind.schema(), &before, &after, &changed, &[]);
    if protect {
        changes.push(crate::plan::AttrChange {
            name: "protect",
            before: record.protect.into(),
            after: plan.protect.into(),
            replaces: false,
        });
    }
    let id = Some(record.id.clone());
    push(
        builder,
        instance,
        Action::Update,
        Reason::Declared,
        id,
        Some(before),
        Some(after.clone()),
        changed,
        changes,
        calls,
        plan,
    );
    after
}

/// What a prediction took out is not known until the change is made.
fn forget_absent(instance: &Instance, before: &Object, after: &mut Object) {
    for attr in &instance.kind.schema().attrs {
        let was = before.get(attr.name).is_some_and(|value| !value.is_null());
        if was && !after.contains_key(attr.name) {
            after.insert(attr.name.into(), unknown(instance, attr.name));
        }
    }
}

fn unknown(instance: &Instance, name: &str) -> Value {
    let ty = instance.kind.schema().attr(name).map(|attr| attr.ty.clone()).unwrap_or_default();
    let origin: Arc<str> = format!("{}.{name}", instance.address).into();
    Value::unknown(ty, Some(origin))
}

/// The object with every attribute of the schema: unknown what AWS computes, null what nobody set.
pub fn unknown_all(instance: &Instance, object: &Object) -> Object {
    let mut object = object.clone();
    object.entry("region".into()).or_insert_with(|| Value::string(&instance.region));
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
fn filled(instance: &Instance, mut object: Object) -> Object {
    object.insert("region".into(), Value::string(&instance.region));
    for attr in &instance.kind.schema().attrs {
        object.entry(attr.name.into()).or_insert_with(|| Value::null_of(attr.ty.clone()));
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
