//! The machine's disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use super::{Append, Disk, Held, Lock, Write_, parent, private};

/// The machine's disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match fs::metadata(path) {
            // A pipe would be waited on for ever.
            Ok(metadata) if !metadata.is_file() => Err(io::Error::other("it is not a regular file")),
            Ok(_) => super::read(path),
            // A link that leads nowhere is not the same as no file.
            Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        super::replace(path, bytes)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        super::remove(path)?;
        sync_folder(path)
    }

    fn log(&self, path: &Path) -> io::Result<Box<dyn Append>> {
        fs::create_dir_all(parent(path))?;
        let file = private(OpenOptions::new().read(true).append(true).create(true)).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // The name of a new file is on the medium only when its folder is.
        sync_folder(path)?;
        Ok(Box::new(SystemLog { file: Arc::new(file) }))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>> {
        Ok(Lock::try_acquire(path)?.map(|lock| Box::new(lock) as Box<dyn Held>))
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    tests::SYNCED.with_borrow_mut(|synced| synced.push(parent(path).to_owned()));
    match File::open(parent(path)) {
        Ok(folder) => folder.sync_all(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[derive(Debug)]
struct SystemLog {
    file: Arc<File>,
}

impl Append for SystemLog {
    /// The medium is waited for by a thread of its own, so that nothing else waits for it.
    fn append(&mut self, bytes: Vec<u8>) -> Write_<'_> {
        let file = self.file.clone();
        Box::pin(async move {
            let write = move || {
                (&*file).write_all(&bytes)?;
                file.sync_data()
            };
            tokio::task::spawn_blocking(write).await.map_err(io::Error::other)?
        })
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.sync_data()
    }
}

impl Held for Lock {
    fn note(&mut self, text: &str) -> io::Result<()> {
        Lock::note(self, text)
    }

    fn is_current(&self) -> bool {
        Lock::is_current(self)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::path::PathBuf;

    use super::*;

    thread_local! {
        /// The folders that this thread has synced: nobody could see it otherwise, short of a loss of power.
        pub static SYNCED: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
    }

    #[test]
    fn a_name_is_on_the_medium_when_its_folder_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let synced = || SYNCED.take().contains(&folder.path().to_owned());
        let log = SystemDisk.log(&path).expect("a new log");
        assert!(synced() && path.is_file(), "the name of a new log");
        drop(log);
        SystemDisk.remove(&path).expect("removed");
        assert!(synced() && !path.exists(), "that a file is gone");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_pipes_are_written_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let [target, link, far, pipe] = ["target", "link", "far", "pipe"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink("target", &link).expect("a link");
        std::os::unix::fs::symlink("link", &far).expect("a link to a link");
        for (path, text) in [(&far, "one"), (&link, "two"), (&target, "three")] {
            crate::disk::replace(path, text.as_bytes()).expect("written");
            assert_eq!(fs::read_to_string(&target).expect("the file"), text);
        }
        assert!(link.is_symlink() && far.is_symlink());
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).expect("a text")
        });
        crate::disk::replace(&pipe, b"through").expect("written");
        assert_eq!(reader.join().expect("a reader"), "through");
        assert!(!pipe.is_file(), "it is a pipe still");
    }
}
