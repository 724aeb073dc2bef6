//! What is said of a `module` block whose module cannot be used.

use super::{DEEPEST, MOST_BYTES, MOST_UNITS};
use crate::address::ModulePath;
use crate::diag::{Diagnostic, did_you_mean};
use crate::lang::declare::Call;
use crate::templates;

/// More modules than anybody means.
pub fn too_many(path: &ModulePath, name: &str) -> Diagnostic {
    let detail = match path.len() > DEEPEST {
        true => format!("`{name}` is called by {DEEPEST} modules within each other."),
        false => format!(
            "With `{name}` there are more than {MOST_UNITS} calls of modules, or more than {} MiB of text in them.",
            MOST_BYTES >> 20
        ),
    };
    Diagnostic::error("CS0368", "Too many modules or instances", detail)
        .help("Look for modules that each call several others, level by level; repeat one with for_each instead.")
}

/// A directory that is not there, or has no module.
pub fn unreadable(detail: &str) -> Diagnostic {
    Diagnostic::error("CS0362", "The module cannot be read", detail)
        .help("Name the directory from that of the caller on: ./modules/redis.")
}

/// A template that there is not.
pub fn unknown_template(name: &str) -> Diagnostic {
    let help = match did_you_mean(name, templates::names()) {
        Some(near) => format!("Did you mean \"cachestack/{near}\"?"),
        None => format!("There are: {}.", templates::names().collect::<Vec<_>>().join(", ")),
    };
    let detail = format!("There is no built-in template \"{name}\".");
    Diagnostic::error("CS0362", "The module cannot be read", detail).help(help)
}

/// Neither a directory nor anything that could be fetched.
pub fn not_local(text: &str, is_near: bool) -> Diagnostic {
    let help = match is_near {
        true => format!("Write \"./{text}\"."),
        false => "Copy the module beside the stack and name its directory, as \"./modules/redis\".".to_owned(),
    };
    let detail = format!(
        "\"{text}\" is neither a directory (./ or ../ first) nor a built-in template (cachestack/NAME), nor a module of a registry or a repository."
    );
    Diagnostic::error("CS0361", "Not a local module", detail).help(help)
}

/// `version` that asks for no version.
pub fn no_constraint(text: &str) -> Diagnostic {
    Diagnostic::error("CS0932", "No constraint of versions", format!("\"{text}\" asks for no version."))
        .help("Write versions as in \">= 1.2, < 2.0\" or \"~> 1.2\".")
}

/// A local source that leaves what was fetched.
pub fn leads_out(text: &str) -> Diagnostic {
    let detail = format!("\"{text}\" leads out of what was fetched with this module.");
    Diagnostic::error("CS0936", "A way out of a module", detail)
        .help("Tell its author; or copy the module beside the stack and name its directory.")
}

/// A module that the stack leaves to another tool though it is there.
pub fn left(call: &Call) -> Diagnostic {
    let detail = format!("\"{}\" is left to another tool.", call.source.0);
    Diagnostic::error("CS0361", "Not a local module", detail).at(call.source.1).help("Take it out of `foreign`.")
}
