//! The call that makes a group, and the forms of its nested members.

use super::{id, shape};
use crate::kind::{Call, Change, Problem};
use crate::kinds::{tags, upkeep};
use crate::value::Value;

pub(super) fn create(change: &Change) -> Result<Call, Problem> {
    change.must_list("node_group_configuration", &[])?;
    change.must_list("log_delivery_configuration", &["log_type", "destination_type"])?;
    must_be_spread(change)?;
    let new = |name: &str| change.new(name);
    let given = |name: &'static str| change.if_changed(name);
    // A member of a global datastore has these from its primary.
    let member = !given("global_replication_group_id").is_null();
    let by_shards = !given("num_node_groups").is_null() || !given("replicas_per_node_group").is_null();
    let args = [
        ("ReplicationGroupId", id(change)),
        ("ReplicationGroupDescription", new("description")),
        ("GlobalReplicationGroupId", given("global_replication_group_id")),
        ("Engine", if member { Value::null() } else { new("engine") }),
        ("EngineVersion", given("engine_version")),
        ("CacheNodeType", given("node_type")),
        ("CacheParameterGroupName", given("parameter_group_name")),
        ("NumCacheClusters", given("num_cache_clusters")),
        ("NumNodeGroups", if by_shards { given("num_node_groups") } else { Value::null() }),
        ("ReplicasPerNodeGroup", given("replicas_per_node_group")),
        ("NodeGroupConfiguration", node_groups(&given("node_group_configuration"))),
        ("ClusterMode", given("cluster_mode")),
        ("AutomaticFailoverEnabled", if member { Value::null() } else { new("automatic_failover_enabled") }),
        ("MultiAZEnabled", new("multi_az_enabled")),
        ("PreferredCacheClusterAZs", given("preferred_cache_cluster_azs")),
        ("DataTieringEnabled", given("data_tiering_enabled")),
        ("CacheSubnetGroupName", given("subnet_group_name")),
        ("SecurityGroupIds", given("security_group_ids")),
        ("Port", given("port")),
        ("NetworkType", given("network_type")),
        ("IpDiscovery", given("ip_discovery")),
        ("AtRestEncryptionEnabled", given("at_rest_encryption_enabled")),
        ("KmsKeyId", given("kms_key_id")),
        ("TransitEncryptionEnabled", given("transit_encryption_enabled")),
        ("TransitEncryptionMode", given("transit_encryption_mode")),
        ("Durability", given("durability")),
        ("AuthToken", given("auth_token")),
        ("UserGroupIds", given("user_group_ids")),
        ("SnapshotArns", given("snapshot_arns")),
        ("SnapshotName", given("snapshot_name")),
        ("SnapshotRetentionLimit", given("snapshot_retention_limit")),
        ("SnapshotWindow", given("snapshot_window")),
        ("PreferredMaintenanceWindow", given("maintenance_window")),
        ("AutoMinorVersionUpgrade", given("auto_minor_version_upgrade")),
        ("NotificationTopicArn", given("notification_topic_arn")),
        ("LogDeliveryConfigurations", upkeep::log_deliveries(&Value::null(), &given("log_delivery_configuration"))),
        ("Tags", tags::at_create(change)),
    ];
    let call = Call::new("CreateReplicationGroup", args).marked("Tags").settles(shape(change.after).made());
    // Without a global datastore it takes an engine.
    Ok(call.assuming_set("global_replication_group_id", &given("global_replication_group_id")))
}

/// Shards that nobody gave replicas have none when they are made, so that none could be in another zone.
fn must_be_spread(change: &Change) -> Result<(), Problem> {
    // What is written is judged by the rules.
    let counts = ["replicas_per_node_group", "num_cache_clusters"];
    let blocks = change.if_changed("node_group_configuration");
    let said = blocks.children().all(|block| block.get("replica_count").is_some_and(|count| !count.is_null()));
    let described = blocks.children().next().is_some() && said;
    let unwritten = !described && counts.into_iter().all(|name| change.if_changed(name).is_null());
    let spread = unwritten && change.new("multi_az_enabled").as_bool() == Some(true);
    if !spread || change.new("replicas_per_node_group").as_i64() != Some(0) {
        return Ok(());
    }
    // One shard is counted by its nodes, and both ways to count exclude each other.
    let count = match (blocks.children().next().is_some(), change.if_changed("num_node_groups").is_null()) {
        (true, _) => "replica_count of each node_group_configuration to 1",
        (false, true) => "num_cache_clusters to 2",
        (false, false) => "replicas_per_node_group to 1",
    };
    Err(Problem::error(
        "CS0536",
        "multi_az_enabled",
        "Multi-AZ needs a replica",
        "`multi_az_enabled` is on, and the shards of a new group have no replica unless you ask for it.",
        format!("Set {count} or more, or multi_az_enabled = false."),
    ))
}

/// Shard blocks in the form of the API.
pub(super) fn node_groups(blocks: &Value) -> Value {
    let Some(items) = blocks.as_items() else { return Value::null() };
    let members = [
        ("node_group_id", "NodeGroupId"),
        ("primary_availability_zone", "PrimaryAvailabilityZone"),
        ("primary_outpost_arn", "PrimaryOutpostArn"),
        ("replica_availability_zones", "ReplicaAvailabilityZones"),
        ("replica_outpost_arns", "ReplicaOutpostArns"),
        ("replica_count", "ReplicaCount"),
        ("slots", "Slots"),
    ];
    Value::tuple(items.iter().map(|block| renamed(block, &members)).collect())
}

pub(super) fn renamed(block: &Value, members: &[(&str, &str)]) -> Value {
    let pairs = members.iter().filter_map(|(from, to)| {
        block.get(from).filter(|value| !value.is_null()).map(|value| ((*to).into(), value.clone()))
    });
    Value::object(pairs.collect())
}
