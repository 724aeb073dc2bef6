//! The instances of something that is repeated, and their values as one.

use std::collections::BTreeMap;

use crate::address::Key;
use crate::value::Value;

/// The instances of a block: their values by key; one without a key for a block that is not repeated.
#[derive(Debug, Clone)]
pub struct Instances {
    values: BTreeMap<Option<Key>, Value>,
    repetition: Repetition,
    whole: Value,
}

/// How a block is repeated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    /// Instances that are all known.
    pub fn new(repetition: Repetition, values: BTreeMap<Option<Key>, Value>) -> Self {
        let whole = repetition.assemble(values.clone());
        Self { values, repetition, whole }
    }

    /// Puts in the value of one instance.
    pub(super) fn set(&mut self, key: Option<Key>, value: Value) {
        self.values.insert(key, value);
        self.whole = self.repetition.assemble(self.values.clone());
    }

    /// All of them as one value.
    pub(super) fn whole(&self) -> &Value {
        &self.whole
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
