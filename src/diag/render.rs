//! Diagnostics as text with the source lines and carets.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use unicode_width::UnicodeWidthStr;

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
    let groups = [group];
    match width {
        Some(width) => renderer.term_width(fitting(&groups, width)).render(&groups),
        None => renderer.render(&groups),
    }
}

/// The width to ask for, so that no source line is longer than the terminal is wide: what is marked may be cut late.
fn fitting(groups: &[Group], width: usize) -> usize {
    let fits = |asked: &usize| {
        let text = Renderer::plain().term_width(*asked).render(groups);
        text.lines().filter(|line| is_of_source(line)).all(|line| line.width() <= width)
    };
    if width < WIDTH_MIN {
        return WIDTH_MIN;
    }
    (WIDTH_MIN / 2..=width).rev().step_by(4).find(fits).unwrap_or(WIDTH_MIN)
}

/// Whether a line shows a source: ` 12 | name = "a"`.
fn is_of_source(line: &str) -> bool {
    let rest = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.trim_start().len() && rest.starts_with(" |")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_source_line_is_wider_than_the_terminal() {
        let long = format!("{}{}\n", "\n".repeat(1000), "word ".repeat(60));
        let mut sources = SourceMap::default();
        let file = sources.add("main.hcl", long);
        for columns in 40..160 {
            for (start, length) in [(0, 5), (50, 2), (100, 120), (150, 20), (10, 280), (295, 4)] {
                let span = Span { file, start: 1000 + start, end: 1000 + start + length };
                let one = Diagnostic::error("CS0101", "Wrong", "So it is.").at(span);
                let text = render(&one, &sources, false, Some(columns));
                let widest = text.lines().filter(|line| is_of_source(line)).map(|line| line.chars().count()).max();
                assert!(widest.is_some_and(|widest| widest <= columns), "{columns}: {text}");
            }
        }
    }
}
