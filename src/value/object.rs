//! Attributes by name: the one form of objects and maps. What is inside is nobody's business outside this file.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::ops::Index;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Value;

/// Attributes or elements by name, in the order of their names. A copy shares them until one of the two is changed: most
/// copies are only read.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Object(Arc<BTreeMap<Arc<str>, Value>>);

/// The text of an attribute, where it has one that is known.
pub fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

impl Object {
    /// One without attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The attribute of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The attribute of a name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.changed().get_mut(name)
    }

    /// The attribute of a name, with the name as it is kept.
    pub fn get_key_value(&self, name: &str) -> Option<(&Arc<str>, &Value)> {
        self.0.get_key_value(name)
    }

    /// Whether there is an attribute of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Sets an attribute; answers what it was.
    pub fn insert(&mut self, name: Arc<str>, value: Value) -> Option<Value> {
        self.changed().insert(name, value)
    }

    /// Sets an attribute where there is none of that name; answers what is there now.
    pub fn or_insert(&mut self, name: Arc<str>, value: Value) -> &mut Value {
        self.changed().entry(name).or_insert(value)
    }

    /// Sets an attribute where there is none of that name; answers what is there now.
    pub fn or_insert_with(&mut self, name: Arc<str>, value: impl FnOnce() -> Value) -> &mut Value {
        self.changed().entry(name).or_insert_with(value)
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        if self.contains_key(name) { self.changed().remove(name) } else { None }
    }

    /// Keeps the attributes that pass.
    pub fn retain(&mut self, keep: impl FnMut(&Arc<str>, &mut Value) -> bool) {
        self.changed().retain(keep);
    }

    /// How many attributes it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, by name.
    pub fn iter(&self) -> btree_map::Iter<'_, Arc<str>, Value> {
        self.0.iter()
    }

    /// Names and values to be changed, by name.
    pub fn iter_mut(&mut self) -> btree_map::IterMut<'_, Arc<str>, Value> {
        self.changed().iter_mut()
    }

    /// The names.
    pub fn keys(&self) -> btree_map::Keys<'_, Arc<str>, Value> {
        self.0.keys()
    }

    /// The values, by name.
    pub fn values(&self) -> btree_map::Values<'_, Arc<str>, Value> {
        self.0.values()
    }

    /// The values to be changed, by name.
    pub fn values_mut(&mut self) -> btree_map::ValuesMut<'_, Arc<str>, Value> {
        self.changed().values_mut()
    }

    /// What is to be changed: its own from here on.
    fn changed(&mut self) -> &mut BTreeMap<Arc<str>, Value> {
        Arc::make_mut(&mut self.0)
    }

    /// The values alone, by name.
    pub fn into_values(self) -> impl Iterator<Item = Value> {
        Arc::unwrap_or_clone(self.0).into_values()
    }
}

impl Index<&str> for Object {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        &self.0[name]
    }
}

impl<const N: usize> From<[(Arc<str>, Value); N]> for Object {
    fn from(items: [(Arc<str>, Value); N]) -> Self {
        items.into_iter().collect()
    }
}

impl FromIterator<(Arc<str>, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Value)>>(items: I) -> Self {
        Self(Arc::new(items.into_iter().collect()))
    }
}

impl Extend<(Arc<str>, Value)> for Object {
    fn extend<I: IntoIterator<Item = (Arc<str>, Value)>>(&mut self, items: I) {
        self.changed().extend(items);
    }
}

impl IntoIterator for Object {
    type Item = (Arc<str>, Value);
    type IntoIter = btree_map::IntoIter<Arc<str>, Value>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a Arc<str>, &'a Value);
    type IntoIter = btree_map::Iter<'a, Arc<str>, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
