//! Which step waits for which, and which steps `--target` and `--exclude` leave.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Mode, Subject};
use crate::diag::{Diagnostic, did_you_mean};
use crate::plan::build::Builder;
use crate::plan::{Action, Reason, Step};
use crate::value::Value;

/// Attributes that name an object of another kind, and keep it from being deleted.
pub(super) const NAMES_OF: [(&str, &str, &str); 5] = [
    ("replication_group", "subnet_group_name", "subnet_group"),
    ("replication_group", "parameter_group_name", "parameter_group"),
    ("replication_group", "security_group_ids", "security_group"),
    ("security_group", "ingress", "security_group"),
    ("security_group", "egress", "security_group"),
];

/// Sets the edges of every step.
pub fn connect(builder: &mut Builder) {
    let uses = uses(builder);
    let steps = &builder.plan.steps;
    let mut by_block: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    let mut by_address: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
    let mut users: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        // Found under its block, and under the pattern of all instances of a module.
        for keys in 0..=step.address.module.len() {
            let found = by_block.entry(step.address.pattern(keys)).or_default();
            if found.last() != Some(&index) {
                found.push(index);
            }
        }
        by_address.entry(&step.address).or_default().push(index);
        // What it used until now counts as well: it lets go of that.
        let before = builder.inputs.state.records.get(&step.address).filter(|_| !step.deposed);
        let recorded = step.record.dependencies.iter().chain(before.into_iter().flat_map(|old| &old.dependencies));
        for used in recorded.chain(uses.get(&step.address).into_iter().flatten()) {
            users.entry(used).or_default().push(index);
        }
    }
    let held = holders(steps);
    let of = |blocks: &BTreeMap<Address, Vec<usize>>, block: &Address| blocks.get(block).cloned().unwrap_or_default();
    let mut edges: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); steps.len()];
    for (index, step) in steps.iter().enumerate() {
        if is_leaving(step) {
            // Whoever used the object has let go of it: those that leave, and those that are changed or replaced.
            let block = step.address.block();
            let patterns: BTreeSet<Address> =
                (0..=block.module.len()).map(|keys| block.pattern(keys)).chain([step.address.clone()]).collect();
            let users = patterns.iter().filter_map(|pattern| users.get(pattern)).flatten();
            let id = step.id.as_deref().unwrap_or_default();
            let users = users.chain(held.get(&(&*step.address.kind, id)).into_iter().flatten()).copied();
            edges[index]
                .extend(users.filter(|user| steps[*user].address.block() != block && lets_go(&steps[*user], step)));
        } else {
            // What is used is there first; what is on its way out goes later.
            let used = uses.get(&step.address).into_iter().flatten().flat_map(|used| match &used.key {
                None => of(&by_block, used),
                Some(_) => by_address.get(used).cloned().unwrap_or_default(),
            });
            edges[index].extend(used.filter(|used| !is_leaving(&steps[*used])));
        }
        for other in by_address.get(&step.address).into_iter().flatten() {
            edges[index].extend(replacement_edge(steps, index, *other));
        }
    }
    for (step, edges) in builder.plan.steps.iter_mut().zip(edges) {
        step.edges = edges.into_iter().collect();
    }
    sort(builder);
}

/// The steps of objects that name others, by kind and id of those.
fn holders(steps: &[Step]) -> BTreeMap<(&'static str, &str), Vec<usize>> {
    let mut holders: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        for (_, attribute, kind) in NAMES_OF.iter().filter(|(of, ..)| **of == *step.address.kind) {
            let value = step.before.as_ref().and_then(|before| before.get(*attribute));
            for id in value.into_iter().flat_map(texts) {
                holders.entry((kind, id)).or_default().push(index);
            }
        }
    }
    holders
}

fn is_leaving(step: &Step) -> bool {
    matches!(step.action, Action::Delete | Action::Forget)
}

/// Whether the old object of `leaving` must outlast this step of a user.
fn lets_go(user: &Step, leaving: &Step) -> bool {
    match &leaving.reason {
        // The old object goes before the new one is made, so only those that leave can come before it.
        Reason::Replaced { create_first: false, .. } => is_leaving(user),
        _ => user.action != Action::Read,
    }
}

/// The order of the two halves of a replacement.
fn replacement_edge(steps: &[Step], index: usize, other: usize) -> Option<usize> {
    let (step, with) = (&steps[index], &steps[other]);
    let (Reason::Replaced { create_first, .. }, true) =
        (&step.reason, index != other && !with.deposed && !step.deposed)
    else {
        return None;
    };
    let waits = match (step.action, with.action) {
        (Action::Create, Action::Delete) => !create_first,
        (Action::Delete, Action::Create) => *create_first,
        _ => false,
    };
    waits.then_some(other)
}

/// What each instance with a step uses: blocks by reference, instances by a name written out.
fn uses(builder: &Builder) -> BTreeMap<Address, BTreeSet<Address>> {
    let mut uses: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    for step in &builder.plan.steps {
        uses.entry(step.address.clone()).or_default().extend(builder.blocks_used_by(&step.address));
    }
    by_name(builder, &mut uses);
    uses
}

/// A name that equals that of a declared resource is a reference too.
fn by_name(builder: &Builder, uses: &mut BTreeMap<Address, BTreeSet<Address>>) {
    let with_steps: BTreeSet<&Address> = builder.plan.steps.iter().map(|step| &step.address).collect();
    let mut named: BTreeMap<(&str, &str), &Address> = BTreeMap::new();
    for (address, object) in &builder.planned {
        let name = crate::kinds::get(&address.kind).and_then(|kind| kind.identify(object));
        if let Some(name) = name.and_then(|_| object.get("id")).and_then(Value::as_str) {
            named.insert((&address.kind, name), address);
        }
    }
    for (user, object) in builder.planned.iter().filter(|(user, _)| with_steps.contains(user)) {
        for (_, attribute, kind) in NAMES_OF.iter().filter(|(of, ..)| **of == *user.kind) {
            for name in object.get(*attribute).into_iter().flat_map(texts) {
                if let Some(used) = named.get(&(*kind, name)).filter(|used| **used != user) {
                    uses.entry(user.clone()).or_default().insert((*used).clone());
                }
            }
        }
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value.as_str() {
        Some(text) => vec![text],
        None => value.children().flat_map(texts).collect(),
    }
}

/// Brings steps into an order that respects the edges, by address where the edges leave it open.
fn sort(builder: &mut Builder) {
    let steps = std::mem::take(&mut builder.plan.steps);
    let mut waiting: Vec<usize> = steps.iter().map(|step| step.edges.len()).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (index, step) in steps.iter().enumerate() {
        step.edges.iter().for_each(|edge| users[*edge].push(index));
    }
    let key = |index: usize| (is_leaving(&steps[index]), steps[index].address.clone(), index);
    let mut ready: BTreeSet<(bool, Address, usize)> =
        (0..steps.len()).filter(|index| waiting[*index] == 0).map(key).collect();
    let mut order = Vec::new();
    while let Some((_, _, index)) = ready.pop_first() {
        order.push(index);
        for user in &users[index] {
            waiting[*user] -= 1;
            if waiting[*user] == 0 {
                ready.insert(key(*user));
            }
        }
    }
    // Edges in a circle cannot come from an acyclic graph but by names written out; such steps keep their place.
    order.extend((0..steps.len()).filter(|index| waiting[*index] > 0));
    let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(place, index)| (*index, place)).collect();
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    for index in order {
        let Some(mut step) = steps[index].take() else { continue };
        let now = builder.plan.steps.len();
        step.edges = step.edges.iter().map(|edge| place[edge]).filter(|edge| *edge < now).collect();
        builder.plan.steps.push(step);
    }
}

/// An address that nothing has is a slip of the pen, and a plan without it would seem to be about it.
fn report_strangers(builder: &mut Builder) {
    let names = builder.evaluator.names();
    let blocks = names.0.resources().map(|resource| &resource.address);
    let known: Vec<&Address> = blocks.chain(&builder.declared).chain(builder.inputs.state.records.keys()).collect();
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
pub fn restrict(builder: &mut Builder) {
    let options = builder.inputs.options;
    report_strangers(builder);
    if options.targets.is_empty() && options.excludes.is_empty() {
        return;
    }
    let steps = &builder.plan.steps;
    let mut keep: Vec<bool> = vec![options.targets.is_empty(); steps.len()];
    for index in (0..steps.len()).rev() {
        keep[index] |= options.targets.iter().any(|target| target.contains(&steps[index].address));
        if keep[index] {
            steps[index].edges.iter().for_each(|edge| keep[*edge] = true);
        }
    }
    for index in 0..steps.len() {
        let excluded = options.excludes.iter().any(|exclude| exclude.contains(&steps[index].address));
        keep[index] &= !excluded
            && steps[index]
                .edges
                .iter()
                .all(|edge| keep[*edge] || !options.excludes.is_empty() && steps[*edge].address.mode == Mode::Data);
    }
    let kept: BTreeSet<Address> =
        steps.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(step, _)| step.address.clone()).collect();
    let mut place = BTreeMap::new();
    let all = std::mem::take(&mut builder.plan.steps);
    for (index, mut step) in all.into_iter().enumerate().filter(|(index, _)| keep[*index]) {
        place.insert(index, place.len());
        step.edges = step.edges.iter().filter_map(|edge| place.get(edge).copied()).collect();
        builder.plan.steps.push(step);
    }
    builder.plan.blocked.retain(|blocked| kept.contains(&blocked.address));
    let wanted = |address: &Address| {
        (options.targets.is_empty() || options.targets.iter().any(|target| target.contains(address)))
            && !options.excludes.iter().any(|exclude| exclude.contains(address))
    };
    builder.plan.imports.retain(|imported| kept.contains(&imported.address) || wanted(&imported.address));
    builder.plan.records.retain(|(address, ..)| kept.contains(address));
    builder.plan.changed_outputs.clear();
    builder.plan.partial = true;
}
