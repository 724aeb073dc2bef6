//! How fast calls go out to one service in one region, and which of them are tried again.
//!
//! The limits of the services are not published, so the pace is learned: a throttled call doubles the distance
//! between calls for everybody, calls that succeed close it again. The SDK's own retries are turned off, because
//! their quota is spent after some hundred throttled calls and they do not know of each other.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::Semaphore;

use super::errors;
use super::logged::{ATTEMPT, Attempt};
use crate::clock::Clock;
use crate::kind::{ErrorClass, RemoteError};
use crate::retry::{self, Next, Pauses};
use crate::tally;

/// Calls on their way at once.
const AT_ONCE: usize = 10;
const NARROWEST_MS: u64 = 100;
const WIDEST_MS: u64 = 10_000;

/// The pace of one service in one region, as one environment keeps it.
#[derive(Debug)]
pub struct Pace {
    clock: Arc<dyn Clock>,
    /// How often one call is sent at most, where somebody said it.
    tries: Option<u32>,
    shared: Arc<Shared>,
}

/// What everybody shares who calls the service in an account and region.
#[derive(Debug)]
pub struct Shared {
    gate: Semaphore,
    state: Mutex<State>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { gate: Semaphore::new(AT_ONCE), state: Mutex::default() }
    }
}

/// Where a limit holds: the endpoint, the account, the region and the service.
pub type Limited = (String, String, String, &'static str);

/// The paces of a run, for all its environments.
#[derive(Debug, Clone, Default)]
pub struct Paces(Arc<Mutex<BTreeMap<Limited, Arc<Shared>>>>);

impl Paces {
    /// The one of a place.
    pub fn of(&self, place: Limited) -> Arc<Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(place).or_default().clone()
    }
}

#[derive(Debug, Default)]
struct State {
    /// Milliseconds between two calls; zero while nobody complains.
    distance: u64,
    /// When the next call may go out.
    next: u64,
    /// When the distance was last widened. Calls sent before say nothing new.
    widened: u64,
}

impl Pace {
    /// Starts without a distance. `tries` takes the place of what is usual.
    pub fn new(clock: Arc<dyn Clock>, tries: Option<u32>, shared: Arc<Shared>) -> Self {
        Self { clock, tries, shared }
    }

    /// Sends a read until it is answered with anything but a passing failure.
    pub async fn send<O, E, F, Fut>(&self, request: F) -> Result<O, RemoteError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.attempt(request, self.tries.unwrap_or(retry::READ_TRIES)).await
    }

    /// Sends a call that changes something, again only after it was throttled, which means that it was not carried
    /// out. After a time-out or a server's failure nobody knows; the engine looks at the object before it goes on,
    /// as a token that is rotated twice shuts clients out.
    pub async fn call<O, E, F, Fut>(&self, request: F) -> Result<O, RemoteError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.attempt(request, 1).await
    }

    async fn attempt<O, E, F, Fut>(&self, request: F, tries: u32) -> Result<O, RemoteError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (mut throttled, mut failed, mut pauses) = (0, 0, Pauses::default());
        let mut attempt = 0;
        loop {
            attempt += 1;
            let error = {
                let _permit = self.shared.gate.acquire().await;
                let sent = self.turn().await;
                let this = Attempt::new(attempt);
                let answer = ATTEMPT.scope(this.clone(), request()).await;
                tally::answered();
                match answer {
                    Ok(answer) => {
                        self.eased();
                        return Ok(answer);
                    }
                    Err(error) => {
                        let error = errors::with_action(errors::from_sdk(&error), this.action().as_deref());
                        let error = crate::cloud::advice::with_advice(error);
                        if error.class == ErrorClass::Throttled {
                            self.widen(sent);
                        }
                        error
                    }
                }
            };
            match retry::next(&error) {
                // The distance to the next call is the pause.
                Next::Again if error.class == ErrorClass::Throttled => {
                    throttled += 1;
                    if throttled >= self.tries.unwrap_or(retry::THROTTLED_TRIES) {
                        return Err(error);
                    }
                }
                Next::LookThenAgain => {
                    failed += 1;
                    if failed >= tries {
                        return Err(error);
                    }
                    self.clock.sleep(pauses.next(Duration::MAX)).await;
                }
                // What else can be done, whoever knows the object decides.
                _ => return Err(error),
            }
        }
    }

    /// Milliseconds that nobody can set: a clock that goes back would hold everything up.
    fn now(&self) -> u64 {
        self.clock.elapsed().as_millis() as u64
    }

    /// Waits for the caller's place in the row; returns when it was.
    async fn turn(&self) -> u64 {
        let (now, at) = {
            let mut state = self.state();
            let now = self.now();
            let at = now.max(state.next);
            state.next = at + state.distance;
            (now, at)
        };
        if at > now {
            self.clock.sleep(Duration::from_millis(at - now)).await;
        }
        at
    }

    fn widen(&self, sent: u64) {
        let mut state = self.state();
        if state.distance > 0 && sent < state.widened {
            return;
        }
        state.distance = (state.distance * 2).clamp(NARROWEST_MS, WIDEST_MS);
        state.widened = self.now();
        state.next = state.next.max(state.widened + state.distance);
    }

    fn eased(&self) {
        let mut state = self.state();
        state.distance = state.distance * 7 / 8;
        if state.distance < NARROWEST_MS / 4 {
            state.distance = 0;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
