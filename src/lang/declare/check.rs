//! `check` blocks: what should hold, and a look-up that only they see.

use std::sync::Arc;

use crate::diag::{Diagnostic, Span};
use crate::lang::ast::Block;
use crate::lang::declare::settings::repeated;
use crate::lang::declare::{Condition, Module, block, resource};

/// A `check` block.
#[derive(Debug)]
pub struct Check {
    /// The place of its header.
    pub span: Span,
    /// What should hold.
    pub asserts: Vec<Condition>,
}

/// Reads a `check` block.
pub fn declare(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = block::labels(block, &["name"], diagnostics) else { return };
    let name: Arc<str> = labels[0].clone();
    if !block::check_identifier(&name, block.labels[0].span, diagnostics) {
        return;
    }
    block::check_names(block, &[], &["data", "assert"], diagnostics);
    if let Some(first) = module.checks.get(&name) {
        diagnostics.push(repeated("check", &name, block.header_span, first.span));
        return;
    }
    let asserts: Vec<Condition> =
        block.body.blocks_of("assert").filter_map(|assert| block::condition(assert, diagnostics)).collect();
    if block.body.blocks_of("assert").next().is_none() {
        diagnostics.push(
            Diagnostic::error("CS0326", "Missing block", "A `check` block needs an `assert` block.")
                .at(block.header_span)
                .help("Add `assert { ... }` with `condition` and `error_message`."),
        );
    }
    for (at, data) in block.body.blocks_of("data").enumerate() {
        if at > 0 {
            let detail = "A `check` block looks one thing up.";
            let diagnostic = Diagnostic::error("CS0319", "Declared twice", detail).at(data.header_span);
            diagnostics.push(diagnostic.help("Put the other `data` block beside the check."));
            continue;
        }
        let before = module.resources.len();
        resource::declare_labelled(data, module, diagnostics);
        for scoped in &mut module.resources[before..] {
            scoped.scope = Some(name.clone());
        }
    }
    module.checks.insert(name, Check { span: block.header_span, asserts });
}
