//! Tags: attributes and calls that every taggable kind shares.

use std::collections::BTreeMap;

use crate::kind::{Args, Call, Change};
use crate::schema::{Attr, Rule};
use crate::value::{Object, Type, Value};

/// Tags that begin so mark objects as ours, and are hidden from differences.
pub const OWNERSHIP_PREFIX: &str = "cachestack:";

/// The attributes `tags` and `tags_all`.
pub fn attrs() -> [Attr; 2] {
    [
        Attr::optional("tags", Type::map(Type::String))
            .local()
            .rule(Rule::Length(0, 256))
            .doc("Tags of this resource; they win over those of the provider, the stack and the environment."),
        Attr::computed("tags_all", Type::map(Type::String)).doc("All tags of the object."),
    ]
}

/// The attribute `region`.
pub fn region() -> Attr {
    Attr::optional("region", Type::String)
        .or_computed()
        .replace()
        .doc("The region, where it is not that of the environment.")
}

/// The tags of a create call: the desired ones and those that mark the object as ours.
pub fn at_create(change: &Change) -> Value {
    let mut tags = change.new("tags_all").as_object().cloned().unwrap_or_default();
    for (name, value) in change.ownership {
        tags.insert(name.as_str().into(), Value::string(value));
    }
    if tags.is_empty() { Value::null() } else { Value::map(Type::String, tags) }
}

/// Which calls add and remove the tags of one service.
pub struct Service {
    /// The operation that adds, and the member that takes the tags.
    pub add: &'static str,
    /// The operation that removes.
    pub remove: &'static str,
    /// The member that names the object.
    pub resource: &'static str,
    /// Whether that member takes a list.
    pub listed: bool,
}

/// ElastiCache's tag calls.
pub const ELASTICACHE: Service =
    Service { add: "AddTagsToResource", remove: "RemoveTagsFromResource", resource: "ResourceName", listed: false };
/// EC2's tag calls.
pub const EC2: Service = Service { add: "CreateTags", remove: "DeleteTags", resource: "Resources", listed: true };
/// CloudWatch's tag calls.
pub const CLOUDWATCH: Service =
    Service { add: "TagResource", remove: "UntagResource", resource: "ResourceARN", listed: false };

/// The calls that bring the tags of an existing object to what is desired.
pub fn calls(change: &Change, service: &Service, resource: Value) -> Vec<Call> {
    if !change.has("tags_all") || change.before.is_none() || change.after.is_none() {
        return Vec::new();
    }
    let (old, new) = (visible(&change.old("tags_all")), visible(&change.new("tags_all")));
    let resource = if service.listed { Value::list(Type::String, vec![resource]) } else { resource };
    let changed: Object =
        new.iter().filter(|(name, value)| old.get(*name) != Some(value)).map(|(n, v)| (n.clone(), v.clone())).collect();
    let gone: Vec<&str> = old.keys().filter(|name| !new.contains_key(*name)).map(|name| &**name).collect();
    let mut calls = Vec::new();
    if !changed.is_empty() {
        let args: Args =
            BTreeMap::from([(service.resource, resource.clone()), ("Tags", Value::map(Type::String, changed))]);
        calls.push(Call::new(service.add, args).because(["tags"]));
    }
    if !gone.is_empty() {
        let args = BTreeMap::from([(service.resource, resource), ("TagKeys", Value::strings(gone))]);
        calls.push(Call::new(service.remove, args).because(["tags"]));
    }
    calls
}

/// The tags without those that mark the object as ours.
pub fn visible(tags: &Value) -> Object {
    let all = tags.as_object().cloned().unwrap_or_default();
    all.into_iter().filter(|(name, _)| !name.starts_with(OWNERSHIP_PREFIX)).collect()
}
