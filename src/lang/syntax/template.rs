//! Templates: strings in quotes, heredocs, and the texts of template files.
//!
//! A template is read into a flat list first, where `~` trims and `<<-` takes indentation away, and the
//! list is then folded into parts by its directives.

use std::sync::Arc;

use super::escape;
use super::parser::{Open, Parsed, Parser, Reported};
use super::token::Kind;
use crate::diag::Span;
use crate::lang::ast::{Expr, Node, Part};
use crate::value::normalized;

/// An element of the flat list.
enum Piece {
    Text(String),
    Interpolation(Expr),
    If(Expr, Span),
    Else(Span),
    EndIf(Span),
    For(Option<Arc<str>>, Arc<str>, Expr, Span),
    EndFor(Span),
}

impl Parser<'_> {
    /// A string in quotes.
    pub fn quoted(&mut self) -> Parsed<Expr> {
        let open = self.next();
        let pieces = self.pieces(Kind::CloseQuote)?;
        let close = self.next();
        let span = self.span(open).to(self.span(close));
        self.template(pieces, span)
    }

    /// A heredoc, with its indentation taken away when it starts with `<<-`.
    pub fn heredoc(&mut self) -> Parsed<Expr> {
        let open = self.next();
        let indented = self.text(open).starts_with("<<-");
        let mut pieces = self.pieces(Kind::CloseHeredoc)?;
        if indented {
            dedent(&mut pieces);
        }
        let close = self.next();
        let span = self.span(open).to(self.span(close));
        self.template(pieces, span)
    }

    /// The whole text as a template.
    pub fn bare_template(&mut self) -> Parsed<Expr> {
        let start = self.span(self.tokens[0]);
        let pieces = self.pieces(Kind::End)?;
        let span = start.to(self.span(self.tokens[self.at]));
        self.template(pieces, span)
    }

    fn template(&mut self, pieces: Vec<Piece>, span: Span) -> Parsed<Expr> {
        let below = self.height;
        let mut pieces = pieces.into_iter();
        let (parts, stop) = self.fold(&mut pieces, None, 0)?;
        if let Some(stop) = stop {
            return self.unbalanced(stop);
        }
        let node = match parts.as_slice() {
            [] => Node::String(Arc::from("")),
            [Part::Text(text)] => Node::String(text.clone()),
            _ => Node::Template(parts),
        };
        self.expr(node, span, below)
    }

    /// Everything up to the token of kind `end`, which stays. Leaves the height of the highest expression.
    fn pieces(&mut self, end: Kind) -> Parsed<Vec<Piece>> {
        let mut pieces: Vec<Piece> = Vec::new();
        let (mut below, mut trim_next, mut failed) = (0, false, false);
        loop {
            let token = self.tokens[self.at];
            match token.kind {
                kind if kind == end => break,
                Kind::End => return Err(Reported),
                Kind::QuotedText | Kind::HeredocText => {
                    self.at += 1;
                    let raw = self.text(token);
                    let decoded = if token.kind == Kind::QuotedText {
                        escape::decode(raw, self.span(token).start, self.file, &mut self.diagnostics)
                    } else {
                        escape::unescape_signs(raw)
                    };
                    let trimmed = if trim_next { decoded.trim_start() } else { &decoded };
                    pieces.push(Piece::Text(trimmed.to_string()));
                    trim_next = false;
                }
                Kind::OpenInterpolation | Kind::OpenDirective => {
                    if token.end - token.start == 3
                        && let Some(Piece::Text(text)) = pieces.last_mut()
                    {
                        text.truncate(text.trim_end().len());
                    }
                    let at = self.at;
                    let piece = self.with_newlines(false, Self::sequence);
                    match piece {
                        Ok(piece) => {
                            pieces.push(piece);
                            let close = self.tokens[self.at - 1];
                            trim_next = close.end - close.start == 2;
                        }
                        Err(Reported) if self.gave_up => return Err(Reported),
                        Err(Reported) => {
                            failed = true;
                            self.skip_sequence(at);
                        }
                    }
                    below = below.max(self.height);
                }
                _ => {
                    self.at += 1;
                }
            }
        }
        self.height = below;
        if failed { Err(Reported) } else { Ok(pieces) }
    }

    /// An interpolation or a directive, with both its braces.
    fn sequence(&mut self) -> Parsed<Piece> {
        let open = Open { token: self.next(), close: Kind::CloseSequence };
        self.height = 0;
        if open.token.kind == Kind::OpenInterpolation {
            let expr = self.expression()?;
            self.close(open, "CS0122", "the closing brace of the interpolation")?;
            return Ok(Piece::Interpolation(expr));
        }
        let word = self.peek();
        let span = self.span(word);
        let text = if word.kind == Kind::Ident { self.text(word) } else { "" };
        let piece = match text {
            "if" => {
                self.next();
                Piece::If(self.expression()?, span)
            }
            "for" => {
                let (key, value, collection) = self.for_head()?;
                Piece::For(key, value, collection, span)
            }
            "else" | "endif" | "endfor" => {
                self.next();
                match text {
                    "else" => Piece::Else(span),
                    "endif" => Piece::EndIf(span),
                    _ => Piece::EndFor(span),
                }
            }
            _ => {
                let help = "Write if, else, endif, for or endfor; for the text %{ write %%{.";
                return self.fail("CS0111", "This is not a directive.", span, help);
            }
        };
        self.close(open, "CS0111", "the closing brace of the directive")?;
        Ok(piece)
    }

    /// After a mistake, goes behind the brace that closes the sequence at token `start`.
    fn skip_sequence(&mut self, start: usize) {
        let mut depth = 0;
        let mut at = start;
        while self.tokens[at].kind != Kind::End {
            match self.tokens[at].kind {
                Kind::OpenInterpolation | Kind::OpenDirective => depth += 1,
                Kind::CloseSequence => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                break;
            }
        }
        self.at = at;
    }

    /// Folds pieces into parts, up to a directive that belongs to the one around it.
    fn fold(
        &mut self,
        pieces: &mut std::vec::IntoIter<Piece>,
        open: Option<Span>,
        depth: u32,
    ) -> Parsed<(Vec<Part>, Option<Piece>)> {
        if depth > super::parser::MAX_DEPTH / 4 {
            let span = open.unwrap_or(self.last_span());
            return self.fail("CS0113", "The directives of this template are nested too deep.", span, "");
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut text = String::new();
        while let Some(piece) = pieces.next() {
            if let Piece::Text(more) = &piece {
                text.push_str(more);
                continue;
            }
            flush(&mut text, &mut parts);
            match piece {
                Piece::Interpolation(expr) => parts.push(Part::Interpolation(expr)),
                Piece::If(condition, span) => {
                    let part = self.fold_if(pieces, condition, span, depth)?;
                    parts.push(part);
                }
                Piece::For(key, value, collection, span) => {
                    let (body, stop) = self.fold(pieces, Some(span), depth + 1)?;
                    match stop {
                        Some(Piece::EndFor(_)) => parts.push(Part::For { key, value, collection, body }),
                        stop => return self.unclosed_directive("for", "endfor", span, stop),
                    }
                }
                stop => return Ok((parts, Some(stop))),
            }
        }
        flush(&mut text, &mut parts);
        Ok((parts, None))
    }

    fn fold_if(
        &mut self,
        pieces: &mut std::vec::IntoIter<Piece>,
        condition: Expr,
        span: Span,
        depth: u32,
    ) -> Parsed<Part> {
        let (yes, stop) = self.fold(pieces, Some(span), depth + 1)?;
        match stop {
            Some(Piece::EndIf(_)) => Ok(Part::If(condition, yes, Vec::new())),
            Some(Piece::Else(_)) => match self.fold(pieces, Some(span), depth + 1)? {
                (no, Some(Piece::EndIf(_))) => Ok(Part::If(condition, yes, no)),
                (_, stop) => self.unclosed_directive("if", "endif", span, stop),
            },
            stop => self.unclosed_directive("if", "endif", span, stop),
        }
    }

    fn unclosed_directive<T>(&mut self, word: &str, end: &str, span: Span, stop: Option<Piece>) -> Parsed<T> {
        let detail = format!("The directive {word} is not closed by {end}.");
        let mut diagnostic = self.diagnostic("CS0111", detail, span);
        if let Some(Piece::Else(at) | Piece::EndIf(at) | Piece::EndFor(at)) = stop {
            diagnostic = diagnostic.related(at, format!("{end} expected"));
        }
        self.diagnostics.push(diagnostic.help(format!("Add %{{ {end} }}.")));
        Err(Reported)
    }

    fn unbalanced<T>(&mut self, stop: Piece) -> Parsed<T> {
        let (word, span) = match stop {
            Piece::Else(span) => ("else", span),
            Piece::EndIf(span) => ("endif", span),
            Piece::EndFor(span) => ("endfor", span),
            _ => return Err(Reported),
        };
        self.fail("CS0111", format!("There is no open directive that {word} could belong to."), span, "")
    }
}

/// Moves gathered text into a part, normalised.
fn flush(text: &mut String, parts: &mut Vec<Part>) {
    if !text.is_empty() {
        parts.push(Part::Text(normalized(text)));
        text.clear();
    }
}

/// Takes the smallest indentation of all lines away. A line that a sequence starts has none, blank lines
/// do not count, and what follows a trimmed line break is no line of its own.
fn dedent(pieces: &mut [Piece]) {
    let mut smallest = usize::MAX;
    let mut line_start = true;
    let mut starts = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let text = match piece {
            Piece::Text(text) => Some(text),
            _ => None,
        };
        if line_start {
            line_start = false;
            match text {
                Some(text) if text.ends_with('\n') && text.trim_start().is_empty() => {}
                Some(text) => {
                    smallest = smallest.min(text.chars().take_while(|c| c.is_whitespace()).count());
                    starts.push(index);
                }
                None => smallest = 0,
            }
        }
        line_start = line_start || text.is_some_and(|text| text.ends_with('\n'));
    }
    for index in starts {
        if let Piece::Text(text) = &mut pieces[index] {
            let length: usize = text.chars().take(smallest).map(char::len_utf8).sum();
            text.drain(..length);
        }
    }
}
