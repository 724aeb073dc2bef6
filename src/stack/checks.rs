//! `check` blocks: whether what should hold does. What does not is said, and stops nothing.

use crate::address::module_prefix;
use crate::diag::{Diagnostic, Severity};
use crate::lang::declare::Condition;
use crate::lang::eval::{Scope, eval};
use crate::stack::conditions::message;
use crate::stack::evaluator::Evaluator;
use crate::value::Type;
use crate::value::convert::convert;

/// Codes of expressions that could never be evaluated, whatever the account holds.
const NAMES: [&str; 7] = ["CS0201", "CS0211", "CS0212", "CS0401", "CS0402", "CS0403", "CS0405"];

/// Judges every check in every instance of its module. What is unknown is let pass until after the apply (`last`).
pub fn judge(evaluator: &Evaluator, last: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (path, module) in evaluator.stack().modules() {
        for instance in evaluator.instances(path).iter().filter(|instance| !evaluator.is_open(instance)) {
            for (name, check) in &module.checks {
                let view = evaluator.within(instance).of_check(name);
                let address = format!("{}check.{name}", module_prefix(instance));
                let wrong = check.asserts.iter().filter_map(|assert| one(assert, &view, &address, last));
                found.extend(wrong.flatten().map(|diagnostic| diagnostic.of(&address)));
            }
        }
    }
    found
}

fn one(assert: &Condition, scope: &dyn Scope, check: &str, last: bool) -> Option<Vec<Diagnostic>> {
    let value = match eval(&assert.condition, scope) {
        Ok(value) => value,
        Err(wrong) => return Some(wrong.into_iter().map(soften).collect()),
    };
    let text = if value.is_unknown() {
        last.then(|| "Whether it holds cannot be told: it hangs on something that is not known.".to_owned())?
    } else {
        match convert(&value, &Type::Bool).ok().and_then(|value| value.as_bool()) {
            Some(true) => return None,
            Some(false) => message(assert, scope),
            None => "A condition must be true or false.".to_owned(),
        }
    };
    let diagnostic = Diagnostic::warning("CS0417", "A check does not hold", format!("{check}: {text}"));
    Some(vec![diagnostic.at(assert.condition.span)])
}

/// A mistake in a check is no reason to stop, unless the check could never be right.
fn soften(diagnostic: Diagnostic) -> Diagnostic {
    match is_of_names(&diagnostic) {
        true => diagnostic,
        false => Diagnostic { severity: Severity::Warning, ..diagnostic },
    }
}

/// Whether it is about an expression that could never be evaluated.
pub fn is_of_names(diagnostic: &Diagnostic) -> bool {
    NAMES.contains(&diagnostic.code)
}
