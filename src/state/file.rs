//! The form of a state on disk: JSON, version 2, for a person to read. Not the form in memory. `entries` has that of the
//! journal.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::kind::Kind;
use crate::kinds;
use crate::state::{Deposed, Digest, Farewell, Home, Nature, Operation, Part, Progress, Record, State, Stranger, v1};
use crate::value::convert::convert;
use crate::value::{Object, Value, json, names};

/// The version that is written.
pub const VERSION: u64 = 2;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Only another version of the program can read it.
    Version(String),
    /// Another program wrote it.
    Foreign(String),
    /// It is not what a program wrote.
    Damaged(String),
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Version(why) | Self::Foreign(why) | Self::Damaged(why)) = self;
        f.write_str(why)
    }
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self::Damaged(why)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct StateFile {
    version: u64,
    serial: u64,
    lineage: String,
    salt: String,
    #[serde(default)]
    home: HomeFile,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    journal: Option<String>,
    resources: Vec<RowFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deposed: Vec<RowFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    operations: Vec<OperationFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    final_snapshots: Vec<Farewell>,
    #[serde(default)]
    outputs: BTreeMap<String, OutputFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    saved_plan: Option<Progress>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    applied_plans: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct HomeFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aws: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stack: Option<String>,
}

/// A record, or one of a kind that only a newer version knows, as that wrote it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum RowFile {
    Known(Box<RecordFile>),
    Stranger(serde_json::Value),
}

impl<'de> Deserialize<'de> for RowFile {
    /// Strangers are taken out before.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RecordFile::deserialize(deserializer).map(|record| Self::Known(Box::new(record)))
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordFile {
    address: String,
    #[serde(default, skip_serializing_if = "is_first")]
    schema: u32,
    region: String,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suffix: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    owed: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pending: Attributes,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    since: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    protect: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    abandon: bool,
    attributes: Attributes,
    set: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    secrets: BTreeMap<String, DigestFile>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    phase: BTreeMap<String, DigestFile>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    beside: BTreeMap<String, Option<DigestFile>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    guarded: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    final_snapshot: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<String>,
}

/// Attributes as they stand in JSON, without their types, which only the schema of a kind knows.
#[derive(Debug, Default)]
pub(super) struct Attributes(Object);

impl Attributes {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Attributes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, json::to_json(value))))
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let attributes = serde_json::Map::deserialize(deserializer)?;
        Ok(Self(attributes.iter().map(|(name, value)| (names::name(name), json::from_json(value))).collect()))
    }
}

/// As much of a file as says who wrote it and whether there are strangers in it.
#[derive(Debug, Deserialize)]
struct Head {
    version: u64,
    resources: Vec<RowHead>,
    #[serde(default)]
    deposed: Vec<RowHead>,
}

#[derive(Debug, Deserialize)]
struct RowHead {
    address: String,
}

impl Head {
    /// Whether the file is of this version, with records of known kinds only, as most are.
    fn is_plain(&self) -> bool {
        let known = |row: &RowHead| {
            let address = Address::parse(&row.address);
            address.is_some_and(|address| kinds::get(&address.kind).is_some())
        };
        self.version == VERSION && self.resources.iter().chain(&self.deposed).all(known)
    }
}

/// The number of most schemas is not written.
fn is_first(schema: &u32) -> bool {
    *schema == 0
}

#[derive(Debug, Serialize, Deserialize)]
struct DigestFile {
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OperationFile {
    id: String,
    run: String,
    step: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    planned: Option<u32>,
    call: usize,
    calls: usize,
    operation: String,
    nature: Nature,
    arguments: String,
    objects: Vec<PartFile>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PartFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    deposed: bool,
    record: RecordFile,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OutputFile {
    sensitive: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<serde_json::Value>,
}

/// Writes a state.
pub fn encode(state: &State) -> String {
    let file = StateFile {
        version: VERSION,
        serial: state.serial,
        lineage: state.lineage.clone(),
        salt: state.salt.clone(),
        home: home_out(&state.home),
        journal: state.journal.clone(),
        resources: with_strangers(state, false, state.records.iter()),
        deposed: with_strangers(state, true, state.deposed.iter().map(|old| (&old.address, &old.record))),
        operations: state.operations.iter().map(operation_out).collect(),
        final_snapshots: state.farewells.clone(),
        outputs: outputs_out(&state.outputs),
        saved_plan: state.progress.clone(),
        applied_plans: state.applied.clone(),
    };
    let mut text = serde_json::to_string_pretty(&file).expect("a state is plain data");
    text.push('\n');
    text
}

fn with_strangers<'a>(
    state: &State,
    deposed: bool,
    records: impl Iterator<Item = (&'a Address, &'a Record)>,
) -> Vec<RowFile> {
    let known = records.map(|(address, record)| RowFile::Known(Box::new(record_out(address, record))));
    let strangers = state.strangers.iter().filter(|one| one.deposed == deposed);
    known.chain(strangers.map(|one| RowFile::Stranger(one.text.clone()))).collect()
}

/// Takes the records of kinds that this version does not know out of a file.
fn strangers_in(file: &mut serde_json::Value) -> Vec<Stranger> {
    let mut strangers = Vec::new();
    for (member, deposed) in [("resources", false), ("deposed", true)] {
        let Some(rows) = file.get_mut(member).and_then(serde_json::Value::as_array_mut) else { continue };
        rows.retain_mut(|row| {
            let address = row.get("address").and_then(serde_json::Value::as_str).and_then(Address::parse);
            let unknown = address.filter(|address| kinds::get(&address.kind).is_none());
            let known = unknown.is_none();
            strangers.extend(unknown.map(|address| Stranger { address, deposed, text: row.take() }));
            known
        });
    }
    strangers
}

/// Reads a state of this version or the one before; answers which it was.
pub fn decode(bytes: &[u8]) -> Result<(State, u64), Wrong> {
    let plain = serde_json::from_slice(bytes).is_ok_and(|head: Head| head.is_plain());
    let (mut state, version) = match plain {
        true => (state_in(serde_json::from_slice(bytes).map_err(damaged)?)?, VERSION),
        false => decode_any(serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON: {error}"))?)?,
    };
    state.mend_dependencies();
    state.verify().map_err(|why| format!("it is damaged: {why}"))?;
    Ok((state, version))
}

fn damaged(error: serde_json::Error) -> Wrong {
    format!("it is damaged: {error}").into()
}

/// Reads what may be of any version, and have records of kinds that this one does not know.
fn decode_any(mut any: serde_json::Value) -> Result<(State, u64), Wrong> {
    let version = any.get("version").and_then(serde_json::Value::as_u64);
    let state = match version {
        Some(VERSION) => {
            let strangers = strangers_in(&mut any);
            State { strangers, ..state_in(serde_json::from_value(any).map_err(damaged)?)? }
        }
        Some(v1::VERSION) => v1::decode(any)?,
        Some(_) if any.get("terraform_version").is_some() => {
            let why = "it is a state of Terraform: `cachestack import --from-tfstate FILE` takes over what it has; give the states of cachestack a place of their own";
            return Err(Wrong::Foreign(why.to_owned()));
        }
        Some(version) => {
            let why = format!("it has version {version}, and this cachestack reads up to version {VERSION}");
            return Err(Wrong::Version(why));
        }
        None => return Err("it has no version, so it is not a state of cachestack".to_owned().into()),
    };
    Ok((state, version.unwrap_or(VERSION)))
}

fn state_in(file: StateFile) -> Result<State, Wrong> {
    let mut state = State {
        serial: file.serial,
        lineage: file.lineage,
        salt: file.salt,
        home: home_in(file.home),
        journal: file.journal,
        farewells: file.final_snapshots,
        outputs: outputs_in(file.outputs),
        progress: file.saved_plan,
        applied: file.applied_plans,
        ..State::default()
    };
    let known = |row| match row {
        RowFile::Known(record) => Some(*record),
        RowFile::Stranger(_) => None,
    };
    state.records = records_in(file.resources.into_iter().filter_map(known).collect())?;
    for record in file.deposed.into_iter().filter_map(known) {
        let (address, record) = record_in(record)?;
        state.deposed.push(Deposed { address, record });
    }
    state.operations = file.operations.into_iter().map(operation_in).collect::<Result<_, _>>()?;
    Ok(state)
}

pub(super) fn records_in(files: Vec<RecordFile>) -> Result<BTreeMap<Address, Record>, Wrong> {
    let mut records = BTreeMap::new();
    for file in files {
        let (address, record) = record_in(file)?;
        if let Some(double) = records.insert(address.clone(), record) {
            return Err(format!("it is damaged: `{address}` is there twice, once as \"{}\"", double.id).into());
        }
    }
    Ok(records)
}

pub(super) fn address_in(text: &str) -> Result<Address, Wrong> {
    Address::parse(text).ok_or_else(|| format!("it is damaged: `{text}` is not an address").into())
}

pub(super) fn home_out(home: &Home) -> HomeFile {
    HomeFile { account: home.account.clone(), region: home.region.clone(), aws: home.aws, stack: home.stack.clone() }
}

pub(super) fn home_in(file: HomeFile) -> Home {
    Home { account: file.account, region: file.region, aws: file.aws, stack: file.stack }
}

pub(super) fn record_out(address: &Address, record: &Record) -> RecordFile {
    let kept = record
        .object
        .iter()
        .filter(|(_, value)| !value.is_null() && !value.is_sensitive_anywhere() && value.is_wholly_known());
    RecordFile {
        address: address.to_string(),
        schema: kinds::get(&address.kind).map_or(0, |kind| kind.schema().number),
        region: record.region.clone(),
        id: record.id.clone(),
        suffix: record.suffix.clone(),
        owed: record.owed.clone(),
        pending: Attributes(record.pending.clone()),
        since: record.since.clone(),
        mark: record.mark.clone(),
        protect: record.protect,
        abandon: record.abandon,
        attributes: Attributes(kept.map(|(name, value)| (name.clone(), value.clone())).collect()),
        set: record.set.clone(),
        secrets: digests_out(&record.secrets),
        phase: digests_out(&record.phase),
        beside: record.beside.iter().map(|(name, old)| (name.clone(), old.as_ref().map(digest_out))).collect(),
        guarded: record.guarded,
        final_snapshot: record.farewell.clone(),
        dependencies: record.dependencies.iter().map(Address::to_string).collect(),
    }
}

pub(super) fn record_in(record: RecordFile) -> Result<(Address, Record), Wrong> {
    let address = address_in(&record.address)?;
    let kind = kinds::get(&address.kind).ok_or_else(|| {
        Wrong::Version(format!("`{address}` is of a kind that this cachestack does not know; a newer one may"))
    })?;
    let told = |wrong| match wrong {
        Wrong::Version(why) => Wrong::Version(format!("`{address}` {why}")),
        Wrong::Foreign(why) => Wrong::Foreign(why),
        Wrong::Damaged(why) => Wrong::Damaged(format!("it is damaged: `{address}.{why}")),
    };
    let object = object_in(kind, record.schema, record.attributes).map_err(told)?;
    let pending = object_in(kind, record.schema, record.pending).map_err(told)?;
    let dependencies = record.dependencies.iter().map(|text| address_in(text)).collect::<Result<_, _>>()?;
    let record = Record {
        region: record.region,
        id: record.id,
        object,
        set: record.set,
        secrets: digests_in(record.secrets),
        phase: digests_in(record.phase),
        beside: record.beside.into_iter().map(|(name, old)| (name, old.map(digest_in))).collect(),
        guarded: record.guarded,
        farewell: record.final_snapshot,
        dependencies,
        protect: record.protect,
        abandon: record.abandon,
        suffix: record.suffix,
        owed: record.owed,
        pending,
        since: record.since,
        mark: record.mark,
    };
    Ok((address, record))
}

/// The attributes of a record that was written by a schema of that number, as the schema of this version has them.
pub(super) fn object_in(kind: &dyn Kind, number: u32, Attributes(mut object): Attributes) -> Result<Object, Wrong> {
    let schema = kind.schema();
    if number > schema.number {
        let why =
            format!("was written by a newer version (schema {number} of its kind; this one knows {})", schema.number);
        return Err(Wrong::Version(why));
    }
    if number < schema.number {
        kind.upgrade(number, &mut object);
    }
    for (name, value) in object.iter_mut() {
        if let Some(attr) = schema.attr(name) {
            *value = convert(value, &attr.ty)
                .map_err(|wrong| Wrong::Damaged(format!("{name}` is not {}: {}", attr.ty, wrong.message)))?;
        }
    }
    Ok(object)
}

fn digests_out(digests: &BTreeMap<String, Digest>) -> BTreeMap<String, DigestFile> {
    digests.iter().map(|(name, digest)| (name.clone(), digest_out(digest))).collect()
}

fn digests_in(files: BTreeMap<String, DigestFile>) -> BTreeMap<String, Digest> {
    files.into_iter().map(|(name, file)| (name, digest_in(file))).collect()
}

fn digest_out(digest: &Digest) -> DigestFile {
    DigestFile { digest: digest.digest.clone(), source: digest.source.clone() }
}

fn digest_in(file: DigestFile) -> Digest {
    Digest { digest: file.digest, source: file.source }
}

pub(super) fn operation_out(operation: &Operation) -> OperationFile {
    let part = |part: &Part| PartFile {
        id: part.id.clone(),
        deposed: part.deposed,
        record: record_out(&part.address, &part.record),
    };
    OperationFile {
        id: operation.id.clone(),
        run: operation.run.clone(),
        step: operation.step.clone(),
        planned: operation.planned,
        call: operation.call.0,
        calls: operation.call.1,
        operation: operation.name.clone(),
        nature: operation.nature,
        arguments: operation.digest.clone(),
        objects: operation.parts.iter().map(part).collect(),
    }
}

pub(super) fn operation_in(file: OperationFile) -> Result<Operation, Wrong> {
    let part = |file: PartFile| {
        let (address, record) = record_in(file.record)?;
        Ok::<_, Wrong>(Part { address, id: file.id, record, deposed: file.deposed })
    };
    Ok(Operation {
        id: file.id,
        run: file.run,
        step: file.step,
        planned: file.planned,
        call: (file.call, file.calls),
        name: file.operation,
        nature: file.nature,
        digest: file.arguments,
        parts: file.objects.into_iter().map(part).collect::<Result<_, _>>()?,
    })
}

pub(super) fn outputs_out(outputs: &BTreeMap<String, Option<Value>>) -> BTreeMap<String, OutputFile> {
    let one =
        |value: &Option<Value>| OutputFile { sensitive: value.is_none(), value: value.as_ref().map(json::to_json) };
    outputs.iter().map(|(name, value)| (name.clone(), one(value))).collect()
}

pub(super) fn outputs_in(outputs: BTreeMap<String, OutputFile>) -> BTreeMap<String, Option<Value>> {
    let one = |output: OutputFile| {
        if output.sensitive { None } else { Some(output.value.as_ref().map_or_else(Value::null, json::from_json)) }
    };
    outputs.into_iter().map(|(name, output)| (name, one(output))).collect()
}
