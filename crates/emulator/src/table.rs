//! A table of the world: rows by key, with the old rows of the running request kept until it commits.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

/// Rows by key.
#[derive(Debug, Clone)]
pub struct Table<T> {
    rows: BTreeMap<String, Arc<T>>,
    before: BTreeMap<String, Option<Arc<T>>>,
    index: Option<Index<T>>,
}

/// The keys of rows by words that are in them.
#[derive(Debug, Clone)]
struct Index<T> {
    words: fn(&T) -> Vec<String>,
    keys: BTreeMap<String, BTreeSet<String>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: BTreeMap::new(), index: None }
    }
}

impl<T> Table<T> {
    /// A table whose rows are found by words that are in them, without a look at the others.
    pub fn by(words: fn(&T) -> Vec<String>) -> Self {
        Self { index: Some(Index { words, keys: BTreeMap::new() }), ..Self::default() }
    }

    /// The rows with a word, in the order of their keys.
    pub fn with(&self, word: &str) -> impl Iterator<Item = &Arc<T>> {
        let keys = self.index.as_ref().and_then(|index| index.keys.get(word));
        keys.into_iter().flatten().filter_map(|key| self.rows.get(key))
    }

    /// A row comes, goes or gives place to another.
    fn set(&mut self, key: &str, row: Option<Arc<T>>) -> Option<Arc<T>> {
        self.unindex(key);
        let old = match row {
            Some(row) => self.rows.insert(key.to_owned(), row),
            None => self.rows.remove(key),
        };
        self.reindex(key);
        old
    }

    fn unindex(&mut self, key: &str) {
        let (Some(index), Some(row)) = (&mut self.index, self.rows.get(key)) else { return };
        for word in (index.words)(row) {
            if let Some(keys) = index.keys.get_mut(&word) {
                keys.remove(key);
                if keys.is_empty() {
                    index.keys.remove(&word);
                }
            }
        }
    }

    fn reindex(&mut self, key: &str) {
        let (Some(index), Some(row)) = (&mut self.index, self.rows.get(key)) else { return };
        for word in (index.words)(row) {
            index.keys.entry(word).or_default().insert(key.to_owned());
        }
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
        self.set(key, Some(Arc::new(row)));
    }

    /// Changes a row where it exists.
    pub fn update<R>(&mut self, key: &str, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        if !self.rows.contains_key(key) {
            return None;
        }
        self.keep(key);
        self.unindex(key);
        let result = self.rows.get_mut(key).map(|row| change(Arc::make_mut(row)));
        self.reindex(key);
        result
    }

    /// Removes a row.
    pub fn remove(&mut self, key: &str) -> Option<Arc<T>> {
        self.keep(key);
        self.set(key, None)
    }

    /// The rows in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Arc<T>)> {
        self.rows.iter()
    }

    /// The rows from a key on.
    pub fn from<'a>(&'a self, key: &str) -> impl Iterator<Item = (&'a String, &'a Arc<T>)> + use<'a, T> {
        self.rows.range(key.to_owned()..)
    }

    /// The rows of some keys, in the order of the keys.
    pub fn some<'a>(&'a self, keys: &[String]) -> impl Iterator<Item = (&'a String, &'a Arc<T>)> + use<'a, T> {
        let keys: BTreeSet<String> = keys.iter().cloned().collect();
        keys.into_iter().filter_map(|key| self.rows.get_key_value(&key))
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

/// What a row is: plain data.
pub trait Row: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static> Row for T {}

/// The name of a table in the log, tied to what its rows are: how a service declares a table and reaches it.
#[derive(Debug)]
pub struct Key<T> {
    /// The name in the log, which may never change.
    pub name: &'static str,
    words: Option<fn(&T) -> Vec<String>>,
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> Key<T> {
    /// A table whose rows are found by their keys.
    pub const fn new(name: &'static str) -> Self {
        Self { name, words: None }
    }

    /// A table whose rows are found by words that are in them as well.
    pub const fn by(name: &'static str, words: fn(&T) -> Vec<String>) -> Self {
        Self { name, words: Some(words) }
    }
}

/// A table that a service declares, whatever its rows are.
pub trait Declared: Sync {
    /// Its name in the log.
    fn name(&self) -> &'static str;
    /// The table without rows.
    fn empty(&self) -> Box<dyn Rows>;
}

impl<T: Row> Declared for Key<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn empty(&self) -> Box<dyn Rows> {
        Box::new(self.words.map_or_else(Table::default, Table::by))
    }
}

/// What the world's log needs of any table.
pub trait Rows: Any + Debug + Send + Sync {
    /// A copy, which shares the rows.
    fn copy(&self) -> Box<dyn Rows>;
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

impl<T: Row> Rows for Table<T> {
    fn copy(&self) -> Box<dyn Rows> {
        Box::new(self.clone())
    }

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
            self.set(&key, old);
        }
    }

    fn replay(&mut self, key: &str, row: Option<Value>) -> serde_json::Result<()> {
        let row = row.map(serde_json::from_value).transpose()?;
        self.set(key, row.map(Arc::new));
        Ok(())
    }

    fn dump(&self, each: &mut dyn FnMut(&str, Value)) {
        for (key, row) in &self.rows {
            each(key, to_json(row.as_ref()));
        }
    }
}

impl Clone for Box<dyn Rows> {
    fn clone(&self) -> Self {
        // Through the reference: a box of rows is no table itself.
        (**self).copy()
    }
}

fn to_json(row: &impl Serialize) -> Value {
    serde_json::to_value(row).expect("rows are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of the rows with a word, from the index and from a look at all rows.
    fn found(table: &Table<String>, word: &str) -> [Vec<String>; 2] {
        let by_index = table.with(word).map(|row| row.to_string()).collect();
        let all = table.values().filter(|row| row.split(' ').any(|one| one == word));
        [by_index, all.map(|row| row.to_string()).collect()]
    }

    #[test]
    fn rows_are_found_by_their_words_whatever_happens_to_them() {
        type Deed = fn(&mut Table<String>);
        let deeds: [(&str, Deed); 9] = [
            ("new rows", |table| {
                ["a red", "b red blue", "c blue"].iter().for_each(|row| table.put(&row[..1], (*row).into()))
            }),
            ("made final", |table| table.commit(&mut |_, _| {})),
            ("another in its place", |table| table.put("a", "a green".into())),
            ("changed", |table| {
                table.update("b", |row| *row = "b green".into());
            }),
            ("gone", |table| drop(table.remove("c"))),
            ("taken back", |table| table.rollback()),
            ("read from the log", |table| table.replay("d", Some("d red".into())).expect("a text")),
            ("gone in the log", |table| table.replay("a", None).expect("nothing")),
            ("gone, and back again", |table| {
                table.remove("b");
                table.put("b", "b red".into());
            }),
        ];
        let mut table: Table<String> = Table::by(|row| row.split(' ').map(str::to_owned).collect());
        for (what, deed) in deeds {
            deed(&mut table);
            for word in ["red", "blue", "green", "black"] {
                let [by_index, all] = found(&table, word);
                assert_eq!(by_index, all, "{what}: {word}");
            }
        }
        assert_eq!(table.some(&["d".into(), "b".into(), "b".into(), "x".into()]).count(), 2);
    }
}
