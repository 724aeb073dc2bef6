//! Text to syntax tree: lexer, and a recursive-descent parser that reports every mistake of a text.
//!
//! What is parsed is only ever understood here; the rest of the program sees `ast`. Knows nothing of the
//! meaning of names.

mod body;
mod collection;
mod escape;
mod expr;
pub mod lexer;
mod parser;
mod template;
#[cfg(test)]
mod tests;
pub mod token;

use crate::diag::{Diagnostic, FileId, Span};
use crate::lang::ast::{Body, Expr};
use parser::{Parsed, Parser};
use token::{Kind, Token};

/// Where the comments of a file are; of JSON none is one.
pub fn comments(file: FileId, text: &str) -> Vec<Span> {
    let tokens = lexer::lex(file, text, 0, false, &mut Vec::new());
    tokens
        .iter()
        .filter(|token| matches!(token.kind, Kind::LineComment | Kind::Comment))
        .map(|token| Span { file, start: token.start, end: token.end })
        .collect()
}

/// Parses a file. The tree holds everything that could be understood.
pub fn parse(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Body {
    let before = diagnostics.len();
    let tokens = lexer::lex(file, text, 0, false, diagnostics);
    let endless = diagnostics[before..].iter().any(|diagnostic| diagnostic.code == "CS0119");
    closed_heredoc(file, text, &tokens, diagnostics);
    let mut parser = Parser::new(file, text, 0, tokens);
    let mut body = parser.file();
    if parser.unclosed {
        // With a brace missing, the rest of the file seems to be inside of a block. Once more, and this time
        // a line that begins like a top-level block ends the open ones, to report the rest in its place.
        let mut second = Parser::new(file, text, 0, std::mem::take(&mut parser.tokens));
        second.outdent = true;
        body = second.file();
        parser = second;
    }
    if endless {
        // The heredoc has taken every brace behind it.
        parser.diagnostics.retain(|diagnostic| diagnostic.code != "CS0103");
    }
    append(diagnostics, before, parser, text);
    body
}

/// The marker of a heredoc ends its line, also in the last line of a file.
fn closed_heredoc(file: FileId, text: &str, tokens: &[Token], diagnostics: &mut Vec<Diagnostic>) {
    let [.., last, _end] = tokens else { return };
    if last.kind == Kind::CloseHeredoc && last.end as usize == text.len() && last.end > last.start {
        let span = Span { file, start: last.start, end: last.end };
        let detail = "The marker of a heredoc stands on a line of its own, and this line does not end.";
        let help = "Put a line break behind it.";
        diagnostics.push(crate::lang::eval::error("CS0119", detail, span).help(help));
    }
}

/// Adds what the parser reported, but for what follows from a mistake of the lexer in the same line.
fn append(diagnostics: &mut Vec<Diagnostic>, lexed: usize, parser: Parser, text: &str) {
    let lexed: Vec<u32> = diagnostics[lexed..].iter().filter_map(|d| d.span).map(|span| span.start).collect();
    let base = parser.base;
    let follows = |start: u32| {
        let line = text[..(start - base) as usize].rfind('\n').map_or(0, |newline| newline + 1) as u32 + base;
        lexed.iter().any(|lexed| (line..=start).contains(lexed))
    };
    diagnostics.extend(parser.diagnostics.into_iter().filter(|d| d.span.is_none_or(|span| !follows(span.start))));
}

/// Parses an expression that starts `base_offset` bytes into the file.
pub fn parse_expression(file: FileId, text: &str, base_offset: u32, diagnostics: &mut Vec<Diagnostic>) -> Option<Expr> {
    let before = diagnostics.len();
    let tokens = lexer::lex(file, text, base_offset, false, diagnostics);
    let mut parser = Parser::new(file, text, base_offset, tokens);
    parser.newlines = false;
    let expr = parser.expression().and_then(|expr| at_end(&mut parser).map(|()| expr));
    append(diagnostics, before, parser, text);
    expr.ok().filter(|_| diagnostics.len() == before)
}

/// Where the parts of a decoded text are in the file that it was decoded from.
#[derive(Debug, Clone)]
pub struct Places(Vec<(u32, u32)>);

impl Places {
    /// A text whose first byte is there in the file.
    pub fn starting(place: u32) -> Self {
        Self(vec![(0, place)])
    }

    /// From this byte of the text on it is the file's text again, from that place on.
    pub fn goes_on(&mut self, at: u32, place: u32) {
        self.0.push((at, place));
    }

    /// The place of a byte of the text.
    fn of(&self, at: u32) -> u32 {
        let last = self.0.partition_point(|(from, _)| *from <= at).saturating_sub(1);
        let (from, place) = self.0[last];
        place + (at - from)
    }
}

/// Parses a text that was decoded from a file, as a template or as an expression.
pub fn parse_decoded(
    file: FileId,
    text: &str,
    template: bool,
    places: &Places,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expr> {
    let mut lexed = Vec::new();
    let tokens = lexer::lex(file, text, 0, template, &mut lexed);
    let mut parser = Parser::new(file, text, 0, tokens);
    parser.places = Some(places);
    parser.newlines = template;
    let expr = match template {
        true => parser.bare_template(),
        false => parser.expression().and_then(|expr| at_end(&mut parser).map(|()| expr)),
    };
    // What the parser says follows from what the lexer has said.
    let parsed = parser.diagnostics;
    let place = |span: Span| Span { start: places.of(span.start), end: places.of(span.end), ..span };
    let lexed: Vec<Diagnostic> =
        lexed.into_iter().map(|found| Diagnostic { span: found.span.map(place), ..found }).collect();
    let good = lexed.is_empty() && parsed.is_empty();
    diagnostics.extend(if lexed.is_empty() { parsed } else { lexed });
    expr.ok().filter(|_| good)
}

/// Parses a text as a template, as in a template file.
pub fn parse_template(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Expr> {
    let before = diagnostics.len();
    let tokens = lexer::lex(file, text, 0, true, diagnostics);
    let mut parser = Parser::new(file, text, 0, tokens);
    let expr = parser.bare_template();
    append(diagnostics, before, parser, text);
    expr.ok().filter(|_| diagnostics.len() == before)
}

fn at_end(parser: &mut Parser) -> Parsed<()> {
    if parser.kind() == Kind::End {
        return Ok(());
    }
    parser.unexpected("CS0104", "the end of the expression", "Write one expression; join texts with \"${a}${b}\".")
}

/// Whether the text can be a bare name.
pub fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(unicode_ident::is_xid_start)
        && characters.all(|next| unicode_ident::is_xid_continue(next) || next == '-')
}
