//! One run at a time on a state. The lock is the system's, so it goes with the process that held it.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::clock::Clock;
use crate::disk;

/// Who holds the lock, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held(pub String);

/// Takes the lock, trying again until `patience` is over.
pub async fn acquire(
    path: &Path,
    who: &str,
    patience: Duration,
    clock: &dyn Clock,
) -> io::Result<Result<disk::Lock, Held>> {
    let deadline = clock.now() + patience;
    loop {
        if let Some(mut lock) = disk::Lock::try_acquire(path)? {
            lock.note(who)?;
            return Ok(Ok(lock));
        }
        if clock.now() >= deadline {
            let holder = disk::read(path)?.unwrap_or_default();
            return Ok(Err(Held(String::from_utf8_lossy(&holder).trim().to_owned())));
        }
        clock.sleep(Duration::from_millis(200)).await;
    }
}
