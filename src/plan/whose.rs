//! Whether what stands under a recorded name is the object that was recorded. Where we choose the names, anybody can make
//! another object under one that has become free; ours carries our mark, the tag `cachestack:id`.

use crate::address::Address;
use crate::diag::{Diagnostic, Span};
use crate::kind::{Observation, Status};
use crate::kinds;
use crate::kinds::tags::MARK;
use crate::plan::draft::Draft;
use crate::plan::{Action, ObjectKey, Step};
use crate::state::Record;
use crate::value::{Object, Value};

/// Whose the object is that has the name of a record.
#[derive(Debug, PartialEq)]
pub enum Whose {
    /// Ours, as far as anybody can tell.
    Ours,
    /// Its tags may be behind; its own service has to be asked.
    Unsure,
    /// It carries no mark: another object, or somebody has taken the tag away.
    Unmarked,
    /// It carries another mark.
    Anothers,
}

/// Compares the mark of an object with that of its record. What AWS gives an id of its own is never another object, and
/// what was recorded without a mark, because it was taken over or its service keeps no tags, cannot be told apart.
pub fn whose(draft: &Draft, address: &Address, record: &Record, found: &Observation) -> Whose {
    let by_aws = kinds::get(&address.kind).is_some_and(|kind| kind.is_named_by_aws());
    let told = found.object.get("tags_all").is_some_and(|tags| tags.as_object().is_some());
    let Some(ours) = record.mark().filter(|_| told && !by_aws) else { return Whose::Ours };
    let is_confirmed = || draft.inputs.live.is_some_and(|live| live.confirmed.contains(&key(address, record)));
    match mark(&found.object) {
        Some(mark) if mark == ours => Whose::Ours,
        _ if !is_confirmed() => Whose::Unsure,
        Some(_) => Whose::Anothers,
        None => Whose::Unmarked,
    }
}

/// The object of a step that deletes, where it should carry our mark and its tags could not be read: nobody can tell
/// whether it is still the one that we made.
pub fn untold(draft: &Draft, step: &Step) -> Option<ObjectKey> {
    let kind = kinds::get(&step.address.kind).filter(|kind| !kind.is_named_by_aws() && kind.schema().taggable())?;
    let record = match step.deposed {
        true => draft
            .state
            .deposed
            .iter()
            .find(|old| old.address == step.address && step.id.as_ref() == Some(&old.record.id)),
        false => None,
    };
    let record = record.map(|old| &old.record).or_else(|| draft.state.records.get(&step.address))?;
    let marked = step.action == Action::Delete && kind.local().is_none() && record.mark().is_some();
    let found = draft.observed(&step.address, record).filter(|_| marked)??;
    let told = found.object.get("tags_all").is_some_and(|tags| tags.as_object().is_some());
    // What is on its way out is gone whatever we do.
    let leaving = matches!(found.status, Status::Leaving(_));
    (!told && !leaving).then(|| key(&step.address, record))
}

/// Those whose own service has not been asked yet.
pub fn to_ask(draft: &Draft) -> Vec<ObjectKey> {
    let asked = |key: &ObjectKey| draft.inputs.live.is_some_and(|live| live.confirmed.contains(key));
    draft.plan.steps.iter().filter_map(|step| untold(draft, step)).filter(|key| !asked(key)).collect()
}

/// The object of a record, for reads.
pub fn key(address: &Address, record: &Record) -> ObjectKey {
    (address.kind.to_string(), record.region.clone(), record.id.clone())
}

fn mark(object: &Object) -> Option<&str> {
    object.get("tags_all")?.get(MARK).and_then(Value::as_str)
}

/// The mark of a record as a tag.
pub fn tag(record: &Record) -> String {
    format!("{MARK} = \"{}\"", record.mark().unwrap_or_default())
}

/// What keeps us from touching such an object; with the place of its block while that declares it.
pub fn refusal(address: &Address, record: &Record, whose: &Whose, block: Option<Span>) -> Diagnostic {
    let id = &record.id;
    let tag = tag(record);
    let has = if *whose == Whose::Anothers { "another one" } else { "none" };
    let detail = format!(
        "cachestack made \"{id}\" with the tag {tag}, and what is called so now has {has}: somebody may \
         have made it anew."
    );
    let help = match block {
        Some(_) => format!(
            "Choose another name; or take it over: import {{ to = {address}, id = \"{id}\" }} with a line for each of the \
             two. If only the tag was lost, give it back."
        ),
        None => format!(
            "If only the tag was lost, give it back; else let the object go: removed {{ from = {address} }} with \
             lifecycle {{ destroy = false }}."
        ),
    };
    Diagnostic { span: block, ..Diagnostic::error("CS0612", "Perhaps another object", detail) }.help(help).of(address)
}
