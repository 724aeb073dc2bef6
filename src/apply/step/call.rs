//! One call, again and again while AWS is busy or in trouble. Every way out says whether its end is known.

use super::{Early, Work};
use crate::apply::Event;
use crate::apply::joint::Answer;
use crate::kind::{Call, ErrorClass, RemoteError, Status};
use crate::recovery::{Sight, Verdict, judge};
use crate::refresh;
use crate::retry::{self, Next, Pauses};
use crate::state::{End, Nature, Operation, Record};
use crate::value::Value;
use crate::value::mask::mask;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often it is looked whether a secret was changed, before it counts as not changed.
const SECRET_LOOKS: u32 = 6;

impl Work<'_> {
    /// Makes a call whose operation is open. When this fails for sure the operation is ended, else it stays open for
    /// the next run.
    pub(super) async fn call(&mut self, call: &Call, operation: &Operation) -> Result<(), Early> {
        self.open = false;
        let result = match self.known.fill(call, &*self.shared.entropy) {
            Ok(call) => self.tries(&call, operation).await,
            Err(why) => Err(Early::Failed(why)),
        };
        match result {
            Err(Early::Failed(why)) => {
                self.settle(operation, End::NotDone, Vec::new()).await?;
                Err(Early::Failed(why))
            }
            Err(Early::Stopped) if !self.open => {
                self.settle(operation, End::NotDone, Vec::new()).await?;
                Err(Early::Stopped)
            }
            other => other,
        }
    }

    async fn tries(&mut self, call: &Call, operation: &Operation) -> Result<(), Early> {
        let mut pauses = Pauses::default();
        // Whether AWS may have carried out a call whose answer was lost.
        let mut doubtful = false;
        loop {
            if self.shared.stopped() {
                return Err(Early::Stopped);
            }
            let Err(error) = self.send(call, operation).await? else { return Ok(()) };
            let failed = |doubtful: bool, error: &RemoteError| {
                let why = format!("{}: {error}", call.operation);
                if doubtful { Early::Doubtful(why) } else { Early::Failed(why) }
            };
            match retry::next(&error) {
                Next::Done if !doubtful => return self.refuse_repeated(operation, &error),
                Next::Done => return Ok(()),
                Next::Gone if operation.nature == Nature::Delete => return Ok(()),
                Next::Gone | Next::Fail => return Err(failed(doubtful, &error)),
                Next::Look => return self.look_at_own(operation, doubtful, &error).await,
                Next::LookThenAgain => {
                    doubtful = true;
                    if self.is_taken(operation).await {
                        return Ok(());
                    }
                }
                Next::Again if self.is_leaving(call, operation, &error).await => return Ok(()),
                Next::Again => {}
            }
            let status = if retry::next(&error) == Next::Again { "waiting" } else { "retrying" };
            self.progress(&format!("{status}: {}", error.message.trim_end_matches('.')));
            self.shared.clock.sleep(pauses.next(self.remaining())).await;
            // A call that nobody has time to wait for may be carried out all the same.
            if self.remaining() == Duration::ZERO {
                return Err(failed(doubtful, &error));
            }
        }
    }

    /// Sends the call once.
    async fn send(&mut self, call: &Call, operation: &Operation) -> Result<Result<(), RemoteError>, Early> {
        let answer = match self.kind().joins(call.operation) {
            Some(list) => self.send_with_others(call, operation, list).await?,
            None => self.send_alone(call, operation).await?,
        };
        // An answer may repeat what was asked, and so what must not be shown.
        let masked = |error: RemoteError| RemoteError { message: mask(&error.message, call.args.values()), ..error };
        Ok(answer.map(|reply| self.known.reply.extend(reply)).map_err(masked))
    }

    async fn send_alone(&mut self, call: &Call, operation: &Operation) -> Result<Answer, Early> {
        let remote = self.shared.cloud.remote(&self.step.address.kind, &self.step.region);
        let _permit = self.shared.calls.acquire().await.map_err(|_| Early::Stopped)?;
        if self.shared.stopped() {
            return Err(Early::Stopped);
        }
        self.sends(call, operation);
        // What is not answered in the time that the step has may have been carried out: its operation stays open.
        tokio::select! {
            biased;
            answer = remote.invoke(call) => Ok(answer),
            () = self.shared.clock.sleep(self.remaining()) => Err(self.too_long()),
        }
    }

    /// Sends the call with those that wait beside it, or has it sent by another step that may send.
    async fn send_with_others(
        &mut self,
        call: &Call,
        operation: &Operation,
        (list, most): (&'static str, usize),
    ) -> Result<Answer, Early> {
        let shared = self.shared;
        let (kind, region) = (&self.step.address.kind, &self.step.region);
        let remote = shared.cloud.remote(kind, region);
        let mut ticket = shared.joint.join((kind.clone(), region.clone(), call.operation), call);
        let _turn = shared.joint.turn(&ticket).await;
        let _permit = shared.calls.acquire().await.map_err(|_| Early::Stopped)?;
        if shared.stopped() && shared.joint.leave(&ticket) {
            return Err(Early::Stopped);
        }
        self.sends(call, operation);
        let answered = shared.joint.answered(&mut ticket, &*remote, (list, most), || shared.stopped());
        let answer = tokio::select! {
            biased;
            answer = answered => answer,
            () = shared.clock.sleep(self.remaining()) => return Err(self.too_long()),
        };
        match answer {
            Some(answer) => Ok(answer),
            None if shared.joint.leave(&ticket) => {
                self.open = false;
                Err(Early::Stopped)
            }
            None => Err(Early::Doubtful(format!("{}: nobody knows what was answered", call.operation))),
        }
    }

    /// Notes that a call is on its way.
    fn sends(&mut self, call: &Call, operation: &Operation) {
        let (number, count) = operation.call;
        let address = self.step.address.clone();
        self.shared.send(Event::Called { address, operation: call.operation, number: (number + 1, count) });
        (self.sent, self.open) = (true, true);
        self.shared.sent.store(true, Ordering::SeqCst);
    }

    /// What is there already, and was not made by a call whose answer was lost, may be what another resource says.
    fn refuse_repeated(&self, operation: &Operation, error: &RemoteError) -> Result<(), Early> {
        let record = &operation.parts[0].record;
        match self.says_the_same(&record.object, &record.set) {
            None => Ok(()),
            Some(owner) => Err(Early::Failed(format!(
                "{}: {error}; `{owner}` says the same, and AWS keeps it once: remove one of them",
                operation.name
            ))),
        }
    }

    /// There is an object of that name: it is ours if it carries the mark of this very operation. What carries none is
    /// ours only if the answer of a call was lost: nothing was there before it.
    async fn look_at_own(&mut self, operation: &Operation, doubtful: bool, error: &RemoteError) -> Result<(), Early> {
        let why = format!("{}: {error}", operation.name);
        if !doubtful {
            self.refuse_repeated(operation, error)?;
        }
        if !doubtful && operation.nature == Nature::Create && !self.kind().schema().taggable() {
            return Err(Early::Failed(format!(
                "{why}; it was there before, so it is somebody else's: import it, or choose another name"
            )));
        }
        match self.verdict(operation).await {
            Ok(Verdict::Done(_)) => Ok(()),
            Ok(_) if !doubtful => Err(Early::Failed(format!(
                "{why}; it does not carry the mark of this call, so it is somebody else's: import it, or choose another name"
            ))),
            Ok(_) => Err(Early::Failed(why)),
            Err(unread) => Err(Early::Doubtful(format!("{why}; whether it is ours cannot be read: {unread}"))),
        }
    }

    /// Whether AWS, too busy to delete an object, is at that already. Then there is nothing to send again: under the name
    /// of what is gone somebody may have made another.
    async fn is_leaving(&self, call: &Call, operation: &Operation, error: &RemoteError) -> bool {
        // What goes at once is never seen on its way.
        if operation.nature != Nature::Delete || error.class != ErrorClass::Busy || call.seconds <= 1 {
            return false;
        }
        let sight = self.sight(operation).await;
        matches!(sight, Ok(Sight::Present { observation, .. }) if matches!(observation.status, Status::Leaving(_)))
    }

    /// Whether AWS has carried out a call whose answer was lost. A change is under way when the object, which had
    /// settled before the call, is busy now.
    async fn is_taken(&mut self, operation: &Operation) -> bool {
        if operation.nature == Nature::Delete {
            return false;
        }
        if self.changes_secret(operation) {
            return self.is_dated(operation).await;
        }
        let Ok(sight) = self.sight(operation).await else { return false };
        if let (Nature::Change, Sight::Present { observation, .. }) = (operation.nature, &sight) {
            return observation.status.under_way().is_some();
        }
        matches!(self.learn(operation, &sight), Verdict::Done(_))
    }

    fn changes_secret(&self, operation: &Operation) -> bool {
        let (state, part) = (self.shared.store.state(), &operation.parts[0]);
        let differs = |record: &Record| !record.is_let_in_as(&part.record);
        operation.nature == Nature::Change && state.records.get(&part.address).is_some_and(differs)
    }

    /// Whether a secret was changed by this very call: sent once more, a rotation would let the old one no longer in.
    /// Reads may be behind, and a busy object may be busy with the call before, so it is looked at more than once.
    pub(super) async fn is_dated(&mut self, operation: &Operation) -> bool {
        let mut unchanged = 0;
        while unchanged < SECRET_LOOKS && self.remaining() > Duration::ZERO && !self.shared.stopped() {
            let seen = self.sight(operation).await.map(|sight| (self.decide(operation, &sight), sight));
            match seen {
                Ok((Verdict::Done(effects), Sight::Present { observation, .. })) if !effects.is_empty() => {
                    self.last = Some(observation);
                    return true;
                }
                // What it is busy with may be this very call.
                Ok((Verdict::Undecidable(_), _)) | Err(_) => {}
                Ok(_) => unchanged += 1,
            }
            self.shared.clock.sleep(self.shared.pause.min(self.remaining())).await;
        }
        false
    }

    async fn verdict(&mut self, operation: &Operation) -> Result<Verdict, RemoteError> {
        let sight = self.sight(operation).await?;
        Ok(self.learn(operation, &sight))
    }

    async fn sight(&self, operation: &Operation) -> Result<Sight, RemoteError> {
        let shared = self.shared;
        refresh::sight(&*shared.cloud, &*shared.clock, shared.pause, operation, &operation.parts[0]).await
    }

    fn decide(&self, operation: &Operation, sight: &Sight) -> Verdict {
        judge(&self.shared.store.state(), operation, &operation.parts[0], sight)
    }

    /// Decides, and takes the name that AWS gave to an object of ours.
    fn learn(&mut self, operation: &Operation, sight: &Sight) -> Verdict {
        let verdict = self.decide(operation, sight);
        if let (Verdict::Done(_), Sight::Present { id, .. }) = (&verdict, sight) {
            self.known.reply.insert("id".into(), Value::string(id));
        }
        verdict
    }
}
