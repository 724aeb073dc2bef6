//! Saved plans: what is approved is what is carried out, once, and nothing that has moved is touched.

mod attacks;
mod documents;
mod kills;

use crate::harness::Place;

/// A stack that needs no network.
pub const STACK: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "other" {
  endpoint = "emulator"
  region   = "us-west-2"
}

variable "policy" { default = "allkeys-lru" }

variable "word" { sensitive = true }

parameter_group "p" {
  name        = "saved"
  family      = "redis7"
  description = "Saved"
  parameters  = { maxmemory-policy = var.policy }
}

parameter_group "q" {
  name        = "saved-q"
  family      = "redis7"
  description = var.word
}

user "app" {
  user_id       = "app"
  user_name     = "app"
  engine        = "redis"
  access_string = "on ~app:* +@read"
  passwords     = [secret("env:TOKEN")]
}

resource "random_id" "id" { byte_length = 4 }

alarm "cpu" {
  alarm_name          = "saved-${parameter_group.p.id}-${random_id.id.hex}"
  metric_name         = "CPUUtilization"
  namespace           = "AWS/ElastiCache"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
  dimensions          = { CacheClusterId = "saved-001" }
}

output "policy" { value = var.policy }
"#;

const WORD: &str = "a word that nobody sees";
const TOKEN: &str = "correct-horse-battery-staple";
const APPLY: [&str; 5] = ["apply", "-e", "local", "--auto-approve", "p.plan"];

/// A place with the stack in it.
pub fn place() -> Place {
    let mut place = Place::new();
    place.env("TOKEN", TOKEN).env("CACHESTACK_ENVIRONMENT", "local").env("CACHESTACK_VAR_word", WORD);
    place.write("main.hcl", STACK);
    place
}

fn plan(place: &Place) -> String {
    place.run(&["plan", "--out", "p.plan"]).expect(0).stdout
}

/// What is planned, shown, carried out, and carried out again.
#[test]
fn what_was_approved_is_carried_out_once() {
    let place = place();
    let planned = plan(&place);
    let (planned, told) = planned.split_once("\nSaved as p.plan.").expect("where the plan is");
    assert!(told.contains("cachestack apply p.plan"), "{told}");
    let shown = place.run(&["show", "p.plan"]).expect(0).stdout;
    assert_eq!(shown, planned, "a plan is shown as it was when it was made");
    assert!(!place.path().join(".cachestack").exists(), "a plan writes no state");
    let bytes = place.bytes("p.plan");
    let text = String::from_utf8_lossy(&bytes);
    for hidden in [TOKEN, WORD] {
        assert!(!text.contains(hidden), "{hidden:?} is in the plan");
    }
    let applied = place.run(&["apply", "p.plan"]).expect(0);
    assert!(applied.stdout.contains("Apply complete: 5 added"), "{}", applied.stdout);
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    let again = place.run(&["apply", "--plan", "p.plan"]).expect(6);
    assert!(again.stderr.contains("was carried out already"), "{}", again.stderr);
    // Of a plan that changes nothing nothing is remembered.
    place.run(&["plan", "-out=p.plan"]).expect(0).says("No changes");
    place.run(&["apply", "p.plan"]).expect(0);
    place.run(&["apply", "p.plan"]).expect(0);
    place.run(&["plan", "--destroy", "--out", "p.plan"]).expect(0);
    place.run(&["apply", "p.plan"]).expect(0).says("5 destroyed");
    assert_eq!(place.run(&["state", "list"]).expect(0).stdout, "");
}

/// The files may be others by then, or gone: the plan is carried out as it was made.
#[test]
fn the_files_are_not_evaluated_again() {
    for gone in [false, true] {
        let place = place();
        place.run(&["apply", "--auto-approve", "--target", "parameter_group.p"]).expect(0);
        plan(&place);
        match gone {
            true => std::fs::remove_file(place.path().join("main.hcl")).expect("a file"),
            false => place.write("main.hcl", &STACK.replace("allkeys-lru", "noeviction")),
        }
        let applied = place.run(&["apply", "p.plan"]).expect(0);
        assert!(applied.stdout.contains("4 added"), "{}", applied.stdout);
        assert_eq!(applied.stderr.contains("have changed since the plan was made"), !gone, "{}", applied.stderr);
        place.write("main.hcl", STACK);
        place.run(&["plan", "--detailed-exitcode"]).expect(0);
    }
}

/// Only what the plan touches counts.
#[test]
fn a_plan_is_stale_when_what_it_touches_has_moved() {
    let place = place();
    place.run(&["apply", "--auto-approve"]).expect(0);
    let changed = |from: &str, to: &str| {
        assert!(STACK.contains(from), "{from}");
        STACK.replace(from, to)
    };
    let p = changed("\"allkeys-lru\"", "\"noeviction\"");
    for (behind, code, why) in [
        (changed("on ~app:* +@read", "on ~app:* +@write"), 0, "Apply complete"),
        (
            changed("\"allkeys-lru\"", "\"volatile-ttl\""),
            6,
            "`parameter_group.p` has moved since the plan was made: `parameter`",
        ),
    ] {
        place.write("main.hcl", &p);
        plan(&place);
        place.write("main.hcl", &behind);
        place.run(&["apply", "--auto-approve"]).expect(0);
        place.write("main.hcl", &p);
        let applied = place.run(&["apply", "p.plan"]).expect(code);
        assert!(format!("{}{}", applied.stdout, applied.stderr).contains(why), "{}{}", applied.stdout, applied.stderr);
        place.write("main.hcl", STACK);
        place.run(&["apply", "--auto-approve"]).expect(0);
    }
    // What is to be made is there by now; what is to be changed is gone.
    let more = format!("{STACK}\nparameter_group \"r\" {{\n  name = \"more\"\n  family = \"redis7\"\n}}\n");
    place.write("main.hcl", &more);
    plan(&place);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let applied = place.run(&["apply", "p.plan"]).expect(6);
    assert!(applied.stderr.contains("`parameter_group.r`"), "{}", applied.stderr);
    place.write("main.hcl", &more.replace("\"more\"\n", "\"more\"\n  description = \"else\"\n"));
    plan(&place);
    place.write("main.hcl", STACK);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let applied = place.run(&["apply", "p.plan"]).expect(6);
    assert!(applied.stderr.contains("`parameter_group.r` is no longer in the state"), "{}", applied.stderr);
}

/// An object that has taken the place of another under its name is none that the plan knows.
#[test]
fn a_plan_does_not_touch_a_successor() {
    for what in ["parameter_group.p", "random_id.id"] {
        let place = place();
        place.run(&["apply", "--auto-approve"]).expect(0);
        for file in ["one.plan", "two.plan"] {
            place.run(&["plan", "--replace", what, "--out", file]).expect(0);
        }
        place.run(&["apply", "--auto-approve", "one.plan"]).expect(0);
        let applied = place.run(&["apply", "--auto-approve", "two.plan"]).expect(6);
        assert!(applied.stderr.contains(&format!("`{what}` ")), "{}", applied.stderr);
    }
    let place = place();
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["plan", "--destroy", "--out", "p.plan"]).expect(0);
    place.run(&["destroy", "--auto-approve"]).expect(0);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let applied = place.run(&["apply", "--auto-approve", "p.plan"]).expect(6);
    assert!(applied.stderr.contains("was changed by another run"), "{}", applied.stderr);
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
}

/// A state that was made since the plan, by another run.
#[test]
fn a_plan_of_a_new_stack_is_stale_once_there_is_a_state() {
    let place = place();
    plan(&place);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let applied = place.run(&["apply", "p.plan"]).expect(6);
    assert!(applied.stderr.contains("another run has made one since"), "{}", applied.stderr);
}

/// Secrets are read when the plan is carried out, and must be those that it was made with.
#[test]
fn secrets_are_read_anew() {
    let mut place = place();
    plan(&place);
    for (token, why) in
        [("", "the secret env:TOKEN has to be sent"), ("another-secret-of-16-letters", "is another secret")]
    {
        place.env("TOKEN", token);
        let applied = place.run(&["apply", "p.plan"]).expect(1);
        assert!(applied.stderr.contains(why) && applied.stderr.contains("nothing was sent"), "{}", applied.stderr);
    }
    assert_eq!(place.run(&["state", "list"]).expect(0).stdout, "");
    place.env("TOKEN", TOKEN);
    let other = place.run(&["apply", "p.plan", "--var", "word=another"]).expect(1);
    assert!(other.stderr.contains("another value than the plan was made with"), "{}", other.stderr);
    let known = place.run(&["apply", "p.plan", "--var", "policy=noeviction"]).expect(1);
    assert!(known.stderr.contains("the saved plan has its value"), "{}", known.stderr);
    place.run(&["apply", "p.plan"]).expect(0);
}

/// Values that are written out in files are not kept: the file must be there, and the same around them.
#[test]
fn what_is_written_out_is_read_again() {
    let place = place();
    let written = STACK.replace("secret(\"env:TOKEN\")", "\"written-out-in-the-file\"");
    place.write("main.hcl", &written);
    plan(&place);
    assert!(!String::from_utf8_lossy(&place.bytes("p.plan")).contains("written-out"), "the password is in the plan");
    place.write("main.hcl", &written.replace("allkeys-lru", "noeviction"));
    let applied = place.run(&["apply", "p.plan"]).expect(1);
    assert!(applied.stderr.contains("main.hcl has values that a saved plan must not keep"), "{}", applied.stderr);
    place.write("main.hcl", &written.replace("written-out-in-the-file", "another-one-in-the-file"));
    let applied = place.run(&["apply", "p.plan"]).expect(1);
    assert!(applied.stderr.contains("is another secret"), "{}", applied.stderr);
    place.write("main.hcl", &written);
    place.run(&["apply", "p.plan"]).expect(0).says("5 added");
}

/// What else may be said beside a saved plan, and what not.
#[test]
fn a_plan_is_of_one_stack_and_one_environment() {
    let place = place();
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.write("main.hcl", &STACK.replace("allkeys-lru", "noeviction"));
    plan(&place);
    place.write("elsewhere/main.hcl", STACK);
    place.write("empty/note.txt", "nothing");
    let cases: [(&[&str], i32, &str); 11] = [
        (&["apply", "-e", "other", "p.plan"], 1, "the plan is of environment \"local\", and -e says \"other\""),
        (&["apply", "--plan", "p.plan", "elsewhere"], 1, "is of another state"),
        (&["apply", "--plan", "p.plan", "empty"], 1, "is of another state"),
        (&["apply", "--plan", "p.plan", "nowhere"], 1, "which is not here"),
        (&["apply", "--plan", "p.plan", "p.plan"], 1, "there are two saved plans"),
        (&["apply", "p.plan", "--target", "user.app"], 1, "--target: a saved plan is carried out as it was made"),
        (&["destroy", "p.plan"], 1, "plan --destroy --out FILE"),
        (&["plan", "p.plan"], 1, "it is a saved plan"),
        (&["validate", "p.plan"], 1, "it is a saved plan"),
        (&["apply", "--plan", "main.hcl"], 1, "it is text and no saved plan"),
        (&["apply", "--plan", "none"], 1, "there is no such file"),
    ];
    for (args, code, why) in cases {
        let run = place.run(args).expect(code);
        assert!(run.stderr.contains(why), "{args:?}: {}", run.stderr);
    }
    // Any other file means its directory.
    place.run(&["plan", "main.hcl", "--detailed-exitcode"]).expect(2);
    place.run(&["apply", "p.plan"]).expect(0).says("1 changed");
}

/// Guards stand against a saved plan as against any other, and so does a lock.
#[test]
fn guards_and_locks_hold() {
    let place = place();
    let protected = STACK.replace("  name        = \"saved\"\n", "  name        = \"saved\"\n  protect = true\n");
    place.write("main.hcl", &protected);
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["plan", "--destroy", "--out", "p.plan"]).expect(3);
    place.run(&["apply", "p.plan"]).expect(3);
    place.write("main.hcl", &protected.replace("allkeys-lru", "noeviction"));
    plan(&place);
    let lock =
        std::fs::OpenOptions::new().write(true).open(place.path().join(".cachestack/local/lock")).expect("a lock");
    lock.lock().expect("it is free");
    place.run(&["apply", "p.plan"]).expect(4);
    drop(lock);
    place.run(&APPLY).expect(0);
}
