"""Users, user groups, and the caches that use them."""
from suite import check, create_group, delete_group, ec, group_of, refused, same, until, wait_group

ARN = "arn:aws:elasticache:us-east-1:123456789012:"


def user_of(user):
    return ec.describe_users(UserId=user)["Users"][0]


def users_of(group):
    return ec.describe_user_groups(UserGroupId=group)["UserGroups"][0]


def wait_user(user):
    until(lambda: user_of(user)["Status"] == "active")


def wait_users(group):
    until(lambda: users_of(group)["Status"] == "active")


@check
def users():
    same(user_of("default"), {
        "UserId": "default", "UserName": "default", "Status": "active", "Engine": "redis", "MinimumEngineVersion": "6.0",
        "AccessString": "on ~* +@all", "UserGroupIds": [], "Authentication": {"Type": "no-password"},
        "ARN": ARN + "user:default"})
    row = ec.create_user(UserId="Suite-User", UserName="App", Engine="REDIS", AccessString="+GET ~app:* on",
                         Passwords=["0123456789abcdef", "fedcba9876543210"], Tags=[{"Key": "k", "Value": "v"}])
    same([row["UserId"], row["UserName"], row["Engine"], row["Status"]], ["suite-user", "App", "redis", "creating"])
    same([row["AccessString"], row["Authentication"]],
         ["on ~app:* -@all +get", {"Type": "password", "PasswordCount": 2}])
    wait_user("suite-user")
    same(ec.list_tags_for_resource(ResourceName=row["ARN"])["TagList"], [{"Key": "k", "Value": "v"}])
    ec.add_tags_to_resource(ResourceName=row["ARN"], Tags=[{"Key": "x", "Value": "y"}])
    ec.remove_tags_from_resource(ResourceName=row["ARN"], TagKeys=["k"])
    ec.modify_user(UserId="suite-user", AppendAccessString="-get +@read", Engine="valkey",
                   AuthenticationMode={"Type": "password", "Passwords": ["0123456789abcdef"]})
    wait_user("suite-user")
    row = user_of("suite-user")
    same([row["AccessString"], row["Engine"], row["Authentication"]["PasswordCount"], row["MinimumEngineVersion"]],
         ["on ~app:* -@all -get +@read", "valkey", 1, "7.2"])
    refused("InvalidParameterCombination", 400, ec.modify_user,
            "User Id and User name must be same for authentication type: iam", UserId="suite-user",
            AuthenticationMode={"Type": "iam"})
    ec.create_user(UserId="suite-iam", UserName="suite-iam", Engine="redis", AccessString="on ~* +@all",
                   AuthenticationMode={"Type": "iam"})
    ec.create_user(UserId="suite-open", UserName="suite-open", Engine="redis", AccessString="on ~* +@all",
                   AuthenticationMode={"Type": "no-password-required"})
    same([user_of(name)["Authentication"]["Type"] for name in ("suite-iam", "suite-open")], ["iam", "no-password"])

    def named(**arguments):
        pages = ec.get_paginator("describe_users").paginate(PaginationConfig={"PageSize": 1}, **arguments)
        return [row["UserId"] for page in pages for row in page["Users"]]

    same(named(), ["default", "suite-iam", "suite-open", "suite-user"])
    same(named(Engine="valkey"), ["suite-user"])
    same(named(Filters=[{"Name": "user-name", "Values": ["App", "default"]}]), ["default", "suite-user"])
    wait_user("suite-open")
    for name in ("suite-user", "suite-iam", "suite-open"):
        same(ec.delete_user(UserId=name)["Status"], "deleting")
    until(lambda: named() == ["default"])
    refused("UserNotFound", 404, ec.list_tags_for_resource, ResourceName=row["ARN"])


@check
def user_groups_on_a_cache():
    for name in ("one", "two"):
        ec.create_user(UserId=name, UserName=name, Engine="redis", AccessString="on ~* +@read",
                       Passwords=["0123456789abcdef"])
    ec.create_user(UserId="locked", UserName="default", Engine="redis", AccessString="off -@all",
                   NoPasswordRequired=True)
    wait_user("locked")
    row = ec.create_user_group(UserGroupId="Suite-Users", Engine="redis", UserIds=["default", "one"],
                               Tags=[{"Key": "k", "Value": "v"}])
    same([row["UserGroupId"], row["Status"], row["UserIds"]], ["suite-users", "creating", ["default", "one"]])
    wait_users("suite-users")
    same(ec.list_tags_for_resource(ResourceName=row["ARN"])["TagList"], [{"Key": "k", "Value": "v"}])
    same(user_of("one")["UserGroupIds"], ["suite-users"])
    refused("DefaultUserRequired", 400, ec.create_user_group, UserGroupId="x", Engine="redis", UserIds=["one"])
    row = ec.modify_user_group(UserGroupId="suite-users", UserIdsToAdd=["locked", "two"], UserIdsToRemove=["default"])
    same([row["Status"], row["UserIds"], row["PendingChanges"]],
         ["modifying", ["default", "one"], {"UserIdsToAdd": ["locked", "two"], "UserIdsToRemove": ["default"]}])
    wait_users("suite-users")
    same(users_of("suite-users")["UserIds"], ["one", "locked", "two"])
    assert "PendingChanges" not in users_of("suite-users")
    refused("InvalidParameterCombination", 400, create_group, "requires encryption-in-transit", name="open",
            UserGroupIds=["suite-users"])
    create_group("guarded", UserGroupIds=["suite-users"], TransitEncryptionEnabled=True)
    same([group_of("guarded")["UserGroupIds"], group_of("guarded")["AuthTokenEnabled"]], [["suite-users"], False])
    same(users_of("suite-users")["ReplicationGroups"], ["guarded"])
    wait_users("suite-users")
    refused("InvalidUserGroupState", 400, ec.delete_user_group, UserGroupId="suite-users")
    same(ec.modify_user(UserId="two", AccessString="on ~* +@all")["Status"], "modifying")
    wait_users("suite-users")
    wait_group("guarded")
    row = ec.modify_replication_group(ReplicationGroupId="guarded", RemoveUserGroups=True,
                                      ApplyImmediately=True)["ReplicationGroup"]
    same(row["PendingModifiedValues"]["UserGroups"], {"UserGroupIdsToAdd": [], "UserGroupIdsToRemove": ["suite-users"]})
    wait_group("guarded")
    same(group_of("guarded")["UserGroupIds"], [])
    wait_users("suite-users")
    ec.modify_replication_group(ReplicationGroupId="guarded", UserGroupIdsToAdd=["suite-users"])
    wait_group("guarded")
    same(group_of("guarded")["UserGroupIds"], ["suite-users"])
    wait_users("suite-users")
    ec.delete_user(UserId="two")
    until(lambda: users_of("suite-users")["UserIds"] == ["one", "locked"])
    wait_group("guarded")
    delete_group("guarded")
    names = [row["UserGroupId"] for page in ec.get_paginator("describe_user_groups").paginate()
             for row in page["UserGroups"]]
    same(names, ["suite-users"])
    ec.delete_user_group(UserGroupId="suite-users")
    until(lambda: not ec.describe_user_groups()["UserGroups"])
    refused("UserGroupNotFound", 404, ec.describe_user_groups, UserGroupId="suite-users")
    for name in ("one", "locked"):
        ec.delete_user(UserId=name)
    until(lambda: len(ec.describe_users()["Users"]) == 1)
