//! The files that a plan was made from. What is written out in them and must not be shown is cut out: a file with such a
//! hole is read again from the disk when the plan is carried out, and must be the same around it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk;
use crate::lang::hide::hide;
use crate::lang::source::{Origin, below, beside};
use crate::plan::saved::seal::hex;
use crate::stack::Stack;
use crate::templates;

/// The longest file that is read again.
const LONGEST: u64 = 64 << 20;

/// What stands for what was cut out.
const HIDDEN: &str = "(sensitive value)";
const QUOTED: &str = "\"(sensitive value)\"";

/// The configuration of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The SHA-256 of all files, 64 hex digits.
    pub digest: String,
    /// The files, by their path from the directory of the stack on: what stands around each part that must not be shown.
    pub files: BTreeMap<String, Vec<String>>,
    /// The directories of modules that were fetched, by the way to them with dots.
    pub modules: BTreeMap<String, String>,
}

impl Configuration {
    /// What a stack was read from.
    pub fn of(stack: &Stack) -> Self {
        let hidden = hide(&stack.sources);
        let mut files = BTreeMap::new();
        let mut digest = Sha256::new();
        for (file, source) in stack.sources.files().filter(|(file, _)| !stack.files.values.contains(file)) {
            if is_template(&source.path) {
                continue;
            }
            let name = below(&stack.directory, Path::new(&*source.path)).display().to_string();
            digest.update(format!("{name}\n{}\n", source.text.len()));
            digest.update(&*source.text);
            files.insert(name, hidden.open_parts(file).into_iter().map(str::to_owned).collect());
        }
        let units = stack.units.iter().filter(|(_, unit)| unit.directory.is_some());
        let named = |path: &crate::address::ModulePath| {
            path.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>().join(".")
        };
        let modules = units.map(|(path, unit)| (named(path), unit.path.clone())).collect();
        Self { digest: hex(&digest.finalize()), files, modules }
    }

    /// The texts, with something harmless in the place of what was cut out: to look at, not to carry out.
    pub fn shown(&self) -> Origin {
        let text = |parts: &Vec<String>| {
            let mut text = parts.first().cloned().unwrap_or_default();
            for part in parts.iter().skip(1) {
                text.push_str(if text.ends_with('"') && part.starts_with('"') { HIDDEN } else { QUOTED });
                text.push_str(part);
            }
            text
        };
        let files = self.files.iter().map(|(name, parts)| (name.clone(), text(parts))).collect();
        Origin::Kept { directory: ".".into(), files }
    }

    /// The texts, with those read again from the directory of the stack that have holes.
    ///
    /// # Errors
    /// Such a file is not what it was.
    pub fn texts(&self, directory: &Path) -> Result<Origin, String> {
        let mut files = BTreeMap::new();
        for (name, parts) in &self.files {
            let text = match &parts[..] {
                [whole] => whole.clone(),
                parts => again(&beside(directory, Path::new(name)), parts).map_err(|why| {
                    format!(
                        "{name} has values that a saved plan must not keep, so it is read again, and {why}; plan again, or keep secrets out of files: secret(\"env:NAME\")"
                    )
                })?,
            };
            files.insert(name.clone(), text);
        }
        Ok(Origin::Kept { directory: directory.to_owned(), files })
    }
}

/// Whether a path is that of a template in the program.
fn is_template(path: &str) -> bool {
    let name = path.strip_prefix("cachestack/").and_then(|rest| rest.split('/').next());
    name.is_some_and(|name| templates::get(name).is_some())
}

/// Reads a file again, which must have these parts in this order.
fn again(path: &Path, parts: &[String]) -> Result<String, String> {
    let bytes = disk::read_regular(path, LONGEST).map_err(|error| error.to_string())?;
    let bytes = bytes.ok_or_else(|| "it is gone".to_owned())?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
    if is_around(&text, parts) { Ok(text) } else { Err("it is no longer what it was".to_owned()) }
}

/// Whether a text has these parts, the first at its start and the last at its end, each within a line of the next.
fn is_around(text: &str, parts: &[String]) -> bool {
    let Some(((first, between), last)) = parts.split_last().and_then(|(last, rest)| Some((rest.split_first()?, last)))
    else {
        return parts.iter().all(|part| part == text);
    };
    let Some(mut rest) = text.strip_prefix(&**first) else { return false };
    for part in between {
        let Some(at) = rest.find(&**part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(&**last)
}

#[cfg(test)]
mod tests {
    use super::is_around;

    #[test]
    fn a_file_must_be_the_same_around_its_holes() {
        let cases: [(&str, &[&str], bool); 8] = [
            ("a = 1", &["a = 1"], true),
            ("a = 2", &["a = 1"], false),
            ("a = \"x\"\nb = 1", &["a = \"", "\"\nb = 1"], true),
            ("a = \"\"\nb = 1", &["a = \"", "\"\nb = 1"], true),
            ("a = \"x\"\nb = 2", &["a = \"", "\"\nb = 1"], false),
            ("a = x, b = y, c", &["a = ", ", b = ", ", c"], true),
            ("a = x, d = y, c", &["a = ", ", b = ", ", c"], false),
            ("b = x", &["a = ", ""], false),
        ];
        for (text, parts, want) in cases {
            let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            assert_eq!(is_around(text, &parts), want, "{text} {parts:?}");
        }
    }
}
