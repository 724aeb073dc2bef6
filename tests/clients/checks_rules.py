"""Rules that need more than one call to break: reboots, data tiering, zones, quotas."""
from suite import FAST, check, control, create_group, delete_group, ec, member_of, refused, same, subnets, wait_group

COMBINATION = "InvalidParameterCombination"


def parameter(group, name, value):
    ec.modify_cache_parameter_group(CacheParameterGroupName=group, ParameterNameValues=[
        {"ParameterName": name, "ParameterValue": value}])


@check
def parameters_that_wait_for_a_reboot():
    ec.create_cache_parameter_group(CacheParameterGroupName="boot", CacheParameterGroupFamily="memcached1.6",
                                    Description="d")
    ec.create_cache_cluster(CacheClusterId="boot", Engine="memcached", CacheNodeType="cache.t3.micro", NumCacheNodes=2,
                            CacheParameterGroupName="boot")
    ec.get_waiter("cache_cluster_available").wait(CacheClusterId="boot", WaiterConfig=FAST)

    def status():
        row = member_of("boot")
        return [row["CacheParameterGroup"]["ParameterApplyStatus"], row["CacheParameterGroup"]["CacheNodeIdsToReboot"],
                [node["ParameterGroupStatus"] for node in row["CacheNodes"]]]

    same(status(), ["in-sync", [], ["in-sync", "in-sync"]])
    rows = ec.describe_cache_parameters(CacheParameterGroupName="boot")["Parameters"]
    late = [row for row in rows if row["ChangeType"] == "requires-reboot" and row["IsModifiable"]
            and row["ParameterName"] == "max_item_size"][0]
    parameter("boot", late["ParameterName"], "2097152")
    same(status(), ["pending-reboot", ["0001", "0002"], ["pending-reboot", "pending-reboot"]])
    for node, left in (("0001", ["0002"]), ("0002", [])):
        ec.reboot_cache_cluster(CacheClusterId="boot", CacheNodeIdsToReboot=[node])
        ec.get_waiter("cache_cluster_available").wait(CacheClusterId="boot", WaiterConfig=FAST)
        same(status()[1], left)
    ec.delete_cache_cluster(CacheClusterId="boot")
    ec.get_waiter("cache_cluster_deleted").wait(CacheClusterId="boot", WaiterConfig=FAST)
    ec.delete_cache_parameter_group(CacheParameterGroupName="boot")


@check
def data_tiering():
    ec.create_cache_parameter_group(CacheParameterGroupName="tiered", CacheParameterGroupFamily="redis7", Description="d")
    parameter("tiered", "maxmemory-policy", "volatile-ttl")
    common = dict(CacheNodeType="cache.r6gd.xlarge", NumCacheClusters=1, CacheParameterGroupName="tiered", wait=False)
    refused(COMBINATION, 400, create_group, name="tiered", **common)
    refused(COMBINATION, 400, create_group, name="tiered", **common, DataTieringEnabled=True)
    parameter("tiered", "maxmemory-policy", "allkeys-lru")
    create_group("tiered", **{**common, "wait": True}, DataTieringEnabled=True)
    refused(COMBINATION, 400, ec.modify_replication_group, ReplicationGroupId="tiered", CacheNodeType="cache.r6g.large",
            ApplyImmediately=True)
    delete_group("tiered")
    ec.delete_cache_parameter_group(CacheParameterGroupName="tiered")


@check
def multi_az_wants_two_zones():
    ec.create_cache_subnet_group(CacheSubnetGroupName="one-zone", CacheSubnetGroupDescription="d",
                                 SubnetIds=subnets()[:1])
    group = dict(NumCacheClusters=2, AutomaticFailoverEnabled=True, CacheSubnetGroupName="one-zone")
    refused(COMBINATION, 400, create_group, name="zones", wait=False, MultiAZEnabled=True, **group)
    create_group("zones", **group)
    refused(COMBINATION, 400, ec.modify_replication_group, ReplicationGroupId="zones", MultiAZEnabled=True,
            ApplyImmediately=True)
    delete_group("zones")
    ec.delete_cache_subnet_group(CacheSubnetGroupName="one-zone")
    create_group("zones", NumCacheClusters=2, AutomaticFailoverEnabled=True)
    ec.modify_replication_group(ReplicationGroupId="zones", MultiAZEnabled=True, ApplyImmediately=True)
    wait_group("zones")
    delete_group("zones")


@check
def node_quota():
    control("POST", "quotas", {"nodes": 3})
    create_group("quota", NumCacheClusters=2)
    for function, arguments in (
            (create_group, {"name": "quota2", "wait": False, "NumCacheClusters": 2}),
            (ec.increase_replica_count, {"ReplicationGroupId": "quota", "NewReplicaCount": 3, "ApplyImmediately": True}),
            (ec.create_cache_cluster, {"CacheClusterId": "quota3", "Engine": "memcached", "NumCacheNodes": 2,
                                       "CacheNodeType": "cache.t3.micro"})):
        refused("NodeQuotaForCustomerExceeded", 400, function, **arguments)
    ec.increase_replica_count(ReplicationGroupId="quota", NewReplicaCount=2, ApplyImmediately=True)
    wait_group("quota")
    control("POST", "quotas", {"nodes": None})
    delete_group("quota")


@check
def faults_by_the_control_api():
    control("POST", "faults", {"seed": 1, "rules": [
        {"match": "elasticache:DescribeEvents", "times": 2, "error": {"code": "Throttling", "message": "Rate exceeded"}}]})
    # boto3 tries once more by itself.
    refused("Throttling", 400, ec.describe_events)
    ec.describe_events()
    same(control("GET", "faults")["rules"][0]["hits"], 2)
    control("DELETE", "faults")
