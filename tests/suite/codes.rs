//! The examples of codes are true, and the page of all codes is what the program says.

use cachestack::diag::examples::{all, page};

use crate::harness::{Place, root};

const ENVIRONMENT: &str = "environment \"test\" {\n  region   = \"eu-west-1\"\n  endpoint = \"emulator\"\n}\n";

/// The codes of errors and warnings.
fn codes(text: &str) -> (Vec<String>, Vec<String>) {
    let place = Place::new();
    // An example that is about environments has its own.
    let environment = if text.contains("environment \"") { "" } else { ENVIRONMENT };
    place.write("main.hcl", &format!("{environment}{text}\n"));
    let run = place.run(&["validate", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("validate answers JSON");
    let of = |severity: &str| {
        let found = answer["diagnostics"].as_array().expect("diagnostics").iter();
        let found = found.filter(|one| one["severity"] == severity);
        found.map(|one| one["code"].as_str().expect("a code").to_owned()).collect()
    };
    (of("error"), of("warning"))
}

#[test]
fn examples_break_their_rule_and_do_not() {
    let mut wrong = Vec::new();
    for example in all() {
        let (errors, warnings) = codes(example.fails);
        if !errors.iter().chain(&warnings).any(|code| code == example.code) {
            wrong.push(format!("{} is not told: {errors:?} {warnings:?}\n{}", example.code, example.fails));
        }
        let (errors, warnings) = codes(example.passes);
        if !errors.is_empty() || warnings.iter().any(|code| code == example.code) {
            wrong.push(format!("{} still fails: {errors:?} {warnings:?}\n{}", example.code, example.passes));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_page_of_codes_is_not_stale() {
    let path = root().join("docs/codes.md");
    if std::env::var_os("CACHESTACK_UPDATE_CASES").is_some_and(|value| !value.is_empty()) {
        std::fs::write(&path, page()).expect("the page is written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == page(), "docs/codes.md is not what the program says; CACHESTACK_UPDATE_CASES=1 writes it anew");
}

/// What `lint` is told to do nothing about is neither a warning nor a rule of the service anywhere.
#[test]
fn codes_that_cannot_be_turned_down_are_errors() {
    let said = regex::Regex::new(r#"(Diagnostic::warning|Problem::error)\(\s*"(CS\d{4})""#).expect("a pattern");
    let mut wrong = Vec::new();
    for path in crate::harness::files(&root().join("src"), "rs") {
        let text = std::fs::read_to_string(&path).expect("source");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let found = said.captures_iter(code).map(|found| found[2].to_owned());
        wrong.extend(
            found.filter(|code| cachestack::diag::lint::is_fixed(code)).map(|code| format!("{path:?}: {code}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
