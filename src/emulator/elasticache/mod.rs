//! ElastiCache: replication groups, cache clusters, and what they use.

mod catalog;
mod change;
mod cluster;
mod cluster_calls;
mod cluster_due;
mod create_cluster;
mod create_group;
mod delete_group;
mod endpoints;
mod engines;
mod events;
mod failover;
mod group;
mod layout;
mod logs;
mod modify_group;
mod names;
mod parameter_groups;
mod parameters;
mod scale;
mod settings;
mod snapshot;
mod snapshots;
mod subnet_groups;
mod tagging;
mod usage;
mod wanted;

pub use change::Change;
pub use cluster::CacheCluster;
pub use cluster_due::due as cluster_is_due;
pub use delete_group::remove as remove_group;
pub use events::{Event, record};
pub use group::ReplicationGroup;
pub use modify_group::apply as apply_to_group;
pub use names::Window;
pub use parameter_groups::ParameterGroup;
pub use settings::Settings;
pub use snapshot::Snapshot;
pub use snapshots::{automatic as automatic_snapshot, due as snapshot_due};
pub use subnet_groups::SubnetGroup;
pub use tagging::check as check_taggable;

use super::context::Context;
use super::failure::Answer;
use super::input::Input;

/// Answers an operation; `None` where there is none of that name.
pub fn call(context: &mut Context, operation: &str, input: Input) -> Option<Answer> {
    Some(match operation {
        "CreateCacheSubnetGroup" => subnet_groups::create(context, input),
        "DescribeCacheSubnetGroups" => subnet_groups::describe(context, input),
        "ModifyCacheSubnetGroup" => subnet_groups::modify(context, input),
        "DeleteCacheSubnetGroup" => subnet_groups::delete(context, input),
        "CreateCacheParameterGroup" => parameter_groups::create(context, input),
        "DescribeCacheParameterGroups" => parameter_groups::describe(context, input),
        "ModifyCacheParameterGroup" => parameters::modify(context, input),
        "ResetCacheParameterGroup" => parameters::reset(context, input),
        "DeleteCacheParameterGroup" => parameter_groups::delete(context, input),
        "DescribeCacheParameters" => parameters::describe(context, input),
        "DescribeEngineDefaultParameters" => parameters::describe_defaults(context, input),
        "CreateReplicationGroup" => create_group::create(context, input),
        "DescribeReplicationGroups" => group::describe(context, input),
        "ModifyReplicationGroup" => modify_group::modify(context, input),
        "DeleteReplicationGroup" => delete_group::delete(context, input),
        "IncreaseReplicaCount" => scale::increase(context, input),
        "DecreaseReplicaCount" => scale::decrease(context, input),
        "ModifyReplicationGroupShardConfiguration" => scale::reshard(context, input),
        "TestFailover" => failover::test(context, input),
        "CreateCacheCluster" => create_cluster::create(context, input),
        "DescribeCacheClusters" => cluster::describe(context, input),
        "ModifyCacheCluster" => cluster_calls::modify(context, input),
        "DeleteCacheCluster" => cluster_calls::delete(context, input),
        "RebootCacheCluster" => cluster_calls::reboot(context, input),
        "CreateSnapshot" => snapshots::create(context, input),
        "DescribeSnapshots" => snapshots::describe(context, input),
        "CopySnapshot" => snapshots::copy(context, input),
        "DeleteSnapshot" => snapshots::delete(context, input),
        "DescribeCacheEngineVersions" => engines::describe(context, input),
        "DescribeEvents" => events::describe(context, input),
        "ListAllowedNodeTypeModifications" => engines::allowed_node_types(context, input),
        "AddTagsToResource" => tagging::add(context, input),
        "RemoveTagsFromResource" => tagging::remove(context, input),
        "ListTagsForResource" => tagging::list(context, input),
        _ => return None,
    })
}
