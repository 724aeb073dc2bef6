//! Rules of security groups as objects with ids.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::tags;
use super::authorize::resolve;
use super::permissions::RULES;
use super::permissions::{self, Peer, SecurityGroupRule};
use super::{Filters, arn, groups, listing};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

fn missing(id: &str) -> Failure {
    Failure::new("InvalidSecurityGroupRuleId.NotFound", format!("The security group rule ID '{id}' does not exist"))
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    let ids = input.texts("SecurityGroupRuleIds");
    if let Some(id) = ids.iter().find(|id| !context.region[RULES].contains(id)) {
        return Err(missing(id));
    }
    let filters = Filters::read(input);
    let mut rows = Vec::new();
    let all = || context.region[RULES].values().cloned().collect();
    let of_groups = |groups: &[String]| {
        let groups: BTreeSet<&String> = groups.iter().collect();
        groups.into_iter().flat_map(|group| groups::rules_of(context, group)).collect()
    };
    let asked: Vec<Arc<SecurityGroupRule>> = filters.exact("group-id").map_or_else(all, of_groups);
    for rule in &asked {
        let tags = tags::of(context.region, &arn(context, &rule.id));
        let pass = filters.pass(&tags, |name| {
            Some(vec![match name {
                "group-id" => rule.group.clone(),
                "security-group-rule-id" => rule.id.clone(),
                _ => return None,
            }])
        })?;
        if pass && (ids.is_empty() || ids.contains(&rule.id)) {
            rows.push((rule.id.clone(), rule_json(context, rule, &tags)));
        }
    }
    rows.sort_by(|one: &(String, Value), other| one.0.cmp(&other.0));
    listing("SecurityGroupRules", rows, input, 5..=1000)
}

/// A rule as the API shows it.
pub fn rule_json(context: &Context, rule: &SecurityGroupRule, tags: &tags::Tags) -> Value {
    let mut row = json!({
        "SecurityGroupRuleId": rule.id, "GroupId": rule.group, "GroupOwnerId": context.account,
        "IsEgress": rule.egress, "IpProtocol": rule.protocol, "FromPort": rule.from, "ToPort": rule.to,
        "Description": rule.description, "Tags": tags::write(tags), "SecurityGroupRuleArn": arn(context, &rule.id),
    });
    match &rule.peer {
        Peer::Ipv4(cidr) => row["CidrIpv4"] = json!(cidr),
        Peer::Ipv6(cidr) => row["CidrIpv6"] = json!(cidr),
        Peer::PrefixList(id) => row["PrefixListId"] = json!(id),
        Peer::Group(id) => row["ReferencedGroupInfo"] = json!({ "GroupId": id, "UserId": context.account }),
    }
    row
}

pub fn modify(context: &mut Context, input: Input) -> Answer {
    let group = groups::named(context, input)?;
    for update in input.structures("SecurityGroupRules") {
        let id = update.text("SecurityGroupRuleId").unwrap_or("");
        let old = context.region[RULES].get(id).filter(|rule| rule.group == group.id).ok_or_else(|| missing(id))?;
        let new = update.structure("SecurityGroupRule");
        let given = ["CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId"];
        let mut peers = given.iter().filter_map(|name| Some((*name, new.filled(name)?)));
        let (Some((kind, peer)), None) = (peers.next(), peers.next()) else {
            return Err(Failure::value(
                "Exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId must be specified",
            ));
        };
        let peer = match kind {
            "CidrIpv4" => Peer::Ipv4(permissions::canonical_v4(peer)?),
            "CidrIpv6" => Peer::Ipv6(permissions::canonical_v6(peer)?),
            "PrefixListId" => Peer::PrefixList(peer.to_owned()),
            _ => Peer::Group(peer.to_owned()),
        };
        permissions::check_description(new.text("Description").unwrap_or(""))?;
        let (protocol, from, to) = permissions::ports(
            new.text("IpProtocol").unwrap_or(&old.protocol),
            new.number("FromPort"),
            new.number("ToPort"),
        )?;
        let description = new.text("Description").map(str::to_owned);
        let mut rule = SecurityGroupRule { protocol, from, to, peer, description, ..(*old).clone() };
        resolve(context, &mut rule)?;
        let others = groups::rules_of(context, &group.id);
        if others.iter().any(|other| other.id != rule.id && other.same_traffic(&rule)) {
            return Err(Failure::new(
                "InvalidPermission.Duplicate",
                format!("the specified rule \"{}\" already exists", rule.text()),
            ));
        }
        context.region[RULES].put(id, rule);
    }
    Ok(json!({ "Return": true }))
}

pub fn redescribe(context: &mut Context, input: Input, egress: bool) -> Answer {
    let group = groups::named(context, input)?;
    for entry in input.structures("SecurityGroupRuleDescriptions") {
        let id = entry.text("SecurityGroupRuleId").unwrap_or("");
        let text = entry.text("Description").unwrap_or("");
        permissions::check_description(text)?;
        let known = context.region[RULES].get(id).is_some_and(|rule| rule.group == group.id && rule.egress == egress);
        if !known {
            return Err(missing(id));
        }
        context.region[RULES].update(id, |rule| rule.description = Some(text.to_owned()));
    }
    if input.has("IpPermissions") {
        let existing = groups::rules_of(context, &group.id);
        for mut wanted in permissions::read(input, &group.id, egress)? {
            resolve(context, &mut wanted)?;
            let Some(found) = existing.iter().find(|rule| rule.same_traffic(&wanted)) else {
                return Err(Failure::new(
                    "InvalidPermission.NotFound",
                    "The specified rule does not exist in this security group.",
                ));
            };
            context.region[RULES].update(&found.id, |rule| rule.description = wanted.description.clone());
        }
    }
    Ok(json!({ "Return": true }))
}
