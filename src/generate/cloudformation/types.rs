//! The types of CloudFormation that are kinds of ours: their properties and attributes. What is not listed has the same
//! name in small letters. Source: the resource reference of CloudFormation.

/// A type.
pub struct Type {
    /// `AWS::ElastiCache::SubnetGroup`
    pub name: &'static str,
    /// Our name of its kind: `replication_group`.
    pub kind: &'static str,
    /// The attribute that `Ref` tells.
    pub reference: &'static str,
    /// Properties with another name.
    pub properties: &'static [(&'static str, &'static str)],
    /// Attributes of `GetAtt`, as expressions behind the resource.
    pub attributes: &'static [(&'static str, &'static str)],
}

const CACHE: &[(&str, &str)] = &[
    ("CacheNodeType", "node_type"),
    ("CacheParameterGroupName", "parameter_group_name"),
    ("CacheSubnetGroupName", "subnet_group_name"),
    ("VpcSecurityGroupIds", "security_group_ids"),
    ("PreferredMaintenanceWindow", "maintenance_window"),
    ("ClusterName", "cluster_id"),
    ("PreferredAvailabilityZone", "availability_zone"),
    ("ReplicationGroupDescription", "description"),
    ("MultiAZEnabled", "multi_az_enabled"),
    ("AZMode", "az_mode"),
    ("PreferredCacheClusterAZs", "preferred_cache_cluster_azs"),
    ("LogDeliveryConfigurations", "log_delivery_configuration"),
    ("FinalSnapshotName", "final_snapshot_identifier"),
    ("ServerlessCacheName", "name"),
];

const RULE: &[(&str, &str)] = &[
    ("GroupId", "security_group_id"),
    ("CidrIp", "cidr_ipv4"),
    ("CidrIpv6", "cidr_ipv6"),
    ("SourceSecurityGroupId", "referenced_security_group_id"),
    ("DestinationSecurityGroupId", "referenced_security_group_id"),
    ("SourcePrefixListId", "prefix_list_id"),
    ("DestinationPrefixListId", "prefix_list_id"),
];

/// Names within nested blocks: the block, the property, the attribute.
pub const NESTED: &[(&str, &str, &str)] = &[
    ("ingress", "IpProtocol", "protocol"),
    ("ingress", "CidrIp", "cidr_blocks"),
    ("ingress", "CidrIpv6", "ipv6_cidr_blocks"),
    ("ingress", "SourceSecurityGroupId", "security_groups"),
    ("ingress", "SourcePrefixListId", "prefix_list_ids"),
    ("egress", "IpProtocol", "protocol"),
    ("egress", "CidrIp", "cidr_blocks"),
    ("egress", "CidrIpv6", "ipv6_cidr_blocks"),
    ("egress", "DestinationSecurityGroupId", "security_groups"),
    ("egress", "DestinationPrefixListId", "prefix_list_ids"),
    ("metric_transformation", "MetricName", "name"),
    ("metric_transformation", "MetricNamespace", "namespace"),
    ("metric_transformation", "MetricValue", "value"),
    ("cache_usage_limits", "ECPUPerSecond", "ecpu_per_second"),
];

/// Every type.
pub const TYPES: &[Type] = &[
    Type {
        name: "AWS::ElastiCache::SubnetGroup",
        kind: "subnet_group",
        reference: "name",
        properties: &[("CacheSubnetGroupName", "name")],
        attributes: &[],
    },
    Type {
        name: "AWS::ElastiCache::ParameterGroup",
        kind: "parameter_group",
        reference: "name",
        properties: &[
            ("CacheParameterGroupName", "name"),
            ("CacheParameterGroupFamily", "family"),
            ("Properties", "parameters"),
        ],
        attributes: &[],
    },
    Type {
        name: "AWS::EC2::SecurityGroup",
        kind: "security_group",
        reference: "id",
        properties: &[
            ("GroupName", "name"),
            ("GroupDescription", "description"),
            ("SecurityGroupIngress", "ingress"),
            ("SecurityGroupEgress", "egress"),
        ],
        attributes: &[("GroupId", "id"), ("VpcId", "vpc_id"), ("Id", "id")],
    },
    Type {
        name: "AWS::EC2::SecurityGroupIngress",
        kind: "vpc_security_group_ingress_rule",
        reference: "id",
        properties: RULE,
        attributes: &[("Id", "id")],
    },
    Type {
        name: "AWS::EC2::SecurityGroupEgress",
        kind: "vpc_security_group_egress_rule",
        reference: "id",
        properties: RULE,
        attributes: &[("Id", "id")],
    },
    Type {
        name: "AWS::ElastiCache::ReplicationGroup",
        kind: "replication_group",
        reference: "replication_group_id",
        properties: CACHE,
        attributes: &[
            ("PrimaryEndPoint.Address", "primary_endpoint_address"),
            ("PrimaryEndPoint.Port", "port"),
            ("RedisEndpoint.Address", "primary_endpoint_address"),
            ("RedisEndpoint.Port", "port"),
            ("ReaderEndPoint.Address", "reader_endpoint_address"),
            ("ReaderEndPoint.Port", "port"),
            ("ConfigurationEndPoint.Address", "configuration_endpoint_address"),
            ("ConfigurationEndPoint.Port", "port"),
        ],
    },
    Type {
        name: "AWS::ElastiCache::CacheCluster",
        kind: "cache_cluster",
        reference: "cluster_id",
        properties: CACHE,
        attributes: &[
            ("RedisEndpoint.Address", "cache_nodes[0].address"),
            ("RedisEndpoint.Port", "cache_nodes[0].port"),
            ("ConfigurationEndpoint.Address", "cluster_address"),
            ("ConfigurationEndpoint.Port", "port"),
        ],
    },
    Type {
        name: "AWS::ElastiCache::ServerlessCache",
        kind: "serverless_cache",
        reference: "name",
        properties: CACHE,
        attributes: &[
            ("ARN", "arn"),
            ("Endpoint.Address", "endpoint[0].address"),
            ("Endpoint.Port", "endpoint[0].port"),
            ("ReaderEndpoint.Address", "reader_endpoint[0].address"),
            ("ReaderEndpoint.Port", "reader_endpoint[0].port"),
        ],
    },
    Type {
        name: "AWS::ElastiCache::User",
        kind: "user",
        reference: "user_id",
        properties: &[],
        attributes: &[("Arn", "arn")],
    },
    Type {
        name: "AWS::ElastiCache::UserGroup",
        kind: "user_group",
        reference: "user_group_id",
        properties: &[],
        attributes: &[("Arn", "arn")],
    },
    Type {
        name: "AWS::CloudWatch::Alarm",
        kind: "alarm",
        reference: "alarm_name",
        properties: &[
            ("OKActions", "ok_actions"),
            ("Metrics", "metric_query"),
            ("EvaluateLowSampleCountPercentile", "evaluate_low_sample_count_percentiles"),
        ],
        attributes: &[("Arn", "arn")],
    },
    Type {
        name: "AWS::CloudWatch::CompositeAlarm",
        kind: "composite_alarm",
        reference: "alarm_name",
        properties: &[("OKActions", "ok_actions")],
        attributes: &[("Arn", "arn")],
    },
    Type {
        name: "AWS::CloudWatch::Dashboard",
        kind: "dashboard",
        reference: "dashboard_name",
        properties: &[],
        attributes: &[],
    },
    Type {
        name: "AWS::Logs::LogGroup",
        kind: "log_group",
        reference: "name",
        properties: &[("LogGroupName", "name")],
        attributes: &[("Arn", "arn")],
    },
    Type {
        name: "AWS::Logs::MetricFilter",
        kind: "log_metric_filter",
        reference: "name",
        properties: &[
            ("FilterName", "name"),
            ("FilterPattern", "pattern"),
            ("MetricTransformations", "metric_transformation"),
        ],
        attributes: &[],
    },
    Type {
        name: "AWS::SNS::Topic",
        kind: "sns_topic",
        reference: "arn",
        properties: &[("TopicName", "name")],
        attributes: &[("TopicArn", "arn"), ("TopicName", "name")],
    },
    Type {
        name: "AWS::SNS::Subscription",
        kind: "sns_topic_subscription",
        reference: "arn",
        properties: &[],
        attributes: &[("Arn", "arn")],
    },
];

/// The type of that name.
pub fn get(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|one| one.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn types_name_what_there_is() {
        for one in TYPES {
            let schema = kinds::get(one.kind).expect("a kind").schema();
            let has = |name: &str| schema.attr(name.split(['.', '[']).next().unwrap_or(name)).is_some();
            assert!(has(one.reference), "{}: {}", one.name, one.reference);
            for (name, attribute) in one.attributes {
                assert!(has(attribute), "{}.{name}: {attribute}", one.name);
            }
        }
    }
}
