//! The instances of something that is repeated, and their values as one.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Key;
use crate::stack::target::{Expansion, Instance};
use crate::value::convert::convert;
use crate::value::{Data, Type, Value};

/// The instances of a block: their values by key; one without a key for a block that is not repeated.
#[derive(Debug, Clone)]
pub struct Instances {
    values: BTreeMap<Option<Key>, Value>,
    /// What each stands for, as far as the block was laid out.
    laid_out: BTreeMap<Option<Key>, Instance>,
    repetition: Repetition,
    /// All of them as one value, made when somebody wants it: an apply puts in one instance after the other.
    whole: OnceCell<Value>,
    /// The generation in which any of them changed last.
    changed: u64,
    /// The same of those that were put in one by one.
    changes: BTreeMap<Option<Key>, u64>,
}

/// How a block is repeated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Repetition {
    /// Not at all.
    #[default]
    Once,
    /// By `count`: a tuple.
    Count,
    /// By `for_each` or `target`: an object.
    Each,
}

impl Instances {
    /// The instances that a block was laid out as, and their values.
    pub fn of(expansion: Expansion, values: BTreeMap<Option<Key>, Value>) -> Self {
        let laid_out = expansion.instances.into_iter().map(|instance| (instance.key.clone(), instance)).collect();
        Self { laid_out, ..Self::new(expansion.repetition, values) }
    }

    /// Instances that are all known.
    pub fn new(repetition: Repetition, values: BTreeMap<Option<Key>, Value>) -> Self {
        Self {
            values,
            laid_out: BTreeMap::new(),
            repetition,
            whole: OnceCell::new(),
            changed: 0,
            changes: BTreeMap::new(),
        }
    }

    /// Puts in the value of one instance.
    pub(super) fn set(&mut self, key: Option<Key>, value: Value, generation: u64) {
        self.values.insert(key.clone(), value);
        self.whole.take();
        self.changed = generation;
        self.changes.insert(key, generation);
    }

    /// How it is repeated, and the values.
    pub(super) fn parts(&self) -> (Repetition, &BTreeMap<Option<Key>, Value>) {
        (self.repetition, &self.values)
    }

    /// All of them as one value.
    pub(super) fn whole(&self) -> &Value {
        self.whole.get_or_init(|| self.repetition.assemble(self.values.clone()))
    }

    /// The instance of a key.
    pub(super) fn get(&self, key: &Option<Key>) -> Option<&Value> {
        self.values.get(key)
    }

    /// What the instance of a key stands for, where that was wholly known when the block was laid out.
    pub(super) fn laid_out(&self, key: &Option<Key>) -> Option<&Instance> {
        self.laid_out.get(key).filter(|instance| instance.is_wholly_known())
    }

    /// What an index stands for, if that is a key that an instance has.
    pub(super) fn key(&self, index: &Value) -> Option<Option<Key>> {
        let key = match self.repetition {
            Repetition::Once => return None,
            Repetition::Count => {
                let index = convert(index, &Type::Number).ok()?.as_i64()?;
                Key::Index(u64::try_from(index).ok()?)
            }
            Repetition::Each => match convert(index, &Type::String).ok()?.data {
                Data::String(name) => Key::Name(name),
                _ => return None,
            },
        };
        Some(Some(key)).filter(|key| self.values.contains_key(key))
    }

    /// The generation in which an instance, or any of them, changed last.
    pub(super) fn changed(&self, key: Option<&Option<Key>>) -> u64 {
        key.map_or(self.changed, |key| self.changes.get(key).copied().unwrap_or_default())
    }
}

impl Repetition {
    /// One value of the values of all instances.
    pub fn assemble(self, values: BTreeMap<Option<Key>, Value>) -> Value {
        match self {
            Repetition::Once => values.into_values().next().unwrap_or_else(Value::null),
            Repetition::Count => Value::tuple(values.into_values().collect()),
            Repetition::Each => Value::object(
                values
                    .into_iter()
                    .filter_map(|(key, value)| match key {
                        Some(Key::Name(name)) => Some((name, value)),
                        _ => None,
                    })
                    .collect(),
            ),
        }
    }
}
