//! Before the first call: what was unknown is looked up in the block, now that what it refers to is known, and put into
//! the calls that were planned. No other calls are made than those.

use super::{Early, Ready, Work};
use std::collections::BTreeMap;

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::kind::Call;
use crate::kinds;
use crate::lang::declare::Resource;
use crate::lang::eval::Bindings;
use crate::plan::{Action, ignore, replace, wish};
use crate::stack::conditions;
use crate::stack::desired::{self, Desired, bindings};
use crate::stack::environment::Environment;
use crate::stack::evaluator::Evaluator;
use crate::stack::target::expand_one;
use crate::state::Digest;
use crate::state::digest::{Digests, Reading};
use crate::value::holes::Filling;
use crate::value::{Data, Object, Origin, Value};

impl Work<'_> {
    /// The object and the calls of the step, with everything known but what the calls themselves tell.
    ///
    /// # Errors
    /// A value is not what the plan said, breaks a rule of its kind, or would take other calls: nothing has been sent.
    pub(super) fn prepare(&self) -> Result<Ready, Early> {
        let step = self.step;
        let mut after = step.after.clone().unwrap_or_default();
        let mut secrets = step.record.secrets.clone();
        let mut filling = Filling::default();
        if after.values().any(|value| self.is_hole(value)) {
            let desired = self.desired()?;
            self.fill_in(&after, &desired.object, &mut filling)?;
            for (name, value) in &desired.object {
                note_digest(name, value, &self.shared.digests, &mut secrets)?;
            }
            after.values_mut().for_each(|value| *value = filling.fill(value));
            self.obey(&desired)?;
            self.stay(&after)?;
        }
        if step.action == Action::Create {
            // What AWS will choose must not count as a wish while the rest is foreseen.
            after = wish::without_own_unknowns(after, &step.address);
            self.kind().predict(&mut after, None, &self.target());
        }
        let calls = step.calls.iter().map(|call| filled(call, &filling)).collect::<Result<Vec<Call>, String>>()?;
        #[cfg(debug_assertions)]
        self.compile_again(&after, &calls);
        Ok(Ready { after, calls, secrets })
    }

    /// Whether a value of the planned object was not known, and neither AWS nor a call tells it.
    fn is_hole(&self, value: &Value) -> bool {
        value.first_unknown().is_some()
            && !wish::is_own_unknown(value, &self.step.address)
            && !matches!(&value.data, Data::Unknown(unknown) if matches!(unknown.origin.as_deref(), Some(Origin::Unique(_))))
    }

    /// What the block says now.
    fn desired(&self) -> Result<Desired, String> {
        let evaluator = self.evaluator();
        let names = evaluator.names();
        let block = names.0.resource(&self.step.address).ok_or_else(|| "the block is gone".to_owned())?;
        let mut desired = evaluate(&evaluator, &self.shared.environment, block, &self.step.address)?;
        if let (Some(suffix), Some(name)) = (&self.step.record.suffix, self.kind().name_attribute()) {
            replace::add_suffix(&mut desired.object, name, suffix);
        }
        if let Some(before) = &self.step.before {
            ignore::keep(&block.meta.lifecycle, &mut desired.object, before);
        }
        Ok(desired)
    }

    /// What the plan knew must still be so; what it did not know is learnt.
    fn fill_in(&self, planned: &Object, now: &Object, filling: &mut Filling) -> Result<(), String> {
        for (name, value) in planned {
            let hole = self.is_hole(value);
            // What nobody sets follows from what is set, and is computed once more with that.
            let local = self.kind().local().and(self.kind().schema().attr(name));
            if hole && local.is_some_and(|attr| !attr.settable()) {
                continue;
            }
            if self.step.record.later.iter().any(|later| **later == **name) {
                continue;
            }
            // What does not change is not sent, and may be left to others.
            let sent = self.step.action == Action::Create || self.step.changed.contains(&&**name);
            let said = now.get(name).filter(|value| !value.is_null()).cloned();
            let said = match hole {
                true => said.unwrap_or_else(|| self.unset(name)),
                false if !sent || !value.is_wholly_known() || &**name == "tags_all" => continue,
                false => match now.get(name) {
                    Some(said) => said.clone(),
                    None => continue,
                },
            };
            // What the plan has completed is what is written, where the one fits the other.
            let attr = self.kind().schema().attr(name).filter(|_| !hole);
            if attr.is_some_and(|attr| attr.is_satisfied(value, &said)) {
                continue;
            }
            if !filling.learn(value, &said) {
                return Err(format!("`{name}` has another value than the plan said; plan again"));
            }
        }
        Ok(())
    }

    /// What an attribute is that turns out to be set to nothing.
    fn unset(&self, name: &str) -> Value {
        let attr = self.kind().schema().attr(name);
        attr.and_then(|attr| attr.default.clone().or(attr.at_create.map(Value::string))).unwrap_or_else(Value::null)
    }

    /// The rules of the kind, which could not be applied to what was not known.
    fn obey(&self, desired: &Desired) -> Result<(), String> {
        let now = self.step.before.as_ref().filter(|_| self.step.action == Action::Update);
        let problems = kinds::check(self.kind(), &desired.object).into_iter();
        let problems = problems.filter(|problem| !problem.is_past(self.kind().schema(), now, &desired.object));
        let found = problems.map(|problem| desired.diagnose(problem).of_rule()).collect();
        let judged = self.shared.environment.lints.judge(found);
        judged.into_iter().find(Diagnostic::is_error).map_or(Ok(()), |wrong| Err(told(wrong)))
    }

    /// The object as it is known now can still come out of the one that is there.
    fn stay(&self, after: &Object) -> Result<(), String> {
        let Some(before) = self.step.before.as_ref().filter(|_| self.step.action == Action::Update) else {
            return Ok(());
        };
        match self.kind().replaces(before, after, &self.step.changed).first() {
            Some(name) => {
                Err(format!("`{name}` turned out to be a value that takes a new object; nothing was sent, plan again"))
            }
            None => Ok(()),
        }
    }

    /// The planned calls are those that the object as it is known now takes.
    #[cfg(debug_assertions)]
    fn compile_again(&self, after: &Object, calls: &[Call]) {
        use crate::kind::Change;
        use crate::plan::Reason;
        let (step, target) = (self.step, self.target());
        // A restart comes out of no difference.
        if step.reason == Reason::Rebooted {
            return;
        }
        let withheld = |value: &Value| matches!(&value.data, Data::Unknown(it) if matches!(it.origin.as_deref(), Some(Origin::Withheld)));
        // A plan out of a document does not know how hidden values were before.
        if step.after.iter().flat_map(Object::values).any(|value| withheld(value) || value.children().any(withheld)) {
            return;
        }
        let after = wish::without_own_unknowns(after.clone(), &step.address);
        let change = Change {
            before: step.before.as_ref(),
            after: Some(&after),
            changed: &step.changed,
            target: &target,
            id: step.before.as_ref().and(step.id.as_deref()),
            phase: &step.record.let_in,
            now: step.record.now,
            both: &[],
            only: step.record.only,
        };
        let planned = step.before.as_ref().zip(step.after.as_ref());
        let back = planned
            .map(|(before, after)| crate::plan::pending::taken_back(self.kind().schema(), before, after, &step.changed))
            .unwrap_or_default();
        let now =
            crate::plan::pending::compile(self.kind(), &change, &back).expect("what was planned can still be compiled");
        // What turned out to be as it was needs no call, and was planned with one.
        let open = |place: usize| step.calls[place].args.values().any(|value| !value.is_wholly_known());
        let mut left = now.iter().peekable();
        for (place, call) in calls.iter().enumerate() {
            match left.next_if(|one| one.operation == call.operation) {
                Some(one) if open(place) => {
                    let same = one
                        .args
                        .iter()
                        .all(|(name, value)| call.args.get(name).is_some_and(|sent| covers(sent, value)));
                    assert!(same, "{}: {:?} was filled with {:?}", step.address, one.args, call.args);
                }
                Some(one) => assert_eq!(one.args, call.args, "{}: {}", step.address, call.operation),
                None => assert!(open(place), "{}: {} is not needed", step.address, call.operation),
            }
        }
        assert!(left.peek().is_none(), "{}: {:?} was not planned", step.address, left.peek());
    }
}

/// Whether a value that is sent holds all that another says: what turned out to be as it was is sent as well.
#[cfg(debug_assertions)]
fn covers(sent: &Value, wanted: &Value) -> bool {
    match (sent.as_object(), wanted.as_object(), sent.as_items(), wanted.as_items()) {
        (Some(sent), Some(wanted), ..) => {
            wanted.iter().all(|(name, value)| sent.get(name).is_some_and(|sent| covers(sent, value)))
        }
        (.., Some(sent), Some(wanted)) => wanted.iter().all(|value| sent.iter().any(|sent| covers(sent, value))),
        _ => crate::value::same(sent, wanted) || !sent.is_wholly_known() && !wanted.is_wholly_known(),
    }
}

/// A diagnostic in one line.
fn told(diagnostic: Diagnostic) -> String {
    let help = diagnostic.help.map(|help| format!(" {help}")).unwrap_or_default();
    format!("{}: {}{help}", diagnostic.summary, diagnostic.detail)
}

/// A call with what is known now.
fn filled(call: &Call, filling: &Filling) -> Result<Call, String> {
    for assumption in &call.assumes {
        if !assumption.holds(&filling.fill(&assumption.value)) {
            let name = assumption.attribute.0;
            return Err(format!(
                "`{name}` turned out to be a value that takes other calls; nothing was sent, plan again"
            ));
        }
    }
    let args = call.args.iter().map(|(name, value)| (*name, value.is_null(), filling.fill(value)));
    let args = args.filter(|(_, was_null, value)| *was_null || !value.is_null());
    let args: Vec<_> = args.collect();
    if let Some((name, ..)) = args.iter().find(|(_, _, value)| has_null_element(value)) {
        return Err(format!("an element of {name} of {} turned out to be null; nothing was sent", call.operation));
    }
    Ok(Call {
        args: args.into_iter().map(|(name, _, value)| (name, value)).collect(),
        assumes: Vec::new(),
        ..call.clone()
    })
}

/// Whether a list has an element that is nothing.
fn has_null_element(value: &Value) -> bool {
    value.as_items().is_some_and(|items| items.iter().any(Value::is_null)) || value.children().any(has_null_element)
}

/// Notes the digest of a secret; one that the plan knew must be the same.
fn note_digest(
    name: &str,
    value: &Value,
    digests: &Digests,
    secrets: &mut BTreeMap<String, Digest>,
) -> Result<(), String> {
    if !value.has_secret() {
        return Ok(());
    }
    let Reading::Known(digest) = digests.read(value) else { return Ok(()) };
    match secrets.insert(name.to_owned(), digest) {
        Some(planned) if planned.digest != secrets[name].digest => {
            Err(format!("`{name}` is another secret than the plan was made with; plan again"))
        }
        _ => Ok(()),
    }
}

/// Evaluates an instance, and applies the rules of its schema and its preconditions to what is known now.
pub(super) fn evaluate(
    evaluator: &Evaluator,
    environment: &Environment,
    block: &Resource,
    address: &Address,
) -> Result<Desired, String> {
    let mut diagnostics = Vec::new();
    let view = evaluator.within(&address.module);
    let instance = expand_one(block, address.key.as_ref(), &view, &mut diagnostics);
    let desired = instance.map(|instance| {
        let mut desired = wish::wish(&view, environment, block, &instance, &mut diagnostics);
        let names = bindings(instance.key.as_ref(), instance.each.as_ref(), instance.watched.as_ref());
        conditions::preconditions(block, &Bindings { parent: &view, names }, &mut diagnostics);
        desired::check(&block.schema.attrs, &mut desired, true, &mut diagnostics);
        desired
    });
    let first = diagnostics.into_iter().find(|diagnostic| diagnostic.is_error());
    match (desired, first) {
        (Some(desired), None) => Ok(desired),
        (_, Some(wrong)) => Err(told(wrong)),
        (None, None) => Err("the instance is no longer declared; plan again".to_owned()),
    }
}
