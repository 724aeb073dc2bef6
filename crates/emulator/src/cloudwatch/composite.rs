//! Composite alarms: alarms on the states of others, which follow those at once.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::service::{Part, operation};
use super::super::table::Key;
use super::check::actions;
use super::rule::Rule;
use super::{ALARMS, Alarm, arn, fresh, invalid, missing};
use serde_json::{Value, json};

/// Composite alarms by name.
pub const COMPOSITES: Key<Alarm> = Key::new("composite_alarms");

/// Composite alarms as a part of the service.
pub const PART: Part = Part {
    operations: &[operation(
        "PutCompositeAlarm",
        put,
        "put anew as a whole, the rule read and its alarms looked for, evaluated at once",
        "actions and their suppressor are not carried out",
    )],
    tables: &[&COMPOSITES],
    ..Part::NONE
};

fn put(context: &mut Context, input: Input) -> Answer {
    let name = input.text("AlarmName").unwrap_or("").to_owned();
    actions(input, context.region_name)?;
    let rule = Rule::read(input.text("AlarmRule").unwrap_or(""))?;
    if context.region[ALARMS].contains(&name) {
        return Err(invalid(format!("A metric alarm with the name {name} already exists")));
    }
    let gone: Vec<&str> = rule.alarms().into_iter().filter(|alarm| state(context, alarm).is_none()).collect();
    if !gone.is_empty() {
        let gone = gone.join(", ");
        return Err(invalid(format!(
            "Could not save the composite alarm as alarms [{gone}] in the alarm rule do not exist"
        )));
    }
    check_suppressor(context, input)?;
    let old = context.region[COMPOSITES].get(&name);
    let alarm = fresh(context, input, old.as_deref())?;
    context.region[COMPOSITES].put(&name, alarm);
    settle(context);
    Ok(json!({}))
}

fn check_suppressor(context: &Context, input: Input) -> Result<(), Failure> {
    let periods = ["ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"];
    let Some(suppressor) = input.filled("ActionsSuppressor") else {
        return match periods.into_iter().find(|member| input.has(member)) {
            Some(member) => Err(invalid(format!("{member} can only be set with ActionsSuppressor"))),
            None => Ok(()),
        };
    };
    if let Some(member) = periods.into_iter().find(|member| !input.has(member)) {
        return Err(Failure::new("MissingParameter", format!("The parameter {member} is required.")));
    }
    state(context, suppressor).map(drop).ok_or_else(|| invalid(format!("The alarm {suppressor} does not exist")))
}

/// The name of an alarm of this account and region, given by its name or ARN.
fn name_of<'a>(context: &Context, alarm: &'a str) -> &'a str {
    let own = arn(context, "");
    alarm.strip_prefix(own.as_str()).unwrap_or(alarm)
}

/// The state of an alarm of either sort, where there is one.
fn state(context: &Context, alarm: &str) -> Option<String> {
    let name = name_of(context, alarm);
    let found = context.region[ALARMS].get(name).or_else(|| context.region[COMPOSITES].get(name));
    found.map(|alarm| alarm.state.clone())
}

fn rule(alarm: &Alarm) -> Option<Rule> {
    Rule::read(Input(&alarm.definition).text("AlarmRule")?).ok()
}

/// Whether the rule of a composite alarm names an alarm.
pub fn names(context: &Context, parent: &Alarm, child: &str) -> bool {
    rule(parent).is_some_and(|rule| rule.alarms().into_iter().any(|alarm| name_of(context, alarm) == child))
}

/// The alarms that a composite alarm names.
pub fn children(context: &Context, parent: &str) -> Vec<String> {
    let rule = context.region[COMPOSITES].get(parent).and_then(|alarm| rule(&alarm));
    let names = |rule: Rule| rule.alarms().into_iter().map(|alarm| name_of(context, alarm).to_owned()).collect();
    rule.map(names).unwrap_or_default()
}

/// Brings composite alarms to the states that their rules say. Alarms that name each other never come to an end.
pub fn settle(context: &mut Context) {
    for _ in 0..50 {
        let mut changed = Vec::new();
        for (name, alarm) in context.region[COMPOSITES].iter() {
            let Some(rule) = rule(alarm) else { continue };
            let holds = rule.holds(&|alarm| state(context, alarm).unwrap_or_default());
            let new = if holds { "ALARM" } else { "OK" };
            if alarm.state != new {
                changed.push((name.clone(), new));
            }
        }
        if changed.is_empty() {
            return;
        }
        for (name, new) in changed {
            let now = context.now;
            context.region[COMPOSITES].update(&name, |alarm| {
                alarm.state = new.to_owned();
                alarm.reason = format!("{} transitioned to {new} by its rule", alarm.name);
                alarm.reason_data = None;
                (alarm.state_updated, alarm.state_changed) = (now, now);
            });
        }
    }
}

/// Refuses to delete what composite alarms name, and more than one of those at once. Source of the first text:
/// cloud-custodian/cloud-custodian#7763.
pub fn check_delete(context: &Context, names: &[String]) -> Result<(), Failure> {
    let composites = context.region[COMPOSITES].some(names).count();
    if composites > 1 {
        return Err(invalid("Only one composite alarm can be deleted at a time"));
    }
    let stays = |alarm: &Alarm| !names.contains(&alarm.name);
    let held = |name: &&String| {
        let there = context.region[ALARMS].contains(name) || context.region[COMPOSITES].contains(name);
        there && context.region[COMPOSITES].values().any(|alarm| stays(alarm) && self::names(context, alarm, name))
    };
    let held: Vec<&str> = names.iter().filter(held).map(String::as_str).collect();
    if held.is_empty() {
        return Ok(());
    }
    let pronoun = if held.len() == 1 { "it" } else { "them" };
    Err(invalid(format!("Cannot delete {} as there are composite alarm(s) depending on {pronoun}.", held.join(","))))
}

/// The parents or the children of an alarm, as far as DescribeAlarms tells of them.
pub fn relatives(context: &Context, input: Input) -> Result<Option<Value>, Failure> {
    let (parents_of, children_of) = (input.filled("ParentsOfAlarmName"), input.filled("ChildrenOfAlarmName"));
    if parents_of.is_none() && children_of.is_none() {
        return Ok(None);
    }
    let others = ["AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "ActionPrefix"];
    if parents_of.is_some() && children_of.is_some() || others.iter().any(|member| input.has(member)) {
        return Err(invalid("ParentsOfAlarmName and ChildrenOfAlarmName cannot be used with other parameters"));
    }
    let bare = |alarm: &Alarm, state: bool| {
        let mut row = json!({ "AlarmName": alarm.name, "AlarmArn": arn(context, &alarm.name) });
        if state {
            row["StateValue"] = json!(alarm.state);
            row["StateUpdatedTimestamp"] = json!(alarm.state_updated);
        }
        row
    };
    if let Some(child) = parents_of {
        let parents = context.region[COMPOSITES].values().filter(|alarm| names(context, alarm, child));
        let rows: Vec<Value> = parents.map(|alarm| bare(alarm, false)).collect();
        return Ok(Some(json!({ "MetricAlarms": [], "CompositeAlarms": rows })));
    }
    let parent = children_of.unwrap_or_default();
    if !context.region[COMPOSITES].contains(parent) {
        return Err(missing());
    }
    let children = children(context, parent);
    let rows = |key| context.region[key].some(&children).map(|(_, alarm)| bare(alarm, true)).collect::<Vec<Value>>();
    Ok(Some(json!({ "MetricAlarms": rows(ALARMS), "CompositeAlarms": rows(COMPOSITES) })))
}
