//! The attributes of a metric filter.

use std::sync::LazyLock;

use crate::catalog::metrics::UNITS;
use crate::kinds::{log_group, tags};
use crate::schema::{Attr, By, Hold, Rule, Schema};
use crate::value::{Type, Value};

fn is_filter_name(text: &str) -> bool {
    !text.contains([':', '*'])
}

fn is_metric_name(text: &str) -> bool {
    !text.contains([':', '*', '$'])
}

/// Source: the service model of CloudWatch Logs.
const FILTER_NAME: Rule = Rule::Test(is_filter_name, "a name without : and *");
const METRIC_NAME: Rule = Rule::Test(is_metric_name, "a name without :, * and $");

pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let metric = vec![
        Attr::required("name", Type::String).rule(Rule::Length(1, 255)).rule(METRIC_NAME).doc("The metric."),
        Attr::required("namespace", Type::String).rule(Rule::Length(1, 255)).rule(METRIC_NAME).doc("Its namespace."),
        Attr::required("value", Type::String)
            .rule(Rule::Length(1, 100))
            .doc("What a match adds: a number, or a field of the pattern: $.size, $size."),
        Attr::optional("default_value", Type::Number).doc("What is reported while nothing matches."),
        Attr::optional("unit", Type::String).default("None").one_of(UNITS).doc("The unit."),
        Attr::optional("dimensions", Type::map(Type::String)).doc("Fields of the pattern that tell metrics apart."),
    ];
    let attrs = vec![
        Attr::required("name", Type::String)
            .replace()
            .rule(Rule::Length(1, 512))
            .rule(FILTER_NAME)
            .doc("The name, unique in its log group."),
        Attr::required("log_group_name", Type::String)
            .refers("log_group", By::Id, Hold::Uses)
            .replace()
            .rule(Rule::Length(1, 512))
            .rule(log_group::NAME)
            .doc("The log group."),
        Attr::required("pattern", Type::String)
            .rule(Rule::Length(0, 1024))
            .normalize(trimmed)
            .doc("Which events match; every event with an empty pattern."),
        Attr::single_block("metric_transformation", metric).doc("The metric that comes out."),
        Attr::optional("apply_on_transformed_logs", Type::Bool)
            .ours_alone()
            .default(false)
            .doc("Whether events are matched after the group's transformer has changed them."),
        Attr::computed("id", Type::String).doc("The name."),
        tags::region(),
    ];
    Schema::new(super::KIND, "aws_cloudwatch_log_metric_filter", "A metric out of the events of a log group.", attrs)
        .whole()
});

/// Blanks around a pattern mean nothing.
fn trimmed(value: Value) -> Value {
    match value.as_str() {
        Some(text) => Value::string(text.trim()).with_mark(value.sensitive),
        None => value,
    }
}
