//! Attributes by name: the one form of objects and maps. What is inside is nobody's business outside this file.

use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::fmt;
use std::iter;
use std::ops::Index;
use std::sync::Arc;
use std::{slice, vec};

use either::Either;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::shape::Shape;
use super::{Value, names};

/// An attribute: its name and what it is.
type Item = (Arc<str>, Value);

/// Attributes or elements by name, in the order of their names. A copy shares them until one of the two is changed: most
/// copies are only read.
#[derive(Clone, Default)]
pub struct Object(Arc<Items>);

/// Most objects are small, and most large ones are made in one go: their values stand in the order of their names. What
/// grows large in the middle becomes a tree.
#[derive(Clone)]
enum Items {
    Sorted(Shape, Vec<Value>),
    Tree(BTreeMap<Arc<str>, Value>),
}

/// A vector of more than these is not shifted for one item.
const SHIFTED_MAX: usize = 256;

impl Default for Items {
    fn default() -> Self {
        Self::Sorted(Shape::default(), Vec::new())
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
}

impl Items {
    fn of(mut items: Vec<Item>) -> Self {
        sort(&mut items);
        let (names, values): (Vec<_>, Vec<_>) = items.into_iter().unzip();
        Self::Sorted(Shape::of(names), values)
    }

    /// Makes a tree of what is too long to be shifted at a place.
    fn ready(&mut self, at: usize) {
        if let Self::Sorted(shape, values) = self
            && values.len() > SHIFTED_MAX
            && at < values.len()
        {
            let names = std::mem::take(shape).into_names();
            *self = Self::Tree(names.into_iter().zip(std::mem::take(values)).collect());
        }
    }

    /// Where a name is or belongs; nothing of a tree.
    fn place(&self, name: &str) -> Option<Result<usize, usize>> {
        match self {
            Self::Sorted(shape, _) => Some(shape.place(name)),
            Self::Tree(_) => None,
        }
    }

    fn get(&self, name: &str) -> Option<(&Arc<str>, &Value)> {
        match self {
            Self::Sorted(shape, values) => shape.place(name).ok().map(|at| (&shape.names()[at], &values[at])),
            Self::Tree(tree) => tree.get_key_value(name),
        }
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        match self {
            Self::Sorted(shape, values) => shape.place(name).ok().map(|at| &mut values[at]),
            Self::Tree(tree) => tree.get_mut(name),
        }
    }

    /// The value of a name, which is what is given where there is none.
    fn entry(&mut self, name: Arc<str>, value: impl FnOnce() -> Value) -> &mut Value {
        if let Some(Err(at)) = self.place(&name) {
            self.ready(at);
        }
        match self {
            Self::Sorted(shape, values) => {
                let at = shape.place(&name).unwrap_or_else(|at| {
                    values.insert(at, value());
                    shape.insert(at, name);
                    at
                });
                &mut values[at]
            }
            Self::Tree(tree) => tree.entry(name).or_insert_with(value),
        }
    }

    fn remove(&mut self, name: &str) -> Option<Value> {
        if let Some(place) = self.place(name) {
            self.ready(place.ok()? + 1);
        }
        match self {
            Self::Sorted(shape, values) => shape.place(name).ok().map(|at| {
                shape.remove(at);
                values.remove(at)
            }),
            Self::Tree(tree) => tree.remove(name),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Sorted(_, values) => values.len(),
            Self::Tree(tree) => tree.len(),
        }
    }
}

/// The text of an attribute, where it has one that is known.
pub fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

impl Object {
    /// One without attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is to be changed: its own from here on.
    fn changed(&mut self) -> &mut Items {
        Arc::make_mut(&mut self.0)
    }

    /// The attribute of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.get_key_value(name).map(|(_, value)| value)
    }

    /// The attribute of a name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        if self.contains_key(name) { self.changed().get_mut(name) } else { None }
    }

    /// The attribute of a name, with the name as it is kept.
    pub fn get_key_value(&self, name: &str) -> Option<(&Arc<str>, &Value)> {
        self.0.get(name)
    }

    /// Whether there is an attribute of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get_key_value(name).is_some()
    }

    /// Sets an attribute; answers what it was. What is shared and says the same stays shared.
    pub fn insert(&mut self, name: Arc<str>, value: Value) -> Option<Value> {
        if Arc::strong_count(&self.0) > 1 && self.get(&name) == Some(&value) {
            return Some(value);
        }
        let mut new = Some(value);
        let place = self.changed().entry(name, || new.take().unwrap_or_else(Value::null));
        new.map(|value| std::mem::replace(place, value))
    }

    /// Sets an attribute where there is none of that name.
    pub fn or_insert(&mut self, name: Arc<str>, value: Value) {
        self.or_insert_with(name, || value);
    }

    /// Sets an attribute where there is none of that name. What is shared and has one stays shared.
    pub fn or_insert_with(&mut self, name: Arc<str>, value: impl FnOnce() -> Value) {
        if !self.contains_key(&name) {
            self.changed().entry(name, value);
        }
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        if self.contains_key(name) { self.changed().remove(name) } else { None }
    }

    /// Keeps the attributes that pass.
    pub fn retain(&mut self, mut keep: impl FnMut(&Arc<str>, &mut Value) -> bool) {
        match self.changed() {
            Items::Sorted(shape, values) => {
                let mut kept = Vec::with_capacity(values.len());
                let mut names = shape.names().iter();
                values.retain_mut(|value| {
                    let name = names.next().expect("each value has a name");
                    let keeps = keep(name, value);
                    kept.extend(keeps.then(|| name.clone()));
                    keeps
                });
                if kept.len() < shape.names().len() {
                    *shape = Shape::of(kept);
                }
            }
            Items::Tree(tree) => tree.retain(keep),
        }
    }

    /// How many attributes it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names and values, by name.
    pub fn iter(&self) -> Iter<'_> {
        match &*self.0 {
            Items::Sorted(shape, values) => Either::Left(shape.names().iter().zip(values)),
            Items::Tree(tree) => Either::Right(tree.iter()),
        }
    }

    /// Names and values to be changed, by name.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Arc<str>, &mut Value)> {
        match self.changed() {
            Items::Sorted(shape, values) => Either::Left(shape.names().iter().zip(values)),
            Items::Tree(tree) => Either::Right(tree.iter_mut()),
        }
    }

    /// The names.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Arc<str>> + ExactSizeIterator + Clone {
        self.iter().map(|(name, _)| name)
    }

    /// The values, by name.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// The values to be changed, by name.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// The values alone, by name.
    pub fn into_values(self) -> impl Iterator<Item = Value> {
        self.into_iter().map(|(_, value)| value)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        match (&*self.0, &*other.0) {
            _ if Arc::ptr_eq(&self.0, &other.0) => true,
            (Items::Sorted(shape, values), Items::Sorted(of, others)) if shape.is(of) => values == others,
            _ => self.len() == other.len() && self.iter().eq(other),
        }
    }
}

impl Eq for Object {}

impl Ord for Object {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other)
    }
}

impl PartialOrd for Object {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Names and values, by name.
pub type Iter<'a> =
    Either<iter::Zip<slice::Iter<'a, Arc<str>>, slice::Iter<'a, Value>>, btree_map::Iter<'a, Arc<str>, Value>>;

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
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut items = Vec::with_capacity(map.size_hint().unwrap_or_default().min(1024));
                while let Some(name) = map.next_key::<Name>()? {
                    items.push((name.0, map.next_value()?));
                }
                Ok(Object(Arc::new(Items::of(items))))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

impl Index<&str> for Object {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or_else(|| panic!("no attribute {name}"))
    }
}

/// A name as it is read.
struct Name(Arc<str>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(Name(names::name(text)))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl<const N: usize> From<[Item; N]> for Object {
    fn from(items: [Item; N]) -> Self {
        items.into_iter().collect()
    }
}

impl FromIterator<Item> for Object {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        Self(Arc::new(Items::of(items.into_iter().collect())))
    }
}

impl Extend<Item> for Object {
    fn extend<I: IntoIterator<Item = Item>>(&mut self, items: I) {
        for (name, value) in items {
            self.insert(name, value);
        }
    }
}

impl IntoIterator for Object {
    type Item = Item;
    type IntoIter =
        Either<iter::Zip<vec::IntoIter<Arc<str>>, vec::IntoIter<Value>>, btree_map::IntoIter<Arc<str>, Value>>;

    fn into_iter(self) -> Self::IntoIter {
        match Arc::unwrap_or_clone(self.0) {
            Items::Sorted(shape, values) => Either::Left(shape.into_names().into_iter().zip(values)),
            Items::Tree(tree) => Either::Right(tree.into_iter()),
        }
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a Arc<str>, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(names: impl Iterator<Item = usize>) -> Object {
        let mut object = Object::new();
        names.for_each(|name| drop(object.insert(name.to_string().into(), Value::int(name as i64))));
        object
    }

    #[test]
    fn what_grows_in_the_middle_is_what_is_made_at_once() {
        let count = 4 * SHIFTED_MAX;
        let grown = object((0..count).rev());
        let made: Object = grown.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        assert!(matches!((&*grown.0, &*made.0), (Items::Tree(_), Items::Sorted(..))));
        assert_eq!(grown, made);
        assert_eq!(grown.cmp(&made), Ordering::Equal);
        let less = |mut object: Object| {
            (0..count).filter(|name| name % 3 == 0).for_each(|name| drop(object.remove(&name.to_string())));
            object
        };
        assert_eq!(less(grown), less(made.clone()));
        assert_eq!(less(made), object((0..count).filter(|name| name % 3 != 0)));
    }

    #[test]
    fn of_several_of_one_name_the_last_counts() {
        let items =
            [("b", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)].map(|(name, value)| (name.into(), Value::int(value)));
        let want: Object = [("a".into(), Value::int(4)), ("b".into(), Value::int(5))].into();
        assert_eq!(Object::from(items.clone()), want);
        let mut one = Object::new();
        one.extend(items);
        assert_eq!(one, want);
        assert_eq!(one.insert("a".into(), Value::int(6)), Some(Value::int(4)));
        one.or_insert("a".into(), Value::int(7));
        assert_eq!(one.get("a"), Some(&Value::int(6)));
    }
}
