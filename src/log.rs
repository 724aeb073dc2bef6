//! The log of the calls to services: one JSON object per line, into a file or to stderr.
//!
//! Who calls decides what is in a line; it must be nothing that an argument or an answer could bring a secret into.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

use crate::disk;

/// How bad it is what a line tells, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// No answer, or a failure of the service.
    Error,
    /// A refusal.
    Warn,
    /// An answer.
    Info,
}

impl Level {
    /// The words of `--log-level`, without `off`.
    pub const WORDS: [(&'static str, Level); 3] =
        [("error", Level::Error), ("warn", Level::Warn), ("info", Level::Info)];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, level)| *level == self).map_or("info", |(word, _)| word)
    }
}

/// Where lines go, and which.
struct Sink {
    file: Option<Mutex<disk::Log>>,
    least: Level,
}

static SINK: OnceLock<Sink> = OnceLock::new();
static LOST: OnceLock<String> = OnceLock::new();

/// Begins the log: at the end of a file, or on stderr where none is named. Lines that are less bad than `least` are left out.
///
/// # Errors
/// Why the file cannot be opened.
pub fn open(file: Option<&Path>, least: Level) -> io::Result<()> {
    let file = file.map(disk::Log::open).transpose()?.map(Mutex::new);
    SINK.get_or_init(|| Sink { file, least });
    Ok(())
}

/// Whether anything is logged.
pub fn is_on() -> bool {
    SINK.get().is_some()
}

/// Whether lines go to stderr.
pub fn is_on_stderr() -> bool {
    SINK.get().is_some_and(|sink| sink.file.is_none())
}

/// Why a line could not be written, where that was so.
pub fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Writes a line, unless its level is left out.
pub fn line(level: Level, line: &Value) {
    let Some(sink) = SINK.get().filter(|sink| level <= sink.least) else { return };
    let text = format!("{line}\n");
    let written = match &sink.file {
        Some(file) => file.lock().unwrap_or_else(PoisonError::into_inner).append(text.as_bytes(), false),
        None => io::stderr().lock().write_all(text.as_bytes()),
    };
    if let Err(error) = written {
        LOST.get_or_init(|| format!("the log: {error}"));
    }
}
