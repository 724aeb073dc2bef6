//! What CloudWatch refuses of alarms.

use super::super::failure::Failure;
use super::super::input::Input;
use super::invalid;

/// Actions are ARNs, and those that name a region name this one.
pub fn actions(input: Input, region: &str) -> Result<(), Failure> {
    for member in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
        if let Some(action) =
            input.texts(member).iter().find(|action| action.splitn(6, ':').count() < 6 || !action.starts_with("arn:"))
        {
            return Err(invalid(format!("Invalid arn syntax: {action}")));
        }
        let regions = input.texts(member);
        let regions = regions.iter().filter_map(|action| action.split(':').nth(3)).filter(|named| !named.is_empty());
        if let Some(other) = { regions }.find(|named| *named != region) {
            return Err(invalid(format!("Invalid region {other} specified. Only {region} is supported.")));
        }
    }
    Ok(())
}

/// The rules of PutMetricAlarm.
pub fn check(input: Input, region: &str) -> Result<(), Failure> {
    actions(input, region)?;
    check_words(input)?;
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

/// Words that the reference lists, and operators that need a band.
fn check_words(input: Input) -> Result<(), Failure> {
    let missing = input.filled("TreatMissingData").unwrap_or("missing");
    if !["breaching", "notBreaching", "ignore", "missing"].contains(&missing) {
        return Err(Failure::value(format!("The value {missing} for parameter TreatMissingData is not supported.")));
    }
    let operator = input.text("ComparisonOperator").unwrap_or_default();
    let of_bands = ["LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"];
    let by_metric = input.filled("ThresholdMetricId").is_some();
    if of_bands.contains(&operator) && !by_metric {
        return Err(invalid(format!("ComparisonOperator {operator} can only be used with ThresholdMetricId.")));
    }
    if by_metric && !of_bands.contains(&operator) && !input.has("Threshold") {
        return Err(invalid(format!("ComparisonOperator {operator} cannot be used with ThresholdMetricId.")));
    }
    if by_metric && !input.has("Metrics") {
        return Err(invalid("ThresholdMetricId can only be used with Metrics."));
    }
    Ok(())
}

fn check_period(input: Input) -> Result<(), Failure> {
    let period = input.number("Period").unwrap_or(60);
    if !is_period(period) {
        return Err(invalid("Metric period must be 10, 20, 30 or a multiple of 60."));
    }
    check_span(input, period)
}

/// An alarm looks back a day; with periods of an hour or more, a week.
fn check_span(input: Input, period: i64) -> Result<(), Failure> {
    let periods = input.number("EvaluationPeriods").unwrap_or(1);
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
    if let Some(id) = threshold_metric.filter(|id| !ids.contains(*id)) {
        return Err(invalid(format!("The ThresholdMetricId {id} is not the id of a metric.")));
    }
    let mut queries = input.structures("Metrics");
    let named = queries.find(|query| threshold_metric.is_some() && query.text("Id") == threshold_metric);
    let expression = named.map(|query| query.text("Expression").unwrap_or_default().trim().to_ascii_uppercase());
    if expression.is_some_and(|expression| !expression.starts_with("ANOMALY_DETECTION_BAND")) {
        return Err(invalid("The ThresholdMetricId must be the id of an ANOMALY_DETECTION_BAND expression."));
    }
    let timed = input.structures("Metrics").any(|query| query.has("MetricStat"));
    for query in input.structures("Metrics") {
        check_expression(query, &ids, timed)?;
        let stat = query.structure("MetricStat");
        let known = |stat: &str| STATISTICS.contains(&stat) || is_percentile(stat);
        if let Some(other) = stat.filled("Stat").filter(|stat| !known(stat)) {
            return Err(Failure::value(format!("The value {other} for parameter Stat is not supported.")));
        }
        if let Some(period) = period_of(query).filter(|period| !is_period(*period)) {
            return Err(invalid(format!("Metric period must be 10, 20, 30 or a multiple of 60, and is {period}.")));
        }
    }
    check_span(input, input.structures("Metrics").filter_map(period_of).max().unwrap_or(60))
}

/// The period of a query: that of its metric, or its own.
fn period_of(query: Input) -> Option<i64> {
    query.structure("MetricStat").number("Period").or(query.number("Period"))
}

const STATISTICS: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

fn is_period(seconds: i64) -> bool {
    [10, 20, 30].contains(&seconds) || seconds >= 60 && seconds % 60 == 0
}

/// Metric maths of an alarm: over metrics of the same request, without searches, with a period from somewhere.
fn check_expression(query: Input, ids: &std::collections::BTreeSet<String>, timed: bool) -> Result<(), Failure> {
    let Some(expression) = query.filled("Expression") else { return Ok(()) };
    let plain = outside_of_quotes(expression);
    if plain.to_ascii_uppercase().split_whitespace().collect::<String>().contains("SEARCH(") {
        return Err(invalid("SEARCH is not supported on Metric Alarms."));
    }
    if !timed && !query.has("Period") {
        return Err(invalid("Period must not be null"));
    }
    if plain.trim_start().to_ascii_uppercase().starts_with("SELECT") {
        return Ok(());
    }
    let words = plain.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '.'));
    let mut metrics = words.filter(|word| word.starts_with(|letter: char| letter.is_ascii_lowercase()));
    match metrics.find(|word| !ids.contains(*word)) {
        Some(unknown) => Err(invalid(format!("Error in expression: Undefined metric {unknown}"))),
        None => Ok(()),
    }
}

/// An expression with a blank for each text in quotes.
fn outside_of_quotes(expression: &str) -> String {
    let mut plain = String::new();
    let mut rest = expression;
    while let Some(at) = rest.find(['"', '\'']) {
        plain += &rest[..at];
        plain.push(' ');
        let quote = &rest[at..=at];
        let inner = &rest[at + 1..];
        rest = inner.find(quote).map_or("", |end| &inner[end + 1..]);
    }
    plain + rest
}
