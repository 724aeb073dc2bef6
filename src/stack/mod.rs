//! A stack: the declarations of a directory, and their evaluation for one environment.

pub mod desired;
pub mod environment;
pub mod evaluator;
pub mod secrets;
pub mod target;
pub mod variables;
pub mod version;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Diagnostic, SourceMap};
use crate::graph::Graph;
use crate::lang::declare::{Module, declare};
use crate::lang::source::{self, Files};
use crate::lang::syntax;

/// A stack as it was read.
#[derive(Debug)]
pub struct Stack {
    /// The directory.
    pub directory: PathBuf,
    /// The `stack` block's label, or the name of the directory.
    pub name: Arc<str>,
    /// Every file that was read.
    pub sources: SourceMap,
    /// The files of values.
    pub files: Files,
    /// What the files declare.
    pub module: Module,
    /// What hangs on what.
    pub graph: Graph,
}

impl Stack {
    /// Reads a directory. The stack holds everything that could be understood.
    pub fn load(directory: &Path, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut sources = SourceMap::default();
        let files = source::load(directory, &mut sources, diagnostics);
        let bodies: Vec<_> = files
            .configuration
            .iter()
            .map(|file| (*file, syntax::parse(*file, &sources.get(*file).text.clone(), diagnostics)))
            .collect();
        let nothing = files.configuration.is_empty() && diagnostics.is_empty();
        if nothing {
            diagnostics.push(
                Diagnostic::error("CS0303", "No stack here", format!("{} has no .hcl or .tf files.", directory.display()))
                    .help("Write one, start from a template with `cachestack init --template quickstart`, or name another directory."),
            );
        }
        let module = declare(&bodies, &sources, diagnostics);
        let graph = Graph::build(&module, diagnostics);
        let name = module.stack.as_ref().map_or_else(|| directory_name(directory), |stack| stack.name.clone());
        Self { directory: directory.to_owned(), name, sources, files, module, graph }
    }
}

fn directory_name(directory: &Path) -> Arc<str> {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    absolute.file_name().map_or_else(|| "stack".into(), |name| name.to_string_lossy().as_ref().into())
}
