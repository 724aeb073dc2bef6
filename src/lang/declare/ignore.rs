//! `ignore_changes`: whole attributes, elements of maps and lists, and nothing that has no place of its own.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::lang::ast::{Attribute, Expr, Node, Step};
use crate::lang::declare::resource::Reader;
use crate::lang::declare::{Lifecycle, block};
use crate::lang::refs::{describe, traversal};
use crate::value::Type;

/// A part of an attribute whose differences do not count.
pub type Part = (Arc<str>, Vec<Step>);

impl Reader<'_> {
    pub(super) fn ignore_changes(&mut self, attribute: &Attribute, lifecycle: &mut Lifecycle) {
        let all = |expr: &Expr| matches!(&*expr.node, Node::Name(name) | Node::String(name) if &**name == "all");
        if all(&attribute.expr) {
            lifecycle.ignore_all = true;
            return;
        }
        for item in block::literal_items(attribute, self.diagnostics) {
            if all(&item) {
                lifecycle.ignore_all = true;
                lifecycle.ignore_changes.push("all".into());
                continue;
            }
            let Some((name, steps)) = path(&item) else {
                let detail = "`ignore_changes` names attributes, as in [engine_version, tags[\"Owner\"]].";
                let diagnostic = Diagnostic::error("CS0318", "Not an address", detail).at(item.span);
                self.diagnostics.push(diagnostic.help("Write the name of an attribute, with keys written out."));
                continue;
            };
            // How long we wait is never a difference.
            if &*name == "timeouts" && self.schema.kind != "provider" {
                continue;
            }
            let Some(attr) = self.schema.attr(&name) else {
                let known = self.schema.attrs.iter().map(|attr| attr.name);
                self.diagnostics.push(block::unknown("attribute", &name, item.span, self.schema.kind, known));
                continue;
            };
            match fault(&attr.ty, &steps) {
                Some(why) => self.diagnostics.push(no_place(&item, &name, why)),
                None if steps.is_empty() => lifecycle.ignore_changes.push(name),
                None => lifecycle.ignore_parts.push((name, steps)),
            }
        }
    }
}

/// `tags`, `"tags"`, `tags.Owner`, `tags["Owner"]`
fn path(expr: &Expr) -> Option<Part> {
    match &*expr.node {
        Node::String(text) => Some((text.clone(), Vec::new())),
        _ => traversal(expr),
    }
}

/// Why a path leads nowhere in a type.
fn fault(ty: &Type, steps: &[Step]) -> Option<&'static str> {
    let (step, rest) = steps.split_first()?;
    match (ty, step) {
        (Type::Map(element), _) => fault(element, rest),
        (Type::List(element), Step::Index(_)) => fault(element, rest),
        (Type::List(_), _) => Some("an element of a list is named by its index"),
        (Type::Set(_), _) => Some("its elements are a set, and none of them has a key or an index"),
        (Type::Object(fields), Step::Attr(name) | Step::Key(name)) => match fields.get(name) {
            Some(field) => fault(&field.ty, rest),
            None => Some("it has no such attribute"),
        },
        _ => Some("it has no parts"),
    }
}

fn no_place(item: &Expr, name: &str, why: &str) -> Diagnostic {
    let path = describe(item).unwrap_or_else(|| name.to_owned());
    let detail = format!("`{path}` is not a part of `{name}` that can be ignored: {why}.");
    let diagnostic = Diagnostic::error("CS0318", "Not an address", detail).at(item.span);
    diagnostic.help(format!("Ignore all of `{name}`, or take the element out."))
}
