//! Users: who may log on, and what they may do.

mod access;
mod authentication;
mod calls;

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{Step, Target, Timer};
use super::super::paging;
use super::super::region::Region;
use super::super::service::{Arns, Part, operation};
use super::super::table::Key;
use super::user_groups::{self, USER_GROUPS};
use super::{engines, tagging};
pub use authentication::Authentication;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Users: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "CreateUser",
            calls::create,
            "access strings checked and rewritten, passwords, IAM, quota of 1000, tags",
            "nobody logs on; AWS's words for a wrong access string are not known",
        ),
        operation("DescribeUsers", describe, "by engine, id and filter, the default user, pages", ""),
        operation(
            "ModifyUser",
            calls::modify,
            "the user, its groups and their caches are modifying meanwhile; the default user stays as it is",
            "",
        ),
        operation("DeleteUser", calls::delete, "leaves its groups; refused for the default user of a group", ""),
    ],
    tables: &[&USERS],
    due: &[("User", due)],
    arns: &[Arns::of("user", taggable)],
    seed,
    ..Part::NONE
};

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    pub id: String,
    /// Tells this user from an earlier one of the same id.
    pub serial: u64,
    /// What clients log on as.
    pub name: String,
    pub engine: String,
    /// `creating`, `active`, `modifying` or `deleting`.
    pub status: String,
    pub access: String,
    pub authentication: Authentication,
}

/// Users by id.
pub const USERS: Key<User> = Key::new("users");

/// The user that every region has from the start, and that stays as it is.
pub const DEFAULT: &str = "default";

fn seed(region: &mut Region, _account: &str, _name: &str) {
    let user = User {
        id: DEFAULT.into(),
        serial: 0,
        name: DEFAULT.into(),
        engine: "redis".into(),
        status: "active".into(),
        access: "on ~* +@all".into(),
        authentication: Authentication::None,
    };
    region[USERS].put(DEFAULT, user);
}

/// The user of that id, or ElastiCache's refusal.
pub fn find(context: &Context, id: &str) -> Result<Arc<User>, Failure> {
    let user = context.region[USERS].get(&id.to_ascii_lowercase());
    user.ok_or_else(|| Failure::missing("UserNotFound", format!("User {id} not found.")))
}

/// AWS calls a user that is not at rest not found where its tags are concerned.
fn taggable(context: &Context, id: &str) -> Result<(), Failure> {
    match context.region[USERS].get(id) {
        Some(user) if user.status == "active" => Ok(()),
        _ => Err(Failure::missing("UserNotFound", format!("User {id} is not available for tagging."))),
    }
}

fn describe(context: &mut Context, input: Input) -> Answer {
    if let Some(id) = input.filled("UserId") {
        let user = find(context, id)?;
        return Ok(json!({ "Users": [to_json(context, &user)] }));
    }
    let engine = input.filled("Engine").map(engines::of_access).transpose()?;
    let mut filters = Vec::new();
    for filter in input.structures("Filters") {
        let name = filter.text("Name").unwrap_or("");
        if !["UserId", "user-id", "UserName", "user-name"].contains(&name) {
            return Err(Failure::combination(format!("Invalid filter name: {name}.")));
        }
        filters.push((name.to_ascii_lowercase().ends_with("id"), filter.texts("Values")));
    }
    let wanted = |user: &User| {
        let mine = |(by_id, values): &(bool, Vec<String>)| values.contains(if *by_id { &user.id } else { &user.name });
        engine.as_ref().is_none_or(|engine| *engine == user.engine) && filters.iter().all(mine)
    };
    let (after, size) = (paging::marker(input)?, paging::max_records_from(input, 1)?);
    let rows = context.region[USERS].from(after.as_deref().unwrap_or("")).filter(|(_, user)| wanted(user));
    let (page, marker) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|user| to_json(context, user)).collect();
    Ok(json!({ "Users": rows, "Marker": marker }))
}

fn to_json(context: &Context, user: &User) -> Value {
    json!({
        "UserId": user.id, "UserName": user.name, "Status": user.status, "Engine": user.engine,
        "MinimumEngineVersion": user.least_version(), "AccessString": user.access,
        "UserGroupIds": user_groups::of_user(context, &user.id),
        "Authentication": user.authentication.to_json(),
        "ARN": context.arn("user", &user.id),
    })
}

impl User {
    /// The first engine version that knows such a user.
    pub fn least_version(&self) -> &'static str {
        match (self.engine.as_str(), &self.authentication) {
            ("valkey", _) => "7.2",
            (_, Authentication::Iam) => "7.0",
            _ => "6.0",
        }
    }

    fn target(&self) -> Target {
        Target::new("User", &self.id)
    }
}

fn due(context: &mut Context, id: &str, timer: &Timer) {
    let user = context.region[USERS].get(id).filter(|user| user.serial == timer.serial);
    match (user, timer.step) {
        (None, _) => {}
        (Some(_), Step::Gone) => {
            context.region[USERS].remove(id);
            tagging::forget(context, "user", id);
            let groups: Vec<String> = user_groups::of_user(context, id);
            groups.iter().for_each(|group| {
                context.region[USER_GROUPS].update(group, |group| group.forget(id));
            });
        }
        (Some(user), _) if user.status != "deleting" => {
            context.region[USERS].update(id, |user| user.status = "active".into());
        }
        _ => {}
    }
}
