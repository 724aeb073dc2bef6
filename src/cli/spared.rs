//! Files that nothing which is written beside a stack may take the place of: its own, and its state.

use std::path::{Component, Path};

/// How the files of a stack end, in either tool.
const SOURCES: [&str; 7] = [".hcl", ".tf", ".tfvars", ".tf.json", ".hcl.json", ".tfvars.json", ".tfstate"];

/// Refuses a file that is, or would be, part of a stack, of its state, or of its lock file.
///
/// # Errors
/// It is one of them.
pub fn check(path: &Path) -> Result<(), String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_kept = |part: Component| [".cachestack", ".terraform", ".git"].iter().any(|own| part.as_os_str() == *own);
    let why = if SOURCES.iter().any(|end| name.ends_with(end)) {
        "a file of that name is read as a part of the stack"
    } else if path.components().any(is_kept) || name.ends_with(".lock.json") {
        "what lies there is kept between runs"
    } else {
        return Ok(());
    };
    Err(format!("{}: {why}, and is not overwritten; choose another name", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_and_states_are_spared() {
        for (path, fine) in [
            ("p.plan", true),
            ("out/plan.json", true),
            ("plan", true),
            ("/dev/null", true),
            ("report.md", true),
            ("main.hcl", false),
            ("x/MAIN.TF", false),
            ("prod.auto.tfvars", false),
            ("main.tf.json", false),
            ("terraform.tfstate", false),
            (".cachestack/dev/state.json", false),
            ("./.cachestack/x", false),
            (".cachestack.lock.json", false),
        ] {
            assert_eq!(check(Path::new(path)).is_ok(), fine, "{path}");
        }
    }
}
