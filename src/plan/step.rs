//! One step: one change of one object, made of calls.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::kind::{Call, Impact, SecretPhase, Until, Window};
use crate::kinds;
use crate::plan::gone::Gone;
use crate::state::{Digest, Record};
use crate::value::{Object, Value};
use crate::word::{self, Static};

/// A step of a plan, the same through ordering and selection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId(pub u32);

/// A barrier of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BarrierId(pub u32);

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Action {
    /// Makes an object.
    Create,
    /// Changes an object as it is.
    Update,
    /// Deletes an object.
    Delete,
    /// Drops the record and leaves the object.
    Forget,
    /// Looks something up whose arguments were not known before.
    Read,
}

impl Action {
    /// The word of messages: `create`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Forget => "forget",
            Self::Read => "read",
        }
    }
}

/// Why a step is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// The block is new, or differs.
    Declared,
    /// The object had a record and is gone from the account.
    Vanished,
    /// One half of a replacement, and the attributes that cause it.
    Replaced {
        /// Names of attributes, [`REQUESTED`](crate::plan::replace::REQUESTED), or what else triggers it.
        causes: Vec<String>,
        /// Whether the new object comes first.
        create_first: bool,
    },
    /// It is no longer declared.
    Orphan(Gone),
    /// Everything is to go.
    Destroyed,
    /// The object has had a successor since an earlier run.
    Deposed,
    /// Its nodes are restarted.
    Rebooted,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it is called among the steps of its plan.
    pub step: StepId,
    /// The instance.
    pub address: Address,
    /// What it does.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The region it is in: `eu-west-1`.
    pub region: String,
    /// The name in AWS, where it is known.
    pub id: Option<String>,
    /// The object as it is.
    pub before: Option<Object>,
    /// The object as it shall be, with numbered holes.
    pub after: Option<Object>,
    /// The names of the attributes that differ.
    #[serde(with = "word::many")]
    pub changed: Vec<&'static str>,
    /// What differs, for people.
    pub changes: Vec<AttrChange>,
    /// The calls, in order. Their holes are those of the object as it shall be.
    pub calls: Vec<Call>,
    /// What must be done before.
    pub edges: Vec<Wait>,
    /// What the record shall say beside the object.
    pub record: RecordPlan,
    /// Whether the record is in the list of deposed objects.
    pub deposed: bool,
    /// The name of the final snapshot that is taken before the object goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub farewell: Option<String>,
}

/// What a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Wait {
    /// Another step.
    Step(StepId),
    /// All steps of a barrier.
    Barrier(BarrierId),
}

/// A set of steps that many wait for: one for each block, so that the edges do not grow with the square of instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barrier {
    /// What it is called among the barriers of its plan.
    pub barrier: BarrierId,
    /// The steps.
    pub steps: Vec<StepId>,
}

/// What a record says beside the object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordPlan {
    /// The attributes that the configuration sets.
    pub set: BTreeSet<String>,
    /// Digests of secrets that are known to be in the object.
    pub secrets: BTreeMap<String, Digest>,
    /// The blocks that it refers to, without keys.
    pub dependencies: Vec<Address>,
    /// Whether it is protected.
    pub protect: bool,
    /// Whether it is left where it is when its block goes.
    pub abandon: bool,
    /// Whether it was protected once.
    #[serde(default)]
    pub guarded: bool,
    /// What its name has behind the configured one.
    pub suffix: Option<String>,
    /// Secrets that an earlier run has let in, and that are to be the only ones now.
    pub let_in: Vec<String>,
    /// Attributes of which the block says more than this step makes: the next apply goes on.
    #[serde(default)]
    pub later: Vec<String>,
    /// Whether nothing of the change is to wait for the maintenance window, whatever the block says.
    #[serde(default)]
    pub now: bool,
    /// Which part of a change of a secret the step makes; all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<SecretPhase>,
}

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttrChange {
    /// The name.
    #[serde(with = "word::one")]
    pub name: Static,
    /// As it is.
    pub before: Value,
    /// As it shall be.
    pub after: Value,
    /// Whether it forces a new object.
    pub replaces: bool,
    /// As it is recorded, where others have changed it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Value>,
}

/// What differs: names for the engine, values for people.
#[derive(Debug, Default)]
pub struct Shown {
    /// The names of the attributes that differ.
    pub changed: Vec<&'static str>,
    /// The values.
    pub changes: Vec<AttrChange>,
}

impl Step {
    fn new(address: &Address, action: Action, reason: Reason, region: &str) -> Self {
        Self {
            step: StepId::default(),
            address: address.clone(),
            action,
            reason,
            region: region.to_owned(),
            id: None,
            before: None,
            after: None,
            changed: Vec::new(),
            changes: Vec::new(),
            calls: Vec::new(),
            edges: Vec::new(),
            record: RecordPlan::default(),
            deposed: false,
            farewell: None,
        }
    }

    /// An object is made; the name in AWS where it is known before. The first call makes it.
    pub fn create(
        (address, region): (&Address, &str),
        reason: Reason,
        (id, after): (Option<String>, Object),
        shown: Shown,
        calls: Vec<Call>,
        record: RecordPlan,
    ) -> Self {
        assert!(is_local(address) || !calls.is_empty(), "{address}: nothing is made without a call");
        assert!(calls.iter().all(|call| call.until != Until::Absent), "{address}: what is made does not go");
        assert!(
            matches!(reason, Reason::Declared | Reason::Vanished | Reason::Replaced { .. }),
            "{address}: {reason:?}"
        );
        let Shown { changed, changes } = shown;
        Self {
            id,
            after: Some(after),
            changed,
            changes,
            calls,
            record,
            ..Self::new(address, Action::Create, reason, region)
        }
    }

    /// An object changes as it is. Without a call only its record does.
    pub fn update(
        (address, region): (&Address, &str),
        id: &str,
        (before, after): (Object, Object),
        shown: Shown,
        calls: Vec<Call>,
        record: RecordPlan,
    ) -> Self {
        assert!(!id.is_empty(), "{address}: what changes has a name");
        assert!(calls.iter().all(|call| call.until != Until::Absent), "{address}: what changes does not go");
        assert!(!shown.changes.is_empty(), "{address}: what changes differs");
        let Shown { changed, changes } = shown;
        Self {
            id: Some(id.to_owned()),
            before: Some(before),
            after: Some(after),
            changed,
            changes,
            calls,
            record,
            ..Self::new(address, Action::Update, Reason::Declared, region)
        }
    }

    /// The nodes of an object are restarted; it stays as it is.
    pub fn reboot(
        (address, region): (&Address, &str),
        id: &str,
        object: Object,
        calls: Vec<Call>,
        record: RecordPlan,
    ) -> Self {
        assert!(!id.is_empty() && !calls.is_empty(), "{address}: what is restarted has a name and nodes");
        Self {
            id: Some(id.to_owned()),
            before: Some(object.clone()),
            after: Some(object),
            calls,
            record,
            ..Self::new(address, Action::Update, Reason::Rebooted, region)
        }
    }

    /// An object goes. The last call is over when it is gone, and no other is.
    pub fn delete(address: &Address, reason: Reason, record: &Record, before: Object, calls: Vec<Call>) -> Self {
        let ends: Vec<bool> = calls.iter().map(|call| call.until == Until::Absent).collect();
        let deletes = ends.ends_with(&[true]) && ends.iter().filter(|end| **end).count() == 1;
        assert!(deletes || is_local(address) && ends.is_empty(), "{address}: one call deletes");
        assert!(!record.id.is_empty(), "{address}: what goes has a name");
        Self {
            id: Some(record.id.clone()),
            before: Some(before),
            calls,
            record: RecordPlan::of_leaver(record),
            ..Self::new(address, Action::Delete, reason, &record.region)
        }
    }

    /// Both halves of a replacement, in their order.
    pub fn replace(create: Step, delete: Step, causes: Vec<String>, create_first: bool) -> [Step; 2] {
        assert!(create.action == Action::Create && delete.is_leaving(), "{}: two halves", create.address);
        assert_eq!(create.address, delete.address, "a replacement is of one instance");
        assert!(!causes.is_empty(), "{}: nothing is replaced without a cause", create.address);
        let reason = Reason::Replaced { causes, create_first };
        let create = Step { reason: reason.clone(), ..create };
        let delete = Step { reason, ..delete };
        if create_first { [create, delete] } else { [delete, create] }
    }

    /// A record goes, and the object stays or is gone already.
    pub fn forget(address: &Address, reason: Reason, record: &Record, before: Object) -> Self {
        Self {
            id: Some(record.id.clone()),
            before: Some(before),
            record: RecordPlan::of_leaver(record),
            ..Self::new(address, Action::Forget, reason, &record.region)
        }
    }

    /// A look-up is made whose arguments are not known before.
    pub fn read((address, region): (&Address, &str), args: Object) -> Self {
        Self { after: Some(args), ..Self::new(address, Action::Read, Reason::Declared, region) }
    }

    /// The same for the object that has had a successor since an earlier run.
    pub fn of_deposed(self, deposed: bool) -> Self {
        Self { deposed, ..self }
    }

    /// The same with a final snapshot.
    pub fn with_farewell(self, farewell: Option<String>) -> Self {
        Self { farewell, ..self }
    }

    /// The worst impact of its calls that are made at once.
    pub fn impact(&self) -> Impact {
        self.calls.iter().filter(|call| !call.waits()).map(|call| call.impact).max().unwrap_or(Impact::None)
    }

    /// The worst impact of its calls, as a limit counts it.
    pub fn counts_as(&self) -> Impact {
        self.calls.iter().map(Call::counts_as).max().unwrap_or(Impact::None)
    }

    /// The expected duration in seconds; what waits for the maintenance window is not counted.
    pub fn seconds(&self) -> u32 {
        self.calls.iter().filter(|call| !call.waits()).map(|call| call.seconds).sum()
    }

    /// The window that those of its calls wait for that do.
    pub fn window(&self) -> Option<Window> {
        kinds::get(&self.address.kind)?.window(self.after.as_ref()?)
    }

    /// Until when those calls wait, in words.
    pub fn until(&self) -> String {
        let window = self.window().map(|window| window.word());
        format!("pending until {}", window.as_deref().unwrap_or("the maintenance window"))
    }

    /// Whether its object has no record afterwards.
    pub fn is_leaving(&self) -> bool {
        matches!(self.action, Action::Delete | Action::Forget)
    }
}

/// Whether nothing is sent for a change of it.
fn is_local(address: &Address) -> bool {
    kinds::local(&address.kind).is_some()
}

impl RecordPlan {
    /// What guards an object that goes, and what it hangs on.
    fn of_leaver(record: &Record) -> Self {
        Self {
            dependencies: record.dependencies.clone(),
            protect: record.protect,
            abandon: record.abandon,
            guarded: record.guarded,
            ..Self::default()
        }
    }
}
