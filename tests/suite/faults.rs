//! A service in trouble: rate limits, errors, and answers that are lost after the call was carried out.

use crate::harness::{Emulator, Place};

/// One in three calls that change something is carried out, and its answer is lost.
fn faults(seed: u32) -> String {
    let lost = ["Create*", "Delete*", "Put*", "Authorize*", "Revoke*", "Modify*", "AddTags*"].map(|operation| {
        serde_json::json!({ "match": format!("*:{operation}"), "probability": 0.3, "timeout": { "ms": 20, "done": true } })
    });
    let more = [
        serde_json::json!({ "match": "*:Describe*", "probability": 0.1, "error": { "code": "InternalFailure", "status": 500 } }),
        serde_json::json!({ "match": "elasticache:*", "throttle": { "per_second": 50, "burst": 10 } }),
    ];
    let rules: Vec<_> = lost.into_iter().chain(more).collect();
    serde_json::json!({ "seed": seed, "rules": rules }).to_string()
}

#[test]
fn a_service_in_trouble_is_waited_out() {
    for seed in [1, 2] {
        let emulator = Emulator::start_in(Place::new(), &["--speed", "instant", "--faults", &faults(seed)]);
        let mut place = Place::new();
        place.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        place.env("REDIS_AUTH_TOKEN", "correct-horse-battery-staple");
        place.run(&["init", "--template", "monitoring"]).expect(0);
        let go = |words: &[&str], code| place.run(&[words, &["--endpoint", &emulator.url]].concat()).expect(code);
        go(&["apply", "--auto-approve"], 0).says("16 added, 0 changed, 0 destroyed");
        go(&["plan", "--detailed-exitcode"], 0).says("16 resources unchanged");
        go(&["apply", "--auto-approve", "--var", "nodes=3"], 0);
        go(&["plan", "--detailed-exitcode", "--var", "nodes=3"], 0);
        go(&["destroy", "--auto-approve"], 0).says("0 added, 0 changed, ");
        // What was lost on the way would be in the way now.
        go(&["apply", "--auto-approve"], 0).says("16 added, 0 changed, 0 destroyed");
    }
}
