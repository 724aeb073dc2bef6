//! `policy` blocks: what no plan may do, or only with a warning.

use std::sync::Arc;

use crate::diag::{Diagnostic, Span};
use crate::kinds;
use crate::lang::ast::{Attribute, Block, Node};
use crate::lang::declare::settings::repeated;
use crate::lang::declare::{Condition, Module, block};

/// A `policy` block.
#[derive(Debug)]
pub struct Policy {
    /// The place of its header.
    pub span: Span,
    /// Our names of the kinds whose changes it is about; every kind where it names none.
    pub kinds: Vec<Arc<str>>,
    /// What it says, in order.
    pub rules: Vec<Rule>,
}

/// One `deny` or `warn`.
#[derive(Debug)]
pub struct Rule {
    /// Whether it stands against the plan; else it is only said.
    pub denies: bool,
    /// Where it is true, the rule hits.
    pub condition: Condition,
}

/// Reads a `policy` block.
pub fn declare(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = block::labels(block, &["name"], diagnostics) else { return };
    let name: Arc<str> = labels[0].clone();
    if !block::check_identifier(&name, block.labels[0].span, diagnostics) {
        return;
    }
    block::check_names(block, &["description", "kinds"], &["deny", "warn"], diagnostics);
    if let Some(first) = module.policies.get(&name) {
        diagnostics.push(repeated("policy", &name, block.header_span, first.span));
        return;
    }
    let rules: Vec<Rule> = block
        .body
        .blocks
        .iter()
        .filter(|nested| matches!(&*nested.kind, "deny" | "warn"))
        .filter_map(|nested| {
            let condition = block::condition(nested, diagnostics)?;
            Some(Rule { denies: &*nested.kind == "deny", condition })
        })
        .collect();
    if !block.body.blocks.iter().any(|nested| matches!(&*nested.kind, "deny" | "warn")) {
        let detail = "A `policy` block needs a `deny` or a `warn` block.";
        let diagnostic = Diagnostic::error("CS0326", "Missing block", detail).at(block.header_span);
        diagnostics.push(diagnostic.help("Add `deny { ... }` with `condition` and `error_message`."));
    }
    let kinds = block.body.attribute("kinds").map(|attribute| named(attribute, diagnostics)).unwrap_or_default();
    module.policies.insert(name, Policy { span: block.header_span, kinds, rules });
}

/// The kinds of a list, in either spelling.
fn named(attribute: &Attribute, diagnostics: &mut Vec<Diagnostic>) -> Vec<Arc<str>> {
    let Node::Tuple(items) = &*attribute.expr.node else {
        let detail = "`kinds` is a list of kinds that is written out.";
        let diagnostic = Diagnostic::error("CS0316", "This must be a literal value", detail).at(attribute.expr.span);
        diagnostics.push(diagnostic.help("Write kinds = [\"replication_group\", \"cache_cluster\"]."));
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        let ours = match &*item.node {
            Node::String(name) => kinds::our_name(name),
            _ => "",
        };
        match kinds::get(ours) {
            Some(_) => found.push(ours.into()),
            None => diagnostics.push(block::unknown("kind", ours, item.span, "cachestack", kinds::names())),
        }
    }
    found
}
