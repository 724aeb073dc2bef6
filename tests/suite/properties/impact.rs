//! What changes of an attribute do to clients, out of the plans of many random changes: the table of the reference.

use std::collections::{BTreeMap, BTreeSet};

use cachestack::kinds;
use regex::Regex;

use crate::harness::root;

/// The words that the calls of an attribute had: an impact each, as the plan says it.
pub type Impacts = BTreeMap<(String, String), BTreeSet<String>>;

/// What was seen: of calls about one attribute, and of those about several, where nobody knows which of them it was.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    pub alone: Impacts,
    pub joint: Impacts,
}

impl Seen {
    pub fn add(&mut self, other: Self) {
        let parts = [(&mut self.alone, other.alone), (&mut self.joint, other.joint)];
        for (all, more) in parts {
            more.into_iter().for_each(|(key, words)| all.entry(key).or_default().extend(words));
        }
    }

    /// What is said of an attribute: what it does alone, and only where it never was, what it did with others.
    fn told(&self) -> Impacts {
        let mut told = self.joint.clone();
        told.extend(self.alone.clone());
        told
    }
}

const TABLE: &str = "src/ui/reference/impacts.tsv";

/// What the calls of a plan do, by kind and attribute.
pub fn of_plan(plan: &str) -> Seen {
    let begins = Regex::new(r"^  # (?:module\.\S+?\.)?([a-z_]+)\.\S+ (will be updated in place)?").expect("a pattern");
    let calls = Regex::new(r"^ +call \d+/\d+: \w+ \(([a-z_, ]+)\): impact ([a-z-]+)").expect("a pattern");
    let mut seen = Seen::default();
    let mut kind = None;
    for line in plan.lines() {
        if let Some(found) = begins.captures(line) {
            let name = found.get(2).and_then(|_| kinds::get(kinds::our_name(&found[1])));
            kind = name.map(|kind| kind.schema().kind);
        }
        let (Some(kind), Some(found)) = (kind, calls.captures(line)) else { continue };
        let attributes: Vec<&str> = found[1].split(", ").collect();
        let into = if attributes.len() == 1 { &mut seen.alone } else { &mut seen.joint };
        for attribute in attributes {
            into.entry((kind.to_owned(), attribute.to_owned())).or_default().insert(found[2].to_owned());
        }
    }
    seen
}

/// The table that is committed.
pub fn table() -> Impacts {
    let text = std::fs::read_to_string(root().join(TABLE)).unwrap_or_default();
    let row = |line: &str| {
        let (name, words) = line.split_once('\t')?;
        let (kind, attribute) = name.split_once('.')?;
        Some(((kind.to_owned(), attribute.to_owned()), words.split(' ').map(str::to_owned).collect()))
    };
    text.lines().filter_map(row).collect()
}

/// Writes the table anew, out of what a long run has seen.
pub fn keep(seen: &Seen) {
    let rank = |word: &String| cachestack::kind::Impact::ALL.iter().position(|impact| impact.word() == word);
    let line = |((kind, attribute), words): (&(String, String), &BTreeSet<String>)| {
        let mut words: Vec<String> = words.iter().cloned().collect();
        words.sort_by_key(rank);
        format!("{kind}.{attribute}\t{}\n", words.join(" "))
    };
    let text: String = seen.told().iter().map(line).collect();
    std::fs::write(root().join(TABLE), text).expect("the table is written");
}

/// What was seen of attributes alone, and is not in the table.
pub fn unknown(seen: &Seen) -> Vec<String> {
    let known = table();
    let new = |((kind, attribute), words): (&(String, String), &BTreeSet<String>)| {
        let had = known.get(&(kind.clone(), attribute.clone()));
        let more: Vec<&str> =
            words.iter().filter(|word| had.is_none_or(|had| !had.contains(*word))).map(String::as_str).collect();
        (!more.is_empty()).then(|| format!("{kind}.{attribute}: {}", more.join(" ")))
    };
    seen.alone.iter().filter_map(new).collect()
}
