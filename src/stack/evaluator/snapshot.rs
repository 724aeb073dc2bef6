//! The values of an evaluator as data: what a saved plan takes along, so that nothing is evaluated again that the plan
//! knew. What is evaluated on demand is not in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::{Address, Key, ModulePath};
use crate::stack::evaluator::kept::Block;
use crate::stack::evaluator::modules::Repeated;
use crate::stack::evaluator::{Evaluator, Instances, Names, Repetition};
use crate::value::{Object, Value};

/// The values of a stack.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// The variables of the root.
    pub variables: Object,
    modules: Vec<(ModulePath, Module)>,
    instances: Vec<(ModulePath, Vec<ModulePath>)>,
    foreign: BTreeMap<String, Value>,
}

/// The values of an instance of a module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Module {
    blocks: Vec<(Block, Repetition, Vec<(Option<Key>, Value)>)>,
    calls: BTreeMap<Arc<str>, Repeated>,
    each: Option<Value>,
    open: bool,
}

impl Snapshot {
    /// Every instance that has a value.
    pub fn values(&self) -> Vec<(Address, Value)> {
        let modules = self.modules.iter();
        let blocks = modules.flat_map(|(path, module)| module.blocks.iter().map(move |block| (path, block)));
        let instances = blocks.flat_map(|(path, ((mode, kind, name), _, all))| {
            let of = move |key: &Option<Key>| Address {
                mode: *mode,
                module: path.clone(),
                key: key.clone(),
                ..Address::managed(kind.clone(), name.clone())
            };
            all.iter().map(move |(key, value)| (of(key), value.clone()))
        });
        instances.collect()
    }
}

impl Evaluator {
    /// All values, as `cover` lets them be written.
    pub fn snapshot(&self, cover: impl Fn(&Value) -> Value) -> Snapshot {
        let values = |values: &BTreeMap<Option<Key>, Value>| {
            values.iter().map(|(key, value)| (key.clone(), cover(value))).collect()
        };
        let block = |(name, instances): (&Block, &Instances)| {
            let (repetition, all) = instances.parts();
            (name.clone(), repetition, values(all))
        };
        let module = |names: &Names| Module {
            blocks: names.blocks.iter().map(block).collect(),
            calls: names.calls.clone(),
            each: names.each.as_ref().map(&cover),
            open: names.open,
        };
        let variables = self.modules.get(&Vec::new()).map(|root| &root.variables);
        Snapshot {
            variables: variables.into_iter().flatten().map(|(name, value)| (name.clone(), cover(value))).collect(),
            modules: self.modules.iter().map(|(path, names)| (path.clone(), module(names))).collect(),
            instances: self.instances.iter().map(|(path, ways)| (path.clone(), ways.clone())).collect(),
            foreign: self.foreign.iter().map(|(address, value)| (address.clone(), cover(value))).collect(),
        }
    }

    /// Puts the values of a snapshot in the place of all others. Variables stay as they are, and so does what the
    /// snapshot does not tell of resources of other tools.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        let variables = std::mem::take(&mut self.root().variables);
        let module = |module: &Module| {
            let instances = |repetition, values: &[(Option<Key>, Value)]| {
                Instances::new(repetition, values.iter().cloned().collect())
            };
            Names {
                blocks: module.blocks.iter().map(|(name, how, all)| (name.clone(), instances(*how, all))).collect(),
                calls: module.calls.clone(),
                each: module.each.clone(),
                open: module.open,
                ..Names::default()
            }
        };
        self.modules = snapshot.modules.iter().map(|(path, names)| (path.clone(), module(names))).collect();
        self.root().variables = variables;
        self.instances = snapshot.instances.iter().cloned().collect();
        let told = snapshot.foreign.iter().filter(|(_, value)| value.is_wholly_known());
        self.foreign.extend(told.map(|(address, value)| (address.clone(), value.clone())));
        self.generation += 1;
        self.settings.values().for_each(|settings| settings.budget.forget());
    }
}
