//! The rules of CloudWatch for an alarm.

use super::{cache, is_set, queries, statistics};
use crate::kind::Problem;
use crate::value::{Object, Value};

/// Applies every rule to a desired object. Unknown values are let pass.
pub(super) fn check(desired: &Object) -> Vec<Problem> {
    let mut problems = check_metric(desired);
    problems.extend(check_threshold(desired));
    problems.extend(check_period(desired));
    problems.extend(check_statistic(desired));
    problems.extend(queries::check(desired));
    problems.extend(cache::check(desired));
    problems
}

fn check_metric(desired: &Object) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (metric, queries) = (is_set(desired, "metric_name"), is_set(desired, "metric_query"));
    if metric == queries {
        let problem = Problem::error(
            "CS0571",
            if metric { "metric_query" } else { "metric_name" },
            "An alarm watches one thing",
            if metric {
                "`metric_name` and `metric_query` exclude each other."
            } else {
                "Neither `metric_name` nor `metric_query` is set."
            },
            "Set metric_name with namespace, period and statistic, or metric_query blocks.",
        );
        return vec![if metric { problem } else { problem.of_want() }];
    }
    let statistics = usize::from(is_set(desired, "statistic")) + usize::from(is_set(desired, "extended_statistic"));
    if metric && statistics != 1 {
        let problem = Problem::error(
            "CS0572",
            "statistic",
            "An alarm wants one statistic",
            if statistics == 0 {
                "Neither `statistic` nor `extended_statistic` is set."
            } else {
                "`statistic` and `extended_statistic` are both set."
            },
            if statistics == 0 { "Set statistic = \"Average\", for instance." } else { "Keep one of them." },
        );
        problems.push(if statistics == 0 { problem.of_want() } else { problem });
    }
    for name in ["namespace", "period"].into_iter().filter(|name| metric && !is_set(desired, name)) {
        let problem = Problem::error(
            "CS0573",
            name,
            "The metric is not fully described",
            format!("`metric_name` is set, and `{name}` is not."),
            if name == "namespace" { "Set namespace = \"AWS/ElastiCache\"." } else { "Set period = 60, for instance." },
        );
        problems.push(problem.of_want());
    }
    for name in ["dimensions", "period", "statistic", "extended_statistic", "namespace", "unit"] {
        if queries && is_set(desired, name) {
            problems.push(Problem::error(
                "CS0574",
                name,
                "The attribute belongs in the query",
                format!("`{name}` says more about `metric_name`, and this alarm has metric_query blocks."),
                "Move it into the `metric` block of the query.",
            ));
        }
    }
    problems
}

fn check_threshold(desired: &Object) -> Vec<Problem> {
    let (fixed, by_query) = (is_set(desired, "threshold"), is_set(desired, "threshold_metric_id"));
    let mut problems = Vec::new();
    // That a range needs a band is told of its operator.
    let of_band = desired.get("comparison_operator").and_then(Value::as_str).is_some_and(queries::is_of_bands);
    if fixed == by_query && (fixed || !of_band) {
        let problem = Problem::error(
            "CS0575",
            "threshold",
            "An alarm wants one threshold",
            "Exactly one of `threshold` and `threshold_metric_id` must be set.",
            "Set threshold = 80, for instance.",
        );
        problems.push(if fixed { problem } else { problem.of_want() });
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

/// Whether CloudWatch knows a period of so many seconds.
pub(super) fn is_period(seconds: i64) -> bool {
    matches!(seconds, 10 | 20 | 30) || seconds >= 60 && seconds % 60 == 0
}

fn check_period(desired: &Object) -> Vec<Problem> {
    let number = |name: &str| desired.get(name).and_then(Value::as_i64);
    let Some(period) = number("period") else { return Vec::new() };
    let mut problems = Vec::new();
    if !is_period(period) {
        problems.push(Problem::error(
            "CS0577",
            "period",
            "CloudWatch has no such period",
            format!("The period is {period} seconds."),
            "Use 10, 20, 30 or a multiple of 60; ElastiCache reports every 60 seconds.",
        ));
    }
    problems.extend(look_back(desired, period));
    problems
}

/// An alarm looks back a day at most; with periods of an hour or more, a week. Source: PutMetricAlarm.
pub(super) fn look_back(desired: &Object, period: i64) -> Option<Problem> {
    let periods = desired.get("evaluation_periods").and_then(Value::as_i64)?;
    let (most, told) = if period < 3_600 { (86_400, "one day") } else { (604_800, "seven days") };
    (periods.saturating_mul(period) > most).then(|| {
        Problem::error(
            "CS0578",
            "evaluation_periods",
            "An alarm looks back too far",
            format!("Periods of {period} seconds may be {told} at most, and {periods} of them are more."),
            "Lower evaluation_periods or period; with a period of an hour or more, seven days are allowed.",
        )
    })
}

fn check_statistic(desired: &Object) -> Option<Problem> {
    let text = desired.get("extended_statistic")?.as_str().filter(|text| !statistics::is_extended(text))?;
    let detail = format!("CloudWatch has no extended statistic \"{text}\".");
    Some(Problem::error("CS1039", "extended_statistic", "Unknown statistic", detail, statistics::HELP))
}
