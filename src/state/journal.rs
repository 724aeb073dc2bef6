//! The journal: every change since the last state file, one line each, on the medium before it counts.
//!
//! A line is eight hex digits of its SHA-256, a blank, and JSON. The first line names the state that it goes on from;
//! a torn last line is dropped, and a journal of another serial has been taken into the state file already.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk;
use crate::state::{Entry, State, file};

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    version: u64,
    lineage: String,
    salt: String,
    serial: u64,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    log: disk::Log,
}

impl Journal {
    /// Opens the journal behind a state; what was left of an earlier one has been read by [`replay`] and goes.
    pub fn start(path: &Path, state: &State) -> io::Result<Self> {
        disk::remove(path)?;
        let mut log = disk::Log::open(path)?;
        let header = Header {
            version: file::VERSION,
            lineage: state.lineage.clone(),
            salt: state.salt.clone(),
            serial: state.serial,
        };
        log.append(line(&serde_json::to_string(&header).expect("plain data")).as_bytes(), true)?;
        Ok(Self { log })
    }

    /// Writes a change; it is on the medium when this returns.
    pub fn append(&mut self, entry: &Entry) -> io::Result<()> {
        self.log.append(line(&file::encode_entry(entry)).as_bytes(), true)
    }
}

/// Applies what a journal holds beyond a state. Answers how many changes that were.
pub fn replay(path: &Path, state: &mut State) -> Result<usize, String> {
    let Some(bytes) = disk::read(path).map_err(|error| error.to_string())? else { return Ok(0) };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.split_inclusive('\n').map_while(whole);
    let Some(header) = lines.next() else { return Ok(0) };
    let header: Header = serde_json::from_str(header).map_err(|error| format!("its first line is damaged: {error}"))?;
    let fresh = state.lineage.is_empty() && state.serial == 0;
    if header.serial != state.serial || !fresh && header.lineage != state.lineage {
        return Ok(0);
    }
    (state.lineage, state.salt) = (header.lineage, header.salt);
    let mut count = 0;
    for line in lines {
        state.apply(file::decode_entry(line)?);
        count += 1;
    }
    Ok(count)
}

fn line(json: &str) -> String {
    format!("{} {json}\n", checksum(json))
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// The JSON of a line that was written as a whole.
fn whole(line: &str) -> Option<&str> {
    let (sum, json) = line.strip_suffix('\n')?.split_once(' ')?;
    (sum == checksum(json)).then_some(json)
}
