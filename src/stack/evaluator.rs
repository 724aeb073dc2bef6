//! What names mean in a stack: the values of everything that has been evaluated so far.
//!
//! Values of blocks are put in as they become known: planned ones first, real ones while an apply goes on. What hangs
//! on something unknown is evaluated anew when that changes; what was wholly known stays.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{Address, Key, Mode};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::kind::our_name;
use crate::kinds;
use crate::lang::ast::Step;
use crate::lang::declare::Module;
use crate::lang::eval::{Scope, Settings, eval};
use crate::stack::secrets::Secrets;
use crate::value::{Object, Type, Value};

/// Names that only mean something in some places, and where.
const LOCAL_ROOTS: [(&str, &str); 4] = [
    ("each", "a block with `for_each`"),
    ("count", "a block with `count`"),
    ("self", "a `postcondition`"),
    ("node", "an alarm with a `target`"),
];

/// The instances of a block: their values by key; one without a key for a block that is not repeated.
#[derive(Debug, Clone)]
pub struct Instances {
    values: BTreeMap<Option<Key>, Value>,
    repetition: Repetition,
    whole: Value,
}

/// How a block is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// Not at all.
    Once,
    /// By `count`: a tuple.
    Count,
    /// By `for_each` or `target`: an object.
    Each,
}

impl Instances {
    /// Instances that are all known.
    pub fn new(repetition: Repetition, values: BTreeMap<Option<Key>, Value>) -> Self {
        let mut instances = Self { values, repetition, whole: Value::null() };
        instances.whole = instances.assemble();
        instances
    }

    /// Puts in the value of one instance.
    fn set(&mut self, key: Option<Key>, value: Value) {
        self.values.insert(key, value);
        self.whole = self.assemble();
    }

    fn assemble(&self) -> Value {
        match self.repetition {
            Repetition::Once => self.values.values().next().cloned().unwrap_or_else(Value::null),
            Repetition::Count => Value::tuple(self.values.values().cloned().collect()),
            Repetition::Each => Value::object(
                self.values
                    .iter()
                    .filter_map(|(key, value)| match key {
                        Some(Key::Name(name)) => Some((name.clone(), value.clone())),
                        _ => None,
                    })
                    .collect(),
            ),
        }
    }
}

/// The names of a stack in one environment.
#[derive(Debug)]
pub struct Evaluator {
    module: Arc<ModuleNames>,
    settings: Settings,
    environment: Object,
    variables: BTreeMap<Arc<str>, Value>,
    locals: RefCell<BTreeMap<Arc<str>, Value>>,
    blocks: BTreeMap<Address, Instances>,
    overrides: BTreeMap<String, Value>,
    secrets: Secrets,
}

/// The declarations that names are looked up in.
#[derive(Debug)]
pub struct ModuleNames(pub crate::stack::Stack);

impl ModuleNames {
    fn module(&self) -> &Module {
        &self.0.module
    }
}

impl Evaluator {
    /// Starts with nothing but the name of the environment.
    pub fn new(stack: Arc<ModuleNames>, settings: Settings, secrets: Secrets, environment: &str) -> Self {
        let environment = Object::from([("name".into(), Value::string(environment))]);
        Self {
            module: stack,
            settings,
            environment,
            variables: BTreeMap::new(),
            locals: RefCell::default(),
            blocks: BTreeMap::new(),
            overrides: BTreeMap::new(),
            secrets,
        }
    }

    /// The stack.
    pub fn stack(&self) -> &crate::stack::Stack {
        &self.module.0
    }

    /// The declarations, to hold on to while values change.
    pub fn names(&self) -> Arc<ModuleNames> {
        self.module.clone()
    }

    /// Where secrets are read.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Puts in the values of variables.
    pub fn set_variables(&mut self, variables: BTreeMap<Arc<str>, Value>) {
        self.variables = variables;
    }

    /// Puts in `env.region` and `env.account_id`.
    pub fn set_environment(&mut self, region: Option<&str>, account: Option<&str>) {
        let text = |text: Option<&str>, origin: &str| {
            text.map_or_else(|| Value::unknown(Type::String, Some(origin.into())), Value::string)
        };
        self.environment.insert("region".into(), text(region, "env.region"));
        self.environment.insert("account_id".into(), text(account, "env.account_id"));
        self.locals.borrow_mut().clear();
    }

    /// Puts in the values of resources of other tools: `aws_vpc.main` and its attributes.
    pub fn set_overrides(&mut self, overrides: BTreeMap<String, Value>) {
        self.overrides = overrides;
    }

    /// Puts in all instances of a block.
    pub fn set_block(&mut self, block: &Address, instances: Instances) {
        self.blocks.insert(block.block(), instances);
    }

    /// Puts in the value of one instance, and forgets what was not wholly known without it.
    pub fn set_instance(&mut self, address: &Address, value: Value) {
        if let Some(instances) = self.blocks.get_mut(&address.block()) {
            instances.set(address.key.clone(), value);
        }
        self.locals.borrow_mut().retain(|_, value| value.is_wholly_known());
    }

    /// Forgets every block, to evaluate all of them anew.
    pub fn clear(&mut self) {
        self.blocks.clear();
        self.locals.borrow_mut().clear();
    }

    /// Evaluates a local value and keeps it. A wrong one is reported once and unknown from then on.
    pub fn local(&self, name: &Arc<str>) -> Result<Value, Vec<Diagnostic>> {
        if let Some(value) = self.locals.borrow().get(name) {
            return Ok(value.clone());
        }
        let Some(local) = self.module.module().locals.get(name) else { return Ok(Value::unknown(Type::Any, None)) };
        // Also cuts a cycle, which the graph has reported.
        self.locals.borrow_mut().insert(name.clone(), Value::unknown(Type::Any, None));
        let value = eval(&local.expr, self)?;
        self.locals.borrow_mut().insert(name.clone(), value.clone());
        Ok(value)
    }

    fn block(&self, mode: Mode, kind: &str, name: &str, span: Span) -> Result<Value, Diagnostic> {
        let address = Address { mode, ..Address::managed(our_name(kind), name) };
        if let Some(instances) = self.blocks.get(&address) {
            return Ok(instances.whole.clone());
        }
        if self.module.module().resources.iter().any(|resource| resource.address == address) {
            return Ok(Value::unknown(Type::Any, Some(address.to_string().into())));
        }
        Err(self.undeclared(mode, kind, name, span))
    }

    fn undeclared(&self, mode: Mode, kind: &str, name: &str, span: Span) -> Diagnostic {
        let prefix = if mode == Mode::Data { "data." } else { "" };
        let shown = format!("{prefix}{kind}.{name}");
        let module = self.module.module();
        if let Some(declared) = module.foreign.get(&shown) {
            return Diagnostic::error(
                "CS0402",
                "A value of another tool",
                format!("`{shown}` is not managed by cachestack, so its attributes are not known here."),
            )
            .at(span)
            .related(*declared, "declared here")
            .help(format!(
                "Replace it by a variable or a data block, or pass a value: --var '{shown}={{ id = \"...\" }}'."
            ));
        }
        let names: Vec<&str> = module
            .resources
            .iter()
            .filter(|resource| resource.address.mode == mode && &*resource.address.kind == our_name(kind))
            .map(|resource| &*resource.address.name)
            .collect();
        let help = match did_you_mean(name, names.iter().copied()) {
            Some(near) => format!("Did you mean `{prefix}{kind}.{near}`?"),
            None if names.is_empty() => format!(
                "The stack declares no {} of that kind.",
                if mode == Mode::Data { "data block" } else { "resource" }
            ),
            None => format!("There are: {}.", names.join(", ")),
        };
        Diagnostic::error("CS0401", "Undeclared reference", format!("`{shown}` is not declared.")).at(span).help(help)
    }

    fn attribute<'v>(
        &self,
        root: &str,
        known: impl Iterator<Item = &'v str>,
        steps: &[Step],
        span: Span,
    ) -> Result<Arc<str>, Diagnostic> {
        let _ = known;
        match steps.first() {
            Some(Step::Attr(name) | Step::Key(name)) => Ok(name.clone()),
            _ => Err(Diagnostic::error("CS0403", "Half a reference", format!("`{root}` must be followed by a name."))
                .at(span)
                .help(format!("Write `{root}.NAME`."))),
        }
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
    }

    fn path(&self, name: &str) -> Option<Value> {
        let directory = self.stack().directory.display().to_string();
        match name {
            "module" | "root" => Some(Value::string(directory)),
            "cwd" => {
                Some(Value::string(std::env::current_dir().map(|path| path.display().to_string()).unwrap_or_default()))
            }
            _ => None,
        }
    }
}

/// Finds a step's name among known values.
fn named(steps: &[Step], at: usize) -> Option<&Arc<str>> {
    match steps.get(at) {
        Some(Step::Attr(name)) => Some(name),
        _ => None,
    }
}

impl Scope for Evaluator {
    fn resolve(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diagnostic> {
        match root {
            "var" => {
                let name = self.attribute(root, std::iter::empty(), steps, span)?;
                let known = || self.variables.keys().map(|name| &**name);
                self.variables
                    .get(&name)
                    .cloned()
                    .map(|value| (value, 1))
                    .ok_or_else(|| self.missing(root, &name, known(), span))
            }
            "local" => {
                let name = self.attribute(root, std::iter::empty(), steps, span)?;
                let known = || self.module.module().locals.keys().map(|name| &**name);
                if !self.module.module().locals.contains_key(&name) {
                    return Err(self.missing(root, &name, known(), span));
                }
                let value = self.local(&name).map_err(|mut wrong| wrong.swap_remove(0))?;
                Ok((value, 1))
            }
            "env" => {
                let name = self.attribute(root, std::iter::empty(), steps, span)?;
                let known = || self.environment.keys().map(|name| &**name);
                self.environment
                    .get(&name)
                    .cloned()
                    .map(|value| (value, 1))
                    .ok_or_else(|| self.missing(root, &name, known(), span))
            }
            "path" | "terraform" => {
                let name = self.attribute(root, std::iter::empty(), steps, span)?;
                let value = match root {
                    "terraform" if &*name == "workspace" => self.environment.get("name").cloned(),
                    "path" => self.path(&name),
                    _ => None,
                };
                let known: &[&str] = if root == "path" { &["module", "root", "cwd"] } else { &["workspace"] };
                value.map(|value| (value, 1)).ok_or_else(|| self.missing(root, &name, known.iter().copied(), span))
            }
            "data" => match (named(steps, 0), named(steps, 1)) {
                (Some(kind), Some(name)) => {
                    if let Some(value) = self.overrides.get(&format!("data.{kind}.{name}")) {
                        return Ok((value.clone(), 2));
                    }
                    Ok((self.block(Mode::Data, kind, name, span)?, 2))
                }
                _ => Err(Diagnostic::error(
                    "CS0403",
                    "Half a reference",
                    "`data` must be followed by a kind and a name.",
                )
                .at(span)
                .help("Write `data.KIND.NAME.ATTRIBUTE`.")),
            },
            kind => self.resolve_block(kind, steps, span),
        }
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn roots(&self) -> Vec<String> {
        let fixed = ["var", "local", "env", "data", "path", "terraform"].into_iter().map(str::to_owned);
        fixed.chain(self.module.module().resources.iter().map(|resource| resource.address.kind.to_string())).collect()
    }
}

impl Evaluator {
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
        if kind == "module" {
            return Err(Diagnostic::error("CS0317", "Not supported yet", "cachestack does not read modules yet.")
                .at(span)
                .help("Write the content of the module into the stack."));
        }
        let foreign = self.module.module().foreign.keys().any(|address| address.starts_with(&format!("{kind}.")));
        let name = named(steps, 0);
        if let Some(value) = name.and_then(|name| self.overrides.get(&format!("{kind}.{name}"))) {
            return Ok((value.clone(), 1));
        }
        if kinds::get(our_name(kind)).is_none() && !foreign && !kind.starts_with("aws_") {
            let roots = self.roots();
            let help = match did_you_mean(kind, roots.iter().map(String::as_str)) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "A text needs quotes; a variable is `var.NAME`, a local value `local.NAME`.".to_owned(),
            };
            return Err(Diagnostic::error(
                "CS0401",
                "Undeclared reference",
                format!("Nothing here is called `{kind}`."),
            )
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
        Ok((self.block(Mode::Managed, kind, name, span)?, 1))
    }
}
