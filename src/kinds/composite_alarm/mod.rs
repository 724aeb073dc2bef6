//! Alarms on the states of other alarms.

mod among;
mod rule;

use std::sync::LazyLock;

use crate::address::Address;
use crate::kind::{Among, Call, Change, Kind, Problem, Target};
use crate::kinds::{names, places, tags};
use crate::schema::{Attr, By, Hold, Rule, Schema};
use crate::value::{Object, Type, Value};

/// The kind `composite_alarm`.
pub struct CompositeAlarm;

const KIND: &str = "composite_alarm";

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let actions = |name| {
        Attr::optional(name, Type::set(Type::String))
            .refers("sns_topic", By::Arn, Hold::Uses)
            .rule(Rule::MaxItems(5))
            .rule(names::ARN)
    };
    let seconds = |name| Attr::required(name, Type::Number).rule(Rule::Range(0, i64::from(i32::MAX)));
    let suppressor = vec![
        Attr::required("alarm", Type::String)
            .rule(Rule::Length(1, 1600))
            .refers("alarm", By::Id, Hold::Mentions)
            .refers(KIND, By::Id, Hold::Mentions)
            .doc("The alarm that keeps the actions back, by name or ARN."),
        seconds("wait_period").doc("Seconds that are waited for it."),
        seconds("extension_period").doc("Seconds that actions are kept back after it."),
    ];
    let mut attrs = vec![
        Attr::required("alarm_name", Type::String).replace().rule(Rule::Length(1, 255)).doc("The name."),
        Attr::required("alarm_rule", Type::String)
            .rule(Rule::Length(1, 10_240))
            .refers("alarm", By::Id, Hold::Blocks)
            .refers(KIND, By::Id, Hold::Blocks)
            .within(rule::alarms)
            .fits(same_rule)
            .doc("The condition on other alarms: ALARM(a) AND NOT OK(b), AT_LEAST(2, ALARM, (a, b, c))."),
        Attr::optional("alarm_description", Type::String).rule(Rule::Length(0, 1024)).doc("What it is for."),
        Attr::optional("actions_enabled", Type::Bool).default(true).doc("Whether actions are carried out."),
        actions("alarm_actions").doc("ARNs that are told of an alarm."),
        actions("ok_actions").doc("ARNs that are told that all is well."),
        actions("insufficient_data_actions").doc("ARNs that are told of missing data."),
        Attr::single_block("actions_suppressor", suppressor).doc("An alarm that keeps the actions back."),
        Attr::computed("id", Type::String).doc("The name."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        tags::region(),
    ];
    attrs.extend(tags::attrs());
    let doc = "An alarm on the states of other alarms.";
    Schema::new(KIND, "aws_cloudwatch_composite_alarm", doc, attrs).whole()
});

/// Blanks and quotes make no other rule.
fn same_rule(now: &Value, wanted: &Value) -> bool {
    let (Some(now), Some(wanted)) = (now.as_str(), wanted.as_str()) else { return false };
    matches!((rule::parse(now), rule::parse(wanted)), (Ok(now), Ok(wanted)) if now == wanted)
}

impl Kind for CompositeAlarm {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let text = desired.get("alarm_rule").and_then(Value::as_str).filter(|text| !text.is_empty());
        let wrong = text.and_then(|text| rule::parse(text).err());
        let problem = wrong.map(|wrong| {
            Problem::error(
                "CS0850",
                "alarm_rule",
                "Not the rule of an alarm",
                format!("The rule {wrong}."),
                "Combine ALARM(name), OK(name) and INSUFFICIENT_DATA(name) with AND, OR, NOT and parentheses.",
            )
        });
        problem.into_iter().collect()
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        let actions = ["alarm_actions", "ok_actions", "insufficient_data_actions"];
        [among::check(among), places::check(among, "composite_alarm", &actions)].concat()
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
        let only_tags = change.changed.iter().all(|attribute| matches!(*attribute, "tags" | "tags_all"));
        let mut calls = Vec::new();
        if creating || !only_tags {
            calls.push(put(change, name)?);
        }
        calls.extend(tags::calls(change, &tags::CLOUDWATCH, change.old("arn"))?);
        Ok(calls)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("alarm_name")
    }
}

/// The whole alarm: AWS has no call that changes a part of one, and takes tags only where it makes one.
fn put(change: &Change, name: Value) -> Result<Call, Problem> {
    let new = |attribute: &str| change.new(attribute);
    let listed = |attribute: &str| {
        let value = new(attribute);
        if value.as_items().is_some_and(<[Value]>::is_empty) { Value::null() } else { value }
    };
    let blocks = new("actions_suppressor");
    if blocks.is_unknown() {
        return Err(Problem::unknown("actions_suppressor"));
    }
    let suppressor = blocks.as_items().and_then(<[Value]>::first);
    let part = |name: &str| suppressor.and_then(|block| block.get(name)).cloned().unwrap_or_else(Value::null);
    let args = [
        ("AlarmName", name),
        ("AlarmRule", new("alarm_rule")),
        ("AlarmDescription", new("alarm_description")),
        ("ActionsEnabled", new("actions_enabled")),
        ("AlarmActions", listed("alarm_actions")),
        ("OKActions", listed("ok_actions")),
        ("InsufficientDataActions", listed("insufficient_data_actions")),
        ("ActionsSuppressor", part("alarm")),
        ("ActionsSuppressorWaitPeriod", part("wait_period")),
        ("ActionsSuppressorExtensionPeriod", part("extension_period")),
        ("Tags", tags::at_create(change)),
    ];
    let causes = if change.before.is_none() { Vec::new() } else { change.changed.to_vec() };
    let call = Call::new("PutCompositeAlarm", args).because(causes.into_iter().filter(|cause| *cause != "tags_all"));
    Ok(call.marked("Tags").settles(1))
}
