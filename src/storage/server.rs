//! A state on a server that speaks the protocol of Terraform's `http` backend: one document for everything, got with
//! GET, put as a whole with POST, and locked with a document of its own. The server keeps two runs apart; each put names
//! the lock.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Means;
use super::worker::Worker;
use crate::clock::Clock;
use crate::cloud::web::{Client, Sent};
use crate::disk::{Append, Held, Write_};
use crate::fetch::web::Answer;
use crate::stack::location::Server;
use crate::state::lock::{self, Holder};
use crate::state::medium::{Medium, Part};

/// So many bytes may a document have.
const MOST: u64 = 256 << 20;
/// How often a request is sent, and the pause between, where the server is in trouble.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// The form of the document.
const FORM: u64 = 1;

/// What the server keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    /// The number of this form.
    cachestack: u64,
    /// Grows with every put: some servers want that.
    serial: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backup: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    journal: Option<Run>,
}

/// A journal, and whose it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Run {
    run: String,
    text: String,
}

/// The lock as Terraform writes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Info {
    #[serde(rename = "ID")]
    id: String,
    operation: String,
    info: String,
    who: String,
    version: String,
    created: String,
    path: String,
}

/// The state of one environment on a server.
pub struct Document {
    worker: Worker,
    inner: Arc<Inner>,
}

struct Inner {
    /// The address without its query, which may hold what is secret.
    place: String,
    url: Url,
    lock: (String, Url),
    unlock: (String, Url),
    update: String,
    caller: Caller,
    /// The document as it was got or last put.
    kept: Mutex<Kept>,
    /// The lock that is held here.
    held: Mutex<Option<Info>>,
    /// Who held the lock when it could not be had.
    holder: Mutex<Option<Vec<u8>>>,
}

/// Whoever sends requests.
struct Caller {
    client: Client,
    login: Option<String>,
    clock: Arc<dyn Clock>,
}

/// Reads what a server answers with; none where there is none.
pub fn fetch(server: &Server, means: &Means) -> io::Result<Option<Vec<u8>>> {
    let (caller, url) = (Caller::new(means)?, server.url.clone());
    Worker::start()?.wait(async move {
        let answer = caller.ask("GET", url, Vec::new()).await?;
        match answer.status {
            200 if !answer.body.is_empty() => Ok(Some(answer.body)),
            200 | 204 | 404 => Ok(None),
            _ => Err(refused(&answer)),
        }
    })
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({})", self.inner.place)
    }
}

impl Document {
    /// The document of an environment. The error says what is wrong with an address.
    pub fn new(server: &Server, environment: &str, means: &Means) -> io::Result<Self> {
        let url = below(&server.url, environment);
        // GitLab has addresses and methods of its own, as its guide for Terraform says.
        let gitlab = url.path().contains("/terraform/state/") && url.path().starts_with("/api/v4/projects/");
        let option = |name: &str| server.options.get(name).cloned();
        let lock_url = match option("lock_address") {
            Some(text) => below(&address(&text)?, environment),
            None if gitlab => below(&url, "lock"),
            None => url.clone(),
        };
        let unlock_url = option("unlock_address").map(|text| Ok::<_, io::Error>(below(&address(&text)?, environment)));
        let method = |name: &str, usual: &str| option(name).unwrap_or_else(|| usual.to_owned());
        let (lock, unlock) = if gitlab { ("POST", "DELETE") } else { ("LOCK", "UNLOCK") };
        let mut bare = url.clone();
        bare.set_query(None);
        let inner = Inner {
            place: bare.to_string(),
            lock: (method("lock_method", lock), lock_url.clone()),
            unlock: (method("unlock_method", unlock), unlock_url.transpose()?.unwrap_or(lock_url)),
            update: method("update_method", "POST"),
            url,
            caller: Caller::new(means)?,
            kept: Mutex::default(),
            held: Mutex::default(),
            holder: Mutex::default(),
        };
        Ok(Self { worker: Worker::start()?, inner: Arc::new(inner) })
    }

    fn wait<T, F>(&self, work: impl FnOnce(Arc<Inner>) -> F) -> io::Result<T>
    where
        T: Send + 'static,
        F: Future<Output = io::Result<T>> + Send + 'static,
    {
        self.worker.wait(work(self.inner.clone()))
    }
}

fn address(text: &str) -> io::Result<Url> {
    Url::parse(text).map_err(|error| io::Error::new(ErrorKind::InvalidInput, format!("\"{text}\" is no URL: {error}")))
}

/// The address one segment deeper.
fn below(url: &Url, segment: &str) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(segment);
    }
    url
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Medium for Document {
    fn place(&self) -> String {
        self.inner.place.clone()
    }

    fn read(&self, part: Part) -> io::Result<Option<Vec<u8>>> {
        self.wait(|inner| async move { inner.get().await })?;
        let kept = held(&self.inner.kept);
        let text = match part {
            Part::State => kept.state.as_ref(),
            Part::Backup => kept.backup.as_ref(),
            Part::Journal | Part::Lock => None,
        };
        Ok(text.map(|text| text.clone().into_bytes()))
    }

    fn replace(&self, part: Part, bytes: &[u8]) -> io::Result<()> {
        let text = text(bytes)?;
        self.wait(|inner| async move {
            inner
                .change(|kept| match part {
                    Part::State => kept.state = Some(text),
                    _ => kept.backup = Some(text),
                })
                .await
        })
    }

    fn journal(&self, run: Option<&str>) -> io::Result<Option<Vec<u8>>> {
        let kept = held(&self.inner.kept);
        let journal = kept.journal.as_ref().filter(|journal| run.is_some_and(|run| run == journal.run));
        Ok(journal.map(|journal| journal.text.clone().into_bytes()))
    }

    fn open(&self, run: &str, _: Option<&str>) -> io::Result<Box<dyn Append>> {
        let (worker, inner) = (self.worker.clone(), self.inner.clone());
        Ok(Box::new(Entries { worker, inner, run: run.to_owned(), text: String::new() }))
    }

    fn close(&self, _: &str) -> io::Result<()> {
        self.wait(|inner| async move { inner.change(|kept| kept.journal = None).await })
    }

    fn lock(&self, note: &str) -> io::Result<Option<Box<dyn Held>>> {
        let holder: Holder = serde_json::from_str(note).map_err(io::Error::other)?;
        if !self.wait(|inner| async move { inner.lock(&holder).await })? {
            return Ok(None);
        }
        Ok(Some(Box::new(Lock { worker: self.worker.clone(), inner: self.inner.clone() })))
    }

    fn holder(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(held(&self.inner.holder).clone())
    }

    fn outlives_its_holder(&self) -> bool {
        true
    }

    fn shows_its_lock(&self) -> bool {
        false
    }

    fn unlock(&self, note: &[u8]) -> io::Result<()> {
        let holder: Holder = serde_json::from_slice(note).map_err(io::Error::other)?;
        self.wait(|inner| async move { inner.unlock(&inner.info(&holder)).await })
    }
}

fn text(bytes: &[u8]) -> io::Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(io::Error::other)
}

impl Inner {
    async fn get(&self) -> io::Result<()> {
        let kept = self.fetch().await?;
        *held(&self.kept) = kept;
        Ok(())
    }

    async fn fetch(&self) -> io::Result<Kept> {
        let answer = self.caller.ask("GET", self.url.clone(), Vec::new()).await?;
        match answer.status {
            200 if !answer.body.is_empty() => parse(&answer.body),
            200 | 204 | 404 => Ok(Kept::default()),
            _ => Err(refused(&answer)),
        }
    }

    /// Puts the document with a change; it counts when the server has it. Not every server heeds the lock that a put
    /// names, so it is seen before that nobody else has put one.
    async fn change(&self, change: impl FnOnce(&mut Kept)) -> io::Result<()> {
        let mut kept = held(&self.kept).clone();
        if self.fetch().await?.serial != kept.serial {
            return Err(io::Error::other("another run has written it meanwhile: this one sends nothing more"));
        }
        change(&mut kept);
        (kept.cachestack, kept.serial) = (FORM, kept.serial + 1);
        let mut url = self.url.clone();
        if let Some(info) = &*held(&self.held) {
            url.query_pairs_mut().append_pair("ID", &info.id);
        }
        let body = serde_json::to_vec(&kept).map_err(io::Error::other)?;
        let answer = self.caller.ask(&self.update, url, body).await?;
        if !matches!(answer.status, 200 | 201 | 204) {
            return Err(refused(&answer));
        }
        *held(&self.kept) = kept;
        Ok(())
    }

    fn info(&self, holder: &Holder) -> Info {
        let who = [holder.user.as_deref(), holder.host.as_deref()];
        Info {
            id: holder.id.clone().unwrap_or_default(),
            operation: holder.command.clone(),
            info: holder.job.clone().unwrap_or_default(),
            who: who.into_iter().flatten().collect::<Vec<_>>().join("@"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created: holder.since.clone(),
            path: self.place.clone(),
        }
    }

    async fn lock(&self, holder: &Holder) -> io::Result<bool> {
        let info = self.info(holder);
        let body = serde_json::to_vec(&info).map_err(io::Error::other)?;
        let (method, url) = self.lock.clone();
        let answer = self.caller.ask(&method, url, body).await?;
        let there: Info = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.status {
            200 | 201 | 204 => {}
            // The answer to the first try was lost.
            409 | 423 if there.id == info.id => {}
            409 | 423 => {
                *held(&self.holder) = serde_json::to_vec(&holder_of(there)).ok();
                return Ok(false);
            }
            404 | 405 | 501 => {
                let why = format!(
                    "the server has no locks by {method} (status {}), so that two runs could write at once: it cannot keep a \
                     state; name the way behind #, as lock_address, lock_method, unlock_address and unlock_method",
                    answer.status
                );
                return Err(io::Error::new(ErrorKind::Unsupported, why));
            }
            _ => return Err(refused(&answer)),
        }
        *held(&self.held) = Some(info);
        Ok(true)
    }

    async fn unlock(&self, info: &Info) -> io::Result<()> {
        let body = serde_json::to_vec(info).map_err(io::Error::other)?;
        let (method, url) = self.unlock.clone();
        let answer = self.caller.ask(&method, url, body).await?;
        *held(&self.held) = None;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(refused(&answer)) }
    }
}

impl Caller {
    fn new(means: &Means) -> io::Result<Self> {
        let basic = |(user, word): &(String, String)| format!("Basic {}", STANDARD.encode(format!("{user}:{word}")));
        Ok(Self {
            client: Client::new(means.certificates.as_deref(), means.environment.as_ref()).map_err(io::Error::other)?,
            login: means.login.as_ref().map(basic),
            clock: means.clock.clone(),
        })
    }

    /// Sends a request, again where the server is in trouble: every one of them may be carried out twice.
    async fn ask(&self, method: &str, url: Url, body: Vec<u8>) -> io::Result<Answer> {
        let mut headers = Vec::new();
        if !body.is_empty() {
            headers.push(("content-type", "application/json".to_owned()));
            headers.push(("content-md5", STANDARD.encode(<md5::Md5 as md5::Digest>::digest(&body))));
        }
        headers.extend(self.login.clone().map(|login| ("authorization", login)));
        let mut tries = 0;
        loop {
            tries += 1;
            let sent = Sent { method, url: url.as_str(), headers: &headers, body: &body };
            match self.client.send(&sent, MOST).await {
                Ok(answer) if answer.status < 500 || answer.status == 501 || tries == TRIES => return Ok(answer),
                Err(why) if tries == TRIES => return Err(io::Error::other(why)),
                _ => self.clock.sleep(PAUSE).await,
            }
        }
    }
}

/// Who holds a lock, out of what Terraform's protocol says of it.
fn holder_of(info: Info) -> Holder {
    let (user, host) = match info.who.split_once('@') {
        Some((user, host)) => (user.to_owned(), Some(host.to_owned())),
        None => (info.who, None),
    };
    Holder {
        id: Some(info.id).filter(|id| !id.is_empty()),
        user: Some(user).filter(|user| !user.is_empty()),
        host,
        job: Some(info.info).filter(|job| !job.is_empty()),
        command: info.operation,
        since: info.created,
        ..Holder::default()
    }
}

fn parse(body: &[u8]) -> io::Result<Kept> {
    let wrong = |why: &str| io::Error::new(ErrorKind::InvalidData, why.to_owned());
    let value: serde_json::Value = serde_json::from_slice(body).map_err(|_| wrong("what is there is no JSON"))?;
    match value.get("cachestack").and_then(serde_json::Value::as_u64) {
        Some(FORM) => serde_json::from_value(value).map_err(|error| wrong(&format!("it is damaged: {error}"))),
        Some(newer) => Err(wrong(&format!("it has form {newer}, and this cachestack reads up to form {FORM}"))),
        None if value.get("terraform_version").is_some() => {
            Err(wrong("a state of Terraform is there: name another address for the states of cachestack"))
        }
        None => Err(wrong("what is there is no state of cachestack")),
    }
}

fn refused(answer: &Answer) -> io::Error {
    let kind = if matches!(answer.status, 401 | 403) { ErrorKind::PermissionDenied } else { ErrorKind::Other };
    let hint = match answer.status {
        401 | 403 => "; TF_HTTP_USERNAME and TF_HTTP_PASSWORD say who asks",
        409 | 423 => "; another run has the lock",
        _ => "",
    };
    io::Error::new(kind, format!("the server answers with status {}{hint}", answer.status))
}

/// The journal of a run.
struct Entries {
    worker: Worker,
    inner: Arc<Inner>,
    run: String,
    text: String,
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entries({} {})", self.inner.place, self.run)
    }
}

impl Append for Entries {
    fn append(&mut self, bytes: Vec<u8>) -> Write_<'_> {
        Box::pin(async move {
            let longer = self.text.clone() + &text(&bytes)?;
            let journal = Run { run: self.run.clone(), text: longer.clone() };
            let inner = self.inner.clone();
            let put = async move { inner.change(|kept| kept.journal = Some(journal)).await };
            self.worker.spawn(put).await?;
            self.text = longer;
            Ok(())
        })
    }

    /// The document is put as a whole or not at all, and nothing follows a put that failed.
    fn truncate(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// The lock, given back when it is dropped; it stays when the process is killed.
struct Lock {
    worker: Worker,
    inner: Arc<Inner>,
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lock({})", self.inner.place)
    }
}

impl Held for Lock {
    /// It was noted when the lock was taken.
    fn note(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    /// Each put names it: the server tells.
    fn is_current(&self) -> bool {
        true
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let Some(info) = held(&self.inner.held).clone() else { return };
        let inner = self.inner.clone();
        let (place, note) = (inner.place.clone(), serde_json::to_string(&holder_of(info.clone())).unwrap_or_default());
        if let Err(error) = self.worker.wait(async move { inner.unlock(&info).await }) {
            lock::note_left(&place, &note, &error);
        }
    }
}
