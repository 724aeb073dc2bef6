//! User groups: which users a cache lets in.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target, Timer};
use super::super::paging;
use super::super::service::{self, Arns, Part, operation};
use super::super::table::Key;
use super::group::GROUPS;
use super::serverless::SERVERLESS;
use super::users::{self, User};
use super::{engines, names, tagging};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// User groups: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "CreateUserGroup",
            create,
            "a Redis group needs a user named default; no two users of a name; quotas of 100 groups and 100 users, tags",
            "",
        ),
        operation("DescribeUserGroups", describe, "members, what is pending, caches, pages", ""),
        operation(
            "ModifyUserGroup",
            modify,
            "users added and removed in one call or not at all; the group and its caches are modifying meanwhile",
            "",
        ),
        operation("DeleteUserGroup", delete, "refused while a cache uses it", ""),
    ],
    tables: &[&USER_GROUPS],
    due: &[("UserGroup", due)],
    arns: &[Arns::of("usergroup", taggable)],
    ..Part::NONE
};

/// A group of users.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserGroup {
    pub id: String,
    /// Tells this group from an earlier one of the same id.
    pub serial: u64,
    pub engine: String,
    /// `creating`, `active`, `modifying` or `deleting`.
    pub status: String,
    /// Ids of users, in the order in which they came.
    pub users: Vec<String>,
    pub adding: Vec<String>,
    pub removing: Vec<String>,
}

/// User groups by id.
pub const USER_GROUPS: Key<UserGroup> = Key::new("user_groups");

/// The most groups of an account in a region, and the most users of a group.
const MOST: usize = 100;
/// A creation, a change and a deletion take 150 seconds together in the tests of the Kubernetes controller.
const SECONDS: f64 = 50.0;

impl UserGroup {
    /// A user is no longer there.
    pub fn forget(&mut self, user: &str) {
        for list in [&mut self.users, &mut self.adding, &mut self.removing] {
            list.retain(|id| id != user);
        }
    }

    /// The users once what is pending is through.
    fn future(&self) -> impl Iterator<Item = &String> {
        self.users.iter().chain(&self.adding).filter(|id| !self.removing.contains(id))
    }

    fn must_be_active(&self, done: &str) -> Result<(), Failure> {
        if self.status == "active" {
            return Ok(());
        }
        Err(Failure::new(
            "InvalidUserGroupState",
            format!("User group {} has status {}. Only active user groups can be {done}.", self.id, self.status),
        ))
    }
}

/// The group of that id, or ElastiCache's refusal.
pub fn find(context: &Context, id: &str) -> Result<Arc<UserGroup>, Failure> {
    let group = context.region[USER_GROUPS].get(&id.to_ascii_lowercase());
    group.ok_or_else(|| Failure::missing("UserGroupNotFound", format!("User group {id} not found.")))
}

/// The group that a cache of an engine shall use: there, at rest, and of an engine that the cache takes.
pub fn for_cache(context: &Context, id: &str, cache_engine: &str) -> Result<Arc<UserGroup>, Failure> {
    let group = find(context, id)?;
    group.must_be_active("associated with a cache")?;
    if cache_engine == "redis" && group.engine != "redis" {
        return Err(Failure::combination(format!(
            "User group {} of engine {} cannot be used with a cache of engine redis.",
            group.id, group.engine
        )));
    }
    Ok(group)
}

/// The ids of the groups that a user is in, or will be.
pub fn of_user(context: &Context, user: &str) -> Vec<String> {
    let rows = context.region[USER_GROUPS].values();
    let rows = rows.filter(|group| group.users.iter().chain(&group.adding).any(|id| id == user));
    rows.map(|group| group.id.clone()).collect()
}

/// Whether a group cannot be without a user named `default`.
pub fn needs_default(context: &Context, group: &str) -> bool {
    context.region[USER_GROUPS].get(group).is_some_and(|group| group.engine == "redis")
}

/// A user without a password cannot be in a group of Valkey.
pub fn must_take_without_password(context: &Context, user: &str) -> Result<(), Failure> {
    let groups = of_user(context, user);
    match groups.iter().find(|group| !needs_default(context, group)) {
        Some(group) => Err(no_password(user, group)),
        None => Ok(()),
    }
}

fn no_password(user: &str, group: &str) -> Failure {
    Failure::value(format!(
        "User {user} requires no password and cannot be a member of the user group {group} of engine valkey."
    ))
}

/// The group is being changed until `due`, and so are the caches that use it.
pub fn stir(context: &mut Context, id: &str, due: u64) {
    busy(context, id, due);
    let using =
        context.region[GROUPS].values().filter(|group| group.settings.user_groups.iter().any(|other| other == id));
    let using: Vec<_> = using.filter(|group| group.status == "available").cloned().collect();
    for group in using {
        context.region[GROUPS].update(&group.id, |group| group.status = "modifying".into());
        lifecycle::schedule(context.region, due, Target::new("Group", &group.id), group.serial, Step::Ready);
    }
}

/// The group itself is being changed until `due`.
pub fn busy(context: &mut Context, id: &str, due: u64) {
    let Some(group) = context.region[USER_GROUPS].get(id).filter(|group| group.status == "active") else { return };
    context.region[USER_GROUPS].update(id, |group| group.status = "modifying".into());
    lifecycle::schedule(context.region, due, Target::new("UserGroup", id), group.serial, Step::Ready);
}

/// Users that may be together in a group of an engine.
fn check_members(context: &Context, group: &str, engine: &str, ids: &[String]) -> Result<(), Failure> {
    let members: Vec<Arc<User>> = ids.iter().map(|id| users::find(context, id)).collect::<Result<_, _>>()?;
    if members.len() > MOST {
        return Err(Failure::value(format!("A user group may have at most {MOST} users.")));
    }
    for (index, member) in members.iter().enumerate() {
        if member.status == "deleting" {
            return Err(Failure::missing("UserNotFound", format!("User {} not found.", member.id)));
        }
        if members[..index].iter().any(|other| other.name == member.name) {
            return Err(Failure::new(
                "DuplicateUserName",
                format!("User group {group} contains more than one user with the user name {}.", member.name),
            ));
        }
        if engine == "valkey" && member.authentication == users::Authentication::None {
            return Err(no_password(&member.id, group));
        }
    }
    if engine == "redis" && !members.iter().any(|member| member.name == users::DEFAULT) {
        return Err(Failure::new(
            "DefaultUserRequired",
            "User group needs to contain a user with the user name default.",
        ));
    }
    Ok(())
}

fn ids(input: Input, name: &str) -> Vec<String> {
    input.texts(name).iter().map(|id| id.to_ascii_lowercase()).collect()
}

fn create(context: &mut Context, input: Input) -> Answer {
    let id = names::identifier(input.needed("UserGroupId")?, "UserGroupId", 40)?;
    let engine = engines::of_access(input.needed("Engine")?)?;
    let tags = tagging::read(input)?;
    if context.region[USER_GROUPS].contains(&id) {
        return Err(Failure::new("UserGroupAlreadyExists", format!("User group {id} already exists.")));
    }
    if context.region[USER_GROUPS].len() >= MOST {
        let text = format!("The quota of {MOST} user groups has been exceeded.");
        return Err(Failure::new("UserGroupQuotaExceeded", text));
    }
    let users = ids(input, "UserIds");
    check_members(context, &id, &engine, &users)?;
    let serial = context.region.next();
    let (adding, removing) = (Vec::new(), Vec::new());
    let group = UserGroup { id: id.clone(), serial, engine, status: "creating".into(), users, adding, removing };
    tagging::set(context, "usergroup", &id, tags);
    Ok(begin(context, group, Step::Ready))
}

/// Puts a group whose status has changed, until the step is due; the answer to the request.
fn begin(context: &mut Context, group: UserGroup, step: Step) -> Value {
    let due = context.now + context.speed.scale(SECONDS);
    lifecycle::schedule(context.region, due, Target::new("UserGroup", &group.id), group.serial, step);
    context.region[USER_GROUPS].put(&group.id.clone(), group.clone());
    to_json(context, &group)
}

fn modify(context: &mut Context, input: Input) -> Answer {
    let mut group = (*find(context, input.needed("UserGroupId")?)?).clone();
    group.must_be_active("modified")?;
    let (add, remove) = (ids(input, "UserIdsToAdd"), ids(input, "UserIdsToRemove"));
    if let Some(id) = add.iter().find(|id| remove.contains(id)) {
        return Err(Failure::combination(format!("User {id} cannot be added and removed at the same time.")));
    }
    for id in &remove {
        users::find(context, id)?;
        if !group.users.contains(id) {
            return Err(Failure::value(format!("User {id} is not a member of user group {}.", group.id)));
        }
    }
    let engine = input.filled("Engine").map(engines::of_access).transpose()?;
    if add.is_empty() && remove.is_empty() && engine.as_ref().is_none_or(|engine| *engine == group.engine) {
        return Err(Failure::combination("No modifications were requested"));
    }
    if let Some(engine) = engine {
        must_suit_caches(context, &group.id, &engine)?;
        group.engine = engine;
    }
    (group.adding, group.removing) = (add, remove);
    let future: Vec<String> = group.future().cloned().collect();
    check_members(context, &group.id, &group.engine, &future)?;
    let due = context.now + context.speed.scale(SECONDS);
    stir(context, &group.id, due);
    group.status = "modifying".into();
    // The caches stir until the group is at rest again; its own timer is the one that `begin` sets.
    Ok(begin(context, group, Step::Apply))
}

/// A group that caches of Redis use stays one of Redis.
fn must_suit_caches(context: &Context, id: &str, engine: &str) -> Result<(), Failure> {
    let uses = |settings: &super::settings::Settings| settings.user_groups.iter().any(|other| other == id);
    let groups = context.region[GROUPS].values().filter(|group| uses(&group.settings));
    let groups = groups.filter(|group| group.settings.engine == "redis").map(|group| group.id.clone());
    let serverless = context.region[SERVERLESS].values();
    let serverless = serverless.filter(|cache| cache.user_group.as_deref() == Some(id) && cache.engine == "redis");
    match groups.chain(serverless.map(|cache| cache.name.clone())).next() {
        Some(cache) if engine != "redis" => {
            Err(Failure::combination(format!("User group {id} is used by the cache {cache} of engine redis.")))
        }
        _ => Ok(()),
    }
}

fn delete(context: &mut Context, input: Input) -> Answer {
    let mut group = (*find(context, input.needed("UserGroupId")?)?).clone();
    group.must_be_active("deleted")?;
    if service::in_use(context, "user-group", &group.id) {
        return Err(Failure::new(
            "InvalidUserGroupState",
            format!("User group {} is associated with caches and cannot be deleted.", group.id),
        ));
    }
    group.status = "deleting".into();
    Ok(begin(context, group, Step::Gone))
}

fn describe(context: &mut Context, input: Input) -> Answer {
    if let Some(id) = input.filled("UserGroupId") {
        let group = find(context, id)?;
        return Ok(json!({ "UserGroups": [to_json(context, &group)] }));
    }
    let (after, size) = (paging::marker(input)?, paging::max_records_from(input, 1)?);
    let rows = context.region[USER_GROUPS].from(after.as_deref().unwrap_or(""));
    let (page, marker) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|group| to_json(context, group)).collect();
    Ok(json!({ "UserGroups": rows, "Marker": marker }))
}

fn to_json(context: &Context, group: &UserGroup) -> Value {
    let uses = |ids: &[String]| ids.contains(&group.id);
    let caches = context.region[GROUPS].values().filter(|cache| uses(&cache.settings.user_groups));
    let caches: Vec<&String> = caches.map(|cache| &cache.id).collect();
    let serverless = context.region[SERVERLESS].values();
    let serverless = serverless.filter(|cache| cache.user_group.as_ref() == Some(&group.id));
    let serverless: Vec<&String> = serverless.map(|cache| &cache.name).collect();
    let members = group.future().filter_map(|id| users::find(context, id).ok());
    let least = members.map(|user| user.least_version()).max_by_key(|version| super::catalog::numbers(version));
    let least = least.unwrap_or(if group.engine == "valkey" { "7.2" } else { "6.0" });
    let pending = !group.adding.is_empty() || !group.removing.is_empty();
    let pending = pending.then(|| json!({ "UserIdsToAdd": group.adding, "UserIdsToRemove": group.removing }));
    json!({
        "UserGroupId": group.id, "Status": group.status, "Engine": group.engine, "UserIds": group.users,
        "MinimumEngineVersion": least, "PendingChanges": pending, "ReplicationGroups": caches,
        "ServerlessCaches": serverless, "ARN": context.arn("usergroup", &group.id),
    })
}

fn taggable(context: &Context, id: &str) -> Result<(), Failure> {
    match context.region[USER_GROUPS].get(id) {
        Some(group) if group.status == "active" => Ok(()),
        _ => Err(Failure::missing("UserGroupNotFound", format!("User group {id} is not available for tagging."))),
    }
}

fn due(context: &mut Context, id: &str, timer: &Timer) {
    let group = context.region[USER_GROUPS].get(id).filter(|group| group.serial == timer.serial);
    let Some(group) = group else { return };
    match timer.step {
        Step::Gone => {
            context.region[USER_GROUPS].remove(id);
            tagging::forget(context, "usergroup", id);
        }
        Step::Apply | Step::Ready if group.status != "deleting" => {
            let future: Vec<String> = group.future().cloned().collect();
            context.region[USER_GROUPS].update(id, |group| {
                group.status = "active".into();
                group.users = future;
                group.adding.clear();
                group.removing.clear();
            });
        }
        _ => {}
    }
}
