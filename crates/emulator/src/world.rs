//! Everything that exists in the emulated AWS, and the file it is kept in.
//!
//! The file is a log: a header line, then one line per request that changed something, each the changed rows as
//! JSON behind a checksum. A last line without its end was being written when a process died, and goes; damage anywhere
//! else is an error, since what stands behind it was acknowledged. Each request runs under a file lock and
//! first reads what other processes appended, so that processes share one world. When the log has grown far
//! beyond the world it is rewritten as one snapshot under a new generation number.

use super::region::{Others, Region};
use crate::clock::Clock;
use crate::disk::{self, Lock, Log};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Accounts and regions, and the settings that all share.
#[derive(Debug, Default)]
pub struct World {
    regions: BTreeMap<(String, String), Region>,
    settings: Settings,
    changed: Vec<Value>,
    requests: u64,
    file: Option<WorldFile>,
}

/// What belongs to the world as a whole.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Settings {
    /// Added to the clock, in milliseconds.
    #[serde(default)]
    pub clock_offset_ms: i64,
    /// What AWS lets an account have in a region.
    #[serde(default)]
    pub quotas: Quotas,
}

/// The quotas that AWS raises when it is asked to.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// The most nodes in a region; without it, any number.
    pub nodes: Option<usize>,
    /// The most nodes, and the most shards, of a group with cluster mode.
    pub nodes_per_cluster: i64,
}

impl Default for Quotas {
    fn default() -> Self {
        // A new account has 300 nodes; a world for tests of size should not meet that unasked.
        Self { nodes: None, nodes_per_cluster: 90 }
    }
}

#[derive(Debug)]
struct WorldFile {
    path: PathBuf,
    lock: Option<Lock>,
    generation: u64,
    /// Up to where the file has been read.
    end: u64,
    /// The length right after the last snapshot.
    snapshot: u64,
}

const MAGIC: &str = "cachestack-world 1 ";
/// `cachestack-world 1 0000000000000001\n`
const HEADER: usize = MAGIC.len() + 17;
/// A log is rewritten when it is this much longer than its last snapshot, and at least this long.
const GROWTH: u64 = 8;
const SMALLEST_REWRITE: u64 = 4 << 20;

impl World {
    /// A world without a file.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// A world in a file, made where it is missing.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = WorldFile { path: path.to_owned(), lock: None, generation: 0, end: 0, snapshot: 0 };
        let mut world = Self { file: Some(file), ..Self::default() };
        world.begin().map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => io::Error::new(error.kind(), format!("{error}. {WAY_OUT}")),
            _ => error,
        })?;
        // Under the lock, so that no other process is about to put its snapshot in the file's place.
        disk::sweep(path);
        world.commit()?;
        Ok(world)
    }

    /// A copy of the world in a file, as it is now; an empty world where there is no file. Writes nothing, not even a
    /// lock: the file is only ever appended to or replaced as a whole, so what is read is a world that was.
    pub fn copy_of(path: &Path) -> io::Result<Self> {
        let mut world = Self::in_memory();
        let Some(bytes) = disk::read(path)? else { return Ok(world) };
        let (header, rest) = bytes.split_at(bytes.len().min(HEADER));
        match generation(header) {
            Some(_) => {
                let (end, state) = lines(rest);
                if state == Rest::Damaged {
                    return Err(damaged_at((HEADER + end) as u64));
                }
                world.absorb(&rest[..end])?;
            }
            None if is_torn_header(header) => {}
            None => return Err(no_world(path)),
        }
        Ok(world)
    }

    /// The same of a file that may be damaged: goes on with what stands before the damage, and keeps the file as it was
    /// beside it. Answers where, if there was any.
    pub fn open_cut(path: &Path) -> io::Result<(Self, Option<PathBuf>)> {
        let damage = match Self::open(path) {
            Ok(world) => return Ok((world, None)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => error,
            Err(error) => return Err(error),
        };
        let mut file = WorldFile { path: path.to_owned(), lock: None, generation: 0, end: 0, snapshot: 0 };
        file.lock()?;
        let bytes = disk::read(path)?.unwrap_or_default();
        if generation(bytes.get(..HEADER).unwrap_or_default()).is_none() {
            return Err(damage);
        }
        let kept = free_name(path)?;
        disk::replace(&kept, &bytes)?;
        let (end, _) = lines(&bytes[HEADER..]);
        Log::open(path)?.truncate((HEADER + end) as u64)?;
        drop(file);
        Ok((Self::open(path)?, Some(kept)))
    }

    /// The emulator's time in milliseconds since the Unix epoch.
    pub fn now(&self, clock: &dyn Clock) -> u64 {
        clock.now_ms().saturating_add_signed(self.settings.clock_offset_ms)
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Replaces the settings.
    pub fn set_settings(&mut self, settings: Settings) {
        self.changed.push(json!(["", "", "settings", "", settings]));
        self.settings = settings;
    }

    /// A new id for a request.
    pub fn request_id(&mut self, now: u64) -> String {
        self.requests += 1;
        let hash = hex(&format!("{now} {} {}", self.requests, std::process::id()));
        format!("{}-{}-4{}-8{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
    }

    /// Runs an action over the regions of an account, of which the named one is sure to be there, and notes what it
    /// changed.
    pub fn in_account<T>(&mut self, account: &str, region: &str, action: impl FnOnce(&mut Others) -> T) -> T {
        let key = (account.to_owned(), region.to_owned());
        self.regions.entry(key).or_insert_with_key(|(account, name)| Region::new(account, name));
        let own = self.regions.range_mut((account.to_owned(), String::new())..);
        let own = own.take_while(|((other, _), _)| other == account);
        let mut regions: Others = own.map(|((_, name), region)| (name.clone(), region)).collect();
        let value = action(&mut regions);
        for region in regions.into_values() {
            region.stage();
            self.changed.append(&mut region.staged);
        }
        value
    }

    /// Forgets what a request that broke off half-way has left behind.
    pub fn recover(&mut self) {
        self.changed.clear();
        for region in self.regions.values_mut() {
            region.rollback();
            region.staged.clear();
        }
        if let Some(file) = &mut self.file {
            (file.lock, file.generation) = (None, 0);
        }
    }

    /// Starts a request: takes the lock and reads what others wrote.
    pub fn begin(&mut self) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let read = file.lock().and_then(|()| self.catch_up(&mut file));
        if read.is_err() {
            // What has been read may be half of something; and nobody will end this request.
            (file.lock, file.generation) = (None, 0);
        }
        self.file = Some(file);
        read
    }

    /// Ends a request: appends what changed and lets go of the lock.
    pub fn commit(&mut self) -> io::Result<()> {
        let changed = std::mem::take(&mut self.changed);
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let written = if changed.is_empty() { Ok(()) } else { file.append(&line(&changed)) };
        let written = written.and_then(|()| if file.is_long() { file.rewrite(&self.snapshot()) } else { Ok(()) });
        file.lock = None;
        if written.is_err() {
            // Memory is ahead of the file now: read the file again before the next request.
            file.generation = 0;
        }
        self.file = Some(file);
        written
    }

    /// Every row of the world, as the log's lines hold rows.
    pub fn rows(&self) -> Vec<Value> {
        let mut rows = vec![json!(["", "", "settings", "", self.settings])];
        for ((account, name), region) in &self.regions {
            for (table, rows_of) in region.tables() {
                rows_of.dump(&mut |key, row| rows.push(json!([account, name, table, key, row])));
            }
        }
        rows
    }

    /// Replaces the world by the rows of an export; none of them is an empty world.
    pub fn replace(&mut self, rows: Vec<Value>) -> io::Result<()> {
        let (regions, settings) = (std::mem::take(&mut self.regions), std::mem::take(&mut self.settings));
        if let Err(error) = rows.into_iter().try_for_each(|row| self.replay(row)) {
            (self.regions, self.settings) = (regions, settings);
            return Err(error);
        }
        self.changed.clear();
        let snapshot = self.snapshot();
        match &mut self.file {
            Some(file) => file.rewrite(&snapshot),
            None => Ok(()),
        }
    }

    fn snapshot(&self) -> Vec<u8> {
        // In pieces, so that no single line grows without bound.
        self.rows().chunks(500).flat_map(line).collect()
    }

    fn catch_up(&mut self, file: &mut WorldFile) -> io::Result<()> {
        let mut log = Log::open(&file.path)?;
        let length = log.len()?;
        let header = log.read_range(0, HEADER)?;
        match generation(&header) {
            Some(found) if found == file.generation && length == file.end => return Ok(()),
            Some(found) if found == file.generation && length > file.end => {}
            Some(found) => {
                *self = Self { requests: self.requests, ..Self::default() };
                (file.generation, file.end, file.snapshot) = (found, HEADER as u64, 0);
            }
            None if is_torn_header(&header) => {
                file.rewrite(&self.snapshot())?;
                return Ok(());
            }
            None => return Err(no_world(&file.path)),
        }
        let tail = log.read_from(file.end)?;
        let (at, rest) = lines(&tail);
        if rest == Rest::Damaged {
            return Err(damaged(file, at));
        }
        self.absorb(&tail[..at])?;
        file.end += at as u64;
        if file.snapshot == 0 {
            file.snapshot = file.end;
        }
        if rest == Rest::Torn {
            // A process died while it wrote the last line; the request was never answered.
            log.truncate(file.end)?;
        }
        Ok(())
    }

    /// Takes in the whole lines of a log; answers how many bytes of it they are.
    /// Takes in whole lines.
    fn absorb(&mut self, lines: &[u8]) -> io::Result<()> {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            for row in unline(&line[..line.len() - 1]).unwrap_or_default() {
                self.replay(row)?;
            }
        }
        Ok(())
    }

    fn replay(&mut self, row: Value) -> io::Result<()> {
        let bad = || io::Error::new(io::ErrorKind::InvalidData, "a row of the world cannot be read");
        let Value::Array(mut parts) = row else { return Err(bad()) };
        let (Some(value), 5) = (parts.pop(), parts.len() + 1) else { return Err(bad()) };
        let text = |index: usize| parts.get(index).and_then(Value::as_str);
        let (Some(account), Some(region), Some(table), Some(key)) = (text(0), text(1), text(2), text(3)) else {
            return Err(bad());
        };
        if table == "settings" {
            self.settings = serde_json::from_value(value)?;
            return Ok(());
        }
        let at = (account.to_owned(), region.to_owned());
        let region = self.regions.entry(at).or_insert_with_key(|(account, name)| Region::new(account, name));
        let rows = region.table_mut(table).ok_or_else(bad)?;
        rows.replay(key, Some(value).filter(|value| !value.is_null()))?;
        Ok(())
    }
}

/// What stands behind the whole lines of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// The beginning of a line, whose process died while it wrote.
    Torn,
    /// Something that was whole once.
    Damaged,
}

/// Up to where lines are whole, and what comes then. A line that has its end was written whole, and so was one that is
/// whole but for another byte in the place of its end.
fn lines(bytes: &[u8]) -> (usize, Rest) {
    let mut at = 0;
    while let Some(stop) = bytes[at..].iter().position(|byte| *byte == b'\n') {
        if unline(&bytes[at..at + stop]).is_none() {
            return (at, Rest::Damaged);
        }
        at += stop + 1;
    }
    match &bytes[at..] {
        [] => (at, Rest::Nothing),
        [line @ .., _] if unline(line).is_some() => (at, Rest::Damaged),
        _ => (at, Rest::Torn),
    }
}

fn damaged(file: &WorldFile, at: usize) -> io::Error {
    damaged_at(file.end + at as u64)
}

fn damaged_at(place: u64) -> io::Error {
    let text =
        format!("it is damaged at byte {place}, and what stands from there on cannot be read; it is left as it is");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

const WAY_OUT: &str =
    "Put a copy in its place, or go on with what stands before the damage: cachestack emulate --world FILE --cut-world";

/// A name beside a file that nothing has yet.
fn free_name(path: &Path) -> io::Result<PathBuf> {
    for number in 1.. {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{number}"));
        if !disk::exists(Path::new(&name))? {
            return Ok(name.into());
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

impl WorldFile {
    /// Whether the log is to be rewritten as a snapshot; a test may ask for that after every change.
    fn is_long(&self) -> bool {
        let asked = cfg!(test) && std::env::var_os("CACHESTACK_TEST_REWRITES").is_some();
        asked || (self.end > SMALLEST_REWRITE && self.end > self.snapshot.saturating_mul(GROWTH))
    }

    fn lock(&mut self) -> io::Result<()> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        self.lock = Some(Lock::acquire(Path::new(&path))?);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        Log::open(&self.path)?.append(bytes, false)?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    fn rewrite(&mut self, snapshot: &[u8]) -> io::Result<()> {
        let generation = self.generation + 1;
        let mut bytes = format!("{MAGIC}{generation:016x}\n").into_bytes();
        bytes.extend_from_slice(snapshot);
        disk::replace(&self.path, &bytes)?;
        (self.generation, self.end, self.snapshot) = (generation, bytes.len() as u64, bytes.len() as u64);
        Ok(())
    }
}

/// Whether a header is that of a new file, or was torn while it was written.
fn is_torn_header(header: &[u8]) -> bool {
    header.len() < HEADER && MAGIC.as_bytes().starts_with(&header[..header.len().min(MAGIC.len())])
}

fn no_world(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} is not a world of cachestack", path.display()))
}

fn generation(header: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(header).ok()?.strip_prefix(MAGIC)?.strip_suffix('\n')?;
    u64::from_str_radix(text, 16).ok()
}

fn line(rows: &[Value]) -> Vec<u8> {
    let body = Value::Array(rows.to_vec()).to_string();
    format!("{:016x} {body}\n", checksum(body.as_bytes())).into_bytes()
}

fn unline(line: &[u8]) -> Option<Vec<Value>> {
    let (sum, body) = line.split_at_checked(16)?;
    let body = body.strip_prefix(b" ")?;
    let sum = u64::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    if sum != checksum(body) {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// FNV-1a: no single byte can change without it. It is there for accidents, not against anybody.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The SHA-256 of a text in hexadecimal digits.
pub fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
