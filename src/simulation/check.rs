//! What must hold whatever happens: a witness of every call that writes, and the questions after every command.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::kind::Call;
use crate::kinds::tags::MARK;
use crate::simulation::cloud::world::{Key, Phase, Then, Thing, World};
use crate::simulation::cloud::{FakeCloud, Witness, calls, shapes};
use crate::simulation::engine::{Command, Known, Ledger, Open, Verb};
use crate::simulation::stack::{Declared, Facts};
use crate::value::text;

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule, in words that are the same for every case of it.
    pub rule: &'static str,
    /// What was seen.
    pub detail: String,
}

/// What is known while commands run.
#[derive(Default)]
pub struct Book {
    /// What the stack says.
    pub facts: Facts,
    /// What runs.
    pub command: Command,
    /// The calls that it has sent.
    pub calls: u32,
    /// What has been found.
    pub violations: Vec<Violation>,
    /// What earlier commands were to replace: one that was cut off is gone on with.
    asked: BTreeSet<String>,
    /// The shape that objects were made in, by their numbers.
    made: BTreeMap<u64, String>,
    /// The addresses whose object the command deletes, to make another after it.
    emptied: BTreeSet<String>,
    /// Reads the state as it would be after a loss of power.
    view: Option<View>,
}

/// Reads the state as it would be after a loss of power.
pub type View = Box<dyn Fn() -> Result<Ledger, String> + Send>;

/// A book that many write into.
#[derive(Clone, Default)]
pub struct Checker(Arc<Mutex<Book>>);

impl Checker {
    /// A checker that can see the medium.
    pub fn new(view: View) -> Self {
        Self(Arc::new(Mutex::new(Book { view: Some(view), ..Book::default() })))
    }

    /// The book.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// A command begins.
    pub fn begin(&mut self, facts: Facts, command: Command) {
        self.asked.append(&mut self.command.replace.drain(..).collect());
        (self.facts, self.command, self.calls) = (facts, command, 0);
        self.emptied.clear();
    }

    /// Notes what must not be.
    pub fn wrong(&mut self, rule: &'static str, detail: impl Into<String>) {
        let detail = detail.into();
        self.violations.push(Violation { rule, detail });
    }

    /// The state as the next command would find it.
    pub fn ledger(&mut self) -> Ledger {
        match self.view.as_ref().map(|view| view()) {
            Some(Ok(ledger)) => ledger,
            Some(Err(error)) => {
                self.wrong("the state can always be read", error);
                Ledger::default()
            }
            None => Ledger::default(),
        }
    }

    /// Every object of ours is in a record, or in an open operation.
    pub fn owned(&mut self, world: &World, ledger: &Ledger) {
        for (key, thing) in world.things() {
            let Some(address) = &thing.made_for else { continue };
            let here = self.facts.current(address);
            let block = here.split('[').next().unwrap_or_default();
            let released = self.facts.released.contains(block) || self.facts.released.contains(address);
            if !released && known(ledger, key).is_none() && !is_open(ledger, key, thing) {
                let detail = format!("{} {} of {address}: {:?}", key.0, key.2, thing.phase);
                self.wrong("every object of ours has a record or an open operation", detail);
            }
        }
    }

    /// Notes the shape in which others have made what is to be taken over.
    pub fn note_shape(&mut self, facts: &Facts, id: &str, thing: &Thing) {
        if let Some(declared) = facts.imports.get(id).and_then(|address| facts.of(address)) {
            self.made.insert(thing.number, declared.by_others());
        }
    }

    /// Objects that were let go are nobody's from now on; answers them.
    pub fn let_go(&mut self, world: &mut World, ledger: &Ledger, now: u64) -> Vec<Key> {
        let is_released = |thing: &Thing| {
            let here = self.facts.current(thing.made_for.as_deref().unwrap_or_default());
            self.facts.released.contains(here.split('[').next().unwrap_or_default())
        };
        let free = |key: &Key, thing: &Thing| known(ledger, key).is_none() && !is_open(ledger, key, thing);
        let gone = world.things().filter(|(key, thing)| is_released(thing) && free(key, thing));
        let gone: Vec<Key> = gone.map(|(key, _)| key.clone()).collect();
        for key in &gone {
            world.change(key, now).expect("it was just seen").made_for = None;
        }
        gone
    }

    /// Objects that were taken over are ours from now on.
    pub fn adopt(&mut self, world: &mut World, ledger: &Ledger, now: u64) {
        for record in &ledger.records {
            let Some(kind) = shapes::of_kind(&record.kind) else { continue };
            let key = (kind.kind, record.region.clone(), record.id.clone());
            let is_theirs = |thing: &Thing| thing.made_for.is_none() && thing.tags.get(MARK) == record.mark.as_ref();
            if self.facts.imports.contains_key(&record.id)
                && world.get(&key).is_some_and(is_theirs)
                && let Some(thing) = world.change(&key, now)
            {
                thing.made_for = Some(record.address.clone());
                let shape = self.facts.of(&record.address).map(|declared| declared.shape.clone());
                self.made.entry(thing.number).or_insert(shape.unwrap_or_default());
            }
        }
    }

    fn create(&mut self, world: &World, key: Option<&Key>, ledger: &Ledger, call: &Call) -> Option<String> {
        let stranger = key.and_then(|key| world.get(key)).is_some_and(|thing| thing.made_for.is_none());
        if stranger && call.operation == "PutMetricAlarm" {
            self.wrong("what others made stays as it is", format!("{} over {key:?}", call.operation));
        }
        let mark = call.args.get("Tags")?.get(MARK)?.as_str()?.to_owned();
        // A change of what others have deleted since makes it anew, as ours.
        let recorded = || ledger.records.iter().find(|record| record.mark.as_ref() == Some(&mark));
        let open = ledger.open.iter().find(|open| open.mark == mark).map(|open| &open.address);
        let address = open.or_else(|| Some(&recorded()?.address));
        if address.is_none() {
            self.wrong("an operation is on the medium before its call is sent", call.operation);
        }
        Some(self.facts.current(address?))
    }

    fn change(&mut self, world: &World, key: &Key, ledger: &Ledger, call: &Call) {
        let Some(thing) = world.get(key) else { return };
        if thing.made_for.is_none() && known(ledger, key).is_none() && !is_open(ledger, key, thing) {
            self.wrong("what others made stays as it is", format!("{} of {}", call.operation, key.2));
        }
        if call.text("AuthTokenUpdateStrategy").as_deref() == Some("ROTATE")
            && let Some(text) = call.args.get("AuthToken")
            && let crate::value::Data::Secret(secret) = &text.data
            && thing.tokens.contains(&calls::digest(secret.text.as_deref().unwrap_or_default()))
        {
            self.wrong("a token is rotated in once", format!("{} has {} tokens", key.2, thing.tokens.len()));
        }
    }

    fn delete(&mut self, world: &World, key: &Key, ledger: &Ledger) {
        let Some(thing) = world.get(key) else { return };
        let Some((record, deposed)) = known(ledger, key) else {
            if is_open(ledger, key, thing) {
                return;
            }
            return self.wrong("only what the state knows is deleted", format!("{} {}", key.0, key.2));
        };
        let mut address = self.facts.current(&record.address);
        // It stays where it is when the address that it would move to has an object of its own.
        if address != record.address && ledger.records.iter().any(|other| other.address == address) {
            address.clone_from(&record.address);
        }
        let what = format!("{address} ({})", key.2);
        if record.protect {
            self.wrong("what is protected is not deleted", what.clone());
        }
        let destroy = self.command.verb == Verb::Destroy;
        if !destroy && self.facts.released.contains(address.split('[').next().unwrap_or_default()) {
            self.wrong("what was let go is not deleted", what.clone());
        }
        if key.0 == "replication_group" && !self.command.allow && !destroy {
            self.wrong("no data is deleted without permission", what.clone());
        }
        let Some(declared) = self.facts.of(&address).cloned() else { return };
        if declared.prevent {
            self.wrong("no object is deleted past prevent_destroy", what.clone());
        }
        if destroy {
            return;
        }
        let block = address.split('[').next().unwrap_or_default();
        // A new subnet group has another name, and a group that uses it goes with it, and the alarms of its members.
        let used = self.facts.all_used_by(&declared);
        let users = used.iter().map(|used| used.split('[').next().unwrap_or_default());
        let names: Vec<&str> = users.chain([address.as_str(), block]).collect();
        let is_named = |asked: &&String| names.contains(&asked.split('[').next().unwrap_or(asked));
        let has_successor = |asked: &&String| {
            ledger.deposed.iter().any(|old| self.facts.current(&old.address).starts_with(&self.facts.current(asked)))
        };
        let asked = self.command.replace.iter().any(|asked| is_named(&asked))
            || self.asked.iter().filter(is_named).any(|asked| has_successor(&asked));
        let broken = matches!(thing.phase, Phase::Broken(_));
        let same = self.made.get(&thing.number) == Some(&declared.shape);
        let others = has_others_subnets(thing, &used, |id| {
            let record = ledger.records.iter().find(|record| record.kind == "subnet_group" && record.id == id)?;
            Some(self.facts.current(&record.address))
        });
        // The members of a group that shrinks take their alarms along.
        let exact = self.facts.declared.contains_key(&address);
        if !deposed && exact && same && !broken && !asked && !others && declared.count == 1 {
            self.wrong("what the stack still declares is not deleted", what.clone());
        }
        self.successor(world, key, ledger, &address, &declared, deposed);
        if !deposed {
            self.emptied.insert(address);
        }
    }

    /// What takes the place of an object must be there first, or everything that it needs.
    fn successor(
        &mut self,
        world: &World,
        key: &Key,
        ledger: &Ledger,
        address: &str,
        declared: &Declared,
        deposed: bool,
    ) {
        if declared.first && !deposed && !self.facts.declared.contains_key(address) {
            // One alarm of many, for a member that is no more: those of all members are there before it goes.
            let block = address.split('[').next().unwrap_or_default();
            let of_block = ledger.records.iter().filter(|record| {
                self.facts.current(&record.address).split('[').next() == Some(block) && record.id != key.2
            });
            // A group that is made anew under its id keeps the alarms of its members, which are changed in place.
            let own = |shape: &str| shape.split(" (").next().unwrap_or_default().to_owned();
            let wanted = own(&declared.shape);
            let fits = |thing: &&Thing| self.made.get(&thing.number).map(|shape| own(shape)) == Some(wanted.clone());
            let there = of_block.filter_map(|record| thing_of(world, record)).filter(fits).count();
            if there < declared.count {
                let detail = format!("{address} ({}): {there} of {} are there", key.2, declared.count);
                self.wrong("an object goes only when its successor is there", detail);
            }
            return;
        }
        // Where the old object goes first, its own former one, whose name the new one gets, does not stay behind either.
        if deposed && !declared.first && self.emptied.contains(address) {
            return;
        }
        if deposed || declared.first {
            let there = |record: &&Known| self.facts.current(&record.address) == address && record.id != key.2;
            let other = ledger.records.iter().find(there).and_then(|record| thing_of(world, record));
            if !other.is_some_and(|thing| thing.phase == Phase::Settled) {
                self.wrong("an object goes only when its successor is there", format!("{address} ({})", key.2));
            }
            return;
        }
        for used in &declared.uses {
            let wanted = self.facts.of(used).map(|used| used.shape.clone());
            let is = |record: &&Known| self.facts.current(&record.address) == *used;
            let thing = ledger.records.iter().find(is).and_then(|record| thing_of(world, record));
            // An alarm can be made on what is broken.
            let can_use =
                |thing: &Thing| is_sound(thing) || key.0 == "alarm" && matches!(thing.phase, Phase::Broken(_));
            if !thing.is_some_and(|thing| can_use(thing) && self.made.get(&thing.number) == wanted.as_ref()) {
                let detail = format!("{address} ({}) before {used}", key.2);
                self.wrong("an object goes only when what its successor needs is there", detail);
            }
        }
    }
}

fn is_sound(thing: &Thing) -> bool {
    !matches!(thing.phase, Phase::Broken(_) | Phase::Busy { then: Then::Vanish, .. })
}

/// The object of a record.
pub fn thing_of<'a>(world: &'a World, record: &Known) -> Option<&'a Thing> {
    let kind = shapes::of_kind(&record.kind)?.kind;
    world.get(&(kind, record.region.clone(), record.id.clone()))
}

/// The record of an object, and whether it is deposed.
pub fn known<'a>(ledger: &'a Ledger, key: &Key) -> Option<(&'a Known, bool)> {
    let is = |record: &&Known| (record.kind.as_str(), &record.region, &record.id) == (key.0, &key.1, &key.2);
    let deposed = ledger.deposed.iter().find(is).map(|record| (record, true));
    ledger.records.iter().find(is).map(|record| (record, false)).or(deposed)
}

/// The open operation that may have made an object.
pub fn open_for<'a>(ledger: &'a Ledger, key: &Key, thing: &Thing) -> Option<&'a Open> {
    let mark = thing.tags.get(MARK);
    let about = |open: &&Open| Some(&open.mark) == mark || open.name.as_ref() == Some(&key.2);
    ledger.open.iter().find(|open| open.kind == key.0 && about(open))
}

fn is_open(ledger: &Ledger, key: &Key, thing: &Thing) -> bool {
    open_for(ledger, key, thing).is_some()
}

impl Witness for Checker {
    fn before(&mut self, world: &World, region: &str, kind: &'static str, call: &Call) -> Option<String> {
        let mut book = self.book();
        book.calls += 1;
        if matches!(book.command.verb, Verb::Plan | Verb::Refresh) {
            book.wrong("a plan and a refresh send nothing that writes", call.operation);
        }
        let ledger = book.ledger();
        book.owned(world, &ledger);
        let key = FakeCloud::subject(world, region, kind, call);
        let shape = shapes::of_kind(kind)?;
        let about = |open: &&Open| open.kind == kind && open.operation == call.operation;
        if ledger.open.iter().find(about).is_none() {
            book.wrong("an operation is on the medium before its call is sent", call.operation);
        }
        if call.operation == shape.create {
            let address = book.create(world, key.as_ref(), &ledger, call);
            if address.is_some() {
                return address;
            }
        }
        let key = key?;
        if call.operation == shape.delete {
            book.delete(world, &key, &ledger)
        } else {
            book.change(world, &key, &ledger, call)
        }
        None
    }

    fn after(&mut self, world: &World, _: &Call, key: &Key) {
        let mut book = self.book();
        let Some(thing) = world.get(key) else { return };
        let Some(address) = thing.made_for.as_ref().map(|address| book.facts.current(address)) else { return };
        let shape = book.facts.of(&address).map(|declared| declared.shape.clone()).unwrap_or_default();
        book.made.entry(thing.number).or_insert(shape);
    }
}

/// Whether a group is in subnets of a block that it uses no more, under a name with a suffix of ours: the block that it
/// uses now makes another one under the name that is written.
fn has_others_subnets(thing: &Thing, used: &BTreeSet<String>, address_of: impl Fn(&str) -> Option<String>) -> bool {
    let has_suffix = |id: &&str| {
        let suffix = id.rsplit_once('-').map(|(_, suffix)| suffix);
        suffix.is_some_and(|suffix| suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let id = text(&thing.object, "subnet_group_name").filter(has_suffix);
    id.and_then(address_of).is_some_and(|address| !used.contains(&address))
}
