//! Old spellings in new ones: bare labels, `"${value}"`, and types in quotes.

use std::collections::BTreeMap;

use super::Piece;
use crate::diag::{FileId, Span};
use crate::lang::ast::{Block, Body};
use crate::lang::syntax::token::{Kind, Token};
use crate::lang::syntax::{lexer, parse};

/// What is put in the place of the tokens from a first up to a last one.
type Edits = BTreeMap<usize, (usize, Vec<Piece>)>;

/// The tokens of a text with the old spellings replaced; `None` when the text has mistakes.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut diagnostics = Vec::new();
    let body = parse(FileId(0), text, &mut diagnostics);
    if !diagnostics.is_empty() {
        return None;
    }
    let tokens = lexer::lex(FileId(0), text, 0, false, &mut diagnostics);
    let source = Source { text, tokens };
    let mut edits = Edits::new();
    source.body(&body, &[], &mut edits);
    Some(source.apply(edits))
}

struct Source<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

impl Source<'_> {
    fn apply(&self, mut edits: Edits) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(self.tokens.len());
        let mut at = 0;
        while self.tokens[at].kind != Kind::End {
            match edits.remove(&at) {
                Some((end, replacement)) => {
                    pieces.extend(replacement);
                    at = end;
                }
                None => {
                    pieces.push(self.piece(at));
                    at += 1;
                }
            }
        }
        pieces
    }

    fn piece(&self, index: usize) -> Piece {
        Piece::new(self.tokens[index].kind, self.tokens[index].text(self.text))
    }

    /// The tokens of a span.
    fn range(&self, span: Span) -> std::ops::Range<usize> {
        let start = self.tokens.partition_point(|token| token.start < span.start);
        let end = self.tokens.partition_point(|token| token.start < span.end);
        start..end
    }

    fn body(&self, body: &Body, around: &[&str], edits: &mut Edits) {
        for attribute in &body.attributes {
            let range = self.range(attribute.expr.span);
            let replacement = if around == ["variable"] && &*attribute.name == "type" {
                self.type_constraint(range.clone())
            } else {
                self.unwrap(range.clone())
            };
            if let Some(replacement) = replacement {
                edits.insert(range.start, (range.end, replacement));
            }
        }
        for block in &body.blocks {
            self.labels(block, edits);
            self.body(&block.body, &[around, &[&*block.kind]].concat(), edits);
        }
    }

    /// Labels stand in quotes, with no comment between them.
    fn labels(&self, block: &Block, edits: &mut Edits) {
        let (Some(first), Some(last)) = (block.labels.first(), block.labels.last()) else { return };
        let range = self.range(first.span).start..self.range(last.span).end;
        let mut pieces = Vec::new();
        for index in range.clone() {
            match self.tokens[index].kind {
                Kind::Ident => {
                    pieces.push(Piece::new(Kind::OpenQuote, "\""));
                    pieces.push(Piece::new(Kind::QuotedText, self.tokens[index].text(self.text)));
                    pieces.push(Piece::new(Kind::CloseQuote, "\""));
                }
                Kind::Comment => {}
                _ => pieces.push(self.piece(index)),
            }
        }
        edits.insert(range.start, (range.end, pieces));
    }

    /// `"${value}"` is `value`; on several lines it needs parentheses.
    fn unwrap(&self, range: std::ops::Range<usize>) -> Option<Vec<Piece>> {
        use Kind::*;
        let kinds: Vec<Kind> = self.tokens[range.clone()].iter().map(|token| token.kind).collect();
        let [OpenQuote, OpenInterpolation, inside @ .., CloseSequence, CloseQuote] = kinds.as_slice() else {
            return None;
        };
        let mut quotes = 0;
        for kind in inside {
            match kind {
                OpenQuote => quotes += 1,
                CloseQuote => quotes -= 1,
                OpenInterpolation | CloseSequence | QuotedText if quotes <= 0 => return None,
                _ => {}
            }
        }
        let first = range.start + 2 + inside.iter().take_while(|kind| **kind == Newline).count();
        let last = range.end - 2 - inside.iter().rev().take_while(|kind| **kind == Newline).count();
        let mut pieces: Vec<Piece> = (first..last).map(|index| self.piece(index)).collect();
        let parens = pieces.first()?.kind == OpenParen && pieces.last()?.kind == CloseParen;
        if !parens && pieces.iter().any(|piece| piece.kind == Newline) {
            pieces.insert(0, Piece::new(OpenParen, "("));
            pieces.push(Piece::new(CloseParen, ")"));
        }
        Some(pieces)
    }

    /// `"string"` is `string`, and `list` is `list(any)`.
    fn type_constraint(&self, range: std::ops::Range<usize>) -> Option<Vec<Piece>> {
        let tokens = &self.tokens[range];
        let text: String = tokens.iter().map(|token| token.text(self.text)).collect();
        let (word, element) = match text.as_str() {
            "list" | "map" | "set" => (text.as_str(), Some("any")),
            "\"string\"" => ("string", None),
            "\"list\"" => ("list", Some("string")),
            "\"map\"" => ("map", Some("string")),
            _ => return None,
        };
        let mut pieces = vec![Piece::new(Kind::Ident, word)];
        if let Some(element) = element {
            pieces.push(Piece::new(Kind::OpenParen, "("));
            pieces.push(Piece::new(Kind::Ident, element));
            pieces.push(Piece::new(Kind::CloseParen, ")"));
        }
        Some(pieces)
    }
}
