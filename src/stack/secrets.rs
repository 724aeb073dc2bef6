//! Reading secrets from where `secret()` says: a process variable, a file, a command, or what the account keeps. Each is
//! read once in a run, within limits of time and size.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

mod command;
pub mod vault;

use crate::diag::Diagnostic;
use crate::disk;
use crate::kind::Vault;
use crate::value::{Secret, Value};

/// So many bytes may a secret have, from a file or a command.
const MOST_BYTES: u64 = 64 << 10;

/// Whether an account keeps the secret.
fn is_of_account(source: &str) -> bool {
    source.starts_with("ssm:") || source.starts_with("secretsmanager:")
}

/// The secrets of a run.
#[derive(Debug, Default)]
pub struct Secrets {
    directory: PathBuf,
    process: BTreeMap<String, String>,
    /// Whether commands may be run; a check without an account runs none.
    commands: bool,
    read: RefCell<BTreeMap<Arc<str>, Option<Arc<str>>>>,
    /// Where those lie that are made here.
    vault: OnceCell<Arc<dyn Vault>>,
    /// What the account keeps, once that is connected to.
    account: Arc<OnceLock<Arc<dyn Vault>>>,
    /// Those that have been asked for.
    stored: RefCell<BTreeMap<String, Result<Arc<str>, String>>>,
}

impl Secrets {
    /// Reads files from `directory` on and variables from `process`.
    pub fn new(directory: PathBuf, process: BTreeMap<String, String>, commands: bool) -> Self {
        Self {
            directory,
            process,
            commands,
            read: RefCell::default(),
            vault: OnceCell::new(),
            account: Arc::default(),
            stored: RefCell::default(),
        }
    }

    /// Fills in the texts of the secrets in a value. One whose source is not there stays without.
    pub fn read(&self, value: &mut Value) -> Result<(), Diagnostic> {
        value.try_each_secret(&mut |secret| {
            let (Some(source), None) = (&secret.source, &secret.text) else { return Ok(secret.clone()) };
            Ok(Secret { source: Some(source.clone()), text: self.text(source)? })
        })
    }

    /// Says where the secrets lie that are made here.
    pub fn keep_in(&self, vault: Arc<dyn Vault>) {
        // An environment has one.
        let _ = self.vault.set(vault);
    }

    /// Secrets of the account can be read from now on, by the names that `secret()` takes.
    pub fn connect(&self, account: Arc<dyn Vault>) {
        // A run has one account.
        let _ = self.account.set(account);
    }

    /// A part of the account as a vault; it can be read once the account is connected to.
    pub fn within_account(&self, prefix: &str) -> Arc<dyn Vault> {
        Arc::new(vault::InAccount { prefix: prefix.to_owned(), account: self.account.clone() })
    }

    /// Where the secrets lie that are made here.
    pub fn vault(&self) -> Option<&Arc<dyn Vault>> {
        self.vault.get()
    }

    /// The text of a secret that was made here.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn stored(&self, name: &str) -> Result<Arc<str>, String> {
        let stored = self.stored.borrow().get(name).cloned();
        let read = || self.vault.get().ok_or("the environment names no place for secrets")?.read(name);
        let text = stored.unwrap_or_else(|| read()?.map(Arc::from).ok_or_else(|| "it is not there".to_owned()));
        self.stored.borrow_mut().insert(name.to_owned(), text.clone());
        text
    }

    fn text(&self, source: &Arc<str>) -> Result<Option<Arc<str>>, Diagnostic> {
        if let Some(text) = self.read.borrow().get(source) {
            return Ok(text.clone());
        }
        if is_of_account(source) && self.account.get().is_none() {
            return Ok(None);
        }
        let text = self.fetch(source)?.map(|text| Arc::from(text.trim_end_matches(['\n', '\r'])));
        self.read.borrow_mut().insert(source.clone(), text.clone());
        Ok(text)
    }

    fn fetch(&self, source: &str) -> Result<Option<String>, Diagnostic> {
        let wrong = |why: String| {
            Diagnostic::error("CS0416", "The secret cannot be read", format!("`{source}`: {why}."))
                .help("Write secret(\"env:NAME\"), \"file:PATH\", \"command:PROGRAM ARGUMENTS\", \"ssm:NAME\" or \"secretsmanager:NAME#KEY\".")
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
            Some(_) if is_of_account(source) => {
                let Some(account) = self.account.get() else { return Ok(None) };
                let text = account.read(source).map_err(wrong)?;
                text.map(Some).ok_or_else(|| wrong("the account has no such secret in this region".to_owned()))
            }
            _ => Err(wrong("it names no known source".to_owned())),
        }
    }

    fn run(&self, line: &str) -> Result<String, String> {
        let output = command::output(line, &self.directory, None, command::Limits::default())?;
        String::from_utf8(output).map_err(|_| "its output is not UTF-8 text".to_owned())
    }
}
