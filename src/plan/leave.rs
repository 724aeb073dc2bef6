//! What becomes of records whose block is gone, of deposed objects, and of everything in a destroy.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use crate::address::{Address, ModulePath, module_prefix};
use crate::diag::Diagnostic;
use crate::kind::{Among, Call, Change, Kind, Problem, Status};
use crate::kinds;
use crate::plan::decision::Decision;
use crate::plan::draft::Draft;
use crate::plan::gone::Gone;
use crate::plan::whose::{self, Whose, whose};
use crate::plan::{Action, Reason, Step, collide, farewell, local, members, pending, refresh_only, waits};
use crate::stack::Stack;
use crate::state::Record;
use crate::value::Object;

/// Decides the records whose instance is no longer declared, and the deposed objects.
pub fn leavers(draft: &Draft) -> Vec<Decision> {
    let destroy = draft.inputs.options.destroy;
    let reason = |address| if destroy { Reason::Destroyed } else { Reason::Orphan(Gone::of(draft, address)) };
    let names = draft.evaluator.names();
    let leaves = |address: &Address| {
        let goes = !draft.declared.contains(address) && !draft.is_undecided(address);
        destroy || goes && unread(&names.0, address).is_none()
    };
    let records = draft.state.records.iter().filter(|(address, _)| leaves(address));
    let records = records.map(|(address, record)| (address, record, reason(address)));
    let deposed = draft.state.deposed.iter().map(|old| (&old.address, &old.record, Reason::Deposed));
    let lists = LazyCell::new(|| collide::all_lists(draft, &names.0));
    let among = LazyCell::new(|| collide::among(draft, &names.0, &lists));
    let decide = |(address, record, reason): (&Address, &Record, Reason)| {
        let deposed = reason == Reason::Deposed;
        if draft.inputs.options.refresh_only {
            return refresh_only::look_at_leaver(draft, address, record, deposed);
        }
        match Some(address).filter(|_| deposed && !leaves(address)).and_then(|address| broken_successor(draft, address))
        {
            Some(why) => noted(address, format!("is {why}, so its former object \"{}\" stays", record.id)),
            None => leave(draft, address, record, reason, &among),
        }
    };
    let strangers = draft.state.strangers.iter().map(|one| {
        let text = "is of a kind that this version does not know; its object and its record stay as they are";
        noted(&one.address, text.to_owned())
    });
    records.chain(deposed).map(decide).chain(strangers).chain(unread_modules(draft)).collect()
}

/// The module of an address whose files are not here: whether they still declare it, nobody knows.
fn unread<'a>(stack: &'a Stack, address: &Address) -> Option<(&'a ModulePath, &'a Diagnostic)> {
    let module = address.config().module;
    stack.elsewhere.iter().find(|(path, _)| module.starts_with(path))
}

/// An error for every such module that has records: a plan without them would be a guess.
fn unread_modules(draft: &Draft) -> Vec<Decision> {
    if draft.inputs.options.destroy {
        return Vec::new();
    }
    let names = draft.evaluator.names();
    let mut found: BTreeMap<&ModulePath, (&Diagnostic, Vec<&Address>)> = BTreeMap::new();
    for address in draft.state.records.keys().chain(draft.state.deposed.iter().map(|old| &old.address)) {
        if let Some((path, why)) = unread(&names.0, address) {
            found.entry(path).or_insert((why, Vec::new())).1.push(address);
        }
    }
    let told = |(path, (why, of)): (&ModulePath, (&Diagnostic, Vec<&Address>))| {
        let name = module_prefix(path).trim_end_matches('.').to_owned();
        let (count, first) = (of.len(), of[0]);
        let what = if count == 1 { format!("`{first}`") } else { format!("{count} objects, `{first}` among them") };
        let detail = format!("{} The state has {what}, and nobody can tell what becomes of them.", why.detail);
        let call = names.0.call(path).map(|call| call.span);
        let mut error = Diagnostic::error("CS0937", "A module of the state is not read", detail);
        error.span = why.span.or(call);
        let help = why.help.as_deref().unwrap_or("Fetch it with `cachestack init`.");
        Decision {
            diagnostics: vec![error.help(format!("{help} To give up `{name}` and what it made, remove its block."))],
            ..Decision::default()
        }
    };
    found.into_iter().map(told).collect()
}

fn noted(address: &Address, text: String) -> Decision {
    let mut decision = Decision::default();
    decision.note(address, text);
    decision
}

/// Why the object that took the place of a former one is of no use, if that is so and this plan does not replace it: the
/// former one may be all that is left.
fn broken_successor(draft: &Draft, address: &Address) -> Option<String> {
    let settled = |step: &Step| !step.deposed && step.action != Action::Update && step.address == *address;
    if draft.plan.steps.iter().any(settled) {
        return None;
    }
    let record = draft.state.records.get(address)?;
    match &draft.inputs.live?.objects.get(&whose::key(address, record))?.as_ref()?.status {
        Status::Broken(why) => Some(why.clone()),
        _ => None,
    }
}

/// Whether its block says that the object is left where it is when it goes, or has said so while there was one.
fn is_abandoned(draft: &Draft, address: &Address, record: &Record, deposed: bool) -> bool {
    let names = draft.evaluator.names();
    !deposed && names.0.resource(address).map_or(record.abandon, |block| block.meta.lifecycle.abandon)
}

fn leave<'a, F: FnOnce() -> Among<'a>>(
    draft: &Draft,
    address: &Address,
    record: &Record,
    reason: Reason,
    among: &LazyCell<Among<'a>, F>,
) -> Decision {
    let mut decision = Decision::default();
    let Some(kind) = kinds::get(&address.kind) else { return decision };
    let key = whose::key(address, record);
    let found = draft.observed(address, record);
    let whose = match &found {
        Some(Some(found)) => whose(draft, address, record, found),
        _ => Whose::Ours,
    };
    match &found {
        None => drop(decision.needs.insert(key)),
        Some(_) => decision.doubt = Some(key).filter(|_| whose == Whose::Unsure),
    }
    if let (Some(Some(seen)), false) = (&found, whose == Whose::Anothers || draft.inputs.options.destroy) {
        let waits = pending::joined(kind, record, seen, draft.time());
        let mut before = seen.object.clone();
        for (name, value) in &record.object {
            before.or_insert_with(name.clone(), || value.clone());
        }
        decision.waits = waits::of(draft, (address, kind), record, seen, (&before, &waits));
    }
    let gone = matches!(found, Some(None));
    let (status, mut before) = match found.flatten() {
        Some(observation) => (Some(observation.status), observation.object),
        None => (None, Object::new()),
    };
    for (name, value) in &record.object {
        before.or_insert_with(name.clone(), || value.clone());
    }
    members::without_gone(draft, kind, &record.region, &mut before);
    // What must not be kept must not be shown either.
    before.iter_mut().filter(|(name, _)| record.hides(name)).for_each(|(_, value)| value.sensitive = true);
    let deposed = reason == Reason::Deposed;
    let names = draft.evaluator.names();
    let removed = names.0.removed.iter().find(|removed| removed.from.contains(address));
    let taken_in =
        if matches!(reason, Reason::Orphan(_)) { kind.taken_in(address, &record.object, among) } else { None };
    let step = match (gone, removed) {
        (true, _) => {
            if let Some(name) = &record.farewell {
                decision.note(address, format!("is gone; a final snapshot \"{name}\" was asked for"));
            }
            Step::forget(address, Reason::Vanished, record, before)
        }
        _ if taken_in.is_some() => {
            let owner = taken_in.map(Address::to_string).unwrap_or_default();
            decision.note(address, format!("is decided by `{owner}` from now on; only its record goes"));
            Step::forget(address, reason, record, before)
        }
        (_, Some(removed)) if !removed.destroy => Step::forget(address, reason, record, before),
        (_, None) if is_abandoned(draft, address, record, deposed) => Step::forget(address, reason, record, before),
        _ if whose == Whose::Anothers => {
            let text =
                format!("is gone, and what is called \"{}\" now carries the mark of another; that stays", record.id);
            decision.note(address, text);
            Step::forget(address, Reason::Vanished, record, before)
        }
        _ if whose == Whose::Unmarked && deposed => {
            let tag = whose::tag(record);
            let text = format!(
                "has a former object \"{}\" that has lost the tag {tag}; it stays until it has that again",
                record.id
            );
            return noted(address, text);
        }
        _ if whose == Whose::Unmarked => {
            decision.diagnostics.push(whose::refusal(address, record, &whose, None));
            return decision;
        }
        _ => match delete(draft, &mut decision, (address, kind, record), &mut before, (status.as_ref(), deposed)) {
            // Its kind leaves it where it is.
            Ok((calls, _)) if calls.is_empty() && kind.local().is_none() => {
                if kind.is_bought() {
                    decision.note(address, "stays bought until its time is over; only its record goes");
                }
                Step::forget(address, reason, record, before)
            }
            Ok((calls, farewell)) => {
                if let Some(text) = local::farewell(draft, address) {
                    decision.note(address, text);
                }
                Step::delete(address, reason, record, before, calls).with_farewell(farewell)
            }
            Err(wrong) => {
                decision.diagnostics.push(wrong);
                return decision;
            }
        },
    };
    decision.steps.push(step.of_deposed(deposed));
    decision
}

/// The calls that delete an object, and the name of its final snapshot, which is written into the object as it is.
fn delete(
    draft: &Draft,
    decision: &mut Decision,
    (address, kind, record): (&Address, &'static dyn Kind, &Record),
    before: &mut Object,
    (status, replaced): (Option<&Status>, bool),
) -> Result<(Vec<Call>, Option<String>), Diagnostic> {
    let leaver = farewell::Leaver { address, kind, record, status, replaced };
    let (name, remark) = farewell::name(draft, &leaver, before)?;
    remark.into_iter().for_each(|remark| decision.note(address, remark));
    let calls = kind.compile(&Change::delete(&record.id, before, &draft.target(&record.region)));
    let told = |problem: Problem| {
        let diagnostic = Diagnostic::error(problem.code, problem.summary, problem.detail);
        Diagnostic { help: problem.help, ..diagnostic.of(address) }
    };
    calls.map(|calls| (calls, name)).map_err(told)
}
