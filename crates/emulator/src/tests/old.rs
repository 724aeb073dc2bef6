//! Worlds that earlier versions wrote are read, and what was under way in them goes on.

use super::{Emulator, cache, done, options};
use crate::clock::VirtualClock;
use crate::disk;
use crate::{Options, Speed};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// When the world in `tests/worlds/v1` was written: its group and its cluster are still being made.
const WRITTEN: u64 = 1_795_718_830;

#[test]
fn a_world_of_the_first_version_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("world");
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/worlds/v1");
    disk::replace(&path, &disk::read(&old).expect("the old world").expect("the old world")).expect("a copy");
    let clock = VirtualClock::at(WRITTEN + 5);
    let options = Options { clock: Arc::new(clock.clone()), ..options(Speed::Real).0 };
    let emulator = Emulator::open(&path, options).expect("a world");
    let show = "Action=DescribeReplicationGroups&ReplicationGroupId=old";
    assert!(done(&emulator, show).contains("<Status>creating</Status>"));
    clock.advance(Duration::from_secs(3600));
    let group = done(&emulator, show);
    assert!(group.contains("<Status>available</Status>") && group.contains("<AuthTokenEnabled>true<"), "{group}");
    let cluster = done(&emulator, "Action=DescribeCacheClusters&CacheClusterId=mem");
    assert!(cluster.contains("<CacheClusterStatus>available<"), "{cluster}");
    let arn = "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:old";
    assert!(done(&emulator, &format!("Action=ListTagsForResource&ResourceName={arn}")).contains("<Value>v</Value>"));
    // The daily snapshot was planned by the version before.
    clock.advance(Duration::from_secs(2 * 24 * 3600));
    assert!(done(&emulator, "Action=DescribeSnapshots").contains("automatic.old-"));
    assert_eq!(cache(&emulator, "Action=DeleteCacheSubnetGroup&CacheSubnetGroupName=old").0, 400);
}
