//! Fetching the modules of a stack: round by round, since a module that was fetched may call others.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diag::{self, Diagnostic, Severity, SourceMap};
use crate::disk;
use crate::fetch::install::Installer;
use crate::fetch::lock::Lock;
use crate::fetch::web::Web;
use crate::fetch::{Library, folder};
use crate::lang::source::Origin;
use crate::stack::Stack;

/// What came of it.
#[derive(Debug, Default)]
pub struct Fetched {
    /// What was fetched, a line each.
    pub lines: Vec<String>,
    /// Whether the lock file was written.
    pub locked: bool,
    /// Whether there is a stack at all.
    pub is_stack: bool,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Sources from which nothing is fetched, as warnings: perhaps nothing needs their modules.
    pub refused: Vec<Diagnostic>,
    /// The texts that diagnostics point into.
    pub sources: SourceMap,
}

/// Fetches what a stack calls and what is not there; with `upgrade` everything, in the newest version that will do.
/// `web` is the way to servers. Waits for another run that fetches for the same stack.
pub async fn modules(
    directory: &Path,
    upgrade: bool,
    web: &dyn Web,
    process: &BTreeMap<String, String>,
    say: impl Fn(&str),
) -> Result<Fetched, String> {
    let library = if upgrade { Library::empty(directory) } else { Library::open(directory) };
    let mut fetched = Fetched::default();
    let stack = look(directory, &library, &mut fetched);
    if stack.wanted.is_empty() || diag::has_errors(&fetched.diagnostics) {
        return Ok(fetched);
    }
    let failed = |error: std::io::Error| format!("{}: {error}", folder(directory).display());
    disk::new_folder(&folder(directory)).map_err(failed)?;
    let turn = folder(directory).join(".lock");
    let _turn = match disk::Lock::try_acquire(&turn).map_err(failed)? {
        Some(lock) => lock,
        None => {
            say("Another run is fetching the modules of this stack; waiting for it.");
            disk::Lock::acquire(&turn).map_err(failed)?
        }
    };
    let pinned = if upgrade { Lock::default() } else { Lock::read(directory).map_err(|wrong| wrong.detail)? };
    let library = if upgrade { library } else { Library::open(directory) };
    let installer = Installer::new(directory, web, process, pinned)?;
    let library = rounds(directory, library, &installer, &mut fetched, &say).await;
    // What could not be fetched stays as it is in the lock file.
    let lock = if fetched.diagnostics.is_empty() { library.of_use() } else { with_known(directory, &library) };
    fetched.locked = lock.write(directory)?;
    Ok(fetched)
}

async fn rounds(
    directory: &Path,
    mut library: Library,
    installer: &Installer<'_>,
    fetched: &mut Fetched,
    say: &impl Fn(&str),
) -> Library {
    loop {
        fetched.diagnostics.clear();
        let stack = look(directory, &library, fetched);
        let mut new = false;
        let mut tried = Vec::new();
        for wanted in &stack.wanted {
            let key = (wanted.source.package(), wanted.version.clone());
            if tried.contains(&key) {
                continue;
            }
            tried.push(key);
            say(&format!("Fetching {} ...", wanted.name));
            match installer.install(&wanted.source, wanted.version.as_ref()).await {
                Ok(package) => {
                    let label = package.version.as_deref().or(package.commit.as_deref()).unwrap_or_default();
                    let label = if label.is_empty() { String::new() } else { format!(" {label}") };
                    fetched.lines.push(format!("{}: {}{label}", wanted.name, package.source));
                    library.put(package);
                    new = true;
                }
                Err(diagnostic) => fetched.diagnostics.push(diagnostic.or_at(wanted.span)),
            }
        }
        if !new || !fetched.diagnostics.is_empty() {
            return library;
        }
    }
}

/// Reads the stack; takes over what is wrong with its text, and with its calls of modules.
fn look(directory: &Path, library: &Library, fetched: &mut Fetched) -> Stack {
    let mut found = Vec::new();
    let stack = Stack::load_from(directory, library, &Origin::Disk, &mut found);
    fetched.is_stack = !found.iter().any(|diagnostic| diagnostic.code == "CS0303");
    let is_ours = |diagnostic: &Diagnostic| {
        let code = diagnostic.code;
        let fetchable = matches!(code, "CS0930" | "CS0933") && !stack.wanted.is_empty();
        let ours = ["CS01", "CS0301", "CS0302", "CS036", "CS0316", "CS093"].iter().any(|start| code.starts_with(start));
        diagnostic.is_error() && ours && !fetchable && !matches!(code, "CS0360" | "CS0364" | "CS0365" | "CS0367")
    };
    // What the binary cannot even look for is told by `plan`, where it matters.
    fetched.diagnostics = found.into_iter().filter(is_ours).collect();
    let told = |one: &&Diagnostic| fetched.diagnostics.iter().any(|other| other.span == one.span);
    let refused = stack.refused.iter().filter(|one| !told(one));
    let refused = refused.map(|one| Diagnostic { severity: Severity::Warning, ..one.clone() }).collect();
    fetched.refused = refused;
    fetched.sources = stack.sources.clone();
    stack
}

/// What the lock file has, and over it what was fetched now.
fn with_known(directory: &Path, library: &Library) -> Lock {
    let mut lock = Lock::read(directory).unwrap_or_default();
    library.lock.modules.iter().for_each(|package| lock.put(package.clone()));
    lock
}
