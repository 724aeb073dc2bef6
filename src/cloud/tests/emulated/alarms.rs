//! Composite alarms and dashboards.

use super::*;
use crate::kind::ErrorClass;

fn metric_alarm(name: &str) -> Object {
    attributes(&[
        ("alarm_name", name.into()),
        ("comparison_operator", "GreaterThanThreshold".into()),
        ("evaluation_periods", Value::int(1)),
        ("metric_name", "CPUUtilization".into()),
        ("namespace", "AWS/ElastiCache".into()),
        ("period", Value::int(60)),
        ("statistic", "Average".into()),
        ("threshold", Value::int(90)),
    ])
}

#[test]
fn a_composite_alarm_lives() {
    let world = World::new(Speed::Instant);
    let kind = "composite_alarm";
    let child = world.create("alarm", &metric_alarm("busy"));
    let desired = attributes(&[
        ("alarm_name", "page".into()),
        ("alarm_rule", "ALARM(\"busy\") AND\n NOT OK(busy)".into()),
        ("alarm_description", "d".into()),
        ("alarm_actions", Value::string_set(["arn:aws:sns:us-east-1:111122223333:t"])),
        ("actions_enabled", false.into()),
        ("tags_all", tag_map()),
    ]);
    let made = world.create(kind, &desired);
    assert_eq!(made["arn"].as_str(), Some("arn:aws:cloudwatch:us-east-1:111122223333:alarm:page"));
    let suppressor =
        object(&[("alarm", "busy".into()), ("extension_period", Value::int(10)), ("wait_period", Value::int(20))]);
    let changes = [
        ("alarm_rule", "AT_LEAST(1, NOT OK, (busy))".into()),
        ("actions_suppressor", Value::list(Type::Any, vec![suppressor])),
        ("alarm_description", Value::null_of(Type::String)),
        ("tags_all", Value::string_map([("stage", "test")])),
    ];
    let changed = world.update(kind, &made, &changes);
    assert_eq!(world.observe("alarm", "page"), None, "it is no metric alarm");
    let delete = |name: &str| Call::new("DeleteAlarms", [("AlarmNames", Value::strings([name]))]);
    let refused = world.invoke("alarm", &delete("busy")).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Fatal);
    assert_eq!(refused.message, "Cannot delete busy as there are composite alarm(s) depending on it.");
    let stray = [("AlarmName", "x".into()), ("AlarmRule", "ALARM(none)".into())];
    let refused = world.invoke(kind, &Call::new("PutCompositeAlarm", stray)).unwrap_err();
    assert!(refused.message.contains("alarms [none] in the alarm rule do not exist"), "{}", refused.message);
    world.delete(kind, &changed);
    world.delete("alarm", &child);
}

#[test]
fn a_dashboard_lives() {
    let world = World::new(Speed::Instant);
    let body = |text: &str| {
        format!(r#"{{"widgets": [{{"type": "text", "x": 0, "y": 0, "properties": {{"markdown": "{text}"}}}}]}}"#)
    };
    let desired = attributes(&[("dashboard_name", "d-1".into()), ("dashboard_body", body("a").as_str().into())]);
    let made = world.create("dashboard", &desired);
    assert_eq!(made["dashboard_arn"].as_str(), Some("arn:aws:cloudwatch::111122223333:dashboard/d-1"));
    let changed = world.update("dashboard", &made, &[("dashboard_body", body("b").as_str().into())]);
    for (wrong, want) in [
        ("{}", "Should have required property 'widgets'"),
        ("nonsense", "must be a valid JSON object"),
        (
            r#"{"widgets": [{"type": "metric", "x": 30, "properties": {"metrics": []}}]}"#,
            "there are 3 validation errors",
        ),
    ] {
        let put = Call::new("PutDashboard", [("DashboardName", "d-1".into()), ("DashboardBody", wrong.into())]);
        let refused = world.invoke("dashboard", &put).unwrap_err();
        assert_eq!(refused.class, ErrorClass::Fatal);
        assert!(refused.message.contains(want), "{}", refused.message);
    }
    world.delete("dashboard", &changed);
    let delete = Call::new("DeleteDashboards", [("DashboardNames", Value::strings(["d-1"]))]);
    assert_eq!(world.invoke("dashboard", &delete).unwrap_err().class, ErrorClass::NotFound);
}
