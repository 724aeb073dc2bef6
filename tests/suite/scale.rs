//! A thousand resources of all five kinds: few calls, whatever their number.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::harness::{Emulator, Place, root};

/// What a plan of a thousand resources may ask of AWS: pages of a hundred, tags once.
const CALLS_MAX: u64 = 60;

#[test]
fn a_thousand_resources_take_few_calls() {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    place.write("main.hcl", &std::fs::read_to_string(root().join("tests/scale/main.hcl")).expect("the stack"));
    let at = ["--endpoint", emulator.url.as_str()];
    place.run(&[&["apply", "--auto-approve"], &at[..]].concat()).expect(0).says("1000 added, 0 changed");
    let before = calls(&emulator);
    place.run(&[&["plan", "--detailed-exitcode"], &at[..]].concat()).expect(0).says("1000 resources unchanged");
    let made = calls(&emulator) - before;
    assert!((1..=CALLS_MAX).contains(&made), "the plan made {made} calls");
}

/// AWS deletes a hundred alarms by one call: two hundred go by a few, with the looks before and after.
#[test]
fn alarms_that_go_take_few_calls() {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    place.write("main.hcl", ALARMS);
    let at = ["--endpoint", emulator.url.as_str()];
    place.run(&[&["apply", "--auto-approve"], &at[..]].concat()).expect(0).says("200 added");
    let before = calls(&emulator);
    place.run(&[&["destroy", "--auto-approve"], &at[..]].concat()).expect(0).says("200 destroyed");
    let made = calls(&emulator) - before;
    assert!((1..=CALLS_MAX).contains(&made), "they went by {made} calls");
}

const ALARMS: &str = r#"
environment "default" { region = "us-east-1" }
alarm "cpu" {
  count               = 200
  alarm_name          = "cpu-${count.index}"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "CPUUtilization"
  namespace           = "AWS/ElastiCache"
  period              = 60
  statistic           = "Average"
  threshold           = 80
  dimensions          = { CacheClusterId = "c-${count.index}" }
}
"#;

/// How many calls the emulator has answered.
fn calls(emulator: &Emulator) -> u64 {
    let address = emulator.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the emulator answers");
    let request = format!(
        "GET /_cachestack/calls HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nX-Cachestack-Control: 1\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    let calls: serde_json::Value = serde_json::from_str(body).expect("JSON");
    total(&calls)
}

/// All numbers of an answer together.
fn total(value: &serde_json::Value) -> u64 {
    match value {
        serde_json::Value::Number(number) => number.as_u64().unwrap_or(0),
        serde_json::Value::Array(items) => items.iter().map(total).sum(),
        serde_json::Value::Object(items) => items.values().map(total).sum(),
        _ => 0,
    }
}
