//! The names as one instance of a module sees them.

use std::sync::Arc;

use crate::address::{Address, Key, Mode, ModulePath};
use crate::catalog::nodes;
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::kinds;
use crate::kinds::our_name;
use crate::lang::ast::Expr;
use crate::lang::ast::Step;
use crate::lang::declare::{Call, Module};
use crate::lang::eval::{Scope, Settings, eval};
use crate::lang::refs;
use crate::stack::evaluator::kept::{Block, Source};
use crate::stack::evaluator::{Evaluator, Item, Names};
use crate::stack::target::Instance;
use crate::value::{Origin, Type, Value};

/// Names that only mean something in some places, and where.
const LOCAL_ROOTS: [(&str, &str); 4] = [
    ("each", "a block with `for_each`"),
    ("count", "a block with `count`"),
    ("self", "a `postcondition`"),
    ("node", "an alarm with a `target`"),
];

/// The names of a stack from within one instance of a module, or the root.
pub struct View<'a> {
    pub(super) evaluator: &'a Evaluator,
    /// The way to it, with keys.
    pub(super) path: &'a [(Arc<str>, Option<Key>)],
    pub(super) module: &'a Module,
    pub(super) names: &'a Names,
    pub(super) settings: &'a Settings,
    /// The check whose expressions are evaluated.
    check: Option<&'a str>,
}

impl<'a> View<'a> {
    pub(super) fn new(evaluator: &'a Evaluator, path: &'a [(Arc<str>, Option<Key>)]) -> Self {
        let config: ModulePath = path.iter().map(|(name, _)| (name.clone(), None)).collect();
        let stack = evaluator.stack();
        let settings = evaluator.settings.get(&config).or_else(|| evaluator.settings.values().next());
        Self {
            evaluator,
            path,
            module: stack.declared(&config).unwrap_or(&stack.module),
            names: evaluator.modules.get(path).unwrap_or(&evaluator.nothing),
            settings: settings.expect("the root has settings"),
            check: None,
        }
    }

    /// The same from within a check.
    pub fn of_check(self, name: &'a str) -> Self {
        Self { check: Some(name), ..self }
    }

    /// The way to the module without keys.
    pub(super) fn config(&self) -> ModulePath {
        self.path.iter().map(|(name, _)| (name.clone(), None)).collect()
    }

    /// The block that calls the module.
    pub(super) fn call(&self) -> Option<&'a Call> {
        self.evaluator.stack().call(&self.config())
    }

    /// The evaluator behind.
    pub fn evaluator(&self) -> &'a Evaluator {
        self.evaluator
    }

    /// Evaluates a local value and keeps it. A wrong one is reported once and unknown from then on.
    pub fn local(&self, name: &Arc<str>) -> Result<Value, Vec<Diagnostic>> {
        let Some(local) = self.module.locals.get(name) else { return Ok(Value::unknown(Type::Any, None)) };
        self.kept(Item::Local, name, || eval(&local.expr, self))
    }

    /// What an instance of a block stands for, where that was wholly known when the block was laid out.
    pub fn laid_out(&self, block: &Address, key: Option<&Key>) -> Option<Instance> {
        let instances = self.names.blocks.get(&(block.mode, block.kind.clone(), block.name.clone()))?;
        instances.laid_out(&key.cloned()).cloned()
    }

    /// Evaluates what a block is repeated for, and keeps it: an apply asks for each instance again.
    pub fn repeated(
        &self,
        block: &Address,
        fresh: impl FnOnce() -> Result<Value, Vec<Diagnostic>>,
    ) -> Result<Value, Vec<Diagnostic>> {
        self.kept(Item::Each, &format!("{}{}.{}", block.mode.prefix(), block.kind, block.name).into(), fresh)
    }

    /// The block that steps begin with, and how many of them name it; `None` for anything else, and for the resources
    /// of other tools.
    fn block_of(&self, root: &str, steps: &[Step]) -> Option<(Block, usize)> {
        let mode = Mode::of_word(root).unwrap_or(Mode::Managed);
        let (kind, at) = if mode == Mode::Managed { (root, 0) } else { (&**named(steps, 0)?, 1) };
        let name = named(steps, at)?;
        let prefix = mode.prefix();
        let any = !self.module.foreign.is_empty() || !self.evaluator.foreign.is_empty();
        if any && self.is_foreign(&format!("{prefix}{kind}.{name}")) {
            return None;
        }
        Some(((mode, our_name(kind).into(), name.clone()), at + 1))
    }

    /// Whether another tool has the resource.
    fn is_foreign(&self, address: &str) -> bool {
        self.module.foreign.contains_key(address) || self.is_given(address)
    }

    /// The one instance that an index names. Looks at no other.
    fn instance(&self, block: &Block, index: &Value) -> Option<Value> {
        let instances = self.names.blocks.get(block)?;
        let key = instances.key(index)?;
        let value = instances.get(&key)?.clone();
        self.evaluator.trail.note(|| Source::Block(self.path.to_vec(), block.clone(), Some(key)));
        Some(value)
    }

    fn block(&self, mode: Mode, kind: &str, name: &str, span: Span) -> Result<Value, Diagnostic> {
        let address = Address { mode, module: self.path.to_vec(), ..Address::managed(our_name(kind), name) };
        if mode == Mode::Data
            && let Some(check) = self.evaluator.stack().resource(&address).and_then(|block| block.scope.as_deref())
            && self.check != Some(check)
        {
            let detail = format!("`data.{kind}.{name}` belongs to `check \"{check}\"`.");
            let diagnostic = Diagnostic::error("CS0401", "Undeclared reference", detail).at(span);
            let diagnostic = diagnostic.about(format!("data.{kind}.{name}"));
            return Err(diagnostic.help("Move the data block out of the check to refer to it from elsewhere."));
        }
        let block = (mode, address.kind.clone(), address.name.clone());
        if let Some(instances) = self.names.blocks.get(&block) {
            self.evaluator.trail.note(|| Source::Block(self.path.to_vec(), block, None));
            return Ok(instances.whole().clone());
        }
        self.evaluator.trail.note(|| Source::Missing(self.path.to_vec(), block));
        if self.evaluator.stack().resource(&address).is_some() {
            return Ok(Value::unknown(Type::Any, Some(Arc::new(Origin::Block(Arc::new(address))))));
        }
        Err(self.undeclared(mode, kind, name, span))
    }

    fn variable(&self, name: &Arc<str>, span: Span) -> Result<Value, Diagnostic> {
        let value = match self.path.is_empty() {
            true => self.names.variables.get(name).cloned(),
            false => match self.module.variables.contains_key(name) {
                true => Some(self.input(name).map_err(|mut wrong| wrong.swap_remove(0))?),
                false => None,
            },
        };
        let known = || self.module.variables.keys().map(|name| &**name);
        value.ok_or_else(|| self.missing("var", name, known(), span))
    }

    fn undeclared(&self, mode: Mode, kind: &str, name: &str, span: Span) -> Diagnostic {
        let prefix = mode.prefix();
        let shown = format!("{prefix}{kind}.{name}");
        let module = self.module;
        let names: Vec<&str> = module
            .resources
            .iter()
            .filter(|resource| resource.address.mode == mode && &*resource.address.kind == our_name(kind))
            .map(|resource| &*resource.address.name)
            .collect();
        let help = match did_you_mean(name, names.iter().copied()) {
            Some(near) => format!("Did you mean `{prefix}{kind}.{near}`?"),
            None if names.is_empty() => format!(
                "{} declares no {} of that kind.",
                if self.path.is_empty() { "The stack" } else { "The module" },
                match mode {
                    Mode::Managed => "resource",
                    Mode::Data => "data block",
                    Mode::Ephemeral => "ephemeral block",
                }
            ),
            None => format!("There are: {}.", names.join(", ")),
        };
        Diagnostic::error("CS0401", "Undeclared reference", format!("`{shown}` is not declared."))
            .at(span)
            .help(help)
            .about(shown)
    }

    fn missing<'v>(&self, root: &str, name: &str, known: impl Iterator<Item = &'v str>, span: Span) -> Diagnostic {
        let known: Vec<&str> = known.collect();
        let (what, declare) = match root {
            "var" => ("variable", format!("Declare it: variable \"{name}\" {{}}.")),
            "local" => ("local value", format!("Declare it: locals {{ {name} = ... }}.")),
            _ => ("attribute", format!("There are: {}.", known.join(", "))),
        };
        let help =
            did_you_mean(name, known.iter().copied()).map_or(declare, |near| format!("Did you mean `{root}.{near}`?"));
        Diagnostic::error("CS0401", "Undeclared reference", format!("There is no {what} `{root}.{name}`."))
            .at(span)
            .help(help)
            .about(format!("{root}.{name}"))
    }

    fn directory(&self, name: &str) -> Option<Value> {
        match name {
            "module" => {
                let unit = self.evaluator.stack().units.get(&self.config());
                Some(Value::string(unit.map_or(".", |unit| unit.path.as_str())))
            }
            "root" => Some(Value::string(".")),
            "cwd" => {
                Some(Value::string(std::env::current_dir().map(|path| path.display().to_string()).unwrap_or_default()))
            }
            _ => None,
        }
    }
}

/// The name behind `var` and the like.
fn attribute(root: &str, steps: &[Step], span: Span) -> Result<Arc<str>, Diagnostic> {
    match steps.first() {
        Some(Step::Attr(name) | Step::Key(name)) => Ok(name.clone()),
        _ => Err(Diagnostic::error("CS0403", "Half a reference", format!("`{root}` must be followed by a name."))
            .at(span)
            .help(format!("Write `{root}.NAME`."))),
    }
}

/// Finds a step's name among known values.
fn named(steps: &[Step], at: usize) -> Option<&Arc<str>> {
    match steps.get(at) {
        Some(Step::Attr(name)) => Some(name),
        _ => None,
    }
}

impl Scope for View<'_> {
    fn resolve(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diagnostic> {
        match root {
            "var" => {
                let name = attribute(root, steps, span)?;
                Ok((self.variable(&name, span)?, 1))
            }
            "local" => {
                let name = attribute(root, steps, span)?;
                let known = || self.module.locals.keys().map(|name| &**name);
                if !self.module.locals.contains_key(&name) {
                    return Err(self.missing(root, &name, known(), span));
                }
                let value = self.local(&name).map_err(|mut wrong| wrong.swap_remove(0))?;
                Ok((value, 1))
            }
            "env" => {
                let name = attribute(root, steps, span)?;
                let known = || self.evaluator.environment.keys().map(|name| &**name);
                self.evaluator
                    .environment
                    .get(&name)
                    .cloned()
                    .map(|value| (value, 1))
                    .ok_or_else(|| self.missing(root, &name, known(), span))
            }
            "path" | "terraform" => {
                let name = attribute(root, steps, span)?;
                let value = match root {
                    "terraform" if &*name == "workspace" => self.evaluator.environment.get("name").cloned(),
                    "path" => self.directory(&name),
                    _ => None,
                };
                let known: &[&str] = if root == "path" { &["module", "root", "cwd"] } else { &["workspace"] };
                value.map(|value| (value, 1)).ok_or_else(|| self.missing(root, &name, known.iter().copied(), span))
            }
            "module" => self.called(steps, span),
            root => match Mode::of_word(root) {
                Some(mode) => self.resolve_look_up(mode, steps, span),
                None => self.resolve_block(root, steps, span),
            },
        }
    }

    fn settings(&self) -> &Settings {
        self.settings
    }

    fn is_repeated(&self, root: &str, steps: &[Step]) -> bool {
        let block = self.block_of(root, steps).filter(|(_, used)| *used == steps.len());
        block.is_some_and(|((mode, kind, name), _)| {
            mode == Mode::Managed && self.names.blocks.contains_key(&(mode, kind, name))
        })
    }

    fn element(&self, root: &str, steps: &[Step], key: &Value) -> Option<Value> {
        let (block, _) = self.block_of(root, steps)?;
        self.instance(&block, key)
    }

    fn written_local(&self, name: &str) -> Option<&Expr> {
        self.module.locals.get(name).map(|local| &local.expr)
    }

    fn roots(&self) -> Vec<String> {
        let fixed =
            ["var", "local", "env", "data", "ephemeral", "module", "path", "terraform"].into_iter().map(str::to_owned);
        fixed.chain(self.module.resources.iter().map(|resource| resource.address.kind.to_string())).collect()
    }
}

/// Words of other languages, and what is written here.
const WORDS: [(&str, &str); 14] = [
    ("if", "`condition ? this : that`"),
    ("on", "`true`"),
    ("off", "`false`"),
    ("True", "`true`"),
    ("TRUE", "`true`"),
    ("yes", "`true`"),
    ("False", "`false`"),
    ("FALSE", "`false`"),
    ("no", "`false`"),
    ("None", "`null`"),
    ("nil", "`null`"),
    ("undefined", "`null`"),
    ("NULL", "`null`"),
    ("not", "`!` before a condition"),
];

impl View<'_> {
    fn resolve_look_up(&self, mode: Mode, steps: &[Step], span: Span) -> Result<(Value, usize), Diagnostic> {
        let (word, prefix) = (mode.word(), mode.prefix());
        let (Some(kind), Some(name)) = (named(steps, 0), named(steps, 1)) else {
            let detail = format!("`{word}` must be followed by a kind and a name.");
            let diagnostic = Diagnostic::error("CS0403", "Half a reference", detail).at(span);
            return Err(diagnostic.help(format!("Write `{word}.KIND.NAME.ATTRIBUTE`.")));
        };
        match self.foreign(&format!("{prefix}{kind}.{name}")) {
            Some(value) => Ok((value, 2)),
            None => self.block_or_instance(mode, kind, name, steps, 2, span),
        }
    }

    fn resolve_block(&self, kind: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diagnostic> {
        if let Some((_, place)) = LOCAL_ROOTS.iter().find(|(root, _)| *root == kind) {
            return Err(Diagnostic::error(
                "CS0405",
                "A name out of place",
                format!("`{kind}` only means something in {place}."),
            )
            .at(span)
            .help(format!("Move the expression into {place}, or write the value out.")));
        }
        let foreign = self.module.foreign.keys().any(|address| address.starts_with(&format!("{kind}.")));
        let name = named(steps, 0);
        if let Some(value) = name.and_then(|name| self.foreign(&format!("{kind}.{name}"))) {
            return Ok((value, 1));
        }
        if kinds::get(our_name(kind)).is_none() && !foreign && !kind.starts_with("aws_") {
            let mut roots = self.roots();
            roots.extend(kinds::names().map(str::to_owned));
            let word = WORDS.iter().find(|(word, _)| *word == kind);
            let text = refs::path(kind, steps);
            let help = match (word, did_you_mean(kind, roots.iter().map(String::as_str))) {
                _ if nodes::get(&text).is_some() => format!("A text needs quotes: \"{text}\"."),
                _ if self.module.variables.contains_key(kind) => format!("Write `var.{kind}`."),
                _ if self.module.locals.contains_key(kind) => format!("Write `local.{kind}`."),
                (Some((_, here)), _) => format!("Write {here}."),
                (_, Some(near)) => format!("Did you mean `{near}`?"),
                _ => "A text needs quotes; a variable is `var.NAME`, a local value `local.NAME`.".to_owned(),
            };
            return Err(Diagnostic::error(
                "CS0401",
                "Undeclared reference",
                format!("Nothing here is called `{kind}`."),
            )
            .about(kind)
            .at(span)
            .help(help));
        }
        let Some(name) = name else {
            return Err(Diagnostic::error(
                "CS0403",
                "Half a reference",
                format!("`{kind}` must be followed by the name of a resource."),
            )
            .at(span)
            .help(format!("Write `{kind}.NAME.ATTRIBUTE`.")));
        };
        self.block_or_instance(Mode::Managed, kind, name, steps, 1, span)
    }

    /// One instance where the step behind the name has its key, else all of them.
    fn block_or_instance(
        &self,
        mode: Mode,
        kind: &str,
        name: &Arc<str>,
        steps: &[Step],
        at: usize,
        span: Span,
    ) -> Result<(Value, usize), Diagnostic> {
        let index = match steps.get(at) {
            Some(Step::Key(key)) => Some(Value::string(key)),
            Some(Step::Index(index)) => i64::try_from(*index).ok().map(Value::int),
            _ => None,
        };
        // What belongs to a check is seen from within it only.
        if let Some(index) = index.filter(|_| mode == Mode::Managed)
            && let Some(value) = self.instance(&(mode, our_name(kind).into(), name.clone()), &index)
        {
            return Ok((value, at + 1));
        }
        Ok((self.block(mode, kind, name, span)?, at))
    }
}
