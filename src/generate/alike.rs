//! Objects that differ in few values become one block with `for_each`.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::generate::instance;
use crate::generate::labels::{identifier, unique};
use crate::generate::part::Item;
use crate::kind::Kind;
use crate::value::{Value, same};

/// From so many on they share a block.
const FEWEST: usize = 3;
/// In so many attributes they may differ, beside their name.
const DIFFERING: usize = 3;

/// A block, of one object or of several.
pub struct Blocks {
    /// What there is to know of its kind.
    pub kind: &'static dyn Kind,
    /// What it is called.
    pub label: String,
    /// The attributes in which the objects differ; none of them is their key.
    pub varying: Vec<&'static str>,
    /// The attributes that are the key.
    pub keyed: Vec<&'static str>,
    /// The objects, by their keys.
    pub members: Vec<Member>,
}

/// An object of a block.
pub struct Member {
    /// Its key; it counts where there are several.
    pub key: String,
    /// The object.
    pub item: Item,
}

impl Blocks {
    /// The block of one object.
    pub fn of(item: Item) -> Self {
        let (kind, label) = (item.found.kind, item.label.clone());
        Self { kind, label, varying: Vec::new(), keyed: Vec::new(), members: vec![Member { key: String::new(), item }] }
    }

    /// The address of the block.
    pub fn address(&self) -> Address {
        Address::managed(self.kind.schema().kind, self.label.as_str())
    }

    /// The address of each object.
    pub fn instances(&self) -> impl Iterator<Item = (Address, &Item)> {
        let several = self.members.len() > 1;
        self.members.iter().map(move |one| (instance(&self.address(), several.then_some(one.key.as_str())), &one.item))
    }
}

/// Brings those together that are alike.
pub fn gather(items: Vec<Item>, taken: &BTreeSet<Address>) -> Vec<Blocks> {
    let mut heaps: Vec<Vec<Item>> = Vec::new();
    for item in items {
        let heap = heaps.iter_mut().find(|heap| belongs(heap, &item));
        match heap {
            Some(heap) => heap.push(item),
            None => heaps.push(vec![item]),
        }
    }
    let few = |heap: &Vec<Item>| heap.len() < FEWEST;
    let single = heaps.iter().filter(|heap| few(heap)).flatten();
    let mut used: BTreeSet<Address> =
        single.map(|item| Address::managed(item.found.kind.schema().kind, item.label.as_str())).collect();
    used.extend(taken.iter().cloned());
    let blocks = heaps.into_iter().flat_map(|heap| match few(&heap) {
        true => heap.into_iter().map(Blocks::of).collect(),
        false => vec![shared(heap, &mut used)],
    });
    blocks.collect()
}

/// Whether an object differs from those of a heap in few values.
fn belongs(heap: &[Item], item: &Item) -> bool {
    let first = &heap[0];
    let kind = first.found.kind;
    let same_kind = kind.schema().kind == item.found.kind.schema().kind;
    if !same_kind || !stands_alone(first) || !stands_alone(item) || !first.part.keys().eq(item.part.keys()) {
        return false;
    }
    let all: Vec<&Item> = heap.iter().chain([item]).collect();
    let varying = varying(kind, &all);
    let in_block = |name: &&str| kind.schema().attr(name).is_some_and(|attr| attr.block.is_some());
    varying.len() <= DIFFERING && !varying.iter().any(in_block)
}

/// Whether nothing speaks against sharing a block: no secret of its own, and no other object of its kind that it names.
fn stands_alone(item: &Item) -> bool {
    let schema = item.found.kind.schema();
    item.secrets.is_empty() && !schema.references(&item.part).iter().any(|other| other.refers.kind == schema.kind)
}

/// The attributes in which objects differ, beside those that are their keys.
fn varying(kind: &'static dyn Kind, items: &[&Item]) -> Vec<&'static str> {
    let names = kind.schema().attrs.iter().map(|attr| attr.name);
    let differs = |name: &&'static str| {
        let first = items[0].part.get(name);
        !items.iter().all(|item| match (first, item.part.get(name)) {
            (Some(one), Some(other)) => same(one, other),
            (one, other) => one.is_none() && other.is_none(),
        })
    };
    let keys = keys(items);
    names.filter(differs).filter(|name| !is_key(name, items, &keys)).collect()
}

/// The keys of objects: the names in AWS that the block writes, where each has another; or else their labels.
fn keys(items: &[&Item]) -> Vec<String> {
    let name = |item: &&Item| {
        let name = item.found.kind.name_attribute()?;
        item.part.get(name).and_then(Value::as_str).map(str::to_owned)
    };
    let names: Option<BTreeSet<String>> = items.iter().map(name).collect();
    let distinct = names.is_some_and(|names| names.len() == items.len());
    items.iter().map(|item| name(item).filter(|_| distinct).unwrap_or_else(|| item.label.clone())).collect()
}

fn is_key(name: &str, items: &[&Item], keys: &[String]) -> bool {
    items.iter().zip(keys).all(|(item, key)| item.part.get(name).and_then(Value::as_str) == Some(key))
}

fn shared(heap: Vec<Item>, used: &mut BTreeSet<Address>) -> Blocks {
    let all: Vec<&Item> = heap.iter().collect();
    let kind = heap[0].found.kind;
    let name = kind.schema().kind;
    let label = unique(name, &common(name, &all), used);
    let varying = varying(kind, &all);
    let keys = keys(&all);
    let keyed = kind.schema().attrs.iter().map(|attr| attr.name).filter(|name| is_key(name, &all, &keys)).collect();
    let mut members: Vec<Member> = heap.into_iter().zip(keys).map(|(item, key)| Member { key, item }).collect();
    members.sort_by(|one, other| one.key.cmp(&other.key));
    Blocks { kind, label, varying, keyed, members }
}

/// The words with which all labels begin, or else end.
fn common(kind: &str, items: &[&Item]) -> String {
    let words: Vec<Vec<&str>> = items.iter().map(|item| item.label.split('_').collect()).collect();
    let agree = |at: &dyn Fn(&[&str]) -> Option<String>| {
        let first = at(&words[0])?;
        words.iter().all(|words| at(words).as_deref() == Some(&*first)).then_some(first)
    };
    let shortest = words.iter().map(Vec::len).min().unwrap_or(0);
    let whole = |at: &dyn Fn(&[&str], usize) -> Option<String>| -> Vec<String> {
        (0..shortest).map_while(|index| agree(&|words| at(words, index))).collect()
    };
    let head = whole(&|words, index| words.get(index).map(|word| (*word).to_owned()));
    let tail = whole(&|words, index| words.iter().rev().nth(index).map(|word| (*word).to_owned()));
    let label = match (head.is_empty(), tail.is_empty()) {
        (false, _) => head.join("_"),
        (true, false) => tail.into_iter().rev().collect::<Vec<_>>().join("_"),
        (true, true) => format!("{kind}s"),
    };
    identifier(kind, &label)
}
