//! The form of a state on disk: JSON, version 1, for a person to read. Not the form in memory.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::kinds;
use crate::state::{Deposed, Digest, Entry, Intent, Record, State};
use crate::value::convert::convert;
use crate::value::json;
use crate::value::{Object, Value};

/// The version that is written.
pub const VERSION: u64 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct StateV1 {
    version: u64,
    serial: u64,
    lineage: String,
    salt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    resources: Vec<RecordV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deposed: Vec<RecordV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    intents: Vec<IntentV1>,
    #[serde(default)]
    outputs: BTreeMap<String, OutputV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RecordV1 {
    address: String,
    region: String,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suffix: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    protect: bool,
    attributes: serde_json::Map<String, serde_json::Value>,
    set: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    secrets: BTreeMap<String, DigestV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DigestV1 {
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct IntentV1 {
    id: String,
    address: String,
    region: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    operation: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct OutputV1 {
    sensitive: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<serde_json::Value>,
}

/// A change as a line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntryV1 {
    Intend(IntentV1),
    Settle(String),
    Record(RecordV1),
    Remove(String),
    Depose(RecordV1),
    Bury(String, String),
    Outputs(BTreeMap<String, OutputV1>),
    Account(String),
    Move(String, String),
}

/// Writes a state.
pub fn encode(state: &State) -> String {
    let file = StateV1 {
        version: VERSION,
        serial: state.serial,
        lineage: state.lineage.clone(),
        salt: state.salt.clone(),
        account: state.account.clone(),
        resources: state.records.iter().map(|(address, record)| record_out(address, record)).collect(),
        deposed: state.deposed.iter().map(|deposed| record_out(&deposed.address, &deposed.record)).collect(),
        intents: state.intents.iter().map(intent_out).collect(),
        outputs: outputs_out(&state.outputs),
    };
    let mut text = serde_json::to_string_pretty(&file).expect("a state is plain data");
    text.push('\n');
    text
}

/// Reads a state; the error says what is wrong with the file.
pub fn decode(bytes: &[u8]) -> Result<State, String> {
    let any: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON: {error}"))?;
    match any.get("version").and_then(serde_json::Value::as_u64) {
        Some(VERSION) => {}
        Some(version) => return Err(format!("it has version {version}, and this cachestack reads version {VERSION}")),
        None => return Err("it has no version, so it is not a state of cachestack".to_owned()),
    }
    let file: StateV1 = serde_json::from_value(any).map_err(|error| format!("it is damaged: {error}"))?;
    let mut state = State {
        serial: file.serial,
        lineage: file.lineage,
        salt: file.salt,
        account: file.account,
        ..State::default()
    };
    for record in file.resources {
        let (address, record) = record_in(record)?;
        if let Some(double) = state.records.insert(address.clone(), record) {
            return Err(format!("it is damaged: `{address}` is there twice, once as \"{}\"", double.id));
        }
    }
    for record in file.deposed {
        let (address, record) = record_in(record)?;
        state.deposed.push(Deposed { address, record });
    }
    state.intents = file.intents.into_iter().map(intent_in).collect::<Result<_, _>>()?;
    state.outputs = outputs_in(file.outputs);
    Ok(state)
}

/// Writes a change as one line of JSON.
pub fn encode_entry(entry: &Entry) -> String {
    let entry = match entry {
        Entry::Intend(intent) => EntryV1::Intend(intent_out(intent)),
        Entry::Settle(id) => EntryV1::Settle(id.clone()),
        Entry::Record(address, record) => EntryV1::Record(record_out(address, record)),
        Entry::Remove(address) => EntryV1::Remove(address.to_string()),
        Entry::Depose(deposed) => EntryV1::Depose(record_out(&deposed.address, &deposed.record)),
        Entry::Bury(address, id) => EntryV1::Bury(address.to_string(), id.clone()),
        Entry::Outputs(outputs) => EntryV1::Outputs(outputs_out(outputs)),
        Entry::Account(account) => EntryV1::Account(account.clone()),
        Entry::Move(from, to) => EntryV1::Move(from.to_string(), to.to_string()),
    };
    serde_json::to_string(&entry).expect("an entry is plain data")
}

/// Reads a change.
pub fn decode_entry(line: &str) -> Result<Entry, String> {
    let entry: EntryV1 = serde_json::from_str(line).map_err(|error| error.to_string())?;
    Ok(match entry {
        EntryV1::Intend(intent) => Entry::Intend(intent_in(intent)?),
        EntryV1::Settle(id) => Entry::Settle(id),
        EntryV1::Record(record) => {
            let (address, record) = record_in(record)?;
            Entry::Record(address, record)
        }
        EntryV1::Remove(address) => Entry::Remove(address_in(&address)?),
        EntryV1::Depose(record) => {
            let (address, record) = record_in(record)?;
            Entry::Depose(Deposed { address, record })
        }
        EntryV1::Bury(address, id) => Entry::Bury(address_in(&address)?, id),
        EntryV1::Outputs(outputs) => Entry::Outputs(outputs_in(outputs)),
        EntryV1::Account(account) => Entry::Account(account),
        EntryV1::Move(from, to) => Entry::Move(address_in(&from)?, address_in(&to)?),
    })
}

fn address_in(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| format!("`{text}` is not an address"))
}

fn record_out(address: &Address, record: &Record) -> RecordV1 {
    let kept = record
        .object
        .iter()
        .filter(|(_, value)| !value.is_null() && !value.is_sensitive_anywhere() && value.is_wholly_known());
    RecordV1 {
        address: address.to_string(),
        region: record.region.clone(),
        id: record.id.clone(),
        suffix: record.suffix.clone(),
        protect: record.protect,
        attributes: kept.map(|(name, value)| (name.to_string(), json::to_json(value))).collect(),
        set: record.set.clone(),
        secrets: record
            .secrets
            .iter()
            .map(|(name, secret)| {
                (name.clone(), DigestV1 { digest: secret.digest.clone(), source: secret.source.clone() })
            })
            .collect(),
        dependencies: record.dependencies.iter().map(Address::to_string).collect(),
    }
}

fn record_in(record: RecordV1) -> Result<(Address, Record), String> {
    let address = address_in(&record.address)?;
    let kind = kinds::get(&address.kind)
        .ok_or_else(|| format!("`{address}` is of a kind that this cachestack does not know; a newer one may"))?;
    let mut object = Object::new();
    for (name, value) in &record.attributes {
        let value = json::from_json(value);
        let value = match kind.schema().attr(name) {
            Some(attr) => convert(&value, &attr.ty)
                .map_err(|wrong| format!("it is damaged: `{address}.{name}` is not {}: {}", attr.ty, wrong.message))?,
            None => value,
        };
        object.insert(name.as_str().into(), value);
    }
    let secrets = record
        .secrets
        .into_iter()
        .map(|(name, secret)| (name, Digest { digest: secret.digest, source: secret.source }))
        .collect();
    let dependencies = record.dependencies.iter().map(|text| address_in(text)).collect::<Result<_, _>>()?;
    let record = Record {
        region: record.region,
        id: record.id,
        object,
        set: record.set,
        secrets,
        dependencies,
        protect: record.protect,
        suffix: record.suffix,
    };
    Ok((address, record))
}

fn intent_out(intent: &Intent) -> IntentV1 {
    IntentV1 {
        id: intent.id.clone(),
        address: intent.address.to_string(),
        region: intent.region.clone(),
        name: intent.name.clone(),
        operation: intent.operation.clone(),
    }
}

fn intent_in(intent: IntentV1) -> Result<Intent, String> {
    let address = address_in(&intent.address)?;
    Ok(Intent { id: intent.id, address, region: intent.region, name: intent.name, operation: intent.operation })
}

fn outputs_out(outputs: &BTreeMap<String, Option<Value>>) -> BTreeMap<String, OutputV1> {
    let one = |value: &Option<Value>| OutputV1 { sensitive: value.is_none(), value: value.as_ref().map(json::to_json) };
    outputs.iter().map(|(name, value)| (name.clone(), one(value))).collect()
}

fn outputs_in(outputs: BTreeMap<String, OutputV1>) -> BTreeMap<String, Option<Value>> {
    let one = |output: OutputV1| {
        if output.sensitive { None } else { Some(output.value.as_ref().map_or_else(Value::null, json::from_json)) }
    };
    outputs.into_iter().map(|(name, output)| (name, one(output))).collect()
}
