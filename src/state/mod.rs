//! What cachestack knows of the objects that it made: one record for each, kept in one file per environment.
//!
//! Every change goes through [`Entry`]: it is written to the journal first, then applied here. Secrets are kept as
//! digests only, and values marked sensitive are not kept at all.

pub mod digest;
pub mod file;
pub mod journal;
pub mod lock;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::value::{Object, Value};

/// The state of one environment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// Grows by one with every file that is written.
    pub serial: u64,
    /// Random, the same for the life of a state.
    pub lineage: String,
    /// The salt of the digests of secrets, random, base64 without padding.
    pub salt: String,
    /// The account that the objects are in.
    pub account: Option<String>,
    /// What exists, by address.
    pub records: BTreeMap<Address, Record>,
    /// Objects that have a successor and are still to be deleted.
    pub deposed: Vec<Deposed>,
    /// Calls that were about to be made and have not settled.
    pub intents: Vec<Intent>,
    /// Outputs of the last apply; `None` for one that is sensitive.
    pub outputs: BTreeMap<String, Option<Value>>,
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
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
    /// The blocks that it refers to, without keys.
    pub dependencies: Vec<Address>,
    /// Whether it may not be destroyed, even when its block is gone.
    pub protect: bool,
    /// What its name has behind the name in the configuration, after a replacement beside the old object.
    pub suffix: Option<String>,
}

/// A secret as it may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// A call that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Random; also the tag `cachestack:id` of an object that is created.
    pub id: String,
    /// What it is made for.
    pub address: Address,
    /// Where.
    pub region: String,
    /// The name in AWS, where it is known before the call.
    pub name: Option<String>,
    /// The API operation.
    pub operation: String,
}

/// One change of a state.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A call is about to be made.
    Intend(Intent),
    /// The calls of an intent have settled, or were never made.
    Settle(String),
    /// An object is as it says.
    Record(Address, Record),
    /// An object is gone, or no longer ours.
    Remove(Address),
    /// An object has, or is about to get, a successor.
    Depose(Deposed),
    /// A deposed object is gone.
    Bury(Address, String),
    /// The outputs.
    Outputs(BTreeMap<String, Option<Value>>),
    /// The account.
    Account(String),
    /// An object has another address.
    Move(Address, Address),
}

impl State {
    /// Applies a change.
    pub fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Intend(intent) => self.intents.push(intent),
            Entry::Settle(id) => self.intents.retain(|intent| intent.id != id),
            Entry::Record(address, record) => {
                self.records.insert(address, record);
            }
            Entry::Remove(address) => {
                self.records.remove(&address);
            }
            Entry::Depose(deposed) => {
                self.records.remove(&deposed.address);
                self.deposed.push(deposed);
            }
            Entry::Bury(address, id) => {
                self.deposed.retain(|deposed| deposed.address != address || deposed.record.id != id);
            }
            Entry::Outputs(outputs) => self.outputs = outputs,
            Entry::Account(account) => self.account = Some(account),
            Entry::Move(from, to) => {
                if let Some(record) = self.records.remove(&from) {
                    self.records.insert(to, record);
                }
            }
        }
    }

    /// Whether nothing is there and nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.deposed.is_empty() && self.intents.is_empty()
    }
}
