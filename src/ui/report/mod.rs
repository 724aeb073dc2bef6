//! What pipelines show: comments and summaries in Markdown, annotations, and the formats that code hosts read.

pub mod code_quality;
pub mod github;
pub mod junit;
pub mod markdown;
pub mod sarif;

use std::borrow::Cow;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::diag::shown::{Shown, concealed};
use crate::diag::{Diagnostic, Severity, SourceMap, gather};
use crate::lang::hide::hide;

/// A diagnostic as reports tell it: nothing of it must be hidden, and its file is seen from where the program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Its code, `CS0101`.
    pub code: &'static str,
    /// A short sentence without names.
    pub summary: String,
    /// What is wrong, of which instances and in which environments, and what to do.
    pub text: String,
    /// Where it is, if it has a place in a file.
    pub place: Option<Place>,
}

/// A place in a file, from 1; the end is behind the last character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path, with slashes.
    pub file: String,
    /// Line and column of the start.
    pub start: (usize, usize),
    /// Line and column of the end.
    pub end: (usize, usize),
    /// The text of the line, without what must not be shown.
    line: String,
}

impl Finding {
    /// What tells it from others, wherever in its file it stands.
    pub fn fingerprint(&self) -> String {
        let place = self.place.as_ref().map(|place| format!("{}\n{}", place.file, place.line.trim()));
        let digest = Sha256::digest(format!("{}\n{}\n{}", self.code, self.text, place.unwrap_or_default()));
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Diagnostics as findings, errors first.
pub fn findings(diagnostics: &[Diagnostic], sources: &SourceMap) -> Vec<Finding> {
    let sources = &hide(sources);
    let mut found: Vec<Finding> = diagnostics.iter().map(|one| finding(one, sources)).collect();
    found.sort_by_key(|one| one.severity);
    found
}

fn finding(diagnostic: &Diagnostic, sources: &SourceMap) -> Finding {
    let diagnostic = &*concealed(diagnostic, sources);
    let about = diagnostic.address.as_ref().filter(|_| diagnostic.span.is_none());
    let about = about.map(|address| format!("{address}: ")).unwrap_or_default();
    let concerns = gather::concerns(diagnostic).map(|concerns| format!(" ({concerns})")).unwrap_or_default();
    let help = diagnostic.help.as_ref().map(|help| format!(" {help}")).unwrap_or_default();
    let place = diagnostic.span.map(|span| {
        let source = sources.get(span.file);
        let at = source.text.floor_char_boundary(span.start as usize);
        let start = source.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = source.text[at..].find('\n').map_or(source.text.len(), |newline| at + newline);
        Place {
            file: slashes(&source.path).into_owned(),
            start: sources.position(span.file, span.start),
            end: sources.position(span.file, span.end),
            line: Shown::new(source, start..end, true).text,
        }
    });
    Finding {
        severity: diagnostic.severity,
        code: diagnostic.code,
        summary: plain(&diagnostic.summary),
        text: plain(&format!("{about}{}{concerns}{help}", diagnostic.detail)),
        place,
    }
}

/// A path without `./` in front, as hosts compare it with those of the repository.
fn slashes(path: &str) -> Cow<'_, str> {
    let path = path.strip_prefix("./").unwrap_or(path);
    if std::path::MAIN_SEPARATOR == '\\' { path.replace('\\', "/").into() } else { path.into() }
}

/// Without what would move a cursor or hide.
fn plain(text: &str) -> String {
    crate::diag::visible::visible(text).into_owned()
}

/// Writes a report into a file.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    crate::disk::replace(path, text.as_bytes()).map_err(|error| format!("{}: {error}", path.display()))
}
