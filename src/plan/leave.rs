//! What becomes of records whose block is gone, of deposed objects, and of everything in a destroy.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::kind::{Change, Kind};
use crate::kinds;
use crate::plan::build::Builder;
use crate::plan::{Action, Reason, RecordPlan, Step};
use crate::state::Record;
use crate::value::Object;

/// Decides the records whose instance is no longer declared, and the deposed objects.
pub fn leavers(builder: &mut Builder) {
    let moved: BTreeSet<Address> = builder.plan.moves.iter().map(|(from, _)| from.clone()).collect();
    let destroy = builder.inputs.options.destroy;
    let leaving: Vec<(Address, Record)> = builder
        .inputs
        .state
        .records
        .iter()
        .filter(|(address, _)| destroy || !builder.declared.contains(address) && !moved.contains(address))
        .filter(|(address, _)| destroy || !builder.is_undecided(address))
        .map(|(address, record)| (address.clone(), record.clone()))
        .collect();
    for (address, record) in leaving {
        let reason = if destroy { Reason::Destroyed } else { Reason::Orphan };
        leave(builder, &address, &record, reason, false);
    }
    for deposed in builder.inputs.state.deposed.clone() {
        leave(builder, &deposed.address, &deposed.record, Reason::Deposed, true);
    }
}

fn leave(builder: &mut Builder, address: &Address, record: &Record, reason: Reason, deposed: bool) {
    if builder.inputs.options.refresh_only {
        return;
    }
    let names = builder.evaluator.names();
    let removed = names.0.removed.iter().find(|removed| removed.from.contains(address));
    let forget = removed.is_some_and(|removed| !removed.destroy) && !builder.inputs.options.destroy;
    let Some(kind) = kinds::get(&address.kind) else { return };
    let key = (address.kind.to_string(), record.region.clone(), record.id.clone());
    let found = match builder.inputs.live.map(|live| live.objects.get(&key)) {
        None => None,
        Some(None) => {
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
    if action == Action::Delete {
        guard_delete(builder, address, record, kind, deposed);
    }
    let target = builder.target(&record.region);
    let change = Change {
        before: Some(&before),
        after: None,
        changed: &[],
        target: &target,
        id: Some(&record.id),
        ownership: &[],
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
        record: RecordPlan { dependencies: record.dependencies.clone(), ..RecordPlan::default() },
        deposed,
    });
}

/// Protection outlives the block; `prevent_destroy` is asked while the block is there.
fn guard_delete(builder: &mut Builder, address: &Address, record: &Record, kind: &dyn Kind, deposed: bool) {
    if deposed {
        return;
    }
    let names = builder.evaluator.names();
    let block = names.0.resource(address);
    let prevented = block.is_some_and(|block| block.meta.lifecycle.prevent_destroy.is_some());
    let by_environment = builder.inputs.environment.protect && kind.holds_data();
    if record.protect || by_environment {
        let why = if by_environment { "the environment is protected" } else { "it is protected" };
        builder.block_on(address, format!("{why}; set protect = false and apply that first"));
    } else if prevented {
        builder.block_on(address, "its block says prevent_destroy = true; remove that first".to_owned());
    }
}
