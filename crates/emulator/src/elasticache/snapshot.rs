//! A snapshot: what it keeps of a cache, and how the API shows it.

use super::super::context::Context;
use super::super::region::Region;
use super::super::table::Key;
use super::cluster::CLUSTERS;
use super::cluster::CacheCluster;
use super::group::ReplicationGroup;
use super::settings::Settings;
use super::subnet_groups::SUBNET_GROUPS;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A snapshot, with a copy of what it was made from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    pub name: String,
    pub serial: u64,
    pub status: String,
    /// `manual` or `automated`.
    pub origin: String,
    pub created: u64,
    pub group: Option<String>,
    pub description: Option<String>,
    pub cluster: Option<String>,
    pub cluster_created: u64,
    pub zone: String,
    pub vpc: String,
    pub failover: bool,
    pub settings: Settings,
    pub nodes: Vec<NodeSnapshot>,
    pub kms: Option<String>,
}

/// Snapshots by name.
pub const SNAPSHOTS: Key<Snapshot> = Key::new("snapshots");

/// The part of a snapshot that one shard makes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeSnapshot {
    pub cluster: String,
    pub shard: Option<String>,
    pub slots: Option<String>,
    pub replicas: usize,
    pub created: u64,
}

impl Snapshot {
    /// How many shards it holds; none where it was made without cluster mode.
    pub fn node_groups(&self) -> i64 {
        self.nodes.iter().filter(|node| node.slots.is_some()).count() as i64
    }
}

fn base(region: &mut Region, name: &str, settings: Settings, now: u64) -> Snapshot {
    let vpc = region[SUBNET_GROUPS].get(&settings.subnet_group).map(|group| group.vpc.clone()).unwrap_or_default();
    Snapshot {
        name: name.to_owned(),
        serial: region.next(),
        status: "creating".into(),
        origin: "manual".into(),
        created: now,
        group: None,
        description: None,
        cluster: None,
        cluster_created: now,
        zone: String::new(),
        vpc,
        failover: false,
        kms: settings.kms.clone(),
        settings,
        nodes: Vec::new(),
    }
}

/// A snapshot of a group that is being made.
pub fn made_of_group(region: &mut Region, name: &str, group: &ReplicationGroup, now: u64) -> Snapshot {
    let mut snapshot = base(region, name, group.settings.clone(), now);
    let source = group.snapshotting.clone().or_else(|| Some(group.shards.first()?.primary.clone()));
    let cluster = source.as_ref().and_then(|id| region[CLUSTERS].get(id));
    snapshot.group = Some(group.id.clone());
    snapshot.description = Some(group.description.clone());
    snapshot.failover = group.failover;
    snapshot.cluster_created = cluster.as_ref().map_or(group.created, |cluster| cluster.created);
    snapshot.zone = cluster.and_then(|cluster| Some(cluster.nodes.first()?.zone.clone())).unwrap_or_default();
    if !group.cluster_enabled {
        snapshot.cluster = source.clone();
    }
    snapshot.nodes = group
        .shards
        .iter()
        .map(|shard| NodeSnapshot {
            cluster: if group.cluster_enabled { shard.primary.clone() } else { source.clone().unwrap_or_default() },
            shard: group.cluster_enabled.then(|| shard.id.clone()),
            slots: shard.slots.clone(),
            replicas: shard.members.len() - 1,
            created: now,
        })
        .collect();
    snapshot
}

/// A snapshot of a cluster that is being made.
pub fn made_of_cluster(
    region: &mut Region,
    name: &str,
    cluster: &CacheCluster,
    settings: Settings,
    now: u64,
) -> Snapshot {
    let mut snapshot = base(region, name, settings, now);
    snapshot.cluster = Some(cluster.id.clone());
    snapshot.cluster_created = cluster.created;
    snapshot.zone = cluster.nodes.first().map(|node| node.zone.clone()).unwrap_or_default();
    snapshot.nodes =
        vec![NodeSnapshot { cluster: cluster.id.clone(), shard: None, slots: None, replicas: 0, created: now }];
    snapshot
}

/// A snapshot as the API shows it.
pub fn to_json(context: &Context, snapshot: &Snapshot, shards: bool) -> Value {
    let settings = &snapshot.settings;
    let nodes: Vec<Value> = snapshot
        .nodes
        .iter()
        .map(|node| {
            let mut row = json!({
                "CacheClusterId": node.cluster, "CacheNodeId": "0001", "NodeGroupId": node.shard,
                "CacheSize": "3 MB", "CacheNodeCreateTime": snapshot.cluster_created,
                "SnapshotCreateTime": node.created,
            });
            if shards && node.shard.is_some() {
                row["NodeGroupConfiguration"] =
                    json!({ "NodeGroupId": node.shard, "Slots": node.slots, "ReplicaCount": node.replicas });
            }
            row
        })
        .collect();
    let mut row = json!({
        "SnapshotName": snapshot.name, "SnapshotStatus": snapshot.status, "SnapshotSource": snapshot.origin,
        "CacheNodeType": settings.node_type, "Engine": settings.engine, "EngineVersion": settings.version,
        "CacheClusterCreateTime": snapshot.cluster_created,
        "PreferredMaintenanceWindow": settings.maintenance_window,
        "TopicArn": settings.topic.as_ref().map(|topic| &topic.arn), "Port": settings.port,
        "CacheParameterGroupName": settings.parameter_group, "CacheSubnetGroupName": settings.subnet_group,
        "VpcId": snapshot.vpc, "AutoMinorVersionUpgrade": settings.auto_minor,
        "SnapshotRetentionLimit": settings.retention, "SnapshotWindow": settings.snapshot_window,
        "NodeSnapshots": nodes, "KmsKeyId": snapshot.kms, "ARN": context.arn("snapshot", &snapshot.name),
        "DataTiering": if settings.data_tiering { "enabled" } else { "disabled" },
        "Durability": settings.durability,
    });
    if let Some(group) = &snapshot.group {
        row["ReplicationGroupId"] = json!(group);
        row["ReplicationGroupDescription"] = json!(snapshot.description);
        row["NumNodeGroups"] = json!(snapshot.nodes.len());
        row["AutomaticFailover"] = json!(if snapshot.failover { "enabled" } else { "disabled" });
    }
    if let Some(cluster) = &snapshot.cluster {
        row["CacheClusterId"] = json!(cluster);
        row["NumCacheNodes"] = json!(1);
        row["PreferredAvailabilityZone"] = json!(snapshot.zone);
    }
    row
}
