//! How long the emulator takes for a request in a world of ten groups and in one of ten thousand, in memory and in a file.
//!
//! `cargo bench --no-default-features --bench emulator` prints the median of the runs, and the ratio of the two worlds.

use std::sync::Arc;
use std::time::Instant;

use cachestack::clock::SystemClock;
use cachestack::emulator::{Emulator, Options, Request, Speed};

const RUNS: usize = 21;

const REQUESTS: [&str; 4] = [
    "Action=DescribeReplicationGroups&ReplicationGroupId=g00005",
    "Action=DescribeReplicationGroups&MaxRecords=20",
    "Action=DescribeCacheClusters&CacheClusterId=g00007-001",
    "Action=ModifyReplicationGroup&ReplicationGroupId=g00001&ReplicationGroupDescription=new",
];

fn main() {
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
        for fields in REQUESTS {
            let (few, many) = (median(&few, fields), median(&many, fields));
            println!("  {:>8.3} ms of 10, {:>8.3} ms of 10000, ratio {:>5.1}: {fields}", few, many, many / few);
        }
    }
}

fn fill(emulator: &Emulator, groups: usize) {
    for number in 0..groups {
        let fields = format!(
            "Action=CreateReplicationGroup&ReplicationGroupId=g{number:05}&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro"
        );
        send(emulator, &fields);
    }
}

/// Milliseconds.
fn median(emulator: &Emulator, fields: &str) -> f64 {
    let once = |_| {
        let started = Instant::now();
        send(emulator, fields);
        started.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..RUNS).map(once).collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

fn send(emulator: &Emulator, fields: &str) {
    let scope = "123456789012/20270115/us-east-1/elasticache/aws4_request";
    let response = emulator.handle(&Request {
        method: "POST".into(),
        path: "/".into(),
        headers: vec![("Authorization".into(), format!("AWS4-HMAC-SHA256 Credential={scope}"))],
        body: fields.as_bytes().to_vec(),
    });
    assert_eq!(response.status, 200, "{fields}: {}", String::from_utf8_lossy(&response.body));
}
