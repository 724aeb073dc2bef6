//! The attributes of a topic.

use std::sync::LazyLock;

use crate::kinds::documents::{DOCUMENT, same_document, same_policy};
use crate::kinds::{names, tags};
use crate::schema::{Attr, Rule, Schema};
use crate::value::Type;

/// Our attributes by those of the API, which are texts all of them.
pub(super) const ATTRIBUTES: &[(&str, &str)] = &[
    ("display_name", "DisplayName"),
    ("policy", "Policy"),
    ("delivery_policy", "DeliveryPolicy"),
    ("kms_master_key_id", "KmsMasterKeyId"),
    ("fifo_topic", "FifoTopic"),
    ("content_based_deduplication", "ContentBasedDeduplication"),
    ("fifo_throughput_scope", "FifoThroughputScope"),
    ("archive_policy", "ArchivePolicy"),
    ("signature_version", "SignatureVersion"),
    ("tracing_config", "TracingConfig"),
    ("application_success_feedback_role_arn", "ApplicationSuccessFeedbackRoleArn"),
    ("application_success_feedback_sample_rate", "ApplicationSuccessFeedbackSampleRate"),
    ("application_failure_feedback_role_arn", "ApplicationFailureFeedbackRoleArn"),
    ("firehose_success_feedback_role_arn", "FirehoseSuccessFeedbackRoleArn"),
    ("firehose_success_feedback_sample_rate", "FirehoseSuccessFeedbackSampleRate"),
    ("firehose_failure_feedback_role_arn", "FirehoseFailureFeedbackRoleArn"),
    ("http_success_feedback_role_arn", "HTTPSuccessFeedbackRoleArn"),
    ("http_success_feedback_sample_rate", "HTTPSuccessFeedbackSampleRate"),
    ("http_failure_feedback_role_arn", "HTTPFailureFeedbackRoleArn"),
    ("lambda_success_feedback_role_arn", "LambdaSuccessFeedbackRoleArn"),
    ("lambda_success_feedback_sample_rate", "LambdaSuccessFeedbackSampleRate"),
    ("lambda_failure_feedback_role_arn", "LambdaFailureFeedbackRoleArn"),
    ("sqs_success_feedback_role_arn", "SQSSuccessFeedbackRoleArn"),
    ("sqs_success_feedback_sample_rate", "SQSSuccessFeedbackSampleRate"),
    ("sqs_failure_feedback_role_arn", "SQSFailureFeedbackRoleArn"),
];

fn is_name(text: &str) -> bool {
    let stem = text.strip_suffix(".fifo").unwrap_or(text);
    stem.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
}

const NAME: Rule =
    Rule::Test(is_name, "ASCII letters, digits, hyphens and underscores, and .fifo at the end of a FIFO one");

pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = topic();
    attrs.extend(fifo());
    attrs.extend(["application", "firehose", "http", "lambda", "sqs"].into_iter().flat_map(feedback));
    attrs.extend([
        Attr::computed("id", Type::String).doc("The ARN."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        Attr::computed("owner", Type::String).doc("The account that owns it."),
        Attr::computed("beginning_archive_time", Type::String).doc("From when on messages can be sent again."),
        tags::region(),
    ]);
    attrs.extend(tags::attrs());
    Schema::new("sns_topic", "aws_sns_topic", "A topic that caches and alarms notify.", attrs)
});

fn topic() -> Vec<Attr> {
    vec![
        Attr::optional_computed("name", Type::String).replace().rule(Rule::Length(1, 256)).rule(NAME).doc("The name."),
        Attr::optional("name_prefix", Type::String)
            .replace()
            .begins("name")
            .rule(Rule::Length(0, 230))
            .rule(NAME)
            .doc("What the name begins with; the rest is made up."),
        Attr::optional("display_name", Type::String).rule(Rule::Length(0, 100)).doc("Who e-mails and texts are from."),
        Attr::optional_computed("policy", Type::String)
            .rule(DOCUMENT)
            .fits(same_policy)
            .doc("Who may do what with the topic; its owner everything without it."),
        Attr::optional("delivery_policy", Type::String)
            .rule(DOCUMENT)
            .fits(same_document)
            .doc("How deliveries over HTTP are tried again."),
        Attr::optional("kms_master_key_id", Type::String).doc("The key that messages are kept with."),
        Attr::optional_computed("signature_version", Type::Number)
            .rule(Rule::Range(1, 2))
            .doc("1 for SHA1, 2 for SHA256."),
        Attr::optional_computed("tracing_config", Type::String)
            .one_of(&["PassThrough", "Active"])
            .doc("Whether messages are traced."),
    ]
}

fn fifo() -> Vec<Attr> {
    vec![
        Attr::optional("fifo_topic", Type::Bool).default(false).replace().doc("Whether messages keep their order."),
        Attr::optional("content_based_deduplication", Type::Bool)
            .default(false)
            .doc("Whether the same message twice is one, for FIFO topics."),
        Attr::optional_computed("fifo_throughput_scope", Type::String)
            .one_of(&["Topic", "MessageGroup"])
            .doc("What the order is kept of, for FIFO topics."),
        Attr::optional("archive_policy", Type::String)
            .rule(DOCUMENT)
            .fits(same_document)
            .doc("How long messages are kept, for FIFO topics."),
    ]
}

/// What is written to CloudWatch Logs about deliveries of one sort.
fn feedback(sort: &'static str) -> [Attr; 3] {
    let named = |rest: &str| {
        let of = ATTRIBUTES.iter().find(|(name, _)| name.strip_prefix(sort) == Some(rest));
        of.expect("every sort has its attributes").0
    };
    let role = |rest, doc| Attr::optional(named(rest), Type::String).rule(names::ARN).doc(doc);
    [
        role("_success_feedback_role_arn", "The role that writes down which deliveries went well."),
        Attr::optional(named("_success_feedback_sample_rate"), Type::Number)
            .rule(Rule::Range(0, 100))
            .doc("How many of a hundred are written down."),
        role("_failure_feedback_role_arn", "The role that writes down which deliveries failed."),
    ]
}
