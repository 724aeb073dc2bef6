//! Which texts stand in which objects, so that who uses an object is found without a look at all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Key, Thing, Things};
use crate::value::Value;

/// The texts of objects as they were when they were last looked at.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    keys: BTreeMap<String, BTreeSet<Key>>,
    texts: BTreeMap<Key, BTreeSet<String>>,
    outdated: BTreeSet<Key>,
}

impl Mentions {
    /// An object changes.
    pub fn outdate(&mut self, key: &Key) {
        self.outdated.insert(key.clone());
    }

    /// The objects that a text stands in, by kind, region and name.
    pub fn of(&mut self, text: &str, things: &Things) -> BTreeSet<Key> {
        for key in std::mem::take(&mut self.outdated) {
            self.renew(key, things);
        }
        self.keys.get(text).cloned().unwrap_or_default()
    }

    fn renew(&mut self, key: Key, things: &Things) {
        for text in self.texts.remove(&key).into_iter().flatten() {
            let keys = self.keys.entry(text).or_default();
            keys.remove(&key);
        }
        let Some(thing) = things.get(&key) else { return };
        let texts = texts(&key, thing);
        for text in &texts {
            self.keys.entry(text.clone()).or_default().insert(key.clone());
        }
        self.texts.insert(key, texts);
    }
}

/// Names and ids: the own ones, and those of what is used.
fn texts(key: &Key, thing: &Thing) -> BTreeSet<String> {
    const ATTRIBUTES: [&str; 7] =
        ["arn", "name", "parameter_group_name", "subnet_group_name", "security_group_ids", "ingress", "egress"];
    let mut found = BTreeSet::from([key.2.clone()]);
    let mut open: Vec<&Value> = ATTRIBUTES.iter().filter_map(|name| thing.object.get(name)).collect();
    while let Some(value) = open.pop() {
        found.extend(value.as_str().map(str::to_owned));
        open.extend(value.children());
    }
    found
}
