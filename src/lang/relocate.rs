//! Syntax that was written elsewhere, put to another place: what is wrong with it is told there.

use std::sync::Arc;

use super::ast::{Attribute, Block, Body, Expr, For, Key, Label, Node, Part};
use crate::diag::Span;

/// A block with everything in it at one place.
pub fn block(block: &Block, at: Span) -> Block {
    Block {
        kind: block.kind.clone(),
        kind_span: at,
        labels: block.labels.iter().map(|label| Label { text: label.text.clone(), span: at }).collect(),
        body: Body {
            attributes: block.body.attributes.iter().map(|one| attribute(one, at)).collect(),
            blocks: block.body.blocks.iter().map(|one| self::block(one, at)).collect(),
            span: at,
        },
        header_span: at,
    }
}

fn attribute(one: &Attribute, at: Span) -> Attribute {
    Attribute { name: one.name.clone(), name_span: at, expr: expr(&one.expr, at) }
}

/// An expression with all its parts at one place.
pub fn expr(one: &Expr, at: Span) -> Expr {
    let go = |part: &Expr| expr(part, at);
    let all = |parts: &[Expr]| parts.iter().map(go).collect::<Vec<_>>();
    let node = match &*one.node {
        plain @ (Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Name(_) | Node::Each) => {
            plain.clone()
        }
        Node::Template(parts) => Node::Template(template(parts, at)),
        Node::Attr(source, name) => Node::Attr(go(source), name.clone()),
        Node::Index(source, key) => Node::Index(go(source), go(key)),
        Node::LegacyIndex(source, index) => Node::LegacyIndex(go(source), *index),
        Node::Splat(source, each) => Node::Splat(go(source), go(each)),
        Node::AttrSplat(source, each) => Node::AttrSplat(go(source), go(each)),
        Node::Tuple(items) => Node::Tuple(all(items)),
        Node::Object(items) => Node::Object(items.iter().map(|(key, value)| (self::key(key, at), go(value))).collect()),
        Node::Call { name, args, expand, .. } => {
            Node::Call { name: name.clone(), name_span: at, args: all(args), expand: *expand }
        }
        Node::Unary(op, operand) => Node::Unary(*op, go(operand)),
        Node::Binary(op, _, left, right) => Node::Binary(*op, at, go(left), go(right)),
        Node::Conditional(condition, yes, no) => Node::Conditional(go(condition), go(yes), go(no)),
        Node::For(each) => Node::For(Box::new(For {
            key: each.key.clone(),
            value: each.value.clone(),
            collection: go(&each.collection),
            result_key: each.result_key.as_ref().map(go),
            result: go(&each.result),
            group: each.group,
            condition: each.condition.as_ref().map(go),
        })),
        Node::Parens(inner) => Node::Parens(go(inner)),
    };
    Expr { node: Arc::new(node), span: at }
}

fn key(key: &Key, at: Span) -> Key {
    match key {
        Key::Name(name, _) => Key::Name(name.clone(), at),
        Key::Expr(inner) => Key::Expr(expr(inner, at)),
    }
}

fn template(parts: &[Part], at: Span) -> Vec<Part> {
    let part = |part: &Part| match part {
        Part::Text(text) => Part::Text(text.clone()),
        Part::Interpolation(inner) => Part::Interpolation(expr(inner, at)),
        Part::If(condition, yes, no) => Part::If(expr(condition, at), template(yes, at), template(no, at)),
        Part::For { key, value, collection, body } => Part::For {
            key: key.clone(),
            value: value.clone(),
            collection: expr(collection, at),
            body: template(body, at),
        },
    };
    parts.iter().map(part).collect()
}
