//! A state as Terraform keeps it: version 4, for a configuration that manages the same with Terraform from then on.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::values::{cty, form, plain};
use super::{VERSION, names};
use crate::address::{Address, Key};
use crate::diag::visible;
use crate::kinds;
use crate::kinds::tags::{OWNERSHIP_PREFIX, visible};
use crate::state::{Record, State};
use crate::value::{Type, Value};

/// The document, and what is not in it, with why.
pub fn state(state: &State) -> (Json, Vec<String>) {
    let mut left = Vec::new();
    let mut blocks: BTreeMap<String, (&Address, Vec<Json>)> = BTreeMap::new();
    for (address, record) in &state.records {
        match refusal(address) {
            Some(why) => left.push(format!("{address}: {why}")),
            None => {
                let block = blocks.entry(names::address(&address.block())).or_insert((address, Vec::new()));
                block.1.push(instance(address, record));
            }
        }
    }
    for former in &state.deposed {
        left.push(format!(
            "{} (deposed {}): apply first, so that it goes",
            former.address,
            visible::line(&former.record.id)
        ));
    }
    for stranger in &state.strangers {
        left.push(format!("{}: this version does not know its kind", stranger.address));
    }
    let resources: Vec<Json> = blocks.into_values().map(|(address, instances)| resource(address, instances)).collect();
    let document = json!({
        "version": 4,
        "terraform_version": VERSION,
        "serial": state.serial,
        "lineage": state.lineage,
        "outputs": outputs(state),
        "resources": resources,
        "check_results": null,
    });
    (document, left)
}

/// Whether objects carry our marks, which Terraform takes for tags that nobody wants.
pub fn has_marks(state: &State) -> bool {
    let tags = state.records.values().filter_map(|record| record.object.get("tags_all")?.as_object());
    tags.flat_map(|tags| tags.keys()).any(|name| name.starts_with(OWNERSHIP_PREFIX))
}

/// Why Terraform's state cannot have an object.
fn refusal(address: &Address) -> Option<&'static str> {
    let kind = kinds::get(&address.kind)?;
    let secret = kind.local().is_some_and(|local| !local.secrets().is_empty());
    match (kind.has_provider(), secret) {
        (false, _) => Some("Terraform's provider has no such type"),
        (_, true) => Some("it has a secret, which this state does not hold; Terraform would make another one"),
        _ => None,
    }
}

fn resource(address: &Address, instances: Vec<Json>) -> Json {
    let kind = names::kind(address.mode, &address.kind);
    let mut members = Map::new();
    if !address.module.is_empty() {
        members.insert("module".into(), names::module(address).into());
    }
    members.insert("mode".into(), "managed".into());
    members.insert("name".into(), (&*address.name).into());
    members.insert("provider".into(), format!("provider[\"{}\"]", names::provider(&kind)).into());
    members.insert("type".into(), kind.into());
    members.insert("instances".into(), instances.into());
    members.into()
}

fn instance(address: &Address, record: &Record) -> Json {
    let mut object = record.object.clone();
    object.or_insert("id".into(), Value::string(&record.id));
    if let Some(tags) = object.get_mut("tags_all") {
        *tags = Value::map(Type::String, visible(tags));
    }
    for (name, value) in kinds::get(&address.kind).map(|kind| kind.provider_defaults()).unwrap_or_default() {
        object.or_insert_with(Arc::from(*name), || Value::string(value));
    }
    // What is not here, the provider reads.
    let mut attributes = form(address, &object).value;
    if let Some(members) = attributes.as_object_mut() {
        members.retain(|name, value| !value.is_null() || name == "id");
    }
    let dependencies: Vec<String> = record.dependencies.iter().map(names::address).collect();
    let mut members = Map::new();
    match &address.key {
        Some(Key::Index(index)) => drop(members.insert("index_key".into(), (*index).into())),
        Some(Key::Name(name)) => drop(members.insert("index_key".into(), (&**name).into())),
        None => {}
    }
    members.insert("schema_version".into(), names::schema_version(address).into());
    members.insert("attributes".into(), attributes);
    members.insert("sensitive_attributes".into(), json!([]));
    if !dependencies.is_empty() {
        members.insert("dependencies".into(), dependencies.into());
    }
    members.into()
}

/// The outputs that may be shown.
fn outputs(state: &State) -> Map<String, Json> {
    let known = state.outputs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    known.map(|(name, value)| (name.clone(), json!({ "value": plain(value), "type": cty(&value.ty()) }))).collect()
}
