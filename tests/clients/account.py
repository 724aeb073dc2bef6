#!/usr/bin/env python3
"""Makes an account of more than 60 objects, of every kind that cachestack manages, with boto3: nothing of it was made by
cachestack.

Usage: account.py http://127.0.0.1:4600    (an emulator)
"""
import json
import time

from suite import client, ec, ec2, cw, subnets

logs, sns = client("logs"), client("sns")
made = []


def make(kind, function, **arguments):
    made.append(kind)
    return function(**arguments)


def tags(**pairs):
    return [{"Key": name, "Value": value} for name, value in pairs.items()]


def settled(what, **arguments):
    """Waits until every object that a describe call finds is available."""
    operation, member, status = {
        "groups": (ec.describe_replication_groups, "ReplicationGroups", "available"),
        "clusters": (ec.describe_cache_clusters, "CacheClusters", "available"),
        "serverless": (ec.describe_serverless_caches, "ServerlessCaches", "available"),
        "snapshots": (ec.describe_snapshots, "Snapshots", "available"),
        "serverless_snapshots": (ec.describe_serverless_cache_snapshots, "ServerlessCacheSnapshots", "available"),
        "users": (ec.describe_users, "Users", "active"),
        "user_groups": (ec.describe_user_groups, "UserGroups", "active"),
    }[what]
    for _ in range(300):
        found = operation(**arguments)[member]
        words = {row.get("Status", row.get("SnapshotStatus", row.get("CacheClusterStatus"))) for row in found}
        if words <= {status}:
            return found
        time.sleep(0.1)
    raise AssertionError("%s never settle: %s" % (what, words))


vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
networks = subnets()

# Networks and doors.
for name, some in [("shop-private", networks[:2]), ("shop-data", networks[:3])]:
    make("subnet_group", ec.create_cache_subnet_group, CacheSubnetGroupName=name, CacheSubnetGroupDescription="For the shop",
         SubnetIds=some, Tags=tags(team="shop"))
groups = {}
for name in ["shop-app", "shop-cache"]:
    groups[name] = make("security_group", ec2.create_security_group, GroupName=name, Description="Made by hand, " + name,
                        VpcId=vpc)["GroupId"]
for port, source in [(6379, groups["shop-app"]), (6380, groups["shop-app"]), (11211, groups["shop-app"])]:
    make("vpc_security_group_ingress_rule", ec2.authorize_security_group_ingress, GroupId=groups["shop-cache"],
         IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port,
                         "UserIdGroupPairs": [{"GroupId": source, "Description": "From the app"}]}])
make("vpc_security_group_ingress_rule", ec2.authorize_security_group_ingress, GroupId=groups["shop-app"],
     IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
make("vpc_security_group_egress_rule", ec2.authorize_security_group_egress, GroupId=groups["shop-app"],
     IpPermissions=[{"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6380,
                     "UserIdGroupPairs": [{"GroupId": groups["shop-cache"]}]}])

# Settings.
for name, family, settings in [
        ("shop-valkey", "valkey8", {"maxmemory-policy": "allkeys-lru", "timeout": "300"}),
        ("shop-sharded", "valkey8", {"cluster-enabled": "yes"}),
        ("shop-memcached", "memcached1.6", {"max_item_size": "2097152"})]:
    make("parameter_group", ec.create_cache_parameter_group, CacheParameterGroupName=name,
         CacheParameterGroupFamily=family, Description="Settings of " + name)
    ec.modify_cache_parameter_group(CacheParameterGroupName=name, ParameterNameValues=[
        {"ParameterName": key, "ParameterValue": value} for key, value in settings.items()])

# Topics and who hears of them.
topics = {}
for name in ["shop-page", "shop-mail", "shop-events"]:
    topics[name] = make("sns_topic", sns.create_topic, Name=name)["TopicArn"]
sns.set_topic_attributes(TopicArn=topics["shop-page"], AttributeName="DisplayName", AttributeValue="Shop")
for topic, queue in [("shop-page", "oncall"), ("shop-mail", "archive"), ("shop-events", "archive")]:
    make("sns_topic_subscription", sns.subscribe, TopicArn=topics[topic], Protocol="sqs",
         Endpoint="arn:aws:sqs:us-east-1:123456789012:" + queue)

# Logs.
for name, days in [("/shop/slow", 14), ("/shop/engine", 30), ("/shop/app", 30), ("/shop/audit", 365)]:
    make("log_group", logs.create_log_group, logGroupName=name, tags={"team": "shop"})
    logs.put_retention_policy(logGroupName=name, retentionInDays=days)
for name, pattern in [("errors", "ERROR"), ("timeouts", "?timeout ?Timeout"), ("slow", "{ $.duration > 100 }")]:
    make("log_metric_filter", logs.put_metric_filter, logGroupName="/shop/app", filterName=name, filterPattern=pattern,
         metricTransformations=[{"metricName": name, "metricNamespace": "Shop", "metricValue": "1"}])

# Users.
for name, rules, mode in [
        ("shop-default", "off ~* +@all", {"Type": "no-password-required"}),
        ("shop-reader", "on ~* +@read", {"Type": "iam"}),
        ("shop-writer", "on ~shop:* +@all -@dangerous", {"Type": "iam"}),
        ("shop-admin", "on ~* +@all", {"Type": "password", "Passwords": ["a-password-that-nobody-knows"]}),
        ("shop-report", "on ~report:* +@read", {"Type": "iam"})]:
    make("user", ec.create_user, UserId=name, UserName="default" if name == "shop-default" else name, Engine="valkey",
         AccessString=rules, AuthenticationMode=mode)
settled("users")
for name, users in [("shop-users", ["shop-reader", "shop-writer"]), ("shop-admins", ["shop-admin"])]:
    make("user_group", ec.create_user_group, UserGroupId=name, Engine="valkey", UserIds=users, Tags=tags(team="shop"))
settled("user_groups")

# Caches.
network = {"CacheSubnetGroupName": "shop-private", "SecurityGroupIds": [groups["shop-cache"]]}
make("replication_group", ec.create_replication_group, ReplicationGroupId="shop-sessions",
     ReplicationGroupDescription="Sessions of the shop", Engine="valkey", EngineVersion="8.0",
     CacheNodeType="cache.r7g.large", NumCacheClusters=3, AutomaticFailoverEnabled=True, MultiAZEnabled=True,
     CacheParameterGroupName="shop-valkey", TransitEncryptionEnabled=True, AtRestEncryptionEnabled=True,
     UserGroupIds=["shop-users"], SnapshotRetentionLimit=7, SnapshotWindow="03:00-04:00",
     PreferredMaintenanceWindow="sun:05:00-sun:06:00", NotificationTopicArn=topics["shop-events"],
     LogDeliveryConfigurations=[{"LogType": "slow-log", "DestinationType": "cloudwatch-logs", "LogFormat": "json",
                                 "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "/shop/slow"}}}],
     Tags=tags(team="shop", tier="gold"), **network)
make("replication_group", ec.create_replication_group, ReplicationGroupId="shop-catalog",
     ReplicationGroupDescription="The catalog", Engine="valkey", EngineVersion="8.0", CacheNodeType="cache.r7g.large",
     NodeGroupConfiguration=[{"ReplicaCount": 1}, {"ReplicaCount": 2}], AutomaticFailoverEnabled=True, CacheParameterGroupName="shop-sharded",
     Tags=tags(team="shop"), **network)
make("replication_group", ec.create_replication_group, ReplicationGroupId="shop-tokens",
     ReplicationGroupDescription="Tokens", Engine="redis", EngineVersion="7.1", CacheNodeType="cache.t4g.small",
     NumCacheClusters=1, TransitEncryptionEnabled=True, AuthToken="a-token-that-nobody-knows", **network)
make("replication_group", ec.create_replication_group, ReplicationGroupId="shop-world",
     ReplicationGroupDescription="Everywhere", Engine="valkey", EngineVersion="7.2", CacheNodeType="cache.m6g.large",
     NumCacheClusters=2, AutomaticFailoverEnabled=True)
for name, nodes in [("shop-pages", 2), ("shop-fragments", 3), ("shop-search", 2)]:
    make("cache_cluster", ec.create_cache_cluster, CacheClusterId=name, Engine="memcached", EngineVersion="1.6.22",
         CacheNodeType="cache.t4g.small", NumCacheNodes=nodes, CacheParameterGroupName="shop-memcached",
         PreferredMaintenanceWindow="mon:02:00-mon:03:00", **network)
make("cache_cluster", ec.create_cache_cluster, CacheClusterId="shop-legacy", Engine="redis", EngineVersion="6.2",
     CacheNodeType="cache.t3.micro", NumCacheNodes=1, SnapshotRetentionLimit=1)
for name, engine in [("shop-cart", "valkey"), ("shop-edge", "memcached")]:
    make("serverless_cache", ec.create_serverless_cache, ServerlessCacheName=name, Engine=engine,
         Description="Of the shop", SubnetIds=networks[:2], SecurityGroupIds=[groups["shop-cache"]],
         CacheUsageLimits={"DataStorage": {"Maximum": 10, "Unit": "GB"}, "ECPUPerSecond": {"Maximum": 5000}})
settled("groups"), settled("clusters"), settled("serverless")
make("global_replication_group", ec.create_global_replication_group, GlobalReplicationGroupIdSuffix="shop",
     PrimaryReplicationGroupId="shop-world", GlobalReplicationGroupDescription="The shop, everywhere")
make("snapshot", ec.create_snapshot, SnapshotName="shop-sessions-before", ReplicationGroupId="shop-sessions")
make("snapshot", ec.create_serverless_cache_snapshot, ServerlessCacheSnapshotName="shop-cart-before",
     ServerlessCacheName="shop-cart")
settled("snapshots"), settled("serverless_snapshots"), settled("groups")
offering = ec.describe_reserved_cache_nodes_offerings(
    CacheNodeType="cache.t4g.micro", ProductDescription="redis")["ReservedCacheNodesOfferings"][0]
make("reserved_cache_node", ec.purchase_reserved_cache_nodes_offering,
     ReservedCacheNodesOfferingId=offering["ReservedCacheNodesOfferingId"], ReservedCacheNodeId="shop-node")

# Who is told what.
for node in ["shop-sessions-001", "shop-sessions-002", "shop-sessions-003", "shop-tokens-001"]:
    for metric, threshold in [("EngineCPUUtilization", 80.0), ("DatabaseMemoryUsagePercentage", 90.0)]:
        make("alarm", cw.put_metric_alarm, AlarmName="%s-%s" % (node, metric), Namespace="AWS/ElastiCache",
             MetricName=metric, Dimensions=[{"Name": "CacheClusterId", "Value": node}], Statistic="Average", Period=300,
             EvaluationPeriods=2, Threshold=threshold, ComparisonOperator="GreaterThanThreshold",
             AlarmActions=[topics["shop-page"]], OKActions=[topics["shop-page"]], TreatMissingData="notBreaching")
make("alarm", cw.put_metric_alarm, AlarmName="shop-hit-rate", ComparisonOperator="LessThanThreshold", Threshold=0.8,
     EvaluationPeriods=3, AlarmActions=[topics["shop-mail"]], Metrics=[
         {"Id": "rate", "Expression": "hits / (hits + misses)", "Label": "Hit rate", "ReturnData": True},
         {"Id": "hits", "ReturnData": False, "MetricStat": {"Stat": "Sum", "Period": 300, "Metric": {
             "Namespace": "AWS/ElastiCache", "MetricName": "CacheHits",
             "Dimensions": [{"Name": "ReplicationGroupId", "Value": "shop-catalog"}]}}},
         {"Id": "misses", "ReturnData": False, "MetricStat": {"Stat": "Sum", "Period": 300, "Metric": {
             "Namespace": "AWS/ElastiCache", "MetricName": "CacheMisses",
             "Dimensions": [{"Name": "ReplicationGroupId", "Value": "shop-catalog"}]}}}])
make("composite_alarm", cw.put_composite_alarm, AlarmName="shop-down", AlarmActions=[topics["shop-page"]],
     AlarmRule='ALARM("shop-sessions-001-EngineCPUUtilization") AND ALARM("shop-hit-rate")')
make("composite_alarm", cw.put_composite_alarm, AlarmName="shop-any",
     AlarmRule='ALARM("shop-down") OR ALARM("shop-tokens-001-EngineCPUUtilization")')
for name in ["shop-caches", "shop-money"]:
    body = {"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 3,
                         "properties": {"markdown": "# %s\n${x} %%{y} \"z\"" % name}}]}
    make("dashboard", cw.put_dashboard, DashboardName=name, DashboardBody=json.dumps(body))

kinds = sorted(set(made))
print("made %d objects of %d kinds: %s" % (len(made), len(kinds), ", ".join(kinds)))
