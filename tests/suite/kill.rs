//! Runs that are killed: nothing is lost, nothing is made twice, and the next run goes on.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::harness::Place;

const STACK: &str = r#"
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

#[test]
fn a_killed_run_loses_nothing() {
    // Moments of the run, in milliseconds: before the first call, between calls, while AWS is at it, near the end.
    for moments in [[20, 60, 130, 350], [40, 90, 200, 700], [70, 110, 260, 1100]] {
        let mut place = Place::new();
        place.env("CACHESTACK_EMULATOR_SPEED", "fast");
        place.write("main.hcl", STACK);
        for moment in moments {
            killed_after(&place, &["apply", "--auto-approve"], moment);
        }
        place.run(&["apply", "--auto-approve"]).expect(0);
        place.run(&["plan", "--detailed-exitcode"]).expect(0).says(&format!("{OBJECTS} resources unchanged"));
        let state = place.read(".cachestack/local/state.json");
        assert!(!state.contains("\"intents\""), "every intent is settled: {state}");
        for moment in moments {
            killed_after(&place, &["destroy", "--auto-approve"], moment);
        }
        place.run(&["destroy", "--auto-approve"]).expect(0);
        assert_eq!(place.run(&["state", "list"]).expect(0).stdout, "");
        // What nobody remembers would be in the way of a second life.
        place.env("CACHESTACK_EMULATOR_SPEED", "instant");
        place.run(&["apply", "--auto-approve"]).expect(0).says(&format!("{OBJECTS} added, 0 changed, 0 destroyed"));
        let groups = place.read(".cachestack/local/state.json").matches("\"address\": \"security_group.").count();
        assert_eq!(groups, 1);
    }
}

/// Kills a run without a warning. One that has come to its end before has come to its end.
fn killed_after(place: &Place, args: &[&str], moment: u64) {
    let mut program = place.program(args);
    let mut child: Child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    std::thread::sleep(Duration::from_millis(moment));
    let _ = child.kill();
    let _ = child.wait();
}
