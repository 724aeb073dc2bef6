//! The mistakes in `tests/seeds.txt` are told, each at its line and with what to do.

use crate::harness::{Place, root};

const ENVIRONMENT: &str =
    "environment \"test\" {\n  region   = \"us-east-1\"\n  endpoint = \"emulator\"\n  protect  = true\n}\n";

/// Whether the code is told at a line with that text, with help; else what is told.
fn told(stack: &str, code: &str, line: &str) -> Result<(), String> {
    let place = Place::new();
    let text = format!("{ENVIRONMENT}{stack}\n");
    place.write("main.hcl", &text);
    let run = place.run(&["validate", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("validate answers JSON");
    let found = answer["diagnostics"].as_array().expect("diagnostics");
    let at = |one: &serde_json::Value| {
        let start = one["range"]["start"]["line"].as_u64()?;
        text.lines().nth(usize::try_from(start).ok()?.checked_sub(1)?)
    };
    let is_it = |one: &&serde_json::Value| {
        let helps = one["help"].as_str().is_some_and(|help| !help.is_empty());
        one["code"] == code && helps && at(one).is_some_and(|found| found.contains(line))
    };
    let said = |one: &serde_json::Value| format!("  {} at {:?}: {}", one["code"], at(one), one["detail"]);
    if found.iter().any(|one| is_it(&one)) {
        Ok(())
    } else {
        Err(found.iter().map(said).collect::<Vec<_>>().join("\n"))
    }
}

#[test]
fn every_mistake_of_the_seeds_is_told_with_place_and_remedy() {
    let table = std::fs::read_to_string(root().join("tests/seeds.txt")).expect("the table");
    let mut wrong = Vec::new();
    for entry in table.split("\n== ").skip(1) {
        let (what, rest) = entry.split_once('\n').expect("a title");
        let (sought, stack) = rest.split_once('\n').expect("a code and a line");
        let (code, line) = sought.split_once(' ').expect("a code and a line");
        if let Err(said) = told(stack, code, line) {
            wrong.push(format!("{what}: no {code} at `{line}`\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
