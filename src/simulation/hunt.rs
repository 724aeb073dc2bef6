//! Calls that ordinary lives come to too seldom: some lives are bent to one of them, and their processes die there.

use crate::simulation::random::Random;

/// A change of a block, or of the whole stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// What is changed in place.
    Setting,
    /// Its tags.
    Tags,
    /// What takes a new object.
    Fixed,
    /// Members of a shard.
    Nodes,
    /// Shards.
    Shards,
    /// The token.
    Token,
    /// `create_before_destroy`
    First,
    /// `prevent_destroy`
    Prevent,
    /// `protect`
    Protect,
    /// One block more.
    Add,
    /// One block less.
    Remove,
    /// Another label, and `moved`.
    Move,
    /// Another label, and no word of it.
    Rename,
    /// The list that blocks are repeated over.
    Relist,
    /// It uses another block.
    Switch,
}

use Change::*;

/// What one life looks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Hunt {
    /// The call.
    pub operation: &'static str,
    /// The kind that makes it.
    pub kind: &'static str,
    /// The change that leads to it.
    pub change: Change,
    /// Of so many lives that hunt, one looks for this: what is rare in the stacks that are written wants more lives.
    weight: usize,
}

const fn hunt(operation: &'static str, kind: &'static str, change: Change, weight: usize) -> Hunt {
    Hunt { operation, kind, change, weight }
}

/// Every call of the five kinds.
const HUNTS: [Hunt; 27] = [
    hunt("AddTagsToResource", "parameter_group", Tags, 2),
    hunt("AuthorizeSecurityGroupIngress", "security_group", Setting, 4),
    hunt("AuthorizeSecurityGroupEgress", "security_group", Setting, 10),
    hunt("CreateCacheParameterGroup", "parameter_group", Add, 2),
    hunt("CreateCacheSubnetGroup", "subnet_group", Add, 2),
    hunt("CreateReplicationGroup", "replication_group", Add, 3),
    hunt("CreateSecurityGroup", "security_group", Add, 3),
    hunt("CreateTags", "security_group", Tags, 5),
    hunt("DecreaseReplicaCount", "replication_group", Nodes, 14),
    hunt("DeleteAlarms", "alarm", Remove, 4),
    hunt("DeleteCacheParameterGroup", "parameter_group", Remove, 5),
    hunt("DeleteCacheSubnetGroup", "subnet_group", Remove, 5),
    hunt("DeleteReplicationGroup", "replication_group", Remove, 4),
    hunt("DeleteSecurityGroup", "security_group", Remove, 6),
    hunt("DeleteTags", "security_group", Tags, 22),
    hunt("IncreaseReplicaCount", "replication_group", Nodes, 22),
    hunt("ModifyCacheParameterGroup", "parameter_group", Setting, 1),
    hunt("ModifyCacheSubnetGroup", "subnet_group", Setting, 3),
    hunt("ModifyReplicationGroup", "replication_group", Setting, 5),
    hunt("ModifyReplicationGroupShardConfiguration", "replication_group", Shards, 14),
    hunt("PutMetricAlarm", "alarm", Setting, 2),
    hunt("RemoveTagsFromResource", "subnet_group", Tags, 16),
    hunt("ResetCacheParameterGroup", "parameter_group", Setting, 14),
    hunt("RevokeSecurityGroupEgress", "security_group", Setting, 4),
    hunt("RevokeSecurityGroupIngress", "security_group", Setting, 6),
    hunt("TagResource", "alarm", Tags, 5),
    hunt("UntagResource", "alarm", Tags, 18),
];

/// What a life hunts, if it hunts at all.
pub fn draw(mut random: Random) -> Option<&'static Hunt> {
    if !random.percent(55) {
        return None;
    }
    let all: usize = HUNTS.iter().map(|hunt| hunt.weight).sum();
    let mut left = random.below(all);
    HUNTS.iter().find(|hunt| {
        let here = left < hunt.weight;
        left = left.saturating_sub(hunt.weight);
        here
    })
}
