//! A state with its file, backup and journal on a [`Medium`].
//!
//! A run begins by naming its journal in the file, and ends by a file without one: a journal that is gone is noticed.
//! Entries of many tasks go to the medium together; each is answered when it is there. After the first write that
//! fails nothing is written any more, and so nothing is sent.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::disk::Held;
use crate::entropy::Entropy;
use crate::state::file::{self, Wrong};
use crate::state::journal::{self, Journal};
use crate::state::medium::{Medium, Part};
use crate::state::{Entry, State, v1};

/// Why a state cannot be opened.
pub type OpenError = String;

/// A state that is open.
#[derive(Debug)]
pub struct Store {
    medium: Arc<dyn Medium>,
    /// The state with everything that is on the medium.
    state: Mutex<State>,
    /// The serial of the file as it was read or last written.
    serial: u64,
    /// The digest of the file as it was read or last written; none where there is none.
    seen: Option<Seen>,
    /// The file as it was read, until a run begins: that is its backup.
    before: Option<Vec<u8>>,
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
    /// Reads the state of a place; an empty state where there is none. Writes nothing.
    pub fn open(medium: Arc<dyn Medium>) -> Result<Self, OpenError> {
        let named = |part: Part, error: &dyn std::fmt::Display| format!("{}: {error}", medium.path(part));
        let bytes = medium.read(Part::State).map_err(|error| named(Part::State, &error))?;
        let seen = bytes.as_deref().map(digest);
        let damaged = |part: Part, wrong: &Wrong| named(part, &advice(&*medium, wrong));
        let before = bytes;
        let (mut state, version) = match &before {
            Some(bytes) => file::decode(bytes).map_err(|wrong| damaged(Part::State, &wrong))?,
            None if medium.read(Part::Backup).ok().flatten().is_some() => {
                let wrong = Wrong::Damaged("it is missing, and its backup is there".to_owned());
                return Err(damaged(Part::State, &wrong));
            }
            None => (State::default(), file::VERSION),
        };
        let serial = state.serial;
        let bytes = medium.journal(state.journal.as_deref()).map_err(|error| named(Part::Journal, &error))?;
        let replayed = journal::replay(bytes, &mut state).map_err(|wrong| damaged(Part::Journal, &wrong))?;
        if version == v1::VERSION || replayed.entries > 0 && state.journal.is_none() {
            v1::restore(&mut state);
        }
        let dirty = replayed.entries > 0 || state.journal.is_some();
        Ok(Self {
            medium,
            state: Mutex::new(state),
            serial,
            seen,
            before,
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

    /// Whether a run has left something that the next one settles.
    pub fn is_cut_off(&self) -> bool {
        self.is_dirty() || !self.state().operations.is_empty()
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
        let before = self.state().journal.clone();
        let log = self.medium.open(run, before.as_deref())?;
        if self.dirty {
            self.write(None)?;
        }
        if let Some(old) = self.before.take() {
            self.medium.replace(Part::Backup, &old)?;
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
            let why = format!("the journal in {} cannot be written: {why}", self.medium.place());
            held(&self.broken).get_or_insert(why).clone()
        })
    }

    /// Takes another state in the place of this one, within a run: the end of the run writes it.
    pub fn put(&mut self, other: State) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let journal = state.journal.take();
        self.serial = self.serial.max(other.serial);
        *state = State { journal, ..other };
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
        let run = self.state().journal.clone().unwrap_or_default();
        self.write(None)?;
        *self.journal.get_mut() = None;
        self.dirty = false;
        self.medium.close(&run)
    }

    /// Replaces the file, unless somebody else has.
    fn write(&mut self, journal: Option<String>) -> io::Result<()> {
        self.state().verify().map_err(|why| io::Error::other(format!("the state would be wrong: {why}")))?;
        self.must_be_ours()?;
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let before = (state.serial, std::mem::replace(&mut state.journal, journal));
        state.serial = self.serial + 1;
        let text = file::encode(state);
        if let Err(error) = self.medium.replace(Part::State, text.as_bytes()) {
            (state.serial, state.journal) = before;
            return Err(error);
        }
        (self.serial, self.seen) = (state.serial, Some(digest(text.as_bytes())));
        // What an earlier run left in its journal is part of what was there before this one.
        self.before = state.journal.is_none().then(|| text.into_bytes());
        Ok(())
    }

    /// Whether the file is the one that was read or last written. It is decoded only where its bytes are others.
    fn must_be_ours(&self) -> io::Result<()> {
        if self.medium.replaces_only_what_was_read() {
            return Ok(());
        }
        let there = self.medium.read(Part::State)?;
        if there.as_deref().map(digest) == self.seen {
            return Ok(());
        }
        let there = there.map(|bytes| file::decode(&bytes)).transpose();
        let path = self.medium.path(Part::State);
        let there = there.map_err(|wrong| io::Error::other(format!("{path}: {wrong}")))?;
        let (serial, lineage) = there.map(|(state, _)| (state.serial, state.lineage)).unwrap_or_default();
        if serial != self.serial || !lineage.is_empty() && lineage != self.state().lineage {
            let why = format!("{path}: somebody else has written it meanwhile (serial {serial})");
            return Err(io::Error::other(why));
        }
        Ok(())
    }
}

/// What is wrong with a state or its journal, and what can be done.
fn advice(medium: &dyn Medium, wrong: &Wrong) -> String {
    match wrong {
        Wrong::Version(why) => return format!("{why}; use that version; nothing was read or sent"),
        Wrong::Foreign(why) => return format!("{why}; nothing was read or sent"),
        Wrong::Damaged(_) => {}
    }
    let sound = medium.read(Part::Backup).ok().flatten().is_some_and(|bytes| file::decode(&bytes).is_ok());
    let help = if sound {
        format!(
            "{} is the state before the last run and can be read: to go on from it, copy it over state.json, remove \
             journal, then plan; what that run made beyond it carries the tag cachestack:id and can be imported",
            medium.path(Part::Backup)
        )
    } else {
        "restore the files from a copy".to_owned()
    };
    format!("{wrong}; {help}; nothing was read or sent")
}
