//! What a stack says about single rules: `lint { CS0533 = "off" }`, and remarks in comments at a line.
//!
//! Warnings can be silenced or made errors; errors only where a rule of the service speaks, since that can be wrong about
//! what AWS takes today. What the language itself refuses stays refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Diagnostic, FileId, Severity, SourceMap, Span};
use super::{codes, examples};

/// How much a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing is said.
    Off,
    /// It is a warning.
    Warn,
    /// Nothing is sent while one stands.
    Error,
}

impl Level {
    /// Reads the word of a `lint` block.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "off" => Self::Off,
            "warn" => Self::Warn,
            "error" => Self::Error,
            _ => return None,
        })
    }
}

/// Codes of declarations that are warnings, or warnings at times.
const DECLARED_WARNINGS: [&str; 7] = ["CS0305", "CS0321", "CS0328", "CS0342", "CS0347", "CS0371", "CS0372"];

/// Codes of evaluation, of blocks and of the engine that are errors always.
#[rustfmt::skip]
const ERRORS: [&str; 26] = [
    "CS0201", "CS0211", "CS0212", "CS0401", "CS0402", "CS0403", "CS0405", "CS0601", "CS0603", "CS0604", "CS0606", "CS0608",
    "CS0609", "CS0611", "CS0612", "CS0880", "CS0884", "CS0955", "CS0956", "CS0957", "CS0980", "CS1022", "CS1023", "CS1024",
    "CS1025", "CS1030",
];

/// Whether no message of a code is ever silenced or turned down: it is of the language, or of the engine itself. What is
/// wrong with an expression is a warning in a `check` block.
pub fn is_fixed(code: &str) -> bool {
    code.starts_with("CS01") || code.starts_with("CS03") && !DECLARED_WARNINGS.contains(&code) || ERRORS.contains(&code)
}

/// What a stack says about rules.
#[derive(Debug, Clone, Default)]
pub struct Lints {
    levels: BTreeMap<&'static str, Level>,
    remarks: Vec<Remark>,
}

/// A comment that lets a rule be broken in a line.
#[derive(Debug, Clone)]
struct Remark {
    code: &'static str,
    /// The bytes of the line.
    line: Span,
    /// The comment itself.
    at: Span,
    /// Whether something was let pass by it.
    hit: Arc<AtomicBool>,
}

/// How such a comment begins, behind its sign.
const WORD: &str = "cachestack:ignore";

impl Lints {
    /// Reads the remarks in every file, where its `comments` are; `levels` are those of the stack. What is wrong with a
    /// remark is reported, and it does nothing.
    pub fn read(
        levels: BTreeMap<&'static str, Level>,
        sources: &SourceMap,
        comments: &dyn Fn(FileId, &str) -> Vec<Span>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut remarks = Vec::new();
        for (file, source) in sources.files().filter(|(_, source)| source.text.contains(WORD)) {
            let span = |start: usize, end: usize| Span { file, start: start as u32, end: end as u32 };
            let comments = comments(file, &source.text);
            // The sign of a remark in a string is none.
            let is_one = |at: usize| comments.iter().any(|one| (one.start..one.end).contains(&(at as u32)));
            let (mut at, mut waiting) = (0, Vec::new());
            for line in source.text.split_inclusive('\n') {
                let (start, end) = (at, at + line.trim_end().len());
                at += line.len();
                let comment = comment(line).filter(|(from, _)| is_one(start + from));
                if let Some((from, rest)) = comment {
                    match code(rest) {
                        Ok(code) => waiting.push((code, span(start + from, end))),
                        Err(detail) => diagnostics.push(useless(detail).at(span(start + from, end))),
                    }
                }
                let code_before = comment.map_or(line, |(from, _)| &line[..from]).trim();
                if !(code_before.is_empty() || code_before.starts_with(['#', '/'])) {
                    let line = span(start, end + 1);
                    remarks.extend(waiting.drain(..).map(|(code, at)| Remark { code, line, at, hit: Arc::default() }));
                }
            }
        }
        Self { levels, remarks }
    }

    /// Gives each its level, and takes those out of which nothing is to be said.
    pub fn judge(&self, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        if self.levels.is_empty() && self.remarks.is_empty() {
            return found;
        }
        found.into_iter().filter_map(|one| self.judge_one(one)).collect()
    }

    /// The remarks that have let nothing pass so far, of rules that are checked without an account: each with its code.
    pub fn idle(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let idle = self.remarks.iter().filter(|remark| !remark.hit.load(Ordering::Relaxed));
        idle.filter(|remark| examples::find(remark.code).is_some()).map(|remark| (remark.code, remark.at))
    }

    fn judge_one(&self, mut one: Diagnostic) -> Option<Diagnostic> {
        if !(one.rule || one.severity == Severity::Warning) {
            return Some(one);
        }
        let places = || one.span.into_iter().chain(one.extent);
        let ignored = self.remarks.iter().find(|remark| places().any(|span| remark.is_at(one.code, span)));
        ignored.inspect(|remark| remark.hit.store(true, Ordering::Relaxed));
        one.severity = match self.levels.get(one.code) {
            _ if ignored.is_some() => return None,
            Some(Level::Off) => return None,
            Some(Level::Warn) => Severity::Warning,
            Some(Level::Error) => Severity::Error,
            None => one.severity,
        };
        Some(one)
    }
}

impl Remark {
    fn is_at(&self, code: &str, span: Span) -> bool {
        let overlaps = self.line.start < span.end.max(span.start + 1) && span.start < self.line.end;
        self.code == code && self.line.file == span.file && overlaps
    }
}

/// Where a remark begins in a line, and what stands behind its word.
fn comment(line: &str) -> Option<(usize, &str)> {
    let at = line.find(WORD)?;
    let before = line[..at].trim_end();
    let sign = ["#", "//"].into_iter().find(|sign| before.ends_with(sign))?;
    Some((before.len() - sign.len(), line[at + WORD.len()..].trim()))
}

/// The code of a remark that has a reason, too.
fn code(rest: &str) -> Result<&'static str, String> {
    let (word, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match codes::find(word) {
        None => Err(format!("There is no code `{word}`.")),
        Some(_) if reason.trim().is_empty() => Err(format!("It does not say why {word} may be broken here.")),
        Some((code, ..)) => Ok(code),
    }
}

/// The warning of a remark that lets nothing pass in any environment.
pub fn idle(code: &str, at: Span) -> Diagnostic {
    let detail = format!("No {code} is found here: there is nothing to let pass.");
    Diagnostic::warning("CS1031", "An ignore comment that does nothing", detail).at(at).help("Take the remark out.")
}

fn useless(detail: String) -> Diagnostic {
    Diagnostic::warning("CS1031", "An ignore comment that does nothing", detail)
        .help(format!("Write `# {WORD} CODE REASON`, with the code of the message."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
a {
  b = 1 # cachestack:ignore CS0533 asked for
  # cachestack:ignore CS0540 new type
  # cachestack:ignore CS0407 as well

  c = 2
  d = 3 // cachestack:ignore CS0540
  e = 4 # cachestack:ignore CS9999 what
  f = 5
}
";

    #[test]
    fn remarks_are_about_their_line() {
        let mut sources = SourceMap::default();
        let file = sources.add("main.hcl", TEXT);
        let mut wrong = Vec::new();
        let levels = BTreeMap::from([("CS0533", Level::Warn), ("CS0541", Level::Off), ("CS0970", Level::Error)]);
        let second = TEXT.match_indices("e = 4").next().expect("a line").0 as u32;
        let whole = |file, text: &str| vec![Span { file, start: 0, end: text.len() as u32 }];
        let before = |file, _: &str| vec![Span { file, start: 0, end: second }];
        let lints = Lints::read(levels.clone(), &sources, &before, &mut wrong);
        assert_eq!((wrong.len(), lints.remarks.len()), (1, 3), "what stands in a string is no remark");
        wrong.clear();
        let lints = Lints::read(levels, &sources, &whole, &mut wrong);
        let details: Vec<_> = wrong.iter().map(|one| one.detail.as_str()).collect();
        assert_eq!(details, ["It does not say why CS0540 may be broken here.", "There is no code `CS9999`."]);

        let severity = |code: &'static str, at: &str, rule: bool, severity: Severity| {
            let start = TEXT.find(at).expect(at) as u32;
            let span = Span { file, start, end: start + 1 };
            let one = Diagnostic { severity, rule, ..Diagnostic::error(code, "s", "d").at(span) };
            lints.judge(vec![one]).first().map(|one| one.severity)
        };
        use Severity::{Error, Warning};
        for (code, at, rule, before, after) in [
            ("CS0533", "b =", true, Error, None),
            ("CS0533", "1 #", true, Error, None),
            ("CS0533", "c =", true, Error, Some(Warning)),
            ("CS0533", "c =", false, Error, Some(Error)),
            ("CS0540", "c =", true, Error, None),
            ("CS0407", "2", true, Error, None),
            ("CS0407", "2", false, Error, Some(Error)),
            ("CS0540", "d =", true, Error, Some(Error)),
            ("CS0540", "f =", true, Error, Some(Error)),
            ("CS0541", "f =", true, Error, None),
            ("CS0541", "f =", false, Warning, None),
            ("CS0970", "f =", false, Warning, Some(Error)),
            ("CS0701", "f =", true, Error, Some(Error)),
        ] {
            assert_eq!(severity(code, at, rule, before), after, "{code} at {at} {rule} {before:?}");
        }
    }
}
