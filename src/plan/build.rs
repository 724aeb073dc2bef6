//! The walk: every block in the order of the graph, every instance decided, then edges and guards.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Address, Key, Mode, ModulePath, without_modules};
use crate::diag::Diagnostic;
use crate::graph::{Node, Use};
use crate::kind::{Kind, Target};
use crate::kinds;
use crate::lang::declare::Resource;
use crate::lang::eval::{Bindings, eval};
use crate::plan::{
    Live, Needs, Note, Options, Outcome, Plan, collide, decide, guard, import, leave, moves, names, order,
    refresh_only, select, timeouts, wish,
};
use crate::stack::desired::{self, Desired, bindings};
use crate::stack::environment::Environment;
use crate::stack::evaluator::{Evaluator, Instances, View};
use crate::stack::target::{Instance, MOST_INSTANCES, expand, too_many};
use crate::stack::{checks, conditions};
use crate::state::State;
use crate::state::digest::Digests;
use crate::value::{Object, Type, Value};

/// Everything that a plan is a function of, besides the stack in the evaluator.
pub struct Inputs<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The state, with the salt of its digests.
    pub state: &'a State,
    /// What has been read of the account; `None` for a check without an account.
    pub live: Option<&'a Live>,
    /// The account, once it is known.
    pub account: Option<Arc<str>>,
    /// What is asked.
    pub options: &'a Options,
    /// Digests of secrets, with the salt of the state.
    pub digests: &'a Digests,
}

/// A plan in the making.
pub struct Builder<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    /// The state, with every object under the address that it will have.
    pub(super) state: Cow<'a, State>,
    pub(super) evaluator: &'a mut Evaluator,
    pub(super) plan: Plan,
    pub(super) needs: Needs,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Addresses of instances that the stack declares.
    pub(super) declared: BTreeSet<Address>,
    /// Blocks whose instances could not be told, because of an error.
    pub(super) undecided: BTreeSet<Address>,
    /// What each instance came out as, for rules between resources and edges by name.
    pub(super) planned: BTreeMap<Address, Object>,
    /// Modules whose instances could not be told.
    undecided_modules: BTreeSet<ModulePath>,
    /// What each block hangs on, and how.
    used: BTreeMap<Address, BTreeMap<Address, Use>>,
    /// What the block that is being decided takes over.
    pub(super) imports: import::Imports,
    /// Desired objects that refer to others by attribute, for edges by name.
    pub(super) places: BTreeMap<Address, Desired>,
    /// Objects that are to be made under a name that is taken now: right if whoever has it lets go of it.
    pub(super) taken: Vec<names::Taken>,
}

/// Walks once.
pub fn build(evaluator: &mut Evaluator, inputs: &Inputs) -> Outcome {
    evaluator.clear();
    let stack = evaluator.names();
    let mut builder = Builder {
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
        used: stack.0.resources().map(|block| (block.address.clone(), stack.0.graph.used_by(&block.address))).collect(),
        imports: import::Imports::new(),
        places: BTreeMap::new(),
        taken: Vec::new(),
    };
    builder.walk();
    builder.finish()
}

impl Builder<'_> {
    fn walk(&mut self) {
        moves::follow_all(self);
        // What goes is in the state; a stack that cannot be evaluated any more can still be destroyed.
        if self.inputs.options.destroy {
            return;
        }
        let order = self.evaluator.stack().graph.order().to_vec();
        for node in &order {
            match node {
                Node::Call(path) => self.call(path),
                Node::Variable(path, _) if path.is_empty() => {}
                Node::Variable(path, name) => self.each(path, |view, found| match view.input(name) {
                    Ok(_) => view.validate(name, found),
                    Err(mut wrong) => found.append(&mut wrong),
                }),
                Node::Local(path, name) => self.each(path, |view, found| {
                    found.extend(view.local(name).err().into_iter().flatten());
                }),
                Node::Block(address) => self.block(address),
                Node::Output(path, name) => self.each(path, |view, found| view.judge_output(name, found)),
                Node::Whole(_) => {}
            }
        }
    }

    /// Evaluates something in every instance of its module.
    fn each(&mut self, path: &ModulePath, judge: impl Fn(&View, &mut Vec<Diagnostic>)) {
        for module in self.evaluator.instances(path) {
            judge(&self.evaluator.within(module), &mut self.diagnostics);
        }
    }

    /// Says how often a module is there.
    fn call(&mut self, path: &ModulePath) {
        let before = self.diagnostics.len();
        let mut wrong = Vec::new();
        self.evaluator.expand_call(path, |mut found| wrong.append(&mut found));
        if !wrong.is_empty() {
            self.undecided_modules.insert(path.clone());
        }
        self.diagnostics.append(&mut wrong);
        self.forgive(before);
    }

    fn block(&mut self, block: &Address) {
        let names = self.evaluator.names();
        let Some(resource) = names.0.resource(block) else { return };
        self.imports = import::of_block(self, block);
        for module in self.evaluator.instances(&block.module).to_vec() {
            let is_open = self.evaluator.is_open(&module);
            let address = Address { module, ..block.clone() };
            match is_open {
                true => self.judge_open(resource, &address),
                false => self.expand(resource, &address),
            }
        }
        let imports = std::mem::take(&mut self.imports);
        import::strangers(self, block, &imports);
    }

    fn expand(&mut self, resource: &Resource, block: &Address) {
        let before = self.diagnostics.len();
        let expansion = expand(resource, &self.evaluator.within(&block.module), &mut self.diagnostics);
        let Some(expansion) = expansion else {
            self.forgive(before);
            self.undecided.insert(block.clone());
            self.judge_open(resource, block);
            return;
        };
        if self.declared.len() + expansion.instances.len() > MOST_INSTANCES {
            self.diagnostics.push(too_many(&block.to_string(), "with its instances there are more", resource.span));
            self.undecided.insert(block.clone());
            return;
        }
        let mut fresh = Vec::new();
        for instance in &expansion.instances {
            let address = block.instance(instance.key.clone());
            if self.declared.insert(address.clone()) {
                fresh.push((address, instance));
            }
        }
        let values = match block.mode {
            Mode::Data => self.lookups(resource, fresh),
            Mode::Managed => self.instances(resource, block, fresh),
        };
        if self.diagnostics.len() > before && crate::diag::has_errors(&self.diagnostics[before..]) {
            self.undecided.insert(block.clone());
        }
        self.evaluator.set_block(block, Instances::new(expansion.repetition, values));
    }

    /// Whether a mistake keeps it open if there is such an instance.
    pub(super) fn is_undecided(&self, address: &Address) -> bool {
        let module = address.config().module;
        self.undecided.contains(&address.block())
            || (1..=module.len()).any(|end| self.undecided_modules.contains(&module[..end]))
    }

    /// Judges a block of which nobody can say how often it is there, as far as that goes.
    fn judge_open(&mut self, resource: &Resource, block: &Address) {
        let unknown = || Value::unknown(Type::Any, None);
        let object =
            |names: [&str; 2]| Value::object(names.map(|name| (Arc::from(name), unknown())).into_iter().collect());
        let names = BTreeMap::from([
            (Arc::from("each"), object(["key", "value"])),
            ("count".into(), object(["index", "index"])),
            ("node".into(), unknown()),
        ]);
        let view = self.evaluator.within(&block.module);
        let scope = Bindings { parent: &view, names };
        let mut found = Vec::new();
        let desired = desired::desired(resource, &scope, &mut found);
        let evaluated = !crate::diag::has_errors(&found);
        desired::check(&resource.schema.attrs, &desired, evaluated, &mut found);
        if let (Some(kind), true, None) = (kinds::get(&resource.address.kind), evaluated, &resource.meta.target) {
            found.extend(
                kinds::check(kind, &desired.object)
                    .into_iter()
                    .map(|problem| desired.diagnose(problem).of(&resource.address)),
            );
        }
        self.diagnostics.extend(found);
    }

    /// Without an account, a count that hangs on a look-up or on an object that exists is no mistake yet; behind a
    /// look-up that failed, it is not the mistake.
    fn forgive(&mut self, before: usize) {
        let failed = self.diagnostics[..before].iter().any(|diagnostic| diagnostic.code == "CS0602");
        if self.inputs.live.is_some() && !failed {
            return;
        }
        let records = &self.state.records;
        let readable = |origin: &str| {
            without_modules(origin).starts_with("data.")
                || origin.starts_with("env.")
                || records.keys().any(|address| origin.starts_with(&address.block().to_string()))
        };
        let mut index = 0;
        self.diagnostics.retain(|diagnostic| {
            index += 1;
            let origin = diagnostic.about.as_deref();
            index <= before || diagnostic.code != "CS0411" || !origin.is_none_or(readable)
        });
    }

    /// Evaluates the block of an instance, with what its kind and its environment add.
    pub(super) fn desired(&mut self, resource: &Resource, address: &Address, instance: &Instance) -> (Desired, bool) {
        let names = self.names(instance);
        let view = self.evaluator.within(&address.module);
        let scope = Bindings { parent: &view, names };
        let mut diagnostics = Vec::new();
        let desired = wish::wish(&view, self.inputs.environment, resource, instance, &mut diagnostics);
        let evaluated = !crate::diag::has_errors(&diagnostics);
        conditions::preconditions(resource, &scope, &mut diagnostics);
        timeouts::check(resource, &scope, &mut diagnostics);
        self.diagnostics.append(&mut diagnostics);
        desired::check(&resource.schema.attrs, &desired, evaluated, &mut self.diagnostics);
        (desired, evaluated)
    }

    fn names(&self, instance: &Instance) -> BTreeMap<Arc<str>, Value> {
        let node = instance.watched.as_ref().map(|watched| &watched.node);
        bindings(instance.key.as_ref(), instance.each.as_ref(), node)
    }

    fn lookups(&mut self, resource: &Resource, fresh: Vec<(Address, &Instance)>) -> BTreeMap<Option<Key>, Value> {
        let mut values = BTreeMap::new();
        for (address, instance) in fresh {
            let value = self.lookup(resource, &address, instance);
            self.judge(resource, instance, &value, &address);
            values.insert(instance.key.clone(), value);
        }
        values
    }

    /// Decides the instances of a block. All of them are evaluated first, so that it is known which of them has which
    /// name from now on.
    fn instances(
        &mut self,
        resource: &Resource,
        block: &Address,
        fresh: Vec<(Address, &Instance)>,
    ) -> BTreeMap<Option<Key>, Value> {
        let mut values = BTreeMap::new();
        let Some(kind) = kinds::get(&block.kind) else {
            values.extend(fresh.into_iter().map(|(_, one)| (one.key.clone(), Value::unknown(Type::Any, None))));
            return values;
        };
        let wishes: Vec<(Address, &Instance, Desired)> = fresh
            .into_iter()
            .map(|(address, instance)| {
                let (desired, _) = self.desired(resource, &address, instance);
                let problems = kinds::check(kind, &desired.object);
                self.diagnostics.extend(problems.into_iter().map(|problem| desired.diagnose(problem).of(&address)));
                (address, instance, desired)
            })
            .collect();
        names::follow(self, kind, block, &wishes);
        for (address, instance, desired) in wishes {
            let value = self.instance(resource, kind, &address, instance, desired);
            self.judge(resource, instance, &value, &address);
            values.insert(instance.key.clone(), value);
        }
        values
    }

    fn judge(&mut self, resource: &Resource, instance: &Instance, value: &Value, address: &Address) {
        let view = self.evaluator.within(&address.module);
        conditions::postconditions(resource, instance, value, &view, &mut self.diagnostics);
    }

    fn instance(
        &mut self,
        resource: &Resource,
        kind: &'static dyn Kind,
        address: &Address,
        instance: &Instance,
        mut desired: Desired,
    ) -> Value {
        let region = self.region(resource, &mut desired);
        let protect = self.protect(resource, address, instance, kind);
        let planned =
            decide::decide(self, decide::Instance { resource, address, kind, desired: &desired, region, protect });
        self.places.insert(address.clone(), desired);
        let mut object = planned;
        object.entry("region".into()).or_insert(Value::unknown(Type::String, None));
        self.planned.insert(address.clone(), object.clone());
        Value::object(object)
    }

    /// The region of an instance: its own, its provider's, the environment's.
    pub(super) fn region(&mut self, resource: &Resource, desired: &mut Desired) -> String {
        if let Some(region) = desired.object.get("region").and_then(Value::as_str) {
            return region.to_owned();
        }
        match self.inputs.environment.providers.of(resource) {
            Ok(Some(provider)) => {
                if let Some(region) = &provider.region {
                    return region.to_string();
                }
            }
            Ok(None) => {}
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
        self.inputs.environment.region.as_deref().unwrap_or("us-east-1").to_owned()
    }

    fn protect(&mut self, resource: &Resource, address: &Address, instance: &Instance, kind: &dyn Kind) -> bool {
        let from_environment = self.inputs.environment.protect && kind.holds_data();
        let Some(expr) = &resource.meta.protect else { return from_environment };
        let names = self.names(instance);
        let scope = Bindings { parent: &self.evaluator.within(&address.module), names };
        let value = match eval(expr, &scope) {
            Ok(value) => crate::value::convert::convert(&value, &Type::Bool).ok().and_then(|value| value.as_bool()),
            Err(mut wrong) => {
                self.diagnostics.append(&mut wrong);
                return true;
            }
        };
        value.unwrap_or_else(|| {
            self.diagnostics.push(
                Diagnostic::error("CS0404", "Wrong type", "`protect` must be true or false, known at plan time.")
                    .at(expr.span)
                    .help("Write true, false or a condition over variables."),
            );
            true
        })
    }

    /// What an instance hangs on, directly or through values: blocks, in its own instance of a module where the way to
    /// them does not leave that; a single instance where no other is referred to.
    pub(super) fn used_by(&self, address: &Address) -> impl Iterator<Item = Address> {
        let used = self.used.get(&address.config());
        used.into_iter().flatten().map(|(used, how)| {
            let seen = used.seen_from(&address.module, how.shared);
            // Modules on the way may differ, so the key is the same only where the way is.
            let own = how.own_key && address.key.is_some() && seen.module == address.module;
            if own { seen.instance(address.key.clone()) } else { seen }
        })
    }

    /// The managed blocks that an instance hangs on, but for itself.
    pub(super) fn managed_blocks_used_by(&self, address: &Address) -> Vec<Address> {
        let block = address.config();
        let managed = |used: &Address| used.mode == Mode::Managed && used.config() != block;
        self.used_by(address).map(|used| used.block()).filter(managed).collect()
    }

    pub(super) fn target(&self, region: &str) -> Target {
        Target { account: self.inputs.account.clone(), region: region.into() }
    }

    pub(super) fn note(&mut self, address: &Address, text: impl Into<String>) {
        self.plan.notes.push(Note { address: Some(address.clone()), text: text.into() });
    }

    fn finish(mut self) -> Outcome {
        leave::leavers(&mut self);
        self.outputs();
        if !self.inputs.options.destroy {
            self.diagnostics.extend(checks::judge(self.evaluator, false));
        }
        names::judge(&mut self);
        // While there is more to read, planned objects are only what is remembered of them.
        if self.inputs.live.is_none() || self.needs.is_empty() {
            collide::check(&mut self);
        }
        order::order(&mut self);
        guard::guard(&mut self);
        select::select(&mut self);
        if self.inputs.options.refresh_only {
            refresh_only::stay(&mut self.plan, self.inputs.state);
        }
        Outcome { plan: self.plan, needs: self.needs, diagnostics: self.diagnostics }
    }
}
