//! A cache cluster: a member of a replication group, or one of its own; and how the API shows it.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::service::{Arns, Part, operation};
use super::super::table::Key;
use super::change::Change;
use super::endpoints;
use super::group::GROUPS;
use super::group::ReplicationGroup;
use super::logs;
use super::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Cache clusters: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "CreateCacheCluster",
            super::create_cluster::create,
            "memcached and single Redis nodes, a replica of a group, zones, quotas",
            "no Outposts; no Valkey, as in AWS",
        ),
        operation("DescribeCacheClusters", describe, "node details on request, those outside groups, pages", ""),
        operation(
            "ModifyCacheCluster",
            super::cluster_calls::modify,
            "nodes added and removed, pending values, windows",
            "",
        ),
        operation("DeleteCacheCluster", super::cluster_calls::delete, "replicas leave their group, final snapshot", ""),
        operation(
            "RebootCacheCluster",
            super::cluster_calls::reboot,
            "node by node; ends pending-reboot",
            "data is not lost, as there is none",
        ),
    ],
    tables: &[&CLUSTERS],
    due: &[("Cluster", super::cluster_due::due)],
    arns: &[Arns::of("cluster", taggable)],
    uses: |context, kind, id| {
        kind == "security-group" && context.region[CLUSTERS].values().any(|cluster| cluster.uses_security_group(id))
    },
    ..Part::NONE
};

/// A cache cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CacheCluster {
    pub id: String,
    /// Tells this cluster from an earlier one of the same id.
    pub serial: u64,
    /// The replication group that it is a member of.
    pub group: Option<String>,
    pub status: String,
    pub created: u64,
    pub nodes: Vec<Node>,
    /// Its own settings; a member has those of its group.
    pub own: Option<Settings>,
    pub pending: Option<Change>,
    pub applying: Option<Change>,
    /// Nodes that must be rebooted before a parameter takes effect.
    pub to_reboot: Vec<String>,
}

/// Cache clusters by id.
pub const CLUSTERS: Key<CacheCluster> = Key::new("clusters");

/// A node of a cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Node {
    pub id: String,
    pub status: String,
    pub zone: String,
    pub created: u64,
}

impl CacheCluster {
    /// The settings of a cluster that is in no group.
    pub fn alone(&self) -> Option<&Settings> {
        self.own.as_ref()
    }

    /// Whether a cluster of its own uses the security group.
    pub fn uses_security_group(&self, id: &str) -> bool {
        self.own.as_ref().is_some_and(|settings| settings.security_groups.iter().any(|group| group == id))
    }
}

/// The cluster of that id, or ElastiCache's refusal.
pub fn find(context: &Context, id: &str) -> Result<Arc<CacheCluster>, Failure> {
    context.region[CLUSTERS]
        .get(&id.to_ascii_lowercase())
        .ok_or_else(|| Failure::missing("CacheClusterNotFound", format!("CacheCluster not found: {id}")))
}

/// The model has no state error of clusters for tags; AWS calls such a cluster not found.
fn taggable(context: &Context, id: &str) -> Result<(), Failure> {
    match context.region[CLUSTERS].get(id) {
        Some(cluster) if cluster.status == "available" => Ok(()),
        _ => Err(Failure::missing("CacheClusterNotFound", format!("{id} is either not present or not available."))),
    }
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    let nodes = input.flag("ShowCacheNodeInfo") == Some(true);
    if let Some(id) = input.filled("CacheClusterId") {
        let cluster = find(context, id)?;
        return Ok(json!({ "CacheClusters": [to_json(context, &cluster, nodes)] }));
    }
    let alone = input.flag("ShowCacheClustersNotInReplicationGroups") == Some(true);
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let rows = context.region[CLUSTERS]
        .from(after.as_deref().unwrap_or(""))
        .filter(|(_, cluster)| !alone || cluster.group.is_none());
    let (page, marker) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|cluster| to_json(context, cluster, nodes)).collect();
    Ok(json!({ "CacheClusters": rows, "Marker": marker }))
}

/// A cluster as the API shows it.
pub fn to_json(context: &Context, cluster: &CacheCluster, show_nodes: bool) -> Value {
    let group = cluster.group.as_ref().and_then(|id| context.region[GROUPS].get(id));
    let Some(settings) = cluster.own.as_ref().or(group.as_ref().map(|group| &group.settings)) else {
        return json!({ "CacheClusterId": cluster.id, "CacheClusterStatus": "deleted" });
    };
    let memcached = settings.engine == "memcached";
    let zone = match cluster.nodes.iter().map(|node| &node.zone).collect::<std::collections::BTreeSet<_>>() {
        zones if zones.len() > 1 => "Multiple".to_owned(),
        zones => zones.into_iter().next().cloned().unwrap_or_default(),
    };
    let snapshotting =
        group.as_ref().is_none_or(|group| group.snapshotting.as_ref() == Some(&cluster.id) || group.cluster_enabled);
    let mut row = json!({
        "CacheClusterId": cluster.id,
        "ClientDownloadLandingPage": "https://console.aws.amazon.com/elasticache/home#client-download:",
        "CacheNodeType": settings.node_type, "Engine": settings.engine, "EngineVersion": settings.version,
        "CacheClusterStatus": status(cluster, group.as_deref()), "NumCacheNodes": cluster.nodes.len(),
        "PreferredAvailabilityZone": zone, "CacheClusterCreateTime": cluster.created,
        "PreferredMaintenanceWindow": settings.maintenance_window,
        "PendingModifiedValues": pending(cluster, group.as_deref()),
        "CacheSecurityGroups": [],
        "CacheParameterGroup": parameter_group(cluster, group.as_deref(), settings),
        "CacheSubnetGroupName": settings.subnet_group, "AutoMinorVersionUpgrade": settings.auto_minor,
        "SecurityGroups": settings.security_groups.iter()
            .map(|id| json!({ "SecurityGroupId": id, "Status": "active" })).collect::<Vec<_>>(),
        "ReplicationGroupId": cluster.group,
        "AuthTokenEnabled": !settings.tokens.is_empty(), "AuthTokenLastModifiedDate": settings.token_changed,
        "TransitEncryptionEnabled": settings.tls, "AtRestEncryptionEnabled": settings.at_rest,
        "ARN": context.arn("cluster", &cluster.id),
        "ReplicationGroupLogDeliveryEnabled": group.is_some() && !settings.logs.is_empty(),
        "LogDeliveryConfigurations": logs::to_json(if group.is_some() { &[] } else { &settings.logs }, Some("active")),
        "NetworkType": settings.network_type, "IpDiscovery": settings.ip_discovery,
        "TransitEncryptionMode": settings.tls_mode,
    });
    if !memcached {
        row["SnapshotRetentionLimit"] = json!(if snapshotting { settings.retention } else { 0 });
        row["SnapshotWindow"] = json!(settings.snapshot_window);
    }
    if let Some(topic) = &settings.topic {
        row["NotificationConfiguration"] = json!({ "TopicArn": topic.arn, "TopicStatus": topic.status });
    }
    if memcached && cluster.status != "creating" {
        row["ConfigurationEndpoint"] = endpoints::discovery(context, &cluster.id, settings.port);
    }
    if show_nodes {
        row["CacheNodes"] = nodes_json(context, cluster, group.as_deref(), settings);
    }
    row
}

fn nodes_json(
    context: &Context,
    cluster: &CacheCluster,
    group: Option<&ReplicationGroup>,
    settings: &Settings,
) -> Value {
    cluster
        .nodes
        .iter()
        .map(|node| {
            let mut row = json!({
                "CacheNodeId": node.id, "CacheNodeStatus": node.status, "CacheNodeCreateTime": node.created,
                "ParameterGroupStatus": if cluster.to_reboot.contains(&node.id) { "pending-reboot" } else { "in-sync" },
                "CustomerAvailabilityZone": node.zone,
            });
            if node.status != "creating" {
                row["Endpoint"] = match group {
                    Some(group) => endpoints::member(context, group, &cluster.id),
                    None => endpoints::node(context, &cluster.id, &node.id, settings.port),
                };
            }
            row
        })
        .collect()
}

fn status(cluster: &CacheCluster, group: Option<&ReplicationGroup>) -> String {
    if cluster.status != "available" {
        return cluster.status.clone();
    }
    let Some(group) = group else { return cluster.status.clone() };
    let on_nodes = group.applying.as_ref().is_some_and(Change::on_nodes);
    match group.status.as_str() {
        "modifying" if on_nodes => "modifying".into(),
        "snapshotting" if group.cluster_enabled || group.snapshotting.as_ref() == Some(&cluster.id) => {
            "snapshotting".into()
        }
        "deleting" => "deleting".into(),
        _ => "available".into(),
    }
}

fn pending(cluster: &CacheCluster, group: Option<&ReplicationGroup>) -> Value {
    let (applying, waiting) = match group {
        Some(group) => (&group.applying, &group.pending),
        None => (&cluster.applying, &cluster.pending),
    };
    let mut change = applying.clone().unwrap_or_default();
    change.merge(waiting.clone().unwrap_or_default());
    change.pending_of_cluster()
}

fn parameter_group(cluster: &CacheCluster, group: Option<&ReplicationGroup>, settings: &Settings) -> Value {
    let applying = group.map_or(&cluster.applying, |group| &group.applying);
    let coming = applying.as_ref().and_then(|change| change.parameter_group.as_ref());
    let apply_status = match (coming, cluster.to_reboot.is_empty()) {
        (Some(_), _) => "applying",
        (None, true) => "in-sync",
        (None, false) => "pending-reboot",
    };
    json!({
        "CacheParameterGroupName": coming.unwrap_or(&settings.parameter_group),
        "ParameterApplyStatus": apply_status, "CacheNodeIdsToReboot": cluster.to_reboot,
    })
}
