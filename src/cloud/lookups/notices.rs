//! Log groups and topics that others have made.

use serde_json::{Value as Json, json};

use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::cloud::log_group::{arn, list, text};
use crate::cloud::tags::{self, Owner};
use crate::cloud::{Place, sns};
use crate::kind::{ErrorClass, RemoteError};
use crate::value::{Object, Type, Value};

fn none(what: &str, name: &str) -> RemoteError {
    let message = format!("there is no {what} called \"{name}\"");
    RemoteError { class: ErrorClass::NotFound, code: "NoMatch".into(), message, request_id: None }
}

fn named(args: &Object) -> &str {
    args.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn number(json: &Json, name: &str) -> Value {
    let number = json.get(name).and_then(Json::as_i64);
    number.map_or_else(|| Value::null_of(Type::Number), Value::int)
}

/// The log group of a name.
pub async fn log_group(clients: &Clients, args: &Object) -> Result<Attrs, RemoteError> {
    let name = named(args);
    let groups = list(clients, "DescribeLogGroups", json!({ "logGroupNamePrefix": name }), "logGroups").await?;
    let group = groups.iter().find(|group| text(group, "logGroupName") == Some(name));
    let group = group.ok_or_else(|| none("log group", name))?;
    let arn = arn(group).unwrap_or_default();
    let mut found = Attrs::default();
    found
        .text("id", Some(name))
        .text("arn", Some(&arn))
        .text("kms_key_id", text(group, "kmsKeyId"))
        .text("log_group_class", text(group, "logGroupClass"))
        .put("creation_time", number(group, "creationTime"))
        .put("retention_in_days", Value::int(group.get("retentionInDays").and_then(Json::as_i64).unwrap_or(0)))
        .put("tags", tags::of_one(clients, Owner::Logs, &arn).await?);
    Ok(found)
}

/// The log groups whose names begin alike.
pub async fn log_groups(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let prefix = args.get("log_group_name_prefix").and_then(Value::as_str).filter(|prefix| !prefix.is_empty());
    let input = prefix.map_or_else(|| json!({}), |prefix| json!({ "logGroupNamePrefix": prefix }));
    let groups = list(clients, "DescribeLogGroups", input, "logGroups").await?;
    let mut found = Attrs::default();
    found
        .text("id", Some(region))
        .set("arns", groups.iter().filter_map(arn))
        .set("log_group_names", groups.iter().filter_map(|group| text(group, "logGroupName")));
    Ok(found)
}

/// The topic of a name.
pub async fn topic(place: &Place, args: &Object) -> Result<Attrs, RemoteError> {
    let name = named(args);
    let topic = sns::read(place, &[name.to_owned()]).await?.remove(name).ok_or_else(|| none("topic", name))?.object;
    let mut found = Attrs::default();
    for (ours, theirs) in [("id", "id"), ("arn", "arn"), ("tags", "tags_all")] {
        found.put(ours, topic.get(theirs).cloned().unwrap_or_else(Value::null));
    }
    Ok(found)
}
