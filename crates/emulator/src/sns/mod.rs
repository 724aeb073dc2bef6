//! SNS: topics and subscriptions, as far as notifications of caches and alarms need them. Nothing is ever published.

mod subscriptions;
mod tagging;
mod topics;

use super::context::{Context, partition};
use super::failure::Failure;
use super::limits::Wording;
use super::service::Service;
use serde_json::Value;

/// The service as the registry knows it.
pub const SERVICE: Service = Service {
    name: "sns",
    scope: "sns",
    wording: Wording::Listed("ValidationError"),
    parts: &[&topics::PART, &subscriptions::PART, &tagging::PART],
    taggable: |context, arn| topics::named(context, arn).map(drop),
    ..Service::PLAIN
};

fn invalid(text: impl std::fmt::Display) -> Failure {
    Failure::new("InvalidParameter", format!("Invalid parameter: {text}"))
}

/// The ARN of a topic.
fn arn(context: &Context, name: &str) -> String {
    format!("{}:sns:{}:{}:{name}", partition(context.region_name), context.region_name, context.account)
}

/// The parts of an ARN, of which there must be enough.
fn parts<'a>(member: &str, arn: &'a str, least: usize) -> Result<Vec<&'a str>, Failure> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.len() >= 6 {
        true if parts.len() >= least => Ok(parts),
        true => Err(invalid(member)),
        false => Err(invalid(format!("{member} Reason: An ARN must have at least 6 elements, not {}", parts.len()))),
    }
}

/// A document as SNS keeps it: without its layout. An empty text takes the document away.
fn document(name: &str, text: &str) -> Result<String, Failure> {
    match serde_json::from_str::<Value>(text) {
        Ok(value) if value.is_object() => Ok(value.to_string()),
        _ => Err(invalid(format!("{name}: failed to parse JSON"))),
    }
}

fn flag(name: &str, text: &str) -> Result<String, Failure> {
    match text {
        "true" | "false" => Ok(text.to_owned()),
        _ => Err(invalid(format!("{name}: Invalid value [{text}]. Must be true or false."))),
    }
}
