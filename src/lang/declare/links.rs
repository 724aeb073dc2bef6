//! Names that declarations use of one another outside of values: what they wait for, and what moved or went.

use std::collections::BTreeSet;

use crate::address::{Address, Mode, Subject};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::kinds::our_name;
use crate::lang::ast::{Expr, Node, Step};
use crate::lang::declare::Module;
use crate::lang::refs::{describe, traversal};

/// Checks the names of a module.
pub fn check(module: &Module, diagnostics: &mut Vec<Diagnostic>) {
    let names = Names::of(module);
    for block in &module.resources {
        diagnostics.extend(block.meta.depends_on.iter().filter_map(|expr| names.judge(expr)));
        diagnostics
            .extend(block.meta.lifecycle.replace_triggered_by.iter().filter_map(|expr| names.judge_trigger(expr)));
    }
    for output in module.outputs.values() {
        diagnostics.extend(output.depends_on.iter().filter_map(|expr| names.judge(expr)));
    }
    for call in module.calls.values() {
        diagnostics.extend(call.depends_on.iter().filter_map(|expr| names.judge(expr)));
    }
    moves(module, &names, diagnostics);
    removals(module, &names, diagnostics);
}

/// What can be waited for.
struct Names<'a> {
    blocks: BTreeSet<&'a Address>,
    module: &'a Module,
}

impl<'a> Names<'a> {
    fn of(module: &'a Module) -> Self {
        Self { blocks: module.resources.iter().map(|block| &block.address).collect(), module }
    }

    /// What is wrong with a name that is waited for.
    fn judge(&self, expr: &Expr) -> Option<Diagnostic> {
        let Some((root, steps)) = traversal(expr) else {
            let detail = "What is waited for is named, as in [replication_group.redis].";
            return Some(
                Diagnostic::error("CS0318", "Not an address", detail).at(expr.span).help("Write a reference."),
            );
        };
        let name = |at: usize| match steps.get(at) {
            Some(Step::Attr(name)) => Some(&**name),
            _ => None,
        };
        let block = |mode, kind: &str, name: &str| Address { mode, ..Address::managed(our_name(kind), name) };
        let address = match &*root {
            "var" if name(0).is_some_and(|name| self.module.variables.contains_key(name)) => return None,
            "local" if name(0).is_some_and(|name| self.module.locals.contains_key(name)) => return None,
            "module" => {
                let known = name(0).is_some_and(|name| self.module.calls.contains_key(name));
                return (!known).then(|| self.no_module(name(0).unwrap_or_default(), expr.span));
            }
            "each" | "count" | "self" | "path" | "terraform" | "env" => return None,
            root => match Mode::of_word(root) {
                Some(mode) => block(mode, name(0).unwrap_or_default(), name(1).unwrap_or_default()),
                None => block(Mode::Managed, root, name(0).unwrap_or_default()),
            },
        };
        let text = describe(expr).unwrap_or_default();
        let foreign = self.module.foreign.keys().any(|known| text == *known || text.starts_with(&format!("{known}.")));
        (!foreign && !self.blocks.contains(&address)).then(|| self.undeclared(&text, &address, expr.span))
    }

    /// The same of a trigger, whose key may be computed: `alarm.cpu[each.key]`.
    fn judge_trigger(&self, expr: &Expr) -> Option<Diagnostic> {
        match &*expr.node {
            Node::Index(source, _) => self.judge(source),
            Node::Attr(source, _) if matches!(&*source.node, Node::Index(..)) => self.judge_trigger(source),
            _ => self.judge(expr),
        }
    }

    fn undeclared(&self, text: &str, address: &Address, span: Span) -> Diagnostic {
        let known: Vec<String> = self.blocks.iter().map(ToString::to_string).collect();
        let near = did_you_mean(&address.to_string(), known.iter().map(String::as_str));
        let help = near.map_or("Declare it, or correct the name.".to_owned(), |near| format!("Did you mean `{near}`?"));
        Diagnostic::error("CS0401", "Undeclared reference", format!("Nothing declares `{text}`."))
            .at(span)
            .help(help)
            .about(text)
    }
    fn no_module(&self, name: &str, span: Span) -> Diagnostic {
        let near = did_you_mean(name, self.module.calls.keys().map(|name| &**name));
        let help =
            near.map_or("Declare it, or correct the name.".to_owned(), |near| format!("Did you mean `module.{near}`?"));
        let detail = format!("There is no module `module.{name}`.");
        let diagnostic = Diagnostic::error("CS0401", "Undeclared reference", detail).at(span);
        diagnostic.help(help).about(format!("module.{name}"))
    }

    /// Whether the block, or the module, is declared here. What is declared in another module is that one's.
    fn declares(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Resource(address) => self.blocks.contains(&address.block()),
            Subject::Module(path) => path.len() == 1 && self.module.calls.contains_key(&path[0].0),
        }
    }
}

/// What an address names without its own key, whether it has one, and its kind.
fn anatomy(subject: &Subject) -> (Subject, bool, &str) {
    match subject {
        Subject::Resource(address) => (Subject::Resource(address.block()), address.key.is_some(), &address.kind),
        Subject::Module(path) => {
            let mut bare = path.clone();
            let key = bare.last_mut().and_then(|last| last.1.take());
            (Subject::Module(bare), key.is_some(), "module")
        }
    }
}

/// `moved` blocks must not contradict each other, nor what is declared.
fn moves(module: &Module, names: &Names, diagnostics: &mut Vec<Diagnostic>) {
    for (index, (from, to, span)) in module.moved.iter().enumerate() {
        let earlier = &module.moved[..index];
        let ((from_block, from_key, from_kind), (to_block, _, to_kind)) = (anatomy(from), anatomy(to));
        let stays = from_block != to_block && !from_key && names.declares(from);
        let (detail, help) = match () {
            () if from == to => (format!("`{from}` moves to itself."), "Remove the block."),
            () if (from_kind == "module") != (to_kind == "module") => (
                format!("`{from}` cannot become `{to}`: one is a module and the other a resource."),
                "Name a resource on both sides, as in module.cache.replication_group.redis.",
            ),
            () if from_kind != to_kind => (
                format!("`{from}` cannot become `{to}`: they are of different kinds."),
                "Declare the new one; the old one is destroyed, or forgotten with a `removed` block.",
            ),
            () if stays => (
                format!("`{from}` is still declared, so its object stays there."),
                "Rename the block as well, or remove the `moved` block.",
            ),
            () if earlier.iter().any(|(other, ..)| other == from) => {
                (format!("`{from}` moves to two places."), "Keep one of the blocks.")
            }
            () if earlier.iter().any(|(_, other, _)| other == to) => {
                (format!("Two objects move to `{to}`."), "Keep one of the blocks.")
            }
            () => continue,
        };
        diagnostics.push(Diagnostic::error("CS0331", "A move that cannot be", detail).at(*span).help(help));
    }
}

/// What is removed must be gone from the stack.
fn removals(module: &Module, names: &Names, diagnostics: &mut Vec<Diagnostic>) {
    for removed in module.removed.iter().filter(|removed| names.declares(&removed.from)) {
        let detail = format!("`{}` is still declared, and would be made anew.", removed.from);
        diagnostics.push(
            Diagnostic::error("CS0332", "Removed and declared", detail)
                .at(removed.span)
                .help("Delete the block of the resource or module, or the `removed` block."),
        );
    }
}
