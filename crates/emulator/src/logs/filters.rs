//! Metric filters: each is put as a whole. Nothing is filtered.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::service::{Part, operation};
use super::super::table::Key;
use super::groups::{GROUPS, existing};
use super::{fits, invalid, missing, page, pattern};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// A metric filter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Filter {
    pub group: String,
    pub name: String,
    pub created: u64,
    /// The members of the last PutMetricFilter.
    pub definition: Value,
}

/// Metric filters by `group:name`; neither has a colon.
pub const FILTERS: Key<Filter> = Key::new("metric_filters");

/// The most of one log group. Source: the quotas of CloudWatch Logs.
const MOST: usize = 100;

pub const PART: Part = Part {
    operations: &[
        operation(
            "PutMetricFilter",
            put,
            "put anew as a whole, syntax of patterns, dimensions, 100 per group",
            "nothing is filtered",
        ),
        operation("DescribeMetricFilters", describe, "by group, prefix and metric, pages", ""),
        operation("DeleteMetricFilter", delete, "by group and name", ""),
    ],
    tables: &[&FILTERS],
    ..Part::NONE
};

fn key(group: &str, name: &str) -> String {
    format!("{group}:{name}")
}

/// The filters of a group.
pub fn of<'a>(context: &'a Context, group: &str) -> impl Iterator<Item = (&'a String, &'a Arc<Filter>)> + use<'a> {
    let start = key(group, "");
    context.region[FILTERS].from(&start).take_while(move |(key, _)| key.starts_with(&start))
}

/// Takes the filters of a group that goes.
pub fn delete_all(context: &mut Context, group: &str) {
    let keys: Vec<String> = of(context, group).map(|(key, _)| key.clone()).collect();
    keys.iter().for_each(|key| drop(context.region[FILTERS].remove(key)));
}

fn put(context: &mut Context, input: Input) -> Answer {
    let group = existing(context, input)?;
    let name = input.text("filterName").unwrap_or_default();
    let text = input.text("filterPattern").unwrap_or_default();
    let form = pattern::read(text).ok_or_else(|| invalid("Invalid metric filter pattern"))?;
    for transformation in input.structures("metricTransformations") {
        check(transformation, &form)?;
    }
    if context.region[GROUPS].get(group).is_some_and(|group| group.class != "STANDARD") {
        let text = "Metric filters are only supported for log groups of the class STANDARD.";
        return Err(Failure::new("InvalidOperationException", text));
    }
    let key = key(group, name);
    let old = context.region[FILTERS].get(&key);
    if old.is_none() && of(context, group).count() >= MOST {
        return Err(Failure::new("LimitExceededException", "Resource limit exceeded."));
    }
    let created = old.map_or(context.now, |old| old.created);
    let filter = Filter { group: group.to_owned(), name: name.to_owned(), created, definition: input.0.clone() };
    context.region[FILTERS].put(&key, filter);
    Ok(json!({}))
}

fn check(transformation: Input, form: &pattern::Form) -> Result<(), Failure> {
    for member in ["metricName", "metricNamespace"] {
        fits(transformation, member, |letter| !":*$".contains(letter), "[^:*$]*")?;
    }
    let value = transformation.text("metricValue").unwrap_or_default();
    if !(value.starts_with('$') || value.parse::<f64>().is_ok()) {
        return Err(invalid("Invalid metric transformation: metricValue must be a number or a field of the pattern"));
    }
    let dimensions = transformation.value("dimensions").as_object().map_or(0, serde_json::Map::len);
    if dimensions > 0 && *form == pattern::Form::Terms {
        return Err(invalid("The specified filter pattern does not support dimensions"));
    }
    if dimensions > 3 {
        return Err(invalid("Invalid metric transformation: at most 3 dimensions are supported"));
    }
    if dimensions > 0 && transformation.has("defaultValue") {
        return Err(invalid("Invalid metric transformation: dimensions and default value are mutually exclusive"));
    }
    Ok(())
}

fn describe(context: &mut Context, input: Input) -> Answer {
    let group = input.has("logGroupName").then(|| existing(context, input)).transpose()?;
    if input.has("metricName") != input.has("metricNamespace") {
        return Err(invalid("Both metricName and metricNamespace must be specified."));
    }
    let prefix = input.filled("filterNamePrefix");
    let produces = |filter: &Filter| {
        let same = |one: Input| ["metricName", "metricNamespace"].iter().all(|name| one.text(name) == input.text(name));
        !input.has("metricName") || Input(&filter.definition).structures("metricTransformations").any(same)
    };
    let (after, size) = page(input)?;
    let start = after.clone().unwrap_or_else(|| group.map_or(String::new(), |group| key(group, "")));
    let rows = context.region[FILTERS].from(&start).filter(|(_, filter)| {
        group.is_none_or(|group| filter.group == group)
            && prefix.is_none_or(|prefix| filter.name.starts_with(prefix))
            && produces(filter)
    });
    let (page, next) = paging::page(rows, after.as_deref(), size);
    let filters: Vec<Value> = page.into_iter().map(|filter| to_json(filter)).collect();
    Ok(json!({ "metricFilters": filters, "nextToken": next }))
}

fn to_json(filter: &Filter) -> Value {
    let mut row = filter.definition.clone();
    row["creationTime"] = filter.created.into();
    row["applyOnTransformedLogs"] = Input(&filter.definition).flag("applyOnTransformedLogs").unwrap_or(false).into();
    for transformation in row["metricTransformations"].as_array_mut().into_iter().flatten() {
        // A unit that nobody gave is told as this.
        if transformation.get("unit").is_none() {
            transformation["unit"] = "None".into();
        }
    }
    row
}

fn delete(context: &mut Context, input: Input) -> Answer {
    let group = existing(context, input)?;
    let name = input.text("filterName").unwrap_or_default();
    match context.region[FILTERS].remove(&key(group, name)) {
        Some(_) => Ok(json!({})),
        None => Err(missing("The specified metric filter does not exist.")),
    }
}
