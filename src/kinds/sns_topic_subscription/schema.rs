//! The attributes of a subscription.

use std::sync::LazyLock;

use crate::kinds::documents::{DOCUMENT, same_document};
use crate::kinds::{names, tags};
use crate::schema::{Attr, By, Hold, Rule, Schema};
use crate::value::Type;

/// Our attributes by those of the API, which are texts all of them.
pub(super) const ATTRIBUTES: &[(&str, &str)] = &[
    ("delivery_policy", "DeliveryPolicy"),
    ("filter_policy", "FilterPolicy"),
    ("filter_policy_scope", "FilterPolicyScope"),
    ("raw_message_delivery", "RawMessageDelivery"),
    ("redrive_policy", "RedrivePolicy"),
    ("replay_policy", "ReplayPolicy"),
    ("subscription_role_arn", "SubscriptionRoleArn"),
];

/// Source: the API reference of Subscribe.
const PROTOCOLS: &[&str] = &["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"];

pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let document = |name| Attr::optional(name, Type::String).rule(DOCUMENT).fits(same_document);
    let attrs = vec![
        Attr::required("topic_arn", Type::String)
            .refers("sns_topic", By::Arn, Hold::Uses)
            .replace()
            .rule(names::ARN)
            .doc("The topic."),
        Attr::required("protocol", Type::String).replace().one_of(PROTOCOLS).doc("How messages are delivered."),
        Attr::required("endpoint", Type::String)
            .replace()
            .rule(Rule::Length(1, 2048))
            .doc("Where they are delivered to."),
        document("delivery_policy").doc("How deliveries over HTTP are tried again."),
        document("filter_policy").doc("Which messages are delivered."),
        Attr::optional_computed("filter_policy_scope", Type::String)
            .one_of(&["MessageAttributes", "MessageBody"])
            .doc("What the filter reads: the attributes of a message, or its body."),
        Attr::optional("raw_message_delivery", Type::Bool)
            .default(false)
            .doc("Whether a message comes as it is, without what SNS puts around it."),
        document("redrive_policy").doc("The queue of what cannot be delivered."),
        document("replay_policy").doc("Which archived messages are sent again, of FIFO topics."),
        Attr::optional("subscription_role_arn", Type::String).rule(names::ARN).doc("The role that writes to Firehose."),
        Attr::optional("confirmation_timeout_in_minutes", Type::Number)
            .default(1)
            .local()
            .doc("Understood, and nothing is waited for: see pending_confirmation."),
        Attr::optional("endpoint_auto_confirms", Type::Bool)
            .default(false)
            .local()
            .doc("Understood, and nothing is waited for: see pending_confirmation."),
        Attr::computed("id", Type::String).doc("The ARN."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        Attr::computed("owner_id", Type::String).doc("The account that owns it."),
        Attr::computed("pending_confirmation", Type::Bool).doc("Whether nobody has confirmed it yet."),
        Attr::computed("confirmation_was_authenticated", Type::Bool).doc("Whether who confirmed it was signed in."),
        tags::region(),
    ];
    Schema::new(super::KIND, "aws_sns_topic_subscription", "Where notifications of a topic end up.", attrs)
});
