//! Files of the stack. Nothing outside of the stack's directory is read.

use std::path::{Component, Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Call, Failure, Function, Want, crypto, function, other, param, text, wrong};
use crate::disk;
use crate::value::{Type, Value};

const STRING: Want = Want::String;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "abspath",
        &[param("path", STRING)],
        STRING,
        abspath,
        "The path from the root of the file system.",
        "abspath(\"x\") = \"/stacks/shop/x\"",
    ),
    function(
        "basename",
        &[param("path", STRING)],
        STRING,
        basename,
        "The last part of the path.",
        "basename(\"a/b.txt\") = \"b.txt\"",
    ),
    function(
        "dirname",
        &[param("path", STRING)],
        STRING,
        dirname,
        "The path without its last part.",
        "dirname(\"a/b.txt\") = \"a\"",
    ),
    function(
        "file",
        &[param("path", STRING)],
        STRING,
        |call| text(read_text(call)?),
        "The text of a file of the stack.",
        "file(\"policy.json\") = \"{}\"",
    ),
    function(
        "filebase64",
        &[param("path", STRING)],
        STRING,
        |call| text(STANDARD.encode(read(call)?)),
        "A file of the stack in Base64.",
        "filebase64(\"code.zip\") = base64encode(file(\"code.zip\"))",
    ),
    function(
        "filebase64sha256",
        &[param("path", STRING)],
        STRING,
        |call| text(STANDARD.encode(crypto::sha256(&read(call)?))),
        "The SHA-256 of a file in Base64.",
        "filebase64sha256(\"code.zip\") = base64sha256(file(\"code.zip\"))",
    ),
    function(
        "filebase64sha512",
        &[param("path", STRING)],
        STRING,
        |call| text(STANDARD.encode(crypto::sha512(&read(call)?))),
        "The SHA-512 of a file in Base64.",
        "filebase64sha512(\"code.zip\") = base64sha512(file(\"code.zip\"))",
    ),
    function(
        "fileexists",
        &[param("path", STRING)],
        Want::Bool,
        fileexists,
        "Whether there is a file of that path.",
        "fileexists(\"policy.json\") = true",
    ),
    function(
        "filemd5",
        &[param("path", STRING)],
        STRING,
        |call| text(crypto::hex(&crypto::md5(&read(call)?))),
        "The MD5 of a file.",
        "filemd5(\"code.zip\") = md5(file(\"code.zip\"))",
    ),
    function(
        "fileset",
        &[param("path", STRING), param("pattern", STRING)],
        Want::StringSet,
        fileset,
        "The files in a folder that match a pattern.",
        "fileset(\".\", \"*.json\") = toset([\"policy.json\"])",
    ),
    function(
        "filesha1",
        &[param("path", STRING)],
        STRING,
        |call| text(crypto::hex(&crypto::sha1(&read(call)?))),
        "The SHA-1 of a file.",
        "filesha1(\"code.zip\") = sha1(file(\"code.zip\"))",
    ),
    function(
        "filesha256",
        &[param("path", STRING)],
        STRING,
        |call| text(crypto::hex(&crypto::sha256(&read(call)?))),
        "The SHA-256 of a file.",
        "filesha256(\"code.zip\") = sha256(file(\"code.zip\"))",
    ),
    function(
        "filesha512",
        &[param("path", STRING)],
        STRING,
        |call| text(crypto::hex(&crypto::sha512(&read(call)?))),
        "The SHA-512 of a file.",
        "filesha512(\"code.zip\") = sha512(file(\"code.zip\"))",
    ),
    function(
        "pathexpand",
        &[param("path", STRING)],
        STRING,
        pathexpand,
        "The path with the home directory in place of ~.",
        "pathexpand(\"~/x\") = \"/home/me/x\"",
    ),
];

/// The path without `.` and `..`, as far as that can be told from the text.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() && !out.ends_with("..") => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

fn abspath(call: &Call) -> Result<Value, Failure> {
    text(clean(&call.settings().directory.join(call.text(0))).to_string_lossy())
}

fn basename(call: &Call) -> Result<Value, Failure> {
    let path = call.text(0);
    match (path, Path::new(path.trim_end_matches('/')).file_name()) {
        ("", _) => text("."),
        (_, Some(name)) => text(name.to_string_lossy()),
        (path, None) if path.starts_with('/') => text("/"),
        (path, None) => text(path.trim_end_matches('/')),
    }
}

fn dirname(call: &Call) -> Result<Value, Failure> {
    let path = call.text(0);
    match path.rfind('/') {
        Some(slash) => text(clean(Path::new(&path[..=slash])).to_string_lossy()),
        None => text("."),
    }
}

fn pathexpand(call: &Call) -> Result<Value, Failure> {
    let path = call.text(0);
    match (path.strip_prefix('~'), &call.settings().home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            text(format!("{}{rest}", home.display()))
        }
        _ => text(path),
    }
}

/// Where the path of the first argument leads, inside of the stack's directory.
fn resolve(call: &Call) -> Result<PathBuf, Failure> {
    let path = call.text(0);
    let settings = call.settings();
    let roots: Vec<&Path> =
        std::iter::once(&settings.directory).chain(&settings.module).map(PathBuf::as_path).collect();
    match disk::within(&settings.directory, &roots, Path::new(path)) {
        Ok(Some(real)) => Ok(real),
        Ok(None) => wrong(0, format!("{path:?} lies outside of the directory of the stack")),
        Err(error) => wrong(0, format!("{path:?} cannot be read: {error}")),
    }
}

/// So many bytes may a file have, as many as a text.
const LONGEST: u64 = 64 << 20;
/// So many files may there be below a folder.
const MOST_FILES: usize = 100_000;

/// The bytes of the file that the first argument names.
pub(super) fn read(call: &Call) -> Result<Vec<u8>, Failure> {
    let path = call.text(0);
    match disk::read_regular(&resolve(call)?, LONGEST) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => wrong(0, format!("there is no file {path:?}")),
        Err(error) => wrong(0, format!("{path:?} cannot be read: {error}")),
    }
}

/// Its text.
pub(super) fn read_text(call: &Call) -> Result<String, Failure> {
    String::from_utf8(read(call)?)
        .or_else(|_| wrong(0, format!("{:?} is not text in UTF-8; use filebase64", call.text(0))))
}

fn fileexists(call: &Call) -> Result<Value, Failure> {
    let real = resolve(call)?;
    if disk::is_folder(&real) {
        return other(format!("{:?} is a directory, not a file", call.text(0)));
    }
    match disk::exists(&real) {
        Ok(found) => Ok(Value::bool(found)),
        Err(error) => wrong(0, format!("{:?} cannot be read: {error}", call.text(0))),
    }
}

/// Patterns know `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any number of folders.
fn fileset(call: &Call) -> Result<Value, Failure> {
    let folder = resolve(call)?;
    if !disk::is_folder(&folder) {
        return Ok(Value::set(Type::String, Vec::new()));
    }
    let pattern = glob(call.text(1)).or_else(|()| wrong(1, "the pattern is wrong"))?;
    match disk::files_below(&folder, MOST_FILES) {
        Ok(files) => Ok(Value::string_set(files.iter().filter(|file| pattern.is_match(file)))),
        Err(error) => wrong(0, format!("{:?} cannot be listed: {error}", call.text(0))),
    }
}

/// A pattern for file names as a regular expression.
fn glob(pattern: &str) -> Result<regex::Regex, ()> {
    let mut out = String::from("^");
    let mut rest = clean(Path::new(pattern)).to_string_lossy().into_owned();
    let mut braces = 0;
    while let Some(first) = rest.chars().next() {
        let taken = if rest.starts_with("**/") {
            out.push_str("(?:[^/]+/)*");
            3
        } else if rest.starts_with("**") {
            out.push_str(".*");
            2
        } else {
            match first {
                '*' => out.push_str("[^/]*"),
                '?' => out.push_str("[^/]"),
                '{' => {
                    braces += 1;
                    out.push_str("(?:");
                }
                '}' if braces > 0 => {
                    braces -= 1;
                    out.push(')');
                }
                ',' if braces > 0 => out.push('|'),
                '[' | ']' | '-' | '^' => out.push(first),
                other => out.push_str(&regex::escape(&other.to_string())),
            }
            first.len_utf8()
        };
        rest.drain(..taken);
    }
    out.push('$');
    regex::Regex::new(&out).map_err(|_| ())
}
