//! Declarations: what the blocks of a directory say, before anything is evaluated.
//!
//! Reports everything that can be judged by names alone: unknown blocks and attributes, missing and repeated ones.

mod access;
mod alarms;
mod block;
mod by_block;
mod call;
mod check;
mod foreign;
mod ignore;
mod import;
mod links;
mod lint;
mod meta;
pub mod policy;
pub mod provider;
mod resource;
pub mod settings;
mod timeouts;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::address::{Address, Subject};
use crate::diag::lint::Level;
use crate::diag::{Diagnostic, FileId, SourceMap, Span};
use crate::lang::ast::{Attribute, Body, Expr};
use crate::schema::Schema;

pub use call::Call;
pub use check::Check;
pub use foreign::{Foreign, check as check_foreign, given_up};
pub use import::{Import, address as import_address};
pub use policy::Policy;
pub use resource::{Nested, NestedSource};

/// Everything that a directory declares.
#[derive(Debug, Default)]
pub struct Module {
    /// The `stack` block.
    pub stack: Option<StackBlock>,
    /// `environment` blocks in the order of the files.
    pub environments: Vec<Environment>,
    /// `variable` blocks.
    pub variables: BTreeMap<Arc<str>, Variable>,
    /// The attributes of `locals` blocks.
    pub locals: BTreeMap<Arc<str>, Local>,
    /// `output` blocks.
    pub outputs: BTreeMap<Arc<str>, Output>,
    /// Resources and `data` blocks, in the order of the files.
    pub resources: Vec<Resource>,
    /// Where each of them was declared first.
    pub(super) places: HashMap<Address, Span>,
    /// `provider "aws"` blocks.
    pub providers: Vec<Provider>,
    /// Blocks of types that cachestack does not manage, by address.
    pub foreign: BTreeMap<String, Foreign>,
    /// `removed` blocks: what is forgotten, or destroyed.
    pub removed: Vec<Removed>,
    /// `moved` blocks: from, to, place.
    pub moved: Vec<(Subject, Subject, Span)>,
    /// `module` blocks.
    pub calls: BTreeMap<Arc<str>, Call>,
    /// `check` blocks.
    pub checks: BTreeMap<Arc<str>, Check>,
    /// `policy` blocks, by name.
    pub policies: BTreeMap<Arc<str>, Policy>,
    /// `import` blocks.
    pub imports: Vec<Import>,
    /// Where Terraform keeps its state.
    pub backend: Option<Backend>,
}

/// The `backend` block of a `terraform` block.
#[derive(Debug)]
pub struct Backend {
    /// Its label: `s3`, `local`, ...
    pub kind: Arc<str>,
    /// The place of its header.
    pub span: Span,
    /// Its attributes by name.
    pub attributes: BTreeMap<Arc<str>, Attribute>,
}

/// The `stack` block.
#[derive(Debug)]
pub struct StackBlock {
    /// Its label.
    pub name: Arc<str>,
    /// The place of its header.
    pub span: Span,
    /// Its attributes by name.
    pub attributes: BTreeMap<Arc<str>, Attribute>,
    /// How much rules count, by their codes.
    pub lints: BTreeMap<&'static str, Level>,
}

/// An `environment` block.
#[derive(Debug)]
pub struct Environment {
    /// Its label.
    pub name: Arc<str>,
    /// The place of its header.
    pub span: Span,
    /// Its attributes by name.
    pub attributes: BTreeMap<Arc<str>, Attribute>,
}

/// A `variable` block.
#[derive(Debug)]
pub struct Variable {
    /// The place of its header.
    pub span: Span,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Its type constraint.
    pub ty: Option<Expr>,
    /// Its default.
    pub default: Option<Expr>,
    /// Whether it is shown.
    pub sensitive: bool,
    /// What to use instead of it.
    pub deprecated: Option<Arc<str>>,
    /// Whether it may be null.
    pub nullable: bool,
    /// Conditions with their messages.
    pub validations: Vec<Condition>,
}

/// A condition and what is said when it is false.
#[derive(Debug, Clone)]
pub struct Condition {
    /// What must be true.
    pub condition: Expr,
    /// What is said otherwise.
    pub message: Expr,
}

/// An attribute of a `locals` block.
#[derive(Debug)]
pub struct Local {
    /// The place of its name.
    pub span: Span,
    /// What it is.
    pub expr: Expr,
}

/// An `output` block.
#[derive(Debug)]
pub struct Output {
    /// The place of its header.
    pub span: Span,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// What it is.
    pub value: Expr,
    /// Whether it is shown.
    pub sensitive: bool,
    /// What it waits for besides its references.
    pub depends_on: Vec<Expr>,
    /// Conditions that must hold before it is evaluated.
    pub preconditions: Vec<Condition>,
}

/// A `provider "aws"` block.
#[derive(Debug)]
pub struct Provider {
    /// Its `alias`.
    pub alias: Option<Arc<str>>,
    /// The block itself, judged against [`provider::schema`].
    pub block: Resource,
}

/// A `removed` block.
#[derive(Debug)]
pub struct Removed {
    /// What it is about.
    pub from: Subject,
    /// Whether the object is deleted, not only forgotten.
    pub destroy: bool,
    /// The place.
    pub span: Span,
}

/// A resource or `data` block.
#[derive(Debug)]
pub struct Resource {
    /// Its address, without a key.
    pub address: Address,
    /// The place of its header.
    pub span: Span,
    /// Its schema.
    pub schema: &'static Schema,
    /// Its attributes, under today's names.
    pub attributes: Vec<Attribute>,
    /// Its nested blocks.
    pub nested: Vec<Nested>,
    /// How often, and how it behaves.
    pub meta: Meta,
    /// Whether something in it has a name that there is not.
    pub misnamed: bool,
    /// Whether it is spelled as Terraform's.
    pub as_terraform: bool,
    /// The check that it belongs to, which alone may refer to it.
    pub scope: Option<Arc<str>>,
}

/// Meta-arguments.
#[derive(Debug, Default)]
pub struct Meta {
    /// `count`
    pub count: Option<Expr>,
    /// `for_each`
    pub for_each: Option<Expr>,
    /// `depends_on`
    pub depends_on: Vec<Expr>,
    /// `provider`
    pub provider: Option<Expr>,
    /// `protect`
    pub protect: Option<Expr>,
    /// `target` of an alarm.
    pub target: Option<Expr>,
    /// `per` of an alarm.
    pub per: Option<Expr>,
    /// Whether the instances of a target are called by numbers of nodes, not by their ids.
    pub numbered: bool,
    /// `timeouts`
    pub timeouts: BTreeMap<Arc<str>, Expr>,
    /// `lifecycle`
    pub lifecycle: Lifecycle,
}

/// The `lifecycle` block.
#[derive(Debug, Default)]
pub struct Lifecycle {
    /// The new object first.
    pub create_before_destroy: bool,
    /// No destroying, where this holds.
    pub prevent_destroy: Option<Expr>,
    /// Whether the block is there at all.
    pub enabled: Option<Expr>,
    /// The object is left where it is when it goes from the stack.
    pub abandon: bool,
    /// Attributes whose differences do not count; `all` is every one.
    pub ignore_changes: Vec<Arc<str>>,
    /// Elements of maps and lists whose differences do not count.
    pub ignore_parts: Vec<ignore::Part>,
    /// Every attribute is ignored.
    pub ignore_all: bool,
    /// References whose change takes a new object.
    pub replace_triggered_by: Vec<Expr>,
    /// Must hold before.
    pub preconditions: Vec<Condition>,
    /// Must hold after.
    pub postconditions: Vec<Condition>,
}

impl Lifecycle {
    /// Whether differences of an attribute do not count, whatever they are.
    pub fn ignores(&self, attribute: &str) -> bool {
        self.ignore_all || self.ignore_changes.iter().any(|ignored| **ignored == *attribute)
    }
}

impl Resource {
    /// Every expression in the block, nested and meta included, but for `depends_on`, which asks for no value.
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut all: Vec<&Expr> = self.attributes.iter().map(|attribute| &attribute.expr).collect();
        for nested in &self.nested {
            nested.expressions(&mut all);
        }
        let meta = &self.meta;
        all.extend([&meta.count, &meta.for_each, &meta.protect, &meta.target, &meta.per].into_iter().flatten());
        all.extend(meta.timeouts.values());
        let lifecycle = &meta.lifecycle;
        all.extend(lifecycle.enabled.iter().chain(&lifecycle.prevent_destroy));
        all.extend(lifecycle.replace_triggered_by.iter());
        let conditions = lifecycle.preconditions.iter().chain(&lifecycle.postconditions);
        all.extend(conditions.flat_map(|condition| [&condition.condition, &condition.message]));
        all
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name == name)
    }
}

/// Reads the declarations of parsed files.
pub fn declare(bodies: &[(FileId, Body)], sources: &SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Module {
    let mut module = Module::default();
    for (_, body) in bodies {
        for attribute in &body.attributes {
            diagnostics.push(
                Diagnostic::error(
                    "CS0310",
                    "An attribute outside of a block",
                    format!("`{}` stands at the top of the file, where only blocks may be.", attribute.name),
                )
                .at(attribute.name_span)
                .help("Put it into a block; values of variables belong in a .auto.hclvars file."),
            );
        }
        for block in &body.blocks {
            settings::declare_block(block, sources, &mut module, diagnostics);
        }
    }
    links::check(&module, diagnostics);
    by_block::resolve(&mut module);
    module
}
