//! What is in a directory that was fetched: nothing that leads out of it, not too much, and a checksum over all of it.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

/// What a package may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of all files together.
    pub bytes: u64,
    /// Files and links.
    pub files: usize,
}

/// Large modules have some hundred files and a few megabytes.
pub const LIMITS: Limits = Limits { bytes: 512 << 20, files: 50_000 };

/// So many directories lie within each other at most.
const DEEPEST: usize = 64;

/// The checksum over names and contents of all that is below a directory: `sha256:HEX`. The error is a sentence.
///
/// A link is taken as the text that it is. One that leads out of the directory is an error, as is what is neither a
/// file nor a directory, and more than the limits allow.
pub fn checksum(root: &Path, limits: Limits) -> Result<String, String> {
    let real = fs::canonicalize(root).map_err(|error| format!("{}: {error}.", root.display()))?;
    let mut walk = Walk { real: &real, limits, entries: Vec::new(), bytes: 0 };
    walk.folder(&real, "", 0)?;
    walk.entries.sort();
    let mut all = Sha256::new();
    for (name, sort, digest) in &walk.entries {
        all.update(format!("{sort} {digest} {name}\n"));
    }
    Ok(format!("sha256:{}", hex(&all.finalize())))
}

/// Whether a text is what [`checksum`] answers.
pub fn is_checksum(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

struct Walk<'a> {
    real: &'a Path,
    limits: Limits,
    entries: Vec<(String, char, String)>,
    bytes: u64,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("{prefix}: more than {DEEPEST} directories within each other."));
        }
        let failed = |error: std::io::Error| format!("{}: {error}.", folder.display());
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.chars().any(char::is_control)) else {
                return Err(format!("{prefix}{name:?}: no name of a file of a module."));
            };
            let name = format!("{prefix}{name}");
            let sort = entry.file_type().map_err(failed)?;
            if sort.is_dir() {
                self.folder(&entry.path(), &format!("{name}/"), depth + 1)?;
            } else {
                self.entry(&entry.path(), name, sort)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: String, sort: fs::FileType) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{name}: {error}.");
        let (sort, digest) = if sort.is_symlink() {
            let target = fs::read_link(path).map_err(failed)?;
            if !stays(self.real, path, &target) {
                return Err(format!("{name}: a link that leads out of the module."));
            }
            ('l', hex(&Sha256::digest(target.as_os_str().as_encoded_bytes())))
        } else if sort.is_file() {
            ('f', self.file(path).map_err(failed)?)
        } else {
            return Err(format!("{name}: neither a file nor a directory."));
        };
        self.entries.push((name, sort, digest));
        match self.entries.len() > self.limits.files || self.bytes > self.limits.bytes {
            true => Err(too_much(self.limits)),
            false => Ok(()),
        }
    }

    fn file(&mut self, path: &Path) -> std::io::Result<String> {
        let mut file = fs::File::open(path)?;
        let mut digest = Sha256::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            let length = file.read(&mut buffer)?;
            self.bytes += length as u64;
            if length == 0 || self.bytes > self.limits.bytes {
                return Ok(hex(&digest.finalize()));
            }
            digest.update(&buffer[..length]);
        }
    }
}

/// What is said of a package that is too large.
pub fn too_much(limits: Limits) -> String {
    format!("More than {} files, or more than {} MiB in them.", limits.files, limits.bytes >> 20)
}

/// Whether a link is to something below the root. One to nothing is judged by its text.
fn stays(root: &Path, link: &Path, target: &Path) -> bool {
    let Some(folder) = link.parent().filter(|_| target.is_relative()) else { return false };
    if let Ok(real) = fs::canonicalize(link) {
        return real.starts_with(root);
    }
    let mut path = PathBuf::from(folder);
    for part in target.components() {
        match part {
            Component::ParentDir if path == root || !path.pop() => return false,
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path.starts_with(root)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits { bytes: 100, files: 3 };

    #[test]
    fn the_checksum_is_of_names_and_contents() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        fs::create_dir(folder.path().join("a")).expect("a folder");
        write("a/b", "x");
        let first = checksum(folder.path(), SMALL).expect("a checksum");
        assert!(is_checksum(&first), "{first}");
        write("a/b", "y");
        let second = checksum(folder.path(), SMALL).expect("a checksum");
        write("a/b", "x");
        assert_eq!(checksum(folder.path(), SMALL).expect("a checksum"), first);
        fs::rename(folder.path().join("a/b"), folder.path().join("a/c")).expect("renamed");
        let third = checksum(folder.path(), SMALL).expect("a checksum");
        assert!(first != second && first != third && second != third);
    }

    #[test]
    fn too_much_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("large"), "x".repeat(101)).expect("a file");
        checksum(folder.path(), SMALL).expect_err("too large");
        fs::write(folder.path().join("large"), "x".repeat(100)).expect("a file");
        checksum(folder.path(), SMALL).expect("a checksum");
        for name in ["a", "b", "c"] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        checksum(folder.path(), SMALL).expect_err("too many");
    }

    #[test]
    #[cfg(unix)]
    fn links_stay_within() {
        use std::os::unix::fs::symlink;
        let outer = tempfile::tempdir().expect("a folder");
        let root = outer.path().join("up");
        fs::create_dir_all(root.join("sub")).expect("a folder");
        fs::write(root.join("file"), "x").expect("a file");
        fs::write(outer.path().join("secret"), "x").expect("a file");
        let cases = [
            ("../file", true),
            ("../nothing", true),
            ("../sub/../file", true),
            ("../../secret", false),
            ("../../nothing", false),
            ("../../up/file", true),
            ("/etc/passwd", false),
            ("../..", false),
        ];
        for (target, want) in cases {
            let link = root.join("sub/link");
            symlink(target, &link).expect("a link");
            assert_eq!(checksum(&root, SMALL).is_ok(), want, "{target}");
            fs::remove_file(link).expect("removed");
        }
    }
}
