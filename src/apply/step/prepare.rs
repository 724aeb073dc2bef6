//! Before the first call: the block evaluated once more, now that what it refers to is known, and compiled.

use super::{Early, Ready, Work};
use std::collections::BTreeMap;

use crate::address::Address;
use crate::kind::Change;
use crate::plan::{Action, replace, wish};
use crate::stack::evaluator::Evaluator;
use crate::stack::target::expand;
use crate::state::digest::Digests;
use crate::value::{Object, Value};

impl Work<'_> {
    /// Evaluates the instance again where the plan had holes, and compiles its calls again.
    pub(super) fn prepare(&self, ownership: &[(String, String)]) -> Result<Ready, Early> {
        let step = self.step;
        let holes = step.calls.iter().any(|call| call.args.values().any(|value| !value.is_wholly_known()));
        let mut after = step.after.clone().unwrap_or_default();
        let mut secrets = step.record.secrets.clone();
        if holes {
            let evaluator = self.evaluator();
            let names = evaluator.names();
            let block = names.0.resource(&step.address);
            let block = block.ok_or_else(|| "the block is gone".to_owned())?;
            let mut desired = evaluate(&evaluator, &self.shared.environment, block, &step.address)?.object;
            if let (Some(suffix), Some(name)) = (&step.record.suffix, self.kind().name_attribute()) {
                replace::add_suffix(&mut desired, name, suffix);
            }
            agree(&after, &desired)?;
            for (name, value) in desired {
                note_digest(&name, &value, &self.shared.digests, &mut secrets);
                if !after.get(&name).is_some_and(Value::is_wholly_known) {
                    after.insert(name, value);
                }
            }
        }
        let target = self.target();
        if step.action == Action::Create {
            // What AWS will choose must not count as a wish while the rest is foreseen.
            after.retain(|_, value| !value.is_unknown() || !wish::is_own_unknown(value, &step.address));
            self.kind().predict(&mut after, None, &target);
        }
        let change = Change {
            before: step.before.as_ref(),
            after: Some(&after),
            changed: &step.changed,
            target: &target,
            id: step.before.as_ref().and(step.id.as_deref()),
            ownership,
            phase: &step.record.let_in,
        };
        let calls = self.kind().compile(&change).map_err(|problem| problem.detail)?;
        let calls = wish::without_own_unknowns(calls, &step.address);
        let planned: Vec<&str> = step.calls.iter().map(|call| call.operation).collect();
        let now: Vec<&str> = calls.iter().map(|call| call.operation).collect();
        if planned != now && !(holes && now.iter().all(|operation| planned.contains(operation))) {
            return Err(Early::Failed(format!(
                "the plan says {planned:?}, and the values that are known now want {now:?}; plan again"
            )));
        }
        Ok(Ready { after, calls, secrets })
    }
}

fn note_digest(name: &str, value: &Value, digests: &Digests, secrets: &mut BTreeMap<String, crate::state::Digest>) {
    let crate::value::Data::Secret(secret) = &value.data else { return };
    if let Some(text) = &secret.text {
        let source = secret.source.as_deref().map(str::to_owned);
        secrets.insert(name.to_owned(), crate::state::Digest { digest: digests.of(text), source });
    }
}

/// What the plan knew must still be so.
fn agree(planned: &Object, now: &Object) -> Result<(), String> {
    for (name, value) in planned {
        let Some(new) = now.get(name).filter(|_| value.is_wholly_known()) else { continue };
        if !crate::value::same(value, new) && &**name != "tags_all" {
            return Err(format!("`{name}` has another value than the plan said; plan again"));
        }
    }
    Ok(())
}

pub(super) fn evaluate(
    evaluator: &Evaluator,
    environment: &crate::stack::environment::Environment,
    block: &crate::lang::declare::Resource,
    address: &Address,
) -> Result<crate::stack::desired::Desired, String> {
    let mut diagnostics = Vec::new();
    let view = evaluator.within(&address.module);
    let expansion = expand(block, &view, &mut diagnostics);
    let instance =
        expansion.and_then(|expansion| expansion.instances.into_iter().find(|instance| instance.key == address.key));
    let desired = instance.map(|instance| wish::wish(&view, environment, block, &instance, &mut diagnostics));
    let first = diagnostics.into_iter().find(|diagnostic| diagnostic.is_error());
    match (desired, first) {
        (Some(desired), None) => Ok(desired),
        (_, Some(wrong)) => Err(format!("{}: {}", wrong.summary, wrong.detail)),
        (None, None) => Err("the instance is no longer declared; plan again".to_owned()),
    }
}
