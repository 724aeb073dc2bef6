//! Subscriptions of topics, by ARN.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::args::{self, without_secrets};
use super::attrs::Attrs;
use super::clients::Clients;
use super::errors::{fatal, own_not_found};
use super::paging::at_most;
use super::sns::{attributes, is_true, list, send, text};
use super::{Found, Place, names};
use crate::kind::{Call, ErrorClass, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Value};

const OPERATIONS: args::Operations = &[
    ("Subscribe", &["TopicArn", "Protocol", "Endpoint", "Attributes", "ReturnSubscriptionArn"]),
    ("SetSubscriptionAttributes", &["SubscriptionArn", "AttributeName", "AttributeValue"]),
    ("Unsubscribe", &["SubscriptionArn"]),
];

/// The subscriptions of a region.
#[derive(Debug)]
pub(super) struct Subscriptions(pub Place);

impl Remote for Subscriptions {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async move {
            let clients = &*self.0.clients().await?;
            let arns = arns(clients, ids).await?;
            let read = at_most(8, &arns, |(id, arn)| async move {
                let found = attributes(clients, "GetSubscriptionAttributes", "SubscriptionArn", arn).await?;
                Ok(found.map(|found| (id.clone(), observe(arn, &found))))
            });
            Ok(self.0.located(read.await?.into_iter().flatten().collect()))
        })
    }

    fn tags<'a>(&'a self, _: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { Err(fatal("NoTags", "subscriptions have no tags")) })
    }

    /// None is ever found, and none has to be: the call that makes one answers the second time as the first time.
    fn find<'a>(&'a self, _: &'a str) -> Future_<'a, Result<Option<String>, RemoteError>> {
        Box::pin(async { Ok(None) })
    }

    /// One that nobody has confirmed yet has no name to be read by: AWS lists it with a word instead of an ARN.
    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let all = list(&*self.0.clients().await?, "ListSubscriptions", json!({}), "Subscriptions").await?;
            Ok(names(&all, |one| text(one, "SubscriptionArn").filter(|arn| arn.starts_with("arn:"))))
        })
    }

    /// Their endpoints may hold what is secret.
    fn unnamed(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let all = list(&*self.0.clients().await?, "ListSubscriptions", json!({}), "Subscriptions").await?;
            let waits = |one: &&Json| text(one, "SubscriptionArn").is_some_and(|arn| !arn.starts_with("arn:"));
            let told = |one: &Json| {
                let (protocol, topic) = (text(one, "Protocol").unwrap_or("?"), text(one, "TopicArn").unwrap_or("?"));
                format!("a subscription of {topic} by {protocol} waits until somebody confirms it")
            };
            Ok(all.iter().filter(waits).map(told).collect())
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let own = |error| match call.operation {
                // What is not there is the topic.
                "Subscribe" => own_not_found(error, &[]),
                _ => error,
            };
            let answer = send(&clients, call, OPERATIONS).await;
            let answer = answer.map_err(|error| without_secrets(own(error), call))?;
            let arn = text(&answer, "SubscriptionArn").map(Value::string);
            let told = ["id", "arn"].into_iter().filter_map(|name| Some((name.into(), arn.clone()?)));
            Ok(told.collect())
        })
    }
}

/// The ARNs of subscriptions, by what they are asked for by: the ARN, or topic, protocol and endpoint. One that nobody has
/// confirmed yet cannot be read, and belongs to nobody: to subscribe once more sends the letter once more.
async fn arns(clients: &Clients, ids: &[String]) -> Result<Vec<(String, String)>, RemoteError> {
    let (places, arns): (Vec<&String>, Vec<&String>) = ids.iter().partition(|id| id.contains(' '));
    let mut found: Vec<(String, String)> = arns.into_iter().map(|arn| (arn.clone(), arn.clone())).collect();
    let topics: BTreeSet<&str> = places.iter().filter_map(|place| Some(place.split_once(' ')?.0)).collect();
    for topic in topics {
        let input = json!({ "TopicArn": topic });
        let listed = match list(clients, "ListSubscriptionsByTopic", input, "Subscriptions").await {
            // The topic is to be made yet, or is another account's that does not tell who listens.
            Err(error) if matches!(error.class, ErrorClass::NotFound | ErrorClass::Denied) => continue,
            listed => listed?,
        };
        for one in &listed {
            let part = |name| text(one, name).unwrap_or_default();
            let place = format!("{} {} {}", part("TopicArn"), part("Protocol"), part("Endpoint"));
            let arn = part("SubscriptionArn");
            if arn.starts_with("arn:") && places.contains(&&place) {
                found.push((place, arn.to_owned()));
            }
        }
    }
    Ok(found)
}

fn observe(arn: &str, found: &Json) -> Observation {
    let mut attrs = Attrs::default();
    attrs
        .text("id", Some(arn))
        .text("arn", Some(arn))
        .text("topic_arn", text(found, "TopicArn"))
        .text("protocol", text(found, "Protocol"))
        .text("endpoint", text(found, "Endpoint"))
        .text("owner_id", text(found, "Owner"))
        .text("delivery_policy", text(found, "DeliveryPolicy"))
        .text("filter_policy", text(found, "FilterPolicy"))
        .text("filter_policy_scope", text(found, "FilterPolicyScope"))
        .flag("raw_message_delivery", is_true(found, "RawMessageDelivery"))
        .text("redrive_policy", text(found, "RedrivePolicy"))
        .text("replay_policy", text(found, "ReplayPolicy"))
        .text("subscription_role_arn", text(found, "SubscriptionRoleArn"))
        .flag("pending_confirmation", is_true(found, "PendingConfirmation"))
        .flag("confirmation_was_authenticated", is_true(found, "ConfirmationWasAuthenticated"));
    attrs.settled()
}
