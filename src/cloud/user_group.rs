//! User groups, and single users in them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticache::types::UserGroup;

use super::args::Input;
use super::attrs::Attrs;
use super::clients::Clients;
use super::errors::own_not_found;
use super::paging::{PAGE, pages};
use super::reading::{self, Depth};
use super::tags::{self, Owner};
use super::user::status;
use super::{Found, Place, names};
use crate::cloud::args::send;
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply, Status};
use crate::value::{Object, Value};

/// The user groups of a region.
#[derive(Debug)]
pub(super) struct UserGroups(pub Place);

/// The users in the groups of a region, each for itself.
#[derive(Debug)]
pub(super) struct Associations(pub Place);

impl Remote for UserGroups {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids, Depth::Whole).await?)) })
    }

    fn look<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids, Depth::Status).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::ElastiCache, object).await })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            Ok(names(&describe(&clients, None).await?, UserGroup::user_group_id))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async { invoke(&*self.0.clients().await?, call).await })
    }
}

impl Remote for Associations {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(associations(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, _object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { Ok(Value::string_map::<&str, &str>([])) })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let groups = describe(&*self.0.clients().await?, None).await?;
            let pairs = |group: &UserGroup| {
                let id = id(group);
                future(group).into_iter().map(|user| format!("{id},{user}")).collect::<Vec<_>>()
            };
            let all: Vec<String> = groups.iter().flat_map(pairs).collect();
            Ok(names(&all, |pair| Some(pair)))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async { invoke(&*self.0.clients().await?, call).await })
    }
}

fn id(group: &UserGroup) -> String {
    group.user_group_id().unwrap_or_default().to_lowercase()
}

async fn read(clients: &Clients, ids: &[String], depth: Depth) -> Result<Found, RemoteError> {
    reading::read(clients, ids, depth, "elasticache:usergroup", |id| describe(clients, id), observe).await
}

async fn describe(clients: &Clients, id: Option<String>) -> Result<Vec<UserGroup>, RemoteError> {
    let service = &clients.elasticache;
    let id = id.as_deref();
    pages(|marker| async move {
        let request = service
            .client
            .describe_user_groups()
            .set_user_group_id(id.map(str::to_owned))
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.user_groups.unwrap_or_default(), page.marker))
    })
    .await
}

/// The users that a group will have when what is under way is through.
fn future(group: &UserGroup) -> BTreeSet<&str> {
    let pending = group.pending_changes();
    let joining = pending.map(|it| it.user_ids_to_add()).unwrap_or_default();
    let leaving = pending.map(|it| it.user_ids_to_remove()).unwrap_or_default();
    let all = group.user_ids().iter().chain(joining).filter(|id| !leaving.contains(id));
    all.map(String::as_str).collect()
}

fn observe(group: &UserGroup) -> Observation {
    let mut attrs = Attrs::default();
    attrs
        .text("id", group.user_group_id())
        .text("user_group_id", group.user_group_id())
        .text("engine", group.engine().map(str::to_lowercase).as_deref())
        .set("user_ids", group.user_ids())
        .text("arn", group.arn());
    let mut pending = Attrs::default();
    if group.pending_changes().is_some() {
        pending.set("user_ids", future(group));
    }
    Observation { status: status(group.status()), object: attrs.0, pending: pending.0 }
}

/// Each is asked for as `GROUP,USER`.
async fn associations(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    let pairs: Vec<(&str, &str)> = ids.iter().filter_map(|id| id.split_once(',')).collect();
    let names: BTreeSet<String> = pairs.iter().map(|(group, _)| group.to_lowercase()).collect();
    let names: Vec<String> = names.into_iter().collect();
    let groups = reading::few_or_all(&names, |id| describe(clients, id)).await?;
    let groups: BTreeMap<String, UserGroup> = groups.into_iter().map(|group| (id(&group), group)).collect();
    let one = |(group, user): &(&str, &str)| {
        let found = groups.get(&group.to_lowercase())?;
        Some((format!("{group},{user}"), association(found, &user.to_lowercase())?))
    };
    Ok(pairs.iter().filter_map(one).collect())
}

fn association(group: &UserGroup, user: &str) -> Option<Observation> {
    let (now, then) = (group.user_ids().iter().any(|id| id == user), future(group).contains(user));
    let word = group.status().unwrap_or("active").to_owned();
    let status = match (now, then) {
        (false, false) => return None,
        (true, false) => Status::Leaving(word),
        (false, true) => Status::Making(word),
        (true, true) => match status(group.status()) {
            // The group goes, and with it who is in it.
            Status::Leaving(word) => Status::Leaving(word),
            _ => Status::Settled,
        },
    };
    let mut attrs = Attrs::default();
    attrs
        .text("id", Some(&format!("{},{user}", id(group))))
        .text("user_group_id", Some(&id(group)))
        .text("user_id", Some(user));
    Some(Observation { status, object: attrs.0, pending: Object::new() })
}

async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    send(clients, call).await.map_err(|error| own_not_found(error, &["UserGroupNotFound"]))
}

async fn send(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    let mut reply = Attrs::default();
    match call.operation {
        "CreateUserGroup" => {
            let group = send!(service, input, create_user_group {
                set_user_group_id: text "UserGroupId",
                set_engine: text "Engine",
                set_user_ids: texts "UserIds",
            } and {
                set_tags: tags::elasticache_tags(&mut input)?,
            });
            reply.text("id", group.user_group_id()).text("arn", group.arn());
        }
        "ModifyUserGroup" => {
            send!(service, input, modify_user_group {
                set_user_group_id: text "UserGroupId",
                set_user_ids_to_add: texts "UserIdsToAdd",
                set_user_ids_to_remove: texts "UserIdsToRemove",
                set_engine: text "Engine",
            });
        }
        "DeleteUserGroup" => {
            send!(service, input, delete_user_group {
                set_user_group_id: text "UserGroupId",
            });
        }
        _ => return tags::change_elasticache(clients, call).await,
    }
    Ok(reply.0)
}
