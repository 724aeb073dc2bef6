#!/usr/bin/env python3
"""Writes crates/emulator/src/data/models.json: the wire facts of the operations that the emulator answers.

Only names, types, requirements and limits are taken from botocore's service models; no documentation text.
Usage: python3 tests/clients/extract_models.py > crates/emulator/src/data/models.json
"""
import json
import sys

import botocore
import botocore.session

OPERATIONS = {
    "elasticache": """
        CreateCacheSubnetGroup DescribeCacheSubnetGroups ModifyCacheSubnetGroup DeleteCacheSubnetGroup
        CreateCacheParameterGroup DescribeCacheParameterGroups ModifyCacheParameterGroup ResetCacheParameterGroup
        DeleteCacheParameterGroup DescribeCacheParameters DescribeEngineDefaultParameters
        CreateReplicationGroup DescribeReplicationGroups ModifyReplicationGroup DeleteReplicationGroup
        IncreaseReplicaCount DecreaseReplicaCount ModifyReplicationGroupShardConfiguration TestFailover
        CreateCacheCluster DescribeCacheClusters ModifyCacheCluster DeleteCacheCluster RebootCacheCluster
        CreateSnapshot DescribeSnapshots CopySnapshot DeleteSnapshot
        CreateUser DescribeUsers ModifyUser DeleteUser
        CreateUserGroup DescribeUserGroups ModifyUserGroup DeleteUserGroup
        CreateGlobalReplicationGroup DescribeGlobalReplicationGroups ModifyGlobalReplicationGroup
        IncreaseNodeGroupsInGlobalReplicationGroup DecreaseNodeGroupsInGlobalReplicationGroup
        RebalanceSlotsInGlobalReplicationGroup FailoverGlobalReplicationGroup DisassociateGlobalReplicationGroup
        DeleteGlobalReplicationGroup
        CreateServerlessCache DescribeServerlessCaches ModifyServerlessCache DeleteServerlessCache
        CreateServerlessCacheSnapshot DescribeServerlessCacheSnapshots CopyServerlessCacheSnapshot
        DeleteServerlessCacheSnapshot ExportServerlessCacheSnapshot
        DescribeServiceUpdates DescribeUpdateActions BatchApplyUpdateAction BatchStopUpdateAction
        DescribeReservedCacheNodesOfferings PurchaseReservedCacheNodesOffering DescribeReservedCacheNodes
        TestMigration PrepareMigration StartMigration StopMigration CompleteMigration
        DescribeCacheEngineVersions DescribeEvents ListAllowedNodeTypeModifications
        AddTagsToResource RemoveTagsFromResource ListTagsForResource""",
    "ec2": """
        DescribeVpcs DescribeVpcAttribute DescribeSubnets DescribeAvailabilityZones DescribeAccountAttributes
        DescribeSecurityGroups DescribeSecurityGroupRules CreateSecurityGroup DeleteSecurityGroup
        AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress
        RevokeSecurityGroupEgress ModifySecurityGroupRules UpdateSecurityGroupRuleDescriptionsIngress
        UpdateSecurityGroupRuleDescriptionsEgress CreateTags DeleteTags DescribeTags DescribeNetworkInterfaces
        DescribeRouteTables""",
    "cloudwatch": """
        PutMetricAlarm DescribeAlarms DescribeAlarmsForMetric DeleteAlarms SetAlarmState EnableAlarmActions
        DisableAlarmActions GetMetricStatistics GetMetricData TagResource UntagResource ListTagsForResource PutCompositeAlarm
        PutDashboard GetDashboard ListDashboards DeleteDashboards""",
    "logs": """
        CreateLogGroup DescribeLogGroups DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey
        DisassociateKmsKey PutLogGroupDeletionProtection TagResource UntagResource ListTagsForResource TagLogGroup
        UntagLogGroup ListTagsLogGroup PutMetricFilter DescribeMetricFilters DeleteMetricFilter""",
    "sns": """
        CreateTopic GetTopicAttributes SetTopicAttributes ListTopics DeleteTopic Subscribe ConfirmSubscription Unsubscribe
        GetSubscriptionAttributes SetSubscriptionAttributes ListSubscriptions ListSubscriptionsByTopic TagResource
        UntagResource ListTagsForResource""",
    "ssm": "PutParameter GetParameter GetParameters GetParametersByPath DeleteParameter",
    "secretsmanager": "CreateSecret PutSecretValue GetSecretValue DescribeSecret GetResourcePolicy DeleteSecret",
    "kms": "CreateKey CreateAlias DescribeKey ListAliases",
    "sts": "AssumeRole GetCallerIdentity",
    "pricing": "GetProducts",
    "resourcegroupstaggingapi": "GetResources TagResources UntagResources GetTagKeys GetTagValues",
}


def upper_first(name):
    return name[0].upper() + name[1:]


def describe(shape, ec2):
    kind = shape.type_name
    out = {"t": kind}
    for key in ("min", "max", "pattern"):
        if key in shape.metadata and kind in ("string", "integer", "long", "list", "double", "float"):
            out[key] = shape.metadata[key]
    if getattr(shape, "enum", None):
        out["enum"] = list(shape.enum)
    if kind == "structure":
        members = {}
        for name, member in shape.members.items():
            location = member.serialization.get("name", name)
            entry = {"s": member.name}
            wire_in = location
            if ec2:
                wire_in = member.serialization.get("queryName") or upper_first(location)
            if wire_in != name:
                entry["in"] = wire_in
            if location != name:
                entry["out"] = location
            members[name] = entry
        out["m"] = members
        if shape.required_members:
            out["r"] = list(shape.required_members)
    elif kind == "list":
        out["of"] = shape.member.name
        item = shape.member.serialization.get("name", "member")
        if item != "member":
            out["item"] = item
        if shape.serialization.get("flattened"):
            out["flat"] = True
    elif kind == "map":
        out["key"], out["value"] = shape.key.name, shape.value.name
    return out


def walk(shape, found):
    if shape.name in found:
        return
    found[shape.name] = shape
    if shape.type_name == "structure":
        for member in shape.members.values():
            walk(member, found)
    elif shape.type_name == "list":
        walk(shape.member, found)
    elif shape.type_name == "map":
        walk(shape.key, found)
        walk(shape.value, found)


def service(session, name, operations):
    model = session.get_service_model(name)
    ec2 = model.metadata["protocol"] == "ec2"
    found, ops, errors = {}, {}, {}
    for op_name in operations.split():
        op = model.operation_model(op_name)
        entry = {}
        if op.input_shape is not None:
            entry["in"] = op.input_shape.name
            walk(op.input_shape, found)
        if op.output_shape is not None:
            entry["out"] = op.output_shape.name
            walk(op.output_shape, found)
            wrapper = op.output_shape.serialization.get("resultWrapper")
            if wrapper:
                entry["wrapper"] = wrapper
        entry["errors"] = []
        for error in op.error_shapes:
            code = error.error_code
            errors[code] = error.metadata.get("error", {}).get("httpStatusCode", 400)
            entry["errors"].append(code)
        ops[op_name] = entry
    return {
        "version": model.metadata["apiVersion"],
        "namespace": model.metadata.get("xmlNamespace", ""),
        "target": model.metadata.get("targetPrefix", ""),
        "operations": ops,
        "errors": errors,
        "shapes": {key: describe(shape, ec2) for key, shape in sorted(found.items())},
    }


def main():
    session = botocore.session.get_session()
    models = {"source": "botocore %s service models (structure only)" % botocore.__version__}
    for name, operations in OPERATIONS.items():
        models[name] = service(session, name, operations)
    json.dump(models, sys.stdout, separators=(",", ":"))
    print()


main()
