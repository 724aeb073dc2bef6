//! Diagnostics as text with the source lines and carets.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::gather;
use super::shown::{Shown, concealed};
use super::visible::visible;
use super::{Diagnostic, Severity, SourceMap, Span};

/// On a narrower terminal lines wrap: so much is needed for a mark with what is around it.
const WIDTH_MIN: usize = 40;

/// Renders one diagnostic, in colour when `styled`; longer source lines are cut around what is marked, where a width is
/// given.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, styled: bool, width: Option<usize>) -> String {
    let diagnostic = &*concealed(diagnostic, sources);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(visible(&diagnostic.summary)).id(diagnostic.code);
    let mut group = Group::with_title(title);
    let places = places(diagnostic);
    for file in files(&places) {
        let source = sources.get(file);
        let here: Vec<_> = places.iter().filter(|(span, ..)| span.file == file).collect();
        let ranges: Vec<Range<usize>> = here.iter().map(|(span, ..)| clip(*span, &source.text)).collect();
        // Of a long file only the lines that are shown are looked at, however many mistakes it has.
        let lines = lines_of(&ranges, &source.text);
        let first = source.line(lines.start);
        let shown = Shown::new(source, lines, true);
        let places: Vec<Range<usize>> = ranges.into_iter().map(|range| shown.place(range)).collect();
        let mut snippet = Snippet::source(shown.text).line_start(first).path(visible(&source.path)).fold(true);
        for ((_, primary, label), range) in here.into_iter().zip(places) {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            snippet = snippet.annotation(kind.span(range).label(visible(label)));
        }
        group = group.element(snippet);
    }
    if !diagnostic.detail.is_empty() {
        group = group.element(Level::NOTE.no_name().message(visible(&detail(diagnostic)).into_owned()));
    }
    if let Some(concerns) = gather::concerns(diagnostic) {
        group = group.element(Level::NOTE.no_name().message(visible(&concerns).into_owned()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(visible(help)));
    }
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let renderer = width.map_or(renderer.clone(), |width| renderer.term_width(width.max(WIDTH_MIN)));
    renderer.render(&[group])
}

/// The same in one line: `warning[CS0533]: Unknown attribute (main.hcl:3)`.
pub fn line(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let diagnostic = &*concealed(diagnostic, sources);
    let word = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let place = diagnostic.span.map(|span| {
        let line = sources.position(span.file, span.start).0;
        format!(" ({}:{line})", sources.get(span.file).path)
    });
    visible(&format!("{word}[{}]: {}{}", diagnostic.code, diagnostic.summary, place.unwrap_or_default())).into_owned()
}

fn detail(diagnostic: &Diagnostic) -> String {
    match &diagnostic.address {
        Some(address) if diagnostic.span.is_none() => format!("{address}: {}", diagnostic.detail),
        _ => diagnostic.detail.clone(),
    }
}

fn places(diagnostic: &Diagnostic) -> Vec<(Span, bool, &str)> {
    let primary = diagnostic.span.map(|span| (span, true, ""));
    let related = diagnostic.related.iter().map(|(span, remark)| (*span, false, remark.as_str()));
    primary.into_iter().chain(related).collect()
}

fn files(places: &[(Span, bool, &str)]) -> Vec<super::FileId> {
    let mut files = Vec::new();
    for (span, ..) in places {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    files
}

/// The whole lines that hold all of these ranges, and one more on either side.
fn lines_of(ranges: &[Range<usize>], text: &str) -> Range<usize> {
    let start = ranges.iter().map(|range| range.start).min().unwrap_or(0);
    let end = ranges.iter().map(|range| range.end).max().unwrap_or(text.len());
    let before = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let after = |at: usize| text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
    let (start, end) = (before(start), after(end));
    before(start.saturating_sub(1).min(start))..after(end)
}

/// Keeps a span inside its text and on character boundaries, so that no message can fail to render.
fn clip(span: Span, text: &str) -> Range<usize> {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary((span.end as usize).min(text.len())).max(start);
    start..end
}
