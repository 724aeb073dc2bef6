//! Unpacking archives into an empty directory: files, directories, and links within it, up to a size.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Component, Path, PathBuf};

use super::content::{Limits, too_much};
use super::source::Packed;

/// How archives begin.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZIP: &[u8] = b"PK";

/// Unpacks an archive. The error is a sentence; what was unpacked until then is to be thrown away.
pub fn unpack(bytes: &[u8], packed: Packed, to: &Path, limits: Limits) -> Result<(), String> {
    let mut target = Target { to, limits, bytes: 0, files: 0, links: BTreeMap::new() };
    match packed {
        // Some servers unpack on the way what they call packed.
        Packed::TarGz if bytes.starts_with(GZIP) => target.tar(flate2::read::MultiGzDecoder::new(bytes))?,
        Packed::Tar | Packed::TarGz => target.tar(bytes)?,
        Packed::Zip => target.zip(bytes)?,
    }
    target.link()
}

/// What an archive is, by its first bytes.
pub fn guess(bytes: &[u8]) -> Option<Packed> {
    match () {
        () if bytes.starts_with(GZIP) => Some(Packed::TarGz),
        () if bytes.starts_with(ZIP) => Some(Packed::Zip),
        () => None,
    }
}

struct Target<'a> {
    to: &'a Path,
    limits: Limits,
    bytes: u64,
    files: usize,
    /// Made last, so that nothing is written through one.
    links: BTreeMap<PathBuf, PathBuf>,
}

impl Target<'_> {
    fn tar(&mut self, source: impl Read) -> Result<(), String> {
        let mut archive = tar::Archive::new(source);
        for entry in archive.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            let path = entry.path().map_err(broken)?.into_owned();
            match entry.header().entry_type() {
                tar::EntryType::Directory => self.folder(&path)?,
                tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse => {
                    self.file(&path, &mut entry)?;
                }
                tar::EntryType::Symlink => {
                    let target = entry.link_name().map_err(broken)?.unwrap_or_default().into_owned();
                    self.note_link(&path, target)?;
                }
                tar::EntryType::XGlobalHeader => {}
                _ => return Err(format!("{}: neither a file, a directory nor a symbolic link.", path.display())),
            }
        }
        Ok(())
    }

    fn zip(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).map_err(broken)?;
            let path = PathBuf::from(&*entry.name().map_err(broken)?);
            if entry.is_dir() {
                self.folder(&path)?;
            } else if entry.is_symlink() {
                let mut target = String::new();
                (&mut entry).take(4096).read_to_string(&mut target).map_err(broken)?;
                self.note_link(&path, PathBuf::from(target))?;
            } else {
                self.file(&path, &mut entry)?;
            }
        }
        Ok(())
    }

    /// Where an entry goes: below the directory, and nowhere else.
    fn place(&mut self, path: &Path) -> Result<PathBuf, String> {
        self.files += 1;
        if self.files > self.limits.files {
            return Err(too_much(self.limits));
        }
        let mut inner = PathBuf::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) if !name.as_encoded_bytes().contains(&b'\\') => inner.push(name),
                _ => return Err(format!("{}: it leads out of the module.", path.display())),
            }
        }
        Ok(inner)
    }

    fn folder(&mut self, path: &Path) -> Result<(), String> {
        let inner = self.place(path)?;
        fs::create_dir_all(self.to.join(inner)).map_err(|error| format!("{}: {error}.", path.display()))
    }

    fn file(&mut self, path: &Path, from: &mut impl Read) -> Result<(), String> {
        let inner = self.place(path)?;
        let failed = |error: io::Error| format!("{}: {error}.", path.display());
        let to = self.to.join(&inner);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        self.links.remove(&inner);
        let left = self.limits.bytes - self.bytes;
        self.bytes +=
            io::copy(&mut from.take(left + 1), &mut fs::File::create(&to).map_err(failed)?).map_err(failed)?;
        if self.bytes > self.limits.bytes { Err(too_much(self.limits)) } else { Ok(()) }
    }

    fn note_link(&mut self, path: &Path, target: PathBuf) -> Result<(), String> {
        let inner = self.place(path)?;
        drop(self.links.insert(inner, target));
        Ok(())
    }

    /// Makes the links. Whether they stay within is judged with the content, before anything is used.
    fn link(&self) -> Result<(), String> {
        // A link beneath a link would be made where that leads.
        let below = |path: &Path| path.ancestors().skip(1).any(|folder| self.links.contains_key(folder));
        for (path, target) in &self.links {
            if below(path) || !symlink(target, &self.to.join(path)) {
                return Err(format!("{}: a link that cannot be made.", path.display()));
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> bool {
    let folder = link.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| std::os::unix::fs::symlink(target, link)).is_ok()
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> bool {
    false
}

fn broken(error: impl std::fmt::Display) -> String {
    format!("The archive cannot be read: {error}.")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::content::checksum;
    use super::*;

    const SMALL: Limits = Limits { bytes: 1000, files: 8 };

    /// A tar archive of files, and of links (with `->` in the name).
    fn tarred(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, text) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            let (name, link) = name.split_once("->").map_or((*name, None), |(name, target)| (name, Some(target)));
            // Set by hand, since the builder refuses what an attacker would write.
            let bytes = &mut header.as_old_mut().name;
            bytes[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(if link.is_some() { 0 } else { text.len() as u64 });
            if let Some(target) = link {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_link_name(target).expect("a link");
            }
            header.set_cksum();
            builder.append(&header, if link.is_some() { &[][..] } else { text.as_bytes() }).expect("an entry");
        }
        builder.into_inner().expect("an archive")
    }

    fn zipped(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in entries {
            let options = zip::write::SimpleFileOptions::default();
            match name.split_once("->") {
                Some((name, target)) => writer.add_symlink(name, target, options).expect("a link"),
                None => {
                    writer.start_file(*name, options).expect("an entry");
                    writer.write_all(text.as_bytes()).expect("written");
                }
            }
        }
        writer.finish().expect("an archive").into_inner()
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("packed");
        encoder.finish().expect("packed")
    }

    #[test]
    fn nothing_leads_out_of_an_archive() {
        let large = "x".repeat(1001);
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[("main.tf", "a"), ("sub/x.tf", "b")], true),
            (&[("./main.tf", "a")], true),
            (&[("../evil", "a")], false),
            (&[("a/../../evil", "a")], false),
            (&[("/evil", "a")], false),
            (&[("a\\..\\evil", "a")], false),
            (&[("main.tf", &large)], false),
            (&[("main.tf", "a"), ("link->main.tf", "")], true),
            (&[("link->../evil", "")], false),
            (&[("link->/etc", ""), ("link/passwd", "a")], false),
            (&[("link->..", ""), ("link/evil", "a")], false),
            (&[("d->e", ""), ("d/x->..", "")], false),
            (
                &[("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", ""), ("f", ""), ("g", ""), ("h", ""), ("i", "")],
                false,
            ),
        ];
        for (entries, want) in cases {
            let tar = tarred(entries);
            for (packed, bytes) in
                [(Packed::Tar, tar.clone()), (Packed::TarGz, gzipped(&tar)), (Packed::Zip, zipped(entries))]
            {
                let outer = tempfile::tempdir().expect("a folder");
                let to = outer.path().join("to");
                fs::create_dir(&to).expect("a folder");
                let done = unpack(&bytes, packed, &to, SMALL).and_then(|()| checksum(&to, SMALL));
                assert_eq!(done.is_ok(), *want, "{entries:?} {packed:?} {done:?}");
                assert!(!outer.path().join("evil").exists(), "{entries:?} {packed:?}");
            }
        }
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let whole = gzipped(&tarred(&[("main.tf", "a")]));
        for (packed, bytes) in [
            (Packed::TarGz, &b"<html>not found</html>"[..]),
            (Packed::Zip, b"PK nothing"),
            (Packed::TarGz, &whole[..whole.len() / 2]),
            (Packed::Zip, b""),
        ] {
            let to = tempfile::tempdir().expect("a folder");
            unpack(bytes, packed, to.path(), SMALL).expect_err("no archive");
        }
    }

    #[test]
    fn a_bomb_is_stopped() {
        let zeros = "\0".repeat(4 << 20);
        let to = tempfile::tempdir().expect("a folder");
        let why = unpack(&zipped(&[("zeros", &zeros)]), Packed::Zip, to.path(), SMALL).expect_err("too much");
        assert!(why.starts_with("More than 8 files"), "{why}");
    }
}
