//! Tags of topics.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::service::{Part, operation};
use super::super::tags::{self, Tags};
use super::{invalid, topics};
use serde_json::json;

pub const PART: Part = Part {
    operations: &[
        operation("TagResource", tag, "of topics", ""),
        operation("UntagResource", untag, "of topics", ""),
        operation("ListTagsForResource", list, "of topics", ""),
    ],
    ..Part::NONE
};

/// The tags of a request.
pub fn read(input: Input) -> Result<Tags, Failure> {
    tags::read(input, "Tags").map_err(|failure| match failure.message.starts_with("Duplicate") {
        true => invalid("Duplicated keys are not allowed."),
        false => invalid(failure.message),
    })
}

fn asked(context: &Context, input: Input) -> Result<String, Failure> {
    let arn = input.text("ResourceArn").unwrap_or_default();
    let gone = |failure: Failure| match failure.code.as_str() {
        "NotFound" => Failure::missing("ResourceNotFound", "Resource does not exist"),
        _ => failure,
    };
    topics::named(context, arn).map(|_| arn.to_owned()).map_err(gone)
}

fn tag(context: &mut Context, input: Input) -> Answer {
    let arn = asked(context, input)?;
    let new = read(input)?;
    let full = || Failure::new("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded");
    tags::add(context.region, &arn, new, full)?;
    Ok(json!({}))
}

fn untag(context: &mut Context, input: Input) -> Answer {
    let arn = asked(context, input)?;
    tags::remove(context.region, &arn, input.texts("TagKeys").iter().map(String::as_str));
    Ok(json!({}))
}

fn list(context: &mut Context, input: Input) -> Answer {
    let arn = asked(context, input)?;
    Ok(json!({ "Tags": tags::write(&tags::of(context.region, &arn)) }))
}
