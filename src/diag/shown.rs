//! Lines of a source as they may be shown: without what is secret, and without characters that cannot be seen.

use std::borrow::Cow;
use std::ops::Range;

use super::{Diagnostic, Source, SourceMap, visible};

/// What stands for text that must not be shown.
const BLANK: &str = "(sensitive value)";
/// What stands for its further lines, so that all lines keep their numbers.
const MORE: &str = "...";

/// A part of a source, and where its places went.
pub struct Shown {
    /// The text to show.
    pub text: String,
    /// Where the part began in its source, in bytes.
    start: usize,
    /// What was replaced: bytes of the part, bytes of `text`.
    replaced: Vec<(Range<usize>, Range<usize>)>,
}

impl Shown {
    /// The bytes `part` of a source, whole characters. Only blank what is secret where `escaped` is false: JSON has
    /// escapes of its own.
    pub fn new(source: &Source, part: Range<usize>, escaped: bool) -> Self {
        let mut shown = Self { text: String::new(), start: part.start, replaced: Vec::new() };
        let text = &source.text[part.clone()];
        let mut inside = false;
        for (at, c) in text.char_indices() {
            let place = at..at + c.len_utf8();
            let secret = source.is_hidden(part.start + at);
            match c {
                '\n' => shown.text.push(c),
                // The end of a line as Windows writes it is one.
                '\r' if text[at..].starts_with("\r\n") => {
                    shown.replaced.push((place, shown.text.len()..shown.text.len()))
                }
                _ if secret => {
                    let first = !(inside && source.is_hidden((part.start + at).saturating_sub(1)));
                    shown.blank(place, first);
                }
                c if escaped && c != '\t' && visible::is_hidden(c) => {
                    let from = shown.text.len();
                    visible::push(&mut shown.text, c);
                    shown.replaced.push((place, from..shown.text.len()));
                }
                c => shown.text.push(c),
            }
            inside = secret;
        }
        shown
    }

    /// Takes a secret character out: the first of a secret leaves a mark, further ones of its line go with it.
    fn blank(&mut self, place: Range<usize>, first: bool) {
        if let Some((from, _)) = self.replaced.last_mut()
            && from.end == place.start
            && !first
        {
            from.end = place.end;
            return;
        }
        let from = self.text.len();
        self.text.push_str(if first { BLANK } else { MORE });
        self.replaced.push((place, from..self.text.len()));
    }

    /// Where bytes of the source stand in the text; what lies inside of something replaced is all of it.
    pub fn place(&self, range: Range<usize>) -> Range<usize> {
        let (start, end) = (range.start.saturating_sub(self.start), range.end.saturating_sub(self.start));
        let from = self.moved(start, |from, to| if start < from.end { Some(to.start) } else { None });
        let to = self.moved(end, |from, to| if end > from.start && end < from.end { Some(to.end) } else { None });
        from..to.max(from)
    }

    fn moved(&self, at: usize, inside: impl Fn(&Range<usize>, &Range<usize>) -> Option<usize>) -> usize {
        let before = self.replaced.partition_point(|(from, _)| from.start <= at);
        let Some((from, to)) = before.checked_sub(1).map(|last| &self.replaced[last]) else { return at };
        match inside(from, to) {
            Some(place) => place,
            // At the start of what was replaced, or behind it.
            None if at == from.start => to.start,
            None => to.end + (at - from.end),
        }
    }
}

/// What is said instead of something that repeats a secret.
const UNSAID: &str = "It is about something sensitive, which is not shown.";

/// A diagnostic whose words do not repeat what is hidden in the lines that it points to.
pub fn concealed<'a>(diagnostic: &'a Diagnostic, sources: &SourceMap) -> Cow<'a, Diagnostic> {
    let spans = diagnostic.span.iter().chain(diagnostic.related.iter().map(|(span, _)| span));
    let secrets: Vec<&str> = spans.flat_map(|span| sources.hidden_at(*span)).collect();
    let repeats = |text: &str| secrets.iter().any(|secret| text.contains(secret));
    let mut concealed = Cow::Borrowed(diagnostic);
    if repeats(&diagnostic.detail) {
        concealed.to_mut().detail = UNSAID.to_owned();
    }
    if diagnostic.help.as_deref().is_some_and(repeats) {
        concealed.to_mut().help = None;
    }
    if diagnostic.related.iter().any(|(_, remark)| repeats(remark)) {
        concealed.to_mut().related.iter_mut().for_each(|(_, remark)| remark.clear());
    }
    concealed
}

#[cfg(test)]
mod tests {
    use super::{Shown, UNSAID, concealed};
    use crate::diag::{Diagnostic, SourceMap, Span};

    #[test]
    fn no_word_repeats_what_is_hidden() {
        let mut sources = SourceMap::default();
        let file = sources.add("x", "a = hunter2\nb = \"pass word\"\n");
        sources.hide(file, [4..11, 16..27]);
        let cases = [
            (4, 11, "There is no `hunter2`.", UNSAID),
            (0, 11, "There is no `hunter2`.", UNSAID),
            (17, 21, "\"pass word\" is wrong.", UNSAID),
            (17, 21, "\"pass\" is wrong.", UNSAID),
            (4, 11, "It is wrong.", "It is wrong."),
            (0, 1, "There is no `hunter2`.", "There is no `hunter2`."),
        ];
        for (start, end, detail, expected) in cases {
            let diagnostic = Diagnostic::error("CS0201", "x", detail).at(Span { file, start, end }).help(detail);
            let shown = concealed(&diagnostic, &sources);
            assert_eq!(shown.detail, expected);
            assert_eq!(shown.help.is_none(), expected == UNSAID);
        }
    }

    #[test]
    fn lines_of_windows_end_like_others() {
        let text = "a = 1\r\nb = <<E\r\none\r\nE\r\nc = \"\r\"\r\n";
        let at = |part: &str| text.find(part).map(|at| at..at + part.len()).unwrap();
        let mut sources = SourceMap::default();
        let file = sources.add("x", text);
        sources.hide(file, [at("<<E\r\none\r\nE")]);
        let shown = Shown::new(sources.get(file), 0..text.len(), true);
        assert_eq!(shown.text, "a = 1\nb = (sensitive value)\n...\n...\nc = \"\\u{d}\"\n");
        assert_eq!(&shown.text[shown.place(at("b"))], "b");
        assert_eq!(&shown.text[shown.place(at("c ="))], "c =");
    }

    #[test]
    fn places_follow_what_is_replaced() {
        let text = "a = \"secret\" # \u{202e}x\nb = <<E\none\n\ntwo\nE\nc = 1\n";
        let at = |part: &str| text.find(part).map(|at| at..at + part.len()).unwrap();
        let mut sources = SourceMap::default();
        let file = sources.add("x", text);
        sources.hide(file, [at("\"secret\""), at("<<E\none\n\ntwo\nE")]);
        let cases = [
            ("\"secret\"", "(sensitive value)"),
            ("secr", "(sensitive value)"),
            ("a = \"s", "a = (sensitive value)"),
            ("\" # ", "(sensitive value) # "),
            ("\u{202e}", "\\u{202e}"),
            ("x", "x"),
            ("c = 1", "c = 1"),
            ("b = ", "b = "),
            ("a = ", "a = "),
        ];
        for (part, expected) in cases {
            let shown = Shown::new(sources.get(file), 0..text.len(), true);
            assert_eq!(&shown.text[shown.place(at(part))], expected, "{part}");
            assert_eq!(shown.text.lines().count(), text.lines().count());
            assert!(!["secret\"", "one", "two", "\u{202e}"].iter().any(|part| shown.text.contains(part)));
        }
        // A part that starts inside of a secret.
        let start = at("two").start;
        let shown = Shown::new(sources.get(file), start..text.len(), false);
        assert_eq!(shown.text, "(sensitive value)\n...\nc = 1\n");
        assert_eq!(&shown.text[shown.place(at("c = 1"))], "c = 1");
    }
}
