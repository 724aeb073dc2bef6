//! The integration tests, in one binary. Every file of this directory is a module of it.

mod accounts;
mod cases;
mod emulate;
mod faults;
mod fetch;
mod harness;
mod kill;
mod lost;
mod referees;
mod scale;
mod stacks;
#[cfg(unix)]
mod terminal;
mod tidy;
mod untouched;
#[cfg(unix)]
mod vault;

/// A file that is not listed above would never run.
#[test]
fn every_file_is_a_module() {
    let listed = include_str!("main.rs");
    for file in harness::files(&harness::root().join("tests/suite"), "rs") {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
        assert!(name == "main" || listed.contains(&format!("mod {name};")), "tests/suite/main.rs lacks `mod {name};`");
    }
}
