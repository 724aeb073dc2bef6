//! The integration tests, in one binary. Every file of this directory is a module of it.

mod accounts;
mod adoption;
mod at_work;
mod book;
mod bought;
mod cases;
mod codes;
mod completion;
mod day_two;
mod doctor;
mod drift;
mod emulate;
mod environments;
mod examples;
mod faults;
mod fetch;
mod harness;
mod iam;
mod interrupted;
mod kill;
mod listed;
#[cfg(unix)]
mod live;
mod log;
mod lost;
mod policies;
mod properties;
mod referees;
mod refusals;
mod reports;
mod rules;
mod saved;
mod scale;
mod screens;
mod seeds;
mod stacks;
mod stored;
mod stream;
#[cfg(unix)]
mod terminal;
mod tidy;
mod unset;
mod untouched;
#[cfg(unix)]
mod vault;
mod waiting;

/// A file that is not listed above would never run.
#[test]
fn every_file_is_a_module() {
    let suite = harness::root().join("tests/suite");
    for file in harness::files(&suite, "rs") {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
        let parent = match file.parent() {
            Some(parent) if parent != suite => parent.with_extension("rs"),
            _ => suite.join("main.rs"),
        };
        let listed = std::fs::read_to_string(&parent).expect("the parent of a module");
        assert!(name == "main" || listed.contains(&format!("mod {name};")), "{} lacks `mod {name};`", parent.display());
    }
}
