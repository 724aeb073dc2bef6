//! Damage to a world's file: nothing that was acknowledged goes without a word.

use super::{Emulator, done, instant, read, world};
use crate::Request;
use std::path::Path;

fn export(emulator: &Emulator) -> String {
    let request = Request { method: "GET".into(), path: "/_cachestack/export".into(), ..Request::default() };
    super::text(&emulator.handle(&request))
}

fn create(name: &str) -> String {
    format!(
        "Action=CreateCacheParameterGroup&CacheParameterGroupName={name}&CacheParameterGroupFamily=redis7&Description=d"
    )
}

/// A file with a snapshot's header and three acknowledged records.
fn three(path: &Path) -> Vec<u8> {
    let emulator = world(path);
    for name in ["one", "two", "three"] {
        done(&emulator, &create(name));
    }
    read(path)
}

/// Where the line begins that speaks of a name.
fn line_of(bytes: &[u8], name: &str) -> usize {
    let text = std::str::from_utf8(bytes).expect("text");
    let at = text.find(&format!("\"{name}\"")).expect("a record");
    text[..at].rfind('\n').expect("a line before") + 1
}

#[test]
fn every_flipped_byte_is_noticed_or_harmless() {
    let folder = tempfile::tempdir().expect("folder");
    let bytes = three(&folder.path().join("w.world"));
    let whole = export(&world(&folder.path().join("w.world")));
    let path = folder.path().join("flipped.world");
    let (mut refused, mut same) = (0, 0);
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, bytes[at] ^ b'\n'] {
            let mut flipped = bytes.clone();
            flipped[at] ^= flip;
            std::fs::write(&path, &flipped).expect("file");
            match Emulator::open(&path, instant()) {
                Ok(emulator) => {
                    assert_eq!(export(&emulator), whole, "byte {at} with {flip:#x}");
                    same += 1;
                }
                Err(error) => {
                    let told = error.to_string();
                    assert!(told.contains("damaged at byte") || told.contains("is not a world"), "{told}");
                    assert_eq!(read(&path), flipped, "byte {at} with {flip:#x}: the file is left as it is");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 20 * same && same > 0, "{refused} refused, {same} without effect");
}

#[test]
fn a_damaged_world_says_where_and_can_be_cut_there() {
    let folder = tempfile::tempdir().expect("folder");
    let bytes = three(&folder.path().join("w.world"));
    let second = line_of(&bytes, "two");
    let path = folder.path().join("damaged.world");
    let mut damaged = bytes.clone();
    // In the second record; the third is whole.
    damaged[second + 30] ^= 1;
    std::fs::write(&path, &damaged).expect("file");
    let told = Emulator::open(&path, instant()).expect_err("damaged").to_string();
    assert!(told.contains(&format!("damaged at byte {second}")) && told.contains("--cut-world"), "{told}");
    let (emulator, kept) = Emulator::open_cut(&path, instant()).expect("cut");
    assert_eq!(read(&kept.expect("the damaged file is kept")), damaged);
    assert_eq!(read(&path), bytes[..second]);
    let show = |emulator: &Emulator| done(emulator, "Action=DescribeCacheParameterGroups");
    let groups = show(&emulator);
    assert!(groups.contains(">one<") && !groups.contains(">two<") && !groups.contains(">three<"), "{groups}");
    done(&emulator, &create("two"));
    assert!(show(&world(&path)).contains(">two<"));
    let (_, kept) = Emulator::open_cut(&path, instant()).expect("whole");
    assert_eq!(kept, None);
}

/// A process that already has the world open notices, too, and neither writes nor keeps the lock.
#[test]
fn damage_behind_a_running_process_is_an_error_of_each_request() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("w.world");
    let emulator = world(&path);
    done(&emulator, &create("one"));
    let good = read(&path);
    let mut damaged = good.clone();
    damaged.extend_from_slice(b"0123456789abcdef []\n");
    std::fs::write(&path, &damaged).expect("file");
    for _ in 0..2 {
        let (status, body) = super::cache(&emulator, &create("two"));
        assert!(status == 500 && body.contains("damaged at byte"), "{status} {body}");
        assert_eq!(read(&path), damaged);
    }
    std::fs::write(&path, &good).expect("file");
    done(&emulator, &create("two"));
}
