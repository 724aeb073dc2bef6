//! What a run asks of IAM: the actions of each kind and look-up, and what AWS wants of the caller beside them.
//!
//! An action is named as IAM names it, `SERVICE:Operation`. Source of what is wanted beside a call: the service
//! authorization reference of ElastiCache (dependent actions), and its user guide on log delivery and on keys.

use std::collections::BTreeSet;

/// The actions of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Actions {
    /// Our name of the kind or look-up.
    pub kind: &'static str,
    /// To plan.
    pub read: &'static [&'static str],
    /// To make, change, and delete.
    pub write: &'static [&'static str],
}

const fn kind(kind: &'static str, read: &'static [&'static str], write: &'static [&'static str]) -> Actions {
    Actions { kind, read, write }
}

const fn look_up(kind: &'static str, read: &'static [&'static str]) -> Actions {
    Actions { kind, read, write: &[] }
}

/// Tags of objects of ElastiCache.
const TAGS: [&str; 2] = ["elasticache:AddTagsToResource", "elasticache:RemoveTagsFromResource"];
const GROUP_RULES: [&str; 2] = ["ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules"];
const RULES: [&str; 9] = [
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateTags",
    "ec2:DeleteTags",
    "ec2:ModifySecurityGroupRules",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
    "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
];

/// Of kinds and look-ups; those of nobody's account have none.
pub const OF_KINDS: [Actions; 39] = [
    kind(
        "subnet_group",
        &["elasticache:DescribeCacheSubnetGroups", "elasticache:ListTagsForResource", "tag:GetResources"],
        &[
            "elasticache:CreateCacheSubnetGroup",
            "elasticache:ModifyCacheSubnetGroup",
            "elasticache:DeleteCacheSubnetGroup",
        ],
    ),
    kind(
        "parameter_group",
        &[
            "elasticache:DescribeCacheParameterGroups",
            "elasticache:DescribeCacheParameters",
            "elasticache:ListTagsForResource",
            "tag:GetResources",
        ],
        &[
            "elasticache:CreateCacheParameterGroup",
            "elasticache:ModifyCacheParameterGroup",
            "elasticache:ResetCacheParameterGroup",
            "elasticache:DeleteCacheParameterGroup",
        ],
    ),
    kind("security_group", &GROUP_RULES, &["ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup"]),
    kind("security_group_rule", &GROUP_RULES, &[]),
    kind("vpc_security_group_ingress_rule", &GROUP_RULES, &[]),
    kind("vpc_security_group_egress_rule", &GROUP_RULES, &[]),
    kind(
        "replication_group",
        &[
            "elasticache:DescribeReplicationGroups",
            "elasticache:DescribeCacheClusters",
            "elasticache:DescribeEvents",
            "elasticache:ListTagsForResource",
            "tag:GetResources",
            "cloudwatch:GetMetricData",
        ],
        &[
            "elasticache:CreateReplicationGroup",
            "elasticache:ModifyReplicationGroup",
            "elasticache:ModifyReplicationGroupShardConfiguration",
            "elasticache:IncreaseReplicaCount",
            "elasticache:DecreaseReplicaCount",
            "elasticache:TestFailover",
            "elasticache:RebootCacheCluster",
            "elasticache:DisassociateGlobalReplicationGroup",
            "elasticache:CreateSnapshot",
            "elasticache:DescribeSnapshots",
            "elasticache:DeleteReplicationGroup",
        ],
    ),
    kind(
        "global_replication_group",
        &[
            "elasticache:DescribeGlobalReplicationGroups",
            "elasticache:DescribeReplicationGroups",
            "elasticache:DescribeCacheClusters",
        ],
        &[
            "elasticache:CreateGlobalReplicationGroup",
            "elasticache:ModifyGlobalReplicationGroup",
            "elasticache:IncreaseNodeGroupsInGlobalReplicationGroup",
            "elasticache:DecreaseNodeGroupsInGlobalReplicationGroup",
            "elasticache:FailoverGlobalReplicationGroup",
            "elasticache:DisassociateGlobalReplicationGroup",
            "elasticache:DeleteGlobalReplicationGroup",
        ],
    ),
    kind(
        "cache_cluster",
        &[
            "elasticache:DescribeCacheClusters",
            "elasticache:DescribeReplicationGroups",
            "elasticache:DescribeEvents",
            "elasticache:ListTagsForResource",
            "tag:GetResources",
            "cloudwatch:GetMetricData",
        ],
        &[
            "elasticache:CreateCacheCluster",
            "elasticache:ModifyCacheCluster",
            "elasticache:RebootCacheCluster",
            "elasticache:CreateSnapshot",
            "elasticache:DescribeSnapshots",
            "elasticache:DeleteCacheCluster",
        ],
    ),
    kind(
        "serverless_cache",
        &["elasticache:DescribeServerlessCaches", "elasticache:ListTagsForResource", "tag:GetResources"],
        &[
            "elasticache:CreateServerlessCache",
            "elasticache:ModifyServerlessCache",
            "elasticache:CreateServerlessCacheSnapshot",
            "elasticache:DescribeServerlessCacheSnapshots",
            "elasticache:DeleteServerlessCache",
        ],
    ),
    kind(
        "snapshot",
        &[
            "elasticache:DescribeSnapshots",
            "elasticache:DescribeServerlessCacheSnapshots",
            "elasticache:ListTagsForResource",
            "tag:GetResources",
        ],
        &[
            "elasticache:CreateSnapshot",
            "elasticache:CreateServerlessCacheSnapshot",
            "elasticache:DeleteSnapshot",
            "elasticache:DeleteServerlessCacheSnapshot",
        ],
    ),
    kind(
        "reserved_cache_node",
        &[
            "elasticache:DescribeReservedCacheNodes",
            "elasticache:DescribeReservedCacheNodesOfferings",
            "elasticache:ListTagsForResource",
            "tag:GetResources",
        ],
        &["elasticache:PurchaseReservedCacheNodesOffering"],
    ),
    kind(
        "user",
        &["elasticache:DescribeUsers", "elasticache:ListTagsForResource", "tag:GetResources"],
        &["elasticache:CreateUser", "elasticache:ModifyUser", "elasticache:DeleteUser"],
    ),
    kind(
        "user_group",
        &["elasticache:DescribeUserGroups", "elasticache:ListTagsForResource", "tag:GetResources"],
        &["elasticache:CreateUserGroup", "elasticache:ModifyUserGroup", "elasticache:DeleteUserGroup"],
    ),
    kind("user_group_association", &["elasticache:DescribeUserGroups"], &["elasticache:ModifyUserGroup"]),
    kind(
        "alarm",
        &["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource", "tag:GetResources"],
        &["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:TagResource", "cloudwatch:UntagResource"],
    ),
    kind(
        "composite_alarm",
        &["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource", "tag:GetResources"],
        &[
            "cloudwatch:PutCompositeAlarm",
            "cloudwatch:DeleteAlarms",
            "cloudwatch:TagResource",
            "cloudwatch:UntagResource",
        ],
    ),
    kind(
        "dashboard",
        &["cloudwatch:GetDashboard", "cloudwatch:ListDashboards"],
        &["cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"],
    ),
    kind(
        "log_group",
        &["logs:DescribeLogGroups", "logs:ListTagsForResource", "tag:GetResources"],
        &[
            "logs:CreateLogGroup",
            "logs:DeleteLogGroup",
            "logs:PutRetentionPolicy",
            "logs:DeleteRetentionPolicy",
            "logs:PutLogGroupDeletionProtection",
            "logs:AssociateKmsKey",
            "logs:DisassociateKmsKey",
            "logs:TagResource",
            "logs:UntagResource",
        ],
    ),
    kind("log_metric_filter", &["logs:DescribeMetricFilters"], &["logs:PutMetricFilter", "logs:DeleteMetricFilter"]),
    kind(
        "sns_topic",
        &["sns:GetTopicAttributes", "sns:ListTopics", "sns:ListTagsForResource", "tag:GetResources"],
        &["sns:CreateTopic", "sns:SetTopicAttributes", "sns:DeleteTopic", "sns:TagResource", "sns:UntagResource"],
    ),
    kind(
        "sns_topic_subscription",
        &["sns:GetSubscriptionAttributes", "sns:ListSubscriptions", "sns:ListSubscriptionsByTopic"],
        &["sns:Subscribe", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
    ),
    look_up("vpc", &["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeRouteTables"]),
    look_up("vpcs", &["ec2:DescribeVpcs"]),
    look_up("subnet", &["ec2:DescribeSubnets"]),
    look_up("subnets", &["ec2:DescribeSubnets"]),
    look_up("subnet_ids", &["ec2:DescribeSubnets"]),
    look_up("security_groups", &["ec2:DescribeSecurityGroups"]),
    look_up("availability_zones", &["ec2:DescribeAvailabilityZones"]),
    look_up("log_groups", &["logs:DescribeLogGroups"]),
    look_up("reserved_cache_node_offering", &["elasticache:DescribeReservedCacheNodesOfferings"]),
    look_up("ssm_parameter", &["ssm:GetParameter", "kms:Decrypt"]),
    look_up("secretsmanager_secret", &["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"]),
    look_up("secretsmanager_secret_version", &["secretsmanager:GetSecretValue", "kms:Decrypt"]),
    look_up("kms_key", &["kms:DescribeKey"]),
    look_up("kms_alias", &["kms:ListAliases", "kms:DescribeKey"]),
    look_up("service_updates", &["elasticache:DescribeServiceUpdates"]),
    look_up("caller_identity", &[]),
    look_up("region", &[]),
];

/// The actions of each verb of day two, besides those that read what a stack declares. A restore is an apply.
pub const OF_VERBS: [(&str, &[&str]); 9] = [
    ("backup", &["elasticache:CreateSnapshot", "elasticache:CreateServerlessCacheSnapshot"]),
    ("snapshots", &["elasticache:DescribeSnapshots", "elasticache:DescribeServerlessCacheSnapshots"]),
    (
        "snapshot",
        &[
            "elasticache:CopySnapshot",
            "elasticache:CopyServerlessCacheSnapshot",
            "elasticache:ExportServerlessCacheSnapshot",
            "elasticache:DeleteSnapshot",
            "elasticache:DeleteServerlessCacheSnapshot",
            "s3:GetBucketAcl",
            "s3:GetBucketLocation",
            "s3:ListAllMyBuckets",
            "s3:ListBucket",
            "s3:PutObject",
        ],
    ),
    ("failover", &["elasticache:TestFailover", "elasticache:DescribeEvents"]),
    ("events", &["elasticache:DescribeEvents"]),
    ("metrics", &["cloudwatch:GetMetricData"]),
    ("cost", &["cloudwatch:GetMetricData", "pricing:GetProducts"]),
    (
        "doctor",
        &["ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules", "elasticache:DescribeCacheSubnetGroups"],
    ),
    (
        "updates",
        &[
            "elasticache:DescribeServiceUpdates",
            "elasticache:DescribeUpdateActions",
            "elasticache:BatchApplyUpdateAction",
            "elasticache:BatchStopUpdateAction",
        ],
    ),
];

/// Which policy of ours has an action, as `iam-policy --for` names it.
pub fn purpose(action: &str) -> Option<&'static str> {
    let is_in = |some: &[&str]| some.contains(&action);
    let beside = BESIDE.iter().any(|beside| is_in(beside.actions)) || is_in(&TAGS) || is_in(&RULES);
    if OF_KINDS.iter().any(|actions| is_in(actions.read)) {
        Some("plan")
    } else if beside || OF_KINDS.iter().any(|actions| is_in(actions.write)) {
        Some("apply")
    } else {
        OF_VERBS.iter().any(|(_, actions)| is_in(actions)).then_some("operate")
    }
}

/// Whether an action only reads.
pub fn is_read(action: &str) -> bool {
    let operation = action.split(':').next_back().unwrap_or_default();
    ["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb))
}

/// Kinds of caches: their creation makes AWS make its role for ElastiCache where an account has none.
pub const CACHES: [&str; 3] = ["replication_group", "cache_cluster", "serverless_cache"];

/// What AWS does in the name of whoever makes or changes a cache, and wants to be allowed.
#[derive(Debug, Clone, Copy)]
pub struct Beside {
    /// Of these kinds.
    pub kinds: &'static [&'static str],
    /// Where this is written; always without one.
    pub attribute: Option<&'static str>,
    /// The actions.
    pub actions: &'static [&'static str],
}

/// What is wanted beside the calls.
pub const BESIDE: [Beside; 4] = [
    Beside {
        kinds: &["serverless_cache"],
        attribute: None,
        actions: &[
            "ec2:CreateTags",
            "ec2:CreateVpcEndpoint",
            "ec2:DeleteVpcEndpoints",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeTags",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcs",
            "ec2:ModifyVpcEndpoint",
        ],
    },
    Beside {
        kinds: &CACHES,
        attribute: Some("log_delivery_configuration"),
        actions: &[
            "logs:CreateLogDelivery",
            "logs:GetLogDelivery",
            "logs:UpdateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:DescribeResourcePolicies",
            "logs:DescribeLogGroups",
            "firehose:TagDeliveryStream",
        ],
    },
    Beside { kinds: &CACHES, attribute: Some("kms_key_id"), actions: &["kms:CreateGrant", "kms:DescribeKey"] },
    // A cache that is filled from files in a bucket.
    Beside { kinds: &CACHES, attribute: Some("snapshot_arns"), actions: &["s3:GetObject"] },
];

/// The actions of a kind, with those of its tags and rules.
pub fn of_kind(name: &str) -> Option<(BTreeSet<&'static str>, BTreeSet<&'static str>)> {
    let actions = OF_KINDS.iter().find(|actions| actions.kind == name)?;
    let is_written = !actions.write.is_empty();
    let has_tags = is_written && actions.read.contains(&"elasticache:ListTagsForResource");
    let tags = TAGS.iter().filter(|_| has_tags);
    let rules = RULES.iter().filter(|_| actions.read == GROUP_RULES);
    Some((actions.read.iter().copied().collect(), actions.write.iter().chain(tags).chain(rules).copied().collect()))
}
