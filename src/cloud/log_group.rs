//! Log groups of CloudWatch Logs.

use serde_json::{Value as Json, json};

use super::args::{self, without_secrets};
use super::attrs::Attrs;
use super::clients::Clients;
use super::paging::{at_most, pages};
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Value};

/// Up to this many groups are asked for one by one: an account has many that are none of ours.
const SOME: usize = 10;

/// The operations that change log groups, and their members.
const OPERATIONS: args::Operations = &[
    ("CreateLogGroup", &["logGroupName", "kmsKeyId", "logGroupClass", "deletionProtectionEnabled", "tags"]),
    ("DeleteLogGroup", &["logGroupName"]),
    ("PutRetentionPolicy", &["logGroupName", "retentionInDays"]),
    ("DeleteRetentionPolicy", &["logGroupName"]),
    ("AssociateKmsKey", &["logGroupName", "kmsKeyId"]),
    ("DisassociateKmsKey", &["logGroupName"]),
    ("PutLogGroupDeletionProtection", &["logGroupIdentifier", "deletionProtectionEnabled"]),
    ("TagResource", &["resourceArn", "tags"]),
    ("UntagResource", &["resourceArn", "tagKeys"]),
];

/// The log groups of a region.
#[derive(Debug)]
pub(super) struct LogGroups(pub Place);

impl Remote for LogGroups {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::Logs, object).await })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let groups = list(&clients, "DescribeLogGroups", json!({}), "logGroups").await?;
            Ok(names(&groups, |group| text(group, "logGroupName")))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            invoke(&clients, call, OPERATIONS).await.map_err(|error| without_secrets(error, call))
        })
    }
}

/// Sends a call to CloudWatch Logs, which answers none of ours with anything.
pub(super) async fn invoke(clients: &Clients, call: &Call, operations: args::Operations) -> Result<Reply, RemoteError> {
    let input = args::json(call, operations)?;
    let service = &clients.logs;
    service.pace.call(|| service.client.send(call.operation, &input)).await?;
    Ok(Reply::new())
}

/// Reads a list of CloudWatch Logs page by page.
pub(super) async fn list(
    clients: &Clients,
    operation: &'static str,
    input: Json,
    member: &str,
) -> Result<Vec<Json>, RemoteError> {
    let (service, input) = (&clients.logs, &input);
    pages(|token| async move {
        let mut input = input.clone();
        if let Some(token) = token {
            input["nextToken"] = token.into();
        }
        let mut page = service.pace.send(|| service.client.send(operation, &input)).await?;
        let rows = page.get_mut(member).map(Json::take).unwrap_or_default();
        let next = page.get("nextToken").and_then(Json::as_str).map(str::to_owned);
        Ok((rows.as_array().cloned().unwrap_or_default(), next))
    })
    .await
}

async fn read(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    let asked = match ids.len() <= SOME {
        true => ids.iter().map(|name| json!({ "logGroupNamePrefix": name })).collect(),
        false => vec![json!({})],
    };
    let (groups, bulk) = tokio::join!(
        at_most(4, asked, |input| list(clients, "DescribeLogGroups", input, "logGroups")),
        tags::of_type(clients, ids.len(), "logs:log-group"),
    );
    let ours = |group: &Json| ids.iter().any(|id| Some(id.as_str()) == text(group, "logGroupName"));
    let groups: Vec<Json> = groups?.into_iter().flatten().filter(ours).collect();
    let arns = groups.iter().filter_map(arn).collect();
    let tags = tags::of_each(clients, Owner::Logs, bulk?, arns).await?;
    let named = |group: &Json| Some((text(group, "logGroupName")?.to_owned(), observe(group, &tags)));
    Ok(groups.iter().filter_map(named).collect())
}

pub(super) fn text<'a>(json: &'a Json, name: &str) -> Option<&'a str> {
    json.get(name).and_then(Json::as_str)
}

/// The ARN that tags are kept by. Older answers only have the one that stands for the streams as well.
pub(super) fn arn(group: &Json) -> Option<String> {
    let arn = text(group, "logGroupArn").or_else(|| text(group, "arn"))?;
    Some(arn.trim_end_matches(":*").to_owned())
}

fn observe(group: &Json, tags: &tags::ByArn) -> Observation {
    let arn = arn(group);
    // What groups of this class keep is nothing that anybody asked for.
    let chosen = text(group, "logGroupClass") != Some("DELIVERY");
    let days = group
        .get("retentionInDays")
        .filter(|_| chosen)
        .and_then(Json::as_i64)
        .and_then(|days| i32::try_from(days).ok());
    let protected = group.get("deletionProtectionEnabled").and_then(Json::as_bool);
    let mut attrs = Attrs::default();
    attrs
        .text("id", text(group, "logGroupName"))
        .text("name", text(group, "logGroupName"))
        .text("arn", arn.as_deref())
        .int("retention_in_days", Some(days.unwrap_or(0)))
        .text("kms_key_id", text(group, "kmsKeyId"))
        .text("log_group_class", Some(text(group, "logGroupClass").unwrap_or("STANDARD")))
        .flag("deletion_protection_enabled", Some(protected.unwrap_or(false)));
    if let Some(tags) = arn.and_then(|arn| tags.get(&arn)) {
        attrs.put("tags_all", tags.clone());
    }
    attrs.settled()
}
