//! What records hang on: blocks that have objects, and no others. Whatever drops or moves a record keeps that true.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::state::{Record, State};

impl State {
    /// Whether a block has an object, recorded or with a successor. A module without a key stands for all its instances.
    pub(super) fn has(&self, block: &Address) -> bool {
        block.is_among(self.records.range(block.clone()..).map(|(address, _)| address))
            || self.deposed.iter().any(|old| old.address.is_within(block))
            || self.strangers.iter().any(|one| one.address.is_within(block))
    }

    /// A record with what it can hang on.
    pub(super) fn anchored(&self, mut record: Record) -> Record {
        record.dependencies.retain(|used| self.has(used));
        record
    }

    /// An object is gone: with the last one of its block nothing hangs on that block any more.
    pub(super) fn let_go(&mut self, gone: &Address) {
        let blocks: BTreeSet<Address> = patterns(gone).collect();
        self.drop_all(blocks);
    }

    /// Drops what nothing can hang on: older versions kept it.
    pub(super) fn mend_dependencies(&mut self) {
        let used = self.all_mut().flat_map(|(_, record)| record.dependencies.iter().cloned()).collect();
        self.drop_all(used);
    }

    fn drop_all(&mut self, mut blocks: BTreeSet<Address>) {
        blocks.retain(|block| !self.has(block));
        if !blocks.is_empty() {
            self.all_mut().for_each(|(_, record)| record.dependencies.retain(|used| !blocks.contains(used)));
        }
    }

    /// Objects have moved: what hung on their blocks hangs on those that they moved to, and on the old ones that still
    /// have others.
    pub(super) fn follow(&mut self, moves: &[(Address, Address)]) {
        let mut follow: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        for (from, to) in moves.iter().filter(|(from, to)| from.block() != to.block()) {
            for (keys, block) in patterns(from).enumerate() {
                let same_way = from.module.len() == to.module.len();
                let target = if same_way { to.pattern(keys) } else { to.block() };
                follow.entry(block).or_default().insert(target);
            }
        }
        for (block, targets) in &mut follow {
            targets.extend(self.has(block).then(|| block.clone()));
        }
        for (address, record) in self.all_mut().filter(|_| !follow.is_empty()) {
            let Some(_) = record.dependencies.iter().find(|used| follow.contains_key(used)) else { continue };
            let used = std::mem::take(&mut record.dependencies).into_iter();
            let used = used.flat_map(|used| follow.get(&used).cloned().unwrap_or_else(|| BTreeSet::from([used])));
            let used: BTreeSet<Address> = used.filter(|used| used.config() != address.config()).collect();
            record.dependencies = used.into_iter().collect();
        }
    }

    fn all_mut(&mut self) -> impl Iterator<Item = (&Address, &mut Record)> {
        let deposed = self.deposed.iter_mut().map(|old| (&old.address, &mut old.record));
        self.records.iter_mut().chain(deposed)
    }
}

/// The block of an object, from the widest way to say it to its own instance of its module.
fn patterns(address: &Address) -> impl Iterator<Item = Address> {
    (0..=address.module.len()).map(|keys| address.pattern(keys))
}

#[cfg(test)]
mod tests {
    use crate::address::Address;
    use crate::state::{Deposed, Effect, Entry, Record, State};

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    fn record(uses: &str) -> Record {
        let dependencies = uses.split_whitespace().map(address).collect();
        Record { region: "us-east-1".to_owned(), id: "x".to_owned(), dependencies, ..Record::default() }
    }

    /// `alarm.a: alarm.b alarm.c; alarm.b:`
    fn state(text: &str) -> State {
        let records = text.split("; ").map(|part| {
            let (at, uses) = part.split_once(':').expect("an address and what it uses");
            (address(at), Record { id: at.to_owned(), ..record(uses) })
        });
        State { records: records.collect(), ..State::default() }
    }

    fn told(state: &State) -> String {
        let one = |(at, record): (&Address, &Record)| {
            let uses: Vec<String> = record.dependencies.iter().map(|used| format!(" {used}")).collect();
            format!("{at}:{}", uses.concat())
        };
        state.records.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_records_hang_on_is_there() {
        let remove = |text: &str| Effect::Remove(address(text));
        let moved = |from: &str, to: &str| Effect::Move(vec![(address(from), address(to))]);
        let cases = [
            ("alarm.a: alarm.b alarm.c; alarm.b:; alarm.c:", remove("alarm.b"), "alarm.a: alarm.c; alarm.c:"),
            ("alarm.a: alarm.b; alarm.b[0]:; alarm.b[1]:", remove("alarm.b[0]"), "alarm.a: alarm.b; alarm.b[1]:"),
            ("alarm.a: alarm.b; alarm.b[1]:", remove("alarm.b[1]"), "alarm.a:"),
            // A module without a key stands for all of its instances.
            (
                "alarm.a: module.m.alarm.b; module.m[0].alarm.b:; module.m[1].alarm.b:",
                remove("module.m[0].alarm.b"),
                "alarm.a: module.m.alarm.b; module.m[1].alarm.b:",
            ),
            ("alarm.a: module.m.alarm.b; module.m[1].alarm.b:", remove("module.m[1].alarm.b"), "alarm.a:"),
            (
                "module.m[0].alarm.a: module.m[0].alarm.b; module.m[0].alarm.b:; module.m[1].alarm.b:",
                remove("module.m[0].alarm.b"),
                "module.m[0].alarm.a:; module.m[1].alarm.b:",
            ),
            ("alarm.a: alarm.b; alarm.b:", Effect::Depose(address("alarm.b")), "alarm.a: alarm.b"),
            ("alarm.a: alarm.b; alarm.b:", moved("alarm.b", "alarm.c"), "alarm.a: alarm.c; alarm.c:"),
            (
                "alarm.a: alarm.b; alarm.b[0]:; alarm.b[1]:",
                moved("alarm.b[0]", "alarm.c"),
                "alarm.a: alarm.b alarm.c; alarm.b[1]:; alarm.c:",
            ),
            (
                "alarm.a: module.m.alarm.b; module.m[0].alarm.b:",
                moved("module.m[0].alarm.b", "module.n[0].alarm.b"),
                "alarm.a: module.n.alarm.b; module.n[0].alarm.b:",
            ),
            ("alarm.a[0]: alarm.b; alarm.b:", moved("alarm.b", "alarm.a[1]"), "alarm.a[0]:; alarm.a[1]:"),
            ("alarm.b:", Effect::Record(address("alarm.a"), record("alarm.b alarm.c")), "alarm.a: alarm.b; alarm.b:"),
        ];
        for (before, effect, want) in cases {
            let mut state = state(before);
            assert_eq!(state.verify(), Ok(()), "{before}");
            state.apply(Entry::Noted(vec![effect.clone()]));
            assert_eq!(told(&state), want, "{before} {effect:?}");
            assert_eq!(state.verify(), Ok(()), "{before} {effect:?}");
        }
    }

    #[test]
    fn a_former_object_is_hung_on_until_it_is_buried() {
        let mut state = state("alarm.a: alarm.b; alarm.b:");
        state.apply(Entry::Noted(vec![Effect::Depose(address("alarm.b"))]));
        state.deposed.push(Deposed { address: address("alarm.d"), record: record("alarm.b") });
        assert_eq!(state.verify(), Ok(()));
        state.apply(Entry::Noted(vec![Effect::Bury(address("alarm.b"), "alarm.b".to_owned())]));
        assert_eq!((told(&state).as_str(), state.deposed[0].record.dependencies.len()), ("alarm.a:", 0));
        assert_eq!(state.verify(), Ok(()));
    }

    #[test]
    fn what_older_versions_left_dangling_is_told_and_mended() {
        let mut state = state("alarm.a: alarm.gone alarm.b; alarm.b:");
        assert!(state.verify().expect_err("dangling").contains("hangs on `alarm.gone`, which has no object"));
        state.mend_dependencies();
        assert_eq!((told(&state).as_str(), state.verify()), ("alarm.a: alarm.b; alarm.b:", Ok(())));
    }
}
