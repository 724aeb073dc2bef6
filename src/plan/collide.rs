//! Rules between resources: two of one name, objects that go while another keeps them, and what each kind has to say of
//! its objects among the others.

use std::collections::BTreeMap;

use crate::address::{Address, Key};
use crate::diag::Diagnostic;
use crate::kind::{Among, Lists, Neighbour, Problem};
use crate::kinds;
use crate::lang::ast::{Attribute, Expr, Node, Step};
use crate::lang::declare::Resource;
use crate::lang::refs::traversal;
use crate::plan::draft::Draft;
use crate::plan::elements::Elements;
use crate::plan::{self, Action, Reason, names, order};
use crate::schema::refers::Reference;
use crate::stack::Stack;
use crate::value::{Object, Origin, Value};

/// Checks what the planned objects say together.
pub fn check(draft: &Draft) -> Vec<Diagnostic> {
    let rules = [same_names, of_kinds, made, kept, too_early];
    rules.into_iter().flat_map(|rule| rule(draft)).collect()
}

/// How two names are told apart: those of one block by what tells its instances apart.
fn another_name(draft: &Draft, one: &Address, other: &Address, attribute: &str) -> String {
    let block = draft.evaluator.stack().resource(&one.block()).filter(|_| one.block() == other.block());
    let part = block.and_then(|block| {
        let repeated =
            [(&block.meta.target, "node.id"), (&block.meta.count, "count.index"), (&block.meta.for_each, "each.key")];
        repeated.into_iter().find(|(by, _)| by.is_some()).map(|(_, part)| part)
    });
    match part {
        Some(part) => format!("Put into `{attribute}` what tells them apart: ${{{part}}}."),
        None => "Give one of them another name.".to_owned(),
    }
}

/// Two resources of a kind with one name in one region would overwrite each other.
fn same_names(draft: &Draft) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<(String, String, String), &Address> = BTreeMap::new();
    let mut found = Vec::new();
    for (address, object) in &draft.planned {
        let Some(kind) = kinds::get(&address.kind) else { continue };
        let Some(name) = kind.name_attribute().and_then(|name| object.get(name)).and_then(Value::as_str) else {
            continue;
        };
        let region = object.get("region").and_then(Value::as_str).unwrap_or_default().to_owned();
        let scope =
            kind.name_scope().and_then(|scope| object.get(scope)).map_or_else(String::new, |of| told(of, address));
        let key = (address.kind.to_string(), format!("{region}/{scope}"), name.to_owned());
        let Some(first) = seen.get(&key) else {
            seen.insert(key, address);
            continue;
        };
        let attribute = kind.name_attribute().unwrap_or("name");
        let mut diagnostic = Diagnostic::error(
            "CS0603",
            "Two resources of one name",
            format!("`{address}` and `{first}` are both called \"{name}\"."),
        )
        .help(another_name(draft, address, first, attribute))
        .of(address);
        diagnostic.span = draft.places.get(address).and_then(|desired| desired.span_of(attribute));
        if let Some(span) = draft.places.get(*first).and_then(|desired| desired.span_of(attribute))
            && Some(span) != diagnostic.span
        {
            diagnostic = diagnostic.related(span, "the other one");
        }
        found.push(diagnostic);
    }
    found
}

/// In what names are unique, as one can tell before it is known: what is made up is nobody else's.
fn told(scope: &Value, address: &Address) -> String {
    if let Some(text) = scope.as_str() {
        return text.to_owned();
    }
    match scope.origins().first().map(|origin| &**origin) {
        Some(Origin::Attribute(of, name)) => format!("?{of}.{name}"),
        Some(_) => format!("?{address}"),
        None => String::new(),
    }
}

/// What each planned object lists, as its block is written.
pub fn all_lists<'a>(draft: &'a Draft, stack: &Stack) -> BTreeMap<&'a Address, Lists> {
    draft.planned.keys().map(|address| (address, lists(address, stack.resource(address)))).collect()
}

/// The objects of a draft side by side.
pub fn among<'a>(draft: &'a Draft, stack: &'a Stack, lists: &'a BTreeMap<&Address, Lists>) -> Among<'a> {
    let updates = draft.plan.steps.iter().filter(|step| step.action == Action::Update);
    let updated: BTreeMap<&Address, &Object> =
        updates.filter_map(|step| Some((&step.address, step.before.as_ref()?))).collect();
    let neighbour = |(address, planned)| {
        let written = &draft.places.get(address)?.object;
        let lifecycle = &stack.resource(address)?.meta.lifecycle;
        let ignored = (!lifecycle.ignore_all).then_some(&lifecycle.ignore_changes[..]);
        let updated = updated.get(address).copied();
        Some((address, Neighbour { planned, written, lists: lists.get(address)?, updated, ignored }))
    };
    Among {
        declared: draft.planned.iter().filter_map(neighbour).collect(),
        recorded: draft.state.records.iter().map(|(address, record)| (address, &record.object)).collect(),
        protects: draft.inputs.environment.protect,
        read: draft.inputs.live.is_some(),
        ..Among::default()
    }
}

/// What each kind has to say of its objects among the others.
fn of_kinds(draft: &Draft) -> Vec<Diagnostic> {
    // What is only taken over is as it is, perhaps in the middle of a change.
    if draft.inputs.options.refresh_only {
        return Vec::new();
    }
    let names = draft.evaluator.names();
    let lists = all_lists(draft, &names.0);
    let among = among(draft, &names.0, &lists);
    let problems = kinds::KINDS.into_iter().flat_map(|kind| kind.check_among(&among));
    // What an object is in the middle of a change says nothing of the wish.
    let judged = problems.filter(|(address, _)| !draft.unfinished.contains(*address));
    let told = |(address, problem): (&Address, Problem)| {
        let other = problem.beside.as_ref().and_then(|other| draft.places.get(other)?.span);
        let desired = draft.places.get(address)?;
        let now = draft.state.records.get(address).map(|record| &record.object);
        let problem = match problem.refused_when_made && among.read {
            true if makes(draft, address) => Problem { fatal: true, ..problem },
            true => return None,
            false if problem.is_past(kinds::get(&address.kind)?.schema(), now, &desired.object) => return None,
            false => problem,
        };
        let diagnostic = desired.diagnose(problem).of(address).of_rule();
        Some(match other.filter(|other| Some(*other) != diagnostic.span) {
            Some(other) => diagnostic.related(other, "the other one"),
            None => diagnostic,
        })
    };
    judged.filter_map(told).collect()
}

/// Whether the plan makes the object, the first or another one.
fn makes(draft: &Draft, address: &Address) -> bool {
    draft.plan.steps.iter().any(|step| step.action == Action::Create && step.address == *address)
}

/// What no object can be made as, or become, though one that is there may be so.
fn made(draft: &Draft) -> Vec<Diagnostic> {
    let made = draft.plan.steps.iter().filter(|_| draft.inputs.live.is_some());
    let told = |step: &plan::Step| {
        let (kind, desired) = kinds::get(&step.address.kind).zip(draft.places.get(&step.address))?;
        let is_refused = |problem: &Problem| match step.action {
            Action::Create => problem.refused_when_made,
            Action::Update => {
                problem.refused_when_made && problem.of_change && step.changed.contains(&problem.attribute)
            }
            _ => false,
        };
        let found = kinds::check(kind, &desired.object).into_iter().filter(is_refused);
        let fatal = found.map(|problem| desired.diagnose(Problem { fatal: true, ..problem }));
        Some(fatal.map(|one| one.of(&step.address).of_rule()).collect::<Vec<_>>())
    };
    made.filter_map(told).flatten().collect()
}

/// What the attributes of a block list that name objects by their ids: `[security_group.a.id, security_group.b["x"].id]`.
fn lists(address: &Address, resource: Option<&Resource>) -> Lists {
    let attributes = resource.iter().flat_map(|resource| &resource.attributes);
    let named = |one: &Expr| {
        let (root, steps) = traversal(one)?;
        let kind = kinds::get(kinds::our_name(&root))?.schema().kind;
        let (name, key, attribute) = match &steps[..] {
            [Step::Attr(name), Step::Attr(attribute)] => (name, None, attribute),
            [Step::Attr(name), Step::Key(key), Step::Attr(attribute)] => {
                (name, Some(Key::Name(key.clone())), attribute)
            }
            [Step::Attr(name), Step::Index(at), Step::Attr(attribute)] => (name, Some(Key::Index(*at)), attribute),
            _ => return None,
        };
        let found = Address { key, module: address.module.clone(), ..Address::managed(kind, name.clone()) };
        (&**attribute == "id").then_some(found)
    };
    let listed = |attribute: &Attribute| {
        let Node::Tuple(items) = &*attribute.expr.node else { return None };
        Some((attribute.name.clone(), items.iter().map(named).collect::<Option<_>>()?))
    };
    attributes.filter_map(listed).collect()
}

/// What another object keeps using cannot be deleted: AWS would refuse for as long as anybody cares to wait.
fn kept(draft: &Draft) -> Vec<Diagnostic> {
    let replaced = |step: &plan::Step| matches!(step.reason, Reason::Replaced { .. });
    let leaves = |step: &&plan::Step| step.action == Action::Delete && !replaced(step);
    let mut leaving = draft.plan.steps.iter().filter(leaves).peekable();
    if leaving.peek().is_none() {
        return Vec::new();
    }
    let users = users(draft);
    // That a block was renamed is told where its successor wants the name.
    let renamed = names::made(draft);
    let is_renamed = |step: &&plan::Step| {
        step.id.as_deref().is_some_and(|id| renamed.contains(&(&*step.address.kind, &*step.region, id)))
    };
    leaving.filter(|step| !is_renamed(step)).filter_map(|step| kept_by(draft, &users, step)).collect()
}

/// The first planned object that uses an object, and its attribute; by kind, region and name of what is used.
type Users<'a> = BTreeMap<(&'static str, &'a str, &'a str), (&'a Address, &'static str)>;

fn users<'a>(draft: &'a Draft) -> Users<'a> {
    let mut users = Users::new();
    let elements = Elements::leaving(&draft.plan.steps);
    for (user, object) in &draft.planned {
        let Some(region) = object.get("region").and_then(Value::as_str) else { continue };
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
        let written = draft.places.get(user).map(|desired| order::held_by(user, &desired.object)).unwrap_or_default();
        for held in order::held_by(user, object) {
            let is_same = |other: &Reference| (other.refers.kind, other.text) == (held.refers.kind, held.text);
            if elements.explain(&user.kind, id, &held) && !written.iter().any(is_same) {
                continue;
            }
            users.entry((held.refers.kind, region, held.text)).or_insert((user, held.attribute));
        }
    }
    // What is forgotten stays where it is, with all that it uses.
    let stays = |step: &&plan::Step| step.action == Action::Forget && step.reason != Reason::Vanished;
    for step in draft.plan.steps.iter().filter(stays) {
        for held in step.before.iter().flat_map(|before| order::held_by(&step.address, before)) {
            users.entry((held.refers.kind, &step.region, held.text)).or_insert((&step.address, held.attribute));
        }
    }
    users
}

fn kept_by(draft: &Draft, users: &Users, step: &plan::Step) -> Option<Diagnostic> {
    let id = step.id.as_deref()?;
    let names = [Some(id), step.before.as_ref().and_then(|before| before.get("arn")).and_then(Value::as_str)];
    let kind = kinds::get(&step.address.kind)?.schema().kind;
    let mut found = names.into_iter().flatten().filter_map(|name| users.get(&(kind, &*step.region, name)));
    let (user, attribute) = *found.next()?;
    let desired = draft.places.get(user);
    let written = desired.is_some_and(|desired| desired.object.get(attribute).is_some_and(|value| !value.is_null()));
    let why = match desired {
        None => "names it, and it is only forgotten",
        Some(_) if written => "names it",
        Some(_) => "does not say what to use instead, so it stays as it is",
    };
    let mut diagnostic = Diagnostic::error(
        "CS0607",
        "The object is still in use",
        format!("`{}` (\"{id}\") would be deleted, and `{user}` uses it: its `{attribute}` {why}.", step.address),
    )
    .help(match desired {
        None => format!("Forget `{}` as well, with a `removed` block; or delete both.", step.address),
        Some(_) => format!(
            "Set `{attribute}` of `{user}` to another, keep `{}`, or forget it with a `removed` block.",
            step.address
        ),
    })
    .of(user);
    diagnostic.span = desired.and_then(|desired| desired.span_of(attribute));
    Some(diagnostic)
}

/// What those become only at the maintenance window that use an object keeps a change of it until then.
fn too_early(draft: &Draft) -> Vec<Diagnostic> {
    let steps = draft.plan.steps.iter().filter(|step| step.action == Action::Update);
    steps.filter_map(|step| too_early_for(draft, step)).collect()
}

fn too_early_for(draft: &Draft, step: &plan::Step) -> Option<Diagnostic> {
    let (before, after) = step.before.as_ref().zip(step.after.as_ref())?;
    let attribute = kinds::get(&step.address.kind)?.follows_users(before, after)?;
    let id = step.id.as_deref()?;
    let uses = |user: &Address| {
        let planned = draft.planned.get(user);
        let mut held = planned.into_iter().flat_map(|object| order::held_by(user, object));
        held.any(|held| *held.refers.kind == *step.address.kind && held.text == id)
    };
    let waits = |user: &&plan::Step| {
        let later = user.calls.iter().any(|call| call.waits() && call.causes.contains(&attribute));
        user.action == Action::Update && later
    };
    let is_done_now = |user: &Address| draft.plan.steps.iter().any(|step| step.address == *user && !waits(&step));
    let asked = draft.plan.waits.iter().filter(|it| it.changes.iter().any(|change| change.name == attribute));
    let accepted = asked.map(|it| &it.address).filter(|user| !is_done_now(user));
    let mut late = draft.plan.steps.iter().filter(waits).map(|user| &user.address).chain(accepted);
    let user = late.find(|user| uses(user))?;
    let problem = Problem::error(
        "CS0736",
        attribute,
        "Another change must come first",
        format!("AWS refuses it as long as `{user}` is what it is, and that changes only in its maintenance window."),
        "Make this change when the window has passed; or the other one at once, with apply --now or apply_immediately = true.",
    );
    Some(draft.places.get(&step.address)?.diagnose(problem).of(&step.address))
}
