//! What is done about an error, in one place: tried again, looked into, or the end of the step.

use std::time::Duration;

use crate::kind::{ErrorClass, RemoteError};

/// What to do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing was done, and waiting helps.
    Again,
    /// Whether something was done nobody knows: look, then try again.
    LookThenAgain,
    /// There is such an object: look whether it is the one that this very call has made.
    Look,
    /// There was nothing to do.
    Done,
    /// The object is not there: what a delete wants.
    Gone,
    /// Nothing was done, and waiting does not help.
    Fail,
}

/// What an error asks for.
pub fn next(error: &RemoteError) -> Next {
    match error.class {
        ErrorClass::Throttled | ErrorClass::Busy => Next::Again,
        ErrorClass::Transient => Next::LookThenAgain,
        ErrorClass::AlreadyExists => Next::Look,
        ErrorClass::NoChange => Next::Done,
        ErrorClass::NotFound => Next::Gone,
        ErrorClass::Denied | ErrorClass::Fatal => Next::Fail,
    }
}

/// The pauses between tries: a quarter of a second, then twice as long each time, 15 seconds at most.
pub struct Pauses(Duration);

impl Pauses {
    /// Starts anew.
    pub fn new() -> Self {
        Self(Duration::from_millis(250))
    }

    /// The next pause, no longer than what is left.
    pub fn next(&mut self, left: Duration) -> Duration {
        let pause = self.0.min(left);
        self.0 = (self.0 * 2).min(Duration::from_secs(15));
        pause
    }
}
