//! Users of caches.

use aws_sdk_elasticache::types::{AuthenticationMode, User};

use super::args::{Input, without_secrets};
use super::attrs::{Attrs, fields, int_or_null, text_or_null};
use super::clients::Clients;
use super::errors::own_not_found;
use super::paging::{PAGE, pages};
use super::reading::{self, Depth};
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::cloud::args::send;
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply, Status};
use crate::value::{Object, Type, Value};

/// The users of a region.
#[derive(Debug)]
pub(super) struct Users(pub Place);

impl Remote for Users {
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
            Ok(names(&describe(&clients, None).await?, own_id))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let result = invoke(&clients, call).await.map_err(|error| without_secrets(error, call));
            result.map_err(|error| own_not_found(error, &["UserNotFound"]))
        })
    }
}

async fn read(clients: &Clients, ids: &[String], depth: Depth) -> Result<Found, RemoteError> {
    reading::read(clients, ids, depth, "elasticache:user", |name| describe(clients, name), observe).await
}

/// Every account has the user `default`.
fn own_id(user: &User) -> Option<&str> {
    user.user_id().filter(|id| *id != "default")
}

async fn describe(clients: &Clients, id: Option<String>) -> Result<Vec<User>, RemoteError> {
    let service = &clients.elasticache;
    let id = id.as_deref();
    pages(|marker| async move {
        let request =
            service.client.describe_users().set_user_id(id.map(str::to_owned)).max_records(PAGE).set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.users.unwrap_or_default(), page.marker))
    })
    .await
}

/// How a user, or a group of users, is by the word of AWS.
pub(super) fn status(word: Option<&str>) -> Status {
    let word = word.unwrap_or("active").to_owned();
    match word.as_str() {
        "active" => Status::Settled,
        "creating" => Status::Making(word),
        "deleting" => Status::Leaving(word),
        _ => Status::Busy(word),
    }
}

fn observe(user: &User) -> Observation {
    let mut attrs = Attrs::default();
    attrs
        .text("id", user.user_id())
        .text("user_id", user.user_id())
        .text("user_name", user.user_name())
        .text("engine", user.engine().map(str::to_lowercase).as_deref())
        .text("access_string", user.access_string())
        .text("arn", user.arn())
        .put("authentication_mode", authentication(user));
    Observation { status: status(user.status()), object: attrs.0, pending: Object::new() }
}

/// AWS is asked for `no-password-required`, and tells `no-password`.
fn authentication(user: &User) -> Value {
    let passwords = Type::set(Type::String);
    let ty = fields(&[("type", Type::String), ("passwords", passwords.clone()), ("password_count", Type::Number)]);
    let Some(told) = user.authentication() else { return Value::list(ty, Vec::new()) };
    let word = told.r#type().map(|word| word.as_str());
    let word = if word == Some("no-password") { Some("no-password-required") } else { word };
    let mut attrs = Attrs::default();
    attrs
        .put("type", text_or_null(word))
        .put("passwords", Value::null_of(passwords))
        .put("password_count", int_or_null(told.password_count()));
    Value::list(ty, vec![attrs.into_value()])
}

fn mode(input: &mut Input) -> Result<Option<AuthenticationMode>, RemoteError> {
    input.structure("AuthenticationMode", |mode| {
        Ok(AuthenticationMode::builder().set_type(mode.word("Type")?).set_passwords(mode.texts("Passwords")?).build())
    })
}

async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    let mut reply = Attrs::default();
    match call.operation {
        "CreateUser" => {
            let user = send!(service, input, create_user {
                set_user_id: text "UserId",
                set_user_name: text "UserName",
                set_engine: text "Engine",
                set_access_string: text "AccessString",
            } and {
                set_authentication_mode: mode(&mut input)?,
                set_tags: tags::elasticache_tags(&mut input)?,
            });
            reply.text("id", user.user_id()).text("arn", user.arn());
        }
        "ModifyUser" => {
            send!(service, input, modify_user {
                set_user_id: text "UserId",
                set_engine: text "Engine",
                set_access_string: text "AccessString",
            } and {
                set_authentication_mode: mode(&mut input)?,
            });
        }
        "DeleteUser" => {
            send!(service, input, delete_user {
                set_user_id: text "UserId",
            });
        }
        _ => return tags::change_elasticache(clients, call).await,
    }
    Ok(reply.0)
}
