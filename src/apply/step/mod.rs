//! One step: its calls in order, each after the one before has settled; intent before, record after.

mod call;
mod finish;
mod prepare;

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::apply::holes::Known;
use crate::apply::{Event, Outcome, Shared};
use crate::kind::{Call, Kind, Observation, Target};
use crate::kinds;
use crate::plan::{Action, Reason, Step};
use crate::stack::evaluator::Evaluator;
use crate::stack::public;
use crate::state::store::Store;
use crate::state::{Deposed, Entry, Intent, digest};
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
        limit: call::limit(shared, step),
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
            let args = prepare::evaluate(&evaluator, &self.shared.environment, block, &self.step.address)?.object;
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
        self.evaluator().set_instance(&self.step.address, Value::object(public::found(object, &args)));
        Ok(())
    }
}
