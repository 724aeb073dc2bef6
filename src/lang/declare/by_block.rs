//! A block in the place of the name of its object: `primary = replication_group.a`. It stands for the name as that block
//! writes it, and not for a value of the object: so a block may name one that hangs on it, as a global datastore does
//! whose primary is to be a member that has been its secondary.

use std::sync::Arc;

use super::{Module, Resource};
use crate::address::{Address, Mode};
use crate::kinds::{self, our_name};
use crate::lang::ast::{Expr, Node, Step};
use crate::lang::refs::{references, traversal};

/// Puts the written names into the place of blocks.
pub(super) fn resolve(module: &mut Module) {
    let mut found = Vec::new();
    for (at, block) in module.resources.iter().enumerate() {
        for (number, attribute) in block.attributes.iter().enumerate() {
            let attr = block.schema.attr(&attribute.name).filter(|attr| attr.by_block.is_some());
            if let Some(expr) = attr.and_then(|_| written(module, block, &attribute.expr)) {
                found.push((at, number, expr));
            }
        }
    }
    for (at, number, expr) in found {
        module.resources[at].attributes[number].expr = expr;
    }
}

/// What is to be evaluated instead of an expression; none where that is what it says.
fn written(module: &Module, block: &Resource, expr: &Expr) -> Option<Expr> {
    let (root, steps) = traversal(expr)?;
    let kind = kinds::get(our_name(&root))?;
    let Some(Step::Attr(name)) = steps.first() else { return None };
    let address = Address { mode: Mode::Managed, ..Address::managed(kind.schema().kind, name.clone()) };
    let named = module.resources.iter().find(|other| other.address == address)?;
    let name = kind.name_attribute().and_then(|name| named.attribute(name)).map(|attribute| attribute.expr.clone());
    let name = name.filter(|_| named.meta.count.is_none() && named.meta.for_each.is_none());
    match &steps[1..] {
        [Step::Attr(attribute)] => {
            let is_name = &**attribute == "id" || kind.name_attribute() == Some(&**attribute);
            name.filter(|_| is_name && hangs_on(named, block))
        }
        rest if rest.iter().any(|step| matches!(step, Step::Attr(_))) => None,
        [] if name.is_some() => name,
        _ => Some(Expr { node: Arc::new(Node::Attr(expr.clone(), "id".into())), span: expr.span }),
    }
}

/// Whether a block refers to another one itself.
fn hangs_on(block: &Resource, other: &Resource) -> bool {
    let all = block.expressions().into_iter().flat_map(references);
    all.into_iter().any(|reference| {
        let is_name = matches!(reference.steps.first(), Some(Step::Attr(name)) if *name == other.address.name);
        our_name(&reference.root) == &*other.address.kind && is_name
    })
}
