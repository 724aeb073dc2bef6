//! Blocks of types that cachestack does not manage: every type of every other provider.

use std::sync::Arc;

use crate::diag::{Diagnostic, Span};
use crate::lang::ast::{Attribute, Block, Expr, Node};
use crate::lang::declare::settings::repeated;
use crate::lang::declare::{Module, block};

/// A resource or `data` block that another tool manages.
#[derive(Debug)]
pub struct Foreign {
    /// The place of its header.
    pub span: Span,
    /// The place of its type.
    pub kind_span: Span,
    /// `count`
    pub count: Option<Expr>,
    /// `for_each`
    pub for_each: Option<Expr>,
    /// What the block itself sets, without its nested blocks.
    pub attributes: Vec<Attribute>,
}

/// Attributes that are no arguments of the type.
const META: [&str; 4] = ["count", "for_each", "depends_on", "provider"];

/// Reads such a block.
pub fn declare(block: &Block, kind: &str, name: &Arc<str>, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let named = block.labels.iter().all(|label| block::check_identifier(&label.text, label.span, diagnostics));
    if !named {
        return;
    }
    let address = address(&block.kind, kind, name);
    if let Some(first) = module.foreign.get(&address) {
        diagnostics.push(repeated(kind, name, block.header_span, first.span));
        return;
    }
    let expr = |name: &str| block.body.attribute(name).map(|attribute| attribute.expr.clone());
    let own = block.body.attributes.iter().filter(|attribute| !META.contains(&&*attribute.name));
    let foreign = Foreign {
        span: block.header_span,
        kind_span: block.labels[0].span,
        count: expr("count"),
        for_each: expr("for_each"),
        attributes: own.cloned().collect(),
    };
    module.foreign.insert(address, foreign);
}

/// `aws_vpc.main`, `data.aws_vpc.main`, `ephemeral.random_password.token`
fn address(block: &str, kind: &str, name: &str) -> String {
    if block == "resource" { format!("{kind}.{name}") } else { format!("{block}.{kind}.{name}") }
}

impl Foreign {
    /// Every expression whose value is ever asked for.
    pub fn expressions(&self) -> Vec<&Expr> {
        let own = self.attributes.iter().map(|attribute| &attribute.expr);
        own.chain(&self.count).chain(&self.for_each).collect()
    }
}

/// Types of Terraform that belong to a cache installation: to leave one out is a decision, and has to be written down.
const OF_CACHES: &str = "aws_elasticache_";

/// Reports objects of a cache installation that nothing here would manage, and that nobody said belong to another tool.
pub fn check(module: &Module, given_up: &[(Arc<str>, Span)], path: &str, diagnostics: &mut Vec<Diagnostic>) {
    for (address, foreign) in module.foreign.iter().filter(|(address, _)| address.starts_with(OF_CACHES)) {
        let address = format!("{path}{address}");
        if given_up.iter().any(|(given_up, _)| **given_up == *address) {
            continue;
        }
        let kind = foreign_kind(&address, path);
        let detail =
            format!("`{kind}` is of ElastiCache, and cachestack has no such kind: nothing would come of `{address}`.");
        let help = format!(
            "Leave it to Terraform, and say so: foreign = [\"{address}\"] in the `stack` block, in a file that Terraform does not read (stack.hcl). If it is to be forgotten, write removed {{ from = {address} }} in its place."
        );
        let diagnostic = Diagnostic::error("CS0320", "Unknown kind", detail).at(foreign.kind_span);
        diagnostics.push(diagnostic.help(help));
    }
}

fn foreign_kind<'a>(address: &'a str, path: &str) -> &'a str {
    address[path.len()..].split('.').next().unwrap_or_default()
}

/// The addresses in `foreign = [...]` of the stack block, each with its place.
pub fn given_up(module: &Module, diagnostics: &mut Vec<Diagnostic>) -> Vec<(Arc<str>, Span)> {
    let Some(attribute) = module.stack.as_ref().and_then(|stack| stack.attributes.get("foreign")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in block::literal_items(attribute, diagnostics) {
        match &*item.node {
            Node::String(text) => found.push((text.clone(), item.span)),
            _ => diagnostics.push(
                Diagnostic::error(
                    "CS0316",
                    "This must be a literal value",
                    "`foreign` is read before anything is evaluated.",
                )
                .at(item.span)
                .help("Write addresses in quotes: foreign = [\"aws_elasticache_user.app\"]."),
            ),
        }
    }
    found
}
