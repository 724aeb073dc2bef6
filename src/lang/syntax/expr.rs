//! Expressions, by recursive descent with precedence climbing.

use std::sync::Arc;

use super::parser::{Open, Parsed, Parser, Reported};
use super::token::{Kind, Token};
use crate::diag::Span;
use crate::lang::ast::{BinaryOp, Expr, Node, UnaryOp};
use crate::value::Number;

/// The operator of a token, and how tightly it binds.
fn binary_op(kind: Kind) -> Option<(u8, BinaryOp)> {
    Some(match kind {
        Kind::Or => (1, BinaryOp::Or),
        Kind::And => (2, BinaryOp::And),
        Kind::Equal => (3, BinaryOp::Equal),
        Kind::NotEqual => (3, BinaryOp::NotEqual),
        Kind::Less => (4, BinaryOp::Less),
        Kind::LessOrEqual => (4, BinaryOp::LessOrEqual),
        Kind::Greater => (4, BinaryOp::Greater),
        Kind::GreaterOrEqual => (4, BinaryOp::GreaterOrEqual),
        Kind::Plus => (5, BinaryOp::Add),
        Kind::Minus => (5, BinaryOp::Subtract),
        Kind::Star => (6, BinaryOp::Multiply),
        Kind::Slash => (6, BinaryOp::Divide),
        Kind::Percent => (6, BinaryOp::Modulo),
        _ => return None,
    })
}

impl Parser<'_> {
    /// Any expression.
    pub fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(Self::conditional)
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let condition = self.binary(1)?;
        if self.accept(Kind::Question).is_none() {
            return Ok(condition);
        }
        let below = self.height;
        let yes = self.expression()?;
        let below = below.max(self.height);
        if self.accept(Kind::Colon).is_none() {
            let help = "A conditional is written condition ? value : other.";
            return self.unexpected("CS0104", "the colon of the conditional", help);
        }
        let no = self.expression()?;
        let below = below.max(self.height);
        let span = condition.span.to(no.span);
        self.expr(Node::Conditional(condition, yes, no), span, below)
    }

    /// Operators that bind at least as tightly as `level`; equal ones group from the left.
    fn binary(&mut self, level: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        let mut below = self.height;
        while let Some((binding, op)) = binary_op(self.kind()) {
            if binding < level {
                break;
            }
            let token = self.next();
            let right = self.deeper(|parser| parser.binary(binding + 1))?;
            below = below.max(self.height);
            let span = left.span.to(right.span);
            left = self.expr(Node::Binary(op, self.span(token), left, right), span, below)?;
            below = self.height;
        }
        self.height = below;
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let op = match self.kind() {
            Kind::Bang => UnaryOp::Not,
            Kind::Minus => UnaryOp::Negate,
            _ => return self.traversal(),
        };
        let token = self.next();
        let operand = self.deeper(Self::unary)?;
        let (span, below) = (self.span(token).to(operand.span), self.height);
        self.expr(Node::Unary(op, operand), span, below)
    }

    fn traversal(&mut self) -> Parsed<Expr> {
        let term = self.term()?;
        self.steps(term)
    }

    /// Steps behind `source`: `.name`, `.0`, `[key]`, `[*]`, `.*`.
    fn steps(&mut self, source: Expr) -> Parsed<Expr> {
        let mut expr = source;
        loop {
            match self.kind() {
                Kind::Dot => {
                    let dot = self.next();
                    match self.kind() {
                        Kind::Star => {
                            self.next();
                            expr = self.attr_splat(expr)?;
                        }
                        _ => expr = self.attr_step(expr, dot)?,
                    }
                }
                Kind::OpenBracket => {
                    let open = Open { token: self.next(), close: Kind::CloseBracket };
                    if self.with_newlines(false, Self::accept_splat) {
                        // A splat takes every step behind it.
                        return self.splat(expr);
                    }
                    expr = self.with_newlines(false, |parser| parser.index(expr, open))?;
                }
                _ => return Ok(expr),
            }
        }
    }

    /// `.name` or `.0`, behind the dot.
    fn attr_step(&mut self, source: Expr, dot: Token) -> Parsed<Expr> {
        let below = self.height;
        let token = self.peek();
        let span = source.span.to(self.span(token));
        match token.kind {
            Kind::Ident => {
                self.next();
                self.expr(Node::Attr(source, Arc::from(self.text(token))), span, below)
            }
            Kind::Number => {
                self.next();
                match self.text(token).parse::<u64>() {
                    Ok(index) => self.expr(Node::LegacyIndex(source, index), span, below),
                    Err(_) => {
                        let at = self.span(token);
                        let help = "Write each index in brackets: a[0][1].";
                        self.fail("CS0117", "Behind a dot stands one whole number at most.", at, help)
                    }
                }
            }
            _ => {
                let at = self.span(dot);
                if token.kind == Kind::Invalid {
                    return Err(Reported);
                }
                let detail = format!("Expected a name behind the dot, but found {}.", token.kind.describe());
                self.fail("CS0117", detail, at, "Write .name for an attribute, or [key] for an element.")
            }
        }
    }

    /// Takes `*]`, if that is what is behind the bracket.
    fn accept_splat(&mut self) -> bool {
        let splat = self.kind() == Kind::Star && self.kind_after() == Kind::CloseBracket;
        if splat {
            self.next();
            self.next();
        }
        splat
    }

    /// The steps behind `[*]`, other splats included, apply to each element.
    fn splat(&mut self, source: Expr) -> Parsed<Expr> {
        let below = self.height;
        let each = self.expr(Node::Each, self.last_span(), 0)?;
        let each = self.deeper(|parser| parser.steps(each))?;
        let below = below.max(self.height);
        let span = source.span.to(each.span);
        self.expr(Node::Splat(source, each), span, below)
    }

    /// `key]`
    fn index(&mut self, source: Expr, open: Open) -> Parsed<Expr> {
        let below = self.height;
        let key = self.expression()?;
        let below = below.max(self.height);
        let close = self.close(open, "CS0117", "a closing bracket")?;
        let span = source.span.to(self.span(close));
        self.expr(Node::Index(source, key), span, below)
    }

    /// Steps of names behind `.*`.
    fn attr_splat(&mut self, source: Expr) -> Parsed<Expr> {
        let below = self.height;
        let star = self.last_span();
        let mut each = self.expr(Node::Each, star, 0)?;
        while self.kind() == Kind::Dot {
            let dot = self.next();
            if self.kind() == Kind::Star {
                let span = self.last_span();
                let help = "Use the splat in brackets for nested collections: a[*].b[*].c.";
                return self.fail("CS0117", "A splat .* cannot stand inside another.", span, help);
            }
            each = self.attr_step(each, dot)?;
        }
        let below = below.max(self.height);
        let span = source.span.to(self.last_span());
        self.expr(Node::AttrSplat(source, each), span, below)
    }

    fn term(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        let span = self.span(token);
        match token.kind {
            Kind::Number => {
                self.next();
                match self.text(token).parse::<Number>() {
                    Ok(number) => self.expr(Node::Number(number), span, 0),
                    Err(()) => {
                        let text = self.text(token);
                        let detail = format!("{text:?} is not one number.");
                        let is_version = text.chars().all(|c| c.is_ascii_digit() || c == '.');
                        let help = match is_version {
                            true => format!("A version is a text, and needs quotes: {text:?}."),
                            false => "A number has at most one point: 1.5, 2e3.".to_owned(),
                        };
                        self.fail("CS0110", detail, span, &help)
                    }
                }
            }
            Kind::Ident => self.word(),
            Kind::OpenQuote => self.quoted(),
            Kind::OpenHeredoc => self.heredoc(),
            Kind::OpenParen => {
                let open = Open { token: self.next(), close: Kind::CloseParen };
                self.with_newlines(false, |parser| {
                    let inner = parser.expression()?;
                    let below = parser.height;
                    let close = parser.close(open, "CS0104", "a closing parenthesis")?;
                    parser.expr(Node::Parens(inner), span.to(parser.span(close)), below)
                })
            }
            Kind::OpenBracket => self.tuple(),
            Kind::OpenBrace => self.object(),
            Kind::End | Kind::Newline | Kind::LineComment => {
                let help = "Write a value: \"text\", 12, true, null, [ ... ], { ... } or a reference.";
                self.unexpected("CS0104", "a value", help)
            }
            _ => self.unexpected("CS0104", "the start of an expression", ""),
        }
    }

    /// A keyword, a name, or a function call.
    fn word(&mut self) -> Parsed<Expr> {
        let token = self.next();
        let mut span = self.span(token);
        if matches!(self.kind(), Kind::OpenParen | Kind::DoubleColon) {
            let mut name = self.text(token).to_string();
            while self.accept(Kind::DoubleColon).is_some() {
                let part = self.peek();
                if part.kind != Kind::Ident {
                    return self.unexpected("CS0104", "the name of a function", "");
                }
                self.next();
                name = format!("{name}::{}", self.text(part));
                span = span.to(self.span(part));
            }
            if self.kind() != Kind::OpenParen {
                return self.unexpected("CS0104", "the arguments of the function in parentheses", "");
            }
            return self.call(Arc::from(name), span);
        }
        let node = match self.text(token) {
            "null" => Node::Null,
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            name => Node::Name(Arc::from(name)),
        };
        self.expr(node, span, 0)
    }

    fn call(&mut self, name: Arc<str>, name_span: Span) -> Parsed<Expr> {
        let open = Open { token: self.next(), close: Kind::CloseParen };
        self.with_newlines(false, |parser| {
            let (mut args, mut expand, mut below) = (Vec::new(), false, 0);
            while parser.kind() != Kind::CloseParen && !expand {
                args.push(parser.expression()?);
                below = below.max(parser.height);
                expand = parser.accept(Kind::Ellipsis).is_some();
                if parser.accept(Kind::Comma).is_none() {
                    break;
                }
            }
            let close = parser.close(open, "CS0118", "a comma or the closing parenthesis")?;
            let span = name_span.to(parser.span(close));
            parser.expr(Node::Call { name, name_span, args, expand }, span, below)
        })
    }
}
