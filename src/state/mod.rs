//! What cachestack knows of the objects that it made: one record for each, kept in one file per environment.
//!
//! Every change goes through [`Entry`]: it is on the medium first, then applied here. A call that writes is an
//! [`Operation`]: it begins in one entry before the call and ends in one entry with all that follows from it. Secrets
//! are kept as digests only, and values marked sensitive are not kept at all.

mod dependencies;
pub mod digest;
mod entries;
pub mod file;
pub mod journal;
pub mod lock;
pub mod medium;
mod operations;
mod progress;
pub mod sealed;
pub mod store;
#[cfg(test)]
mod tests;
mod v1;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::diag::did_you_mean;
use crate::kinds::tags::MARK;
use crate::value::{Object, Value};
pub use operations::Operations;
pub use progress::Progress;

/// The state of one environment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// Grows by one with every file that is written.
    pub serial: u64,
    /// Random, the same for the life of a state.
    pub lineage: String,
    /// The salt of the digests of secrets, random, base64 without padding.
    pub salt: String,
    /// Where the objects are.
    pub home: Home,
    /// What exists, by address.
    pub records: BTreeMap<Address, Record>,
    /// Objects that have a successor and are still to be deleted.
    pub deposed: Vec<Deposed>,
    /// Records of kinds that this version does not know: they are kept as they are.
    pub strangers: Vec<Stranger>,
    /// Calls that were begun and of which nobody has seen the end, in the order in which they began.
    pub operations: Operations,
    /// Final snapshots of objects that are gone, in the order in which they went.
    pub farewells: Vec<Farewell>,
    /// Outputs of the last apply; `None` for one that is sensitive.
    pub outputs: BTreeMap<String, Option<Value>>,
    /// The run whose journal goes on from the file, while it does.
    pub journal: Option<String>,
    /// How far a saved plan was carried out, until all of it is or another run has gone on.
    pub progress: Option<Progress>,
    /// The saved plans that were carried out whole, the last ones at the end.
    pub applied: Vec<String>,
}

/// What makes a state the state of this place and of no other. What is not known yet is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Home {
    /// Twelve digits.
    pub account: Option<String>,
    /// The region of everything that names none.
    pub region: Option<String>,
    /// Whether it is AWS itself, and not an emulator.
    pub aws: Option<bool>,
    /// The name that the stack gives itself, where it does.
    pub stack: Option<String>,
}

/// One object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Where it is.
    pub region: String,
    /// Its name in AWS.
    pub id: String,
    /// Its attributes as last seen, without secrets and sensitive values.
    pub object: Object,
    /// The attributes that the configuration has set.
    pub set: BTreeSet<String>,
    /// Secrets by attribute.
    pub secrets: BTreeMap<String, Digest>,
    /// The phase of a change that takes several calls and is not at its end: secrets that were let in beside those in
    /// `secrets`. The phases of encryption and cluster mode can be read from the object.
    pub phase: BTreeMap<String, Digest>,
    /// The blocks that it refers to, without keys.
    pub dependencies: Vec<Address>,
    /// Whether it may not be destroyed, even when its block is gone.
    pub protect: bool,
    /// Whether it is left where it is when its block goes (`lifecycle { destroy = false }`).
    pub abandon: bool,
    /// What its name has behind the name in the configuration, after a replacement beside the old object.
    pub suffix: Option<String>,
    /// Attributes whose calls were still to be made when the object was: a create that was cut off owes them. Of a change,
    /// what is to come with its last call and nobody writes, from before its first call on. What is in `pending` as well
    /// was to wait, and nobody knows whether AWS was asked for it.
    pub owed: BTreeSet<String>,
    /// What waits for the maintenance window and AWS does not tell, as it will be.
    pub pending: Object,
    /// When what waits for the maintenance window was asked for, by attribute: of what AWS tells as well.
    pub since: BTreeMap<String, String>,
    /// Secrets whose former value is still valid beside the one in `secrets`, on purpose: a rotation that was begun and
    /// not finished. Without a digest it is valid to come without any.
    pub beside: BTreeMap<String, Option<Digest>>,
    /// Whether it is or was protected: then a final snapshot is taken when it goes.
    pub guarded: bool,
    /// The name of the final snapshot that was last asked for, from before the call is sent.
    pub farewell: Option<String>,
    /// The mark that we made it with (its tag `cachestack:id`); none for what was taken over and for kinds without tags.
    pub mark: Option<String>,
}

/// A secret as it may be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Salted and slow: argon2id, in PHC form.
    pub digest: String,
    /// Where it comes from: `env:NAME`.
    pub source: Option<String>,
}

/// An object that has a successor.
#[derive(Debug, Clone, PartialEq)]
pub struct Deposed {
    /// The address that it had.
    pub address: Address,
    /// What is known of it.
    pub record: Record,
}

/// The final snapshot of an object that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// The address that the object had.
    pub address: String,
    /// Where it is.
    pub region: String,
    /// Its name in AWS.
    pub name: String,
}

/// A record of a kind that this version does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Stranger {
    /// The address of its object.
    pub address: Address,
    /// Whether that has a successor.
    pub deposed: bool,
    /// The record as another version wrote it.
    pub text: serde_json::Value,
}

/// A call that writes, from before it is sent until its end is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Random; also the tag `cachestack:id` of an object that it creates.
    pub id: String,
    /// The run that began it.
    pub run: String,
    /// The step that it belongs to, in words.
    pub step: String,
    /// The step of the saved plan that is carried out, where it is one.
    pub planned: Option<u32>,
    /// Which call of the step, from 0, and how many there are.
    pub call: (usize, usize),
    /// The API operation.
    pub name: String,
    /// What it does.
    pub nature: Nature,
    /// SHA-256 of its arguments without secrets, 16 hex digits.
    pub digest: String,
    /// The objects that it is about; one of several may have come to its end before the others.
    pub parts: Vec<Part>,
}

/// One object of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The address.
    pub address: Address,
    /// The name in AWS, or the name that it was to get; none where only AWS gives one.
    pub id: Option<String>,
    /// The whole record as it shall be when the call has been carried out; for a delete, as it was.
    pub record: Record,
    /// Whether the object has a successor already.
    pub deposed: bool,
}

/// What a call does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Makes it.
    Create,
    /// Changes it.
    Change,
    /// Deletes it.
    Delete,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// AWS has taken it.
    Done,
    /// AWS has refused it, or it never came there.
    NotDone,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A call is about to be sent.
    Began(Operation),
    /// Its end is known, for one of its objects.
    Ended {
        /// The operation.
        operation: String,
        /// The object.
        address: Address,
        /// How.
        end: End,
        /// What follows from it.
        effects: Vec<Effect>,
    },
    /// Something became so without a call.
    Noted(Vec<Effect>),
}

/// One change of a state.
// Nearly every effect is a record: a box around each would save nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// An object is as it says.
    Record(Address, Record),
    /// An object is gone, or no longer ours.
    Remove(Address),
    /// The object of an address has a successor.
    Depose(Address),
    /// A deposed object is gone, told by its name in AWS.
    Bury(Address, String),
    /// A deposed object, told by its name in AWS, is the object of its address again, and what took its place is deposed.
    TakeBack(Address, String),
    /// The final snapshot of an object, told by its name in AWS, is about to be asked for under this name.
    Farewell(Address, String, String),
    /// An object went, and its final snapshot is there.
    Kept(Farewell),
    /// The outputs.
    Outputs(BTreeMap<String, Option<Value>>),
    /// Where the objects are.
    Home(Home),
    /// Objects have other addresses, all at once.
    Move(Vec<(Address, Address)>),
    /// A saved plan is carried out from now on, told by its id; none when another run goes on.
    Plan(Option<String>),
    /// A step of the saved plan is done.
    Finished(u32),
    /// The saved plan of that id was carried out whole.
    Applied(String),
}

impl State {
    /// Says that there is nothing of this name, and what may be meant.
    pub fn lacks(&self, name: &impl Display) -> String {
        let name = name.to_string();
        let known: Vec<String> = self.records.keys().map(Address::to_string).collect();
        // A kind is long, and two names of it are no more alike for that.
        let near = name.rsplit_once('.').and_then(|(kind, own)| {
            let alike = known.iter().filter_map(|known| known.rsplit_once('.').filter(|(other, _)| *other == kind));
            did_you_mean(own, alike.map(|(_, own)| own)).map(|near| format!(", perhaps `{kind}.{near}`"))
        });
        format!("the state has no `{name}`{}", near.unwrap_or_default())
    }

    /// Applies an entry.
    pub fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Began(operation) => {
                self.note_attempt(&operation);
                self.operations.push(operation);
            }
            Entry::Ended { operation, address, end, effects } => {
                self.note_call(&operation, end);
                self.operations.end(&operation, &address);
                effects.into_iter().for_each(|effect| self.take(effect));
            }
            Entry::Noted(effects) => effects.into_iter().for_each(|effect| self.take(effect)),
        }
    }

    fn take(&mut self, effect: Effect) {
        match effect {
            Effect::Record(address, record) => {
                let record = self.anchored(record);
                self.records.insert(address, record);
            }
            Effect::Remove(address) => {
                self.records.remove(&address);
                self.let_go(&address);
            }
            Effect::Depose(address) => {
                if let Some(record) = self.records.remove(&address) {
                    self.deposed.push(Deposed { address, record });
                }
            }
            Effect::Bury(address, id) => {
                self.deposed.retain(|deposed| deposed.address != address || deposed.record.id != id);
                self.let_go(&address);
            }
            Effect::TakeBack(address, id) => self.take_back(&address, &id),
            Effect::Farewell(address, id, name) => self.name_farewell(&address, &id, name),
            Effect::Kept(farewell) => self.farewells.push(farewell),
            Effect::Outputs(outputs) => self.outputs = outputs,
            Effect::Home(home) => self.home = home,
            Effect::Move(moves) => self.rename(&moves),
            Effect::Plan(plan) => self.follow_plan(plan),
            Effect::Finished(step) => self.note_step(step),
            Effect::Applied(plan) => self.note_plan(plan),
        }
    }

    /// Notes the name of the final snapshot that an object is to have.
    fn name_farewell(&mut self, address: &Address, id: &str, name: String) {
        let deposed = self.deposed.iter_mut().map(|old| (&old.address, &mut old.record));
        let mut all = self.records.iter_mut().chain(deposed);
        if let Some((_, record)) = all.find(|(of, record)| *of == address && record.id == id) {
            record.farewell = Some(name);
        }
    }

    /// Makes a deposed object the object of its address again; what took its place is deposed.
    pub fn take_back(&mut self, address: &Address, id: &str) {
        let place = self.deposed.iter().position(|old| old.address == *address && old.record.id == id);
        let Some(place) = place else { return };
        let old = self.deposed.remove(place);
        if let Some(record) = self.records.insert(old.address.clone(), old.record) {
            self.deposed.push(Deposed { address: old.address, record });
        }
    }

    /// Gives objects other addresses, all at once.
    pub fn rename(&mut self, moves: &[(Address, Address)]) {
        let taken: Vec<(Address, Record)> =
            moves.iter().filter_map(|(from, to)| Some((to.clone(), self.records.remove(from)?))).collect();
        self.records.extend(taken);
        // What has a successor goes with it.
        for deposed in &mut self.deposed {
            if let Some((_, to)) = moves.iter().find(|(from, _)| *from == deposed.address) {
                deposed.address = to.clone();
            }
        }
        self.follow(moves);
    }

    /// Whether nothing is there and nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.deposed.is_empty() && self.operations.is_empty()
    }

    /// Who has each object, by kind, region and name.
    pub fn owners(&self) -> BTreeMap<(&str, &str, &str), Owner<'_>> {
        let deposed = self.deposed.iter().map(|old| (&old.address, &old.record, true));
        let recorded = self.records.iter().map(|(address, record)| (address, record, false));
        // Of both, the record counts.
        let all = deposed.chain(recorded);
        all.map(|(address, record, deposed)| {
            ((&*address.kind, &*record.region, &*record.id), Owner { address, deposed })
        })
        .collect()
    }

    /// Who has the object of that kind, region and name: an address with a record, or one whose successor is there.
    pub fn owner(&self, kind: &str, region: &str, id: &str) -> Option<Owner<'_>> {
        let same =
            |address: &Address, record: &Record| &*address.kind == kind && record.region == region && record.id == id;
        let recorded = self.records.iter().find(|(address, record)| same(address, record));
        let deposed = || self.deposed.iter().find(|deposed| same(&deposed.address, &deposed.record));
        recorded
            .map(|(address, _)| Owner { address, deposed: false })
            .or_else(|| deposed().map(|deposed| Owner { address: &deposed.address, deposed: true }))
    }
}

impl Record {
    /// The mark that the object carries if it is ours. Records of earlier versions have it among the tags only.
    pub fn mark(&self) -> Option<&str> {
        self.mark.as_deref().or_else(|| self.object.get("tags_all")?.get(MARK)?.as_str())
    }

    /// Whether the same secrets are valid, as in another record.
    pub fn is_let_in_as(&self, other: &Self) -> bool {
        (&self.secrets, &self.phase, &self.beside) == (&other.secrets, &other.phase, &other.beside)
    }

    /// Whether an attribute was to wait for the maintenance window, and nobody knows whether AWS was asked for it.
    pub fn is_doubtful(&self, attribute: &str) -> bool {
        self.owed.contains(attribute) && self.pending.contains_key(attribute)
    }

    /// Whether the value of an attribute must not be kept: the configuration sets it, and the record was not told to
    /// what. What AWS says of it is the same text.
    pub fn hides(&self, attribute: &str) -> bool {
        let set = |name: &str| self.set.contains(name) && !self.object.contains_key(attribute);
        set(attribute) || attribute == "tags_all" && set("tags")
    }
}

/// Whose an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// The address that has or had it.
    pub address: &'a Address,
    /// Whether a successor has taken its place.
    pub deposed: bool,
}
