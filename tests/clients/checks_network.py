"""Who asks, the default network, security groups, tags."""
from botocore.exceptions import ClientError

from suite import check, client, ec, ec2, refused, rgt, same, subnets


@check
def identity():
    same(client("sts").get_caller_identity()["Account"], "123456789012")
    same(client("sts", account="not-a-number").get_caller_identity()["Account"], "000000000000")
    role = "arn:aws:iam::210987654321:role/ci/deploy"
    got = client("sts").assume_role(RoleArn=role, RoleSessionName="suite", DurationSeconds=900)
    same(got["AssumedRoleUser"]["Arn"], "arn:aws:sts::210987654321:assumed-role/deploy/suite")
    same(client("sts", account=got["Credentials"]["AccessKeyId"]).get_caller_identity()["Account"], "210987654321")
    refused("ValidationError", 400, client("sts").assume_role, RoleArn="arn:aws:iam::1:user/deploy", RoleSessionName="x2")


@check
def default_network():
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    same([vpc["CidrBlock"] for vpc in vpcs], ["172.31.0.0/16"])
    same(len(subnets()), 6)
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    same([zone["ZoneName"][-1] for zone in zones], list("abcdef"))
    vpc = vpcs[0]["VpcId"]
    same(ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")["EnableDnsSupport"], {"Value": True})
    refused("InvalidVpcID.NotFound", 400, ec2.describe_vpcs, VpcIds=["vpc-00000000000000000"])
    other = client("ec2", region="eu-west-1")
    assert other.describe_vpcs()["Vpcs"][0]["VpcId"] != vpc


@check
def security_groups():
    made = ec2.create_security_group(
        GroupName="suite", Description="a group",
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": "a", "Value": "1"}]}])
    group = made["GroupId"]
    row = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    same(row["IpPermissions"], [])
    same(row["IpPermissionsEgress"][0]["IpProtocol"], "-1")
    same(row["Tags"], [{"Key": "a", "Value": "1"}])
    refused("InvalidGroup.Duplicate", 400, ec2.create_security_group, GroupName="SUITE", Description="x")
    refused("InvalidGroup.NotFound", 400, ec2.describe_security_groups, GroupIds=["sg-00000000000000000"])
    permission = {"IpProtocol": "6", "FromPort": 6379, "ToPort": 6379,
                  "IpRanges": [{"CidrIp": "100.68.0.18/18", "Description": "apps"}],
                  "UserIdGroupPairs": [{"GroupId": group}]}
    rules = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"]
    same(len(rules), 2)
    same(sorted(rule.get("CidrIpv4", "") for rule in rules), ["", "100.68.0.0/18"])
    refused("InvalidPermission.Duplicate", 400, ec2.authorize_security_group_ingress, GroupId=group,
            IpPermissions=[permission])
    rows = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    same(len(rows), 3)
    cidr = [rule for rule in rules if "CidrIpv4" in rule][0]["SecurityGroupRuleId"]
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{
        "SecurityGroupRuleId": cidr,
        "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 6380, "ToPort": 6380, "CidrIpv4": "10.0.0.0/8"}}])
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": cidr, "Description": "new"}])
    row = ec2.describe_security_group_rules(SecurityGroupRuleIds=[cidr])["SecurityGroupRules"][0]
    same((row["FromPort"], row["CidrIpv4"], row["Description"]), (6380, "10.0.0.0/8", "new"))
    other = ec2.create_security_group(GroupName="other", Description="refers")["GroupId"]
    pair = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[pair])
    refused("DependencyViolation", 400, ec2.delete_security_group, GroupId=group)
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[pair])
    refused("InvalidPermission.NotFound", 400, ec2.revoke_security_group_ingress, GroupId=other, IpPermissions=[pair])
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[cidr])
    ec2.create_tags(Resources=[other], Tags=[{"Key": "k", "Value": "v"}])
    same(len(ec2.describe_security_groups(Filters=[{"Name": "tag:k", "Values": ["v"]}])["SecurityGroups"]), 1)
    same(len(ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [other]}])["Tags"]), 1)
    ec2.delete_tags(Resources=[other], Tags=[{"Key": "k"}])
    refused("MissingParameter", 400, ec2.authorize_security_group_ingress, GroupId=group)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_security_group(GroupId=other)
    pages = ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5})
    same(sum(len(page["Subnets"]) for page in pages), 6)


@check
def egress_and_the_rest_of_the_network():
    group = ec2.create_security_group(GroupName="egress", Description="d")["GroupId"]
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
    same(ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"], [])
    rule = {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}
    made = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])["SecurityGroupRules"][0]
    same([made["IsEgress"], made["CidrIpv6"]], [True, "2001:db8::/32"])
    ec2.update_security_group_rule_descriptions_egress(
        GroupId=group, SecurityGroupRuleDescriptions=[
            {"SecurityGroupRuleId": made["SecurityGroupRuleId"], "Description": "out"}])
    rules = ec2.describe_security_group_rules(SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])["SecurityGroupRules"]
    same(rules[0]["Description"], "out")
    ec2.get_waiter("security_group_exists").wait(GroupIds=[group])
    ec2.delete_security_group(GroupId=group)
    same(ec2.describe_network_interfaces()["NetworkInterfaces"], [])
    attributes = ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"]
    vpc = attributes[0]["AttributeValues"][0]["AttributeValue"]
    ec2.get_waiter("vpc_exists").wait(VpcIds=[vpc])
    ec2.get_waiter("subnet_available").wait(SubnetIds=subnets())
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    same([len(tables), tables[0]["Associations"][0]["Main"]], [1, True])
    assert tables[0]["Routes"][1]["GatewayId"].startswith("igw-")
    refused("InvalidRouteTableID.NotFound", 400, ec2.describe_route_tables, RouteTableIds=["rtb-00000000000000000"])
    refused("InvalidParameterValue", 400, ec2.describe_subnets, Filters=[{"Name": "nope", "Values": ["x"]}])


@check
def operations_that_are_not_there():
    iam_like = (
        ("InvalidAction", client("elasticache").describe_cache_security_groups),
        ("InvalidAction", client("ec2").describe_instances),
        ("InvalidAction", client("sts").get_session_token),
        ("UnknownOperationException", client("cloudwatch").describe_anomaly_detectors),
        ("UnknownOperationException", client("resourcegroupstaggingapi").get_compliance_summary))
    for code, function in iam_like:
        try:
            function()
        except ClientError as error:
            same(error.response["Error"]["Code"], code)
            same(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        else:
            raise AssertionError("%s was answered" % function)


@check
def tags_of_everything():
    row = ec.create_cache_subnet_group(CacheSubnetGroupName="tagged", CacheSubnetGroupDescription="d",
                                       SubnetIds=subnets()[:1])["CacheSubnetGroup"]
    same(rgt.tag_resources(ResourceARNList=[row["ARN"]], Tags={"team": "caches"})["FailedResourcesMap"], {})
    assert "team" in rgt.get_tag_keys()["TagKeys"]
    same(rgt.get_tag_values(Key="team")["TagValues"], ["caches"])
    same(ec.list_tags_for_resource(ResourceName=row["ARN"])["TagList"], [{"Key": "team", "Value": "caches"}])
    missing = row["ARN"].replace("tagged", "missing")
    failed = rgt.tag_resources(ResourceARNList=[missing], Tags={"team": "caches"})["FailedResourcesMap"]
    same(list(failed), [missing])
    rgt.untag_resources(ResourceARNList=[row["ARN"]], TagKeys=["team"])
    same(ec.list_tags_for_resource(ResourceName=row["ARN"])["TagList"], [])
    refused("InvalidARN", 400, ec.list_tags_for_resource, ResourceName="arn:aws:s3:::bucket")
    refused("CacheSubnetGroupNotFoundFault", 400, ec.list_tags_for_resource, ResourceName=missing)
    ec.delete_cache_subnet_group(CacheSubnetGroupName="tagged")
