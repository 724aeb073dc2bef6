//! Subscriptions. Those of people and of web servers wait until they are confirmed; nobody is written to here, and the
//! token that confirms one is the last part of its ARN.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::service::{Part, operation};
use super::super::table::Key;
use super::super::world::hex;
use super::topics::{after, named};
use super::{document, flag, invalid, parts};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Subscription {
    /// The ARN of the topic.
    pub topic: String,
    pub protocol: String,
    pub endpoint: String,
    /// What was set, as it was set.
    pub attributes: BTreeMap<String, String>,
    pub pending: bool,
}

/// Subscriptions by ARN.
pub const SUBSCRIPTIONS: Key<Subscription> = Key::new("subscriptions");

const PAGE: usize = 100;

const PROTOCOLS: [&str; 9] =
    ["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"];

pub const PART: Part = Part {
    operations: &[
        operation(
            "Subscribe",
            subscribe,
            "again with the same attributes, protocols, pending ones",
            "endpoints are not looked for",
        ),
        operation("ConfirmSubscription", confirm, "by token", "nobody is told the token: it is the end of the ARN"),
        operation("Unsubscribe", unsubscribe, "not while it is pending; one that is gone is no error", ""),
        operation("GetSubscriptionAttributes", describe, "with those that AWS fills in", ""),
        operation(
            "SetSubscriptionAttributes",
            set,
            "raw delivery, filter policies of 5 keys, redrive",
            "filters are not read further",
        ),
        operation("ListSubscriptions", list, "pages", ""),
        operation("ListSubscriptionsByTopic", list, "pages", ""),
    ],
    tables: &[&SUBSCRIPTIONS],
    ..Part::NONE
};

fn no_subscription() -> Failure {
    Failure::missing("NotFound", "Subscription does not exist")
}

/// How many subscriptions of a topic are confirmed, and how many are pending.
pub fn counted(context: &Context, topic: &str) -> (usize, usize) {
    let of = |pending: bool| {
        context.region[SUBSCRIPTIONS].values().filter(|one| one.topic == topic && one.pending == pending).count()
    };
    (of(false), of(true))
}

/// Takes the subscriptions of a topic that goes.
pub fn delete_all(context: &mut Context, topic: &str) {
    let rows = context.region[SUBSCRIPTIONS].iter();
    let arns: Vec<String> = rows.filter(|(_, one)| one.topic == topic).map(|(arn, _)| arn.clone()).collect();
    arns.iter().for_each(|arn| drop(context.region[SUBSCRIPTIONS].remove(arn)));
}

fn check_endpoint(protocol: &str, endpoint: &str) -> Result<(), Failure> {
    let is_arn = |service: &str| endpoint.starts_with("arn:") && endpoint.contains(&format!(":{service}:"));
    match protocol {
        "sqs" if !is_arn("sqs") => Err(invalid("SQS endpoint ARN")),
        "lambda" if !is_arn("lambda") => Err(invalid("Lambda endpoint ARN")),
        "firehose" if !is_arn("firehose") => Err(invalid("Firehose endpoint ARN")),
        "email" | "email-json" if !endpoint.contains('@') => Err(invalid("Email address")),
        "http" | "https" if !endpoint.starts_with(&format!("{protocol}://")) => {
            Err(invalid("Endpoint must match the specified protocol"))
        }
        "sms" if !endpoint.chars().all(|letter| letter.is_ascii_digit() || "+-".contains(letter)) => {
            Err(Failure::new("InvalidParameter", format!("Invalid SMS endpoint: {endpoint}")))
        }
        known if PROTOCOLS.contains(&known) => Ok(()),
        other => Err(invalid(format!("Amazon SNS does not support this protocol string: {other}"))),
    }
}

fn subscribe(context: &mut Context, input: Input) -> Answer {
    let topic = input.text("TopicArn").unwrap_or_default();
    let name = named(context, topic)?;
    let (protocol, endpoint) = (input.text("Protocol").unwrap_or_default(), input.text("Endpoint").unwrap_or_default());
    check_endpoint(protocol, endpoint)?;
    if endpoint.ends_with(".fifo") && !name.ends_with(".fifo") {
        return Err(invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ));
    }
    let mut attributes = BTreeMap::new();
    for (attribute, value) in input.value("Attributes").as_object().into_iter().flatten() {
        attributes.insert(attribute.clone(), read(attribute, value.as_str().unwrap_or_default())?);
    }
    check_scope(&attributes)?;
    if protocol == "firehose" && !attributes.contains_key("SubscriptionRoleArn") {
        return Err(invalid("SubscriptionRoleArn"));
    }
    let pending = matches!(protocol, "http" | "https" | "email" | "email-json");
    let told = |arn: &str, pending: bool| {
        let whole = !pending || input.flag("ReturnSubscriptionArn") == Some(true);
        Ok(json!({ "SubscriptionArn": if whole { arn } else { "pending confirmation" } }))
    };
    let same = |one: &Subscription| one.topic == topic && one.protocol == protocol && one.endpoint == endpoint;
    let mut rows = context.region[SUBSCRIPTIONS].iter();
    if let Some((arn, old)) = rows.find(|(_, one)| same(one)) {
        return match attributes.is_empty() || attributes == old.attributes {
            true => told(arn, old.pending),
            false => Err(invalid("Attributes Reason: Subscription already exists with different attributes")),
        };
    }
    drop(rows);
    let number = context.region.next();
    let digits = hex(&format!("subscription {topic} {number}"));
    let part = |from: usize, to: usize| &digits[from..to];
    let arn = format!("{topic}:{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32));
    let row = Subscription {
        topic: topic.to_owned(),
        protocol: protocol.to_owned(),
        endpoint: endpoint.to_owned(),
        attributes,
        pending,
    };
    context.region[SUBSCRIPTIONS].put(&arn, row);
    told(&arn, pending)
}

/// The value of an attribute as it is kept.
fn read(attribute: &str, value: &str) -> Result<String, Failure> {
    match attribute {
        "RawMessageDelivery" => flag(attribute, value),
        "FilterPolicyScope" if ["MessageAttributes", "MessageBody"].contains(&value) => Ok(value.to_owned()),
        "FilterPolicyScope" => Err(invalid(format!(
            "FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
        ))),
        "FilterPolicy" | "DeliveryPolicy" | "RedrivePolicy" | "ReplayPolicy" if ["", "{}"].contains(&value) => {
            Ok(String::new())
        }
        "FilterPolicy" => {
            let text = document(attribute, value)?;
            let keys = serde_json::from_str::<BTreeMap<String, Value>>(&text).map_or(0, |keys| keys.len());
            match keys {
                0..=5 => Ok(text),
                _ => Err(invalid("FilterPolicy: Filter policy can not have more than 5 keys")),
            }
        }
        "DeliveryPolicy" | "ReplayPolicy" => document(attribute, value),
        "RedrivePolicy" => {
            let text = document(attribute, value)?;
            let policy: Value = serde_json::from_str(&text).unwrap_or_default();
            let target = policy.get("deadLetterTargetArn").and_then(Value::as_str).unwrap_or_default();
            match target.starts_with("arn:") {
                true => Ok(text),
                false => Err(invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")),
            }
        }
        "SubscriptionRoleArn" => Ok(value.to_owned()),
        _ => Err(invalid("AttributeName")),
    }
}

/// Only messages that are JSON themselves can be filtered by what is nested in them.
fn check_scope(attributes: &BTreeMap<String, String>) -> Result<(), Failure> {
    let body = attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody");
    let policy = attributes.get("FilterPolicy").and_then(|text| serde_json::from_str::<Value>(text).ok());
    let nested = policy.as_ref().and_then(Value::as_object).is_some_and(|keys| keys.values().any(Value::is_object));
    if nested && !body {
        return Err(invalid("Filter policy scope MessageAttributes does not support nested filter policy"));
    }
    Ok(())
}

fn existing<'a>(context: &Context, input: Input<'a>) -> Result<&'a str, Failure> {
    let arn = input.text("SubscriptionArn").unwrap_or_default();
    parts("SubscriptionArn", arn, 7)?;
    if context.region[SUBSCRIPTIONS].contains(arn) { Ok(arn) } else { Err(no_subscription()) }
}

fn confirm(context: &mut Context, input: Input) -> Answer {
    let topic = input.text("TopicArn").unwrap_or_default();
    named(context, topic)?;
    let arn = format!("{topic}:{}", input.text("Token").unwrap_or_default());
    let done = context.region[SUBSCRIPTIONS].update(&arn, |one| one.pending = false);
    done.map(|()| json!({ "SubscriptionArn": arn })).ok_or_else(|| invalid("Token"))
}

fn unsubscribe(context: &mut Context, input: Input) -> Answer {
    let arn = match existing(context, input) {
        Err(failure) if failure.code == "NotFound" => return Ok(json!({})),
        found => found?,
    };
    if context.region[SUBSCRIPTIONS].get(arn).is_some_and(|one| one.pending) {
        return Err(invalid("Cannot unsubscribe a subscription that is pending confirmation"));
    }
    context.region[SUBSCRIPTIONS].remove(arn);
    Ok(json!({}))
}

fn describe(context: &mut Context, input: Input) -> Answer {
    let arn = existing(context, input)?;
    let one = context.region[SUBSCRIPTIONS].get(arn).ok_or_else(no_subscription)?;
    let mut attributes = json!({
        "SubscriptionArn": arn, "TopicArn": one.topic, "Protocol": one.protocol, "Endpoint": one.endpoint,
        "Owner": context.account, "ConfirmationWasAuthenticated": (!one.pending).to_string(),
        "PendingConfirmation": one.pending.to_string(), "RawMessageDelivery": "false",
        "SubscriptionPrincipal": format!("arn:aws:iam::{}:root", context.account),
    });
    if one.attributes.get("FilterPolicy").is_some_and(|policy| !policy.is_empty()) {
        attributes["FilterPolicyScope"] = "MessageAttributes".into();
    }
    for (name, value) in one.attributes.iter().filter(|(_, value)| !value.is_empty()) {
        attributes[name] = value.as_str().into();
    }
    Ok(json!({ "Attributes": attributes }))
}

fn set(context: &mut Context, input: Input) -> Answer {
    let arn = existing(context, input)?;
    let attribute = input.text("AttributeName").unwrap_or_default();
    let value = read(attribute, input.text("AttributeValue").unwrap_or_default())?;
    let one = context.region[SUBSCRIPTIONS].get(arn).ok_or_else(no_subscription)?;
    let mut attributes = one.attributes.clone();
    attributes.insert(attribute.to_owned(), value);
    check_scope(&attributes)?;
    context.region[SUBSCRIPTIONS].update(arn, |one| one.attributes = attributes);
    Ok(json!({}))
}

fn list(context: &mut Context, input: Input) -> Answer {
    let topic = input.text("TopicArn");
    if let Some(topic) = topic {
        named(context, topic)?;
    }
    let after = after(input)?;
    let rows = context.region[SUBSCRIPTIONS].from(after.as_deref().unwrap_or_default());
    let rows = rows.filter(|(_, one)| topic.is_none_or(|topic| one.topic == topic)).map(|row| (row.0, row));
    let (page, next) = paging::page(rows, after.as_deref(), PAGE);
    let row = |(arn, one): (&String, &std::sync::Arc<Subscription>)| {
        json!({
            "SubscriptionArn": if one.pending { "PendingConfirmation" } else { arn.as_str() }, "Owner": context.account,
            "Protocol": one.protocol, "Endpoint": one.endpoint, "TopicArn": one.topic,
        })
    };
    let subscriptions: Vec<Value> = page.into_iter().map(row).collect();
    Ok(json!({ "Subscriptions": subscriptions, "NextToken": next }))
}
