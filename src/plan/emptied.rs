//! A cache that is to be filled from a backup which AWS deletes together with the cache that it was taken of: by the time
//! that the new one is made, there would be nothing to fill it from.

use crate::kind::Filled;
use crate::kinds;
use crate::plan::draft::Draft;
use crate::plan::{Action, Reason, Step};
use crate::shell;
use crate::value::Value;

/// How the names of automatic snapshots begin. Source: user guide, "Scheduling automatic backups".
const AUTOMATIC: &str = "automatic.";

/// Why an object may not be made: its source goes before.
pub fn emptied(draft: &Draft, step: &Step) -> Option<String> {
    let steps = &draft.plan.steps;
    let goes = |name: &&str| steps.iter().any(|other| takes_along(other, step, name));
    let name = sources(step).into_iter().find(goes)?;
    Some(format!(
        "it is to be filled from \"{name}\", an automatic backup, and AWS deletes those together with the cache that they are of, which goes first; keep a copy, which stays, and take that in its place: cachestack snapshot copy {} NAME",
        shell::quoted(name)
    ))
}

/// The automatic backups that an object is to be filled from.
fn sources(step: &Step) -> Vec<&str> {
    let filled = kinds::get(&step.address.kind).filter(|_| step.action == Action::Create);
    let value = |name: &str| step.after.as_ref().and_then(|after| after.get(name));
    let names: Vec<&str> = match filled.and_then(|kind| kind.filled_from()) {
        None => Vec::new(),
        Some(Filled::ByName(name)) => value(name).and_then(Value::as_str).into_iter().collect(),
        Some(Filled::ByArn(name)) => {
            let arns = value(name).and_then(Value::as_items).unwrap_or_default();
            arns.iter().filter_map(|arn| arn.as_str()?.rsplit(':').next()).collect()
        }
    };
    names.into_iter().filter(|name| name.starts_with(AUTOMATIC)).collect()
}

/// Whether a step deletes the cache that a backup is of, before the other one is made out of it. The name tells whose it
/// is; a replacement deletes first unless it says otherwise.
fn takes_along(step: &Step, made: &Step, backup: &str) -> bool {
    let first = matches!(step.reason, Reason::Replaced { create_first: true, .. });
    let id = step.id.as_deref().unwrap_or_default();
    let of_it = || backup.strip_prefix(AUTOMATIC)?.strip_prefix(id)?.strip_prefix('-').map(is_time_of_node);
    let is_cache = kinds::get(&step.address.kind).is_some_and(|kind| kind.filled_from().is_some());
    is_cache && step.action == Action::Delete && step.region == made.region && !first && of_it() == Some(true)
}

/// Whether a text is a time, `2026-11-30-03-00`, behind the numbers of a shard and a node where there are such: `0001-002-`.
fn is_time_of_node(text: &str) -> bool {
    let is_number =
        |part: &str, digits: &[usize]| digits.contains(&part.len()) && part.chars().all(|digit| digit.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    let Some(year) = parts.len().checked_sub(5) else { return false };
    let numbers = parts[..year].iter().all(|part| is_number(part, &[3, 4]));
    numbers && year <= 2 && is_number(parts[year], &[4]) && parts[year + 1..].iter().all(|part| is_number(part, &[2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_told_from_that_of_a_longer_name() {
        let cases = [
            ("2026-11-30-03-00", true),
            ("001-2026-11-30-03-00", true),
            ("0001-002-2026-11-30-03-00", true),
            ("2-2026-11-30-03-00", false),
            ("old-2026-11-30-03-00", false),
            ("2026-11-30", false),
            ("", false),
        ];
        for (text, want) in cases {
            assert_eq!(is_time_of_node(text), want, "{text}");
        }
    }
}
