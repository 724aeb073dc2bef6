//! Tests of the emulator as a client sees it, and of its file as a crash leaves it.

mod damage;
mod faults;
mod gate;
mod many;
mod old;
mod pricing;
mod processes;
mod replay;
mod rules;
mod signatures;
mod strangers;
mod table;

use super::{Emulator, Options, Request, Response, Speed};
use crate::clock::VirtualClock;
use crate::disk;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const START: u64 = 1_800_000_000;

fn options(speed: Speed) -> (Options, VirtualClock) {
    let clock = VirtualClock::at(START);
    (Options { speed, clock: Arc::new(clock.clone()), ..Options::default() }, clock)
}

fn instant() -> Options {
    options(Speed::Instant).0
}

/// A query request of a service, with fields as `Name=value` separated by `&`.
fn query(service: &str, fields: &str) -> Request {
    Request {
        method: "POST".into(),
        path: "/".into(),
        headers: vec![
            (
                "Authorization".into(),
                format!(
                    "AWS4-HMAC-SHA256 Credential=123456789012/20270115/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
                ),
            ),
            ("Content-Type".into(), "application/x-www-form-urlencoded".into()),
        ],
        body: fields.as_bytes().to_vec(),
    }
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

fn cache(emulator: &Emulator, fields: &str) -> (u16, String) {
    let response = emulator.handle(&query("elasticache", fields));
    (response.status, text(&response))
}

fn done(emulator: &Emulator, fields: &str) -> String {
    let (status, body) = cache(emulator, fields);
    assert_eq!(status, 200, "{fields}: {body}");
    body
}

fn control(emulator: &Emulator, method: &str, path: &str, body: Vec<u8>) -> Response {
    let path = format!("/_cachestack/{path}");
    let response = emulator.handle(&Request { method: method.into(), path, body, ..Request::default() });
    assert_eq!(response.status, 200, "{}", text(&response));
    response
}

const GROUP: &str = "Action=CreateReplicationGroup&ReplicationGroupId=g&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro&Engine=redis&EngineVersion=7.1&NumCacheClusters=2";
const SHOW: &str = "Action=DescribeReplicationGroups&ReplicationGroupId=g";

#[test]
fn a_group_comes_up_node_by_node_and_goes_away() {
    let (options, clock) = options(Speed::Real);
    let emulator = Emulator::in_memory(options);
    let body = done(&emulator, GROUP);
    assert!(body.contains("<Status>creating</Status>") && !body.contains("<NodeGroups>"), "{body}");
    let member = |id: &str| done(&emulator, &format!("Action=DescribeCacheClusters&CacheClusterId={id}"));
    clock.advance(Duration::from_secs(301));
    assert!(member("g-001").contains("<CacheClusterStatus>available<"));
    assert!(member("g-002").contains("<CacheClusterStatus>creating<"));
    clock.advance(Duration::from_secs(120));
    assert!(member("g-002").contains("<CacheClusterStatus>available<"));
    let body = done(&emulator, SHOW);
    assert!(
        body.contains("<Status>available</Status>") && body.contains("<CurrentRole>primary</CurrentRole>"),
        "{body}"
    );
    done(&emulator, "Action=DeleteReplicationGroup&ReplicationGroupId=g");
    assert!(done(&emulator, SHOW).contains("<Status>deleting</Status>"));
    clock.advance(Duration::from_secs(301));
    let (status, body) = cache(&emulator, SHOW);
    assert_eq!(status, 404);
    assert!(body.contains("<Code>ReplicationGroupNotFoundFault</Code>"), "{body}");
}

#[test]
fn an_old_timer_leaves_a_new_group_of_the_same_name_alone() {
    let (options, clock) = options(Speed::Real);
    let emulator = Emulator::in_memory(options);
    done(&emulator, &format!("{GROUP}&SnapshotRetentionLimit=1"));
    clock.advance(Duration::from_secs(1_000));
    done(
        &emulator,
        "Action=ModifyReplicationGroup&ReplicationGroupId=g&EngineVersion=7.1&CacheNodeType=cache.t3.small",
    );
    done(&emulator, "Action=DescribeReplicationGroups");
    done(&emulator, "Action=DeleteReplicationGroup&ReplicationGroupId=g");
    clock.advance(Duration::from_secs(1_000));
    done(&emulator, GROUP);
    clock.advance(Duration::from_secs(8 * 86_400));
    let body = done(&emulator, SHOW);
    assert!(body.contains("<CacheNodeType>cache.t3.micro<") && body.contains("<Status>available<"), "{body}");
    assert!(!done(&emulator, "Action=DescribeSnapshots").contains("<SnapshotName>"));
}

#[test]
fn refusals_change_nothing() {
    let emulator = Emulator::in_memory(instant());
    done(&emulator, GROUP);
    // Settles what is due, so that only a refused request could change anything.
    done(&emulator, SHOW);
    let export = || {
        text(&emulator.handle(&Request {
            method: "GET".into(),
            path: "/_cachestack/export".into(),
            ..Request::default()
        }))
    };
    let before = export();
    for (fields, code) in [
        (GROUP.to_owned(), "ReplicationGroupAlreadyExists"),
        (format!("{SHOW}x"), "ReplicationGroupNotFoundFault"),
        ("Action=ModifyReplicationGroup&ReplicationGroupId=g&ReplicationGroupDescription=new&CacheNodeType=cache.none".into(), "InvalidParameterValue"),
        ("Action=ModifyReplicationGroup&ReplicationGroupId=g&SnapshotRetentionLimit=5&SnapshottingClusterId=g-001&AutomaticFailoverEnabled=maybe".into(), "MalformedInput"),
        ("Action=IncreaseReplicaCount&ReplicationGroupId=g&NewReplicaCount=3&ApplyImmediately=false".into(), "InvalidParameterValue"),
        ("Action=CreateReplicationGroup".into(), "InvalidParameterValue"),
        ("Action=NoSuchOperation&Version=2015-02-02".into(), "InvalidAction"),
    ] {
        let (status, body) = cache(&emulator, &fields);
        assert!(status >= 400 && body.contains(&format!("<Code>{code}</Code>")), "{fields}: {status} {body}");
    }
    assert_eq!(before, export());
}

fn read(path: &Path) -> Vec<u8> {
    disk::read(path).expect("file").expect("file")
}

fn world(path: &Path) -> Emulator {
    Emulator::open(path, instant()).expect("world")
}

#[test]
fn a_world_is_the_same_after_every_torn_write() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("w.world");
    let emulator = world(&path);
    done(&emulator, GROUP);
    let settled = done(&emulator, SHOW);
    let whole = read(&path).len();
    done(&emulator, "Action=CreateSnapshot&SnapshotName=s&ReplicationGroupId=g");
    let bytes = read(&path);
    for cut in whole..bytes.len() {
        let torn = folder.path().join("torn.world");
        std::fs::write(&torn, &bytes[..cut]).expect("file");
        let emulator = world(&torn);
        let strip = |text: &str| text.split("<ResponseMetadata>").next().map(str::to_owned);
        assert_eq!(strip(&done(&emulator, SHOW)), strip(&settled), "cut at {cut}");
        let (status, _) = cache(&emulator, "Action=DescribeSnapshots&SnapshotName=s");
        assert_eq!(status, 404, "cut at {cut}");
        if cut % 97 != 0 {
            continue;
        }
        done(&emulator, "Action=CreateSnapshot&SnapshotName=s&ReplicationGroupId=g");
        assert!(done(&world(&torn), "Action=DescribeSnapshots").contains("<SnapshotName>s<"));
    }
}

#[test]
fn two_processes_share_a_world() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("w.world");
    let (one, other) = (world(&path), world(&path));
    let threads: Vec<_> = [one.clone(), other.clone()]
        .into_iter()
        .enumerate()
        .map(|(who, emulator)| {
            std::thread::spawn(move || {
                for number in 0..25 {
                    let name = format!("p{who}-{number}");
                    done(&emulator, &format!("Action=CreateCacheParameterGroup&CacheParameterGroupName={name}&CacheParameterGroupFamily=redis7&Description=d"));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("thread"));
    for emulator in [&one, &other, &world(&path)] {
        let body = done(emulator, "Action=DescribeCacheParameterGroups");
        assert_eq!(body.matches("<CacheParameterGroupName>p").count(), 50);
    }
}

#[test]
fn an_export_makes_the_same_world_again() {
    let emulator = Emulator::in_memory(instant());
    done(&emulator, GROUP);
    let shown = done(&emulator, SHOW);
    let control = |emulator: &Emulator, method: &str, path: &str, body: Vec<u8>| {
        let path = format!("/_cachestack/{path}");
        emulator.handle(&Request { method: method.into(), path, body, ..Request::default() })
    };
    let export = control(&emulator, "GET", "export", Vec::new());
    let folder = tempfile::tempdir().expect("folder");
    let copy = world(&folder.path().join("copy.world"));
    assert_eq!(control(&copy, "POST", "import", export.body.clone()).status, 200);
    let again = world(&folder.path().join("copy.world"));
    let strip = |text: &str| text.split("<ResponseMetadata>").next().map(str::to_owned);
    assert_eq!(strip(&done(&again, SHOW)), strip(&shown));
    assert_eq!(control(&again, "POST", "reset", Vec::new()).status, 200);
    assert_eq!(cache(&copy, SHOW).0, 404);
    assert_eq!(control(&again, "POST", "import", b"{\"format\":1,\"rows\":[[1]]}".to_vec()).status, 400);
}

#[test]
fn a_file_that_is_no_world_is_left_alone() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("notes.txt");
    disk::replace(&path, b"something of the user's, longer than a header would be\n").expect("file");
    assert!(Emulator::open(&path, instant()).is_err());
    assert!(read(&path).starts_with(b"something"));
}

#[cfg(unix)]
#[test]
fn a_world_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("folder");
    let emulator = world(&folder.path().join("w.world"));
    done(&emulator, GROUP);
    for name in ["w.world", "w.world.lock"] {
        let mode = std::fs::metadata(folder.path().join(name)).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn speeds_are_read() {
    for (given, want) in [
        ("instant", Ok(Speed::Instant)),
        ("fast", Ok(Speed::Fast)),
        ("real", Ok(Speed::Real)),
        ("10x", Ok(Speed::Factor(10.0))),
    ] {
        assert_eq!(given.parse::<Speed>(), want);
    }
    for bad in ["", "0", "-1", "slow", "nan", "inf"] {
        assert!(bad.parse::<Speed>().is_err(), "{bad}");
    }
}

#[test]
fn cloudwatch_speaks_cbor() {
    use ciborium::value::Value as Cbor;
    let emulator = Emulator::in_memory(instant());
    let send = |operation: &str, body: Cbor| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&body, &mut bytes).expect("cbor");
        let mut request = query("monitoring", "");
        request.path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
        request.headers[1].1 = "application/cbor".into();
        request.headers.push(("smithy-protocol".into(), "rpc-v2-cbor".into()));
        request.body = bytes;
        let response = emulator.handle(&request);
        let header = |name: &str| response.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        assert_eq!(header("smithy-protocol").as_deref(), Some("rpc-v2-cbor"));
        let query_error = header("x-amzn-query-error");
        (response.status, query_error, ciborium::from_reader::<Cbor, _>(&response.body[..]).expect("cbor"))
    };
    let map =
        |pairs: Vec<(&str, Cbor)>| Cbor::Map(pairs.into_iter().map(|(key, value)| (Cbor::from(key), value)).collect());
    let alarm = |period: i32| {
        map(vec![
            ("AlarmName", "cpu".into()),
            ("MetricName", "CPUUtilization".into()),
            ("Namespace", "AWS/ElastiCache".into()),
            ("Statistic", "Average".into()),
            ("Period", period.into()),
            ("EvaluationPeriods", 2.into()),
            ("Threshold", Cbor::Float(80.0)),
            ("ComparisonOperator", "GreaterThanThreshold".into()),
        ])
    };
    assert_eq!(send("PutMetricAlarm", alarm(60)).0, 200);
    let (status, _, body) = send("DescribeAlarms", map(vec![]));
    assert_eq!(status, 200);
    let shown = format!("{body:?}");
    assert!(
        shown.contains("INSUFFICIENT_DATA") && shown.contains("Float(80.0)") && shown.contains("Tag(1, Float("),
        "{shown}"
    );
    let (status, code, body) = send("PutMetricAlarm", alarm(7));
    assert_eq!((status, code.as_deref()), (400, Some("ValidationError;Sender")));
    assert!(format!("{body:?}").contains("com.amazonaws.cloudwatch#ValidationError"), "{body:?}");
    let names = Cbor::Array(vec!["none".into(), "cpu".into()]);
    assert_eq!(send("DeleteAlarms", map(vec![("AlarmNames", names)])).0, 200);
    assert!(!format!("{:?}", send("DescribeAlarms", map(vec![]))).contains("cpu"));
    let (status, code, _) = send(
        "ListTagsForResource",
        map(vec![("ResourceARN", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu".into())]),
    );
    assert_eq!((status, code.as_deref()), (404, Some("ResourceNotFoundException;Sender")));
}

#[test]
fn a_marker_is_good_for_its_operation_alone() {
    let emulator = Emulator::in_memory(instant());
    let first = |operation: &str| {
        let more = match operation {
            "DescribeCacheParameters" => "&CacheParameterGroupName=default.redis7",
            "DescribeEngineDefaultParameters" => "&CacheParameterGroupFamily=redis7",
            _ => "",
        };
        format!("Action={operation}&MaxRecords=20{more}")
    };
    let operations = ["DescribeCacheParameterGroups", "DescribeCacheParameters", "DescribeEngineDefaultParameters"];
    for operation in operations {
        let page = done(&emulator, &first(operation));
        let marker = page.split("<Marker>").nth(1).and_then(|rest| rest.split('<').next()).expect("a marker");
        for other in operations {
            let (status, body) = cache(&emulator, &format!("{}&Marker={marker}", first(other)));
            assert_eq!(status == 200, other == operation, "{operation}, then {other}: {body}");
            assert!(status == 200 || body.contains("<Code>InvalidParameterValue</Code>"), "{body}");
            assert_ne!(body.split("<RequestId>").next(), page.split("<RequestId>").next(), "another page");
        }
    }
}

#[test]
fn what_a_kill_left_beside_a_world_is_removed_and_nothing_else_is() {
    let folder = tempfile::tempdir().expect("folder");
    let left = [".w.world.aB3xYz.draft", ".w.world.000000.draft"];
    let others = [
        ".x.world.aB3xYz.draft",
        ".w.world.aB3xY.draft",
        ".w.world.aB3-Yz.draft",
        ".w.world.aB3xYz.drafts",
        "w.world.aB3xYz.draft",
        ".tmpaB3xYz",
        "w.world.lock",
        ".w.world.draft",
    ];
    for name in left.iter().chain(&others) {
        std::fs::write(folder.path().join(name), "x").expect("a file");
    }
    std::fs::create_dir(folder.path().join(".w.world.folder.draft")).expect("a folder");
    let emulator = world(&folder.path().join("w.world"));
    done(&emulator, "Action=DescribeEvents");
    let is_there = |name: &str| folder.path().join(name).exists();
    assert!(!left.iter().any(|name| is_there(name)), "drafts of this world go");
    assert!(others.iter().all(|name| is_there(name)), "everything else stays");
    assert!(is_there(".w.world.folder.draft"));
}
