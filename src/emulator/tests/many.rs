//! A world with ten thousand groups.

use super::{cache, done, instant, world};
use crate::emulator::Emulator;
use std::time::{Duration, Instant};

const MANY: usize = 10_000;

fn fill(emulator: &Emulator) {
    for number in 0..MANY {
        done(
            emulator,
            &format!(
                "Action=CreateReplicationGroup&ReplicationGroupId=g{number:05}&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro"
            ),
        );
    }
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
    for emulator in [Emulator::in_memory(instant()), world(&folder.path().join("w.world"))] {
        let started = Instant::now();
        fill(&emulator);
        let each = started.elapsed() / MANY as u32;
        // Far above what is measured, far below what a walk over everything in each request would take.
        assert!(each < Duration::from_millis(20), "{each:?} for a creation");
        for fields in [
            "Action=DescribeReplicationGroups&ReplicationGroupId=g05000",
            "Action=DescribeReplicationGroups",
            "Action=DescribeCacheClusters&CacheClusterId=g09999-001",
            "Action=ModifyReplicationGroup&ReplicationGroupId=g00001&ReplicationGroupDescription=new",
        ] {
            let took = longest(&emulator, fields);
            assert!(took < Duration::from_millis(500), "{took:?} for {fields}");
        }
    }
}
