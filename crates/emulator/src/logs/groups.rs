//! Log groups.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::region::TAGS;
use super::super::service::{Part, operation};
use super::super::table::Key;
use super::{arn, filters, invalid, no_group, page, tagging};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A log group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    pub created: u64,
    /// `STANDARD`, `INFREQUENT_ACCESS`, `DELIVERY` or `ESSENTIALS`.
    pub class: String,
    /// Days; for ever where there is none.
    pub retention: Option<i64>,
    pub key: Option<String>,
    pub protected: bool,
}

/// Log groups by name.
pub const GROUPS: Key<Group> = Key::new("log_groups");

pub const PART: Part = Part {
    operations: &[
        operation("CreateLogGroup", create, "class, key, tags, names", "keys are not looked at"),
        operation("DescribeLogGroups", describe, "by prefix, pattern, identifier and class, pages", "own account only"),
        operation("DeleteLogGroup", delete, "with its metric filters and tags, not while it is protected", ""),
        operation("PutRetentionPolicy", put_retention, "the days that AWS offers", "nothing expires"),
        operation("DeleteRetentionPolicy", delete_retention, "kept for ever again", ""),
        operation("AssociateKmsKey", associate, "of a log group", "not of query results"),
        operation("DisassociateKmsKey", disassociate, "of a log group", "not of query results"),
        operation("PutLogGroupDeletionProtection", protect, "by name or ARN", ""),
    ],
    tables: &[&GROUPS],
    ..Part::NONE
};

/// Source: the API reference of PutRetentionPolicy.
const DAYS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// What groups of the class DELIVERY keep, whatever is asked for.
const DAYS_OF_DELIVERY: i64 = 2;

/// The name in a request whose group exists.
pub fn existing<'a>(context: &Context, input: Input<'a>) -> Result<&'a str, Failure> {
    let name = input.text("logGroupName").unwrap_or_default();
    if context.region[GROUPS].contains(name) { Ok(name) } else { Err(no_group()) }
}

fn change(context: &mut Context, name: &str, change: impl FnOnce(&mut Group)) -> Answer {
    context.region[GROUPS].update(name, change).map(|()| json!({})).ok_or_else(no_group)
}

fn create(context: &mut Context, input: Input) -> Answer {
    let name = input.text("logGroupName").unwrap_or_default();
    if name.starts_with("aws/") {
        return Err(invalid("Log groups starting with aws/ are reserved for AWS."));
    }
    check_key(input)?;
    let tags = tagging::read(input)?;
    if context.region[GROUPS].contains(name) {
        return Err(Failure::new("ResourceAlreadyExistsException", "The specified log group already exists"));
    }
    let class = input.text("logGroupClass").unwrap_or("STANDARD").to_owned();
    let group = Group {
        name: name.to_owned(),
        created: context.now,
        retention: (class == "DELIVERY").then_some(DAYS_OF_DELIVERY),
        class,
        key: input.filled("kmsKeyId").map(str::to_owned),
        protected: input.flag("deletionProtectionEnabled").unwrap_or(false),
    };
    context.region[GROUPS].put(name, group);
    let arn = arn(context, name);
    super::super::tags::set(context.region, &arn, tags);
    Ok(json!({}))
}

fn check_key(input: Input) -> Result<(), Failure> {
    match input.filled("kmsKeyId") {
        Some(key) if !(key.starts_with("arn:") && key.contains(":kms:")) => {
            Err(invalid("The specified KMS key must be given by its ARN."))
        }
        _ => Ok(()),
    }
}

fn describe(context: &mut Context, input: Input) -> Answer {
    let (prefix, pattern) = (input.filled("logGroupNamePrefix"), input.filled("logGroupNamePattern"));
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let identifiers = input.texts("logGroupIdentifiers");
    if !identifiers.is_empty() && (prefix.is_some() || pattern.is_some()) {
        return Err(invalid("LogGroup identifiers and LogGroup names are mutually exclusive parameters."));
    }
    let class = input.text("logGroupClass");
    let (after, size) = page(input)?;
    let from = after.as_deref().or(prefix).unwrap_or_default();
    let named = |name: &str| {
        let arn = arn(context, name);
        identifiers.is_empty() || identifiers.iter().any(|one| one == name || one.trim_end_matches(":*") == arn)
    };
    let rows = context.region[GROUPS].from(from).filter(|(name, group)| {
        prefix.is_none_or(|prefix| name.starts_with(prefix))
            && pattern.is_none_or(|pattern| name.contains(pattern))
            && class.is_none_or(|class| group.class == class)
            && named(name)
    });
    let (page, next) = paging::page(rows, after.as_deref(), size);
    let groups: Vec<Value> = page.into_iter().map(|group| to_json(context, group)).collect();
    Ok(json!({ "logGroups": groups, "nextToken": next }))
}

fn to_json(context: &Context, group: &Group) -> Value {
    let arn = arn(context, &group.name);
    json!({
        "logGroupName": group.name, "arn": format!("{arn}:*"), "logGroupArn": arn, "creationTime": group.created,
        "storedBytes": 0, "metricFilterCount": filters::of(context, &group.name).count(),
        "logGroupClass": group.class, "deletionProtectionEnabled": group.protected,
        "retentionInDays": group.retention, "kmsKeyId": group.key,
    })
}

fn delete(context: &mut Context, input: Input) -> Answer {
    let name = existing(context, input)?;
    if context.region[GROUPS].get(name).is_some_and(|group| group.protected) {
        return Err(Failure::new("ValidationException", "The log group cannot be deleted: its deletion is protected."));
    }
    filters::delete_all(context, name);
    context.region[GROUPS].remove(name);
    let arn = arn(context, name);
    context.region[TAGS].remove(&arn);
    Ok(json!({}))
}

fn put_retention(context: &mut Context, input: Input) -> Answer {
    let name = existing(context, input)?;
    let days = input.number("retentionInDays").unwrap_or_default();
    if !DAYS.contains(&days) {
        let all = DAYS.map(|days| days.to_string()).join(", ");
        return Err(invalid(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [{all}]"
        )));
    }
    change(context, name, |group| {
        if group.class != "DELIVERY" {
            group.retention = Some(days);
        }
    })
}

fn delete_retention(context: &mut Context, input: Input) -> Answer {
    let name = existing(context, input)?;
    change(context, name, |group| {
        if group.class != "DELIVERY" {
            group.retention = None;
        }
    })
}

/// The group that a call about keys is about.
fn keyed<'a>(context: &Context, input: Input<'a>) -> Result<&'a str, Failure> {
    match (input.filled("logGroupName"), input.filled("resourceIdentifier")) {
        (Some(_), None) => existing(context, input),
        (None, Some(identifier)) => identified(context, identifier),
        _ => Err(invalid("Exactly one of logGroupName and resourceIdentifier must be given.")),
    }
}

/// The name of the group that is given by name or ARN.
fn identified<'a>(context: &Context, identifier: &'a str) -> Result<&'a str, Failure> {
    let name = identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name.trim_end_matches(":*"));
    if context.region[GROUPS].contains(name) { Ok(name) } else { Err(no_group()) }
}

fn associate(context: &mut Context, input: Input) -> Answer {
    check_key(input)?;
    let name = keyed(context, input)?;
    change(context, name, |group| group.key = input.filled("kmsKeyId").map(str::to_owned))
}

fn disassociate(context: &mut Context, input: Input) -> Answer {
    let name = keyed(context, input)?;
    change(context, name, |group| group.key = None)
}

fn protect(context: &mut Context, input: Input) -> Answer {
    let name = identified(context, input.text("logGroupIdentifier").unwrap_or_default())?;
    let protected = input.flag("deletionProtectionEnabled").unwrap_or(false);
    change(context, name, |group| group.protected = protected)
}
