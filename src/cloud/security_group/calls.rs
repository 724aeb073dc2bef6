//! The calls that make, change and delete security groups and their rules.

use std::time::Duration;

use serde_json::Value as Json;

use crate::clock::Clock;
use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::cloud::ec2::input::{self, Member, Members, Operations, Shape};
use crate::cloud::ec2::{items, text};
use crate::kind::{Call, ErrorClass, RemoteError, Reply};
use crate::retry::{Pauses, UNSEEN_TRIES};
use crate::value::Value;

const DRY_RUN: Member = ("DryRun", "DryRun", Shape::Flag);
const DESCRIPTION: Member = ("Description", "Description", Shape::Text);
const GROUP_ID: Member = ("GroupId", "GroupId", Shape::Text);
const GROUP_NAME: Member = ("GroupName", "GroupName", Shape::Text);
const RULE_IDS: Member = ("SecurityGroupRuleIds", "SecurityGroupRuleId", Shape::Texts);
const RESOURCES: Member = ("Resources", "ResourceId", Shape::Texts);
const TAGS: Member = ("Tags", "Tag", Shape::Tags);
const TAGS_OF_RULES: Member = ("Tags", "TagSpecification", Shape::TagsOf("security-group-rule"));
const PERMISSIONS: Member = ("IpPermissions", "IpPermissions", Shape::Each(PERMISSION));
const RULE_DESCRIPTIONS: Member = (
    "SecurityGroupRuleDescriptions",
    "SecurityGroupRuleDescription",
    Shape::Each(&[("SecurityGroupRuleId", "SecurityGroupRuleId", Shape::Text), DESCRIPTION]),
);

const PERMISSION: Members = &[
    ("IpProtocol", "IpProtocol", Shape::Text),
    ("FromPort", "FromPort", Shape::Int),
    ("ToPort", "ToPort", Shape::Int),
    ("IpRanges", "IpRanges", Shape::Each(&[("CidrIp", "CidrIp", Shape::Text), DESCRIPTION])),
    ("Ipv6Ranges", "Ipv6Ranges", Shape::Each(&[("CidrIpv6", "CidrIpv6", Shape::Text), DESCRIPTION])),
    ("PrefixListIds", "PrefixListIds", Shape::Each(&[("PrefixListId", "PrefixListId", Shape::Text), DESCRIPTION])),
    ("UserIdGroupPairs", "Groups", Shape::Each(PAIR)),
];

const PAIR: Members = &[
    GROUP_ID,
    GROUP_NAME,
    ("UserId", "UserId", Shape::Text),
    DESCRIPTION,
    ("VpcId", "VpcId", Shape::Text),
    ("VpcPeeringConnectionId", "VpcPeeringConnectionId", Shape::Text),
];

/// The ingress of a group can be told by its name, too. `TagKeys` remove a tag whatever its value, `Tags` only with that
/// value.
pub const OPERATIONS: Operations = &[
    (
        "CreateSecurityGroup",
        &[
            GROUP_NAME,
            ("Description", "GroupDescription", Shape::Text),
            ("VpcId", "VpcId", Shape::Text),
            ("Tags", "TagSpecification", Shape::TagsOf("security-group")),
            DRY_RUN,
        ],
    ),
    ("DeleteSecurityGroup", &[GROUP_ID, GROUP_NAME, DRY_RUN]),
    ("AuthorizeSecurityGroupIngress", &[GROUP_ID, GROUP_NAME, PERMISSIONS, TAGS_OF_RULES, DRY_RUN]),
    ("AuthorizeSecurityGroupEgress", &[GROUP_ID, PERMISSIONS, TAGS_OF_RULES, DRY_RUN]),
    ("RevokeSecurityGroupIngress", &[GROUP_ID, GROUP_NAME, PERMISSIONS, RULE_IDS, DRY_RUN]),
    ("RevokeSecurityGroupEgress", &[GROUP_ID, PERMISSIONS, RULE_IDS, DRY_RUN]),
    ("UpdateSecurityGroupRuleDescriptionsIngress", &[GROUP_ID, GROUP_NAME, PERMISSIONS, RULE_DESCRIPTIONS, DRY_RUN]),
    ("UpdateSecurityGroupRuleDescriptionsEgress", &[GROUP_ID, GROUP_NAME, PERMISSIONS, RULE_DESCRIPTIONS, DRY_RUN]),
    ("CreateTags", &[RESOURCES, TAGS, DRY_RUN]),
    ("DeleteTags", &[RESOURCES, ("TagKeys", "Tag", Shape::Keys), TAGS, DRY_RUN]),
];

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
    match call.operation {
        "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress" => authorize_each(clients, call).await?,
        "CreateSecurityGroup" => return Ok(made(&send(clients, call, OPERATIONS).await?)),
        "DeleteTags" => untag(clients, call).await?,
        _ => send(clients, call, OPERATIONS).await.map(drop)?,
    }
    Ok(Reply::new())
}

/// Sends a call that is one of these operations; answers the members of its output.
pub async fn send(clients: &Clients, call: &Call, operations: Operations) -> Result<Json, RemoteError> {
    transmit(clients, call, &input::of(call, operations)?).await
}

async fn transmit(clients: &Clients, call: &Call, input: &Json) -> Result<Json, RemoteError> {
    let service = &clients.ec2;
    service.pace.call(|| service.client.send(call.operation, input)).await
}

fn made(answer: &Json) -> Reply {
    let mut reply = Attrs::default();
    reply.text("id", text(answer, "groupId"));
    if let Some(arn) = text(answer, "securityGroupArn") {
        reply.text("arn", Some(arn));
    }
    reply.0
}

/// AWS adds all rules of a call or none: where one is there already, the others are added one by one, and that is told.
async fn authorize_each(clients: &Clients, call: &Call) -> Result<(), RemoteError> {
    let permissions = call.args.get("IpPermissions").and_then(Value::as_items).unwrap_or_default();
    let is_there = |error: &RemoteError| error.code == "InvalidPermission.Duplicate";
    let refused = match send(clients, call, OPERATIONS).await {
        Err(error) if is_there(&error) && permissions.len() > 1 => error,
        done => return done.map(drop),
    };
    for permission in permissions {
        let mut one = call.clone();
        one.args.insert("IpPermissions", Value::tuple(vec![permission.clone()]));
        match send(clients, &one, OPERATIONS).await {
            Err(error) if !is_there(&error) => return Err(error),
            _ => {}
        }
    }
    Err(refused)
}

async fn untag(clients: &Clients, call: &Call) -> Result<(), RemoteError> {
    let input = input::of(call, OPERATIONS)?;
    // Without any, EC2 would remove every tag.
    if items(&input, "Tag").is_empty() {
        return Ok(());
    }
    transmit(clients, call, &input).await.map(drop)
}
