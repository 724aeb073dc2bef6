//! The plan: steps and the edges between them, a pure function of stack, state and live account.
//!
//! The walk evaluates every block in the order of the graph and decides what becomes of each instance. What it would
//! have to know from the account and does not is collected as [`Needs`]; whoever calls reads that and walks again.

pub mod build;
mod collide;
pub mod cost;
pub mod decide;
pub mod decision;
pub mod diff;
mod draft;
pub mod drifted;
pub mod elements;
mod emptied;
pub mod existing;
mod farewell;
pub mod file;
mod foreign;
pub mod gone;
mod guard;
pub mod ignore;
pub mod import;
mod leave;
pub mod local;
mod lookup;
mod members;
pub mod moves;
mod named;
pub mod names;
mod order;
mod outputs;
pub mod pending;
pub mod policy;
mod reboot;
mod record;
mod refresh_only;
mod renamed;
pub mod replace;
mod rotation;
pub mod saved;
mod select;
pub mod shown;
mod stays;
pub mod step;
#[cfg(test)]
mod tests;
pub mod timeouts;
pub mod waits;
mod whose;
pub mod wish;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::{Address, Subject};
use crate::catalog::prices::Micros;
use crate::diag::Diagnostic;
use crate::kind::{Impact, Observation, RemoteError, SecretPhase};
use crate::state::Record;
use crate::value::{Object, Value};
pub use foreign::manages;
pub use step::{Action, AttrChange, Barrier, BarrierId, Reason, RecordPlan, Step, StepId, Wait};
pub use waits::Waits;

/// An object in the account: kind, region and name.
pub type ObjectKey = (String, String, String);

/// A look-up: region, kind and arguments.
pub type LookupKey = (String, String, Object);

/// What has been read of the account.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// Objects by key; `None` for one that does not exist.
    pub objects: BTreeMap<ObjectKey, Option<Observation>>,
    /// Look-ups by key.
    pub lookups: BTreeMap<LookupKey, Result<Object, RemoteError>>,
    /// Whether objects are there that others name; nothing where that could not be read.
    pub named: BTreeMap<ObjectKey, Option<bool>>,
    /// Objects whose own service was asked for their tags: the tagging service is behind by seconds to minutes.
    pub confirmed: BTreeSet<ObjectKey>,
}

/// What a walk wanted to know and did not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Needs {
    /// Objects to read.
    pub objects: BTreeSet<ObjectKey>,
    /// Look-ups to make.
    pub lookups: BTreeSet<LookupKey>,
    /// Objects whose own service is to be asked for their tags.
    pub tags: BTreeSet<ObjectKey>,
    /// Objects that others name, of which only is asked whether they are there.
    pub named: BTreeSet<ObjectKey>,
}

impl Needs {
    /// Whether the walk had all it wanted.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.lookups.is_empty() && self.tags.is_empty() && self.named.is_empty()
    }
}

/// What is asked of a plan beyond bringing the account to the stack.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Everything is to go.
    pub destroy: bool,
    /// Only these, and what they hang on.
    pub targets: Vec<Subject>,
    /// Not these, nor what hangs on them.
    pub excludes: Vec<Subject>,
    /// Replace these even if nothing differs.
    pub replace: Vec<Address>,
    /// Data-bearing objects that may be destroyed or replaced.
    pub allow_destroy: Vec<Address>,
    /// Every data-bearing object may be destroyed or replaced.
    pub allow_all: bool,
    /// What waits for the maintenance window of these, and what of them would, is made at once.
    pub now: Vec<Address>,
    /// Objects that may be bought.
    pub allow_purchase: Vec<Address>,
    /// Nothing may be worse than this.
    pub max_impact: Option<Impact>,
    /// The bill may grow by so much in a month, in millionths of a dollar.
    pub max_cost_increase: Option<Micros>,
    /// Only bring the records to what is there.
    pub refresh_only: bool,
    /// The account is not read: what is recorded stands for what is there. Such a plan is only shown.
    pub remembered: bool,
    /// What shrinks is made to shrink, even where what it holds has no room then.
    pub force: bool,
    /// Only restart nodes of these.
    pub reboot: Vec<Address>,
    /// All their nodes, and not only those that wait for it.
    pub reboot_all: bool,
    /// Only this part of the change of the secrets of an object.
    pub rotate: Option<(Address, SecretPhase)>,
    /// What a guard stands against is left out, with all that waits for it; the rest may be carried out.
    pub skip_blocked: bool,
    /// Only take over what `import` blocks name: nothing in the account changes.
    pub adopt: bool,
    /// Objects as the tool that made them tells them: all of one that lives in no account; of others their secrets, and
    /// what the account does not tell.
    pub told: BTreeMap<Address, Object>,
}

/// A plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What is to be done, in an order that respects the edges.
    pub steps: Vec<Step>,
    /// Sets of steps that others wait for.
    pub barriers: Vec<Barrier>,
    /// Records to be rewritten without a change in the account.
    pub records: Vec<RecordChange>,
    /// How many instances need nothing.
    pub unchanged: usize,
    /// How many instances an earlier run has left to be finished or recorded.
    pub unfinished: usize,
    /// The planned outputs, and whether each may be shown.
    pub outputs: BTreeMap<String, Value>,
    /// The outputs of the last apply; `None` for one that may not be shown.
    pub old_outputs: BTreeMap<String, Option<Value>>,
    /// Outputs that differ from those of the last apply.
    pub changed_outputs: BTreeSet<String>,
    /// Why this plan may not be applied.
    pub blocked: Vec<Blocked>,
    /// Why it may not be applied whatever is left out of it: policies and limits that are about all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
    /// What is left out because a guard stands against it, or against what it waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Blocked>,
    /// What others have changed, for a run that only takes over what is there.
    pub drift: Vec<Drift>,
    /// What AWS has accepted and keeps until the maintenance window.
    #[serde(default)]
    pub waits: Vec<Waits>,
    /// Remarks: pending changes, secrets not checked, objects gone.
    pub notes: Vec<Note>,
    /// Whether it is about a part of the stack only, so that outputs stay as they are.
    pub partial: bool,
    /// Addresses that moved.
    pub moves: Vec<(Address, Address)>,
    /// Former objects that the stack wants again, by address and name in AWS: what took their place is deposed.
    pub taken_back: Vec<(Address, String)>,
    /// Objects that are taken over.
    pub imports: Vec<Imported>,
    /// The blocks of steps and of what drifted, without keys, that are spelled as Terraform's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub as_terraform: BTreeSet<Address>,
}

/// A record that says something else from now on, without a change in the account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordChange {
    /// Its address.
    pub address: Address,
    /// Where the object is.
    pub region: String,
    /// Its name in AWS.
    pub id: String,
    /// The object.
    pub object: Object,
    /// What the record says beside the object.
    pub record: RecordPlan,
    /// What waits for the maintenance window and AWS does not tell.
    #[serde(default)]
    pub pending: Object,
    /// Since when what waits does, by attribute.
    #[serde(default)]
    pub since: BTreeMap<String, String>,
    /// What a change that was cut off owes.
    #[serde(default)]
    pub owed: BTreeSet<String>,
}

/// How an object differs from what is recorded of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Its address.
    pub address: Address,
    /// Its name in AWS.
    pub id: String,
    /// What differs; empty when it is gone.
    pub changes: Vec<AttrChange>,
}

/// A remark about an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it is about.
    pub address: Option<Address>,
    /// One sentence.
    pub text: String,
}

/// An object that is there and gets an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// Its address.
    pub address: Address,
    /// The record that it begins with.
    pub record: Record,
}

/// A guard that stands against the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The step.
    #[serde(default)]
    pub step: StepId,
    /// The resource.
    pub address: Address,
    /// Why, and what would lift it.
    pub reason: String,
}

/// Counts of a plan's steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects that are made.
    pub add: usize,
    /// Objects that change as they are.
    pub change: usize,
    /// Objects that go.
    pub destroy: usize,
    /// Records that are dropped.
    pub forget: usize,
    /// Objects that are taken over.
    pub import: usize,
    /// Records that take over what others have changed.
    pub drift: usize,
}

impl Plan {
    /// Whether anything stands against it.
    pub fn is_blocked(&self) -> bool {
        !(self.blocked.is_empty() && self.refused.is_empty())
    }

    /// What stands against it, for people: each a clause that begins with what it is about.
    pub fn against(&self) -> Vec<String> {
        let blocked = self.blocked.iter().map(|blocked| format!("{}: {}", blocked.address, blocked.reason));
        blocked.chain(self.refused.iter().cloned()).collect()
    }

    /// How many objects are made, changed and destroyed.
    pub fn counts(&self) -> Counts {
        let count = |action| self.steps.iter().filter(|step| step.action == action).count();
        Counts {
            add: count(Action::Create),
            change: count(Action::Update),
            destroy: count(Action::Delete),
            forget: count(Action::Forget),
            import: self.imports.len(),
            drift: self.drift.iter().filter(|drift| !drift.changes.is_empty()).count(),
        }
    }

    /// What others have changed since it was recorded, whether it is taken over or undone.
    pub fn drifted(&self) -> Vec<Drift> {
        let of_step = |step: &Step| {
            let theirs = |change: &AttrChange| {
                let (before, after) = (change.recorded.clone()?, change.before.clone());
                Some(AttrChange { before, after, replaces: false, recorded: None, ..*change })
            };
            let changes: Vec<AttrChange> = step.changes.iter().filter_map(theirs).collect();
            let is_gone = step.reason == Reason::Vanished;
            let id = step.id.clone().unwrap_or_default();
            (is_gone || !changes.is_empty()).then(|| Drift { address: step.address.clone(), id, changes })
        };
        self.drift.iter().cloned().chain(self.steps.iter().filter_map(of_step)).collect()
    }

    /// The worst that clients will notice.
    pub fn impact(&self) -> Impact {
        self.steps.iter().map(Step::impact).max().unwrap_or(Impact::None)
    }

    /// The places of the steps by what they are called.
    pub fn places(&self) -> BTreeMap<StepId, usize> {
        self.steps.iter().enumerate().map(|(place, step)| (step.step, place)).collect()
    }

    /// The expected seconds along the longest way through the edges.
    pub fn longest_way(&self) -> u32 {
        let mut ends: BTreeMap<StepId, u32> = BTreeMap::new();
        let mut barriers: BTreeMap<BarrierId, u32> = BTreeMap::new();
        let steps: BTreeMap<BarrierId, &[StepId]> =
            self.barriers.iter().map(|barrier| (barrier.barrier, &*barrier.steps)).collect();
        for step in &self.steps {
            let mut start = 0;
            for wait in &step.edges {
                let end = match wait {
                    Wait::Step(step) => ends[step],
                    Wait::Barrier(at) => *barriers
                        .entry(*at)
                        .or_insert_with(|| steps[at].iter().map(|step| ends[step]).max().unwrap_or(0)),
                };
                start = start.max(end);
            }
            ends.insert(step.step, start + step.seconds());
        }
        ends.into_values().max().unwrap_or(0)
    }

    /// Whether applying it would do nothing that a user sees.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.action == Action::Read)
            && self.changed_outputs.is_empty()
            && self.moves.is_empty()
            && self.taken_back.is_empty()
            && self.unfinished == 0
            && self.imports.is_empty()
            && self.drift.is_empty()
    }
}

/// The result of a walk.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The plan; only as good as the needs are empty.
    pub plan: Plan,
    /// What is missing.
    pub needs: Needs,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}
