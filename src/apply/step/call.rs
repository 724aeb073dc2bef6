//! One call, again and again while AWS is busy or in trouble, and the wait for what it started.

use super::{Early, Work};
use std::sync::PoisonError;
use std::time::Duration;

use crate::apply::{Event, Shared};
use crate::kind::{Call, ErrorClass, Observation, Status, Until};
use crate::plan::{Action, Step, timeouts};
use crate::refresh;
use crate::state::Intent;
use crate::value::Value;

impl Work<'_> {
    /// Makes a call, again and again while AWS is busy or in trouble.
    pub(super) async fn call(
        &mut self,
        call: &Call,
        number: (usize, usize),
        intent: Option<&Intent>,
    ) -> Result<(), Early> {
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
    pub(super) async fn is_taken(&mut self, call: &Call) -> bool {
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
    pub(super) async fn is_ours(&mut self, intent: Option<&Intent>) -> bool {
        let Some(intent) = intent else { return false };
        let Some(own) = refresh::find_own(&*self.shared.cloud, intent).await.filter(|own| own.marked) else {
            return false;
        };
        self.known.reply.insert("id".into(), Value::string(own.id));
        true
    }

    pub(super) fn remaining(&self) -> Duration {
        let elapsed = self.shared.clock.now().duration_since(self.start).unwrap_or_default();
        self.limit.saturating_sub(elapsed)
    }

    pub(super) fn progress(&self, status: &str) {
        let elapsed = self.shared.clock.now().duration_since(self.start).unwrap_or_default();
        self.shared.send(Event::Progress { address: self.step.address.clone(), status: status.to_owned(), elapsed });
    }

    /// Waits for what a call started.
    pub(super) async fn wait(&mut self, call: &Call) -> Result<(), Early> {
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

    pub(super) fn under_way(&self, observation: Observation, call: &Call) -> Result<(), Early> {
        match observation.status {
            Status::Broken(why) if call.until != Until::Absent => Err(Early::Failed(format!("AWS says: {why}"))),
            Status::Busy(status) => {
                self.progress(&status);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Whether an error says for sure that nothing was done.
fn is_refusal(code: &str) -> bool {
    ["Throttl", "RequestLimit", "TooManyRequests"].iter().any(|word| code.contains(word))
}

/// How long a step may take: as `timeouts` of the block says, else a default.
pub(super) fn limit(shared: &Shared, step: &Step) -> Duration {
    let evaluator = shared.evaluator.lock().unwrap_or_else(PoisonError::into_inner);
    let names = evaluator.names();
    let view = evaluator.within(&step.address.module);
    let given = names.0.resource(&step.address).and_then(|block| timeouts::of(block, step.action, &view));
    given.unwrap_or_else(|| timeouts::default(step.action))
}
