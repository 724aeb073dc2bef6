//! A state with its file, backup and journal in the directory of an environment.
//!
//! A run begins by naming its journal in the file, and ends by a file without one: a journal that is gone is noticed.
//! Entries of many tasks go to the medium together; each is answered when it is there. After the first write that
//! fails nothing is written any more, and so nothing is sent.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::disk::{Disk, Held};
use crate::entropy::Entropy;
use crate::state::file::{self, Wrong};
use crate::state::journal::{self, Journal};
use crate::state::{Entry, State, v1};

/// Why a state cannot be opened.
pub type OpenError = String;

/// A state that is open.
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    /// The state with everything that is on the medium.
    state: Mutex<State>,
    /// The serial of the file as it was read or last written.
    serial: u64,
    /// The digest of the file as it was read or last written; none where there is none.
    seen: Option<Seen>,
    /// Whether the journal holds what the file does not.
    dirty: bool,
    lock: Option<Box<dyn Held>>,
    queue: Mutex<Vec<Waiting>>,
    journal: tokio::sync::Mutex<Option<Journal>>,
    broken: Mutex<Option<String>>,
}

/// The SHA-256 of a file.
type Seen = [u8; 32];

fn digest(bytes: &[u8]) -> Seen {
    Sha256::digest(bytes).into()
}

/// Entries that wait to be written, and who waits for them.
#[derive(Debug)]
struct Waiting {
    entries: Vec<Entry>,
    written: oneshot::Sender<Result<(), String>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Reads the state of a directory; an empty state where there is none. Writes nothing.
    pub fn open(disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, OpenError> {
        let (path, backup) = (directory.join("state.json"), directory.join("state.json.backup"));
        let named = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let bytes = disk.read(&path).map_err(|error| named(&path, &error))?;
        let seen = bytes.as_deref().map(digest);
        let (mut state, version) = match bytes {
            Some(bytes) => file::decode(&bytes).map_err(|wrong| named(&path, &advice(&*disk, directory, &wrong)))?,
            None if disk.read(&backup).ok().flatten().is_some() => {
                let wrong = Wrong::Damaged("it is missing, and its backup is there".to_owned());
                return Err(named(&path, &advice(&*disk, directory, &wrong)));
            }
            None => (State::default(), file::VERSION),
        };
        let serial = state.serial;
        let journal = directory.join("journal");
        let bytes = disk.read(&journal).map_err(|error| named(&journal, &error))?;
        let replayed =
            journal::replay(bytes, &mut state).map_err(|wrong| named(&journal, &advice(&*disk, directory, &wrong)))?;
        if version == v1::VERSION || replayed.entries > 0 && state.journal.is_none() {
            v1::restore(&mut state);
        }
        let dirty = replayed.entries > 0 || state.journal.is_some();
        Ok(Self {
            disk,
            directory: directory.to_owned(),
            state: Mutex::new(state),
            serial,
            seen,
            dirty,
            lock: None,
            queue: Mutex::default(),
            journal: tokio::sync::Mutex::default(),
            broken: Mutex::default(),
        })
    }

    /// The state as it is on the medium.
    pub fn state(&self) -> MutexGuard<'_, State> {
        held(&self.state)
    }

    /// Whether an earlier run left its journal, so that it did not come to its end.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Why nothing can be written any more, if that is so.
    pub fn broken(&self) -> Option<String> {
        held(&self.broken).clone()
    }

    /// Gives a new state its lineage and salt.
    pub fn name(&mut self, entropy: &dyn Entropy) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if state.salt.is_empty() {
            (state.lineage, state.salt) = (entropy.id(), entropy.salt());
        }
    }

    /// Gives a state that is still to be made the lineage and the salt that a saved plan has foreseen.
    pub fn adopt(&mut self, lineage: &str, salt: &str) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        (state.lineage, state.salt) = (lineage.to_owned(), salt.to_owned());
    }

    /// Keeps the lock of the state as long as the store is kept.
    pub fn hold(&mut self, lock: Box<dyn Held>) {
        self.lock = Some(lock);
    }

    /// Begins a run: what an earlier one left in its journal goes into the file, and the file names the new journal.
    /// A run that has begun goes on.
    ///
    /// # Errors
    /// `WouldBlock` while another run writes the journal; else what the disk says.
    pub async fn begin(&mut self, run: &str) -> io::Result<()> {
        if self.journal.get_mut().is_some() {
            return Ok(());
        }
        let path = self.directory.join("journal");
        let log = self.disk.log(&path)?;
        if self.dirty {
            self.write(None)?;
        }
        let file = self.directory.join("state.json");
        if let Some(old) = self.disk.read(&file)? {
            self.disk.replace(&self.directory.join("state.json.backup"), &old)?;
        }
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let journal = Journal::start(log, state, state.serial + 1, run).await?;
        self.write(Some(run.to_owned()))?;
        *self.journal.get_mut() = Some(journal);
        self.dirty = true;
        Ok(())
    }

    /// Writes entries, then applies them. Answers when they are on the medium.
    ///
    /// # Errors
    /// The first failure, for everything from then on: nothing that hangs on these entries may be done.
    pub async fn commit(&self, entries: Vec<Entry>) -> Result<(), String> {
        let (written, mut answer) = oneshot::channel();
        held(&self.queue).push(Waiting { entries, written });
        let mut journal = self.journal.lock().await;
        // Whoever had the journal before may have written these entries with its own.
        match answer.try_recv() {
            Ok(done) => return done,
            Err(TryRecvError::Closed) => return Err("a run that was writing was given up".to_owned()),
            Err(TryRecvError::Empty) => {}
        }
        let batch = std::mem::take(&mut *held(&self.queue));
        let entries: Vec<Entry> = batch.iter().flat_map(|waiting| waiting.entries.iter().cloned()).collect();
        let result = self.append(&mut journal, &entries).await;
        if result.is_ok() {
            let mut state = held(&self.state);
            entries.into_iter().for_each(|entry| state.apply(entry));
        }
        for waiting in batch {
            let _ = waiting.written.send(result.clone());
        }
        result
    }

    async fn append(&self, journal: &mut Option<Journal>, entries: &[Entry]) -> Result<(), String> {
        if let Some(why) = held(&self.broken).clone() {
            return Err(why);
        }
        let result = match (journal, &self.lock) {
            (_, Some(lock)) if !lock.is_current() => Err("another run may have it: the lock file is gone".to_owned()),
            (Some(journal), _) => journal.append(entries).await.map_err(|error| error.to_string()),
            (None, _) => Err("no run has begun".to_owned()),
        };
        result.map_err(|why| {
            let why = format!("the journal in {} cannot be written: {why}", self.directory.display());
            held(&self.broken).get_or_insert(why).clone()
        })
    }

    /// Ends the run: a new file with everything, and no journal.
    ///
    /// # Errors
    /// When it cannot be written: the journal stays, and the next run goes on from it.
    pub async fn end(&mut self) -> io::Result<()> {
        if self.journal.get_mut().is_none() {
            return Ok(());
        }
        if let Some(why) = held(&self.broken).clone() {
            return Err(io::Error::other(why));
        }
        if self.lock.as_ref().is_some_and(|lock| !lock.is_current()) {
            return Err(io::Error::other("another run may have the state: the lock file is gone"));
        }
        self.write(None)?;
        *self.journal.get_mut() = None;
        self.dirty = false;
        self.disk.remove(&self.directory.join("journal"))
    }

    /// Replaces the file, unless somebody else has.
    fn write(&mut self, journal: Option<String>) -> io::Result<()> {
        let path = self.directory.join("state.json");
        self.state().verify().map_err(|why| io::Error::other(format!("the state would be wrong: {why}")))?;
        self.must_be_ours(&path)?;
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let before = (state.serial, std::mem::replace(&mut state.journal, journal));
        state.serial = self.serial + 1;
        let text = file::encode(state);
        if let Err(error) = self.disk.replace(&path, text.as_bytes()) {
            (state.serial, state.journal) = before;
            return Err(error);
        }
        (self.serial, self.seen) = (state.serial, Some(digest(text.as_bytes())));
        Ok(())
    }

    /// Whether the file is the one that was read or last written. It is decoded only where its bytes are others.
    fn must_be_ours(&self, path: &Path) -> io::Result<()> {
        let there = self.disk.read(path)?;
        if there.as_deref().map(digest) == self.seen {
            return Ok(());
        }
        let there = there.map(|bytes| file::decode(&bytes)).transpose();
        let there = there.map_err(|wrong| io::Error::other(format!("{}: {wrong}", path.display())))?;
        let (serial, lineage) = there.map(|(state, _)| (state.serial, state.lineage)).unwrap_or_default();
        if serial != self.serial || !lineage.is_empty() && lineage != self.state().lineage {
            let why = format!("{}: somebody else has written it meanwhile (serial {serial})", path.display());
            return Err(io::Error::other(why));
        }
        Ok(())
    }
}

/// What is wrong with a state or its journal, and what can be done.
fn advice(disk: &dyn Disk, directory: &Path, wrong: &Wrong) -> String {
    if let Wrong::Version(why) = wrong {
        return format!("{why}; use that version; nothing was read or sent");
    }
    let backup = directory.join("state.json.backup");
    let sound = disk.read(&backup).ok().flatten().is_some_and(|bytes| file::decode(&bytes).is_ok());
    let help = if sound {
        format!(
            "{} is the state before the last run and can be read: to go on from it, copy it over state.json, remove \
             journal, then plan; what that run made beyond it carries the tag cachestack:id and can be imported",
            backup.display()
        )
    } else {
        "restore the files from a copy".to_owned()
    };
    format!("{wrong}; {help}; nothing was read or sent")
}
