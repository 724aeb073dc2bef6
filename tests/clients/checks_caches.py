"""Clusters of their own, snapshots, windows, events, alarms, pages, accounts."""
import time

from suite import check, client, control, create_group, cw, delete_group, ec, group_of, member_of, refused, same, wait_gone, wait_group, FAST


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
    # The answer itself: on a busy machine it is over before the next request.
    row = ec.reboot_cache_cluster(CacheClusterId="mem", CacheNodeIdsToReboot=["0001"])["CacheCluster"]
    same(row["CacheClusterStatus"], "rebooting cluster nodes")
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
    for switch, want in ((cw.disable_alarm_actions, False), (cw.enable_alarm_actions, True)):
        switch(AlarmNames=["cpu"])
        same(cw.describe_alarms()["MetricAlarms"][0]["ActionsEnabled"], want)
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
    # Names of no alarm are passed over, as the reference has it.
    cw.delete_alarms(AlarmNames=["cpu"])


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
