//! The final snapshot of an object that goes: whether one is taken, and under which name.
//!
//! It is taken of what is replaced, of what is or was protected, and where the object asks for it (`final_snapshot`); a
//! name that the object has for it (`final_snapshot_identifier`) is used as it is. Every other name is made out of what
//! is unique to the object and of the name that was asked for last, so that no attempt meets the snapshot of another.

use sha2::{Digest as _, Sha256};

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::kind::{Kind, Status};
use crate::plan::draft::Draft;
use crate::state::Record;
use crate::value::{Object, Value};

/// The attribute by which it is asked for or left out.
pub const WISH: &str = "final_snapshot";

/// Names of snapshots have up to 255 characters; those that are made here are no longer than names of groups.
const LENGTH_MAX: usize = 40;

/// An object that goes.
pub struct Leaver<'a> {
    /// Its address.
    pub address: &'a Address,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// Its record.
    pub record: &'a Record,
    /// How it was found, if it was.
    pub status: Option<&'a Status>,
    /// Whether another takes its place, or has taken it.
    pub replaced: bool,
}

/// Decides about the final snapshot and writes its name into the object as it is, out of which calls are compiled.
/// Answers the name, and what stays to be said.
///
/// # Errors
/// It is asked for, and AWS takes none of an object in that state.
pub fn name(
    draft: &Draft,
    leaver: &Leaver,
    before: &mut Object,
) -> Result<(Option<String>, Option<String>), Diagnostic> {
    let Leaver { address, kind, record, status, replaced } = *leaver;
    let Some(attribute) = kind.final_snapshot(before) else { return Ok((None, None)) };
    // A name that must not be shown is sent as it is, and told to nobody.
    if before.get(attribute).is_some_and(Value::is_sensitive_anywhere) {
        return Ok((None, None));
    }
    let given = before.get(attribute).and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned);
    if given.is_none() {
        // No name is none.
        before.remove(attribute);
    }
    let wish = before.get(WISH).and_then(Value::as_bool);
    let guarded = (record.guarded || record.protect || replaced) && !kind.is_copy(before);
    if given.is_none() && (wish == Some(false) || wish.is_none() && !guarded) {
        return Ok((None, None));
    }
    if let Some(Status::Broken(why)) = status {
        // What is replaced because it is broken need not hold anything.
        if given.is_none() && wish.is_none() && !record.guarded && !record.protect {
            return Ok((None, Some(format!("is {why}, so that AWS takes no final snapshot of it"))));
        }
        let detail =
            format!("\"{}\" is {why}, and AWS takes no final snapshot of it: its data would be lost.", record.id);
        let help = "Mend it first; or set final_snapshot = false (and no final_snapshot_identifier) and apply that.";
        return Err(Diagnostic::error("CS1015", "No final snapshot of a broken object", detail).help(help).of(address));
    }
    let name = given.unwrap_or_else(|| unique(&draft.state.lineage, record));
    before.insert(attribute.into(), Value::string(&name));
    Ok((Some(name), None))
}

/// `sessions-final-1f0a9c3b`: the same for the same state, another after an attempt.
fn unique(lineage: &str, record: &Record) -> String {
    let own = record.mark().unwrap_or_default();
    let last = record.farewell.as_deref().unwrap_or_default();
    let text = [lineage, &record.region, &record.id, own, last].join("\n");
    let digest: String = Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let end = format!("-final-{digest}");
    let start: String = record.id.chars().take(LENGTH_MAX - end.len()).collect();
    format!("{}{end}", start.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_short() {
        let record = |id: &str, mark: Option<&str>, farewell: Option<&str>| Record {
            id: id.to_owned(),
            mark: mark.map(str::to_owned),
            farewell: farewell.map(str::to_owned),
            ..Record::default()
        };
        let first = unique("l", &record("g", Some("m"), None));
        assert_eq!(first, unique("l", &record("g", Some("m"), None)), "the same plan has the same name");
        for other in [
            unique("k", &record("g", Some("m"), None)),
            unique("l", &record("h", Some("m"), None)),
            unique("l", &record("g", Some("n"), None)),
            unique("l", &record("g", Some("m"), Some(&first))),
        ] {
            assert_ne!(first, other);
        }
        let long = unique("l", &record(&format!("{}-{}", "a".repeat(24), "b".repeat(15)), None, None));
        assert_eq!((long.len(), long.contains("--")), (39, false), "{long}");
    }
}
