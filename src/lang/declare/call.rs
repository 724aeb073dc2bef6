//! `module` blocks: where the module is, what it is given, how often.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::{Diagnostic, Span};
use crate::lang::ast::{Attribute, Block, Expr, Key, Node};
use crate::lang::declare::settings::repeated;
use crate::lang::declare::{Module, block};
use crate::lang::refs::describe;

/// A `module` block.
#[derive(Debug)]
pub struct Call {
    /// The place of its header.
    pub span: Span,
    /// Where the module is, and the place that says so.
    pub source: (Arc<str>, Span),
    /// What is asked of its version, as it is written, and the place.
    pub version: Option<(Arc<str>, Span)>,
    /// The inputs by name.
    pub arguments: BTreeMap<Arc<str>, Attribute>,
    /// `count`
    pub count: Option<Expr>,
    /// `for_each`
    pub for_each: Option<Expr>,
    /// `enabled` of its `lifecycle`.
    pub enabled: Option<Expr>,
    /// `depends_on`
    pub depends_on: Vec<Expr>,
    /// What the module's providers are: its alias, none for the plain one, then ours.
    pub providers: Vec<(Option<Arc<str>>, Option<Arc<str>>, Span)>,
}

/// Reads a `module` block.
pub fn declare(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = block::labels(block, &["name"], diagnostics) else { return };
    let name = labels[0].clone();
    if !block::check_identifier(&name, block.labels[0].span, diagnostics) {
        return;
    }
    for nested in block.body.blocks.iter().filter(|nested| &*nested.kind != "lifecycle") {
        let none = std::iter::empty();
        diagnostics.push(block::unknown("block", &nested.kind, nested.kind_span, "A `module` block", none));
    }
    if let Some(first) = module.calls.get(&name) {
        diagnostics.push(repeated("module", &name, block.header_span, first.span));
        return;
    }
    let Some(source) = source(block, diagnostics) else { return };
    let mut call = Call {
        span: block.header_span,
        source,
        version: None,
        arguments: BTreeMap::new(),
        count: None,
        for_each: None,
        enabled: enabled(block, diagnostics),
        depends_on: Vec::new(),
        providers: Vec::new(),
    };
    for attribute in &block.body.attributes {
        let expr = Some(attribute.expr.clone());
        match &*attribute.name {
            "source" => {}
            "version" => call.version = version(attribute, &call.source.0, diagnostics),
            "count" => call.count = expr,
            "for_each" => call.for_each = expr,
            "depends_on" => call.depends_on = block::literal_items(attribute, diagnostics),
            "providers" => call.providers = providers(attribute, diagnostics),
            _ => drop(call.arguments.insert(attribute.name.clone(), attribute.clone())),
        }
    }
    let repeats: Vec<&Expr> = [&call.count, &call.for_each, &call.enabled].into_iter().flatten().collect();
    if let [_, .., for_each] = repeats[..] {
        let detail = "`count`, `for_each` and `enabled` exclude each other.";
        let diagnostic = Diagnostic::error("CS0322", "Two ways to repeat a block", detail);
        diagnostics.push(diagnostic.at(for_each.span).help("Keep one of them."));
    }
    module.calls.insert(name, call);
}

/// `lifecycle { enabled = ... }`
fn enabled(block: &Block, diagnostics: &mut Vec<Diagnostic>) -> Option<Expr> {
    let mut found = None;
    for lifecycle in block.body.blocks_of("lifecycle") {
        block::check_names(lifecycle, &["enabled"], &[], diagnostics);
        found = lifecycle.body.attribute("enabled").map(|attribute| attribute.expr.clone());
    }
    found
}

fn source(block: &Block, diagnostics: &mut Vec<Diagnostic>) -> Option<(Arc<str>, Span)> {
    let Some(attribute) = block.body.attribute("source") else {
        diagnostics.push(block::missing("source", "module", block.header_span));
        return None;
    };
    if let Node::String(text) = &*attribute.expr.node {
        return Some((text.clone(), attribute.expr.span));
    }
    let detail = "`source` of a module is read before anything is evaluated.";
    let diagnostic = Diagnostic::error("CS0316", "This must be a literal value", detail).at(attribute.expr.span);
    diagnostics.push(diagnostic.help("Write a text without references: \"./modules/redis\"."));
    None
}

/// Whether a source has no versions: a directory, a template of the binary, a repository or an archive.
fn has_no_versions(source: &str) -> bool {
    let starts = ["./", "../", "/", "cachestack/", "git@", "github.com/", "bitbucket.org/"];
    source == "." || source == ".." || source.contains("::") || starts.iter().any(|start| source.starts_with(start))
}

fn version(attribute: &Attribute, source: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<(Arc<str>, Span)> {
    if has_no_versions(source) {
        let diagnostic = Diagnostic::error("CS0361", "Not a local module", "Only modules of a registry have versions.");
        diagnostics.push(
            diagnostic
                .at(attribute.name_span)
                .help("Remove it; a repository is asked for a tag or a commit with ?ref= in its address."),
        );
        return None;
    }
    match &*attribute.expr.node {
        Node::String(text) => return Some((text.clone(), attribute.expr.span)),
        Node::Null => return None,
        _ => {}
    }
    let detail = "`version` of a module is read before anything is evaluated.";
    let diagnostic = Diagnostic::error("CS0316", "This must be a literal value", detail).at(attribute.expr.span);
    diagnostics.push(diagnostic.help("Write a text without references: \"~> 1.2\"."));
    None
}

/// `{ aws = aws.west }`; those of other providers belong to what Terraform goes on managing.
fn providers(
    attribute: &Attribute,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(Option<Arc<str>>, Option<Arc<str>>, Span)> {
    let Node::Object(items) = &*attribute.expr.node else {
        let detail = "`providers` is read before anything is evaluated.";
        let diagnostic = Diagnostic::error("CS0316", "This must be a literal value", detail).at(attribute.expr.span);
        diagnostics.push(diagnostic.help("Write a map: { aws = aws.west }."));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, value) in items {
        let inner = match key {
            Key::Name(name, _) => Some(name.to_string()),
            Key::Expr(expr) => provider_name(expr),
        };
        let (Some(inner), Some(outer)) = (inner, provider_name(value)) else {
            let detail = "A provider is named by its reference: aws, or aws.west.";
            let diagnostic = Diagnostic::error("CS0316", "This must be a literal value", detail).at(value.span);
            diagnostics.push(diagnostic.help("Write { aws = aws.west }."));
            continue;
        };
        if let (Some(inner), Some(outer)) = (alias(&inner), alias(&outer)) {
            found.push((inner, outer, value.span));
        }
    }
    found
}

fn provider_name(expr: &Expr) -> Option<String> {
    match &*expr.node {
        Node::String(text) => Some(text.to_string()),
        _ => describe(expr),
    }
}

/// The alias in `aws.west`, none in `aws`; nothing at all for the provider of another service.
fn alias(name: &str) -> Option<Option<Arc<str>>> {
    match name.split_once('.') {
        None if name == "aws" => Some(None),
        Some(("aws", alias)) => Some(Some(alias.into())),
        _ => None,
    }
}
