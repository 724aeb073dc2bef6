//! The walk: every block in the order of the graph, every instance decided, then edges and guards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Address, Key, Mode, ModulePath};
use crate::diag::Diagnostic;
use crate::kind::Kind;
use crate::kinds;
use crate::lang::declare::Resource;
use crate::lang::eval::{Bindings, eval};
use crate::plan::decision::Standing;
use crate::plan::draft::Draft;
use crate::plan::{
    Live, Options, Outcome, collide, decide, foreign, guard, import, leave, local, members, moves, named, names, order,
    policy, reboot, refresh_only, rotation, select, stays, timeouts, whose, wish,
};
use crate::stack::desired::{self, Desired, bindings};
use crate::stack::environment::Environment;
use crate::stack::evaluator::{Evaluator, Instances, Repetition, View};
use crate::stack::graph::Node;
use crate::stack::target::{Instance, MOST_INSTANCES, expand, too_many};
use crate::stack::{checks, conditions};
use crate::state::State;
use crate::state::digest::Digests;
use crate::value::{Object, Origin, Type, Value};

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

/// Walks once, and brings what was decided into an order.
pub fn build(evaluator: &mut Evaluator, inputs: &Inputs) -> Outcome {
    let mut draft = Draft::new(evaluator, inputs);
    draft.walk();
    draft.finish()
}

impl Draft<'_> {
    fn walk(&mut self) {
        let moves = moves::follow_all(self);
        self.rename(moves);
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
                Node::Foreign(..) | Node::Whole(_) => {}
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
        let needed = !wrong.is_empty() && foreign::manages(self.evaluator.stack(), path);
        self.foreign.of_repetition(&mut wrong, 0, needed);
        self.diagnostics.append(&mut wrong);
        self.forgive(before);
    }

    fn block(&mut self, block: &Address) {
        let names = self.evaluator.names();
        let Some(resource) = names.0.resource(block) else { return };
        let mut wrong = Vec::new();
        self.imports = import::of_block(self, block, &mut wrong);
        self.diagnostics.append(&mut wrong);
        for module in self.evaluator.instances(&block.module).to_vec() {
            let is_open = self.evaluator.is_open(&module);
            let address = Address { module, ..block.clone() };
            match is_open {
                true => self.judge_open(resource, &address),
                false => self.expand(resource, &address),
            }
        }
        let strangers = import::strangers(self, block);
        self.diagnostics.extend(strangers);
    }

    fn expand(&mut self, resource: &Resource, block: &Address) {
        let before = self.diagnostics.len();
        let expansion = expand(resource, &self.evaluator.within(&block.module), &mut self.diagnostics);
        let Some(expansion) = expansion else {
            let needed = block.mode == Mode::Managed;
            let origin = self.foreign.of_repetition(&mut self.diagnostics, before, needed);
            if let Some(origin) = origin.filter(|_| !needed) {
                let open = BTreeMap::from([(None, Value::unknown(Type::Any, Some(origin)))]);
                return self.evaluator.set_block(block, Instances::new(Repetition::Once, open));
            }
            let forgiven = self.forgive(before);
            self.undecided.insert(block.clone());
            self.judge_open(resource, block);
            // What is counted by it hangs on the same look-up.
            if let Some(origin) = forgiven.filter(|_| self.diagnostics.len() == before) {
                let open = BTreeMap::from([(None, Value::unknown(Type::Any, Some(origin)))]);
                self.evaluator.set_block(block, Instances::new(Repetition::Once, open));
            }
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
            Mode::Data | Mode::Ephemeral => self.lookups(resource, fresh),
            Mode::Managed => self.instances(resource, block, fresh),
        };
        if self.diagnostics.len() > before && crate::diag::has_errors(&self.diagnostics[before..]) {
            self.undecided.insert(block.clone());
        }
        self.evaluator.set_block(block, Instances::of(expansion, values));
    }

    /// Judges a block of which nobody can say how often it is there, as far as that goes.
    fn judge_open(&mut self, resource: &Resource, block: &Address) {
        let unknown = || Value::unknown(Type::Any, None);
        let object =
            |names: [&str; 2]| Value::object(names.map(|name| (Arc::from(name), unknown())).into_iter().collect());
        let names = Object::from([
            (Arc::from("each"), object(["key", "value"])),
            ("count".into(), object(["index", "index"])),
            ("node".into(), unknown()),
        ]);
        let view = self.evaluator.within(&block.module);
        let scope = Bindings { parent: &view, names };
        let mut found = Vec::new();
        let mut desired = desired::desired(resource, &scope, &mut found);
        let evaluated = !crate::diag::has_errors(&found);
        desired::check(&resource.schema.attrs, &mut desired, evaluated, &mut found);
        if let (Some(kind), true, None) = (kinds::get(&resource.address.kind), evaluated, &resource.meta.target) {
            found.extend(
                kinds::check(kind, &desired.object)
                    .into_iter()
                    .map(|problem| desired.diagnose(problem).of(&resource.address).of_rule()),
            );
        }
        self.diagnostics.extend(self.inputs.environment.lints.judge(found));
    }

    /// Without an account, a count that hangs on a look-up or on an object that exists is no mistake yet; behind a
    /// look-up that failed, it is not the mistake. Answers what such a count hangs on.
    fn forgive(&mut self, before: usize) -> Option<Arc<Origin>> {
        let failed = self.diagnostics[..before].iter().any(|diagnostic| diagnostic.code == "CS0602");
        if self.inputs.live.is_some() && !failed {
            return None;
        }
        let records = &self.state.records;
        let readable = |origin: &Origin| match origin {
            Origin::Attribute(of, _) | Origin::Block(of) => {
                of.mode != Mode::Managed || records.keys().any(|address| address.block() == of.block())
            }
            Origin::Environment(_) | Origin::Variable(_) => true,
            _ => false,
        };
        let (mut index, mut forgiven) = (0, None);
        self.diagnostics.retain(|diagnostic| {
            index += 1;
            let origin = diagnostic.origin.as_deref();
            let stays = index <= before || diagnostic.code != "CS0411" || !origin.is_none_or(readable);
            forgiven = forgiven.take().or_else(|| diagnostic.origin.clone().filter(|_| !stays));
            stays
        });
        forgiven
    }

    /// Evaluates the block of an instance, with what its kind and its environment add.
    pub(super) fn desired(&mut self, resource: &Resource, address: &Address, instance: &Instance) -> (Desired, bool) {
        let names = self.names(instance);
        let view = self.evaluator.within(&address.module);
        let scope = Bindings { parent: &view, names };
        let mut diagnostics = Vec::new();
        let mut desired = wish::wish(&view, self.inputs.environment, resource, instance, &mut diagnostics);
        let evaluated = !crate::diag::has_errors(&diagnostics);
        conditions::preconditions(resource, &scope, &mut diagnostics);
        timeouts::check(resource, &scope, &mut diagnostics);
        desired::check(&resource.schema.attrs, &mut desired, evaluated, &mut diagnostics);
        self.diagnostics.extend(self.inputs.environment.lints.judge(diagnostics));
        (desired, evaluated)
    }

    fn names(&self, instance: &Instance) -> Object {
        bindings(instance.key.as_ref(), instance.each.as_ref(), instance.watched.as_ref())
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
                self.foreign.of_object(&desired);
                self.diagnostics.extend(eternal(resource, &desired, &address));
                let problems = kinds::check(kind, &desired.object).into_iter();
                let now = self.state.records.get(&address).map(|record| &record.object);
                let is_there = self.imports.contains_key(&address);
                let problems = problems.filter(|problem| !(problem.of_creation && is_there));
                let problems = problems.filter(|problem| !problem.is_past(kind.schema(), now, &desired.object));
                let problems = problems.filter(|problem| !(resource.misnamed && problem.of_want));
                // Whether it is made is known when the steps are ([`collide`]).
                let read = self.inputs.live.is_some();
                let problems = problems.filter(|problem| !(read && problem.refused_when_made));
                let found: Vec<Diagnostic> =
                    problems.map(|problem| desired.diagnose(problem).of(&address).of_rule()).collect();
                self.diagnostics.extend(self.inputs.environment.lints.judge(found));
                (address, instance, desired)
            })
            .collect();
        let moves = names::follow(self, kind, block, &wishes);
        self.rename(moves);
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
        let region = match kind.local() {
            None => self.region(resource, &mut desired),
            Some(_) => String::new(),
        };
        let protect = self.protect(resource, address, instance, kind);
        if let Some(source) = moves::source(self, address) {
            self.rename(vec![(source, address.clone())]);
        }
        let one = decide::Instance { resource, address, kind, desired: &desired, region, protect };
        if let Some(former) = names::former(self, &one) {
            self.take_back(address, former);
        }
        let decision = decide::decide(self, &one);
        if decision.standing == Standing::Unfinished {
            self.unfinished.insert(address.clone());
        }
        let mut object = self.take(decision);
        self.places.insert(address.clone(), desired);
        if kind.local().is_none() {
            object.or_insert("region".into(), Value::unknown(Type::String, None));
        }
        self.planned.insert(address.clone(), object.clone());
        Value::object(wish::as_others_see(object, address))
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

    /// What is left when every block has been decided: what goes, names, rules between objects, order, guards, choice.
    fn finish(mut self) -> Outcome {
        let leaving = leave::leavers(&self);
        leaving.into_iter().for_each(|decision| drop(self.take(decision)));
        let (held, notes) = stays::hold_back(&self);
        let mut at = 0..;
        self.plan.steps.retain(|_| at.next().is_none_or(|at| !held.contains(&at)));
        self.plan.notes.extend(notes);
        self.outputs();
        if !self.inputs.options.destroy {
            self.diagnostics.extend(checks::judge(self.evaluator, false));
        }
        let taken = names::judge(&self);
        let mut found = Vec::new();
        // While there is more to read, planned objects are only what is remembered of them.
        if self.inputs.live.is_none() || self.needs.is_empty() {
            found.extend(self.inputs.environment.lints.judge(collide::check(&self)));
        }
        found.extend(self.foreign.errors(self.evaluator));
        found.extend(self.evaluator.misfits());
        found.extend(local::homeless(&self));
        self.diagnostics.append(&mut found);
        members::tell(&mut self);
        let circle = order::order(&mut self);
        self.diagnostics.extend(circle);
        self.needs.tags.extend(whose::to_ask(&self));
        self.plan.blocked = guard::guard(&self, &self.plan.steps);
        let asked = named::named(&self).0;
        self.needs.named.extend(asked);
        self.diagnostics.extend(select::strangers(&self));
        select::select(&mut self.plan, self.inputs.options);
        let concerns = |address: &Address| select::concerns(&self.plan, self.inputs.options, address);
        let taken = taken.into_iter().filter(|(address, ..)| concerns(address));
        self.diagnostics.extend(names::told(taken.map(|(_, group, wrong)| (group, wrong))));
        if !self.inputs.options.reboot.is_empty() {
            reboot::only(&mut self.plan);
        }
        rotation::alone(&mut self.plan, self.inputs.options);
        self.diagnostics.extend(policy::judge(self.evaluator, &mut self.plan));
        if self.inputs.options.skip_blocked {
            select::skip_blocked(&mut self.plan);
        }
        self.plan.refused.extend(guard::bill(&self.plan, self.inputs.options));
        if self.inputs.options.refresh_only {
            refresh_only::stay(&mut self.plan, self.inputs.state);
        }
        if self.inputs.options.adopt {
            import::only(&mut self.plan);
        }
        let stack = self.evaluator.stack();
        let drifted = self.plan.drift.iter().map(|drift| drift.address.config());
        let blocks = self.plan.steps.iter().map(|step| step.address.config()).chain(drifted);
        let as_terraform = |block: &Address| stack.resource(block).is_some_and(|resource| resource.as_terraform);
        self.plan.as_terraform = blocks.filter(as_terraform).collect();
        self.tell_once();
        self.count_instances();
        Outcome { plan: self.plan, needs: self.needs, diagnostics: self.diagnostics }
    }

    /// A rule that is turned down says nothing beside the refusal of the calls that it is about.
    fn tell_once(&mut self) {
        let key = |one: &Diagnostic| (one.code, one.address.clone(), one.span);
        let errors: BTreeSet<_> = self.diagnostics.iter().filter(|one| one.is_error()).map(key).collect();
        self.diagnostics.retain(|one| one.is_error() || one.address.is_none() || !errors.contains(&key(one)));
    }

    /// Says in each message about an instance how many its block has.
    fn count_instances(&mut self) {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for address in self.declared.iter().filter(|address| address.key.is_some()) {
            *counts.entry(address.block().to_string()).or_default() += 1;
        }
        for one in &mut self.diagnostics {
            let block = one.address.as_deref().and_then(|address| address.strip_suffix(']')?.rsplit_once('['));
            one.of_instances = block.and_then(|(block, _)| counts.get(block).copied()).unwrap_or(0);
        }
    }
}

/// What every run makes anew is a difference in every plan, unless it is ignored.
fn eternal(resource: &Resource, desired: &Desired, address: &Address) -> Option<Diagnostic> {
    let lifecycle = &resource.meta.lifecycle;
    let ignored =
        |name: &str| lifecycle.ignores(name) || lifecycle.ignore_parts.iter().any(|(ignored, _)| **ignored == *name);
    let of_run = |value: &Value| value.origins().iter().any(|origin| matches!(**origin, Origin::Run));
    let mut names = desired.object.iter().filter(|(_, value)| of_run(value)).map(|(name, _)| &**name);
    let name = names.find(|name| !ignored(if *name == "tags_all" { "tags" } else { name }))?;
    let name = if name == "tags_all" { "tags" } else { name };
    let detail = format!("`{name}` hangs on timestamp(), uuid() or bcrypt(), so that every plan shows a difference.");
    let mut diagnostic = Diagnostic::warning("CS0420", "A value that is never the same", detail).of(address);
    diagnostic.span = desired.span_of(name);
    Some(diagnostic.help(format!("Write lifecycle {{ ignore_changes = [{name}] }}, or a value that stays.")))
}
