//! Every operation takes every member that its list here has, sends it, and takes no other.
//! The lists are those of the service models.

use super::*;
use crate::kind::ErrorClass;
use crate::value::Data;

fn shard() -> Value {
    object(&[
        ("NodeGroupId", "0001".into()),
        ("Slots", "0-99".into()),
        ("ReplicaCount", Value::int(1)),
        ("PrimaryAvailabilityZone", "us-east-1a".into()),
        ("ReplicaAvailabilityZones", strings(&["us-east-1b"])),
        ("PrimaryOutpostArn", "arn:o:1".into()),
        ("ReplicaOutpostArns", strings(&["arn:o:2"])),
    ])
}

fn shard_replicas() -> Value {
    object(&[
        ("NodeGroupId", "0001".into()),
        ("NewReplicaCount", Value::int(2)),
        ("PreferredAvailabilityZones", strings(&["us-east-1b"])),
        ("PreferredOutpostArns", strings(&["arn:o:1"])),
    ])
}

fn log() -> Value {
    let details = object(&[
        ("CloudWatchLogsDetails", object(&[("LogGroup", "/redis/slow".into())])),
        ("KinesisFirehoseDetails", object(&[("DeliveryStream", "stream".into())])),
    ]);
    object(&[
        ("LogType", "slow-log".into()),
        ("DestinationType", "cloudwatch-logs".into()),
        ("DestinationDetails", details),
        ("LogFormat", "json".into()),
        ("Enabled", true.into()),
    ])
}

/// A sample of the member's type, told by its name.
pub(super) fn sample(member: &str) -> Value {
    match member {
        "NodeGroupConfiguration" => one(shard()),
        "LogDeliveryConfigurations" => one(log()),
        "ReplicaConfiguration" => one(shard_replicas()),
        "ReshardingConfiguration" => one(object(&[
            ("NodeGroupId", "0002".into()),
            ("PreferredAvailabilityZones", strings(&["us-east-1a", "us-east-1b"])),
        ])),
        "ParameterNameValues" => one(object(&[("ParameterName", "timeout".into()), ("ParameterValue", "20".into())])),
        "Tags" => tag_map(),
        "Threshold" => Value::new(Data::Number(0.5.into())),
        "Dimensions" => one(object(&[("Name", "CacheClusterId".into()), ("Value", "redis-001".into())])),
        "Metrics" => one(metric_query()),
        "IpPermissions" => one(permission()),
        "SecurityGroupRules" => one(object(&[
            ("SecurityGroupRuleId", "sgr-1".into()),
            (
                "SecurityGroupRule",
                object(&[
                    ("IpProtocol", "tcp".into()),
                    ("FromPort", Value::int(1)),
                    ("ToPort", Value::int(2)),
                    ("CidrIpv4", "10.0.0.0/8".into()),
                    ("CidrIpv6", "::/0".into()),
                    ("PrefixListId", "pl-1".into()),
                    ("ReferencedGroupId", "sg-2".into()),
                    ("Description", "why".into()),
                ]),
            ),
        ])),
        "SecurityGroupRuleDescriptions" => {
            one(object(&[("SecurityGroupRuleId", "sgr-1".into()), ("Description", "why".into())]))
        }
        _ if FLAGS.contains(&member) => true.into(),
        _ if NUMBERS.contains(&member) => Value::int(3),
        _ if LISTS.contains(&member) => Value::string_set(["one", "two"]),
        _ => "word".into(),
    }
}

fn metric_query() -> Value {
    let dimension = object(&[("Name", "CacheClusterId".into()), ("Value", "redis-001".into())]);
    let metric = object(&[
        ("Namespace", "AWS/ElastiCache".into()),
        ("MetricName", "CPUUtilization".into()),
        ("Dimensions", one(dimension)),
    ]);
    let stat = object(&[
        ("Metric", metric),
        ("Period", Value::int(60)),
        ("Stat", "Average".into()),
        ("Unit", "Percent".into()),
    ]);
    object(&[
        ("Id", "m1".into()),
        ("MetricStat", stat),
        ("Expression", "m1*2".into()),
        ("Label", "cpu".into()),
        ("ReturnData", true.into()),
        ("Period", Value::int(60)),
        ("AccountId", "123456789012".into()),
    ])
}

fn permission() -> Value {
    object(&[
        ("IpProtocol", "tcp".into()),
        ("FromPort", Value::int(6379)),
        ("ToPort", Value::int(6379)),
        ("IpRanges", one(object(&[("CidrIp", "10.0.0.0/8".into()), ("Description", "a".into())]))),
        ("Ipv6Ranges", one(object(&[("CidrIpv6", "::/0".into()), ("Description", "b".into())]))),
        ("PrefixListIds", one(object(&[("PrefixListId", "pl-1".into()), ("Description", "c".into())]))),
        (
            "UserIdGroupPairs",
            one(object(&[("GroupId", "sg-2".into()), ("UserId", "123456789012".into()), ("Description", "d".into())])),
        ),
    ])
}

const FLAGS: &[&str] = &[
    "AutomaticFailoverEnabled",
    "MultiAZEnabled",
    "AutoMinorVersionUpgrade",
    "TransitEncryptionEnabled",
    "AtRestEncryptionEnabled",
    "DataTieringEnabled",
    "ApplyImmediately",
    "RemoveUserGroups",
    "RetainPrimaryCluster",
    "ResetAllParameters",
    "ActionsEnabled",
    "DryRun",
];

const NUMBERS: &[&str] = &[
    "NumCacheClusters",
    "NumNodeGroups",
    "ReplicasPerNodeGroup",
    "Port",
    "SnapshotRetentionLimit",
    "NewReplicaCount",
    "NodeGroupCount",
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
    "EvaluationInterval",
];

const LISTS: &[&str] = &[
    "PreferredCacheClusterAZs",
    "CacheSecurityGroupNames",
    "SecurityGroupIds",
    "SnapshotArns",
    "UserGroupIds",
    "UserGroupIdsToAdd",
    "UserGroupIdsToRemove",
    "ReplicasToRemove",
    "NodeGroupsToRemove",
    "NodeGroupsToRetain",
    "SubnetIds",
    "TagKeys",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "AlarmNames",
    "DashboardNames",
    "Resources",
    "SecurityGroupRuleIds",
];

/// Kind, operation, members.
pub(super) const OPERATIONS: &[(&str, &str, &str)] = &[
    ("subnet_group", "CreateCacheSubnetGroup", "CacheSubnetGroupName CacheSubnetGroupDescription SubnetIds Tags"),
    ("subnet_group", "ModifyCacheSubnetGroup", "CacheSubnetGroupName CacheSubnetGroupDescription SubnetIds"),
    ("subnet_group", "DeleteCacheSubnetGroup", "CacheSubnetGroupName"),
    ("subnet_group", "AddTagsToResource", "ResourceName Tags"),
    ("subnet_group", "RemoveTagsFromResource", "ResourceName TagKeys"),
    (
        "parameter_group",
        "CreateCacheParameterGroup",
        "CacheParameterGroupName CacheParameterGroupFamily Description Tags",
    ),
    ("parameter_group", "ModifyCacheParameterGroup", "CacheParameterGroupName ParameterNameValues"),
    ("parameter_group", "ResetCacheParameterGroup", "CacheParameterGroupName ResetAllParameters ParameterNameValues"),
    ("parameter_group", "DeleteCacheParameterGroup", "CacheParameterGroupName"),
    ("parameter_group", "AddTagsToResource", "ResourceName Tags"),
    ("parameter_group", "RemoveTagsFromResource", "ResourceName TagKeys"),
    (
        "replication_group",
        "CreateReplicationGroup",
        "ReplicationGroupId ReplicationGroupDescription GlobalReplicationGroupId PrimaryClusterId \
         AutomaticFailoverEnabled MultiAZEnabled NumCacheClusters PreferredCacheClusterAZs NumNodeGroups \
         ReplicasPerNodeGroup NodeGroupConfiguration CacheNodeType Engine EngineVersion CacheParameterGroupName \
         CacheSubnetGroupName CacheSecurityGroupNames SecurityGroupIds Tags SnapshotArns SnapshotName \
         PreferredMaintenanceWindow Port NotificationTopicArn AutoMinorVersionUpgrade SnapshotRetentionLimit \
         SnapshotWindow AuthToken TransitEncryptionEnabled AtRestEncryptionEnabled KmsKeyId UserGroupIds \
         LogDeliveryConfigurations DataTieringEnabled NetworkType IpDiscovery TransitEncryptionMode ClusterMode \
         ServerlessCacheSnapshotName Durability",
    ),
    (
        "replication_group",
        "ModifyReplicationGroup",
        "ReplicationGroupId ReplicationGroupDescription PrimaryClusterId SnapshottingClusterId \
         AutomaticFailoverEnabled MultiAZEnabled NodeGroupId CacheSecurityGroupNames SecurityGroupIds \
         PreferredMaintenanceWindow NotificationTopicArn CacheParameterGroupName NotificationTopicStatus \
         ApplyImmediately Engine EngineVersion AutoMinorVersionUpgrade SnapshotRetentionLimit SnapshotWindow \
         CacheNodeType AuthToken AuthTokenUpdateStrategy UserGroupIdsToAdd UserGroupIdsToRemove RemoveUserGroups \
         LogDeliveryConfigurations IpDiscovery TransitEncryptionEnabled TransitEncryptionMode ClusterMode Durability",
    ),
    (
        "replication_group",
        "IncreaseReplicaCount",
        "ReplicationGroupId NewReplicaCount ReplicaConfiguration ApplyImmediately",
    ),
    (
        "replication_group",
        "DecreaseReplicaCount",
        "ReplicationGroupId NewReplicaCount ReplicaConfiguration ReplicasToRemove ApplyImmediately",
    ),
    (
        "replication_group",
        "ModifyReplicationGroupShardConfiguration",
        "ReplicationGroupId NodeGroupCount ApplyImmediately ReshardingConfiguration NodeGroupsToRemove \
         NodeGroupsToRetain",
    ),
    ("replication_group", "DeleteReplicationGroup", "ReplicationGroupId RetainPrimaryCluster FinalSnapshotIdentifier"),
    ("replication_group", "TestFailover", "ReplicationGroupId NodeGroupId"),
    ("replication_group", "AddTagsToResource", "ResourceName Tags"),
    ("replication_group", "RemoveTagsFromResource", "ResourceName TagKeys"),
    (
        "alarm",
        "PutMetricAlarm",
        "AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions MetricName \
         Namespace Statistic ExtendedStatistic Dimensions Period Unit EvaluationPeriods DatapointsToAlarm Threshold \
         ComparisonOperator TreatMissingData EvaluateLowSampleCountPercentile Metrics Tags ThresholdMetricId \
         EvaluationInterval",
    ),
    ("alarm", "DeleteAlarms", "AlarmNames"),
    ("alarm", "TagResource", "ResourceARN Tags"),
    ("alarm", "UntagResource", "ResourceARN TagKeys"),
    (
        "composite_alarm",
        "PutCompositeAlarm",
        "AlarmName AlarmRule AlarmDescription ActionsEnabled AlarmActions OKActions InsufficientDataActions \
         ActionsSuppressor ActionsSuppressorWaitPeriod ActionsSuppressorExtensionPeriod Tags",
    ),
    ("composite_alarm", "DeleteAlarms", "AlarmNames"),
    ("composite_alarm", "TagResource", "ResourceARN Tags"),
    ("dashboard", "PutDashboard", "DashboardName DashboardBody"),
    ("dashboard", "DeleteDashboards", "DashboardNames"),
    ("vpc_security_group_ingress_rule", "AuthorizeSecurityGroupIngress", "GroupId GroupName IpPermissions Tags DryRun"),
    ("vpc_security_group_egress_rule", "AuthorizeSecurityGroupEgress", "GroupId IpPermissions Tags DryRun"),
    ("vpc_security_group_ingress_rule", "ModifySecurityGroupRules", "GroupId SecurityGroupRules DryRun"),
    (
        "security_group_rule",
        "RevokeSecurityGroupIngress",
        "GroupId GroupName IpPermissions SecurityGroupRuleIds DryRun",
    ),
    ("security_group", "CreateSecurityGroup", "Description GroupName VpcId Tags DryRun"),
    ("security_group", "DeleteSecurityGroup", "GroupId GroupName DryRun"),
    ("security_group", "AuthorizeSecurityGroupIngress", "GroupId GroupName IpPermissions Tags DryRun"),
    ("security_group", "AuthorizeSecurityGroupEgress", "GroupId IpPermissions Tags DryRun"),
    ("security_group", "RevokeSecurityGroupIngress", "GroupId GroupName IpPermissions SecurityGroupRuleIds DryRun"),
    ("security_group", "RevokeSecurityGroupEgress", "GroupId IpPermissions SecurityGroupRuleIds DryRun"),
    (
        "security_group",
        "UpdateSecurityGroupRuleDescriptionsIngress",
        "GroupId GroupName IpPermissions SecurityGroupRuleDescriptions DryRun",
    ),
    (
        "security_group",
        "UpdateSecurityGroupRuleDescriptionsEgress",
        "GroupId GroupName IpPermissions SecurityGroupRuleDescriptions DryRun",
    ),
    ("security_group", "CreateTags", "Resources Tags DryRun"),
    ("security_group", "DeleteTags", "Resources Tags DryRun"),
];

fn answering() -> Fake {
    Fake::new(|operation, body| match body {
        _ if !body.contains("Action=") => cbor(&[0xa0]),
        _ if body.contains("Version=2016-11-15") => ec2(operation, "<return>true</return>"),
        _ => query(operation, ""),
    })
}

/// How members are called on the wire where that is not their name.
fn on_the_wire(operation: &str, member: &str) -> String {
    match (operation, member) {
        ("CreateSecurityGroup", "Description") => "GroupDescription",
        ("CreateSecurityGroup" | "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress", "Tags") => {
            "TagSpecification.1.Tag.1.Key"
        }
        ("CreateTags", "Resources") | ("DeleteTags", "Resources") => "ResourceId.1",
        ("CreateTags" | "DeleteTags", "Tags") => "Tag.1.Key",
        (_, "IpPermissions") => "IpPermissions.1.Groups.1.GroupId",
        (_, "SecurityGroupRules") => "SecurityGroupRule.1.SecurityGroupRule.ReferencedGroupId=sg-2",
        (_, "SecurityGroupRuleIds") => "SecurityGroupRuleId.1",
        (_, "SecurityGroupRuleDescriptions") => "SecurityGroupRuleDescription.1.SecurityGroupRuleId",
        _ => member,
    }
    .to_owned()
}

#[test]
fn every_member_is_sent() {
    let fake = answering();
    for (kind, operation, members) in OPERATIONS {
        let members: Vec<&'static str> = members.split_whitespace().collect();
        let call = Call::new(operation, members.iter().map(|member| (*member, sample(member))));
        fake.invoke(kind, &call).unwrap_or_else(|error| panic!("{operation}: {error}"));
        let body = fake.last();
        for member in members {
            assert!(body.contains(&on_the_wire(operation, member)), "{operation} did not send {member}: {body}");
        }
    }
}

#[test]
fn an_unknown_member_is_an_error_before_anything_is_sent() {
    let fake = answering();
    for (kind, operation, _) in OPERATIONS {
        let call = Call::new(operation, [("NoSuchMember", Value::bool(true))]);
        let error = fake.invoke(kind, &call).unwrap_err();
        assert_eq!((error.class, error.code.as_str()), (ErrorClass::Fatal, "UnknownArgument"), "{operation}");
        assert!(error.message.contains(&format!("{operation} has no member NoSuchMember")), "{}", error.message);
    }
    assert!(fake.operations().is_empty());
}

#[test]
fn an_unknown_member_of_a_structure_is_an_error() {
    let range = object(&[("CidrIp", "10.0.0.0/8".into()), ("Cidr", "10.0.0.0/8".into())]);
    let members = one(object(&[("NodeGroupId", "0001".into()), ("Oops", range)]));
    let call = Call::new("CreateReplicationGroup", [("NodeGroupConfiguration", members)]);
    let error = answering().invoke("replication_group", &call).unwrap_err();
    assert_eq!(error.message, "CreateReplicationGroup.NodeGroupConfiguration[0] has no member Oops");
}

#[test]
fn a_value_of_the_wrong_type_or_not_known_is_an_error() {
    let check = |value: Value, code: &str| {
        let call = Call::new("CreateReplicationGroup", [("Port", value)]);
        assert_eq!(answering().invoke("replication_group", &call).unwrap_err().code, code);
    };
    check("6379".into(), "WrongArgument");
    check(Value::int(1 << 40), "WrongArgument");
    check(Value::unknown(Type::Number, None), "UnknownValue");
}

#[test]
fn an_operation_of_another_kind_is_unknown() {
    let error = answering().invoke("alarm", &Call::new("CreateReplicationGroup", [])).unwrap_err();
    assert_eq!(error.code, "UnknownOperation");
    let error = answering().invoke("subnet_group", &Call::new("DeleteAlarms", [])).unwrap_err();
    assert_eq!(error.code, "UnknownOperation");
    let error = answering().invoke("no_such_kind", &Call::new("DeleteAlarms", [])).unwrap_err();
    assert_eq!(error.code, "UnknownKind");
}

#[test]
fn tags_are_removed_by_key_and_never_all_at_once() {
    let fake = answering();
    let keys = [("Resources", strings(&["sg-1"])), ("TagKeys", strings(&["team"]))];
    fake.invoke("security_group", &Call::new("DeleteTags", keys)).unwrap();
    assert!(fake.last().contains("Tag.1.Key=team") && !fake.last().contains("Tag.1.Value"));
    let none = [("Resources", strings(&["sg-1"])), ("TagKeys", strings(&[]))];
    fake.invoke("security_group", &Call::new("DeleteTags", none)).unwrap();
    assert_eq!(fake.operations().len(), 1);
}

#[test]
fn replies_hold_what_is_known_only_now() {
    let fake = Fake::new(|operation, _| {
        let group =
            "<ReplicationGroup><ReplicationGroupId>redis</ReplicationGroupId><ARN>arn:aws:rg</ARN></ReplicationGroup>";
        query(operation, group)
    });
    let call = Call::new("CreateReplicationGroup", [("ReplicationGroupId", "redis".into())]);
    let reply = fake.invoke("replication_group", &call).unwrap();
    assert_eq!(reply.get("arn").and_then(Value::as_str), Some("arn:aws:rg"));
}

#[test]
fn a_new_security_group_tells_its_id() {
    let fake = Fake::new(|operation, _| ec2(operation, "<groupId>sg-9</groupId>"));
    let call = Call::new("CreateSecurityGroup", [("GroupName", "redis".into()), ("Description", "d".into())]);
    let reply = fake.invoke("security_group", &call).unwrap();
    assert_eq!(reply.get("id").and_then(Value::as_str), Some("sg-9"));
    assert!(!fake.last().contains("TagSpecification"));
}
