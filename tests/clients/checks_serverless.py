"""Serverless caches and their snapshots."""
from suite import check, control, create_group, delete_group, ec, ec2, refused, same, subnets, until

ARN = "arn:aws:elasticache:us-east-1:123456789012:"


def cache_of(name):
    return ec.describe_serverless_caches(ServerlessCacheName=name)["ServerlessCaches"][0]


def wait_cache(name):
    until(lambda: cache_of(name)["Status"] == "available")


def snapshots(**arguments):
    pages = ec.get_paginator("describe_serverless_cache_snapshots").paginate(**arguments)
    return [row for page in pages for row in page["ServerlessCacheSnapshots"]]


def wait_snapshots():
    until(lambda: all(row["Status"] == "available" for row in snapshots()))


def modify(name, **arguments):
    same(ec.modify_serverless_cache(ServerlessCacheName=name, **arguments)["ServerlessCache"]["Status"], "modifying")
    wait_cache(name)
    return cache_of(name)


@check
def serverless_caches():
    group = ec2.create_security_group(GroupName="serverless", Description="d")["GroupId"]
    row = ec.create_serverless_cache(
        ServerlessCacheName="Suite-Serverless", Engine="redis", Description="d", SecurityGroupIds=[group],
        SubnetIds=subnets()[:2], SnapshotRetentionLimit=3, DailySnapshotTime="04:30",
        CacheUsageLimits={"DataStorage": {"Maximum": 10, "Unit": "GB"}, "ECPUPerSecond": {"Maximum": 5000}},
        Tags=[{"Key": "k", "Value": "v"}])["ServerlessCache"]
    same([row["ServerlessCacheName"], row["Status"], row["ARN"]],
         ["suite-serverless", "creating", ARN + "serverlesscache:suite-serverless"])
    assert "Endpoint" not in row
    wait_cache("suite-serverless")
    row = cache_of("suite-serverless")
    same([row["MajorEngineVersion"], row["FullEngineVersion"], row["SnapshotRetentionLimit"], row["DailySnapshotTime"]],
         ["7", "7.1", 3, "04:30"])
    same([row["Endpoint"]["Port"], row["ReaderEndpoint"]["Port"]], [6379, 6380])
    assert ".serverless.use1.cache.amazonaws.com" in row["Endpoint"]["Address"], row
    same(row["CacheUsageLimits"], {"DataStorage": {"Maximum": 10, "Unit": "GB"}, "ECPUPerSecond": {"Maximum": 5000}})
    same([row["SecurityGroupIds"], row["SubnetIds"]], [[group], subnets()[:2]])
    refused("DependencyViolation", 400, ec2.delete_security_group, GroupId=group)
    refused("InvalidParameterCombination", 400, ec.modify_serverless_cache,
            "Serverless Cache modifications only support modifying one field per request.",
            ServerlessCacheName="suite-serverless", Description="x", SnapshotRetentionLimit=1)
    refused("InvalidParameterCombination", 400, ec.modify_serverless_cache, "No modifications were requested",
            ServerlessCacheName="suite-serverless", SnapshotRetentionLimit=3)
    same(modify("suite-serverless", CacheUsageLimits={
        "DataStorage": {"Maximum": 0, "Unit": "GB"}, "ECPUPerSecond": {"Minimum": 2000}})["CacheUsageLimits"],
        {"ECPUPerSecond": {"Minimum": 2000, "Maximum": 5000}})
    same(modify("suite-serverless", Description="new")["Description"], "new")
    same(modify("suite-serverless", SnapshotRetentionLimit=0)["SnapshotRetentionLimit"], 0)
    ec.create_user_group(UserGroupId="serverless", Engine="redis", UserIds=["default"])
    until(lambda: ec.describe_user_groups(UserGroupId="serverless")["UserGroups"][0]["Status"] == "active")
    same(modify("suite-serverless", UserGroupId="serverless")["UserGroupId"], "serverless")
    same(ec.describe_user_groups(UserGroupId="serverless")["UserGroups"][0]["ServerlessCaches"], ["suite-serverless"])
    row = modify("suite-serverless", Engine="valkey", MajorEngineVersion="8")
    same([row["Engine"], row["FullEngineVersion"]], ["valkey", "8.1"])
    assert "UserGroupId" not in modify("suite-serverless", RemoveUserGroup=True)
    ec.delete_user_group(UserGroupId="serverless")
    ec.add_tags_to_resource(ResourceName=row["ARN"], Tags=[{"Key": "x", "Value": "y"}])
    wait_cache("suite-serverless")
    same(len(ec.list_tags_for_resource(ResourceName=row["ARN"])["TagList"]), 2)
    ec.delete_serverless_cache(ServerlessCacheName="suite-serverless", FinalSnapshotName="suite-last")
    until(lambda: not ec.describe_serverless_caches()["ServerlessCaches"])
    refused("ServerlessCacheNotFoundFault", 404, ec.describe_serverless_caches, ServerlessCacheName="suite-serverless")
    ec2.delete_security_group(GroupId=group)
    until(lambda: not ec.describe_user_groups()["UserGroups"])


@check
def snapshots_of_serverless_caches():
    wait_snapshots()
    same([row["ServerlessCacheSnapshotName"] for row in snapshots()], ["suite-last"])
    for name in ("one", "two", "three"):
        ec.create_serverless_cache(ServerlessCacheName=name, Engine="valkey", SnapshotRetentionLimit=1)
    pages = ec.get_paginator("describe_serverless_caches").paginate(PaginationConfig={"PageSize": 2})
    same([len(page["ServerlessCaches"]) for page in pages], [2, 1])
    wait_cache("three")
    row = ec.create_serverless_cache_snapshot(ServerlessCacheSnapshotName="suite", ServerlessCacheName="one",
                                              Tags=[{"Key": "k", "Value": "v"}])["ServerlessCacheSnapshot"]
    same([row["Status"], row["SnapshotType"], row["ServerlessCacheConfiguration"]["Engine"]],
         ["creating", "manual", "valkey"])
    wait_snapshots()
    ec.copy_serverless_cache_snapshot(SourceServerlessCacheSnapshotName="suite",
                                      TargetServerlessCacheSnapshotName="copy", Tags=[{"Key": "x", "Value": "y"}])
    wait_snapshots()
    same(len(ec.list_tags_for_resource(ResourceName=ARN + "serverlesscachesnapshot:copy")["TagList"]), 2)
    ec.export_serverless_cache_snapshot(ServerlessCacheSnapshotName="copy", S3BucketName="bucket")
    create_group("from-serverless", Engine="valkey", EngineVersion="8.0", ServerlessCacheSnapshotName="copy")
    delete_group("from-serverless")
    ec.create_serverless_cache(ServerlessCacheName="restored", Engine="valkey",
                               SnapshotArnsToRestore=[ARN + "serverlesscachesnapshot:copy"])
    control("POST", "clock", {"advance_seconds": 86400})
    wait_snapshots()
    daily = snapshots(SnapshotType="automated")
    same(sorted(row["ServerlessCacheConfiguration"]["ServerlessCacheName"] for row in daily), ["one", "three", "two"])
    assert all(row["ExpiryTime"] > row["CreateTime"] for row in daily)
    for name in ("one", "two", "three", "restored"):
        wait_cache(name)
        ec.delete_serverless_cache(ServerlessCacheName=name)
    for name in ("suite", "copy", "suite-last"):
        ec.delete_serverless_cache_snapshot(ServerlessCacheSnapshotName=name)
    until(lambda: not ec.describe_serverless_caches()["ServerlessCaches"])
    until(lambda: not snapshots())
