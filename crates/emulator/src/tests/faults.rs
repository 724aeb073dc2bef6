//! Faults as a client meets them.

use super::{GROUP, SHOW, cache, done, options, query, text};
use crate::{Emulator, Request, Speed};
use serde_json::{Value, json};
use std::time::Duration;

fn control(emulator: &Emulator, method: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request { method: method.into(), path: "/_cachestack/faults".into(), body, ..Request::default() };
    let response = emulator.handle(&request);
    (response.status, serde_json::from_slice(&response.body).expect("JSON"))
}

fn faulty(rule: Value) -> (Emulator, crate::clock::VirtualClock) {
    let (options, clock) = options(Speed::Instant);
    let emulator = Emulator::in_memory(options);
    let (status, shown) = control(&emulator, "POST", &json!({ "rules": [rule] }));
    assert_eq!(status, 200, "{shown}");
    (emulator, clock)
}

#[test]
fn each_service_throttles_in_its_own_words() {
    for (service, fields, status, code) in [
        ("elasticache", "Action=DescribeEvents", 400, "<Code>Throttling</Code>"),
        ("ec2", "Action=DescribeVpcs&Version=2016-11-15", 503, "<Code>RequestLimitExceeded</Code>"),
        ("monitoring", "Action=DescribeAlarms&Version=2010-08-01", 400, "<Code>Throttling</Code>"),
    ] {
        let (emulator, clock) = faulty(json!({ "throttle": { "per_second": 1 } }));
        assert_eq!(emulator.handle(&query(service, fields)).status, 200);
        let refused = emulator.handle(&query(service, fields));
        assert_eq!(refused.status, status);
        assert!(text(&refused).contains(code), "{}", text(&refused));
        clock.advance(Duration::from_secs(1));
        assert_eq!(emulator.handle(&query(service, fields)).status, 200);
    }
}

#[test]
fn a_refused_request_changes_nothing_and_a_lost_answer_does() {
    let lost = |done: bool| json!({ "match": "*:Create*", "times": 1, "timeout": { "ms": 5000, "done": done } });
    let refused = json!({ "match": "*:Create*", "times": 1, "error": { "code": "InternalFailure", "status": 500 } });
    for (rule, dropped, made) in [(refused, false, false), (lost(false), true, false), (lost(true), true, true)] {
        let (emulator, _) = faulty(rule.clone());
        let delivery = emulator.deliver(&query("elasticache", GROUP));
        assert_eq!(delivery.dropped, dropped, "{rule}");
        assert_eq!(delivery.delay, Duration::from_secs(if dropped { 5 } else { 0 }), "{rule}");
        assert_eq!(cache(&emulator, SHOW).0 == 200, made, "{rule}");
    }
}

#[test]
fn reads_may_be_stale_and_writes_are_not() {
    let (emulator, clock) = faulty(json!({ "stale": { "seconds": 10 } }));
    done(&emulator, GROUP);
    clock.advance(Duration::from_secs(5));
    assert_eq!(cache(&emulator, SHOW).0, 404);
    assert_eq!(cache(&emulator, GROUP).0, 400, "the group exists all the same");
    clock.advance(Duration::from_secs(6));
    assert_eq!(cache(&emulator, SHOW).0, 200);
    done(&emulator, "Action=DeleteReplicationGroup&ReplicationGroupId=g");
    clock.advance(Duration::from_secs(1));
    assert_eq!(cache(&emulator, SHOW).0, 200, "the answer is as old as before");
}

#[test]
fn faults_are_shown_and_taken_away() {
    let (emulator, _) = faulty(json!({ "latency": { "ms": 250 } }));
    assert_eq!(emulator.deliver(&query("elasticache", "Action=DescribeEvents")).delay, Duration::from_millis(250));
    let (_, shown) = control(&emulator, "GET", &Value::Null);
    assert_eq!((&shown["rules"][0]["hits"], &shown["rules"][0]["match"]), (&json!(1), &json!("*")));
    assert_eq!(control(&emulator, "POST", &json!({ "rules": [{ "latency": {} }] })).0, 400);
    assert_eq!(control(&emulator, "DELETE", &Value::Null).0, 200);
    assert_eq!(emulator.deliver(&query("elasticache", "Action=DescribeEvents")).delay, Duration::ZERO);
}
