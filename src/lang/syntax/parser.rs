//! The cursor over the tokens that the parts of the parser share: lookahead, expectation, errors, depth.

use std::sync::Arc;

use super::Places;
use super::token::{Kind, Token};
use crate::diag::{Diagnostic, FileId, Span, codes};
use crate::lang::ast::{Expr, Node};

/// How deep expressions and blocks may be nested.
pub const MAX_DEPTH: u32 = 1000;

/// A mistake that has been reported already; whoever can go on elsewhere catches it.
#[derive(Debug)]
pub struct Reported;

/// What a part of the parser answers.
pub type Parsed<T> = Result<T, Reported>;

/// A bracket that is still open.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    /// The opening token.
    pub token: Token,
    /// What closes it.
    pub close: Kind,
}

/// The state of the parser.
pub struct Parser<'a> {
    /// The text that the tokens point into.
    pub source: &'a str,
    /// The file of the spans.
    pub file: FileId,
    /// Where the text starts in that file.
    pub base: u32,
    /// Where the text is in its file, when it was decoded from something else.
    pub places: Option<&'a Places>,
    /// All tokens, the end included.
    pub tokens: Vec<Token>,
    /// The next token.
    pub at: usize,
    /// Whether line breaks are tokens or blanks here.
    pub newlines: bool,
    /// Whether a line that looks like the start of a top-level block ends every open one.
    pub outdent: bool,
    /// The depth of the recursion.
    pub depth: u32,
    /// The height of the expression that was parsed last.
    pub height: u32,
    /// Whether something is left unclosed.
    pub unclosed: bool,
    /// Whether the item at hand is given up for its depth, so that nothing inside of it looks for a way on.
    pub gave_up: bool,
    /// Whether the rest of the text is given up for the depth of its blocks.
    pub abandoned: bool,
    /// The mistakes so far.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    /// A parser at the first token.
    pub fn new(file: FileId, source: &'a str, base: u32, tokens: Vec<Token>) -> Self {
        Self {
            source,
            file,
            base,
            places: None,
            tokens,
            at: 0,
            newlines: true,
            outdent: false,
            depth: 0,
            height: 0,
            unclosed: false,
            gave_up: false,
            abandoned: false,
            diagnostics: Vec::new(),
        }
    }

    /// Passes over what is blank here.
    fn skip(&mut self) {
        loop {
            match self.tokens[self.at].kind {
                Kind::Comment => self.at += 1,
                Kind::Newline | Kind::LineComment if !self.newlines => self.at += 1,
                _ => return,
            }
        }
    }

    /// The next token.
    pub fn peek(&mut self) -> Token {
        self.skip();
        self.tokens[self.at]
    }

    /// The kind of the next token; a comment that ends a line counts as its line break.
    pub fn kind(&mut self) -> Kind {
        match self.peek().kind {
            Kind::LineComment => Kind::Newline,
            kind => kind,
        }
    }

    /// The kind of the token behind the next.
    pub fn kind_after(&mut self) -> Kind {
        let at = self.at;
        self.next();
        let kind = self.kind();
        self.at = at;
        kind
    }

    /// Takes the next token; the end stays.
    pub fn next(&mut self) -> Token {
        let token = self.peek();
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    /// Takes the next token if it is of that kind.
    pub fn accept(&mut self, kind: Kind) -> Option<Token> {
        (self.kind() == kind).then(|| self.next())
    }

    /// The text of a token.
    pub fn text(&self, token: Token) -> &'a str {
        token.text(self.source)
    }

    /// Whether the next token is that word.
    pub fn at_word(&mut self, word: &str) -> bool {
        let token = self.peek();
        token.kind == Kind::Ident && self.text(token) == word
    }

    /// The place of a token.
    pub fn span(&self, token: Token) -> Span {
        let place = |at: u32| self.places.map_or(self.base + at, |places| places.of(at));
        Span { file: self.file, start: place(token.start), end: place(token.end) }
    }

    /// The place of the token that was taken last.
    pub fn last_span(&self) -> Span {
        self.span(self.tokens[self.at.saturating_sub(1)])
    }

    /// An error of `code` with the summary of the table.
    pub fn diagnostic(&self, code: &'static str, detail: impl Into<String>, span: Span) -> Diagnostic {
        let summary = codes::find(code).map_or(code, |(_, summary, _)| *summary);
        Diagnostic::error(code, summary, detail).at(span)
    }

    /// Reports an error and goes on.
    pub fn report(&mut self, code: &'static str, detail: impl Into<String>, span: Span, help: &str) {
        let diagnostic = self.diagnostic(code, detail, span);
        self.diagnostics.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }

    /// Reports an error and gives up on what is being parsed.
    pub fn fail<T>(&mut self, code: &'static str, detail: impl Into<String>, span: Span, help: &str) -> Parsed<T> {
        self.report(code, detail, span, help);
        Err(Reported)
    }

    /// Gives up at the next token, which does not belong here. An invalid one has been reported before.
    pub fn unexpected<T>(&mut self, code: &'static str, expected: &str, help: &str) -> Parsed<T> {
        let token = self.peek();
        if token.kind == Kind::Invalid {
            return Err(Reported);
        }
        let found = token.kind.describe();
        let detail = format!("Expected {expected}, but found {found}.");
        let span = self.visible(token);
        self.fail(code, detail, span, help)
    }

    /// A place to point at for a token, even when it is a line break or the end.
    fn visible(&self, token: Token) -> Span {
        let mut span = self.span(token);
        if matches!(token.kind, Kind::Newline | Kind::LineComment) {
            span.end = span.start;
        }
        span
    }

    /// Takes the token that closes `open`.
    pub fn close(&mut self, open: Open, code: &'static str, expected: &str) -> Parsed<Token> {
        if let Some(token) = self.accept(open.close) {
            return Ok(token);
        }
        let token = self.peek();
        match token.kind {
            Kind::Invalid => Err(Reported),
            Kind::End | Kind::CloseSequence | Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen => {
                self.unclosed = true;
                let opened = open.token.kind.describe();
                let detail = format!(
                    "This is {opened} that is not closed: expected {expected}, but found {}.",
                    token.kind.describe()
                );
                let diagnostic = self
                    .diagnostic("CS0103", detail, self.span(open.token))
                    .related(self.visible(token), format!("{expected} expected"));
                self.diagnostics.push(diagnostic);
                Err(Reported)
            }
            _ => {
                let detail = format!("Expected {expected}, but found {}.", token.kind.describe());
                let diagnostic =
                    self.diagnostic(code, detail, self.visible(token)).related(self.span(open.token), "opened here");
                self.diagnostics.push(diagnostic);
                Err(Reported)
            }
        }
    }

    /// Runs `parse` with line breaks as tokens or as blanks.
    pub fn with_newlines<T>(&mut self, newlines: bool, parse: impl FnOnce(&mut Self) -> T) -> T {
        let saved = std::mem::replace(&mut self.newlines, newlines);
        let result = parse(self);
        self.newlines = saved;
        result
    }

    /// Runs `parse` one level deeper, on more stack when that is needed.
    pub fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return self.too_deep();
        }
        self.depth += 1;
        let result = stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || parse(self));
        self.depth -= 1;
        result
    }

    fn too_deep<T>(&mut self) -> Parsed<T> {
        self.gave_up = true;
        let span = self.span(self.tokens[self.at]);
        let detail = format!("This is nested more than {MAX_DEPTH} levels deep.");
        self.fail("CS0113", detail, span, "Split the expression with locals.")
    }

    /// Makes an expression whose parts are at most `below` high.
    pub fn expr(&mut self, node: Node, span: Span, below: u32) -> Parsed<Expr> {
        self.height = below + 1;
        if self.height > MAX_DEPTH {
            // What was built comes apart part by part: a chain is as deep to drop as it is to walk.
            let result = self.too_deep();
            stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || drop(node));
            return result;
        }
        Ok(Expr { node: Arc::new(node), span })
    }
}
