//! Topics of SNS, by name.

use serde_json::{Value as Json, json};

use super::args::{self, without_secrets};
use super::attrs::Attrs;
use super::clients::Clients;
use super::paging::{at_most, pages};
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::kind::{Call, ErrorClass, Future_, Observation, Remote, RemoteError, Reply, Target};
use crate::value::{Object, Value};

const OF_TOPICS: args::Operations = &[
    ("CreateTopic", &["Name", "Attributes", "Tags"]),
    ("SetTopicAttributes", &["TopicArn", "AttributeName", "AttributeValue"]),
    ("DeleteTopic", &["TopicArn"]),
    ("TagResource", &["ResourceArn", "Tags"]),
    ("UntagResource", &["ResourceArn", "TagKeys"]),
];

/// The topics of a region.
#[derive(Debug)]
pub(super) struct Topics(pub Place);

impl Remote for Topics {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&self.0, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::Sns, object).await })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let topics = list(&*self.0.clients().await?, "ListTopics", json!({}), "Topics").await?;
            Ok(names(&topics, |topic| Some(text(topic, "TopicArn")?.rsplit_once(':')?.1)))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let sent = send(&clients, call, OF_TOPICS).await;
            sent.map(|_| Reply::new()).map_err(|error| without_secrets(error, call))
        })
    }
}

/// Sends a call. Tags are pairs in this service.
pub(super) async fn send(clients: &Clients, call: &Call, operations: args::Operations) -> Result<Json, RemoteError> {
    let mut input = args::json(call, operations)?;
    if let Some(Json::Object(tags)) = input.get("Tags") {
        input["Tags"] = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    }
    let service = &clients.sns;
    service.pace.call(|| service.client.send(call.operation, &input)).await
}

/// Reads a list of SNS page by page.
pub(super) async fn list(
    clients: &Clients,
    operation: &'static str,
    input: Json,
    member: &str,
) -> Result<Vec<Json>, RemoteError> {
    let (service, asked) = (&clients.sns, &input);
    pages(|token| async move {
        let mut input = asked.clone();
        if let Some(token) = token {
            input["NextToken"] = token.into();
        }
        let mut page = service.pace.send(|| service.client.send(operation, &input)).await?;
        let rows = page.get_mut(member).map(Json::take).unwrap_or_default();
        Ok((rows.as_array().cloned().unwrap_or_default(), text(&page, "NextToken").map(str::to_owned)))
    })
    .await
}

/// The attributes of what has that ARN; none where it is not there.
pub(super) async fn attributes(
    clients: &Clients,
    operation: &'static str,
    member: &str,
    arn: &str,
) -> Result<Option<Json>, RemoteError> {
    let (service, input) = (&clients.sns, json!({ member: arn }));
    match service.pace.send(|| service.client.send(operation, &input)).await {
        Ok(mut answer) => Ok(Some(answer.get_mut("Attributes").map(Json::take).unwrap_or_default())),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) async fn read(place: &Place, ids: &[String]) -> Result<Found, RemoteError> {
    let clients = &*place.clients().await?;
    let account = place.account.identity().await?.account_id.as_str();
    let target = Target { account: Some(account.into()), region: place.region.as_str().into() };
    let named: Vec<(&String, String)> = ids.iter().filter_map(|id| Some((id, target.arn("sns", id)?))).collect();
    let (topics, bulk) = tokio::join!(
        at_most(8, named, |(id, arn)| async move {
            Ok(attributes(clients, "GetTopicAttributes", "TopicArn", &arn).await?.map(|topic| (id, arn, topic)))
        }),
        tags::of_type(clients, ids.len(), "sns"),
    );
    let topics: Vec<_> = topics?.into_iter().flatten().collect();
    let arns = topics.iter().map(|(_, arn, _)| arn.clone()).collect();
    let tags = tags::of_each(clients, Owner::Sns, bulk?, arns).await?;
    let observed = topics.iter().map(|(id, arn, topic)| ((*id).clone(), observe(id, arn, topic, tags.get(arn))));
    Ok(observed.collect())
}

pub(super) fn text<'a>(json: &'a Json, name: &str) -> Option<&'a str> {
    json.get(name).and_then(Json::as_str).filter(|text| !text.is_empty())
}

pub(super) fn is_true(json: &Json, name: &str) -> Option<bool> {
    Some(text(json, name) == Some("true"))
}

fn observe(name: &str, arn: &str, topic: &Json, tags: Option<&Value>) -> Observation {
    let number = |name: &str| text(topic, name).and_then(|text| text.parse::<i32>().ok());
    let mut attrs = Attrs::default();
    attrs
        .text("id", Some(arn))
        .text("arn", Some(arn))
        .text("name", Some(name))
        .text("owner", text(topic, "Owner"))
        .text("display_name", text(topic, "DisplayName"))
        .text("policy", text(topic, "Policy"))
        .text("delivery_policy", text(topic, "DeliveryPolicy"))
        .text("kms_master_key_id", text(topic, "KmsMasterKeyId"))
        .flag("fifo_topic", is_true(topic, "FifoTopic"))
        .flag("content_based_deduplication", is_true(topic, "ContentBasedDeduplication"))
        .text("fifo_throughput_scope", text(topic, "FifoThroughputScope"))
        .text("archive_policy", text(topic, "ArchivePolicy"))
        .text("beginning_archive_time", text(topic, "BeginningArchiveTime"))
        .int("signature_version", number("SignatureVersion"))
        .text("tracing_config", text(topic, "TracingConfig"));
    for sort in ["Application", "Firehose", "HTTP", "Lambda", "SQS"] {
        let ours = sort.to_lowercase();
        let of = |rest: &str| format!("{sort}{rest}");
        attrs
            .text(&format!("{ours}_success_feedback_role_arn"), text(topic, &of("SuccessFeedbackRoleArn")))
            .int(&format!("{ours}_success_feedback_sample_rate"), number(&of("SuccessFeedbackSampleRate")))
            .text(&format!("{ours}_failure_feedback_role_arn"), text(topic, &of("FailureFeedbackRoleArn")));
    }
    if let Some(tags) = tags {
        attrs.put("tags_all", tags.clone());
    }
    attrs.settled()
}
