//! Which step waits for which, and an order that respects that.
//!
//! Instances wait for blocks by way of barriers, one for a block, so that a thousand alarms on a thousand nodes are not
//! a million edges. A destructive step starts only after everything that its successor needs.

mod users;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::kinds;
use crate::plan::draft::Draft;
use crate::plan::elements::Elements;
use crate::plan::renamed;
use crate::plan::{Action, Barrier, BarrierId, Plan, Reason, Step, StepId, Wait};
use crate::schema::refers::{Hold, Reference};
use crate::shell;
use crate::value::{Object, Value};

/// The names of other objects in an object that keep those from being deleted.
pub(super) fn held_by<'a>(address: &Address, object: &'a Object) -> Vec<Reference<'a>> {
    let mut names = references(address, object);
    names.retain(|name| name.refers.hold == Hold::Blocks);
    names
}

fn references<'a>(address: &Address, object: &'a Object) -> Vec<Reference<'a>> {
    kinds::get(&address.kind).map(|kind| kind.schema().references(object)).unwrap_or_default()
}

/// Barriers with no more steps than this are written out as edges.
const FEW: usize = 8;

/// The steps of a barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Which {
    /// Those of a block that make or change its objects.
    Made,
    /// Those that use a block and may still be there when an object of it goes.
    LetGo,
    /// Those that use a block and leave.
    Leave,
}

/// The edges as they are found, between places of steps.
struct Edges {
    waits: Vec<BTreeSet<Edge>>,
    /// Edges that are there for good reasons and not for the graph: they give way where they are part of a circle.
    soft: BTreeSet<(usize, Edge)>,
    barriers: Vec<Vec<usize>>,
    known: BTreeMap<(Address, Which), usize>,
}

/// What a step waits for: another, or all of a barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Step(usize),
    Barrier(usize),
}

impl Edges {
    fn add(&mut self, step: usize, wait: Edge) {
        if wait != Edge::Step(step) {
            self.waits[step].insert(wait);
            self.soft.remove(&(step, wait));
        }
    }

    /// Waits unless that brings a circle. What is waited for anyway stays so.
    fn add_soft(&mut self, step: usize, wait: Edge) {
        if wait != Edge::Step(step) && self.waits[step].insert(wait) {
            self.soft.insert((step, wait));
        }
    }

    /// Waits for a set of steps: each of a few, a barrier for many.
    fn add_all(&mut self, step: usize, key: (Address, Which), members: impl FnOnce() -> Vec<usize>) {
        let barriers = &mut self.barriers;
        let barrier = *self.known.entry(key).or_insert_with(|| {
            barriers.push(members());
            barriers.len() - 1
        });
        if self.barriers[barrier].len() > FEW {
            return self.add(step, Edge::Barrier(barrier));
        }
        for used in self.barriers[barrier].clone() {
            self.add(step, Edge::Step(used));
        }
    }
}

/// Finds the edges of every step, and brings the steps into an order that respects them. Answers steps that wait for each
/// other, where nothing else is wrong.
pub fn order(draft: &mut Draft) -> Option<Diagnostic> {
    let mut edges = connect(draft);
    let (order, circle) = sort(draft, &mut edges);
    arrange(&mut draft.plan, &order, &edges);
    circle
}

fn connect(draft: &Draft) -> Edges {
    let steps = &draft.plan.steps;
    let index = Index::new(draft);
    let held = holders(steps);
    let named = named(draft);
    let mut edges = Edges {
        waits: vec![BTreeSet::new(); steps.len()],
        soft: BTreeSet::new(),
        barriers: Vec::new(),
        known: BTreeMap::new(),
    };
    let ahead = users::ahead(draft, &index, &held);
    let taken = users::taken_along(steps);
    for (at, step) in steps.iter().enumerate() {
        if is_leaving(step) {
            wait_for_users(draft, (&index, &held), &taken, &mut edges, at);
        }
        if let Some(whole) = taken.get(&at) {
            edges.add(at, Edge::Step(*whole));
        }
        if step.action == Action::Update {
            wait_for_leavers(steps, &held, &mut edges, at);
        }
        if !is_leaving(step) || makes_way(draft, step) {
            wait_for_used(draft, (&index, &named), &ahead, &mut edges, at);
        }
        for user in ahead.get(&at).into_iter().flatten() {
            edges.add(at, Edge::Step(*user));
        }
        if makes_way(draft, step) {
            wait_for_others(draft, steps, &index, &mut edges, at);
        }
        for other in index.by_address.get(&step.address).into_iter().flatten() {
            if replacement_edge(steps, at, *other) || former_edge(steps, at, *other) {
                edges.add(at, Edge::Step(*other));
            }
        }
    }
    users::keep_served(draft, &index, &held, &mut edges);
    pass_names(steps, &mut edges);
    hold_back(steps, &mut edges);
    edges
}

/// Where steps are found.
struct Index<'a> {
    /// Under their block, and under the pattern of all instances of a module.
    by_block: BTreeMap<Address, Vec<usize>>,
    by_address: BTreeMap<&'a Address, Vec<usize>>,
    /// Under what they use: blocks, and instances where no other is used.
    users: BTreeMap<Address, Vec<usize>>,
    /// The blocks that get new instances.
    growing: BTreeSet<Address>,
}

impl<'a> Index<'a> {
    fn new(draft: &'a Draft) -> Self {
        let creates = draft.plan.steps.iter().filter(|step| step.action == Action::Create);
        let growing = creates.map(|step| step.address.block()).collect();
        let mut index =
            Self { by_block: BTreeMap::new(), by_address: BTreeMap::new(), users: BTreeMap::new(), growing };
        for (at, step) in draft.plan.steps.iter().enumerate() {
            for pattern in patterns(&step.address) {
                push(&mut index.by_block, pattern, at);
            }
            index.by_address.entry(&step.address).or_default().push(at);
            // What it used until now counts as well: it lets go of that.
            let before = draft.state.records.get(&step.address).filter(|_| !step.deposed);
            let recorded = step.record.dependencies.iter().chain(before.into_iter().flat_map(|old| &old.dependencies));
            let now = draft.used_by(&step.address).map(|used| used.block());
            for used in recorded.cloned().chain(now).collect::<BTreeSet<Address>>() {
                push(&mut index.users, used, at);
            }
        }
        index
    }
}

fn push(found: &mut BTreeMap<Address, Vec<usize>>, address: Address, at: usize) {
    let list = found.entry(address).or_default();
    if list.last() != Some(&at) {
        list.push(at);
    }
}

fn patterns(address: &Address) -> BTreeSet<Address> {
    (0..=address.module.len()).map(|keys| address.pattern(keys)).collect()
}

/// Whoever used an object that goes has let go of it: those that leave, and those that are changed or replaced.
fn wait_for_users(
    draft: &Draft,
    (index, held): (&Index, &Holders),
    taken: &users::Taken,
    edges: &mut Edges,
    at: usize,
) {
    let steps = &draft.plan.steps;
    let step = &steps[at];
    let which = match &step.reason {
        // The old object goes before the new one is made, so only those that leave can come before it.
        Reason::Replaced { create_first: false, .. } => Which::Leave,
        _ => Which::LetGo,
    };
    let lets_go = |user: &usize| match which {
        _ if taken.contains_key(user) => false,
        Which::Leave => is_leaving(&steps[*user]),
        _ => steps[*user].action != Action::Read,
    };
    // What is replaced or makes way itself goes when the new object is there, unless it holds the old one.
    let stays = |user: &Step| makes_way(draft, user) || matches!(user.reason, Reason::Replaced { .. });
    let goes_before = |user: &usize| lets_go(user) && !(which == Which::Leave && stays(&steps[*user]));
    let outside = |user: &usize| steps[*user].address.block() != step.address.block();
    let lets_members_go = kinds::get(&step.address.kind).is_some_and(|kind| kind.lets_members_go());
    for pattern in patterns(&step.address) {
        let Some(users) = index.users.get(&pattern) else { continue };
        if lets_members_go {
            users.iter().copied().filter(goes_before).for_each(|user| edges.add_soft(at, Edge::Step(user)));
            continue;
        }
        edges.add_all(at, (pattern, which), || users.iter().copied().filter(goes_before).collect());
    }
    let id = step.id.as_deref().unwrap_or_default();
    let arn = step.before.as_ref().and_then(|before| before.get("arn")).and_then(Value::as_str).unwrap_or_default();
    let users = [id, arn].into_iter().filter_map(|name| held.get(&(&*step.address.kind, name))).flatten();
    for (user, own) in users.filter(|(user, _)| outside(user) && lets_go(user)) {
        if *own { edges.add(at, Edge::Step(*user)) } else { edges.add_soft(at, Edge::Step(*user)) }
    }
}

/// Whoever goes for good and holds an object goes before that changes: a subnet that its nodes stand in could not leave.
fn wait_for_leavers(steps: &[Step], held: &Holders, edges: &mut Edges, at: usize) {
    let id = steps[at].id.as_deref().unwrap_or_default();
    let users = held.get(&(&*steps[at].address.kind, id)).into_iter().flatten();
    let goes = |user: usize| steps[user].action == Action::Delete && matches!(steps[user].reason, Reason::Orphan(_));
    for (user, _) in users.filter(|(user, own)| *own && goes(*user)) {
        edges.add_soft(at, Edge::Step(*user));
    }
}

/// What is used is there first; what is on its way out goes later.
fn wait_for_used(
    draft: &Draft,
    (index, named): (&Index, &BTreeMap<(&str, &str), &Address>),
    ahead: &users::Ahead,
    edges: &mut Edges,
    at: usize,
) {
    let steps = &draft.plan.steps;
    let step = &steps[at];
    let is_ahead = |used: &usize| ahead.get(used).is_some_and(|users| users.contains(&at));
    let stays = |used: &usize| !is_leaving(&steps[*used]);
    let comes_first = |used: &usize| stays(used) && !is_ahead(used);
    for used in draft.used_by(&step.address) {
        let found = match used.key {
            None => index.by_block.get(&used),
            Some(_) => index.by_address.get(&used),
        };
        let Some(found) = found else { continue };
        // A barrier is the same for all who wait for it.
        if used.key.is_none() && !found.iter().any(is_ahead) {
            edges.add_all(at, (used, Which::Made), || found.iter().copied().filter(stays).collect());
        } else {
            found.iter().filter(|used| comes_first(used)).for_each(|used| edges.add(at, Edge::Step(*used)));
        }
    }
    // A name that equals that of a declared resource is a reference too.
    let Some(object) = draft.planned.get(&step.address) else { return };
    for name in references(&step.address, object) {
        let used = named.get(&(name.refers.kind, name.text)).filter(|used| **used != &step.address);
        let found = used.and_then(|used| index.by_address.get(*used));
        for used in found.into_iter().flatten().filter(|used| comes_first(used)) {
            edges.add_soft(at, Edge::Step(*used));
        }
    }
}

/// Where the new comes before the old, that holds for those that take the place of an instance as well.
fn wait_for_others(draft: &Draft, steps: &[Step], index: &Index, edges: &mut Edges, at: usize) {
    let address = &steps[at].address;
    let names = draft.evaluator.names();
    let block = address.block();
    let first = names.0.resource(address).is_some_and(|block| block.meta.lifecycle.create_before_destroy);
    if let Some(found) = index.by_block.get(&block).filter(|_| first) {
        let stays = |other: &usize| !is_leaving(&steps[*other]);
        edges.add_all(at, (block, Which::Made), || found.iter().copied().filter(stays).collect());
    }
}

/// The steps of objects that others must not go before, by kind and id or ARN of those; and whether they hold them by
/// themselves, and not by an element that goes.
type Holders<'a> = BTreeMap<(&'static str, &'a str), Vec<(usize, bool)>>;

fn holders(steps: &[Step]) -> Holders<'_> {
    let elements = Elements::leaving(steps);
    let mut holders = Holders::new();
    for (index, step) in steps.iter().enumerate() {
        let named = step.before.iter().flat_map(|before| references(&step.address, before));
        for held in named.filter(|name| name.refers.hold != Hold::Mentions) {
            let own = !elements.explain(&step.address.kind, step.id.as_deref().unwrap_or_default(), &held);
            holders.entry((held.refers.kind, held.text)).or_default().push((index, own));
        }
    }
    holders
}

/// The addresses of planned objects, by kind and name, and by kind and ARN.
fn named<'a>(draft: &'a Draft) -> BTreeMap<(&'a str, &'a str), &'a Address> {
    let mut named = BTreeMap::new();
    for (address, object) in &draft.planned {
        for name in ["id", "arn"].into_iter().filter_map(|name| object.get(name)?.as_str()) {
            named.insert((&*address.kind, name), address);
        }
    }
    named
}

fn is_leaving(step: &Step) -> bool {
    step.is_leaving()
}

/// Whether an instance goes while its block stays: others of the block take its place, so it goes only when everything
/// is there that the block needs.
fn makes_way(draft: &Draft, step: &Step) -> bool {
    step.action == Action::Delete
        && matches!(step.reason, Reason::Orphan(_))
        && draft.evaluator.names().0.resource(&step.address).is_some()
}

/// The order of the two halves of a replacement.
fn replacement_edge(steps: &[Step], index: usize, other: usize) -> bool {
    let (step, with) = (&steps[index], &steps[other]);
    let (Reason::Replaced { create_first, .. }, true) =
        (&step.reason, index != other && !with.deposed && !step.deposed)
    else {
        return false;
    };
    match (step.action, with.action) {
        (Action::Create, Action::Delete | Action::Forget) => !create_first,
        (Action::Delete | Action::Forget, Action::Create) => *create_first,
        _ => false,
    }
}

/// A former object goes when its successor is as it shall be, unless that wants the former one's name.
fn former_edge(steps: &[Step], index: usize, other: usize) -> bool {
    let (step, with) = (&steps[index], &steps[other]);
    step.deposed
        && !with.deposed
        && !is_leaving(with)
        && place(with, true) != place(step, false)
        && !wants_name(with, step)
}

/// Whether a new object is to have the name of an old one, where AWS gives ids and names are unique in a scope.
fn wants_name(new: &Step, old: &Step) -> bool {
    let name = scoped_name(new, new.after.as_ref());
    name.is_some() && name == scoped_name(old, old.before.as_ref()) && !in_other_scopes(new, old)
}

/// Kind, region and what no two objects can have in common, of the new object or of the old one.
fn place(step: &Step, new: bool) -> Option<(&str, &str, String)> {
    let object = if new { step.after.as_ref() } else { step.before.as_ref() }?;
    let place = kinds::get(&step.address.kind)?.place(object)?;
    Some((&step.address.kind, &step.region, place))
}

/// An object that gets the name of one that goes is made when that is gone, and its record with it.
fn pass_names(steps: &[Step], edges: &mut Edges) {
    let leaving = steps.iter().enumerate().filter(|(_, step)| is_leaving(step));
    let freed: BTreeMap<_, usize> = leaving.filter_map(|(at, step)| Some((place(step, false)?, at))).collect();
    let mut named: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| is_leaving(step)) {
        let key = scoped_name(step, step.before.as_ref());
        key.into_iter().for_each(|key| named.entry(key).or_default().push(at));
    }
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| step.action == Action::Create) {
        if let Some(free) = place(step, true).and_then(|place| freed.get(&place)) {
            edges.add(at, Edge::Step(*free));
        }
        let namesakes = scoped_name(step, step.after.as_ref()).and_then(|key| named.get(&key));
        for free in namesakes.into_iter().flatten().filter(|free| !in_other_scopes(step, &steps[**free])) {
            edges.add(at, Edge::Step(*free));
        }
    }
}

/// Kind, region and name of an object whose kind has names that are unique in a scope, and ids that AWS gives.
fn scoped_name<'a>(step: &'a Step, object: Option<&'a Object>) -> Option<(&'a str, &'a str, &'a str)> {
    let kind = kinds::get(&step.address.kind).filter(|kind| kind.is_named_by_aws())?;
    let name = object?.get(kind.name_attribute()?).and_then(Value::as_str)?;
    Some((&step.address.kind, &step.region, name))
}

fn in_other_scopes(new: &Step, old: &Step) -> bool {
    let attribute = kinds::get(&new.address.kind).and_then(|kind| kind.name_scope());
    let scope = |object: &Option<Object>| {
        object.as_ref().and_then(|object| object.get(attribute?)).and_then(Value::as_str).map(str::to_owned)
    };
    matches!((scope(&new.after), scope(&old.before)), (Some(new), Some(old)) if new != old)
}

/// An object that makes room for another goes only when everything else is there that the other one needs.
fn hold_back(steps: &[Step], edges: &mut Edges) {
    for (at, _) in steps.iter().enumerate().filter(|(_, step)| step.action == Action::Create) {
        let goes = |wait: &Edge| match wait {
            Edge::Step(used) => is_leaving(&steps[*used]),
            Edge::Barrier(_) => false,
        };
        let (rooms, needs): (Vec<Edge>, Vec<Edge>) = edges.waits[at].iter().copied().partition(goes);
        for room in rooms {
            let Edge::Step(room) = room else { continue };
            for need in &needs {
                // What holds data goes on no account before what takes its place can be made.
                let data = kinds::get(&steps[room].address.kind).is_some_and(|kind| kind.holds_data());
                if data { edges.add(room, *need) } else { edges.add_soft(room, *need) }
            }
        }
    }
}

/// An order of the steps that respects the edges, by address where the edges leave it open; and what waits in a circle.
fn sort(draft: &Draft, edges: &mut Edges) -> (Vec<usize>, Option<Diagnostic>) {
    let steps = &draft.plan.steps;
    let mut order = walk(steps, edges);
    if order.len() < steps.len() {
        // Names that are written out may form a circle that no reference forms.
        for (step, used) in soft_in_circles(edges) {
            edges.waits[step].remove(&used);
        }
        order = walk(steps, edges);
    }
    let done: BTreeSet<usize> = order.iter().copied().collect();
    let rest: Vec<usize> = (0..steps.len()).filter(|index| !done.contains(index)).collect();
    // A circle of references, or a name that cannot change, has been told already.
    let told = rest.is_empty() || crate::diag::has_errors(&draft.diagnostics);
    let circle = (!told).then(|| circle(draft, steps, &rest));
    order.extend(rest);
    (order, circle)
}

/// Puts the steps into their order, each with its edges.
fn arrange(plan: &mut Plan, order: &[usize], edges: &Edges) {
    let ids: Vec<StepId> = plan.steps.iter().map(|step| step.step).collect();
    let name = |wait: &Edge| match wait {
        Edge::Step(step) => Wait::Step(ids[*step]),
        Edge::Barrier(barrier) => Wait::Barrier(BarrierId(*barrier as u32)),
    };
    let edges_of = |index: usize| {
        let mut waits: Vec<Wait> = edges.waits[index].iter().map(name).collect();
        waits.sort();
        waits
    };
    let barriers = edges.barriers.iter().enumerate().map(|(at, members)| Barrier {
        barrier: BarrierId(at as u32),
        steps: members.iter().map(|step| ids[*step]).collect(),
    });
    plan.barriers = barriers.collect();
    for index in order {
        plan.steps[*index].edges = edges_of(*index);
    }
    rearrange(&mut plan.steps, order);
}

/// Brings items into an order where they lie: a copy of all steps would be the most that a plan takes. What the order does
/// not name goes.
fn rearrange<T>(items: &mut Vec<T>, order: &[usize]) {
    let mut lies: Vec<usize> = (0..items.len()).collect();
    let mut holds = lies.clone();
    for (at, wanted) in order.iter().enumerate() {
        let found = lies[*wanted];
        items.swap(at, found);
        let other = holds[at];
        holds.swap(at, found);
        (lies[other], lies[*wanted]) = (found, at);
    }
    items.truncate(order.len());
}

/// The edges that may give way and are part of a circle.
fn soft_in_circles(edges: &Edges) -> Vec<(usize, Edge)> {
    let count = edges.waits.len();
    let node = |wait: &Edge| match wait {
        Edge::Step(step) => *step,
        Edge::Barrier(barrier) => count + *barrier,
    };
    let mut graph = petgraph::graph::DiGraph::<(), ()>::new();
    let nodes: Vec<_> = (0..count + edges.barriers.len()).map(|_| graph.add_node(())).collect();
    for (step, waits) in edges.waits.iter().enumerate() {
        for wait in waits {
            graph.add_edge(nodes[step], nodes[node(wait)], ());
        }
    }
    for (barrier, members) in edges.barriers.iter().enumerate() {
        for step in members {
            graph.add_edge(nodes[count + barrier], nodes[*step], ());
        }
    }
    let mut circle_of = vec![0; nodes.len()];
    for (number, circle) in petgraph::algo::tarjan_scc(&graph).iter().enumerate() {
        circle.iter().for_each(|node| circle_of[node.index()] = number);
    }
    edges.soft.iter().copied().filter(|(step, wait)| circle_of[*step] == circle_of[node(wait)]).collect()
}

/// The steps in order, without those in a circle and behind it.
fn walk(steps: &[Step], edges: &Edges) -> Vec<usize> {
    let count = steps.len();
    let node = |wait: &Edge| match wait {
        Edge::Step(step) => *step,
        Edge::Barrier(barrier) => count + *barrier,
    };
    let of_barriers = edges.barriers.iter().cloned();
    let of_steps = edges.waits.iter().map(|waits| waits.iter().map(node).collect::<Vec<_>>());
    let waits: Vec<Vec<usize>> = of_steps.chain(of_barriers).collect();
    let mut open: Vec<usize> = waits.iter().map(Vec::len).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); waits.len()];
    for (index, waits) in waits.iter().enumerate() {
        waits.iter().for_each(|used| users[*used].push(index));
    }
    // Barriers come as soon as they can: they are nothing to do.
    let key = |index: usize| match steps.get(index) {
        Some(step) => (1 + usize::from(is_leaving(step)), Some(&step.address), index),
        None => (0, None, index),
    };
    let mut ready: BTreeSet<_> = (0..waits.len()).filter(|index| open[*index] == 0).map(key).collect();
    let mut order = Vec::new();
    while let Some((_, _, index)) = ready.pop_first() {
        order.extend((index < count).then_some(index));
        for user in &users[index] {
            open[*user] -= 1;
            if open[*user] == 0 {
                ready.insert(key(*user));
            }
        }
    }
    order
}

/// Steps that wait for each other: names that change places between blocks.
fn circle(draft: &Draft, steps: &[Step], rest: &[usize]) -> Diagnostic {
    let names: BTreeSet<String> = rest.iter().map(|index| format!("`{}`", steps[*index].address)).collect();
    let names: Vec<String> = names.into_iter().collect();
    let passing = rest.iter().find_map(|index| {
        let new = place(&steps[*index], true).filter(|_| steps[*index].action == Action::Create)?;
        let old = rest.iter().find(|other| {
            steps[**other].action == Action::Delete && place(&steps[**other], false).as_ref() == Some(&new)
        })?;
        Some((&steps[*old].address, &steps[*index].address))
    });
    let help = match passing {
        Some((from, to)) if from != to => {
            let (from, to) = renamed::together(draft, from, to, rest.iter().map(|index| &steps[*index].address));
            format!(
                "If the objects are to stay what they are and only the blocks have other names, rename the blocks: cachestack state mv --moved {} {}. Else change one name after the other, with an apply between.",
                shell::quoted(&from.to_string()),
                shell::quoted(&to.to_string())
            )
        }
        _ => "Change one of them after the other, with an apply between.".to_owned(),
    };
    let detail =
        format!("{} wait for each other: each needs what another lets go of only afterwards.", names.join(", "));
    let mut diagnostic = Diagnostic::error("CS0611", "Names that change places", detail).help(help);
    diagnostic.span = rest.iter().find_map(|index| {
        let address = &steps[*index].address;
        let attribute = kinds::get(&address.kind)?.name_attribute()?;
        draft.places.get(address)?.span_of(attribute)
    });
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::rearrange;

    #[test]
    fn items_are_placed_where_they_lie() {
        let orders: [&[usize]; 6] = [&[0, 1, 2, 3, 4], &[4, 3, 2, 1, 0], &[1, 2, 3, 4, 0], &[2, 0, 1], &[4], &[]];
        for order in orders {
            let mut items = vec!["a", "b", "c", "d", "e"];
            let want: Vec<&str> = order.iter().map(|index| items[*index]).collect();
            rearrange(&mut items, order);
            assert_eq!(items, want, "{order:?}");
        }
    }
}
