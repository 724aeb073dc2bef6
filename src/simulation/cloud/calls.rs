//! What calls do to the account.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::shapes::{MANNERS, Shape};
use super::world::{Key, MAKING, Phase, Then, Thing, World, target};
use super::{alarms, groups, rules};
use crate::kind::{Call, ErrorClass, RemoteError, Reply};
use crate::kinds;
use crate::schema::check::conform;
use crate::simulation::faults::Fault;
use crate::value::{Data, Object, Value};

/// An error as AWS would say it.
pub fn refuse(class: ErrorClass, code: &str, message: impl Into<String>) -> RemoteError {
    RemoteError { class, code: code.to_owned(), message: message.into(), request_id: None }
}

/// A call for each of the objects that one names.
pub fn parts(call: &Call) -> Vec<Call> {
    let names: Vec<&Value> = call.args.get("AlarmNames").into_iter().flat_map(Value::children).collect();
    let part = |name: &&Value| {
        let mut part = call.clone();
        part.args.insert("AlarmNames", Value::tuple(vec![(*name).clone()]));
        part
    };
    if names.len() < 2 { vec![call.clone()] } else { names.iter().map(part).collect() }
}

/// A call under way.
pub struct Work<'a> {
    /// The account.
    pub world: &'a mut World,
    /// The calls of the kind.
    pub shape: &'static Shape,
    /// The region it is in: `eu-west-1`.
    pub region: &'a str,
    /// The call.
    pub call: &'a Call,
    /// In milliseconds.
    pub now: u64,
    /// What goes wrong with what is begun.
    pub fault: Option<Fault>,
}

/// Hours for what is stuck, in milliseconds.
const STUCK: u64 = 5 * 3_600_000;

impl Work<'_> {
    /// Carries the call out; answers what it returns, and the object that it was about.
    pub fn carry_out(mut self) -> Result<(Reply, Key), RemoteError> {
        self.world.settle(self.now);
        let operation = self.call.operation;
        if operation == self.shape.create {
            return if self.shape.kind == "alarm" { alarms::put(&mut self) } else { self.create() };
        }
        if operation == self.shape.delete {
            return self.delete();
        }
        if self.shape.change.contains(&operation) {
            return self.change();
        }
        self.tag()
    }

    /// The key of an object of this kind.
    pub fn key(&self, name: &str) -> Key {
        (self.shape.kind, self.region.to_owned(), name.to_owned())
    }

    /// The key of another object in the region.
    pub fn other(&self, kind: &'static str, name: &str) -> Key {
        (kind, self.region.to_owned(), name.to_owned())
    }

    /// The object that the call names.
    pub fn named(&self) -> Result<Key, RemoteError> {
        let name = subject(self.shape, self.call);
        let name = name.ok_or_else(|| refuse(ErrorClass::Fatal, "MissingParameter", self.shape.name.0))?;
        let key = self.key(&name);
        match self.world.get(&key) {
            Some(_) => Ok(key),
            None => Err(refuse(ErrorClass::NotFound, "NotFound", format!("there is no {name}"))),
        }
    }

    fn create(&mut self) -> Result<(Reply, Key), RemoteError> {
        let mut object = self.attributes(Object::new())?;
        let name = match self.shape.kind {
            "security_group" => rules::born(self, &mut object)?,
            _ => self.call.text(self.shape.name.0).unwrap_or_default(),
        };
        object.insert(self.shape.name.1.into(), Value::string(&name));
        let key = self.key(&name);
        if self.world.get(&key).is_some() {
            let message = format!("{name} is there already");
            return Err(refuse(ErrorClass::AlreadyExists, "AlreadyExists", message));
        }
        let seconds = groups::born(self, &mut object)?;
        self.finish(&mut object, None);
        let until = self.now + seconds * 1000;
        let phase = match self.fault {
            _ if seconds == 0 => Phase::Settled,
            Some(Fault::Stuck) => Phase::Busy { word: MAKING, until: until + STUCK, then: Then::Settle },
            Some(Fault::Broken) => Phase::Busy { word: MAKING, until, then: Then::Break },
            _ => Phase::Busy { word: MAKING, until, then: Then::Settle },
        };
        let tokens = self.token().into_iter().collect();
        let reply = self.reply(&object);
        let thing = Thing { object, tags: self.tags(), phase, tokens, made_for: None, number: 0 };
        self.world.put(key.clone(), thing, self.now);
        Ok((reply, key))
    }

    /// What the call returns.
    pub fn reply(&self, object: &Object) -> Reply {
        ["id", "arn"].iter().filter_map(|name| Some((Arc::from(*name), object.get(name)?.clone()))).collect()
    }

    /// What AWS computes, as the kind foresees it.
    pub fn finish(&self, object: &mut Object, live: Option<&Object>) {
        let kind = kinds::get(self.shape.kind).expect("a kind of the table");
        kind.predict(object, live, &target(self.region));
        object.retain(|_, value| !value.is_unknown());
    }

    fn change(&mut self) -> Result<(Reply, Key), RemoteError> {
        let key = self.named()?;
        let thing = self.world.get(&key).expect("it was just found");
        if thing.phase != Phase::Settled {
            return Err(refuse(ErrorClass::Busy, "InvalidState", format!("{} is not available", key.2)));
        }
        let before = thing.object.clone();
        let mut object = self.attributes(before.clone())?;
        let reply = self.reply(&object);
        let seconds = match self.shape.kind {
            "security_group" => {
                rules::change(self, &mut object)?;
                0
            }
            "parameter_group" => {
                parameters(self.call, &mut object);
                0
            }
            "replication_group" => groups::change(self, &key, &before, &mut object)?,
            _ => 0,
        };
        let (now, stuck) = (self.now, self.fault == Some(Fault::Stuck));
        let thing = self.world.change(&key, now).expect("it was just found");
        if seconds == 0 {
            thing.object = object;
        } else {
            let until = now + seconds * 1000 + if stuck { STUCK } else { 0 };
            thing.phase = Phase::Busy { word: "modifying", until, then: Then::Become(object) };
        }
        Ok((reply, key))
    }

    fn delete(&mut self) -> Result<(Reply, Key), RemoteError> {
        let key = self.named()?;
        let thing = self.world.get(&key).expect("it was just found");
        if thing.is_busy() {
            return Err(refuse(ErrorClass::Busy, "InvalidState", format!("{} is not available", key.2)));
        }
        if let Some(user) = self.world.user_of(&key) {
            let message = format!("{} is used by {}", key.2, user.2);
            return Err(refuse(ErrorClass::Busy, self.shape.in_use, message));
        }
        let seconds = if self.shape.kind == "replication_group" { groups::DELETING } else { 0 };
        if seconds == 0 {
            self.world.remove(&key, self.now);
        } else {
            let until = self.now + seconds * 1000 + if self.fault == Some(Fault::Stuck) { STUCK } else { 0 };
            let phase = Phase::Busy { word: "deleting", until, then: Then::Vanish };
            self.world.change(&key, self.now).expect("it was just found").phase = phase;
        }
        Ok((Reply::new(), key))
    }

    /// Adds and removes tags.
    fn tag(&mut self) -> Result<(Reply, Key), RemoteError> {
        let what = tagged(self.call).unwrap_or_default();
        let key = self.world.by_arn(self.shape.kind, &what);
        let Some(key) = key else {
            return Err(refuse(ErrorClass::NotFound, "NotFound", format!("there is no {what}")));
        };
        let (added, gone) = (self.tags(), texts(self.call.args.get("TagKeys")));
        match self.call.operation {
            "AddTagsToResource" | "CreateTags" | "TagResource" => {}
            "RemoveTagsFromResource" | "DeleteTags" | "UntagResource" => {}
            other => return Err(refuse(ErrorClass::Fatal, "UnknownOperation", other)),
        }
        let thing = self.world.change(&key, self.now).expect("it was just found");
        thing.tags.extend(added);
        thing.tags.retain(|name, _| !gone.contains(name));
        Ok((Reply::new(), key))
    }

    /// The tags of the call.
    pub fn tags(&self) -> BTreeMap<String, String> {
        let tags = self.call.args.get("Tags").and_then(Value::as_object).cloned().unwrap_or_default();
        tags.iter().map(|(name, value)| (name.to_string(), value.as_str().unwrap_or_default().to_owned())).collect()
    }

    /// The digest of the token that the call brings.
    pub fn token(&self) -> Option<String> {
        match &self.call.args.get("AuthToken")?.data {
            Data::Secret(secret) => Some(digest(secret.text.as_deref().unwrap_or_default())),
            Data::String(text) => Some(digest(text)),
            _ => None,
        }
    }

    /// An object with what the members of the call set.
    pub fn attributes(&self, mut object: Object) -> Result<Object, RemoteError> {
        let schema = kinds::get(self.shape.kind).expect("a kind of the table").schema();
        for (member, value) in &self.call.args {
            if let Some((_, name)) = self.shape.members.iter().find(|(known, _)| known == member) {
                let attr = schema.attr(name).expect("an attribute of the schema");
                let wrong = |error: crate::value::convert::Mismatch| {
                    refuse(ErrorClass::Fatal, "InvalidParameterValue", format!("{member}: {}", error.message))
                };
                object.insert((*name).into(), conform(attr, value).map_err(wrong)?.unmark_deep().0);
            } else if !(MANNERS.contains(member) || *member == self.shape.name.0 || is_nested(member)) {
                return Err(refuse(ErrorClass::Fatal, "UnknownMember", format!("{} {member}", self.call.operation)));
            }
        }
        Ok(object)
    }
}

/// The name that a call is about.
pub fn subject(shape: &Shape, call: &Call) -> Option<String> {
    match call.args.get("AlarmNames").and_then(Value::as_items) {
        Some(names) => names.first().and_then(Value::as_str).map(str::to_owned),
        None => call.text(shape.name.0),
    }
}

/// The ARN or id that a call of tags is about.
pub fn tagged(call: &Call) -> Option<String> {
    let member = ["ResourceName", "ResourceARN"].into_iter().find_map(|member| call.text(member));
    let listed = call.args.get("Resources").and_then(Value::as_items).and_then(<[Value]>::first);
    member.or_else(|| listed.and_then(Value::as_str).map(str::to_owned))
}

/// Members that the files of their kinds read.
fn is_nested(member: &str) -> bool {
    ["ParameterNameValues", "IpPermissions", "Dimensions", "AuthToken", "AuthTokenUpdateStrategy"].contains(&member)
}

/// What is kept of a secret.
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The texts of a collection.
pub fn texts(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_items).unwrap_or_default().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Sets and resets parameters.
fn parameters(call: &Call, object: &mut Object) {
    let attr = kinds::get("parameter_group").and_then(|kind| kind.schema().attr("parameter")).expect("an attribute");
    let mut blocks = object.get("parameter").and_then(Value::as_items).unwrap_or_default().to_vec();
    for pair in call.args.get("ParameterNameValues").and_then(Value::as_items).unwrap_or_default() {
        let name = pair.get("ParameterName").cloned().unwrap_or_else(Value::null);
        blocks.retain(|block| block.get("name") != Some(&name));
        if let Some(value) = pair.get("ParameterValue").filter(|_| call.operation.starts_with("Modify")) {
            blocks.push(Value::object([("name".into(), name), ("value".into(), value.clone())].into()));
        }
    }
    let blocks = Value::set(crate::schema::object_type(&attr.block.as_ref().expect("a block").attrs), blocks);
    object.insert("parameter".into(), conform(attr, &blocks).expect("parameters are texts").unmark_deep().0);
}
