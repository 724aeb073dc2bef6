//! The one layout of a file, as `terraform fmt` has it.
//!
//! Works on tokens, so that comments and blank lines stay. `cleanup` changes old spellings first; here the
//! tokens are cut into lines, and blanks are set in three steps: indentation, gaps between tokens, and the
//! columns of equals signs and comments.

mod cleanup;
mod spacing;
#[cfg(test)]
mod tests;

use unicode_segmentation::UnicodeSegmentation;

use super::syntax::token::Kind;

/// A token on its way into the new text.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    kind: Kind,
    text: String,
    spaces: usize,
}

impl Piece {
    fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), spaces: 0 }
    }

    fn ends_line(&self) -> bool {
        self.kind == Kind::Newline || self.kind == Kind::LineComment && self.text.ends_with('\n')
    }

    /// What the token adds to the number of open brackets.
    fn brackets(&self) -> i32 {
        match self.kind {
            Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen | Kind::OpenInterpolation | Kind::OpenDirective => 1,
            Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen | Kind::CloseSequence => -1,
            _ => 0,
        }
    }

    fn columns(&self) -> usize {
        self.spaces + if self.text.is_ascii() { self.text.len() } else { self.text.graphemes(true).count() }
    }
}

/// A line: what comes first, `= value` where it has a column, and a comment at the end. All three are
/// ranges of the pieces.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: usize,
    assign: usize,
    comment: usize,
    end: usize,
}

/// Lays a file out anew. A text with mistakes in its syntax stays as it is.
pub fn format(text: &str) -> String {
    let Some(mut pieces) = cleanup::pieces(text) else { return text.to_string() };
    let lines = lines(&pieces);
    indent(&lines, &mut pieces);
    for line in &lines {
        gaps(&mut pieces[line.start..line.assign]);
        gaps(&mut pieces[line.assign..line.comment]);
    }
    align(&lines, &mut pieces, |line| (line.assign < line.comment).then_some(line.assign));
    align(&lines, &mut pieces, |line| (line.comment < line.end).then_some(line.comment));
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for piece in &pieces {
        out.extend(std::iter::repeat_n(' ', piece.spaces));
        out.push_str(&piece.text);
    }
    // Blanks behind the last token stay, and the text ends with a line break.
    let rest = text.len() - text.trim_end_matches([' ', '\t']).len();
    out.extend(std::iter::repeat_n(' ', rest));
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn lines(pieces: &[Piece]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in 1..=pieces.len() {
        if end == pieces.len() || pieces[end - 1].ends_line() {
            lines.push(line(pieces, start, end));
            start = end;
        }
    }
    lines
}

/// An equals sign gets a column when what follows opens and closes its brackets in the line.
fn line(pieces: &[Piece], start: usize, end: usize) -> Line {
    let last = &pieces[end - 1];
    let commented = end - start > 1 && matches!(last.kind, Kind::LineComment | Kind::Comment);
    let comment = if commented { end - 1 } else { end };
    let equals = (start + 1..comment).find(|index| pieces[*index].kind == Kind::Assign);
    let assign = equals.filter(|at| pieces[*at..comment].iter().map(Piece::brackets).sum::<i32>() == 0);
    Line { start, assign: assign.unwrap_or(comment), comment, end }
}

/// A line that opens more brackets than it closes indents what follows by one step, however many they are.
fn indent(lines: &[Line], pieces: &mut [Piece]) {
    let mut open: Vec<i32> = Vec::new();
    for line in lines {
        if pieces[line.start].kind == Kind::Newline {
            pieces[line.start].spaces = 0;
            continue;
        }
        let net: i32 = pieces[line.start..line.comment].iter().map(Piece::brackets).sum();
        let mut closed = -net;
        while closed > 0
            && let Some(last) = open.last_mut()
        {
            if closed < *last {
                *last -= closed;
                break;
            }
            closed -= *last;
            open.pop();
        }
        pieces[line.start].spaces = 2 * open.len();
        if net > 0 {
            open.push(net);
        }
    }
}

/// Sets the blanks between the tokens of a part of a line.
fn gaps(pieces: &mut [Piece]) {
    for index in 1..pieces.len() {
        let before = index.checked_sub(2).map(|before| pieces[before].kind);
        let gap = spacing::gap(before, &pieces[index - 1], &pieces[index]);
        pieces[index].spaces = usize::from(gap);
    }
}

/// Brings what `cell` answers into one column, for each run of lines that have it.
fn align(lines: &[Line], pieces: &mut [Piece], cell: impl Fn(&Line) -> Option<usize>) {
    let mut at = 0;
    while at < lines.len() {
        let run: Vec<(usize, usize)> = lines[at..]
            .iter()
            .map_while(|line| cell(line).map(|cell| (cell, pieces[line.start..cell].iter().map(Piece::columns).sum())))
            .collect();
        let widest = run.iter().map(|(_, columns)| *columns).max().unwrap_or(0);
        for (cell, columns) in &run {
            pieces[*cell].spaces = widest - columns + 1;
        }
        at += run.len().max(1);
    }
}
