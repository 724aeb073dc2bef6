//! Policies of the stack, judged on the plan: `change` is what happens to one object, `plan` all of it.
//!
//! A rule that does not say `change` is judged once. What hangs on something that is only known after the apply hits, as a
//! price that is not known exceeds a limit: a policy that lets pass what it cannot see is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{Address, Key};
use crate::catalog::prices::Micros;
use crate::diag::Diagnostic;
use crate::kind::Impact;
use crate::kinds;
use crate::lang::ast::Expr;
use crate::lang::declare::policy::{Policy, Rule};
use crate::lang::eval::{Bindings, Scope, eval};
use crate::lang::refs;
use crate::plan::cost::{self, Cost};
use crate::plan::{Action, Blocked, Plan, Step, StepId};
use crate::stack::checks;
use crate::stack::conditions::message;
use crate::stack::evaluator::Evaluator;
use crate::value::convert::convert;
use crate::value::{Object, Type, Value};

/// Judges every policy of the root module: adds what stands against the plan, and answers warnings and mistakes.
pub fn judge(evaluator: &Evaluator, plan: &mut Plan) -> Vec<Diagnostic> {
    let stack = evaluator.stack();
    if stack.module.policies.is_empty() {
        return Vec::new();
    }
    let cost = cost::of(plan);
    let (changes, whole) = (changes(plan, &cost), whole(plan, &cost));
    let root = evaluator.within(&[]);
    let scope = Bindings::new(&root).with("plan", whole).with("impact", levels());
    let mut found = Vec::new();
    for (name, policy) in &stack.module.policies {
        for rule in &policy.rules {
            let about: Vec<&Change> = changes.iter().filter(|change| policy.is_about(&change.address)).collect();
            match hits(policy, rule, &scope, &about) {
                Err(wrong) => found.extend(wrong),
                Ok(hits) => hits.into_iter().for_each(|hit| hit.tell(name, rule, plan, &mut found)),
            }
        }
    }
    found
}

impl Policy {
    fn is_about(&self, address: &Address) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&address.kind)
    }
}

/// What happens to one object.
struct Change {
    address: Address,
    /// The first of its steps.
    step: StepId,
    value: Value,
}

/// Where a rule hits, and what it says there.
struct Hit {
    step: Option<(StepId, Address)>,
    text: String,
}

impl Hit {
    fn tell(self, policy: &str, rule: &Rule, plan: &mut Plan, found: &mut Vec<Diagnostic>) {
        let reason = format!("policy \"{policy}\": {}", self.text.trim_end_matches('.'));
        match (rule.denies, self.step) {
            (true, Some((step, address))) => plan.blocked.push(Blocked { step, address, reason }),
            (true, None) => plan.refused.push(reason),
            (false, step) => {
                let diagnostic = Diagnostic::warning("CS0421", "A policy is not met", format!("{reason}."));
                let diagnostic = diagnostic.at(rule.condition.condition.span);
                found.push(step.map_or(diagnostic.clone(), |(_, address)| diagnostic.of(&address)));
            }
        }
    }
}

/// Where a rule hits. One about single changes that has none to look at is tried on one of which nothing is known, so that
/// its mistakes are found whatever the plan.
fn hits(policy: &Policy, rule: &Rule, scope: &dyn Scope, about: &[&Change]) -> Result<Vec<Hit>, Vec<Diagnostic>> {
    let expressions = [&rule.condition.condition, &rule.condition.message];
    let is_of_change =
        expressions.iter().any(|expr| refs::references(expr).iter().any(|reference| &*reference.root == "change"));
    let within = |value: Value| Bindings::new(scope).with("change", value);
    let tried = if is_of_change { within(sample(policy)) } else { Bindings::new(scope) };
    names(expressions, &tried)?;
    if !is_of_change {
        let text = one(rule, scope)?;
        return Ok(text.map(|text| Hit { step: None, text }).into_iter().collect());
    }
    one(rule, &tried)?;
    let mut hits = Vec::new();
    for change in about {
        let text = one(rule, &within(change.value.clone())).map_err(|wrong| while_judging(wrong, &change.address))?;
        // One step stands for all: a replacement is left out as a whole.
        let step = Some((change.step, change.address.clone()));
        hits.extend(text.map(|text| Hit { step, text }));
    }
    Ok(hits)
}

/// Whether all is there that a rule names, also in what is not looked at before a change comes to it: the rest of a
/// condition, and what is said where it hits.
fn names(expressions: [&Expr; 2], scope: &dyn Scope) -> Result<(), Vec<Diagnostic>> {
    let references = expressions.into_iter().flat_map(refs::references);
    let named = references.flat_map(|reference| {
        let ours = ["plan", "change", "impact"].contains(&&*reference.root);
        let wrong = eval(&reference.as_far_as_named(), scope).err().unwrap_or_default();
        wrong.into_iter().filter(move |one| checks::is_of_names(one) || ours && one.code == "CS0202")
    });
    let [_, message] = expressions;
    let said = eval(message, scope).err().unwrap_or_default().into_iter().filter(checks::is_of_names);
    let mut wrong: Vec<Diagnostic> = Vec::new();
    for one in named.chain(said) {
        // The message is looked at twice.
        if !wrong.iter().any(|known| known.code == one.code && known.detail == one.detail) {
            wrong.push(one);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Says of mistakes that only show with one object which that is.
fn while_judging(wrong: Vec<Diagnostic>, address: &Address) -> Vec<Diagnostic> {
    let told = |one: Diagnostic| Diagnostic { detail: format!("{} `change` is that of {address}.", one.detail), ..one };
    wrong.into_iter().map(told).collect()
}

/// What a rule says where it hits.
fn one(rule: &Rule, scope: &dyn Scope) -> Result<Option<String>, Vec<Diagnostic>> {
    let value = eval(&rule.condition.condition, scope)?;
    if value.is_unknown() {
        return Ok(Some("whether it is met is only known after the apply".to_owned()));
    }
    match convert(&value, &Type::Bool).ok().and_then(|value| value.as_bool()) {
        Some(false) => Ok(None),
        Some(true) => Ok(Some(message(&rule.condition, scope))),
        None => {
            let wrong = Diagnostic::error("CS0404", "Wrong type", "A condition must be true or false.");
            Err(vec![wrong.at(rule.condition.condition.span)])
        }
    }
}

/// The plan as a whole.
fn whole(plan: &Plan, cost: &Cost) -> Value {
    let counts = plan.counts();
    let number = |count: usize| Value::int(i64::try_from(count).unwrap_or(i64::MAX));
    let worst = plan.steps.iter().map(Step::counts_as).max().unwrap_or(Impact::None);
    let known = (cost.unknown == 0).then_some(cost.difference);
    Value::object(Object::from([
        ("create".into(), number(counts.add)),
        ("update".into(), number(counts.change)),
        ("delete".into(), number(counts.destroy)),
        ("forget".into(), number(counts.forget)),
        ("import".into(), number(counts.import)),
        ("impact".into(), Value::string(worst.word())),
        ("impact_level".into(), level(worst)),
        ("cost".into(), dollars(known)),
    ]))
}

/// What happens to each object, in the order of the plan.
fn changes(plan: &Plan, cost: &Cost) -> Vec<Change> {
    let mut order: Vec<&Address> = Vec::new();
    let mut by_address: BTreeMap<&Address, Vec<&Step>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| step.action != Action::Read) {
        let steps = by_address.entry(&step.address).or_default();
        if steps.is_empty() {
            order.push(&step.address);
        }
        steps.push(step);
    }
    let change = |address: &Address| {
        let steps = &by_address[address];
        let line = cost.lines.iter().find(|line| line.address == *address);
        let monthly = line.map_or(Some(0), |line| line.monthly.as_ref().ok().map(|(before, after)| after - before));
        Change { address: address.clone(), step: steps[0].step, value: described(address, steps, monthly) }
    };
    order.into_iter().map(change).collect()
}

fn described(address: &Address, steps: &[&Step], monthly: Option<Micros>) -> Value {
    let is = |action: Action| steps.iter().any(|step| step.action == action);
    let action = if is(Action::Create) && is(Action::Delete) { "replace" } else { steps[0].action.word() };
    let impact = steps.iter().map(|step| step.counts_as()).max().unwrap_or(Impact::None);
    let before = steps.iter().find_map(|step| step.before.as_ref());
    let after = steps.iter().find_map(|step| step.after.as_ref());
    let calls = || steps.iter().flat_map(|step| &step.calls);
    let changed = steps.iter().flat_map(|step| &step.changed).copied();
    Value::object(Object::from([
        ("address".into(), Value::string(address.to_string())),
        ("kind".into(), Value::string(&address.kind)),
        ("name".into(), Value::string(&address.name)),
        ("key".into(), key(address.key.as_ref())),
        ("region".into(), Value::string(&steps[0].region)),
        ("action".into(), Value::string(action)),
        ("impact".into(), Value::string(impact.word())),
        ("impact_level".into(), level(impact)),
        ("marks".into(), Value::string_set(calls().flat_map(|call| &call.marks).map(|mark| mark.word()))),
        ("calls".into(), Value::strings(calls().map(|call| call.operation))),
        ("changed".into(), Value::string_set(changed)),
        ("cost".into(), dollars(monthly)),
        ("before".into(), object(&address.kind, before)),
        ("after".into(), object(&address.kind, after)),
    ]))
}

/// A change of which nothing is known but what its attributes are called.
fn sample(policy: &Policy) -> Value {
    let text = || Value::unknown(Type::String, None);
    let number = || Value::unknown(Type::Number, None);
    let object = || match &policy.kinds[..] {
        [kind] => {
            let attrs = kinds::get(kind).map(|kind| &kind.schema().attrs);
            let unknown = |name: &'static str| (Arc::from(name), Value::unknown(Type::Any, None));
            Value::object(attrs.into_iter().flatten().map(|attr| unknown(attr.name)).collect())
        }
        _ => Value::unknown(Type::Any, None),
    };
    let strings = || Value::unknown(Type::Any, None);
    Value::object(Object::from([
        ("address".into(), text()),
        ("kind".into(), text()),
        ("name".into(), text()),
        ("key".into(), text()),
        ("region".into(), text()),
        ("action".into(), text()),
        ("impact".into(), text()),
        ("impact_level".into(), number()),
        ("marks".into(), strings()),
        ("calls".into(), strings()),
        ("changed".into(), strings()),
        ("cost".into(), number()),
        ("before".into(), object()),
        ("after".into(), object()),
    ]))
}

fn key(key: Option<&Key>) -> Value {
    match key {
        None => Value::null_of(Type::String),
        Some(Key::Index(index)) => Value::string(index.to_string()),
        Some(Key::Name(name)) => Value::string(name),
    }
}

/// An object with every attribute of its kind; null for what is not there. Secrets are hidden.
fn object(kind: &str, object: Option<&Object>) -> Value {
    let attrs = kinds::get(kind).map(|kind| &kind.schema().attrs);
    let value = |name: &str| match object.and_then(|object| object.get(name)) {
        None => Value::null(),
        Some(value) if value.has_secret() => Value::string("(secret)").into_sensitive(),
        Some(value) => value.clone(),
    };
    Value::object(attrs.into_iter().flatten().map(|attr| (Arc::from(attr.name), value(attr.name))).collect())
}

fn level(impact: Impact) -> Value {
    Value::int(impact as i64)
}

/// The levels by their words, with `_` for `-`: `impact.write_pause`.
fn levels() -> Value {
    let level = |impact: Impact| (Arc::from(impact.word().replace('-', "_")), level(impact));
    Value::object(Impact::ALL.into_iter().map(level).collect())
}

/// Dollars of a month; unknown where a price is.
fn dollars(micros: Option<Micros>) -> Value {
    match micros.and_then(|micros| i64::try_from(micros).ok()) {
        Some(micros) => Value::number((micros as f64 / 1e6).into()),
        None => Value::unknown(Type::Number, None),
    }
}
