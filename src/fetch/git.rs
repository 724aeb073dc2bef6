//! Repositories, by the `git` program of the machine.
//!
//! Its own configuration, credential helpers and ssh keys are the user's. It asks nothing on the terminal, runs no hook
//! and no transport but those that a source may name.

use std::fs;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::source::Git;
use crate::clock::Stopwatch;

/// How long one call of `git` may take.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Variables with which a hook of another repository would send `git` there.
const OTHERS: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CEILING_DIRECTORIES",
];

/// Fetches a repository into an empty directory, without its history; answers the commit. With `commit` it is that one,
/// whatever the branch or tag is by now. The error is a sentence.
pub fn fetch(source: &Git, commit: Option<&str>, to: &Path) -> Result<String, String> {
    let git = Program { to, protocols: protocols(&source.url) };
    git.run(&["init", "--quiet", "--template="])?;
    git.run(&["remote", "add", "--", "origin", &source.url])?;
    let found = match (commit, source.depth) {
        (Some(commit), Some(depth)) => git.shallow(depth, commit),
        (None, Some(depth)) => git.shallow(depth, source.reference.as_deref().unwrap_or("HEAD")),
        _ => Err(String::new()),
    };
    let found = match found {
        Ok(found) => found,
        // Not every server gives out what is not the tip of a branch; and a commit may lie deeper.
        Err(why) if why.is_empty() || commit.is_some() => git.whole(commit.or(source.reference.as_deref()))?,
        Err(why) => return Err(why),
    };
    git.run(&["checkout", "--quiet", "--detach", "--force", &found])?;
    if to.join(".gitmodules").is_file() {
        git.run(&["submodule", "--quiet", "update", "--init", "--recursive"])?;
    }
    without_history(to).map_err(|error| format!("{}: {error}.", to.display()))?;
    Ok(found)
}

/// Whether a text is the name of a commit.
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A repository that is not of this machine has no business with its files.
fn protocols(url: &str) -> &'static str {
    match url.split(':').next() {
        Some("file") => "file:https:ssh",
        Some("http") => "http:https:ssh",
        _ => "https:ssh",
    }
}

struct Program<'a> {
    to: &'a Path,
    protocols: &'static str,
}

impl Program<'_> {
    /// Fetches so many commits of one reference.
    fn shallow(&self, depth: u32, reference: &str) -> Result<String, String> {
        let depth = format!("--depth={depth}");
        self.run(&["fetch", "--quiet", "--no-tags", &depth, "--", "origin", reference])?;
        self.named("FETCH_HEAD").ok_or_else(|| format!("There is no `{reference}`."))
    }

    /// Fetches everything, and finds a reference in it.
    fn whole(&self, reference: Option<&str>) -> Result<String, String> {
        self.run(&["fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"])?;
        let Some(reference) = reference else {
            self.run(&["remote", "set-head", "origin", "--auto"])?;
            return self.named("refs/remotes/origin/HEAD").ok_or_else(|| "It has no commit yet.".to_owned());
        };
        // As `git checkout` reads it, and `tags/v1` and `origin/main` as well.
        let whole = reference.strip_prefix("refs/").unwrap_or(reference);
        let branch = whole.strip_prefix("heads/").unwrap_or(whole);
        let names = [
            format!("refs/tags/{reference}"),
            format!("refs/remotes/origin/{reference}"),
            format!("refs/{whole}"),
            format!("refs/remotes/origin/{branch}"),
            format!("refs/remotes/{reference}"),
        ];
        let bare = || {
            let is_hex = reference.len() >= 7 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_hex { self.named(reference) } else { None }
        };
        let found = names.iter().find_map(|name| self.named(name)).or_else(bare);
        found.ok_or_else(|| format!("There is no branch, tag or commit `{reference}`."))
    }

    /// The commit of a name.
    fn named(&self, name: &str) -> Option<String> {
        let commit = format!("{name}^{{commit}}");
        let said = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).ok()?;
        Some(said.trim().to_owned()).filter(|text| is_commit(text))
    }

    /// What `git` prints; the error is its last words.
    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let lost = |error: std::io::Error| format!("`git` cannot be run: {error}.");
        let (mut out, mut err) = (tempfile::tempfile().map_err(lost)?, tempfile::tempfile().map_err(lost)?);
        let mut command = Command::new("git");
        // The bytes are the same on every machine, and no program of a repository or of a template is run.
        for setting in ["core.autocrlf=false", "core.eol=lf", "core.hooksPath=/dev/null", "core.fsmonitor=false"] {
            command.args(["-c", setting]);
        }
        command.args(["-c", "advice.detachedHead=false"]).args(arguments).current_dir(self.to);
        for name in OTHERS {
            command.env_remove(name);
        }
        command.env("GIT_ALLOW_PROTOCOL", self.protocols).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        if std::env::var_os("GIT_SSH_COMMAND").is_none() && std::env::var_os("GIT_SSH").is_none() {
            command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
        }
        command.stdin(Stdio::null()).stdout(out.try_clone().map_err(lost)?).stderr(err.try_clone().map_err(lost)?);
        let mut child = command.spawn().map_err(lost)?;
        let watch = Stopwatch::start();
        let status = loop {
            match child.try_wait().map_err(lost)? {
                Some(status) => break status,
                None if watch.elapsed() > LONGEST => {
                    let _ = child.kill().and_then(|()| child.wait());
                    return Err(format!("`git` took longer than {} minutes.", LONGEST.as_secs() / 60));
                }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let said = |file: &mut fs::File| {
            let mut text = Vec::new();
            let _ = file.rewind().and_then(|()| file.take(64 << 10).read_to_end(&mut text));
            String::from_utf8_lossy(&text).into_owned()
        };
        if status.success() { Ok(said(&mut out)) } else { Err(last_words(&said(&mut err))) }
    }
}

/// Two lines at most, and never what stands before the `@` of an address.
fn last_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_cause = |line: &&str| ["fatal:", "error:", "ssh:", "remote:"].iter().any(|start| line.starts_with(start));
    let causes: Vec<&str> = lines.iter().copied().filter(is_cause).take(2).collect();
    let told = if causes.is_empty() { lines[lines.len().saturating_sub(2)..].join(" ") } else { causes.join(" ") };
    let words = told.split(' ').map(|word| match (word.find("://"), word.rfind('@')) {
        (Some(start), Some(end)) if start < end => format!("{}{}", &word[..start + 3], &word[end + 1..]),
        _ => word.to_owned(),
    });
    let words: Vec<String> = words.collect();
    format!("`git` says: {}", words.join(" "))
}

/// Takes out what `git` keeps for itself, of submodules, too.
fn without_history(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_folder = entry.file_type()?.is_dir();
        match (entry.file_name() == ".git", is_folder) {
            (true, true) => fs::remove_dir_all(entry.path())?,
            (true, false) => fs::remove_file(entry.path())?,
            (false, true) => without_history(&entry.path())?,
            (false, false) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_an_address_is_repeated() {
        let said = last_words("Cloning...\n\nfatal: unable to access 'https://me:hunter@example.com/a/': no\n\n");
        assert_eq!(said, "`git` says: fatal: unable to access 'https://example.com/a/': no");
    }
}
