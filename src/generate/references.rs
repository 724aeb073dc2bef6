//! What a block writes instead of the name of another object, and that no circle comes of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::generate::alike::Blocks;
use crate::generate::{Around, Spelling};
use crate::kind::Kind;
use crate::kinds;
use crate::value::{Object, Value};

/// The addresses of objects by their names.
pub struct References {
    spelling: Spelling,
    /// By kind, and name or ARN: the address, and the attribute that says the same.
    named: BTreeMap<(String, String), (Address, &'static str)>,
    /// Objects that alarms watch, by name.
    watched: BTreeMap<String, (Address, &'static str)>,
    /// Which block refers to which.
    edges: BTreeMap<Address, BTreeSet<Address>>,
}

impl References {
    /// Of the blocks that are to be, and of those that have a record.
    pub fn new(blocks: &[Blocks], around: &Around) -> Self {
        let mut all = Self {
            spelling: around.spelling,
            named: BTreeMap::new(),
            watched: BTreeMap::new(),
            edges: BTreeMap::new(),
        };
        // What is in a module cannot be named from without.
        for (address, id, object) in around.recorded.iter().filter(|(address, ..)| address.module.is_empty()) {
            if let Some(kind) = kinds::get(&address.kind).filter(|kind| kind.local().is_none()) {
                all.add(kind, address, id, object);
            }
        }
        for (address, item) in blocks.iter().flat_map(Blocks::instances) {
            all.add(item.found.kind, &address, &item.found.id, &item.found.object);
        }
        all
    }

    fn add(&mut self, kind: &'static dyn Kind, address: &Address, id: &str, object: &Object) {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let name = kind.name_attribute().filter(|name| text(name) == Some(id));
        let own = (address.clone(), name.unwrap_or("id"));
        let mut put = |text: &str, own: (Address, &'static str)| {
            self.named.insert((address.kind.to_string(), text.to_owned()), own);
        };
        put(id, own.clone());
        if let Some(id) = text("id") {
            put(id, (address.clone(), name.filter(|name| text(name) == Some(id)).unwrap_or("id")));
        }
        if let Some(arn) = text("arn") {
            put(arn, (address.clone(), "arn"));
        }
        if !kind.schema().alarms.is_empty() {
            self.watched.insert(id.to_owned(), own);
        }
    }

    /// The expression for the name of an object of a kind, in the block of an address.
    pub fn to(&mut self, from: &Address, kind: &str, text: &str) -> Option<String> {
        let found = self.named.get(&(kind.to_owned(), text.to_owned()))?.clone();
        self.use_(from, found)
    }

    /// The expression for the name of an object that alarms watch, and what of the text stands behind that: the number
    /// of a node, `-001` or `-0001-002`.
    pub fn of_watched<'a>(&mut self, from: &Address, text: &'a str) -> Option<(String, &'a str)> {
        let mut end = text.len();
        for _ in 0..3 {
            if let Some(found) = self.watched.get(&text[..end]).cloned() {
                return Some((self.use_(from, found)?, &text[end..]));
            }
            let (before, number) = text[..end].rsplit_once('-')?;
            if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
                return None;
            }
            end = before.len();
        }
        None
    }

    fn use_(&mut self, from: &Address, (to, attribute): (Address, &str)) -> Option<String> {
        let (from, block) = (from.block(), to.block());
        if self.reaches(&block, &from) {
            return None;
        }
        self.edges.entry(from).or_default().insert(block);
        Some(format!("{}.{attribute}", spelled(&to, self.spelling)))
    }

    /// Whether a block is another one, or refers to it.
    fn reaches(&self, block: &Address, other: &Address) -> bool {
        let mut seen = BTreeSet::from([block]);
        let mut open = vec![block];
        while let Some(one) = open.pop() {
            if one == other {
                return true;
            }
            open.extend(self.edges.get(one).into_iter().flatten().filter(|next| seen.insert(next)));
        }
        false
    }
}

/// An address as it is written.
pub fn spelled(address: &Address, spelling: Spelling) -> String {
    let schema = kinds::get(&address.kind).map(|kind| kind.schema());
    let written = match schema.filter(|_| spelling == Spelling::Terraform) {
        Some(schema) => Address { kind: schema.terraform.into(), ..address.clone() }.to_string(),
        None => address.to_string(),
    };
    // A key is a text in quotes.
    written.replace("${", "$${").replace("%{", "%%{")
}
