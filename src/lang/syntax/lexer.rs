//! Text to tokens, without recursion and without stopping at mistakes.
//!
//! A stack of modes tells whether the next byte is code, or text of a string or heredoc. A string that
//! its line does not close ends there, with everything that was opened in it, so that the damage of a
//! forgotten quote is one line.

use super::token::{Kind, Token};
use crate::diag::{Diagnostic, FileId, Span};

#[derive(Debug, Clone, Copy)]
enum Mode<'a> {
    /// Code, with the number of braces open in it; `sequence` is where the `${` around it starts.
    Code { braces: u32, sequence: Option<u32> },
    /// Text in quotes, opened at `start`.
    Quoted { start: u32 },
    /// Text of a heredoc, up to its marker.
    Heredoc { start: u32, marker: &'a str },
    /// Text that the end of the source closes.
    Bare,
}

/// The state of the lexer.
pub struct Lexer<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    file: FileId,
    base: u32,
    modes: Vec<Mode<'a>>,
    tokens: Vec<Token>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// Cuts `source` into tokens, the last of which is `Kind::End`; with `bare` it is the text of a template.
/// Offsets in the tokens count from the start of `source`, spans in the messages from `base` on.
pub fn lex(file: FileId, source: &str, base: u32, bare: bool, diagnostics: &mut Vec<Diagnostic>) -> Vec<Token> {
    let first = if bare { Mode::Bare } else { Mode::Code { braces: 0, sequence: None } };
    let at = if source.starts_with('\u{feff}') { 3 } else { 0 };
    let tokens = Vec::with_capacity(source.len() / 4);
    let mut lexer = Lexer { source, bytes: source.as_bytes(), at, file, base, modes: vec![first], tokens, diagnostics };
    while lexer.at < lexer.bytes.len() {
        match lexer.mode() {
            Mode::Code { .. } => lexer.code(),
            Mode::Quoted { .. } => lexer.quoted(),
            Mode::Heredoc { marker, .. } => lexer.heredoc(marker),
            Mode::Bare => lexer.text_line(),
        }
    }
    lexer.close_all();
    lexer.tokens
}

impl<'a> Lexer<'a> {
    fn mode(&self) -> Mode<'a> {
        self.modes.last().copied().unwrap_or(Mode::Bare)
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token { kind, start: start as u32, end: self.at as u32 });
    }

    /// Takes `length` bytes as a token.
    fn take(&mut self, kind: Kind, length: usize) {
        let start = self.at;
        self.at += length;
        self.push(kind, start);
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: self.base + start as u32, end: self.base + end as u32 }
    }

    fn error(&mut self, code: &'static str, detail: impl Into<String>, start: usize, end: usize, help: &str) {
        let summary = crate::diag::codes::find(code).map_or(code, |(_, summary, _)| *summary);
        let diagnostic = Diagnostic::error(code, summary, detail).at(self.span(start, end));
        self.diagnostics.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }

    fn code(&mut self) {
        let byte = self.peek(0);
        match byte {
            b' ' | b'\t' => self.at += 1,
            b'\n' => self.take(Kind::Newline, 1),
            b'\r' if self.peek(1) == b'\n' => self.take(Kind::Newline, 2),
            b'\r' => self.at += 1,
            b'#' => self.line_comment(),
            b'/' if self.peek(1) == b'/' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'0'..=b'9' => self.number(),
            b'"' => {
                self.modes.push(Mode::Quoted { start: self.at as u32 });
                self.take(Kind::OpenQuote, 1);
            }
            b'<' if self.peek(1) == b'<' && self.open_heredoc() => {}
            b'{' | b'}' | b'~' => self.brace(byte),
            _ => match self.operator() {
                Some((kind, length)) => self.take(kind, length),
                None => self.word(),
            },
        }
    }

    fn operator(&self) -> Option<(Kind, usize)> {
        Some(match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'.', b'.', b'.') => (Kind::Ellipsis, 3),
            (b'&', b'&', _) => (Kind::And, 2),
            (b'|', b'|', _) => (Kind::Or, 2),
            (b'=', b'=', _) => (Kind::Equal, 2),
            (b'=', b'>', _) => (Kind::Arrow, 2),
            (b'!', b'=', _) => (Kind::NotEqual, 2),
            (b'<', b'=', _) => (Kind::LessOrEqual, 2),
            (b'>', b'=', _) => (Kind::GreaterOrEqual, 2),
            (b':', b':', _) => (Kind::DoubleColon, 2),
            (b'[', ..) => (Kind::OpenBracket, 1),
            (b']', ..) => (Kind::CloseBracket, 1),
            (b'(', ..) => (Kind::OpenParen, 1),
            (b')', ..) => (Kind::CloseParen, 1),
            (b'.', ..) => (Kind::Dot, 1),
            (b',', ..) => (Kind::Comma, 1),
            (b':', ..) => (Kind::Colon, 1),
            (b'?', ..) => (Kind::Question, 1),
            (b'=', ..) => (Kind::Assign, 1),
            (b'<', ..) => (Kind::Less, 1),
            (b'>', ..) => (Kind::Greater, 1),
            (b'+', ..) => (Kind::Plus, 1),
            (b'-', ..) => (Kind::Minus, 1),
            (b'*', ..) => (Kind::Star, 1),
            (b'/', ..) => (Kind::Slash, 1),
            (b'%', ..) => (Kind::Percent, 1),
            (b'!', ..) => (Kind::Bang, 1),
            _ => return None,
        })
    }

    /// Counts braces, so that the one that closes an interpolation is known.
    fn brace(&mut self, byte: u8) {
        let trimmed = self.peek(1) == b'}';
        let Some(Mode::Code { braces, sequence }) = self.modes.last_mut() else { return };
        match byte {
            b'{' => {
                *braces += 1;
                self.take(Kind::OpenBrace, 1);
            }
            b'}' if *braces == 0 && sequence.is_some() => {
                self.modes.pop();
                self.take(Kind::CloseSequence, 1);
            }
            b'}' => {
                *braces = braces.saturating_sub(1);
                self.take(Kind::CloseBrace, 1);
            }
            _ if trimmed && *braces == 0 && sequence.is_some() => {
                self.modes.pop();
                self.take(Kind::CloseSequence, 2);
            }
            _ => self.invalid(),
        }
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.at = self.source[start..].find('\n').map_or(self.bytes.len(), |length| start + length + 1);
        self.push(Kind::LineComment, start);
    }

    fn block_comment(&mut self) {
        let start = self.at;
        match self.source[start + 2..].find("*/") {
            Some(length) => self.at = start + 2 + length + 2,
            None => {
                self.at = self.bytes.len();
                self.error("CS0120", "This comment is never closed.", start, start + 2, "Close it with */.");
            }
        }
        self.push(Kind::Comment, start);
    }

    /// Digits, points and exponents; whether they make one number is for the parser to say.
    fn number(&mut self) {
        let start = self.at;
        let mut end = start;
        let mut at = start;
        while let Some(byte) = self.bytes.get(at) {
            let next = |ahead: usize| self.bytes.get(at + ahead).copied().unwrap_or(0);
            match byte {
                b'0'..=b'9' => {
                    at += 1;
                    end = at;
                }
                b'.' => at += 1,
                b'e' | b'E' if next(1).is_ascii_digit() => at += 1,
                b'e' | b'E' if matches!(next(1), b'+' | b'-') && next(2).is_ascii_digit() => at += 2,
                _ => break,
            }
        }
        self.at = end;
        self.push(Kind::Number, start);
    }

    fn word(&mut self) {
        let start = self.at;
        let mut characters = self.source[start..].char_indices();
        let first = characters.next().map_or('\0', |(_, character)| character);
        if !(unicode_ident::is_xid_start(first) || first == '_') {
            return self.invalid();
        }
        let length = characters
            .find(|(_, character)| !(unicode_ident::is_xid_continue(*character) || *character == '-'))
            .map_or(self.bytes.len() - start, |(length, _)| length);
        self.take(Kind::Ident, length);
    }

    /// Complains about a character once, and goes on with what was probably meant.
    fn invalid(&mut self) {
        let start = self.at;
        let character = self.source[start..].chars().next().unwrap_or('\0');
        let end = start + character.len_utf8();
        let (kind, help) = match character {
            '\'' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' | '`' => return self.wrong_quotes(character),
            ';' => (Kind::Newline, "End the argument with a line break; semicolons are not used."),
            '&' => (Kind::And, "Write && for a logical and; there are no operators on bits."),
            '|' => (Kind::Or, "Write || for a logical or; there are no operators on bits."),
            '$' if self.peek(1) == b'{' => (Kind::Invalid, "An interpolation stands in a string: \"${ ... }\"."),
            '^' => (Kind::Invalid, "There are no operators on bits; for a power, use pow(base, exponent)."),
            _ => (Kind::Invalid, ""),
        };
        self.at = end;
        self.push(kind, start);
        self.error("CS0101", format!("{character:?} is not used in the language."), start, end, help);
    }

    /// Reads `'text'` as the string that was meant.
    fn wrong_quotes(&mut self, open: char) {
        let start = self.at;
        let close = match open {
            '\u{2018}' => '\u{2019}',
            '\u{201c}' => '\u{201d}',
            other => other,
        };
        let inside = start + open.len_utf8();
        let line = self.source[inside..].lines().next().unwrap_or_default();
        let detail = format!("{open} does not start a string.");
        let help = "Write strings in straight double quotes: \"text\".";
        let Some(length) = line.find(close) else {
            self.at = inside;
            self.push(Kind::Invalid, start);
            return self.error("CS0101", detail, start, inside, help);
        };
        let (end, behind) = (inside + length, inside + length + close.len_utf8());
        self.at = inside;
        self.push(Kind::OpenQuote, start);
        self.at = end;
        self.push(Kind::QuotedText, inside);
        self.at = behind;
        self.push(Kind::CloseQuote, end);
        self.error("CS0101", detail, start, behind, help);
    }

    fn open_heredoc(&mut self) -> bool {
        let start = self.at;
        let mut at = start + 2;
        if self.bytes.get(at) == Some(&b'-') {
            at += 1;
        }
        let rest = &self.source[at..];
        let Some(line_end) = rest.find('\n') else { return false };
        let marker = rest[..line_end].strip_suffix('\r').unwrap_or(&rest[..line_end]);
        let mut characters = marker.chars();
        let word = characters.next().is_some_and(|first| unicode_ident::is_xid_start(first) || first == '_')
            && characters.all(|next| unicode_ident::is_xid_continue(next) || next == '-');
        if !word {
            return false;
        }
        self.modes.push(Mode::Heredoc { start: start as u32, marker });
        self.take(Kind::OpenHeredoc, at - start + line_end + 1);
        true
    }

    fn quoted(&mut self) {
        let start = self.at;
        loop {
            match self.peek(0) {
                b'"' => {
                    self.quoted_text(start);
                    self.take(Kind::CloseQuote, 1);
                    self.modes.pop();
                    return;
                }
                b'\\' if !matches!(self.peek(1), b'\n' | b'\r') => self.at += 2,
                b'\n' => break,
                b'\r' if self.peek(1) == b'\n' => break,
                b'$' | b'%' => {
                    if self.sequence(start, Kind::QuotedText) {
                        return;
                    }
                }
                0 if self.at >= self.bytes.len() => break,
                _ => self.at += 1,
            }
        }
        self.at = self.source.floor_char_boundary(self.at);
        self.quoted_text(start);
        self.unterminated();
    }

    fn quoted_text(&mut self, start: usize) {
        self.at = self.source.floor_char_boundary(self.at);
        if start < self.at {
            self.push(Kind::QuotedText, start);
        }
    }

    /// Ends the string at the end of its line, and with it every string and interpolation around it that
    /// was opened in the same line: the quote at hand may well be the one that was to close them.
    fn unterminated(&mut self) {
        let line_start = self.source[..self.at].rfind('\n').map_or(0, |newline| newline + 1) as u32;
        let mut first = None;
        let mut open_sequence = None;
        while let Some(mode) = self.modes.last().copied() {
            match mode {
                Mode::Quoted { start } if start >= line_start || first.is_none() => {
                    first = Some(start);
                    self.push(Kind::CloseQuote, self.at);
                }
                Mode::Code { sequence: Some(start), .. } if start >= line_start => {
                    open_sequence = Some(start);
                    self.push(Kind::CloseSequence, self.at);
                }
                _ => break,
            }
            self.modes.pop();
        }
        let start = first.unwrap_or(line_start) as usize;
        match open_sequence {
            Some(sequence) if sequence as usize > start => {
                let sequence = sequence as usize;
                let detail = "This interpolation is not closed before its string ends.";
                self.error("CS0122", detail, sequence, sequence + 2, "Close it with }, or write $${ for the text ${.");
            }
            _ => {
                let help = "Close it with a double quote. For several lines use \\n, or a heredoc: <<-EOT";
                self.error("CS0102", "This string is not closed on its line.", start, self.at, help);
            }
        }
    }

    /// Handles `$` and `%`; answers whether an interpolation or directive starts here. Of a run of several
    /// signs the last two stand for one of them as text.
    fn sequence(&mut self, start: usize, text: Kind) -> bool {
        let sign = self.peek(0);
        let run = self.bytes[self.at..].iter().take_while(|byte| **byte == sign).count();
        if self.peek(run) != b'{' {
            self.at += run;
            return false;
        }
        if run > 1 {
            self.at += run + 1;
            return false;
        }
        if start < self.at {
            self.push(text, start);
        }
        let kind = if sign == b'$' { Kind::OpenInterpolation } else { Kind::OpenDirective };
        self.modes.push(Mode::Code { braces: 0, sequence: Some(self.at as u32) });
        let length = if self.peek(2) == b'~' { 3 } else { 2 };
        self.take(kind, length);
        true
    }

    fn heredoc(&mut self, marker: &str) {
        let start = self.at;
        if start == 0 || self.bytes[start - 1] == b'\n' {
            let line = self.source[start..].split('\n').next().unwrap_or_default();
            if line.trim_matches([' ', '\t', '\r']) == marker {
                self.modes.pop();
                let length = line.trim_end_matches([' ', '\t', '\r']).len();
                self.take(Kind::CloseHeredoc, length);
                return;
            }
        }
        self.text_line();
    }

    /// Takes text up to the end of the line or the next interpolation.
    fn text_line(&mut self) {
        let start = self.at;
        loop {
            match self.peek(0) {
                b'\n' => {
                    self.at += 1;
                    break;
                }
                b'$' | b'%' => {
                    if self.sequence(start, Kind::HeredocText) {
                        return;
                    }
                }
                0 if self.at >= self.bytes.len() => break,
                _ => self.at += 1,
            }
        }
        if start < self.at {
            self.push(Kind::HeredocText, start);
        }
    }

    /// Ends the token list, and complains about what is still open.
    fn close_all(&mut self) {
        self.at = self.bytes.len();
        while let Some(mode) = self.modes.pop() {
            match mode {
                Mode::Quoted { start } => {
                    let start = start as usize;
                    self.push(Kind::CloseQuote, self.at);
                    self.error(
                        "CS0102",
                        "This string is never closed.",
                        start,
                        start + 1,
                        "Close it with a double quote.",
                    );
                }
                Mode::Heredoc { start, marker } => {
                    let start = start as usize;
                    let end = start + self.source[start..].find('\n').unwrap_or(2);
                    self.push(Kind::CloseHeredoc, self.at);
                    let help = format!("End it with a line that holds {marker} and nothing else.");
                    self.error("CS0119", format!("No line closes this heredoc with {marker}."), start, end, &help);
                }
                Mode::Code { sequence: Some(start), .. } => {
                    let start = start as usize;
                    self.push(Kind::CloseSequence, self.at);
                    self.error("CS0122", "This interpolation is never closed.", start, start + 2, "Close it with }.");
                }
                Mode::Code { .. } | Mode::Bare => {}
            }
        }
        self.push(Kind::End, self.at);
    }
}
