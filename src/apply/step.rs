//! One step: its calls in order, each after the one before has settled; intent before, record after.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::address::Address;
use crate::apply::holes::Known;
use crate::apply::{Event, Outcome, Shared};
use crate::kind::{Call, Change, ErrorClass, Kind, Observation, Status, Target, Until};
use crate::kinds;
use crate::plan::{Action, Reason, Step, replace, timeouts, wish};
use crate::refresh;
use crate::schema::Update;
use crate::stack::conditions;
use crate::stack::evaluator::Evaluator;
use crate::stack::target::expand;
use crate::state::store::Store;
use crate::state::{Deposed, Entry, Intent, Record, digest};
use crate::value::{Object, Value};

/// Why a step ended early.
enum Early {
    Failed(String),
    Stopped,
}

impl From<String> for Early {
    fn from(why: String) -> Self {
        Early::Failed(why)
    }
}

/// Runs a step and tells of it.
pub async fn run(shared: &Shared, index: usize) -> Outcome {
    let step = &shared.plan.steps[index];
    if shared.stopped() {
        return Outcome::Stopped;
    }
    let (address, action) = (step.address.clone(), step.action);
    let start = shared.clock.now();
    if action != Action::Forget {
        shared.send(Event::Started { address: address.clone(), action, id: step.id.clone() });
    }
    let mut work = Work {
        shared,
        step,
        start,
        known: Known::default(),
        id: step.id.clone(),
        last: None,
        limit: limit(shared, step),
        doubtful: false,
    };
    let result = work.run().await;
    let elapsed = shared.clock.now().duration_since(start).unwrap_or_default();
    match result {
        Ok(()) => {
            shared.send(Event::Done { address, action, id: work.id, elapsed });
            Outcome::Done
        }
        Err(Early::Failed(why)) => {
            shared.send(Event::Failed { address, action, why: why.clone(), elapsed });
            Outcome::Failed(why)
        }
        Err(Early::Stopped) => Outcome::Stopped,
    }
}

struct Work<'a> {
    shared: &'a Shared,
    step: &'a Step,
    start: SystemTime,
    known: Known,
    id: Option<String>,
    last: Option<Observation>,
    /// How long it may take.
    limit: Duration,
    /// Whether AWS may have carried out a call whose answer was lost.
    doubtful: bool,
}

/// A step with nothing unknown but what its own calls tell.
struct Ready {
    after: Object,
    calls: Vec<Call>,
    secrets: BTreeMap<String, crate::state::Digest>,
}

impl<'a> Work<'a> {
    fn store(&self) -> MutexGuard<'a, Store> {
        self.shared.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn evaluator(&self) -> MutexGuard<'a, Evaluator> {
        self.shared.evaluator.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, entry: Entry) -> Result<(), Early> {
        self.store().commit(entry).map_err(|error| Early::Failed(format!("the state cannot be written: {error}")))
    }

    fn kind(&self) -> &'static dyn Kind {
        kinds::get(&self.step.address.kind).expect("a step is of a known kind")
    }

    fn target(&self) -> Target {
        Target { account: self.shared.account.clone(), region: self.step.region.as_str().into() }
    }

    async fn run(&mut self) -> Result<(), Early> {
        match self.step.action {
            Action::Create => self.create().await,
            Action::Update => self.update().await,
            Action::Delete => self.delete().await,
            Action::Forget => self.drop_record(),
            Action::Read => self.read().await,
        }
    }

    /// Makes an object. Its id is on disk as soon as AWS has told it.
    async fn create(&mut self) -> Result<(), Early> {
        if matches!(self.step.reason, Reason::Replaced { create_first: true, .. }) {
            self.depose()?;
        }
        let intent_id = digest::new_id();
        let ownership = self.ownership(&intent_id);
        let mut ready = self.prepare(&ownership)?;
        ready.after = self.known.value(&Value::object(ready.after)).as_object().cloned().unwrap_or_default();
        self.id = self.kind().identify(&ready.after).or(self.id.take());
        let name = self.kind().name_attribute().and_then(|name| ready.after.get(name)).and_then(Value::as_str);
        let operation = ready.calls.first().map_or("", |call| call.operation).to_owned();
        let intent = Intent {
            id: intent_id.clone(),
            address: self.step.address.clone(),
            region: self.step.region.clone(),
            name: name.map(str::to_owned),
            operation,
        };
        self.commit(Entry::Intend(intent.clone()))?;
        let count = ready.calls.len();
        for (number, call) in ready.calls.iter().enumerate() {
            let outcome = self.call(call, (number + 1, count), Some(&intent)).await;
            if number == 0 {
                match outcome {
                    // Nothing was made, so nothing is left to look for.
                    Err(Early::Failed(why)) if !self.doubtful => {
                        self.commit(Entry::Settle(intent_id))?;
                        return Err(Early::Failed(why));
                    }
                    Err(early) => return Err(early),
                    Ok(()) => {}
                }
                self.learn_id(&ready.after)?;
                self.record(&ready, ready.after.clone())?;
                self.commit(Entry::Settle(intent_id.clone()))?;
            } else {
                outcome?;
            }
            self.wait(call).await?;
        }
        self.finish(&ready).await
    }

    fn ownership(&self, intent: &str) -> Vec<(String, String)> {
        let stack = self.evaluator().stack().name.to_string();
        vec![
            ("cachestack:stack".to_owned(), stack),
            ("cachestack:environment".to_owned(), self.shared.environment.name.to_string()),
            ("cachestack:id".to_owned(), intent.to_owned()),
        ]
    }

    fn learn_id(&mut self, after: &Object) -> Result<(), Early> {
        let told = self.known.reply.get("id").and_then(Value::as_str).map(str::to_owned);
        self.id = told.or_else(|| self.kind().identify(after)).or(self.id.take());
        if self.id.is_some() {
            Ok(())
        } else {
            Err(Early::Failed("AWS did not tell the id of the new object".to_owned()))
        }
    }

    async fn update(&mut self) -> Result<(), Early> {
        let ready = self.prepare(&[])?;
        let count = ready.calls.len();
        for (number, call) in ready.calls.iter().enumerate() {
            self.call(call, (number + 1, count), None).await?;
            self.wait(call).await?;
        }
        self.finish(&ready).await
    }

    async fn delete(&mut self) -> Result<(), Early> {
        let count = self.step.calls.len();
        for (number, call) in self.step.calls.iter().enumerate() {
            self.call(call, (number + 1, count), None).await?;
            self.wait(call).await?;
        }
        self.drop_record()
    }

    fn drop_record(&self) -> Result<(), Early> {
        let create_first = matches!(self.step.reason, Reason::Replaced { create_first: true, .. });
        let id = self.step.id.clone().unwrap_or_default();
        if self.step.deposed || create_first {
            return self.commit(Entry::Bury(self.step.address.clone(), id));
        }
        self.commit(Entry::Remove(self.step.address.clone()))
    }

    /// The old object steps aside before the new one is made.
    fn depose(&self) -> Result<(), Early> {
        let record = self.store().state().records.get(&self.step.address).cloned();
        match record {
            Some(record) => self.commit(Entry::Depose(Deposed { address: self.step.address.clone(), record })),
            None => Ok(()),
        }
    }

    /// Looks up what could not be looked up at plan time.
    async fn read(&mut self) -> Result<(), Early> {
        let (args, scoped) = {
            let evaluator = self.evaluator();
            let names = evaluator.names();
            let block = names.0.resource(&self.step.address);
            let block = block.ok_or_else(|| "the block is gone".to_owned())?;
            let args = evaluate(&evaluator, &self.shared.environment, block, &self.step.address)?.object;
            (args, block.scope.is_some())
        };
        let lookup = self.shared.cloud.lookups(&self.step.region);
        let _permit = self.shared.calls.acquire().await.map_err(|_| Early::Stopped)?;
        let object = match lookup.lookup(&self.step.address.kind, &args).await {
            Ok(object) => object,
            // A check says so itself, and stops nothing.
            Err(_) if scoped => return Ok(()),
            Err(error) => return Err(Early::Failed(error.to_string())),
        };
        self.evaluator().set_instance(&self.step.address, Value::object(object));
        Ok(())
    }

    /// Evaluates the instance again where the plan had holes, and compiles its calls again.
    fn prepare(&self, ownership: &[(String, String)]) -> Result<Ready, Early> {
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
            let salt = self.store().state().salt.clone();
            for (name, value) in desired {
                note_digest(&name, &value, &salt, &mut secrets);
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

    /// Makes a call, again and again while AWS is busy or in trouble.
    async fn call(&mut self, call: &Call, number: (usize, usize), intent: Option<&Intent>) -> Result<(), Early> {
        let call = self.known.fill(call)?;
        let remote = self.shared.cloud.remote(&self.step.address.kind, &self.step.region);
        let mut pause = Duration::from_millis(250);
        loop {
            if self.shared.stopped() {
                return Err(Early::Stopped);
            }
            let result = {
                let _permit = self.shared.calls.acquire().await.map_err(|_| Early::Stopped)?;
                self.shared.send(Event::Called {
                    address: self.step.address.clone(),
                    operation: call.operation,
                    number,
                });
                remote.invoke(&call).await
            };
            let error = match result {
                Ok(reply) => {
                    self.known.reply.extend(reply);
                    return Ok(());
                }
                Err(error) => error,
            };
            match error.class {
                ErrorClass::NoChange => return Ok(()),
                ErrorClass::NotFound if self.step.action == Action::Delete => return Ok(()),
                ErrorClass::AlreadyExists if self.is_ours(intent).await => return Ok(()),
                ErrorClass::Transient if !is_refusal(&error.code) && self.is_taken(&call).await => return Ok(()),
                ErrorClass::Transient | ErrorClass::Busy if self.remaining() > Duration::ZERO => {
                    let status = if error.class == ErrorClass::Busy { "waiting" } else { "retrying" };
                    self.progress(&format!("{status}: {}", error.message.trim_end_matches('.')));
                    self.shared.clock.sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(15));
                }
                _ => return Err(Early::Failed(format!("{}: {error}", call.operation))),
            }
        }
    }

    /// Whether AWS has taken a change whose answer was lost: the object had settled before the call, and is busy now.
    /// Sent once more, a rotation of tokens would let the old one no longer in.
    async fn is_taken(&mut self, call: &Call) -> bool {
        self.doubtful = true;
        let Some(id) = self.id.clone().filter(|_| self.step.action == Action::Update && call.until == Until::Settled)
        else {
            return false;
        };
        let remote = self.shared.cloud.remote(&self.step.address.kind, &self.step.region);
        let found = remote.read(std::slice::from_ref(&id)).await.ok().and_then(|mut found| found.remove(&id));
        found.is_some_and(|observation| matches!(observation.status, Status::Busy(_)))
    }

    /// A create that was sent twice finds its own object.
    async fn is_ours(&mut self, intent: Option<&Intent>) -> bool {
        let Some(intent) = intent else { return false };
        let Some(own) = refresh::find_own(&*self.shared.cloud, intent).await.filter(|own| own.marked) else {
            return false;
        };
        self.known.reply.insert("id".into(), Value::string(own.id));
        true
    }

    fn remaining(&self) -> Duration {
        let elapsed = self.shared.clock.now().duration_since(self.start).unwrap_or_default();
        self.limit.saturating_sub(elapsed)
    }

    fn progress(&self, status: &str) {
        let elapsed = self.shared.clock.now().duration_since(self.start).unwrap_or_default();
        self.shared.send(Event::Progress { address: self.step.address.clone(), status: status.to_owned(), elapsed });
    }

    /// Waits for what a call started.
    async fn wait(&mut self, call: &Call) -> Result<(), Early> {
        let Some(id) = self.id.clone().filter(|_| call.until != Until::Returned) else { return Ok(()) };
        let quick = call.seconds <= 1;
        let mut sights = self.shared.settler.watch(&self.step.address.kind, &self.step.region, &id, quick);
        loop {
            let Some(sight) = sights.recv().await else { return Err(Early::Stopped) };
            let found = sight.map_err(|error| Early::Failed(error.to_string()))?;
            match (found, call.until) {
                (None, Until::Absent) => return Ok(()),
                (Some(observation), Until::Settled) if observation.status == Status::Settled => {
                    self.last = Some(observation);
                    return Ok(());
                }
                (Some(observation), _) => self.under_way(observation, call)?,
                (None, _) => {}
            }
            if self.remaining() == Duration::ZERO {
                return Err(Early::Failed(format!(
                    "still under way after {:#}; it is recorded, run apply again to wait on",
                    jiff::SignedDuration::try_from(self.limit).unwrap_or_default()
                )));
            }
        }
    }

    fn under_way(&self, observation: Observation, call: &Call) -> Result<(), Early> {
        match observation.status {
            Status::Broken(why) if call.until != Until::Absent => Err(Early::Failed(format!("AWS says: {why}"))),
            Status::Busy(status) => {
                self.progress(&status);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Reads the object back, compares it with what was asked for, and records it.
    async fn finish(&mut self, ready: &Ready) -> Result<(), Early> {
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
        self.record(ready, object.clone())?;
        let whole = self.publish(&ready.after, &object);
        self.verify(ready, &observed)?;
        self.postconditions(&whole)
    }

    /// Checks what the author of the block wants of the object that came out.
    fn postconditions(&self, object: &Value) -> Result<(), Early> {
        let evaluator = self.evaluator();
        let names = evaluator.names();
        let address = &self.step.address;
        let block = names.0.resource(address);
        let Some(block) = block.filter(|block| !block.meta.lifecycle.postconditions.is_empty()) else { return Ok(()) };
        let mut wrong = Vec::new();
        let instances = expand(block, &evaluator.within(&address.module), &mut wrong)
            .map(|expansion| expansion.instances)
            .unwrap_or_default();
        if let Some(instance) = instances.iter().find(|instance| instance.key == address.key) {
            conditions::postconditions(block, instance, object, &evaluator.within(&address.module), &mut wrong);
        }
        let first = wrong.into_iter().find(|diagnostic| diagnostic.is_error());
        first.map_or(Ok(()), |wrong| Err(Early::Failed(format!("{}: {}", wrong.summary, wrong.detail))))
    }

    async fn observe(&mut self) -> Result<Observation, Early> {
        if let Some(observation) =
            self.last.take().filter(|_| self.step.calls.last().is_none_or(|call| call.until == Until::Settled))
        {
            return Ok(observation);
        }
        let id = self.id.clone().unwrap_or_default();
        let mut sights = self.shared.settler.watch(&self.step.address.kind, &self.step.region, &id, true);
        match sights.recv().await {
            None => Err(Early::Stopped),
            Some(Ok(Some(observation))) => Ok(observation),
            Some(Ok(None)) => Err(Early::Failed("AWS said that it was done, and the object is not there".to_owned())),
            Some(Err(error)) => Err(Early::Failed(error.to_string())),
        }
    }

    /// AWS may say that all went well and not have done it.
    fn verify(&self, ready: &Ready, observed: &Observation) -> Result<(), Early> {
        let deferred = ready.after.get("apply_immediately").and_then(Value::as_bool) == Some(false);
        let wrong: Vec<&str> = self
            .step
            .changed
            .iter()
            .copied()
            .filter(|name| {
                let Some(attr) = self.kind().schema().attr(name) else { return false };
                let (Some(now), Some(wanted)) = (observed.object.get(*name), ready.after.get(*name)) else {
                    return false;
                };
                let pending = observed.pending.get(*name).is_some_and(|pending| attr.is_satisfied(pending, wanted));
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

    fn record(&self, ready: &Ready, object: Object) -> Result<(), Early> {
        let plan = &self.step.record;
        // A value that must not be shown must not be kept either, and AWS's copy of it is the same text.
        let hidden = |name: &str| ready.after.get(name).is_some_and(Value::is_sensitive_anywhere);
        let object = object.into_iter().filter(|(name, value)| !hidden(name) && value.is_wholly_known()).collect();
        let record = Record {
            region: self.step.region.clone(),
            id: self.id.clone().unwrap_or_default(),
            object,
            set: plan.set.clone(),
            secrets: ready.secrets.clone(),
            dependencies: plan.dependencies.clone(),
            protect: plan.protect,
            suffix: plan.suffix.clone(),
        };
        self.commit(Entry::Record(self.step.address.clone(), record))
    }

    /// Lets those who refer to the object see what became of it.
    fn publish(&self, after: &Object, object: &Object) -> Value {
        let mut all = after.clone();
        for (name, value) in object {
            let mark = after.get(name).is_some_and(|wanted| wanted.sensitive);
            all.insert(name.clone(), value.clone().with_mark(mark));
        }
        for value in all.values_mut().filter(|value| value.is_unknown()) {
            *value = Value::null_of(value.ty());
        }
        let whole = Value::object(all);
        self.evaluator().set_instance(&self.step.address, whole.clone());
        whole
    }
}

/// Whether an error says for sure that nothing was done.
fn is_refusal(code: &str) -> bool {
    ["Throttl", "RequestLimit", "TooManyRequests"].iter().any(|word| code.contains(word))
}

/// How long a step may take: as `timeouts` of the block says, else a default.
fn limit(shared: &Shared, step: &Step) -> Duration {
    let evaluator = shared.evaluator.lock().unwrap_or_else(PoisonError::into_inner);
    let names = evaluator.names();
    let view = evaluator.within(&step.address.module);
    let given = names.0.resource(&step.address).and_then(|block| timeouts::of(block, step.action, &view));
    given.unwrap_or_else(|| timeouts::default(step.action))
}

fn note_digest(name: &str, value: &Value, salt: &str, secrets: &mut BTreeMap<String, crate::state::Digest>) {
    let crate::value::Data::Secret(secret) = &value.data else { return };
    if let Some(text) = &secret.text {
        let source = secret.source.as_deref().map(str::to_owned);
        secrets.insert(name.to_owned(), crate::state::Digest { digest: digest::digest(text, salt), source });
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

fn evaluate(
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
