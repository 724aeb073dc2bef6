//! The account: what is in it, and what time does to it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::kind::{Observation, Status, Target};
use crate::kinds::replication_group::member_ids;
use crate::simulation::cloud::mentions::Mentions;
use crate::value::{Field, Object, Type, Value};

/// The number of the account.
pub const ACCOUNT: &str = "111122223333";

/// An object by kind, region and name.
pub type Key = (&'static str, String, String);

/// What goes on with an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Nothing.
    Settled,
    /// Something is under way.
    Busy {
        /// Its status.
        word: &'static str,
        /// The moment of its end, in milliseconds.
        until: u64,
        /// What comes about then.
        then: Then,
    },
    /// It will not come right.
    Broken(&'static str),
}

/// What comes of what goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// The object is as it is.
    Settle,
    /// The object becomes this.
    Become(Object),
    /// It turns out broken.
    Break,
    /// It is gone.
    Vanish,
}

/// An object of the account.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// Its attributes.
    pub object: Object,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What goes on with it.
    pub phase: Phase,
    /// Digests of the tokens that let in, the newest last.
    pub tokens: Vec<String>,
    /// The address that it was made for; none for what others made.
    pub made_for: Option<String>,
    /// Grows with each object that is made, so that one can be told from a later one of the same name.
    pub number: u64,
}

/// The account. What a call costs does not hang on how much is in it.
#[derive(Debug, Clone, Default)]
pub struct World {
    things: Things,
    /// What objects were before they changed, and when they did; the oldest first.
    past: VecDeque<(u64, Key, Option<Arc<Thing>>)>,
    /// Objects that changed and were not looked at since.
    touched: BTreeSet<Key>,
    /// When something comes about, and for which object; it may have changed once more.
    due: BTreeSet<(u64, Key)>,
    mentions: RefCell<Mentions>,
    count: u64,
}

/// Objects by kind, region and name.
pub type Things = BTreeMap<Key, Arc<Thing>>;

/// The word for an object that is being made.
pub const MAKING: &str = "creating";

/// How long the account as it was is remembered, in milliseconds.
const MEMORY: u64 = 20_000;

impl World {
    /// Brings about what is due.
    pub fn settle(&mut self, now: u64) {
        for key in std::mem::take(&mut self.touched) {
            if let Some(Phase::Busy { until, .. }) = self.get(&key).map(|thing| &thing.phase) {
                self.due.insert((*until, key));
            }
        }
        let mut due = Vec::new();
        while self.due.first().is_some_and(|(until, _)| *until <= now) {
            let Some((until, key)) = self.due.pop_first() else { break };
            match self.get(&key).map(|thing| &thing.phase) {
                Some(Phase::Busy { until: end, then, .. }) if *end == until => due.push((key.clone(), then.clone())),
                _ => {}
            }
        }
        for (key, then) in due {
            let then = match then {
                Then::Settle => Ok((Phase::Settled, None)),
                Then::Become(object) => Ok((Phase::Settled, Some(object))),
                Then::Break => Ok((Phase::Broken("create-failed"), None)),
                Then::Vanish => Err(()),
            };
            match then {
                Ok((phase, object)) => {
                    let thing = self.change(&key, now).expect("it was just seen");
                    thing.phase = phase;
                    thing.object = object.unwrap_or_else(|| std::mem::take(&mut thing.object));
                }
                Err(()) => drop(self.remove(&key, now)),
            }
        }
    }

    /// An object is about to change.
    fn remember(&mut self, key: &Key, now: u64) {
        while self.past.front().is_some_and(|(until, ..)| until + MEMORY < now) {
            self.past.pop_front();
        }
        self.past.push_back((now, key.clone(), self.things.get(key).cloned()));
        self.touched.insert(key.clone());
        self.mentions.get_mut().outdate(key);
    }

    /// Puts an object there.
    pub fn put(&mut self, key: Key, mut thing: Thing, now: u64) {
        self.remember(&key, now);
        self.count += 1;
        thing.number = self.count;
        self.things.insert(key, Arc::new(thing));
    }

    /// An object, to be changed.
    pub fn change(&mut self, key: &Key, now: u64) -> Option<&mut Thing> {
        self.remember(key, now);
        self.things.get_mut(key).map(Arc::make_mut)
    }

    /// Takes an object away.
    pub fn remove(&mut self, key: &Key, now: u64) -> Option<Arc<Thing>> {
        self.remember(key, now);
        self.things.remove(key)
    }

    /// An object.
    pub fn get(&self, key: &Key) -> Option<&Thing> {
        self.things.get(key).map(|thing| &**thing)
    }

    /// Every object.
    pub fn things(&self) -> impl Iterator<Item = (&Key, &Thing)> {
        self.things.iter().map(|(key, thing)| (key, &**thing))
    }

    /// The objects that a text stands in.
    pub fn mentioning(&self, text: &str) -> impl Iterator<Item = (&Key, &Thing)> {
        let keys = self.mentions.borrow_mut().of(text, &self.things);
        keys.into_iter().filter_map(|key| self.things.get_key_value(&key)).map(|(key, thing)| (key, &**thing))
    }

    /// The account as it was at a moment, as far as that is remembered.
    pub fn at(&self, moment: u64) -> Cow<'_, Things> {
        let mut then = Cow::Borrowed(&self.things);
        for (_, key, thing) in self.past.iter().rev().take_while(|(until, ..)| *until > moment) {
            match thing {
                Some(thing) => drop(then.to_mut().insert(key.clone(), thing.clone())),
                None => drop(then.to_mut().remove(key)),
            }
        }
        then
    }

    /// The object of an ARN or id.
    pub fn by_arn(&self, kind: &str, what: &str) -> Option<Key> {
        let is = |key: &Key, thing: &Thing| key.0 == kind && (thing.arn() == Some(what) || key.2 == what);
        self.mentioning(what).find(|(key, thing)| is(key, thing)).map(|(key, _)| key.clone())
    }

    /// How many objects have been made.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What uses an object.
    pub fn user_of(&self, key: &Key) -> Option<&Key> {
        let (kind, region, name) = key;
        let attribute = match *kind {
            "parameter_group" => "parameter_group_name",
            "subnet_group" => "subnet_group_name",
            "security_group" => "security_group_ids",
            _ => return None,
        };
        let uses = |other: &Key, thing: &Thing| {
            let value = thing.object.get(attribute).filter(|_| other.0 == "replication_group");
            let direct = value.is_some_and(|value| mentions(value, name));
            let ruled = *kind == "security_group" && other != key && other.0 == "security_group";
            let rules = ["ingress", "egress"].iter().filter_map(|name| thing.object.get(name));
            direct || ruled && rules.into_iter().any(|rules| mentions(rules, name))
        };
        self.mentioning(name).find(|(other, thing)| other.1 == *region && uses(other, thing)).map(|(other, _)| other)
    }
}

/// Whether a text stands in a value.
fn mentions(value: &Value, text: &str) -> bool {
    value.as_str() == Some(text) || value.children().any(|child| mentions(child, text))
}

impl Thing {
    /// The object as a read tells of it.
    pub fn observe(&self, key: &Key) -> Observation {
        let mut object = self.object.clone();
        object.insert("region".into(), Value::string(&key.1));
        object.insert("tags_all".into(), self.tags_value());
        if key.0 == "replication_group" {
            members(&mut object);
        }
        let status = match &self.phase {
            Phase::Settled => Status::Settled,
            Phase::Busy { word, .. } if *word == MAKING => Status::Making(MAKING.to_owned()),
            Phase::Busy { word: "deleting", .. } => Status::Leaving("deleting".to_owned()),
            Phase::Busy { word, .. } => Status::Busy((*word).to_owned()),
            Phase::Broken(word) => Status::Broken((*word).to_owned()),
        };
        Observation { status, object, pending: Object::new() }
    }

    /// Its tags.
    pub fn tags_value(&self) -> Value {
        Value::string_map(&self.tags)
    }

    /// Its ARN.
    pub fn arn(&self) -> Option<&str> {
        self.object.get("arn").and_then(Value::as_str)
    }

    /// Whether somebody is at it.
    pub fn is_busy(&self) -> bool {
        matches!(self.phase, Phase::Busy { .. })
    }
}

/// Members and shards, as they follow from the counts.
fn members(object: &mut Object) {
    let number = |name: &str| object.get(name).and_then(Value::as_i64);
    let id = object.get("replication_group_id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let cluster = object.get("cluster_enabled").and_then(Value::as_bool) == Some(true);
    let (shards, replicas) = (number("num_node_groups").unwrap_or(1), number("replicas_per_node_group").unwrap_or(0));
    let ids: BTreeSet<String> = match object.get("member_clusters").and_then(Value::as_items) {
        Some(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => member_ids(&id, shards, replicas, cluster).into_iter().collect(),
    };
    let text = Type::object(["id", "node_group_id", "role"].map(|name| (name, Field::optional(Type::String))));
    let mut first = BTreeSet::new();
    let member = |member: &String| {
        let shard = if cluster { member.rsplit('-').nth(1).unwrap_or("0001") } else { "0001" };
        let role = if first.insert(shard.to_owned()) { "primary" } else { "replica" };
        let fields = [("id", member.as_str()), ("node_group_id", shard), ("role", role)];
        Value::object(fields.map(|(name, text)| (Arc::from(name), Value::string(text))).into())
    };
    let members: Vec<Value> = ids.iter().map(member).collect();
    object.insert("members".into(), Value::list(text, members));
    object.insert("member_clusters".into(), Value::string_set(&ids));
}

/// Where a region of the account is.
pub fn target(region: &str) -> Target {
    Target { account: Some(ACCOUNT.into()), region: region.into() }
}
