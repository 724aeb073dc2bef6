//! Which files of a directory are a stack, and reading them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::diag::{Diagnostic, FileId, SourceMap};
use crate::disk;
use crate::kinds;
use crate::shell;

/// So many bytes may a file have: a hundred thousand resources.
const LONGEST: u64 = 64 << 20;

/// Where configuration is read from.
#[derive(Debug, Clone, Default)]
pub enum Origin {
    /// The disk.
    #[default]
    Disk,
    /// The disk, and texts that are not there, or not yet, by their path: they belong to the root. A text takes the place
    /// of a file of the root that has its path.
    Beside(BTreeMap<String, String>),
    /// Texts that were kept, by their path from the directory of the stack on.
    Kept {
        /// The directory of the stack.
        directory: PathBuf,
        /// The texts.
        files: BTreeMap<String, String>,
    },
}

impl Origin {
    /// The directory of that path without links, if there is one.
    pub fn real(&self, directory: &Path) -> Option<PathBuf> {
        match self {
            Self::Disk | Self::Beside(_) => fs::canonicalize(directory).ok().filter(|path| path.is_dir()),
            Self::Kept { directory: root, files } => {
                let within = below(root, directory);
                let holds = |name: &String| Path::new(name).parent() == Some(&*within);
                files.keys().any(holds).then_some(within)
            }
        }
    }

    fn configuration(
        &self,
        directory: &Path,
        names: &[String],
        sources: &mut SourceMap,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<FileId> {
        let Self::Kept { directory: root, files } = self else {
            let names = names.iter().filter(|name| is_configuration(name));
            let texts = if let Self::Beside(texts) = self { Some(texts) } else { None };
            let edited = |name: &str| texts?.get_key_value(&path_in(directory, name));
            let one = |name: &String| match edited(name) {
                Some((path, text)) => Some(sources.add(path.clone(), &**text)),
                None => read(directory, name, sources, diagnostics),
            };
            return names.filter_map(one).collect();
        };
        let within = below(root, directory);
        let here = files.iter().filter(|(name, _)| Path::new(name).parent() == Some(&*within));
        here.map(|(name, text)| sources.add(beside(root, Path::new(name)).display().to_string(), &**text)).collect()
    }
}

/// A path as it is seen from the directory of the stack; empty for that itself.
pub fn below(root: &Path, path: &Path) -> PathBuf {
    let path = if root == Path::new(".") { path } else { path.strip_prefix(root).unwrap_or(path) };
    path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}

/// The path that is seen so from the directory of the stack.
pub fn beside(root: &Path, path: &Path) -> PathBuf {
    if root == Path::new(".") { path.to_owned() } else { root.join(path) }
}

/// The files of one directory.
#[derive(Debug, Default)]
pub struct Files {
    /// Configuration, in the order of names.
    pub configuration: Vec<FileId>,
    /// `terraform.tfvars`, then `*.auto.hclvars` and `*.auto.tfvars`, in the order of names.
    pub values: Vec<FileId>,
}

/// Reads every file of a stack's directory into the source map.
pub fn load(directory: &Path, origin: &Origin, sources: &mut SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Files {
    let mut files = Files::default();
    let mut names = match list(directory) {
        Ok(names) => names,
        // What was kept is not on the disk.
        Err(_) if matches!(origin, Origin::Kept { .. }) => Vec::new(),
        Err(error) => {
            let detail = format!("{}: {error}.", directory.display());
            let unread = Diagnostic::error("CS0301", "The directory cannot be read", detail);
            diagnostics.push(unread.help(meant(&directory.display().to_string())));
            return files;
        }
    };
    names.sort();
    files.configuration = origin.configuration(directory, &names, sources, diagnostics);
    if let Origin::Beside(texts) = origin {
        let here: Vec<String> = names.iter().map(|name| path_in(directory, name)).collect();
        let new = texts.iter().filter(|(name, _)| !here.contains(name));
        files.configuration.extend(new.map(|(name, text)| sources.add(name.clone(), &**text)));
    }
    let automatic = |name: &&String| {
        let name = name.strip_suffix(".json").unwrap_or(name);
        name.ends_with(".auto.tfvars") || name.ends_with(".auto.hclvars")
    };
    let plain = names.iter().filter(|name| matches!(name.as_str(), "terraform.tfvars" | "terraform.tfvars.json"));
    for name in plain.chain(names.iter().filter(automatic)) {
        files.values.extend(read(directory, name, sources, diagnostics));
    }
    files
}

/// What may be meant by the name of a directory that is not there.
fn meant(name: &str) -> String {
    let is_word =
        name.starts_with(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
    let is_address = kinds::address(name).is_some_and(|address| kinds::get(&address.kind).is_some());
    match name {
        _ if is_address => {
            format!("What stands here is a directory; one resource is named with --target {}.", shell::quoted(name))
        }
        _ if is_of_values(name) => format!("A file of values is passed with --var-file {name}, where it is."),
        _ if is_word => format!("Name the directory of a stack; the environment \"{name}\" would be -e {name}."),
        _ => {
            "Name the directory of a stack, or use -C. `apply` and `show` take the file of a saved plan too.".to_owned()
        }
    }
}

/// Reads the configuration of a module's directory; its values come from the caller.
pub fn load_module(
    directory: &Path,
    origin: &Origin,
    sources: &mut SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<FileId> {
    let mut names = list(directory).unwrap_or_default();
    names.sort();
    origin.configuration(directory, &names, sources, diagnostics)
}

/// Reads one more file, for instance of `--var-file`.
pub fn read_file(path: &Path, sources: &mut SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Option<FileId> {
    match fs::File::open(path).and_then(|file| disk::read_at_most(file, LONGEST)) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Some(sources.add(path.display().to_string(), text)),
            Err(_) => {
                diagnostics.push(unreadable(path, "it is not UTF-8 text"));
                None
            }
        },
        Err(error) => {
            diagnostics.push(unreadable(path, &error.to_string()));
            None
        }
    }
}

fn unreadable(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error("CS0302", "The file cannot be read", format!("{}: {why}.", path.display()))
        .help("Check the path and its permissions; stack files are UTF-8 text.")
}

fn read(directory: &Path, name: &str, sources: &mut SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Option<FileId> {
    read_file(Path::new(&path_in(directory, name)), sources, diagnostics)
}

/// The path of a file, as diagnostics show it.
fn path_in(directory: &Path, name: &str) -> String {
    let path = if directory == Path::new(".") { PathBuf::from(name) } else { directory.join(name) };
    path.display().to_string()
}

fn list(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // A link to nowhere is read, too, and so reported: its resources must not be taken for gone.
        if fs::metadata(entry.path()).map_or(true, |metadata| metadata.is_file()) {
            names.extend(entry.file_name().to_str().map(str::to_owned));
        }
    }
    Ok(names)
}

/// Whether a file of that name is configuration of the stack.
pub fn is_configuration(name: &str) -> bool {
    let hidden = name.starts_with('.') || name.ends_with('~');
    let other = name == "terragrunt.hcl"
        || name == ".terraform.lock.hcl"
        || name.ends_with(".tftest.hcl")
        || name.ends_with(".tfquery.hcl")
        || name == "terragrunt.stack.hcl";
    let endings = [".hcl", ".tf", ".hcl.json", ".tf.json"];
    !hidden && !other && endings.iter().any(|ending| name.ends_with(ending))
}

/// Whether `fmt` lays out a file of that name.
pub fn is_formatted(name: &str) -> bool {
    is_configuration(name) && !name.ends_with(".json") || is_of_values(name) || name.ends_with(".tftest.hcl")
}

/// Whether one file is all the configuration of a directory.
pub fn is_whole(directory: &Path) -> bool {
    let names = list(directory).unwrap_or_default();
    names.iter().filter(|name| is_configuration(name)).count() <= 1
}

/// Whether a file of that name holds values of variables.
pub fn is_of_values(name: &str) -> bool {
    [".tfvars", ".hclvars"].iter().any(|ending| name.ends_with(ending)) && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_configuration() {
        for name in ["main.hcl", "main.tf", "a.b.hcl", "main.tf.json", "x.hcl.json"] {
            assert!(is_configuration(name), "{name}");
        }
        for name in [
            "terragrunt.hcl",
            "a.tftest.hcl",
            ".x.hcl",
            "main.tf~",
            "a.tfvars",
            "a.hclvars",
            "README.md",
            "package.json",
            "a.tftest.json",
        ] {
            assert!(!is_configuration(name), "{name}");
        }
    }
}
