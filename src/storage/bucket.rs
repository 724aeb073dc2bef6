//! A state in a bucket. Nothing there is locked by the service, so every write says what it follows: the lock is an
//! object that can be made once; the state is replaced only where it is what was read; and each batch of entries of a
//! journal is an object of its own, made once.
//!
//! The next run closes the journal of a run that was cut off by making its next object. A runner that wakes up after
//! that finds its place taken, and sends nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion};
use tokio::sync::OnceCell;

use super::Means;
use super::trouble::told;
use super::worker::Worker;
use crate::cloud::objects;
use crate::disk::{Append, Held, Write_};
use crate::stack::location;
use crate::state::lock;
use crate::state::medium::{Medium, Part};

/// How many objects of a journal are read at once.
const AT_ONCE: usize = 16;
/// How often an object is written while connections are lost, and the pause after the first time.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(200);
/// What the object that closes a journal begins with.
const CLOSED: &str = "closed by ";

/// Opens the bucket, at first use.
pub type Opener = dyn Fn() -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn ObjectStore>>> + Send>> + Send + Sync;

/// The state of one environment in a bucket.
pub struct Bucket {
    worker: Worker,
    objects: Arc<Objects>,
}

/// The objects of the state, and what was last seen of them.
struct Objects {
    place: String,
    folder: Path,
    opener: Box<Opener>,
    store: OnceCell<Arc<dyn ObjectStore>>,
    /// The version of the state as it was read or last written.
    version: Mutex<Option<UpdateVersion>>,
    /// The journal that was read.
    journal: Mutex<Option<Journal>>,
}

/// A journal as it was read.
#[derive(Debug, Clone)]
struct Journal {
    run: String,
    /// How many objects it has.
    count: usize,
    /// Whether another run has closed it.
    closed: bool,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.objects.place)
    }
}

impl Bucket {
    /// The state in a folder of a bucket that is opened at first use; `place` is the URL of the folder.
    pub fn new(place: String, folder: &str, opener: Box<Opener>) -> io::Result<Self> {
        let objects = Objects {
            place,
            folder: Path::from(folder),
            opener,
            store: OnceCell::new(),
            version: Mutex::default(),
            journal: Mutex::default(),
        };
        Ok(Self { worker: Worker::start()?, objects: Arc::new(objects) })
    }

    /// Waits for what is done with the objects.
    fn wait<T, F>(&self, work: impl FnOnce(Arc<Objects>) -> F) -> io::Result<T>
    where
        T: Send + 'static,
        F: Future<Output = io::Result<T>> + Send + 'static,
    {
        self.worker.wait(work(self.objects.clone()))
    }
}

impl Medium for Bucket {
    fn place(&self) -> String {
        self.objects.place.clone()
    }

    fn read(&self, part: Part) -> io::Result<Option<Vec<u8>>> {
        self.wait(|objects| async move { objects.read(part).await })
    }

    fn replace(&self, part: Part, bytes: &[u8]) -> io::Result<()> {
        let bytes = bytes.to_vec();
        self.wait(|objects| async move { objects.replace(part, bytes).await })
    }

    fn replaces_only_what_was_read(&self) -> bool {
        true
    }

    fn journal(&self, run: Option<&str>) -> io::Result<Option<Vec<u8>>> {
        let Some(run) = run.map(str::to_owned) else { return Ok(None) };
        self.wait(|objects| async move { objects.journal(run).await })
    }

    fn open(&self, run: &str, before: Option<&str>) -> io::Result<Box<dyn Append>> {
        let (new, before) = (run.to_owned(), before.map(str::to_owned));
        self.wait(|objects| async move { objects.close_before(&new, before.as_deref()).await })?;
        let (worker, objects) = (self.worker.clone(), self.objects.clone());
        Ok(Box::new(Entries { worker, objects, run: run.to_owned(), next: 0 }))
    }

    /// What cannot be removed does no harm: no state names it.
    fn close(&self, run: &str) -> io::Result<()> {
        let run = run.to_owned();
        let _ = self.wait(|objects| async move { objects.sweep(&run).await });
        Ok(())
    }

    fn lock(&self, note: &str) -> io::Result<Option<Box<dyn Held>>> {
        let text = note.to_owned();
        if !self.wait(|objects| async move { objects.lock(text).await })? {
            return Ok(None);
        }
        let (worker, objects) = (self.worker.clone(), self.objects.clone());
        Ok(Some(Box::new(Lock { worker, objects, note: note.to_owned() })))
    }

    fn holder(&self) -> io::Result<Option<Vec<u8>>> {
        self.read(Part::Lock)
    }

    fn outlives_its_holder(&self) -> bool {
        true
    }

    fn unlock(&self, note: &[u8]) -> io::Result<()> {
        let note = note.to_vec();
        self.wait(|objects| async move { objects.unlock(&note).await })
    }
}

impl Objects {
    async fn store(&self) -> io::Result<&Arc<dyn ObjectStore>> {
        self.store.get_or_try_init(|| (self.opener)()).await
    }

    fn at(&self, part: Part) -> Path {
        self.folder.clone().join(part.name())
    }

    fn entry(&self, run: &str, number: usize) -> Path {
        self.at(Part::Journal).join(run).join(format!("{number:08}"))
    }

    /// An object and its version; none where there is none.
    async fn get(&self, path: &Path) -> io::Result<Option<(Vec<u8>, UpdateVersion)>> {
        let found = match self.store().await?.get(path).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(told)?,
        };
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        Ok(Some((found.bytes().await.map_err(told)?.to_vec(), version)))
    }

    /// Writes an object, again where the answer was lost: whoever says what it follows can tell whether it was written.
    async fn put(&self, path: &Path, bytes: Vec<u8>, mode: PutMode) -> Result<UpdateVersion, Failed> {
        let store = self.store().await.map_err(Failed::Other)?;
        let payload = PutPayload::from(bytes);
        let mut tries = 0;
        loop {
            tries += 1;
            match store.put_opts(path, payload.clone(), PutOptions::from(mode.clone())).await {
                Ok(put) => return Ok(put.into()),
                Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => return Err(Failed::Taken),
                Err(error) => {
                    let error = told(error);
                    if error.kind() != ErrorKind::ConnectionAborted || tries == TRIES {
                        return Err(Failed::Other(error));
                    }
                    tokio::time::sleep(PAUSE * tries).await;
                }
            }
        }
    }

    /// Makes an object once. One that is there with the same bytes is ours: the answer to it was lost.
    async fn create(&self, path: &Path, bytes: Vec<u8>) -> io::Result<Option<UpdateVersion>> {
        match self.put(path, bytes.clone(), PutMode::Create).await {
            Ok(version) => Ok(Some(version)),
            Err(Failed::Other(error)) => Err(error),
            Err(Failed::Taken) => {
                Ok(self.get(path).await?.filter(|(there, _)| *there == bytes).map(|(_, version)| version))
            }
        }
    }

    async fn read(&self, part: Part) -> io::Result<Option<Vec<u8>>> {
        let found = self.get(&self.at(part)).await?;
        let (bytes, version) = found.map_or((None, None), |(bytes, version)| (Some(bytes), Some(version)));
        if part == Part::State {
            *held(&self.version) = version;
        }
        Ok(bytes)
    }

    async fn replace(&self, part: Part, bytes: Vec<u8>) -> io::Result<()> {
        let path = self.at(part);
        if part != Part::State {
            return self.put(&path, bytes, PutMode::Overwrite).await.map(drop).map_err(Failed::into_io);
        }
        let known = held(&self.version).clone();
        let written = match known {
            None => self.create(&path, bytes).await?,
            Some(known) => match self.put(&path, bytes.clone(), PutMode::Update(known)).await {
                Ok(version) => Some(version),
                Err(Failed::Other(error)) => return Err(error),
                Err(Failed::Taken) => {
                    self.get(&path).await?.filter(|(there, _)| *there == bytes).map(|(_, version)| version)
                }
            },
        };
        let version = written.ok_or_else(|| io::Error::other("somebody else has written it meanwhile"))?;
        *held(&self.version) = Some(version);
        Ok(())
    }

    /// The lines of a journal, and none of whoever has closed it.
    async fn journal(&self, run: String) -> io::Result<Option<Vec<u8>>> {
        let folder = self.at(Part::Journal).join(run.as_str());
        let store = self.store().await?;
        let listed: Vec<_> = store.list(Some(&folder)).try_collect().await.map_err(told)?;
        // What others have laid beside the entries is none.
        let is_entry = |name: &Path| name.filename().is_some_and(|name| name.len() == 8 && name.parse::<u32>().is_ok());
        let mut names: Vec<Path> = listed.into_iter().map(|found| found.location).filter(is_entry).collect();
        names.sort();
        if names.iter().enumerate().any(|(number, name)| *name != self.entry(&run, number)) {
            return Err(io::Error::new(ErrorKind::InvalidData, "it is damaged: an object of it is missing"));
        }
        let read = futures::stream::iter(names).map(|name| async move { self.get(&name).await }).buffered(AT_ONCE);
        let read: Vec<Option<(Vec<u8>, UpdateVersion)>> = read.try_collect().await?;
        let mut parts: Vec<Vec<u8>> = read.into_iter().flatten().map(|(bytes, _)| bytes).collect();
        let count = parts.len();
        parts.retain(|part| !part.starts_with(CLOSED.as_bytes()));
        *held(&self.journal) = Some(Journal { run, count, closed: parts.len() < count });
        Ok(if parts.is_empty() { None } else { Some(parts.concat()) })
    }

    /// Closes the journal of the run before, as it was read.
    async fn close_before(&self, run: &str, before: Option<&str>) -> io::Result<()> {
        let Some(before) = before else { return Ok(()) };
        let read = held(&self.journal).clone().filter(|read| read.run == before);
        let read = read.ok_or_else(|| io::Error::other("the journal of the run before was not read"))?;
        if read.closed {
            return Ok(());
        }
        let note = format!("{CLOSED}{run}\n").into_bytes();
        match self.create(&self.entry(before, read.count), note).await? {
            Some(_) => Ok(()),
            None => Err(io::Error::new(ErrorKind::WouldBlock, "the run before still writes")),
        }
    }

    /// Removes what the state holds by now: the journal of the run, and of those before all but the last object. That
    /// closes it, also for a runner that wakes up after this.
    async fn sweep(&self, run: &str) -> io::Result<()> {
        let store = self.store().await?;
        let listed: Vec<_> = store.list(Some(&self.at(Part::Journal))).try_collect().await.map_err(told)?;
        let mut runs: BTreeMap<String, BTreeSet<Path>> = BTreeMap::new();
        for found in listed {
            let folder = found.location.as_ref().rsplit_once('/').map_or("", |(folder, _)| folder);
            runs.entry(folder.to_owned()).or_default().insert(found.location);
        }
        let own = self.at(Part::Journal).join(run).to_string();
        for (folder, objects) in &mut runs {
            if *folder != own {
                objects.pop_last();
            }
        }
        let names = futures::stream::iter(runs.into_values().flatten().map(Ok)).boxed();
        match store.delete_stream(names).try_collect::<Vec<_>>().await {
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(told(error)),
        }
    }

    /// Takes the lock; one that may be there though something failed is given back, as far as that can be done.
    async fn lock(&self, note: String) -> io::Result<bool> {
        let taken = self.try_lock(&note).await;
        if taken.is_err() {
            let _ = self.unlock(note.as_bytes()).await;
        }
        taken
    }

    /// Makes the lock, and sees that the service does what locks and states stand on.
    async fn try_lock(&self, note: &str) -> io::Result<bool> {
        let path = self.at(Part::Lock);
        if self.create(&path, note.as_bytes().to_vec()).await?.is_none() {
            return Ok(false);
        }
        let other = UpdateVersion { e_tag: Some("\"00000000000000000000000000000000\"".to_owned()), version: None };
        let tries = [(PutMode::Create, "If-None-Match"), (PutMode::Update(other), "If-Match")];
        let tried = tries.map(|(mode, header)| {
            let put = self.put(&path, note.as_bytes().to_vec(), mode);
            async move { (header, put.await) }
        });
        for (header, put) in futures::future::join_all(tried).await {
            match put {
                Err(Failed::Taken) => {}
                Err(Failed::Other(error)) => return Err(error),
                Ok(_) => {
                    let why = format!(
                        "the service does not heed {header}, so that two runs could write at once: it cannot keep a state"
                    );
                    return Err(io::Error::new(ErrorKind::Unsupported, why));
                }
            }
        }
        Ok(true)
    }

    /// Removes the lock where it is the one that is meant.
    async fn unlock(&self, note: &[u8]) -> io::Result<()> {
        let path = self.at(Part::Lock);
        match self.get(&path).await? {
            Some((there, _)) if there == note => self.store().await?.delete(&path).await.map_err(told),
            _ => Err(io::Error::new(ErrorKind::NotFound, "that lock is there no more")),
        }
    }
}

/// Opens a bucket. Nothing is sent to it.
pub async fn opened(bucket: &location::Bucket, means: &Means) -> io::Result<Arc<dyn ObjectStore>> {
    let certificates = means.certificates.as_deref();
    objects::open(bucket, certificates, means.clock.clone(), means.environment.as_ref()).await
}

/// Reads one object, by its whole name.
pub fn fetch(bucket: location::Bucket, means: Means) -> io::Result<Option<Vec<u8>>> {
    Worker::start()?.wait(async move {
        let path = Path::parse(&bucket.prefix).map_err(io::Error::other)?;
        let store = opened(&bucket, &means).await?;
        match store.get(&path).await {
            Err(Error::NotFound { .. }) => Ok(None),
            found => Ok(Some(found.map_err(told)?.bytes().await.map_err(told)?.to_vec())),
        }
    })
}

/// Why an object was not written.
enum Failed {
    /// It is there already, or is another one than was said.
    Taken,
    /// Anything else.
    Other(io::Error),
}

impl Failed {
    fn into_io(self) -> io::Error {
        match self {
            Self::Taken => io::Error::other("somebody else has written it meanwhile"),
            Self::Other(error) => error,
        }
    }
}

/// The journal of a run.
struct Entries {
    worker: Worker,
    objects: Arc<Objects>,
    run: String,
    next: usize,
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entries({} {}, {})", self.objects.place, self.run, self.next)
    }
}

impl Append for Entries {
    fn append(&mut self, bytes: Vec<u8>) -> Write_<'_> {
        let (objects, path) = (self.objects.clone(), self.objects.entry(&self.run, self.next));
        self.next += 1;
        let made = self.worker.spawn(async move { objects.create(&path, bytes).await });
        Box::pin(async move {
            let taken = || io::Error::other("another run has closed it: this one sends nothing more");
            made.await?.map(drop).ok_or_else(taken)
        })
    }

    /// An object is there as a whole or not at all, and nothing follows one that failed.
    fn truncate(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// The lock, removed when it is dropped; it stays when the process is killed.
struct Lock {
    worker: Worker,
    objects: Arc<Objects>,
    note: String,
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lock({})", self.objects.place)
    }
}

impl Held for Lock {
    /// It was noted when the lock was taken.
    fn note(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    /// Whoever has taken it away by force has closed the journal too, or will find the state written.
    fn is_current(&self) -> bool {
        true
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let (objects, note) = (self.objects.clone(), std::mem::take(&mut self.note));
        let place = objects.place.clone();
        let text = note.clone();
        match self.worker.wait(async move { objects.unlock(text.as_bytes()).await }) {
            // Somebody has taken it away by force.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => lock::note_left(&place, &note, &error),
            Ok(()) => {}
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
