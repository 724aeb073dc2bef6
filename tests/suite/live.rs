//! The script for a real account, tried on the emulator: every kind is made, changed and destroyed by it.

use std::io::Write;
use std::process::Stdio;
use std::sync::Mutex;

use cachestack::kinds;

use crate::harness::{Emulator, Place, root};

#[test]
fn every_kind_can_be_tried_in_an_account() {
    let remote = kinds::KINDS.into_iter().filter(|kind| kind.local().is_none());
    let kinds: Vec<&str> = remote.map(|kind| kind.schema().kind).collect();
    let listed = smoke(&Place::new(), None, &[], "").stdout;
    for kind in &kinds {
        assert!(listed.lines().any(|line| line.starts_with(&format!("{kind} "))), "{kind} is not listed:\n{listed}");
    }
    assert_eq!(listed.lines().count(), kinds.len(), "{listed}");
    // What is bought is only looked at, by a test of its own.
    let left = kinds.into_iter().filter(|kind| kinds::get(kind).is_some_and(|kind| !kind.is_bought()));
    let left = Mutex::new(left.collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(kind) = { left.lock().unwrap().pop() } {
                    try_out(kind);
                }
            });
        }
    });
}

#[test]
fn nothing_is_made_without_a_yes() {
    let (place, emulator) = (Place::new(), Emulator::start("instant"));
    let run = smoke(&place, Some(&emulator), &["sns_topic"], "no\n").expect(1);
    assert!(run.stdout.ends_with("nothing was sent\n"), "{}", run.stdout);
    assert!(!emulator.export().to_string().contains("cachestack-live"));
    smoke(&place, Some(&emulator), &["time_machine"], "").expect(2);
}

/// What is bought cannot be given back: without a flag it is only looked at.
#[test]
fn nothing_is_bought_without_a_flag() {
    let kind = "reserved_cache_node";
    let bought = |args: &[&str]| {
        let (place, emulator) = (Place::new(), Emulator::start("instant"));
        smoke(&place, Some(&emulator), args, "yes\n").expect(0);
        let report = place.read(&format!("live-{kind}.txt"));
        assert!(report.contains("fixed_price = "), "{report}");
        (emulator.export().to_string().contains("cachestack-live"), report.contains("1 changed, 0 destroyed"))
    };
    assert_eq!(bought(&[kind]), (false, false));
    assert_eq!(bought(&[kind, "--allow-purchase"]), (true, true));
    smoke(&Place::new(), None, &["sns_topic", "--allow-purchase"], "").expect(2);
}

fn try_out(kind: &str) {
    let (place, emulator) = (Place::new(), Emulator::start("instant"));
    smoke(&place, Some(&emulator), &[kind], "yes\n").expect(0);
    let report = place.read(&format!("live-{kind}.txt"));
    for part in ["1 changed, 0 destroyed", "No changes.", "Destroy complete", &format!("== {kind}: exit 0")] {
        assert!(report.contains(part), "{kind}: no {part:?} in\n{report}");
    }
}

/// Runs the script with an answer to its question.
fn smoke(place: &Place, emulator: Option<&Emulator>, args: &[&str], answer: &str) -> crate::harness::Run {
    let script = root().join("examples/live-smoke.sh");
    let mut command = std::process::Command::new("sh");
    command.arg(script).args(args).current_dir(place.path()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", place.path());
    command.env("CACHESTACK", env!("CARGO_BIN_EXE_cachestack"));
    command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
    command.envs([("ACCOUNT", "000000000000"), ("AWS_REGION", "us-west-2")]);
    command.envs(emulator.map(|emulator| ("ENDPOINT", &emulator.url)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("sh starts");
    // Without a question nobody reads it.
    let _ = process.stdin.take().expect("a pipe").write_all(answer.as_bytes());
    let output = process.wait_with_output().expect("the script ends");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    crate::harness::Run {
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        code: output.status.code().unwrap_or(-1),
    }
}
