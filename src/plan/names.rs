//! Who has which name before and after the plan. Names pass from one object to another: a list that loses its first
//! element moves all the others up, and no object has to be made anew for that.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Subject};
use crate::diag::Diagnostic;
use crate::diag::Span;
use crate::kind::{Kind, Observation, Status};
use crate::kinds;
use crate::plan::decide::Instance;
use crate::plan::decision::Decision;
use crate::plan::draft::{Draft, Seen};
use crate::plan::renamed::{self, Renamings};
use crate::plan::whose::{self, Whose, whose};
use crate::plan::{Action, Reason, Step};
use crate::schema::Update;
use crate::shell;
use crate::stack::desired::Desired;
use crate::stack::target;
use crate::state::{Deposed, Owner, Record};
use crate::value::{Object, Value};

/// An object that is to be made under a name that is taken.
#[derive(Debug, Clone)]
pub struct Taken {
    address: Address,
    region: String,
    id: String,
    span: Option<Span>,
    /// Whether the address had no object before.
    new: bool,
}

/// The moves by which objects of a block follow their names: an instance that wants the name of an object that another
/// instance of the same block has takes that object over, and what is left over goes to the addresses that are left over.
pub fn follow(
    draft: &Draft,
    kind: &'static dyn Kind,
    block: &Address,
    wishes: &[(Address, &target::Instance, Desired)],
) -> Vec<(Address, Address)> {
    let Some(attribute) = kind.name_attribute() else { return Vec::new() };
    let held = held(draft, block, attribute);
    if held.len() < 2 && !wishes.iter().any(|(address, ..)| !held.contains_key(address)) {
        return Vec::new();
    }
    let mut wanted: BTreeMap<Address, Address> = BTreeMap::new();
    let mut taken: BTreeSet<Address> = BTreeSet::new();
    let right = |address: &Address, desired: &Desired| {
        held.get(address).is_some_and(|record| is_named(kind, &desired.object, record, attribute))
    };
    taken.extend(wishes.iter().filter(|(address, _, wish)| right(address, wish)).map(|(address, ..)| address.clone()));
    let by_name = by_name(&held, attribute);
    for (address, _, desired) in wishes.iter().filter(|(address, _, desired)| !right(address, desired)) {
        let Some(name) = desired.object.get(attribute).and_then(Value::as_str) else { continue };
        let sources = by_name.get(name).into_iter().flatten();
        let mut free = sources.filter(|from| !taken.contains(**from) && **from != address);
        if let Some(from) = free.find(|from| is_named(kind, &desired.object, &held[**from], attribute)).copied() {
            taken.insert(from.clone());
            wanted.insert(address.clone(), from.clone());
        }
    }
    permutation(&wanted, &held)
}

/// The records of all instances of a block.
fn held(draft: &Draft, block: &Address, attribute: &str) -> BTreeMap<Address, Record> {
    let of_block = draft.state.records.range(block.clone()..).take_while(|(address, _)| address.block() == *block);
    let named = of_block.filter(|(_, record)| base_name(record, attribute).is_some());
    named.map(|(address, record)| (address.clone(), record.clone())).collect()
}

fn by_name<'a>(held: &'a BTreeMap<Address, Record>, attribute: &str) -> BTreeMap<&'a str, Vec<&'a Address>> {
    let mut names: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for (address, record) in held {
        names.entry(base_name(record, attribute).unwrap_or_default()).or_default().push(address);
    }
    names
}

/// The name without the suffix of a replacement.
fn base_name<'a>(record: &'a Record, attribute: &str) -> Option<&'a str> {
    let name = record.object.get(attribute).and_then(Value::as_str)?;
    let base = record.suffix.as_ref().and_then(|suffix| name.strip_suffix(&**suffix)?.strip_suffix('-'));
    Some(base.unwrap_or(name))
}

/// Whether an object has the name that is wanted, where names are unique: in the same scope, if both say one.
fn is_named(kind: &dyn Kind, wanted: &Object, record: &Record, attribute: &str) -> bool {
    let text = |object: &Object, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let differ = |name: &str| match (text(wanted, name), text(&record.object, name)) {
        (Some(wanted), Some(known)) => wanted != known,
        _ => false,
    };
    text(wanted, attribute).as_deref() == base_name(record, attribute) && !kind.name_scope().is_some_and(differ)
}

/// The moves that give every address what it wants: what loses its address takes one that was given up.
fn permutation(wanted: &BTreeMap<Address, Address>, held: &BTreeMap<Address, Record>) -> Vec<(Address, Address)> {
    let sources: BTreeSet<&Address> = wanted.values().collect();
    let mut moves: Vec<(Address, Address)> = wanted.iter().map(|(to, from)| (from.clone(), to.clone())).collect();
    let pushed_out = wanted.keys().filter(|to| !sources.contains(to) && held.contains_key(*to));
    let given_up = sources.iter().filter(|from| !wanted.contains_key(**from));
    moves.extend(pushed_out.zip(given_up).map(|(from, to)| (from.clone(), (**to).clone())));
    moves
}

/// The name in AWS of a former object that is still there and fits what the stack says, where the one that took its place
/// does not: somebody has put the file back before the former one was deleted. Where what took its place is gone (a
/// destroy was cut off), the former one is the object again, whatever the stack says of it.
pub fn former(draft: &Draft, instance: &Instance) -> Option<String> {
    let state = &draft.state;
    let record = state.records.get(instance.address);
    if draft.inputs.options.refresh_only || record.is_some_and(|record| fits(instance, record)) {
        return None;
    }
    let is_there = |old: &Record| {
        let key = whose::key(instance.address, old);
        // Before the account is read, it is taken to be there.
        let Some(live) = draft.inputs.live else { return true };
        let is_ours = |found: &Observation| match whose(draft, instance.address, old, found) {
            Whose::Ours | Whose::Unsure => found.status == Status::Settled,
            Whose::Unmarked | Whose::Anothers => false,
        };
        live.objects.get(&key).and_then(Option::as_ref).is_some_and(is_ours)
    };
    let former = state.deposed.iter().filter(|old| old.address == *instance.address && is_there(&old.record));
    let former: Vec<&Deposed> = former.collect();
    let fitting = former.iter().find(|old| fits(instance, &old.record));
    let old = fitting.or_else(|| former.last().filter(|_| record.is_none()))?;
    Some(old.record.id.clone())
}

/// Whether a recorded object can be what a block says without being made anew.
fn fits(instance: &Instance, record: &Record) -> bool {
    let fixed = instance.kind.schema().attrs.iter().filter(|attr| attr.update == Update::Replace);
    let mut written = fixed.filter_map(|attr| Some((attr, instance.desired.object.get(attr.name)?)));
    record.region == instance.region
        && written.all(|(attr, wanted)| match record.object.get(attr.name) {
            _ if wanted.is_null() || !wanted.is_wholly_known() => true,
            Some(_) if Some(attr.name) == instance.kind.name_attribute() => {
                base_name(record, attr.name) == wanted.as_str()
            }
            Some(now) => attr.is_satisfied(now, wanted),
            None => true,
        })
}

/// Whether the name of an object that is to be made is taken, or has to be looked for.
pub fn claim(draft: &Draft, instance: &Instance, wanted: &Object, current: Option<&str>) -> Decision {
    let taken = |id: String| {
        let named = instance.kind.name_attribute().and_then(|name| instance.desired.span_of(name));
        let span = named.or(instance.desired.span);
        let (address, region) = (instance.address.clone(), instance.region.clone());
        let taken = Taken { address, region, id, span, new: current.is_none() };
        Decision { taken: Some(taken), ..Decision::default() }
    };
    let other = |id: &String| Some(&**id) != current;
    if instance.kind.finds_again() {
        return found_again(draft, instance, wanted, taken);
    }
    if instance.kind.is_named_by_aws() {
        return namesake(draft, instance, wanted).filter(other).map(taken).unwrap_or_default();
    }
    let Some(id) = instance.kind.claims(wanted, current).filter(other) else { return Decision::default() };
    match draft.find(instance.resource, instance.address, &instance.region, &id) {
        Seen::Present(_) => taken(id),
        Seen::Unread(key) => Decision { needs: key.into_iter().collect(), ..Decision::default() },
        Seen::Absent => Decision::default(),
    }
}

/// The place of an object, where nothing of it is hidden: it is a name by which is read, and kept with what was read.
pub fn open_place(kind: &dyn Kind, object: &Object) -> Option<String> {
    let open = object.iter().filter(|(_, value)| !value.is_sensitive_anywhere());
    kind.place(&open.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Where AWS answers a create with the object that is there, one that this state does not know is somebody else's.
fn found_again(
    draft: &Draft,
    instance: &Instance,
    wanted: &Object,
    taken: impl FnOnce(String) -> Decision,
) -> Decision {
    let Some(place) = open_place(instance.kind, wanted) else { return Decision::default() };
    let region = &instance.region;
    match draft.find(instance.resource, instance.address, region, &place) {
        Seen::Present(found) => {
            let id = found.object.get("id").and_then(Value::as_str).unwrap_or(&place).to_owned();
            let known = draft.state.owner(&instance.address.kind, region, &id).is_some();
            if known { Decision::default() } else { taken(id) }
        }
        Seen::Unread(key) => Decision { needs: key.into_iter().collect(), ..Decision::default() },
        Seen::Absent => Decision::default(),
    }
}

/// The object of this state that has the name already, where AWS gives ids and only names must differ.
fn namesake(draft: &Draft, instance: &Instance, wanted: &Object) -> Option<String> {
    let attribute = instance.kind.name_attribute()?;
    wanted.get(attribute).and_then(Value::as_str)?;
    let recorded = draft.state.records.iter();
    let deposed = draft.state.deposed.iter().map(|deposed| (&deposed.address, &deposed.record));
    // Where neither says a scope, both are in the default one.
    let scope = instance.kind.name_scope();
    let both = |record: &Record| {
        scope.is_none_or(|scope| wanted.get(scope).is_some_and(|value| !value.is_null()) == record.set.contains(scope))
    };
    let same = |address: &Address, record: &Record| {
        address.kind == instance.address.kind
            && record.region == instance.region
            && record.object.contains_key(attribute)
            && record.object.get(attribute) == wanted.get(attribute)
            && is_named(instance.kind, wanted, &Record { suffix: None, ..record.clone() }, attribute)
            && both(record)
    };
    recorded.chain(deposed).find(|(address, record)| same(address, record)).map(|(_, record)| record.id.clone())
}

/// A name that is taken is free in time only if whoever has it is deleted by this very plan. A new block with the name of
/// an object whose block is gone is a block that was renamed, and a former object may be wanted back: nothing has to be
/// deleted for that. Each with its address, and what it belongs to where more was renamed with it.
pub fn judge(draft: &Draft) -> Vec<(Address, Option<String>, Diagnostic)> {
    let leaving: Vec<&Step> = draft.plan.steps.iter().filter(|step| step.action == Action::Delete).collect();
    let mut by_id: BTreeMap<(&str, Option<&str>), Vec<&Step>> = BTreeMap::new();
    leaving.into_iter().for_each(|step| by_id.entry((&step.address.kind, step.id.as_deref())).or_default().push(step));
    let is_freed = |taken: &&Taken| {
        let found = by_id.get(&(&*taken.address.kind, Some(&*taken.id)));
        found.into_iter().flatten().any(|step| frees(step, taken))
    };
    let taken: Vec<&Taken> = draft.taken.iter().filter(|taken| !is_freed(taken)).collect();
    if taken.is_empty() {
        return exchanged(draft).into_iter().map(|(address, wrong)| (address, None, wrong)).collect();
    }
    let owners = draft.state.owners();
    let owner = |taken: &Taken| owners.get(&(&*taken.address.kind, &*taken.region, &*taken.id)).copied();
    let recorded = |taken: &Taken| owner(taken).filter(|owner| !owner.deposed);
    let owned = taken.iter().filter_map(|taken| Some((recorded(taken)?.address.clone(), taken.address.clone())));
    let renamings = Renamings::of(draft, &owned.collect::<Vec<_>>());
    let refused = taken.into_iter().map(|taken| {
        let renaming = renamings.get(&taken.address);
        let group = renaming.map(|(from, to)| format!("{from} {to}"));
        (taken.address.clone(), group, refusal(draft, taken, owner(taken), renaming))
    });
    refused.chain(exchanged(draft).into_iter().map(|(address, wrong)| (address, None, wrong))).collect()
}

/// What is said of refusals: of what was renamed as a whole once, with how much of it there is.
pub fn told(refused: impl IntoIterator<Item = (Option<String>, Diagnostic)>) -> Vec<Diagnostic> {
    let mut told: Vec<(Diagnostic, usize)> = Vec::new();
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for (group, wrong) in refused {
        match group.as_ref().and_then(|group| groups.get(group)) {
            Some(at) => told[*at].1 += 1,
            None => {
                groups.extend(group.map(|group| (group, told.len())));
                told.push((wrong, 0));
            }
        }
    }
    let with_further = |(wrong, further): (Diagnostic, usize)| match further {
        0 => wrong,
        1 => Diagnostic { detail: format!("{} 1 more has moved in the same way.", wrong.detail), ..wrong },
        _ => Diagnostic { detail: format!("{} {further} more have moved in the same way.", wrong.detail), ..wrong },
    };
    told.into_iter().map(with_further).collect()
}

/// Kind, region and name of what is to be made: a block that is gone and has such an object was renamed, and is not left.
pub fn made<'a>(draft: &'a Draft) -> BTreeSet<(&'a str, &'a str, &'a str)> {
    let made = draft.plan.steps.iter().filter(|step| step.action == Action::Create && step.reason == Reason::Declared);
    made.filter_map(|step| Some((&*step.address.kind, &*step.region, step.id.as_deref()?))).collect()
}

/// Blocks that exchange the names of objects that hold data: carried out to the letter, all of them would be destroyed
/// to make empty ones under each other's names.
fn exchanged(draft: &Draft) -> Vec<(Address, Diagnostic)> {
    let replaced = |step: &&Step| matches!(step.reason, Reason::Replaced { .. });
    let holds = |step: &&Step| kinds::get(&step.address.kind).is_some_and(|kind| kind.holds_data());
    let steps = draft.plan.steps.iter().filter(replaced).filter(holds);
    let mut had: BTreeMap<(&str, &str), &Address> = BTreeMap::new();
    let mut wants: BTreeMap<&Address, &str> = BTreeMap::new();
    for step in steps {
        let Some(id) = step.id.as_deref() else { continue };
        match step.action {
            Action::Delete => drop(had.insert((&*step.address.kind, id), &step.address)),
            _ => drop(wants.insert(&step.address, id)),
        }
    }
    let next = |address: &Address| {
        let name = wants.get(address)?;
        had.get(&(&*address.kind, *name)).copied()
    };
    let mut told: BTreeSet<&Address> = BTreeSet::new();
    let mut found = Vec::new();
    for start in wants.keys() {
        let mut way = vec![*start];
        while let Some(holder) = next(way[way.len() - 1]).filter(|holder| !way.contains(holder)) {
            way.push(holder);
        }
        let round = way.len() > 1 && next(way[way.len() - 1]) == Some(start);
        if round && way.iter().all(|address| told.insert(address)) {
            let names: Vec<String> = way.iter().map(|address| format!("`{address}`")).collect();
            let detail =
                format!("{} exchange their names, and each would be destroyed and made anew, empty.", names.join(", "));
            let help =
                "Let the objects keep their names and rename the blocks instead; or change one name after the other.";
            let mut diagnostic = Diagnostic::error("CS0611", "Names that change places", detail).help(help);
            let attribute = kinds::get(&start.kind).and_then(|kind| kind.name_attribute());
            diagnostic.span = attribute.and_then(|name| draft.places.get(*start)?.span_of(name));
            found.push(((*start).clone(), diagnostic));
        }
    }
    found
}

fn frees(step: &Step, taken: &Taken) -> bool {
    step.region == taken.region && !(taken.new && matches!(step.reason, Reason::Orphan(_) | Reason::Deposed))
}

fn refusal(draft: &Draft, taken: &Taken, owner: Option<Owner>, renaming: Option<&(Subject, Subject)>) -> Diagnostic {
    let moved = |owner: &Address| match renaming {
        Some(renaming) => renamed::advice(renaming),
        None => renamed::advice(&(Subject::Resource(owner.clone()), Subject::Resource(taken.address.clone()))),
    };
    let Taken { address, id, span, .. } = taken;
    let kind = &address.kind;
    let named = kinds::get(kind).is_some_and(|kind| kind.name_attribute().is_some());
    let (detail, help) = match owner {
        Some(owner) if owner.deposed => (
            format!(
                "`{address}` is to be made, and \"{id}\" is the former object of `{}`, which is still to be deleted.",
                owner.address
            ),
            match draft.evaluator.names().0.resource(owner.address) {
                Some(_) => {
                    "Apply with the configuration of before, so that it is deleted; or choose another name.".to_owned()
                }
                None => moved(owner.address),
            },
        ),
        Some(owner) => (
            format!("`{address}` is to be made, and \"{id}\" is `{}` in this state.", owner.address),
            moved(owner.address),
        ),
        None => (
            format!(
                "`{address}` is to be made, and the account has \"{id}\" ({kind}), which this state does not know."
            ),
            format!(
                "{}; or take the object over: cachestack import {} {}.",
                if named { "Choose another name" } else { "Remove this resource" },
                shell::quoted(&address.to_string()),
                shell::quoted(id)
            ),
        ),
    };
    let mut diagnostic = Diagnostic::error("CS0601", "The object exists already", detail).help(help);
    diagnostic.span = *span;
    diagnostic
}
