//! Attributes by name: the one form of objects and maps. What is inside is nobody's business outside this file.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Index;
use std::slice;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Value;

/// An attribute: its name and what it is.
type Item = (Arc<str>, Value);

/// Attributes or elements by name, in the order of their names. A copy shares them until one of the two is changed: most
/// copies are only read. A sorted vector and no tree: most objects are small, and most large ones are made in one go.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object(Arc<Vec<Item>>);

/// The text of an attribute, where it has one that is known.
pub fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

impl Object {
    /// One without attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where a name is, or where it belongs.
    fn place(&self, name: &str) -> Result<usize, usize> {
        // What is added in order, as most is, goes to the end.
        match self.0.last() {
            Some((last, _)) if &**last < name => Err(self.0.len()),
            _ => self.0.binary_search_by(|(other, _)| (**other).cmp(name)),
        }
    }

    /// What is to be changed: its own from here on.
    fn changed(&mut self) -> &mut Vec<Item> {
        Arc::make_mut(&mut self.0)
    }

    /// The attribute of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.get_key_value(name).map(|(_, value)| value)
    }

    /// The attribute of a name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let place = self.place(name).ok()?;
        Some(&mut self.changed()[place].1)
    }

    /// The attribute of a name, with the name as it is kept.
    pub fn get_key_value(&self, name: &str) -> Option<(&Arc<str>, &Value)> {
        let place = self.place(name).ok()?;
        Some((&self.0[place].0, &self.0[place].1))
    }

    /// Whether there is an attribute of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Sets an attribute; answers what it was.
    pub fn insert(&mut self, name: Arc<str>, value: Value) -> Option<Value> {
        match self.place(&name) {
            Ok(place) => Some(std::mem::replace(&mut self.changed()[place].1, value)),
            Err(place) => {
                self.changed().insert(place, (name, value));
                None
            }
        }
    }

    /// Sets an attribute where there is none of that name; answers what is there now.
    pub fn or_insert(&mut self, name: Arc<str>, value: Value) -> &mut Value {
        self.or_insert_with(name, || value)
    }

    /// Sets an attribute where there is none of that name; answers what is there now.
    pub fn or_insert_with(&mut self, name: Arc<str>, value: impl FnOnce() -> Value) -> &mut Value {
        let place = self.place(&name);
        let items = self.changed();
        let place = place.unwrap_or_else(|place| {
            items.insert(place, (name, value()));
            place
        });
        &mut items[place].1
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let place = self.place(name).ok()?;
        Some(self.changed().remove(place).1)
    }

    /// Keeps the attributes that pass.
    pub fn retain(&mut self, mut keep: impl FnMut(&Arc<str>, &mut Value) -> bool) {
        self.changed().retain_mut(|(name, value)| keep(name, value));
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
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// Names and values to be changed, by name.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Arc<str>, &mut Value)> {
        self.changed().iter_mut().map(|(name, value)| (&*name, value))
    }

    /// The names.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Arc<str>> + ExactSizeIterator + Clone {
        self.0.iter().map(|(name, _)| name)
    }

    /// The values, by name.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values to be changed, by name.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.changed().iter_mut().map(|(_, value)| value)
    }

    /// The values alone, by name.
    pub fn into_values(self) -> impl Iterator<Item = Value> {
        self.into_iter().map(|(_, value)| value)
    }
}

/// Names and values, by name.
#[derive(Clone)]
pub struct Iter<'a>(slice::Iter<'a, Item>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Arc<str>, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(name, value)| (name, value))
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self).finish()
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut items = Vec::with_capacity(map.size_hint().unwrap_or_default().min(1024));
                while let Some(item) = map.next_entry()? {
                    items.push(item);
                }
                Ok(items.into_iter().collect())
            }
        }
        deserializer.deserialize_map(Items)
    }
}

impl Index<&str> for Object {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or_else(|| panic!("no attribute {name}"))
    }
}

/// By name; of several of one name the last counts.
fn sort(items: &mut Vec<Item>) {
    if !items.is_sorted_by(|one, next| one.0 < next.0) {
        items.sort_by(|one, other| one.0.cmp(&other.0));
        items.dedup_by(|next, one| {
            let again = next.0 == one.0;
            if again {
                std::mem::swap(next, one);
            }
            again
        });
    }
    items.shrink_to_fit();
}

impl<const N: usize> From<[Item; N]> for Object {
    fn from(items: [Item; N]) -> Self {
        items.into_iter().collect()
    }
}

impl FromIterator<Item> for Object {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        let mut items: Vec<Item> = items.into_iter().collect();
        sort(&mut items);
        Self(Arc::new(items))
    }
}

impl Extend<Item> for Object {
    fn extend<I: IntoIterator<Item = Item>>(&mut self, items: I) {
        let own = self.changed();
        own.extend(items);
        sort(own);
    }
}

impl IntoIterator for Object {
    type Item = Item;
    type IntoIter = std::vec::IntoIter<Item>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a Arc<str>, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
