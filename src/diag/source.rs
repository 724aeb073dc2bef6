//! The texts that spans point into.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use unicode_segmentation::UnicodeSegmentation;

/// A file of the run, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last.
    pub end: u32,
}

impl Span {
    /// The span from the start of this one to the end of `other`.
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end.max(self.end), ..self }
    }
}

/// A file as it was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as it is shown.
    pub path: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    /// Bytes that must not be shown, in order, none touching another.
    hidden: Vec<Range<usize>>,
    /// Where lines begin behind the first, once somebody asks for the number of one.
    breaks: OnceLock<Arc<[u32]>>,
}

impl Source {
    /// The number of the line that a byte is in, from 1.
    pub fn line(&self, byte: usize) -> usize {
        let begin = |(at, _): (usize, &str)| at as u32 + 1;
        let breaks = self.breaks.get_or_init(|| self.text.match_indices('\n').map(begin).collect());
        breaks.partition_point(|begin| *begin as usize <= byte) + 1
    }

    /// Whether the byte belongs to something that must not be shown.
    pub fn is_hidden(&self, byte: usize) -> bool {
        let next = self.hidden.partition_point(|range| range.end <= byte);
        self.hidden.get(next).is_some_and(|range| range.start <= byte)
    }
}

/// Every file of the run.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<Source>,
}

impl SourceMap {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        self.files.push(Source { path: path.into(), text: text.into(), hidden: Vec::new(), breaks: OnceLock::new() });
        FileId(self.files.len() as u32 - 1)
    }

    /// Takes over the files of another run of the same stack; answers for each of its files which one of these it is.
    pub fn join(&mut self, other: &SourceMap) -> Vec<FileId> {
        let mut join = |source: &Source| {
            let known = self.files.iter().position(|known| known.path == source.path && known.text == source.text);
            let at = known.unwrap_or_else(|| {
                self.files.push(source.clone());
                self.files.len() - 1
            });
            FileId(at as u32)
        };
        other.files.iter().map(&mut join).collect()
    }

    /// Keeps parts of a file, in bytes, from being shown in any message.
    pub fn hide(&mut self, file: FileId, ranges: impl IntoIterator<Item = Range<usize>>) {
        let source = &mut self.files[file.0 as usize];
        source.hidden.extend(ranges.into_iter().filter(|range| !range.is_empty()));
        source.hidden.sort_by_key(|range| range.start);
        source.hidden.dedup_by(|next, last| {
            let touching = next.start <= last.end;
            last.end = if touching { last.end.max(next.end) } else { last.end };
            touching
        });
    }

    /// What is hidden where a span points: the whole of it, and the part that the span covers; not what is too short to
    /// tell anything.
    pub fn hidden_at(&self, span: Span) -> Vec<&str> {
        let source = self.get(span.file);
        let (start, end) = (span.start as usize, span.end as usize);
        let touched = source.hidden.iter().filter(|range| range.start < end && start < range.end);
        let parts = touched.flat_map(|range| [range.clone(), range.start.max(start)..range.end.min(end)]);
        let bare =
            |range: Range<usize>| source.text.get(range).unwrap_or_default().trim_matches(['"', '\'', ' ', '\n']);
        parts.map(bare).filter(|text| text.len() > 2).collect()
    }

    /// What of a file may be shown, around what may not: more than one part where something is hidden.
    pub fn open_parts(&self, file: FileId) -> Vec<&str> {
        let source = self.get(file);
        let (mut parts, mut from) = (Vec::new(), 0);
        for range in &source.hidden {
            parts.push(source.text.get(from..range.start).unwrap_or_default());
            from = range.end;
        }
        parts.push(source.text.get(from..).unwrap_or_default());
        parts
    }

    /// The file of that number.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// All files, in order.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(index, source)| (FileId(index as u32), source))
    }

    /// Line and column of a byte, both from 1; the column counts characters as they are seen.
    pub fn position(&self, file: FileId, byte: u32) -> (usize, usize) {
        let source = self.get(file);
        let end = source.text.floor_char_boundary(byte as usize);
        let before = &source.text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (source.line(end), before[line_start..].graphemes(true).count() + 1)
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}
