//! The time of the simulation: it stands while anything can still be done, and then leaps to where the next sleeper
//! wakes. Sleepers wake one by one, so that two that wake at the same instant always do so in the same order.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::clock::{Clock, Sleep};

/// The date at which every simulation begins, in seconds since the epoch.
const START: u64 = 1_800_000_000;
/// A run that wakes more sleepers than this does not end, unless it is said to be long.
const WAKES_MAX: u64 = 200_000;

/// A clock that leaps when its runtime has nothing left to do.
#[derive(Debug, Clone, Default)]
pub struct LeapingClock(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    elapsed: Duration,
    /// How many have gone to sleep so far.
    count: u64,
    sleepers: BTreeMap<Key, Option<Waker>>,
    wakes: u64,
    /// How many more may be woken than in other runs.
    patience: u64,
    stuck: bool,
    /// Who is told that nothing goes on any more.
    root: Option<Waker>,
}

type Key = (Duration, u64);

impl LeapingClock {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A clock for long runs, which wake so many sleepers more than others.
    pub fn patient(wakes: u64) -> Self {
        Self(Arc::new(Mutex::new(Inner { patience: wakes, ..Inner::default() })))
    }

    /// Lets time pass while nothing runs.
    pub fn pass(&self, duration: Duration) {
        self.inner().elapsed += duration;
    }

    /// Runs a future to its end on a runtime of its own, which is dropped with all that it still holds; `None` when
    /// it would wait for ever.
    pub fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        let clock = self.clone();
        (clock.inner().wakes, clock.inner().stuck) = (0, false);
        let leap = self.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().on_thread_park(move || leap.leap()).build();
        let runtime = runtime.expect("a runtime without drivers needs nothing of the system");
        let mut future = Box::pin(future);
        runtime.block_on(std::future::poll_fn(move |context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            let mut inner = clock.inner();
            inner.root = Some(context.waker().clone());
            if inner.stuck { Poll::Ready(None) } else { Poll::Pending }
        }))
    }

    /// Wakes whoever wakes first.
    fn leap(&self) {
        let mut inner = self.inner();
        inner.wakes += 1;
        let first = if inner.wakes > WAKES_MAX + inner.patience { None } else { inner.sleepers.pop_first() };
        let waker = match first {
            Some(((until, _), waker)) => {
                inner.elapsed = inner.elapsed.max(until);
                waker
            }
            None => {
                inner.stuck = true;
                inner.root.clone()
            }
        };
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(START) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.inner().elapsed
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut inner = self.inner();
        inner.count += 1;
        let key = (inner.elapsed + duration, inner.count);
        inner.sleepers.insert(key, None);
        Box::pin(Sleeper { clock: self.clone(), key })
    }
}

struct Sleeper {
    clock: LeapingClock,
    key: Key,
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.clock.inner().sleepers.get_mut(&self.key) {
            Some(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.clock.inner().sleepers.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleepers_take_as_long_as_the_longest_of_them() {
        let clock = LeapingClock::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        let ended = clock.run({
            let (clock, order) = (clock.clone(), order.clone());
            async move {
                let mut tasks = tokio::task::JoinSet::new();
                for seconds in [30, 10, 20, 10] {
                    let (clock, order) = (clock.clone(), order.clone());
                    tasks.spawn(async move {
                        clock.sleep(Duration::from_secs(seconds)).await;
                        order.lock().expect("order").push((seconds, clock.elapsed().as_secs()));
                    });
                }
                while tasks.join_next().await.is_some() {}
            }
        });
        assert!(ended.is_some());
        assert_eq!(*order.lock().expect("order"), [(10, 10), (10, 10), (20, 20), (30, 30)]);
    }

    #[test]
    fn what_waits_for_ever_is_told() {
        let clock = LeapingClock::default();
        assert_eq!(clock.run(std::future::pending::<()>()), None);
        assert_eq!(clock.run(async { 1 }), Some(1));
    }
}
