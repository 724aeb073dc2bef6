//! Where the record of an address is kept: also under an address that it moved from.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Key, ModulePath, Subject};
use crate::plan::draft::Draft;

/// The other address under which the record of an instance is kept, where it is.
pub fn source(draft: &Draft, address: &Address) -> Option<Address> {
    if draft.state.records.contains_key(address) {
        return None;
    }
    moved_from(draft, address).or_else(|| with_other_key(draft, address))
}

/// The moves by which every object that no block has gets the address that `moved` blocks lead to: what guards that
/// address guards the object, and what lets it go lets the object go. A former object moves also where its successor is
/// gone. Comes first, so that a block that has moved knows the names that its objects have.
pub fn follow_all(draft: &Draft) -> Vec<(Address, Address)> {
    let names = draft.evaluator.names();
    let lead = |address: &Address| {
        let mut seen = BTreeSet::from([address.clone()]);
        let mut at = address.clone();
        let next = |at: &Address| names.0.moved.iter().find_map(|(from, to, module)| backward(at, to, from, module));
        while let Some(to) = next(&at).filter(|to| seen.insert(to.clone())) {
            at = to;
        }
        at
    };
    let records = &draft.state.records;
    let former = draft.state.deposed.iter().map(|old| &old.address).filter(|address| !records.contains_key(address));
    let known: BTreeSet<&Address> = records.keys().chain(former).collect();
    let undeclared = known.into_iter().filter(|address| names.0.resource(address).is_none());
    let mut taken = BTreeSet::new();
    undeclared
        .map(|address| (address.clone(), lead(address)))
        .filter(|(from, to)| from != to && !records.contains_key(to) && taken.insert(to.clone()))
        .collect()
}

/// Adds moves to those of a plan: what has moved before moves on from where it was.
pub fn append(all: &mut Vec<(Address, Address)>, moves: Vec<(Address, Address)>) {
    let reached: BTreeSet<Address> = all.iter().map(|(_, to)| to.clone()).collect();
    let next: BTreeMap<&Address, &Address> = moves.iter().map(|(from, to)| (from, to)).collect();
    for (_, to) in all.iter_mut() {
        if let Some(further) = next.get(to) {
            *to = (*further).clone();
        }
    }
    all.extend(moves.into_iter().filter(|(from, _)| !reached.contains(from)));
    all.retain(|(from, to)| from != to);
}

/// The address with a record from which `moved` blocks lead to this one, over as many steps as it takes.
fn moved_from(draft: &Draft, address: &Address) -> Option<Address> {
    let names = draft.evaluator.names();
    let mut seen = BTreeSet::from([address.clone()]);
    let mut open = vec![address.clone()];
    while let Some(to) = open.pop() {
        for source in names.0.moved.iter().filter_map(|(from, into, module)| backward(&to, from, into, module)) {
            if !seen.insert(source.clone()) {
                continue;
            }
            if draft.state.records.contains_key(&source) {
                return Some(source);
            }
            open.push(source);
        }
    }
    None
}

/// What an address is called when everything that is `from`, or in it, is called `to`; none where it is neither.
pub fn renamed(address: &Address, from: &Subject, to: &Subject) -> Option<Address> {
    backward(address, to, from, &Vec::new())
}

/// Where an address was before a `moved` block of a module moved it.
fn backward(address: &Address, from: &Subject, to: &Subject, module: &ModulePath) -> Option<Address> {
    let (outer, inner) = address.module.split_at_checked(module.len())?;
    if outer.iter().zip(module).any(|(found, said)| found.0 != said.0) {
        return None;
    }
    let join = |path: &[_]| outer.iter().chain(path).cloned().collect::<ModulePath>();
    match (from, to) {
        (Subject::Resource(from), Subject::Resource(to)) => {
            let same = (address.mode, &address.kind, &address.name) == (to.mode, &to.kind, &to.name);
            let key = key_before(&address.key, &from.key, &to.key).filter(|_| same && inner == to.module)?;
            Some(Address { module: join(&from.module), key, ..from.clone() })
        }
        (Subject::Module(from), Subject::Module(to)) => {
            let (before, after) = inner.split_at_checked(to.len())?;
            let ((last, way), (to_last, to_way)) = (before.split_last()?, to.split_last()?);
            let (from_last, from_way) = from.split_last()?;
            let key = key_before(&last.1, &from_last.1, &to_last.1).filter(|_| last.0 == to_last.0 && way == to_way)?;
            let mut path = join(from_way);
            path.push((from_last.0.clone(), key));
            path.extend(after.iter().cloned());
            Some(Address { module: path, ..address.clone() })
        }
        _ => None,
    }
}

/// The key before a move: kept where neither side names one, else as it was said.
fn key_before(key: &Option<Key>, from: &Option<Key>, to: &Option<Key>) -> Option<Option<Key>> {
    match (from, to) {
        (None, None) => Some(key.clone()),
        _ if key == to => Some(from.clone()),
        _ => None,
    }
}

/// A block, or a module on the way to it, that gets or loses its first key keeps its objects.
fn with_other_key(draft: &Draft, address: &Address) -> Option<Address> {
    let other = |key: &Option<Key>| match key {
        None => Some(Some(Key::Index(0))),
        Some(Key::Index(0)) => Some(None),
        _ => None,
    };
    let own = other(&address.key).map(|key| address.instance(key));
    let outer = (0..address.module.len()).filter_map(|at| {
        let mut changed = address.clone();
        changed.module[at].1 = other(&address.module[at].1)?;
        Some(changed)
    });
    let known = |other: &Address| draft.state.records.contains_key(other) && !draft.declared.contains(other);
    own.into_iter().chain(outer).find(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a>b c>d`
    fn moves(text: &str) -> Vec<(Address, Address)> {
        let pairs = text.split_whitespace().map(|pair| pair.split_once('>').expect("from and to"));
        pairs.map(|(from, to)| (Address::managed("alarm", from), Address::managed("alarm", to))).collect()
    }

    #[test]
    fn moves_of_one_plan_are_all_made_at_once() {
        let cases = [
            ("a>b", "c>d", "a>b c>d"),
            ("a>b", "b>c", "a>c"),
            // What changes places twice stays where it was.
            ("a>b b>a", "a>b b>a", ""),
            ("a>x b>y", "x>y y>z", "a>y b>z"),
            ("a>b", "c>a", "a>b c>a"),
        ];
        for (first, then, want) in cases {
            let mut all = moves(first);
            append(&mut all, moves(then));
            assert_eq!(all, moves(want), "{first} then {then}");
        }
    }
}
