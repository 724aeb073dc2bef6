//! Values of resources that Terraform manages, out of its state (version 4).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::address::{Address, Key};
use crate::catalog::secrets;
use crate::diag::Diagnostic;
use crate::kinds;
use crate::kinds::our_name;
use crate::value::json::from_json;
use crate::value::{Object, Value};

#[derive(Debug, Deserialize)]
struct StateV4 {
    version: u64,
    #[serde(default)]
    resources: Vec<ResourceV4>,
}

#[derive(Debug, Deserialize)]
struct ResourceV4 {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Vec<InstanceV4>,
}

#[derive(Debug, Deserialize)]
struct InstanceV4 {
    #[serde(default)]
    index_key: Option<Json>,
    #[serde(default)]
    deposed: Option<String>,
    #[serde(default)]
    attributes: serde_json::Map<String, Json>,
    #[serde(default)]
    sensitive_attributes: Vec<Vec<StepV4>>,
}

#[derive(Debug, Deserialize)]
struct StepV4 {
    #[serde(default)]
    value: Json,
}

/// Whether an attribute of a resource of Terraform is secret by its name, whatever the state says of it: older ones say
/// nothing.
pub fn is_secret(kind: &str, name: &str) -> bool {
    kind == "random_password" && name == "result" || secrets::NAMES.contains(&name)
}

/// Reads the values of a state by their addresses, without those of kinds that cachestack manages itself, unless the
/// stack leaves that address to others.
///
/// # Errors
/// It is no state, or of another version.
pub fn values(bytes: &[u8], is_left: impl Fn(&str) -> bool) -> Result<BTreeMap<String, Value>, String> {
    let state = parse(bytes)?;
    let foreign = |resource: &ResourceV4| {
        let kind = our_name(&resource.kind);
        if resource.mode == "data" { kinds::lookups::get(kind).is_none() } else { kinds::get(kind).is_none() }
    };
    let wanted = state.resources.iter().filter(|resource| foreign(resource) || is_left(&address(resource)));
    Ok(wanted.map(|one| (address(one), value(one))).collect())
}

/// Says that a state of Terraform cannot be read.
pub fn unread(why: &str) -> Diagnostic {
    let help = "Name a state of Terraform: a file, s3://BUCKET/KEY, or \"backend\" for what the `backend` block names; any other can be fetched with `terraform state pull`.";
    Diagnostic::error("CS0357", "The Terraform state cannot be read", format!("{}.", why.trim_end_matches('.')))
        .help(help)
}

fn parse(bytes: &[u8]) -> Result<StateV4, String> {
    let state: StateV4 = serde_json::from_slice(bytes).map_err(|error| format!("it is no state ({error})"))?;
    match state.version {
        4 => Ok(state),
        other => Err(format!("it is of version {other}, and only version 4 is understood")),
    }
}

fn address(resource: &ResourceV4) -> String {
    let module = resource.module.as_ref().map(|module| format!("{module}.")).unwrap_or_default();
    let data = if resource.mode == "data" { "data." } else { "" };
    format!("{module}{data}{}.{}", resource.kind, resource.name)
}

/// The object; a tuple where it is repeated by `count`, an object of objects where by `for_each`.
fn value(resource: &ResourceV4) -> Value {
    let instances = || resource.instances.iter().filter(|instance| instance.deposed.is_none());
    let mut by_index: BTreeMap<u64, Value> = BTreeMap::new();
    let mut by_name = Object::new();
    for instance in instances() {
        let object = object(resource, instance);
        match &instance.index_key {
            None | Some(Json::Null) => return object,
            Some(Json::String(name)) => drop(by_name.insert(name.as_str().into(), object)),
            Some(index) => drop(by_index.insert(index.as_u64().unwrap_or_default(), object)),
        }
    }
    if by_name.is_empty() { Value::tuple(by_index.into_values().collect()) } else { Value::object(by_name) }
}

fn object(resource: &ResourceV4, instance: &InstanceV4) -> Value {
    let marked = |name: &str| {
        let first = |path: &Vec<StepV4>| path.first().is_some_and(|step| step.value.as_str() == Some(name));
        is_secret(&resource.kind, name) || instance.sensitive_attributes.iter().any(first)
    };
    let attributes = instance.attributes.iter();
    let attributes =
        attributes.map(|(name, value)| (Arc::from(name.as_str()), from_json(value).with_mark(marked(name))));
    Value::object(attributes.collect())
}

/// What a state of Terraform has that is ours to manage.
#[derive(Debug, Default)]
pub struct Taken {
    /// Instances of our kinds: addresses, with keys and modules, and attributes.
    pub ours: Vec<(Address, Object)>,
    /// What is left to Terraform, with why.
    pub left: Vec<String>,
}

/// Reads the instances of our kinds out of a state.
///
/// # Errors
/// It is no state, or of another version.
pub fn taken(bytes: &[u8]) -> Result<Taken, String> {
    let state = parse(bytes)?;
    let mut taken = Taken::default();
    for resource in &state.resources {
        let block = address(resource);
        if resource.mode != "managed" {
            taken.left.push(format!("{block}: it is looked up, and has no object"));
        } else if kinds::get(our_name(&resource.kind)).is_none() {
            taken.left.push(format!("{block}: cachestack does not manage its type"));
        } else {
            resource.instances.iter().for_each(|one| taken.take(resource, &block, one));
        }
    }
    Ok(taken)
}

impl Taken {
    fn take(&mut self, resource: &ResourceV4, block: &str, instance: &InstanceV4) {
        if let Some(key) = &instance.deposed {
            return self.left.push(format!("{block} (deposed {key}): apply with Terraform first, so that it goes"));
        }
        let key = match &instance.index_key {
            Some(Json::String(name)) => Some(Key::Name(name.as_str().into())),
            Some(index) => index.as_u64().map(Key::Index),
            None => None,
        };
        let found = kinds::address(block).map(|address| address.instance(key));
        match (found, object(resource, instance).as_object()) {
            (Some(address), Some(object)) => self.ours.push((address, object.clone())),
            _ => self.left.push(format!("{block}: its address is not understood")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_taken_apart() {
        let instance = |more: Json| {
            let mut one = serde_json::json!({ "schema_version": 0, "attributes": { "name": "n" } });
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            one
        };
        let resource = |module: Option<&str>, mode: &str, kind: &str, instances: Vec<Json>| serde_json::json!({ "module": module, "mode": mode, "type": kind, "name": "x", "instances": instances });
        let state = serde_json::json!({ "version": 4, "resources": [
            resource(None, "managed", "aws_sns_topic", vec![instance(serde_json::json!({}))]),
            resource(Some("module.m[\"a.b\"].module.n[0]"), "managed", "aws_cloudwatch_log_group", vec![
                instance(serde_json::json!({ "index_key": 0 })),
                instance(serde_json::json!({ "index_key": "a" })),
                instance(serde_json::json!({ "index_key": "a", "deposed": "01234567" })),
            ]),
            resource(None, "managed", "aws_vpc", vec![instance(serde_json::json!({}))]),
            resource(None, "data", "aws_vpc", vec![instance(serde_json::json!({}))]),
        ] });
        let taken = taken(state.to_string().as_bytes()).expect("a state");
        let ours: Vec<String> = taken.ours.iter().map(|(address, _)| address.to_string()).collect();
        assert_eq!(
            ours,
            [
                "sns_topic.x",
                "module.m[\"a.b\"].module.n[0].log_group.x[0]",
                "module.m[\"a.b\"].module.n[0].log_group.x[\"a\"]"
            ]
        );
        assert_eq!(taken.left.len(), 3, "{:?}", taken.left);
        for wrong in ["{}", "[]", "{\"version\": 3}", "x"] {
            assert!(super::taken(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
