//! Bodies: arguments and blocks. After a mistake the parser goes on with the next item, so that one run
//! reports them all.

use std::collections::HashMap;
use std::sync::Arc;

use super::parser::{MAX_DEPTH, Open, Parsed, Parser, Reported};
use super::token::{Kind, Token};
use crate::diag::Span;
use crate::lang::ast::{Attribute, Block, Body, Label};

/// Why the reading of a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// At its closing brace, or the end of the text.
    Closed,
    /// At a line that belongs to a body further out.
    Outdented,
}

impl Parser<'_> {
    /// The whole text as a body.
    pub fn file(&mut self) -> Body {
        let start = self.tokens[0];
        let (mut attributes, mut blocks) = (Vec::new(), Vec::new());
        loop {
            self.items(None, &mut attributes, &mut blocks);
            let token = self.peek();
            if token.kind == Kind::End {
                let span = Span { end: self.base + token.end, ..self.span(start) };
                return Body { attributes, blocks, span };
            }
            let span = self.span(token);
            let detail = format!("This is {} without an opening one.", token.kind.describe());
            self.report("CS0121", detail, span, "Remove it, or find the line above that closes a block too early.");
            self.next();
        }
    }

    /// Items up to the brace that closes `open`, which stays.
    fn items(&mut self, open: Option<Open>, attributes: &mut Vec<Attribute>, blocks: &mut Vec<Block>) -> Stop {
        let mut seen: HashMap<Arc<str>, Span> = HashMap::new();
        for attribute in attributes.iter() {
            seen.insert(attribute.name.clone(), attribute.name_span);
        }
        loop {
            self.newlines = true;
            match self.kind() {
                Kind::Newline => {
                    self.next();
                }
                Kind::End => return Stop::Closed,
                Kind::CloseBrace => return Stop::Closed,
                _ if open.is_some() && self.outdent && self.at_top_level_line() => return Stop::Outdented,
                _ => {
                    let (at, depth) = (self.at, self.depth);
                    let item = self.item(&mut seen, attributes, blocks);
                    if item.and_then(|()| self.end_of_line(at)).is_err() {
                        self.depth = depth;
                        if self.gave_up && depth + 1 >= MAX_DEPTH {
                            // Blocks this deep: every line of what follows would be told the same.
                            self.abandoned = true;
                            self.at = self.tokens.len() - 1;
                            return Stop::Closed;
                        }
                        self.recover(at);
                    }
                }
            }
        }
    }

    fn item(
        &mut self,
        seen: &mut HashMap<Arc<str>, Span>,
        attributes: &mut Vec<Attribute>,
        blocks: &mut Vec<Block>,
    ) -> Parsed<()> {
        match self.kind() {
            Kind::Ident => {}
            Kind::OpenQuote => return self.quoted_name(),
            _ => {
                let help = "Write name = value, or kind \"label\" { ... }.";
                return self.unexpected("CS0105", "an argument or a block", help);
            }
        }
        let name = self.next();
        match self.kind() {
            Kind::Assign | Kind::Colon | Kind::Equal | Kind::Arrow => {
                let attribute = self.attribute(name)?;
                match seen.get(&attribute.name) {
                    Some(first) => {
                        let detail = format!("The argument {:?} is set twice in this body.", &*attribute.name);
                        let diagnostic = self.diagnostic("CS0108", detail, attribute.name_span);
                        self.diagnostics.push(diagnostic.related(*first, "set here first"));
                    }
                    None => {
                        seen.insert(attribute.name.clone(), attribute.name_span);
                        attributes.push(attribute);
                    }
                }
                Ok(())
            }
            Kind::OpenBrace | Kind::OpenQuote | Kind::Ident => {
                let block = self.deeper(|parser| parser.block(name))?;
                blocks.push(block);
                Ok(())
            }
            Kind::Invalid => Err(Reported),
            Kind::Newline | Kind::End | Kind::CloseBrace => {
                let word = self.text(name).to_string();
                let span = self.span(name);
                let help = format!("Write {word} = value for an argument, or {word} {{ ... }} for a block.");
                self.fail("CS0105", format!("{word:?} stands here without a value or a body."), span, &help)
            }
            _ => {
                let help = "Arguments are written name = value.";
                self.unexpected("CS0106", "an equals sign, or the braces of a block", help)
            }
        }
    }

    /// `"name" = value`, as JSON has it: reported, and passed over as a whole.
    fn quoted_name(&mut self) -> Parsed<()> {
        let open = self.next();
        let mut end = open;
        while !matches!(end.kind, Kind::CloseQuote | Kind::End) {
            end = self.next();
        }
        let span = self.span(open).to(self.span(end));
        self.report(
            "CS0106",
            "The name of an argument or block is written without quotes.",
            span,
            "Remove the quotes.",
        );
        if matches!(self.kind(), Kind::Assign | Kind::Colon) {
            self.next();
            self.expression()?;
            self.accept(Kind::Comma);
            return Ok(());
        }
        Err(Reported)
    }

    fn attribute(&mut self, name: Token) -> Parsed<Attribute> {
        let operator = self.next();
        if operator.kind != Kind::Assign {
            let span = self.span(operator);
            let detail = format!("{:?} does not set an argument.", self.text(operator));
            self.report("CS0106", detail, span, "Use an equals sign: name = value.");
        }
        let expr = self.expression()?;
        if self.kind() == Kind::Comma {
            let comma = self.next();
            let span = self.span(comma);
            self.report(
                "CS0107",
                "No comma stands between arguments of a body.",
                span,
                "Remove the comma; each argument ends its line.",
            );
        }
        Ok(Attribute { name: Arc::from(self.text(name)), name_span: self.span(name), expr })
    }

    fn block(&mut self, kind: Token) -> Parsed<Block> {
        let mut labels = Vec::new();
        let mut header_span = self.span(kind);
        loop {
            match self.kind() {
                Kind::Ident => {
                    let token = self.next();
                    labels.push(Label { text: Arc::from(self.text(token)), span: self.span(token) });
                }
                Kind::OpenQuote => {
                    let label = self.label()?;
                    labels.push(label);
                }
                Kind::OpenBrace => break,
                Kind::Assign => {
                    let help = "An argument is written name = value, with one bare name.";
                    return self.unexpected("CS0106", "the braces of a block", help);
                }
                // The brace stands on the next line: said, and read as it is meant.
                Kind::Newline if self.kind_after() == Kind::OpenBrace => {
                    let help = "The opening brace of a block stands on the line of its name.";
                    let _: Parsed<()> = self.unexpected("CS0105", "the opening brace of the block", help);
                    self.next();
                    break;
                }
                // `name "value"`, where there can be no block without a brace.
                Kind::Newline if labels.len() == 1 && self.depth > 0 => {
                    let help = format!("An argument takes an equals sign: {} = ...", self.text(kind));
                    return self.unexpected("CS0105", "an equals sign, or the opening brace of a block", &help);
                }
                _ => {
                    let help = "A block is written kind \"label\" { ... }, the opening brace on the same line.";
                    return self.unexpected("CS0105", "the opening brace of the block", help);
                }
            }
            header_span = header_span.to(self.last_span());
        }
        let open = Open { token: self.next(), close: Kind::CloseBrace };
        let body = if self.kind() == Kind::Newline { self.block_body(open)? } else { self.line_body(open)? };
        Ok(Block { kind: Arc::from(self.text(kind)), kind_span: self.span(kind), labels, body, header_span })
    }

    fn label(&mut self) -> Parsed<Label> {
        let start = self.peek();
        let expr = self.quoted()?;
        match &*expr.node {
            crate::lang::ast::Node::String(text) => Ok(Label { text: text.clone(), span: expr.span }),
            _ => {
                let span = self.span(start).to(expr.span);
                self.fail(
                    "CS0116",
                    "A label cannot hold an interpolation.",
                    span,
                    "Write a plain string; for many similar resources use for_each.",
                )
            }
        }
    }

    fn block_body(&mut self, open: Open) -> Parsed<Body> {
        let (mut attributes, mut blocks) = (Vec::new(), Vec::new());
        let stop = self.items(Some(open), &mut attributes, &mut blocks);
        let start = self.base + open.token.end;
        let closing = self.peek();
        let span = Span { file: self.file, start, end: self.base + closing.start };
        if self.abandoned {
            return Ok(Body { attributes, blocks, span });
        }
        if stop == Stop::Outdented || closing.kind == Kind::End {
            self.unclosed = true;
            let what = if stop == Stop::Outdented { "the next block begins" } else { "the text ends" };
            let detail = format!("This block is not closed before {what}.");
            let end = Span { end: self.base + closing.end, start: self.base + closing.start, file: self.file };
            let diagnostic = self
                .diagnostic("CS0103", detail, self.span(open.token))
                .related(end, "a closing brace is missing before this");
            self.diagnostics.push(diagnostic);
        } else {
            self.next();
        }
        Ok(Body { attributes, blocks, span })
    }

    /// `{ name = value }` on one line.
    fn line_body(&mut self, open: Open) -> Parsed<Body> {
        let mut attributes = Vec::new();
        if self.kind() == Kind::Ident {
            let name = self.next();
            match self.kind() {
                Kind::Assign | Kind::Colon => attributes.push(self.attribute(name)?),
                Kind::OpenBrace | Kind::OpenQuote | Kind::Ident => {
                    let span = self.span(name);
                    let help = "Put the inner block on lines of its own.";
                    return self.fail("CS0115", "A block on one line cannot hold another block.", span, help);
                }
                _ => return self.unexpected("CS0106", "an equals sign", "Arguments are written name = value."),
            }
        }
        let help = "Put each argument on a line of its own, and the closing brace as well.";
        match self.kind() {
            Kind::CloseBrace => {
                let close = self.next();
                let span = Span { file: self.file, start: self.base + open.token.end, end: self.base + close.start };
                Ok(Body { attributes, blocks: Vec::new(), span })
            }
            Kind::Newline if !attributes.is_empty() => {
                self.unexpected("CS0115", "the closing brace of the one-line block", help)
            }
            Kind::Ident => {
                let token = self.peek();
                let span = self.span(token);
                self.fail("CS0115", "A block on one line holds at most one argument.", span, help)
            }
            _ => self.unexpected("CS0105", "an argument or the closing brace", help),
        }
    }

    /// An item must be the last thing on its line.
    fn end_of_line(&mut self, item: usize) -> Parsed<()> {
        match self.kind() {
            Kind::Newline => {
                self.next();
                Ok(())
            }
            Kind::End | Kind::CloseBrace => Ok(()),
            _ if self.outdent && self.at_top_level_line() => Ok(()),
            Kind::Invalid => Err(Reported),
            found => {
                let token = self.peek();
                let help = match found {
                    Kind::Ident | Kind::OpenQuote => {
                        "Put it on a line of its own, or check for a missing operator or quote."
                    }
                    Kind::CloseBracket | Kind::CloseParen => "Remove it, or add the opening one.",
                    _ => "An expression goes on in the next line only inside brackets or parentheses.",
                };
                let help = self.word_between(token).unwrap_or(help);
                let first = self.span(self.tokens[item]);
                let detail = format!("Expected the end of the line, but found {}.", found.describe());
                let diagnostic = self
                    .diagnostic("CS0107", detail, self.span(token))
                    .related(first, "the item that starts here is complete");
                self.diagnostics.push(diagnostic.help(help));
                Err(Reported)
            }
        }
    }

    /// What to write for a word that joins expressions in other languages.
    fn word_between(&self, token: Token) -> Option<&'static str> {
        let text = |token: &Token| self.source.get(token.start as usize..token.end as usize);
        if self.at.checked_sub(1).and_then(|before| text(&self.tokens[before])) == Some("not") {
            return Some("Write `!` before a condition.");
        }
        match text(&token)? {
            "and" => Some("Write `&&` for `and`."),
            "or" => Some("Write `||` for `or`."),
            "if" | "else" => Some("Write CONDITION ? VALUE : OTHERWISE."),
            "is" => Some("Write `==`, or `!=` for `is not`."),
            "in" => Some("Write contains(LIST, VALUE)."),
            _ => None,
        }
    }

    /// Whether the next token starts its line in the first column with what looks like a block header.
    fn at_top_level_line(&mut self) -> bool {
        let token = self.peek();
        let first = token.start == 0 || self.source.as_bytes()[token.start as usize - 1] == b'\n';
        first && token.kind == Kind::Ident && matches!(self.kind_after(), Kind::OpenQuote | Kind::OpenBrace)
    }

    /// Finds the item after the one at `start` that could not be parsed: the end of its line outside of any
    /// bracket that it opens, or a line that looks like a new item and is indented no deeper.
    fn recover(&mut self, start: usize) {
        self.gave_up = false;
        let failed = self.at.max(start + 1);
        let indent = self.indent(self.tokens[start]);
        let mut depth = 0i32;
        self.newlines = true;
        let mut at = start;
        while at < self.tokens.len() {
            let kind = self.tokens[at].kind;
            match kind {
                Kind::End => break,
                Kind::OpenBrace
                | Kind::OpenBracket
                | Kind::OpenParen
                | Kind::OpenInterpolation
                | Kind::OpenDirective
                | Kind::OpenHeredoc
                | Kind::OpenQuote => depth += 1,
                Kind::CloseBrace if depth == 0 && at >= failed => break,
                Kind::CloseBrace
                | Kind::CloseBracket
                | Kind::CloseParen
                | Kind::CloseSequence
                | Kind::CloseHeredoc
                | Kind::CloseQuote => depth = (depth - 1).max(0),
                Kind::Newline | Kind::LineComment
                    if at + 1 >= failed && (depth == 0 || self.starts_item(at + 1, indent)) =>
                {
                    at += 1;
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        self.at = at.min(self.tokens.len() - 1);
    }

    /// Whether the line at token `at` looks like an item that is indented at most by `indent`.
    fn starts_item(&self, at: usize, indent: usize) -> bool {
        let token = self.tokens[at];
        if self.indent(token) > indent {
            return false;
        }
        match token.kind {
            Kind::Ident => {
                matches!(self.tokens[at + 1].kind, Kind::Assign | Kind::OpenBrace | Kind::OpenQuote | Kind::Ident)
            }
            Kind::CloseBrace => self.indent(token) < indent,
            _ => false,
        }
    }

    /// The number of blanks before a token that is the first of its line.
    fn indent(&self, token: Token) -> usize {
        let before = &self.source[..token.start as usize];
        before.len() - before.rfind('\n').map_or(0, |newline| newline + 1)
    }
}
