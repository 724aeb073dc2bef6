//! Which steps `--target` and `--exclude` leave.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Mode, Subject};
use crate::diag::{Diagnostic, did_you_mean};
use crate::plan::draft::Draft;
use crate::plan::{BarrierId, Blocked, Options, Plan, Reason, Step, StepId, Wait};

/// An address that nothing has is a slip of the pen, and a plan without it would seem to be about it.
pub fn strangers(draft: &Draft) -> Vec<Diagnostic> {
    let names = draft.evaluator.names();
    let blocks = names.0.resources().map(|resource| &resource.address);
    let known: Vec<&Address> = blocks.chain(&draft.declared).chain(draft.state.records.keys()).collect();
    let options = draft.inputs.options;
    // What cannot be taken over is told by its `import` block.
    if options.adopt {
        return Vec::new();
    }
    let replaced = options
        .replace
        .iter()
        .chain(&options.allow_destroy)
        .chain(&options.allow_purchase)
        .chain(&options.now)
        .chain(&options.reboot)
        .cloned()
        .map(Subject::Resource);
    let named = options.targets.iter().chain(&options.excludes).cloned().chain(replaced);
    let strangers = named.filter(|named| !known.iter().any(|known| named.contains(known)));
    strangers
        .map(|stranger| {
            let modules = known.iter().filter(|known| !known.module.is_empty());
            let modules = modules.map(|known| Subject::Module(known.module.clone()).to_string());
            let texts: Vec<String> = known.iter().map(ToString::to_string).chain(modules).collect();
            let near = did_you_mean(&stranger.to_string(), texts.iter().map(String::as_str)).map(str::to_owned);
            let help = near.map_or_else(|| listed(&texts), |near| format!("Did you mean `{near}`?"));
            let detail = format!("Neither the stack nor the state has `{stranger}`.");
            Diagnostic::error("CS0606", "Nothing has this address", detail).help(help)
        })
        .collect()
}

/// What there is instead, as far as somebody would read it.
fn listed(texts: &[String]) -> String {
    const MANY: usize = 12;
    let texts: BTreeSet<&String> = texts.iter().collect();
    let shown: Vec<String> = texts.iter().take(MANY).map(|text| format!("`{text}`")).collect();
    match texts.len() {
        0 => "There is nothing yet.".to_owned(),
        count if count > MANY => format!("There are {} and {} more.", shown.join(", "), count - MANY),
        _ => format!("There are {}.", shown.join(", ")),
    }
}

/// Keeps the steps that `--target` names with what they wait for, and drops those of `--exclude` with what waits for them.
pub fn select(plan: &mut Plan, options: &Options) {
    if options.targets.is_empty() && options.excludes.is_empty() {
        return;
    }
    let wanted = |address: &Address| is_wanted(options, address);
    let kept = drop_excluded(plan, &options.excludes, targeted(plan, &options.targets));
    keep(plan, &kept);
    let addresses: BTreeSet<Address> = plan.steps.iter().map(|step| step.address.clone()).collect();
    let stays = |address: &Address| addresses.contains(address) || wanted(address);
    plan.blocked.retain(|blocked| addresses.contains(&blocked.address));
    plan.imports.retain(|imported| stays(&imported.address));
    plan.records.retain(|record| stays(&record.address));
    plan.drift.retain(|drift| stays(&drift.address));
    plan.waits.retain(|waits| stays(&waits.address));
    plan.changed_outputs.clear();
    plan.partial = true;
}

fn is_wanted(options: &Options, address: &Address) -> bool {
    (options.targets.is_empty() || options.targets.iter().any(|target| target.contains(address)))
        && !options.excludes.iter().any(|exclude| exclude.contains(address))
}

/// Whether what is wrong with an instance is in the way of what was selected: it is meant, or something that is left of
/// the plan hangs on it.
pub fn concerns(plan: &Plan, options: &Options, address: &Address) -> bool {
    let block = address.config();
    is_wanted(options, address) || plan.steps.iter().any(|step| step.record.dependencies.contains(&block))
}

/// Leaves these steps, and no edge to another.
fn keep(plan: &mut Plan, kept: &BTreeSet<StepId>) {
    plan.steps.retain(|step| kept.contains(&step.step));
    plan.steps
        .iter_mut()
        .for_each(|step| step.edges.retain(|wait| !matches!(wait, Wait::Step(of) if !kept.contains(of))));
    plan.barriers.iter_mut().for_each(|barrier| barrier.steps.retain(|step| kept.contains(step)));
}

/// Leaves out what a guard stands against, with all that waits for it, and says so. A replacement goes as a whole.
pub fn skip_blocked(plan: &mut Plan) {
    if plan.blocked.is_empty() {
        return;
    }
    let mut why: BTreeMap<StepId, String> = BTreeMap::new();
    for blocked in std::mem::take(&mut plan.blocked) {
        why.entry(blocked.step).or_insert(blocked.reason);
    }
    // What is left out may be half of a replacement whose other half stands before it.
    loop {
        let known = why.len();
        leave_out(plan, &mut why);
        if why.len() == known {
            break;
        }
    }
    let left_out = |step: &Step| {
        Some(Blocked { step: step.step, address: step.address.clone(), reason: why.get(&step.step)?.clone() })
    };
    let mut told = BTreeSet::new();
    plan.skipped = plan
        .steps
        .iter()
        .filter_map(left_out)
        .filter(|one| told.insert((one.address.clone(), one.reason.clone())))
        .collect();
    let kept = plan.steps.iter().map(|step| step.step).filter(|step| !why.contains_key(step)).collect();
    keep(plan, &kept);
    let skipped: BTreeSet<&Address> = plan.skipped.iter().map(|skipped| &skipped.address).collect();
    plan.records.retain(|record| !skipped.contains(&record.address));
    plan.changed_outputs.clear();
    plan.partial = true;
}

/// Adds the other halves of replacements, and what waits for what is left out.
fn leave_out(plan: &Plan, why: &mut BTreeMap<StepId, String>) {
    let barriers = barriers(plan);
    let addresses: BTreeMap<StepId, &Address> = plan.steps.iter().map(|step| (step.step, &step.address)).collect();
    let is_half = |step: &&Step| matches!(step.reason, Reason::Replaced { .. });
    let reasons = |why: &BTreeMap<StepId, String>| -> BTreeMap<Address, String> {
        let halves = plan.steps.iter().filter(is_half);
        halves.filter_map(|step| Some((step.address.clone(), why.get(&step.step)?.clone()))).collect()
    };
    let halves = reasons(why);
    for step in &plan.steps {
        if why.contains_key(&step.step) {
            continue;
        }
        let other = halves.get(&step.address).filter(|_| is_half(&step)).cloned();
        let mut waits = step.edges.iter().flat_map(|wait| match wait {
            Wait::Step(used) => std::slice::from_ref(used),
            Wait::Barrier(barrier) => barriers[barrier],
        });
        let missing = waits.find(|used| why.contains_key(used)).map(|used| addresses[used]);
        let waits = missing.map(|missing| format!("it waits for {missing}, which is left out"));
        why.extend(other.or(waits).map(|reason| (step.step, reason)));
    }
}

/// The steps that a barrier of a plan stands for.
fn barriers(plan: &Plan) -> BTreeMap<BarrierId, &[StepId]> {
    plan.barriers.iter().map(|barrier| (barrier.barrier, &*barrier.steps)).collect()
}

/// The steps of the targets, and all that they wait for.
fn targeted(plan: &Plan, targets: &[Subject]) -> BTreeSet<StepId> {
    let all = plan.steps.iter().map(|step| step.step);
    if targets.is_empty() {
        return all.collect();
    }
    let barriers = barriers(plan);
    let mut seen: BTreeSet<BarrierId> = BTreeSet::new();
    let mut keep: BTreeSet<StepId> = BTreeSet::new();
    // What waits comes behind what it waits for.
    for step in plan.steps.iter().rev() {
        if !keep.contains(&step.step) && !targets.iter().any(|target| target.contains(&step.address)) {
            continue;
        }
        keep.insert(step.step);
        for wait in &step.edges {
            match wait {
                Wait::Step(used) => drop(keep.insert(*used)),
                Wait::Barrier(barrier) if seen.insert(*barrier) => keep.extend(barriers[barrier]),
                Wait::Barrier(_) => {}
            }
        }
    }
    keep
}

/// Drops what is excluded, and what waits for it; a look-up that is not made leaves those that want it.
fn drop_excluded(plan: &Plan, excludes: &[Subject], mut keep: BTreeSet<StepId>) -> BTreeSet<StepId> {
    let barriers = barriers(plan);
    let looked_up = |step: &&Step| !excludes.is_empty() && step.address.mode != Mode::Managed;
    let look_ups: BTreeSet<StepId> = plan.steps.iter().filter(looked_up).map(|step| step.step).collect();
    let passable = |keep: &BTreeSet<StepId>, step: &StepId| keep.contains(step) || look_ups.contains(step);
    let mut open: BTreeMap<BarrierId, bool> = BTreeMap::new();
    for step in &plan.steps {
        let excluded = excludes.iter().any(|exclude| exclude.contains(&step.address));
        let free = step.edges.iter().all(|wait| match wait {
            Wait::Step(used) => passable(&keep, used),
            Wait::Barrier(barrier) => {
                *open.entry(*barrier).or_insert_with(|| barriers[barrier].iter().all(|used| passable(&keep, used)))
            }
        });
        if excluded || !free {
            keep.remove(&step.step);
        }
    }
    keep
}
