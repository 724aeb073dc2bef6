//! The calls that make, change and delete security groups and their rules.

use std::time::Duration;

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroupRule, SecurityGroupRuleDescription, Tag,
    TagSpecification, UserIdGroupPair,
};

use crate::clock::Clock;
use crate::cloud::args::send;
use crate::cloud::args::{Input, unknown_operation};
use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::kind::{Call, ErrorClass, RemoteError, Reply};
use crate::retry::{Pauses, UNSEEN_TRIES};
use crate::value::Value;

/// Issues a call. A new group can be unknown to EC2 for some seconds.
pub async fn invoke(clients: &Clients, clock: &dyn Clock, call: &Call) -> Result<Reply, RemoteError> {
    patiently(clock, call, || once(clients, call)).await
}

/// Sends a call again for as long as EC2 may not know the group yet.
pub async fn patiently<T, F: Future<Output = Result<T, RemoteError>>>(
    clock: &dyn Clock,
    call: &Call,
    send: impl Fn() -> F,
) -> Result<T, RemoteError> {
    let (mut tries, mut pauses) = (1, Pauses::default());
    loop {
        match send().await {
            Err(error) if may_appear(&error, call) && tries < UNSEEN_TRIES => {
                tries += 1;
                clock.sleep(pauses.next(Duration::MAX)).await;
            }
            Err(error) => return Err(about_itself(error, call)),
            done => return done,
        }
    }
}

fn may_appear(error: &RemoteError, call: &Call) -> bool {
    let adds = call.operation.starts_with("Authorize") || call.operation == "CreateTags";
    adds && error.class == ErrorClass::NotFound
}

/// The same code is used for a group that a rule refers to; then it is not the object that is missing.
fn about_itself(mut error: RemoteError, call: &Call) -> RemoteError {
    let own = call.text("GroupId").is_some_and(|id| error.message.contains(&id));
    let revoked = call.operation.starts_with("Revoke") && error.code == "InvalidSecurityGroupRuleId.NotFound";
    let deletes = call.operation == "DeleteSecurityGroup" || call.operation.ends_with("Tags") || revoked;
    if error.class == ErrorClass::NotFound && !own && !deletes {
        error.class = ErrorClass::Fatal;
    }
    error
}

/// Issues a call once.
pub async fn once(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let mut input = Input::of(call);
    match call.operation {
        "CreateSecurityGroup" => return create(clients, &mut input).await,
        "DeleteSecurityGroup" => delete(clients, &mut input).await?,
        "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress" => authorize_each(clients, call).await?,
        "RevokeSecurityGroupIngress" => revoke_ingress(clients, &mut input).await?,
        "RevokeSecurityGroupEgress" => revoke_egress(clients, &mut input).await?,
        "UpdateSecurityGroupRuleDescriptionsIngress" => describe_ingress(clients, &mut input).await?,
        "UpdateSecurityGroupRuleDescriptionsEgress" => describe_egress(clients, &mut input).await?,
        "CreateTags" => tag(clients, &mut input).await?,
        "DeleteTags" => untag(clients, &mut input).await?,
        _ => return Err(unknown_operation(call)),
    }
    Ok(Reply::new())
}

type Done = Result<(), RemoteError>;

async fn create(clients: &Clients, input: &mut Input<'_>) -> Result<Reply, RemoteError> {
    let service = &clients.ec2;
    let answer = send!(service, input, create_security_group {
        set_group_name: text "GroupName",
        set_description: text "Description",
        set_vpc_id: text "VpcId",
        set_dry_run: flag "DryRun",
    } and {
        set_tag_specifications: tagged(input, ResourceType::SecurityGroup)?,
    });
    let mut reply = Attrs::default();
    reply.text("id", answer.group_id());
    if let Some(arn) = answer.security_group_arn() {
        reply.text("arn", Some(arn));
    }
    Ok(reply.0)
}

async fn delete(clients: &Clients, input: &mut Input<'_>) -> Done {
    let service = &clients.ec2;
    let request = service
        .client
        .delete_security_group()
        .set_group_id(input.text("GroupId")?)
        .set_group_name(input.text("GroupName")?)
        .set_dry_run(input.flag("DryRun")?);
    input.finish()?;
    service.pace.call(|| request.clone().send()).await.map(drop)
}

/// AWS adds all rules of a call or none: where one is there already, the others are added one by one, and that is told.
async fn authorize_each(clients: &Clients, call: &Call) -> Done {
    let permissions = call.args.get("IpPermissions").and_then(Value::as_items).unwrap_or_default();
    let is_there = |error: &RemoteError| error.code == "InvalidPermission.Duplicate";
    let refused = match authorize(clients, call).await {
        Err(error) if is_there(&error) && permissions.len() > 1 => error,
        done => return done,
    };
    for permission in permissions {
        let mut one = call.clone();
        one.args.insert("IpPermissions", Value::tuple(vec![permission.clone()]));
        authorize(clients, &one).await.or_else(|error| if is_there(&error) { Ok(()) } else { Err(error) })?;
    }
    Err(refused)
}

async fn authorize(clients: &Clients, call: &Call) -> Done {
    let mut input = Input::of(call);
    match call.operation {
        "AuthorizeSecurityGroupIngress" => authorize_ingress(clients, &mut input).await.map(drop),
        _ => authorize_egress(clients, &mut input).await.map(drop),
    }
}

/// Adds rules; answers them. Takes `Tags` for those that are made.
pub async fn authorize_ingress(
    clients: &Clients,
    input: &mut Input<'_>,
) -> Result<Vec<SecurityGroupRule>, RemoteError> {
    let service = &clients.ec2;
    let answer = send!(service, input, authorize_security_group_ingress {
        set_group_id: text "GroupId",
        set_group_name: text "GroupName",
        set_dry_run: flag "DryRun",
    } and {
        set_ip_permissions: input.each("IpPermissions", permission)?,
        set_tag_specifications: tagged(input, ResourceType::SecurityGroupRule)?,
    });
    Ok(answer.security_group_rules.unwrap_or_default())
}

/// Adds rules; answers them. Takes `Tags` for those that are made.
pub async fn authorize_egress(clients: &Clients, input: &mut Input<'_>) -> Result<Vec<SecurityGroupRule>, RemoteError> {
    let service = &clients.ec2;
    let answer = send!(service, input, authorize_security_group_egress {
        set_group_id: text "GroupId",
        set_dry_run: flag "DryRun",
    } and {
        set_ip_permissions: input.each("IpPermissions", permission)?,
        set_tag_specifications: tagged(input, ResourceType::SecurityGroupRule)?,
    });
    Ok(answer.security_group_rules.unwrap_or_default())
}

async fn revoke_ingress(clients: &Clients, input: &mut Input<'_>) -> Done {
    let service = &clients.ec2;
    let request = service
        .client
        .revoke_security_group_ingress()
        .set_group_id(input.text("GroupId")?)
        .set_group_name(input.text("GroupName")?)
        .set_ip_permissions(input.each("IpPermissions", permission)?)
        .set_security_group_rule_ids(input.texts("SecurityGroupRuleIds")?)
        .set_dry_run(input.flag("DryRun")?);
    input.finish()?;
    service.pace.call(|| request.clone().send()).await.map(drop)
}

async fn revoke_egress(clients: &Clients, input: &mut Input<'_>) -> Done {
    let service = &clients.ec2;
    let request = service
        .client
        .revoke_security_group_egress()
        .set_group_id(input.text("GroupId")?)
        .set_ip_permissions(input.each("IpPermissions", permission)?)
        .set_security_group_rule_ids(input.texts("SecurityGroupRuleIds")?)
        .set_dry_run(input.flag("DryRun")?);
    input.finish()?;
    service.pace.call(|| request.clone().send()).await.map(drop)
}

async fn describe_ingress(clients: &Clients, input: &mut Input<'_>) -> Done {
    let service = &clients.ec2;
    let request = service
        .client
        .update_security_group_rule_descriptions_ingress()
        .set_group_id(input.text("GroupId")?)
        .set_group_name(input.text("GroupName")?)
        .set_ip_permissions(input.each("IpPermissions", permission)?)
        .set_security_group_rule_descriptions(input.each("SecurityGroupRuleDescriptions", rule_description)?)
        .set_dry_run(input.flag("DryRun")?);
    input.finish()?;
    service.pace.call(|| request.clone().send()).await.map(drop)
}

async fn describe_egress(clients: &Clients, input: &mut Input<'_>) -> Done {
    let service = &clients.ec2;
    let request = service
        .client
        .update_security_group_rule_descriptions_egress()
        .set_group_id(input.text("GroupId")?)
        .set_group_name(input.text("GroupName")?)
        .set_ip_permissions(input.each("IpPermissions", permission)?)
        .set_security_group_rule_descriptions(input.each("SecurityGroupRuleDescriptions", rule_description)?)
        .set_dry_run(input.flag("DryRun")?);
    input.finish()?;
    service.pace.call(|| request.clone().send()).await.map(drop)
}

async fn tag(clients: &Clients, input: &mut Input<'_>) -> Done {
    let service = &clients.ec2;
    let request = service
        .client
        .create_tags()
        .set_resources(input.texts("Resources")?)
        .set_tags(tags(input)?)
        .set_dry_run(input.flag("DryRun")?);
    input.finish()?;
    service.pace.call(|| request.clone().send()).await.map(drop)
}

/// Takes `TagKeys`, which remove a tag whatever its value, or `Tags`, which remove it only with that value.
async fn untag(clients: &Clients, input: &mut Input<'_>) -> Done {
    let service = &clients.ec2;
    let keys = input.texts("TagKeys")?;
    let by_key = keys.map(|keys| keys.into_iter().map(|key| Tag::builder().key(key).build()).collect::<Vec<Tag>>());
    let by_value = tags(input)?;
    // Without any, EC2 would remove every tag.
    let all: Vec<Tag> = by_key.into_iter().chain(by_value).flatten().collect();
    let nothing = all.is_empty();
    let request = service
        .client
        .delete_tags()
        .set_resources(input.texts("Resources")?)
        .set_tags(Some(all))
        .set_dry_run(input.flag("DryRun")?);
    input.finish()?;
    if nothing {
        return Ok(());
    }
    service.pace.call(|| request.clone().send()).await.map(drop)
}

/// The tags of something that is made.
fn tagged(input: &mut Input, resource: ResourceType) -> Result<Option<Vec<TagSpecification>>, RemoteError> {
    let tags = tags(input)?.filter(|tags| !tags.is_empty());
    let specification = |tags| TagSpecification::builder().resource_type(resource).set_tags(Some(tags)).build();
    Ok(tags.map(|tags| vec![specification(tags)]))
}

fn tags(input: &mut Input) -> Result<Option<Vec<Tag>>, RemoteError> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    Ok(input.pairs("Tags")?.map(|pairs| pairs.into_iter().map(tag).collect()))
}

fn permission(member: &mut Input) -> Result<IpPermission, RemoteError> {
    let ranges = member.each("IpRanges", |range| {
        Ok(IpRange::builder().set_cidr_ip(range.text("CidrIp")?).set_description(range.text("Description")?).build())
    })?;
    let ipv6_ranges = member.each("Ipv6Ranges", |range| {
        let builder = Ipv6Range::builder().set_cidr_ipv6(range.text("CidrIpv6")?);
        Ok(builder.set_description(range.text("Description")?).build())
    })?;
    let prefix_lists = member.each("PrefixListIds", |list| {
        let builder = PrefixListId::builder().set_prefix_list_id(list.text("PrefixListId")?);
        Ok(builder.set_description(list.text("Description")?).build())
    })?;
    Ok(IpPermission::builder()
        .set_ip_protocol(member.text("IpProtocol")?)
        .set_from_port(member.int("FromPort")?)
        .set_to_port(member.int("ToPort")?)
        .set_ip_ranges(ranges)
        .set_ipv6_ranges(ipv6_ranges)
        .set_prefix_list_ids(prefix_lists)
        .set_user_id_group_pairs(member.each("UserIdGroupPairs", group_pair)?)
        .build())
}

fn group_pair(pair: &mut Input) -> Result<UserIdGroupPair, RemoteError> {
    Ok(UserIdGroupPair::builder()
        .set_group_id(pair.text("GroupId")?)
        .set_group_name(pair.text("GroupName")?)
        .set_user_id(pair.text("UserId")?)
        .set_description(pair.text("Description")?)
        .set_vpc_id(pair.text("VpcId")?)
        .set_vpc_peering_connection_id(pair.text("VpcPeeringConnectionId")?)
        .build())
}

fn rule_description(member: &mut Input) -> Result<SecurityGroupRuleDescription, RemoteError> {
    Ok(SecurityGroupRuleDescription::builder()
        .set_security_group_rule_id(member.text("SecurityGroupRuleId")?)
        .set_description(member.text("Description")?)
        .build())
}
