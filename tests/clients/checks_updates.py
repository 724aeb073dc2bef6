"""Service updates, reserved nodes, online migration, durability: what an older botocore does not know is left out."""
from suite import check, control, create_group, delete_group, ec, group_of, refused, same, until, wait_group

ARN = "arn:aws:elasticache:us-east-1:123456789012:"


def actions(**arguments):
    pages = ec.get_paginator("describe_update_actions").paginate(**arguments)
    return [row for page in pages for row in page["UpdateActions"]]


@check
def service_updates():
    create_group("patched", Engine="valkey", EngineVersion="8.0", NumCacheClusters=2)
    ec.create_cache_cluster(CacheClusterId="patched-too", Engine="memcached", CacheNodeType="cache.t3.micro",
                            NumCacheNodes=2)
    same(actions(ReplicationGroupIds=["patched"]), [])
    control("POST", "clock", {"advance_seconds": 31 * 86400})
    pages = ec.get_paginator("describe_service_updates").paginate(ServiceUpdateStatus=["available"],
                                                                  PaginationConfig={"PageSize": 20})
    updates = [row for page in pages for row in page["ServiceUpdates"]]
    assert {row["Engine"] for row in updates} == {"memcached", "redis", "valkey"}, updates
    mine, = actions(ReplicationGroupIds=["patched"], ShowNodeLevelUpdateStatus=True)
    same([mine["UpdateActionStatus"], mine["NodesUpdated"], mine["Engine"]], ["not-applied", "0/2", "valkey"])
    same([row["CacheClusterId"] for row in mine["NodeGroupUpdateStatus"][0]["NodeGroupMemberUpdateStatus"]],
         ["patched-001", "patched-002"])
    name = mine["ServiceUpdateName"]
    done = ec.batch_apply_update_action(ServiceUpdateName=name, ReplicationGroupIds=["patched", "none"])
    same([row["UpdateActionStatus"] for row in done["ProcessedUpdateActions"]], ["waiting-to-start"])
    same([row["ErrorType"] for row in done["UnprocessedUpdateActions"]], ["ReplicationGroupNotFoundFault"])
    until(lambda: actions(ServiceUpdateName=name)[0]["UpdateActionStatus"] == "in-progress")
    same(len(ec.batch_stop_update_action(ServiceUpdateName=name, ReplicationGroupIds=["patched"])[
        "UnprocessedUpdateActions"]), 1)
    until(lambda: actions(ServiceUpdateName=name)[0]["UpdateActionStatus"] == "complete")
    same(group_of("patched")["Status"], "available")
    mine, = actions(ServiceUpdateName=name)
    same([mine["UpdateActionStatus"], mine["NodesUpdated"], mine["SlaMet"]], ["complete", "2/2", "yes"])
    other, = actions(CacheClusterIds=["patched-too"], UpdateActionStatus=["not-applied"])
    done = ec.batch_apply_update_action(ServiceUpdateName=other["ServiceUpdateName"], CacheClusterIds=["patched-too"])
    same(len(done["ProcessedUpdateActions"]), 1)
    until(lambda: [row["UpdateActionStatus"] for row in actions(CacheClusterIds=["patched-too"])] == ["complete"])
    refused("ServiceUpdateNotFoundFault", 404, ec.batch_apply_update_action, ServiceUpdateName="none",
            ReplicationGroupIds=["patched"])
    delete_group("patched")
    ec.delete_cache_cluster(CacheClusterId="patched-too")
    ec.get_waiter("cache_cluster_deleted").wait(CacheClusterId="patched-too", WaiterConfig={"Delay": 1})


@check
def reserved_nodes():
    pages = ec.get_paginator("describe_reserved_cache_nodes_offerings").paginate(
        CacheNodeType="cache.r6g.large", Duration="1", ProductDescription="valkey")
    rows = [row for page in pages for row in page["ReservedCacheNodesOfferings"]]
    same(sorted(row["OfferingType"] for row in rows), ["All Upfront", "No Upfront", "Partial Upfront"])
    free, = [row for row in rows if row["OfferingType"] == "No Upfront"]
    same([free["FixedPrice"], free["Duration"], free["RecurringCharges"][0]["RecurringChargeFrequency"]],
         [0.0, 31536000, "Hourly"])
    row = ec.purchase_reserved_cache_nodes_offering(
        ReservedCacheNodesOfferingId=free["ReservedCacheNodesOfferingId"], ReservedCacheNodeId="Suite", CacheNodeCount=2,
        Tags=[{"Key": "k", "Value": "v"}])["ReservedCacheNode"]
    same([row["ReservedCacheNodeId"], row["State"], row["ReservationARN"]],
         ["suite", "payment-pending", ARN + "reserved-instance:suite"])
    until(lambda: ec.describe_reserved_cache_nodes(ReservedCacheNodeId="suite")["ReservedCacheNodes"][0]["State"] == "active")
    same(ec.list_tags_for_resource(ResourceName=row["ReservationARN"])["TagList"], [{"Key": "k", "Value": "v"}])
    refused("ReservedCacheNodeAlreadyExists", 404, ec.purchase_reserved_cache_nodes_offering,
            ReservedCacheNodesOfferingId=free["ReservedCacheNodesOfferingId"], ReservedCacheNodeId="suite")
    pages = ec.get_paginator("describe_reserved_cache_nodes").paginate(OfferingType="No Upfront")
    same([row["CacheNodeCount"] for page in pages for row in page["ReservedCacheNodes"]], [2])


@check
def online_migration():
    create_group("target", NumCacheClusters=2)
    source = {"ReplicationGroupId": "target", "CustomerNodeEndpointList": [{"Address": "10.0.0.1", "Port": 6379}]}
    ec.test_migration(**source)
    ec.start_migration(**source)
    wait_group("target")
    refused("ReplicationGroupAlreadyUnderMigrationFault", 400, ec.start_migration, **source)
    ec.complete_migration(ReplicationGroupId="target")
    wait_group("target")
    refused("ReplicationGroupNotUnderMigrationFault", 400, ec.complete_migration, ReplicationGroupId="target")
    delete_group("target")


def knows(operation, member=None):
    model = ec.meta.service_model
    return operation in model.operation_names and (
        member is None or member in model.operation_model(operation).input_shape.members)


@check
def online_migration_into_a_serverless_cache():
    if not knows("PrepareMigration"):
        return
    name = {"ServerlessCacheName": "filled"}
    source = {**name, "CustomerNodeEndpointList": [{"Address": "10.0.0.1", "Port": 6379}]}

    def there():
        row, = ec.describe_serverless_caches(**name)["ServerlessCaches"]
        return row if row["Status"] == "available" else None

    refused("ServerlessCacheNotFoundFault", 404, ec.prepare_migration, **source)
    ec.create_serverless_cache(ServerlessCacheName="filled", Engine="valkey")
    refused("InvalidServerlessCacheStateFault", 400, ec.prepare_migration, **source)
    until(there)
    refused("ServerlessCacheNotUnderMigrationFault", 400, ec.start_migration, **name)
    refused("InvalidParameterValue", 400, ec.prepare_migration, **{**source, "CustomerNodeEndpointList": []})
    row = ec.prepare_migration(**source)["ServerlessCache"]
    same([row["Status"], row["Migration"]["Status"], "CutoverMode" in row["Migration"]], ["modifying", "prepared", False])
    same(row["Migration"]["MigrationEndpoint"], row["Endpoint"])
    until(there)
    refused("ServerlessCacheAlreadyUnderMigrationFault", 400, ec.prepare_migration, **source)
    refused("InvalidServerlessCacheStateFault", 400, ec.stop_migration, **name)
    refused("InvalidServerlessCacheStateFault", 400, ec.complete_migration, **name)
    refused("InvalidParameterCombination", 400, ec.start_migration, ReplicationGroupId="x", **name)
    same(ec.start_migration(**name)["ServerlessCache"]["Migration"]["Status"], "syncing")
    until(there)
    refused("InvalidServerlessCacheStateFault", 400, ec.start_migration, **name)
    same(ec.stop_migration(**name)["ServerlessCache"]["Migration"]["Status"], "stopped")
    until(there)
    refused("InvalidParameterCombination", 400, ec.start_migration, "ClearTargetCacheData", **name)
    ec.start_migration(ClearTargetCacheData=True, **name)
    until(there)
    assert "Migration" not in ec.complete_migration(**name)["ServerlessCache"]
    until(there)
    ec.prepare_migration(**source)
    until(there)
    ec.complete_migration(Force=True, **name)
    until(there)
    ec.prepare_migration(**source)
    until(there)
    assert "Migration" not in ec.start_migration(AutoCutover=True, **name)["ServerlessCache"], "it is in step at once"
    until(there)
    ec.delete_serverless_cache(**name)


@check
def durable_groups():
    if not knows("CreateReplicationGroup", "Durability"):
        return
    durable = dict(Engine="valkey", EngineVersion="9.0", CacheNodeType="cache.r7g.large", NumNodeGroups=2,
                   ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, MultiAZEnabled=True,
                   TransitEncryptionEnabled=True, Durability="sync",
                   CacheParameterGroupName="default.valkey9.cluster.on")
    wrong = dict(EngineVersion="8.0", CacheNodeType="cache.t4g.small", MultiAZEnabled=False, TransitEncryptionEnabled=False,
                 AtRestEncryptionEnabled=False)
    for name, value in wrong.items():
        other = {"CacheParameterGroupName": "default.valkey8.cluster.on"} if name == "EngineVersion" else {}
        refused("InvalidParameterCombination", 400, create_group, "Durability requires", name="durable",
                **{**durable, name: value, **other})
    refused("InvalidParameterValue", 400, create_group, name="durable", **{**durable, "Durability": "always"})
    create_group("durable", **durable)
    row = group_of("durable")
    same([row["Durability"], row["EffectiveDurability"], row["StorageEncryptionType"], row["AtRestEncryptionEnabled"]],
         ["sync", "sync", "sse-elasticache", True])
    refused("InvalidParameterCombination", 400, ec.modify_replication_group, "additional properties",
            ReplicationGroupId="durable", Durability="async", CacheNodeType="cache.r7g.xlarge", ApplyImmediately=True)
    for word, means in (("async", "async"), ("disabled", "disabled"), ("default", "disabled"), ("sync", "sync")):
        ec.modify_replication_group(ReplicationGroupId="durable", Durability=word, ApplyImmediately=True)
        wait_group("durable")
        row = group_of("durable")
        same([row["Durability"], row["EffectiveDurability"]], [word, means])
    ec.create_snapshot(ReplicationGroupId="durable", SnapshotName="durable")
    same(ec.describe_snapshots(SnapshotName="durable")["Snapshots"][0]["Durability"], "sync")
    until(lambda: group_of("durable")["Status"] == "available")
    refused("InvalidParameterValue", 400, ec.create_global_replication_group, "durability",
            GlobalReplicationGroupIdSuffix="durable", PrimaryReplicationGroupId="durable")
    ec.delete_snapshot(SnapshotName="durable")
    delete_group("durable")
    create_group("plain", NumCacheClusters=2)
    row = group_of("plain")
    same([row["StorageEncryptionType"], "Durability" in row, "EffectiveDurability" in row], ["none", False, False])
    delete_group("plain")
