#!/usr/bin/env python3
"""Sends the same calls to the emulator and to ministack, an emulator of other authors, and compares.

Usage: witness.py http://127.0.0.1:4600 http://127.0.0.1:4677 [--markdown]

Start the emulator with `--speed instant` and ministack with
`BIND_HOST=127.0.0.1 GATEWAY_PORT=4677 SERVICES=elasticache,ec2,cloudwatch,sts ministack`. Of an answer, the values
that a query picks are compared; of a refusal, its code and status. Each difference must have its reason in REASONS;
one without makes the script fail.
"""
import sys
import urllib.request

import boto3
import jmespath
from botocore.config import Config
from botocore.exceptions import ClientError

RG = "ReplicationGroups[0]"
CALLS = []


def call(service, operation, pick="", /, **arguments):
    CALLS.append((service, operation, pick, arguments))


def cache(operation, pick="", /, **arguments):
    call("elasticache", operation, pick, **arguments)


def ec2(operation, pick="", /, **arguments):
    call("ec2", operation, pick, **arguments)


def group(name, pick="ReplicationGroup.[ReplicationGroupId,Description]", **more):
    cache("create_replication_group", pick, **{
        "ReplicationGroupId": name, "ReplicationGroupDescription": "witness", "CacheNodeType": "cache.t3.micro",
        "Engine": "redis", "EngineVersion": "7.1", **more})


def permission(**more):
    return [{"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, **more}]


# A text that starts with $ is replaced by what the side answered before.
def network():
    call("sts", "get_caller_identity", "Account")
    ec2("describe_vpcs", "Vpcs[].[CidrBlock,IsDefault]", Filters=[{"Name": "is-default", "Values": ["true"]}])
    ec2("describe_subnets", "length(Subnets)", Filters=[{"Name": "vpc-id", "Values": ["$vpc"]}])
    ec2("describe_availability_zones", "AvailabilityZones[].ZoneName")
    ec2("describe_vpc_attribute", "EnableDnsSupport.Value", VpcId="$vpc", Attribute="enableDnsSupport")
    ec2("describe_vpcs", VpcIds=["vpc-00000000000000000"])
    ec2("describe_subnets", SubnetIds=["subnet-00000000000000000"])
    ec2("describe_route_tables", "length(RouteTables)", Filters=[{"Name": "vpc-id", "Values": ["$vpc"]}])
    ec2("create_security_group", "length(GroupId)", GroupName="witness", Description="d", VpcId="$vpc")
    ec2("create_security_group", GroupName="witness", Description="d", VpcId="$vpc")
    ec2("create_security_group", GroupName="sg-bad", Description="d", VpcId="$vpc")
    ec2("create_security_group", GroupName="nowhere", Description="d", VpcId="vpc-00000000000000000")
    ec2("describe_security_groups", "SecurityGroups[].[GroupName,length(IpPermissionsEgress)]", GroupIds=["$sg"])
    ec2("authorize_security_group_ingress", "SecurityGroupRules[].CidrIpv4", GroupId="$sg",
        IpPermissions=permission(IpRanges=[{"CidrIp": "100.68.0.18/18"}]))
    ec2("authorize_security_group_ingress", GroupId="$sg",
        IpPermissions=permission(IpRanges=[{"CidrIp": "100.68.0.0/18"}]))
    ec2("authorize_security_group_ingress", GroupId="$sg", IpPermissions=permission(IpRanges=[{"CidrIp": "nope"}]))
    ec2("authorize_security_group_ingress", "length(SecurityGroupRules)", GroupId="$sg",
        IpPermissions=permission(UserIdGroupPairs=[{"GroupId": "$sg"}], IpRanges=[{"CidrIp": "10.0.0.0/8"}]))
    ec2("describe_security_group_rules", "length(SecurityGroupRules)", Filters=[{"Name": "group-id", "Values": ["$sg"]}])
    ec2("revoke_security_group_ingress", GroupId="$sg", IpPermissions=permission(IpRanges=[{"CidrIp": "192.0.2.0/24"}]))
    ec2("create_tags", "", Resources=["$sg"], Tags=[{"Key": "k", "Value": "v"}])
    ec2("describe_tags", "Tags[].[Key,Value]", Filters=[{"Name": "resource-id", "Values": ["$sg"]}])
    ec2("describe_security_groups", GroupIds=["sg-00000000000000000"])


def subnet_groups():
    name = dict(CacheSubnetGroupName="Witness")
    pick = "CacheSubnetGroup.[CacheSubnetGroupName,length(Subnets),ARN]"
    cache("create_cache_subnet_group", pick, CacheSubnetGroupDescription="d", SubnetIds="$two", **name)
    cache("create_cache_subnet_group", "", CacheSubnetGroupDescription="d", SubnetIds="$two", **name)
    cache("create_cache_subnet_group", "", CacheSubnetGroupName="x", CacheSubnetGroupDescription="d",
          SubnetIds=["subnet-1"])
    cache("describe_cache_subnet_groups", "CacheSubnetGroups[].CacheSubnetGroupName", CacheSubnetGroupName="witness")
    cache("describe_cache_subnet_groups", "", CacheSubnetGroupName="none")
    cache("describe_cache_subnet_groups", "length(CacheSubnetGroups)", MaxRecords=10)
    cache("modify_cache_subnet_group", "CacheSubnetGroup.CacheSubnetGroupDescription", CacheSubnetGroupName="witness",
          CacheSubnetGroupDescription="new")
    cache("delete_cache_subnet_group", "", CacheSubnetGroupName="none")


def parameter_groups():
    make = dict(CacheParameterGroupFamily="redis7", Description="d")
    cache("create_cache_parameter_group", "CacheParameterGroup.[CacheParameterGroupName,IsGlobal]",
          CacheParameterGroupName="Witness", **make)
    cache("create_cache_parameter_group", "", CacheParameterGroupName="Witness", **make)
    cache("create_cache_parameter_group", "", CacheParameterGroupName="a.dot", **make)
    cache("create_cache_parameter_group", "", CacheParameterGroupName="x", CacheParameterGroupFamily="redis7.x",
          Description="d")
    for name, value in (("maxmemory-policy", "allkeys-lru"), ("timeout", "5"), ("nope", "1"), ("maxclients", "10"),
                        ("maxmemory-policy", "bogus")):
        cache("modify_cache_parameter_group", "CacheParameterGroupName", CacheParameterGroupName="witness",
              ParameterNameValues=[{"ParameterName": name, "ParameterValue": value}])
    cache("describe_cache_parameters", "length(Parameters)", CacheParameterGroupName="witness", Source="user")
    cache("describe_cache_parameters", "length(Parameters) > `50`", CacheParameterGroupName="witness")
    cache("describe_engine_default_parameters", "length(EngineDefaults.Parameters)", CacheParameterGroupFamily="redis7")
    cache("reset_cache_parameter_group", "CacheParameterGroupName", CacheParameterGroupName="witness",
          ResetAllParameters=True)
    cache("modify_cache_parameter_group", "", CacheParameterGroupName="default.redis7",
          ParameterNameValues=[{"ParameterName": "timeout", "ParameterValue": "20"}])
    cache("delete_cache_parameter_group", "", CacheParameterGroupName="default.redis7")
    cache("describe_cache_parameter_groups", "", CacheParameterGroupName="none")
    cache("describe_cache_parameter_groups", "CacheParameterGroups[].CacheParameterGroupFamily",
          CacheParameterGroupName="default.redis7.cluster.on")


def replication_groups():
    cache("describe_replication_groups", "", ReplicationGroupId="none")
    group("Witness", NumCacheClusters=3, AutomaticFailoverEnabled=True, CacheSubnetGroupName="witness",
          CacheParameterGroupName="witness", SecurityGroupIds=["$sg"], Tags=[{"Key": "k", "Value": "v"}])
    group("witness")
    for more in ({"CacheNodeType": "cache.none"}, {"EngineVersion": "9.9"}, {"EngineVersion": "6.2.6"},
                 {"NumCacheClusters": 7}, {"AutomaticFailoverEnabled": True, "NumCacheClusters": 1},
                 {"NumCacheClusters": 2, "MultiAZEnabled": True}, {"CacheParameterGroupName": "default.redis6.x"},
                 {"CacheParameterGroupName": "none"}, {"CacheSubnetGroupName": "none"}, {"SecurityGroupIds": ["sg-1"]},
                 {"AuthToken": "0123456789abcdef"}, {"AuthToken": "short", "TransitEncryptionEnabled": True},
                 {"SnapshotRetentionLimit": 36}, {"SnapshotWindow": "03:00-03:30"}, {"UserGroupIds": ["none"]}):
        group("bad", **more)
    group("1bad--id-")
    for pick in ("Status", "MemberClusters", "NodeGroups[0].NodeGroupMembers[].CurrentRole", "AutomaticFailover",
                 "ClusterEnabled", "SnapshotRetentionLimit", "ARN", "ConfigurationEndpoint.Port",
                 "NodeGroups[0].PrimaryEndpoint.Port", "contains(NodeGroups[0].PrimaryEndpoint.Address, 'witness')"):
        cache("describe_replication_groups", "%s.%s" % (RG, pick), ReplicationGroupId="witness")
    member = "CacheClusters[0].[EngineVersion,CacheParameterGroup.CacheParameterGroupName,CacheSubnetGroupName]"
    cache("describe_cache_clusters", member, CacheClusterId="witness-001")
    modify = dict(ReplicationGroupId="witness", ApplyImmediately=True)
    cache("modify_replication_group", "ReplicationGroup.Description", ReplicationGroupDescription="new", **modify)
    cache("modify_replication_group", "", **modify)
    cache("modify_replication_group", "", EngineVersion="6.2", **modify)
    cache("increase_replica_count", "ReplicationGroup.ReplicationGroupId", NewReplicaCount=3, **modify)
    cache("describe_replication_groups", "length(%s.MemberClusters)" % RG, ReplicationGroupId="witness")
    cache("decrease_replica_count", "", NewReplicaCount=0, **modify)
    cache("delete_cache_subnet_group", "", CacheSubnetGroupName="witness")
    cache("delete_cache_parameter_group", "", CacheParameterGroupName="witness")
    arn = "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:witness"
    cache("list_tags_for_resource", "TagList", ResourceName=arn)
    cache("remove_tags_from_resource", "", ResourceName=arn, TagKeys=["nope"])
    group("shards", NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True)
    cache("describe_replication_groups", RG + ".NodeGroups[].Slots", ReplicationGroupId="shards")


def the_rest():
    cache("create_cache_cluster", "CacheCluster.NumCacheNodes", CacheClusterId="mem", Engine="memcached",
          CacheNodeType="cache.t3.micro", NumCacheNodes=2)
    cache("create_cache_cluster", "", CacheClusterId="many", Engine="memcached", CacheNodeType="cache.t3.micro",
          NumCacheNodes=41)
    cache("describe_cache_clusters", "CacheClusters[0].CacheNodes[].CacheNodeId", CacheClusterId="mem",
          ShowCacheNodeInfo=True)
    cache("modify_cache_cluster", "", CacheClusterId="mem", NumCacheNodes=1, ApplyImmediately=True)
    cache("create_snapshot", "Snapshot.SnapshotName", SnapshotName="one", ReplicationGroupId="witness")
    cache("create_snapshot", "", SnapshotName="one", ReplicationGroupId="witness")
    cache("create_snapshot", "", SnapshotName="mem", CacheClusterId="mem")
    cache("describe_snapshots", "Snapshots[].SnapshotSource", SnapshotName="one")
    cache("describe_snapshots", "", SnapshotName="none")
    cache("delete_snapshot", "Snapshot.SnapshotName", SnapshotName="one")
    alarm = dict(AlarmName="cpu", MetricName="CPUUtilization", Namespace="AWS/ElastiCache", Period=300,
                 EvaluationPeriods=2, Threshold=80.0, ComparisonOperator="GreaterThanThreshold")
    call("cloudwatch", "put_metric_alarm", "", Statistic="Average", **alarm)
    call("cloudwatch", "put_metric_alarm", "", **alarm)
    call("cloudwatch", "describe_alarms", "MetricAlarms[].[AlarmName,StateValue]", AlarmNames=["cpu", "none"])
    call("cloudwatch", "delete_alarms", "", AlarmNames=["none"])
    cache("delete_replication_group", "ReplicationGroup.Status", ReplicationGroupId="witness")
    cache("describe_replication_groups", "", ReplicationGroupId="witness")
    cache("delete_cache_subnet_group", "", CacheSubnetGroupName="witness")


class Side:
    def __init__(self, endpoint):
        self.endpoint, self.known, self.clients = endpoint, {}, {}

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service, endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="123456789012",
                aws_secret_access_key="x", config=Config(retries={"max_attempts": 1, "mode": "standard"}, parameter_validation=False))
        return self.clients[service]

    def fill(self, value):
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        return self.known.get(value, value) if isinstance(value, str) else value

    def send(self, service, operation, pick, arguments):
        try:
            answer = getattr(self.client(service), operation)(**self.fill(arguments))
        except ClientError as error:
            return "%s %s" % (error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"])
        except Exception as error:
            return type(error).__name__
        if operation == "describe_vpcs" and answer["Vpcs"]:
            self.known["$vpc"] = answer["Vpcs"][0]["VpcId"]
        if operation == "describe_subnets":
            self.known["$two"] = sorted(row["SubnetId"] for row in answer["Subnets"])[:2]
        if operation == "create_security_group":
            self.known.setdefault("$sg", answer["GroupId"])
        return repr(jmespath.search(pick, answer)) if pick else "answered"


REASONS = {}


def short(arguments):
    words = ["%s=%s" % (key, value) for key, value in arguments.items()]
    return ", ".join(words)[:90].replace("|", "\\|")


def main():
    for part in (network, subnet_groups, parameter_groups, replication_groups, the_rest):
        part()
    ours, theirs = Side(sys.argv[1]), Side(sys.argv[2])
    for side, path in ((ours, "/_cachestack/reset"), (theirs, "/_ministack/reset")):
        urllib.request.urlopen(urllib.request.Request(side.endpoint + path, data=b"{}", method="POST")).read()
    same, rows, unexplained = 0, [], 0
    for number, (service, operation, pick, arguments) in enumerate(CALLS, 1):
        one, other = (side.send(service, operation, pick, arguments) for side in (ours, theirs))
        if one == other:
            same += 1
            continue
        reason = REASONS.get(number, "")
        unexplained += not reason
        what = pick.replace("|", "\\|") or short(arguments)
        rows.append("| %d | %s | `%s` | %s | %s | %s |" % (number, operation, what, one, other, reason))
    print("Of %d calls, %d were answered alike by ministack and %d were not:\n" % (len(CALLS), same, len(rows)))
    print("| call | operation | of | the emulator | ministack | why |\n|---|---|---|---|---|---|")
    print("\n".join(rows))
    if "--markdown" not in sys.argv:
        print("\n%d differences without a reason" % unexplained)
    sys.exit(1 if unexplained else 0)


main()
