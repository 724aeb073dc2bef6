//! An instance whose object exists: left alone, updated or replaced.

use crate::kind::{Change, Observation, Status};
use crate::plan::build::Builder;
use crate::plan::decide::{Instance, compiled, filled, push, unknown, unknown_all};
use crate::plan::diff::{self, Comparison, Difference};
use crate::plan::record::record_plan;
use crate::plan::{Action, Reason, replace};
use crate::schema::Update;
use crate::state::Record;
use crate::value::{Object, Value};

/// Compares an instance with its object; answers the object as it will be.
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
    if let Status::Making(_) = &observation.status {
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
        digests: builder.inputs.digests,
    };
    let mut difference = diff::compare(&comparison);
    complete_counts(instance, wanted, &mut difference);
    remark(builder, instance, &difference);
    let mut causes = causes(builder, instance, &difference);
    if record.region != instance.region {
        causes.push("region".to_owned());
    }
    if !causes.is_empty() {
        return replace::replace(builder, instance, &record, difference, causes);
    }
    update(builder, instance, &record, difference, &observation)
}

/// An object that an earlier run began: an apply waits for it before it plans, a plan can only say so.
pub(super) fn unfinished(
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
pub(super) fn complete_counts(instance: &Instance, wanted: &Object, difference: &mut Difference) {
    if &*instance.address.kind != "replication_group" || !difference.changed.contains(&"num_cache_clusters") {
        return;
    }
    if !wanted.contains_key("replicas_per_node_group")
        && let Some(nodes) = wanted.get("num_cache_clusters").and_then(Value::as_i64)
    {
        difference.after.insert("replicas_per_node_group".into(), Value::int(nodes - 1));
    }
}

pub(super) fn remark(builder: &mut Builder, instance: &Instance, difference: &Difference) {
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
pub(super) fn causes(builder: &mut Builder, instance: &Instance, difference: &Difference) -> Vec<String> {
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

pub(super) fn update(
    builder: &mut Builder,
    instance: &Instance,
    record: &Record,
    difference: Difference,
    observation: &Observation,
) -> Object {
    let Difference { before, mut after, changed, secrets, let_in, .. } = difference;
    let target = builder.target(&instance.region);
    if !changed.is_empty() {
        instance.kind.predict(&mut after, Some(&observation.object), &target);
        forget_absent(instance, &before, &mut after);
    }
    let mut plan = record_plan(builder, instance, secrets, record.suffix.clone());
    plan.let_in = let_in;
    let protect = record.protect != plan.protect;
    let after = filled(instance, after);
    let local =
        |name: &&&'static str| instance.kind.schema().attr(name).is_some_and(|attr| attr.update == Update::Local);
    let shown = changed.iter().filter(|name| !local(name) || !matches!(**name, "tags" | "parameters")).count();
    if shown == 0 && !protect {
        builder.plan.unchanged += 1;
        let known = builder.state.records.get(instance.address);
        let stale = known.is_none_or(|record| record.set != plan.set || record.dependencies != plan.dependencies);
        if stale {
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
        phase: &plan.let_in,
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
pub(super) fn forget_absent(instance: &Instance, before: &Object, after: &mut Object) {
    for attr in &instance.kind.schema().attrs {
        let was = before.get(attr.name).is_some_and(|value| !value.is_null());
        if was && !after.contains_key(attr.name) {
            after.insert(attr.name.into(), unknown(instance, attr.name));
        }
    }
}
