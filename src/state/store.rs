//! A state with its file, backup and journal in the directory of an environment.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::state::journal::{self, Journal};
use crate::state::{Entry, State, digest, file};

/// A state that is open. Changes are in the journal before they count; [`Store::save`] makes a new file of them.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    state: State,
    journal: Option<Journal>,
    /// Whether there are changes that the file does not have yet.
    dirty: bool,
}

impl Store {
    /// Reads the state of a directory; an empty state where there is none. Writes nothing.
    pub fn open(directory: &Path) -> Result<Self, String> {
        let path = directory.join("state.json");
        let named = |error: String| format!("{}: {error}", path.display());
        let mut state = match disk::read(&path).map_err(|error| named(error.to_string()))? {
            Some(bytes) => file::decode(&bytes).map_err(|error| damaged(directory, &path, &error))?,
            None => State::default(),
        };
        let journal = directory.join("journal");
        let replayed =
            journal::replay(&journal, &mut state).map_err(|error| format!("{}: {error}", journal.display()))?;
        Ok(Self { directory: directory.to_owned(), state, journal: None, dirty: replayed > 0 })
    }

    /// The state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether an earlier run left changes in the journal, so that it did not come to its end.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Writes a change, then applies it.
    pub fn commit(&mut self, entry: Entry) -> io::Result<()> {
        self.journal()?.append(&entry)?;
        self.state.apply(entry);
        self.dirty = true;
        Ok(())
    }

    fn journal(&mut self) -> io::Result<&mut Journal> {
        if self.journal.is_none() {
            // What an earlier run left in its journal must be in the file before the journal starts anew.
            if self.dirty {
                self.save()?;
            }
            if self.state.lineage.is_empty() {
                self.state.lineage = digest::new_id();
                self.state.salt = digest::new_salt();
            }
            self.journal = Some(Journal::start(&self.directory.join("journal"), &self.state)?);
        }
        Ok(self.journal.as_mut().expect("it was just started"))
    }

    /// Makes a new file of all changes, keeps the one before as backup, and ends the journal.
    pub fn save(&mut self) -> io::Result<()> {
        if !self.dirty {
            return Ok(());
        }
        let path = self.directory.join("state.json");
        if let Some(old) = disk::read(&path)? {
            disk::replace(&self.directory.join("state.json.backup"), &old)?;
        }
        self.state.serial += 1;
        disk::replace(&path, file::encode(&self.state).as_bytes())?;
        self.journal = None;
        disk::remove(&self.directory.join("journal"))?;
        self.dirty = false;
        Ok(())
    }

    /// The salt of digests; made up where the state has none yet.
    pub fn salt(&mut self) -> String {
        if self.state.salt.is_empty() {
            self.state.lineage = digest::new_id();
            self.state.salt = digest::new_salt();
        }
        self.state.salt.clone()
    }
}

/// What is wrong with a state, and what can be done.
fn damaged(directory: &Path, path: &Path, error: &str) -> String {
    let backup = directory.join("state.json.backup");
    if error.contains("newer one") || error.contains("it has version") {
        return format!("{}: {error}; use that version; nothing was read or sent", path.display());
    }
    let sound = disk::read(&backup).ok().flatten().is_some_and(|bytes| file::decode(&bytes).is_ok());
    let help = if sound {
        format!(
            "{} is the state before the last change and can be read: copy it over the file, then plan",
            backup.display()
        )
    } else {
        "restore the file from a copy; nothing was read or sent".to_owned()
    };
    format!("{}: {error}; {help}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::state::Intent;

    fn intent(id: &str) -> Entry {
        Entry::Intend(Intent {
            id: id.to_owned(),
            address: Address::managed("alarm", "a"),
            region: "us-east-1".to_owned(),
            name: None,
            operation: "PutMetricAlarm".to_owned(),
        })
    }

    /// However many bytes of the journal reached the disk, what is read is what some prefix of the changes made.
    #[test]
    fn a_journal_cut_anywhere_reads_as_a_prefix() {
        let folder = tempfile::tempdir().expect("folder");
        let mut store = Store::open(folder.path()).expect("store");
        for id in ["one", "two", "three"] {
            store.commit(intent(id)).expect("commit");
        }
        let path = folder.path().join("journal");
        let whole = disk::read(&path).expect("read").expect("journal");
        drop(store);
        let mut seen = Vec::new();
        for length in 0..=whole.len() {
            disk::replace(&path, &whole[..length]).expect("cut");
            let count = Store::open(folder.path()).expect("a cut journal opens").state().intents.len();
            assert!(seen.last().is_none_or(|last| *last == count || last + 1 == count), "{seen:?} {count}");
            seen.push(count);
        }
        assert_eq!(seen.last(), Some(&3));
    }

    #[test]
    fn a_saved_state_ends_the_journal_and_keeps_a_backup() {
        let folder = tempfile::tempdir().expect("folder");
        let mut store = Store::open(folder.path()).expect("store");
        store.commit(intent("one")).expect("commit");
        store.save().expect("save");
        store.commit(intent("two")).expect("commit");
        drop(store);
        let mut store = Store::open(folder.path()).expect("store");
        assert!(store.is_dirty());
        assert_eq!(store.state().intents.len(), 2);
        store.commit(Entry::Settle("one".to_owned())).expect("commit");
        store.save().expect("save");
        let state = Store::open(folder.path()).expect("store");
        assert_eq!((state.state().serial, state.state().intents.len(), state.is_dirty()), (3, 1, false));
        assert!(folder.path().join("state.json.backup").exists());
        assert!(!folder.path().join("journal").exists());
    }
}
