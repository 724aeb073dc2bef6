//! Random expressions against Terraform. `DIFFERENTIAL_SEED` and `DIFFERENTIAL_COUNT` choose others and more;
//! `cargo test --no-default-features differential -- --ignored --nocapture` runs ten thousand and prints how
//! often every function and operator was used.
//!
//! What differs on purpose is listed with its reason in `tests/oracle/disagreements.txt`.

mod generator;
mod literals;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;

use super::{Bindings, Empty, Scope, Settings, eval};
use crate::diag::FileId;
use crate::lang::functions;
use crate::lang::syntax::{parse, parse_expression};
use crate::value::display::display;
use crate::value::{Object, Type, Value};
use generator::Generator;

const CONFIGURATION: &str = include_str!("../../../../tests/oracle/differential/main.tf");
const DISAGREEMENTS: &str = include_str!("../../../../tests/oracle/disagreements.txt");

/// Expressions that are asked about at once.
const BATCH: usize = 200;

/// The expression as it is asked: its value, whether it is sensitive, and what a mark hides in it.
fn wrapped(expr: &str) -> String {
    format!(
        "try([for x in [{expr}] : [issensitive(x), nonsensitive(x), try(nonsensitive(jsonencode(nonsensitive(x))), 0)]], \"error\")"
    )
}

/// The directory that both sides look at.
struct Workshop {
    directory: tempfile::TempDir,
    locals: Value,
}

impl Workshop {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
        let parts = [("files", "files/plain.txt"), ("files", "files/hello.tftpl")];
        let keys = ["rsa/key.pem", "rsa/pkcs8.pem", "rsa/ciphertext"].map(|name| ("differential", name));
        for (folder, name) in parts.into_iter().chain(keys) {
            let source = if folder == "files" { oracle.join(name) } else { oracle.join(folder).join(name) };
            let target = directory.path().join(name);
            std::fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
            std::fs::copy(source, target).expect(name);
        }
        for name in ["tree/a.txt", "tree/.hidden.txt", "tree/sub/b.txt", "tree/sub/deep/c.md"] {
            let target = directory.path().join(name);
            std::fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
            std::fs::write(target, name).expect("a file");
        }
        std::fs::write(directory.path().join("main.tf"), CONFIGURATION).expect("a file");
        std::fs::write(directory.path().join("terraformrc"), "").expect("a file");
        let mut workshop = Self { directory, locals: Value::null() };
        workshop.locals = workshop.evaluated_locals();
        workshop
    }

    fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().expect("a path")
    }

    fn scope(&self) -> Empty {
        let settings = Settings {
            directory: self.path(),
            home: std::env::var_os("HOME").map(PathBuf::from),
            timestamp: Some("2026-01-02T03:04:05Z".into()),
            plan_timestamp: "2026-01-02T03:04:05Z".into(),
            ..Settings::default()
        };
        Empty { settings }
    }

    fn bound<'a>(&self, scope: &'a Empty) -> Bindings<'a> {
        let unknown = || Value::unknown(Type::Any, None);
        let resource = Value::object(Object::from([("id".into(), unknown()), ("output".into(), unknown())]));
        let resources = Value::object(Object::from([("u".into(), resource)]));
        Bindings::new(scope).with("terraform_data", resources).with("local", self.locals.clone())
    }

    fn evaluated_locals(&self) -> Value {
        let mut diagnostics = Vec::new();
        let body = parse(FileId(0), CONFIGURATION, &mut diagnostics);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let scope = self.scope();
        let bound = self.bound(&scope);
        let locals = body.blocks[0].body.attributes.iter();
        let locals = locals.map(|local| (local.name.clone(), eval(&local.expr, &bound).expect("a value")));
        Value::object(locals.collect())
    }

    fn ours(&self, expr: &str, scope: &dyn Scope) -> String {
        let text = format!("{{ k = {} }}", wrapped(expr));
        let mut diagnostics = Vec::new();
        let parsed = parse_expression(FileId(0), &text, 0, &mut diagnostics);
        let shown = match parsed.filter(|_| diagnostics.is_empty()).map(|parsed| eval(&parsed, scope)) {
            Some(Ok(value)) => display(&value),
            Some(Err(mistakes)) => return format!("{mistakes:?}"),
            None => return "\"error\"".to_string(),
        };
        shown.strip_prefix("{\n  \"k\" = ").and_then(|shown| shown.strip_suffix("\n}")).unwrap_or(&shown).to_string()
    }

    /// What Terraform prints for each; `None` for one that it does not even look at.
    fn theirs(&self, exprs: &[String]) -> Vec<Option<String>> {
        let lines: Vec<String> =
            exprs.iter().enumerate().map(|(index, expr)| format!("    k{index:04} = {}\n", wrapped(expr))).collect();
        let text = format!("locals {{\n  results = {{\n{}  }}\n}}\n", lines.concat());
        std::fs::write(self.directory.path().join("batch.tf"), text).expect("a file");
        match self.console("local.results") {
            Some(printed) => {
                let mut found = split(&printed);
                (0..exprs.len()).map(|index| found.remove(&index)).collect()
            }
            None if exprs.len() == 1 => vec![None],
            None => {
                let (left, right) = exprs.split_at(exprs.len() / 2);
                [self.theirs(left), self.theirs(right)].concat()
            }
        }
    }

    fn console(&self, expr: &str) -> Option<String> {
        let mut child = Command::new("terraform")
            .args(["console", "-no-color"])
            .current_dir(self.path())
            .env("TF_CLI_CONFIG_FILE", self.path().join("terraformrc"))
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        child.stdin.take()?.write_all(format!("{expr}\n").as_bytes()).ok()?;
        let output = child.wait_with_output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_string())
    }
}

/// The attributes of the printed object by their number.
fn split(printed: &str) -> HashMap<usize, String> {
    let mut found: HashMap<usize, Vec<&str>> = HashMap::new();
    let mut current = usize::MAX;
    let body = printed.strip_prefix("{\n").and_then(|rest| rest.strip_suffix("\n}")).unwrap_or_default();
    for line in body.split('\n') {
        let head = line.strip_prefix("  \"k").and_then(|rest| rest.split_once("\" = "));
        match head.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) {
            Some((number, rest)) => {
                current = number;
                found.insert(number, vec![rest]);
            }
            None => found.entry(current).or_default().push(line),
        }
    }
    found.into_iter().map(|(number, lines)| (number, lines.join("\n"))).collect()
}

/// A listed difference: what the expression, Terraform's result and ours look like.
struct Listed {
    expression: Regex,
    terraform: Regex,
    here: Regex,
}

/// The paragraphs of the list; the comment above each is its reason.
fn listed() -> Vec<Listed> {
    let paragraphs = DISAGREEMENTS.split("\n\n").filter(|text| text.lines().any(|line| !line.starts_with('#')));
    let pattern = |paragraph: &str, name: &str| {
        let text = paragraph.lines().find_map(|line| line.strip_prefix(name)).unwrap_or(".*");
        Regex::new(&format!("(?s){}", text.trim())).unwrap_or_else(|error| panic!("{paragraph}: {error}"))
    };
    let entries = paragraphs.map(|paragraph| {
        assert!(paragraph.starts_with('#'), "a difference without its reason: {paragraph}");
        Listed {
            expression: pattern(paragraph, "expression:"),
            terraform: pattern(paragraph, "terraform:"),
            here: pattern(paragraph, "here:"),
        }
    });
    entries.collect()
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Compares `count` expressions; answers what was used, or `None` without a terraform.
fn compare(count: usize) -> Option<BTreeMap<&'static str, generator::Uses>> {
    let workshop = Workshop::new();
    workshop.console("1")?;
    let seed = setting("DIFFERENTIAL_SEED", 20_261_122);
    let mut generator = Generator::new(seed);
    let (listed, scope) = (listed(), workshop.scope());
    let bound = workshop.bound(&scope);
    let (mut wrong, mut excused) = (Vec::new(), vec![0; listed.len()]);
    let (mut errors, mut compared) = (0, 0);
    while compared < count {
        let batch: Vec<String> = (compared..compared + BATCH).map(|index| generator.next(index)).collect();
        for (expr, expected) in batch.iter().zip(workshop.theirs(&batch)) {
            let (expected, found) = (expected.unwrap_or_else(|| "\"error\"".into()), workshop.ours(expr, &bound));
            errors += usize::from(expected == "\"error\"");
            if expected == found {
                continue;
            }
            let matches = |entry: &Listed| {
                entry.expression.is_match(expr) && entry.terraform.is_match(&expected) && entry.here.is_match(&found)
            };
            match listed.iter().position(matches) {
                Some(at) => excused[at] += 1,
                None => wrong.push(format!("> {expr}\nexpected {expected}\nfound    {found}\n")),
            }
        }
        compared += BATCH;
    }
    println!(
        "seed {seed}: {compared} expressions, {errors} of them errors on both sides or one; {} differ as listed",
        excused.iter().sum::<usize>()
    );
    println!("listed differences met, in the order of the list: {excused:?}");
    assert!(wrong.is_empty(), "seed {seed}: {} differ:\n{}", wrong.len(), wrong.join("\n"));
    Some(generator.uses)
}

fn skip(name: &str) {
    eprintln!("SKIPPED {name}: there is no terraform on the PATH");
}

#[test]
fn random_expressions_yield_what_terraform_prints() {
    if compare(setting("DIFFERENTIAL_COUNT", 600) as usize).is_none() {
        skip("random_expressions_yield_what_terraform_prints");
    }
}

#[test]
#[ignore = "a minute; ten thousand expressions and the table of what they use"]
fn ten_thousand_random_expressions_use_everything() {
    let Some(uses) = compare(setting("DIFFERENTIAL_COUNT", 10_000) as usize) else {
        return skip("ten_thousand_random_expressions_use_everything");
    };
    println!("{:<20} {:>6} {:>6} {:>10}", "", "uses", "null", "sensitive");
    for (name, [all, null, sensitive]) in &uses {
        println!("{name:<20} {all:>6} {null:>6} {sensitive:>10}");
    }
    for (name, [all, null, sensitive]) in uses {
        let bare = functions::find(name).is_some_and(|function| function.params.is_empty() && function.rest.is_none());
        let pool = ["templatestring", "rsadecrypt"].contains(&name);
        assert!(all >= 50 && (bare || pool || (null > 0 && sensitive > 0)), "{name}: {all} {null} {sensitive}");
    }
}

/// The functions of Terraform 1.11 are ours; `secret` is ours alone.
#[test]
fn every_function_is_generated() {
    let generated: std::collections::BTreeSet<&str> =
        table::CALLS.iter().map(|call| call.0.split('@').next().unwrap_or_default()).collect();
    let ours: std::collections::BTreeSet<&str> = functions::names().filter(|name| *name != "secret").collect();
    assert_eq!(ours, generated);
}
