//! Tags of EC2 objects.

use super::super::context::{Context, partition};
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::region::TAGS;
use super::super::tags::{self, Tags};
use super::groups::SECURITY_GROUPS;
use super::network::SUBNETS;
use super::network::VPCS;
use super::permissions::RULES;
use super::{Filters, listing};
use serde_json::json;

/// The resource type of an id, by its prefix.
fn kind(id: &str) -> Option<&'static str> {
    Some(match id.split_once('-')?.0 {
        "sg" => "security-group",
        "sgr" => "security-group-rule",
        "vpc" => "vpc",
        "subnet" => "subnet",
        "rtb" => "route-table",
        _ => return None,
    })
}

/// The ARN of an EC2 object.
pub fn arn(context: &Context, id: &str) -> String {
    let kind = kind(id).unwrap_or("unknown");
    format!("{}:ec2:{}:{}:{kind}/{id}", partition(context.region_name), context.region_name, context.account)
}

fn exists(context: &Context, id: &str) -> bool {
    match kind(id) {
        Some("security-group") => context.region[SECURITY_GROUPS].contains(id),
        Some("security-group-rule") => context.region[RULES].contains(id),
        Some("vpc") => context.region[VPCS].contains(id),
        Some("subnet") => context.region[SUBNETS].contains(id),
        Some("route-table") => super::route_tables::exists(context, id),
        _ => false,
    }
}

/// Whether the ARN is that of an EC2 object which exists.
pub fn by_arn(context: &Context, arn_text: &str) -> bool {
    let id = arn_text.rsplit('/').next().unwrap_or("");
    exists(context, id) && arn(context, id) == arn_text
}

fn check(context: &Context, id: &str) -> Result<(), Failure> {
    if exists(context, id) {
        return Ok(());
    }
    let (code, what) = match kind(id) {
        Some("security-group") => ("InvalidGroup.NotFound", "security group"),
        Some("security-group-rule") => ("InvalidSecurityGroupRuleId.NotFound", "security group rule ID"),
        Some("vpc") => ("InvalidVpcID.NotFound", "vpc ID"),
        Some("subnet") => ("InvalidSubnetID.NotFound", "subnet ID"),
        Some("route-table") => ("InvalidRouteTableID.NotFound", "routeTable ID"),
        _ => return Err(Failure::new("InvalidID", format!("The ID '{id}' is not valid"))),
    };
    Err(Failure::new(code, format!("The {what} '{id}' does not exist")))
}

/// The tags that a creation gives to what it makes.
pub fn of_specifications(input: Input, kind: &str) -> Result<Tags, Failure> {
    let mut all = Tags::new();
    for specification in input.structures("TagSpecifications") {
        let given = specification.text("ResourceType").unwrap_or("");
        if given != kind {
            return Err(Failure::value(format!("'{given}' is not a valid taggable resource type for this operation.")));
        }
        all.extend(tags::read(specification, "Tags")?);
    }
    if all.len() > tags::MOST {
        return Err(full());
    }
    Ok(all)
}

fn full() -> Failure {
    Failure::new(
        "TagLimitExceeded",
        format!("The maximum number of {} Tags for a resource has been reached.", tags::MOST),
    )
}

pub fn create(context: &mut Context, input: Input) -> Answer {
    let new = tags::read(input, "Tags")?;
    for id in input.texts("Resources") {
        check(context, &id)?;
        let arn = arn(context, &id);
        tags::add(context.region, &arn, new.clone(), full)?;
    }
    Ok(json!({}))
}

pub fn delete(context: &mut Context, input: Input) -> Answer {
    for id in input.texts("Resources") {
        check(context, &id)?;
        let arn = arn(context, &id);
        if !input.has("Tags") {
            context.region[TAGS].remove(&arn);
            continue;
        }
        let current = tags::of(context.region, &arn);
        // A tag named with a value goes only where the value is that one.
        let keys: Vec<&str> = input
            .structures("Tags")
            .filter_map(|tag| {
                let key = tag.text("Key")?;
                let same = tag.text("Value").is_none_or(|value| current.get(key).is_some_and(|now| now == value));
                same.then_some(key)
            })
            .collect();
        tags::remove(context.region, &arn, keys.into_iter());
    }
    Ok(json!({}))
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    let filters = Filters::read(input);
    let mut rows = Vec::new();
    for (arn, tags) in context.region[TAGS].iter().filter(|(arn, _)| arn.contains(":ec2:")) {
        let id = arn.rsplit('/').next().unwrap_or("");
        let kind = kind(id).unwrap_or("");
        for (key, value) in tags.iter() {
            let one = Tags::from([(key.clone(), value.clone())]);
            let pass = filters.pass(&one, |name| {
                Some(vec![match name {
                    "resource-id" => id.to_owned(),
                    "resource-type" => kind.to_owned(),
                    "key" => key.clone(),
                    "value" => value.clone(),
                    _ => return None,
                }])
            })?;
            if pass {
                let row = json!({ "Key": key, "Value": value, "ResourceId": id, "ResourceType": kind });
                rows.push((format!("{id} {key}"), row));
            }
        }
    }
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    listing("Tags", rows, input, 5..=1000)
}
