//! A plan in the making: what it is made from, and what the walk has come to so far. Decisions and stages read it; only
//! the walk ([`crate::plan::build`]) writes to it, here.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::address::{Address, Mode, ModulePath};
use crate::diag::Diagnostic;
use crate::kind::{Observation, Target};
use crate::kinds;
use crate::lang::declare::Resource;
use crate::lang::eval::Scope;
use crate::plan::build::Inputs;
use crate::plan::decision::{Decision, Standing};
use crate::plan::{Needs, ObjectKey, Plan, Step, StepId, foreign, import, local, members, moves, names, whose};
use crate::stack::desired::Desired;
use crate::stack::evaluator::Evaluator;
use crate::stack::graph::Use;
use crate::state::{Record, State};
use crate::value::Object;

/// A plan in the making.
pub struct Draft<'a> {
    /// What is asked, and of what.
    pub inputs: &'a Inputs<'a>,
    /// The state, with every object under the address that it will have.
    pub state: Cow<'a, State>,
    /// The values of the stack, as far as the walk has come.
    pub evaluator: &'a mut Evaluator,
    /// The plan.
    pub plan: Plan,
    /// What has to be read before more can be said.
    pub needs: Needs,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Addresses of instances that the stack declares.
    pub declared: BTreeSet<Address>,
    /// Blocks whose instances could not be told, because of an error.
    pub undecided: BTreeSet<Address>,
    /// Modules whose instances could not be told.
    pub undecided_modules: BTreeSet<ModulePath>,
    /// What each instance came out as, for rules between resources and edges by name.
    pub planned: BTreeMap<Address, Object>,
    /// Desired objects that refer to others by attribute, for edges by name.
    pub places: BTreeMap<Address, Desired>,
    /// Instances whose objects AWS is at: they are compared when it is done.
    pub unfinished: BTreeSet<Address>,
    /// Objects that are to be made under a name that is taken now: right if whoever has it lets go of it.
    pub taken: Vec<names::Taken>,
    /// What the block that is being decided takes over.
    pub imports: import::Imports,
    /// What is needed of the resources of other tools.
    pub foreign: foreign::Uses,
    /// Records of objects that are members of another, by that; asked for where something may have members.
    pub members: OnceCell<BTreeMap<members::Whole, Vec<Address>>>,
    /// What each block hangs on, and how.
    used: BTreeMap<Address, BTreeMap<Address, Use>>,
    /// How many steps there have been.
    steps: u32,
}

/// What is known of an object in the account.
pub enum Seen {
    /// It has to be read.
    Unread(Option<ObjectKey>),
    /// There is none.
    Absent,
    /// It is so.
    Present(Observation),
}

impl<'a> Draft<'a> {
    /// Nothing is decided yet.
    pub fn new(evaluator: &'a mut Evaluator, inputs: &'a Inputs<'a>) -> Self {
        evaluator.clear();
        let stack = evaluator.names();
        let blocks = stack.0.resources().map(|block| &block.address);
        Self {
            inputs,
            state: Cow::Borrowed(inputs.state),
            evaluator,
            plan: Plan::default(),
            needs: Needs::default(),
            diagnostics: Vec::new(),
            declared: BTreeSet::new(),
            undecided: BTreeSet::new(),
            undecided_modules: BTreeSet::new(),
            planned: BTreeMap::new(),
            places: BTreeMap::new(),
            unfinished: BTreeSet::new(),
            taken: Vec::new(),
            imports: import::Imports::new(),
            foreign: foreign::Uses::default(),
            members: OnceCell::new(),
            used: blocks.map(|address| (address.clone(), stack.0.graph.used_by(address))).collect(),
            steps: 0,
        }
    }

    /// Takes a decision in; answers the object as it will be.
    pub fn take(&mut self, decision: Decision) -> Object {
        self.plan.unchanged += usize::from(decision.standing == Standing::Unchanged);
        self.plan.unfinished += usize::from(decision.standing == Standing::Unfinished);
        self.plan.records.extend(decision.record);
        self.plan.imports.extend(decision.import);
        self.plan.drift.extend(decision.drift);
        self.plan.notes.extend(decision.notes);
        self.plan.waits.extend(decision.waits);
        self.taken.extend(decision.taken);
        self.needs.objects.extend(decision.needs);
        self.needs.tags.extend(decision.doubt);
        self.diagnostics.extend(decision.diagnostics);
        for step in decision.steps {
            self.plan.steps.push(Step { step: StepId(self.steps), ..step });
            self.steps += 1;
        }
        decision.object
    }

    /// Gives objects other addresses, from now on in this plan.
    pub fn rename(&mut self, moves: Vec<(Address, Address)>) {
        if !moves.is_empty() {
            self.state.to_mut().rename(&moves);
            moves::append(&mut self.plan.moves, moves);
        }
    }

    /// Puts a former object in the place of the one that took its place.
    pub fn take_back(&mut self, address: &Address, id: String) {
        self.state.to_mut().take_back(address, &id);
        self.plan.taken_back.push((address.clone(), id));
    }

    /// What is known of an object of an address, without the tags that are left to others.
    pub fn find(&self, resource: &Resource, address: &Address, region: &str, id: &str) -> Seen {
        if kinds::local(&address.kind).is_some() {
            let recorded = self.state.records.get(address).filter(|record| record.id == id);
            let there = recorded.filter(|record| !local::is_over(self, address, record));
            return there.map_or(Seen::Absent, |record| Seen::Present(local::recorded(self, address, record)));
        }
        let key = (address.kind.to_string(), region.to_owned(), id.to_owned());
        match self.inputs.live.and_then(|live| live.objects.get(&key)) {
            Some(Some(observation)) => {
                let mut observation = observation.clone();
                self.inputs.environment.ignored_tags(resource).strip(&mut observation.object);
                Seen::Present(observation)
            }
            Some(None) => Seen::Absent,
            None => Seen::Unread(Some(key)),
        }
    }

    /// What has been read of a recorded object: none before it was read, and nothing in it where there is no object.
    pub fn observed(&self, address: &Address, record: &Record) -> Option<Option<Observation>> {
        if kinds::local(&address.kind).is_some() {
            return Some(Some(local::recorded(self, address, record)));
        }
        self.inputs.live?.objects.get(&whose::key(address, record)).cloned()
    }

    /// Whether a mistake keeps it open if there is such an instance.
    pub fn is_undecided(&self, address: &Address) -> bool {
        let module = address.config().module;
        self.undecided.contains(&address.block())
            || (1..=module.len()).any(|end| self.undecided_modules.contains(&module[..end]))
    }

    /// What an instance hangs on, directly or through values: blocks, in its own instance of a module where the way to
    /// them does not leave that; a single instance where no other is referred to.
    pub fn used_by(&self, address: &Address) -> impl Iterator<Item = Address> {
        let used = self.used.get(&address.config());
        used.into_iter().flatten().map(|(used, how)| {
            let seen = used.seen_from(&address.module, how.shared);
            // Modules on the way may differ, so the key is the same only where the way is.
            let own = how.own_key && address.key.is_some() && seen.module == address.module;
            if own { seen.instance(address.key.clone()) } else { seen }
        })
    }

    /// The managed blocks that an instance hangs on, but for itself.
    pub fn managed_blocks_used_by(&self, address: &Address) -> Vec<Address> {
        let block = address.config();
        let managed = |used: &Address| used.mode == Mode::Managed && used.config() != block;
        self.used_by(address).map(|used| used.block()).filter(managed).collect()
    }

    /// When the plan is made.
    pub fn time(&self) -> Timestamp {
        self.evaluator.settings().plan_timestamp.parse().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Where objects of a region are.
    pub fn target(&self, region: &str) -> Target {
        Target { account: self.inputs.account.clone(), region: region.into() }
    }
}
