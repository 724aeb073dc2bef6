//! Where the secrets lie that are made here: a directory, or a program that keeps them.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::MOST_BYTES;
use super::command::{self, Limits};
use crate::disk;
use crate::kind::Vault;

/// A directory of its owner alone (mode 0700), with a file (0600) for each secret.
#[derive(Debug)]
pub struct Directory(pub PathBuf);

impl Vault for Directory {
    fn read(&self, name: &str) -> Result<Option<String>, String> {
        let path = self.0.join(name);
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let bytes = disk::read_regular(&path, MOST_BYTES).map_err(|error| wrong(&error))?;
        bytes.map(|bytes| String::from_utf8(bytes).map_err(|_| wrong(&"it is not UTF-8 text"))).transpose()
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.0.join(name);
        let written = disk::private_folder(&self.0).and_then(|()| disk::replace(&path, text.as_bytes()));
        written.map_err(|error| format!("{}: {error}", path.display()))
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        let path = self.0.join(name);
        disk::remove(&path).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// A program that is called with `read NAME`, `write NAME` (the secret comes on standard input) or `remove NAME` behind
/// its line. It says nothing where there is no such secret.
#[derive(Debug)]
pub struct Program {
    /// The command line.
    pub line: String,
    /// Where it runs.
    pub directory: PathBuf,
}

impl Program {
    fn run(&self, word: &str, name: &str, input: Option<&str>) -> Result<Vec<u8>, String> {
        let line = format!("{} {word} {name}", self.line);
        command::output(&line, &self.directory, input, Limits::default())
            .map_err(|why| format!("`command:{}` could not {word} {name}: {why}", self.line))
    }
}

impl Vault for Program {
    fn read(&self, name: &str) -> Result<Option<String>, String> {
        let output = self.run("read", name, None)?;
        let text = String::from_utf8(output).map_err(|_| format!("`command:{}`: it is not UTF-8 text", self.line))?;
        let text = text.trim_end_matches(['\n', '\r']);
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        self.run("write", name, Some(text)).map(drop)
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        self.run("remove", name, None).map(drop)
    }
}

/// A part of what an account keeps: `ssm:/PREFIX` or `secretsmanager:PREFIX`, with the name of a secret behind it.
#[derive(Debug)]
pub struct InAccount {
    /// What stands before the slash and the name.
    pub prefix: String,
    /// The account, once it is connected to.
    pub account: Arc<OnceLock<Arc<dyn Vault>>>,
}

impl InAccount {
    fn at<T>(&self, name: &str, act: impl FnOnce(&dyn Vault, &str) -> Result<T, String>) -> Result<T, String> {
        let path = format!("{}/{name}", self.prefix.trim_end_matches('/'));
        let account = self.account.get().ok_or_else(|| "the account has not been connected to".to_owned());
        account.and_then(|account| act(&**account, &path)).map_err(|why| format!("`{path}`: {why}"))
    }
}

impl Vault for InAccount {
    fn read(&self, name: &str) -> Result<Option<String>, String> {
        self.at(name, |account, path| account.read(path))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        self.at(name, |account, path| account.write(path, text))
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        self.at(name, |account, path| account.remove(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every sort of place keeps, gives back and forgets.
    #[test]
    fn what_is_kept_is_given_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = "f() { case $1 in read) cat \"$2\" 2>/dev/null || true;; write) cat >\"$2\";; remove) rm -f \"$2\";; esac; }; f";
        let vaults: [Box<dyn Vault>; 2] = [
            Box::new(Directory(folder.path().join("deep/secrets"))),
            Box::new(Program { line: program.to_owned(), directory: folder.path().to_owned() }),
        ];
        for vault in vaults {
            assert_eq!(vault.read("a.result"), Ok(None), "{vault:?}");
            vault.write("a.result", "first").expect("written");
            vault.write("a.result", "p#$ \"x'").expect("written again");
            assert_eq!(vault.read("a.result"), Ok(Some("p#$ \"x'".to_owned())), "{vault:?}");
            assert_eq!(vault.read("a.hash"), Ok(None), "{vault:?}");
            vault.remove("a.result").expect("removed");
            vault.remove("a.result").expect("is gone already");
            assert_eq!(vault.read("a.result"), Ok(None), "{vault:?}");
        }
    }

    #[test]
    fn a_program_that_fails_has_kept_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Program { line: "exit 3;".to_owned(), directory: folder.path().to_owned() };
        assert!(vault.read("a").is_err() && vault.write("a", "text").is_err() && vault.remove("a").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_of_secrets_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("secrets");
        Directory(place.clone()).write("a", "text").expect("written");
        let mode = |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&place), mode(&place.join("a"))), (0o700, 0o600));
    }
}
