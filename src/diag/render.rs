//! Diagnostics as text with the source lines and carets.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Severity, SourceMap, Span};

/// Renders one diagnostic, in colour when `styled`.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, styled: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.summary.as_str()).id(diagnostic.code);
    let mut group = Group::with_title(title);
    let places = places(diagnostic);
    for file in files(&places) {
        let source = sources.get(file);
        let mut snippet = Snippet::source(&*source.text).path(&*source.path).fold(true);
        for (span, primary, label) in places.iter().filter(|(span, ..)| span.file == file) {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            snippet = snippet.annotation(kind.span(clip(*span, &source.text)).label(*label));
        }
        group = group.element(snippet);
    }
    if !diagnostic.detail.is_empty() {
        group = group.element(Level::NOTE.no_name().message(detail(diagnostic)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
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

/// Keeps a span inside its text and on character boundaries, so that no message can fail to render.
fn clip(span: Span, text: &str) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary((span.end as usize).min(text.len())).max(start);
    start..end
}
