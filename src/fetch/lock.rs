//! The lock file: which version, commit and content of each module was fetched, for everybody who works with the stack.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::content::is_checksum;
use super::git::is_commit;
use super::source::Source;
use super::version::{Constraint, Version};
use crate::diag::Diagnostic;
use crate::disk;

/// Its name, in the directory of the stack. It belongs in version control.
pub const FILE: &str = ".cachestack.lock.json";

/// So many bytes may it have.
const LONGEST: u64 = 16 << 20;

/// What was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    version: u64,
    /// The packages, by source and version.
    pub modules: Vec<Package>,
}

/// A repository, an archive or a version of a module of a registry, as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Where from, in one spelling: [`Source::package`].
    pub source: String,
    /// The version, of a module of a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The commit, of a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The directory in it that the registry names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Of the content: `sha256:HEX`.
    pub checksum: String,
}

impl Package {
    /// The folder of the content, below `.cachestack/modules/`: readable, and of this content alone.
    pub fn folder(&self) -> String {
        let source = Source::parse(&self.source).ok().flatten();
        let short = source.as_ref().map_or("module", Source::short);
        let label = self.version.as_deref().or(self.commit.as_deref().and_then(|commit| commit.get(..7)));
        let digits = self.checksum.trim_start_matches("sha256:").get(..12).unwrap_or_default();
        let name = format!("{short}-{}", label.map(|label| format!("{label}-")).unwrap_or_default());
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
        let name: String = name.chars().take(80).map(plain).collect();
        format!("{}{digits}", name.trim_start_matches('.'))
    }

    /// Its version, of a registry.
    pub fn version(&self) -> Option<Version> {
        self.version.as_deref().and_then(Version::parse)
    }

    /// Whether every word of it can be what was once written there.
    fn is_sound(&self) -> bool {
        let plain = |path: &String| path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        is_checksum(&self.checksum)
            && self.commit.as_deref().is_none_or(is_commit)
            && self.version.is_none() == self.version().is_none()
            && self.within.as_ref().is_none_or(plain)
            && matches!(Source::parse(&self.source), Ok(Some(_)))
    }
}

impl Lock {
    /// Reads the lock file of a stack; an empty one where there is none.
    pub fn read(directory: &Path) -> Result<Self, Diagnostic> {
        let path = directory.join(FILE);
        let wrong = |why: String| {
            Diagnostic::error("CS0934", "The lock file cannot be read", format!("{}: {why}.", path.display()))
                .help("Take it from version control again, or remove it, and run `cachestack init`.")
        };
        let Some(bytes) = disk::read_regular(&path, LONGEST).map_err(|error| wrong(error.to_string()))? else {
            return Ok(Self::default());
        };
        let lock: Self = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        match lock.modules.iter().find(|package| !package.is_sound()) {
            _ if lock.version != 1 => {
                Err(wrong(format!("it is of version {}, and only 1 is understood", lock.version)))
            }
            Some(package) => Err(wrong(format!("what it says of {:?} cannot be", package.source))),
            None => Ok(lock),
        }
    }

    /// Writes it, unless that is what is there. Answers whether anything was written.
    pub fn write(mut self, directory: &Path) -> Result<bool, String> {
        let key = |package: &Package| (package.source.clone(), package.version());
        self.modules.sort_by_key(key);
        self.modules.dedup_by_key(|package| key(package));
        self.version = 1;
        let path = directory.join(FILE);
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let there = disk::read_regular(&path, LONGEST).map_err(failed)?;
        let text = serde_json::to_string_pretty(&self).map_err(|error| error.to_string())? + "\n";
        if there.as_deref().unwrap_or_default() == text.as_bytes() || there.is_none() && self.modules.is_empty() {
            return Ok(false);
        }
        disk::replace(&path, text.as_bytes()).map_err(failed)?;
        if there.is_none() {
            disk::readable(&path).map_err(failed)?;
        }
        Ok(true)
    }

    /// The package of a source: of a registry the newest that meets what is asked.
    pub fn find(&self, source: &Source, asked: Option<&Constraint>) -> Option<&Package> {
        let name = source.package();
        let any = Constraint::any();
        let meets = |package: &&Package| match package.version() {
            Some(version) => asked.unwrap_or(&any).allows(&version),
            None => true,
        };
        let of_source = self.modules.iter().filter(|package| package.source == name);
        of_source.filter(meets).max_by_key(|package| package.version())
    }

    /// Puts a package in the place of one with its source and version.
    pub fn put(&mut self, package: Package) {
        self.modules.retain(|known| (&known.source, &known.version) != (&package.source, &package.version));
        self.modules.push(package);
    }
}
