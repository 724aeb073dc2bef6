//! Which steps `--target` and `--exclude` leave.

use std::collections::BTreeSet;

use crate::address::{Address, Mode, Subject};
use crate::diag::{Diagnostic, did_you_mean};
use crate::plan::build::Builder;
use crate::plan::{Plan, Step, Wait};

/// An address that nothing has is a slip of the pen, and a plan without it would seem to be about it.
fn report_strangers(builder: &mut Builder) {
    let names = builder.evaluator.names();
    let blocks = names.0.resources().map(|resource| &resource.address);
    let known: Vec<&Address> = blocks.chain(&builder.declared).chain(builder.state.records.keys()).collect();
    let options = builder.inputs.options;
    let replaced = options.replace.iter().cloned().map(Subject::Resource);
    let named = options.targets.iter().chain(&options.excludes).cloned().chain(replaced);
    let strangers = named.filter(|named| !known.iter().any(|known| named.contains(known)));
    let found: Vec<Diagnostic> = strangers
        .map(|stranger| {
            let modules = known.iter().filter(|known| !known.module.is_empty());
            let modules = modules.map(|known| Subject::Module(known.module.clone()).to_string());
            let texts: Vec<String> = known.iter().map(ToString::to_string).chain(modules).collect();
            let near = did_you_mean(&stranger.to_string(), texts.iter().map(String::as_str)).map(str::to_owned);
            let help = near.map_or_else(|| "Correct the option.".to_owned(), |near| format!("Did you mean `{near}`?"));
            let detail = format!("Neither the stack nor the state has `{stranger}`.");
            Diagnostic::error("CS0606", "Nothing has this address", detail).help(help)
        })
        .collect();
    builder.diagnostics.extend(found);
}

/// Keeps the steps that `--target` names with what they wait for, and drops those of `--exclude` with what waits for them.
pub fn select(builder: &mut Builder) {
    let options = builder.inputs.options;
    report_strangers(builder);
    if options.targets.is_empty() && options.excludes.is_empty() {
        return;
    }
    let wanted = |address: &Address| {
        (options.targets.is_empty() || options.targets.iter().any(|target| target.contains(address)))
            && !options.excludes.iter().any(|exclude| exclude.contains(address))
    };
    let mut keep = targeted(&builder.plan, &options.targets);
    drop_excluded(&builder.plan, &options.excludes, &mut keep);
    let plan = &mut builder.plan;
    let steps = plan.steps.iter().zip(&keep).filter(|(_, keep)| **keep);
    let kept: BTreeSet<Address> = steps.map(|(step, _)| step.address.clone()).collect();
    retain(plan, &keep);
    plan.blocked.retain(|blocked| kept.contains(&blocked.address));
    plan.imports.retain(|imported| kept.contains(&imported.address) || wanted(&imported.address));
    plan.records.retain(|(address, ..)| kept.contains(address) || wanted(address));
    plan.drift.retain(|drift| kept.contains(&drift.address) || wanted(&drift.address));
    plan.changed_outputs.clear();
    plan.partial = true;
}

/// The steps of the targets, and all that they wait for.
fn targeted(plan: &Plan, targets: &[Subject]) -> Vec<bool> {
    let mut keep: Vec<bool> = vec![targets.is_empty(); plan.steps.len()];
    let mut barriers = vec![false; plan.barriers.len()];
    for index in (0..plan.steps.len()).rev() {
        keep[index] |= targets.iter().any(|target| target.contains(&plan.steps[index].address));
        if !keep[index] {
            continue;
        }
        for wait in &plan.steps[index].edges {
            match wait {
                Wait::Step(step) => keep[*step] = true,
                Wait::Barrier(barrier) if !barriers[*barrier] => {
                    barriers[*barrier] = true;
                    plan.barriers[*barrier].steps.iter().for_each(|step| keep[*step] = true);
                }
                Wait::Barrier(_) => {}
            }
        }
    }
    keep
}

/// Drops what is excluded, and what waits for it; a look-up that is not made leaves those that want it.
fn drop_excluded(plan: &Plan, excludes: &[Subject], keep: &mut [bool]) {
    let passable =
        |keep: &[bool], step: usize| keep[step] || !excludes.is_empty() && plan.steps[step].address.mode == Mode::Data;
    let mut open: Vec<Option<bool>> = vec![None; plan.barriers.len()];
    for index in 0..plan.steps.len() {
        let step: &Step = &plan.steps[index];
        let excluded = excludes.iter().any(|exclude| exclude.contains(&step.address));
        let free = step.edges.iter().all(|wait| match wait {
            Wait::Step(used) => passable(keep, *used),
            Wait::Barrier(barrier) => *open[*barrier]
                .get_or_insert_with(|| plan.barriers[*barrier].steps.iter().all(|used| passable(keep, *used))),
        });
        keep[index] &= !excluded && free;
    }
}

/// Takes the other steps out.
fn retain(plan: &mut Plan, keep: &[bool]) {
    let mut count = 0;
    let place: Vec<Option<usize>> = keep
        .iter()
        .map(|keep| {
            count += usize::from(*keep);
            keep.then(|| count - 1)
        })
        .collect();
    let mut index = 0;
    plan.steps.retain(|_| {
        index += 1;
        keep[index - 1]
    });
    let moved = |wait: &Wait| match wait {
        Wait::Step(step) => place[*step].map(Wait::Step),
        barrier => Some(*barrier),
    };
    for step in &mut plan.steps {
        step.edges = step.edges.iter().filter_map(moved).collect();
    }
    for barrier in &mut plan.barriers {
        barrier.steps = barrier.steps.iter().filter_map(|step| place[*step]).collect();
    }
}
