//! GitHub Actions: annotations at lines of files, and the summary of a step. Source: its pages on workflow commands.

use std::path::{Path, PathBuf};

use super::{Finding, slashes};
use crate::diag::Severity;
use crate::disk;

/// So many annotations of one kind are shown of a step; the rest would be dropped without a word.
const MOST: usize = 10;

/// So many bytes may the summary of a step have.
const SUMMARY_MAX: usize = 1 << 20;

/// Whether the program runs there.
pub fn is_here() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// The lines that make annotations, the worst first, with a word for what has no room.
pub fn annotations(findings: &[Finding]) -> Vec<String> {
    let workspace = std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
    let mut lines = Vec::new();
    for (severity, word) in [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "notice")] {
        let all: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == severity).collect();
        let shown = if all.len() > MOST { MOST - 1 } else { all.len() };
        lines.extend(all[..shown].iter().map(|finding| annotation(word, finding, workspace.as_deref())));
        if shown < all.len() {
            lines.push(format!("::{word} title=cachestack::{} more are in the log of this step", all.len() - shown));
        }
    }
    lines
}

fn annotation(word: &str, finding: &Finding, workspace: Option<&Path>) -> String {
    let title = property(&format!("{} {}", finding.code, finding.summary));
    let place = finding.place.as_ref().map(|place| {
        let file = from_checkout(Path::new(&place.file), workspace);
        let column = if place.start.0 == place.end.0 { format!(",endColumn={}", place.end.1) } else { String::new() };
        format!(
            "file={},line={},endLine={},col={}{column},",
            property(&file),
            place.start.0,
            place.end.0,
            place.start.1
        )
    });
    format!("::{word} {}title={title}::{}", place.unwrap_or_default(), data(&finding.text))
}

/// A path as it is seen from the checkout.
fn from_checkout(path: &Path, workspace: Option<&Path>) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let below = workspace.and_then(|workspace| whole.strip_prefix(workspace).ok());
    slashes(&below.unwrap_or(path).to_string_lossy()).into_owned()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Adds to the summary of the step, where there is one and as far as there is room.
///
/// # Errors
/// The file cannot be written.
pub fn summarize(markdown: &str) -> Result<(), String> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| is_here() && !path.is_empty()) else {
        return Ok(());
    };
    let path = PathBuf::from(path);
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let taken = disk::read(&path).map_err(failed)?.map_or(0, |text| text.len());
    if taken + markdown.len() + 1 > SUMMARY_MAX {
        return Err(format!("{}: there is no room for more", path.display()));
    }
    let log = disk::Log::open(&path);
    log.and_then(|mut log| log.append(format!("{markdown}\n").as_bytes(), false)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::report::Place;

    #[test]
    fn annotations_are_escaped_and_counted() {
        let place = |file: &str| Place { file: file.to_owned(), start: (3, 5), end: (3, 9), line: String::new() };
        let one = |severity, file: Option<&str>| Finding {
            severity,
            code: "CS0351",
            summary: "Which one: a, b?".to_owned(),
            text: "100 %\nsure".to_owned(),
            place: file.map(place),
        };
        let mut all = vec![one(Severity::Error, Some("a,b.hcl")), one(Severity::Error, None)];
        all.extend((0..11).map(|_| one(Severity::Warning, None)));
        let lines = annotations(&all);
        assert_eq!(
            lines[0],
            "::error file=a%2Cb.hcl,line=3,endLine=3,col=5,endColumn=9,title=CS0351 Which one%3A a%2C b?::100 %25%0Asure"
        );
        assert_eq!(lines[1], "::error title=CS0351 Which one%3A a%2C b?::100 %25%0Asure");
        assert_eq!(lines.len(), 12);
        assert_eq!(lines[11], "::warning title=cachestack::2 more are in the log of this step");
    }
}
