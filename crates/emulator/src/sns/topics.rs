//! Topics and their attributes, all of which are texts.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::region::TAGS;
use super::super::service::{Part, operation};
use super::super::table::Key;
use super::super::tags;
use super::{arn, document, flag, invalid, parts, subscriptions, tagging};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A topic.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Topic {
    pub name: String,
    /// What was set, as it was set.
    pub attributes: BTreeMap<String, String>,
}

impl Topic {
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }
}

/// Topics by name.
pub const TOPICS: Key<Topic> = Key::new("topics");

/// Topics in a page. Source: the API reference of ListTopics.
const PAGE: usize = 100;

pub const PART: Part = Part {
    operations: &[
        operation("CreateTopic", create, "again with the same attributes and tags, names, FIFO", "no data protection"),
        operation(
            "GetTopicAttributes",
            describe,
            "with those that AWS fills in",
            "subscriptions that are deleted are forgotten",
        ),
        operation(
            "SetTopicAttributes",
            set,
            "one after the other; documents lose their layout",
            "policies are not read",
        ),
        operation("ListTopics", list, "pages", ""),
        operation("DeleteTopic", delete, "with its subscriptions; one that is gone is no error", ""),
    ],
    tables: &[&TOPICS],
    ..Part::NONE
};

const FEEDBACK: [&str; 5] = ["Application", "Firehose", "HTTP", "Lambda", "SQS"];

fn no_topic() -> Failure {
    Failure::missing("NotFound", "Topic does not exist")
}

/// The topic of an ARN, which must be there.
pub fn named(context: &Context, text: &str) -> Result<String, Failure> {
    let parts = parts("TopicArn", text, 6)?;
    let name = parts[5];
    if context.region[TOPICS].contains(name) && arn(context, name) == text {
        Ok(name.to_owned())
    } else {
        Err(no_topic())
    }
}

fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    (1..=256).contains(&name.len()) && !stem.is_empty() && stem.chars().all(fits)
}

fn create(context: &mut Context, input: Input) -> Answer {
    let name = input.text("Name").unwrap_or_default();
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    let asked = input.value("Attributes").as_object().into_iter().flatten();
    let asked: Vec<(&str, &str)> =
        asked.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())).collect();
    let fifo = asked.contains(&("FifoTopic", "true"));
    if !is_name(name) || fifo != name.ends_with(".fifo") {
        return Err(invalid("Topic Name"));
    }
    for (attribute, value) in asked {
        let value = read(attribute, value, fifo, true).map_err(|failure| reason(failure, "Attributes"))?;
        given.insert(attribute.to_owned(), value);
    }
    let tags = tagging::read(input)?;
    let arn = arn(context, name);
    if let Some(old) = context.region[TOPICS].get(name) {
        // Whoever says nothing of attributes and tags finds the topic as it is.
        if given.iter().any(|(attribute, value)| old.attributes.get(attribute) != Some(value)) {
            return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
        }
        if !tags.is_empty() && tags != tags::of(context.region, &arn) {
            return Err(invalid("Tags Reason: Topic already exists with different tags"));
        }
        return Ok(json!({ "TopicArn": arn }));
    }
    context.region[TOPICS].put(name, Topic { name: name.to_owned(), attributes: given });
    tags::set(context.region, &arn, tags);
    Ok(json!({ "TopicArn": arn }))
}

fn reason(failure: Failure, of: &str) -> Failure {
    let text = failure.message.replacen("Invalid parameter: ", &format!("Invalid parameter: {of} Reason: "), 1);
    Failure { message: text, ..failure }
}

/// The value of an attribute as it is kept; an attribute that there is not is refused.
fn read(attribute: &str, value: &str, fifo: bool, creating: bool) -> Result<String, Failure> {
    let one_of = |words: &[&str]| match words.contains(&value) {
        true => Ok(value.to_owned()),
        false => Err(invalid(format!("{attribute}: Invalid value [{value}]. Must be one of {}.", words.join(", ")))),
    };
    let feedback = FEEDBACK.iter().find_map(|sort| attribute.strip_prefix(sort));
    match (attribute, feedback) {
        ("DisplayName", _) if value.chars().count() <= 100 => Ok(value.to_owned()),
        ("DisplayName", _) => Err(invalid("DisplayName Reason: Display name is too long")),
        ("Policy" | "DeliveryPolicy" | "ArchivePolicy", _) if value.is_empty() => Ok(String::new()),
        ("Policy" | "DeliveryPolicy", _) => document(attribute, value),
        ("ArchivePolicy", _) if fifo => document(attribute, value),
        ("KmsMasterKeyId", _) => Ok(value.to_owned()),
        ("SignatureVersion", _) => one_of(&["1", "2"]),
        ("TracingConfig", _) => one_of(&["PassThrough", "Active"]),
        ("FifoTopic", _) if creating => flag(attribute, value),
        ("ContentBasedDeduplication", _) if fifo => flag(attribute, value),
        ("FifoThroughputScope", _) if fifo => one_of(&["Topic", "MessageGroup"]),
        (_, Some("SuccessFeedbackRoleArn" | "FailureFeedbackRoleArn")) => Ok(value.to_owned()),
        (_, Some("SuccessFeedbackSampleRate")) => match value.parse::<u8>() {
            Ok(0..=100) => Ok(value.to_owned()),
            _ => Err(invalid(format!("{attribute}: Invalid value [{value}]."))),
        },
        _ => Err(invalid("AttributeName")),
    }
}

fn describe(context: &mut Context, input: Input) -> Answer {
    let text = input.text("TopicArn").unwrap_or_default();
    let name = named(context, text)?;
    let topic = context.region[TOPICS].get(&name).ok_or_else(no_topic)?;
    let (confirmed, pending) = subscriptions::counted(context, text);
    let mut attributes = json!({
        "TopicArn": text, "Owner": context.account, "DisplayName": "", "Policy": policy(context, text),
        "EffectiveDeliveryPolicy": DELIVERY, "SubscriptionsConfirmed": confirmed.to_string(),
        "SubscriptionsPending": pending.to_string(), "SubscriptionsDeleted": "0",
    });
    if topic.is_fifo() {
        attributes["ContentBasedDeduplication"] = "false".into();
    }
    for (name, value) in topic.attributes.iter().filter(|(_, value)| !value.is_empty()) {
        attributes[name] = value.as_str().into();
    }
    Ok(json!({ "Attributes": attributes }))
}

/// What SNS delivers by where nobody says otherwise. Source: answers of AWS in LocalStack's snapshots.
const DELIVERY: &str = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#;

/// The policy of a topic that nobody gave one: its owner may do everything.
fn policy(context: &Context, topic: &str) -> String {
    let may = [
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    ];
    let may: Vec<String> = may.iter().map(|action| format!("SNS:{action}")).collect();
    json!({
        "Version": "2008-10-17", "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": may,
            "Resource": topic, "Condition": { "StringEquals": { "AWS:SourceOwner": context.account } },
        }],
    })
    .to_string()
}

fn set(context: &mut Context, input: Input) -> Answer {
    let name = named(context, input.text("TopicArn").unwrap_or_default())?;
    let attribute = input.text("AttributeName").unwrap_or_default();
    let fifo = name.ends_with(".fifo");
    let value = read(attribute, input.text("AttributeValue").unwrap_or_default(), fifo, false)?;
    context.region[TOPICS].update(&name, |topic| topic.attributes.insert(attribute.to_owned(), value));
    Ok(json!({}))
}

/// The key that a page begins behind.
pub fn after(input: Input) -> Result<Option<String>, Failure> {
    let open = |token| paging::open(token).ok_or_else(|| invalid("NextToken"));
    input.filled("NextToken").map(open).transpose()
}

fn list(context: &mut Context, input: Input) -> Answer {
    let after = after(input)?;
    let rows = context.region[TOPICS].from(after.as_deref().unwrap_or_default());
    let (page, next) = paging::page(rows.map(|row| (row.0, row.0)), after.as_deref(), PAGE);
    let topics: Vec<Value> = page.into_iter().map(|name| json!({ "TopicArn": arn(context, name) })).collect();
    Ok(json!({ "Topics": topics, "NextToken": next }))
}

fn delete(context: &mut Context, input: Input) -> Answer {
    let text = input.text("TopicArn").unwrap_or_default();
    parts("TopicArn", text, 6)?;
    if let Ok(name) = named(context, text) {
        subscriptions::delete_all(context, text);
        context.region[TOPICS].remove(&name);
        context.region[TAGS].remove(text);
    }
    Ok(json!({}))
}
