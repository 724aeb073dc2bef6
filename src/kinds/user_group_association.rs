//! One user in one user group, for groups whose users are declared apart.

use std::sync::LazyLock;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Kind, Neighbour, Problem, Target, Whole};
use crate::kinds::{names, tags, user, user_group, why};
use crate::schema::{Attr, By, Hold, Rule, Schema, lower};
use crate::value::{Object, Type, Value, text};

/// The kind `user_group_association`.
pub struct UserGroupAssociation;

const KIND: &str = "user_group_association";

// Expected duration in seconds. Source: that of a change of a user group.
const CHANGE: u32 = 50;

fn id(name: &'static str, kind: &'static str, doc: &'static str) -> Attr {
    Attr::required(name, Type::String)
        .replace()
        .refers(kind, By::Id, Hold::Blocks)
        .rule(Rule::Length(1, 40))
        .rule(names::IDENTIFIER)
        .normalize(lower)
        .doc(doc)
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![
        id("user_group_id", "user_group", "The group.").serial(),
        id("user_id", user::KIND, "The user."),
        Attr::computed("id", Type::String).doc("GROUP,USER."),
        tags::region(),
    ];
    Schema::new(KIND, "aws_elasticache_user_group_association", "One user in one user group.", attrs)
});

/// The declared groups of an association that list their users.
fn lists<'a>(association: &Object, among: &Among<'a>) -> impl Iterator<Item = (&'a Address, Neighbour<'a>)> {
    let group = text(association, "user_group_id");
    let groups = group.map(|group| among.with("user_group", "user_group_id", group)).unwrap_or_default();
    let lists = |other: &Neighbour| other.written.contains_key("user_ids") && !other.ignores("user_ids");
    groups.into_iter().filter(move |(_, other)| lists(other))
}

impl Kind for UserGroupAssociation {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    /// A group lists its users.
    fn is_looked_for(&self) -> bool {
        false
    }

    fn check(&self, _desired: &Object) -> Vec<Problem> {
        Vec::new()
    }

    /// A group whose block lists its users takes out whom it does not list.
    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        let problem = |(address, association): (&'a Address, Neighbour<'a>)| {
            let user = text(association.planned, "user_id")?;
            let has = |(_, other): &(_, Neighbour)| user_group::users_of(other.planned).contains(user);
            if let Some((owner, _)) = lists(association.planned, among).find(has) {
                let detail = format!("`{owner}` lists \"{user}\" already, and AWS adds nobody twice.");
                let help = "Take this association out; or take the user out of `user_ids` there, and add lifecycle { ignore_changes = [user_ids] } to the group.";
                let problem = Problem::error("CS0730", "user_id", "The user is in the group twice", detail, help);
                // One that is there, or is taken over, may stay.
                return Some((address, problem.refused_when_made()));
            }
            let takes_out = |(_, other): &(_, Neighbour)| !user_group::users_of(other.planned).contains(user);
            let (owner, _) = lists(association.planned, among).find(takes_out)?;
            let detail = format!("`{owner}` lists its users without \"{user}\", and would take it out again.");
            let help = "Add it to `user_ids` there; or add lifecycle { ignore_changes = [user_ids] } to the group.";
            Some((address, Problem::error("CS0730", "user_id", "The user group would remove this user", detail, help)))
        };
        among.of(KIND).filter_map(problem).collect()
    }

    fn part_of(&self, object: &Object) -> Vec<Whole> {
        text(object, "user_group_id").map(|id| Whole::new("user_group", id, &["user_ids"])).into_iter().collect()
    }

    /// A group that lists its users has this one, or takes it out itself.
    fn taken_in<'a>(&self, _: &Address, leaving: &Object, among: &Among<'a>) -> Option<&'a Address> {
        lists(leaving, among).next().map(|(owner, _)| owner)
    }

    fn identify(&self, object: &Object) -> Option<String> {
        Some(format!("{},{}", text(object, "user_group_id")?, text(object, "user_id")?))
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, _target: &Target) {
        if let Some(id) = self.identify(planned) {
            planned.insert("id".into(), Value::string(id));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let part = |name: &str| match change.after {
            Some(_) => change.new(name),
            None => change.old(name),
        };
        let user = Value::tuple(vec![part("user_id")]);
        let group = part("user_group_id");
        Ok(match (change.before, change.after) {
            (None, _) => {
                vec![Call::new("ModifyUserGroup", [("UserGroupId", group), ("UserIdsToAdd", user)]).settles(CHANGE)]
            }
            (_, None) => {
                let call = Call::new("ModifyUserGroup", [("UserGroupId", group), ("UserIdsToRemove", user)]);
                vec![why::logs_out(call).vanishes(CHANGE)]
            }
            _ => Vec::new(),
        })
    }

    fn name_attribute(&self) -> Option<&'static str> {
        None
    }
}
