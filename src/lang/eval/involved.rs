//! The names that a mistake involves, and what is to be said of their values, in Terraform's words.

use super::Scope;
use crate::diag::Diagnostic;
use crate::lang::ast::{Expr, Reference, Step};
use crate::lang::refs;
use crate::value::{Data, Type, Value, display};

/// Notes the values of the names that stand where the mistakes are.
pub(super) fn note(expr: &Expr, scope: &dyn Scope, mistakes: &mut [Diagnostic]) {
    let references = refs::references(expr);
    for mistake in mistakes.iter_mut().filter(|mistake| mistake.values.is_empty()) {
        let Some(span) = mistake.span else { continue };
        let here = |of: &&Reference| of.span.file == span.file && of.span.start < span.end && span.start < of.span.end;
        for reference in references.iter().filter(here) {
            if let Some(value) = value_of(reference, scope) {
                mistake.values.push((refs::path(&reference.root, &reference.steps), statement(&value)));
            }
        }
        mistake.values.sort();
        mistake.values.dedup();
    }
}

/// The value, as far as the steps lead to one.
fn value_of(reference: &Reference, scope: &dyn Scope) -> Option<Value> {
    let (mut value, used) = scope.resolve(&reference.root, &reference.steps, reference.span).ok()?;
    for step in &reference.steps[used..] {
        let mark = value.sensitive;
        let part = match step {
            Step::Attr(name) | Step::Key(name) => value.get(name).cloned(),
            Step::Index(index) => value.as_items().and_then(|items| items.get(*index as usize)).cloned(),
        };
        value = part?.with_mark(mark);
    }
    Some(value)
}

fn statement(value: &Value) -> String {
    let elements = |count: usize| format!("{count} element{}", if count == 1 { "" } else { "s" });
    let of = |ty: &Type| if ty.is_primitive() { ty.word().to_string() } else { ty.word().replace("any", "dynamic") };
    match &value.data {
        _ if value.is_sensitive_anywhere() => "has a sensitive value".to_string(),
        Data::Unknown(unknown) if unknown.ty == Type::Any => "will be known only after apply".to_string(),
        Data::Unknown(unknown) => format!("is {}, known only after apply", unknown.ty.with_article()),
        Data::Null(_) => "is null".to_string(),
        Data::Bool(_) | Data::Number(_) | Data::String(_) => super::clipped(format!("is {}", display::display(value))),
        Data::List(ty, items) if items.is_empty() => format!("is empty list of {}", of(ty)),
        Data::List(ty, items) => format!("is list of {} with {}", of(ty), elements(items.len())),
        Data::Set(ty, items) if items.is_empty() => format!("is empty set of {}", of(ty)),
        Data::Set(ty, items) => format!("is set of {} with {}", of(ty), elements(items.len())),
        Data::Map(ty, items) if items.is_empty() => format!("is empty map of {}", of(ty)),
        Data::Map(ty, items) => format!("is map of {} with {}", of(ty), elements(items.len())),
        Data::Tuple(items) if items.is_empty() => "is empty tuple".to_string(),
        Data::Tuple(items) => format!("is tuple with {}", elements(items.len())),
        Data::Object(items) if items.is_empty() => "is object with no attributes".to_string(),
        Data::Object(items) if items.len() == 1 => "is object with 1 attribute".to_string(),
        Data::Object(items) => format!("is object with {} attributes", items.len()),
        Data::Secret(_) => "has a sensitive value".to_string(),
    }
}
