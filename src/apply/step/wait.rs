//! The wait for what a call started.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Early, Work};
use crate::apply::settle::Sight;
use crate::apply::{Event, Shared};
use crate::kind::{Call, Observation, Status, Until};
use crate::plan::{Step, timeouts};
use crate::value::Value;
use crate::word::Word;

/// How many looks in a row must miss an object that was there before it counts as gone.
const MISSED_MAX: u32 = 5;

impl Work<'_> {
    pub(super) fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.elapsed())
    }

    pub(super) fn progress(&self, status: &str) {
        let (address, elapsed) = (self.step.address.clone(), self.elapsed());
        self.shared.send(Event::Progress { address, status: status.to_owned(), elapsed });
    }

    /// Waits until an object has settled, or is gone. No longer than the step may take, whatever reads do.
    pub(super) async fn wait(&mut self, call: &Call) -> Result<(), Early> {
        let Some(id) = self.id.clone().filter(|_| call.until != Until::Returned) else { return Ok(()) };
        let quick = call.seconds <= 1;
        let mut sights = self.shared.settler.watch(&self.step.address.kind, &self.step.region, &id, quick);
        let (mut seen, mut missed) = (false, 0);
        loop {
            let sight = tokio::select! {
                biased;
                sight = sights.recv() => sight,
                () = self.shared.clock.sleep(self.remaining()) => return Err(self.too_long()),
            };
            match self.look(sight, call)? {
                Seen::End => return Ok(()),
                Seen::UnderWay => (seen, missed) = (true, 0),
                Seen::Missing if seen && missed >= MISSED_MAX => return Err(self.vanished(&id)),
                Seen::Missing => missed += 1,
            }
            if self.remaining() == Duration::ZERO {
                return Err(self.too_long());
            }
        }
    }

    /// Waits until nothing is under way that an earlier run began. Whether a secret was changed by a call can only be
    /// told from the date of the last change, so no other change may end beside it.
    pub(super) async fn settled(&mut self) -> Result<(), Early> {
        let id = self.id.clone().unwrap_or_default();
        let mut sights = self.shared.settler.watch(&self.step.address.kind, &self.step.region, &id, true);
        loop {
            let sight = tokio::select! {
                biased;
                sight = sights.recv() => sight.ok_or(Early::Stopped)?,
                () = self.shared.clock.sleep(self.remaining()) => return Err(self.too_long()),
            };
            let found = sight.map_err(|error| Early::Failed(error.to_string()))?;
            let found = found.ok_or_else(|| format!("\"{id}\" is gone; plan again"))?;
            match found.status.under_way() {
                Some(word) => self.progress(word),
                None => {
                    self.last = Some(found);
                    return Ok(());
                }
            }
        }
    }

    fn look(&mut self, sight: Option<Sight>, call: &Call) -> Result<Seen, Early> {
        // Nobody looks any more: the run was stopped.
        let Some(sight) = sight else { return Err(Early::Stopped) };
        let found = sight.map_err(|error| Early::Doubtful(error.to_string()))?;
        Ok(match (found, call.until) {
            (None, Until::Absent) => Seen::End,
            (None, _) => Seen::Missing,
            (Some(observation), Until::Settled) if observation.status == Status::Settled => {
                self.last = Some(observation);
                Seen::End
            }
            (Some(observation), Until::Without(Word(attribute)))
                if observation.status == Status::Settled
                    && observation.object.get(attribute).is_none_or(Value::is_null) =>
            {
                self.last = Some(observation);
                Seen::End
            }
            (Some(observation), _) => {
                self.under_way(observation, call)?;
                Seen::UnderWay
            }
        })
    }

    fn under_way(&self, observation: Observation, call: &Call) -> Result<(), Early> {
        match observation.status {
            Status::Broken(why) if call.until != Until::Absent => Err(Early::Failed(format!("AWS says: {why}"))),
            Status::Making(word) | Status::Leaving(word) | Status::Busy(word) => {
                self.progress(&word);
                Ok(())
            }
            Status::Broken(_) | Status::Settled => Ok(()),
        }
    }

    pub(super) fn too_long(&self) -> Early {
        Early::Doubtful(format!(
            "still under way after {:#}; it is recorded, run apply again to wait on",
            jiff::SignedDuration::try_from(self.limit).unwrap_or_default()
        ))
    }

    fn vanished(&self, id: &str) -> Early {
        Early::Doubtful(format!("\"{id}\" was there and is gone while it was waited for; plan again"))
    }
}

enum Seen {
    End,
    UnderWay,
    Missing,
}

/// How long a step may take: as `timeouts` of the block says, else a default.
pub(super) fn limit(shared: &Shared, step: &Step) -> Duration {
    let evaluator = shared.evaluator.lock().unwrap_or_else(PoisonError::into_inner);
    let names = evaluator.names();
    let view = evaluator.within(&step.address.module);
    let given = names.0.resource(&step.address).and_then(|block| timeouts::of(block, step.action, &view));
    given.unwrap_or_else(|| timeouts::default(step.action))
}
