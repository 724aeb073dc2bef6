//! Tags: attributes and calls that every taggable kind shares.

use std::collections::BTreeMap;

use crate::kind::{Args, Call, Change, Problem};
use crate::schema::Attr;
use crate::value::{Object, Type, Value};

/// Tags that begin so mark objects as ours, and are hidden from differences.
pub const OWNERSHIP_PREFIX: &str = "cachestack:";

/// The stack and the environment that an object carries the tags of.
pub fn owner(object: &Object) -> Option<(&str, &str)> {
    let tag = |name: &str| object.get("tags_all")?.get(&format!("{OWNERSHIP_PREFIX}{name}"))?.as_str();
    Some((tag("stack")?, tag("environment")?))
}

/// The tag that an object carries of the operation that made it.
pub const MARK: &str = "cachestack:id";

/// The attributes `tags` and `tags_all`.
pub fn attrs() -> [Attr; 2] {
    [
        Attr::optional("tags", Type::map(Type::String))
            .local()
            .told_by("tags_all")
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

/// How many tags an object may have. Source: the user guides of ElastiCache, EC2 and CloudWatch.
const MAX_TAGS: usize = 50;

/// The rules of AWS for the tags of an object, whatever they come from.
pub fn check(desired: &Object) -> Vec<Problem> {
    let Some(tags) = desired.get("tags_all").and_then(Value::as_object) else { return Vec::new() };
    let wrong = |detail: String, help: &str| Problem::error("CS0590", "tags", "AWS refuses these tags", detail, help);
    let mut problems: Vec<Problem> = tags
        .iter()
        .filter_map(|(name, value)| {
            let (why, help) = fault_of_name(name).or_else(|| fault_of_value(value.as_str()?))?;
            Some(wrong(format!("The tag \"{name}\" {why}."), help).on(name))
        })
        .collect();
    if tags.len() > MAX_TAGS {
        let detail =
            format!("There are {} tags, with those of the provider, the stack and the environment.", tags.len());
        problems.push(wrong(detail, "Keep 50 at most."));
    }
    problems
}

fn fault_of_name(name: &str) -> Option<(String, &'static str)> {
    let length = name.chars().count();
    let lower = name.to_lowercase();
    if name.starts_with(OWNERSHIP_PREFIX) {
        return Some((
            "begins with \"cachestack:\", as the marks of cachestack itself do".to_owned(),
            "Choose another name.",
        ));
    }
    if lower.starts_with("aws:") {
        return Some(("begins with \"aws:\", which AWS keeps for itself".to_owned(), "Choose another name."));
    }
    if !(1..=128).contains(&length) {
        return Some((format!("has a name of {length} characters; 1 to 128 are allowed"), "Choose another name."));
    }
    (!is_tag_text(name)).then(|| ("has characters that AWS refuses in names".to_owned(), TAG_TEXT))
}

fn fault_of_value(value: &str) -> Option<(String, &'static str)> {
    let length = value.chars().count();
    if length > 256 {
        return Some((format!("has a value of {length} characters; 256 are allowed"), "Shorten the value."));
    }
    (!is_tag_text(value)).then(|| ("has characters in its value that AWS refuses".to_owned(), TAG_TEXT))
}

const TAG_TEXT: &str = "Use letters, digits, blanks and _ . : / = + - @ only.";

/// Source: the pattern of tag keys and values in the API reference of Resource Groups Tagging.
fn is_tag_text(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c))
}

/// The tags of a create call; those that mark the object as ours come to them when it is sent.
pub fn at_create(change: &Change) -> Value {
    let tags = change.new("tags_all");
    if tags.as_object().is_some_and(Object::is_empty) { Value::null() } else { tags }
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
    /// The members that take tags and the names of tags.
    pub members: (&'static str, &'static str),
}

/// What most services call them.
const MEMBERS: (&str, &str) = ("Tags", "TagKeys");
/// ElastiCache's tag calls.
pub const ELASTICACHE: Service = Service {
    add: "AddTagsToResource",
    remove: "RemoveTagsFromResource",
    resource: "ResourceName",
    listed: false,
    members: MEMBERS,
};
/// EC2's tag calls.
pub const EC2: Service =
    Service { add: "CreateTags", remove: "DeleteTags", resource: "Resources", listed: true, members: MEMBERS };
/// CloudWatch's tag calls.
pub const CLOUDWATCH: Service =
    Service { add: "TagResource", remove: "UntagResource", resource: "ResourceARN", listed: false, members: MEMBERS };
/// The tag calls of SNS.
pub const SNS: Service =
    Service { add: "TagResource", remove: "UntagResource", resource: "ResourceArn", listed: false, members: MEMBERS };
/// The tag calls of CloudWatch Logs.
pub const LOGS: Service = Service {
    add: "TagResource",
    remove: "UntagResource",
    resource: "resourceArn",
    listed: false,
    members: ("tags", "tagKeys"),
};

/// The calls that bring the tags of an existing object to what is desired.
///
/// # Errors
/// Nobody knows yet which tags there will be.
pub fn calls(change: &Change, service: &Service, resource: Value) -> Result<Vec<Call>, Problem> {
    if !change.has("tags_all") || change.before.is_none() || change.after.is_none() {
        return Ok(Vec::new());
    }
    change.must_list("tags_all", &[])?;
    let (old, new) = (visible(&change.old("tags_all")), visible(&change.new("tags_all")));
    let differs = |name: &str, value: &Value| old.get(name).is_none_or(|old| old.data != value.data);
    let resource = if service.listed { Value::list(Type::String, vec![resource]) } else { resource };
    let changed: Object =
        new.iter().filter(|(name, value)| differs(name, value)).map(|(n, v)| (n.clone(), v.clone())).collect();
    let gone: Vec<&str> = old.keys().filter(|name| !new.contains_key(name)).map(|name| &**name).collect();
    let mut calls = Vec::new();
    if !changed.is_empty() {
        // One that turns out null is none.
        let open: Vec<Value> = changed.values().filter(|value| value.is_unknown()).cloned().collect();
        let args: Args = BTreeMap::from([
            (service.resource, resource.clone()),
            (service.members.0, Value::map(Type::String, changed)),
        ]);
        let call = Call::new(service.add, args).because(["tags"]);
        calls.push(open.iter().fold(call, |call, value| call.assuming_set("tags", value)));
    }
    if !gone.is_empty() {
        let args = BTreeMap::from([(service.resource, resource), (service.members.1, Value::strings(gone))]);
        calls.push(Call::new(service.remove, args).because(["tags"]));
    }
    Ok(calls)
}

/// The tags without those that mark the object as ours.
pub fn visible(tags: &Value) -> Object {
    let all = tags.as_object().cloned().unwrap_or_default();
    all.into_iter().filter(|(name, _)| !name.starts_with(OWNERSHIP_PREFIX)).collect()
}
