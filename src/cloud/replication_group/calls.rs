//! The calls that make, change and delete replication groups.

use aws_sdk_elasticache::types::{ConfigureShard, NodeGroupConfiguration, ReplicationGroup, ReshardingConfiguration};

use crate::cloud::args::Input;
use crate::cloud::attrs::Attrs;
use crate::cloud::cache_cluster::reboot;
use crate::cloud::clients::Clients;
use crate::cloud::global_replication_group::disassociate;
use crate::cloud::{logs, tags};
use crate::kind::{Call, RemoteError, Reply};

/// Issues a call.
pub async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let mut input = Input::of(call);
    let group = match call.operation {
        "CreateReplicationGroup" => create(clients, &mut input).await?,
        "ModifyReplicationGroup" => modify(clients, &mut input).await?,
        "IncreaseReplicaCount" => increase(clients, &mut input).await?,
        "DecreaseReplicaCount" => decrease(clients, &mut input).await?,
        "ModifyReplicationGroupShardConfiguration" => reshard(clients, &mut input).await?,
        "DeleteReplicationGroup" => delete(clients, &mut input).await?,
        "TestFailover" => fail_over(clients, &mut input).await?,
        "DisassociateGlobalReplicationGroup" => return disassociate(clients, call).await,
        "RebootCacheCluster" => return reboot(clients, &mut input).await,
        _ => return tags::change_elasticache(clients, call).await,
    };
    let mut reply = Attrs::default();
    if let Some(group) = group {
        reply.text("id", group.replication_group_id()).text("arn", group.arn());
    }
    Ok(reply.0)
}

type Answer = Result<Option<ReplicationGroup>, RemoteError>;

async fn create(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    let request = service
        .client
        .create_replication_group()
        .set_replication_group_id(input.text("ReplicationGroupId")?)
        .set_replication_group_description(input.text("ReplicationGroupDescription")?)
        .set_global_replication_group_id(input.text("GlobalReplicationGroupId")?)
        .set_primary_cluster_id(input.text("PrimaryClusterId")?)
        .set_automatic_failover_enabled(input.flag("AutomaticFailoverEnabled")?)
        .set_multi_az_enabled(input.flag("MultiAZEnabled")?)
        .set_num_cache_clusters(input.int("NumCacheClusters")?)
        .set_preferred_cache_cluster_azs(input.texts("PreferredCacheClusterAZs")?)
        .set_num_node_groups(input.int("NumNodeGroups")?)
        .set_replicas_per_node_group(input.int("ReplicasPerNodeGroup")?)
        .set_node_group_configuration(input.each("NodeGroupConfiguration", shard)?)
        .set_cache_node_type(input.text("CacheNodeType")?)
        .set_engine(input.text("Engine")?)
        .set_engine_version(input.text("EngineVersion")?)
        .set_cache_parameter_group_name(input.text("CacheParameterGroupName")?)
        .set_cache_subnet_group_name(input.text("CacheSubnetGroupName")?)
        .set_cache_security_group_names(input.texts("CacheSecurityGroupNames")?)
        .set_security_group_ids(input.texts("SecurityGroupIds")?)
        .set_tags(tags::elasticache_tags(input)?)
        .set_snapshot_arns(input.texts("SnapshotArns")?)
        .set_snapshot_name(input.text("SnapshotName")?)
        .set_preferred_maintenance_window(input.text("PreferredMaintenanceWindow")?)
        .set_port(input.int("Port")?)
        .set_notification_topic_arn(input.text("NotificationTopicArn")?)
        .set_auto_minor_version_upgrade(input.flag("AutoMinorVersionUpgrade")?)
        .set_snapshot_retention_limit(input.int("SnapshotRetentionLimit")?)
        .set_snapshot_window(input.text("SnapshotWindow")?)
        .set_auth_token(input.text("AuthToken")?)
        .set_transit_encryption_enabled(input.flag("TransitEncryptionEnabled")?)
        .set_at_rest_encryption_enabled(input.flag("AtRestEncryptionEnabled")?)
        .set_kms_key_id(input.text("KmsKeyId")?)
        .set_user_group_ids(input.texts("UserGroupIds")?)
        .set_log_delivery_configurations(input.each("LogDeliveryConfigurations", logs::request)?)
        .set_data_tiering_enabled(input.flag("DataTieringEnabled")?)
        .set_network_type(input.word("NetworkType")?)
        .set_ip_discovery(input.word("IpDiscovery")?)
        .set_transit_encryption_mode(input.word("TransitEncryptionMode")?)
        .set_cluster_mode(input.word("ClusterMode")?)
        .set_serverless_cache_snapshot_name(input.text("ServerlessCacheSnapshotName")?)
        .set_durability(input.word("Durability")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.replication_group)
}

async fn modify(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    // AWS has retired `NodeGroupId` here, but its model still lists it.
    #[allow(deprecated)]
    let request = service
        .client
        .modify_replication_group()
        .set_replication_group_id(input.text("ReplicationGroupId")?)
        .set_replication_group_description(input.text("ReplicationGroupDescription")?)
        .set_primary_cluster_id(input.text("PrimaryClusterId")?)
        .set_snapshotting_cluster_id(input.text("SnapshottingClusterId")?)
        .set_automatic_failover_enabled(input.flag("AutomaticFailoverEnabled")?)
        .set_multi_az_enabled(input.flag("MultiAZEnabled")?)
        .set_node_group_id(input.text("NodeGroupId")?)
        .set_cache_security_group_names(input.texts("CacheSecurityGroupNames")?)
        .set_security_group_ids(input.texts("SecurityGroupIds")?)
        .set_preferred_maintenance_window(input.text("PreferredMaintenanceWindow")?)
        .set_notification_topic_arn(input.text("NotificationTopicArn")?)
        .set_cache_parameter_group_name(input.text("CacheParameterGroupName")?)
        .set_notification_topic_status(input.text("NotificationTopicStatus")?)
        .set_apply_immediately(input.flag("ApplyImmediately")?)
        .set_engine(input.text("Engine")?)
        .set_engine_version(input.text("EngineVersion")?)
        .set_auto_minor_version_upgrade(input.flag("AutoMinorVersionUpgrade")?)
        .set_snapshot_retention_limit(input.int("SnapshotRetentionLimit")?)
        .set_snapshot_window(input.text("SnapshotWindow")?)
        .set_cache_node_type(input.text("CacheNodeType")?)
        .set_auth_token(input.text("AuthToken")?)
        .set_auth_token_update_strategy(input.word("AuthTokenUpdateStrategy")?)
        .set_user_group_ids_to_add(input.texts("UserGroupIdsToAdd")?)
        .set_user_group_ids_to_remove(input.texts("UserGroupIdsToRemove")?)
        .set_remove_user_groups(input.flag("RemoveUserGroups")?)
        .set_log_delivery_configurations(input.each("LogDeliveryConfigurations", logs::request)?)
        .set_ip_discovery(input.word("IpDiscovery")?)
        .set_transit_encryption_enabled(input.flag("TransitEncryptionEnabled")?)
        .set_transit_encryption_mode(input.word("TransitEncryptionMode")?)
        .set_cluster_mode(input.word("ClusterMode")?)
        .set_durability(input.word("Durability")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.replication_group)
}

async fn increase(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    let request = service
        .client
        .increase_replica_count()
        .set_replication_group_id(input.text("ReplicationGroupId")?)
        .set_new_replica_count(input.int("NewReplicaCount")?)
        .set_replica_configuration(input.each("ReplicaConfiguration", shard_replicas)?)
        .set_apply_immediately(input.flag("ApplyImmediately")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.replication_group)
}

async fn decrease(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    let request = service
        .client
        .decrease_replica_count()
        .set_replication_group_id(input.text("ReplicationGroupId")?)
        .set_new_replica_count(input.int("NewReplicaCount")?)
        .set_replica_configuration(input.each("ReplicaConfiguration", shard_replicas)?)
        .set_replicas_to_remove(input.texts("ReplicasToRemove")?)
        .set_apply_immediately(input.flag("ApplyImmediately")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.replication_group)
}

async fn reshard(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    let request = service
        .client
        .modify_replication_group_shard_configuration()
        .set_replication_group_id(input.text("ReplicationGroupId")?)
        .set_node_group_count(input.int("NodeGroupCount")?)
        .set_apply_immediately(input.flag("ApplyImmediately")?)
        .set_resharding_configuration(input.each("ReshardingConfiguration", new_shard)?)
        .set_node_groups_to_remove(input.texts("NodeGroupsToRemove")?)
        .set_node_groups_to_retain(input.texts("NodeGroupsToRetain")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.replication_group)
}

async fn delete(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    let request = service
        .client
        .delete_replication_group()
        .set_replication_group_id(input.text("ReplicationGroupId")?)
        .set_retain_primary_cluster(input.flag("RetainPrimaryCluster")?)
        .set_final_snapshot_identifier(input.text("FinalSnapshotIdentifier")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.replication_group)
}

async fn fail_over(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    let request = service
        .client
        .test_failover()
        .set_replication_group_id(input.text("ReplicationGroupId")?)
        .set_node_group_id(input.text("NodeGroupId")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.replication_group)
}

fn shard(member: &mut Input) -> Result<NodeGroupConfiguration, RemoteError> {
    Ok(NodeGroupConfiguration::builder()
        .set_node_group_id(member.text("NodeGroupId")?)
        .set_slots(member.text("Slots")?)
        .set_replica_count(member.int("ReplicaCount")?)
        .set_primary_availability_zone(member.text("PrimaryAvailabilityZone")?)
        .set_replica_availability_zones(member.texts("ReplicaAvailabilityZones")?)
        .set_primary_outpost_arn(member.text("PrimaryOutpostArn")?)
        .set_replica_outpost_arns(member.texts("ReplicaOutpostArns")?)
        .build())
}

fn new_shard(member: &mut Input) -> Result<ReshardingConfiguration, RemoteError> {
    Ok(ReshardingConfiguration::builder()
        .set_node_group_id(member.text("NodeGroupId")?)
        .set_preferred_availability_zones(member.texts("PreferredAvailabilityZones")?)
        .build())
}

fn shard_replicas(member: &mut Input) -> Result<ConfigureShard, RemoteError> {
    Ok(ConfigureShard::builder()
        .set_node_group_id(member.text("NodeGroupId")?)
        .set_new_replica_count(member.int("NewReplicaCount")?)
        .set_preferred_availability_zones(member.texts("PreferredAvailabilityZones")?)
        .set_preferred_outpost_arns(member.texts("PreferredOutpostArns")?)
        .build())
}
