//! Delays and broken connections of the emulator, felt without a socket.

use super::*;

fn faulty(rule: serde_json::Value) -> World {
    let world = World::new(Speed::Instant);
    let plan = serde_json::from_value(serde_json::json!({ "rules": [rule] })).unwrap();
    world.emulator.set_faults(plan).unwrap();
    world
}

fn create() -> Call {
    let fields = [("CacheParameterGroupName", "p"), ("CacheParameterGroupFamily", "redis7"), ("Description", "d")];
    Call::new("CreateCacheParameterGroup", fields.map(|(name, value)| (name, value.into())))
}

#[test]
fn a_late_answer_comes_late() {
    let world = faulty(serde_json::json!({ "match": "*:Create*", "times": 1, "latency": { "ms": 5000 } }));
    let before = world.clock.now_ms();
    world.invoke("parameter_group", &create()).unwrap();
    assert!(world.clock.now_ms() >= before + 5000);
}

#[test]
fn a_lost_answer_is_an_error_whatever_was_done() {
    for done in [true, false] {
        let rule = serde_json::json!({ "match": "*:Create*", "timeout": { "ms": 3000, "done": done } });
        let world = faulty(rule);
        let before = world.clock.now_ms();
        assert!(world.invoke("parameter_group", &create()).is_err());
        assert!(world.clock.now_ms() >= before + 3000);
        world.emulator.set_faults(Default::default()).unwrap();
        assert_eq!(world.observe("parameter_group", "p").is_some(), done);
    }
}
