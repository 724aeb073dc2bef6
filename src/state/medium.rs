//! Where a state, its backup, its journal and its lock lie, and what holds there whatever the place: a file is replaced
//! whole, and only by whoever knows what was in it; a journal takes entries of one run, and of no other once the next
//! has opened its own.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Append, Disk, Held};

/// A file of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The state.
    State,
    /// The state from before the last run.
    Backup,
    /// What a run has done beyond the state.
    Journal,
    /// Who works on the state.
    Lock,
}

impl Part {
    /// Its name in a folder or bucket.
    pub fn name(self) -> &'static str {
        match self {
            Self::State => "state.json",
            Self::Backup => "state.json.backup",
            Self::Journal => "journal",
            Self::Lock => "lock",
        }
    }
}

/// A place of one state.
pub trait Medium: Send + Sync + Debug {
    /// The place itself, for messages: a directory, or a URL without what is secret.
    fn place(&self) -> String;
    /// Where a part is, for messages.
    fn path(&self, part: Part) -> String {
        format!("{}/{}", self.place(), part.name())
    }
    /// Reads the state or its backup; none where there is none.
    fn read(&self, part: Part) -> io::Result<Option<Vec<u8>>>;
    /// Replaces the state or its backup as a whole; it is there when this returns.
    ///
    /// # Errors
    /// Also when somebody else has replaced the state since it was read here.
    fn replace(&self, part: Part, bytes: &[u8]) -> io::Result<()>;
    /// Whether the place itself sees to it that nothing is replaced but what was read here; elsewhere it is looked again.
    fn replaces_only_what_was_read(&self) -> bool {
        false
    }
    /// What is in the journal of the run that the state names, or of any where it names none.
    fn journal(&self, run: Option<&str>) -> io::Result<Option<Vec<u8>>>;
    /// Opens the journal of a new run. Nothing can be added to that of the run before from now on; what is in it stays
    /// until something is written to the new one.
    ///
    /// # Errors
    /// `WouldBlock` while the run before still writes.
    fn open(&self, run: &str, before: Option<&str>) -> io::Result<Box<dyn Append>>;
    /// Removes the journal of a run that has come to its end.
    fn close(&self, run: &str) -> io::Result<()>;
    /// Takes the lock, and notes who has it; none while somebody else has.
    fn lock(&self, note: &str) -> io::Result<Option<Box<dyn Held>>>;
    /// What whoever has the lock has noted.
    fn holder(&self) -> io::Result<Option<Vec<u8>>>;
    /// Whether somebody has the lock; elsewhere than in a directory perhaps a run that was killed.
    fn is_locked(&self) -> io::Result<bool> {
        Ok(self.holder()?.is_some())
    }
    /// Whether a lock stays where it is when the process that took it is killed.
    fn outlives_its_holder(&self) -> bool {
        false
    }
    /// Whether `holder` tells of every lock; a server may tell of its lock only whoever asks for it.
    fn shows_its_lock(&self) -> bool {
        true
    }
    /// Takes a lock away from whoever has noted that.
    ///
    /// # Errors
    /// `NotFound` where that lock is there no more; `Unsupported` where locks go with their process.
    fn unlock(&self, _note: &[u8]) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "the lock goes with its process, so there is nothing to unlock"))
    }
}

/// A state in a directory. The lock and the journal are the system's to keep: both go with the process that has them.
#[derive(Debug, Clone)]
pub struct Folder {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
}

impl Folder {
    /// The state of that directory, which need not be there.
    pub fn new(disk: Arc<dyn Disk>, directory: &Path) -> Self {
        Self { disk, directory: directory.to_owned() }
    }

    fn file(&self, part: Part) -> PathBuf {
        self.directory.join(part.name())
    }
}

impl Medium for Folder {
    fn place(&self) -> String {
        self.directory.display().to_string()
    }

    fn path(&self, part: Part) -> String {
        self.file(part).display().to_string()
    }

    fn read(&self, part: Part) -> io::Result<Option<Vec<u8>>> {
        self.disk.read(&self.file(part))
    }

    fn replace(&self, part: Part, bytes: &[u8]) -> io::Result<()> {
        self.disk.replace(&self.file(part), bytes)
    }

    fn journal(&self, _: Option<&str>) -> io::Result<Option<Vec<u8>>> {
        self.read(Part::Journal)
    }

    fn open(&self, _: &str, _: Option<&str>) -> io::Result<Box<dyn Append>> {
        self.disk.log(&self.file(Part::Journal))
    }

    fn close(&self, _: &str) -> io::Result<()> {
        self.disk.remove(&self.file(Part::Journal))
    }

    fn lock(&self, note: &str) -> io::Result<Option<Box<dyn Held>>> {
        let Some(mut lock) = self.disk.lock(&self.file(Part::Lock))? else { return Ok(None) };
        lock.note(note)?;
        Ok(Some(lock))
    }

    fn holder(&self) -> io::Result<Option<Vec<u8>>> {
        self.read(Part::Lock)
    }

    /// The file of a lock stays when its process is gone: only the system knows.
    fn is_locked(&self) -> io::Result<bool> {
        Ok(self.holder()?.is_some() && self.disk.lock(&self.file(Part::Lock))?.is_none())
    }
}

/// A place that cannot be had, and why.
#[derive(Debug)]
pub struct Nowhere(pub String);

impl Nowhere {
    fn none<T>(&self) -> io::Result<T> {
        Err(io::Error::new(io::ErrorKind::Unsupported, self.0.clone()))
    }
}

impl Medium for Nowhere {
    fn place(&self) -> String {
        "the place of the state".to_owned()
    }

    fn read(&self, _: Part) -> io::Result<Option<Vec<u8>>> {
        self.none()
    }

    fn replace(&self, _: Part, _: &[u8]) -> io::Result<()> {
        self.none()
    }

    fn journal(&self, _: Option<&str>) -> io::Result<Option<Vec<u8>>> {
        self.none()
    }

    fn open(&self, _: &str, _: Option<&str>) -> io::Result<Box<dyn Append>> {
        self.none()
    }

    fn close(&self, _: &str) -> io::Result<()> {
        self.none()
    }

    fn lock(&self, _: &str) -> io::Result<Option<Box<dyn Held>>> {
        self.none()
    }

    fn holder(&self) -> io::Result<Option<Vec<u8>>> {
        self.none()
    }
}
