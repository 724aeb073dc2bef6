//! A world with ten thousand groups.

use super::{cache, control, done, instant, world};
use crate::emulator::Emulator;
use serde_json::Value;
use std::time::{Duration, Instant};

const MANY: usize = 10_000;

/// A world in which one group stands ten thousand times under other names.
fn rows() -> Vec<u8> {
    let emulator = Emulator::in_memory(instant());
    done(
        &emulator,
        "Action=CreateReplicationGroup&ReplicationGroupId=g00000&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro",
    );
    done(&emulator, "Action=DescribeReplicationGroups");
    let export = control(&emulator, "GET", "export", Vec::new());
    let export: Value = serde_json::from_slice(&export.body).expect("JSON");
    let rows = export["rows"].as_array().expect("rows");
    let (own, rest): (Vec<&Value>, Vec<&Value>) =
        rows.iter().partition(|row| row[2] == "groups" || row[2] == "clusters");
    let own: Vec<String> = own.iter().map(ToString::to_string).collect();
    let copies = (0..MANY).flat_map(|number| {
        let name = format!("g{number:05}");
        own.iter().map(move |row| row.replace("g00000", &name)).collect::<Vec<_>>()
    });
    let all: Vec<String> = copies.chain(rest.iter().map(ToString::to_string)).collect();
    format!("{{\"format\":1,\"rows\":[{}]}}", all.join(",")).into_bytes()
}

/// The longest of a few runs of one request.
fn longest(emulator: &Emulator, fields: &str) -> Duration {
    let once = |_| {
        let started = Instant::now();
        cache(emulator, fields);
        started.elapsed()
    };
    (0..5).map(once).max().unwrap_or_default()
}

#[test]
fn ten_thousand_groups_are_no_slower() {
    let folder = tempfile::tempdir().expect("folder");
    let rows = rows();
    for emulator in [Emulator::in_memory(instant()), world(&folder.path().join("w.world"))] {
        control(&emulator, "POST", "import", rows.clone());
        control(&emulator, "POST", "quotas", b"{\"nodes\":null}".to_vec());
        for fields in [
            "Action=DescribeReplicationGroups&ReplicationGroupId=g05000",
            "Action=DescribeReplicationGroups",
            "Action=DescribeCacheClusters&CacheClusterId=g09999-001",
            "Action=CreateReplicationGroup&ReplicationGroupId=new&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro",
            "Action=ModifyReplicationGroup&ReplicationGroupId=g00001&ReplicationGroupDescription=new",
        ] {
            // Far above what is measured, far below what reading the whole world for each request would take.
            let took = longest(&emulator, fields);
            assert!(took < Duration::from_millis(500), "{took:?} for {fields}");
        }
        assert_eq!(cache(&emulator, "Action=DescribeReplicationGroups&ReplicationGroupId=new").0, 200);
    }
}
