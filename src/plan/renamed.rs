//! A block or a module that has another name now: what of it is there keeps its name in AWS, so that it can neither be
//! made again nor deleted. Told once for all that is in it.

use crate::address::{Address, ModulePath, Subject};
use crate::plan::draft::Draft;
use crate::shell;

/// What was renamed, from and to, where the object of a name is recorded under another address: as much of it as moves
/// together, since nothing of it is left and nothing else is there.
pub fn of(draft: &Draft, to: &Address, region: &str, id: &str) -> Option<(Subject, Subject)> {
    let owner = draft.state.owner(&to.kind, region, id).filter(|owner| !owner.deposed)?;
    let (from, into) = renaming(owner.address, to);
    let names = draft.evaluator.names();
    let is_left = match &from {
        Subject::Module(path) => names.0.call(path).is_some(),
        Subject::Resource(block) => names.0.resource(block).is_some(),
    };
    let is_there = draft.state.records.keys().any(|known| into.contains(known));
    if is_left || is_there {
        return Some((Subject::Resource(owner.address.clone()), Subject::Resource(to.clone())));
    }
    Some((from, into))
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
