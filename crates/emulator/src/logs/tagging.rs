//! Tags of log groups, by ARN and by name. This service has them as a map.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::service::{Part, operation};
use super::super::tags::{self, Tags};
use super::groups::{GROUPS, existing};
use super::{arn, invalid, missing};
use serde_json::{Value, json};

pub const PART: Part = Part {
    operations: &[
        operation("TagResource", tag, "of log groups", ""),
        operation("UntagResource", untag, "of log groups", ""),
        operation("ListTagsForResource", list, "of log groups", ""),
        operation("TagLogGroup", tag_group, "the older spelling", ""),
        operation("UntagLogGroup", untag_group, "the older spelling", ""),
        operation("ListTagsLogGroup", list_group, "the older spelling", ""),
    ],
    ..Part::NONE
};

/// The tags of a request.
pub fn read(input: Input) -> Result<Tags, Failure> {
    let given = input.value("tags").as_object().into_iter().flatten();
    let list: Vec<Value> = given.map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    tags::read(Input(&json!({ "Tags": list })), "Tags").map_err(|failure| invalid(failure.message))
}

/// The log group of an ARN, which must be there.
pub fn group_of(context: &Context, text: &str) -> Result<String, Failure> {
    let name = text.split_once(":log-group:").map_or("", |(_, name)| name);
    if context.region[GROUPS].contains(name) && arn(context, name) == text {
        return Ok(name.to_owned());
    }
    Err(missing("The specified resource does not exist."))
}

fn asked(context: &Context, input: Input) -> Result<String, Failure> {
    let arn = input.text("resourceArn").unwrap_or_default();
    group_of(context, arn).map(|_| arn.to_owned())
}

fn named(context: &Context, input: Input) -> Result<String, Failure> {
    existing(context, input).map(|name| arn(context, name))
}

fn add(context: &mut Context, arn: &str, input: Input, code: &str) -> Answer {
    let new = read(input)?;
    tags::add(context.region, arn, new, || Failure::new(code, "The resource has too many tags."))?;
    Ok(json!({}))
}

fn remove(context: &mut Context, arn: &str, input: Input, member: &str) -> Answer {
    tags::remove(context.region, arn, input.texts(member).iter().map(String::as_str));
    Ok(json!({}))
}

fn of(context: &Context, arn: &str) -> Answer {
    Ok(json!({ "tags": tags::of(context.region, arn) }))
}

fn tag(context: &mut Context, input: Input) -> Answer {
    let arn = asked(context, input)?;
    add(context, &arn, input, "TooManyTagsException")
}

fn untag(context: &mut Context, input: Input) -> Answer {
    let arn = asked(context, input)?;
    remove(context, &arn, input, "tagKeys")
}

fn list(context: &mut Context, input: Input) -> Answer {
    let arn = asked(context, input)?;
    of(context, &arn)
}

fn tag_group(context: &mut Context, input: Input) -> Answer {
    let arn = named(context, input)?;
    add(context, &arn, input, "InvalidParameterException")
}

fn untag_group(context: &mut Context, input: Input) -> Answer {
    let arn = named(context, input)?;
    remove(context, &arn, input, "tags")
}

fn list_group(context: &mut Context, input: Input) -> Answer {
    let arn = named(context, input)?;
    of(context, &arn)
}
