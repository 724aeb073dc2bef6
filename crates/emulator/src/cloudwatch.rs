//! CloudWatch: alarms and their tags, dashboards, and metrics, which are made up as the control API asks. Alarms do not
//! look at them: metric alarms stay as they are put, or as `SetAlarmState` sets them, and composite alarms follow them.

mod check;
mod composite;
mod dashboards;
mod math;
pub mod metrics;
mod rule;

use super::context::{Context, partition};
use super::failure::{Answer, Failure};
use super::input::Input;
use super::region::TAGS;
use super::service::{Part, Service, operation};
use super::table::Key;
use super::{paging, tags};
use check::check;
use composite::COMPOSITES;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// An alarm: on a metric, or on other alarms.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Alarm {
    pub name: String,
    /// The members of the last request that put it, tags apart.
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
pub const SERVICE: Service = Service {
    name: "cloudwatch",
    scope: "monitoring",
    parts: &[&PART, &composite::PART, &dashboards::PART, &metrics::PART],
    taggable: check_arn,
    ..Service::PLAIN
};

const PART: Part = Part {
    operations: &[
        operation(
            "PutMetricAlarm",
            put,
            "put anew as a whole, rules of periods and statistics, tags at creation only",
            "alarms on metric maths are kept, not evaluated",
        ),
        operation(
            "DescribeAlarms",
            describe,
            "by name, prefix, state, action and type, parents and children, pages",
            "",
        ),
        operation("DescribeAlarmsForMetric", describe_for_metric, "by metric and dimensions", ""),
        operation(
            "DeleteAlarms",
            delete,
            "names of no alarm are passed over, alarms that a composite alarm names are refused",
            "",
        ),
        operation(
            "SetAlarmState",
            set_state,
            "until the next evaluation, which never comes",
            "actions are not carried out",
        ),
        operation("EnableAlarmActions", |context, input| Ok(switch_actions(context, input, true)), "by name", ""),
        operation("DisableAlarmActions", |context, input| Ok(switch_actions(context, input, false)), "by name", ""),
        operation("TagResource", tag, "of alarms", ""),
        operation("UntagResource", untag, "of alarms", ""),
        operation("ListTagsForResource", list_tags, "of alarms", ""),
    ],
    tables: &[&ALARMS],
    ..Part::NONE
};

/// The ARN of an alarm.
fn arn(context: &Context, name: &str) -> String {
    format!("{}:cloudwatch:{}:{}:alarm:{name}", partition(context.region_name), context.region_name, context.account)
}

fn invalid(text: impl Into<String>) -> Failure {
    Failure::new("ValidationError", text)
}

fn put(context: &mut Context, input: Input) -> Answer {
    check(input, context.region_name)?;
    let name = input.text("AlarmName").unwrap_or("").to_owned();
    if context.region[COMPOSITES].contains(&name) {
        return Err(invalid(format!("A composite alarm with the name {name} already exists")));
    }
    let old = context.region[ALARMS].get(&name);
    let alarm = fresh(context, input, old.as_deref())?;
    context.region[ALARMS].put(&name, alarm);
    Ok(json!({}))
}

/// An alarm as a request puts it: of one that is there, state and tags stay.
fn fresh(context: &mut Context, input: Input, old: Option<&Alarm>) -> Result<Alarm, Failure> {
    let name = input.text("AlarmName").unwrap_or("").to_owned();
    let mut definition = input.0.clone();
    if let Some(members) = definition.as_object_mut() {
        members.shift_remove("Tags");
        members.shift_remove("ActionsEnabled");
    }
    let actions_enabled = input.flag("ActionsEnabled").unwrap_or(true);
    let now = context.now;
    if let Some(old) = old {
        return Ok(Alarm { definition, actions_enabled, updated: now, ..old.clone() });
    }
    let tags = tags::read(input, "Tags")?;
    let arn = arn(context, &name);
    tags::add(context.region, &arn, tags, || Failure::value("Too many tags."))?;
    Ok(Alarm {
        name,
        definition,
        actions_enabled,
        updated: now,
        state: "INSUFFICIENT_DATA".into(),
        reason: "Unchecked: Initial alarm creation".into(),
        reason_data: None,
        state_updated: now,
        state_changed: now,
    })
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
    if let Some(relatives) = composite::relatives(context, input)? {
        return Ok(relatives);
    }
    let types = input.texts("AlarmTypes");
    let asks = |kind: &str| types.iter().any(|asked| asked == kind);
    let (state, action) = (input.filled("StateValue"), input.filled("ActionPrefix"));
    // Composite alarms are told only where they are asked for, and behind the others.
    let tables = [("m", ALARMS, types.is_empty() || asks("MetricAlarm")), ("n", COMPOSITES, asks("CompositeAlarm"))];
    let rows = tables.into_iter().filter(|(.., asked)| *asked).flat_map(|(sort, key, _)| {
        let from = after.as_deref().and_then(|after| after.strip_prefix(sort)).unwrap_or_default();
        let table = &context.region[key];
        let asked: Box<dyn Iterator<Item = _>> = match names.is_empty() {
            true => Box::new(table.from(from)),
            false => Box::new(table.some(&names)),
        };
        asked.map(move |(name, alarm)| (format!("{sort}{name}"), (sort, name, alarm)))
    });
    let rows = rows.filter(|(_, (_, name, alarm))| {
        prefix.is_none_or(|prefix| name.starts_with(prefix))
            && state.is_none_or(|state| alarm.state == state)
            && action.is_none_or(|action| has_action(alarm, action))
    });
    let size = input.number("MaxRecords").unwrap_or(50).clamp(1, 100) as usize;
    let size = if names.is_empty() { size } else { size.max(names.len()) };
    let (page, next) = paging::page(rows, after.as_deref(), size);
    let (of_metrics, of_alarms): (Vec<_>, Vec<_>) = page.into_iter().partition(|(sort, ..)| *sort == "m");
    let told = |rows: Vec<(&str, &String, &Arc<Alarm>)>| -> Vec<Value> {
        rows.into_iter().map(|(_, _, alarm)| to_json(context, alarm)).collect()
    };
    Ok(json!({ "MetricAlarms": told(of_metrics), "CompositeAlarms": told(of_alarms), "NextToken": next }))
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
        let watches = (!row.contains_key("AlarmRule")).then_some("Dimensions");
        for list in ["OKActions", "AlarmActions", "InsufficientDataActions"].into_iter().chain(watches) {
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
    composite::check_delete(context, &names)?;
    // The reference: alarms whose names are right are deleted whatever the other names are. AWS's own alarm resource
    // had to look for itself whether an alarm exists, since this call does not tell.
    for name in names {
        context.region[ALARMS].remove(&name);
        context.region[COMPOSITES].remove(&name);
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
    let name = input.text("AlarmName").unwrap_or("");
    let composite = context.region[COMPOSITES].contains(name);
    let key = if composite { COMPOSITES } else { ALARMS };
    let done = context.region[key].update(name, |alarm| {
        if alarm.state != state {
            alarm.state_changed = now;
        }
        alarm.state = state;
        alarm.reason = input.text("StateReason").unwrap_or("").to_owned();
        alarm.reason_data = data.map(str::to_owned);
        alarm.state_updated = now;
    });
    done.ok_or_else(missing)?;
    if !composite {
        composite::settle(context);
    }
    Ok(json!({}))
}

fn switch_actions(context: &mut Context, input: Input, on: bool) -> Value {
    for name in input.texts("AlarmNames") {
        for key in [ALARMS, COMPOSITES] {
            context.region[key].update(&name, |alarm| alarm.actions_enabled = on);
        }
    }
    json!({})
}

/// The alarm that an ARN names must exist.
pub fn check_arn(context: &Context, text: &str) -> Result<(), Failure> {
    let name = text.splitn(7, ':').nth(6).unwrap_or("");
    let there = context.region[ALARMS].contains(name) || context.region[COMPOSITES].contains(name);
    if there && arn(context, name) == text {
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
