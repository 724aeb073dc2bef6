//! Version 1 of state and journal, read only: intents of creates, and objects that were deposed before they had a
//! successor.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::kinds;
use crate::state::file::{self, OutputFile, RecordFile, Wrong, address_in, record_in};
use crate::state::{Deposed, Home, Nature, Operation, Part, Record, State};
use crate::value::{Object, Value};

/// The version that this reads.
pub const VERSION: u64 = 1;

#[derive(Debug, Deserialize)]
struct StateV1 {
    serial: u64,
    lineage: String,
    salt: String,
    #[serde(default)]
    account: Option<String>,
    resources: Vec<RecordFile>,
    #[serde(default)]
    deposed: Vec<RecordFile>,
    #[serde(default)]
    intents: Vec<IntentV1>,
    #[serde(default)]
    outputs: BTreeMap<String, OutputFile>,
}

#[derive(Debug, Deserialize)]
struct IntentV1 {
    id: String,
    address: String,
    region: String,
    #[serde(default)]
    name: Option<String>,
    operation: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntryV1 {
    Intend(IntentV1),
    Settle(String),
    Record(RecordFile),
    Remove(String),
    Depose(RecordFile),
    Bury(String, String),
    Outputs(BTreeMap<String, OutputFile>),
    Account(String),
    Move(String, String),
}

#[derive(Debug, Deserialize)]
struct HeaderV1 {
    lineage: String,
    salt: String,
    serial: u64,
}

/// Reads a state file.
pub fn decode(any: serde_json::Value) -> Result<State, Wrong> {
    let file: StateV1 = serde_json::from_value(any).map_err(|error| format!("it is damaged: {error}"))?;
    let mut state = State {
        serial: file.serial,
        lineage: file.lineage,
        salt: file.salt,
        home: Home { account: file.account, ..Home::default() },
        records: file::records_in(file.resources)?,
        outputs: file::outputs_in(file.outputs),
        ..State::default()
    };
    for record in file.deposed {
        depose(&mut state, record)?;
    }
    for intent in file.intents {
        intend(&mut state, intent)?;
    }
    Ok(state)
}

/// Whether a journal begins as one of version 1 does: eight hex digits of a SHA-256, a blank, and JSON.
pub fn is_journal(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(sum, rest)| sum.len() == 8 && rest.starts_with("{\"version\":1,"))
}

/// Applies a journal of version 1 to a state. Its last line may be torn.
pub fn replay(text: &str, state: &mut State) -> Result<usize, Wrong> {
    let mut lines = Vec::new();
    let count = text.split_inclusive('\n').count();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        match whole(line) {
            Some(json) => lines.push(json),
            None if number + 1 == count && !line.ends_with('\n') => {}
            None => return Err(format!("line {} is damaged", number + 1).into()),
        }
    }
    let Some((header, lines)) = lines.split_first() else { return Ok(0) };
    let header: HeaderV1 = serde_json::from_str(header).map_err(|error| format!("line 1 is damaged: {error}"))?;
    let fresh = state.lineage.is_empty() && state.serial == 0;
    if header.serial != state.serial || !fresh && header.lineage != state.lineage {
        return Ok(0);
    }
    (state.lineage, state.salt) = (header.lineage, header.salt);
    for (number, line) in lines.iter().enumerate() {
        let entry = serde_json::from_str(line).map_err(|error| format!("line {} is damaged: {error}", number + 2))?;
        apply(state, entry)?;
    }
    Ok(lines.len())
}

fn whole(line: &str) -> Option<&str> {
    let (sum, json) = line.strip_suffix('\n')?.split_once(' ')?;
    let digest: String = Sha256::digest(json.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    (sum == digest).then_some(json)
}

fn apply(state: &mut State, entry: EntryV1) -> Result<(), Wrong> {
    match entry {
        EntryV1::Intend(intent) => intend(state, intent)?,
        EntryV1::Settle(id) => state.operations.retain(|operation| operation.id != id),
        EntryV1::Record(record) => {
            let (address, record) = record_in(record)?;
            state.records.insert(address, record);
        }
        EntryV1::Remove(address) => drop(state.records.remove(&address_in(&address)?)),
        EntryV1::Depose(record) => depose(state, record)?,
        EntryV1::Bury(address, id) => {
            let address = address_in(&address)?;
            state.deposed.retain(|deposed| deposed.address != address || deposed.record.id != id);
        }
        EntryV1::Outputs(outputs) => state.outputs = file::outputs_in(outputs),
        EntryV1::Account(account) => state.home.account = Some(account),
        EntryV1::Move(from, to) => {
            let (from, to) = (address_in(&from)?, address_in(&to)?);
            if let Some(record) = state.records.remove(&from) {
                state.records.insert(to, record);
            }
        }
    }
    Ok(())
}

fn depose(state: &mut State, record: RecordFile) -> Result<(), Wrong> {
    let (address, record) = record_in(record)?;
    if state.records.get(&address).is_some_and(|known| known.id == record.id) {
        state.records.remove(&address);
    }
    state.deposed.push(Deposed { address, record });
    Ok(())
}

/// An intent as the operation that it would be now. Only its name is known of what was to be made.
fn intend(state: &mut State, intent: IntentV1) -> Result<(), Wrong> {
    let address = address_in(&intent.address)?;
    let mut object = Object::new();
    let attribute = kinds::get(&address.kind).and_then(|kind| kind.name_attribute());
    if let (Some(name), Some(attribute)) = (&intent.name, attribute) {
        object.insert(attribute.into(), Value::string(name));
    }
    let by_aws = kinds::get(&address.kind).is_some_and(|kind| kind.is_named_by_aws());
    let id = if by_aws { None } else { intent.name };
    let record = Record { region: intent.region, object, ..Record::default() };
    state.operations.push(Operation {
        planned: None,
        id: intent.id,
        run: "of an earlier version".to_owned(),
        step: format!("create {address}"),
        call: (0, 1),
        name: intent.operation,
        nature: Nature::Create,
        digest: String::new(),
        parts: vec![Part { address, id, record, deposed: false }],
    });
    Ok(())
}

/// Version 1 deposed an object before its successor was made: without one, it is still the object of its address.
/// To be called when file and journal have been read.
pub fn restore(state: &mut State) {
    let mut rest = Vec::new();
    for deposed in std::mem::take(&mut state.deposed).into_iter().rev() {
        match state.records.entry(deposed.address.clone()) {
            std::collections::btree_map::Entry::Occupied(_) => rest.push(deposed),
            std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(deposed.record)),
        }
    }
    rest.reverse();
    state.deposed = rest;
    let records = &state.records;
    let made =
        |part: &Part| part.id.is_some() && records.get(&part.address).map(|record| &record.id) == part.id.as_ref();
    state.operations.retain(|operation| !operation.parts.iter().any(made));
    state.mend_dependencies();
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::address::Address;

    fn read(case: &str) -> State {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/states/v1").join(case);
        let mut state = match crate::disk::read(&folder.join("state.json")).expect("readable") {
            Some(bytes) => file::decode(&bytes).expect("a state").0,
            None => State::default(),
        };
        if let Some(bytes) = crate::disk::read(&folder.join("journal")).expect("readable") {
            replay(std::str::from_utf8(&bytes).expect("text"), &mut state).expect("a journal");
        }
        restore(&mut state);
        state.verify().expect("sound");
        state
    }

    fn told(state: &State) -> String {
        let record = |(address, record): (&Address, &Record)| format!("{address} = {}", record.id);
        let records = state.records.iter().map(record);
        let deposed = state.deposed.iter().map(|old| format!("former {} = {}", old.address, old.record.id));
        let open = state.operations.iter().map(|open| format!("open {} of {}", open.name, open.parts[0].address));
        records.chain(deposed).chain(open).collect::<Vec<_>>().join("; ")
    }

    /// Files that the last program of version 1 wrote before it was killed or stopped.
    #[test]
    fn what_version_1_wrote_is_read() {
        let cases = [
            (
                "intent",
                "security_group.g = sg-04a03fbdeb5b5026d; subnet_group.s = golden; open CreateReplicationGroup of replication_group.r",
            ),
            // Deposed, and the successor not yet made: the old object is the object of the address.
            (
                "deposed",
                "replication_group.r = golden; security_group.g = sg-04a03fbdeb5b5026d; subnet_group.s = golden; open CreateReplicationGroup of replication_group.r",
            ),
            (
                "torn",
                "replication_group.r = golden; security_group.g = sg-04a03fbdeb5b5026d; subnet_group.s = golden; open CreateReplicationGroup of replication_group.r",
            ),
            (
                "saved",
                "replication_group.r = golden-3; security_group.g = sg-04a03fbdeb5b5026d; subnet_group.s = golden; former replication_group.r = golden; former replication_group.r = golden-2",
            ),
        ];
        for (case, want) in cases {
            assert_eq!(told(&read(case)), want, "{case}");
        }
    }
}
