//! `import` blocks: objects that are there already, and the addresses that they get.

use std::sync::Arc;

use crate::address::{Address, Key, Mode, ModulePath};
use crate::diag::{Diagnostic, Span};
use crate::kinds::{self, our_name};
use crate::lang::ast::{Block, Expr, Node};
use crate::lang::declare::{Module, block};

/// An `import` block.
#[derive(Debug)]
pub struct Import {
    /// The place of its header.
    pub span: Span,
    /// The address, whose keys may be computed.
    pub to: Expr,
    /// The name in AWS.
    pub id: Expr,
    /// `for_each`
    pub for_each: Option<Expr>,
    /// The block that the address is of.
    pub block: Address,
}

impl Import {
    /// The block as it is called from the root, if the import stands in a module.
    pub fn block_from(&self, path: &[(Arc<str>, Option<Key>)]) -> Address {
        let module = path.iter().chain(&self.block.module).cloned().collect();
        Address { module, ..self.block.clone() }
    }
}

/// A step of an address: a name, or a key in brackets.
#[derive(Clone)]
enum Step<'a> {
    Name(Arc<str>),
    Key(&'a Expr),
}

/// Reads an `import` block.
pub fn declare(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    block::labels(block, &[], diagnostics);
    block::check_names(block, &["to", "id", "identity", "for_each", "provider"], &[], diagnostics);
    let mut get = |name: &str| {
        let found = block.body.attribute(name).map(|attribute| attribute.expr.clone());
        if found.is_none() {
            diagnostics.push(block::missing(name, "import", block.header_span));
        }
        found
    };
    let Some(to) = get("to") else { return };
    let kind = address(&to, |_| Some(Key::Index(0))).map(|address| address.kind);
    let by_identity = block.body.attribute("identity").map(|identity| of_identity(&identity.expr, kind.as_deref()));
    let id = match (by_identity, block.body.attribute("id")) {
        (Some(_), Some(id)) => {
            let detail = "`id` and `identity` exclude each other.";
            let diagnostic = Diagnostic::error("CS0608", "An import that cannot be", detail).at(id.name_span);
            return diagnostics.push(diagnostic.help("Keep one of them."));
        }
        (Some(id), None) => Some(id),
        (None, _) => get("id"),
    };
    let Some(id) = id else { return };
    let for_each = block.body.attribute("for_each").map(|attribute| attribute.expr.clone());
    match address(&to, |_| Some(Key::Index(0))) {
        Some(address) => {
            module.imports.push(Import { span: block.header_span, block: address.config(), to, id, for_each })
        }
        None => diagnostics.push(
            Diagnostic::error("CS0318", "Not an address", "`to` does not name a resource.")
                .at(to.span)
                .help("Write it as in a reference: replication_group.redis, or alarm.cpu[each.key]."),
        ),
    }
}

/// What of `identity = { ... }` is the name in AWS: the attribute that names the kind.
fn of_identity(identity: &Expr, kind: Option<&str>) -> Expr {
    let kind = kind.and_then(kinds::get);
    let name = kind.filter(|kind| !kind.is_named_by_aws()).and_then(|kind| kind.name_attribute()).unwrap_or("id");
    Expr { node: Arc::new(Node::Attr(identity.clone(), name.into())), span: identity.span }
}

/// The address that an expression spells; `key` evaluates what is in brackets.
pub fn address(expr: &Expr, mut key: impl FnMut(&Expr) -> Option<Key>) -> Option<Address> {
    let mut steps = Vec::new();
    let root = spell(expr, &mut steps)?;
    let mut parts: Vec<(Arc<str>, Option<Key>)> = vec![(root, None)];
    for step in steps {
        match step {
            Step::Name(name) => parts.push((name, None)),
            Step::Key(expr) => parts.last_mut()?.1 = Some(key(expr)?),
        }
    }
    let mut parts = parts.into_iter().peekable();
    let mut module = ModulePath::new();
    while parts.next_if(|(name, _)| &**name == "module").is_some() {
        module.push(parts.next()?);
    }
    let ((kind, None), (name, key), None) = (parts.next()?, parts.next()?, parts.next()) else { return None };
    let mode = Mode::Managed;
    Mode::of_word(&kind).is_none().then(|| Address { module, mode, kind: our_name(&kind).into(), name, key })
}

fn spell<'a>(expr: &'a Expr, steps: &mut Vec<Step<'a>>) -> Option<Arc<str>> {
    let (source, step) = match &*expr.node {
        Node::Name(name) => return Some(name.clone()),
        Node::Attr(source, name) => (source, Step::Name(name.clone())),
        Node::Index(source, key) => (source, Step::Key(key)),
        _ => return None,
    };
    let root = spell(source, steps)?;
    steps.push(step);
    Some(root)
}
