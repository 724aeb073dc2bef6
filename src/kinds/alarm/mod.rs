//! CloudWatch alarms on the metrics of caches.

mod among;
mod cache;
mod queries;
mod rules;
mod schema;
mod statistics;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Kind, Problem, Target};
use crate::kinds::{places, tags};
use crate::schema::Schema;
use crate::value::{Object, Value};

/// Whether an attribute has a value, also one that is not known yet.
fn is_set(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null() && value.as_items().is_none_or(|items| !items.is_empty()))
}

/// The blocks that `alarms` of a cache stands for, in the language.
pub const STANDARD: &str = include_str!("standard.hcl");

/// Their labels.
pub const STANDARD_ALARMS: [&str; 6] = ["cpu", "memory", "evictions", "lag", "hits", "throttled"];

/// Those of metrics that Memcached does not have.
pub const NOT_OF_MEMCACHED: [&str; 2] = ["memory", "throttled"];

/// The kind `alarm`.
pub struct Alarm;

impl Kind for Alarm {
    fn schema(&self) -> &'static Schema {
        &schema::SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        rules::check(desired)
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        let actions = ["alarm_actions", "ok_actions", "insufficient_data_actions"];
        let regrets = if among.protects { among::first_only(among) } else { Vec::new() };
        let places = places::check(among, "alarm", &actions);
        let unheard = among::unheard(among);
        [among::check(among), among::metrics(among), among::lag_of_primary(among), places, regrets, unheard].concat()
    }

    fn identify(&self, object: &Object) -> Option<String> {
        object.get("alarm_name").and_then(Value::as_str).map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        let Some(name) = self.identify(planned) else { return };
        planned.insert("id".into(), Value::string(&name));
        if let Some(arn) = target.arn("cloudwatch", &format!("alarm:{name}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let name = change.id.map_or_else(|| change.new("alarm_name"), Value::string);
        if change.after.is_none() {
            return Ok(vec![Call::new("DeleteAlarms", [("AlarmNames", Value::tuple(vec![name]))]).vanishes(1)]);
        }
        let creating = change.before.is_none();
        // These are sent in another form than they are written in.
        change.must_list("dimensions", &[])?;
        change.must_list("metric_query", &["metric"])?;
        if change
            .new("metric_query")
            .children()
            .filter_map(metric)
            .any(|metric| metric.get("dimensions").is_some_and(Value::is_unknown))
        {
            return Err(Problem::unknown("metric_query"));
        }
        let only_tags = change.changed.iter().all(|attribute| matches!(*attribute, "tags" | "tags_all"));
        let mut calls = Vec::new();
        if creating || !only_tags {
            calls.push(put(change, name, creating));
        }
        calls.extend(tags::calls(change, &tags::CLOUDWATCH, change.old("arn"))?);
        Ok(calls)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("alarm_name")
    }

    /// Source: CloudWatch API reference, DeleteAlarms.
    fn joins(&self, operation: &str) -> Option<(&'static str, usize)> {
        (operation == "DeleteAlarms").then_some(("AlarmNames", 100))
    }
}

/// The whole alarm: AWS has no call that changes a part of one. It ignores the tags of one that is there, and takes them
/// where others have just deleted it: then the call makes a new one, which is to be known as ours.
fn put(change: &Change, name: Value, creating: bool) -> Call {
    let new = |attribute: &str| change.new(attribute);
    let listed = |attribute: &str| {
        let value = new(attribute);
        if value.as_items().is_some_and(<[Value]>::is_empty) { Value::null() } else { value }
    };
    let args = [
        ("AlarmName", name),
        ("AlarmDescription", new("alarm_description")),
        ("ActionsEnabled", new("actions_enabled")),
        ("OKActions", listed("ok_actions")),
        ("AlarmActions", listed("alarm_actions")),
        ("InsufficientDataActions", listed("insufficient_data_actions")),
        ("MetricName", new("metric_name")),
        ("Namespace", new("namespace")),
        ("Statistic", new("statistic")),
        ("ExtendedStatistic", new("extended_statistic")),
        ("Dimensions", dimensions(&new("dimensions"))),
        ("Period", new("period")),
        ("Unit", new("unit")),
        ("EvaluationPeriods", new("evaluation_periods")),
        ("DatapointsToAlarm", new("datapoints_to_alarm")),
        ("Threshold", new("threshold")),
        ("ComparisonOperator", new("comparison_operator")),
        ("TreatMissingData", new("treat_missing_data")),
        ("EvaluateLowSampleCountPercentile", new("evaluate_low_sample_count_percentiles")),
        ("Metrics", queries(&new("metric_query"))),
        ("ThresholdMetricId", new("threshold_metric_id")),
        ("Tags", tags::at_create(change)),
    ];
    let causes = if creating { Vec::new() } else { change.changed.to_vec() };
    let call = Call::new("PutMetricAlarm", args).because(causes.into_iter().filter(|cause| *cause != "tags_all"));
    let dimensions = new("dimensions");
    let call = dimensions.children().fold(call, |call, value| call.assuming_set("dimensions", value));
    call.marked("Tags").settles(1)
}

/// A map as the list of names and values that the API wants.
fn dimensions(map: &Value) -> Value {
    let Some(items) = map.as_object() else { return map.clone() };
    let pair = |(name, value): (&std::sync::Arc<str>, &Value)| {
        Value::object(Object::from([("Name".into(), Value::string(name)), ("Value".into(), value.clone())]))
    };
    Value::tuple(items.iter().map(pair).collect())
}

fn queries(blocks: &Value) -> Value {
    let items = blocks.as_items().unwrap_or_default();
    if items.is_empty() {
        return if blocks.is_unknown() { blocks.clone() } else { Value::null() };
    }
    Value::tuple(items.iter().map(query).collect())
}

fn metric(query: &Value) -> Option<&Value> {
    query.get("metric").and_then(Value::as_items).and_then(<[Value]>::first)
}

fn query(block: &Value) -> Value {
    let members = [
        ("id", "Id"),
        ("account_id", "AccountId"),
        ("expression", "Expression"),
        ("label", "Label"),
        ("period", "Period"),
        ("return_data", "ReturnData"),
    ];
    let mut query = renamed(block, &members);
    if let Some(metric) = metric(block) {
        let mut what = renamed(metric, &[("metric_name", "MetricName"), ("namespace", "Namespace")]);
        let dimensions = dimensions(metric.get("dimensions").unwrap_or(&Value::null()));
        if !dimensions.is_null() {
            what.insert("Dimensions".into(), dimensions);
        }
        let mut stat = renamed(metric, &[("period", "Period"), ("stat", "Stat"), ("unit", "Unit")]);
        stat.insert("Metric".into(), Value::object(what));
        query.insert("MetricStat".into(), Value::object(stat));
    }
    Value::object(query)
}

fn renamed(block: &Value, members: &[(&str, &str)]) -> Object {
    let pairs = members.iter().filter_map(|(from, to)| {
        block.get(from).filter(|value| !value.is_null()).map(|value| ((*to).into(), value.clone()))
    });
    pairs.collect()
}
