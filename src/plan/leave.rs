//! What becomes of records whose block is gone, of deposed objects, and of everything in a destroy.

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::kind::Change;
use crate::kinds;
use crate::plan::decision::Decision;
use crate::plan::draft::Draft;
use crate::plan::{ObjectKey, Reason, Step, refresh_only};
use crate::state::Record;
use crate::value::Object;

/// Decides the records whose instance is no longer declared, and the deposed objects.
pub fn leavers(draft: &Draft) -> Vec<Decision> {
    let destroy = draft.inputs.options.destroy;
    let reason = if destroy { Reason::Destroyed } else { Reason::Orphan };
    let leaves = |address: &Address| destroy || !draft.declared.contains(address) && !draft.is_undecided(address);
    let records = draft.state.records.iter().filter(|(address, _)| leaves(address));
    let records = records.map(|(address, record)| (address, record, reason.clone()));
    let deposed = draft.state.deposed.iter().map(|old| (&old.address, &old.record, Reason::Deposed));
    let decide = |(address, record, reason): (&Address, &Record, Reason)| match draft.inputs.options.refresh_only {
        true => refresh_only::look_at_leaver(draft, address, record, reason == Reason::Deposed),
        false => leave(draft, address, record, reason),
    };
    records.chain(deposed).map(decide).collect()
}

fn leave(draft: &Draft, address: &Address, record: &Record, reason: Reason) -> Decision {
    let mut decision = Decision::default();
    let Some(kind) = kinds::get(&address.kind) else { return decision };
    let key: ObjectKey = (address.kind.to_string(), record.region.clone(), record.id.clone());
    let found = draft.inputs.live.and_then(|live| live.objects.get(&key));
    if found.is_none() {
        decision.needs.insert(key);
    }
    let mut before = found.cloned().flatten().map_or_else(Object::new, |observation| observation.object);
    for (name, value) in &record.object {
        before.or_insert_with(name.clone(), || value.clone());
    }
    let deposed = reason == Reason::Deposed;
    let names = draft.evaluator.names();
    let removed = names.0.removed.iter().find(|removed| removed.from.contains(address));
    let step = match (found, removed) {
        (Some(None), _) => Step::forget(address, Reason::Vanished, record, before),
        (_, Some(removed)) if !removed.destroy => Step::forget(address, reason, record, before),
        _ => match kind.compile(&Change::delete(&record.id, &before, &draft.target(&record.region))) {
            Ok(calls) => Step::delete(address, reason, record, before.clone(), calls),
            Err(problem) => {
                let diagnostic = Diagnostic::error(problem.code, problem.summary, problem.detail);
                decision.diagnostics.push(Diagnostic { help: problem.help, ..diagnostic.of(address) });
                return decision;
            }
        },
    };
    decision.steps.push(step.of_deposed(deposed));
    decision
}
