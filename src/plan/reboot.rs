//! A plan that restarts nodes, and does nothing else.

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::kind::{NODES_TO_REBOOT, Observation, Status};
use crate::plan::decide::{Instance, complaint, filled};
use crate::plan::decision::Decision;
use crate::plan::draft::Draft;
use crate::plan::{Plan, Reason, RecordPlan, Step};
use crate::state::Record;
use crate::value::{Object, Value};

/// The nodes that wait for a restart.
pub(super) fn waiting(pending: &Object) -> Vec<String> {
    let nodes = pending.get(NODES_TO_REBOOT).and_then(Value::as_items).unwrap_or_default();
    nodes.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether an instance is to be restarted.
pub(super) fn is_asked_for(draft: &Draft, instance: &Instance) -> bool {
    draft.inputs.options.reboot.iter().any(|address| instance.address.is_within(address))
}

/// The step that restarts the nodes of an object: those that wait for it, or all of them.
pub(super) fn reboot(draft: &Draft, instance: &Instance, record: Record, observation: Observation) -> Decision {
    let all = draft.inputs.options.reboot_all;
    let nodes = waiting(&observation.pending);
    let object = filled(instance, {
        let mut object = record.object.clone();
        object.extend(observation.object.clone());
        object
    });
    let mut decision = Decision::of(object.clone());
    let why_not = match &observation.status {
        Status::Settled if !record.owed.is_empty() => {
            Some("an earlier run has not finished it; apply first".to_owned())
        }
        Status::Settled if nodes.is_empty() && !all => {
            Some("no node of it waits for a restart; --all restarts them all".to_owned())
        }
        Status::Settled => None,
        status => Some(format!("it is {}; try again later", status.under_way().unwrap_or("broken"))),
    };
    if let Some(why) = why_not {
        decision.diagnostics.push(nothing(instance, &why));
        return decision;
    }
    match instance.kind.reboot(&record.id, &observation.object, (!all).then_some(&nodes)) {
        Ok(calls) if calls.is_empty() => decision.diagnostics.push(nothing(instance, "it has no nodes to restart")),
        Ok(calls) => {
            let place = (instance.address, &*record.region);
            let plan = RecordPlan {
                set: record.set.clone(),
                secrets: record.secrets.clone(),
                dependencies: record.dependencies.clone(),
                protect: record.protect,
                suffix: record.suffix.clone(),
                ..RecordPlan::default()
            };
            decision.steps.push(Step::reboot(place, &record.id, object, calls, plan));
        }
        Err(problem) => decision.diagnostics.extend(complaint(draft, instance, problem)),
    }
    decision
}

fn nothing(instance: &Instance, why: &str) -> Diagnostic {
    let detail = format!("{}{}.", why[..1].to_uppercase(), &why[1..]);
    Diagnostic::error("CS1006", "Nothing to restart", detail).of(instance.address)
}

/// Leaves nothing but the restarts.
pub(super) fn only(plan: &mut Plan) {
    plan.steps.retain(|step| step.reason == Reason::Rebooted);
    plan.steps.iter_mut().for_each(|step| step.edges.clear());
    let told: Vec<Address> = plan.steps.iter().map(|step| step.address.clone()).collect();
    plan.notes.retain(|note| note.address.as_ref().is_some_and(|address| told.contains(address)));
    plan.blocked.retain(|blocked| told.contains(&blocked.address));
    plan.barriers.clear();
    plan.records.clear();
    plan.imports.clear();
    plan.changed_outputs.clear();
    plan.partial = true;
}
