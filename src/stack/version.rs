//! `required_version` of a stack: which versions of cachestack may read it.

use crate::diag::Diagnostic;
use crate::fetch::version::{Constraint, Version};
use crate::lang::declare::Module;
use crate::lang::eval::{Scope, eval};

/// Reports a stack that wants another cachestack.
pub fn check(module: &Module, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) {
    let Some(attribute) = module.stack.as_ref().and_then(|stack| stack.attributes.get("required_version")) else {
        return;
    };
    let text = match eval(&attribute.expr, scope) {
        Ok(value) => value.as_str().map(str::to_owned),
        Err(mut wrong) => return diagnostics.append(&mut wrong),
    };
    let ours = env!("CARGO_PKG_VERSION");
    let allows = |text: &str| Some(Constraint::parse(text)?.allows(&Version::parse(ours)?));
    let (detail, help) = match text.as_deref().map(|text| (text, allows(text))) {
        Some((_, Some(true))) => return,
        Some((text, Some(false))) => (
            format!("The stack wants \"{text}\", and this is cachestack {ours}."),
            "Use another version of cachestack.",
        ),
        _ => {
            ("`required_version` is no constraint.".to_owned(), "Write versions as in \">= 0.1, < 2.0\" or \"~> 1.2\".")
        }
    };
    diagnostics
        .push(Diagnostic::error("CS0356", "Another version of cachestack", detail).at(attribute.expr.span).help(help));
}
