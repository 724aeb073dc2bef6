//! CloudWatch alarms on the metrics of caches.

use std::sync::LazyLock;

use crate::catalog::metrics;
use crate::diag::did_you_mean;
use crate::kind::{Call, Change, Kind, Problem, Target};
use crate::kinds::{names, tags};
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

/// The kind.
pub struct Alarm;

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
/// Source: the CloudWatch service model.
const UNITS: &[&str] = &[
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = watched();
    attrs.extend(judged());
    attrs.extend([
        Attr::computed("id", Type::String).doc("The name."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        tags::region(),
    ]);
    attrs.extend(tags::attrs());
    Schema { kind: "alarm", terraform: "aws_cloudwatch_metric_alarm", doc: "An alarm on a metric of a cache.", attrs }
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
        Attr::blocks("metric_query", query).at_most(20).doc("A query, instead of one metric."),
    ]
}

fn judged() -> Vec<Attr> {
    let actions = |name| Attr::optional(name, Type::set(Type::String)).rule(Rule::MaxItems(5)).rule(names::ARN);
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

impl Kind for Alarm {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let mut problems = check_metric(desired);
        problems.extend(check_threshold(desired));
        problems.extend(check_period(desired));
        problems.extend(check_cache_metric(desired));
        problems
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
}

/// The whole alarm: AWS has no call that changes a part of one, and ignores tags but at create.
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
        ("Tags", if creating { tags::at_create(change) } else { Value::null() }),
    ];
    let causes = if creating { Vec::new() } else { change.changed.to_vec() };
    let call = Call::new("PutMetricAlarm", args).because(causes.into_iter().filter(|cause| *cause != "tags_all"));
    let dimensions = new("dimensions");
    let call = dimensions.children().fold(call, |call, value| call.assuming_set("dimensions", value));
    if creating { call.marked("Tags").settles(1) } else { call.settles(1) }
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

fn is_set(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null() && value.as_items().is_none_or(|items| !items.is_empty()))
}

fn check_metric(desired: &Object) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (metric, queries) = (is_set(desired, "metric_name"), is_set(desired, "metric_query"));
    if metric == queries {
        problems.push(Problem::error(
            "CS0571",
            if metric { "metric_query" } else { "metric_name" },
            "An alarm watches one thing",
            if metric {
                "`metric_name` and `metric_query` exclude each other."
            } else {
                "Neither `metric_name` nor `metric_query` is set."
            },
            "Set metric_name with namespace, period and statistic, or metric_query blocks.",
        ));
        return problems;
    }
    let statistics = usize::from(is_set(desired, "statistic")) + usize::from(is_set(desired, "extended_statistic"));
    if metric && statistics != 1 {
        problems.push(Problem::error(
            "CS0572",
            "statistic",
            "An alarm wants one statistic",
            if statistics == 0 {
                "Neither `statistic` nor `extended_statistic` is set."
            } else {
                "`statistic` and `extended_statistic` are both set."
            },
            if statistics == 0 { "Set statistic = \"Average\", for instance." } else { "Keep one of them." },
        ));
    }
    for name in ["namespace", "period"].into_iter().filter(|name| metric && !is_set(desired, name)) {
        problems.push(Problem::error(
            "CS0573",
            name,
            "The metric is not fully described",
            format!("`metric_name` is set, and `{name}` is not."),
            if name == "namespace" { "Set namespace = \"AWS/ElastiCache\"." } else { "Set period = 60, for instance." },
        ));
    }
    for name in ["dimensions", "period", "statistic", "extended_statistic", "namespace", "unit"] {
        if queries && is_set(desired, name) {
            problems.push(Problem::error(
                "CS0574",
                name,
                "It belongs into the query",
                format!("`{name}` says more about `metric_name`, and this alarm has metric_query blocks."),
                "Move it into a metric block.",
            ));
        }
    }
    problems
}

fn check_threshold(desired: &Object) -> Vec<Problem> {
    let (fixed, by_query) = (is_set(desired, "threshold"), is_set(desired, "threshold_metric_id"));
    let mut problems = Vec::new();
    if fixed == by_query {
        problems.push(Problem::error(
            "CS0575",
            "threshold",
            "An alarm wants one threshold",
            "Exactly one of `threshold` and `threshold_metric_id` must be set.",
            "Set threshold = 80, for instance.",
        ));
    }
    let number = |name: &str| desired.get(name).and_then(Value::as_i64);
    if let (Some(points), Some(periods)) = (number("datapoints_to_alarm"), number("evaluation_periods"))
        && points > periods
    {
        problems.push(Problem::error(
            "CS0576",
            "datapoints_to_alarm",
            "More datapoints than periods",
            format!("{points} datapoints cannot be over in {periods} periods."),
            "Lower datapoints_to_alarm, or raise evaluation_periods.",
        ));
    }
    problems
}

fn check_period(desired: &Object) -> Vec<Problem> {
    let number = |name: &str| desired.get(name).and_then(Value::as_i64);
    let Some(period) = number("period") else { return Vec::new() };
    let mut problems = Vec::new();
    if !matches!(period, 10 | 20 | 30) && (period < 60 || period % 60 != 0) {
        problems.push(Problem::error(
            "CS0577",
            "period",
            "CloudWatch has no such period",
            format!("The period is {period} seconds."),
            "Use 10, 20, 30 or a multiple of 60; ElastiCache reports every 60 seconds.",
        ));
    }
    if number("evaluation_periods").is_some_and(|periods| periods.saturating_mul(period) > 604_800) {
        problems.push(Problem::error(
            "CS0578",
            "evaluation_periods",
            "An alarm looks back too far",
            "Periods times seconds may be seven days at most.",
            "Lower evaluation_periods or period.",
        ));
    }
    problems
}

/// What is only true of the metrics of ElastiCache.
fn check_cache_metric(desired: &Object) -> Vec<Problem> {
    if desired.get("namespace").and_then(Value::as_str) != Some(metrics::namespace()) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    if let Some(name) = desired.get("metric_name").and_then(Value::as_str)
        && metrics::get(name).is_none()
    {
        let near = did_you_mean(name, metrics::names());
        let problem = Problem::error(
            "CS0579",
            "metric_name",
            "Unknown metric",
            format!("ElastiCache reports no metric \"{name}\", so the alarm would never have data."),
            near.map_or("See the list of metrics in the ElastiCache user guide.".to_owned(), |near| {
                format!("Did you mean \"{near}\"?")
            }),
        );
        problems.push(if near.is_some() { problem } else { problem.warning() });
    }
    if is_set(desired, "metric_name") && desired.get("dimensions").is_none_or(Value::is_null) {
        let problem = Problem::error(
            "CS0580",
            "dimensions",
            "The alarm watches the whole account",
            "Without dimensions a metric of ElastiCache is the aggregate of all nodes of the account in this region.",
            "Set `target` to a replication group, or dimensions = { CacheClusterId = \"<id of a node>\" }.",
        );
        problems.push(problem.warning());
    }
    problems
}
