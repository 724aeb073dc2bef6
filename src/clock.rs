//! The one source of time. Nothing else in the crate reads the system clock or sleeps, so that a test
//! can run hours of waiting in a moment and get the same run twice.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A future that owns what it needs.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits.
pub trait Clock: Send + Sync + Debug {
    /// The current instant.
    fn now(&self) -> SystemTime;
    /// Completes once `duration` has passed on this clock.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64 {
        self.now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that only moves when somebody sleeps on it or moves it.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    now: Arc<Mutex<SystemTime>>,
}

impl VirtualClock {
    /// Starts at `seconds` after the Unix epoch.
    pub fn at(seconds: u64) -> Self {
        Self { now: Arc::new(Mutex::new(UNIX_EPOCH + Duration::from_secs(seconds))) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        *self.now.lock().expect("clock") += duration;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> SystemTime {
        *self.now.lock().expect("clock")
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        Box::pin(async move {
            clock.advance(duration);
            tokio::task::yield_now().await;
        })
    }
}
