//! Programs of others that judge ours. A test whose program is missing says so and is skipped.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where a program is, or a word that the test is skipped.
pub fn program(test: &str, name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|path| path.is_file());
    if found.is_none() {
        skipped(test, name);
    }
    found
}

/// A Python that can import the module, or a word that the test is skipped.
pub fn python_with(test: &str, module: &str) -> Option<PathBuf> {
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
