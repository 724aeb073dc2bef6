//! What is done about an error, in one place: tried again, looked into, or the end of the step; how often, and with
//! which pauses. The pace of a service ([`crate::cloud`]), reads and steps follow it.

use std::time::Duration;

use crate::kind::{ErrorClass, RemoteError};

/// How often one call may be throttled before the error is passed on: more than a minute at the widest distance.
pub const THROTTLED_TRIES: u32 = 12;
/// How often a read is sent when time-outs and server errors come back.
pub const READ_TRIES: u32 = 5;
/// How often a call is sent while the service does not know an object yet that it has just made: some eight seconds.
pub const UNSEEN_TRIES: u32 = 6;

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

impl Default for Pauses {
    /// Starts anew.
    fn default() -> Self {
        Self(Duration::from_millis(250))
    }
}

impl Pauses {
    /// The next pause, no longer than what is left.
    pub fn next(&mut self, left: Duration) -> Duration {
        let pause = self.0.min(left);
        self.0 = (self.0 * 2).min(Duration::from_secs(15));
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_about_an_error_follows_from_its_class() {
        let cases = [
            (ErrorClass::Throttled, Next::Again),
            (ErrorClass::Busy, Next::Again),
            (ErrorClass::Transient, Next::LookThenAgain),
            (ErrorClass::AlreadyExists, Next::Look),
            (ErrorClass::NoChange, Next::Done),
            (ErrorClass::NotFound, Next::Gone),
            (ErrorClass::Denied, Next::Fail),
            (ErrorClass::Fatal, Next::Fail),
        ];
        for (class, want) in cases {
            // The text of an error decides nothing.
            let message = "Throttling: AlreadyExists, NotFound".to_owned();
            let error = RemoteError { class, code: "Throttling".to_owned(), message, request_id: None };
            assert_eq!(next(&error), want, "{class:?}");
        }
    }

    #[test]
    fn pauses_grow_and_end_with_the_time_that_is_left() {
        let mut pauses = Pauses::default();
        let hour = Duration::from_secs(3600);
        let seen: Vec<u64> = (0..8).map(|_| pauses.next(hour).as_millis() as u64).collect();
        assert_eq!(seen, [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
        assert_eq!(pauses.next(Duration::from_millis(3)), Duration::from_millis(3));
    }
}
