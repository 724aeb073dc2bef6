//! User groups: which users a cache lets in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Kind, Neighbour, Problem, Target};
use crate::kinds::{names, tags, user, why};
use crate::schema::{Attr, By, Hold, Rule, Schema, lower};
use crate::value::{Object, Type, Value, text};

/// The kind `user_group`.
pub struct UserGroup;

const KIND: &str = "user_group";

// Expected durations in seconds. Source: a create, a change and a deletion take 150 together in published tests.
const CHANGE: u32 = 50;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::required("user_group_id", Type::String)
            .replace()
            .rule(Rule::Length(1, 40))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("The id; AWS stores it in lower case."),
        Attr::required("engine", Type::String).one_of(&["redis", "valkey"]).normalize(lower).doc("redis or valkey."),
        Attr::optional("user_ids", Type::set(Type::String))
            .refers(user::KIND, By::Id, Hold::Blocks)
            .rule(Rule::MaxItems(100))
            .normalize(lower_each)
            .left_to_others()
            .doc("The users; one named default is among those of redis."),
        Attr::computed("id", Type::String).doc("The id."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        tags::region(),
    ];
    attrs.extend(tags::attrs());
    Schema::new(KIND, "aws_elasticache_user_group", "Which users a cache lets in.", attrs)
});

/// Lower-cases a set of ids, as AWS stores them.
pub fn lower_each(value: Value) -> Value {
    match value.as_items() {
        Some(items) => {
            let items = items.iter().cloned().map(lower).collect();
            Value::set(Type::String, items).with_mark(value.sensitive)
        }
        None => value,
    }
}

/// The users of a group, by id.
pub(super) fn users_of(group: &Object) -> BTreeSet<&str> {
    group.get("user_ids").and_then(Value::as_items).unwrap_or_default().iter().filter_map(Value::as_str).collect()
}

impl Kind for UserGroup {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let users = desired.get("user_ids");
        let nobody = match users.filter(|users| !users.is_null()) {
            None => true,
            Some(users) => users.as_items().is_some_and(<[Value]>::is_empty),
        };
        let redis = text(desired, "engine") == Some("redis");
        (nobody && redis).then(default_needed).into_iter().collect()
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        let users = among.of(user::KIND).filter_map(|(_, user)| Some((text(user.planned, "user_id")?, user)));
        let users: BTreeMap<&str, Neighbour> = users.collect();
        let of_each = |(address, group)| members(group, &users).into_iter().map(move |problem| (address, problem));
        among.of(KIND).flat_map(of_each).chain(caches(among)).collect()
    }

    fn identify(&self, object: &Object) -> Option<String> {
        text(object, "user_group_id").map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        let Some(id) = text(planned, "user_group_id").map(str::to_owned) else { return };
        planned.insert("id".into(), Value::string(&id));
        if let Some(arn) = target.arn("elasticache", &format!("usergroup:{id}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let id = change.id.map_or_else(|| change.new("user_group_id"), Value::string);
        if change.after.is_none() {
            return Ok(vec![Call::new("DeleteUserGroup", [("UserGroupId", id)]).vanishes(CHANGE)]);
        }
        if change.before.is_none() {
            let args = [
                ("UserGroupId", id),
                ("Engine", change.new("engine")),
                ("UserIds", change.new("user_ids")),
                ("Tags", tags::at_create(change)),
            ];
            return Ok(vec![Call::new("CreateUserGroup", args).marked("Tags").settles(CHANGE)]);
        }
        change.must_know(&["user_ids"])?;
        let mut calls = Vec::new();
        calls.extend(modify(change, id));
        calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
        Ok(calls)
    }

    /// Caches of redis take groups of redis only, so that the caches come first on the way to valkey.
    fn follows_users(&self, before: &Object, after: &Object) -> Option<&'static str> {
        let engine = |object| text(object, "engine");
        (engine(before) != Some("valkey") && engine(after) == Some("valkey")).then_some("engine")
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("user_group_id")
    }
}

/// One call adds and removes, so that a group is never without its default user.
fn modify(change: &Change, id: Value) -> Option<Call> {
    let causes: Vec<&'static str> = ["user_ids", "engine"].into_iter().filter(|name| change.has(name)).collect();
    if causes.is_empty() {
        return None;
    }
    let (before, after) = (change.old("user_ids"), change.new("user_ids"));
    let only = |of: &Value, other: &Value| {
        let other = other.as_items().unwrap_or_default();
        let left: Vec<Value> =
            of.as_items().unwrap_or_default().iter().filter(|item| !other.contains(item)).cloned().collect();
        if left.is_empty() || !change.has("user_ids") { Value::null() } else { Value::set(Type::String, left) }
    };
    let (add, remove) = (only(&after, &before), only(&before, &after));
    // Who is taken out is logged out.
    let leave = !remove.is_null();
    let args = [
        ("UserGroupId", id),
        ("UserIdsToAdd", add),
        ("UserIdsToRemove", remove),
        ("Engine", change.if_changed("engine")),
    ];
    let call = Call::new("ModifyUserGroup", args).because(causes).settles(CHANGE);
    Some(if leave { why::logs_out(call) } else { call })
}

fn default_needed() -> Problem {
    Problem::error(
        "CS0727",
        "user_ids",
        "No default user",
        "A user group of redis has a user whose user_name is \"default\": clients that give no name log in as it.",
        "Add a user with user_name = \"default\" (its user_id may be any), or the id \"default\" that every account has.",
    )
}

/// Caches of redis take groups of redis only.
fn caches<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let groups = among.of(KIND).filter_map(|(_, group)| {
        let valkey = text(group.planned, "engine") == Some("valkey");
        text(group.planned, "user_group_id").filter(|_| valkey)
    });
    let groups: BTreeSet<&str> = groups.collect();
    let mut problems = Vec::new();
    for (kind, attribute) in [("replication_group", "user_group_ids"), ("serverless_cache", "user_group_id")] {
        let of_redis = among.of(kind).filter(|(_, cache)| text(cache.planned, "engine") == Some("redis"));
        problems.extend(of_redis.filter_map(|(address, cache)| {
            let value = cache.planned.get(attribute)?;
            let mut ids = value.as_items().unwrap_or(std::slice::from_ref(value)).iter().filter_map(Value::as_str);
            let found = ids.find(|id| groups.contains(id))?;
            let detail = format!("The user group \"{found}\" is of valkey, and this cache of redis.");
            let help = "Set engine = \"redis\" of the user group; or engine = \"valkey\" here.";
            Some((address, Problem::error("CS0731", attribute, "A user group of another engine", detail, help)))
        }));
    }
    problems
}

/// The rules between a group and its users, as far as they are declared.
fn members(group: Neighbour, users: &BTreeMap<&str, Neighbour>) -> Vec<Problem> {
    if !group.planned.get("user_ids").is_some_and(|ids| ids.is_wholly_known() && !ids.is_null()) {
        return Vec::new();
    }
    let engine = text(group.planned, "engine");
    let ids: Vec<&str> = users_of(group.planned).into_iter().collect();
    let name = |id: &str| match users.get(id) {
        Some(user) => text(user.planned, "user_name"),
        None if id == "default" => Some("default"),
        None => None,
    };
    let names: Vec<Option<&str>> = ids.iter().map(|id| name(id)).collect();
    let mut problems = Vec::new();
    // A user that is not declared here may be the one.
    if engine == Some("redis") && names.iter().all(|name| name.is_some_and(|name| name != "default")) {
        problems.push(default_needed());
    }
    for (at, name) in names.iter().enumerate() {
        if let Some(name) = name
            && let Some(first) = names[..at].iter().position(|other| other.as_ref() == Some(name))
        {
            problems.push(Problem::error(
                "CS0728",
                "user_ids",
                "Two users of one name",
                format!("\"{}\" and \"{}\" are both called \"{name}\".", ids[first], ids[at]),
                "A group has one user of a name; take one of the two out.",
            ));
        }
    }
    // The user that every account has needs none either.
    let open = |id: &&&str| match users.get(**id) {
        Some(user) => user::mode_of(user.planned) == Some("no-password-required"),
        None => **id == "default",
    };
    if engine == Some("valkey")
        && let Some(id) = ids.iter().find(open)
    {
        problems.push(Problem::error(
            "CS0729",
            "user_ids",
            "A user without a password",
            format!("Anybody may log in as \"{id}\", and a group of valkey takes users with passwords or of IAM only."),
            "Give the user a password, or take it out.",
        ));
    }
    problems
}
