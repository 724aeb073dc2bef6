//! `data "terraform_remote_state"`: the outputs that another configuration keeps in its state, in a file or in a bucket.
//! Read only. Backends that are not read here leave the block to Terraform, as any resource of another tool.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::disk;
use crate::kind::{Buckets, Stored};
use crate::lang::ast::{Attribute, Node};
use crate::lang::declare::Foreign;
use crate::stack::location::OF_OTHERS;
use crate::value::convert::convert;
use crate::value::json::from_json;
use crate::value::mask::mask;
use crate::value::{Field, Object, Origin, Type, Value};

/// The type of the blocks.
const KIND: &str = "terraform_remote_state";
/// So many bytes may a state have.
const MOST_BYTES: u64 = 256 << 20;

/// The states that have been asked for in a run.
#[derive(Debug, Default)]
pub struct RemoteStates {
    buckets: OnceLock<Arc<dyn Buckets>>,
    /// The outputs of a state, or why there are none; by place.
    read: RefCell<BTreeMap<String, Result<Object, String>>>,
    /// Why blocks are without their outputs, by address.
    unread: RefCell<BTreeMap<String, String>>,
}

/// Where a state is.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// A file, from the directory of the stack on.
    File(String),
    Bucket(Stored),
    /// Not known yet, because of that.
    Open(Option<Arc<Origin>>),
    /// Somewhere that is not read here.
    Elsewhere,
    /// The block asks for what there is not.
    Wrong(String),
}

/// Whether a block has a backend that is read here, as far as it says so in plain text.
pub fn is_read(address: &str, block: &Foreign) -> bool {
    let is_backend = |attribute: &&Attribute| &*attribute.name == "backend";
    let backend = block.attributes.iter().find(is_backend).map(|attribute| &*attribute.expr.node);
    let read = matches!(backend, Some(Node::String(word)) if matches!(&**word, "local" | "s3"));
    read && address.strip_prefix("data.").is_some_and(|rest| rest.split('.').next() == Some(KIND))
}

impl RemoteStates {
    /// Buckets can be read from now on.
    pub fn connect(&self, buckets: Arc<dyn Buckets>) {
        // A run has one account.
        let _ = self.buckets.set(buckets);
    }

    /// What a block tells beyond what is written in it.
    pub fn told(&self, kind: &str, address: &str, written: &Object, directory: &Path) -> Object {
        if kind != KIND {
            return Object::new();
        }
        let tell = |outputs| Object::from([("outputs".into(), outputs)]);
        let found = match place(written) {
            Place::Elsewhere => return Object::new(),
            Place::Open(origin) => return tell(Value::unknown(Type::Any, origin)),
            // Before there is an account, nobody can tell what is in a bucket; that is no mistake yet.
            Place::Bucket(_) if self.buckets.get().is_none() => {
                return tell(Value::unknown(Type::Any, Some(Arc::new(Origin::Environment("account_id")))));
            }
            Place::Wrong(why) => Err(why),
            place => self.outputs(&place, directory),
        };
        match found {
            Ok(outputs) => {
                let defaults = written.get("defaults").and_then(Value::as_object).cloned().unwrap_or_default();
                tell(Value::object(defaults.into_iter().chain(outputs).collect()))
            }
            Err(why) => {
                self.unread.borrow_mut().insert(address.to_owned(), mask(&why, written.values()));
                Object::new()
            }
        }
    }

    /// Why a block is without its outputs.
    pub fn why_unread(&self, address: &str) -> Option<String> {
        self.unread.borrow().get(address).cloned()
    }

    /// The outputs at a place, read once in a run.
    fn outputs(&self, place: &Place, directory: &Path) -> Result<Object, String> {
        let key = format!("{place:?}");
        if let Some(known) = self.read.borrow().get(&key) {
            return known.clone();
        }
        let (bytes, none) = match place {
            Place::File(path) => {
                let bytes = disk::read_regular(&directory.join(path), MOST_BYTES);
                (bytes.map_err(|error| format!("{path}: {error}")), format!("there is no state {path}"))
            }
            Place::Bucket(stored) => {
                let none = format!("bucket {} has no object {}", stored.bucket, stored.key);
                (self.buckets.get().map_or(Ok(None), |buckets| buckets.fetch(stored)), none)
            }
            _ => (Ok(None), String::new()),
        };
        let found = bytes.and_then(|bytes| parse(&bytes.ok_or(none)?));
        self.read.borrow_mut().insert(key, found.clone());
        found
    }
}

/// Where the state of a block is.
fn place(written: &Object) -> Place {
    let text = |object: &Object, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let open = ["backend", "config", "workspace"].iter().find_map(|name| written.get(name)?.worst_unknown());
    if let Some(open) = open {
        return Place::Open(open.origin.clone());
    }
    let config = written.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
    let workspace = text(written, "workspace").filter(|name| name != "default");
    match text(written, "backend").as_deref() {
        Some("local") => {
            let dir = text(&config, "workspace_dir").unwrap_or_else(|| "terraform.tfstate.d".to_owned());
            let path = text(&config, "path").unwrap_or_else(|| "terraform.tfstate".to_owned());
            Place::File(workspace.map_or(path, |name| format!("{dir}/{name}/terraform.tfstate")))
        }
        Some("s3") => bucket(&config, workspace, text).map_or_else(Place::Wrong, Place::Bucket),
        _ => Place::Elsewhere,
    }
}

fn bucket(
    config: &Object,
    workspace: Option<String>,
    text: impl Fn(&Object, &str) -> Option<String>,
) -> Result<Stored, String> {
    let set = |name: &&&str| config.get(name).is_some_and(|value| !value.is_null());
    if let Some(name) = OF_OTHERS.iter().chain(&["profile"]).find(set) {
        return Err(format!("`{name}` of its `config` asks for other credentials than those of the environment"));
    }
    let needed = |name: &str| text(config, name).ok_or_else(|| format!("its `config` has no `{name}`"));
    let key = needed("key")?;
    let prefix = text(config, "workspace_key_prefix").unwrap_or_else(|| "env:".to_owned());
    let endpoints = config.get("endpoints").and_then(Value::as_object).and_then(|urls| text(urls, "s3"));
    Ok(Stored {
        bucket: needed("bucket")?,
        key: workspace.map_or_else(|| key.clone(), |name| format!("{prefix}/{name}/{key}")),
        region: text(config, "region"),
        endpoint: endpoints.or_else(|| text(config, "endpoint")),
    })
}

#[derive(Debug, Deserialize)]
struct StateV4 {
    version: u64,
    #[serde(default)]
    outputs: BTreeMap<String, OutputV4>,
}

#[derive(Debug, Deserialize)]
struct OutputV4 {
    value: Json,
    #[serde(rename = "type", default)]
    ty: Json,
    #[serde(default)]
    sensitive: bool,
}

/// The outputs in a state of Terraform.
fn parse(bytes: &[u8]) -> Result<Object, String> {
    let state: StateV4 = serde_json::from_slice(bytes).map_err(|error| format!("it is no state ({error})"))?;
    if state.version != 4 {
        return Err(format!("it is of version {}, and only version 4 is understood", state.version));
    }
    let output = |(name, output): (String, OutputV4)| {
        let value = from_json(&output.value);
        let typed = read_type(&output.ty).and_then(|ty| convert(&value, &ty).ok()).unwrap_or(value);
        (name.as_str().into(), typed.with_mark(output.sensitive))
    };
    Ok(state.outputs.into_iter().map(output).collect())
}

/// A type as states have it: `"string"`, `["list", "string"]`, `["object", {"a": "bool"}]`.
fn read_type(json: &Json) -> Option<Type> {
    let inner = |json: &Json| read_type(json).map(Arc::new);
    match json {
        Json::String(word) => match word.as_str() {
            "string" => Some(Type::String),
            "number" => Some(Type::Number),
            "bool" => Some(Type::Bool),
            "dynamic" => Some(Type::Any),
            _ => None,
        },
        Json::Array(parts) => match (parts.first()?.as_str()?, parts.get(1)?) {
            ("list", of) => inner(of).map(Type::List),
            ("set", of) => inner(of).map(Type::Set),
            ("map", of) => inner(of).map(Type::Map),
            ("tuple", Json::Array(of)) => {
                of.iter().map(read_type).collect::<Option<Vec<_>>>().map(|of| Type::Tuple(of.into()))
            }
            ("object", Json::Object(of)) => {
                let fields = of.iter().map(|(name, ty)| Some((name.as_str(), Field::required(read_type(ty)?))));
                Some(Type::object(fields.collect::<Option<Vec<_>>>()?))
            }
            _ => None,
        },
        _ => None,
    }
}
