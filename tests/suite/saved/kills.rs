//! A run that carries out a saved plan is killed: the same plan goes on where it was.

use crate::harness::Place;
use crate::kill::{STACK, killed_after, moments};

#[test]
fn a_killed_run_of_a_plan_goes_on() {
    let mut random = moments(7);
    let mut resumed = 0;
    for _ in 0..5 {
        let mut place = Place::new();
        place.env("CACHESTACK_EMULATOR_SPEED", "fast").env("TOKEN", "correct-horse-battery-staple");
        let changed = STACK.replace("num_cache_clusters         = 2", "num_cache_clusters         = 3");
        let replaced = changed.replace("\"killed\"\n  node_type", "\"killed-again\"\n  node_type");
        for stack in [STACK, &changed, &replaced] {
            place.write("main.hcl", stack);
            place.run(&["plan", "--out", "p.plan", "--allow-destroy", "all"]).expect(0);
            for _ in 0..3 {
                killed_after(&place, &["apply", "p.plan"], 30 + random() % 1200);
                resumed += usize::from(has_begun(&place));
            }
            let last = place.run(&["apply", "p.plan"]);
            // The run that was killed may have come to its end before.
            let done = last.code == 6 && last.stderr.contains("was carried out already");
            assert!(last.code == 0 || done, "{}\n{}\n{}", last.code, last.stdout, last.stderr);
            place.run(&["plan", "--detailed-exitcode"]).expect(0).says("resources unchanged");
            let state = place.run(&["state", "pull"]).expect(0).stdout;
            for left in ["\"operations\"", "\"deposed\"", "\"saved_plan\""] {
                assert!(!state.contains(left), "{left} is left over: {state}");
            }
            assert!(place.run(&["apply", "p.plan"]).code == 6, "a plan is carried out once");
        }
    }
    assert!(resumed > 0, "no run was killed amid");
}

/// Whether a run has begun the plan and not ended it.
fn has_begun(place: &Place) -> bool {
    let journal = place.path().join(".cachestack/local/journal");
    std::fs::metadata(journal).is_ok_and(|journal| journal.len() > 0)
}

/// Another run has gone on with what a killed one has left: the plan is stale, and says that it was begun.
#[test]
fn a_plan_that_another_run_went_on_from_is_stale() {
    let mut place = Place::new();
    place.env("CACHESTACK_EMULATOR_SPEED", "fast").env("TOKEN", "correct-horse-battery-staple");
    place.write("main.hcl", STACK);
    place.run(&["plan", "--out", "p.plan"]).expect(0);
    for moment in (100..).step_by(100) {
        killed_after(&place, &["apply", "p.plan"], moment);
        if has_begun(&place) {
            break;
        }
    }
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["apply", "p.plan"]).expect(6);
}

const DRAWN: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
  secrets  = "file:vault"
}

resource "random_password" "p" {
  length  = 20
  special = false
}

resource "random_id" "id" { byte_length = 4 }

resource "time_sleep" "s" {
  create_duration = "100ms"
  depends_on      = [random_password.p, random_id.id]
}

user "u" {
  count         = 3
  user_id       = "u-${count.index}-${random_id.id.hex}"
  user_name     = "u-${count.index}"
  engine        = "redis"
  access_string = "on ~* +@read"
  passwords     = [random_password.p.result]
  depends_on    = [time_sleep.s]
}

parameter_group "g" {
  name       = "g-${user.u[2].id}"
  family     = "redis7"
  depends_on = [user.u]
}
"#;

/// What was drawn is not drawn again, and what hangs on it is made of the same.
#[test]
fn a_killed_run_draws_nothing_twice() {
    let mut random = moments(11);
    let mut resumed = 0;
    for _ in 0..6 {
        let mut place = Place::new();
        place.env("CACHESTACK_EMULATOR_SPEED", "fast");
        place.write("main.hcl", DRAWN);
        place.run(&["plan", "--out", "p.plan"]).expect(0);
        for _ in 0..4 {
            killed_after(&place, &["apply", "p.plan"], 30 + random() % 700);
            resumed += usize::from(has_begun(&place));
        }
        let last = place.run(&["apply", "p.plan"]);
        assert!(last.code == 0 || last.stderr.contains("was carried out already"), "{}{}", last.stdout, last.stderr);
        place.run(&["plan", "--detailed-exitcode"]).expect(0).says("resources unchanged");
        // The last of it may still be in the journal.
        let users = place.run(&["state", "list"]).expect(0).stdout.matches("user.u[").count();
        assert_eq!(users, 3);
    }
    assert!(resumed > 0, "no run was killed amid");
}
