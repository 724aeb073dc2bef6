//! The calls that make, change and delete rules of security groups.

use aws_sdk_ec2::types::{SecurityGroupRuleRequest, SecurityGroupRuleUpdate};

use crate::clock::Clock;
use crate::cloud::args::Input;
use crate::cloud::args::send;
use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::cloud::security_group::calls::{authorize_egress, authorize_ingress, once, patiently};
use crate::kind::{Call, ErrorClass, RemoteError, Reply};

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
    let mut input = Input::of(call);
    let made = match call.operation {
        "AuthorizeSecurityGroupIngress" => authorize_ingress(clients, &mut input).await?,
        "AuthorizeSecurityGroupEgress" => authorize_egress(clients, &mut input).await?,
        "ModifySecurityGroupRules" => return modify(clients, &mut input).await,
        _ => return once(clients, call).await,
    };
    let mut reply = Attrs::default();
    // Rules that are marked have ids of their own; several of them are known by a name.
    if let (Some(rule), true) = (made.first(), call.mark.is_some()) {
        reply.text("id", rule.security_group_rule_id());
        reply.text("security_group_rule_id", rule.security_group_rule_id());
    }
    Ok(reply.0)
}

async fn modify(clients: &Clients, input: &mut Input<'_>) -> Result<Reply, RemoteError> {
    let service = &clients.ec2;
    send!(service, input, modify_security_group_rules {
        set_group_id: text "GroupId",
        set_dry_run: flag "DryRun",
    } and {
        set_security_group_rules: input.each("SecurityGroupRules", update)?,
    });
    Ok(Reply::new())
}

fn update(member: &mut Input) -> Result<SecurityGroupRuleUpdate, RemoteError> {
    Ok(SecurityGroupRuleUpdate::builder()
        .set_security_group_rule_id(member.text("SecurityGroupRuleId")?)
        .set_security_group_rule(member.structure("SecurityGroupRule", rule)?)
        .build())
}

fn rule(member: &mut Input) -> Result<SecurityGroupRuleRequest, RemoteError> {
    Ok(SecurityGroupRuleRequest::builder()
        .set_ip_protocol(member.text("IpProtocol")?)
        .set_from_port(member.int("FromPort")?)
        .set_to_port(member.int("ToPort")?)
        .set_cidr_ipv4(member.text("CidrIpv4")?)
        .set_cidr_ipv6(member.text("CidrIpv6")?)
        .set_prefix_list_id(member.text("PrefixListId")?)
        .set_referenced_group_id(member.text("ReferencedGroupId")?)
        .set_description(member.text("Description")?)
        .build())
}
