//! A stack: the declarations of a directory, and their evaluation for one environment.

pub mod access;
pub mod checks;
pub mod conditions;
pub mod desired;
pub mod environment;
pub mod evaluator;
mod foreign;
pub mod graph;
pub mod imports;
pub mod location;
pub mod modules;
pub mod provider;
pub mod providers;
pub mod public;
pub mod remote_state;
pub mod secrets;
pub mod target;
pub mod terraform_state;
pub mod variables;
pub mod version;
pub mod watched;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::{Address, Key, ModulePath, Subject, module_prefix};
use crate::diag::{Diagnostic, SourceMap};
use crate::fetch::Library;
use crate::lang;
use crate::lang::declare::{Call, Import, Module, Removed, Resource, declare};
use crate::lang::source::{self, Files, Origin};
use crate::stack::graph::Graph;
use modules::{Elsewhere, Units, Wanted};

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
    /// The modules that are called, by the way from the root, without keys.
    pub units: Units,
    /// The modules that are called and not read: of registries and repositories.
    pub elsewhere: Elsewhere,
    /// What of these `init` can fetch, and what it has to fetch anew.
    pub wanted: Vec<Wanted>,
    /// What is wrong with sources from which nothing is ever fetched; an error only where something needs the module.
    pub refused: Vec<Diagnostic>,
    /// Every `moved` block: from, to, and the module that says it.
    pub moved: Vec<(Subject, Subject, ModulePath)>,
    /// Every `removed` block, with addresses from the root on.
    pub removed: Vec<Removed>,
    /// The modules that have `import` blocks, by the way to them.
    pub importing: Vec<ModulePath>,
    /// What hangs on what.
    pub graph: Graph,
    /// Where a block stands among the resources of its module.
    index: BTreeMap<Address, usize>,
}

impl Stack {
    /// Reads a directory. The stack holds everything that could be understood.
    pub fn load(directory: &Path, diagnostics: &mut Vec<Diagnostic>) -> Self {
        Self::load_from(directory, &Library::open(directory), &Origin::Disk, diagnostics)
    }

    /// Reads a stack, with the modules that a library has.
    pub fn load_from(directory: &Path, library: &Library, origin: &Origin, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut sources = SourceMap::default();
        let files = source::load(directory, origin, &mut sources, diagnostics);
        let bodies = lang::files::parse(&files.configuration, &sources, diagnostics);
        let nothing = files.configuration.is_empty() && diagnostics.is_empty();
        if nothing {
            diagnostics.push(
                Diagnostic::error("CS0303", "No stack here", format!("{} has no .hcl or .tf files.", directory.display()))
                    .help("Write one, start from a template with `cachestack init --template quickstart`, or name another directory."),
            );
        }
        let mut module = declare(&bodies, &sources, diagnostics);
        let given_up = lang::declare::given_up(&module, diagnostics);
        let modules::Loaded { mut units, elsewhere, wanted, refused } =
            modules::load(directory, &module, &given_up, library, origin, &mut sources, diagnostics);
        let forgotten = foreign::leave(&mut module, &mut units, &given_up);
        let name = module.stack.as_ref().map_or_else(|| directory_name(directory), |stack| stack.name.clone());
        let mut stack = Self {
            directory: directory.to_owned(),
            name,
            sources,
            files,
            module,
            units,
            elsewhere,
            wanted,
            refused,
            moved: Vec::new(),
            removed: Vec::new(),
            importing: Vec::new(),
            graph: Graph::default(),
            index: BTreeMap::new(),
        };
        stack.gather();
        stack.removed.extend(forgotten);
        imports::check(&stack, diagnostics);
        foreign::check(&stack, &given_up, diagnostics);
        for (path, module) in stack.modules() {
            lang::declare::check_foreign(module, &given_up, &module_prefix(path), diagnostics);
        }
        stack.graph = Graph::build(&stack, diagnostics);
        stack
    }

    /// Brings together what all modules say of addresses.
    fn gather(&mut self) {
        let (mut moved, mut removed, mut index) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (path, module) in self.modules() {
            moved.extend(module.moved.iter().map(|(from, to, _)| (from.clone(), to.clone(), path.to_vec())));
            removed.extend(module.removed.iter().map(|one| Removed { from: one.from.clone().within(path), ..*one }));
            index.extend(module.resources.iter().enumerate().map(|(at, block)| (block.address.clone(), at)));
        }
        let importing = self.modules().filter(|(_, module)| !module.imports.is_empty());
        self.importing = importing.map(|(path, _)| path.to_vec()).collect();
        (self.moved, self.removed, self.index) = (moved, removed, index);
    }

    /// The root and every module, each with the way to it.
    pub fn modules(&self) -> impl Iterator<Item = (&[(Arc<str>, Option<Key>)], &Module)> {
        let units = self.units.iter().map(|(path, unit)| (path.as_slice(), &unit.declared));
        std::iter::once((&[][..], &self.module)).chain(units)
    }

    /// Every `import` block, with the way to its module.
    pub fn imports(&self) -> impl Iterator<Item = (&ModulePath, &Import)> {
        let of = |path| self.declared(path).into_iter().flat_map(|module| &module.imports);
        self.importing.iter().flat_map(move |path| of(path).map(move |import| (path, import)))
    }

    /// The declarations of a module, by the way to it without keys.
    pub fn declared(&self, path: &[(Arc<str>, Option<Key>)]) -> Option<&Module> {
        if path.is_empty() { Some(&self.module) } else { self.units.get(path).map(|unit| &unit.declared) }
    }

    /// The block that calls a module.
    pub fn call(&self, path: &[(Arc<str>, Option<Key>)]) -> Option<&Call> {
        let ((name, _), parent) = path.split_last()?;
        self.declared(parent)?.calls.get(name)
    }

    /// The block of an address, whatever keys that has.
    pub fn resource(&self, address: &Address) -> Option<&Resource> {
        let block = address.config();
        let at = *self.index.get(&block)?;
        self.declared(&block.module)?.resources.get(at)
    }

    /// Every resource and `data` block of the root and of the modules.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.modules().flat_map(|(_, module)| &module.resources)
    }
}

fn directory_name(directory: &Path) -> Arc<str> {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    absolute.file_name().map_or_else(|| "stack".into(), |name| name.to_string_lossy().as_ref().into())
}
