"""What the checks of the boto3 suite share: clients, refusals, waiting, the control API."""
import json
import sys
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
FAST = {"Delay": 0.2, "MaxAttempts": 150}
CHECKS = []


def client(name, region="us-east-1", account="123456789012"):
    return boto3.client(
        name, endpoint_url=ENDPOINT, region_name=region, aws_access_key_id=account, aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 1, "mode": "standard"}))


def control(method, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(ENDPOINT + "/_cachestack/" + path, data=data, method=method,
                                     headers={"X-Cachestack-Control": "1"})
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


def until(done):
    """Waits where there is no waiter: at most half a minute."""
    for _ in range(150):
        if done():
            return
        time.sleep(0.2)
    raise AssertionError("still not so")


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


def run():
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
