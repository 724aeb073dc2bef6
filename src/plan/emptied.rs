//! A cache that is to be filled from a backup which AWS deletes together with the cache that it was taken of: by the time
//! that the new one is made, there would be nothing to fill it from.

use crate::diag::Diagnostic;
use crate::kind::Filled;
use crate::kinds;
use crate::plan::draft::Draft;
use crate::plan::{Action, Reason, Step};
use crate::shell;
use crate::value::Value;

/// How the names of automatic snapshots begin. Source: user guide, "Scheduling automatic backups".
const AUTOMATIC: &str = "automatic.";

/// Reports every cache whose source goes before it is made.
pub fn emptied(draft: &Draft) -> Vec<Diagnostic> {
    let made = draft.plan.steps.iter().filter(|step| step.action == Action::Create);
    made.flat_map(|step| sources(step).map(move |(attribute, name)| (step, attribute, name)))
        .filter(|(step, _, name)| draft.plan.steps.iter().any(|other| takes_along(other, step, name)))
        .map(|(step, attribute, name)| {
            let detail = format!(
                "`{}` is to be filled from \"{name}\", an automatic backup, and AWS deletes those together with the cache that they are of: this plan deletes it first.",
                step.address
            );
            let copy = shell::quoted(name);
            let help = format!(
                "Keep a copy, which stays: cachestack snapshot copy {copy} NAME. Then take NAME in its place."
            );
            let mut diagnostic = Diagnostic::error("CS0616", "The backup goes with its cache", detail).help(help);
            diagnostic.span = draft.places.get(&step.address).and_then(|desired| desired.span_of(attribute));
            diagnostic.of(&step.address)
        })
        .collect()
}

/// The automatic backups that an object is to be filled from, with the attribute that names them.
fn sources(step: &Step) -> impl Iterator<Item = (&'static str, &str)> {
    let filled = kinds::get(&step.address.kind).and_then(|kind| kind.filled_from());
    let value = |name: &str| step.after.as_ref().and_then(|after| after.get(name));
    let texts: Vec<(&'static str, &str)> = match filled {
        None => Vec::new(),
        Some(Filled::ByName(name)) => {
            value(name).and_then(Value::as_str).map(|text| (name, text)).into_iter().collect()
        }
        Some(Filled::ByArn(name)) => {
            let arns = value(name).and_then(Value::as_items).unwrap_or_default();
            arns.iter().filter_map(Value::as_str).filter_map(|arn| Some((name, arn.rsplit(':').next()?))).collect()
        }
    };
    texts.into_iter().filter(|(_, name)| name.starts_with(AUTOMATIC))
}

/// Whether a step deletes the cache that a backup is of, before the other one is made out of it. The name tells whose it
/// is; a replacement deletes first unless it says otherwise.
fn takes_along(step: &Step, made: &Step, backup: &str) -> bool {
    let first = matches!(step.reason, Reason::Replaced { create_first: true, .. });
    let id = step.id.as_deref().unwrap_or_default();
    let of_it = backup.strip_prefix(AUTOMATIC).and_then(|rest| rest.strip_prefix(id)).is_some_and(|rest| {
        // Behind the name comes the time, or the number of a node.
        rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
    });
    step.action == Action::Delete && step.region == made.region && of_it && !first
}
