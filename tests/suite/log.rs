//! The log of calls: one line each, of every service, and nothing that anyone must not see.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::harness::{Emulator, Place};

/// All that a line may have.
const MEMBERS: &[&str] = &[
    "time",
    "level",
    "environment",
    "service",
    "operation",
    "region",
    "attempt",
    "duration_ms",
    "status",
    "code",
    "request_id",
    "error",
];

const STACK: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

user "app" {
  user_id       = "object-of-mine"
  user_name     = "app"
  engine        = "redis"
  access_string = "on ~* +@read"
  passwords     = [secret("env:PASSWORD")]
}

replication_group "r" {
  replication_group_id       = "object-of-mine"
  description                = "described"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.micro"
  transit_encryption_enabled = true
  auth_token                 = secret("env:TOKEN")
}

alarm "cpu" {
  alarm_name          = "object-of-mine"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "EngineCPUUtilization"
  namespace           = "AWS/ElastiCache"
  period              = 60
  statistic           = "Average"
  threshold           = 90
}

log_group "slow" { name = "object-of-mine" }

sns_topic "news" { name = "object-of-mine" }

security_group "s" {
  name        = "object-of-mine"
  description = "described"
}
"#;

const HIDDEN: &[&str] = &["a-password-nobody-may-see", "a-token-nobody-may-see", "object-of-mine", "described", "read"];

fn place(stack: &str) -> Place {
    let mut place = Place::new();
    place.env("PASSWORD", HIDDEN[0]).env("TOKEN", HIDDEN[1]);
    place.write("main.hcl", stack);
    place
}

fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is a JSON object")).collect()
}

#[test]
fn every_call_has_a_line_and_no_line_has_an_argument() {
    let place = place(STACK);
    place.run(&["apply", "--auto-approve", "--log", "calls.jsonl"]).expect(0);
    let text = place.read("calls.jsonl");
    for hidden in HIDDEN {
        assert!(!text.contains(hidden), "the log has {hidden}");
    }
    let lines = lines(&text);
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in &lines {
        let members = line.as_object().expect("an object");
        assert!(members.keys().all(|name| MEMBERS.contains(&name.as_str())), "{line}");
        assert!(line["request_id"].is_string() && line["status"].is_u64() && line["duration_ms"].is_u64(), "{line}");
        assert_eq!(line["attempt"], 1, "{line}");
        assert_eq!(line["environment"], "local", "{line}");
        asked
            .entry(line["service"].as_str().expect("a service"))
            .or_default()
            .insert(line["operation"].as_str().expect("a name"));
    }
    for (service, operation) in [
        ("elasticache", "CreateUser"),
        ("elasticache", "CreateReplicationGroup"),
        ("elasticache", "DescribeReplicationGroups"),
        ("monitoring", "PutMetricAlarm"),
        ("logs", "CreateLogGroup"),
        ("sns", "CreateTopic"),
        ("ec2", "CreateSecurityGroup"),
        ("sts", "GetCallerIdentity"),
    ] {
        assert!(
            asked.get(service).is_some_and(|names| names.contains(operation)),
            "no {service} {operation}: {asked:?}"
        );
    }
    assert!(lines.iter().all(|line| line["region"] == "us-west-2"), "{text}");
    place.run(&["plan", "--log=calls.jsonl"]).expect(0);
    assert!(place.read("calls.jsonl").starts_with(&text), "a log is appended to");
}

#[test]
fn a_level_leaves_lines_out() {
    let mut place = place(STACK);
    let of = |place: &Place, args: &[&str]| lines(&place.run(args).expect(0).stderr);
    assert!(of(&place, &["plan", "--json"]).is_empty(), "no log unless somebody asks for one");
    assert!(of(&place, &["plan", "--json", "--log", "-"]).iter().any(|line| line["level"] == "info"));
    assert!(of(&place, &["plan", "--json", "--log", "-", "--log-level", "off"]).is_empty());
    assert!(of(&place, &["plan", "--json", "-log-level=error"]).is_empty());
    place.run(&["plan", "--log-level", "loud"]).expect(1);
    place.env("CACHESTACK_LOG", "info");
    assert!(!of(&place, &["plan", "--json"]).is_empty(), "CACHESTACK_LOG is a level");
    assert!(of(&place, &["plan", "--json", "--log-level", "off"]).is_empty(), "an option comes before it");
}

/// A call that is refused because of rate, or has no answer, has a line for each try.
#[test]
fn tries_are_counted() {
    let faults = r#"{ "seed": 1, "rules": [
        { "match": "*:CreateUser", "times": 2, "error": { "code": "Throttling", "status": 400 } }] }"#;
    let emulator = Emulator::start_in(Place::new(), &["--speed", "instant", "--faults", faults]);
    let place = place(STACK);
    place.run(&["apply", "--auto-approve", "--endpoint", &emulator.url, "--log", "calls.jsonl"]).expect(0);
    let lines = lines(&place.read("calls.jsonl"));
    let tries: Vec<_> = lines.iter().filter(|line| line["operation"] == "CreateUser").collect();
    let told: Vec<_> =
        tries.iter().map(|line| (line["attempt"].as_u64(), line["code"].as_str(), line["level"].as_str())).collect();
    let refused = |number| (Some(number), Some("Throttling"), Some("warn"));
    assert_eq!(told, [refused(1), refused(2), (Some(3), None, Some("info"))]);
}
