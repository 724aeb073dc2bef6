//! Modules that are no directories of the stack: from repositories, registries and archives.
//!
//! `cachestack init` fetches them ([`install`]) into `.cachestack/modules/`, each content in a folder of its own, and
//! writes the lock file ([`lock`]). Every other command only reads, and only what has the checksum of the lock file.
//! What Terraform has fetched is used as well ([`terraform`]).

mod archive;
pub mod content;
mod git;
pub mod install;
pub mod lock;
pub mod registry;
pub mod source;
mod terraform;
pub mod version;
pub mod web;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::diag::Diagnostic;
use crate::disk;
use lock::{Lock, Package};
use source::Source;
use terraform::Manifest;
use version::Constraint;

/// Where the modules of a stack lie.
pub fn folder(directory: &Path) -> PathBuf {
    directory.join(FOLDER)
}

const FOLDER: &str = ".cachestack/modules";

/// The modules of a stack that have been fetched.
#[derive(Debug)]
pub struct Library {
    directory: PathBuf,
    /// What the lock file says.
    pub lock: Lock,
    /// Why there is no telling.
    broken: Option<Diagnostic>,
    manifest: Result<Manifest, String>,
    /// Folders whose content was compared, with what is wrong.
    compared: RefCell<BTreeMap<String, Option<String>>>,
    /// The packages that were asked for: source and version.
    used: RefCell<BTreeSet<(String, Option<String>)>>,
    /// The directories of modules that a saved plan has taken along, by the way to them.
    kept: BTreeMap<String, PathBuf>,
}

/// A module that was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Its directory, from that of the stack on.
    pub path: PathBuf,
    /// What was fetched as a whole, likewise: local sources in it do not lead out of this.
    pub package: Option<PathBuf>,
}

/// A module that cannot be used.
#[derive(Debug)]
pub struct Missing {
    /// Why, without a place.
    pub diagnostic: Diagnostic,
    /// Whether that is an error even if nothing needs the module.
    pub is_damage: bool,
}

impl Library {
    /// Reads the lock file of a stack, and what Terraform has written.
    pub fn open(directory: &Path) -> Self {
        let (lock, broken) = match Lock::read(directory) {
            Ok(lock) => (lock, None),
            Err(diagnostic) => (Lock::default(), Some(diagnostic)),
        };
        Self { lock, broken, manifest: Manifest::read(directory), ..Self::empty(directory) }
    }

    /// One that has nothing yet.
    pub fn empty(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            lock: Lock::default(),
            broken: None,
            manifest: Ok(Manifest::default()),
            compared: RefCell::default(),
            used: RefCell::default(),
            kept: BTreeMap::new(),
        }
    }

    /// One that has what a saved plan has taken along: the directories of modules, by the way to them.
    pub fn kept(directory: &Path, kept: BTreeMap<String, PathBuf>) -> Self {
        Self { kept, ..Self::empty(directory) }
    }

    /// The directory of a module. `key` is the way to it, with dots, as Terraform writes it.
    pub fn find(&self, key: &str, text: &str, source: &Source, asked: Option<&Constraint>) -> Result<Found, Missing> {
        if let Some(path) = self.kept.get(key) {
            return Ok(Found { path: path.clone(), package: None });
        }
        if let Some(diagnostic) = &self.broken {
            return Err(Missing { diagnostic: diagnostic.clone(), is_damage: true });
        }
        if let Some(package) = self.lock.find(source, asked) {
            return self.of_package(package, text, source);
        }
        let theirs = match &self.manifest {
            Ok(manifest) => manifest.find(&self.directory, key, source, asked),
            Err(why) => Err(Some(format!("What Terraform says of its modules cannot be read ({why})."))),
        };
        let path = theirs.map_err(|why| not_fetched(text, why.as_deref()))?;
        Ok(Found { path, package: None })
    }

    fn of_package(&self, package: &Package, text: &str, source: &Source) -> Result<Found, Missing> {
        self.used.borrow_mut().insert((package.source.clone(), package.version.clone()));
        let name = package.folder();
        let folder = Path::new(FOLDER).join(&name);
        let real = self.directory.join(&folder);
        if !disk::is_folder(&real) {
            return Err(not_fetched(text, None));
        }
        let mut compared = self.compared.borrow_mut();
        let wrong = compared.entry(name).or_insert_with(|| match content::checksum(&real, content::LIMITS) {
            Ok(found) if found == package.checksum => None,
            Ok(_) => Some("It is not what the lock file says.".to_owned()),
            Err(why) => Some(why),
        });
        if let Some(why) = wrong {
            let detail = format!("The content of {} was changed. {why}", folder.display());
            let diagnostic = Diagnostic::error("CS0933", "A module that was changed", detail).help(
                "Run `cachestack init`, which fetches it anew. To change a module, copy it beside the stack and name its directory.",
            );
            return Err(Missing { diagnostic, is_damage: true });
        }
        let inner = [package.within.as_deref(), source.subdir()];
        let path = inner.into_iter().flatten().fold(folder.clone(), |path, inner| path.join(inner));
        Ok(Found { path, package: Some(folder) })
    }

    /// What the lock file says of the modules that were asked for, and of nothing else.
    pub fn of_use(&self) -> Lock {
        let used = self.used.borrow();
        let mut lock = self.lock.clone();
        lock.modules.retain(|package| used.contains(&(package.source.clone(), package.version.clone())));
        lock
    }

    /// Takes a package in that was fetched.
    pub fn put(&mut self, package: Package) {
        self.compared.borrow_mut().remove(&package.folder());
        self.lock.put(package);
    }
}

fn not_fetched(text: &str, why: Option<&str>) -> Missing {
    let why = why.map(|why| format!(" {why}")).unwrap_or_default();
    let detail = format!("\"{text}\" is not fetched.{why}");
    let diagnostic = Diagnostic::error("CS0930", "The module is not fetched", detail);
    Missing { diagnostic: diagnostic.help("Run `cachestack init`, which fetches it."), is_damage: false }
}
