//! Every example is run, and the page of functions is what the table says.

use super::{all, documented, find};
use crate::diag::FileId;
use crate::lang::eval::{Empty, Settings, eval};
use crate::lang::syntax::parse_expression;
use crate::value::{Value, json};

const PAGE: &str = include_str!("../../../docs/functions.md");

fn value(text: &str, scope: &Empty) -> Option<Value> {
    let mut wrong = Vec::new();
    let expr = parse_expression(FileId(0), text, 0, &mut wrong).filter(|_| wrong.is_empty())?;
    eval(&expr, scope).ok()
}

/// A directory with the files that the examples read.
fn workshop() -> (tempfile::TempDir, Empty) {
    let directory = tempfile::tempdir().expect("a directory");
    let oracle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle");
    let files = [("differential/rsa/throwaway.pem", "key.pem"), ("differential/rsa/ciphertext", "secret.b64")];
    for (from, to) in files {
        std::fs::copy(format!("{oracle}/{from}"), directory.path().join(to)).expect(to);
    }
    for (name, text) in [("policy.json", "{}"), ("code.zip", "code"), ("hello.tftpl", "Hello, ${name}!")] {
        std::fs::write(directory.path().join(name), text).expect("a file");
    }
    let settings = Settings {
        directory: directory.path().canonicalize().expect("a path"),
        home: Some("/home/me".into()),
        timestamp: Some("2026-01-02T03:04:05Z".into()),
        plan_timestamp: "2026-01-02T03:04:05Z".into(),
        ..Settings::default()
    };
    (directory, Empty { settings })
}

/// An example is a call and its result, or a call whose result is another one every time.
#[test]
fn every_example_yields_what_it_says() {
    let (_directory, scope) = workshop();
    let stack = scope.settings.directory.display().to_string();
    let (mut results, mut wrong) = (0, Vec::new());
    for (signature, _, example) in documented() {
        let name = signature.split('(').next().unwrap_or_default();
        assert!(example.contains(&format!("{name}(")), "{name}: {example}");
        let sides = example.match_indices(" = ").find_map(|(at, _)| {
            let (call, result) = (&example[..at], &example[at + 3..]);
            Some((value(call, &scope)?, value(result, &scope)?))
        });
        match sides {
            // A list of the page is written as a tuple.
            Some((call, result)) => {
                let (call, result) = (json::encode(&call), json::encode(&result));
                results += 1;
                if call != result.replace("/stacks/shop", &stack) {
                    wrong.push(format!("{example} yields {call}"));
                }
            }
            None if value(example, &scope).is_none() => wrong.push(format!("{example} fails")),
            None => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(results >= 100, "only {results} examples say their result");
}

#[test]
fn there_are_all_functions_of_terraform() {
    assert!(all().count() >= 110);
    assert!(find("cidrsubnet").is_some_and(|function| function.signature() == "cidrsubnet(prefix, newbits, netnum)"));
}

/// `UPDATE=1` writes the page.
#[test]
fn the_page_of_functions_is_true() {
    let mut page = String::from(
        "# Functions\n\nThose of Terraform 1.11, with the same results, those of its AWS provider, and `secret`.\n\
         `cachestack explain NAME` prints the same, and a test runs every example. `core::NAME` is the same function as\n\
         `NAME`. The console has `type(value)` besides.\n\n| function | what it yields | example |\n| --- | --- | --- |\n",
    );
    for (signature, doc, example) in documented() {
        page.push_str(&format!("| `{signature}` | {doc} | `{}` |\n", example.replace('|', "\\|")));
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/functions.md"), &page).expect("written");
    } else {
        assert_eq!(page, PAGE, "docs/functions.md is not what the table says; UPDATE=1 writes it");
    }
}
