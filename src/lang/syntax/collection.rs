//! Collections in brackets and braces, and the `for` expressions that look like them.

use std::sync::Arc;

use super::parser::{Open, Parsed, Parser, Reported};
use super::token::Kind;
use crate::lang::ast::{Expr, For, Key, Node};

impl Parser<'_> {
    /// `[a, b]` or `[for ...]`
    pub fn tuple(&mut self) -> Parsed<Expr> {
        let open = Open { token: self.next(), close: Kind::CloseBracket };
        self.with_newlines(false, |parser| {
            if parser.at_word("for") {
                return parser.for_expression(open);
            }
            let (mut items, mut below) = (Vec::new(), 0);
            while parser.kind() != Kind::CloseBracket {
                items.push(parser.expression()?);
                below = below.max(parser.height);
                if parser.accept(Kind::Comma).is_none() {
                    break;
                }
            }
            let close = parser.close(open, "CS0118", "a comma or the closing bracket")?;
            let span = parser.span(open.token).to(parser.span(close));
            parser.expr(Node::Tuple(items), span, below)
        })
    }

    /// `{ k = v }` or `{for ...}`
    pub fn object(&mut self) -> Parsed<Expr> {
        let open = Open { token: self.next(), close: Kind::CloseBrace };
        if self.with_newlines(false, |parser| parser.at_word("for")) {
            return self.with_newlines(false, |parser| parser.for_expression(open));
        }
        self.with_newlines(true, |parser| {
            let (mut items, mut below, mut failed) = (Vec::new(), 0, false);
            loop {
                while parser.accept(Kind::Newline).is_some() {}
                if parser.kind() == Kind::CloseBrace {
                    break;
                }
                let at = parser.at;
                match parser.object_item(open) {
                    Ok(item) => items.push(item),
                    Err(Reported) => {
                        failed = true;
                        if !parser.skip_item(at) {
                            return Err(Reported);
                        }
                        continue;
                    }
                }
                below = below.max(parser.height);
                if !matches!(parser.kind(), Kind::Comma | Kind::Newline) {
                    break;
                }
                parser.next();
            }
            let close = parser.close(open, "CS0118", "a comma, a line break or the closing brace")?;
            if failed {
                return Err(Reported);
            }
            let span = parser.span(open.token).to(parser.span(close));
            parser.expr(Node::Object(items), span, below)
        })
    }

    fn object_item(&mut self, open: Open) -> Parsed<(Key, Expr)> {
        let key = self.key()?;
        let below = self.height;
        match self.kind() {
            Kind::Assign | Kind::Colon => {
                self.next();
            }
            Kind::Arrow => {
                let help = "The arrow => is for { for ... }; here use an equals sign.";
                return self.unexpected("CS0114", "an equals sign", help);
            }
            Kind::End => {
                self.close(open, "CS0114", "a closing brace")?;
            }
            _ => {
                return self.unexpected(
                    "CS0114",
                    "an equals sign and the value of the attribute",
                    "Write key = value.",
                );
            }
        }
        let value = self.expression()?;
        self.height = self.height.max(below);
        Ok((key, value))
    }

    fn key(&mut self) -> Parsed<Key> {
        let start = self.peek();
        let expr = self.expression()?;
        if start.kind != Kind::Ident {
            return Ok(Key::Expr(expr));
        }
        match &*expr.node {
            Node::Name(_) | Node::Null | Node::Bool(_) => Ok(Key::Name(Arc::from(self.text(start)), expr.span)),
            // `aws.west = aws.east` names providers; where the object is evaluated, such a key is refused.
            _ => Ok(Key::Expr(expr)),
        }
    }

    /// After a mistake in an item, finds the next line outside of what the item opened. Answers whether
    /// there is one that still belongs to the object.
    fn skip_item(&mut self, start: usize) -> bool {
        if self.gave_up {
            return false;
        }
        let failed = self.at;
        let (mut depth, mut at) = (0i32, start);
        while at < self.tokens.len() {
            match self.tokens[at].kind {
                Kind::End => return false,
                Kind::OpenBrace
                | Kind::OpenBracket
                | Kind::OpenParen
                | Kind::OpenInterpolation
                | Kind::OpenDirective
                | Kind::OpenHeredoc
                | Kind::OpenQuote => depth += 1,
                Kind::CloseBrace if depth == 0 => {
                    self.at = at;
                    return at >= failed;
                }
                Kind::CloseBrace
                | Kind::CloseBracket
                | Kind::CloseParen
                | Kind::CloseSequence
                | Kind::CloseHeredoc
                | Kind::CloseQuote => depth -= 1,
                Kind::Newline | Kind::LineComment | Kind::Comma if depth == 0 && at >= failed => {
                    self.at = at + 1;
                    return true;
                }
                _ => {}
            }
            if depth < 0 || self.unclosed {
                return false;
            }
            at += 1;
        }
        false
    }

    /// Behind the opening bracket, at the word `for`.
    fn for_expression(&mut self, open: Open) -> Parsed<Expr> {
        let object = open.close == Kind::CloseBrace;
        let (key, value, collection) = self.for_head()?;
        let mut below = self.height;
        if self.accept(Kind::Colon).is_none() {
            return self.for_error("a colon behind the collection");
        }
        let mut result_key = None;
        let mut result = self.expression()?;
        below = below.max(self.height);
        if let Some(arrow) = self.accept(Kind::Arrow) {
            if !object {
                let span = self.span(arrow);
                return self.fail(
                    "CS0112",
                    "A for expression in brackets has no keys.",
                    span,
                    "Use braces: {for ... : key => value}.",
                );
            }
            result_key = Some(std::mem::replace(&mut result, self.expression()?));
            below = below.max(self.height);
        } else if object {
            return self.for_error("an arrow => and the value, since a for expression in braces has keys");
        }
        let mut group = false;
        if let Some(ellipsis) = self.accept(Kind::Ellipsis) {
            group = true;
            if !object {
                let span = self.span(ellipsis);
                return self.fail("CS0112", "Only a for expression in braces can group.", span, "Remove the ...");
            }
        }
        let mut condition = None;
        if self.at_word("if") {
            self.next();
            condition = Some(self.expression()?);
            below = below.max(self.height);
        }
        let close = self.close(open, "CS0112", if object { "the closing brace" } else { "the closing bracket" })?;
        let span = self.span(open.token).to(self.span(close));
        let node = For { key, value, collection, result_key, result, group, condition };
        self.expr(Node::For(Box::new(node)), span, below)
    }

    /// `for k, v in collection`
    #[allow(clippy::type_complexity)]
    pub fn for_head(&mut self) -> Parsed<(Option<Arc<str>>, Arc<str>, Expr)> {
        self.next();
        let mut value = self.for_name()?;
        let mut key = None;
        if self.accept(Kind::Comma).is_some() {
            key = Some(std::mem::replace(&mut value, self.for_name()?));
        }
        if !self.at_word("in") {
            return self.for_error("the word in and a collection");
        }
        self.next();
        let collection = self.expression()?;
        Ok((key, value, collection))
    }

    fn for_name(&mut self) -> Parsed<Arc<str>> {
        match self.accept(Kind::Ident) {
            Some(token) => Ok(Arc::from(self.text(token))),
            None => self.for_error("the name of a variable"),
        }
    }

    fn for_error<T>(&mut self, expected: &str) -> Parsed<T> {
        let help =
            "Write [for x in xs : value] or {for k, v in xs : key => value}; a key named for is written in quotes.";
        self.unexpected("CS0112", expected, help)
    }
}
