//! Subscriptions of topics: where notifications end up.

mod rules;
mod schema;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Kind, Neighbour, Problem, Target};
use crate::schema::Schema;
use crate::value::{Object, Value, text};
use schema::ATTRIBUTES;

/// The kind `sns_topic_subscription`.
pub struct SnsTopicSubscription;

const KIND: &str = "sns_topic_subscription";

impl Kind for SnsTopicSubscription {
    fn schema(&self) -> &'static Schema {
        &schema::SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        rules::check(desired)
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        let waits = |(address, one): (&'a Address, Neighbour<'a>)| Some((address, rules::pending(one.planned)?));
        // What has been confirmed since only AWS can tell.
        let waiting = among.of(KIND).filter(|_| among.read).filter_map(waits);
        rules::twice(among).into_iter().chain(waiting).collect()
    }

    fn identify(&self, object: &Object) -> Option<String> {
        text(object, "id").map(str::to_owned)
    }

    /// Defaults that steer how it is made. Source: provider aws 5.100.
    fn misread(&self, _object: &Object) -> &'static [&'static str] {
        &["confirmation_timeout_in_minutes", "endpoint_auto_confirms"]
    }

    fn is_named_by_aws(&self) -> bool {
        true
    }

    fn finds_again(&self) -> bool {
        true
    }

    /// AWS keeps one subscription of a topic for an endpoint.
    fn place(&self, object: &Object) -> Option<String> {
        let part = |name| text(object, name);
        Some(format!("{} {} {}", part("topic_arn")?, part("protocol")?, part("endpoint")?))
    }

    fn predict(&self, planned: &mut Object, live: Option<&Object>, target: &Target) {
        if let Some(account) = &target.account {
            planned.or_insert_with("owner_id".into(), || Value::string(account));
        }
        // A letter waits for whoever gets it; the others are AWS's to say.
        if live.is_none() && text(planned, "protocol").is_some_and(|protocol| protocol.starts_with("email")) {
            planned.insert("pending_confirmation".into(), Value::bool(true));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let arn = ("SubscriptionArn", change.old("arn"));
        if change.after.is_none() {
            // AWS refuses to end what nobody has confirmed, and forgets it after some days.
            let waits = change.old("pending_confirmation").as_bool() == Some(true);
            return Ok(if waits { Vec::new() } else { vec![Call::new("Unsubscribe", [arn]).vanishes(1)] });
        }
        if change.before.is_none() {
            return Ok(vec![subscribe(change)]);
        }
        let changed = ATTRIBUTES.iter().filter(|(name, _)| change.has(name));
        let mut calls: Vec<Call> = changed.map(|(ours, theirs)| set(change, arn.1.clone(), ours, theirs)).collect();
        // What is nested in a policy is understood in the body only: that is said before, and taken back after.
        let body = text(change.after.unwrap_or(&Object::new()), "filter_policy_scope") == Some("MessageBody");
        calls.sort_by_key(|call| call.causes.contains(&"filter_policy_scope") != body);
        Ok(calls)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        None
    }
}

fn subscribe(change: &Change) -> Call {
    let off = |name: &str, value: &Value| name == "raw_message_delivery" && value.as_bool() == Some(false);
    let said = |(ours, theirs): &(&str, &str)| {
        let value = change.new(ours);
        (!value.is_null() && !off(ours, &value)).then(|| ((*theirs).into(), value))
    };
    let attributes: Object = ATTRIBUTES.iter().filter_map(said).collect();
    let args = [
        ("TopicArn", change.new("topic_arn")),
        ("Protocol", change.new("protocol")),
        ("Endpoint", change.new("endpoint")),
        ("Attributes", if attributes.is_empty() { Value::null() } else { Value::object(attributes) }),
        ("ReturnSubscriptionArn", Value::bool(true)),
    ];
    Call::new("Subscribe", args).settles(1)
}

fn set(change: &Change, arn: Value, ours: &'static str, theirs: &str) -> Call {
    let none = if ours == "filter_policy" { "{}" } else { "" };
    let value = change.new(ours);
    let value = if value.is_null() { Value::string(none) } else { value };
    let args = [("SubscriptionArn", arn), ("AttributeName", Value::string(theirs)), ("AttributeValue", value)];
    Call::new("SetSubscriptionAttributes", args).because([ours]).settles(1)
}
