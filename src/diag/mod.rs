//! Diagnostics: what is wrong, where in the files, and what to do about it.
//!
//! Functions collect diagnostics and return their best effort, so that one run reports every mistake.

pub mod codes;
pub mod examples;
pub mod gather;
pub mod lint;
pub mod render;
pub mod shown;
pub mod source;
pub mod visible;

use std::sync::Arc;

use crate::value::Origin;

pub use source::{FileId, Source, SourceMap, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is sent while one stands.
    Error,
    /// Worth reading.
    Warning,
    /// Said once, for information.
    Note,
}

/// One message to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Whether a rule of the service speaks: then the stack may say how much it counts ([`lint`]).
    pub rule: bool,
    /// A stable code out of the table: `CS0101`.
    pub code: &'static str,
    /// A short fixed sentence without names: `Unknown attribute`.
    pub summary: String,
    /// What is wrong here, with names and values.
    pub detail: String,
    /// The place.
    pub span: Option<Span>,
    /// All that is about it, where that is more than the place: a remark in any line of it is about it, too. Not shown.
    pub extent: Option<Span>,
    /// Further places, each with a remark.
    pub related: Vec<(Span, String)>,
    /// The resource that it is about.
    pub address: Option<String>,
    /// The instances that it concerns, where they are several.
    pub instances: Vec<String>,
    /// How many instances its block has, where it has several; 0 where that is not known.
    pub of_instances: usize,
    /// The environments that it concerns, where they are not all.
    pub environments: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// The names involved, each with what is to be said of its value: `var.nodes`, `is 7`.
    pub values: Vec<(String, String)>,
    /// The name that is missing, or of the variable whose value is wrong, for whoever decides by it. Not shown.
    pub about: Option<Arc<str>>,
    /// What it hangs on that is not known, for whoever decides by it. Not shown.
    pub origin: Option<Arc<Origin>>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: &'static str, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            rule: false,
            code,
            summary: summary.into(),
            detail: detail.into(),
            span: None,
            extent: None,
            related: Vec::new(),
            address: None,
            instances: Vec::new(),
            of_instances: 0,
            environments: Vec::new(),
            help: None,
            values: Vec::new(),
            about: None,
            origin: None,
        }
    }

    /// A warning without a place yet.
    pub fn warning(code: &'static str, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, summary, detail) }
    }

    /// A note without a place yet.
    pub fn note(code: &'static str, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(code, summary, detail) }
    }

    /// Sets the place.
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Sets the place unless one is set.
    pub fn or_at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a further place.
    pub fn related(mut self, span: Span, remark: impl Into<String>) -> Self {
        self.related.push((span, remark.into()));
        self
    }

    /// Says which name is missing.
    pub fn about(mut self, name: impl AsRef<str>) -> Self {
        self.about = Some(Arc::from(name.as_ref()));
        self
    }

    /// Names the resource.
    pub fn of(mut self, address: impl ToString) -> Self {
        self.address = Some(address.to_string());
        self
    }

    /// Says that a rule of the service speaks.
    pub fn of_rule(mut self) -> Self {
        self.rule = true;
        self
    }

    /// The same, where files have other numbers.
    pub fn renumbered(mut self, files: &[FileId]) -> Self {
        let places = self.span.iter_mut().chain(&mut self.extent);
        let spans = places.chain(self.related.iter_mut().map(|(span, _)| span));
        spans.for_each(|span| span.file = files[span.file.0 as usize]);
        self
    }

    /// Whether it stops everything.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Whether there is an error among them.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// Brings diagnostics into reading order: by file and place, each said once.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|left, right| {
        (left.span.is_none(), left.span, left.severity, left.code, &left.detail).cmp(&(
            right.span.is_none(),
            right.span,
            right.severity,
            right.code,
            &right.detail,
        ))
    });
    diagnostics.dedup();
}

/// The name among `known` that was probably meant by `name`.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let limit = (length / 3).max(1);
    let name = name.to_lowercase();
    let known: Vec<&str> = known.into_iter().collect();
    let longer =
        known.iter().copied().filter(|candidate| name.len() >= 4 && candidate.to_lowercase().starts_with(&name));
    if let Some(shortest) = longer.min_by_key(|candidate| candidate.len()) {
        return Some(shortest);
    }
    // A distance is at least the difference in length; that of a text without end would take hours.
    let near = |candidate: &&str| candidate.chars().count().abs_diff(length) <= limit;
    known
        .into_iter()
        .filter(near)
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}
