//! A block or a module that has another name now: what of it is there keeps its name in AWS, so that it can neither be
//! made again nor deleted. Told once for all that is in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, ModulePath, Subject};
use crate::plan::draft::Draft;
use crate::shell;

/// What of a plan was renamed: each object whose name is recorded under another address, with as much as moves together.
pub struct Renamings(BTreeMap<Address, (Subject, Subject)>);

impl Renamings {
    /// Those of objects that are to be made, each with the address that has its name in the state.
    pub fn of(draft: &Draft, taken: &[(Address, Address)]) -> Self {
        let whole: Vec<(Subject, Subject)> = taken.iter().map(|(owner, to)| renaming(owner, to)).collect();
        let mut pairs: BTreeMap<(String, String), &(Subject, Subject)> = BTreeMap::new();
        pairs.extend(whole.iter().map(|pair| ((pair.0.to_string(), pair.1.to_string()), pair)));
        let (mut from, mut into): (BTreeMap<&str, u32>, BTreeMap<&str, u32>) = Default::default();
        for (one, other) in pairs.keys() {
            *from.entry(one).or_default() += 1;
            *into.entry(other).or_default() += 1;
        }
        // What goes to two places, or comes from two, goes one by one.
        let alone = |(one, other): &(String, String)| from[&**one] == 1 && into[&**other] == 1;
        let together: BTreeSet<&(String, String)> =
            pairs.iter().filter(|(key, pair)| alone(key) && moves(draft, pair, taken)).map(|(key, _)| key).collect();
        let told = whole.iter().zip(taken).map(|(pair, (owner, to))| {
            let is_whole = together.contains(&(pair.0.to_string(), pair.1.to_string()));
            let each = || (Subject::Resource(owner.clone()), Subject::Resource(to.clone()));
            (to.clone(), if is_whole { pair.clone() } else { each() })
        });
        Self(told.collect())
    }

    /// That of an address.
    pub fn get(&self, to: &Address) -> Option<&(Subject, Subject)> {
        self.0.get(to)
    }
}

/// What moves together of addresses that all have to move, for one of them: the instance of a module, where all of them
/// are in it before or after and nothing is there yet; else the one.
pub fn together<'a>(
    draft: &Draft,
    from: &Address,
    to: &Address,
    mut all: impl Iterator<Item = &'a Address>,
) -> (Subject, Subject) {
    let (whole, into) = renaming(from, to);
    let is_module = matches!(whole, Subject::Module(_));
    let is_free = !draft.state.records.keys().any(|known| into.contains(known));
    if is_module && is_free && all.all(|address| whole.contains(address) || into.contains(address)) {
        return (whole, into);
    }
    (Subject::Resource(from.clone()), Subject::Resource(to.clone()))
}

/// Whether all that is recorded of the one goes to the other, where nothing is yet, and no block is left of it.
fn moves(draft: &Draft, (from, into): &(Subject, Subject), taken: &[(Address, Address)]) -> bool {
    // An instance is all that moves of it.
    if matches!(from, Subject::Resource(address) if address.key.is_some()) {
        return true;
    }
    let names = draft.evaluator.names();
    let is_left = match from {
        // Of a call that stays, one instance may go to another.
        Subject::Module(path) => path.last().is_some_and(|(_, key)| key.is_none()) && names.0.call(path).is_some(),
        Subject::Resource(block) => names.0.resource(block).is_some(),
    };
    let wanted: BTreeSet<&Address> = taken.iter().map(|(owner, _)| owner).collect();
    let mut records = draft.state.records.keys();
    !is_left && records.all(|known| !into.contains(known) && (!from.contains(known) || wanted.contains(known)))
}

/// What was renamed, from and to, where two addresses differ only by that: a module, a block, or an instance.
fn renaming(from: &Address, to: &Address) -> (Subject, Subject) {
    let whole = || (Subject::Resource(from.clone()), Subject::Resource(to.clone()));
    let same_block = from.name == to.name && from.kind == to.kind;
    if from.module == to.module {
        if from.key == to.key && !same_block {
            return (Subject::Resource(from.block()), Subject::Resource(to.block()));
        }
        return whole();
    }
    let differing: Vec<usize> = from
        .module
        .iter()
        .zip(&to.module)
        .enumerate()
        .filter(|(_, (one, other))| one != other)
        .map(|(at, _)| at)
        .collect();
    match differing[..] {
        [at] if from.module.len() == to.module.len() && same_block && from.key == to.key => {
            // The keys of its instances are the same: then it is the call that was renamed.
            let keyless = from.module[at].1 == to.module[at].1;
            let way = |path: &ModulePath| {
                let mut way = path[..=at].to_vec();
                if keyless {
                    way[at].1 = None;
                }
                Subject::Module(way)
            };
            (way(&from.module), way(&to.module))
        }
        _ => whole(),
    }
}

/// What to do about it.
pub fn advice((from, to): &(Subject, Subject)) -> String {
    format!(
        "Say that it moved: cachestack state mv --moved {} {} writes a `moved` block. Or choose another name.",
        shell::quoted(&from.to_string()),
        shell::quoted(&to.to_string())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_that_was_renamed_is_told() {
        let cases = [
            ("alarm.a", "alarm.b", "alarm.a alarm.b"),
            ("alarm.a[\"x\"]", "alarm.b[\"x\"]", "alarm.a alarm.b"),
            ("alarm.a[\"x\"]", "alarm.a[\"y\"]", "alarm.a[\"x\"] alarm.a[\"y\"]"),
            ("alarm.a[0]", "alarm.b[\"x\"]", "alarm.a[0] alarm.b[\"x\"]"),
            ("module.m.alarm.a", "module.n.alarm.a", "module.m module.n"),
            ("module.m[\"x\"].alarm.a[0]", "module.n[\"x\"].alarm.a[0]", "module.m module.n"),
            ("module.m[\"x\"].alarm.a", "module.m[\"y\"].alarm.a", "module.m[\"x\"] module.m[\"y\"]"),
            ("module.o.module.m[0].alarm.a", "module.o.module.n[0].alarm.a", "module.o.module.m module.o.module.n"),
            ("module.o[1].module.m.alarm.a", "module.p[1].module.m.alarm.a", "module.o module.p"),
            ("module.m.alarm.a", "alarm.a", "module.m.alarm.a alarm.a"),
            ("module.m.alarm.a", "module.n.alarm.b", "module.m.alarm.a module.n.alarm.b"),
        ];
        for (from, to, want) in cases {
            let read = |text: &str| crate::kinds::address(text).expect(text);
            let (one, other) = renaming(&read(from), &read(to));
            assert_eq!(format!("{one} {other}"), want, "{from} {to}");
        }
    }
}
