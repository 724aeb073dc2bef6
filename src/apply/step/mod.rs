//! One step: its calls in order, each after the one before has settled. Every call is an operation: on the medium
//! before it is sent, and ended with all that follows from it.

mod call;
mod finish;
mod local;
mod operation;
mod prepare;
mod wait;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use crate::address::Address;
use crate::apply::holes::Known;
use crate::apply::{Event, Outcome, Shared};
use crate::kind::{Call, Kind, Observation, RemoteError, Target, Until};
use crate::kinds;
use crate::kinds::lookups::Here;
use crate::kinds::tags::MARK;
use crate::plan::{Action, Reason, Step, names};
use crate::recovery;
use crate::stack::evaluator::Evaluator;
use crate::stack::public;
use crate::state::{Effect, Entry, Nature, Operation, Record};
use crate::value::{Object, Value};

/// Why a step ended early.
enum Early {
    /// It failed; what became of its last call is known.
    Failed(String),
    /// It failed, and nobody knows what became of its last call.
    Doubtful(String),
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
        return Outcome::Stopped(false);
    }
    let (address, action) = (step.address.clone(), step.action);
    if action != Action::Forget {
        shared.send(Event::Started { address: address.clone(), action, id: shown_id(step) });
    }
    let mut work = Work::new(shared, step);
    let result = work.whole().await;
    let elapsed = work.elapsed();
    match result {
        Ok(()) => {
            shared.send(Event::Done { address, action, id: work.id, elapsed });
            Outcome::Done
        }
        Err(Early::Failed(why) | Early::Doubtful(why)) => {
            shared.send(Event::Failed { address, action, why: why.clone(), elapsed });
            Outcome::Failed(why)
        }
        Err(Early::Stopped) => Outcome::Stopped(work.sent),
    }
}

/// The id of the object as people know it: what lives in no account is kept under another name.
fn shown_id(step: &Step) -> Option<String> {
    match kinds::local(&step.address.kind) {
        None => step.id.clone(),
        Some(_) => step.before.as_ref()?.get("id")?.as_str().map(str::to_owned),
    }
}

struct Work<'a> {
    shared: &'a Shared,
    step: &'a Step,
    /// When it began, on the clock that nobody can set.
    start: Duration,
    known: Known,
    id: Option<String>,
    last: Option<Observation>,
    /// The mark of an object that this step makes.
    mark: Option<String>,
    /// How long it may take.
    limit: Duration,
    /// Whether anything was sent.
    sent: bool,
    /// Whether the call that is being made was sent.
    open: bool,
}

/// A step with nothing unknown but what its own calls tell.
struct Ready {
    after: Object,
    calls: Vec<Call>,
    secrets: BTreeMap<String, crate::state::Digest>,
}

impl<'a> Work<'a> {
    fn new(shared: &'a Shared, step: &'a Step) -> Self {
        Self {
            shared,
            step,
            start: shared.clock.elapsed(),
            known: Known::default(),
            id: step.id.clone(),
            last: None,
            mark: None,
            limit: wait::limit(shared, step),
            sent: false,
            open: false,
        }
    }

    fn evaluator(&self) -> MutexGuard<'a, Evaluator> {
        self.shared.evaluator.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts entries on the medium. When that fails, nothing more is sent by anybody.
    async fn commit(&self, entry: Entry) -> Result<(), Early> {
        self.commit_all(vec![entry]).await
    }

    async fn commit_all(&self, entries: Vec<Entry>) -> Result<(), Early> {
        self.shared.store.commit(entries).await.map_err(|why| {
            self.shared.broken.store(true, Ordering::SeqCst);
            Early::Failed(why)
        })
    }

    fn kind(&self) -> &'static dyn Kind {
        kinds::get(&self.step.address.kind).expect("a step is of a known kind")
    }

    fn target(&self) -> Target {
        Target { account: self.shared.account.clone(), region: self.step.region.as_str().into() }
    }

    fn elapsed(&self) -> Duration {
        self.shared.clock.elapsed().saturating_sub(self.start)
    }

    /// The step, and that it is done.
    async fn whole(&mut self) -> Result<(), Early> {
        self.run().await?;
        match self.finished() {
            Some(effect) => self.commit(Entry::Noted(vec![effect])).await,
            None => Ok(()),
        }
    }

    async fn run(&mut self) -> Result<(), Early> {
        let local = kinds::local(&self.step.address.kind);
        match self.step.action {
            Action::Create | Action::Update if let Some(local) = local => self.make(local).await,
            Action::Create => self.create().await,
            Action::Update => self.update().await,
            Action::Delete if let Some(local) = local.filter(|local| !local.secrets().is_empty()) => {
                self.rehearse()?;
                self.drop_secrets(local).await
            }
            Action::Delete => {
                let pause = local.and_then(|local| local.pause(self.step.before.as_ref()?, true));
                self.rest(pause).await?;
                self.delete().await
            }
            Action::Forget => self.commit(Entry::Noted(vec![self.forget()])).await,
            Action::Read => self.read().await,
        }
    }

    /// Makes an object. Its record is on the medium together with the end of the call that made it.
    async fn create(&mut self) -> Result<(), Early> {
        let mark = self.shared.entropy.id();
        self.mark = Some(mark.clone()).filter(|_| self.kind().schema().taggable());
        let mut ready = self.prepare()?;
        let ownership = self.ownership(&mark);
        ready.calls.iter_mut().for_each(|call| call.own(&ownership));
        let entropy = &*self.shared.entropy;
        ready.after = self.known.value(&Value::object(ready.after), entropy).as_object().cloned().unwrap_or_default();
        if !self.kind().is_named_by_aws() {
            let name = self.kind().identify(&ready.after);
            if self.step.id.is_none() && self.made_before() == 0 {
                self.claim(name.as_deref(), &ready.after).await?;
            }
            self.id = name.or(self.id.take());
        }
        if self.kind().finds_again() && self.made_before() == 0 {
            self.claim_place(&ready.after).await?;
        }
        self.go_on(&mut ready).await?;
        let _turn = self.turn(&ready.after).await;
        let count = ready.calls.len();
        for (number, call) in ready.calls.iter().enumerate().skip(self.made_before()) {
            let nature = if number == 0 { Nature::Create } else { Nature::Change };
            let record = self.record_of_first(&ready);
            let operation = self.operation(&mark, nature, call, (number, count), record);
            self.begin(&operation).await?;
            self.call(call, &operation).await?;
            if number == 0 {
                self.learn_id(&ready.after)?;
                self.refuse_known(&operation).await?;
                let effects = self.made(&ready);
                self.end(&operation, effects).await?;
                self.wait(call).await?;
            } else {
                self.until_settled(call, &operation, None).await?;
            }
        }
        self.finish(&ready).await
    }

    /// What an earlier run has made of the object is known: its name, its mark and what its first call told.
    async fn go_on(&mut self, ready: &mut Ready) -> Result<(), Early> {
        if self.made_before() == 0 {
            return Ok(());
        }
        let record = self.recorded_at_address();
        let Some(record) = record else { return Err(Early::Failed("its record is gone; plan again".to_owned())) };
        self.id = Some(record.id.clone());
        self.mark = record.mark.clone();
        for (name, value) in ready.after.iter_mut() {
            if let Some(known) = record.object.get(name).filter(|_| !value.is_wholly_known()) {
                *value = known.clone();
            }
        }
        self.known.reply = record.object;
        // The run that made it need not have seen it come to its end.
        let made = ready.calls[self.made_before().min(ready.calls.len()) - 1].clone();
        self.wait(&made).await?;
        let observed = self.observe().await?;
        self.known.reply.extend(observed.object.clone());
        self.known.reply.or_insert("id".into(), Value::string(&record.id));
        self.last = Some(observed);
        Ok(())
    }

    pub(super) fn recorded_at_address(&self) -> Option<Record> {
        self.shared.store.state().records.get(&self.step.address).cloned()
    }

    /// Waits until nobody else changes what AWS changes one thing at a time of.
    async fn turn(&self, object: &Object) -> Vec<OwnedMutexGuard<()>> {
        self.shared.turns.take(self.kind().schema(), &self.step.region, object, self.id.as_deref()).await
    }

    fn ownership(&self, mark: &str) -> Vec<(String, String)> {
        let stack = self.evaluator().stack().name.to_string();
        vec![
            ("cachestack:stack".to_owned(), stack),
            ("cachestack:environment".to_owned(), self.shared.environment.name.to_string()),
            (MARK.to_owned(), mark.to_owned()),
        ]
    }

    /// A name that was not known when the plan was made is looked for: what has it already is somebody else's.
    async fn claim(&self, name: Option<&str>, after: &Object) -> Result<(), Early> {
        let Some(name) = name else {
            return Err(Early::Failed("it turned out to have no name; nothing was sent".to_owned()));
        };
        let (kind, region) = (&self.step.address.kind, &self.step.region);
        let ours = self.shared.store.state().owner(kind, region, name).map(|owner| owner.address.to_string());
        if let Some(owner) = ours {
            return Err(Early::Failed(format!(
                "it turned out to be called \"{name}\", as `{owner}` is; nothing was sent"
            )));
        }
        let claim = (kind.clone(), region.clone(), name.to_owned());
        if !self.shared.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(claim) {
            return Err(Early::Failed(format!(
                "two resources turned out to be called \"{name}\"; this one was not sent"
            )));
        }
        let found = self.shared.cloud.remote(kind, region).read(&[name.to_owned()]).await;
        let found = found.map_err(|error| Early::Failed(error.to_string()))?;
        let owner = self.says_the_same(after, &self.step.record.set).filter(|_| !found.is_empty());
        match (found.is_empty(), owner) {
            (true, _) => Ok(()),
            (false, Some(owner)) => Err(Early::Failed(format!(
                "it turned out to be called \"{name}\", and `{owner}` says the same, which AWS keeps once; nothing was sent: remove one of them"
            ))),
            (false, None) => Err(Early::Failed(format!(
                "it turned out to be called \"{name}\", and there is one already; nothing was sent: import it, or choose another name"
            ))),
        }
    }

    /// Another resource of this state that says in part what this one says; `set` names what is written of it.
    fn says_the_same(&self, object: &Object, set: &BTreeSet<String>) -> Option<Address> {
        let said = |object: &Object, set: &BTreeSet<String>| -> Object {
            let is_said = |name: &str| name == "id" || set.contains(name);
            let object = object.iter().filter(|(name, _)| is_said(name));
            object.map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let wanted = said(object, set);
        let repeats = |(address, record): &(&Address, &Record)| {
            let other = said(&record.object, &record.set);
            **address != self.step.address
                && record.region == self.step.region
                && self.kind().repeats(&wanted, (&address.kind, &other))
        };
        let state = self.shared.store.state();
        state.records.iter().find(repeats).map(|(address, _)| address.clone())
    }

    /// Where AWS answers a create with the object that is there, one that this state does not know is somebody else's.
    /// What the plan knew it has looked for.
    async fn claim_place(&self, after: &Object) -> Result<(), Early> {
        let planned = self.step.after.as_ref().and_then(|planned| names::open_place(self.kind(), planned));
        let Some(place) = self.kind().place(after).filter(|_| planned.is_none()) else { return Ok(()) };
        let (kind, region) = (&self.step.address.kind, &self.step.region);
        let found = self.shared.cloud.remote(kind, region).read(std::slice::from_ref(&place)).await;
        let found = found.map_err(|error| Early::Failed(error.to_string()))?.remove(&place);
        let id = found.as_ref().and_then(|found| found.object.get("id")).and_then(Value::as_str);
        match id.filter(|id| self.shared.store.state().owner(kind, region, id).is_none()) {
            None => Ok(()),
            Some(id) => Err(Early::Failed(format!(
                "it turned out that the account has it already, as \"{id}\", which this state does not know; nothing was sent: import it, or remove the resource"
            ))),
        }
    }

    /// The new object has a record; the one before it has a successor from the same entry on.
    fn made(&self, ready: &Ready) -> Vec<Effect> {
        let mut effects = Vec::new();
        if matches!(self.step.reason, Reason::Replaced { create_first: true, .. }) {
            effects.push(Effect::Depose(self.step.address.clone()));
        }
        effects.push(Effect::Record(self.step.address.clone(), self.record_of_first(ready)));
        effects
    }

    fn learn_id(&mut self, after: &Object) -> Result<(), Early> {
        let told = self.known.reply.get("id").and_then(Value::as_str).map(str::to_owned);
        self.id = told.or_else(|| self.kind().identify(after)).or(self.id.take());
        match self.id {
            Some(_) => Ok(()),
            // The operation stays open, and the next run finds the object by its mark.
            None => Err(Early::Doubtful("AWS did not tell the id of the new object".to_owned())),
        }
    }

    /// AWS may answer a create with an object that is there already, as it does for subscriptions. One that has a record
    /// stays that record's.
    async fn refuse_known(&self, operation: &Operation) -> Result<(), Early> {
        if !self.kind().finds_again() {
            return Ok(());
        }
        let (kind, region) = (&self.step.address.kind, &self.step.region);
        let id = self.id.clone().unwrap_or_default();
        let claim = (kind.clone(), region.clone(), id.clone());
        // What is gone is made again under its own record.
        let again = !matches!(self.step.reason, Reason::Replaced { create_first: true, .. });
        let owner = self.shared.store.state().owner(kind, region, &id).map(|owner| owner.address.clone());
        let owner = owner.filter(|owner| !(again && *owner == self.step.address));
        let first = self.shared.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(claim);
        if owner.is_none() && first {
            return Ok(());
        }
        self.settle(operation, crate::state::End::NotDone, Vec::new()).await?;
        let owner = owner.map_or_else(|| "another resource".to_owned(), |owner| format!("`{owner}`"));
        Err(Early::Failed(format!(
            "AWS answered with \"{id}\", which is that of {owner}: two resources say the same; remove one of them"
        )))
    }

    async fn update(&mut self) -> Result<(), Early> {
        let mut ready = self.prepare()?;
        if let Some(mark) = self.recorded().mark() {
            let ownership = self.ownership(mark);
            ready.calls.iter_mut().for_each(|call| call.own(&ownership));
        }
        let _turn = self.turn(&ready.after).await;
        let count = ready.calls.len();
        let owed = self.owes(&ready);
        if !owed.is_empty() {
            let mut record = self.recorded();
            record.owed.extend(owed);
            self.commit(Entry::Noted(vec![Effect::Record(self.step.address.clone(), record)])).await?;
        }
        for (number, call) in ready.calls.iter().enumerate().skip(self.made_before()) {
            if call.secret.is_some() && self.last.is_none() {
                self.settled().await?;
            }
            let after = self.record_after(call, &ready);
            let operation = self.operation("", Nature::Change, call, (number, count), after.clone());
            self.begin(&operation).await?;
            self.call(call, &operation).await?;
            self.until_settled(call, &operation, Some((after, &ready))).await?;
        }
        self.finish(&ready).await
    }

    /// A change has come to its end when the object has settled: until then the operation is open, and whoever goes on
    /// waits for it.
    async fn until_settled(
        &mut self,
        call: &Call,
        operation: &Operation,
        record: Option<(Record, &Ready)>,
    ) -> Result<(), Early> {
        let waited = self.wait(call).await;
        if let Err(Early::Stopped | Early::Doubtful(_)) = waited {
            return waited;
        }
        // A read that is behind shows the object before the call: taken for what is after it, the date of this change
        // would be that of the next.
        if waited.is_ok() && call.secret.is_some() && self.date().is_some() {
            self.is_dated(operation).await;
        }
        let record = record.map(|(planned, ready)| self.record_ended(planned, operation.call.0 + 1, ready));
        let effect = record.map(|record| Effect::Record(self.step.address.clone(), record));
        self.end(operation, effect.into_iter().collect()).await?;
        waited
    }

    async fn delete(&mut self) -> Result<(), Early> {
        self.rehearse()?;
        let _turn = self.turn(self.step.before.as_ref().unwrap_or(&Object::default())).await;
        let count = self.step.calls.len();
        // The name is on the medium before it is used: no other attempt takes it.
        if let (Some(name), Some(id)) = (&self.step.farewell, &self.step.id) {
            let effect = Effect::Farewell(self.step.address.clone(), id.clone(), name.clone());
            self.commit(Entry::Noted(vec![effect])).await?;
        }
        for (number, call) in self.step.calls.iter().enumerate().skip(self.made_before()) {
            let last = call.until == Until::Absent;
            let nature = if last { Nature::Delete } else { Nature::Change };
            let recorded = Record { farewell: self.step.farewell.clone(), ..self.recorded() };
            let operation = self.operation("", nature, call, (number, count), recorded);
            self.begin(&operation).await?;
            self.call(call, &operation).await?;
            if last {
                // It has come to its end when the object is gone.
                self.wait(call).await?;
                let kept = recovery::kept(&operation.parts[0]);
                return self.end(&operation, [self.forget()].into_iter().chain(kept).collect()).await;
            }
            self.end(&operation, Vec::new()).await?;
            self.wait(call).await?;
        }
        self.commit(Entry::Noted(vec![self.forget()])).await
    }

    /// An object that goes before its successor is made goes only if that can be made as it was planned: all that it
    /// hangs on is known by now.
    fn rehearse(&self) -> Result<(), Early> {
        let Reason::Replaced { create_first: false, .. } = self.step.reason else { return Ok(()) };
        let Some(create) = self.shared.creates.get(&self.step.address) else { return Ok(()) };
        let step = &self.shared.plan.steps[*create];
        Work::new(self.shared, step).prepare().map(drop)
    }

    /// The record goes: of the address, or of the object that has a successor.
    fn forget(&self) -> Effect {
        let create_first = matches!(self.step.reason, Reason::Replaced { create_first: true, .. });
        let id = self.step.id.clone().unwrap_or_default();
        recovery::forget(&self.step.address, id, self.step.deposed || create_first)
    }

    /// Looks up what could not be looked up at plan time.
    async fn read(&mut self) -> Result<(), Early> {
        let (args, scoped, schema, here) = {
            let evaluator = self.evaluator();
            let names = evaluator.names();
            let block = names.0.resource(&self.step.address);
            let block = block.ok_or_else(|| "the block is gone".to_owned())?;
            let environment = &self.shared.environment;
            let args = prepare::evaluate(&evaluator, environment, block, &self.step.address)?.object;
            let here = kinds::lookups::answered_here(&self.step.address.kind).map(|answer| {
                let tags = environment.tags_of(block, &evaluator);
                answer(&args, &Here { region: &self.step.region, tags: &tags })
            });
            (args, block.scope.is_some(), block.schema, here)
        };
        let object = match here {
            Some(answer) => public::answered(answer.map_err(|problem| problem.detail)?, &args, schema),
            None => match self.look_up(&args).await? {
                Ok(object) => public::found(object, &args, schema),
                // A check says so itself, and stops nothing.
                Err(_) if scoped => return Ok(()),
                Err(error) => return Err(Early::Failed(error.to_string())),
            },
        };
        self.evaluator().set_instance(&self.step.address, Value::object(object));
        Ok(())
    }

    async fn look_up(&self, args: &Object) -> Result<Result<Object, RemoteError>, Early> {
        let lookup = self.shared.cloud.lookups(&self.step.region);
        let _permit = self.shared.calls.acquire().await.map_err(|_| Early::Stopped)?;
        Ok(lookup.lookup(&self.step.address.kind, args).await)
    }
}
