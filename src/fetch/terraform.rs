//! Modules that Terraform has fetched: what `.terraform/modules/modules.json` says.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::source::Source;
use super::version::{Constraint, Version};
use crate::disk;

const FILE: &str = ".terraform/modules/modules.json";

/// The modules by the way to them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Manifest {
    #[serde(default)]
    modules: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    /// `vpc`, or `outer.inner`.
    key: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    version: Option<String>,
    /// From the directory of the stack on.
    #[serde(default)]
    dir: String,
}

impl Manifest {
    /// Reads it; an empty one where there is none. The error is what is wrong, without a full stop.
    pub fn read(directory: &Path) -> Result<Self, String> {
        let path = directory.join(FILE);
        let bytes = disk::read_regular(&path, 64 << 20).map_err(|error| error.to_string())?;
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        serde_json::from_slice(&bytes).map_err(|error| error.to_string())
    }

    /// The directory of a module, if that source and a version that is asked for lie there; otherwise what does, if
    /// anything, as a sentence.
    pub fn find(
        &self,
        directory: &Path,
        key: &str,
        source: &Source,
        asked: Option<&Constraint>,
    ) -> Result<PathBuf, Option<String>> {
        let entry = self.modules.iter().find(|entry| entry.key == key).ok_or(None)?;
        let theirs = Source::parse(&entry.source).ok().flatten();
        let same =
            theirs.is_some_and(|theirs| theirs.package() == source.package() && theirs.subdir() == source.subdir());
        let version = entry.version.as_deref().and_then(Version::parse);
        let meets = asked.is_none_or(|asked| version.as_ref().is_some_and(|version| asked.allows(version)));
        match (same, meets, &version) {
            (true, true, _) if disk::is_folder(&directory.join(&entry.dir)) => Ok(PathBuf::from(&entry.dir)),
            (true, true, _) => Err(Some(format!("{FILE} says that it lies in {}, where nothing is.", entry.dir))),
            (true, false, Some(version)) => Err(Some(format!("Terraform has fetched version {version} of it."))),
            _ => Err(Some(format!("Terraform has fetched \"{}\" for it.", entry.source))),
        }
    }
}
