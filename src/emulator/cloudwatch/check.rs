//! What CloudWatch refuses of alarms.

use super::super::failure::Failure;
use super::super::input::Input;
use super::invalid;

/// Actions are ARNs.
pub fn actions(input: Input) -> Result<(), Failure> {
    for member in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
        if let Some(action) =
            input.texts(member).iter().find(|action| action.splitn(6, ':').count() < 6 || !action.starts_with("arn:"))
        {
            return Err(invalid(format!("Invalid arn syntax: {action}")));
        }
    }
    Ok(())
}

/// The rules of PutMetricAlarm.
pub fn check(input: Input) -> Result<(), Failure> {
    actions(input)?;
    for member in ["EvaluationPeriods", "ComparisonOperator"] {
        if !input.has(member) && !input.has("EvaluationCriteria") {
            return Err(Failure::new("MissingParameter", format!("The parameter {member} is required.")));
        }
    }
    let metrics = input.has("Metrics");
    let single = ["MetricName", "Namespace", "Period", "Statistic", "ExtendedStatistic", "Dimensions", "Unit"];
    if let Some(member) = single.iter().find(|member| metrics && input.has(member)) {
        return Err(Failure::combination(format!("The parameter {member} cannot be used together with Metrics.")));
    }
    if metrics {
        return check_metrics(input);
    }
    if input.has("EvaluationCriteria") {
        return Ok(());
    }
    for member in ["MetricName", "Namespace", "Period"] {
        if !input.has(member) {
            return Err(Failure::new("MissingParameter", format!("The parameter {member} is required.")));
        }
    }
    if input.has("Statistic") == input.has("ExtendedStatistic") {
        return Err(Failure::combination("Exactly one of Statistic and ExtendedStatistic must be specified."));
    }
    if let Some(text) = input.text("ExtendedStatistic").filter(|text| !is_percentile(text)) {
        return Err(Failure::value(format!("The value {text} for parameter ExtendedStatistic is not supported.")));
    }
    if !input.has("Threshold") {
        return Err(Failure::new("MissingParameter", "The parameter Threshold is required."));
    }
    check_period(input)?;
    let (periods, to_alarm) = (input.number("EvaluationPeriods").unwrap_or(1), input.number("DatapointsToAlarm"));
    if to_alarm.is_some_and(|points| points > periods) {
        return Err(invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods."));
    }
    Ok(())
}

fn check_period(input: Input) -> Result<(), Failure> {
    let (period, periods) = (input.number("Period").unwrap_or(60), input.number("EvaluationPeriods").unwrap_or(1));
    if ![10, 20, 30].contains(&period) && (period < 60 || period % 60 != 0) {
        return Err(invalid("Metric period must be 10, 20, 30 or a multiple of 60."));
    }
    let most = if period < 3_600 { 86_400 } else { 604_800 };
    if period.saturating_mul(periods) > most {
        return Err(invalid(format!(
            "Metrics cannot be checked across more than {most} seconds (EvaluationPeriods * Period must be <= {most})."
        )));
    }
    Ok(())
}

/// `p99`, `p99.9`, `tm90`, `IQM`, `TS(80:)` and their like.
fn is_percentile(text: &str) -> bool {
    let names = ["tm", "tc", "ts", "wm", "p"];
    let lower = text.to_ascii_lowercase();
    let number = names.iter().find_map(|name| lower.strip_prefix(name));
    let plain = number.is_some_and(|number| number.parse::<f64>().is_ok_and(|number| (0.0..=100.0).contains(&number)));
    let range = ["tm(", "tc(", "ts(", "wm(", "pr("].iter().any(|name| lower.starts_with(name)) && lower.ends_with(')');
    plain || range || lower == "iqm"
}

fn check_metrics(input: Input) -> Result<(), Failure> {
    let threshold_metric = input.filled("ThresholdMetricId");
    if threshold_metric.is_some() == input.has("Threshold") {
        return Err(Failure::combination("Exactly one of Threshold and ThresholdMetricId must be specified."));
    }
    let mut ids = std::collections::BTreeSet::new();
    let mut returned = 0;
    for query in input.structures("Metrics") {
        let id = query.text("Id").unwrap_or("");
        if !id.starts_with(|letter: char| letter.is_ascii_lowercase()) || !ids.insert(id.to_owned()) {
            return Err(invalid(format!("The metric id {id} must be unique and begin with a lowercase letter.")));
        }
        if query.has("MetricStat") == query.has("Expression") {
            return Err(invalid(format!("The metric {id} must have either MetricStat or Expression.")));
        }
        if query.flag("ReturnData") != Some(false) && Some(id) != threshold_metric {
            returned += 1;
        }
    }
    if returned != 1 {
        return Err(invalid("Exactly one element of the metrics list should return data."));
    }
    Ok(())
}
