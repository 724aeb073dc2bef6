//! What is bought is bought once, whatever becomes of the run that buys it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::emulate::control;
use crate::harness::{Emulator, Place};

/// A stack that buys one reserved node; `id` is its name, where it gets one.
fn scene(id: &str) -> (Emulator, Place) {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "123456789012").env("AWS_SECRET_ACCESS_KEY", "test");
    place.env("AWS_ENDPOINT_URL", &emulator.url);
    let stack = r#"
environment "prod" { region = "us-east-1" }

data "reserved_cache_node_offering" "small" {
  cache_node_type     = "cache.m5.large"
  duration            = "P1Y"
  offering_type       = "No Upfront"
  product_description = "redis"
}

reserved_cache_node "shop" {
  ID
  reserved_cache_nodes_offering_id = data.reserved_cache_node_offering.small.offering_id
}
"#;
    place.write("main.hcl", &stack.replace("ID", id));
    (emulator, place)
}

fn args(emulator: &Emulator) -> Vec<&str> {
    vec!["apply", "--auto-approve", "--allow-purchase", "reserved_cache_node.shop", "--endpoint", &emulator.url]
}

/// The answer to the next purchase is lost after so long; it is carried out all the same.
fn lose(emulator: &Emulator, ms: u64) {
    let rule = serde_json::json!({
        "match": "*:PurchaseReservedCacheNodesOffering", "times": 1, "timeout": { "ms": ms, "done": true },
    });
    let faults = serde_json::json!({ "seed": 1, "rules": [rule] }).to_string();
    control(emulator, "POST /_cachestack/faults", &faults);
}

fn purchases(emulator: &Emulator) -> u64 {
    let calls = control(emulator, "GET /_cachestack/calls", "");
    let calls: serde_json::Value = serde_json::from_str(&calls).expect("calls");
    let of =
        |(name, count): (&String, &serde_json::Value)| name.contains(":Purchase").then(|| count.as_u64()).flatten();
    calls.as_object().expect("calls").iter().filter_map(of).sum()
}

fn is_there_once(emulator: &Emulator, place: &Place) {
    assert_eq!(purchases(emulator), 1);
    place.run(&["plan", "--detailed-exitcode", "--endpoint", &emulator.url]).expect(0).says("No changes");
    let listed = place.run(&["state", "list", "--endpoint", &emulator.url]).expect(0).stdout;
    assert_eq!(listed, "reserved_cache_node.shop\n");
}

#[test]
fn a_purchase_whose_answer_is_lost_is_not_made_twice() {
    for id in ["", "id = \"shop\""] {
        let (emulator, place) = scene(id);
        lose(&emulator, 0);
        // The run finds it by itself, or tells that it does not know; the next one finds it.
        place.run(&args(&emulator));
        place.run(&args(&emulator)).expect(0);
        is_there_once(&emulator, &place);
    }
}

#[test]
fn a_run_that_is_killed_while_it_buys_is_gone_on_with() {
    for id in ["", "id = \"shop\""] {
        let (emulator, place) = scene(id);
        lose(&emulator, 60_000);
        let mut program = place.program(&args(&emulator));
        let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        let start = Instant::now();
        while purchases(&emulator) == 0 && start.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(50));
        }
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
        place.run(&args(&emulator)).expect(0);
        is_there_once(&emulator, &place);
    }
}
