//! A plan beside an apply: what that has under way was not left open by a run that was cut off.

use std::process::Stdio;
use std::time::Duration;

use crate::harness::{Emulator, Place};

const STACK: &str = r#"
environment "local" {
  endpoint = "URL"
  region   = "us-east-1"
}

replication_group "shop" {
  replication_group_id = "shop"
  description          = "Cache of the shop"
  engine               = "redis"
  node_type            = "cache.t4g.micro"
}
"#;

#[test]
fn a_plan_tells_of_a_run_at_work() {
    let emulator = Emulator::start("real");
    let place = Place::new();
    place.write("main.hcl", &STACK.replace("URL", &emulator.url));
    let mut command = place.program(&["apply", "--auto-approve"]);
    let mut apply = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("an apply");
    let mut told = String::new();
    for _ in 0..200 {
        let plan = place.run(&["plan"]);
        told = format!("{}{}", plan.stdout, plan.stderr);
        if told.contains("CS0615") {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(told.contains("locked by `cachestack apply`") && told.contains("s ago)"), "{told}");
    assert!(!told.contains("did not come to its end"), "{told}");
    apply.kill().expect("it is killed");
    apply.wait().expect("it has ended");
    let plan = place.run(&["plan"]);
    let told = format!("{}{}", plan.stdout, plan.stderr);
    assert!(told.contains("is still being made") && !told.contains("CS0615"), "{told}");
}
