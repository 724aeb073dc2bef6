//! The form of the journal's entries on disk: one line of JSON for those that are written together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::state::file::{
    HomeFile, OperationFile, OutputFile, RecordFile, Wrong, address_in, home_in, home_out, operation_in, operation_out,
    outputs_in, outputs_out, record_in, record_out,
};
use crate::state::{Effect, End, Entry, Farewell};

/// A line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntryFile {
    Began(OperationFile),
    Ended { operation: String, address: String, end: End, effects: Vec<EffectFile> },
    Noted(Vec<EffectFile>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EffectFile {
    Record(Box<RecordFile>),
    Remove(String),
    Depose(String),
    Bury(String, String),
    TakeBack(String, String),
    Farewell(String, String, String),
    Kept(Farewell),
    Outputs(BTreeMap<String, OutputFile>),
    Home(HomeFile),
    Move(Vec<(String, String)>),
    Plan(Option<String>),
    Finished(u32),
    Applied(String),
}

/// Writes an entry as one line of JSON.
pub fn encode(entries: &[Entry]) -> String {
    let files: Vec<EntryFile> = entries.iter().map(entry_out).collect();
    serde_json::to_string(&files).expect("an entry is plain data")
}

/// Reads a line of entries.
pub fn decode(line: &str) -> Result<Vec<Entry>, Wrong> {
    let files: Vec<EntryFile> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    files.into_iter().map(entry_in).collect()
}

fn entry_out(entry: &Entry) -> EntryFile {
    match entry {
        Entry::Began(operation) => EntryFile::Began(operation_out(operation)),
        Entry::Ended { operation, address, end, effects } => EntryFile::Ended {
            operation: operation.clone(),
            address: address.to_string(),
            end: *end,
            effects: effects.iter().map(effect_out).collect(),
        },
        Entry::Noted(effects) => EntryFile::Noted(effects.iter().map(effect_out).collect()),
    }
}

fn entry_in(file: EntryFile) -> Result<Entry, Wrong> {
    let effects_in = |files: Vec<EffectFile>| files.into_iter().map(effect_in).collect::<Result<Vec<_>, _>>();
    Ok(match file {
        EntryFile::Began(operation) => Entry::Began(operation_in(operation)?),
        EntryFile::Ended { operation, address, end, effects } => {
            Entry::Ended { operation, address: address_in(&address)?, end, effects: effects_in(effects)? }
        }
        EntryFile::Noted(effects) => Entry::Noted(effects_in(effects)?),
    })
}

fn effect_out(effect: &Effect) -> EffectFile {
    match effect {
        Effect::Record(address, record) => EffectFile::Record(Box::new(record_out(address, record))),
        Effect::Remove(address) => EffectFile::Remove(address.to_string()),
        Effect::Depose(address) => EffectFile::Depose(address.to_string()),
        Effect::Bury(address, id) => EffectFile::Bury(address.to_string(), id.clone()),
        Effect::TakeBack(address, id) => EffectFile::TakeBack(address.to_string(), id.clone()),
        Effect::Farewell(address, id, name) => EffectFile::Farewell(address.to_string(), id.clone(), name.clone()),
        Effect::Kept(farewell) => EffectFile::Kept(farewell.clone()),
        Effect::Outputs(outputs) => EffectFile::Outputs(outputs_out(outputs)),
        Effect::Home(home) => EffectFile::Home(home_out(home)),
        Effect::Plan(plan) => EffectFile::Plan(plan.clone()),
        Effect::Finished(step) => EffectFile::Finished(*step),
        Effect::Applied(plan) => EffectFile::Applied(plan.clone()),
        Effect::Move(moves) => {
            EffectFile::Move(moves.iter().map(|(from, to)| (from.to_string(), to.to_string())).collect())
        }
    }
}

fn effect_in(file: EffectFile) -> Result<Effect, Wrong> {
    Ok(match file {
        EffectFile::Record(record) => {
            let (address, record) = record_in(*record)?;
            Effect::Record(address, record)
        }
        EffectFile::Remove(address) => Effect::Remove(address_in(&address)?),
        EffectFile::Depose(address) => Effect::Depose(address_in(&address)?),
        EffectFile::Bury(address, id) => Effect::Bury(address_in(&address)?, id),
        EffectFile::TakeBack(address, id) => Effect::TakeBack(address_in(&address)?, id),
        EffectFile::Farewell(address, id, name) => Effect::Farewell(address_in(&address)?, id, name),
        EffectFile::Kept(farewell) => Effect::Kept(farewell),
        EffectFile::Outputs(outputs) => Effect::Outputs(outputs_in(outputs)),
        EffectFile::Home(home) => Effect::Home(home_in(home)),
        EffectFile::Plan(plan) => Effect::Plan(plan),
        EffectFile::Finished(step) => Effect::Finished(step),
        EffectFile::Applied(plan) => Effect::Applied(plan),
        EffectFile::Move(moves) => {
            let one = |(from, to): (String, String)| Ok::<_, Wrong>((address_in(&from)?, address_in(&to)?));
            Effect::Move(moves.into_iter().map(one).collect::<Result<_, _>>()?)
        }
    })
}
