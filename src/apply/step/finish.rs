//! After the last call: the object is read back, compared with what was asked for, recorded and published.

use std::collections::BTreeMap;

use super::{Early, Ready, Work};

use crate::kind::{Call, Observation, Until};
use crate::kinds::tags::MARK;
use crate::plan::wish;
use crate::schema::Update;
use crate::stack::conditions;
use crate::stack::target::expand_one;
use crate::state::{Effect, Entry};
use crate::value::{Object, Value};

impl Work<'_> {
    /// Reads the object back, compares it with what was asked for, and records it.
    pub(super) async fn finish(&mut self, ready: &Ready) -> Result<(), Early> {
        let observed = self.observe().await?;
        let mut object = ready.after.clone();
        object.extend(observed.object.clone());
        for attr in self.kind().schema().attrs.iter().filter(|attr| attr.settable()) {
            if !observed.object.contains_key(attr.name) {
                continue;
            }
            // What a person wrote stays as it was written where AWS spells it otherwise.
            if let Some(wanted) =
                ready.after.get(attr.name).filter(|wanted| !wanted.is_null() && wanted.is_wholly_known())
                && attr.is_satisfied(&observed.object[attr.name], wanted)
                && attr.fits.is_none()
            {
                object.insert(attr.name.into(), wanted.clone());
            }
        }
        object.retain(|_, value| value.is_wholly_known());
        let mut record = self.record_of(ready, object.clone());
        (record.pending, record.since) = self.still_waits(ready, &ready.calls, &observed);
        // A service that keeps no tags tells nobody's objects apart. Another mark is that of an object that had the name
        // before: the read was behind.
        let told = observed.object.get("tags_all").and_then(Value::as_object);
        record.mark = record.mark.filter(|_| told.is_none_or(|tags| tags.contains_key(MARK)));
        self.commit(Entry::Noted(vec![Effect::Record(self.step.address.clone(), record)])).await?;
        let whole = self.publish(&ready.after, &object);
        self.verify(ready, &observed)?;
        self.postconditions(&whole)
    }

    /// What waits for the maintenance window and AWS does not tell: remembered until it is so, or until an immediate
    /// call has carried it out; and since when all of it waits. What is still to be asked for does not wait.
    pub(super) fn still_waits(
        &self,
        ready: &Ready,
        made: &[Call],
        observed: &Observation,
    ) -> (Object, BTreeMap<String, String>) {
        let flushed = made.iter().any(Call::flushes);
        let (mut waits, mut since) = if flushed { Default::default() } else { self.waits() };
        // What is made, or taken back, at once does not wait any more.
        let at_once = |name: &str| made.iter().any(|call| !call.waits() && call.causes.contains(&name));
        waits.retain(|name, _| !at_once(name));
        since.retain(|name, _| !at_once(name));
        let deferred: Vec<&str> =
            made.iter().filter(|call| call.waits()).flat_map(|call| call.causes.iter().copied()).collect();
        waits.extend(deferred.iter().filter_map(|name| Some(((*name).into(), ready.after.get(name)?.clone()))));
        since.extend(deferred.iter().map(|name| ((*name).to_owned(), self.now())));
        waits.retain(|name, wanted| {
            let attr = self.kind().schema().attr(name).filter(|attr| !attr.secret);
            let told =
                observed.pending.contains_key(name) || wanted.is_sensitive_anywhere() || !wanted.is_wholly_known();
            attr.is_some_and(|attr| {
                !told && observed.object.get(name).is_some_and(|now| !attr.is_satisfied(now, wanted))
            })
        });
        since.retain(|name, _| waits.contains_key(name) || observed.pending.contains_key(name));
        (waits, since)
    }

    /// The time, as records have it.
    pub(super) fn now(&self) -> String {
        let now = jiff::Timestamp::from_second((self.shared.clock.now_ms() / 1000) as i64);
        now.unwrap_or_default().to_string()
    }

    /// Checks what the author of the block wants of the object that came out.
    pub(super) fn postconditions(&self, object: &Value) -> Result<(), Early> {
        let evaluator = self.evaluator();
        let names = evaluator.names();
        let address = &self.step.address;
        let block = names.0.resource(address);
        let Some(block) = block.filter(|block| !block.meta.lifecycle.postconditions.is_empty()) else { return Ok(()) };
        let mut wrong = Vec::new();
        let instance = expand_one(block, address.key.as_ref(), &evaluator.within(&address.module), &mut wrong);
        if let Some(instance) = &instance {
            conditions::postconditions(block, instance, object, &evaluator.within(&address.module), &mut wrong);
        }
        let first = wrong.into_iter().find(|diagnostic| diagnostic.is_error());
        first.map_or(Ok(()), |wrong| Err(Early::Failed(format!("{}: {}", wrong.summary, wrong.detail))))
    }

    pub(super) async fn observe(&mut self) -> Result<Observation, Early> {
        if let Some(observation) =
            self.last.take().filter(|_| self.step.calls.last().is_none_or(|call| call.until == Until::Settled))
        {
            return Ok(observation);
        }
        let id = self.id.clone().unwrap_or_default();
        let mut sights = self.shared.settler.watch(&self.step.address.kind, &self.step.region, &id, true);
        let sight = tokio::select! {
            biased;
            sight = sights.recv() => sight,
            () = self.shared.clock.sleep(self.remaining()) => return Err(self.too_long()),
        };
        match sight {
            None => Err(Early::Stopped),
            Some(Ok(Some(observation))) => Ok(observation),
            Some(Ok(None)) => Err(Early::Failed("AWS said that it was done, and the object is not there".to_owned())),
            Some(Err(error)) => Err(Early::Failed(error.to_string())),
        }
    }

    /// AWS may say that all went well and not have done it.
    pub(super) fn verify(&self, ready: &Ready, observed: &Observation) -> Result<(), Early> {
        let deferred = self.kind().defers(&ready.after) && !self.step.record.now;
        let wrong: Vec<&str> = self
            .step
            .changed
            .iter()
            .copied()
            .filter(|name| {
                let Some(attr) = self.kind().schema().attr(name) else { return false };
                let (Some(now), Some(wanted)) = (observed.object.get(name), ready.after.get(name)) else {
                    return false;
                };
                let pending = observed.pending.get(name).is_some_and(|pending| attr.is_satisfied(pending, wanted));
                attr.settable()
                    && !attr.secret
                    && attr.update != Update::Local
                    && wanted.is_wholly_known()
                    && !wanted.is_null()
                    && !pending
                    && !attr.is_satisfied(now, wanted)
            })
            .collect();
        if wrong.is_empty() || deferred {
            return Ok(());
        }
        let details: Vec<String> = wrong
            .iter()
            .map(|name| {
                let (now, wanted) = (&observed.object[*name], &ready.after[*name]);
                if wanted.is_sensitive_anywhere() {
                    (*name).to_owned()
                } else {
                    format!("{name} is {now:?} and not {wanted:?}")
                }
            })
            .collect();
        Err(Early::Failed(format!("AWS reported success, but {}", details.join("; "))))
    }

    /// Lets those who refer to the object see what became of it.
    pub(super) fn publish(&self, after: &Object, object: &Object) -> Value {
        let mut all = after.clone();
        for (name, value) in object {
            let mark = after.get(name).is_some_and(|wanted| wanted.is_sensitive_anywhere() && !wanted.has_secret());
            all.insert(name.clone(), value.clone().with_mark(mark));
        }
        for value in all.values_mut().filter(|value| value.is_unknown()) {
            *value = Value::null_of(value.ty());
        }
        let whole = Value::object(wish::with_empty_blocks(all, &self.step.address));
        self.evaluator().set_instance(&self.step.address, whole.clone());
        whole
    }
}
