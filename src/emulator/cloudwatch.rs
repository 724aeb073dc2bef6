//! CloudWatch: metric alarms and their tags. Nothing measures here: alarms stay as they are put, or as
//! `SetAlarmState` sets them.

use super::context::{Context, partition};
use super::failure::{Answer, Failure};
use super::input::Input;
use super::region::TAGS;
use super::service::{Part, Service, operation};
use super::table::Key;
use super::{paging, tags};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// A metric alarm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Alarm {
    pub name: String,
    /// The members of the last PutMetricAlarm, tags apart.
    pub definition: Value,
    pub actions_enabled: bool,
    pub updated: u64,
    pub state: String,
    pub reason: String,
    pub reason_data: Option<String>,
    pub state_updated: u64,
    pub state_changed: u64,
}

/// Alarms by name.
pub const ALARMS: Key<Alarm> = Key::new("alarms");

/// The service as the registry knows it.
pub const SERVICE: Service =
    Service { name: "cloudwatch", scope: "monitoring", parts: &[&PART], taggable: check_arn, ..Service::PLAIN };

const PART: Part = Part {
    operations: &[
        operation(
            "PutMetricAlarm",
            put,
            "put anew as a whole, rules of periods and statistics, tags at creation only",
            "alarms on metric maths are kept, not evaluated",
        ),
        operation("DescribeAlarms", describe, "by name, prefix, state and action, pages", "no composite alarms"),
        operation("DescribeAlarmsForMetric", describe_for_metric, "by metric and dimensions", ""),
        operation("DeleteAlarms", delete, "names of no alarm are passed over", ""),
        operation(
            "SetAlarmState",
            set_state,
            "until the next evaluation, which never comes",
            "actions are not carried out",
        ),
        operation("EnableAlarmActions", |context, input| Ok(switch_actions(context, input, true)), "by name", ""),
        operation("DisableAlarmActions", |context, input| Ok(switch_actions(context, input, false)), "by name", ""),
        operation(
            "GetMetricStatistics",
            |_, input| statistics(input),
            "checks of the request",
            "there are never data points",
        ),
        operation("TagResource", tag, "of alarms", ""),
        operation("UntagResource", untag, "of alarms", ""),
        operation("ListTagsForResource", list_tags, "of alarms", ""),
    ],
    tables: &[&ALARMS],
    ..Part::NONE
};

/// Caches of the emulator do no work, so that no metric ever has a data point.
fn statistics(input: Input) -> Answer {
    let (start, end) = (input.number("StartTime").unwrap_or(0), input.number("EndTime").unwrap_or(0));
    if start >= end {
        let text = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(Failure::combination(text));
    }
    if input.has("Statistics") == input.has("ExtendedStatistics") && !input.has("Statistics") {
        return Err(Failure::new("MissingParameter", "At least one of Statistics and ExtendedStatistics is needed."));
    }
    Ok(json!({ "Label": input.text("MetricName"), "Datapoints": [] }))
}

/// The ARN of an alarm.
fn arn(context: &Context, name: &str) -> String {
    format!("{}:cloudwatch:{}:{}:alarm:{name}", partition(context.region_name), context.region_name, context.account)
}

fn invalid(text: impl Into<String>) -> Failure {
    Failure::new("ValidationError", text)
}

fn put(context: &mut Context, input: Input) -> Answer {
    check(input)?;
    let name = input.text("AlarmName").unwrap_or("").to_owned();
    let mut definition = input.0.clone();
    if let Some(members) = definition.as_object_mut() {
        members.shift_remove("Tags");
        members.shift_remove("ActionsEnabled");
    }
    let actions_enabled = input.flag("ActionsEnabled").unwrap_or(true);
    let now = context.now;
    let old = context.region[ALARMS].get(&name);
    let alarm = match old.as_deref() {
        Some(old) => Alarm { definition, actions_enabled, updated: now, ..old.clone() },
        None => {
            let tags = tags::read(input, "Tags")?;
            let arn = arn(context, &name);
            tags::add(context.region, &arn, tags, || Failure::value("Too many tags."))?;
            Alarm {
                name: name.clone(),
                definition,
                actions_enabled,
                updated: now,
                state: "INSUFFICIENT_DATA".into(),
                reason: "Unchecked: Initial alarm creation".into(),
                reason_data: None,
                state_updated: now,
                state_changed: now,
            }
        }
    };
    context.region[ALARMS].put(&name, alarm);
    Ok(json!({}))
}

fn check(input: Input) -> Result<(), Failure> {
    for member in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
        if let Some(action) =
            input.texts(member).iter().find(|action| action.splitn(6, ':').count() < 6 || !action.starts_with("arn:"))
        {
            return Err(invalid(format!("Invalid arn syntax: {action}")));
        }
    }
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

fn describe(context: &mut Context, input: Input) -> Answer {
    let names = input.texts("AlarmNames");
    let prefix = input.filled("AlarmNamePrefix");
    if !names.is_empty() && prefix.is_some() {
        return Err(Failure::combination("AlarmNames and AlarmNamePrefix cannot be used together."));
    }
    let after = match input.filled("NextToken") {
        None => None,
        Some(token) => {
            Some(paging::open(token).ok_or_else(|| Failure::new("InvalidNextToken", "The next token is invalid."))?)
        }
    };
    let types = input.texts("AlarmTypes");
    let metric_alarms = types.is_empty() || types.iter().any(|kind| kind == "MetricAlarm");
    let (state, action) = (input.filled("StateValue"), input.filled("ActionPrefix"));
    let alarms = &context.region[ALARMS];
    let asked: Box<dyn Iterator<Item = _>> = match names.is_empty() {
        true => Box::new(alarms.from(after.as_deref().unwrap_or_default())),
        false => Box::new(alarms.some(&names)),
    };
    let rows = asked.filter(|(name, alarm)| {
        metric_alarms
            && prefix.is_none_or(|prefix| name.starts_with(prefix))
            && state.is_none_or(|state| alarm.state == state)
            && action.is_none_or(|action| has_action(alarm, action))
    });
    let size = input.number("MaxRecords").unwrap_or(50).clamp(1, 100) as usize;
    let size = if names.is_empty() { size } else { size.max(names.len()) };
    let (page, next) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|alarm| to_json(context, alarm)).collect();
    Ok(json!({ "MetricAlarms": rows, "CompositeAlarms": [], "NextToken": next }))
}

fn has_action(alarm: &Alarm, prefix: &str) -> bool {
    ["OKActions", "AlarmActions", "InsufficientDataActions"]
        .iter()
        .any(|member| Input(&alarm.definition).texts(member).iter().any(|action| action.starts_with(prefix)))
}

fn describe_for_metric(context: &mut Context, input: Input) -> Answer {
    let sorted = |value: &Value| {
        let mut pairs: Vec<String> =
            value.as_array().map_or(Vec::new(), |list| list.iter().map(Value::to_string).collect());
        pairs.sort();
        pairs
    };
    let same = |alarm: &&Arc<Alarm>| {
        let own = Input(&alarm.definition);
        ["MetricName", "Namespace"].iter().all(|member| own.text(member) == input.text(member))
            && ["Statistic", "ExtendedStatistic", "Unit"]
                .iter()
                .all(|member| !input.has(member) || own.text(member) == input.text(member))
            && (!input.has("Period") || own.number("Period") == input.number("Period"))
            && sorted(own.value("Dimensions")) == sorted(input.value("Dimensions"))
    };
    let rows: Vec<Value> = context.region[ALARMS].values().filter(same).map(|alarm| to_json(context, alarm)).collect();
    Ok(json!({ "MetricAlarms": rows }))
}

fn to_json(context: &Context, alarm: &Alarm) -> Value {
    let mut row = alarm.definition.clone();
    let own = json!({
        "AlarmArn": arn(context, &alarm.name), "AlarmConfigurationUpdatedTimestamp": alarm.updated,
        "ActionsEnabled": alarm.actions_enabled, "StateValue": alarm.state, "StateReason": alarm.reason,
        "StateReasonData": alarm.reason_data, "StateUpdatedTimestamp": alarm.state_updated,
        "StateTransitionedTimestamp": alarm.state_changed,
    });
    if let (Some(row), Value::Object(own)) = (row.as_object_mut(), own) {
        row.extend(own);
        // CloudWatch answers with these lists even where they are empty.
        for list in ["OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"] {
            row.entry(list).or_insert_with(|| json!([]));
        }
    }
    row
}

fn missing() -> Failure {
    Failure::missing("ResourceNotFound", "Unknown alarm")
}

fn delete(context: &mut Context, input: Input) -> Answer {
    let names = input.texts("AlarmNames");
    // The reference: alarms whose names are right are deleted whatever the other names are. AWS's own alarm resource
    // had to look for itself whether an alarm exists, since this call does not tell.
    for name in names {
        context.region[ALARMS].remove(&name);
        let arn = arn(context, &name);
        context.region[TAGS].remove(&arn);
    }
    Ok(json!({}))
}

fn set_state(context: &mut Context, input: Input) -> Answer {
    let data = input.filled("StateReasonData");
    if data.is_some_and(|data| serde_json::from_str::<Value>(data).is_err()) {
        return Err(Failure::new("InvalidFormat", "StateReasonData is not valid JSON"));
    }
    let now = context.now;
    let state = input.text("StateValue").unwrap_or("").to_owned();
    let done = context.region[ALARMS].update(input.text("AlarmName").unwrap_or(""), |alarm| {
        if alarm.state != state {
            alarm.state_changed = now;
        }
        alarm.state = state;
        alarm.reason = input.text("StateReason").unwrap_or("").to_owned();
        alarm.reason_data = data.map(str::to_owned);
        alarm.state_updated = now;
    });
    done.map(|()| json!({})).ok_or_else(missing)
}

fn switch_actions(context: &mut Context, input: Input, on: bool) -> Value {
    for name in input.texts("AlarmNames") {
        context.region[ALARMS].update(&name, |alarm| alarm.actions_enabled = on);
    }
    json!({})
}

/// The alarm that an ARN names must exist.
pub fn check_arn(context: &Context, text: &str) -> Result<(), Failure> {
    let name = text.splitn(7, ':').nth(6).unwrap_or("");
    if context.region[ALARMS].contains(name) && arn(context, name) == text {
        return Ok(());
    }
    Err(Failure::missing("ResourceNotFoundException", format!("The resource {text} does not exist.")))
}

fn tag(context: &mut Context, input: Input) -> Answer {
    let arn = input.text("ResourceARN").unwrap_or("");
    check_arn(context, arn)?;
    let new = tags::read(input, "Tags")?;
    tags::add(context.region, arn, new, || Failure::value("Too many tags."))?;
    Ok(json!({}))
}

fn untag(context: &mut Context, input: Input) -> Answer {
    let arn = input.text("ResourceARN").unwrap_or("");
    check_arn(context, arn)?;
    tags::remove(context.region, arn, input.texts("TagKeys").iter().map(String::as_str));
    Ok(json!({}))
}

fn list_tags(context: &mut Context, input: Input) -> Answer {
    let arn = input.text("ResourceARN").unwrap_or("");
    check_arn(context, arn)?;
    Ok(json!({ "Tags": tags::write(&tags::of(context.region, arn)) }))
}
