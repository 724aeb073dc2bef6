//! The calls that make, change and delete clusters.

use aws_sdk_elasticache::types::{CacheCluster, ScaleConfig};

use crate::cloud::args::Input;
use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::cloud::{logs, tags};
use crate::kind::{Call, RemoteError, Reply};

/// Issues a call.
pub async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let mut input = Input::of(call);
    let cluster = match call.operation {
        "CreateCacheCluster" => create(clients, &mut input).await?,
        "ModifyCacheCluster" => modify(clients, &mut input).await?,
        "DeleteCacheCluster" => delete(clients, &mut input).await?,
        "RebootCacheCluster" => return reboot(clients, &mut input).await,
        _ => return tags::change_elasticache(clients, call).await,
    };
    let mut reply = Attrs::default();
    if let Some(cluster) = cluster {
        reply.text("id", cluster.cache_cluster_id()).text("arn", cluster.arn());
    }
    Ok(reply.0)
}

type Answer = Result<Option<CacheCluster>, RemoteError>;

async fn create(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    let request = service
        .client
        .create_cache_cluster()
        .set_cache_cluster_id(input.text("CacheClusterId")?)
        .set_replication_group_id(input.text("ReplicationGroupId")?)
        .set_az_mode(input.word("AZMode")?)
        .set_preferred_availability_zone(input.text("PreferredAvailabilityZone")?)
        .set_preferred_availability_zones(input.texts("PreferredAvailabilityZones")?)
        .set_num_cache_nodes(input.int("NumCacheNodes")?)
        .set_cache_node_type(input.text("CacheNodeType")?)
        .set_engine(input.text("Engine")?)
        .set_engine_version(input.text("EngineVersion")?)
        .set_cache_parameter_group_name(input.text("CacheParameterGroupName")?)
        .set_cache_subnet_group_name(input.text("CacheSubnetGroupName")?)
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
        .set_outpost_mode(input.word("OutpostMode")?)
        .set_preferred_outpost_arn(input.text("PreferredOutpostArn")?)
        .set_log_delivery_configurations(input.each("LogDeliveryConfigurations", logs::request)?)
        .set_transit_encryption_enabled(input.flag("TransitEncryptionEnabled")?)
        .set_network_type(input.word("NetworkType")?)
        .set_ip_discovery(input.word("IpDiscovery")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.cache_cluster)
}

async fn modify(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    let request = service
        .client
        .modify_cache_cluster()
        .set_cache_cluster_id(input.text("CacheClusterId")?)
        .set_num_cache_nodes(input.int("NumCacheNodes")?)
        .set_cache_node_ids_to_remove(input.texts("CacheNodeIdsToRemove")?)
        .set_new_availability_zones(input.texts("NewAvailabilityZones")?)
        .set_az_mode(input.word("AZMode")?)
        .set_security_group_ids(input.texts("SecurityGroupIds")?)
        .set_preferred_maintenance_window(input.text("PreferredMaintenanceWindow")?)
        .set_notification_topic_arn(input.text("NotificationTopicArn")?)
        .set_notification_topic_status(input.text("NotificationTopicStatus")?)
        .set_cache_parameter_group_name(input.text("CacheParameterGroupName")?)
        .set_apply_immediately(input.flag("ApplyImmediately")?)
        .set_engine_version(input.text("EngineVersion")?)
        .set_auto_minor_version_upgrade(input.flag("AutoMinorVersionUpgrade")?)
        .set_snapshot_retention_limit(input.int("SnapshotRetentionLimit")?)
        .set_snapshot_window(input.text("SnapshotWindow")?)
        .set_cache_node_type(input.text("CacheNodeType")?)
        .set_scale_config(input.structure("ScaleConfig", scale_config)?)
        .set_log_delivery_configurations(input.each("LogDeliveryConfigurations", logs::request)?)
        .set_ip_discovery(input.word("IpDiscovery")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.cache_cluster)
}

async fn delete(clients: &Clients, input: &mut Input<'_>) -> Answer {
    let service = &clients.elasticache;
    let request = service
        .client
        .delete_cache_cluster()
        .set_cache_cluster_id(input.text("CacheClusterId")?)
        .set_final_snapshot_identifier(input.text("FinalSnapshotIdentifier")?);
    input.finish()?;
    Ok(service.pace.call(|| request.clone().send()).await?.cache_cluster)
}

/// Restarts nodes of a cluster, or of a member of a group.
pub async fn reboot(clients: &Clients, input: &mut Input<'_>) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let request = service
        .client
        .reboot_cache_cluster()
        .set_cache_cluster_id(input.text("CacheClusterId")?)
        .set_cache_node_ids_to_reboot(input.texts("CacheNodeIdsToReboot")?);
    input.finish()?;
    service.pace.call(|| request.clone().send()).await?;
    Ok(Reply::new())
}

fn scale_config(member: &mut Input) -> Result<ScaleConfig, RemoteError> {
    Ok(ScaleConfig::builder()
        .set_scale_percentage(member.int("ScalePercentage")?)
        .set_scale_interval_minutes(member.int("ScaleIntervalMinutes")?)
        .build())
}
