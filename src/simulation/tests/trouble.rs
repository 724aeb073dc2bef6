//! Trouble in the middle of a run, one sort at a time: what is said, how long it takes, and that the next run mends it.

use std::time::Duration;

use super::Scene;
use crate::clock::Clock;
use crate::simulation::engine::{End, Verb};
use crate::simulation::faults::{Fault, Faults, Moment, Script};

const GROUP: &str = r#"
replication_group "g" {
  replication_group_id = "g"
  node_type            = "cache.t3.small"
  engine_version       = "7.1"
  num_cache_clusters   = 1
  transit_encryption_enabled = true
  auth_token           = secret("env:TOKEN_1")
  timeouts { create = "3m" }
}
"#;

const ALARMS: &str = r#"
parameter_group "p" {
  name   = "p"
  family = "redis7"
}
subnet_group "s" {
  name       = "s"
  subnet_ids = ["subnet-1", "subnet-2"]
}
alarm "a" {
  alarm_name          = "a-${parameter_group.p.name}"
  namespace           = "AWS/ElastiCache"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 2
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
}
"#;

/// Faults as `TURN WHICH FAULT AT`: `0 7 server-error read alarm`, `0 7.. denied read alarm`.
fn script(lines: &[&str]) -> Faults {
    let mut script = Script::new();
    for line in lines {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let number = |at: usize| words[at].trim_end_matches("..").parse::<u32>().expect("a number");
        let (turn, first, fault) = (number(0) as usize, number(1), Fault::parse(words[2]).expect("a fault"));
        let last = if words[1].ends_with("..") { first + 500 } else { first };
        let moment = |number: u32| Moment { turn, place: words[3].to_owned(), number };
        script.extend((first..=last).map(|number| (moment(number), fault)));
    }
    Faults::script(script)
}

impl Scene {
    /// A command as a process of its own: how it ended, and what was told.
    fn process(&self, turn: usize, verb: Verb) -> (End, String) {
        self.place.faults.begin(turn, true);
        let (end, _, told) = self.run(verb);
        self.place.disk.end(self.place.faults.takes_power());
        (end, told)
    }
}

fn why(end: End) -> String {
    match end {
        End::Remains(why) | End::Error(why) => why,
        other => panic!("{other:?}"),
    }
}

/// A time limit holds whatever reads do; the object is recorded, and the next run waits on.
#[test]
fn a_time_limit_is_kept_while_reads_fail() {
    for fault in ["server-error", "throttle"] {
        let scene = Scene::with(script(&[&format!("0 1.. {fault} read replication_group")]));
        scene.write(GROUP);
        let start = scene.place.clock.elapsed();
        let (end, told) = scene.process(0, Verb::Apply);
        let took = scene.place.clock.elapsed() - start;
        assert!(why(end).contains("still under way after 3m"), "{fault} {told}");
        assert!(took > Duration::from_secs(175) && took < Duration::from_secs(200), "{fault}: {took:?}");
        assert_eq!(scene.process(1, Verb::Apply).0, End::Done);
        scene.converges();
        assert_eq!(scene.objects(), 1);
    }
}

/// A step that panics is a step that failed, and says so; its call is looked into by the next run.
#[test]
fn a_step_that_panics_has_failed() {
    let scene = Scene::with(script(&["0 0 panic call CreateCacheParameterGroup"]));
    scene.write(ALARMS);
    let (end, told) = scene.process(0, Verb::Apply);
    let said = "parameter_group.p: cachestack itself failed here (a panic)";
    let why = why(end);
    assert!(why.contains(said) && why.contains("alarm.a: skipped"), "{why}");
    assert!(!why.contains("parameter_group.p: skipped") && !why.contains("subnet_group"), "{why}");
    assert!(told.contains("Failed {") && told.contains("a panic"), "{told}");
    assert_eq!(scene.objects(), 2, "the others go on, and the call had its effect");
    assert_eq!(scene.process(1, Verb::Apply).0, End::Done);
    scene.converges();
    assert_eq!(scene.objects(), 3);
}

/// What an earlier run left under way is waited for: with progress, and an interrupt ends the wait and says of what.
#[test]
fn the_wait_for_an_earlier_run_is_told_and_can_be_interrupted() {
    let rotated = GROUP.replace("TOKEN_1", "TOKEN_2");
    let cases = [
        (GROUP, "CreateReplicationGroup", 3, "stopped while waiting for g;"),
        (&rotated, "ModifyReplicationGroup", 1, "stopped while waiting for update replication_group.g;"),
    ];
    for (stack, call, look, said) in cases {
        let crash = format!("1 0 crash-after call {call}");
        let scene = Scene::with(script(&[&crash, &format!("2 {look} interrupt read replication_group")]));
        if stack != GROUP {
            scene.write(GROUP);
            assert_eq!(scene.process(0, Verb::Apply).0, End::Done);
        }
        scene.write(stack);
        assert_eq!(scene.process(1, Verb::Apply).0, End::Dead, "{call}");
        let (end, told) = scene.process(2, Verb::Apply);
        let why = why(end);
        assert!(why.contains(said) && why.contains("nothing was sent"), "{call}: {why}");
        assert!(told.matches("Waiting {").count() >= 1, "{call}: {told}");
        let (end, told) = scene.process(3, Verb::Apply);
        assert_eq!(end, End::Done, "{told}");
        scene.converges();
        assert_eq!(scene.objects(), 1);
    }
}
