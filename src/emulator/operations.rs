//! The operations that the emulator answers, and how far each can be trusted. The page for users shows this table.

use super::model;

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// `elasticache`, `ec2`, `cloudwatch`, `sts` or `resourcegroupstaggingapi`.
    pub service: &'static str,
    /// The name that requests carry.
    pub name: &'static str,
    /// What is as in AWS, beyond the wire format.
    pub faithful: &'static str,
    /// What is not.
    pub lacking: &'static str,
}

const SERVICES: [&str; 5] = ["elasticache", "ec2", "cloudwatch", "sts", "resourcegroupstaggingapi"];

/// Every operation, service by service.
pub fn all() -> Vec<Operation> {
    let tables: [&[[&'static str; 3]]; 5] = [&ELASTICACHE, &EC2, &CLOUDWATCH, &STS, &TAGGING];
    let rows = SERVICES.iter().zip(tables).flat_map(|(service, table)| {
        table.iter().map(|[name, faithful, lacking]| Operation { service, name, faithful, lacking })
    });
    rows.collect()
}

/// The table in Markdown.
pub fn markdown() -> String {
    let mut text = String::new();
    for service in SERVICES {
        let version = model::service(service).map_or("", |model| model.version.as_str());
        text.push_str(&format!(
            "### {service} {version}\n\n| operation | as in AWS | not as in AWS |\n|---|---|---|\n"
        ));
        for row in all().iter().filter(|row| row.service == service) {
            let lacking = if row.lacking.is_empty() { "-" } else { row.lacking };
            text.push_str(&format!("| {} | {} | {lacking} |\n", row.name, row.faithful));
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len() + 1);
    text
}

const ELASTICACHE: [[&str; 3]; 34] = [
    [
        "CreateCacheSubnetGroup",
        "lower-case names, one VPC, quotas of 300 groups and 20 subnets, tags",
        "no IPv6, no Outposts",
    ],
    ["DescribeCacheSubnetGroups", "pages; a missing group is a 400", ""],
    ["ModifyCacheSubnetGroup", "a subnet in whose zone nodes live stays (SubnetInUse)", ""],
    ["DeleteCacheSubnetGroup", "refused while in use; the default group stays", ""],
    ["CreateCacheParameterGroup", "names, families, quota of 300, tags", ""],
    ["DescribeCacheParameterGroups", "default groups of every family, pages", "no groups of global datastores"],
    [
        "ModifyCacheParameterGroup",
        "20 values a call; types, ranges and what may be set; pending-reboot on the nodes that use the group",
        "ranges of Redis 6 to Valkey 9 are derived, not dumped from AWS",
    ],
    ["ResetCacheParameterGroup", "all or by name", ""],
    ["DeleteCacheParameterGroup", "refused while in use and for default groups", ""],
    ["DescribeCacheParameters", "sources user, system and engine-default, values per node type, pages", "as above"],
    ["DescribeEngineDefaultParameters", "pages, values per node type", "as above"],
    [
        "CreateReplicationGroup",
        "cluster mode on and off, slots, zones, snapshots as a source, tokens, windows, quotas; members appear one after the other",
        "no global datastores, user groups, durability, IPv6 or Outposts; no capacity errors; KMS keys are not looked up",
    ],
    [
        "DescribeReplicationGroups",
        "endpoints, roles, slots, pending values, pages",
        "reshard progress is 0 % until it is done",
    ],
    [
        "ModifyReplicationGroup",
        "at once or in the window, pending values replaced and flushed, upgrades, failover, Multi-AZ, encryption by way of preferred, token rotation, log delivery, cluster mode",
        "no user groups; an upgrade never fails on memory; nodes change together, not in turn",
    ],
    ["DeleteReplicationGroup", "final snapshot, kept primary, refused unless available", ""],
    ["IncreaseReplicaCount", "per shard or for all, zones, NoOperationFault", ""],
    ["DecreaseReplicaCount", "by count or by name, least number of replicas", ""],
    [
        "ModifyReplicationGroupShardConfiguration",
        "shards added and removed, slots spread anew",
        "slots are spread evenly, not moved as little as possible",
    ],
    ["TestFailover", "the next replica becomes primary, events, 15 calls a day", ""],
    [
        "CreateCacheCluster",
        "memcached and single Redis nodes, a replica of a group, zones, quotas",
        "no Outposts; no Valkey, as in AWS",
    ],
    ["DescribeCacheClusters", "node details on request, those outside groups, pages", ""],
    ["ModifyCacheCluster", "nodes added and removed, pending values, windows", ""],
    ["DeleteCacheCluster", "replicas leave their group, final snapshot", ""],
    ["RebootCacheCluster", "node by node; ends pending-reboot", "data is not lost, as there is none"],
    ["CreateSnapshot", "of a group or a cluster, 20 a day, status snapshotting meanwhile", "sizes are made up"],
    ["DescribeSnapshots", "by source and origin, pages", ""],
    ["CopySnapshot", "within the account", "no export to S3"],
    ["DeleteSnapshot", "refused while it is being made", ""],
    [
        "DescribeCacheEngineVersions",
        "versions that can be created, by family, default only",
        "versions that AWS has retired are missing",
    ],
    ["DescribeEvents", "creation, change, deletion, snapshots, failover; 14 days", "a part of AWS's messages"],
    ["ListAllowedNodeTypeModifications", "by engine, version, region and data tiering", "by memory alone"],
    ["AddTagsToResource", "50 tags; caches must be available", ""],
    ["RemoveTagsFromResource", "TagNotFound", ""],
    ["ListTagsForResource", "caches must be available", ""],
];

const EC2: [[&str; 3]; 21] = [
    ["DescribeVpcs", "the default VPC, filters", "there are no other VPCs"],
    ["DescribeVpcAttribute", "DNS support and host names", ""],
    ["DescribeSubnets", "one default subnet in each zone, filters, pages", "free addresses do not change"],
    ["DescribeAvailabilityZones", "the zones that a new account sees", "zone ids follow the letters; no local zones"],
    ["DescribeRouteTables", "the main table, filters", "there are no other tables"],
    ["DescribeAccountAttributes", "the default VPC", "numbers are fixed"],
    ["DescribeNetworkInterfaces", "an empty list", "nodes have no interfaces"],
    ["DescribeSecurityGroups", "rules as permissions, filters, pages", ""],
    ["DescribeSecurityGroupRules", "by id and by group, tags", ""],
    ["CreateSecurityGroup", "unique names, the egress rule that each new group has, tags", "the quota is not enforced"],
    ["DeleteSecurityGroup", "refused while a cache or a rule refers to it", ""],
    [
        "AuthorizeSecurityGroupIngress",
        "one rule for each peer, canonical CIDRs, duplicates refused",
        "prefix lists and peers' groups of other accounts are not looked up",
    ],
    ["AuthorizeSecurityGroupEgress", "as for ingress", "as for ingress"],
    ["RevokeSecurityGroupIngress", "by permission and by rule id", ""],
    ["RevokeSecurityGroupEgress", "as for ingress", ""],
    ["ModifySecurityGroupRules", "peers, ports and descriptions", ""],
    ["UpdateSecurityGroupRuleDescriptionsIngress", "by permission and by rule id", ""],
    ["UpdateSecurityGroupRuleDescriptionsEgress", "as for ingress", ""],
    ["CreateTags", "of everything in this list", ""],
    ["DeleteTags", "by key, or by key and value", ""],
    ["DescribeTags", "filters, pages", ""],
];

const CLOUDWATCH: [[&str; 3]; 11] = [
    [
        "PutMetricAlarm",
        "put anew as a whole, rules of periods and statistics, tags at creation only",
        "alarms on metric maths are kept, not evaluated",
    ],
    ["DescribeAlarms", "by name, prefix, state and action, pages", "no composite alarms"],
    ["DescribeAlarmsForMetric", "by metric and dimensions", ""],
    ["DeleteAlarms", "names of no alarm are passed over", ""],
    ["SetAlarmState", "until the next evaluation, which never comes", "actions are not carried out"],
    ["EnableAlarmActions", "by name", ""],
    ["DisableAlarmActions", "by name", ""],
    ["GetMetricStatistics", "checks of the request", "there are never data points"],
    ["TagResource", "of alarms", ""],
    ["UntagResource", "of alarms", ""],
    ["ListTagsForResource", "of alarms", ""],
];

const STS: [[&str; 3]; 1] = [["GetCallerIdentity", "the account that the access key names", "everybody is one user"]];

const TAGGING: [[&str; 3]; 5] = [
    ["GetResources", "by type, tag and ARN, pages", "seen at once, not after minutes"],
    ["TagResources", "of all services here, failures one by one", ""],
    ["UntagResources", "as above", ""],
    ["GetTagKeys", "pages", ""],
    ["GetTagValues", "pages", ""],
];
