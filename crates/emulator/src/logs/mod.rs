//! CloudWatch Logs: log groups, their retention, keys and tags, and metric filters. Nothing is logged here, so that no
//! group ever holds a byte.

mod filters;
mod groups;
mod pattern;
mod tagging;

use super::context::{Context, partition};
use super::failure::Failure;
use super::input::Input;
use super::limits::Wording;
use super::paging;
use super::service::Service;

/// The service as the registry knows it.
pub const SERVICE: Service = Service {
    name: "logs",
    scope: "logs",
    wording: Wording::Listed("InvalidParameterException"),
    parts: &[&groups::PART, &filters::PART, &tagging::PART],
    first: names,
    taggable: |context, arn| tagging::group_of(context, arn).map(drop),
};

fn invalid(text: impl Into<String>) -> Failure {
    Failure::new("InvalidParameterException", text)
}

/// Everything that is not there is a bad request in this service.
fn missing(text: impl Into<String>) -> Failure {
    Failure::new("ResourceNotFoundException", text)
}

fn no_group() -> Failure {
    missing("The specified log group does not exist.")
}

/// The ARN of a log group, as tags are kept by.
fn arn(context: &Context, group: &str) -> String {
    format!("{}:logs:{}:{}:log-group:{group}", partition(context.region_name), context.region_name, context.account)
}

/// What the model says of the letters of names, which it says as regular expressions.
fn names(input: Input) -> Result<(), Failure> {
    let of_group = |letter: char| letter.is_ascii_alphanumeric() || ".-_/#".contains(letter);
    for member in ["logGroupName", "logGroupNamePrefix", "logGroupNamePattern"] {
        fits(input, member, of_group, "[\\.\\-_/#A-Za-z0-9]+")?;
    }
    for member in ["filterName", "filterNamePrefix"] {
        fits(input, member, |letter| !":*".contains(letter), "[^:*]*")?;
    }
    for member in ["metricName", "metricNamespace"] {
        fits(input, member, |letter| !":*$".contains(letter), "[^:*$]*")?;
    }
    Ok(())
}

fn fits(input: Input, member: &str, allowed: impl Fn(char) -> bool, pattern: &str) -> Result<(), Failure> {
    match input.text(member) {
        Some(text) if !text.chars().all(allowed) => Err(invalid(format!(
            "1 validation error detected: Value '{text}' at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: {pattern}"
        ))),
        _ => Ok(()),
    }
}

/// The key that a page begins behind, and its size.
fn page(input: Input) -> Result<(Option<String>, usize), Failure> {
    let open = |token| paging::open(token).ok_or_else(|| invalid("The specified nextToken is invalid."));
    let after = input.filled("nextToken").map(open).transpose()?;
    Ok((after, input.number("limit").map_or(50, |limit| limit as usize)))
}
