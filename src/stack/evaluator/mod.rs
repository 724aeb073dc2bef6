//! What names mean in a stack: the values of everything that has been evaluated so far.
//!
//! Values of blocks are put in as they become known: planned ones first, real ones while an apply goes on. What hangs
//! on something unknown is evaluated anew when that changes (`kept`); what was wholly known stays.

mod foreign;
mod instances;
mod kept;
mod modules;
mod snapshot;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{Address, Key, ModulePath};
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::Step;
use crate::lang::eval::{Scope, Settings};
use crate::stack::Stack;
use crate::stack::remote_state::RemoteStates;
use crate::stack::secrets::Secrets;
use crate::value::{Object, Origin, Type, Value};

pub use instances::{Instances, Repetition};
use kept::{Item, Kept, Trail};
use modules::Repeated;
pub use snapshot::Snapshot;
pub use view::View;

/// The names of a stack in one environment.
#[derive(Debug)]
pub struct Evaluator {
    stack: Arc<ModuleNames>,
    /// What functions see, by module.
    settings: BTreeMap<ModulePath, Settings>,
    environment: Object,
    /// The names of the root and of every instance of a module.
    modules: BTreeMap<ModulePath, Names>,
    instances: BTreeMap<ModulePath, Vec<ModulePath>>,
    /// Values of resources of other tools, by address.
    foreign: BTreeMap<String, Value>,
    secrets: Secrets,
    remote_states: RemoteStates,
    /// Whether more is told of resources of other tools once there is an account.
    foreign_awaited: bool,
    /// Grows whenever a value becomes known that was not.
    generation: u64,
    trail: Trail,
    nothing: Names,
}

/// The names of an instance of a module.
#[derive(Debug, Default)]
struct Names {
    /// The variables of the root.
    variables: Object,
    blocks: BTreeMap<kept::Block, Instances>,
    /// What was evaluated on demand.
    kept: Kept,
    calls: BTreeMap<Arc<str>, Repeated>,
    /// `each.value` of the instance.
    each: Option<Value>,
    /// Nobody can say whether there is this instance.
    open: bool,
}

/// The declarations that names are looked up in.
#[derive(Debug)]
pub struct ModuleNames(pub Stack);

impl Evaluator {
    /// Starts with nothing but the name of the environment.
    pub fn new(stack: Arc<ModuleNames>, settings: Settings, secrets: Secrets, environment: &str) -> Self {
        let of_unit =
            |directory: &Option<std::path::PathBuf>| Settings { module: directory.clone(), ..settings.clone() };
        let units = stack.0.units.iter().map(|(path, unit)| (path.clone(), of_unit(&unit.directory)));
        let settings = units.chain([(Vec::new(), settings.clone())]).collect();
        Self {
            stack,
            settings,
            environment: Object::from([("name".into(), Value::string(environment))]),
            modules: BTreeMap::from([(Vec::new(), Names::default())]),
            instances: BTreeMap::new(),
            foreign: BTreeMap::new(),
            secrets,
            remote_states: RemoteStates::default(),
            foreign_awaited: false,
            generation: 0,
            trail: Trail::default(),
            nothing: Names::default(),
        }
    }

    /// The stack.
    pub fn stack(&self) -> &Stack {
        &self.stack.0
    }

    /// The declarations, to hold on to while values change.
    pub fn names(&self) -> Arc<ModuleNames> {
        self.stack.clone()
    }

    /// The variables of the root.
    pub fn variables(&self) -> Object {
        self.modules.get(&Vec::new()).map(|root| root.variables.clone()).unwrap_or_default()
    }

    /// When the plan was begun, as RFC 3339.
    pub fn plan_timestamp(&self) -> String {
        self.within(&[]).settings.plan_timestamp.to_string()
    }

    /// Where secrets are read.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The states of other configurations.
    pub fn remote_states(&self) -> &RemoteStates {
        &self.remote_states
    }

    /// The names as an instance of a module sees them.
    pub fn within<'a>(&'a self, path: &'a [(Arc<str>, Option<Key>)]) -> View<'a> {
        View::new(self, path)
    }

    fn root(&mut self) -> &mut Names {
        self.modules.entry(Vec::new()).or_default()
    }

    /// Puts in the values of variables.
    pub fn set_variables(&mut self, variables: Object) {
        self.root().variables = variables;
    }

    /// Puts in `env.region` and `env.account_id`.
    pub fn set_environment(&mut self, region: Option<&str>, account: Option<&str>) {
        for (name, text) in [("region", region), ("account_id", account)] {
            let unknown = || Value::unknown(Type::String, Some(Arc::new(Origin::Environment(name))));
            self.environment.insert(name.into(), text.map_or_else(unknown, Value::string));
        }
        self.modules.values_mut().for_each(|names| names.kept.clear());
    }

    /// Puts in the values of resources of other tools: `aws_vpc.main` and its attributes. Those that are there stay.
    pub fn add_foreign(&mut self, values: BTreeMap<String, Value>) {
        for (address, value) in values {
            self.foreign.entry(address).or_insert(value);
        }
    }

    /// The values of resources of other tools are open until they are put in: the account is to be asked for them.
    pub fn await_foreign(&mut self, awaited: bool) {
        self.foreign_awaited = awaited;
    }

    /// From now on values are told that were left open while the plan was made: the time, and random ones.
    pub fn begin(&mut self, now: &str) {
        self.settings.values_mut().for_each(|settings| settings.timestamp = Some(now.into()));
        self.modules.values_mut().for_each(|names| names.kept.clear());
    }

    /// Puts in all instances of a block.
    pub fn set_block(&mut self, block: &Address, instances: Instances) {
        let names = self.modules.entry(block.module.clone()).or_default();
        names.blocks.insert((block.mode, block.kind.clone(), block.name.clone()), instances);
    }

    /// The value of one instance, where it has one.
    pub fn instance(&self, address: &Address) -> Option<Value> {
        let block = (address.mode, address.kind.clone(), address.name.clone());
        self.modules.get(&address.module)?.blocks.get(&block)?.get(&address.key).cloned()
    }

    /// Puts in the value of one instance; what was not wholly known without it is evaluated anew.
    pub fn set_instance(&mut self, address: &Address, value: Value) {
        self.generation += 1;
        let generation = self.generation;
        let names = self.modules.get_mut(&address.module);
        let block = (address.mode, address.kind.clone(), address.name.clone());
        if let Some(instances) = names.and_then(|names| names.blocks.get_mut(&block)) {
            instances.set(address.key.clone(), value, generation);
        }
    }

    /// Gives every module names of its own before its instances are known, so that what one evaluates is not taken for
    /// what another means by the same name. [`Evaluator::clear`] takes them back.
    pub fn prepare_modules(&mut self) {
        let units: Vec<ModulePath> = self.stack().units.keys().cloned().collect();
        for path in units {
            self.modules.entry(path).or_default();
        }
    }

    /// Forgets every block and module, to evaluate all of them anew.
    pub fn clear(&mut self) {
        let variables = std::mem::take(&mut self.root().variables);
        self.modules = BTreeMap::from([(Vec::new(), Names { variables, ..Names::default() })]);
        self.instances.clear();
        self.settings.values().for_each(|settings| settings.budget.forget());
    }
}

impl Scope for Evaluator {
    fn resolve(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diagnostic> {
        self.within(&[]).resolve(root, steps, span)
    }

    fn settings(&self) -> &Settings {
        self.within(&[]).settings
    }

    fn is_repeated(&self, root: &str, steps: &[Step]) -> bool {
        self.within(&[]).is_repeated(root, steps)
    }

    fn element(&self, root: &str, steps: &[Step], key: &Value) -> Option<Value> {
        self.within(&[]).element(root, steps, key)
    }

    fn roots(&self) -> Vec<String> {
        self.within(&[]).roots()
    }
}
