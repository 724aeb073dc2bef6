//! Adding rules to security groups and taking them away.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::region::TAGS;
use super::super::tags;
use super::permissions::RULES;
use super::permissions::{self, Peer, SecurityGroupRule};
use super::rules::rule_json;
use super::{arn, groups, tagging};
use serde_json::{Value, json};

/// The most rules of one direction in a group.
const MOST: usize = 60;

pub fn authorize(context: &mut Context, input: Input, egress: bool) -> Answer {
    let group = groups::named(context, input)?;
    let mut rules = permissions::read(input, &group.id, egress)?;
    let tags = tagging::of_specifications(input, "security-group-rule")?;
    let existing = groups::rules_of(context, &group.id);
    for index in 0..rules.len() {
        resolve(context, &mut rules[index])?;
        let (before, rule) = (&rules[..index], &rules[index]);
        if before.iter().any(|other| other.same_traffic(rule)) {
            return Err(Failure::value("The same permission must not appear multiple times"));
        }
        if existing.iter().any(|other| other.same_traffic(rule)) {
            return Err(Failure::new(
                "InvalidPermission.Duplicate",
                format!("the specified rule \"{}\" already exists", rule.text()),
            ));
        }
    }
    if existing.iter().filter(|rule| rule.egress == egress).count() + rules.len() > MOST {
        return Err(Failure::new(
            "RulesPerSecurityGroupLimitExceeded",
            "The maximum number of rules per security group has been reached.",
        ));
    }
    let mut answer = Vec::new();
    for mut rule in rules {
        rule.id = context.region.new_id("sgr");
        let arn = arn(context, &rule.id);
        tags::set(context.region, &arn, tags.clone());
        answer.push(rule_json(context, &rule, &tags));
        context.region[RULES].put(&rule.id.clone(), rule);
    }
    Ok(json!({ "Return": true, "SecurityGroupRules": answer }))
}

/// Turns a group's name into its id, and refuses peers that do not exist.
pub fn resolve(context: &Context, rule: &mut SecurityGroupRule) -> Result<(), Failure> {
    match &mut rule.peer {
        Peer::Group(id) if id.starts_with("sg-") => groups::find(context, id).map(drop),
        Peer::Group(name) => {
            *name = groups::by_name(context, name)?.id.clone();
            Ok(())
        }
        Peer::PrefixList(id) if !id.starts_with("pl-") => {
            Err(Failure::new("InvalidPrefixListId.Malformed", format!("Invalid id: \"{id}\" (expecting \"pl-...\")")))
        }
        _ => Ok(()),
    }
}

pub fn revoke(context: &mut Context, input: Input, egress: bool) -> Answer {
    let ids = input.texts("SecurityGroupRuleIds");
    if !ids.is_empty() {
        for id in &ids {
            let rule = context.region[RULES].get(id).filter(|rule| rule.egress == egress);
            let missing = || {
                Failure::new(
                    "InvalidSecurityGroupRuleId.NotFound",
                    format!("The security group rule ID '{id}' does not exist"),
                )
            };
            let rule = rule.ok_or_else(missing)?;
            if let Some(group) = input.filled("GroupId").filter(|group| *group != rule.group) {
                groups::find(context, group)?;
                return Err(missing());
            }
        }
        return Ok(remove(context, &ids));
    }
    let group = groups::named(context, input)?;
    let mut wanted = permissions::read(input, &group.id, egress)?;
    let existing = groups::rules_of(context, &group.id);
    let mut ids = Vec::new();
    for rule in &mut wanted {
        // A peer group may have gone; its rules can still be named by its id.
        if !matches!(&rule.peer, Peer::Group(id) if id.starts_with("sg-")) {
            resolve(context, rule)?;
        }
        match existing.iter().find(|other| other.same_traffic(rule)) {
            Some(found) => ids.push(found.id.clone()),
            None => {
                return Err(Failure::new(
                    "InvalidPermission.NotFound",
                    "The specified rule does not exist in this security group.",
                ));
            }
        }
    }
    Ok(remove(context, &ids))
}

fn remove(context: &mut Context, ids: &[String]) -> Value {
    let mut revoked = Vec::new();
    for id in ids {
        let arn = arn(context, id);
        context.region[TAGS].remove(&arn);
        if let Some(rule) = context.region[RULES].remove(id) {
            let mut row = json!({
                "SecurityGroupRuleId": rule.id, "GroupId": rule.group, "IsEgress": rule.egress,
                "IpProtocol": rule.protocol, "FromPort": rule.from, "ToPort": rule.to, "Description": rule.description,
            });
            let (member, value) = match &rule.peer {
                Peer::Ipv4(cidr) => ("CidrIpv4", cidr),
                Peer::Ipv6(cidr) => ("CidrIpv6", cidr),
                Peer::PrefixList(id) => ("PrefixListId", id),
                Peer::Group(id) => ("ReferencedGroupId", id),
            };
            row[member] = json!(value);
            revoked.push(row);
        }
    }
    json!({ "Return": true, "UnknownIpPermissions": [], "RevokedSecurityGroupRules": revoked })
}
