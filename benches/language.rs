//! Parser, formatter and evaluator on large input, beside `terraform fmt` and `terraform validate` on the same
//! text where there is a terraform. Run it with `cargo bench --no-default-features --bench language`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cachestack::diag::FileId;
use cachestack::lang::eval::{Bindings, Empty, eval};
use cachestack::lang::syntax::{parse, parse_expression};
use cachestack::lang::{ast, fmt};
use cachestack::value::Value;

#[path = "../src/main/allocator.rs"]
mod allocator;

const LOCALS: &str = "{ name = \"shop\", types = [\"a\", \"b\", \"c\"], tags = { App = \"x\", Env = \"y\" } }";

/// A stack of that many resources, in a type that Terraform knows without a provider.
fn stack(resources: usize) -> String {
    let mut text = format!("locals {{\n  all = {LOCALS}\n}}\n\n");
    for index in 0..resources {
        text.push_str(&format!(
            "resource \"terraform_data\" \"cache-{index}\" {{\n  input = {{\n    replication_group_id = \
             \"${{local.all.name}}-{index}\"\n    description          = \"Sessions of ${{local.all.name}} number \
             {index}\"\n    node_type            = local.all.types[{index} % 3]\n    num_cache_clusters   = {index} % 5 + 1\n    \
             multi_az_enabled     = {index} % 5 > 0 ? true : false\n    tags                 = merge({{ Name = \
             \"cache-{index}\" }}, {{ for k, v in local.all.tags : k => upper(v) }})\n  }}\n}}\n\n"
        ));
    }
    text
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn report(what: &str, text: &str, resources: usize, took: Duration) {
    let speed = text.len() as f64 / 1e6 / took.as_secs_f64();
    let each = took.as_secs_f64() * 1e6 / resources as f64;
    println!("  {what:<28} {:>9.1} ms {speed:>9.1} MB/s {each:>9.1} us per resource", took.as_secs_f64() * 1e3);
}

fn evaluate(body: &ast::Body) -> usize {
    let empty = Empty::default();
    let locals = parse_expression(FileId(0), LOCALS, 0, &mut Vec::new()).expect("an expression");
    let all = eval(&locals, &empty).expect("a value");
    let scope = Bindings::new(&empty).with("local", Value::object([("all".into(), all)].into()));
    let attributes = body.blocks_of("resource").flat_map(|block| &block.body.attributes);
    attributes.map(|attribute| drop(eval(&attribute.expr, &scope).expect("a value"))).fold(0, |count, ()| count + 1)
}

fn measure(resources: usize) {
    let text = stack(resources);
    println!("{resources} resources, {:.1} MB", text.len() as f64 / 1e6);
    let mut mistakes = Vec::new();
    let (body, took) = timed(|| parse(FileId(0), &text, &mut mistakes));
    assert!(mistakes.is_empty());
    report("parse", &text, resources, took);
    let (count, took) = timed(|| evaluate(&body));
    assert_eq!(count, resources);
    report("evaluate", &text, resources, took);
    let (laid_out, took) = timed(|| fmt::format(&text));
    report("fmt", &text, resources, took);
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("main.tf"), &text).expect("a file");
    std::fs::write(directory.path().join("rc"), "").expect("a file");
    if !terraform(directory.path(), &["version"]) {
        return println!("  (there is no terraform on the PATH to compare with)");
    }
    let (_, start_up) = timed(|| terraform(directory.path(), &["version"]));
    report("terraform version (start)", &text, resources, start_up);
    let (_, took) = timed(|| terraform(directory.path(), &["fmt", "-list=false"]));
    report("terraform fmt", &text, resources, took);
    let theirs = std::fs::read_to_string(directory.path().join("main.tf")).expect("a file");
    println!("  both layouts are the same: {}", theirs == laid_out);
    terraform(directory.path(), &["init"]);
    let (valid, took) = timed(|| terraform(directory.path(), &["validate"]));
    report(if valid { "terraform validate" } else { "terraform validate (failed)" }, &text, resources, took);
}

fn terraform(directory: &Path, args: &[&str]) -> bool {
    let mut command = Command::new("terraform");
    command.args(args).current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("TF_CLI_CONFIG_FILE", directory.join("rc")).env("CHECKPOINT_DISABLE", "1");
    command.status().is_ok_and(|status| status.success())
}

fn main() {
    allocator::keep();
    // Ten thousand resources, and a file of more than ten megabytes.
    for resources in [10_000, 25_000] {
        measure(resources);
    }
}
