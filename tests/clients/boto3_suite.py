#!/usr/bin/env python3
"""Drives the emulator as boto3 does, waiters and paginators included.

Usage: boto3_suite.py http://127.0.0.1:4600    (exits non-zero on the first wrong answer of any check)
"""
import json
import sys
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
FAST = {"Delay": 1, "MaxAttempts": 30}
CHECKS = []


def client(name, region="us-east-1", account="123456789012"):
    return boto3.client(
        name, endpoint_url=ENDPOINT, region_name=region, aws_access_key_id=account, aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 1, "mode": "standard"}))


def control(method, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(ENDPOINT + "/_cachestack/" + path, data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def check(function):
    CHECKS.append(function)
    return function


def refused(code, status, function, text=None, **arguments):
    try:
        function(**arguments)
    except ClientError as error:
        got = error.response["Error"]
        assert got["Code"] == code, (code, got)
        http = error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert http == status, (status, http, got)
        assert text is None or text in got["Message"], (text, got["Message"])
        return
    raise AssertionError("%s was not refused with %s" % (function.__name__, code))


def same(got, want):
    assert got == want, "got %r, wanted %r" % (got, want)


ec = client("elasticache")
ec2 = client("ec2")
cw = client("cloudwatch")
rgt = client("resourcegroupstaggingapi")


def subnets():
    return [row["SubnetId"] for row in ec2.describe_subnets()["Subnets"]]


def wait_group(group):
    ec.get_waiter("replication_group_available").wait(ReplicationGroupId=group, WaiterConfig=FAST)


def wait_gone(group):
    ec.get_waiter("replication_group_deleted").wait(ReplicationGroupId=group, WaiterConfig=FAST)


def group_of(group):
    return ec.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]


def member_of(member):
    return ec.describe_cache_clusters(CacheClusterId=member, ShowCacheNodeInfo=True)["CacheClusters"][0]


def create_group(name, wait=True, **more):
    arguments = dict(ReplicationGroupId=name, ReplicationGroupDescription="suite", CacheNodeType="cache.t3.micro",
                     Engine="redis", EngineVersion="7.1")
    arguments.update(more)
    row = ec.create_replication_group(**{key: value for key, value in arguments.items() if value is not None})
    if wait:
        wait_group(name)
    return row["ReplicationGroup"]


def delete_group(name, **more):
    ec.delete_replication_group(ReplicationGroupId=name, **more)
    wait_gone(name)


@check
def identity():
    same(client("sts").get_caller_identity()["Account"], "123456789012")
    same(client("sts", account="not-a-number").get_caller_identity()["Account"], "000000000000")


@check
def default_network():
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    same([vpc["CidrBlock"] for vpc in vpcs], ["172.31.0.0/16"])
    same(len(subnets()), 6)
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    same([zone["ZoneName"][-1] for zone in zones], list("abcdef"))
    vpc = vpcs[0]["VpcId"]
    same(ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")["EnableDnsSupport"], {"Value": True})
    refused("InvalidVpcID.NotFound", 400, ec2.describe_vpcs, VpcIds=["vpc-00000000000000000"])
    other = client("ec2", region="eu-west-1")
    assert other.describe_vpcs()["Vpcs"][0]["VpcId"] != vpc


@check
def security_groups():
    made = ec2.create_security_group(
        GroupName="suite", Description="a group",
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": "a", "Value": "1"}]}])
    group = made["GroupId"]
    row = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    same(row["IpPermissions"], [])
    same(row["IpPermissionsEgress"][0]["IpProtocol"], "-1")
    same(row["Tags"], [{"Key": "a", "Value": "1"}])
    refused("InvalidGroup.Duplicate", 400, ec2.create_security_group, GroupName="SUITE", Description="x")
    refused("InvalidGroup.NotFound", 400, ec2.describe_security_groups, GroupIds=["sg-00000000000000000"])
    permission = {"IpProtocol": "6", "FromPort": 6379, "ToPort": 6379,
                  "IpRanges": [{"CidrIp": "100.68.0.18/18", "Description": "apps"}],
                  "UserIdGroupPairs": [{"GroupId": group}]}
    rules = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"]
    same(len(rules), 2)
    same(sorted(rule.get("CidrIpv4", "") for rule in rules), ["", "100.68.0.0/18"])
    refused("InvalidPermission.Duplicate", 400, ec2.authorize_security_group_ingress, GroupId=group,
            IpPermissions=[permission])
    rows = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    same(len(rows), 3)
    cidr = [rule for rule in rules if "CidrIpv4" in rule][0]["SecurityGroupRuleId"]
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{
        "SecurityGroupRuleId": cidr,
        "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 6380, "ToPort": 6380, "CidrIpv4": "10.0.0.0/8"}}])
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": cidr, "Description": "new"}])
    row = ec2.describe_security_group_rules(SecurityGroupRuleIds=[cidr])["SecurityGroupRules"][0]
    same((row["FromPort"], row["CidrIpv4"], row["Description"]), (6380, "10.0.0.0/8", "new"))
    other = ec2.create_security_group(GroupName="other", Description="refers")["GroupId"]
    pair = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[pair])
    refused("DependencyViolation", 400, ec2.delete_security_group, GroupId=group)
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[pair])
    refused("InvalidPermission.NotFound", 400, ec2.revoke_security_group_ingress, GroupId=other, IpPermissions=[pair])
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[cidr])
    ec2.create_tags(Resources=[other], Tags=[{"Key": "k", "Value": "v"}])
    same(len(ec2.describe_security_groups(Filters=[{"Name": "tag:k", "Values": ["v"]}])["SecurityGroups"]), 1)
    same(len(ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [other]}])["Tags"]), 1)
    ec2.delete_tags(Resources=[other], Tags=[{"Key": "k"}])
    refused("MissingParameter", 400, ec2.authorize_security_group_ingress, GroupId=group)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_security_group(GroupId=other)
    pages = ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5})
    same(sum(len(page["Subnets"]) for page in pages), 6)


@check
def subnet_groups():
    ids = subnets()
    row = ec.create_cache_subnet_group(
        CacheSubnetGroupName="Suite-Subnets", CacheSubnetGroupDescription="d", SubnetIds=ids[:2],
        Tags=[{"Key": "k", "Value": "v"}])["CacheSubnetGroup"]
    same(row["CacheSubnetGroupName"], "suite-subnets")
    same(row["ARN"], "arn:aws:elasticache:us-east-1:123456789012:subnetgroup:suite-subnets")
    same(ec.list_tags_for_resource(ResourceName=row["ARN"])["TagList"], [{"Key": "k", "Value": "v"}])
    refused("CacheSubnetGroupAlreadyExists", 400, ec.create_cache_subnet_group, CacheSubnetGroupName="suite-subnets",
            CacheSubnetGroupDescription="d", SubnetIds=ids[:2])
    refused("InvalidParameterValue", 400, ec.create_cache_subnet_group, "Some input subnets in :[subnet-1] are invalid.",
            CacheSubnetGroupName="x", CacheSubnetGroupDescription="d", SubnetIds=["subnet-1"])
    refused("CacheSubnetGroupNotFoundFault", 400, ec.describe_cache_subnet_groups, CacheSubnetGroupName="none")
    row = ec.modify_cache_subnet_group(CacheSubnetGroupName="suite-subnets", SubnetIds=ids[2:4],
                                       CacheSubnetGroupDescription="new")["CacheSubnetGroup"]
    same([row["CacheSubnetGroupDescription"], len(row["Subnets"])], ["new", 2])
    ec.delete_cache_subnet_group(CacheSubnetGroupName="suite-subnets")
    refused("CacheSubnetGroupNotFoundFault", 400, ec.delete_cache_subnet_group, CacheSubnetGroupName="suite-subnets")


@check
def parameter_groups():
    row = ec.create_cache_parameter_group(CacheParameterGroupName="Suite", CacheParameterGroupFamily="redis7",
                                          Description="d")["CacheParameterGroup"]
    same([row["CacheParameterGroupName"], row["IsGlobal"]], ["suite", False])

    def modify(**values):
        return ec.modify_cache_parameter_group(
            CacheParameterGroupName="suite",
            ParameterNameValues=[{"ParameterName": key.replace("_", "-"), "ParameterValue": value}
                                 for key, value in values.items()])

    def own():
        rows = ec.describe_cache_parameters(CacheParameterGroupName="suite", Source="user")["Parameters"]
        return {row["ParameterName"]: row["ParameterValue"] for row in rows}

    same(own(), {})
    modify(maxmemory_policy="allkeys-lru", timeout="20")
    same(own(), {"maxmemory-policy": "allkeys-lru", "timeout": "20"})
    for bad in ({"timeout": "5"}, {"maxmemory_policy": "nope"}, {"nope": "1"}, {"maxclients": "10"},
                {"activedefrag": "1"}, {"timeout": "x"}):
        refused("InvalidParameterValue", 400, modify, **bad)
    ec.reset_cache_parameter_group(CacheParameterGroupName="suite", ParameterNameValues=[{"ParameterName": "timeout"}])
    same(own(), {"maxmemory-policy": "allkeys-lru"})
    ec.reset_cache_parameter_group(CacheParameterGroupName="suite", ResetAllParameters=True)
    same(own(), {})
    refused("InvalidCacheParameterGroupState", 400, ec.delete_cache_parameter_group,
            CacheParameterGroupName="default.redis7")
    refused("CacheParameterGroupNotFound", 404, ec.describe_cache_parameter_groups, CacheParameterGroupName="none")
    refused("InvalidParameterValue", 400, ec.create_cache_parameter_group, CacheParameterGroupName="x",
            CacheParameterGroupFamily="redis7.x", Description="d")
    names = [row["CacheParameterGroupName"] for page in ec.get_paginator("describe_cache_parameter_groups").paginate(
        PaginationConfig={"PageSize": 20}) for row in page["CacheParameterGroups"]]
    assert "default.redis7.cluster.on" in names and "suite" in names and len(names) == len(set(names)), names
    pages = list(ec.get_paginator("describe_engine_default_parameters").paginate(
        CacheParameterGroupFamily="redis7", PaginationConfig={"PageSize": 20}))
    same(sum(len(page["EngineDefaults"]["Parameters"]) for page in pages), 63)
    refused("InvalidParameterValue", 400, ec.describe_cache_parameter_groups, MaxRecords=10)
    ec.delete_cache_parameter_group(CacheParameterGroupName="suite")


@check
def group_without_cluster_mode():
    made = ec2.create_security_group(GroupName="cmd", Description="d")["GroupId"]
    ec.create_cache_subnet_group(CacheSubnetGroupName="cmd", CacheSubnetGroupDescription="d", SubnetIds=subnets()[:3])
    ec.create_cache_parameter_group(CacheParameterGroupName="cmd", CacheParameterGroupFamily="redis7", Description="d")
    row = create_group("CMD-Group", wait=False, NumCacheClusters=3, AutomaticFailoverEnabled=True, MultiAZEnabled=True,
                       CacheSubnetGroupName="cmd", CacheParameterGroupName="cmd", SecurityGroupIds=[made],
                       Tags=[{"Key": "k", "Value": "v"}], SnapshotRetentionLimit=3, SnapshotWindow="03:00-05:00",
                       PreferredMaintenanceWindow="Sun:05:00-Sun:07:00")
    same([row["ReplicationGroupId"], row["Status"]], ["cmd-group", "creating"])
    refused("InvalidReplicationGroupState", 400, ec.list_tags_for_resource,
            "Cluster not in available state to perform tagging operations", ResourceName=row["ARN"])
    refused("InvalidReplicationGroupState", 400, ec.modify_replication_group, "must be in available state to modify",
            ReplicationGroupId="cmd-group", ReplicationGroupDescription="x")
    wait_group("cmd-group")
    row = group_of("cmd-group")
    same(row["MemberClusters"], ["cmd-group-001", "cmd-group-002", "cmd-group-003"])
    same([row["AutomaticFailover"], row["MultiAZ"], row["ClusterEnabled"]], ["enabled", "enabled", False])
    assert "ConfigurationEndpoint" not in row
    shard = row["NodeGroups"][0]
    assert shard["PrimaryEndpoint"]["Address"].startswith("cmd-group.") and ".ng.0001.use1.cache" in shard["PrimaryEndpoint"]["Address"]
    same([node["CurrentRole"] for node in shard["NodeGroupMembers"]], ["primary", "replica", "replica"])
    same(len({node["PreferredAvailabilityZone"] for node in shard["NodeGroupMembers"]}), 3)
    member = member_of("cmd-group-001")
    same(member["SecurityGroups"], [{"SecurityGroupId": made, "Status": "active"}])
    same([member["CacheParameterGroup"]["CacheParameterGroupName"], member["CacheSubnetGroupName"]], ["cmd", "cmd"])
    same([member["EngineVersion"], member["PreferredMaintenanceWindow"]], ["7.1.0", "sun:05:00-sun:07:00"])
    for call, code, arguments in (
            (ec.delete_cache_subnet_group, "CacheSubnetGroupInUse", {"CacheSubnetGroupName": "cmd"}),
            (ec.delete_cache_parameter_group, "InvalidCacheParameterGroupState", {"CacheParameterGroupName": "cmd"}),
            (ec2.delete_security_group, "DependencyViolation", {"GroupId": made})):
        refused(code, 400, call, **arguments)
    refused("InvalidParameterCombination", 400, ec.modify_replication_group, "No modifications were requested",
            ReplicationGroupId="cmd-group")
    ec.modify_replication_group(ReplicationGroupId="cmd-group", EngineVersion="7.1", CacheNodeType="cache.t3.small")
    same(member_of("cmd-group-001")["PendingModifiedValues"], {"CacheNodeType": "cache.t3.small"})
    same(group_of("cmd-group")["CacheNodeType"], "cache.t3.micro")
    ec.increase_replica_count(ReplicationGroupId="cmd-group", NewReplicaCount=3, ApplyImmediately=True)
    wait_group("cmd-group")
    row = group_of("cmd-group")
    same([len(row["MemberClusters"]), row["CacheNodeType"]], [4, "cache.t3.small"])
    refused("InvalidParameterValue", 400, ec.decrease_replica_count,
            "Must have at least 1 replica when cluster mode is disabled with auto failover enabled",
            ReplicationGroupId="cmd-group", NewReplicaCount=0, ApplyImmediately=True)
    ec.decrease_replica_count(ReplicationGroupId="cmd-group", NewReplicaCount=1, ApplyImmediately=True)
    wait_group("cmd-group")
    same(group_of("cmd-group")["MemberClusters"], ["cmd-group-001", "cmd-group-002"])
    ec.test_failover(ReplicationGroupId="cmd-group", NodeGroupId="0001")
    wait_group("cmd-group")
    roles = [node["CurrentRole"] for node in group_of("cmd-group")["NodeGroups"][0]["NodeGroupMembers"]]
    same(roles, ["replica", "primary"])
    arn = group_of("cmd-group")["ARN"]
    ec.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "x", "Value": "y"}])
    same(len(ec.list_tags_for_resource(ResourceName=arn)["TagList"]), 2)
    ec.remove_tags_from_resource(ResourceName=arn, TagKeys=["x"])
    refused("TagNotFound", 404, ec.remove_tags_from_resource, ResourceName=arn, TagKeys=["x"])
    found = rgt.get_resources(ResourceTypeFilters=["elasticache:replicationgroup"],
                              TagFilters=[{"Key": "k", "Values": ["v"]}])["ResourceTagMappingList"]
    same([row["ResourceARN"] for row in found], [arn])
    delete_group("cmd-group", FinalSnapshotIdentifier="cmd-final")
    refused("CacheClusterNotFound", 404, ec.describe_cache_clusters, CacheClusterId="cmd-group-001")
    same(ec.describe_snapshots(SnapshotName="cmd-final")["Snapshots"][0]["SnapshotStatus"], "available")
    ec.delete_snapshot(SnapshotName="cmd-final")
    ec.delete_cache_subnet_group(CacheSubnetGroupName="cmd")
    ec.delete_cache_parameter_group(CacheParameterGroupName="cmd")
    ec2.delete_security_group(GroupId=made)
    same(rgt.get_resources(TagFilters=[{"Key": "k", "Values": ["v"]}])["ResourceTagMappingList"], [])


@check
def group_with_cluster_mode():
    row = create_group("cme", NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, Engine="valkey",
                       EngineVersion="8.0", CacheNodeType="cache.r7g.large", TransitEncryptionEnabled=True)
    row = group_of("cme")
    same(row["MemberClusters"], ["cme-0001-001", "cme-0001-002", "cme-0002-001", "cme-0002-002"])
    same([shard["Slots"] for shard in row["NodeGroups"]], ["0-8191", "8192-16383"])
    assert row["ConfigurationEndpoint"]["Address"].startswith("clustercfg.cme."), row["ConfigurationEndpoint"]
    same([row["ClusterEnabled"], row["ClusterMode"], row["AtRestEncryptionEnabled"]], [True, "enabled", True])
    same(member_of("cme-0001-001")["CacheParameterGroup"]["CacheParameterGroupName"], "default.valkey8.cluster.on")
    ec.modify_replication_group_shard_configuration(ReplicationGroupId="cme", NodeGroupCount=3, ApplyImmediately=True)
    pending = group_of("cme")["PendingModifiedValues"]
    assert "Resharding" in pending, pending
    wait_group("cme")
    same(len(group_of("cme")["MemberClusters"]), 6)
    refused("InvalidParameterCombination", 400, ec.modify_replication_group_shard_configuration,
            ReplicationGroupId="cme", NodeGroupCount=1, ApplyImmediately=True)
    ec.modify_replication_group_shard_configuration(ReplicationGroupId="cme", NodeGroupCount=1, ApplyImmediately=True,
                                                    NodeGroupsToRetain=["0002"])
    wait_group("cme")
    same([shard["NodeGroupId"] for shard in group_of("cme")["NodeGroups"]], ["0002"])
    refused("InvalidParameterCombination", 400, ec.modify_replication_group,
            "Turning off automatic failover for replication group with cluster mode enabled is not supported",
            ReplicationGroupId="cme", AutomaticFailoverEnabled=False, ApplyImmediately=True)
    delete_group("cme")


@check
def refused_groups():
    def create(**more):
        return create_group("bad", wait=False, **more)

    combination, value = "InvalidParameterCombination", "InvalidParameterValue"
    for code, status, arguments in (
            (value, 400, {"ReplicationGroupId": "1bad"}),
            (value, 400, {"ReplicationGroupId": "a--b"}),
            (value, 400, {"CacheNodeType": "cache.none"}),
            (combination, 400, {"EngineVersion": "9.9"}),
            (combination, 400, {"EngineVersion": "6.2.6"}),
            (combination, 400, {"AutomaticFailoverEnabled": True, "NumCacheClusters": 1}),
            (combination, 400, {"MultiAZEnabled": True, "NumCacheClusters": 2}),
            (combination, 400, {"CacheParameterGroupName": "default.redis6.x"}),
            ("CacheParameterGroupNotFound", 404, {"CacheParameterGroupName": "none"}),
            ("CacheSubnetGroupNotFoundFault", 400, {"CacheSubnetGroupName": "none"}),
            (value, 400, {"SecurityGroupIds": ["sg-1"]}),
            (value, 400, {"NumCacheClusters": 7}),
            (combination, 400, {"NumCacheClusters": 2, "ReplicasPerNodeGroup": 1}),
            (value, 400, {"AuthToken": "0123456789abcdef"}),
            (value, 400, {"AuthToken": "short", "TransitEncryptionEnabled": True}),
            (combination, 400, {"AuthToken": "0123456789abcdef", "TransitEncryptionEnabled": True,
                                "TransitEncryptionMode": "preferred"}),
            (value, 400, {"SnapshotRetentionLimit": 36}),
            (value, 400, {"SnapshotWindow": "03:00-03:30"}),
            (combination, 400, {"SnapshotWindow": "03:00-05:00", "PreferredMaintenanceWindow": "sun:04:00-sun:06:00"}),
            ("GlobalReplicationGroupNotFoundFault", 404, {"GlobalReplicationGroupId": "none"}),
            ("UserGroupNotFound", 404, {"UserGroupIds": ["none"]})):
        refused(code, status, create, **arguments)
    refused("ReplicationGroupNotFoundFault", 404, ec.describe_replication_groups, ReplicationGroupId="bad")


@check
def encryption_and_tokens():
    create_group("tls", NumCacheClusters=1)
    modify = ec.modify_replication_group
    refused("InvalidParameterCombination", 400, modify, ReplicationGroupId="tls", TransitEncryptionEnabled=True,
            TransitEncryptionMode="required", ApplyImmediately=True)
    for mode in ("preferred", "required"):
        modify(ReplicationGroupId="tls", TransitEncryptionEnabled=True, TransitEncryptionMode=mode, ApplyImmediately=True)
        wait_group("tls")
    row = group_of("tls")
    same([row["TransitEncryptionEnabled"], row["TransitEncryptionMode"]], [True, "required"])
    assert row["NodeGroups"][0]["PrimaryEndpoint"]["Address"].startswith("master.tls.")
    for strategy in ("ROTATE", "SET"):
        modify(ReplicationGroupId="tls", AuthToken="0123456789abcdef", AuthTokenUpdateStrategy=strategy, ApplyImmediately=True)
        wait_group("tls")
    same(group_of("tls")["AuthTokenEnabled"], True)
    refused("InvalidParameterCombination", 400, modify, ReplicationGroupId="tls", AuthToken="fedcba9876543210",
            AuthTokenUpdateStrategy="SET", ApplyImmediately=True)
    delete_group("tls")


@check
def maintenance_window_and_daily_snapshots():
    create_group("window", NumCacheClusters=1, SnapshotRetentionLimit=2, EngineVersion="6.2")
    ec.modify_replication_group(ReplicationGroupId="window", EngineVersion="7.0")
    same(member_of("window-001")["PendingModifiedValues"], {"EngineVersion": "7.0.7"})
    before = control("GET", "clock")["offset_seconds"]
    for _ in range(8):
        control("POST", "clock", {"advance_seconds": 86400})
        ec.describe_replication_groups()
    time.sleep(0.1)
    control("POST", "clock", {"advance_seconds": 3600})
    member = member_of("window-001")
    same([member["EngineVersion"], member["CacheParameterGroup"]["CacheParameterGroupName"]], ["7.0.7", "default.redis7"])
    rows = ec.describe_snapshots(ReplicationGroupId="window", SnapshotSource="system")["Snapshots"]
    same([len(rows), rows[0]["SnapshotSource"]], [2, "automated"])
    wait_group("window")
    delete_group("window")
    control("POST", "clock", {"offset_seconds": before})


@check
def memcached():
    ec.create_cache_cluster(CacheClusterId="mem", Engine="memcached", CacheNodeType="cache.t3.micro", NumCacheNodes=3,
                            AZMode="cross-az")
    ec.get_waiter("cache_cluster_available").wait(CacheClusterId="mem", WaiterConfig=FAST)
    row = member_of("mem")
    same([node["CacheNodeId"] for node in row["CacheNodes"]], ["0001", "0002", "0003"])
    assert ".cfg.use1.cache." in row["ConfigurationEndpoint"]["Address"]
    same([row["ConfigurationEndpoint"]["Port"], row["EngineVersion"]], [11211, "1.6.22"])
    refused("InvalidParameterCombination", 400, ec.modify_cache_cluster, CacheClusterId="mem", NumCacheNodes=2,
            ApplyImmediately=True)
    ec.modify_cache_cluster(CacheClusterId="mem", NumCacheNodes=2, CacheNodeIdsToRemove=["0003"], ApplyImmediately=True)
    ec.get_waiter("cache_cluster_available").wait(CacheClusterId="mem", WaiterConfig=FAST)
    same(member_of("mem")["NumCacheNodes"], 2)
    ec.reboot_cache_cluster(CacheClusterId="mem", CacheNodeIdsToReboot=["0001"])
    same(member_of("mem")["CacheClusterStatus"], "rebooting cluster nodes")
    ec.get_waiter("cache_cluster_available").wait(CacheClusterId="mem", WaiterConfig=FAST)
    refused("SnapshotFeatureNotSupportedFault", 400, ec.create_snapshot, SnapshotName="x", CacheClusterId="mem")
    refused("NodeQuotaForClusterExceeded", 400, ec.create_cache_cluster, CacheClusterId="many", Engine="memcached",
            CacheNodeType="cache.t3.micro", NumCacheNodes=41)
    ec.delete_cache_cluster(CacheClusterId="mem")
    ec.get_waiter("cache_cluster_deleted").wait(CacheClusterId="mem", WaiterConfig=FAST)


@check
def snapshots():
    create_group("snap", NumCacheClusters=1)
    ec.create_snapshot(SnapshotName="one", ReplicationGroupId="snap")
    same(group_of("snap")["Status"], "snapshotting")
    wait_group("snap")
    refused("SnapshotAlreadyExistsFault", 400, ec.create_snapshot, SnapshotName="one", ReplicationGroupId="snap")
    ec.copy_snapshot(SourceSnapshotName="one", TargetSnapshotName="two")
    time.sleep(1)
    same([row["SnapshotName"] for row in ec.describe_snapshots(SnapshotSource="user")["Snapshots"]], ["one", "two"])
    create_group("restored", NumCacheClusters=1, SnapshotName="one")
    for name in ("one", "two"):
        ec.delete_snapshot(SnapshotName=name)
    delete_group("snap")
    delete_group("restored")
    time.sleep(0.5)
    same(ec.describe_snapshots()["Snapshots"], [])
    refused("SnapshotNotFoundFault", 404, ec.describe_snapshots, SnapshotName="one")


@check
def versions_and_events():
    rows = ec.describe_cache_engine_versions(Engine="redis", CacheParameterGroupFamily="redis7")["CacheEngineVersions"]
    same([row["EngineVersion"] for row in rows], ["7.0", "7.1"])
    rows = ec.describe_events(SourceType="replication-group", SourceIdentifier="snap", Duration=60)["Events"]
    assert any("created" in row["Message"] for row in rows), rows
    create_group("types", NumCacheClusters=1)
    allowed = ec.list_allowed_node_type_modifications(ReplicationGroupId="types")
    assert "cache.r7g.large" in allowed["ScaleUpModifications"]
    delete_group("types")


@check
def alarms():
    arguments = dict(AlarmName="cpu", MetricName="CPUUtilization", Namespace="AWS/ElastiCache", Statistic="Average",
                     Period=300, EvaluationPeriods=2, Threshold=80.5, ComparisonOperator="GreaterThanThreshold",
                     Dimensions=[{"Name": "CacheClusterId", "Value": "x-001"}], AlarmDescription="hot")
    cw.put_metric_alarm(Tags=[{"Key": "k", "Value": "v"}], **arguments)
    row = cw.describe_alarms(AlarmNames=["cpu", "none"])["MetricAlarms"][0]
    same([row["StateValue"], row["Threshold"], row["Period"]], ["INSUFFICIENT_DATA", 80.5, 300])
    cw.get_waiter("alarm_exists").wait(AlarmNames=["cpu"])
    cw.put_metric_alarm(Tags=[{"Key": "other", "Value": "ignored"}], **{**arguments, "Threshold": 90})
    same(cw.list_tags_for_resource(ResourceARN=row["AlarmArn"])["Tags"], [{"Key": "k", "Value": "v"}])
    cw.set_alarm_state(AlarmName="cpu", StateValue="ALARM", StateReason="test")
    same(cw.describe_alarms(StateValue="ALARM")["MetricAlarms"][0]["AlarmName"], "cpu")
    cw.disable_alarm_actions(AlarmNames=["cpu"])
    same(cw.describe_alarms()["MetricAlarms"][0]["ActionsEnabled"], False)
    same(len(cw.describe_alarms_for_metric(MetricName="CPUUtilization", Namespace="AWS/ElastiCache",
                                           Dimensions=arguments["Dimensions"])["MetricAlarms"]), 1)
    cw.tag_resource(ResourceARN=row["AlarmArn"], Tags=[{"Key": "n", "Value": "m"}])
    cw.untag_resource(ResourceARN=row["AlarmArn"], TagKeys=["k"])
    refused("ValidationError", 400, cw.put_metric_alarm, **{**arguments, "Period": 7})
    refused("ValidationError", 400, cw.put_metric_alarm, **{**arguments, "ComparisonOperator": "Bogus"})
    for number in range(7):
        cw.put_metric_alarm(**{**arguments, "AlarmName": "many-%d" % number})
    pages = cw.get_paginator("describe_alarms").paginate(AlarmNamePrefix="many-", PaginationConfig={"PageSize": 3})
    same([len(page["MetricAlarms"]) for page in pages], [3, 3, 1])
    cw.delete_alarms(AlarmNames=["cpu"] + ["many-%d" % number for number in range(7)])
    refused("ResourceNotFound", 404, cw.delete_alarms, AlarmNames=["cpu"])


@check
def regions_and_accounts_are_apart():
    create_group("apart", NumCacheClusters=1)
    for other in (client("elasticache", region="eu-west-1"), client("elasticache", account="210987654321")):
        same(other.describe_replication_groups()["ReplicationGroups"], [])
    delete_group("apart")


@check
def pages_of_groups():
    for number in range(45):
        create_group("page-%02d" % number, wait=False, NumCacheClusters=1)
    pages = [[row["ReplicationGroupId"] for row in page["ReplicationGroups"]]
             for page in ec.get_paginator("describe_replication_groups").paginate(PaginationConfig={"PageSize": 20})]
    same([len(page) for page in pages], [20, 20, 5])
    same(sum(pages, []), ["page-%02d" % number for number in range(45)])
    for number in range(45):
        wait_group("page-%02d" % number)
        ec.delete_replication_group(ReplicationGroupId="page-%02d" % number)
    for number in range(45):
        wait_gone("page-%02d" % number)


@check
def calls_are_counted():
    control("DELETE", "calls")
    ec.describe_replication_groups()
    same(control("GET", "calls"), {"elasticache:DescribeReplicationGroups": 1})


def main():
    control("POST", "reset", {})
    failed = 0
    for function in CHECKS:
        started = time.time()
        try:
            function()
            print("ok    %-45s %6.2f s" % (function.__name__, time.time() - started))
        except Exception as error:  # every check is run, whatever another found
            failed += 1
            print("WRONG %-45s %s: %s" % (function.__name__, type(error).__name__, error))
            if "-v" in sys.argv:
                import traceback
                traceback.print_exc()
    print("%d checks, %d wrong" % (len(CHECKS), failed))
    sys.exit(1 if failed else 0)


main()
