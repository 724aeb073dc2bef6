//! Tags of ElastiCache objects: by ARN, and only while a cache is at rest.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::region::Region;
use super::super::region::TAGS;
use super::super::service::{Arns, Part, operation};
use super::super::tags::{self, Tags};
use serde_json::json;

/// Tags: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation("AddTagsToResource", add, "50 tags; caches must be available", ""),
        operation("RemoveTagsFromResource", remove, "TagNotFound", ""),
        operation("ListTagsForResource", list, "caches must be available", ""),
    ],

    ..Part::NONE
};

/// Reads the tags that a creation gives.
pub fn read(input: Input) -> Result<Tags, Failure> {
    let tags = tags::read(input, "Tags")?;
    if tags.len() > tags::MOST { Err(full()) } else { Ok(tags) }
}

fn full() -> Failure {
    Failure::new(
        "TagQuotaPerResourceExceeded",
        format!(
            "The request cannot be processed because it would cause the resource to have more than the allowed number of tags ({}).",
            tags::MOST
        ),
    )
}

/// Sets the tags of a new object.
pub fn set(context: &mut Context, kind: &str, name: &str, tags: Tags) {
    let arn = context.arn(kind, name);
    tags::set(context.region, &arn, tags);
}

/// The tags of an object.
pub fn of(context: &Context, kind: &str, name: &str) -> Tags {
    tags::of(context.region, &context.arn(kind, name))
}

/// Forgets the tags of an object that is gone.
pub fn forget(context: &mut Context, kind: &str, name: &str) {
    let arn = context.arn(kind, name);
    context.region[TAGS].remove(&arn);
}

/// Forgets the tags of an object that is gone, where only the region is at hand.
pub fn forget_of(region: &mut Region, kind: &str, name: &str) {
    let arn = region.arn(kind, name);
    region[TAGS].remove(&arn);
}

fn invalid(arn: &str) -> Failure {
    Failure::new("InvalidARN", format!("The ARN {arn} is not valid."))
}

/// What belongs to the ARN of an object of this account, and the name in it.
fn resolve<'a>(context: &Context, arn: &'a str) -> Result<(&'static Arns, &'a str), Failure> {
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let [_, _, "elasticache", _, _, kind, name] = parts[..] else { return Err(invalid(arn)) };
    let mut all = super::SERVICE.parts.iter().flat_map(|part| part.arns);
    let found = all.find(|arns| arns.kind == kind).filter(|arns| (arns.arn)(context, kind, name) == arn);
    Ok((found.ok_or_else(|| invalid(arn))?, name))
}

/// The object that an ARN names must exist and, if it is a cache, be at rest.
pub fn check(context: &Context, arn: &str) -> Result<(), Failure> {
    let (arns, name) = resolve(context, arn)?;
    (arns.check)(context, name)
}

/// Does something to the tags of an object in the region that keeps them; the answer shows what they are then.
fn on_tags(
    context: &mut Context,
    input: Input,
    action: impl FnOnce(&mut Context, &str) -> Result<(), Failure>,
) -> Answer {
    let arn = input.needed("ResourceName")?;
    check(context, arn)?;
    let (arns, name) = resolve(context, arn)?;
    let done = context.within(&(arns.keeper)(context, name), |context| {
        action(context, arn)?;
        Ok(json!({ "TagList": tags::write(&tags::of(context.region, arn)) }))
    });
    done.unwrap_or_else(|| Err(invalid(arn)))
}

pub fn add(context: &mut Context, input: Input) -> Answer {
    on_tags(context, input, |context, arn| {
        let new = read(input)?;
        for member in members_of(context, arn) {
            tags::add(context.region, &member, new.clone(), full)?;
        }
        tags::add(context.region, arn, new, full)?;
        touch(context, arn);
        Ok(())
    })
}

pub fn remove(context: &mut Context, input: Input) -> Answer {
    on_tags(context, input, |context, arn| {
        let keys = input.texts("TagKeys");
        let current = tags::of(context.region, arn);
        if let Some(key) = keys.iter().find(|key| !current.contains_key(*key)) {
            return Err(Failure::missing("TagNotFound", format!("The tag key {key} was not found on the resource.")));
        }
        for member in members_of(context, arn) {
            tags::remove(context.region, &member, keys.iter().map(String::as_str));
        }
        tags::remove(context.region, arn, keys.iter().map(String::as_str));
        touch(context, arn);
        Ok(())
    })
}

pub fn list(context: &mut Context, input: Input) -> Answer {
    on_tags(context, input, |_, _| Ok(()))
}

/// Objects that take part in the tags of another.
fn members_of(context: &Context, arn: &str) -> Vec<String> {
    resolve(context, arn).map(|(arns, name)| (arns.with)(context, name)).unwrap_or_default()
}

fn touch(context: &mut Context, arn: &str) {
    if let Ok((arns, name)) = resolve(context, arn) {
        (arns.tagged)(context, name);
    }
}
