//! Shared checks of a block: labels, known names, repeated and missing attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::lang::ast::{Attribute, Block, Body, Expr, Node};
use crate::lang::declare::Condition;

/// The labels of a block, if there are as many as there should be.
pub fn labels<'a>(block: &'a Block, names: &[&str], diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<&'a Arc<str>>> {
    if block.labels.len() == names.len() {
        return Some(block.labels.iter().map(|label| &label.text).collect());
    }
    let form: String = names.iter().map(|name| format!(" \"{name}\"")).collect();
    diagnostics.push(
        Diagnostic::error(
            "CS0311",
            "Wrong number of labels",
            format!("A `{}` block has {} labels, and this one has {}.", block.kind, names.len(), block.labels.len()),
        )
        .at(block.header_span)
        .help(format!("Write `{}{form} {{ ... }}`.", block.kind)),
    );
    None
}

/// Whether a name can be referred to.
pub fn check_identifier(name: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let good = name.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if !good {
        diagnostics.push(
            Diagnostic::error("CS0312", "Not a name", format!("\"{name}\" cannot be referred to."))
                .at(span)
                .help("Use letters, digits, `_` and `-`, with a letter or `_` first."),
        );
    }
    good
}

/// Reports attributes and blocks that are not among the known ones.
pub fn check_names(block: &Block, attributes: &[&str], blocks: &[&str], diagnostics: &mut Vec<Diagnostic>) {
    for attribute in &block.body.attributes {
        if blocks.contains(&&*attribute.name) {
            diagnostics.push(not_an_attribute(attribute, &block.kind));
        } else if !attributes.contains(&&*attribute.name) {
            let known = attributes.iter().chain(blocks).copied();
            diagnostics.push(unknown("attribute", &attribute.name, attribute.name_span, &block.kind, known));
        }
    }
    for nested in &block.body.blocks {
        if attributes.contains(&&*nested.kind) {
            diagnostics.push(not_a_block(nested, &block.kind));
        } else if !blocks.contains(&&*nested.kind) {
            let known = blocks.iter().chain(attributes).copied();
            diagnostics.push(unknown("block", &nested.kind, nested.kind_span, &block.kind, known));
        }
    }
}

/// A block that is written as an attribute.
pub fn not_an_attribute(attribute: &Attribute, within: &str) -> Diagnostic {
    let name = &attribute.name;
    let detail = format!("`{name}` of `{within}` is a block.");
    Diagnostic::error("CS0314", "Unknown attribute", detail)
        .at(attribute.name_span)
        .help(format!("Write it without the equals sign: {name} {{ ... }}"))
}

/// An attribute that is written as a block.
fn not_a_block(block: &Block, within: &str) -> Diagnostic {
    let name = &block.kind;
    let detail = format!("`{name}` of `{within}` is an attribute.");
    Diagnostic::error("CS0313", "Unknown block", detail)
        .at(block.kind_span)
        .help(format!("Write it with an equals sign: {name} = {{ ... }}"))
}

/// What to do about a name that is like none of many.
pub const SPELLING: &str = "Remove it, or check its spelling.";

/// An attribute or block that does not exist.
pub fn unknown<'a>(
    what: &str,
    name: &str,
    span: Span,
    within: &str,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let (code, summary) = if what == "block" { ("CS0313", "Unknown block") } else { ("CS0314", "Unknown attribute") };
    let near = did_you_mean(name, known.iter().copied());
    let help = match near {
        Some(near) => format!("Did you mean `{near}`?"),
        None if known.is_empty() => "Remove it.".to_owned(),
        None if known.len() <= 14 => format!("There are: {}.", known.join(", ")),
        None => SPELLING.to_owned(),
    };
    // A kind has its name in quotes, anything else is said in words.
    let within = if within.contains(' ') { within.to_owned() } else { format!("`{within}`") };
    let unknown = Diagnostic::error(code, summary, format!("{within} has no {what} `{name}`.")).at(span).help(help);
    Diagnostic { about: near.map(Arc::from), ..unknown }
}

/// The attributes by name.
pub fn by_name(body: &Body) -> BTreeMap<Arc<str>, Attribute> {
    body.attributes.iter().map(|attribute| (attribute.name.clone(), attribute.clone())).collect()
}

/// A `true` or `false` that must be written out.
pub fn literal_bool(attribute: &Attribute, diagnostics: &mut Vec<Diagnostic>) -> bool {
    match &*attribute.expr.node {
        Node::Bool(value) => *value,
        Node::String(text) if &**text == "true" => true,
        Node::String(text) if &**text == "false" => false,
        _ => {
            diagnostics.push(
                Diagnostic::error(
                    "CS0316",
                    "This must be a literal value",
                    format!("`{}` is read before anything is evaluated.", attribute.name),
                )
                .at(attribute.expr.span)
                .help("Write true or false."),
            );
            false
        }
    }
}

/// The elements of a list that must be written out.
pub fn literal_items(attribute: &Attribute, diagnostics: &mut Vec<Diagnostic>) -> Vec<Expr> {
    match &*attribute.expr.node {
        Node::Tuple(items) => items.clone(),
        _ => {
            diagnostics.push(
                Diagnostic::error(
                    "CS0316",
                    "This must be a literal value",
                    format!("`{}` is read before anything is evaluated.", attribute.name),
                )
                .at(attribute.expr.span)
                .help("Write a list: [ ... ]."),
            );
            Vec::new()
        }
    }
}

/// Reports a missing attribute.
pub fn missing(name: &str, within: &str, span: Span) -> Diagnostic {
    Diagnostic::error("CS0315", "Missing attribute", format!("`{within}` needs `{name}`."))
        .at(span)
        .help(format!("Add `{name} = ...`."))
        .about(name)
}

/// The blocks `validation`, `precondition`, `postcondition`.
pub fn condition(block: &Block, diagnostics: &mut Vec<Diagnostic>) -> Option<Condition> {
    check_names(block, &["condition", "error_message"], &[], diagnostics);
    let get = |name: &str| block.body.attribute(name).map(|attribute| attribute.expr.clone());
    for name in ["condition", "error_message"] {
        if get(name).is_none() {
            diagnostics.push(missing(name, &block.kind, block.header_span));
        }
    }
    Some(Condition { condition: get("condition")?, message: get("error_message")? })
}
