//! The calls that make, change and delete rules of security groups.

use crate::clock::Clock;
use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::cloud::ec2::input::{Operations, Shape};
use crate::cloud::ec2::{items, text};
use crate::cloud::security_group::calls::{self, once, patiently};
use crate::kind::{Call, ErrorClass, RemoteError, Reply};

const MODIFY: Operations = &[(
    "ModifySecurityGroupRules",
    &[
        ("GroupId", "GroupId", Shape::Text),
        (
            "SecurityGroupRules",
            "SecurityGroupRule",
            Shape::Each(&[
                ("SecurityGroupRuleId", "SecurityGroupRuleId", Shape::Text),
                (
                    "SecurityGroupRule",
                    "SecurityGroupRule",
                    Shape::Structure(&[
                        ("IpProtocol", "IpProtocol", Shape::Text),
                        ("FromPort", "FromPort", Shape::Int),
                        ("ToPort", "ToPort", Shape::Int),
                        ("CidrIpv4", "CidrIpv4", Shape::Text),
                        ("CidrIpv6", "CidrIpv6", Shape::Text),
                        ("PrefixListId", "PrefixListId", Shape::Text),
                        ("ReferencedGroupId", "ReferencedGroupId", Shape::Text),
                        ("Description", "Description", Shape::Text),
                    ]),
                ),
            ]),
        ),
        ("DryRun", "DryRun", Shape::Flag),
    ],
)];

/// Issues a call. A rule that is there already is somebody else's, and not one that there is nothing to do for.
pub async fn invoke(clients: &Clients, clock: &dyn Clock, call: &Call) -> Result<Reply, RemoteError> {
    let sent = patiently(clock, call, || send(clients, call)).await;
    sent.map_err(|mut error| {
        if error.code == "InvalidPermission.Duplicate" {
            let creates = call.operation.starts_with("Authorize");
            error.class = if creates { ErrorClass::AlreadyExists } else { ErrorClass::Fatal };
        }
        error
    })
}

async fn send(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let answer = match call.operation {
        "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress" => {
            calls::send(clients, call, calls::OPERATIONS).await?
        }
        "ModifySecurityGroupRules" => calls::send(clients, call, MODIFY).await?,
        _ => return once(clients, call).await,
    };
    let mut reply = Attrs::default();
    // Rules that are marked have ids of their own; several of them are known by a name.
    if let (Some(rule), true) = (items(&answer, "securityGroupRuleSet").first(), call.mark.is_some()) {
        reply.text("id", text(rule, "securityGroupRuleId"));
        reply.text("security_group_rule_id", text(rule, "securityGroupRuleId"));
    }
    Ok(reply.0)
}
