//! How the calls of each kind are spelled: which member of a call is which attribute, and what a call does.

/// The calls of a kind.
pub struct Shape {
    /// Our name of its kind: `replication_group`.
    pub kind: &'static str,
    /// The service and the word in ARNs, before the name.
    pub arn: (&'static str, &'static str),
    /// The operation that makes an object.
    pub create: &'static str,
    /// The operation that deletes one.
    pub delete: &'static str,
    /// The operations that change one.
    pub change: &'static [&'static str],
    /// The member that names the object, and the attribute that holds it.
    pub name: (&'static str, &'static str),
    /// Members that are attributes as they stand. Nested ones are read by the files of their kinds.
    pub members: &'static [(&'static str, &'static str)],
    /// What AWS says when something still uses an object.
    pub in_use: &'static str,
}

/// Every kind.
pub static SHAPES: [Shape; 5] = [
    Shape {
        kind: "subnet_group",
        arn: ("elasticache", "subnetgroup:"),
        create: "CreateCacheSubnetGroup",
        delete: "DeleteCacheSubnetGroup",
        change: &["ModifyCacheSubnetGroup"],
        name: ("CacheSubnetGroupName", "name"),
        members: &[("CacheSubnetGroupDescription", "description"), ("SubnetIds", "subnet_ids")],
        in_use: "CacheSubnetGroupInUse",
    },
    Shape {
        kind: "parameter_group",
        arn: ("elasticache", "parametergroup:"),
        create: "CreateCacheParameterGroup",
        delete: "DeleteCacheParameterGroup",
        change: &["ModifyCacheParameterGroup", "ResetCacheParameterGroup"],
        name: ("CacheParameterGroupName", "name"),
        members: &[("CacheParameterGroupFamily", "family"), ("Description", "description")],
        in_use: "InvalidCacheParameterGroupState",
    },
    Shape {
        kind: "security_group",
        arn: ("ec2", "security-group/"),
        create: "CreateSecurityGroup",
        delete: "DeleteSecurityGroup",
        change: &[
            "AuthorizeSecurityGroupIngress",
            "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
            "UpdateSecurityGroupRuleDescriptionsIngress",
            "UpdateSecurityGroupRuleDescriptionsEgress",
        ],
        name: ("GroupId", "id"),
        members: &[("GroupName", "name"), ("Description", "description"), ("VpcId", "vpc_id")],
        in_use: "DependencyViolation",
    },
    Shape {
        kind: "replication_group",
        arn: ("elasticache", "replicationgroup:"),
        create: "CreateReplicationGroup",
        delete: "DeleteReplicationGroup",
        change: &[
            "ModifyReplicationGroup",
            "IncreaseReplicaCount",
            "DecreaseReplicaCount",
            "ModifyReplicationGroupShardConfiguration",
        ],
        name: ("ReplicationGroupId", "replication_group_id"),
        members: &[
            ("ReplicationGroupDescription", "description"),
            ("Engine", "engine"),
            ("EngineVersion", "engine_version"),
            ("CacheNodeType", "node_type"),
            ("CacheParameterGroupName", "parameter_group_name"),
            ("NumCacheClusters", "num_cache_clusters"),
            ("NumNodeGroups", "num_node_groups"),
            ("NodeGroupCount", "num_node_groups"),
            ("ReplicasPerNodeGroup", "replicas_per_node_group"),
            ("NewReplicaCount", "replicas_per_node_group"),
            ("ClusterMode", "cluster_mode"),
            ("AutomaticFailoverEnabled", "automatic_failover_enabled"),
            ("MultiAZEnabled", "multi_az_enabled"),
            ("CacheSubnetGroupName", "subnet_group_name"),
            ("SecurityGroupIds", "security_group_ids"),
            ("Port", "port"),
            ("NetworkType", "network_type"),
            ("IpDiscovery", "ip_discovery"),
            ("AtRestEncryptionEnabled", "at_rest_encryption_enabled"),
            ("KmsKeyId", "kms_key_id"),
            ("TransitEncryptionEnabled", "transit_encryption_enabled"),
            ("TransitEncryptionMode", "transit_encryption_mode"),
            ("SnapshotRetentionLimit", "snapshot_retention_limit"),
            ("SnapshotWindow", "snapshot_window"),
            ("PreferredMaintenanceWindow", "maintenance_window"),
            ("AutoMinorVersionUpgrade", "auto_minor_version_upgrade"),
            ("NotificationTopicArn", "notification_topic_arn"),
        ],
        in_use: "InvalidReplicationGroupState",
    },
    Shape {
        kind: "alarm",
        arn: ("cloudwatch", "alarm:"),
        create: "PutMetricAlarm",
        delete: "DeleteAlarms",
        change: &[],
        name: ("AlarmName", "alarm_name"),
        members: &[
            ("AlarmDescription", "alarm_description"),
            ("ActionsEnabled", "actions_enabled"),
            ("OKActions", "ok_actions"),
            ("AlarmActions", "alarm_actions"),
            ("InsufficientDataActions", "insufficient_data_actions"),
            ("MetricName", "metric_name"),
            ("Namespace", "namespace"),
            ("Statistic", "statistic"),
            ("ExtendedStatistic", "extended_statistic"),
            ("Period", "period"),
            ("Unit", "unit"),
            ("EvaluationPeriods", "evaluation_periods"),
            ("DatapointsToAlarm", "datapoints_to_alarm"),
            ("Threshold", "threshold"),
            ("ComparisonOperator", "comparison_operator"),
            ("TreatMissingData", "treat_missing_data"),
            ("EvaluateLowSampleCountPercentile", "evaluate_low_sample_count_percentiles"),
        ],
        in_use: "ResourceConflict",
    },
];

/// Members that say how to go about a call, and change no attribute.
pub const MANNERS: [&str; 9] = [
    "ApplyImmediately",
    "Tags",
    "NodeGroupsToRemove",
    "ReplicasToRemove",
    "SnapshottingClusterId",
    "NotificationTopicStatus",
    "FinalSnapshotIdentifier",
    "PreferredCacheClusterAZs",
    "NodeGroupConfiguration",
];

/// The shape of a kind.
pub fn of_kind(kind: &str) -> Option<&'static Shape> {
    SHAPES.iter().find(|shape| shape.kind == kind)
}
