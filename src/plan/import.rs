//! What `import` blocks take over: which object gets which address, and the record that it begins with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::address::{Address, Key};
use crate::diag::{Diagnostic, Span};
use crate::kind::{Observation, Status};
use crate::kinds::tags;
use crate::lang::ast::Expr;
use crate::lang::declare::Import;
use crate::lang::eval::{Bindings, Scope, eval};
use crate::plan::decide::{self, Instance};
use crate::plan::decision::Decision;
use crate::plan::draft::{Draft, Seen};
use crate::plan::{Action, Imported, Note, Plan, Reason, Step, existing};
use crate::schema::Update;
use crate::stack::desired::bindings;
use crate::stack::public;
use crate::stack::target::repeat;
use crate::state::digest::Reading;
use crate::state::{Owner, Record};
use crate::value::convert::convert;
use crate::value::{Object, Type, Value};

/// Ids by address, none for one that is not known yet, with the places of their blocks.
pub type Imports = BTreeMap<Address, (Option<String>, Span)>;

/// What the `import` blocks of a stack say of the instances of a block.
pub fn of_block(draft: &Draft, block: &Address, wrong: &mut Vec<Diagnostic>) -> Imports {
    let names = draft.evaluator.names();
    let mut all = Imports::new();
    for (path, import) in names.0.imports().filter(|(path, import)| import.block_from(path) == block.config()) {
        for instance in draft.evaluator.instances(path).iter().filter(|path| !draft.evaluator.is_open(path)) {
            wrong.extend(read(draft, import, instance, &mut all).err().into_iter().flatten());
        }
    }
    all
}

fn read(
    draft: &Draft,
    import: &Import,
    module: &[(Arc<str>, Option<Key>)],
    all: &mut Imports,
) -> Result<(), Vec<Diagnostic>> {
    let view = draft.evaluator.within(module);
    for instance in repeat(None, import.for_each.as_ref(), &view)?.instances {
        let names = bindings(instance.key.as_ref(), instance.each.as_ref(), None);
        let scope = Bindings { parent: &view, names };
        let mut wrong = Vec::new();
        let to = crate::lang::declare::import_address(&import.to, |expr| match key(expr, &scope) {
            Ok(key) => key,
            Err(mut found) => {
                wrong.append(&mut found);
                None
            }
        });
        let to = to.map(|to| {
            let way = module.iter().chain(&to.module).cloned().collect();
            Address { module: way, ..to }
        });
        let id = text(&import.id, &scope)?;
        let Some(to) = to.filter(|_| wrong.is_empty()) else {
            if wrong.is_empty() {
                wrong.push(unusable("The key of `to` is not known, or neither a text nor a number.", import.to.span));
            }
            return Err(wrong);
        };
        if let Some((_, first)) = all.get(&to) {
            let detail = format!("Two `import` blocks are about `{to}`.");
            return Err(vec![unusable(&detail, import.span).related(*first, "the other one")]);
        }
        all.insert(to, (id, import.span));
    }
    Ok(())
}

fn key(expr: &Expr, scope: &dyn Scope) -> Result<Option<Key>, Vec<Diagnostic>> {
    let value = eval(expr, scope)?;
    if value.sensitive {
        return Err(vec![public::refused("to").at(expr.span)]);
    }
    let index = value.as_i64().and_then(|index| u64::try_from(index).ok()).map(Key::Index);
    Ok(index.or_else(|| value.as_str().map(|name| Key::Name(name.into()))))
}

/// The id; none while it hangs on something that has not been read.
fn text(expr: &Expr, scope: &dyn Scope) -> Result<Option<String>, Vec<Diagnostic>> {
    let value = eval(expr, scope)?;
    if let Some(origin) = value.foreign().first() {
        return Err(vec![unusable(&format!("The name hangs on `{origin}`, which another tool manages."), expr.span)]);
    }
    if value.is_unknown() {
        return Ok(None);
    }
    let known = convert(&value, &Type::String).ok().and_then(|value| value.as_str().map(str::to_owned));
    match known.filter(|text| !text.is_empty() && !value.sensitive) {
        Some(text) => Ok(Some(text)),
        None => Err(vec![unusable("`id` must be a text, and must not be sensitive.", expr.span)]),
    }
}

fn unusable(detail: &str, span: Span) -> Diagnostic {
    Diagnostic::error("CS0608", "An import that cannot be", detail)
        .at(span)
        .help("Write import { to = KIND.NAME, id = \"the name in AWS\" }, each on a line of its own.")
}

/// Takes over an object that is there.
pub fn adopt(draft: &Draft, instance: &Instance, wanted: &Object, id: Option<&str>, span: Span) -> Decision {
    // An object of which nothing is known but the wish.
    let mut foreseen = Decision::of(decide::foresee(draft, instance, wanted.clone()).1);
    if let (Some(local), Some(id)) = (instance.kind.local(), id) {
        let told = draft.inputs.options.told.get(instance.address).cloned();
        return match told.map_or_else(|| local.import(id), Ok) {
            Ok(object) => {
                let observation = Observation { status: Status::Settled, object, pending: Object::new() };
                taken_over(draft, instance, wanted, &local_id(instance.address, id), observation)
            }
            Err(why) => {
                foreseen.diagnostics.push(refusal(instance, format!("`{}`: {why}.", instance.address), span));
                foreseen
            }
        };
    }
    let Some(id) = id.map(|id| instance.kind.spell(id)) else {
        if draft.inputs.live.is_some() {
            let detail = "`id` says which object is taken over, and hangs on something that is only known after apply.";
            let diagnostic = Diagnostic::error("CS0411", "Not known at plan time", detail).at(span);
            let help = "Write the name of the object out, or look it up with a data block.";
            foreseen.diagnostics.push(diagnostic.help(help));
        }
        return foreseen;
    };
    if let Some(owner) = owner(draft, instance, &id) {
        foreseen.diagnostics.push(refusal(instance, format!("\"{id}\" is {owner} in this state."), span));
        return foreseen;
    }
    match draft.find(instance.resource, instance.address, &instance.region, &id) {
        Seen::Present(observation) => {
            let stranger = of_another(draft, instance, &observation, span);
            let mut decision = taken_over(draft, instance, wanted, &id, observation);
            decision.diagnostics.extend(stranger);
            decision
        }
        Seen::Absent => {
            let detail = format!("{} has no {} called \"{id}\".", instance.region, instance.address.kind);
            foreseen.diagnostics.push(refusal(instance, detail, span));
            foreseen
        }
        Seen::Unread(key) => Decision { needs: key.into_iter().collect(), ..foreseen },
    }
}

/// The warning for an object that carries the mark of another stack or environment.
fn of_another(draft: &Draft, instance: &Instance, found: &Observation, span: Span) -> Option<Diagnostic> {
    let (stack, environment) = tags::owner(&found.object)?;
    let is_own = draft.inputs.environment.is_own(&draft.evaluator.stack().name, (stack, environment));
    let detail = format!(
        "The object carries the tags of environment \"{environment}\" of stack \"{stack}\", which may still manage it."
    );
    let help = "Take it out there first: removed { from = ADDRESS } with lifecycle { destroy = false }.";
    let diagnostic = Diagnostic::warning("CS0613", "An object of another stack", detail).at(span).help(help);
    (!is_own).then(|| diagnostic.of(instance.address))
}

fn taken_over(draft: &Draft, instance: &Instance, wanted: &Object, id: &str, observation: Observation) -> Decision {
    let import = take(draft, instance, wanted, id, &observation);
    let record = import.record.clone();
    let decision = existing::existing(draft, instance, wanted, record, observation);
    Decision { import: Some(import), ..decision }
}

/// What tells an object that lives in no account from others: nothing about it need be unique.
pub fn local_id(address: &Address, id: &str) -> String {
    let digest = Sha256::digest(id.as_bytes());
    let end: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{address}-{end}")
}

/// An object that is taken over, with the record that it begins with: what the account tells of it, what only the tool
/// that made it knows, and what guards it from now on.
fn take(draft: &Draft, instance: &Instance, wanted: &Object, id: &str, found: &Observation) -> Imported {
    let known = |value: &Value| value.is_wholly_known() && !value.is_sensitive_anywhere();
    // What the configuration hides is the same text in the account.
    let hidden = |name: &str| wanted.get(name).is_some_and(Value::is_sensitive_anywhere);
    let told = draft.inputs.options.told.get(instance.address).filter(|_| instance.kind.local().is_none());
    let untold =
        told.into_iter().flatten().filter(|(name, _)| wanted.contains_key(name) && is_untold(instance, name, found));
    let steering = wanted.iter().filter(|(name, _)| is_steering(instance, name));
    let object = steering.chain(untold).chain(&found.object).filter(|(name, value)| known(value) && !hidden(name));
    let secrets = told.into_iter().flatten().filter_map(|(name, value)| match draft.inputs.digests.read(value) {
        Reading::Known(digest) => Some((name.to_string(), digest)),
        Reading::Open | Reading::Unread(_) => None,
    });
    let record = Record {
        region: instance.region.clone(),
        id: id.to_owned(),
        object: object.map(|(name, value)| (name.clone(), value.clone())).collect(),
        secrets: secrets.collect(),
        protect: instance.protect,
        guarded: instance.protect,
        abandon: instance.resource.meta.lifecycle.abandon,
        ..Record::default()
    };
    Imported { address: instance.address.clone(), record }
}

/// Whether it counts at the creation of an object only, and the account does not tell it.
fn is_untold(instance: &Instance, name: &str, found: &Observation) -> bool {
    let attr = instance.kind.schema().attr(name).filter(|attr| attr.update == Update::Replace && attr.settable());
    attr.is_some() && found.object.get(name).is_none_or(Value::is_null)
}

/// An object that another address has already would be managed twice.
fn owner(draft: &Draft, instance: &Instance, id: &str) -> Option<String> {
    let same = |address: &Address, of: &str, region: &str| {
        address.kind == instance.address.kind && of == id && region == instance.region
    };
    let owner = draft.state.owner(&instance.address.kind, &instance.region, id);
    // What the state takes for the object of this very address, and is none of ours.
    let owner = owner.filter(|owner| owner.deposed || owner.address != instance.address);
    let former = |owner: &Owner| if owner.deposed { "the former object of " } else { "" };
    if let Some(owner) = owner {
        return Some(format!("{}`{}`", former(&owner), owner.address));
    }
    let mut imported = draft.plan.imports.iter();
    let twice = imported.find(|imported| same(&imported.address, &imported.record.id, &imported.record.region));
    twice.map(|imported| format!("`{}`", imported.address))
}

/// An object that cannot be taken over.
fn refusal(instance: &Instance, detail: String, span: Span) -> Diagnostic {
    let kind = &instance.address.kind;
    let help =
        format!("Name an existing {kind} that nobody else manages; without the import the block makes a new one.");
    Diagnostic::error("CS0609", "Nothing to import", detail).at(span).help(help).of(instance.address)
}

/// Leaves of a plan what is taken over. What differs from its block stays as it is for now, and is told.
pub fn only(plan: &mut Plan) {
    let taken: BTreeSet<Address> = plan.imports.iter().map(|imported| imported.address.clone()).collect();
    for step in plan.steps.drain(..).filter(|step| taken.contains(&step.address) && !step.deposed) {
        plan.notes.extend(difference(&step).map(|text| Note { address: Some(step.address.clone()), text }));
    }
    plan.barriers.clear();
    plan.blocked.clear();
    plan.skipped.clear();
    plan.drift.clear();
    plan.moves.clear();
    plan.taken_back.clear();
    plan.changed_outputs.clear();
    plan.records.retain(|record| taken.contains(&record.address));
    plan.waits.retain(|waits| taken.contains(&waits.address));
    plan.partial = true;
}

/// How what is taken over differs from its block; a replacement is told once, by what it deletes.
fn difference(step: &Step) -> Option<String> {
    let Reason::Replaced { causes, .. } = &step.reason else {
        let names: Vec<&str> = step.changes.iter().map(|change| change.name).collect();
        return Some(format!("differs from its block, and stays so until an apply: {}", names.join(", ")));
    };
    let causes = causes.join(", ");
    (step.action == Action::Delete)
        .then(|| format!("differs from its block, and an apply would replace it, because of {causes}"))
}

/// Whether it tells us how to go about things, and no object has it.
fn is_steering(instance: &Instance, name: &str) -> bool {
    let attr = instance.kind.schema().attr(name).filter(|attr| attr.update == Update::Local && attr.settable());
    attr.is_some_and(|attr| attr.told_by.is_none() && !attr.secret)
}

/// Imports into instances that the blocks do not have.
pub fn strangers(draft: &Draft, block: &Address) -> Vec<Diagnostic> {
    let missing = draft.imports.iter().filter(|(to, _)| !draft.declared.contains(*to) && !draft.is_undecided(to));
    missing
        .map(|(to, (_, span))| {
            let detail = format!("`{to}` is none of the instances of `{}`.", block.config());
            let help = "Correct the key, or the `count` or `for_each` of the block.";
            Diagnostic::error("CS0608", "An import that cannot be", detail).at(*span).help(help)
        })
        .collect()
}
