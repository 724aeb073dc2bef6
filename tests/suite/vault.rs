//! Secrets that are made here: a run that is killed at the vault loses none and makes none twice.

use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::harness::Place;

/// The vault is a program that waits where it is told to: before or after it has done what it was called for.
const VAULT: &str = r#"#!/bin/sh
mkdir -p kept
wait_at() { [ -e "slow-$1" ] && touch "reached-$1" && sleep 5; true; }
wait_at "before-$1"
case $1 in
  read) cat "kept/$2" 2>/dev/null ;;
  write) cat >"kept/$2" ;;
  remove) rm -f "kept/$2" ;;
esac
case $2 in *.result) wait_at "after-$1" ;; esac
true
"#;

const STACK: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
  secrets  = "command:sh ./vault"
}

variable "era" { default = "1" }

random_password "token" {
  length  = 32
  special = false
  keepers = { era = var.era }
}

replication_group "r" {
  replication_group_id       = "r"
  node_type                  = "cache.t4g.micro"
  transit_encryption_enabled = true
  auth_token                 = random_password.token.result
}
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("main.hcl", STACK);
    place.write("vault", VAULT);
    place
}

/// The names and texts of the passwords that are kept.
fn kept(place: &Place) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(place.path().join("kept")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".result"));
    names.sort();
    names.into_iter().map(|name| (name.clone(), place.read(&format!("kept/{name}")))).collect()
}

/// Kills a run when its vault has come to a moment.
fn killed_at(place: &Place, moment: &str, args: &[&str]) {
    let reached = place.path().join(format!("reached-{moment}"));
    place.write(&format!("slow-{moment}"), "");
    let mut program = place.program(args);
    let mut child: Child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    for _ in 0..6_000 {
        if reached.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(reached.exists(), "the vault has come to {moment}");
    child.kill().expect("it is killed");
    child.wait().expect("it has ended");
    std::fs::remove_file(place.path().join(format!("slow-{moment}"))).expect("removed");
    std::fs::remove_file(reached).expect("removed");
}

fn is_whole(place: &Place, args: &[&str]) {
    let plan: Vec<&str> = ["plan", "--detailed-exitcode"].iter().chain(args).copied().collect();
    place.run(&plan).expect(0).says("2 resources unchanged");
    let state = place.read(".cachestack/local/state.json");
    assert!(!state.contains("\"operations\""), "every operation is settled: {state}");
    let kept = kept(place);
    assert_eq!(kept.len(), 1, "one password is kept");
    for file in ["state.json", "state.json.backup", "emulator.json"] {
        // Of the first run there is no backup.
        let text = std::fs::read_to_string(place.path().join(format!(".cachestack/local/{file}"))).unwrap_or_default();
        assert!(!text.contains(&kept[0].1), "the password is in {file}");
    }
}

#[test]
fn a_password_that_was_kept_is_the_password() {
    let place = place();
    killed_at(&place, "after-write", &["apply", "--auto-approve"]);
    let before = kept(&place);
    assert_eq!(before.len(), 1);
    place.run(&["plan"]).expect(0).says("apply records it");
    place.run(&["apply", "--auto-approve"]).expect(0).says("1 added");
    assert_eq!(kept(&place), before, "the password that was kept is read back");
    is_whole(&place, &[]);

    // A rotation that is cut off at the new password goes on with that one. The old one is there until then.
    let era = ["apply", "--auto-approve", "--var", "era=2"];
    killed_at(&place, "after-write", &era);
    let rotated = kept(&place);
    let new: Vec<_> = rotated.iter().filter(|one| !before.contains(one)).cloned().collect();
    assert!(rotated.len() == 2 && new.len() == 1, "the old one is still there, and so is the new one");
    place.run(&era).expect(0);
    assert_eq!(kept(&place), new);
    is_whole(&place, &["--var", "era=2"]);
}

#[test]
fn a_password_that_was_not_kept_is_made() {
    let place = place();
    killed_at(&place, "before-write", &["apply", "--auto-approve"]);
    place.run(&["apply", "--auto-approve"]).expect(0).says("2 added");
    // What was cut off may still have written what nobody knows; nobody was given it.
    let state = place.read(".cachestack/local/state.json");
    let known = kept(&place).into_iter().filter(|(name, _)| state.contains(name.trim_end_matches(".result"))).count();
    assert_eq!(known, 1);
    place.run(&["plan", "--detailed-exitcode"]).expect(0).says("2 resources unchanged");
}

#[test]
fn a_password_that_was_removed_half_is_removed() {
    for moment in ["before-remove", "after-remove"] {
        let place = place();
        place.run(&["apply", "--auto-approve"]).expect(0);
        is_whole(&place, &[]);
        killed_at(&place, moment, &["destroy", "--auto-approve"]);
        place.run(&["destroy", "--auto-approve"]).expect(0);
        assert_eq!(kept(&place), []);
        assert_eq!(place.run(&["state", "list"]).expect(0).stdout, "");
    }
}

#[test]
fn a_password_that_is_gone_is_not_made_up() {
    let place = place();
    place.run(&["apply", "--auto-approve"]).expect(0);
    let before = kept(&place);
    std::fs::rename(place.path().join("kept"), place.path().join("lost")).expect("renamed");
    let plan = place.run(&["plan"]).expect(1);
    assert!(plan.stderr.contains("CS0884") && plan.stderr.contains(&before[0].0), "{}", plan.stderr);
    assert!(plan.stderr.matches("error[").count() == 1, "nothing else is said: {}", plan.stderr);
    let anew = ["apply", "--auto-approve", "--replace", "random_password.token"];
    place.run(&anew).expect(0).says("1 added, 1 changed, 1 destroyed");
    assert_ne!(kept(&place), before);
    is_whole(&place, &[]);
}

#[test]
fn the_console_knows_what_was_made_and_does_not_show_it() {
    let place = place();
    place.run(&["apply", "--auto-approve"]).expect(0);
    let mut console = place.program(&["console"]);
    let mut console = console.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a console");
    let asked = "random_password.token.result\nlength(nonsensitive(random_password.token.result))\n";
    console.stdin.take().expect("its input").write_all(asked.as_bytes()).expect("it listens");
    let output = console.wait_with_output().expect("an answer");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "(sensitive value)\n32\n");
}
