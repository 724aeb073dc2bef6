//! A table of the world: rows by key, with the old rows of the running request kept until it commits.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

/// Rows by key.
#[derive(Debug, Clone)]
pub struct Table<T> {
    rows: BTreeMap<String, Arc<T>>,
    before: BTreeMap<String, Option<Arc<T>>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: BTreeMap::new() }
    }
}

impl<T: Clone> Table<T> {
    /// The row of that key.
    pub fn get(&self, key: &str) -> Option<Arc<T>> {
        self.rows.get(key).cloned()
    }

    /// Whether there is such a row.
    pub fn contains(&self, key: &str) -> bool {
        self.rows.contains_key(key)
    }

    /// Puts a row, new or in the place of an old one.
    pub fn put(&mut self, key: &str, row: T) {
        self.keep(key);
        self.rows.insert(key.to_owned(), Arc::new(row));
    }

    /// Changes a row where it exists.
    pub fn update<R>(&mut self, key: &str, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        if !self.rows.contains_key(key) {
            return None;
        }
        self.keep(key);
        self.rows.get_mut(key).map(|row| change(Arc::make_mut(row)))
    }

    /// Removes a row.
    pub fn remove(&mut self, key: &str) -> Option<Arc<T>> {
        self.keep(key);
        self.rows.remove(key)
    }

    /// The rows in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Arc<T>)> {
        self.rows.iter()
    }

    /// The rows from a key on.
    pub fn from<'a>(&'a self, key: &str) -> impl Iterator<Item = (&'a String, &'a Arc<T>)> + use<'a, T> {
        self.rows.range(key.to_owned()..)
    }

    /// The rows alone.
    pub fn values(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rows.values()
    }

    /// The first row.
    pub fn first(&self) -> Option<(&String, &Arc<T>)> {
        self.rows.first_key_value()
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    fn keep(&mut self, key: &str) {
        if !self.before.contains_key(key) {
            self.before.insert(key.to_owned(), self.rows.get(key).cloned());
        }
    }
}

/// What the world's log needs of any table.
pub trait Rows: Debug {
    /// Whether the running request touched the table.
    fn touched(&self) -> bool;
    /// Hands over the changed rows (`None`: removed) and makes them final.
    fn commit(&mut self, changed: &mut dyn FnMut(&str, Option<Value>));
    /// Takes back the running request's changes.
    fn rollback(&mut self);
    /// Puts or removes a row that the log holds.
    fn replay(&mut self, key: &str, row: Option<Value>) -> serde_json::Result<()>;
    /// Every row.
    fn dump(&self, each: &mut dyn FnMut(&str, Value));
}

impl<T: Clone + Debug + Serialize + DeserializeOwned> Rows for Table<T> {
    fn touched(&self) -> bool {
        !self.before.is_empty()
    }

    fn commit(&mut self, changed: &mut dyn FnMut(&str, Option<Value>)) {
        for key in std::mem::take(&mut self.before).into_keys() {
            let row = self.rows.get(&key).map(|row| to_json(row.as_ref()));
            changed(&key, row);
        }
    }

    fn rollback(&mut self) {
        for (key, old) in std::mem::take(&mut self.before) {
            match old {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }

    fn replay(&mut self, key: &str, row: Option<Value>) -> serde_json::Result<()> {
        match row {
            Some(row) => self.rows.insert(key.to_owned(), Arc::new(serde_json::from_value(row)?)),
            None => self.rows.remove(key),
        };
        Ok(())
    }

    fn dump(&self, each: &mut dyn FnMut(&str, Value)) {
        for (key, row) in &self.rows {
            each(key, to_json(row.as_ref()));
        }
    }
}

fn to_json(row: &impl Serialize) -> Value {
    serde_json::to_value(row).expect("rows are plain data")
}
