//! What of a call can be shown: arguments are made out of parts of values, and a part may have lost its mark.

use crate::kind::Call;
use crate::plan::Step;
use crate::value::{Data, Value};

/// The arguments of a call by name. What is secret or sensitive in the object as it is or as it shall be is hidden
/// wherever it stands.
pub fn arguments<'a>(step: &Step, call: &'a Call) -> Vec<(&'a str, Value)> {
    let mut hidden = Vec::new();
    let objects = [&step.before, &step.after].into_iter().flatten();
    objects.flat_map(|object| object.values()).for_each(|value| collect(value, false, &mut hidden));
    let shown = |value: &Value| if holds(value, &hidden) { value.clone().into_sensitive() } else { value.clone() };
    call.args.iter().map(|(name, value)| (*name, shown(value))).collect()
}

/// The parts of a value that are hidden.
fn collect<'a>(value: &'a Value, within: bool, hidden: &mut Vec<&'a Data>) {
    let within = within || value.sensitive;
    let mut is_leaf = true;
    for child in value.children() {
        is_leaf = false;
        collect(child, within, hidden);
    }
    if within && is_leaf && !value.is_null() && !value.is_unknown() && value.as_bool().is_none() {
        hidden.push(&value.data);
    }
}

fn holds(value: &Value, hidden: &[&Data]) -> bool {
    let within = |known: &&Data| match (known, &value.data) {
        (Data::String(known), Data::String(text)) => !known.is_empty() && text.contains(&**known),
        (known, data) => *known == data,
    };
    hidden.iter().any(within) || value.children().any(|child| holds(child, hidden))
}
