//! `timeouts` of a resource, written as a block or made by a `dynamic` one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Span;
use crate::lang::ast::{Block, Expr, For, Key, Node};
use crate::lang::declare::block;
use crate::lang::declare::resource::{Reader, root_name};

const NAMES: [&str; 4] = ["create", "read", "update", "delete"];

impl Reader<'_> {
    /// A `timeouts` block.
    pub(super) fn timeouts(&mut self, nested: &Block) -> BTreeMap<Arc<str>, Expr> {
        block::check_names(nested, &NAMES, &[], self.diagnostics);
        nested.body.attributes.iter().map(|attribute| (attribute.name.clone(), attribute.expr.clone())).collect()
    }

    /// A `dynamic "timeouts"` block. There is one at most, so that each argument is that of the one element, or null.
    pub(super) fn dynamic_timeouts(&mut self, nested: &Block) -> BTreeMap<Arc<str>, Expr> {
        block::check_names(nested, &["for_each", "iterator"], &["content"], self.diagnostics);
        let Some(for_each) = nested.body.attribute("for_each") else {
            self.diagnostics.push(block::missing("for_each", "dynamic", nested.header_span));
            return BTreeMap::new();
        };
        let Some(content) = nested.body.blocks_of("content").next() else {
            self.diagnostics.push(block::missing("content", "dynamic", nested.header_span));
            return BTreeMap::new();
        };
        let iterator = nested.body.attribute("iterator").and_then(|attribute| root_name(&attribute.expr));
        let iterator = iterator.unwrap_or_else(|| "timeouts".into());
        let inner = self.timeouts(content);
        inner.into_iter().map(|(name, expr)| (name, of_the_one(&for_each.expr, &iterator, expr))).collect()
    }
}

/// `one(flatten([for key, value in FOR_EACH : [for ITERATOR in [{ key = key, value = value }] : EXPR]]))`
fn of_the_one(for_each: &Expr, iterator: &Arc<str>, expr: Expr) -> Expr {
    let span = expr.span;
    let of = |node: Node| Expr { node: Arc::new(node), span };
    // Names that nobody can write, so that nothing else is hidden by them.
    let (key, value): (Arc<str>, Arc<str>) = ("<key>".into(), "<value>".into());
    let name = |text: &Arc<str>| of(Node::Name(text.clone()));
    let pair = [("key", name(&key)), ("value", name(&value))];
    let pair = pair.map(|(text, expr)| (Key::Name(text.into(), span), expr));
    let bound = each(None, iterator.clone(), of(Node::Tuple(vec![of(Node::Object(pair.into()))])), expr, span);
    let all = each(Some(key), value, for_each.clone(), bound, span);
    call("one", call("flatten", all, span), span)
}

fn each(key: Option<Arc<str>>, value: Arc<str>, collection: Expr, result: Expr, span: Span) -> Expr {
    let all = For { key, value, collection, result_key: None, result, group: false, condition: None };
    Expr { node: Arc::new(Node::For(Box::new(all))), span }
}

fn call(name: &str, argument: Expr, span: Span) -> Expr {
    let call = Node::Call { name: name.into(), name_span: span, args: vec![argument], expand: false };
    Expr { node: Arc::new(call), span }
}
