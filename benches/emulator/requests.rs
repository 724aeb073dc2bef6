//! How long the emulator takes for a request in a world of ten groups and in one of ten thousand, in memory and in a file.

use std::sync::Arc;
use std::time::Instant;

use cachestack::clock::SystemClock;
use cachestack::emulator::{Emulator, Options, Request, Speed};

use crate::world::{authorization, version};

const RUNS: usize = 21;

/// Service and fields of requests as an apply sends them; `{n}` is another number in each run, `{sg}` a security group.
const REQUESTS: [(&str, &str); 12] = [
    ("elasticache", "Action=DescribeReplicationGroups&ReplicationGroupId=g00005"),
    ("elasticache", "Action=DescribeReplicationGroups&MaxRecords=20"),
    ("elasticache", "Action=DescribeCacheClusters&CacheClusterId=g00007-001"),
    ("elasticache", "Action=ModifyReplicationGroup&ReplicationGroupId=g00001&ReplicationGroupDescription=new{n}"),
    (
        "elasticache",
        "Action=CreateReplicationGroup&ReplicationGroupId=n{n}&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro",
    ),
    ("elasticache", "Action=DeleteReplicationGroup&ReplicationGroupId=n{n}"),
    (
        "monitoring",
        "Action=PutMetricAlarm&AlarmName=n{n}&MetricName=m&Namespace=n&Statistic=Sum&Period=60&EvaluationPeriods=1&Threshold=1&ComparisonOperator=GreaterThanThreshold",
    ),
    ("monitoring", "Action=DescribeAlarms&AlarmNames.member.1=g00005&AlarmNames.member.2=g00007"),
    ("ec2", "Action=CreateSecurityGroup&GroupName=n{n}&GroupDescription=d"),
    (
        "ec2",
        "Action=AuthorizeSecurityGroupIngress&GroupId={sg}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort={n}&IpPermissions.1.ToPort={n}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/16",
    ),
    ("ec2", "Action=DescribeSecurityGroups&GroupId.1={sg}"),
    ("ec2", "Action=DescribeSecurityGroups&Filter.1.Name=group-id&Filter.1.Value.1={sg}&MaxResults=100"),
];

/// Prints the median of the runs, and the ratio of the two worlds.
pub fn measure() {
    let folder = tempfile::tempdir().expect("a directory");
    let options = || Options { speed: Speed::Instant, clock: Arc::new(SystemClock), credentials: None };
    let in_file = |name: &str| Emulator::open(&folder.path().join(name), options()).expect("a world");
    let worlds = [
        ("in memory", [Emulator::in_memory(options()), Emulator::in_memory(options())]),
        ("in a file", [in_file("few"), in_file("many")]),
    ];
    for (place, [few, many]) in worlds {
        fill(&few, 10);
        fill(&many, 10_000);
        println!("{place}:");
        for (service, fields) in REQUESTS {
            let (few, many) = (median(&few, service, fields), median(&many, service, fields));
            println!("  {:>8.3} ms of 10, {:>8.3} ms of 10000, ratio {:>5.1}: {fields:.90}", few, many, many / few);
        }
    }
}

/// Makes a group, an alarm and a security group of each number.
fn fill(emulator: &Emulator, count: usize) {
    for number in 0..count {
        for (service, fields) in [REQUESTS[4], REQUESTS[6], REQUESTS[8]] {
            send(emulator, service, &fields.replace("n{n}", &format!("g{number:05}")));
        }
    }
}

/// Milliseconds.
fn median(emulator: &Emulator, service: &str, fields: &str) -> f64 {
    let group = send(emulator, "ec2", "Action=DescribeSecurityGroups&GroupName.1=g00003");
    let group = group.split("<groupId>").nth(1).and_then(|rest| rest.split('<').next()).expect("an id").to_owned();
    let once = |number| {
        let fields = fields.replace("{n}", &format!("{}", 1000 + number)).replace("{sg}", &group);
        let started = Instant::now();
        send(emulator, service, &fields);
        started.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..RUNS).map(once).collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

/// The body of the answer.
pub fn send(emulator: &Emulator, service: &str, fields: &str) -> String {
    let response = emulator.handle(&Request {
        method: "POST".into(),
        path: "/".into(),
        headers: vec![("Authorization".into(), authorization(service))],
        body: format!("{fields}&Version={}", version(service)).into_bytes(),
    });
    let body = String::from_utf8_lossy(&response.body).into_owned();
    assert_eq!(response.status, 200, "{fields}: {body}");
    body
}
