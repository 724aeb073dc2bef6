//! An instance whose object exists: left alone, updated or replaced.

use crate::kind::{Call, Change, Observation, SecretPhase, Status};
use crate::plan::decide::{Instance, complaint, filled, numbered, unknown, unknown_all};
use crate::plan::decision::{Decision, Standing};
use crate::plan::diff::{self, Comparison, Difference};
use crate::plan::draft::Draft;
use crate::plan::members;
use crate::plan::record::record_plan;
use crate::plan::refresh_only::visible;
use crate::plan::step::Shown;
use crate::plan::whose;
use crate::plan::{
    AttrChange, ObjectKey, RecordChange, RecordPlan, Step, Waits, drifted, ignore, local, pending, reboot, replace,
    rotation, waits, wish,
};
use crate::schema::{Mode, Update};
use crate::state::Record;
use crate::value::{Object, Value, json};

/// Compares an instance with its object, and decides what becomes of it.
pub(super) fn existing(
    draft: &Draft,
    instance: &Instance,
    wanted: &Object,
    mut record: Record,
    mut observation: Observation,
) -> Decision {
    let mut said = Decision::default();
    members::without_leaving(draft, instance, [&mut observation.object, &mut record.object]);
    if let Status::Broken(why) = &observation.status {
        let way = format!("is {why} and will not come right by itself; replace it with --replace={}", instance.address);
        said.note(instance.address, way);
    }
    let open = match &observation.status {
        Status::Making(_) => Some("is still being made; apply waits for it and compares it then"),
        Status::Leaving(_) => Some("is being deleted; apply waits until it is gone, and makes it anew"),
        _ => None,
    };
    if let Some(note) = open {
        return unfinished(draft, instance, wanted, &record, &observation, note).after(said);
    }
    let waits = pending::joined(instance.kind, &record, &observation, draft.time());
    if reboot::is_asked_for(draft, instance) {
        return reboot::reboot(draft, instance, record, observation).after(said);
    }
    let mut difference = compare(draft, instance, wanted, (&record, &waits), &observation);
    if !difference.overrun.is_empty() {
        return overrun(draft, instance, (&record, &waits), &observation, difference).after(said);
    }
    let Difference { before, after, changed, pending, let_in, .. } = &mut difference;
    if observation.status.under_way().is_some() {
        pending::carry_out(instance.kind, &waits, before, &draft.target(&instance.region));
    }
    instance.kind.complete(before, wanted, changed, after);
    pending.retain(|name| !changed.contains(name));
    let later = instance.kind.stage(before, wanted, changed, after, let_in);
    difference.leave(&record, instance.kind.schema(), &later);
    if !later.is_empty() {
        let text = format!("{}: left for the next apply, when clients have moved", later.join(", "));
        said.note(instance.address, text);
    }
    if is_wanted_now(draft, instance) && observation.status == Status::Settled {
        pending::pull(instance.kind, &waits, wanted, &mut difference);
    }
    said.waits =
        waits::of(draft, (instance.address, instance.kind), &record, &observation, (&difference.before, &waits));
    left_over(instance, wanted, &record, &observation, &mut said);
    let accepted = remark(instance, &difference, observation.status.under_way(), &mut said);
    let nodes = reboot::waiting(&observation.pending);
    if !nodes.is_empty() {
        let hint = format!("cachestack reboot {}", instance.address);
        let nodes = nodes.join(", ");
        said.note(instance.address, format!("parameters take effect after a restart only ({nodes}): {hint}"));
    }
    overdue(draft, instance, &record, &observation, &mut said);
    doubtful(instance, &record, &difference, &mut said);
    if is_wanted_now(draft, instance) && difference.changed.is_empty() {
        said.note(instance.address, "nothing of it waits for a maintenance window (--now)");
    }
    said.doubt = doubt(draft, instance, &record, &difference);
    if let Some(only) = rotation::asked(draft, instance) {
        let decision = rotation::narrow(draft, instance, (&record, &waits), observation, difference, only);
        return accept(instance, decision, accepted, said);
    }
    said.diagnostics.extend(rotation::unfinished(instance, &record, &difference));
    let mut causes = causes(draft, instance, &difference);
    if record.region != instance.region {
        causes.push("region".to_owned());
    }
    let decision = match causes.is_empty() {
        true => update(draft, instance, (&record, &waits), difference, &observation, None),
        false => replace::replace(draft, instance, (&record, &observation), difference, causes),
    };
    accept(instance, decision, accepted, said)
}

/// Says what AWS has accepted already, unless a call of the decision carries it out and says so.
fn accept(instance: &Instance, decision: Decision, accepted: Option<String>, mut said: Decision) -> Decision {
    let carried_out = decision.steps.iter().flat_map(|step| &step.calls).any(Call::flushes);
    accepted.into_iter().filter(|_| !carried_out).for_each(|text| said.note(instance.address, text));
    decision.after(said)
}

/// AWS is making something else of an object than it shall be: what that takes can be told when it is done.
fn overrun(
    draft: &Draft,
    instance: &Instance,
    (record, waits): (&Record, &Object),
    observation: &Observation,
    difference: Difference,
) -> Decision {
    let (names, word) = (difference.overrun.join(", "), observation.status.under_way().unwrap_or_default());
    let of = (instance.address, instance.kind);
    let mut decision = Decision {
        standing: Standing::Unfinished,
        waits: waits::of(draft, of, record, observation, (&difference.before, waits)),
        ..Decision::of(filled(instance, difference.after))
    };
    let text =
        format!("{names}: AWS is making something else of it ({word}); apply waits for that and compares it then");
    decision.note(instance.address, text);
    decision
}

/// Blocks that were written and are no longer stay in AWS, as with Terraform: that is said.
fn left_over(instance: &Instance, wanted: &Object, record: &Record, observation: &Observation, said: &mut Decision) {
    let lifecycle = &instance.resource.meta.lifecycle;
    let blocks = instance.kind.schema().attrs.iter().filter(|attr| attr.block.is_some());
    for attr in blocks.filter(|attr| attr.mode == Mode::OptionalComputed && attr.update == Update::InPlace) {
        let ignored = lifecycle.ignores(attr.name);
        let dropped = record.set.contains(attr.name) && !wanted.contains_key(attr.name) && !ignored;
        let there = observation.object.get(attr.name).and_then(Value::as_items).unwrap_or_default();
        // What none of them also is, they stay with either.
        let clears =
            observation.object.get(attr.name).is_some_and(|now| !attr.is_satisfied(now, &Value::tuple(Vec::new())));
        if dropped && !there.is_empty() && clears {
            let stays: Vec<String> = there.iter().map(told).collect();
            let name = attr.name;
            let note = format!(
                "`{name}` is not written any more, and stays in AWS: {}. Write {name} = [] to take it away",
                stays.join("; ")
            );
            said.note(instance.address, note);
        }
    }
}

/// A block in one line, without what is not set.
fn told(block: &Value) -> String {
    if block.is_sensitive_anywhere() {
        return "(sensitive value)".to_owned();
    }
    let fields = block.as_object().into_iter().flatten();
    let set = fields.filter(|(_, value)| !value.is_null() && value.as_bool() != Some(false));
    let set: Vec<String> = set.map(|(name, value)| format!("{name} = {}", json::encode(value))).collect();
    format!("{{ {} }}", set.join(", "))
}

/// Tags that differ are asked of the object's own service: others are behind.
fn doubt(draft: &Draft, instance: &Instance, record: &Record, difference: &Difference) -> Option<ObjectKey> {
    let live = draft.inputs.live.filter(|_| difference.changed.contains(&"tags_all"))?;
    Some(whose::key(instance.address, record)).filter(|key| !live.confirmed.contains(key))
}

fn compare(
    draft: &Draft,
    instance: &Instance,
    wanted: &Object,
    (record, waits): (&Record, &Object),
    observation: &Observation,
) -> Difference {
    let lifecycle = &instance.resource.meta.lifecycle;
    let mut wanted = wanted.clone();
    ignore::keep(lifecycle, &mut wanted, &observation.object);
    let (schema, digests) = (instance.kind.schema(), draft.inputs.digests);
    let mut live = observation.object.clone();
    if instance.kind.local().is_some() {
        local::restore(digests, schema, &wanted, record, &mut live);
    }
    let ignored = |name: &str| lifecycle.ignores(name);
    diff::compare(&Comparison {
        schema,
        desired: &wanted,
        live: &live,
        pending: waits,
        waiting: pending::waiting(instance.kind, &wanted, &observation.status, is_wanted_now(draft, instance)),
        record,
        ignored: &ignored,
        follows: instance.kind.follows_another(&live),
        whole: instance.kind.schema().whole,
        has: instance.kind.secrets_of(&live),
        digests,
    })
}

/// An object that an earlier run began: an apply waits for it before it plans, a plan can only say so.
fn unfinished(
    draft: &Draft,
    instance: &Instance,
    wanted: &Object,
    record: &Record,
    observation: &Observation,
    note: &str,
) -> Decision {
    let mut object = record.object.clone();
    object.extend(observation.object.iter().map(|(name, value)| (name.clone(), value.clone())));
    object.extend(wanted.iter().map(|(name, value)| (name.clone(), value.clone())));
    for name in instance.kind.follows().iter().filter(|name| !wanted.contains_key(name)) {
        object.remove(name);
    }
    instance.kind.predict(&mut object, None, &draft.target(&instance.region));
    let mut decision = Decision { standing: Standing::Unfinished, ..Decision::of(unknown_all(instance, &object)) };
    decision.note(instance.address, note);
    decision
}

/// Says what is to be known of a difference; answers what is to be said of what AWS keeps until the window.
fn remark(
    instance: &Instance,
    difference: &Difference,
    under_way: Option<&str>,
    said: &mut Decision,
) -> Option<String> {
    for (name, source) in &difference.unchecked {
        let text = format!("`{name}`: secret not checked, {source} is not there; no change is assumed");
        said.note(instance.address, text);
    }
    if difference.pending.is_empty() {
        return None;
    }
    let names = difference.pending.join(", ");
    if let Some(word) = under_way {
        said.note(instance.address, format!("{names}: accepted by AWS, and being carried out ({word})"));
        return None;
    }
    let until = said.waits.as_ref().map(Waits::until).unwrap_or_default();
    Some(format!("{names}: accepted by AWS, {until}"))
}

/// Whether nothing of an instance is to wait for the maintenance window.
fn is_wanted_now(draft: &Draft, instance: &Instance) -> bool {
    draft.inputs.options.now.iter().any(|address| instance.address.is_within(address))
}

/// What has missed its window is planned once more: that is said.
fn overdue(draft: &Draft, instance: &Instance, record: &Record, observation: &Observation, said: &mut Decision) {
    let missed = pending::missed(instance.kind, record, observation, draft.time());
    if !missed.is_empty() {
        let names = missed.join(", ");
        let text = "the maintenance window is over, and AWS has not carried it out; nobody counts on it any more";
        said.note(instance.address, format!("{names}: {text}"));
    }
}

/// What a run was cut off at, and AWS does not tell, is asked for once more: that is said.
fn doubtful(instance: &Instance, record: &Record, difference: &Difference, said: &mut Decision) {
    let names: Vec<&str> = difference.changed.iter().copied().filter(|name| record.is_doubtful(name)).collect();
    if !names.is_empty() {
        let text = "whether AWS has this for the maintenance window already is not known, so that it is asked again";
        said.note(instance.address, format!("{}: {text}", names.join(", ")));
    }
}

/// The attributes, references and requests that force a new object.
fn causes(draft: &Draft, instance: &Instance, difference: &Difference) -> Vec<String> {
    let schema = instance.kind.schema();
    let nothing = |name: &str| difference.after.get(name).is_none_or(Value::is_null);
    let is_fixed = |name: &&&str| {
        let attr = schema.attr(name).filter(|attr| attr.update == Update::Replace);
        attr.is_some_and(|attr| !(attr.let_go && nothing(attr.name)))
    };
    let fixed = difference.changed.iter().filter(is_fixed);
    let mut causes: Vec<String> = fixed.map(|name| (*name).to_owned()).collect();
    let before = &difference.before;
    causes
        .extend(instance.kind.replaces(before, &difference.after, &difference.changed).into_iter().map(str::to_owned));
    if draft.inputs.options.replace.iter().any(|address| instance.address.is_within(address)) {
        causes.push(replace::REQUESTED.to_owned());
    }
    causes.extend(replace::triggers(draft, instance));
    causes
}

pub(super) fn update(
    draft: &Draft,
    instance: &Instance,
    (record, waits): (&Record, &Object),
    difference: Difference,
    observation: &Observation,
    only: Option<SecretPhase>,
) -> Decision {
    let Difference { before, mut after, changed, secrets, let_in, later, .. } = difference;
    if !changed.is_empty() {
        let (live, now) = (&observation.object, is_wanted_now(draft, instance));
        pending::foresee(instance.kind, &mut after, live, &draft.target(&instance.region), now);
        forget_absent(instance, &before, &mut after);
    }
    let mut plan = record_plan(draft, instance, secrets, record.suffix.clone());
    (plan.let_in, plan.only) = (let_in, only);
    plan.later = later.into_iter().map(str::to_owned).collect();
    plan.now = is_wanted_now(draft, instance);
    if only.is_some() {
        rotation::keep(record, &changed, &mut plan);
    }
    let both: Vec<String> = record.beside.keys().chain(record.phase.keys()).cloned().collect();
    let protect = record.protect != plan.protect;
    let after = filled(instance, after);
    let is_told = |name: &&'static str| instance.kind.schema().attr(name).is_none_or(|attr| attr.told_by.is_none());
    if !changed.iter().any(is_told) && !protect {
        // What waits is recorded when it has come.
        let mut object = after.clone();
        let waiting = observation.object.iter().filter(|(name, _)| waits.contains_key(name));
        object.extend(waiting.map(|(name, now)| (name.clone(), now.clone())));
        let record = stale(draft, instance, (record, observation), plan, &object);
        return Decision { record, standing: Standing::Unchanged, ..Decision::of(after) };
    }
    let mut changes = diff::changes(instance.kind.schema(), &before, &after, &changed, &[]);
    // A secret that changes was there, though nobody tells it.
    let schema = instance.kind.schema();
    let known = |name: &str| record.secrets.contains_key(name) || instance.kind.secrets_of(&before).contains(&name);
    let secrets = changes.iter_mut().filter(|change| schema.attr(change.name).is_some_and(|attr| attr.secret));
    for change in secrets.filter(|change| change.before.is_null() && known(change.name)) {
        change.before = Value::string("").into_sensitive();
    }
    if protect {
        let (before, after) = (record.protect.into(), plan.protect.into());
        changes.push(AttrChange { name: "protect", before, after, replaces: false, recorded: None });
    }
    drifted::mark(draft, (instance.address, schema), (record, observation), &mut changes);
    let mut decision = Decision::default();
    let back = pending::taken_back(instance.kind.schema(), &before, &after, &changed);
    let told = pending::show(waits, &back, &mut changes);
    if !told.is_empty() {
        decision
            .note(instance.address, format!("{}: takes back what waits for the maintenance window", told.join(", ")));
    }
    let numbered = numbered(&after);
    let target = draft.target(&instance.region);
    let wish = wish::without_own_unknowns(numbered.clone(), instance.address);
    let known = pending::with_leaving_nodes(&before, waits);
    let change = Change {
        phase: &plan.let_in,
        both: &both,
        only,
        now: plan.now,
        ..Change::update(&record.id, &known, &wish, &changed, &target)
    };
    match pending::compile(instance.kind, &change, &back) {
        Ok(mut calls) => {
            let place = (instance.address, &*instance.region);
            if observation.status == Status::Settled {
                pending::flush(instance.kind, &change, (waits, &back), &mut calls);
            }
            let shown = Shown { changed, changes };
            decision.steps.push(Step::update(place, &record.id, (before, numbered), shown, calls, plan));
        }
        // What is in the way may be what AWS is at.
        Err(_) if observation.status.under_way().is_some() => {
            let word = observation.status.under_way().unwrap_or_default();
            let text = format!("is being changed ({word}); apply waits for it and compares it then");
            decision.note(instance.address, text);
            decision.standing = Standing::Unfinished;
        }
        Err(problem) => decision.diagnostics.extend(complaint(draft, instance, problem)),
    }
    decision.object = after;
    decision
}

/// The record of an instance that needs nothing, where it says something else beside the object.
fn stale(
    draft: &Draft,
    instance: &Instance,
    (record, observation): (&Record, &Observation),
    plan: RecordPlan,
    after: &Object,
) -> Option<RecordChange> {
    let known = draft.state.records.get(instance.address);
    let (pending, since) = pending::kept(instance.kind, record, observation, draft.time());
    let has_come = |known: &Record| (&known.pending, &known.since) != (&pending, &since);
    let stale = known.is_none_or(|known| {
        known.abandon != plan.abandon
            || known.set != plan.set
            || !known.owed.is_empty()
            || is_behind(instance, known, after)
            || known.dependencies != plan.dependencies
            || has_come(known)
    });
    stale.then(|| RecordChange {
        address: instance.address.clone(),
        region: record.region.clone(),
        id: record.id.clone(),
        object: after.clone(),
        record: plan,
        pending,
        since,
        owed: Default::default(),
    })
}

/// Whether a record says otherwise than the block and the object, which agree: the block follows what others did, or a
/// run was cut off.
fn is_behind(instance: &Instance, known: &Record, after: &Object) -> bool {
    let desired = &instance.desired.object;
    let attrs = instance.kind.schema().attrs.iter().filter(|attr| !attr.secret && attr.update != Update::Local);
    let mut written = attrs.filter(|attr| desired.get(attr.name).is_some_and(|value| !value.is_null()));
    written.any(|attr| match (known.object.get(attr.name), after.get(attr.name)) {
        (Some(known), Some(after)) if after.is_wholly_known() && !after.is_sensitive_anywhere() => {
            !attr.is_satisfied(&visible(after), &visible(known))
        }
        _ => false,
    })
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
