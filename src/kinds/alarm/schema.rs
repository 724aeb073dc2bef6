//! The attributes of an alarm.

use std::sync::LazyLock;

use crate::catalog::metrics::UNITS;
use crate::kinds::{names, tags};
use crate::schema::{Attr, By, Hold, Rule, Schema};
use crate::value::Type;

const COMPARISONS: &[&str] = &[
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
];
const STATISTICS: &[&str] = &["SampleCount", "Average", "Sum", "Minimum", "Maximum"];
const MISSING: &[&str] = &["missing", "ignore", "breaching", "notBreaching"];

pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = watched();
    attrs.extend(judged());
    attrs.extend([
        Attr::computed("id", Type::String).doc("The name."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        tags::region(),
    ]);
    attrs.extend(tags::attrs());
    Schema::new("alarm", "aws_cloudwatch_metric_alarm", "An alarm on a metric of a cache.", attrs).whole().aimed()
});

fn watched() -> Vec<Attr> {
    let metric = vec![
        Attr::required("metric_name", Type::String).rule(Rule::Length(1, 255)).doc("The metric."),
        Attr::optional("namespace", Type::String).doc("Its namespace."),
        Attr::required("period", Type::Number).doc("Seconds of each datapoint."),
        Attr::required("stat", Type::String).doc("The statistic."),
        Attr::optional("unit", Type::String).one_of(UNITS).doc("The unit."),
        Attr::optional("dimensions", Type::map(Type::String)).doc("What the metric is of."),
    ];
    let query = vec![
        Attr::required("id", Type::String).doc("The name of the query in expressions."),
        Attr::optional("account_id", Type::String).doc("The account of the metric."),
        Attr::optional("expression", Type::String).rule(Rule::Length(1, 1024)).doc("Metric math over other queries."),
        Attr::optional("label", Type::String).doc("What graphs call it."),
        Attr::optional("period", Type::Number).doc("Seconds of each datapoint."),
        Attr::optional("return_data", Type::Bool).default(false).doc("Whether the alarm watches this query."),
        Attr::single_block("metric", metric).doc("A metric."),
    ];
    vec![
        Attr::optional("metric_name", Type::String).rule(Rule::Length(1, 255)).doc("The metric."),
        Attr::optional("namespace", Type::String)
            .rule(Rule::Length(1, 255))
            .doc("Its namespace; AWS/ElastiCache beside a target."),
        Attr::optional("statistic", Type::String).one_of(STATISTICS).doc("The statistic."),
        Attr::optional("extended_statistic", Type::String).doc("A percentile, p99 for instance."),
        Attr::optional("period", Type::Number).doc("Seconds of each datapoint: 10, 20, 30 or a multiple of 60."),
        Attr::optional("unit", Type::String).one_of(UNITS).doc("The unit of the metric."),
        Attr::optional("dimensions", Type::map(Type::String)).rule(Rule::Length(1, 1024)).doc("What the metric is of."),
        Attr::blocks("metric_query", query).known_by("id").at_most(20).doc("A query, instead of one metric."),
    ]
}

fn judged() -> Vec<Attr> {
    let actions = |name| {
        Attr::optional(name, Type::set(Type::String))
            .refers("sns_topic", By::Arn, Hold::Uses)
            .rule(Rule::MaxItems(5))
            .rule(names::ARN)
    };
    vec![
        Attr::required("alarm_name", Type::String).replace().rule(Rule::Length(1, 255)).doc("The name."),
        Attr::optional("alarm_description", Type::String).rule(Rule::Length(0, 1024)).doc("What it is for."),
        Attr::required("comparison_operator", Type::String)
            .one_of(COMPARISONS)
            .doc("How value and threshold are compared."),
        Attr::required("evaluation_periods", Type::Number)
            .rule(Rule::Range(1, 10_080))
            .doc("Periods that are looked at."),
        Attr::optional("datapoints_to_alarm", Type::Number)
            .rule(Rule::Range(1, 10_080))
            .doc("Periods that must be over."),
        Attr::optional("threshold", Type::Number).doc("The threshold."),
        Attr::optional("threshold_metric_id", Type::String).doc("The query that is the threshold."),
        Attr::optional("treat_missing_data", Type::String)
            .default("missing")
            .one_of(MISSING)
            .doc("What a missing datapoint counts as."),
        Attr::optional_computed("evaluate_low_sample_count_percentiles", Type::String)
            .one_of(&["evaluate", "ignore"])
            .doc("What percentiles of few samples count as."),
        Attr::optional("actions_enabled", Type::Bool).default(true).doc("Whether actions are carried out."),
        actions("alarm_actions").doc("ARNs that are told of an alarm."),
        actions("ok_actions").doc("ARNs that are told that all is well."),
        actions("insufficient_data_actions").doc("ARNs that are told of missing data."),
    ]
}
