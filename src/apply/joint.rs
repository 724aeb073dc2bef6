//! Calls that AWS takes together: what many steps delete at the same moment goes by one call. Each of the steps has its
//! own operation, on the medium before the call and ended after it, and its own answer; where AWS refuses the whole for
//! one of them, each is asked for by itself.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::oneshot::{self, Receiver, Sender};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::kind::{Call, Remote, RemoteError, Reply};
use crate::retry::{self, Next};
use crate::value::Value;

/// What is answered to one of them.
pub type Answer = Result<Reply, RemoteError>;

/// Where calls are that can be one: kind, region and operation.
pub type Place = (Arc<str>, String, &'static str);

/// Calls that wait to be sent with others.
#[derive(Default)]
pub struct Joint(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    waiting: BTreeMap<Place, VecDeque<Waiting>>,
    turns: BTreeMap<Place, Arc<Turn<()>>>,
    /// How many there have been.
    count: u64,
}

/// A call that waits.
struct Waiting {
    number: u64,
    call: Call,
    answer: Sender<Answer>,
}

/// What a step has of its call that waits.
pub struct Ticket {
    place: Place,
    number: u64,
    /// Closed where whoever sent the call did not live to see an answer.
    answer: Receiver<Answer>,
}

impl Joint {
    /// Puts a call in its line; whoever may send next sends it with the others.
    pub fn join(&self, place: Place, call: &Call) -> Ticket {
        let (sender, answer) = oneshot::channel();
        let mut lines = self.lines();
        lines.count += 1;
        let number = lines.count;
        let waiting = Waiting { number, call: call.clone(), answer: sender };
        lines.waiting.entry(place.clone()).or_default().push_back(waiting);
        Ticket { place, number, answer }
    }

    /// Takes a call out of its line; false where it is being sent, or was.
    pub fn leave(&self, ticket: &Ticket) -> bool {
        let mut lines = self.lines();
        let Some(line) = lines.waiting.get_mut(&ticket.place) else { return false };
        let before = line.len();
        line.retain(|one| one.number != ticket.number);
        line.len() < before
    }

    /// Takes out those that have waited longest in the line of a call. Who no longer listens has given up before anything
    /// was sent.
    fn take(&self, ticket: &Ticket, most: usize) -> Vec<Waiting> {
        let mut lines = self.lines();
        let Some(line) = lines.waiting.get_mut(&ticket.place) else { return Vec::new() };
        line.retain(|one| !one.answer.is_closed());
        let count = line.len().min(most);
        line.drain(..count).collect()
    }

    /// Waits until no call of the line is under way: what comes meanwhile goes with the next.
    pub async fn turn(&self, ticket: &Ticket) -> OwnedMutexGuard<()> {
        let turn = self.lines().turns.entry(ticket.place.clone()).or_default().clone();
        turn.lock_owned().await
    }

    /// The answer to a call whose turn it is: that of another which has sent it too, or what comes of sending all that
    /// waits. None where it stopped before, or who sent it did not live to see an answer.
    pub async fn answered(
        &self,
        ticket: &mut Ticket,
        remote: &dyn Remote,
        (list, most): (&'static str, usize),
        stopped: impl Fn() -> bool,
    ) -> Option<Answer> {
        loop {
            match ticket.answer.try_recv() {
                Ok(answer) => return Some(answer),
                Err(TryRecvError::Closed) => return None,
                Err(TryRecvError::Empty) if stopped() => return None,
                Err(TryRecvError::Empty) => {
                    let unsent = send(remote, self.take(ticket, most), list, &stopped).await;
                    self.put_back(ticket, unsent);
                }
            }
        }
    }

    /// What was not sent stands first in its line again.
    fn put_back(&self, ticket: &Ticket, unsent: Vec<Waiting>) {
        let mut lines = self.lines();
        let line = lines.waiting.entry(ticket.place.clone()).or_default();
        unsent.into_iter().rev().for_each(|one| line.push_front(one));
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends calls as one, whose argument of that name lists what they are about, and answers each. Those that are sent by
/// themselves are sent until it is stopped: answers what was not.
async fn send(
    remote: &dyn Remote,
    calls: Vec<Waiting>,
    list: &'static str,
    stopped: &impl Fn() -> bool,
) -> Vec<Waiting> {
    if calls.len() > 1 {
        let result = remote.invoke(&joined(&calls, list)).await;
        let again = |error: &RemoteError| matches!(retry::next(error), Next::Again | Next::LookThenAgain);
        if result.as_ref().map_or_else(again, |_| true) {
            calls.into_iter().for_each(|one| drop(one.answer.send(result.clone())));
            return Vec::new();
        }
    }
    let mut calls = calls.into_iter();
    while !stopped() {
        let Some(one) = calls.next() else { break };
        let answer = remote.invoke(&one.call).await;
        // Whoever asked may be out of time by now.
        drop(one.answer.send(answer));
    }
    calls.collect()
}

/// The first call, about what all of them are about.
fn joined(calls: &[Waiting], list: &'static str) -> Call {
    let mut whole = calls[0].call.clone();
    let elements = calls.iter().filter_map(|one| one.call.args.get(list)).flat_map(Value::children).cloned();
    let elements = Value::tuple(elements.collect());
    whole.args.insert(list, elements);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::{ErrorClass, Future_, Observation};
    use crate::value::Object;

    /// Answers a call by the names in it, and remembers how many those were.
    struct Service {
        class: fn(&[String]) -> Option<ErrorClass>,
        calls: Mutex<Vec<usize>>,
    }

    fn error(class: ErrorClass) -> RemoteError {
        RemoteError { class, code: "Wrong".to_owned(), message: "wrong".to_owned(), request_id: None }
    }

    impl Remote for Service {
        fn read<'a>(&'a self, _: &'a [String]) -> Future_<'a, Result<BTreeMap<String, Observation>, RemoteError>> {
            unreachable!("nothing is read")
        }

        fn tags<'a>(&'a self, _: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
            unreachable!("nothing is read")
        }

        fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
            unreachable!("nothing is listed")
        }

        fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Answer> {
            let names: Vec<String> =
                call.args["Names"].children().filter_map(Value::as_str).map(str::to_owned).collect();
            Box::pin(async move {
                self.calls.lock().expect("a list").push(names.len());
                tokio::task::yield_now().await;
                (self.class)(&names).map_or_else(|| Ok(Reply::new()), |class| Err(error(class)))
            })
        }
    }

    fn place() -> Place {
        ("alarm".into(), "us-east-1".to_owned(), "Delete")
    }

    fn call(name: &str) -> Call {
        Call::new("Delete", [("Names", Value::tuple(vec![Value::string(name)]))])
    }

    /// Has so many calls made at the same time; answers how each ended, and how many objects each call was about.
    async fn made(count: usize, class: fn(&[String]) -> Option<ErrorClass>) -> (Vec<bool>, Vec<usize>) {
        let (joint, service) = (Joint::default(), Service { class, calls: Mutex::default() });
        let one = async |number: usize| {
            let mut ticket = joint.join(place(), &call(&number.to_string()));
            let _turn = joint.turn(&ticket).await;
            let answer = joint.answered(&mut ticket, &service, ("Names", 10), || false).await;
            answer.expect("an answer").is_ok()
        };
        let ended = futures_of((0..count).map(one)).await;
        (ended, service.calls.into_inner().expect("a list"))
    }

    /// Runs futures beside each other, on one thread.
    async fn futures_of<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
        let mut all: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
        std::future::poll_fn(|context| {
            let open = all.iter_mut().filter(|(_, done)| done.is_none());
            for (one, done) in open {
                if let std::task::Poll::Ready(value) = one.as_mut().poll(context) {
                    *done = Some(value);
                }
            }
            if all.iter().all(|(_, done)| done.is_some()) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        all.into_iter().filter_map(|(_, done)| done).collect()
    }

    #[tokio::test]
    async fn what_is_made_at_the_same_time_is_one_call() {
        assert_eq!(made(1, |_| None).await, (vec![true], vec![1]));
        // The first goes when it comes, the others together.
        let (ended, calls) = made(25, |_| None).await;
        assert!(ended.iter().all(|ended| *ended));
        assert_eq!((calls.iter().sum::<usize>(), calls.len() <= 4, calls.iter().max()), (25, true, Some(&10)));
    }

    /// What is wrong with one of them is nothing to the others; what is wrong for now is told to all.
    #[tokio::test]
    async fn each_has_an_answer_of_its_own() {
        let third = |names: &[String]| names.contains(&"3".to_owned()).then_some(ErrorClass::Fatal);
        let (ended, calls) = made(5, third).await;
        assert_eq!(ended, [true, true, true, false, true]);
        assert_eq!(calls.iter().filter(|count| **count > 1).count(), 1, "{calls:?}");
        let (ended, calls) = made(8, |_| Some(ErrorClass::Throttled)).await;
        assert!(ended.iter().all(|ended| !ended), "{calls:?}");
        assert!(calls.len() <= 2, "{calls:?}");
    }

    /// A stop in the middle leaves the rest in its line, from which each can be taken as not sent.
    #[tokio::test]
    async fn what_is_asked_for_by_itself_ends_with_a_stop() {
        let refused = |names: &[String]| (names.len() > 1).then_some(ErrorClass::Fatal);
        let (joint, service) = (Joint::default(), Service { class: refused, calls: Mutex::default() });
        let mut tickets = ["a", "b", "c"].map(|name| joint.join(place(), &call(name)));
        let stopped = || service.calls.lock().expect("a list").len() > 1;
        let first = joint.answered(&mut tickets[0], &service, ("Names", 10), stopped).await;
        assert!(first.is_some_and(|answer| answer.is_ok()));
        assert_eq!(*service.calls.lock().expect("a list"), [3, 1]);
        assert_eq!(tickets.each_ref().map(|ticket| joint.leave(ticket)), [false, true, true]);
    }

    #[tokio::test]
    async fn what_has_left_or_does_not_listen_is_not_sent() {
        let (joint, service) = (Joint::default(), Service { class: |_| None, calls: Mutex::default() });
        let [mut stays, leaves, gone] = ["a", "b", "c"].map(|name| joint.join(place(), &call(name)));
        assert!(joint.leave(&leaves) && !joint.leave(&leaves));
        drop(gone);
        let stopped = joint.answered(&mut stays, &service, ("Names", 10), || true).await;
        assert!(stopped.is_none() && service.calls.lock().expect("a list").is_empty());
        assert!(
            joint.answered(&mut stays, &service, ("Names", 10), || false).await.is_some_and(|answer| answer.is_ok())
        );
        assert_eq!(*service.calls.lock().expect("a list"), [1]);
    }
}
