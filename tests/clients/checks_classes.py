"""Classes as an operations team writes them around boto3: networks, tiers of caches, shards, alarms, backups."""
import datetime

from suite import FAST, check, client, control, same, subnets

REGION = "us-west-2"


def given(**members):
    """Members without those that are not set: boto3 takes no None for absent."""
    return {name: value for name, value in members.items() if value not in (None, [])}


class Network:
    def __init__(self):
        self.ec2, self.elasticache = client("ec2", REGION), client("elasticache", REGION)

    def secure(self, app, port):
        vpc = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
        callers = self.ec2.create_security_group(GroupName=app + "-callers", Description="callers", VpcId=vpc)["GroupId"]
        group = self.ec2.create_security_group(
            GroupName=app + "-elasticache-sg", Description="Caches of " + app, VpcId=vpc)["GroupId"]
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{
            "IpProtocol": "tcp", "FromPort": port, "ToPort": port,
            "UserIdGroupPairs": [{"GroupId": callers, "Description": "from " + callers}]}])
        ids = [row["SubnetId"] for row in self.ec2.describe_subnets(
            Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]]
        subnet_group = self.elasticache.create_cache_subnet_group(
            CacheSubnetGroupName=app + "-subnet-group", CacheSubnetGroupDescription="Subnets of " + app, SubnetIds=ids)
        return {"security_groups": [group], "callers": callers,
                "subnet_group": subnet_group["CacheSubnetGroup"]["CacheSubnetGroupName"]}

    def remove(self, network):
        self.elasticache.delete_cache_subnet_group(CacheSubnetGroupName=network["subnet_group"])
        for group in network["security_groups"] + [network["callers"]]:
            self.ec2.delete_security_group(GroupId=group)


class Caches:
    def __init__(self):
        self.elasticache = client("elasticache", REGION)

    def replication_group(self, name, network, **config):
        members = given(
            ReplicationGroupId=name, ReplicationGroupDescription=config.get("description", name),
            AutomaticFailoverEnabled=True, MultiAZEnabled=True, NumCacheClusters=config.get("nodes"),
            NumNodeGroups=config.get("shards"), ReplicasPerNodeGroup=config.get("replicas"),
            CacheNodeType=config.get("node_type", "cache.r6g.large"), Engine="redis", EngineVersion="7.0",
            CacheParameterGroupName=config.get("parameter_group", "default.redis7"),
            CacheSubnetGroupName=network["subnet_group"], SecurityGroupIds=network["security_groups"],
            SnapshotRetentionLimit=7, SnapshotWindow="03:00-04:00", PreferredMaintenanceWindow="sun:04:00-sun:05:00",
            Port=6379, AutoMinorVersionUpgrade=True, AtRestEncryptionEnabled=True, TransitEncryptionEnabled=True,
            TransitEncryptionMode="required", AuthToken=config.get("token"), NetworkType="ipv4", IpDiscovery="ipv4",
            NotificationTopicArn="arn:aws:sns:us-west-2:123456789012:caches",
            Tags=[{"Key": "Environment", "Value": "dev"}, {"Key": "ManagedBy", "Value": "DevOps"}])
        made = self.elasticache.create_replication_group(**members)["ReplicationGroup"]
        self.elasticache.get_waiter("replication_group_available").wait(
            ReplicationGroupId=made["ReplicationGroupId"], WaiterConfig=FAST)
        return made["ReplicationGroupId"]

    def memcached(self, name, network, nodes):
        self.elasticache.create_cache_cluster(
            CacheClusterId=name, AZMode="cross-az", NumCacheNodes=nodes, CacheNodeType="cache.r6g.large",
            Engine="memcached", EngineVersion="1.6.17", CacheParameterGroupName="default.memcached1.6",
            CacheSubnetGroupName=network["subnet_group"], SecurityGroupIds=network["security_groups"], Port=11211,
            PreferredMaintenanceWindow="sun:04:00-sun:05:00", NetworkType="ipv4", IpDiscovery="ipv4",
            Tags=[{"Key": "Name", "Value": name}])
        self.elasticache.get_waiter("cache_cluster_available").wait(CacheClusterId=name, WaiterConfig=FAST)

    def primary_endpoint(self, name):
        row = self.elasticache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]
        return (row.get("ConfigurationEndpoint") or row["NodeGroups"][0]["PrimaryEndpoint"])["Address"]

    def memcached_endpoints(self, name):
        row = self.elasticache.describe_cache_clusters(CacheClusterId=name, ShowCacheNodeInfo=True)["CacheClusters"][0]
        return [(node["Endpoint"]["Address"], node["Endpoint"]["Port"]) for node in row["CacheNodes"]]

    def scale(self, name, shards):
        row = self.elasticache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]
        ids = [shard["NodeGroupId"] for shard in row["NodeGroups"]]
        members = given(ReplicationGroupId=name, NodeGroupCount=shards, ApplyImmediately=True,
                        NodeGroupsToRemove=ids[shards:])
        self.elasticache.modify_replication_group_shard_configuration(**members)
        self.elasticache.get_waiter("replication_group_available").wait(ReplicationGroupId=name, WaiterConfig=FAST)

    def remove(self, *names):
        for name in names:
            self.elasticache.delete_replication_group(ReplicationGroupId=name)
        for name in names:
            self.elasticache.get_waiter("replication_group_deleted").wait(ReplicationGroupId=name, WaiterConfig=FAST)


class Monitoring:
    def __init__(self):
        self.cloudwatch, self.elasticache = client("cloudwatch", REGION), client("elasticache", REGION)

    def watch(self, group, topic):
        rows = self.elasticache.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"]
        for member in rows[0]["MemberClusters"]:
            for metric, statistic, threshold in (
                    ("CPUUtilization", "Average", 80.0), ("DatabaseMemoryUsagePercentage", "Average", 85.0),
                    ("Evictions", "Sum", 100.0), ("ReplicationLag", "Average", 30.0)):
                self.cloudwatch.put_metric_alarm(
                    AlarmName="%s-%s" % (member, metric), ComparisonOperator="GreaterThanThreshold",
                    EvaluationPeriods=2, MetricName=metric, Namespace="AWS/ElastiCache", Period=300,
                    Statistic=statistic, Threshold=threshold, ActionsEnabled=True, AlarmActions=[topic],
                    AlarmDescription=metric + " is high", Dimensions=[{"Name": "CacheClusterId", "Value": member}])
        pages = self.cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=group)
        return [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]]

    def average(self, member, metric):
        now = datetime.datetime.now(datetime.timezone.utc)
        points = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/ElastiCache", MetricName=metric, Dimensions=[{"Name": "CacheClusterId", "Value": member}],
            StartTime=now - datetime.timedelta(hours=1), EndTime=now, Period=300, Statistics=["Average"])["Datapoints"]
        return sum(point["Average"] for point in points) / len(points) if points else None


def standalone():
    rows = client("elasticache", REGION).get_paginator("describe_cache_clusters").paginate(
        ShowCacheClustersNotInReplicationGroups=True)
    return [row["CacheClusterId"] for page in rows for row in page["CacheClusters"]]


@check
def a_team_with_tiers_of_caches():
    control("GET", "health")
    network, caches = Network().secure("shop", 6379), Caches()
    session = caches.replication_group("shop-session-dev", network, nodes=3, token="a-token-of-32-letters-and-digits0")
    data = caches.replication_group("shop-data-dev", network, shards=2, replicas=1,
                                    parameter_group="default.redis7.cluster.on")
    caches.memcached("shop-queries-dev", network, 4)
    assert caches.primary_endpoint(session).startswith("master.shop-session-dev.")
    assert caches.primary_endpoint(data).startswith("clustercfg.shop-data-dev.")
    endpoints = caches.memcached_endpoints("shop-queries-dev")
    same([len(set(endpoints)), endpoints[0][1]], [4, 11211])
    same(standalone(), ["shop-queries-dev"])
    monitoring = Monitoring()
    alarms = monitoring.watch(session, "arn:aws:sns:us-west-2:123456789012:alerts")
    same(len(alarms), 12)
    same(monitoring.average("shop-session-dev-001", "CPUUtilization"), None)
    for shards in (3, 2):
        caches.scale(data, shards)
        rows = caches.elasticache.describe_replication_groups(ReplicationGroupId=data)["ReplicationGroups"]
        same(len(rows[0]["NodeGroups"]), shards)
    monitoring.cloudwatch.delete_alarms(AlarmNames=alarms)
    caches.elasticache.delete_cache_cluster(CacheClusterId="shop-queries-dev")
    caches.remove(session, data)
    caches.elasticache.get_waiter("cache_cluster_deleted").wait(CacheClusterId="shop-queries-dev", WaiterConfig=FAST)
    Network().remove(network)
    same(len(subnets()), 6)
