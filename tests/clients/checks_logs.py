"""CloudWatch Logs: log groups with retention, keys and tags in both spellings, and metric filters."""
from suite import check, client, refused, rgt, same

logs = client("logs")
INVALID = "InvalidParameterException"
MISSING = "ResourceNotFoundException"
COUNT = [{"metricName": "Errors", "metricNamespace": "Cache", "metricValue": "1"}]


def group(name):
    return [row for row in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] if row["logGroupName"] == name][0]


@check
def log_groups_live():
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    logs.create_log_group(logGroupName="/aws/elasticache/a", tags={"Team": "cache"}, kmsKeyId=key)
    row = group("/aws/elasticache/a")
    same(row["logGroupArn"], "arn:aws:logs:us-east-1:123456789012:log-group:/aws/elasticache/a")
    same(row["arn"], row["logGroupArn"] + ":*")
    same([row["storedBytes"], row["metricFilterCount"], row["logGroupClass"], row["kmsKeyId"]], [0, 0, "STANDARD", key])
    assert row["creationTime"] > 10 ** 12 and "retentionInDays" not in row, row
    refused("ResourceAlreadyExistsException", 400, logs.create_log_group, "already exists", logGroupName="/aws/elasticache/a")
    logs.put_retention_policy(logGroupName="/aws/elasticache/a", retentionInDays=14)
    same(group("/aws/elasticache/a")["retentionInDays"], 14)
    refused(INVALID, 400, logs.put_retention_policy, "enum value set", logGroupName="/aws/elasticache/a", retentionInDays=15)
    logs.delete_retention_policy(logGroupName="/aws/elasticache/a")
    assert "retentionInDays" not in group("/aws/elasticache/a")
    logs.disassociate_kms_key(logGroupName="/aws/elasticache/a")
    assert "kmsKeyId" not in group("/aws/elasticache/a")
    logs.associate_kms_key(resourceIdentifier=row["arn"], kmsKeyId=key)
    same(group("/aws/elasticache/a")["kmsKeyId"], key)
    refused(INVALID, 400, logs.associate_kms_key, logGroupName="/aws/elasticache/a", kmsKeyId="alias/x")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/aws/elasticache/a", deletionProtectionEnabled=True)
    refused("ValidationException", 400, logs.delete_log_group, logGroupName="/aws/elasticache/a")
    logs.put_log_group_deletion_protection(logGroupIdentifier=row["logGroupArn"], deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="/aws/elasticache/a")
    same(logs.describe_log_groups(logGroupNamePrefix="/aws/elasticache/a")["logGroups"], [])
    for call in (logs.delete_log_group, logs.delete_retention_policy, logs.disassociate_kms_key, logs.list_tags_log_group):
        refused(MISSING, 400, call, "The specified log group does not exist.", logGroupName="/aws/elasticache/a")


@check
def names_of_log_groups():
    for name in ("a b", "ü", "a:b"):
        refused(INVALID, 400, logs.create_log_group, "regular expression pattern", logGroupName=name)
    refused(INVALID, 400, logs.create_log_group, logGroupName="aws/x")
    refused(INVALID, 400, logs.describe_log_groups, "mutually exclusive", logGroupNamePrefix="a", logGroupNamePattern="b")
    refused(INVALID, 400, logs.describe_log_groups, "nextToken", nextToken="x")


@check
def pages_of_log_groups():
    names = ["page-%02d" % number for number in range(7)]
    for name in names:
        logs.create_log_group(logGroupName=name, logGroupClass="INFREQUENT_ACCESS" if name.endswith("3") else "STANDARD")
    pages = list(logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="page-", PaginationConfig={"PageSize": 3}))
    same([len(page["logGroups"]) for page in pages], [3, 3, 1])
    same([row["logGroupName"] for page in pages for row in page["logGroups"]], names)

    def found(**query):
        return [row["logGroupName"] for row in logs.describe_log_groups(**query)["logGroups"]]

    same(found(logGroupNamePattern="e-05"), ["page-05"])
    same(found(logGroupClass="INFREQUENT_ACCESS"), ["page-03"])
    same(found(logGroupIdentifiers=["page-01", group("page-02")["logGroupArn"], "none"]), ["page-01", "page-02"])
    for name in names:
        logs.delete_log_group(logGroupName=name)


@check
def tags_of_log_groups():
    logs.create_log_group(logGroupName="tagged", tags={"a": "1"})
    arn = group("tagged")["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    logs.tag_log_group(logGroupName="tagged", tags={"c": "3"})
    same(logs.list_tags_for_resource(resourceArn=arn)["tags"], {"a": "1", "b": "2", "c": "3"})
    listed = rgt.get_resources(ResourceTypeFilters=["logs:log-group"])["ResourceTagMappingList"]
    same([row["ResourceARN"] for row in listed], [arn])
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    logs.untag_log_group(logGroupName="tagged", tags=["b"])
    same(logs.list_tags_log_group(logGroupName="tagged")["tags"], {"c": "3"})
    rgt.untag_resources(ResourceARNList=[arn], TagKeys=["c"])
    same(logs.list_tags_log_group(logGroupName="tagged")["tags"], {})
    refused(INVALID, 400, logs.tag_resource, resourceArn=arn, tags={"aws:x": "1"})
    logs.tag_resource(resourceArn=arn, tags={"k%d" % number: "" for number in range(50)})
    refused("TooManyTagsException", 400, logs.tag_resource, resourceArn=arn, tags={"one more": ""})
    logs.delete_log_group(logGroupName="tagged")
    refused(MISSING, 400, logs.list_tags_for_resource, resourceArn=arn)


@check
def metric_filters_live():
    logs.create_log_group(logGroupName="filtered")
    put = dict(logGroupName="filtered", filterName="errors", filterPattern="{ $.level = \"ERROR\" }")
    logs.put_metric_filter(**put, metricTransformations=[{**COUNT[0], "dimensions": {"Node": "$.node"}}])
    row = logs.describe_metric_filters(logGroupName="filtered")["metricFilters"][0]
    same([row["filterName"], row["filterPattern"], row["logGroupName"], row["applyOnTransformedLogs"]],
         ["errors", put["filterPattern"], "filtered", False])
    same(row["metricTransformations"], [{**COUNT[0], "dimensions": {"Node": "$.node"}, "unit": "None"}])
    same(group("filtered")["metricFilterCount"], 1)
    logs.put_metric_filter(**{**put, "filterPattern": ""}, metricTransformations=[{**COUNT[0], "defaultValue": 0.0, "unit": "Count"}])
    rows = logs.describe_metric_filters(metricName="Errors", metricNamespace="Cache", filterNamePrefix="err")["metricFilters"]
    same([[row["filterPattern"], row["metricTransformations"][0]["defaultValue"]] for row in rows], [["", 0.0]])
    same(logs.describe_metric_filters(metricName="Other", metricNamespace="Cache")["metricFilters"], [])
    refused(INVALID, 400, logs.describe_metric_filters, metricName="Errors")
    refused(MISSING, 400, logs.put_metric_filter, **{**put, "logGroupName": "none"}, metricTransformations=COUNT)
    logs.delete_metric_filter(logGroupName="filtered", filterName="errors")
    refused(MISSING, 400, logs.delete_metric_filter, logGroupName="filtered", filterName="errors")
    for number in range(100):
        logs.put_metric_filter(**{**put, "filterName": "f%03d" % number}, metricTransformations=COUNT)
    refused("LimitExceededException", 400, logs.put_metric_filter, **{**put, "filterName": "more"}, metricTransformations=COUNT)
    pages = logs.get_paginator("describe_metric_filters").paginate(logGroupName="filtered")
    same([len(page["metricFilters"]) for page in pages], [50, 50])
    logs.delete_log_group(logGroupName="filtered")
    same(logs.describe_metric_filters()["metricFilters"], [])


@check
def metric_filters_that_are_none():
    logs.create_log_group(logGroupName="rare", logGroupClass="INFREQUENT_ACCESS")
    logs.create_log_group(logGroupName="plain")
    put = dict(logGroupName="plain", filterName="f", metricTransformations=COUNT)
    for pattern in ("{ level = \"ERROR\" }", "[a, b", "{ $.a > \"x\" }", "a.b", "\"open", "%a% %b% %c%"):
        refused(INVALID, 400, logs.put_metric_filter, "Invalid metric filter pattern", **put, filterPattern=pattern)
    for pattern in ("", "ERROR -\"not this\"", "[time, level = ERROR, ...]", "{ ($.a.b[0] != 1) && $.c IS TRUE }"):
        logs.put_metric_filter(**put, filterPattern=pattern)
    refused("InvalidOperationException", 400, logs.put_metric_filter, **{**put, "logGroupName": "rare"}, filterPattern="")
    bad = [{"metricValue": "one"}, {"dimensions": {"a": "$.a"}, "defaultValue": 1.0},
           {"dimensions": {name: "$." + name for name in "abcd"}}]
    for members in bad:
        refused(INVALID, 400, logs.put_metric_filter, **{**put, "metricTransformations": [{**COUNT[0], **members}]},
                filterPattern="{ $.a = 1 }")
    refused(INVALID, 400, logs.put_metric_filter, "does not support dimensions", filterPattern="ERROR",
            **{**put, "metricTransformations": [{**COUNT[0], "dimensions": {"a": "$.a"}}]})
    for name in ("rare", "plain"):
        logs.delete_log_group(logGroupName=name)
