//! What became of a call whose end nobody has seen: a pure function of the open operation and of what is there now.
//!
//! An apply settles every open operation before it plans, under the lock and on the medium; a plan shows what an apply
//! would find. An operation that cannot be decided stays open.

use crate::address::Address;
use crate::kind::{Observation, Status};
use crate::kinds;
use crate::state::{Effect, End, Entry, Nature, Operation, Part, Record, State};
use crate::value::{Object, Value};

/// The tag that an object carries of the operation that made it.
pub const MARK: &str = "cachestack:id";

/// What is there of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// Nothing of that name, or with that mark; looked for more than once.
    Absent,
    /// An object.
    Present {
        /// Its name in AWS.
        id: String,
        /// The object.
        observation: Observation,
        /// The mark that it carries, if any.
        mark: Option<String>,
    },
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It was carried out, and this follows from it.
    Done(Vec<Effect>),
    /// It was not carried out.
    NotDone,
    /// Nobody can say yet, and why.
    Undecidable(String),
}

/// Decides what became of one object of an operation.
pub fn judge(state: &State, operation: &Operation, part: &Part, sight: &Sight) -> Verdict {
    match (operation.nature, sight) {
        (Nature::Create | Nature::Change, Sight::Absent) => Verdict::NotDone,
        (Nature::Create, Sight::Present { id, observation, mark }) => {
            if is_ours(operation, part, mark.as_deref()) {
                made(state, part, id, observation)
            } else {
                Verdict::NotDone
            }
        }
        (Nature::Change, Sight::Present { observation, .. }) => changed(state, part, observation),
        (Nature::Delete, Sight::Absent) => Verdict::Done(vec![gone(part)]),
        // The next plan sees an object that is still there, and goes on.
        (Nature::Delete, Sight::Present { .. }) => Verdict::NotDone,
    }
}

/// The entry that settles one object of an operation, where it is decided.
pub fn settlement(operation: &Operation, part: &Part, verdict: Verdict) -> Option<Entry> {
    let (end, effects) = match verdict {
        Verdict::Done(effects) => (End::Done, effects),
        Verdict::NotDone => (End::NotDone, Vec::new()),
        Verdict::Undecidable(_) => return None,
    };
    Some(Entry::Ended { operation: operation.id.clone(), address: part.address.clone(), end, effects })
}

/// A create carries our mark wherever the kind has tags; what has another one, or none, is somebody else's.
fn is_ours(operation: &Operation, part: &Part, mark: Option<&str>) -> bool {
    let taggable = kinds::get(&part.address.kind).is_some_and(|kind| kind.schema().taggable());
    !taggable || mark == Some(&operation.id)
}

/// The object has a record from now on, and the one before it has a successor.
fn made(state: &State, part: &Part, id: &str, observation: &Observation) -> Verdict {
    let known = state.records.get(&part.address);
    if known.is_some_and(|known| known.id == id) {
        return Verdict::Done(Vec::new());
    }
    let mut effects = Vec::new();
    if known.is_some() {
        effects.push(Effect::Depose(part.address.clone()));
    }
    effects.push(Effect::Record(part.address.clone(), seen(&part.record, id, &observation.object)));
    Verdict::Done(effects)
}

/// The record as it was planned, with what AWS has told since.
pub fn seen(planned: &Record, id: &str, object: &Object) -> Record {
    let known = |value: &Value| value.is_wholly_known() && !value.is_sensitive_anywhere();
    let mut record = Record { id: id.to_owned(), ..planned.clone() };
    // What was written and is not in the plan is hidden, and AWS's copy of it is the same text.
    let hidden = |name: &str| planned.set.contains(name) && !planned.object.contains_key(name);
    for (name, value) in object.iter().filter(|(name, value)| known(value) && !hidden(name)) {
        record.object.entry(name.clone()).or_insert_with(|| value.clone());
    }
    record
}

/// Whether a change was made can be read from the object and is compared by the next plan, but for secrets: AWS tells
/// no more than when the last one was set.
fn changed(state: &State, part: &Part, observation: &Observation) -> Verdict {
    let Some(record) = state.records.get(&part.address) else { return Verdict::Done(Vec::new()) };
    if (&record.secrets, &record.phase) == (&part.record.secrets, &part.record.phase) {
        return Verdict::Done(Vec::new());
    }
    if let Status::Busy(word) = &observation.status {
        return Verdict::Undecidable(format!("`{}` is {word}", part.address));
    }
    let date = kinds::get(&part.address.kind).and_then(|kind| kind.dates_secret());
    let Some(date) = date else { return Verdict::Done(Vec::new()) };
    if record.object.get(date) == observation.object.get(date) {
        return Verdict::NotDone;
    }
    let mut after = Record { secrets: part.record.secrets.clone(), phase: part.record.phase.clone(), ..record.clone() };
    after.object.extend(observation.object.get(date).map(|value| (date.into(), value.clone())));
    Verdict::Done(vec![Effect::Record(part.address.clone(), after)])
}

fn gone(part: &Part) -> Effect {
    forget(&part.address, part.record.id.clone(), part.deposed)
}

/// The object is no longer there, or no longer ours.
pub fn forget(address: &Address, id: String, deposed: bool) -> Effect {
    if deposed { Effect::Bury(address.clone(), id) } else { Effect::Remove(address.clone()) }
}
