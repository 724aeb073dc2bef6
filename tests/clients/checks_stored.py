"""What an account keeps: parameters of Systems Manager, secrets of Secrets Manager, and the keys and aliases of KMS."""
from suite import check, client, refused, same

ssm = client("ssm")
sm = client("secretsmanager")
kms = client("kms")
BAD = "ValidationException"


@check
def parameters_live():
    same(ssm.put_parameter(Name="/app/db/url", Value="u", Type="String", Tags=[{"Key": "a", "Value": "1"}])["Version"], 1)
    refused("ParameterAlreadyExists", 400, ssm.put_parameter, "overwrite option", Name="/app/db/url", Value="v", Type="String")
    same(ssm.put_parameter(Name="/app/db/url", Value="v", Overwrite=True)["Version"], 2)
    refused("HierarchyTypeMismatchException", 400, ssm.put_parameter, Name="/app/db/url", Value="v", Type="SecureString", Overwrite=True)
    row = ssm.get_parameter(Name="/app/db/url")["Parameter"]
    same([row["Name"], row["Type"], row["Value"], row["Version"]], ["/app/db/url", "String", "v", 2])
    same(row["ARN"], "arn:aws:ssm:us-east-1:123456789012:parameter/app/db/url")
    old = ssm.get_parameter(Name="/app/db/url:1")["Parameter"]
    same([old["Value"], old["Selector"]], ["u", ":1"])
    same(ssm.get_parameter(Name=row["ARN"])["Parameter"]["Value"], "v")
    refused("ParameterVersionNotFound", 400, ssm.get_parameter, Name="/app/db/url:9")
    refused("ParameterNotFound", 400, ssm.get_parameter, Name="/app/none")
    for name in ("a b", "/aws/x", "a/b", "/a//b", "/" + "/".join("x" * 16)):
        code = "HierarchyLevelLimitExceededException" if name.count("/") == 16 else BAD
        refused(code, 400, ssm.put_parameter, Name=name, Value="v", Type="String")
    refused(BAD, 400, ssm.put_parameter, "type is required", Name="new", Value="v")
    refused(BAD, 400, ssm.put_parameter, "4096", Name="new", Value="v" * 4097, Type="String")
    same(ssm.put_parameter(Name="new", Value="v" * 4097, Type="String", Tier="Intelligent-Tiering")["Tier"], "Advanced")
    refused("ParameterPatternMismatchException", 400, ssm.put_parameter, Name="n", Value="x", Type="String", AllowedPattern="[0-9]+")
    ssm.delete_parameter(Name="new")
    refused("ParameterNotFound", 400, ssm.delete_parameter, Name="new")


@check
def secure_parameters_need_decryption():
    ssm.put_parameter(Name="token", Value="hidden", Type="SecureString")
    assert "hidden" not in ssm.get_parameter(Name="token")["Parameter"]["Value"]
    same(ssm.get_parameter(Name="/token", WithDecryption=True)["Parameter"]["Value"], "hidden")
    found = ssm.get_parameters(Names=["token", "none"], WithDecryption=True)
    same([[row["Value"] for row in found["Parameters"]], found["InvalidParameters"]], [["hidden"], ["none"]])
    ssm.delete_parameter(Name="token")


@check
def parameters_by_path():
    for number in range(12):
        ssm.put_parameter(Name="/many/%02d" % number, Value="v", Type="String")
    ssm.put_parameter(Name="/many/deep/one", Value="v", Type="SecureString")
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path="/many"))
    same([len(page["Parameters"]) for page in pages], [10, 2])
    deep = ssm.get_paginator("get_parameters_by_path").paginate(Path="/many/", Recursive=True).build_full_result()
    same(len(deep["Parameters"]), 13)
    secure = ssm.get_parameters_by_path(Path="/many", Recursive=True, ParameterFilters=[{"Key": "Type", "Values": ["SecureString"]}])
    same([row["Name"] for row in secure["Parameters"]], ["/many/deep/one"])
    refused("InvalidFilterKey", 400, ssm.get_parameters_by_path, Path="/many", ParameterFilters=[{"Key": "Name", "Values": ["x"]}])
    refused(BAD, 400, ssm.get_parameters_by_path, Path="many")
    refused("InvalidNextToken", 400, ssm.get_parameters_by_path, Path="/many", NextToken="x")


@check
def secrets_live():
    made = sm.create_secret(Name="app/db", SecretString="one", Description="d", KmsKeyId="alias/aws/secretsmanager",
                            Tags=[{"Key": "a", "Value": "1"}])
    assert made["ARN"].startswith("arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-"), made
    refused("ResourceExistsException", 400, sm.create_secret, "already exists", Name="app/db")
    refused(BAD, 400, sm.create_secret, "Invalid name", Name="a b")
    refused("InvalidParameterException", 400, sm.create_secret, Name="both", SecretString="x", SecretBinary=b"x")
    token = "a" * 32
    same(sm.put_secret_value(SecretId="app/db", SecretString="two", ClientRequestToken=token)["VersionId"], token)
    sm.put_secret_value(SecretId="app/db", SecretString="two", ClientRequestToken=token)
    refused("ResourceExistsException", 400, sm.put_secret_value, SecretId="app/db", SecretString="x", ClientRequestToken=token)
    for arguments, value in (({}, "two"), ({"VersionStage": "AWSPREVIOUS"}, "one"), ({"VersionId": made["VersionId"]}, "one")):
        same(sm.get_secret_value(SecretId="app/db", **arguments)["SecretString"], value)
    same(sm.get_secret_value(SecretId=made["ARN"])["VersionStages"], ["AWSCURRENT"])
    same(sm.get_secret_value(SecretId=made["ARN"][:-7])["Name"], "app/db")
    refused("ResourceNotFoundException", 400, sm.get_secret_value, "staging label: NONE", SecretId="app/db", VersionStage="NONE")
    refused("InvalidRequestException", 400, sm.get_secret_value, SecretId="app/db", VersionId=token, VersionStage="AWSPREVIOUS")
    row = sm.describe_secret(SecretId="app/db")
    same(row["VersionIdsToStages"], {token: ["AWSCURRENT"], made["VersionId"]: ["AWSPREVIOUS"]})
    same([row["Description"], row["KmsKeyId"], row["Tags"]], ["d", "alias/aws/secretsmanager", [{"Key": "a", "Value": "1"}]])
    assert "ResourcePolicy" not in sm.get_resource_policy(SecretId="app/db")
    sm.create_secret(Name="bytes", SecretBinary=b"\x00\xff")
    same(sm.get_secret_value(SecretId="bytes")["SecretBinary"], b"\x00\xff")


@check
def secrets_go():
    sm.create_secret(Name="going", SecretString="x")
    refused("InvalidParameterException", 400, sm.delete_secret, SecretId="going", RecoveryWindowInDays=5)
    refused("InvalidParameterException", 400, sm.delete_secret, SecretId="going", RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True)
    sm.delete_secret(SecretId="going", RecoveryWindowInDays=7)
    assert "DeletedDate" in sm.describe_secret(SecretId="going")
    refused("InvalidRequestException", 400, sm.get_secret_value, "marked for deletion", SecretId="going")
    refused("InvalidRequestException", 400, sm.create_secret, "scheduled for deletion", Name="going")
    sm.delete_secret(SecretId="going", ForceDeleteWithoutRecovery=True)
    refused("ResourceNotFoundException", 400, sm.describe_secret, SecretId="going")
    sm.delete_secret(SecretId="going", ForceDeleteWithoutRecovery=True)
    sm.create_secret(Name="empty")
    refused("ResourceNotFoundException", 400, sm.get_secret_value, "AWSCURRENT", SecretId="empty")


@check
def keys_live():
    key = kms.create_key(Description="d", Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key["KeyId"])
    refused("AlreadyExistsException", 400, kms.create_alias, AliasName="alias/app", TargetKeyId=key["KeyId"])
    refused("InvalidAliasNameException", 400, kms.create_alias, AliasName="app", TargetKeyId=key["KeyId"])
    refused("InvalidAliasNameException", 400, kms.create_alias, AliasName="alias/aws/x", TargetKeyId=key["KeyId"])
    for name in (key["KeyId"], key["Arn"], "alias/app", key["Arn"].split(":key/")[0] + ":alias/app"):
        same(kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"], key["Arn"])
    for name in ("alias/none", "12345678-1234-1234-1234-123456789012", "none", "arn:aws:kms:eu-west-1:123456789012:key/x"):
        refused("NotFoundException", 400, kms.describe_key, KeyId=name)
    both = kms.create_key(MultiRegion=True)["KeyMetadata"]
    assert both["KeyId"].startswith("mrk-") and both["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY", both


@check
def aliases_are_listed():
    before = {row["AliasName"]: row for row in kms.list_aliases()["Aliases"]}
    assert "TargetKeyId" not in before["alias/aws/rds"], before
    managed = kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]
    same(managed["KeyManager"], "AWS")
    after = kms.list_aliases(KeyId=managed["KeyId"])["Aliases"]
    same([row["AliasName"] for row in after], ["alias/aws/rds"])
    pages = list(kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 3}))
    same(sum(len(page["Aliases"]) for page in pages), len(before))
    same([page["Truncated"] for page in pages][-1], False)
