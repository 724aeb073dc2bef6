//! Pre- and postconditions of blocks and outputs.

use crate::diag::Diagnostic;
use crate::lang::declare::{Condition, Resource};
use crate::lang::eval::{Bindings, Scope, eval, note};
use crate::stack::desired::bindings;
use crate::stack::target::Instance;
use crate::value::convert::convert;
use crate::value::{Type, Value};

/// Checks the preconditions of a block. One that hangs on something unknown is let pass; it is checked again later.
pub fn preconditions(resource: &Resource, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) {
    check_all(&resource.meta.lifecycle.preconditions, scope, "CS0413", diagnostics);
}

/// Checks the postconditions of an instance against its object, as far as that is known.
pub fn postconditions(
    resource: &Resource,
    instance: &Instance,
    object: &Value,
    scope: &dyn Scope,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let conditions = &resource.meta.lifecycle.postconditions;
    if conditions.is_empty() {
        return;
    }
    let mut names = bindings(instance.key.as_ref(), instance.each.as_ref(), instance.watched.as_ref());
    names.insert("self".into(), object.clone());
    check_all(conditions, &Bindings { parent: scope, names }, "CS0413", diagnostics);
}

/// Checks conditions in a scope.
pub fn check_all(conditions: &[Condition], scope: &dyn Scope, code: &'static str, diagnostics: &mut Vec<Diagnostic>) {
    for condition in conditions {
        check(condition, scope, code, diagnostics);
    }
}

fn check(condition: &Condition, scope: &dyn Scope, code: &'static str, diagnostics: &mut Vec<Diagnostic>) {
    let value = match eval(&condition.condition, scope) {
        Ok(value) => value,
        Err(mut wrong) => return diagnostics.append(&mut wrong),
    };
    if value.is_unknown() {
        return;
    }
    let holds = convert(&value, &Type::Bool).ok().and_then(|value| value.as_bool());
    let (summary, detail) = match holds {
        Some(true) => return,
        Some(false) => ("A condition does not hold", message(condition, scope)),
        None => ("Wrong type", "A condition must be true or false.".to_owned()),
    };
    let wrong = Diagnostic::error(code, summary, detail).at(condition.condition.span);
    let mut wrong = note(&condition.condition, scope, wrong);
    // A text may be a secret that nobody has declared one, on its way to an attribute that holds one.
    wrong.values.retain(|(_, said)| !said.contains(['"', '<']));
    let values: Vec<String> = wrong.values.iter().map(|(name, value)| format!("`{name}` {value}")).collect();
    let help = match values.is_empty() {
        true => "Change the values that it is about.".to_owned(),
        false => format!("Here {}.", values.join(", ")),
    };
    diagnostics.push(wrong.help(help));
}

/// The message of a condition, or a word that it cannot be shown.
pub fn message(condition: &Condition, scope: &dyn Scope) -> String {
    let value = eval(&condition.message, scope).ok().filter(|value| !value.is_sensitive_anywhere());
    let text = value.as_ref().and_then(|value| value.as_str().map(str::to_owned));
    text.unwrap_or_else(|| "Its message holds a value that cannot be shown.".to_owned())
}
