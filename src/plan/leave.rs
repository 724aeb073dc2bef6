//! What becomes of records whose block is gone, of deposed objects, and of everything in a destroy.

use crate::address::Address;
use crate::kind::{Change, Status};
use crate::kinds;
use crate::plan::build::Builder;
use crate::plan::{Action, Reason, RecordPlan, Step, refresh_only};
use crate::state::Record;
use crate::value::Object;

/// Decides the records whose instance is no longer declared, and the deposed objects.
pub fn leavers(builder: &mut Builder) {
    let destroy = builder.inputs.options.destroy;
    let leaving: Vec<(Address, Record)> = builder
        .state
        .records
        .iter()
        .filter(|(address, _)| destroy || !builder.declared.contains(address))
        .filter(|(address, _)| destroy || !builder.is_undecided(address))
        .map(|(address, record)| (address.clone(), record.clone()))
        .collect();
    if builder.inputs.options.refresh_only {
        leaving.iter().for_each(|(address, record)| refresh_only::look_at_leaver(builder, address, record, false));
        let deposed = builder.state.deposed.clone();
        deposed.iter().for_each(|old| refresh_only::look_at_leaver(builder, &old.address, &old.record, true));
        return;
    }
    for (address, record) in leaving {
        let reason = if destroy { Reason::Destroyed } else { Reason::Orphan };
        leave(builder, &address, &record, reason, false);
    }
    for deposed in builder.state.deposed.clone() {
        if let Some(why) = broken_successor(builder, &deposed.address).filter(|_| !destroy) {
            let former = &deposed.record.id;
            builder.note(&deposed.address, format!("is {why}, so its former object \"{former}\" stays"));
            continue;
        }
        leave(builder, &deposed.address, &deposed.record, Reason::Deposed, true);
    }
}

/// Why the object that took the place of a former one is of no use, if that is so and this plan does not replace it: the
/// former one may be all that is left.
fn broken_successor(builder: &Builder, address: &Address) -> Option<String> {
    let settled = |step: &Step| !step.deposed && step.action != Action::Update && step.address == *address;
    if builder.plan.steps.iter().any(settled) {
        return None;
    }
    let record = builder.state.records.get(address)?;
    let key = (address.kind.to_string(), record.region.clone(), record.id.clone());
    match &builder.inputs.live?.objects.get(&key)?.as_ref()?.status {
        Status::Broken(why) => Some(why.clone()),
        _ => None,
    }
}

fn leave(builder: &mut Builder, address: &Address, record: &Record, reason: Reason, deposed: bool) {
    let names = builder.evaluator.names();
    let removed = names.0.removed.iter().find(|removed| removed.from.contains(address));
    let forget = removed.is_some_and(|removed| !removed.destroy);
    let Some(kind) = kinds::get(&address.kind) else { return };
    let key = (address.kind.to_string(), record.region.clone(), record.id.clone());
    let found = match builder.inputs.live.map(|live| live.objects.get(&key)) {
        None | Some(None) => {
            builder.needs.objects.insert(key);
            None
        }
        Some(Some(found)) => Some(found.clone()),
    };
    let gone = matches!(found, Some(None));
    let mut before = found.flatten().map_or_else(Object::new, |observation| observation.object);
    for (name, value) in &record.object {
        before.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let mut action = Action::Delete;
    if forget || gone {
        action = Action::Forget;
    }
    let target = builder.target(&record.region);
    let change = Change {
        before: Some(&before),
        after: None,
        changed: &[],
        target: &target,
        id: Some(&record.id),
        ownership: &[],
        phase: &[],
    };
    let calls = if action == Action::Delete { kind.compile(&change).unwrap_or_default() } else { Vec::new() };
    builder.plan.steps.push(Step {
        address: address.clone(),
        action,
        reason: if gone { Reason::Vanished } else { reason },
        region: record.region.clone(),
        id: Some(record.id.clone()),
        before: Some(before),
        after: None,
        changed: Vec::new(),
        changes: Vec::new(),
        calls,
        edges: Vec::new(),
        record: RecordPlan {
            dependencies: record.dependencies.clone(),
            protect: record.protect,
            ..RecordPlan::default()
        },
        deposed,
    });
}
