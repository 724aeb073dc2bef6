//! `lint { CODE = "off" | "warn" | "error" }` of the stack block.

use std::collections::BTreeMap;

use crate::diag::lint::{Level, is_fixed};
use crate::diag::{Diagnostic, codes};
use crate::lang::ast::{Attribute, Block, Node};
use crate::lang::declare::block;

/// How much rules count, by their codes, as the `lint` blocks of a stack block say.
pub fn levels(stack: &Block, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<&'static str, Level> {
    let mut levels = BTreeMap::new();
    for nested in stack.body.blocks_of("lint").flat_map(|block| &block.body.blocks) {
        diagnostics.push(block::unknown("block", &nested.kind, nested.kind_span, "lint", std::iter::empty()));
    }
    for attribute in stack.body.blocks_of("lint").flat_map(|block| &block.body.attributes) {
        match level(attribute) {
            Ok((code, _)) if is_fixed(code) => diagnostics.push(useless(code, attribute)),
            Ok((code, level)) => drop(levels.insert(code, level)),
            Err(wrong) => diagnostics.push(wrong),
        }
    }
    levels
}

fn level(attribute: &Attribute) -> Result<(&'static str, Level), Diagnostic> {
    let wrong = |detail, span| Diagnostic::error("CS1030", "Not the level of a rule", detail).at(span);
    let Some((code, ..)) = codes::find(&attribute.name) else {
        let help = "Write the code of a message, as in lint { CS0533 = \"off\" }.";
        return Err(wrong(format!("There is no code `{}`.", attribute.name), attribute.name_span).help(help));
    };
    let word = match &*attribute.expr.node {
        Node::String(word) => Level::parse(word),
        _ => None,
    };
    let said = || wrong(format!("The level of {code} is not one of the three words."), attribute.expr.span);
    word.map(|level| (*code, level)).ok_or_else(|| said().help("Write \"off\", \"warn\" or \"error\", in quotes."))
}

fn useless(code: &str, attribute: &Attribute) -> Diagnostic {
    let detail = format!("{code} is an error of the language or of the engine, and stays one.");
    let diagnostic = Diagnostic::warning("CS1028", "A level that does nothing", detail).at(attribute.name_span);
    diagnostic.help("Remove the line.")
}
