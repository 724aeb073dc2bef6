//! One API call as data: what is sent, what it does to clients, what is waited for, what it takes for granted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::value::{Type, Value};
use crate::word::{self, Static, Word};

/// What a change does to those who use the object, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Nothing that a client notices.
    None,
    /// Connections may drop once.
    Blip,
    /// A replica takes over; seconds without writes.
    Failover,
    /// No writes for a while.
    WritePause,
    /// Nodes restart.
    Reboot,
    /// What is stored is gone.
    DataLoss,
}

impl Impact {
    /// Every one, mildest first.
    pub const ALL: [Self; 6] = [Self::None, Self::Blip, Self::Failover, Self::WritePause, Self::Reboot, Self::DataLoss];

    /// The word of the plan and of `--max-impact`.
    pub fn word(self) -> &'static str {
        match self {
            Impact::None => "none",
            Impact::Blip => "blip",
            Impact::Failover => "failover",
            Impact::WritePause => "write-pause",
            Impact::Reboot => "reboot",
            Impact::DataLoss => "data-loss",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|impact| impact.word() == word)
    }
}

/// What follows a call before the next one may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// Nothing: it is done when it returns.
    Returned,
    /// The object has settled.
    Settled,
    /// The object is gone.
    Absent,
    /// The object has settled, and this attribute has no value any more.
    Without(Word),
}

/// One API call as data. Arguments carry the names of the API's members; a hole is an unknown value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The API operation: `ModifyReplicationGroup`.
    #[serde(with = "word::one")]
    pub operation: Static,
    /// Its input.
    #[serde(with = "word::map")]
    pub args: Args,
    /// What it does to clients.
    pub impact: Impact,
    /// The attributes that cause it.
    #[serde(with = "word::many")]
    pub causes: Vec<&'static str>,
    /// How long it is expected to take, in seconds. Source: `facts/data/durations.json`.
    pub seconds: u32,
    /// What to wait for.
    pub until: Until,
    /// The secret that it carries, and what becomes of the old one.
    pub secret: Option<(Word, SecretPhase)>,
    /// The member that takes the tags by which the new object is known to be ours.
    pub mark: Option<Word>,
    /// What must turn out to be so of values that are not known yet: else it takes other calls.
    pub assumes: Vec<Assumption>,
    /// What is to be known of it beside its impact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Who is hit, for how long and why: a sentence or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a call does beside its impact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Clients that do not change stay out until they do.
    Lockout,
    /// A node that fails takes data or writes with it from then on.
    Redundancy,
    /// AWS knows no way back.
    Irreversible,
    /// Whoever reaches the cache over the network gets in, for good or until a later call.
    Open,
}

impl Mark {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Lockout, Self::Redundancy, Self::Irreversible, Self::Open];

    /// The word of the plan.
    pub fn word(self) -> &'static str {
        match self {
            Mark::Lockout => "lockout",
            Mark::Redundancy => "redundancy",
            Mark::Irreversible => "irreversible",
            Mark::Open => "open",
        }
    }
}

/// What a call takes for granted of a value that is not known yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assumption {
    /// The attribute that it is about.
    pub attribute: Word,
    /// The value, with its holes.
    pub value: Value,
    /// What it must not be: null where the list is empty.
    pub differs_from: Vec<Value>,
}

impl Assumption {
    /// Whether it holds of the value as it turned out.
    pub fn holds(&self, value: &Value) -> bool {
        if self.differs_from.is_empty() { !value.is_null() } else { !self.differs_from.contains(value) }
    }
}

/// What a call does with the secret that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretPhase {
    /// It is let in beside the old one.
    LetIn,
    /// It is the only one from then on.
    Set,
}

/// The input of a call by member name. Nested structures are objects, lists are lists, tags are a map.
pub type Args = BTreeMap<&'static str, Value>;

impl Call {
    /// A call with an input, without impact, done when it returns.
    pub fn new(operation: &'static str, args: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let args = args.into_iter().filter(|(_, value)| !value.is_null()).collect();
        Self {
            operation,
            args,
            impact: Impact::None,
            causes: Vec::new(),
            seconds: 1,
            until: Until::Returned,
            secret: None,
            mark: None,
            assumes: Vec::new(),
            marks: Vec::new(),
            why: None,
        }
    }

    /// Sets the impact.
    pub fn impact(mut self, impact: Impact) -> Self {
        self.impact = impact;
        self
    }

    /// Says what it does beside its impact.
    pub fn marks(mut self, marks: impl IntoIterator<Item = Mark>) -> Self {
        self.marks.extend(marks);
        self
    }

    /// Says who is hit, for how long and why.
    pub fn why(mut self, sentence: impl Into<String>) -> Self {
        self.why = Some(sentence.into());
        self
    }

    /// The impact as a limit counts it: who keeps clients out does no less than restart what they use.
    pub fn counts_as(&self) -> Impact {
        if self.marks.contains(&Mark::Lockout) { self.impact.max(Impact::Reboot) } else { self.impact }
    }

    /// Leaves it open when it is done where AWS does all of it at once anyway: then it waits for nothing, and brings
    /// nothing with it.
    pub fn at_once(mut self, names: &[&str]) -> Self {
        if self.waits() && self.causes.iter().all(|cause| names.contains(cause)) {
            self.args.remove("ApplyImmediately");
        }
        self
    }

    /// Whether AWS carries out with it what waits for the maintenance window.
    pub fn flushes(&self) -> bool {
        self.args.get("ApplyImmediately").and_then(Value::as_bool) == Some(true)
    }

    /// Whether AWS keeps it until the maintenance window.
    pub fn waits(&self) -> bool {
        self.args.get("ApplyImmediately").and_then(Value::as_bool) == Some(false)
    }

    /// Names the attributes that cause it.
    pub fn because(mut self, causes: impl IntoIterator<Item = &'static str>) -> Self {
        self.causes.extend(causes);
        self
    }

    /// Sets the expected duration and waits for the object to settle.
    pub fn settles(mut self, seconds: u32) -> Self {
        self.seconds = seconds;
        self.until = Until::Settled;
        self
    }

    /// Sets the expected duration and waits for the object to be gone.
    pub fn vanishes(mut self, seconds: u32) -> Self {
        self.seconds = seconds;
        self.until = Until::Absent;
        self
    }

    /// It has come to its end when the object has settled without that attribute.
    pub fn is_without(mut self, attribute: &'static str, seconds: u32) -> Self {
        self.seconds = seconds;
        self.until = Until::Without(Word(attribute));
        self
    }

    /// Says what becomes of a secret by it.
    pub fn carries(mut self, attribute: &'static str, phase: SecretPhase) -> Self {
        self.secret = Some((Word(attribute), phase));
        self
    }

    /// Says which member takes the tags by which the new object is known to be ours.
    pub fn marked(mut self, member: &'static str) -> Self {
        self.mark = Some(Word(member));
        self
    }

    /// Puts the tags by which the new object is known to be ours to the others.
    pub fn own(&mut self, ownership: &[(String, String)]) {
        let Some(Word(member)) = self.mark else { return };
        let mut tags = self.args.get(member).and_then(Value::as_object).cloned().unwrap_or_default();
        tags.extend(ownership.iter().map(|(name, value)| (name.as_str().into(), Value::string(value))));
        self.args.insert(member, Value::map(Type::String, tags));
    }

    /// Takes for granted that a value that is not known yet is set.
    pub fn assuming_set(self, attribute: &'static str, value: &Value) -> Self {
        self.assuming(attribute, value, Vec::new())
    }

    /// Takes for granted that a value that is not wholly known yet is none of these.
    pub fn assuming(mut self, attribute: &'static str, value: &Value, differs_from: Vec<Value>) -> Self {
        if !value.is_wholly_known() {
            self.assumes.push(Assumption { attribute: Word(attribute), value: value.clone(), differs_from });
        }
        self
    }

    /// The text of an argument.
    pub fn text(&self, name: &str) -> Option<String> {
        self.args.get(name).and_then(Value::as_str).map(str::to_owned)
    }
}
