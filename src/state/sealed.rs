//! A state that is encrypted where it lies, with AES-256-GCM: each file, and each line of a journal, is a JSON document
//! with a nonce of its own. What is not encrypted yet is read as it is, and written encrypted.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::disk::{Append, Held, Write_};
use crate::entropy::Entropy;
use crate::stack::environment::StateKeys;
use crate::state::medium::{Medium, Part};
use crate::value::Secret;

/// What every sealed text begins with.
const START: &str = "{\"cachestack_encrypted\":";
/// The form that is written.
const FORM: u64 = 1;
const ALGORITHM: &str = "AES-256-GCM";
/// The bytes of a nonce.
const NONCE: usize = 12;

#[derive(Serialize, Deserialize)]
struct Sealed {
    cachestack_encrypted: u64,
    algorithm: String,
    nonce: String,
    data: String,
}

/// A place whose content is sealed.
pub struct Sealing {
    inner: Arc<dyn Medium>,
    locksmith: Arc<Locksmith>,
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealing({:?})", self.inner)
    }
}

impl Sealing {
    /// The same place, with keys.
    pub fn new(inner: Arc<dyn Medium>, keys: StateKeys, entropy: Arc<dyn Entropy>) -> Self {
        Self { inner, locksmith: Arc::new(Locksmith { keys, entropy }) }
    }
}

impl Medium for Sealing {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn path(&self, part: Part) -> String {
        self.inner.path(part)
    }

    fn read(&self, part: Part) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.inner.read(part)?;
        bytes.map(|bytes| self.locksmith.open(&bytes, part)).transpose()
    }

    fn replace(&self, part: Part, bytes: &[u8]) -> io::Result<()> {
        self.inner.replace(part, &self.locksmith.seal(bytes, part)?)
    }

    fn replaces_only_what_was_read(&self) -> bool {
        self.inner.replaces_only_what_was_read()
    }

    fn journal(&self, run: Option<&str>) -> io::Result<Option<Vec<u8>>> {
        let Some(bytes) = self.inner.journal(run)? else { return Ok(None) };
        if !bytes.starts_with(START.as_bytes()) {
            return Ok(Some(bytes));
        }
        let mut open = Vec::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            // A torn last line, as of any journal, is none.
            if line.ends_with(b"\n") {
                open.extend(self.locksmith.open(line, Part::Journal)?);
            }
        }
        Ok(Some(open))
    }

    fn open(&self, run: &str, before: Option<&str>) -> io::Result<Box<dyn Append>> {
        // A key that is missing is noticed before anything is written.
        self.locksmith.current()?;
        let log = self.inner.open(run, before)?;
        Ok(Box::new(Lines { log, locksmith: self.locksmith.clone(), plain: 0, sealed: 0 }))
    }

    fn close(&self, run: &str) -> io::Result<()> {
        self.inner.close(run)
    }

    fn lock(&self, note: &str) -> io::Result<Option<Box<dyn Held>>> {
        self.inner.lock(note)
    }

    fn holder(&self) -> io::Result<Option<Vec<u8>>> {
        self.inner.holder()
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.inner.is_locked()
    }

    fn outlives_its_holder(&self) -> bool {
        self.inner.outlives_its_holder()
    }

    fn shows_its_lock(&self) -> bool {
        self.inner.shows_its_lock()
    }

    fn unlock(&self, note: &[u8]) -> io::Result<()> {
        self.inner.unlock(note)
    }
}

/// A journal of sealed lines.
#[derive(Debug)]
struct Lines {
    log: Box<dyn Append>,
    locksmith: Arc<Locksmith>,
    /// How long the journal is for whoever writes it, and where it lies.
    plain: u64,
    sealed: u64,
}

impl Append for Lines {
    fn append(&mut self, bytes: Vec<u8>) -> Write_<'_> {
        Box::pin(async move {
            let sealed = self.locksmith.seal(&bytes, Part::Journal)?;
            let length = sealed.len() as u64;
            self.log.append(sealed).await?;
            self.plain += bytes.len() as u64;
            self.sealed += length;
            Ok(())
        })
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        // Only what failed is cut off, or everything.
        if length == 0 {
            (self.plain, self.sealed) = (0, 0);
        }
        debug_assert_eq!(length, self.plain);
        self.log.truncate(self.sealed)
    }
}

/// Seals and opens.
struct Locksmith {
    keys: StateKeys,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Locksmith {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Locksmith({:?})", self.keys)
    }
}

impl Locksmith {
    fn current(&self) -> io::Result<Option<Aes256Gcm>> {
        self.keys.current.as_ref().map(cipher).transpose()
    }

    fn seal(&self, bytes: &[u8], part: Part) -> io::Result<Vec<u8>> {
        let Some(cipher) = self.current()? else { return Ok(bytes.to_vec()) };
        let nonce = self.nonce();
        let sealed = cipher.encrypt(Nonce::from_slice(&nonce), Payload { msg: bytes, aad: aad(part) });
        let sealed = Sealed {
            cachestack_encrypted: FORM,
            algorithm: ALGORITHM.to_owned(),
            nonce: STANDARD.encode(nonce),
            data: STANDARD.encode(sealed.map_err(|_| io::Error::other("it is too long to be encrypted"))?),
        };
        Ok(serde_json::to_string(&sealed).map_err(io::Error::other)?.into_bytes().into_iter().chain([b'\n']).collect())
    }

    /// Never the same twice, up to the randomness of the machine.
    fn nonce(&self) -> [u8; NONCE] {
        let digits = self.entropy.id();
        std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).expect("hex digits"))
    }

    fn open(&self, bytes: &[u8], part: Part) -> io::Result<Vec<u8>> {
        if !bytes.starts_with(START.as_bytes()) {
            return Ok(bytes.to_vec());
        }
        let wrong = |why: String| io::Error::new(ErrorKind::InvalidData, why);
        let sealed: Sealed = serde_json::from_slice(bytes).map_err(|error| wrong(format!("it is damaged: {error}")))?;
        if (sealed.cachestack_encrypted, &*sealed.algorithm) != (FORM, ALGORITHM) {
            return Err(wrong("it is encrypted in a way that only a newer cachestack knows".to_owned()));
        }
        let decoded = (STANDARD.decode(&sealed.nonce).ok(), STANDARD.decode(&sealed.data).ok());
        let (Some(nonce), Some(data)) = decoded else { return Err(wrong("it is damaged: no base64".to_owned())) };
        let keys: Vec<&Secret> = self.keys.current.iter().chain(&self.keys.former).collect();
        if nonce.len() != NONCE || keys.is_empty() {
            return Err(wrong(
                "it is encrypted: write state_key = secret(\"...\") in the environment or the stack".to_owned(),
            ));
        }
        for key in keys {
            let payload = Payload { msg: &data, aad: aad(part) };
            if let Ok(open) = cipher(key)?.decrypt(Nonce::from_slice(&nonce), payload) {
                return Ok(open);
            }
        }
        Err(wrong(
            "none of the keys opens it, or it is damaged: a key that was in use goes into former_state_keys".to_owned(),
        ))
    }
}

/// No part can stand in the place of another.
fn aad(part: Part) -> &'static [u8] {
    match part {
        // A backup is a state that was copied.
        Part::State | Part::Backup => b"cachestack state",
        Part::Journal => b"cachestack journal",
        Part::Lock => b"cachestack lock",
    }
}

fn cipher(secret: &Secret) -> io::Result<Aes256Gcm> {
    let source = secret.source.as_deref().unwrap_or("an expression");
    let Some(text) = &secret.text else {
        return Err(io::Error::new(ErrorKind::NotFound, format!("the key of the state, from {source}, is not there")));
    };
    let bytes = key_bytes(text.trim()).ok_or_else(|| {
        let why = format!("the key of the state, from {source}, is not 32 bytes in base64 or hex digits; `openssl rand -base64 32` makes one");
        io::Error::new(ErrorKind::InvalidInput, why)
    })?;
    Aes256Gcm::new_from_slice(&bytes).map_err(io::Error::other)
}

fn key_bytes(text: &str) -> Option<Vec<u8>> {
    let hex = || {
        let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>()
    };
    let found = if text.len() == 64 { hex() } else { STANDARD.decode(text).ok() };
    found.filter(|bytes| bytes.len() == 32)
}
