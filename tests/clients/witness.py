#!/usr/bin/env python3
"""Sends the same calls to the emulator and to ministack, an emulator of other authors, and compares.

Usage: witness.py http://127.0.0.1:4600 http://127.0.0.1:4677 [--markdown]

Start the emulator with `--speed instant` and ministack with
`BIND_HOST=127.0.0.1 GATEWAY_PORT=4677 SERVICES=elasticache,ec2,cloudwatch,sts ministack`. Of an answer, the values
that a query picks are compared; of a refusal, its code and status. Each call that may differ has the reason
why the emulator keeps its answer; a difference without one makes the script fail.
"""
import re
import sys
import urllib.request

import boto3
import jmespath
from botocore.config import Config
from botocore.exceptions import ClientError

RG = "ReplicationGroups[0]"
CALLS = []


# Why the emulator keeps its answer where the other gives another.
CASE = "AWS keeps names in lower case and finds them in any"
UNCHECKED = "AWS refuses this; the other does not look"
DUPLICATE = "AWS refuses a rule that is there already, and keeps CIDRs in their canonical form"
ZONES = "the default network of a new account has a subnet in each of the region's zones"
PAGES = "the service model gives 20 as the least page"
MEMBERS = "the number of nodes asked for, with the ids that AWS gives without cluster mode"
STATES = "a deletion takes time in AWS and shows as such"
ABSENT = "declared in the service model, unknown to the other"
IN_USE = "AWS refuses while a cache uses it"
MODEL = "the model declares the error for the operation"
SUBNETS = "seen from AWS: unknown subnets are an invalid value; InvalidSubnet is for subnets of two VPCs"


def call(service, operation, pick="", why="", /, **arguments):
    CALLS.append((service, operation, pick, why, arguments))


def cache(operation, pick="", why="", /, **arguments):
    call("elasticache", operation, pick, why, **arguments)


def ec2(operation, pick="", why="", /, **arguments):
    call("ec2", operation, pick, why, **arguments)


def group(name, why="", pick="ReplicationGroup.[ReplicationGroupId,Description]", **more):
    cache("create_replication_group", pick, why, **{
        "ReplicationGroupId": name, "ReplicationGroupDescription": "witness", "CacheNodeType": "cache.t3.micro",
        "Engine": "redis", "EngineVersion": "7.1", **more})


def permission(**more):
    return [{"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, **more}]


# A text that starts with $ is replaced by what the side answered before.
def network():
    call("sts", "get_caller_identity", "Account")
    ec2("describe_vpcs", "Vpcs[].[CidrBlock,IsDefault]", Filters=[{"Name": "is-default", "Values": ["true"]}])
    ec2("describe_subnets", "length(Subnets)", ZONES, Filters=[{"Name": "vpc-id", "Values": ["$vpc"]}])
    ec2("describe_availability_zones", "AvailabilityZones[].ZoneName", ZONES)
    ec2("describe_vpc_attribute", "EnableDnsSupport.Value", VpcId="$vpc", Attribute="enableDnsSupport")
    ec2("describe_vpcs", VpcIds=["vpc-00000000000000000"])
    ec2("describe_subnets", SubnetIds=["subnet-00000000000000000"])
    ec2("describe_route_tables", "length(RouteTables)", Filters=[{"Name": "vpc-id", "Values": ["$vpc"]}])
    ec2("create_security_group", "length(GroupId)", GroupName="witness", Description="d", VpcId="$vpc")
    ec2("create_security_group", GroupName="witness", Description="d", VpcId="$vpc")
    ec2("create_security_group", "", UNCHECKED, GroupName="sg-bad", Description="d", VpcId="$vpc")
    ec2("create_security_group", "", UNCHECKED, GroupName="nowhere", Description="d", VpcId="vpc-00000000000000000")
    ec2("describe_security_groups", "SecurityGroups[].[GroupName,length(IpPermissionsEgress)]", GroupIds=["$sg"])
    ec2("authorize_security_group_ingress", "SecurityGroupRules[].CidrIpv4", DUPLICATE, GroupId="$sg",
        IpPermissions=permission(IpRanges=[{"CidrIp": "100.68.0.18/18"}]))
    ec2("authorize_security_group_ingress", "", DUPLICATE, GroupId="$sg",
        IpPermissions=permission(IpRanges=[{"CidrIp": "100.68.0.0/18"}]))
    ec2("authorize_security_group_ingress", "", UNCHECKED, GroupId="$sg", IpPermissions=permission(IpRanges=[{"CidrIp": "nope"}]))
    ec2("authorize_security_group_ingress", "length(SecurityGroupRules)", GroupId="$sg",
        IpPermissions=permission(UserIdGroupPairs=[{"GroupId": "$sg"}], IpRanges=[{"CidrIp": "10.0.0.0/8"}]))
    ec2("describe_security_group_rules", "length(SecurityGroupRules)",
        "follows from the two calls that the other did not refuse", Filters=[{"Name": "group-id", "Values": ["$sg"]}])
    ec2("revoke_security_group_ingress", "", UNCHECKED, GroupId="$sg", IpPermissions=permission(IpRanges=[{"CidrIp": "192.0.2.0/24"}]))
    ec2("create_tags", "", Resources=["$sg"], Tags=[{"Key": "k", "Value": "v"}])
    ec2("describe_tags", "Tags[].[Key,Value]", Filters=[{"Name": "resource-id", "Values": ["$sg"]}])
    ec2("describe_security_groups", GroupIds=["sg-00000000000000000"])


def subnet_groups():
    make = dict(CacheSubnetGroupDescription="d", SubnetIds="$two")
    pick = "CacheSubnetGroup.[CacheSubnetGroupName,length(Subnets),ARN]"
    cache("create_cache_subnet_group", "CacheSubnetGroup.CacheSubnetGroupName", CASE, CacheSubnetGroupName="Upper", **make)
    cache("describe_cache_subnet_groups", "length(CacheSubnetGroups)", CASE, CacheSubnetGroupName="upper")
    cache("create_cache_subnet_group", pick, CacheSubnetGroupName="witness", **make)
    cache("create_cache_subnet_group", "", CacheSubnetGroupName="witness", **make)
    cache("create_cache_subnet_group", "", SUBNETS, CacheSubnetGroupName="x", CacheSubnetGroupDescription="d",
          SubnetIds=["subnet-1"])
    cache("describe_cache_subnet_groups", "CacheSubnetGroups[].CacheSubnetGroupName", CacheSubnetGroupName="witness")
    cache("describe_cache_subnet_groups", "", CacheSubnetGroupName="none")
    cache("describe_cache_subnet_groups", "length(CacheSubnetGroups)", PAGES, MaxRecords=10)
    cache("modify_cache_subnet_group", "CacheSubnetGroup.CacheSubnetGroupDescription", CacheSubnetGroupName="witness",
          CacheSubnetGroupDescription="new")
    cache("delete_cache_subnet_group", "", CacheSubnetGroupName="none")


def parameter_groups():
    make = dict(CacheParameterGroupFamily="redis7", Description="d")
    name = "CacheParameterGroup.CacheParameterGroupName"
    cache("create_cache_parameter_group", name, CASE, CacheParameterGroupName="Upper", **make)
    cache("create_cache_parameter_group", name, CacheParameterGroupName="witness", **make)
    cache("create_cache_parameter_group", "", CacheParameterGroupName="witness", **make)
    cache("create_cache_parameter_group", "", UNCHECKED, CacheParameterGroupName="a.dot", **make)
    cache("create_cache_parameter_group", "", UNCHECKED, CacheParameterGroupName="x",
          CacheParameterGroupFamily="redis7.x", Description="d")
    for name, value, why in (("maxmemory-policy", "allkeys-lru", ""), ("timeout", "5", UNCHECKED), ("nope", "1", UNCHECKED),
                             ("maxclients", "10", UNCHECKED), ("maxmemory-policy", "bogus", UNCHECKED)):
        cache("modify_cache_parameter_group", "CacheParameterGroupName", why, CacheParameterGroupName="witness",
              ParameterNameValues=[{"ParameterName": name, "ParameterValue": value}])
    cache("describe_cache_parameters", "length(Parameters)",
          "follows from the calls that the other did not refuse", CacheParameterGroupName="witness", Source="user")
    cache("describe_cache_parameters", "length(Parameters) > `50`", "the other knows a few parameters of each family",
          CacheParameterGroupName="witness")
    cache("describe_engine_default_parameters", "length(EngineDefaults.Parameters)", ABSENT,
          CacheParameterGroupFamily="redis7")
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
    group("Upper", CASE)
    group("witness", NumCacheClusters=3, AutomaticFailoverEnabled=True, CacheSubnetGroupName="witness",
          CacheParameterGroupName="witness", SecurityGroupIds=["$sg"], Tags=[{"Key": "k", "Value": "v"}])
    group("witness")
    bad = ({"CacheNodeType": "cache.none"}, {"EngineVersion": "9.9"}, {"EngineVersion": "6.2.6"},
           {"NumCacheClusters": 7}, {"AutomaticFailoverEnabled": True, "NumCacheClusters": 1},
           {"NumCacheClusters": 2, "MultiAZEnabled": True}, {"CacheParameterGroupName": "default.redis6.x"},
           {"CacheParameterGroupName": "none"}, {"CacheSubnetGroupName": "none"}, {"SecurityGroupIds": ["sg-1"]},
           {"AuthToken": "0123456789abcdef"}, {"AuthToken": "short", "TransitEncryptionEnabled": True},
           {"SnapshotRetentionLimit": 36}, {"SnapshotWindow": "03:00-03:30"}, {"UserGroupIds": ["none"]})
    for number, more in enumerate(bad):
        group("bad%d" % number, UNCHECKED, **more)
    group("1bad--id-", UNCHECKED)
    for pick, why in (
            ("Status", ""), ("MemberClusters", MEMBERS), ("NodeGroups[0].NodeGroupMembers[].CurrentRole", MEMBERS),
            ("AutomaticFailover", "as asked for"), ("ClusterEnabled", ""), ("SnapshotRetentionLimit", ""), ("ARN", ""),
            ("ConfigurationEndpoint.Port", ""), ("NodeGroups[0].PrimaryEndpoint.Port", "")):
        cache("describe_replication_groups", "%s.%s" % (RG, pick), why, ReplicationGroupId="witness")
    cache("describe_replication_groups", "contains(%s.NodeGroups[0].PrimaryEndpoint.Address, 'witness')" % RG,
          "names as AWS makes them; the other gives an address that can be connected to", ReplicationGroupId="witness")
    member = "CacheClusters[0].[EngineVersion,CacheParameterGroup.CacheParameterGroupName,CacheSubnetGroupName]"
    cache("describe_cache_clusters", member, MEMBERS, CacheClusterId="witness-001")
    modify = dict(ReplicationGroupId="witness", ApplyImmediately=True)
    cache("modify_replication_group", "ReplicationGroup.Description", ReplicationGroupDescription="new", **modify)
    cache("modify_replication_group", "", "AWS: No modifications were requested", **modify)
    cache("modify_replication_group", "", "an engine is never downgraded", EngineVersion="6.2", **modify)
    cache("increase_replica_count", "ReplicationGroup.ReplicationGroupId", NewReplicaCount=3, **modify)
    cache("describe_replication_groups", "length(%s.MemberClusters)" % RG, MEMBERS, ReplicationGroupId="witness")
    cache("decrease_replica_count", "", "failover needs a replica", NewReplicaCount=0, **modify)
    cache("delete_cache_subnet_group", "", IN_USE, CacheSubnetGroupName="witness")
    cache("delete_cache_parameter_group", "", IN_USE, CacheParameterGroupName="witness")
    arn = "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:witness"
    cache("list_tags_for_resource", "TagList", ResourceName=arn)
    cache("remove_tags_from_resource", "", MODEL, ResourceName=arn, TagKeys=["nope"])
    group("shards", "cluster mode with several shards is unknown to the other", NumNodeGroups=2, ReplicasPerNodeGroup=1,
          AutomaticFailoverEnabled=True)
    cache("describe_replication_groups", RG + ".NodeGroups[].Slots", "as above", ReplicationGroupId="shards")


def the_rest():
    cache("create_cache_cluster", "CacheCluster.NumCacheNodes", CacheClusterId="mem", Engine="memcached",
          CacheNodeType="cache.t3.micro", NumCacheNodes=2)
    cache("create_cache_cluster", "", UNCHECKED, CacheClusterId="many", Engine="memcached",
          CacheNodeType="cache.t3.micro", NumCacheNodes=41)
    cache("describe_cache_clusters", "CacheClusters[0].CacheNodes[].CacheNodeId", CacheClusterId="mem",
          ShowCacheNodeInfo=True)
    cache("modify_cache_cluster", "", "AWS wants to be told which nodes go", CacheClusterId="mem", NumCacheNodes=1,
          ApplyImmediately=True)
    cache("create_snapshot", "Snapshot.SnapshotName", SnapshotName="one", ReplicationGroupId="witness")
    cache("create_snapshot", "", SnapshotName="one", ReplicationGroupId="witness")
    cache("create_snapshot", "", "memcached has no snapshots", SnapshotName="mem", CacheClusterId="mem")
    cache("describe_snapshots", "Snapshots[].SnapshotSource", SnapshotName="one")
    cache("describe_snapshots", "", MODEL, SnapshotName="none")
    cache("delete_snapshot", "Snapshot.SnapshotName", SnapshotName="one")
    alarm = dict(AlarmName="cpu", MetricName="CPUUtilization", Namespace="AWS/ElastiCache", Period=300,
                 EvaluationPeriods=2, Threshold=80.0, ComparisonOperator="GreaterThanThreshold")
    call("cloudwatch", "put_metric_alarm", "", Statistic="Average", **alarm)
    call("cloudwatch", "put_metric_alarm", "", UNCHECKED, **alarm)
    call("cloudwatch", "describe_alarms", "MetricAlarms[].[AlarmName,StateValue]", AlarmNames=["cpu", "none"])
    call("cloudwatch", "delete_alarms", AlarmNames=["none"])
    cache("delete_replication_group", "ReplicationGroup.Status", STATES, ReplicationGroupId="witness")
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


def short(arguments):
    usual = ("witness", "cache.t3.micro", "redis", "7.1")
    words = ["%s=%s" % (key, value) for key, value in arguments.items() if value not in usual]
    text = ", ".join(words)
    return (text if len(text) < 80 else text[:77] + "...").replace("|", "\\|")


def main():
    for part in (network, subnet_groups, parameter_groups, replication_groups, the_rest):
        part()
    ours, theirs = Side(sys.argv[1]), Side(sys.argv[2])
    for side, path in ((ours, "/_cachestack/reset"), (theirs, "/_ministack/reset")):
        reset = urllib.request.Request(
            side.endpoint + path, data=b"{}", method="POST", headers={"X-Cachestack-Control": "1"})
        urllib.request.urlopen(reset).read()
    same, rows, unexplained = 0, [], 0
    for number, (service, operation, pick, why, arguments) in enumerate(CALLS, 1):
        one, other = (side.send(service, operation, pick, arguments) for side in (ours, theirs))
        if one == other:
            same += 1
            continue
        unexplained += not why
        refused = any(re.match(r"\d{3} ", answer) for answer in (one, other))
        what = (refused and short(arguments)) or pick.replace("|", "\\|") or short(arguments) or "-"
        rows.append("| %d | %s | `%s` | %s | %s | %s |" % (number, operation, what, one, other, why))
    print("Of %d calls, %d were answered alike by ministack and %d were not:\n" % (len(CALLS), same, len(rows)))
    print("| call | operation | of | the emulator | ministack | why |\n|---|---|---|---|---|---|")
    print("\n".join(rows))
    if "--markdown" not in sys.argv:
        print("\n%d differences without a reason" % unexplained)
    sys.exit(1 if unexplained else 0)


main()
