//! Where those that use an object stand in the order: before a change that AWS refuses as long as they are as they are;
//! between the elements of what they move to and the elements of what they leave, so that clients are served; and after
//! the end of an object that takes them along.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, Edges, Holders, Index, is_leaving, makes_way, patterns, references};
use crate::kinds;
use crate::plan::draft::Draft;
use crate::plan::{Action, Reason, Step};
use crate::schema::Schema;
use crate::schema::refers::{Hold, Reference};
use crate::value::Value;

/// By step that comes after those that use its object: these.
pub(super) type Ahead = BTreeMap<usize, BTreeSet<usize>>;

/// By step that deletes: the one that deletes what takes the object along.
pub(super) type Taken = BTreeMap<usize, usize>;

/// What goes together with what it names. By itself it may be what AWS does not delete: a replica that has become the
/// primary of its group.
pub(super) fn taken_along(steps: &[Step]) -> Taken {
    let goes = |step: &Step| step.action == Action::Delete && !matches!(step.reason, Reason::Replaced { .. });
    let leaving = || steps.iter().enumerate().filter(|(_, step)| goes(step));
    let wholes: BTreeMap<(&str, &str, &str), usize> = leaving()
        .filter_map(|(at, step)| Some(((&*step.address.kind, &*step.region, step.id.as_deref()?), at)))
        .collect();
    let whole = |(at, step): (usize, &Step)| {
        let named = references(&step.address, step.before.as_ref()?);
        let mut takes = named.into_iter().filter(|name| name.refers.hold == Hold::Takes);
        takes.find_map(|name| Some((at, *wholes.get(&(name.refers.kind, &*step.region, name.text))?)))
    };
    leaving().filter_map(whole).collect()
}

/// The changes that come after those that use the object.
pub(super) fn ahead(draft: &Draft, index: &Index, held: &Holders) -> Ahead {
    let mut ahead = followers(draft, index, held);
    for (at, user) in leavers(draft, index, held) {
        ahead.entry(at).or_default().insert(user);
    }
    ahead
}

/// Instances that go with nobody in their place, while their block stays, each with a change of what they hold: a subnet
/// that their nodes stand in could not leave before.
fn leavers(draft: &Draft, index: &Index, held: &Holders) -> Vec<(usize, usize)> {
    let steps = &draft.plan.steps;
    let goes = |user: usize| makes_way(draft, &steps[user]) && !index.growing.contains(&steps[user].address.block());
    let changes = steps.iter().enumerate().filter(|(_, step)| step.action == Action::Update);
    let holders = changes.flat_map(|(at, step)| {
        let id = step.id.as_deref().unwrap_or_default();
        let users = held.get(&(&*step.address.kind, id)).into_iter().flatten();
        users.filter(move |(user, own)| *own && goes(*user)).map(move |(user, _)| (at, *user))
    });
    holders.collect()
}

/// The changes that AWS refuses as long as those that use the object are as they are.
fn followers(draft: &Draft, index: &Index, held: &Holders) -> Ahead {
    let steps = &draft.plan.steps;
    let after_users = |(at, step): (usize, &Step)| {
        let (before, after) = step.before.as_ref().zip(step.after.as_ref())?;
        kinds::get(&step.address.kind)?.follows_users(before, after)?;
        let uses = |user: &usize| steps[*user].action != Action::Read && names(&steps[*user], &step.address.kind);
        Some((at, users(steps, index, held, at).into_iter().filter(uses).collect()))
    };
    steps.iter().enumerate().filter_map(after_users).collect()
}

/// The steps of whatever uses the object of a step, as it is written or recorded, or by the name that it has.
fn users(steps: &[Step], index: &Index, held: &Holders, at: usize) -> BTreeSet<usize> {
    let step = &steps[at];
    let blocks = patterns(&step.address);
    let written = blocks.iter().filter_map(|pattern| index.users.get(pattern)).flatten().copied();
    let id = step.id.as_deref().unwrap_or_default();
    let by_name = held.get(&(&*step.address.kind, id)).into_iter().flatten().map(|(user, _)| *user);
    written.chain(by_name).filter(|user| *user != at).collect()
}

/// Whether objects of the kind of a step keep others of a kind from being deleted, and are no elements of those.
fn names(step: &Step, kind: &str) -> bool {
    let Some(schema) = kinds::get(&step.address.kind).map(|kind| kind.schema()) else { return false };
    schema.holds(Hold::Blocks).any(|held| held == kind) && !wholes(schema).any(|(_, whole)| whole == kind)
}

/// The attributes of elements that name the whole, with the kind of that.
fn wholes(schema: &'static Schema) -> impl Iterator<Item = (&'static str, &'static str)> {
    let serial = schema.attrs.iter().filter(|attr| attr.serial);
    serial.filter_map(|attr| Some((attr.name, attr.refers.first()?.kind)))
}

/// Who moves from one object to another finds there what he found here: the elements of the new one are made before,
/// and those of the old one go afterwards.
pub(super) fn keep_served(draft: &Draft, index: &Index, held: &Holders, edges: &mut Edges) {
    let steps = &draft.plan.steps;
    for (at, element) in steps.iter().enumerate() {
        let Some(kind) = kinds::get(&element.address.kind) else { continue };
        for (attribute, whole) in wholes(kind.schema()) {
            if is_leaving(element) {
                leave_after_users(steps, held, edges, (at, attribute, whole));
            } else if element.action == Action::Create {
                come_before_users(draft, index, edges, (at, whole));
            }
        }
    }
}

/// The element of a whole goes when those have let go of that which do so in this plan.
fn leave_after_users(
    steps: &[Step],
    held: &Holders,
    edges: &mut Edges,
    (at, attribute, whole): (usize, &'static str, &'static str),
) {
    let id = steps[at].before.as_ref().and_then(|before| before.get(attribute)).and_then(Value::as_str);
    let users = id.and_then(|id| held.get(&(whole, id))).into_iter().flatten();
    for (user, _) in users.filter(|(user, _)| moves_away(&steps[*user], whole, id.unwrap_or_default())) {
        edges.add_soft(at, Edge::Step(*user));
    }
}

fn moves_away(user: &Step, kind: &str, id: &str) -> bool {
    let is_it = |name: &Reference| name.refers.kind == kind && name.text == id;
    let keeps = user.after.as_ref().is_some_and(|after| references(&user.address, after).iter().any(is_it));
    names(user, kind)
        && match user.action {
            Action::Update => !keeps,
            Action::Delete => matches!(user.reason, Reason::Replaced { .. }),
            _ => false,
        }
}

/// The element of a new whole is made before those are changed that take that.
fn come_before_users(draft: &Draft, index: &Index, edges: &mut Edges, (at, whole): (usize, &'static str)) {
    let steps = &draft.plan.steps;
    let exists = |user: &Step| user.action == Action::Update || matches!(user.reason, Reason::Replaced { .. });
    for used in draft.used_by(&steps[at].address).filter(|used| *used.kind == *whole) {
        let found = match used.key {
            None => index.by_block.get(&used),
            Some(_) => index.by_address.get(&used),
        };
        let new = found.into_iter().flatten().filter(|found| steps[**found].action == Action::Create);
        for made in new {
            let blocks = patterns(&steps[*made].address);
            let users = blocks.iter().filter_map(|pattern| index.users.get(pattern)).flatten();
            let moves = |user: &&usize| {
                let user = &steps[**user];
                !is_leaving(user) && exists(user) && names(user, whole)
            };
            users.filter(moves).for_each(|user| edges.add_soft(*user, Edge::Step(at)));
        }
    }
}
