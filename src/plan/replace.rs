//! Replacement: a new object and the end of the old one, in one order or the other.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::address::{Address, Key};
use crate::diag::Diagnostic;
use crate::kind::{Change, Observation, Status};
use crate::kinds;
use crate::kinds::our_name;
use crate::lang::ast::{Expr, Node};
use crate::lang::eval::{Bindings, eval};
use crate::plan::decide::{self, Instance};
use crate::plan::decision::Decision;
use crate::plan::diff::{self, Difference};
use crate::plan::draft::Draft;
use crate::plan::record::record_plan;
use crate::plan::step::Shown;
use crate::plan::{Action, AttrChange, Reason, Step, drifted, farewell, local, names};
use crate::schema::Hold;
use crate::stack::desired::bindings;
use crate::state::Record;
use crate::value::{Object, Value};

/// The cause of what a command asks for.
pub const REQUESTED: &str = "requested by --replace";

/// The causes that are names of attributes.
pub fn attributes(causes: &[String]) -> impl Iterator<Item = &String> {
    causes.iter().filter(|cause| !cause.contains(' '))
}

/// Appends a suffix to the name of a desired object.
pub fn add_suffix(object: &mut Object, attribute: &str, suffix: &str) {
    if let Some(name) = object.get(attribute).and_then(Value::as_str).map(str::to_owned) {
        object.insert(attribute.into(), Value::string(format!("{name}-{suffix}")));
    }
}

/// Plans a replacement.
pub fn replace(
    draft: &Draft,
    instance: &Instance,
    (record, observation): (&Record, &Observation),
    mut difference: Difference,
    causes: Vec<String>,
) -> Decision {
    let mut decision = Decision::default();
    let of = (record, &observation.status);
    let farewell = name_farewell(draft, instance, of, &mut difference.before, &mut decision);
    let target = draft.target(&record.region);
    let delete = instance.kind.compile(&Change::delete(&record.id, &difference.before, &target));
    // What its kind or its block leaves where it is is let go only when there is another.
    let stays = instance.resource.meta.lifecycle.abandon
        || instance.kind.local().is_none() && delete.as_ref().is_ok_and(Vec::is_empty);
    // Where AWS answers with the old object as long as that is there, it cannot come after the new one.
    let place = |object: &Object| instance.kind.place(object);
    let one_place = instance.kind.finds_again()
        && place(&difference.before).is_some_and(|old| place(&instance.desired.object) == Some(old));
    // A secret that is made here is used by others until they have the new one.
    let is_secret = instance.kind.local().is_some_and(|local| !local.secrets().is_empty());
    // An element that moves to another whole is there before those come that use it ([`crate::plan::order`]).
    let moves = instance.kind.schema().attrs.iter().any(|attr| attr.serial && causes.iter().any(|it| it == attr.name));
    let create_first = stays
        || is_secret
        || !one_place && moves
        || !one_place && instance.resource.meta.lifecycle.create_before_destroy
        || is_named(draft, instance.address, Hold::Blocks)
        || [Hold::Uses, Hold::Takes].into_iter().any(|hold| is_named(draft, instance.address, hold))
            && has_another_name(instance, record);
    let mut fresh = instance.desired.object.clone();
    let mut suffix = None;
    if create_first {
        suffix = name_beside(draft, instance, record, &mut fresh, &causes, &mut decision);
    }
    let (set, planned) = decide::foresee(draft, instance, fresh);
    let claim = names::claim(draft, instance, &planned, Some(&record.id));
    let create = decide::creation(draft, instance, &planned, &set);
    match (create, delete) {
        (Ok(create), Ok(delete)) => {
            let mut changes = shown(instance, &difference, &planned, &causes, suffix.is_some());
            let schema = instance.kind.schema();
            drifted::mark(draft, (instance.address, schema), (record, observation), &mut changes);
            let plan = record_plan(draft, instance, difference.secrets, suffix);
            let place = (instance.address, &*instance.region);
            let made = (instance.kind.identify(&planned), decide::numbered(&planned));
            if let Some(text) = local::farewell(draft, instance.address) {
                decision.note(instance.address, text);
            }
            let create = Step::create(place, Reason::Declared, made, Shown { changed: set, changes }, create, plan);
            // What is protected by the block is protected, whatever was recorded.
            let old = Record { protect: record.protect || instance.protect, ..record.clone() };
            let delete = match stays {
                true => Step::forget(instance.address, Reason::Declared, &old, difference.before),
                false => Step::delete(instance.address, Reason::Declared, &old, difference.before, delete)
                    .with_farewell(farewell),
            };
            if instance.kind.is_bought() {
                decision.note(instance.address, "is bought once more; the former one stays until its time is over");
            }
            decision.steps.extend(Step::replace(create, delete, causes, create_first));
        }
        (create, delete) => {
            let problems = [create.err(), delete.err()].into_iter().flatten();
            decision.diagnostics.extend(problems.filter_map(|problem| decide::complaint(draft, instance, problem)));
        }
    }
    decision.object = planned;
    decision.after(claim)
}

/// The name of the final snapshot of the old object, written into it as it is; the block says whether one is taken.
fn name_farewell(
    draft: &Draft,
    instance: &Instance,
    (record, status): (&Record, &Status),
    before: &mut Object,
    decision: &mut Decision,
) -> Option<String> {
    match instance.desired.object.get(farewell::WISH).filter(|wish| !wish.is_null()) {
        Some(wish) => drop(before.insert(farewell::WISH.into(), wish.clone())),
        None => drop(before.remove(farewell::WISH)),
    }
    let (address, kind) = (instance.address, instance.kind);
    let leaver = farewell::Leaver { address, kind, record, status: Some(status), replaced: true };
    match farewell::name(draft, &leaver, before) {
        Ok((name, remark)) => {
            remark.into_iter().for_each(|remark| decision.note(address, remark));
            name
        }
        Err(wrong) => {
            decision.diagnostics.push(wrong);
            None
        }
    }
}

/// What differs, with the name where the new object has another.
fn shown(
    instance: &Instance,
    difference: &Difference,
    planned: &Object,
    causes: &[String],
    renamed: bool,
) -> Vec<AttrChange> {
    let causes: Vec<&str> = causes.iter().map(String::as_str).collect();
    let mut shown = difference.changed.clone();
    let name = instance.kind.name_attribute().filter(|name| renamed && !shown.contains(name));
    shown.extend(name);
    diff::changes(instance.kind.schema(), &difference.before, planned, &shown, &causes)
}

/// Whether old and new can stand side by side, whatever becomes of the name.
fn has_another_name(instance: &Instance, record: &Record) -> bool {
    let Some(attribute) = instance.kind.name_attribute() else { return false };
    instance.desired.object.get(attribute).and_then(Value::as_str)
        != record.object.get(attribute).and_then(Value::as_str)
}

/// Whether a recorded object refers to one of a kind that AWS guards, so that this one cannot go first; or that is
/// missed where it is named.
fn is_named(draft: &Draft, address: &Address, hold: Hold) -> bool {
    if !kinds::is_named(&address.kind, hold) {
        return false;
    }
    // Those that use it may have been recorded when it had another address.
    let before = draft.plan.moves.iter().filter(|(_, to)| to == address).map(|(from, _)| from);
    let names: Vec<&Address> = before.chain([address]).collect();
    let own = draft.state.records.get(address);
    let holds = |user: &Address| {
        kinds::get(&user.kind).is_none_or(|kind| kind.schema().holds(hold).any(|held| held == &*address.kind))
    };
    let users = draft.state.records.iter().filter(|(user, record)| holds(user) && !only_mentions(user, record, own));
    let mut used = users.flat_map(|(_, record)| &record.dependencies);
    used.any(|used| names.iter().any(|name| name.is_within(used)))
}

/// Whether a recorded object names another one, and nowhere so that AWS would keep that.
fn only_mentions(user: &Address, record: &Record, named: Option<&Record>) -> bool {
    let Some((kind, named)) = kinds::get(&user.kind).zip(named) else { return false };
    let arn = named.object.get("arn").and_then(Value::as_str);
    let references = kind.schema().references(&record.object);
    let holds: Vec<Hold> =
        references.iter().filter(|it| it.text == named.id || Some(it.text) == arn).map(|it| it.refers.hold).collect();
    !holds.is_empty() && holds.iter().all(|hold| *hold == Hold::Mentions)
}

/// A name for the new object that differs from that of the old one. A fixed name gets a suffix.
fn name_beside(
    draft: &Draft,
    instance: &Instance,
    record: &Record,
    fresh: &mut Object,
    causes: &[String],
    decision: &mut Decision,
) -> Option<String> {
    let attribute = instance.kind.name_attribute()?;
    let name = fresh.get(attribute).and_then(Value::as_str)?.to_owned();
    let old = record.object.get(attribute).and_then(Value::as_str)?;
    let base = record.suffix.as_ref().and_then(|suffix| old.strip_suffix(&format!("-{suffix}"))).unwrap_or(old);
    if base != name {
        return None;
    }
    if !draft.inputs.environment.versioned_names {
        let mut diagnostic = Diagnostic::error(
            "CS0604",
            "A fixed name in the way",
            format!(
                "`{}` must be replaced because of {} while it is in use, and the new one would have the same name.",
                instance.address,
                causes.join(", ")
            ),
        )
        .help("Give it another name (security groups: use name_prefix), or allow versioned_names in the stack block.");
        diagnostic.span = instance.desired.span_of(attribute);
        decision.diagnostics.push(diagnostic);
        return None;
    }
    let suffix = suffix(instance.address, old, fresh);
    add_suffix(fresh, attribute, &suffix);
    decision.note(
        instance.address,
        format!("the new object is called \"{name}-{suffix}\", because the old one has the name until it is gone (versioned_names)"),
    );
    Some(suffix)
}

/// Six hex digits that follow from the address, the old name and what is wanted, so that the same plan has the same name.
fn suffix(address: &Address, old: &str, fresh: &Object) -> String {
    let known = fresh.iter().filter(|(_, value)| !value.is_sensitive_anywhere());
    let text: Vec<String> = known.map(|(name, value)| format!("{name}={value:?}")).collect();
    let digest = Sha256::digest(format!("{address}\n{old}\n{}", text.join("\n")).as_bytes());
    digest.iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}

/// The references of `replace_triggered_by` that change in this plan.
pub fn triggers(draft: &Draft, instance: &Instance) -> Vec<String> {
    let expressions = &instance.resource.meta.lifecycle.replace_triggered_by;
    expressions.iter().filter_map(|expr| trigger(draft, instance, expr)).collect()
}

fn trigger(draft: &Draft, instance: &Instance, expr: &Expr) -> Option<String> {
    let (block, key, attribute) = parts(expr)?;
    let block = Address { module: instance.address.module.clone(), ..block };
    let key = match key {
        None => None,
        Some(expr) => {
            let view = draft.evaluator.within(&block.module);
            let scope = Bindings { parent: &view, names: bindings(instance.address.key.as_ref(), None, None) };
            Some(key_of(&eval(expr, &scope).ok()?)?)
        }
    };
    let meant = |address: &Address| address.block() == block && (key.is_none() || address.key == key);
    let named =
        |step: &Step| attribute.as_deref().is_none_or(|name| step.changes.iter().any(|change| change.name == name));
    let changes = |step: &Step| {
        let replaced = matches!(step.reason, Reason::Replaced { .. });
        let updated = step.action == Action::Update || attribute.is_some() && step.before.is_some();
        step.action != Action::Delete && (updated || replaced) && named(step)
    };
    let found = draft.plan.steps.iter().any(|step| meant(&step.address) && changes(step));
    let name = block.instance(key.clone());
    found
        .then(|| format!("replace_triggered_by {name}{}", attribute.map(|name| format!(".{name}")).unwrap_or_default()))
}

/// Block, key and attribute of `KIND.NAME`, `KIND.NAME[KEY]` and `KIND.NAME[KEY].ATTRIBUTE`.
fn parts(expr: &Expr) -> Option<(Address, Option<&Expr>, Option<Arc<str>>)> {
    let mut steps = Vec::new();
    let mut open = expr;
    let kind = loop {
        open = match &*open.node {
            Node::Name(name) => break name,
            Node::Attr(source, name) => {
                steps.push(Err(name.clone()));
                source
            }
            Node::Index(source, key) => {
                steps.push(Ok(key));
                source
            }
            Node::Parens(inner) => inner,
            _ => return None,
        };
    };
    let mut steps = steps.into_iter().rev().peekable();
    let name = steps.next()?.err()?;
    let key = steps.next_if(|step| step.is_ok()).and_then(Result::ok);
    let attribute = steps.next().and_then(Result::err);
    Some((Address::managed(our_name(kind), name), key, attribute))
}

fn key_of(value: &Value) -> Option<Key> {
    let index = value.as_i64().and_then(|index| u64::try_from(index).ok()).map(Key::Index);
    index.or_else(|| value.as_str().map(|name| Key::Name(name.into())))
}
