//! A world with ten thousand groups.

use super::{cache, control, done, instant, read, world};
use crate::Emulator;
use serde_json::Value;

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

/// What a change writes must not grow with the world. How long requests take is measured by `benches/emulator.rs`.
#[test]
fn ten_thousand_groups_are_no_slower() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("w.world");
    let emulator = world(&path);
    control(&emulator, "POST", "import", rows());
    let page = done(&emulator, "Action=DescribeReplicationGroups");
    assert_eq!((page.matches("<ReplicationGroup>").count(), page.contains("<Marker>")), (100, true));
    for fields in [
        "Action=CreateReplicationGroup&ReplicationGroupId=new&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro",
        "Action=ModifyReplicationGroup&ReplicationGroupId=g00001&ReplicationGroupDescription=new",
        "Action=DescribeReplicationGroups&ReplicationGroupId=g05000",
        "Action=DeleteReplicationGroup&ReplicationGroupId=g09999",
    ] {
        let before = read(&path).len();
        done(&emulator, fields);
        let written = read(&path).len().abs_diff(before);
        assert!(written < 32 * 1024, "{written} bytes for {fields}");
    }
    let again = world(&path);
    assert_eq!(cache(&again, "Action=DescribeReplicationGroups&ReplicationGroupId=new").0, 200);
    assert_eq!(cache(&again, "Action=DescribeReplicationGroups&ReplicationGroupId=g09999").0, 404);
}
