//! Programs of others that judge ours. A test whose program is missing says so and is skipped.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::harness::{Emulator, Place, files, root, run};

/// boto3 drives the emulator: waiters, paginators, errors.
#[test]
fn boto3_finds_its_way() {
    script("boto3_finds_its_way", "boto3_suite.py");
}

/// Every answer has the shape of the service model.
#[test]
fn answers_are_those_of_the_model() {
    script("answers_are_those_of_the_model", "model_check.py");
}

/// `terraform fmt` finds nothing to change in the stacks, and neither does `cachestack fmt`.
#[test]
fn terraform_lays_the_stacks_out_alike() {
    let stacks = root().join("stacks");
    let place = Place::new();
    place.run(&["fmt", "--check", &stacks.display().to_string()]).expect(0);
    let Some(terraform) = program("terraform_lays_the_stacks_out_alike", "terraform") else { return };
    for path in files(&stacks, "hcl").into_iter().chain(files(&stacks, "hclvars")) {
        let mut command = Command::new(&terraform);
        command.args(["fmt", "-check", "-"]).stdin(std::fs::File::open(&path).expect("a stack"));
        command.env("HOME", place.path()).env_remove("TF_CLI_CONFIG_FILE").env("CHECKPOINT_DISABLE", "1");
        let done = run(command);
        assert_eq!(done.code, 0, "terraform fmt would change {}\n{}", path.display(), done.stderr);
    }
}

/// Runs a script of `tests/clients` against an emulator of its own.
fn script(test: &str, name: &str) {
    let Some(python) = python_with(test, "boto3") else { return };
    let emulator = Emulator::start("fast");
    let mut command = Command::new(python);
    command.arg(root().join("tests/clients").join(name)).arg(&emulator.url).env("PYTHONDONTWRITEBYTECODE", "1");
    run(command).expect(0);
}

/// Where a program is, or a word that the test is skipped.
fn program(test: &str, name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|path| path.is_file());
    if found.is_none() {
        skipped(test, name);
    }
    found
}

/// A Python that can import the module, or a word that the test is skipped.
fn python_with(test: &str, module: &str) -> Option<PathBuf> {
    let python = program(test, "python3")?;
    let mut import = Command::new(&python);
    import.args(["-c", &format!("import {module}")]).stdout(Stdio::null()).stderr(Stdio::null());
    if import.status().is_ok_and(|status| status.success()) {
        return Some(python);
    }
    skipped(test, module);
    None
}

fn skipped(test: &str, missing: &str) {
    eprintln!("skipped: {test}: no {missing}");
}
