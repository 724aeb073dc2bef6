//! Runs that are killed: nothing is lost, nothing is made twice, and the next run goes on.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::harness::{Emulator, Place};

pub const STACK: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

data "vpc" "main" { default = true }

data "subnets" "main" { vpc_id = data.vpc.main.id }

subnet_group "s" {
  name       = "killed"
  subnet_ids = data.subnets.main.ids
}

parameter_group "p" {
  name       = "killed"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru" }
}

security_group "g" {
  name   = "killed"
  vpc_id = data.vpc.main.id
  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

replication_group "r" {
  replication_group_id       = "killed"
  node_type                  = "cache.t4g.micro"
  engine_version             = "7.1"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  subnet_group_name          = subnet_group.s.name
  parameter_group_name       = parameter_group.p.name
  security_group_ids         = [security_group.g.id]
  transit_encryption_enabled = true
  auth_token                 = secret("env:TOKEN")
}

alarm "cpu" {
  target              = replication_group.r
  alarm_name          = "${node.id}-cpu"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}
"#;

/// Everything that the stack makes.
const OBJECTS: usize = 6;

/// More than a hundred kills in all: of creations, of changes in place, of replacements and of deletions.
const ROUNDS: u64 = 6;

#[test]
fn a_killed_run_loses_nothing() {
    kills(1);
}

#[test]
fn a_killed_run_loses_nothing_from_another_seed() {
    kills(2);
}

/// Another 216 kills, for when the way to the medium has changed: `cargo test --test suite more_kills -- --ignored`.
#[test]
#[ignore = "takes some minutes"]
fn more_kills_from_more_seeds() {
    (3..=5).for_each(kills);
}

/// Lives of a stack in which every run is killed at three moments from the seed before one comes to its end.
fn kills(seed: u64) {
    let mut random = moments(seed);
    for _ in 0..ROUNDS {
        let mut place = Place::new();
        place.env("CACHESTACK_EMULATOR_SPEED", "fast").env("TOKEN", "correct-horse-battery-staple");
        place.write("main.hcl", STACK);
        let changed = STACK.replace("num_cache_clusters         = 2", "num_cache_clusters         = 3");
        let replaced = changed.replace("\"killed\"\n  node_type", "\"killed-again\"\n  node_type");
        for stack in [STACK, &changed, &replaced] {
            place.write("main.hcl", stack);
            let apply = ["apply", "--auto-approve", "--allow-destroy", "all"];
            (0..3).for_each(|_| killed_after(&place, &apply, 20 + random() % 900));
            place.run(&apply).expect(0);
            let plan = place.run(&["plan", "--detailed-exitcode"]).expect(0).says("resources unchanged");
            assert!(!plan.stdout.contains("accepted by AWS"), "nothing is under way any more: {}", plan.stdout);
            let state = place.read(".cachestack/local/state.json");
            assert!(!state.contains("\"operations\""), "every operation is settled: {state}");
            assert!(!state.contains("\"deposed\""), "nothing is left over: {state}");
        }
        (0..3).for_each(|_| killed_after(&place, &["destroy", "--auto-approve"], 20 + random() % 700));
        place.run(&["destroy", "--auto-approve"]).expect(0);
        assert_eq!(place.run(&["state", "list"]).expect(0).stdout, "");
        // What nobody remembers would be in the way of a second life.
        place.env("CACHESTACK_EMULATOR_SPEED", "instant");
        place.write("main.hcl", STACK);
        place.run(&["apply", "--auto-approve"]).expect(0).says(&format!("{OBJECTS} added, 0 changed, 0 destroyed"));
        let groups = place.read(".cachestack/local/state.json").matches("\"address\": \"security_group.").count();
        assert_eq!(groups, 1);
        let secret = "correct-horse-battery-staple";
        for file in ["state.json", "state.json.backup", "emulator.json"] {
            assert!(!place.read(&format!(".cachestack/local/{file}")).contains(secret), "the token in {file}");
        }
    }
}

/// The same numbers for the same seed (xorshift).
pub fn moments(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

/// Kills a run without a warning. One that has come to its end before has come to its end.
pub fn killed_after(place: &Place, args: &[&str], moment: u64) {
    let mut program = place.program(args);
    let mut child: Child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    std::thread::sleep(Duration::from_millis(moment));
    let _ = child.kill();
    let _ = child.wait();
}

/// A group, whose deletion leaves a snapshot that is newer than the one that is restored.
const VERBS: &str = r#"
environment "served" {
  endpoint = "URL"
  region   = "us-west-2"
}

replication_group "r" {
  replication_group_id = "killed"
  description          = "Killed"
  engine               = "valkey"
  node_type            = "cache.m7g.large"
  final_snapshot       = true
}
"#;

/// Backups and restores that are killed: there is one snapshot of the name, the group is filled from that, and whoever
/// runs the same again goes on.
#[test]
fn killed_backups_and_restores_go_on() {
    let mut random = moments(6);
    for _ in 0..ROUNDS {
        let emulator = Emulator::start("fast");
        let place = Place::new();
        place.write("main.hcl", &VERBS.replace("URL", &emulator.url));
        place.run(&["apply", "--auto-approve"]).expect(0);
        let backup = ["backup", "replication_group.r", "--name", "friday", "--wait"];
        killed_after(&place, &backup, 20 + random() % 700);
        let mut again = place.run(&backup);
        // What the killed run has asked for is under way for a moment.
        for _ in 0..100 {
            if !again.stderr.contains("is busy (snapshotting)") {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
            again = place.run(&backup);
        }
        assert!(again.code == 0 || again.stderr.contains("AlreadyExists"), "{}", again.stderr);
        let shown = place.run(&["snapshots", "replication_group.r"]).expect(0).stdout;
        assert_eq!(shown.matches("friday").count(), 1, "{shown}");
        let restore = ["restore", "replication_group.r", "--snapshot", "latest", "--auto-approve", "--allow-destroy"];
        (0..3).for_each(|_| killed_after(&place, &restore, 20 + random() % 900));
        place.run(&restore).expect(0);
        let stack = place.read("main.hcl");
        assert!(stack.contains("= \"friday\""), "{stack}");
        place.run(&["plan", "--detailed-exitcode"]).expect(0).says("1 resource unchanged");
        let state = place.read(".cachestack/served/state.json");
        assert!(!state.contains("\"operations\"") && !state.contains("\"deposed\""), "{state}");
    }
}
