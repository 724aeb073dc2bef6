//! A disk in memory: what is there now, and what would be there if the power went.
//!
//! A write is on the medium when it returns, as [`Disk`] promises; until then a crash leaves none of it, a part, or all.
//! A process that is killed leaves what it wrote; a machine that loses power what was synced.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::disk::{Append, Disk, Held, Write_};
use crate::simulation::clock::LeapingClock;
use crate::simulation::faults::{Fault, Faults};

/// Files by path.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A promise that the disk breaks, to show that somebody notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Nothing that is appended is synced.
    Append,
    /// A file that is replaced is not.
    Replace,
    /// The name of a new file that is appended to is not: with the power the file goes.
    Name,
}

/// A disk in memory.
#[derive(Debug, Clone)]
pub struct MemDisk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: LeapingClock,
    faults: Arc<Faults>,
    lie: Option<Lie>,
    files: Mutex<Held_>,
}

#[derive(Debug, Default)]
struct Held_ {
    /// As a reader sees them.
    now: Files,
    /// As they are on the medium.
    durable: Files,
    locks: BTreeSet<PathBuf>,
    /// How many writes find no room any more.
    full: u32,
    writes: u64,
    /// Every byte that was ever written, for those who look for what must not be there.
    history: Vec<u8>,
}

/// How long the medium takes.
const SYNC: Duration = Duration::from_millis(3);
/// How many writes a full disk refuses until somebody makes room.
const FULL: u32 = 3;

fn full() -> io::Error {
    io::Error::new(io::ErrorKind::StorageFull, "no space left on the disk")
}

fn dead() -> io::Error {
    io::Error::other("the process is dead")
}

impl MemDisk {
    /// An empty disk.
    pub fn new(clock: LeapingClock, faults: Arc<Faults>, lie: Option<Lie>) -> Self {
        Self(Arc::new(Inner { clock, faults, lie, files: Mutex::default() }))
    }

    fn files(&self) -> MutexGuard<'_, Held_> {
        self.0.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What would be left if the machine lost its power now.
    pub fn durable(&self) -> Files {
        self.files().durable.clone()
    }

    /// How many writes there were.
    pub fn writes(&self) -> u64 {
        self.files().writes
    }

    /// Every byte that was ever written.
    pub fn take_history(&self) -> Vec<u8> {
        std::mem::take(&mut self.files().history)
    }

    /// The process is gone: its locks are free, and with the power what was not synced is lost.
    pub fn end(&self, power: bool) {
        let mut files = self.files();
        files.locks.clear();
        files.full = 0;
        if power {
            files.now = files.durable.clone();
        } else {
            files.durable = files.now.clone();
        }
    }

    /// What goes wrong with a write, and whether it is done at all.
    fn strike(&self, deed: &str, path: &Path) -> io::Result<Option<Fault>> {
        if self.0.faults.is_dead() {
            return Err(dead());
        }
        self.files().writes += 1;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let fault = self.0.faults.strike(&format!("disk {deed} {name}"));
        match fault {
            Some(Fault::CrashBefore) => {
                self.0.faults.die();
                return Err(dead());
            }
            Some(Fault::Full) => self.files().full = FULL,
            _ => {}
        }
        Ok(fault)
    }

    fn has_room(&self) -> bool {
        let mut files = self.files();
        let room = files.full == 0;
        files.full = files.full.saturating_sub(1);
        room
    }

    fn after(&self, fault: Option<Fault>) {
        if matches!(fault, Some(Fault::CrashAfter | Fault::Torn)) {
            self.0.faults.die();
        }
    }
}

impl Disk for MemDisk {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files().now.get(path).cloned())
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let fault = self.strike("replace", path)?;
        if !self.has_room() {
            return Err(full());
        }
        let mut files = self.files();
        files.history.extend_from_slice(bytes);
        if fault != Some(Fault::Torn) {
            files.now.insert(path.to_owned(), bytes.to_vec());
            if self.0.lie != Some(Lie::Replace) {
                files.durable.insert(path.to_owned(), bytes.to_vec());
            }
        }
        drop(files);
        self.after(fault);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let fault = self.strike("remove", path)?;
        let mut files = self.files();
        files.now.remove(path);
        files.durable.remove(path);
        drop(files);
        self.after(fault);
        Ok(())
    }

    fn log(&self, path: &Path) -> io::Result<Box<dyn Append>> {
        let fault = self.strike("open", path)?;
        if !self.has_room() {
            return Err(full());
        }
        let mut files = self.files();
        let bytes = files.now.entry(path.to_owned()).or_default().clone();
        if self.0.lie != Some(Lie::Name) {
            files.durable.entry(path.to_owned()).or_insert(bytes);
        }
        drop(files);
        self.after(fault);
        Ok(Box::new(MemLog { disk: self.clone(), path: path.to_owned() }))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>> {
        let taken = self.files().locks.insert(path.to_owned());
        let lock = || Box::new(MemLock { disk: self.clone(), path: path.to_owned() }) as Box<dyn Held>;
        Ok(taken.then(lock))
    }
}

#[derive(Debug)]
struct MemLog {
    disk: MemDisk,
    path: PathBuf,
}

impl MemLog {
    /// Adds bytes as a reader sees them; answers where they begin.
    fn put(&self, bytes: &[u8]) -> usize {
        let mut files = self.disk.files();
        files.history.extend_from_slice(bytes);
        let file = files.now.entry(self.path.clone()).or_default();
        let start = file.len();
        file.extend_from_slice(bytes);
        start
    }

    /// The file is on the medium up to a length.
    fn sync(&self, length: usize) {
        let mut files = self.disk.files();
        let Held_ { now, durable, .. } = &mut *files;
        // Bytes without a name are found by nobody.
        let Some(synced) = durable.get_mut(&self.path) else { return };
        // A log only grows, so what was synced before is its beginning.
        let more = now.get(&self.path).and_then(|bytes| bytes.get(synced.len()..length));
        synced.extend_from_slice(more.unwrap_or_default());
    }
}

impl Append for MemLog {
    fn append(&mut self, bytes: Vec<u8>) -> Write_<'_> {
        Box::pin(async move {
            let fault = self.disk.strike("append", &self.path)?;
            // How much of a write that fails is there hangs on the write alone, so that a case can be played again.
            let part = bytes.len() * (bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>() % 100) / 100;
            if !self.disk.has_room() {
                let start = self.put(&bytes[..part]);
                self.sync(start + part);
                return Err(full());
            }
            let start = self.put(&bytes);
            if fault == Some(Fault::Torn) {
                self.sync(start + part);
            }
            self.disk.after(fault.filter(|fault| *fault == Fault::Torn));
            self.disk.0.clock.sleep(SYNC).await;
            if self.disk.0.faults.is_dead() {
                return Err(dead());
            }
            if fault == Some(Fault::SyncFails) {
                return Err(io::Error::other("the medium does not answer"));
            }
            if self.disk.0.lie != Some(Lie::Append) {
                self.sync(start + bytes.len());
            }
            self.disk.after(fault);
            Ok(())
        })
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let fault = self.disk.strike("truncate", &self.path)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut files = self.disk.files();
        let files = &mut *files;
        for side in [&mut files.now, &mut files.durable] {
            side.get_mut(&self.path).into_iter().for_each(|bytes| bytes.truncate(length));
        }
        self.disk.after(fault);
        Ok(())
    }
}

#[derive(Debug)]
struct MemLock {
    disk: MemDisk,
    path: PathBuf,
}

impl Held for MemLock {
    fn note(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn is_current(&self) -> bool {
        self.disk.files().locks.contains(&self.path)
    }
}

impl Drop for MemLock {
    fn drop(&mut self) {
        self.disk.files().locks.remove(&self.path);
    }
}

/// A disk that only shows files: what a reader would find.
#[derive(Debug)]
pub struct Shown(pub Files);

fn untouched<T>() -> io::Result<T> {
    Err(io::Error::other("these files are only shown"))
}

impl Disk for Shown {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).cloned())
    }
    fn replace(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        untouched()
    }
    fn remove(&self, _: &Path) -> io::Result<()> {
        untouched()
    }
    fn log(&self, _: &Path) -> io::Result<Box<dyn Append>> {
        untouched()
    }
    fn lock(&self, _: &Path) -> io::Result<Option<Box<dyn Held>>> {
        untouched()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::faults::{Moment, Script};

    /// Appends a line twice, the second with a fault; what is left after a loss of power, or after a kill.
    fn left(fault: Option<Fault>, lie: Option<Lie>, power: bool) -> String {
        let moment = Moment { turn: 0, place: "disk append log".to_owned(), number: 1 };
        let faults = Arc::new(Faults::script(fault.map(|fault| (moment, fault)).into_iter().collect::<Script>()));
        faults.begin(0, true);
        let clock = LeapingClock::default();
        let disk = MemDisk::new(clock.clone(), faults.clone(), lie);
        let path = Path::new("/log");
        clock.run(async {
            let mut log = disk.log(path).expect("log");
            log.append(b"first\n".to_vec()).await.expect("append");
            let second = log.append(b"second\n".to_vec()).await;
            assert_eq!(second.is_err(), fault.is_some_and(|fault| fault != Fault::CrashAfter), "{fault:?}");
        });
        disk.end(power);
        String::from_utf8(disk.read(path).expect("read").unwrap_or_default()).expect("text")
    }

    #[test]
    fn a_crash_leaves_what_was_synced() {
        let cases = [
            (None, None, true, "first\nsecond\n"),
            (Some(Fault::CrashBefore), None, true, "first\n"),
            (Some(Fault::CrashAfter), None, true, "first\nsecond\n"),
            (Some(Fault::Torn), None, true, "first\nsec"),
            (Some(Fault::Torn), None, false, "first\nsecond\n"),
            (Some(Fault::Full), None, true, "first\nsec"),
            (Some(Fault::SyncFails), None, true, "first\n"),
            (None, Some(Lie::Append), true, ""),
            (None, Some(Lie::Append), false, "first\nsecond\n"),
            (None, Some(Lie::Name), true, ""),
            (None, Some(Lie::Name), false, "first\nsecond\n"),
        ];
        for (fault, lie, power, want) in cases {
            assert_eq!(left(fault, lie, power), want, "{fault:?} {lie:?} {power}");
        }
    }
}
