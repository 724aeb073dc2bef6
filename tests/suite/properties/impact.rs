//! What changes of an attribute do to clients, out of the plans of many random changes: the table of the reference.

use std::collections::{BTreeMap, BTreeSet};

use cachestack::kinds;
use regex::Regex;

use crate::harness::root;

/// The words that the calls of an attribute had: an impact each, with marks, as the plan says it.
pub type Impacts = BTreeMap<(String, String), BTreeSet<String>>;

const TABLE: &str = "src/ui/reference/impacts.tsv";

/// What the calls of a plan do, by kind and attribute, where a call is about one attribute alone.
pub fn of_plan(plan: &str) -> Impacts {
    let begins = Regex::new(r"^  # (?:module\.\S+?\.)?([a-z_]+)\.\S+ (will be updated in place)?").expect("a pattern");
    let calls = Regex::new(r"^ +call \d+/\d+: \w+ \(([a-z_]+)\): impact ([a-z-]+)").expect("a pattern");
    let mut impacts = Impacts::new();
    let mut kind = None;
    for line in plan.lines() {
        if let Some(found) = begins.captures(line) {
            let name = found.get(2).and_then(|_| kinds::get(kinds::our_name(&found[1])));
            kind = name.map(|kind| kind.schema().kind);
        }
        if let (Some(kind), Some(found)) = (kind, calls.captures(line)) {
            impacts.entry((kind.to_owned(), found[1].to_owned())).or_default().insert(found[2].to_owned());
        }
    }
    impacts
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

/// Adds what was seen to the table.
pub fn keep(seen: &Impacts) {
    let mut all = table();
    for (key, words) in seen {
        all.entry(key.clone()).or_default().extend(words.iter().cloned());
    }
    let rank = |word: &String| cachestack::kind::Impact::ALL.iter().position(|impact| impact.word() == word);
    let line = |((kind, attribute), words): (&(String, String), &BTreeSet<String>)| {
        let mut words: Vec<String> = words.iter().cloned().collect();
        words.sort_by_key(rank);
        format!("{kind}.{attribute}\t{}\n", words.join(" "))
    };
    let text: String = all.iter().map(line).collect();
    std::fs::write(root().join(TABLE), text).expect("the table is written");
}

/// What was seen and is not in the table.
pub fn unknown(seen: &Impacts) -> Vec<String> {
    let known = table();
    let new = |((kind, attribute), words): (&(String, String), &BTreeSet<String>)| {
        let had = known.get(&(kind.clone(), attribute.clone()));
        let more: Vec<&str> =
            words.iter().filter(|word| had.is_none_or(|had| !had.contains(*word))).map(String::as_str).collect();
        (!more.is_empty()).then(|| format!("{kind}.{attribute}: {}", more.join(" ")))
    };
    seen.iter().filter_map(new).collect()
}
