//! `cachestack emulate`: its options and its control API, over a socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::harness::{Emulator, Place};

/// Sends a request; the status and the body, or nothing where the connection broke.
fn send(emulator: &Emulator, line: &str, body: &str) -> Option<(u16, String)> {
    let address = emulator.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("a connection");
    let scope = "AWS4-HMAC-SHA256 Credential=123456789012/20270115/us-east-1/elasticache/aws4_request";
    let length = body.len();
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {scope}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned()))
}

pub fn aws(emulator: &Emulator, fields: &str) -> Option<(u16, String)> {
    send(emulator, "POST /", fields)
}

pub fn control(emulator: &Emulator, line: &str, body: &str) -> String {
    let (status, answer) = send(emulator, line, body).expect("an answer");
    assert_eq!(status, 200, "{line}: {answer}");
    answer
}

const MAKE: &str =
    "Action=CreateCacheParameterGroup&CacheParameterGroupName=p&CacheParameterGroupFamily=redis7&Description=d";
const SHOW: &str = "Action=DescribeCacheParameterGroups&CacheParameterGroupName=p";

/// Each kind of fault, as `--faults` takes it: what the first request to make and the first to show then meet.
#[test]
fn every_fault_can_be_asked_for() {
    let cases = [
        // the rule; the answers to making, making again and showing; whether they come late
        (r#"{ "match": "*:Create*", "throttle": { "per_second": 0.001 } }"#, ["200", "400 Throttling", "200"], false),
        (
            r#"{ "match": "*:Create*", "times": 1, "error": { "code": "InternalFailure", "status": 500 } }"#,
            ["500 InternalFailure", "200", "200"],
            false,
        ),
        (r#"{ "match": "*:Create*", "times": 1, "timeout": { "ms": 300 } }"#, ["broken", "200", "200"], true),
        (
            r#"{ "match": "*:Create*", "times": 1, "timeout": { "ms": 300, "done": true } }"#,
            ["broken", "400 CacheParameterGroupAlreadyExists", "200"],
            true,
        ),
        (
            r#"{ "match": "*:Create*", "times": 1, "latency": { "ms": 300, "jitter_ms": 50 } }"#,
            ["200", "400 CacheParameterGroupAlreadyExists", "200"],
            true,
        ),
        (
            r#"{ "match": "*:Describe*", "stale": { "seconds": 60 } }"#,
            ["200", "400 CacheParameterGroupAlreadyExists", "404 CacheParameterGroupNotFound"],
            false,
        ),
    ];
    for (number, (rule, expected, late)) in cases.iter().enumerate() {
        let plan = format!(r#"{{ "seed": 7, "rules": [{rule}] }}"#);
        let place = Place::new();
        place.write("faults.json", &plan);
        let given = if number % 2 == 0 { plan.as_str() } else { "faults.json" };
        let emulator = Emulator::start_in(place, &["--speed", "instant", "--faults", given]);
        let began = Instant::now();
        let met = [MAKE, MAKE, SHOW].map(|fields| match aws(&emulator, fields) {
            None => "broken".to_owned(),
            Some((200, _)) => "200".to_owned(),
            Some((status, body)) => {
                let code = body.split("<Code>").nth(1).and_then(|rest| rest.split('<').next());
                format!("{status} {}", code.unwrap_or_default())
            }
        });
        assert_eq!(met, *expected, "{rule}");
        // A busy machine may be late by itself; what is asked to be late must be.
        assert!(!*late || began.elapsed() >= Duration::from_millis(300), "{rule}");
        assert!(control(&emulator, "GET /_cachestack/faults", "").contains("\"hits\":1"), "{rule}");
        control(&emulator, "DELETE /_cachestack/faults", "");
        assert_eq!(aws(&emulator, SHOW).expect("an answer").0, 200, "{rule}");
    }
}

#[test]
fn faults_that_make_no_sense_are_refused_at_once() {
    for (given, why) in [
        ("{", "--faults"),
        ("none.json", "there is no such file"),
        (r#"{ "rules": [{ "explode": {} }] }"#, "explode"),
        (r#"{ "rules": [{ "probability": 2, "latency": { "ms": 1 } }] }"#, "`probability` must be between 0 and 1"),
    ] {
        let run = Place::new().run(&["emulate", "--listen", "127.0.0.1:0", "--faults", given]).expect(1);
        assert!(run.stderr.contains(why), "{given}: {}", run.stderr);
    }
}

/// The page for users, read from top to bottom.
#[test]
fn the_control_api_does_what_its_page_says() {
    let place = Place::new();
    let world = place.path().join("caches.world");
    let emulator = Emulator::start_in(place, &["--speed", "real", "--world", "caches.world"]);
    assert!(control(&emulator, "GET /_cachestack/health", "").contains("ok"));
    let group = "Action=CreateReplicationGroup&ReplicationGroupId=g&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro&SnapshotRetentionLimit=2&SnapshotWindow=03:00-04:00";
    let status = || {
        let (_, body) = aws(&emulator, "Action=DescribeReplicationGroups").expect("an answer");
        body.split("<Status>").nth(1).and_then(|rest| rest.split('<').next()).map(str::to_owned)
    };
    assert_eq!(aws(&emulator, group).expect("an answer").0, 200);
    assert_eq!(status().as_deref(), Some("creating"));
    let export = control(&emulator, "GET /_cachestack/export", "");
    control(&emulator, "POST /_cachestack/clock", r#"{"advance_seconds": 3600}"#);
    assert_eq!(status().as_deref(), Some("available"));
    control(&emulator, "POST /_cachestack/clock", r#"{"advance_seconds": 864000}"#);
    let (_, snapshots) = aws(&emulator, "Action=DescribeSnapshots").expect("an answer");
    let kept = snapshots.matches("<SnapshotName>automatic.g-").count();
    assert!((1..=3).contains(&kept), "{kept} of ten daily snapshots are kept");
    assert!(control(&emulator, "GET /_cachestack/calls", "").contains("\"elasticache:CreateReplicationGroup\":1"));
    control(&emulator, "DELETE /_cachestack/calls", "");
    assert_eq!(control(&emulator, "GET /_cachestack/calls", "").trim(), "{}");
    control(&emulator, "POST /_cachestack/reset", "");
    assert_eq!(status(), None);
    control(&emulator, "POST /_cachestack/import", &export);
    assert_eq!(status().as_deref(), Some("creating"));
    control(&emulator, "POST /_cachestack/clock", r#"{"offset_seconds": 0}"#);
    assert!(control(&emulator, "GET /_cachestack/clock", "").contains("\"offset_seconds\":0"));
    assert!(control(&emulator, "GET /_cachestack/operations", "").contains("DescribeReplicationGroups"));
    control(&emulator, "POST /_cachestack/quotas", r#"{"nodes": 1}"#);
    let (refused, _) = aws(&emulator, &group.replace("Id=g", "Id=h")).expect("an answer");
    assert_eq!(refused, 400);
    assert!(std::fs::metadata(world).expect("the world's file").len() > 0);
}

/// The secret comes from the environment or from a file, and is printed nowhere.
#[test]
fn signatures_are_verified_when_asked_for() {
    let refused = |given: &[&str], place: Place, why: &str| {
        let run =
            place.run(&[&["emulate", "--listen", "127.0.0.1:0", "--verify-signatures"], given].concat()).expect(1);
        assert!(run.stderr.contains(why) && !run.stderr.contains("hidden"), "{given:?}: {}", run.stderr);
    };
    refused(&[], Place::new(), "AWS_ACCESS_KEY_ID is not set");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012");
    refused(&[], place, "AWS_SECRET_ACCESS_KEY is not set");
    refused(&["none"], Place::new(), "there is no such file");
    let place = Place::new();
    place.write("keys", "[default]\naws_secret_access_key = hidden\n");
    refused(&["keys"], place, "[default] has no `aws_access_key_id`");

    let place = Place::new();
    place.write("keys", "[default]\naws_access_key_id = 123456789012\naws_secret_access_key = hidden\n");
    let of_file = Emulator::start_in(place, &["--verify-signatures", "keys"]);
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "another").env("AWS_SECRET_ACCESS_KEY", "hidden");
    let of_environment = Emulator::start_in(place, &["--verify-signatures"]);
    for emulator in [of_file, of_environment] {
        // This client writes a scope and signs nothing.
        let (status, body) = aws(&emulator, SHOW).expect("an answer");
        assert!(status == 400 && body.contains("IncompleteSignature") && !body.contains("hidden"), "{status} {body}");
        assert!(control(&emulator, "GET /_cachestack/health", "").contains("ok"));
    }
}
