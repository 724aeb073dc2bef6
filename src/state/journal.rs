//! The journal: every entry since the state file, on the medium before it counts.
//!
//! A line is `NUMBER LENGTH CHAIN JSON`: its number from 0, the length of the JSON in bytes, 16 hex digits of the
//! SHA-256 of the chain of the line before and the JSON, and the entries that were written at once. The first line names
//! the state that it goes on from. Only the last line may be torn: it is dropped. Anything else that does not fit is
//! damage, and nobody goes on from damage.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk::Append;
use crate::state::file::{self, Wrong};
use crate::state::{Entry, State, entries, v1};

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    version: u64,
    run: String,
    lineage: String,
    salt: String,
    serial: u64,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    log: Box<dyn Append>,
    number: u64,
    chain: String,
    length: u64,
}

impl Journal {
    /// Starts a journal in an empty file, behind the state file with that serial.
    pub async fn start(log: Box<dyn Append>, state: &State, serial: u64, run: &str) -> std::io::Result<Self> {
        let header = Header {
            version: file::VERSION,
            run: run.to_owned(),
            lineage: state.lineage.clone(),
            salt: state.salt.clone(),
            serial,
        };
        let mut journal = Self { log, number: 0, chain: String::new(), length: 0 };
        journal.log.truncate(0)?;
        journal.write(&serde_json::to_string(&header).expect("plain data")).await?;
        Ok(journal)
    }

    /// Writes entries; they are on the medium when this completes.
    ///
    /// # Errors
    /// When they are not: what may have been written of them is cut off again, as far as that can be done.
    pub async fn append(&mut self, entries: &[Entry]) -> std::io::Result<()> {
        self.write(&entries::encode(entries)).await
    }

    async fn write(&mut self, json: &str) -> std::io::Result<()> {
        let chain = link(&self.chain, json);
        let line = format!("{} {} {chain} {json}\n", self.number, json.len());
        let length = line.len() as u64;
        if let Err(error) = self.log.append(line.into_bytes()).await {
            let _ = self.log.truncate(self.length);
            return Err(error);
        }
        self.length += length;
        (self.number, self.chain) = (self.number + 1, chain);
        Ok(())
    }
}

/// What a journal says.
#[derive(Debug, Default)]
pub struct Replayed {
    /// How many entries the state has now that the file does not have.
    pub entries: usize,
}

/// Applies what a journal holds beyond the state file.
///
/// # Errors
/// Damage, a journal of another state, and one that is missing while the state says that there is one.
pub fn replay(bytes: Option<Vec<u8>>, state: &mut State) -> Result<Replayed, Wrong> {
    let bytes = bytes.unwrap_or_default();
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is damaged: it is not text".to_owned())?;
    if v1::is_journal(text) {
        return Ok(Replayed { entries: v1::replay(text, state)? });
    }
    let lines = lines(text)?;
    let Some((first, rest)) = lines.split_first() else { return missing(state) };
    let header: Header = serde_json::from_str(first).map_err(|error| format!("its first line is damaged: {error}"))?;
    if header.version != file::VERSION {
        let why =
            format!("it has version {}, and this cachestack reads up to version {}", header.version, file::VERSION);
        return Err(Wrong::Version(why));
    }
    let fresh = state.lineage.is_empty() && state.serial == 0;
    if !fresh && header.lineage != state.lineage {
        return Err("it belongs to another state".to_owned().into());
    }
    if state.journal.as_deref() == Some(&*header.run) {
        for line in rest {
            entries::decode(line)?.into_iter().for_each(|entry| state.apply(entry));
        }
        state.verify()?;
        return Ok(Replayed { entries: rest.len() });
    }
    // A run that was cut off before the state file named its journal has sent nothing; one that had saved is done.
    if header.serial > state.serial && !rest.is_empty() {
        return Err("it goes on from a newer state than the file beside it".to_owned().into());
    }
    missing(state)
}

/// No journal: right for a state that has been saved, a loss for one that names a journal.
fn missing(state: &State) -> Result<Replayed, Wrong> {
    match &state.journal {
        None => Ok(Replayed::default()),
        Some(_) => Err("a run was cut off, and its journal is missing, empty or of another run".to_owned().into()),
    }
}

/// The JSON of every whole line.
fn lines(text: &str) -> Result<Vec<&str>, String> {
    let mut found = Vec::new();
    let (mut rest, mut chain) = (text, String::new());
    while !rest.is_empty() {
        let damaged = || format!("line {} is damaged", found.len() + 1);
        let Some((json, after)) = line(rest, found.len(), &chain).map_err(|()| damaged())? else { break };
        chain = link(&chain, json);
        found.push(json);
        rest = after;
    }
    Ok(found)
}

/// The JSON of the first line and what follows it; none when it is the last and torn.
fn line<'a>(text: &'a str, number: usize, chain: &str) -> Result<Option<(&'a str, &'a str)>, ()> {
    // A line holds no line break, so a text without one is the beginning of a line, as far as it reached the medium; but
    // one that is long enough has lost its end otherwise.
    if !text.contains('\n') {
        let mut words = text.splitn(4, ' ').skip(1);
        let length = words.next().and_then(|length| length.parse::<usize>().ok());
        let body = words.nth(1).map_or(0, str::len);
        return if length.is_some_and(|length| body > length) { Err(()) } else { Ok(None) };
    }
    let mut words = text.splitn(4, ' ');
    let mut word = || words.next().ok_or(());
    let (found, length, link_found, body) = (word()?, word()?, word()?, word()?);
    let length: usize = length.parse().map_err(|_| ())?;
    let (json, after) = body.split_at_checked(length).ok_or(())?;
    let after = after.strip_prefix('\n').ok_or(())?;
    (found == number.to_string() && link_found == link(chain, json)).then_some(Some((json, after))).ok_or(())
}

fn link(chain: &str, json: &str) -> String {
    let digest = Sha256::new().chain_update(chain).chain_update(json).finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
