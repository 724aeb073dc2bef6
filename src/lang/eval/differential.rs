//! Random expressions against `terraform console`. A seed reproduces a run: `DIFFERENTIAL_SEED`, and
//! `DIFFERENTIAL_COUNT` for the number of expressions.
//!
//! Null inside of collections is left out: Terraform keeps its type open in more places than we do.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{Empty, eval};
use crate::diag::FileId;
use crate::lang::syntax::parse_expression;
use crate::value::display::display;

/// Makes expressions.
struct Generator {
    state: u64,
    names: Vec<&'static str>,
}

#[derive(Clone, Copy)]
enum Want {
    Number,
    String,
    Bool,
    List,
    Object,
}

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % limit as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn any(&mut self, depth: usize) -> String {
        let want = self.pick(&[Want::Number, Want::String, Want::Bool, Want::List, Want::Object]);
        self.expr(want, depth)
    }

    /// An expression that mostly has the wanted type.
    fn expr(&mut self, want: Want, depth: usize) -> String {
        if depth > 0 && self.below(14) == 0 {
            return self.any(depth - 1);
        }
        if !self.names.is_empty() && self.below(6) == 0 {
            return self.pick(&self.names.clone()).to_string();
        }
        if depth == 0 {
            return self.leaf(want);
        }
        if self.below(7) == 0 {
            let (condition, yes, no) =
                (self.expr(Want::Bool, depth - 1), self.expr(want, depth - 1), self.expr(want, depth - 1));
            return format!("({condition} ? {yes} : {no})");
        }
        match want {
            Want::Number => self.number(depth - 1),
            Want::String => self.string(depth - 1),
            Want::Bool => self.boolean(depth - 1),
            Want::List => self.list(depth - 1),
            Want::Object => self.object(depth - 1),
        }
    }

    fn leaf(&mut self, want: Want) -> String {
        match want {
            Want::Number => {
                self.pick(&["0", "1", "2", "-3", "1.5", "10", "0.1", "\"7\"", "1e3", "99999999999999999999"])
            }
            Want::String => self.pick(&[
                "\"\"",
                "\"a\"",
                "\"b\"",
                "\"Hello World\"",
                "\"é\"",
                "\"a,b\"",
                "\"12\"",
                "\"x\\ny\"",
                "null",
            ]),
            Want::Bool => self.pick(&["true", "false", "\"true\"", "1 == 1"]),
            Want::List => self.pick(&[
                "[]",
                "[1, 2, 3]",
                "[\"a\", \"b\"]",
                "[\"a\", 1, true]",
                "toset([\"b\", \"a\"])",
                "tolist([2, 1])",
                "[[1], [1]]",
            ]),
            Want::Object => self.pick(&[
                "{}",
                "{ a = 1 }",
                "{ a = 1, b = \"x\" }",
                "tomap({ a = 1, b = 2 })",
                "{ a = { b = [1] } }",
            ]),
        }
        .to_string()
    }

    fn number(&mut self, depth: usize) -> String {
        match self.below(9) {
            0..4 => {
                let op = self.pick(&["+", "-", "*", "/", "%"]);
                format!("({} {op} {})", self.expr(Want::Number, depth), self.expr(Want::Number, depth))
            }
            4 => format!("-{}", self.expr(Want::Number, depth)),
            5 => format!("length({})", self.expr(Want::List, depth)),
            6 => format!(
                "{}({})",
                self.pick(&["abs", "ceil", "floor", "signum", "tonumber"]),
                self.expr(Want::Number, depth)
            ),
            7 => format!("{}({}...)", self.pick(&["max", "min"]), self.expr(Want::List, depth)),
            _ => format!("sum({})", self.expr(Want::List, depth)),
        }
    }

    fn string(&mut self, depth: usize) -> String {
        match self.below(8) {
            0 => format!("\"<${{{}}}>\"", self.any(depth)),
            1 => format!(
                "\"%{{ if {} }}y${{{}}}%{{ else }}n%{{ endif }}\"",
                self.expr(Want::Bool, depth),
                self.any(depth)
            ),
            2 => format!(
                "{}({})",
                self.pick(&["upper", "lower", "title", "trimspace", "strrev", "tostring", "base64encode"]),
                self.expr(Want::String, depth)
            ),
            3 => format!("join(\",\", {})", self.expr(Want::List, depth)),
            4 => format!("jsonencode({})", self.any(depth)),
            5 => format!("format(\"{}\", {})", self.pick(&["%s", "%v", "%5s|", "%q", "%d", "%.1f"]), self.any(depth)),
            6 => format!(
                "substr({}, {}, {})",
                self.expr(Want::String, depth),
                self.pick(&["0", "1", "-2"]),
                self.pick(&["1", "2", "-1"])
            ),
            _ => format!(
                "replace({}, {}, \"_\")",
                self.expr(Want::String, depth),
                self.pick(&["\"a\"", "\"/[a-c]/\"", "\"l\""])
            ),
        }
    }

    fn boolean(&mut self, depth: usize) -> String {
        match self.below(7) {
            0 | 1 => format!("({} {} {})", self.any(depth), self.pick(&["==", "!="]), self.any(depth)),
            2 => {
                let op = self.pick(&["<", "<=", ">", ">="]);
                format!("({} {op} {})", self.expr(Want::Number, depth), self.expr(Want::Number, depth))
            }
            3 => format!(
                "({} {} {})",
                self.expr(Want::Bool, depth),
                self.pick(&["&&", "||"]),
                self.expr(Want::Bool, depth)
            ),
            4 => format!("!{}", self.expr(Want::Bool, depth)),
            5 => format!("contains({}, {})", self.expr(Want::List, depth), self.any(depth)),
            _ => format!("can({})", self.any(depth)),
        }
    }

    fn list(&mut self, depth: usize) -> String {
        match self.below(11) {
            0 => format!("[{}, {}]", self.any(depth), self.any(depth)),
            1 => format!(
                "{}({})",
                self.pick(&["tolist", "toset", "flatten", "reverse", "sort", "distinct", "compact", "keys", "values"]),
                self.expr(Want::List, depth)
            ),
            2 => format!("{}({})", self.pick(&["keys", "values"]), self.expr(Want::Object, depth)),
            3 => format!("concat({}, {})", self.expr(Want::List, depth), self.expr(Want::List, depth)),
            4 => format!("slice({}, 0, 1)", self.expr(Want::List, depth)),
            5 => format!("{}[*]", self.any(depth)),
            6 => format!("{}[*].a", self.any(depth)),
            7 => format!("setunion({}, {})", self.expr(Want::List, depth), self.expr(Want::List, depth)),
            8 => format!("split(\",\", {})", self.expr(Want::String, depth)),
            _ => {
                let collection = self.any(depth);
                let body = self.within(&["v"], |generator| generator.any(depth));
                let condition = self.within(&["v"], |generator| generator.expr(Want::Bool, depth));
                if self.below(2) == 0 {
                    format!("[for v in {collection} : {body}]")
                } else {
                    format!("[for k, v in {collection} : [k, {body}] if {condition}]")
                }
            }
        }
    }

    fn object(&mut self, depth: usize) -> String {
        match self.below(6) {
            0 => format!("{{ a = {}, b = {} }}", self.any(depth), self.any(depth)),
            1 => format!("{{ ({}) = {} }}", self.expr(Want::String, depth), self.any(depth)),
            2 => format!("merge({}, {})", self.expr(Want::Object, depth), self.expr(Want::Object, depth)),
            3 => format!("tomap({})", self.expr(Want::Object, depth)),
            4 => format!("zipmap({}, {})", self.expr(Want::List, depth), self.expr(Want::List, depth)),
            _ => {
                let collection = self.any(depth);
                let key = self.within(&["v"], |generator| generator.expr(Want::String, depth));
                let value = self.within(&["v"], |generator| generator.any(depth));
                let group = self.pick(&["", "..."]);
                format!("{{for k, v in {collection} : {key} => {value}{group}}}")
            }
        }
    }

    fn within(&mut self, names: &[&'static str], make: impl FnOnce(&mut Self) -> String) -> String {
        let before = self.names.len();
        self.names.extend(names);
        let made = make(self);
        self.names.truncate(before);
        made
    }
}

fn wrapped(expr: &str) -> String {
    format!("try([{expr}], \"error\")")
}

fn ours(expr: &str) -> String {
    let mut diagnostics = Vec::new();
    let parsed = parse_expression(FileId(0), expr, 0, &mut diagnostics);
    let parsed = parsed.unwrap_or_else(|| panic!("{expr}: {diagnostics:?}"));
    eval(&parsed, &Empty::default()).map_or_else(|mistakes| format!("{mistakes:?}"), |value| display(&value))
}

/// What the console prints; `None` when it fails altogether.
fn theirs(directory: &std::path::Path, expr: &str) -> Option<String> {
    let mut child = Command::new("terraform")
        .args(["console", "-no-color"])
        .current_dir(directory)
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
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

/// Terraform has a negative zero.
fn plain_zeros(printed: &str) -> String {
    let mut out = String::with_capacity(printed.len());
    for (index, character) in printed.char_indices() {
        let zero = printed[index..].starts_with("-0");
        let behind = printed[index..].chars().nth(2);
        let number = printed[..index].chars().last().is_none_or(|before| !before.is_alphanumeric());
        if !(zero && number && behind.is_none_or(|behind| !behind.is_ascii_digit() && behind != '.')) {
            out.push(character);
        }
    }
    out
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_expressions_yield_what_terraform_prints() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("main.tf"), "").expect("a file");
    if theirs(directory.path(), "1").is_none() {
        eprintln!("SKIPPED random_expressions_yield_what_terraform_prints: there is no terraform on the PATH");
        return;
    }
    let (seed, count) = (setting("DIFFERENTIAL_SEED", 20_261_122), setting("DIFFERENTIAL_COUNT", 300));
    let mut generator = Generator { state: seed.max(1), names: Vec::new() };
    let mut wrong = Vec::new();
    for _ in 0..count.div_ceil(30) {
        let batch: Vec<String> = (0..30).map(|index| generator.any(1 + index % 4)).collect();
        let all: Vec<String> = batch.iter().map(|expr| wrapped(expr)).collect();
        let text = format!("[{}]", all.join(", "));
        if theirs(directory.path(), &text).is_some_and(|printed| plain_zeros(&printed) == ours(&text)) {
            continue;
        }
        for expr in batch {
            let (found, expected) = (ours(&wrapped(&expr)), theirs(directory.path(), &wrapped(&expr)));
            // Only here do && and || leave the right operand alone.
            let lazy = (expr.contains("&&") || expr.contains("||")) && expected.as_deref() == Some("\"error\"");
            // A null without a type makes the result of format unknown there.
            let strange = expected.as_deref() == Some("(known after apply)") && found == "\"error\"";
            if expected.as_ref().is_some_and(|expected| plain_zeros(expected) != found) && !lazy && !strange {
                wrong.push(format!("> {expr}\nexpected {}\nfound    {found}\n", expected.unwrap_or_default()));
            }
        }
    }
    assert!(wrong.is_empty(), "seed {seed}: {} differ:\n{}", wrong.len(), wrong.join("\n"));
}
