//! Both sides of the comparison: the same directory, the same names, and what each prints.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::diag::FileId;
use crate::lang::eval::{Bindings, Empty, Scope, Settings, eval};
use crate::lang::syntax::{parse, parse_expression};
use crate::value::display::{describe, display};
use crate::value::{Object, Type, Value};

const CONFIGURATION: &str = include_str!("../../../../tests/oracle/differential/main.tf");

/// What both print for an expression that fails.
pub const ERROR: &str = "\"error\"";

/// The expression as it is asked: its value, whether it is sensitive, and what a mark hides in it.
pub fn wrapped(expr: &str) -> String {
    format!(
        "try([for x in [{expr}] : [issensitive(x), nonsensitive(x), try(nonsensitive(jsonencode(nonsensitive(x))), 0)]], \"error\")"
    )
}

/// The directory that both sides look at.
pub struct Workshop {
    directory: tempfile::TempDir,
    locals: Value,
}

impl Workshop {
    /// A directory with files, and the values of the names.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
        let parts = [("files", "files/plain.txt"), ("files", "files/hello.tftpl")];
        let keys =
            ["rsa/throwaway.pem", "rsa/throwaway-pkcs8.pem", "rsa/ciphertext"].map(|name| ("differential", name));
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

    /// The scope of the directory.
    pub fn scope(&self) -> Empty {
        let settings = Settings {
            directory: self.path(),
            home: std::env::var_os("HOME").map(PathBuf::from),
            timestamp: Some("2026-01-02T03:04:05Z".into()),
            eager: true,
            ..Settings::default()
        };
        Empty { settings }
    }

    /// The scope with the names.
    pub fn bound<'a>(&self, scope: &'a Empty) -> Bindings<'a> {
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

    /// What is printed here for a text, and for its type.
    pub fn ours(&self, text: &str, scope: &dyn Scope) -> Option<(String, String)> {
        let mut diagnostics = Vec::new();
        let parsed = parse_expression(FileId(0), text, 0, &mut diagnostics).filter(|_| diagnostics.is_empty());
        // As an attribute, since a text on its own is printed in another way.
        let value = eval(&parsed?, scope).ok()?;
        let ty = describe(&value.ty());
        let shown = display(&Value::object([("k".into(), value)].into()));
        let inner = shown.strip_prefix("{\n  \"k\" = ").and_then(|shown| shown.strip_suffix("\n}"));
        Some((inner.unwrap_or(&shown).to_string(), ty))
    }

    /// What Terraform prints for each text, and for its type; `None` for one that fails.
    pub fn theirs(&self, texts: &[String]) -> Vec<Option<(String, String)>> {
        let lines: Vec<String> =
            texts.iter().enumerate().map(|(index, text)| format!("    k{index:04} = {text}\n")).collect();
        let text = format!("locals {{\n  results = {{\n{}  }}\n}}\n", lines.concat());
        std::fs::write(self.directory.path().join("batch.tf"), text).expect("a file");
        // A mistake in one text can make all of them unknown.
        match self.console("local.results").filter(|values| values.starts_with('{')) {
            Some(values) => {
                let types = self.console("type(local.results)").unwrap_or_default();
                let mut values = parts(&values, "{\n", "\n}", "  \"k", "\" = ");
                let mut types = parts(&types, "object({\n", "\n})", "    k", ": ");
                let found = |index| Some((values.remove(&index)?, types.remove(&index).unwrap_or_default()));
                (0..texts.len()).map(found).collect()
            }
            None if texts.len() == 1 => vec![None],
            None => {
                let (left, right) = texts.split_at(texts.len() / 2);
                [self.theirs(left), self.theirs(right)].concat()
            }
        }
    }

    /// What `terraform console` prints.
    pub fn console(&self, expr: &str) -> Option<String> {
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

/// The attributes of a printed object by their number: `head`, the number, `middle` and what is printed.
fn parts(printed: &str, open: &str, close: &str, head: &str, middle: &str) -> HashMap<usize, String> {
    let mut found: HashMap<usize, Vec<&str>> = HashMap::new();
    let mut current = usize::MAX;
    let body = printed.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).unwrap_or_default();
    for line in body.split('\n') {
        let start = line.strip_prefix(head).and_then(|rest| rest.split_once(middle));
        match start.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) {
            Some((number, rest)) => {
                current = number;
                found.insert(number, vec![rest]);
            }
            None => found.entry(current).or_default().push(line),
        }
    }
    let types = middle == ": ";
    let joined = |lines: Vec<&str>| {
        let text = lines.join("\n").replace("\n    ", if types { "\n" } else { "\n    " });
        if types { text.trim_end_matches(',').to_string() } else { text }
    };
    found.into_iter().map(|(number, lines)| (number, joined(lines))).collect()
}
