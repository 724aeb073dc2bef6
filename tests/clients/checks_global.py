"""Global datastores: replication groups of several regions that are changed as one."""
from suite import FAST, check, client, create_group, delete_group, ec, group_of, refused, same, until

eu, us = client("elasticache", region="eu-west-1"), client("elasticache", region="us-west-2")
ID = "ldgnf-suite"
ARN = "arn:aws:elasticache::123456789012:globalreplicationgroup:" + ID


def store(where=ec):
    return where.describe_global_replication_groups(GlobalReplicationGroupId=ID, ShowMemberInfo=True)[
        "GlobalReplicationGroups"][0]


def wait_store(status="available"):
    until(lambda: store()["Status"] == status)


def member(where):
    return where.describe_replication_groups(ReplicationGroupId="member")["ReplicationGroups"][0]


def node(where):
    return where.describe_cache_clusters(CacheClusterId=member(where)["MemberClusters"][0])["CacheClusters"][0]


def join(where, **more):
    where.create_replication_group(ReplicationGroupId="member", ReplicationGroupDescription="d",
                                   GlobalReplicationGroupId=ID, **more)
    where.get_waiter("replication_group_available").wait(ReplicationGroupId="member", WaiterConfig=FAST)
    wait_store()


def roles():
    return {row["ReplicationGroupRegion"]: row["Role"] for row in store()["Members"]}


def take_apart(*others):
    for where, region in others:
        ec.disassociate_global_replication_group(GlobalReplicationGroupId=ID, ReplicationGroupId="member",
                                                 ReplicationGroupRegion=region)
        until(lambda: store()["Status"] != "modifying")
        where.delete_replication_group(ReplicationGroupId="member")
        where.get_waiter("replication_group_deleted").wait(ReplicationGroupId="member", WaiterConfig=FAST)
    same(store()["Status"], "primary-only")
    row = ec.delete_global_replication_group(GlobalReplicationGroupId=ID, RetainPrimaryReplicationGroup=True)
    same(row["GlobalReplicationGroup"]["Status"], "deleting")
    until(lambda: not ec.describe_global_replication_groups()["GlobalReplicationGroups"])
    refused("GlobalReplicationGroupNotFoundFault", 404, ec.describe_global_replication_groups,
            GlobalReplicationGroupId=ID)


@check
def global_datastore():
    ec.create_cache_parameter_group(CacheParameterGroupName="shared", CacheParameterGroupFamily="redis7", Description="d")
    create_group("first", NumCacheClusters=2, AutomaticFailoverEnabled=True, CacheNodeType="cache.r6g.large",
                 EngineVersion="7.0", CacheParameterGroupName="shared", TransitEncryptionEnabled=True)
    row = ec.create_global_replication_group(GlobalReplicationGroupIdSuffix="suite", PrimaryReplicationGroupId="first",
                                             GlobalReplicationGroupDescription="d")["GlobalReplicationGroup"]
    same([row["GlobalReplicationGroupId"], row["Status"], row["ARN"]], [ID, "creating", ARN])
    wait_store("primary-only")
    refused("InvalidParameterCombination", 400, eu.create_replication_group,
            "Cannot use the given parameters when creating new replication group in an existing global replication group.",
            ReplicationGroupId="member", ReplicationGroupDescription="d", GlobalReplicationGroupId=ID,
            CacheNodeType="cache.r6g.large")
    join(eu, NumCacheClusters=2)
    join(us, NumCacheClusters=3)
    same(roles(), {"us-east-1": "PRIMARY", "eu-west-1": "SECONDARY", "us-west-2": "SECONDARY"})
    same({row["Status"] for row in store(us)["Members"]}, {"associated"})
    row = member(eu)
    same([row["CacheNodeType"], row["TransitEncryptionEnabled"], row["AutomaticFailover"]],
         ["cache.r6g.large", True, "enabled"])
    same(row["GlobalReplicationGroupInfo"], {"GlobalReplicationGroupId": ID, "GlobalReplicationGroupMemberRole": "SECONDARY"})
    copied = node(eu)["CacheParameterGroup"]["CacheParameterGroupName"]
    assert copied.startswith("global-datastore-" + ID), copied
    same(eu.describe_cache_parameter_groups(CacheParameterGroupName=copied)["CacheParameterGroups"][0]["IsGlobal"], True)
    eu.add_tags_to_resource(ResourceName=ARN, Tags=[{"Key": "k", "Value": "v"}])
    same(ec.list_tags_for_resource(ResourceName=ARN)["TagList"], [{"Key": "k", "Value": "v"}])
    refused("InvalidParameterValue", 400, eu.modify_replication_group,
            "Cluster [member] is part of a global cluster [%s]. Request rejected." % ID,
            ReplicationGroupId="member", CacheNodeType="cache.r6g.xlarge")
    refused("InvalidParameterValue", 400, ec.delete_replication_group, "is part of a global cluster",
            ReplicationGroupId="first")
    row = ec.modify_global_replication_group(GlobalReplicationGroupId=ID, ApplyImmediately=True,
                                             CacheNodeType="cache.r6g.xlarge")["GlobalReplicationGroup"]
    same(row["Status"], "modifying")
    wait_store()
    same([member(where)["CacheNodeType"] for where in (eu, us)] + [store()["CacheNodeType"]], ["cache.r6g.xlarge"] * 3)
    ec.create_cache_parameter_group(CacheParameterGroupName="newer", CacheParameterGroupFamily="valkey8", Description="d")
    eu.modify_global_replication_group(GlobalReplicationGroupId=ID, ApplyImmediately=True, Engine="valkey",
                                       EngineVersion="8.0", CacheParameterGroupName="newer")
    wait_store()
    same([store()["Engine"], store()["EngineVersion"], node(us)["Engine"]], ["valkey", "8.0.1", "valkey"])
    assert node(us)["CacheParameterGroup"]["CacheParameterGroupName"].endswith("valkey8")
    eu.failover_global_replication_group(GlobalReplicationGroupId=ID, PrimaryRegion="eu-west-1",
                                         PrimaryReplicationGroupId="member")
    wait_store()
    same(roles(), {"us-east-1": "SECONDARY", "eu-west-1": "PRIMARY", "us-west-2": "SECONDARY"})
    refused("InvalidGlobalReplicationGroupState", 400, ec.delete_global_replication_group,
            "Cannot delete a global replication group in available state", GlobalReplicationGroupId=ID,
            RetainPrimaryReplicationGroup=True)
    ec.failover_global_replication_group(GlobalReplicationGroupId=ID, PrimaryRegion="us-east-1",
                                         PrimaryReplicationGroupId="first")
    wait_store()
    take_apart((eu, "eu-west-1"), (us, "us-west-2"))
    same(group_of("first")["GlobalReplicationGroupInfo"], {})
    delete_group("first")


@check
def shards_of_a_global_datastore():
    create_group("first", NumNodeGroups=2, ReplicasPerNodeGroup=1, CacheNodeType="cache.r6g.large")
    ec.create_global_replication_group(GlobalReplicationGroupIdSuffix="suite", PrimaryReplicationGroupId="first")
    wait_store("primary-only")
    join(eu, ReplicasPerNodeGroup=2)
    pages = ec.get_paginator("describe_global_replication_groups").paginate(PaginationConfig={"PageSize": 20})
    same([row["GlobalReplicationGroupId"] for page in pages for row in page["GlobalReplicationGroups"]], [ID])
    same(store()["GlobalNodeGroups"], [{"GlobalNodeGroupId": ID + "-0001", "Slots": "0-8191"},
                                       {"GlobalNodeGroupId": ID + "-0002", "Slots": "8192-16383"}])
    ec.increase_node_groups_in_global_replication_group(
        GlobalReplicationGroupId=ID, NodeGroupCount=3, ApplyImmediately=True, RegionalConfigurations=[{
            "ReplicationGroupId": "member", "ReplicationGroupRegion": "eu-west-1", "ReshardingConfiguration": [
                {"NodeGroupId": "0003", "PreferredAvailabilityZones": ["eu-west-1b", "eu-west-1a", "eu-west-1c"]}]}])
    wait_store()
    same([len(group_of("first")["NodeGroups"]), len(member(eu)["NodeGroups"])], [3, 3])
    same(member(eu)["NodeGroups"][2]["NodeGroupMembers"][0]["PreferredAvailabilityZone"], "eu-west-1b")
    ec.decrease_node_groups_in_global_replication_group(
        GlobalReplicationGroupId=ID, NodeGroupCount=2, ApplyImmediately=True, GlobalNodeGroupsToRetain=[
            ID + "-0001", ID + "-0003"])
    wait_store()
    same([[shard["NodeGroupId"] for shard in row["NodeGroups"]] for row in (group_of("first"), member(eu))],
         [["0001", "0003"], ["0001", "0003"]])
    ec.rebalance_slots_in_global_replication_group(GlobalReplicationGroupId=ID, ApplyImmediately=True)
    wait_store()
    same([shard["Slots"] for shard in member(eu)["NodeGroups"]], ["0-8191", "8192-16383"])
    take_apart((eu, "eu-west-1"))
    delete_group("first")
