//! One run at a time on a state. In a directory the lock is the system's, so it goes with the process that held it;
//! elsewhere it stays when its holder is killed, until somebody who knows that unlocks it by its id.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::disk::Held;
use crate::state::medium::Medium;

/// Who holds a lock, as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What the lock is told by where it outlives its holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The process; 0 where nobody has said.
    #[serde(default)]
    pub pid: u32,
    /// The page of the job, in a pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The command.
    pub command: String,
    /// Since when, in UTC.
    pub since: String,
    /// How long that is ago, for messages; where somebody has looked at the clock.
    #[serde(skip)]
    pub age: Option<Duration>,
}

impl Holder {
    /// What the note of a lock says, with its age.
    pub fn read(note: &[u8], clock: &dyn Clock) -> Option<Self> {
        let holder: Self = serde_json::from_slice(note).ok()?;
        let since: Option<jiff::Timestamp> = holder.since.parse().ok();
        let age = since.and_then(|since| clock.now().duration_since(since.into()).ok());
        Some(Self { age, ..holder })
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", self.command)?;
        match (&self.user, &self.host) {
            (Some(user), Some(host)) => write!(f, " of {user} on {host}")?,
            (Some(who), None) | (None, Some(who)) => write!(f, " of {who}")?,
            (None, None) => {}
        }
        if self.pid != 0 {
            write!(f, ", process {}", self.pid)?;
        }
        write!(f, ", since {}", self.since)?;
        if let Some(age) = self.age {
            write!(f, " ({} ago)", crate::clock::shown(age))?;
        }
        self.job.as_ref().map_or(Ok(()), |job| write!(f, ", {job}"))
    }
}

/// A lock that could not be given back. A process works on one state at a time.
static LEFT: Mutex<Option<String>> = Mutex::new(None);

/// Keeps in mind that a lock with that note stays, and why.
pub fn note_left(place: &str, note: &str, why: &io::Error) {
    let holder: Option<Holder> = serde_json::from_str(note).ok();
    let id = holder.and_then(|holder| holder.id).unwrap_or_default();
    let text =
        format!("the lock in {place} could not be given back ({why}); take it away: cachestack force-unlock {id}");
    *LEFT.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
}

/// What is to be told of a lock that could not be given back.
pub fn left() -> Option<String> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Who is at work on a state, or was when it was killed; none where nobody has the lock.
pub fn at_work(medium: &dyn Medium, clock: &dyn Clock) -> io::Result<Option<Holder>> {
    let note = if medium.is_locked()? { medium.holder()? } else { None };
    Ok(note.map(|note| Holder::read(&note, clock).unwrap_or_default()))
}

/// Takes the lock, trying again until `patience` is over. Else answers who holds it, as far as the file says.
pub async fn acquire(
    medium: &dyn Medium,
    who: &Holder,
    patience: Duration,
    clock: &dyn Clock,
) -> io::Result<Result<Box<dyn Held>, Option<Holder>>> {
    let start = clock.elapsed();
    let note = format!("{}\n", serde_json::to_string(who).map_err(io::Error::other)?);
    loop {
        if let Some(lock) = medium.lock(&note)? {
            return Ok(Ok(lock));
        }
        if clock.elapsed().saturating_sub(start) >= patience {
            let holder = medium.holder()?.unwrap_or_default();
            return Ok(Err(Holder::read(&holder, clock)));
        }
        clock.sleep(Duration::from_millis(200)).await;
    }
}
