//! Fetching one package: into a draft beside the others, compared with the lock file, and moved into its place whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use url::Url;

use super::content::{LIMITS, checksum};
use super::lock::{Lock, Package};
use super::registry::{Asker, place};
use super::source::{Archive, Packed, Source};
use super::version::Constraint;
use super::web::{Web, get, status};
use super::{archive, folder, git};
use crate::diag::Diagnostic;

/// The names of directories under way begin so.
const DRAFT: &str = ".draft-";

/// So many bytes may an archive have.
const LARGEST: u64 = 256 << 20;

/// Fetches packages of one stack. Whoever has one keeps everybody else from fetching.
pub struct Installer<'a> {
    folder: PathBuf,
    asker: Asker<'a>,
    /// What must come out again.
    pinned: Lock,
}

impl<'a> Installer<'a> {
    /// Begins, and throws away what a run that was killed has left.
    pub fn new(
        directory: &Path,
        web: &'a dyn Web,
        process: &'a BTreeMap<String, String>,
        pinned: Lock,
    ) -> Result<Self, String> {
        let folder = folder(directory);
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with(DRAFT) {
                fs::remove_dir_all(entry.path()).map_err(failed)?;
            }
        }
        Ok(Self { folder, asker: Asker { web, process }, pinned })
    }

    /// Fetches what a source names, in the version of the lock file if that meets what is asked.
    pub async fn install(&self, source: &Source, asked: Option<&Constraint>) -> Result<Package, Diagnostic> {
        let pinned = self.pinned.find(source, asked);
        let draft = tempfile::Builder::new().prefix(DRAFT).tempdir_in(&self.folder);
        let draft = draft.map_err(|error| not_fetched(format!("{}: {error}.", self.folder.display())))?;
        let package = self.draft(source, asked, pinned, draft.path()).await.map_err(|why| match pinned {
            Some(_) => not_fetched(why).help(
                "The lock file wants this very version or commit. `cachestack init -upgrade` takes what there is now.",
            ),
            None => not_fetched(why),
        })?;
        if let Some(pinned) = pinned.filter(|pinned| pinned.checksum != package.checksum) {
            let label = pinned.version.clone().or_else(|| pinned.commit.clone());
            let label = label.map(|label| format!(" of {label}")).unwrap_or_default();
            let detail = format!("What is fetched is not the content{label} that the lock file says.");
            return Err(Diagnostic::error("CS0933", "A module that was changed", detail)
                .help("Ask who publishes it why it has changed; `cachestack init -upgrade` takes what there is now."));
        }
        self.keep(draft, &package).map_err(|error| not_fetched(format!("{}: {error}.", self.folder.display())))?;
        Ok(package)
    }

    async fn draft(
        &self,
        source: &Source,
        asked: Option<&Constraint>,
        pinned: Option<&Package>,
        draft: &Path,
    ) -> Result<Package, String> {
        let commit = pinned.and_then(|package| package.commit.as_deref());
        let (commit, version, within) = match source {
            Source::Registry(module) => {
                let version = match pinned.and_then(Package::version) {
                    Some(version) => version,
                    None => self.asker.newest(module, asked).await?,
                };
                let location = self.asker.location(module, &version).await?;
                let (commit, within) = self.get(&location, commit, draft).await?;
                (commit, Some(version.to_string()), inner(draft, location.subdir(), within)?)
            }
            source => {
                let (commit, within) = self.get(source, commit, draft).await?;
                (commit, None, within)
            }
        };
        let checksum = checksum(draft, LIMITS)?;
        Ok(Package { source: source.package(), version, commit, within, checksum })
    }

    /// Fills a directory; answers the commit, and the directory in it that the server of an archive names.
    async fn get(
        &self,
        source: &Source,
        commit: Option<&str>,
        to: &Path,
    ) -> Result<(Option<String>, Option<String>), String> {
        match source {
            Source::Git(repository) => Ok((Some(git::fetch(repository, commit, to)?), None)),
            Source::Archive(archive) => self.archive(archive, commit, to).await,
            Source::Registry(module) => Err(format!("{module} leads to another registry.")),
        }
    }

    async fn archive(
        &self,
        archive: &Archive,
        commit: Option<&str>,
        to: &Path,
    ) -> Result<(Option<String>, Option<String>), String> {
        let mut url = Url::parse(&archive.url).map_err(|error| format!("{}: {error}.", archive.url))?;
        if archive.packed.is_none() {
            url.query_pairs_mut().append_pair("terraform-get", "1");
        }
        let (answer, from) = get(self.asker.web, &url, None, LARGEST).await?;
        if !matches!(answer.status, 200 | 204) {
            return Err(status(&answer, &from));
        }
        if let (None, Some(text)) = (archive.packed, answer.header("x-terraform-get")) {
            return match place(text, &from)? {
                Source::Archive(next) if next.packed.is_some() => {
                    let (_, none) = Box::pin(self.archive(&next, None, to)).await?;
                    Ok((None, inner(to, next.subdir.as_deref(), none)?))
                }
                Source::Git(next) => {
                    let commit = git::fetch(&next, commit, to)?;
                    Ok((Some(commit), inner(to, next.subdir.as_deref(), None)?))
                }
                _ => Err("It leads from one place to another and to no archive.".to_owned()),
            };
        }
        let packed: Option<Packed> = archive.packed.or_else(|| archive::guess(&answer.body));
        let packed = packed.ok_or("What is there is neither a .zip nor a .tar.gz.")?;
        archive::unpack(&answer.body, packed, to, LIMITS)?;
        Ok((None, None))
    }

    /// Moves a draft into its place. What lies there already with the same content is left.
    fn keep(&self, draft: tempfile::TempDir, package: &Package) -> std::io::Result<()> {
        let place = self.folder.join(package.folder());
        if fs::symlink_metadata(&place).is_ok() {
            if checksum(&place, LIMITS).is_ok_and(|there| there == package.checksum) {
                return Ok(());
            }
            // Taken out of the way at once, so that no half of it is ever used.
            let aside = tempfile::Builder::new().prefix(DRAFT).tempdir_in(&self.folder)?;
            fs::rename(&place, aside.path().join("old"))?;
        }
        fs::set_permissions(draft.path(), fs::metadata(&self.folder)?.permissions())?;
        fs::rename(draft.keep(), place)
    }
}

/// A directory behind `//` of an address that a registry names, with `*` for the only one that there is.
fn inner(root: &Path, first: Option<&str>, then: Option<String>) -> Result<Option<String>, String> {
    let mut parts: Vec<String> = Vec::new();
    for part in first.iter().flat_map(|text| text.split('/')) {
        if part != "*" {
            parts.push(part.to_owned());
            continue;
        }
        let here = parts.iter().fold(root.to_owned(), |path, part| path.join(part));
        let entries = fs::read_dir(&here).map_err(|error| format!("{}: {error}.", here.display()))?;
        let folders = entries.filter_map(|entry| entry.ok().filter(|e| e.file_type().is_ok_and(|t| t.is_dir())));
        match &folders.collect::<Vec<_>>()[..] {
            [only] => parts.push(only.file_name().to_string_lossy().into_owned()),
            _ => return Err("The archive has not one directory but none or several.".to_owned()),
        }
    }
    parts.extend(then);
    Ok(Some(parts.join("/")).filter(|text| !text.is_empty()))
}

fn not_fetched(why: String) -> Diagnostic {
    Diagnostic::error("CS0935", "The module cannot be fetched", why)
        .help("Check source, version and network; what git says can be tried with `git ls-remote`.")
}
