//! Metric filters: metrics out of the logs that caches deliver.

mod among;
mod pattern;
mod rules;
mod schema;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Kind, Problem, Target};
use crate::schema::Schema;
use crate::value::{Object, Value, text};

/// The kind `log_metric_filter`.
pub struct LogMetricFilter;

const KIND: &str = "log_metric_filter";

/// The block that says which metric comes out; there is one.
fn transformation(object: &Object) -> Option<&Value> {
    object.get("metric_transformation").and_then(Value::as_items).and_then(<[Value]>::first)
}

impl Kind for LogMetricFilter {
    fn schema(&self) -> &'static Schema {
        &schema::SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        rules::check(desired)
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        among::check(among)
    }

    /// Names are unique in a log group.
    fn identify(&self, object: &Object) -> Option<String> {
        Some(format!("{}:{}", text(object, "log_group_name")?, text(object, "name")?))
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, _target: &Target) {
        // As with Terraform, the id is not what an import takes.
        if let Some(name) = text(planned, "name").map(str::to_owned) {
            planned.insert("id".into(), Value::string(name));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let (group, name) = match change.id.and_then(|id| id.split_once(':')) {
            Some((group, name)) => (Value::string(group), Value::string(name)),
            None => (change.new("log_group_name"), change.new("name")),
        };
        let names = [("logGroupName", group), ("filterName", name)];
        if change.after.is_none() {
            return Ok(vec![Call::new("DeleteMetricFilter", names).vanishes(1)]);
        }
        change.must_list("metric_transformation", &["dimensions"])?;
        let blocks = change.new("metric_transformation");
        let metrics = blocks.as_items().unwrap_or_default().iter().map(metric).collect();
        let args = names.into_iter().chain([
            ("filterPattern", change.new("pattern")),
            ("metricTransformations", Value::tuple(metrics)),
            ("applyOnTransformedLogs", change.new("apply_on_transformed_logs")),
        ]);
        let causes = if change.before.is_none() { &[] } else { change.changed };
        Ok(vec![Call::new("PutMetricFilter", args).because(causes.iter().copied()).settles(1)])
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("name")
    }

    fn name_scope(&self) -> Option<&'static str> {
        Some("log_group_name")
    }
}

/// A block in the form of the API. An empty map of dimensions is none.
fn metric(block: &Value) -> Value {
    let members = [
        ("name", "metricName"),
        ("namespace", "metricNamespace"),
        ("value", "metricValue"),
        ("default_value", "defaultValue"),
        ("unit", "unit"),
        ("dimensions", "dimensions"),
    ];
    let said = |value: &&Value| !value.is_null() && value.as_object().is_none_or(|map| !map.is_empty());
    let member = |(from, to): (&str, &str)| Some((to.into(), block.get(from).filter(said)?.clone()));
    Value::object(members.into_iter().filter_map(member).collect::<Object>())
}
