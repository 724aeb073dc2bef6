//! Files that are written together, or not at all: they are put aside first, and what a run that was cut off has put
//! aside is put in its place by the next one.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;

/// Where files lie that are whole and have no place yet.
const ASIDE: &str = ".cachestack/.written";
/// Where they lie while they are written.
const DRAFT: &str = ".cachestack/.written.draft";

/// Writes files, by their names without an ending, under names that nobody has. Answers these.
///
/// # Errors
/// They cannot be written: then there is none of them, or the next run goes on.
pub fn write(directory: &Path, files: &BTreeMap<String, String>, ending: &str) -> io::Result<Vec<String>> {
    let draft = directory.join(DRAFT);
    if files.is_empty() {
        return Ok(Vec::new());
    }
    std::fs::create_dir_all(&draft)?;
    for (name, text) in files {
        disk::create_new(&draft.join(format!("{name}.{ending}")), text.as_bytes())?;
    }
    std::fs::rename(draft, directory.join(ASIDE))?;
    go_on(directory)
}

/// Puts in its place what a run that was cut off has put aside; what it had not finished is let go.
///
/// # Errors
/// It cannot be put there.
pub fn go_on(directory: &Path) -> io::Result<Vec<String>> {
    let (draft, aside) = (directory.join(DRAFT), directory.join(ASIDE));
    if draft.exists() {
        std::fs::remove_dir_all(&draft)?;
    }
    let mut names = disk::files_below(&aside, usize::MAX).unwrap_or_default();
    names.sort();
    let mut written = Vec::new();
    for name in names {
        let bytes = std::fs::read(aside.join(&name))?;
        let place = free(directory, &name, &bytes);
        if !directory.join(&place).exists() {
            std::fs::hard_link(aside.join(&name), directory.join(&place))?;
        }
        std::fs::remove_file(aside.join(&name))?;
        written.push(place);
    }
    if aside.exists() {
        std::fs::remove_dir(&aside)?;
        // Of a stack without a state it was there for this only.
        let _ = std::fs::remove_dir(directory.join(".cachestack"));
    }
    Ok(written)
}

/// A name that nobody has, or whose file is this one already.
fn free(directory: &Path, name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(name);
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, ending) = (part(path.file_stem()), part(path.extension()));
    let numbered = (2..).map(|number| format!("{stem}-{number}.{ending}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let is_free = |name: &String| match std::fs::symlink_metadata(directory.join(name)) {
        Ok(_) => std::fs::read(directory.join(name)).is_ok_and(|there| there == bytes),
        Err(_) => true,
    };
    names.find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_aside_gets_its_place_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        let files = |text: &str| BTreeMap::from([("a".to_owned(), text.to_owned()), ("b".to_owned(), text.to_owned())]);
        assert_eq!(write(directory.path(), &files("1"), "hcl").expect("files"), ["a.hcl", "b.hcl"]);
        // A run that was cut off after its first file, and one that had not come so far.
        std::fs::create_dir_all(at(ASIDE)).expect("a directory");
        std::fs::write(at(".cachestack/.written/a.hcl"), "1").expect("a file");
        std::fs::write(at(".cachestack/.written/b.hcl"), "2").expect("a file");
        std::fs::create_dir_all(at(DRAFT)).expect("a directory");
        std::fs::write(at(".cachestack/.written.draft/c.hcl"), "3").expect("a file");
        assert_eq!(go_on(directory.path()).expect("files"), ["a.hcl", "b-2.hcl"]);
        assert_eq!(go_on(directory.path()).expect("files"), Vec::<String>::new());
        assert_eq!(std::fs::read_to_string(at("b-2.hcl")).expect("a file"), "2");
        assert!(!at("c.hcl").exists() && !at(DRAFT).exists() && !at(ASIDE).exists());
    }
}
