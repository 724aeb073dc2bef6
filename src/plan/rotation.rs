//! The rotation of a secret: a new one is let in beside the one before, and made the only one when somebody says so.

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::kind::{Observation, SecretPhase};
use crate::plan::decide::Instance;
use crate::plan::decision::Decision;
use crate::plan::diff::Difference;
use crate::plan::draft::Draft;
use crate::plan::existing::update;
use crate::plan::{Options, Plan, RecordPlan};
use crate::shell;
use crate::state::digest::Reading;
use crate::state::{Digest, Record};
use crate::value::Value;

/// A warning for each secret of which a former one is still valid, or that nobody has to come with.
pub(super) fn unfinished(instance: &Instance, record: &Record, difference: &Difference) -> Vec<Diagnostic> {
    let let_in = record.phase.keys().map(|name| (name, record.secrets.contains_key(name)));
    let beside = record.beside.iter().map(|(name, former)| (name, former.is_some()));
    let told = |(name, had): (&String, bool)| {
        let others =
            if had { "the one before is still valid beside it" } else { "who comes with none is still let in" };
        let detail = format!("`{name}` was changed, and {others}.");
        let help = match difference.changed.contains(&name.as_str()) {
            true if is_former(record, difference, name) => format!(
                "What is written is the one from before: this plan takes the rotation back, and shuts out clients that \
                 have the new one. Give the new one, and end it: cachestack rotate {} --finish",
                shell::quoted(&instance.address.to_string())
            ),
            true => "This plan makes the one that is written the only one.".to_owned(),
            false => {
                format!(
                    "When all clients have the new one: cachestack rotate {} --finish",
                    shell::quoted(&instance.address.to_string())
                )
            }
        };
        let mut warning = Diagnostic::warning("CS1017", "A rotation that is not finished", detail).help(help);
        warning.span = instance.desired.span_of(name);
        warning.of(instance.address)
    };
    let_in.chain(beside).map(told).collect()
}

/// Whether what is written of a secret is what it was before the rotation.
fn is_former(record: &Record, difference: &Difference, name: &str) -> bool {
    let former = match record.phase.contains_key(name) {
        true => record.secrets.get(name),
        false => record.beside.get(name).and_then(Option::as_ref),
    };
    former.zip(difference.secrets.get(name)).is_some_and(|(former, written)| former.digest == written.digest)
}

/// Which part of a rotation is asked for of an instance.
pub(super) fn asked(draft: &Draft, instance: &Instance) -> Option<SecretPhase> {
    let (address, only) = draft.inputs.options.rotate.as_ref()?;
    instance.address.is_within(address).then_some(*only)
}

/// The change of the secrets alone, and of that one part: everything else stays as it is.
pub(super) fn narrow(
    draft: &Draft,
    instance: &Instance,
    (record, waits): (&Record, &crate::value::Object),
    observation: Observation,
    mut difference: Difference,
    only: SecretPhase,
) -> Decision {
    let names = match only {
        SecretPhase::LetIn => comes(instance, record, &difference),
        SecretPhase::Set => stays(draft, instance, record, &mut difference),
    };
    let names = match names {
        Ok(names) => names,
        Err(wrong) => return Decision { diagnostics: vec![*wrong], ..Decision::of(difference.after) },
    };
    // The number of a secret that is only written is recorded with it.
    let versions = instance.kind.schema().attrs.iter().filter(|attr| names.contains(&attr.name));
    let versions: Vec<&str> = versions.filter_map(|attr| attr.versioned).collect();
    let is_part = |name: &str| names.iter().chain(&versions).any(|part| *part == name);
    let mut after = difference.before.clone();
    after.extend(difference.after.into_iter().filter(|(name, _)| is_part(name)));
    let mut changed: Vec<&'static str> = difference.changed.into_iter().filter(|name| is_part(name)).collect();
    changed.extend(names.iter().filter(|name| !changed.contains(name)).copied().collect::<Vec<_>>());
    if names.is_empty() {
        changed.clear();
    }
    // What else differs is neither sent nor recorded as if it had been.
    update(draft, instance, (record, waits), Difference { after, changed, ..difference }, &observation, Some(only))
}

/// What else the block says now is recorded when it is applied.
pub(super) fn keep(record: &Record, changed: &[&'static str], plan: &mut RecordPlan) {
    plan.set = record.set.iter().cloned().chain(changed.iter().map(|name| (*name).to_owned())).collect();
    (plan.protect, plan.guarded) = (record.protect, record.guarded || record.protect);
    let more = record.dependencies.iter().filter(|used| !plan.dependencies.contains(used));
    let more: Vec<Address> = more.cloned().collect();
    plan.dependencies.extend(more);
}

type Names = Result<Vec<&'static str>, Box<Diagnostic>>;

/// The secrets that are to be let in.
fn comes(instance: &Instance, record: &Record, difference: &Difference) -> Names {
    if let Some((name, source)) = difference.unchecked.first() {
        return Err(refusal(
            instance,
            name,
            format!("`{name}` comes from {source}, and that is not there."),
            "Give it.",
        ));
    }
    let is_given = |name: &str| difference.after.get(name).is_some_and(|value| !value.is_null());
    let names: Vec<&'static str> =
        secrets(instance)?.into_iter().filter(|name| difference.changed.contains(name)).collect();
    if let Some(name) = names.iter().find(|name| !is_given(name)) {
        let detail = format!("`{name}` is not written any more: there is nothing to take the place of the one before.");
        return Err(refusal(instance, name, detail, "Write the new one; or let `cachestack apply` take it away."));
    }
    let cut_off =
        |name: &str| record.phase.contains_key(name) && !difference.let_in.iter().any(|let_in| let_in == name);
    match names.iter().find(|name| record.beside.contains_key(**name) || cut_off(name)) {
        Some(name) => {
            let detail = format!(
                "`{name}` was changed once more, and the rotation before is not finished: two are valid, and there can be no third."
            );
            let help = format!(
                "Put back the one that was let in and finish: cachestack rotate {} --finish. `cachestack apply` goes on with the one that is written at once.",
                shell::quoted(&instance.address.to_string())
            );
            Err(refusal(instance, name, detail, &help))
        }
        None => Ok(names),
    }
}

/// The secrets that were let in and are to be the only ones. They are sent once more, so they must be the same.
fn stays(draft: &Draft, instance: &Instance, record: &Record, difference: &mut Difference) -> Names {
    let let_in = |name: &str| -> Option<&Digest> {
        let beside = record.secrets.get(name).filter(|_| record.beside.contains_key(name));
        record.phase.get(name).or(beside)
    };
    let names: Vec<&'static str> = secrets(instance)?.into_iter().filter(|name| let_in(name).is_some()).collect();
    for name in &names {
        let value = instance.desired.object.get(name).cloned().unwrap_or_else(Value::null);
        let digest = match draft.inputs.digests.read(&value) {
            Reading::Known(digest) => digest,
            Reading::Unread(source) => {
                let detail =
                    format!("`{name}` comes from {source}, and that is not there; AWS wants to be told it again.");
                return Err(refusal(instance, name, detail, "Give it."));
            }
            Reading::Open => {
                let detail = format!("`{name}` was let in and is not written any more, or is not known yet.");
                return Err(refusal(instance, name, detail, "Write the one that was let in."));
            }
        };
        if let_in(name).is_none_or(|let_in| let_in.digest != digest.digest) {
            let detail =
                format!("`{name}` is another one than was let in: clients that have that one would be shut out.");
            return Err(refusal(instance, name, detail, "Put back the one that was let in."));
        }
        difference.after.insert((*name).into(), value);
        difference.secrets.insert((*name).to_owned(), digest);
        if !difference.let_in.iter().any(|known| known == name) {
            difference.let_in.push((*name).to_owned());
        }
    }
    Ok(names)
}

/// The secrets of a kind that AWS lets in one beside the other.
fn secrets(instance: &Instance) -> Names {
    let attrs = instance.kind.schema().attrs.iter().filter(|attr| attr.secret && attr.versioned.is_some());
    match instance.kind.dates_secret() {
        Some(_) => Ok(attrs.map(|attr| attr.name).collect()),
        None => {
            let detail = format!("AWS changes no secret of a {} in two steps.", instance.address.kind);
            Err(refusal(instance, "", detail, "Name a replication_group with an auth_token."))
        }
    }
}

fn refusal(instance: &Instance, name: &str, detail: String, help: &str) -> Box<Diagnostic> {
    let mut refusal = Diagnostic::error("CS1018", "Nothing that can be rotated", detail).help(help);
    refusal.span = instance.desired.span_of(name).or(Some(instance.resource.span));
    Box::new(refusal.of(instance.address))
}

/// Leaves nothing but the rotation, and what its secret is made of where that is still to be made.
pub(super) fn alone(plan: &mut Plan, options: &Options) {
    let Some((address, _)) = &options.rotate else { return };
    let of_it = |of: &Address| of.is_within(address);
    let open = |value: &Value| !value.is_wholly_known();
    let steps = plan.steps.iter().filter(|step| of_it(&step.address));
    if steps.flat_map(|step| &step.calls).flat_map(|call| call.args.values()).any(open) {
        return;
    }
    plan.steps.retain(|step| of_it(&step.address));
    plan.steps.iter_mut().for_each(|step| step.edges.clear());
    plan.barriers.clear();
    plan.records.clear();
    plan.imports.clear();
    plan.blocked.retain(|blocked| of_it(&blocked.address));
}
