"""Subnet groups, parameter groups, replication groups."""
from suite import check, create_group, delete_group, ec, ec2, group_of, member_of, refused, rgt, same, subnets, wait_group


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
    pages = ec.get_paginator("describe_cache_subnet_groups").paginate(PaginationConfig={"PageSize": 20})
    names = [group["CacheSubnetGroupName"] for page in pages for group in page["CacheSubnetGroups"]]
    same(names, ["suite-subnets"])
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
            "Must have at least 1 replica for Multi-AZ enabled Replication Group.",
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
