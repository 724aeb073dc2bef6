//! Reading secrets from where `secret()` says: a process variable, a file, a command. Each is read once in a
//! run, within limits of time and size.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

mod command;

use crate::diag::Diagnostic;
use crate::disk;
use crate::value::{Secret, Value};

/// So many bytes may a secret have, from a file or a command.
const MOST_BYTES: u64 = 64 << 10;

/// The secrets of a run.
#[derive(Debug, Default)]
pub struct Secrets {
    directory: PathBuf,
    process: BTreeMap<String, String>,
    /// Whether commands may be run; a check without an account runs none.
    commands: bool,
    read: RefCell<BTreeMap<Arc<str>, Option<Arc<str>>>>,
}

impl Secrets {
    /// Reads files from `directory` on and variables from `process`.
    pub fn new(directory: PathBuf, process: BTreeMap<String, String>, commands: bool) -> Self {
        Self { directory, process, commands, read: RefCell::default() }
    }

    /// Fills in the texts of the secrets in a value. One whose source is not there stays without.
    pub fn read(&self, value: &mut Value) -> Result<(), Diagnostic> {
        value.try_each_secret(&mut |secret| {
            let (Some(source), None) = (&secret.source, &secret.text) else { return Ok(secret.clone()) };
            Ok(Secret { source: Some(source.clone()), text: self.text(source)? })
        })
    }

    fn text(&self, source: &Arc<str>) -> Result<Option<Arc<str>>, Diagnostic> {
        if let Some(text) = self.read.borrow().get(source) {
            return Ok(text.clone());
        }
        let text = self.fetch(source)?.map(|text| Arc::from(text.trim_end_matches(['\n', '\r'])));
        self.read.borrow_mut().insert(source.clone(), text.clone());
        Ok(text)
    }

    fn fetch(&self, source: &str) -> Result<Option<String>, Diagnostic> {
        let wrong = |why: String| {
            Diagnostic::error("CS0416", "The secret cannot be read", format!("`{source}`: {why}."))
                .help("Write secret(\"env:NAME\"), secret(\"file:PATH\") or secret(\"command:PROGRAM ARGUMENTS\").")
        };
        match source.split_once(':') {
            Some(("env", name)) => Ok(self.process.get(name).filter(|text| !text.is_empty()).cloned()),
            Some(("file", path)) => {
                let bytes = disk::read_regular(&self.directory.join(path), MOST_BYTES);
                let bytes = bytes.map_err(|error| wrong(error.to_string()))?;
                bytes
                    .map(|bytes| String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8 text".to_owned())))
                    .transpose()
            }
            Some(("command", _)) if !self.commands => Ok(None),
            Some(("command", line)) => self.run(line).map(Some).map_err(wrong),
            _ => Err(wrong("it names no known source".to_owned())),
        }
    }

    fn run(&self, line: &str) -> Result<String, String> {
        let output = command::output(line, &self.directory, command::Limits::default())?;
        String::from_utf8(output).map_err(|_| "its output is not UTF-8 text".to_owned())
    }
}
