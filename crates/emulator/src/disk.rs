//! Everything that the emulator and the engine keep on disk goes through here: replaced whole, or appended to, or locked.
//! Knows nothing of what the bytes mean.

use std::ffi::OsString;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

mod system;

pub use system::SystemDisk;

/// Where a state, its journal and its lock lie: the machine's disk, or one in memory that can lose what was not synced.
pub trait Disk: Send + Sync + Debug {
    /// Reads a file; `None` when there is none. What is no regular file is an error.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;
    /// Replaces a file as a whole; bytes and name are on the medium when this returns. A link is followed.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Removes a file; it may be absent. That it is gone is on the medium when this returns.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Opens a file to append to, created where it is missing, its name on the medium. `WouldBlock` while another run
    /// has it open.
    fn log(&self, path: &Path) -> io::Result<Box<dyn Append>>;
    /// Takes the lock of that path; none while another run holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>>;
}

/// A file that is appended to.
pub trait Append: Send + Debug {
    /// Appends bytes; they are on the medium when this completes.
    fn append(&mut self, bytes: Vec<u8>) -> Write_<'_>;
    /// Cuts the file, for instance behind the last whole entry.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

/// A write under way.
pub type Write_<'a> = std::pin::Pin<Box<dyn Future<Output = io::Result<()>> + Send + 'a>>;

/// A lock that is held until it is dropped; it goes with the process.
pub trait Held: Send + Sync + Debug {
    /// Writes who holds it, for whoever finds it held.
    fn note(&mut self, text: &str) -> io::Result<()>;
    /// Whether it is still the lock of its path: a file that was removed or replaced keeps nobody out.
    fn is_current(&self) -> bool;
}

/// Reads a file; `None` when there is none.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a file that somebody else may have put there: only a regular one, of at most so many bytes; a device or a
/// pipe could go on for ever, or never begin.
pub fn read_regular(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    if !metadata.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    read_at_most(File::open(path)?, most).map(Some)
}

/// Reads everything, or fails when that is more than so many bytes.
pub fn read_at_most(source: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

/// Whether there is a file that is no folder.
pub fn exists(path: &Path) -> io::Result<bool> {
    fs::exists(path)
}

/// Writes a file that is not there yet.
///
/// # Errors
/// There is one, whatever it holds; or it cannot be written, and then there is none.
pub fn create_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => io::Error::new(error.kind(), "there is such a file already"),
            _ => error,
        })?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(fs::remove_file(path)))
}

/// Replaces a file as a whole: a reader, or a crash, sees the old bytes or the new ones and nothing between.
/// The bytes and the new name are synced before this returns. A new file is its owner's alone; one that is replaced
/// keeps its permissions. A link is followed. What is no regular file, as a terminal or a pipe, cannot be replaced: it is
/// written to.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = &end_of_links(path)?;
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let folder = parent(path);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(&draft_prefix(path)).suffix(DRAFT_END).tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(metadata) = fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// So many links in a row lead nowhere, as the system says.
const LINKS_MAX: usize = 40;

/// Where the links lead that begin at a path, also where nothing is there yet.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&path) {
            Ok(next) => path = parent(&path).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "too many links"))
}

/// Lets others read a file, for instance one that belongs in version control.
pub fn readable(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    Ok(())
}

/// Makes a folder, with those above it, where they are missing.
pub fn new_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Makes a folder that is its owner's alone, with those above it; one that is there stays as it is.
pub fn private_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(parent(path))?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => File::open(parent(path))?.sync_all(),
    }
}

/// What the name of a file under way to replace another ends with; it begins with the other's name.
const DRAFT_END: &str = ".draft";

fn draft_prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    prefix
}

/// Removes what a process that was killed amid [`replace`] left beside a file. Only for whoever keeps everybody else
/// from replacing it meanwhile. A file that cannot be removed stays: it does no harm.
pub fn sweep(path: &Path) {
    let prefix = draft_prefix(path);
    for entry in fs::read_dir(parent(path)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let middle = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let middle = middle.and_then(|rest| rest.strip_suffix(DRAFT_END.as_bytes()));
        let ours = middle.is_some_and(|middle| middle.len() == 6 && middle.iter().all(u8::is_ascii_alphanumeric));
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes a file; it may be absent.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The real place of `path`, taken from `base` when it is relative; `None` where it leads out of all of `roots`.
/// The file need not be there.
pub fn within(base: &Path, roots: &[&Path], path: &Path) -> io::Result<Option<PathBuf>> {
    let folder = |path: &Path| fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path });
    let mut real = folder(base)?;
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                real.pop();
            }
            part => real.push(part),
        }
    }
    let real = match fs::canonicalize(&real) {
        Ok(real) => real,
        Err(error) if error.kind() == ErrorKind::NotFound => real,
        Err(error) => return Err(error),
    };
    for root in roots {
        if real.starts_with(folder(root)?) {
            return Ok(Some(real));
        }
    }
    Ok(None)
}

/// Whether there is a folder of that path.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// The files below a folder at any depth, relative to it with `/` between the parts, sorted; at most so many.
pub fn files_below(folder: &Path, most: usize) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    let mut open = vec![(folder.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if files.len() + open.len() > most {
                return Err(io::Error::other(format!("there are more than {most} files")));
            }
            if fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file()) {
                files.push(name);
            } else if entry.file_type()?.is_dir() {
                open.push((entry.path(), format!("{name}/")));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The name of this machine, where the system keeps it in a file.
pub fn host_name() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname")).ok()?;
    Some(text.trim().to_owned()).filter(|name| !name.is_empty())
}

/// What is created is its owner's alone: names, addresses and texts of an account are nobody else's business.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// An append-only file that is kept open.
#[derive(Debug)]
pub struct Log {
    file: File,
}

impl Log {
    /// Opens a log, and creates it and its folder where they are missing.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent(path))?;
        let file = private(OpenOptions::new().read(true).append(true).create(true)).open(path)?;
        Ok(Self { file })
    }

    /// Opens one for others to read, made or emptied.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)? })
    }

    /// Appends bytes; with `sync` they are on the medium when this returns.
    pub fn append(&mut self, bytes: &[u8], sync: bool) -> io::Result<()> {
        self.file.write_all(bytes)?;
        if sync { self.file.sync_data() } else { Ok(()) }
    }

    /// Reads everything from byte `offset` on.
    pub fn read_from(&mut self, offset: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads up to `length` bytes from byte `offset` on.
    pub fn read_range(&mut self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length);
        self.file.seek(SeekFrom::Start(offset))?;
        (&mut self.file).take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The length in bytes.
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Whether nothing has been appended yet.
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Cuts the log, for instance behind the last whole entry.
    pub fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }
}

/// An advisory lock on a file, held until it is dropped; the system releases it when the process dies.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Waits for the lock.
    pub fn acquire(path: &Path) -> io::Result<Self> {
        loop {
            let file = Self::open(path)?;
            file.lock()?;
            let lock = Self { file, path: path.to_owned() };
            if lock.is_current() {
                return Ok(lock);
            }
        }
    }

    /// Takes the lock if nobody holds it.
    pub fn try_acquire(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = Self::open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Between opening and locking somebody may have removed the file: a lock on it would keep nobody out.
            let lock = Self { file, path: path.to_owned() };
            if lock.is_current() {
                return Ok(Some(lock));
            }
        }
    }

    /// Whether the locked file is still the one of its path.
    pub fn is_current(&self) -> bool {
        same_file(&self.file, &self.path)
    }

    /// Writes who holds the lock, for whoever finds it held.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(text.as_bytes())
    }

    fn open(path: &Path) -> io::Result<File> {
        fs::create_dir_all(parent(path))?;
        private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(path)
    }
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let there = fs::metadata(path).map(identity).ok();
    there.is_some() && there == file.metadata().map(identity).ok()
}

#[cfg(not(unix))]
fn same_file(_file: &File, path: &Path) -> bool {
    path.exists()
}
