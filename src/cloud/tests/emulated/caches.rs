//! Replication groups.

use super::*;
use crate::kind::ErrorClass;
use crate::value::{Data, Secret};

fn redis(rest: &[(&str, Value)]) -> Object {
    let mut desired = attributes(&[
        ("replication_group_id", "redis".into()),
        ("description", "Sessions".into()),
        ("engine", "redis".into()),
        ("engine_version", "7.1".into()),
        ("node_type", "cache.t4g.small".into()),
        ("automatic_failover_enabled", true.into()),
        ("multi_az_enabled", true.into()),
        ("tags_all", tag_map()),
    ]);
    desired.extend(attributes(rest));
    desired
}

fn text(object: &Object, name: &str) -> String {
    object[name].as_str().unwrap_or_else(|| panic!("{name}: {:?}", object[name])).to_owned()
}

fn members(object: &Object) -> Vec<String> {
    let items = object["members"].as_items().unwrap();
    items.iter().map(|member| member.get("id").and_then(Value::as_str).unwrap().to_owned()).collect()
}

#[test]
fn a_replication_group_lives_as_long_as_in_aws() {
    let world = World::new(Speed::Real);
    let desired = redis(&[
        ("num_cache_clusters", Value::int(2)),
        ("port", Value::int(6380)),
        ("snapshot_retention_limit", Value::int(5)),
        ("snapshot_window", "03:00-04:00".into()),
        ("maintenance_window", "sun:05:00-sun:06:00".into()),
        ("parameter_group_name", "default.redis7".into()),
        ("at_rest_encryption_enabled", true.into()),
        ("log_delivery_configuration", set_of(vec![log("slow-log")])),
    ]);
    let made = world.create("replication_group", &desired);
    assert_eq!(members(&made), ["redis-001", "redis-002"]);
    assert!(text(&made, "primary_endpoint_address").contains("redis"));
    assert!(text(&made, "reader_endpoint_address").contains("redis"));
    assert!(made["configuration_endpoint_address"].is_null());
    assert_eq!(text(&made, "cluster_mode"), "disabled");
    assert!(text(&made, "engine_version_actual").starts_with("7.1"));

    let wider = world.update("replication_group", &made, &[("num_cache_clusters", Value::int(4))]);
    assert_eq!(members(&wider), ["redis-001", "redis-002", "redis-003", "redis-004"]);
    let changes = [
        ("node_type", "cache.m7g.large".into()),
        ("description", "More sessions".into()),
        ("snapshot_retention_limit", Value::int(7)),
        ("maintenance_window", "mon:05:00-mon:06:00".into()),
        ("log_delivery_configuration", set_of(vec![log("engine-log")])),
        ("tags_all", Value::string_map([("stage", "test")])),
    ];
    let bigger = world.update("replication_group", &wider, &changes);
    let narrower = world.update("replication_group", &bigger, &[("num_cache_clusters", Value::int(3))]);
    assert_eq!(members(&narrower).len(), 3);
    world.delete("replication_group", &narrower);
}

fn log(kind: &str) -> Value {
    object(&[
        ("destination", "/redis/logs".into()),
        ("destination_type", "cloudwatch-logs".into()),
        ("log_format", "json".into()),
        ("log_type", kind.into()),
    ])
}

#[test]
fn shards_come_and_go() {
    let world = World::new(Speed::Real);
    let desired = redis(&[
        ("num_node_groups", Value::int(2)),
        ("replicas_per_node_group", Value::int(1)),
        ("parameter_group_name", "default.redis7.cluster.on".into()),
    ]);
    let made = world.create("replication_group", &desired);
    assert_eq!(members(&made), ["redis-0001-001", "redis-0001-002", "redis-0002-001", "redis-0002-002"]);
    assert_eq!(made["cluster_enabled"].as_bool(), Some(true));
    assert_eq!(text(&made, "cluster_mode"), "enabled");
    assert!(text(&made, "configuration_endpoint_address").contains("redis"));
    assert!(made["primary_endpoint_address"].is_null());
    let shards = made["node_group_configuration"].as_items().unwrap();
    assert_eq!(shards[0].get("slots").and_then(Value::as_str), Some("0-8191"));
    let wider = world.update("replication_group", &made, &[("num_node_groups", Value::int(3))]);
    assert_eq!(members(&wider).len(), 6);
    let deeper = world.update("replication_group", &wider, &[("replicas_per_node_group", Value::int(2))]);
    assert_eq!(members(&deeper).len(), 9);
    world.delete("replication_group", &deeper);
}

#[test]
fn a_token_is_set_rotated_and_never_read_back() {
    let world = World::new(Speed::Real);
    let secret = |text: &str| {
        Value::new(Data::Secret(Arc::new(Secret { source: Some("env:TOKEN".into()), text: Some(text.into()) })))
    };
    let desired = redis(&[
        ("num_cache_clusters", Value::int(2)),
        ("transit_encryption_enabled", true.into()),
        ("auth_token", secret("a-token-of-16-letters")),
    ]);
    let made = world.create("replication_group", &desired);
    assert_eq!(made["auth_token_enabled"].as_bool(), Some(true));
    assert_eq!(text(&made, "transit_encryption_mode"), "required");
    let first = text(&made, "auth_token_last_modified");
    for strategy in ["ROTATE", "SET"] {
        world.clock.advance(Duration::from_secs(3600));
        let call = Call::new(
            "ModifyReplicationGroup",
            [
                ("ReplicationGroupId", "redis".into()),
                ("AuthToken", secret("another-token-of-22-letters")),
                ("AuthTokenUpdateStrategy", strategy.into()),
                ("ApplyImmediately", true.into()),
            ],
        );
        world.invoke("replication_group", &call).unwrap();
        world.settle("replication_group", "redis");
    }
    let found = world.observe("replication_group", "redis").unwrap();
    assert_ne!(text(&found.object, "auth_token_last_modified"), first);
    assert!(!format!("{found:?}").contains("letters"));
}

#[test]
fn what_waits_for_the_window_is_pending() {
    let world = World::new(Speed::Real);
    let made = world.create("replication_group", &redis(&[("num_cache_clusters", Value::int(2))]));
    let call = Call::new(
        "ModifyReplicationGroup",
        [
            ("ReplicationGroupId", "redis".into()),
            ("CacheNodeType", "cache.m7g.large".into()),
            ("ApplyImmediately", false.into()),
        ],
    );
    world.invoke("replication_group", &call).unwrap();
    let (found, _) = world.settle("replication_group", "redis");
    let found = found.unwrap();
    assert_eq!(found.object["node_type"], made["node_type"]);
    assert_eq!(found.pending.get("node_type").and_then(Value::as_str), Some("cache.m7g.large"));
}

#[test]
fn words_and_errors_on_the_way() {
    let world = World::new(Speed::Real);
    let target = Target { account: Some(ACCOUNT.into()), region: "us-east-1".into() };
    let kind = kinds::get("replication_group").unwrap();
    let desired = redis(&[("num_cache_clusters", Value::int(2))]);
    let changed: Vec<&'static str> =
        kind.schema().attrs.iter().map(|attr| attr.name).filter(|name| desired.contains_key(name)).collect();
    let create = &kind.compile(&Change::create(&desired, &changed, &target)).unwrap()[0];
    world.invoke("replication_group", create).unwrap();
    assert_eq!(world.invoke("replication_group", create).unwrap_err().class, ErrorClass::AlreadyExists);
    // Whose group it is can be told before it is ready.
    let young = world.observe("replication_group", "redis").unwrap();
    assert_eq!(young.status, Status::Making("creating".into()));
    assert_eq!(visible(&young.object["tags_all"]), tag_map());
    assert_eq!(run(world.aws.remote("replication_group", "us-east-1").tags(&young.object)).unwrap(), tag_map());
    let delete = Call::new("DeleteReplicationGroup", [("ReplicationGroupId", "redis".into())]);
    assert_eq!(world.invoke("replication_group", &delete).unwrap_err().class, ErrorClass::Busy);
    let (made, words) = world.settle("replication_group", "redis");
    assert!(made.is_some() && words[0] == "creating", "{words:?}");

    let same = Call::new(
        "IncreaseReplicaCount",
        [("ReplicationGroupId", "redis".into()), ("NewReplicaCount", Value::int(1)), ("ApplyImmediately", true.into())],
    );
    let error = world.invoke("replication_group", &same).unwrap_err();
    assert!([ErrorClass::NoChange, ErrorClass::Fatal].contains(&error.class), "{error}");
    let nothing = Call::new("ModifyReplicationGroup", [("ReplicationGroupId", "redis".into())]);
    assert_eq!(world.invoke("replication_group", &nothing).unwrap_err().class, ErrorClass::NoChange);

    world.invoke("replication_group", &delete).unwrap();
    let (gone, words) = world.settle("replication_group", "redis");
    assert_eq!((gone, words), (None, vec!["deleting".to_owned()]));
    assert_eq!(world.invoke("replication_group", &delete).unwrap_err().class, ErrorClass::NotFound);
}

#[test]
fn many_groups_are_joined_from_two_lists() {
    let world = World::new(Speed::Instant);
    let names: Vec<String> = (0..40).map(|n| format!("redis-{n}")).collect();
    for name in &names {
        let desired = redis(&[("replication_group_id", name.as_str().into()), ("num_cache_clusters", Value::int(3))]);
        world.change("replication_group", None, Some(&desired)).unwrap();
    }
    world.emulator.reset_calls();
    let found = run(world.aws.remote("replication_group", "us-east-1").read(&names)).unwrap();
    assert_eq!(found.len(), 40);
    assert!(found.values().all(|it| it.status == Status::Settled && it.object["tags_all"].get("team").is_some()));
    let calls = world.emulator.calls();
    assert_eq!(calls["elasticache:DescribeReplicationGroups"], 1);
    assert_eq!(calls["elasticache:DescribeCacheClusters"], 2);
    assert_eq!(calls.values().sum::<u64>(), 4, "{calls:?}");
}
