//! A replication group, and how the API shows it.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::service::{Arns, Part, operation};
use super::super::table::Key;
use super::change::Change;
use super::cluster::CLUSTERS;
use super::durability;
use super::endpoints;
use super::global;
use super::logs;
use super::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Replication groups: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "CreateReplicationGroup",
            super::create_group::create,
            "cluster mode on and off, slots, zones, snapshots as a source, tokens, windows, quotas; members appear one after the other",
            "no IPv6 or Outposts; no capacity errors; KMS keys are not looked up; durability `default` is none",
        ),
        operation(
            "DescribeReplicationGroups",
            describe,
            "endpoints, roles, slots, pending values, pages",
            "reshard progress is 0 % until it is done",
        ),
        operation(
            "ModifyReplicationGroup",
            super::modify_group::modify,
            "at once or in the window, pending values replaced and flushed, upgrades, failover, Multi-AZ, encryption by way of preferred, token rotation, log delivery, cluster mode, durability",
            "an upgrade never fails on memory; nodes change together, not in turn",
        ),
        operation(
            "DeleteReplicationGroup",
            super::delete_group::delete,
            "final snapshot, kept primary, refused unless available",
            "",
        ),
        operation("IncreaseReplicaCount", super::scale::increase, "per shard or for all, zones, NoOperationFault", ""),
        operation("DecreaseReplicaCount", super::scale::decrease, "by count or by name, least number of replicas", ""),
        operation(
            "ModifyReplicationGroupShardConfiguration",
            super::scale::reshard,
            "shards added and removed, slots spread anew",
            "slots are spread evenly, not moved as little as possible",
        ),
        operation(
            "TestFailover",
            super::failover::test,
            "the next replica becomes primary, events, 15 calls a day",
            "",
        ),
    ],
    tables: &[&GROUPS],
    due: &[("Group", super::group_due::due)],
    arns: &[Arns { with: members_of, ..Arns::of("replicationgroup", taggable) }],
    uses,
    ..Part::NONE
};

/// A replication group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReplicationGroup {
    pub id: String,
    /// Tells this group from an earlier one of the same id.
    pub serial: u64,
    pub description: String,
    pub status: String,
    pub created: u64,
    pub settings: Settings,
    pub cluster_enabled: bool,
    /// `disabled`, `compatible` or `enabled`.
    pub cluster_mode: String,
    /// The global datastore that it is a member of.
    #[serde(default)]
    pub global: Option<String>,
    /// Whether it is being filled from an engine elsewhere.
    #[serde(default)]
    pub migrating: bool,
    pub failover: bool,
    pub multi_az: bool,
    pub snapshotting: Option<String>,
    pub shards: Vec<Shard>,
    /// What waits for the maintenance window.
    pub pending: Option<Change>,
    /// What is being done.
    pub applying: Option<Change>,
}

/// Replication groups by id.
pub const GROUPS: Key<ReplicationGroup> = Key::new("groups");

/// A shard, which the API calls a node group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shard {
    pub id: String,
    pub slots: Option<String>,
    /// Cluster ids in the order of their numbers.
    pub members: Vec<String>,
    pub primary: String,
    /// Whether the shard is being made.
    pub new: bool,
}

impl ReplicationGroup {
    /// The ids of all members.
    pub fn members(&self) -> impl Iterator<Item = &String> {
        self.shards.iter().flat_map(|shard| &shard.members)
    }

    /// The shard of a member.
    pub fn shard_of(&self, member: &str) -> Option<&Shard> {
        self.shards.iter().find(|shard| shard.members.iter().any(|id| id == member))
    }

    /// Refuses a change of a group that is not at rest.
    pub fn must_be_available(&self, verb: &str) -> Result<(), Failure> {
        if self.status == "available" {
            return Ok(());
        }
        Err(Failure::new(
            "InvalidReplicationGroupState",
            format!("Replication group {} must be in available state to {verb}.", self.id),
        ))
    }
}

fn uses(context: &Context, kind: &str, id: &str) -> bool {
    context.region[GROUPS].values().any(|group| {
        let mut ids = match kind {
            "security-group" => group.settings.security_groups.iter(),
            "user-group" => group.settings.user_groups.iter(),
            _ => [].iter(),
        };
        ids.any(|other| other == id)
    })
}

/// The group of that id, or ElastiCache's refusal.
pub fn find(context: &Context, id: &str) -> Result<Arc<ReplicationGroup>, Failure> {
    context.region[GROUPS]
        .get(&id.to_ascii_lowercase())
        .ok_or_else(|| Failure::missing("ReplicationGroupNotFoundFault", format!("ReplicationGroup {id} not found.")))
}

fn taggable(context: &Context, id: &str) -> Result<(), Failure> {
    match find(context, id)?.status.as_str() {
        "available" => Ok(()),
        _ => Err(Failure::new(
            "InvalidReplicationGroupState",
            "Cluster not in available state to perform tagging operations.",
        )),
    }
}

/// The members of a group take part in its tags.
fn members_of(context: &Context, id: &str) -> Vec<String> {
    let group = context.region[GROUPS].get(id);
    group.iter().flat_map(|group| group.members()).map(|member| context.arn("cluster", member)).collect()
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    if let Some(id) = input.filled("ReplicationGroupId") {
        let group = find(context, id)?;
        return Ok(json!({ "ReplicationGroups": [to_json(context, &group)] }));
    }
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let rows = context.region[GROUPS].from(after.as_deref().unwrap_or(""));
    let (page, marker) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|group| to_json(context, group)).collect();
    Ok(json!({ "ReplicationGroups": rows, "Marker": marker }))
}

/// A group as the API shows it. What it does not show (engine version, parameter group, subnet group, security
/// groups, maintenance window) is read from its members.
pub fn to_json(context: &Context, group: &ReplicationGroup) -> Value {
    let settings = &group.settings;
    let failover = match group.applying.as_ref().and_then(|change| change.failover) {
        Some(true) if !group.failover => "enabling",
        Some(false) if group.failover => "disabling",
        _ if group.failover => "enabled",
        _ => "disabled",
    };
    let made = group.status != "creating";
    let mut row = json!({
        "ReplicationGroupId": group.id, "Description": group.description, "GlobalReplicationGroupInfo": global::info(context, group),
        "Status": group.status, "PendingModifiedValues": pending_json(group),
        "MemberClusters": group.members().collect::<Vec<_>>(),
        "SnapshottingClusterId": group.snapshotting, "AutomaticFailover": failover,
        "MultiAZ": if group.multi_az { "enabled" } else { "disabled" },
        "SnapshotRetentionLimit": settings.retention, "SnapshotWindow": settings.snapshot_window,
        "ClusterEnabled": group.cluster_enabled, "CacheNodeType": settings.node_type,
        "AuthTokenEnabled": !settings.tokens.is_empty(), "AuthTokenLastModifiedDate": settings.token_changed,
        "TransitEncryptionEnabled": settings.tls, "AtRestEncryptionEnabled": settings.at_rest,
        "MemberClustersOutpostArns": [], "KmsKeyId": settings.kms,
        "ARN": context.arn("replicationgroup", &group.id), "UserGroupIds": settings.user_groups,
        "LogDeliveryConfigurations": logs::to_json(&settings.logs, Some("active")),
        "ReplicationGroupCreateTime": group.created, "AutoMinorVersionUpgrade": settings.auto_minor,
        "DataTiering": if settings.data_tiering { "enabled" } else { "disabled" },
        "NetworkType": settings.network_type, "IpDiscovery": settings.ip_discovery,
        "TransitEncryptionMode": settings.tls_mode, "ClusterMode": group.cluster_mode, "Engine": settings.engine,
        "Durability": settings.durability, "EffectiveDurability": durability::effective(settings),
        "StorageEncryptionType": durability::storage(settings.at_rest, settings.kms.as_ref()),
    });
    if made {
        row["NodeGroups"] = group.shards.iter().map(|shard| shard_json(context, group, shard)).collect();
        if group.cluster_enabled {
            row["ConfigurationEndpoint"] = endpoints::configuration(context, group);
        }
    }
    row
}

fn shard_json(context: &Context, group: &ReplicationGroup, shard: &Shard) -> Value {
    let status = match group.status.as_str() {
        _ if shard.new => "creating",
        "snapshotting" => "available",
        "create-failed" => "deleting",
        status => status,
    };
    let members: Vec<Value> = shard
        .members
        .iter()
        .filter_map(|id| {
            let cluster = context.region[CLUSTERS].get(id)?;
            let mut row = json!({
                "CacheClusterId": id, "CacheNodeId": "0001",
                "PreferredAvailabilityZone": cluster.nodes.first().map(|node| &node.zone),
            });
            if !group.cluster_enabled {
                row["CurrentRole"] = json!(if *id == shard.primary { "primary" } else { "replica" });
                row["ReadEndpoint"] = endpoints::member(context, group, id);
            }
            Some(row)
        })
        .collect();
    let mut row = json!({ "NodeGroupId": shard.id, "Status": status, "NodeGroupMembers": members });
    if group.cluster_enabled {
        row["Slots"] = json!(shard.slots);
    } else {
        row["PrimaryEndpoint"] = endpoints::primary(context, group);
        row["ReaderEndpoint"] = endpoints::reader(context, group);
    }
    row
}

/// User groups that come and go.
fn user_groups_json(group: &ReplicationGroup, change: &Change) -> Option<Value> {
    let (had, wanted) = (&group.settings.user_groups, change.user_groups.as_ref()?);
    let not_in = |all: &[String], other: &[String]| all.iter().filter(|id| !other.contains(id)).cloned().collect();
    let (add, remove): (Vec<String>, Vec<String>) = (not_in(wanted, had), not_in(had, wanted));
    Some(json!({ "UserGroupIdsToAdd": add, "UserGroupIdsToRemove": remove }))
}

fn pending_json(group: &ReplicationGroup) -> Value {
    let mut change = group.applying.clone().unwrap_or_default();
    change.merge(group.pending.clone().unwrap_or_default());
    let resharding = (change.spread_slots || !change.remove_shards.is_empty())
        .then(|| json!({ "SlotMigration": { "ProgressPercentage": 0.0 } }));
    json!({
        "PrimaryClusterId": change.primary,
        "AutomaticFailoverStatus": change.failover.map(|on| if on { "enabled" } else { "disabled" }),
        "Resharding": resharding,
        "AuthTokenStatus": change.token_status(),
        "LogDeliveryConfigurations": change.logs.as_ref().map(|logs| logs::to_json(logs, None)),
        "TransitEncryptionEnabled": change.tls,
        "TransitEncryptionMode": change.tls_mode,
        "ClusterMode": change.cluster_mode,
        "UserGroups": user_groups_json(group, &change),
    })
}
