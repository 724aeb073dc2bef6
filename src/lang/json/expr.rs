//! JSON values as expressions: strings are templates, but for some attributes that want a reference, a type or a text.

use std::sync::Arc;

use super::reader::{Data, Json, Text};
use crate::diag::{Diagnostic, FileId, Span};
use crate::lang::ast::{Expr, Key, Node};
use crate::lang::syntax;

/// How the strings of a value are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As templates.
    Template,
    /// As expressions: references and types.
    Reference,
    /// As they are.
    Literal,
}

/// How an attribute of a block is read.
pub fn style(block: &str, attribute: &str) -> Style {
    match (block, attribute) {
        ("variable", "type") => Style::Reference,
        ("variable", _) => Style::Literal,
        ("moved", _) | ("removed", "from") | ("import", "to") => Style::Reference,
        ("lifecycle", "ignore_changes" | "replace_triggered_by") => Style::Reference,
        (_, "depends_on" | "provider" | "providers") => Style::Reference,
        _ => Style::Template,
    }
}

/// A value as an expression; what cannot be read is reported, and null.
pub fn read(file: FileId, json: &Json, style: Style, diagnostics: &mut Vec<Diagnostic>) -> Expr {
    let node = match &json.data {
        Data::Null => Node::Null,
        Data::Bool(truth) => Node::Bool(*truth),
        Data::Number(text) => {
            return syntax::parse_expression(file, text, json.span.start, diagnostics)
                .unwrap_or_else(|| node(Node::Null, json.span));
        }
        Data::Text(text) => return string(file, text, style, diagnostics),
        Data::Array(items) => Node::Tuple(items.iter().map(|item| read(file, item, style, diagnostics)).collect()),
        Data::Object(items) => {
            // The keys of `providers` are references like its values, and anything else is a template.
            let keys = if style == Style::Literal { Style::Literal } else { Style::Template };
            let mut pair = |(key, value): &(Text, Json)| {
                let key = Key::Expr(string(file, key, keys, diagnostics));
                (key, read(file, value, style, diagnostics))
            };
            Node::Object(items.iter().map(&mut pair).collect())
        }
    };
    self::node(node, json.span)
}

fn string(file: FileId, text: &Text, style: Style, diagnostics: &mut Vec<Diagnostic>) -> Expr {
    let literal = || node(Node::String(Arc::from(text.text.as_str())), text.span);
    let bare = style == Style::Literal || style == Style::Template && !text.text.contains(['$', '%']);
    if bare {
        return literal();
    }
    let template = style == Style::Template;
    syntax::parse_decoded(file, &text.text, template, &text.places, diagnostics).unwrap_or_else(literal)
}

fn node(node: Node, span: Span) -> Expr {
    Expr { node: Arc::new(node), span }
}
