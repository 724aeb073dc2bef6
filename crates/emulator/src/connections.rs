//! How many connections are open at a time: fewer than the process may have files open. When all places are taken,
//! those close that wait for their client, so that whoever comes next is served.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::clock::Stopwatch;

/// Files that the process has open besides: the world and its lock, a snapshot that is being written, the listener,
/// standard streams, and what the runtime wants.
const OTHERS: u64 = 24;
/// More connections are not useful, whatever the system allows.
const MOST: u64 = 4096;
/// For so long a connection may wait for its client while others wait for a place.
const GRACE: Duration = Duration::from_secs(1);
/// After so long without a place, idle connections are asked to close.
const ASKING: Duration = Duration::from_millis(100);

/// The places for connections.
#[derive(Debug, Clone)]
pub struct Places {
    free: Arc<Semaphore>,
    wanted: Arc<Notify>,
}

/// One connection's place.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    wanted: Arc<Notify>,
    /// What the connection is doing.
    pub activity: Arc<Activity>,
}

/// Since when a connection has waited for its client.
#[derive(Debug)]
pub struct Activity {
    watch: Stopwatch,
    /// Milliseconds of the watch; [`BUSY`] while a request is answered.
    idle_since: AtomicU64,
}

const BUSY: u64 = u64::MAX;

impl Places {
    /// As many as the process's limit of open files leaves.
    pub fn new() -> Self {
        Self::of(most(open_files()))
    }

    fn of(count: u64) -> Self {
        Self { free: Arc::new(Semaphore::new(count as usize)), wanted: Arc::default() }
    }

    /// Waits for a place.
    pub async fn take(&self) -> Place {
        loop {
            match tokio::time::timeout(ASKING, self.free.clone().acquire_owned()).await {
                Ok(Ok(permit)) => {
                    let activity = Activity { watch: Stopwatch::start(), idle_since: AtomicU64::new(0) };
                    return Place { _permit: permit, wanted: self.wanted.clone(), activity: Arc::new(activity) };
                }
                Ok(Err(_)) | Err(_) => self.make_room(),
            }
        }
    }

    /// Asks connections that wait for their client to close.
    pub fn make_room(&self) {
        self.wanted.notify_waiters();
    }
}

impl Place {
    /// Completes when the connection has waited long enough for its client and others want its place.
    pub async fn wanted(&self) {
        loop {
            self.wanted.notified().await;
            if self.activity.is_idle() {
                return;
            }
        }
    }
}

impl Activity {
    /// A request has come whole.
    pub fn begin(&self) {
        self.idle_since.store(BUSY, Relaxed);
    }

    /// It has been answered.
    pub fn end(&self) {
        self.idle_since.store(self.now(), Relaxed);
    }

    fn now(&self) -> u64 {
        self.watch.elapsed().as_millis() as u64
    }

    fn is_idle(&self) -> bool {
        let since = self.idle_since.load(Relaxed);
        since != BUSY && self.now().saturating_sub(since) >= GRACE.as_millis() as u64
    }
}

/// Connections for a process that may have so many files open.
fn most(files: Option<u64>) -> u64 {
    files.map_or(MOST, |files| files.saturating_sub(OTHERS).clamp(4, MOST))
}

#[cfg(unix)]
fn open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn open_files() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::{MOST, most};

    #[test]
    fn places_follow_the_limit_of_open_files() {
        let cases =
            [(Some(0), 4), (Some(20), 4), (Some(64), 40), (Some(1024), 1000), (Some(1 << 20), MOST), (None, MOST)];
        for (files, places) in cases {
            assert_eq!(most(files), places, "{files:?}");
        }
    }
}
