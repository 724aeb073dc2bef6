//! The Resource Groups Tagging API: tagged objects of all services of a region. An object without tags is absent.

use super::context::Context;
use super::failure::{Answer, Failure};
use super::input::Input;
use super::limits::Wording;
use super::paging;
use super::region::TAGS;
use super::service::{self, Part, Service, operation};
use super::tags::{self, Tags};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The service as the registry knows it.
pub const SERVICE: Service = Service {
    name: "resourcegroupstaggingapi",
    scope: "tagging",
    wording: Wording::Listed("InvalidParameterException"),
    parts: &[&PART],
    ..Service::PLAIN
};

const PART: Part = Part {
    operations: &[
        operation("GetResources", resources, "by type, tag and ARN, pages", "seen at once, not after minutes"),
        operation("TagResources", tag, "of all services here, failures one by one", ""),
        operation("UntagResources", untag, "as above", ""),
        operation("GetTagKeys", keys, "pages", ""),
        operation("GetTagValues", values, "pages", ""),
    ],
    ..Part::NONE
};

fn invalid(text: impl Into<String>) -> Failure {
    Failure::new("InvalidParameterException", text)
}

/// `service:type` of an ARN, as the type filters name it.
fn kind(arn: &str) -> (String, String) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let service = parts.get(2).copied().unwrap_or("").to_owned();
    let kind = parts.get(5).and_then(|rest| rest.split([':', '/']).next()).unwrap_or("");
    (service.clone(), format!("{service}:{kind}"))
}

fn token(input: Input) -> Result<Option<String>, Failure> {
    match input.filled("PaginationToken") {
        None => Ok(None),
        Some(token) => match paging::open(token) {
            Some(key) => Ok(Some(key)),
            None => Err(Failure::new("PaginationTokenExpiredException", "The pagination token is not valid.")),
        },
    }
}

fn resources(context: &mut Context, input: Input) -> Answer {
    let types = input.texts("ResourceTypeFilters");
    let arns = input.texts("ResourceARNList");
    let filters: Vec<(String, Vec<String>)> = input
        .structures("TagFilters")
        .map(|filter| (filter.text("Key").unwrap_or("").to_owned(), filter.texts("Values")))
        .collect();
    if !arns.is_empty() && (!types.is_empty() || !filters.is_empty() || input.has("ResourcesPerPage")) {
        return Err(invalid("ResourceARNList cannot be used together with other filters or with pagination."));
    }
    let size = match input.number("ResourcesPerPage") {
        None => 50,
        Some(size @ 1..=100) => size as usize,
        Some(size) => return Err(invalid(format!("ResourcesPerPage must be between 1 and 100, not {size}."))),
    };
    let wanted = |arn: &str, tags: &Tags| {
        let (service, kind) = kind(arn);
        let typed = types.is_empty() || types.iter().any(|filter| *filter == service || *filter == kind);
        let tagged = filters
            .iter()
            .all(|(key, values)| tags.get(key).is_some_and(|value| values.is_empty() || values.contains(value)));
        typed && tagged && (arns.is_empty() || arns.iter().any(|other| other == arn))
    };
    let after = token(input)?;
    let rows = context.region[TAGS].from(after.as_deref().unwrap_or_default());
    let rows = rows.filter(|(arn, tags)| wanted(arn, tags)).map(|row| (row.0, row));
    let (page, next) = paging::page(rows, after.as_deref(), size);
    let page: Vec<Value> =
        page.into_iter().map(|(arn, tags)| json!({ "ResourceARN": arn, "Tags": tags::write(tags) })).collect();
    Ok(json!({ "ResourceTagMappingList": page, "PaginationToken": next.unwrap_or_default() }))
}

fn texts(all: BTreeSet<String>, input: Input, member: &str) -> Answer {
    let (page, next) = paging::page(all.iter().map(|text| (text, text)), token(input)?.as_deref(), 100);
    Ok(json!({ member: page, "PaginationToken": next.unwrap_or_default() }))
}

fn keys(context: &mut Context, input: Input) -> Answer {
    texts(context.region[TAGS].values().flat_map(|tags| tags.keys().cloned()).collect(), input, "TagKeys")
}

fn values(context: &mut Context, input: Input) -> Answer {
    let key = input.text("Key").unwrap_or("");
    texts(context.region[TAGS].values().filter_map(|tags| tags.get(key).cloned()).collect(), input, "TagValues")
}

/// Whether the object of an ARN exists and can be tagged now.
fn check(context: &Context, arn: &str) -> Result<(), Failure> {
    let owner = service::SERVICES.iter().find(|service| service.name == kind(arn).0);
    (owner.unwrap_or(&&SERVICE).taggable)(context, arn)
}

/// Runs an action on each ARN; those that fail are reported, the others are done.
fn each(
    context: &mut Context,
    input: Input,
    mut action: impl FnMut(&mut Context, &str) -> Result<(), Failure>,
) -> Value {
    let mut failed = Map::new();
    for arn in input.texts("ResourceARNList") {
        let done = check(context, &arn).and_then(|()| action(context, &arn));
        if let Err(failure) = done {
            failed.insert(
                arn,
                json!({
                    "StatusCode": failure.status, "ErrorCode": "InvalidParameterException",
                    "ErrorMessage": failure.message,
                }),
            );
        }
    }
    json!({ "FailedResourcesMap": failed })
}

fn tag(context: &mut Context, input: Input) -> Answer {
    let given = input.value("Tags").as_object().cloned().unwrap_or_default();
    let list: Vec<Value> = given.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let holder = json!({ "Tags": list });
    let new = tags::read(Input(&holder), "Tags").map_err(|failure| invalid(failure.message))?;
    Ok(each(context, input, |context, arn| {
        tags::add(context.region, arn, new.clone(), || invalid("The resource has too many tags."))
    }))
}

fn untag(context: &mut Context, input: Input) -> Answer {
    let keys = input.texts("TagKeys");
    Ok(each(context, input, |context, arn| {
        tags::remove(context.region, arn, keys.iter().map(String::as_str));
        Ok(())
    }))
}
