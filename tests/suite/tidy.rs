//! Rules of the house: who may use what, how long a file may be, which codes are explained.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use crate::harness::{files, root};

/// Files that are longer than the rule allows. They can only shrink: one that has become short enough must go from
/// here, and none may come.
const LONG: &[&str] = &[];
const LINES_MAX: usize = 600;

/// A pattern, and the only places in the sources where it may stand.
const ONLY_IN: &[(&str, &[&str])] = &[
    (r"\baws_(sdk|smithy|config|credential_types)\w*", &["src/cloud"]),
    (r"\bhcl_edit\b", &["src/generate"]),
    (r"\bpetgraph\b", &["src/stack/graph.rs", "src/plan/order.rs"]),
    (r"\be?print(ln)?!\(", &["src/ui"]),
    (r"\bio::(stdout|stderr)\(", &["src/ui", "src/cli/version.rs", "src/log.rs"]),
    (
        r"\bstd::fs\b",
        &[
            "crates/emulator/src/disk.rs",
            "crates/emulator/src/disk",
            "src/lang/source.rs",
            "src/cli",
            "src/lang/functions",
            "src/fetch",
        ],
    ),
    (r"\b(SystemTime|Instant|Timestamp|Zoned)::now\b", &["crates/emulator/src/clock.rs"]),
    (r"\bprocess::exit\b", &["src/main.rs", "src/cli"]),
];

/// Every source file: its path in the package, and its text.
fn sources() -> Vec<(String, String)> {
    [root().join("src"), root().join("crates/emulator/src")]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(|path| {
            let name = path.strip_prefix(root()).expect("a path in the package").to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(&path).expect("a source file"))
        })
        .collect()
}

/// Every source file without its tests and comments. A module that is declared for tests alone is left out.
fn code() -> Vec<(String, String)> {
    let declared = Regex::new(r"#\[cfg\(test\)\]\n(?:pub(?:\(\w+\))? )?mod (\w+);").expect("a pattern");
    let mut tests = Vec::new();
    for (name, text) in sources() {
        let inside = name.strip_suffix("/mod.rs").or(name.strip_suffix("/lib.rs")).or(name.strip_suffix(".rs"));
        let inside = inside.expect("a source file");
        tests.extend(declared.captures_iter(&text).map(|found| format!("{inside}/{}", &found[1])));
    }
    let is_test =
        |name: &str| tests.iter().any(|test| name == format!("{test}.rs") || Path::new(name).starts_with(test));
    let bare = |text: String| {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    sources().into_iter().filter(|(name, _)| !is_test(name)).map(|(name, text)| (name, bare(text))).collect()
}

#[test]
fn modules_use_only_what_is_theirs() {
    let mut wrong = Vec::new();
    for (pattern, places) in ONLY_IN {
        let pattern = Regex::new(pattern).expect("a pattern");
        for (name, text) in code() {
            if places.iter().any(|place| Path::new(&name).starts_with(place)) {
                continue;
            }
            wrong.extend(pattern.find(&text).map(|found| format!("{name}: {}", found.as_str())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows of the table of layers in the map of the code: the modules of each.
fn layers() -> Vec<Vec<String>> {
    let map = std::fs::read_to_string(root().join("src/lib.rs")).expect("the map");
    let rows = map.lines().skip_while(|line| !line.starts_with("//! | module |")).skip(2);
    let name = Regex::new(r"`(\w+)`").expect("a pattern");
    let rows = rows.take_while(|line| line.starts_with("//! |")).map(|line| {
        let cell = line.trim_start_matches("//! |").split('|').next().unwrap_or_default().to_owned();
        name.captures_iter(&cell).map(|found| found[1].to_owned()).collect()
    });
    rows.collect()
}

/// A module uses what stands above it in the table, or beside it.
#[test]
fn layers_are_as_the_map_says() {
    let layers = layers();
    let row = |module: &str| layers.iter().position(|row| row.iter().any(|name| name == module));
    let used = Regex::new(r"\bcrate::(\w+)").expect("a pattern");
    let mut wrong = BTreeSet::new();
    // The emulator is a crate of its own, which cannot use the engine.
    for (name, text) in code().into_iter().filter(|(name, _)| name.starts_with("src/")) {
        let module = name.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default().to_owned();
        if ["lib", "main"].contains(&&*module) {
            continue;
        }
        let Some(own) = row(&module) else {
            wrong.insert(format!("{module} is in no row of the table"));
            continue;
        };
        for found in used.captures_iter(&text) {
            if row(&found[1]).is_some_and(|row| row > own) {
                wrong.insert(format!("{name}: {}", &found[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_short() {
    let long: BTreeSet<String> =
        sources().into_iter().filter(|(_, text)| text.lines().count() > LINES_MAX).map(|(name, _)| name).collect();
    let allowed: BTreeSet<String> = LONG.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(long, allowed, "files over {LINES_MAX} lines, and those that may be");
}

#[test]
fn every_file_says_what_it_owns() {
    let silent = |(name, text): (String, String)| (!text.starts_with("//!")).then_some(name);
    let silent: Vec<String> = sources().into_iter().filter_map(silent).collect();
    assert!(silent.is_empty(), "no //! at the top of {}", silent.join(", "));
}

#[test]
fn every_kind_is_listed() {
    let listed = std::fs::read_to_string(root().join("src/kinds/mod.rs")).expect("the list of kinds");
    for entry in std::fs::read_dir(root().join("src/kinds")).expect("the directory of kinds") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        assert!(name == "mod" || listed.contains(&format!("mod {name};")), "src/kinds/mod.rs lacks `mod {name};`");
    }
}

#[test]
fn every_code_is_explained_and_used() {
    let pattern = Regex::new(r#""(CS\d{4})""#).expect("a pattern");
    let used: BTreeSet<String> = code()
        .into_iter()
        .filter(|(name, _)| name != "src/diag/codes.rs")
        .flat_map(|(_, text)| pattern.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>())
        .collect();
    let table = cachestack::diag::codes::CODES;
    let explained: BTreeSet<String> = table.iter().map(|(code, ..)| (*code).to_owned()).collect();
    let only = |left: &BTreeSet<String>, right| left.difference(right).cloned().collect::<Vec<_>>().join(", ");
    assert_eq!(only(&used, &explained), "", "codes that src/diag/codes.rs does not explain");
    assert_eq!(only(&explained, &used), "", "codes that nothing uses");
    for (code, summary, explanation) in table {
        assert!(!summary.is_empty() && explanation.ends_with('.'), "{code}: {explanation}");
    }
}

#[test]
fn every_template_is_a_stack_and_every_stack_a_template() {
    let names: BTreeSet<&str> = cachestack::templates::names().collect();
    for name in &names {
        let template = cachestack::templates::get(name).expect("a template");
        let built_in: BTreeSet<String> = template.iter().map(|(file, _)| (*file).to_owned()).collect();
        let entries = std::fs::read_dir(root().join("stacks").join(name)).expect("the directory of a stack");
        let there = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        assert_eq!(built_in, there.filter(|file| !file.starts_with('.')).collect(), "files of stacks/{name}");
    }
    for entry in std::fs::read_dir(root().join("stacks")).expect("the stacks") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(names.contains(name.as_str()), "src/templates.rs lacks {name}");
    }
}
