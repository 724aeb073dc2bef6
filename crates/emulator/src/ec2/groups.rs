//! Security groups.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::region::TAGS;
use super::super::service;
use super::super::table::Key;
use super::super::tags;
use super::network::VPCS;
use super::permissions::RULES;
use super::permissions::{self, Peer, SecurityGroupRule};
use super::{Filters, arn, listing, tagging};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A security group; its rules are rows of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub description: String,
    pub vpc: String,
}

/// Security groups by id.
pub const SECURITY_GROUPS: Key<SecurityGroup> = Key::by("security_groups", SecurityGroup::words);

impl SecurityGroup {
    /// What it is found by: its name, whatever the case of its letters.
    pub fn words(&self) -> Vec<String> {
        vec![self.name.to_ascii_lowercase()]
    }
}

/// The groups of a name, whatever the case of its letters.
pub fn called<'a>(context: &'a Context, name: &str) -> impl Iterator<Item = &'a Arc<SecurityGroup>> + use<'a> {
    let found: Vec<&Arc<SecurityGroup>> = context.region[SECURITY_GROUPS].with(&name.to_ascii_lowercase()).collect();
    found.into_iter()
}

/// The rules of a group.
pub fn rules_of(context: &Context, group: &str) -> Vec<Arc<SecurityGroupRule>> {
    context.region[RULES].with(&SecurityGroupRule::word_of(group)).cloned().collect()
}

/// The group of that id, or AWS's refusal.
pub fn find(context: &Context, id: &str) -> Result<Arc<SecurityGroup>, Failure> {
    if !id.starts_with("sg-") {
        return Err(Failure::new("InvalidGroupId.Malformed", format!("Invalid id: \"{id}\" (expecting \"sg-...\")")));
    }
    context.region[SECURITY_GROUPS]
        .get(id)
        .ok_or_else(|| Failure::new("InvalidGroup.NotFound", format!("The security group '{id}' does not exist")))
}

/// The group that `GroupId` or, in the default VPC, `GroupName` means.
pub fn named(context: &Context, input: Input) -> Result<Arc<SecurityGroup>, Failure> {
    if let Some(id) = input.filled("GroupId") {
        return find(context, id);
    }
    let Some(name) = input.filled("GroupName") else {
        return Err(Failure::new("MissingParameter", "The request must contain the parameter groupName or groupId"));
    };
    by_name(context, name)
}

/// The group of that name in the default VPC.
pub fn by_name(context: &Context, name: &str) -> Result<Arc<SecurityGroup>, Failure> {
    let default = context.region[VPCS].values().find(|vpc| vpc.default).map(|vpc| vpc.id.clone());
    let found = called(context, name).find(|group| Some(&group.vpc) == default.as_ref() && group.name == name);
    found.cloned().ok_or_else(|| {
        let vpc = default.unwrap_or_default();
        Failure::new(
            "InvalidGroup.NotFound",
            format!("The security group '{name}' does not exist in default VPC '{vpc}'"),
        )
    })
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    let (ids, names) = (input.texts("GroupIds"), input.texts("GroupNames"));
    ids.iter().try_for_each(|id| find(context, id).map(drop))?;
    names.iter().try_for_each(|name| by_name(context, name).map(drop))?;
    let filters = Filters::read(input);
    let mut rows = Vec::new();
    for group in asked(context, &ids, &names, &filters) {
        let tags = tags::of(context.region, &arn(context, &group.id));
        let rules = rules_of(context, &group.id);
        let rules: Vec<&SecurityGroupRule> = rules.iter().map(|rule| &**rule).collect();
        let pass = filters.pass(&tags, |name| filter_values(context, &group, &rules, name))?;
        if pass {
            rows.push((group.id.clone(), group_json(context, &group, &rules, &tags)));
        }
    }
    listing("SecurityGroups", rows, input, 5..=1000)
}

/// The groups that can be meant: of some ids and names, or all where none is asked for; in the order of their ids.
fn asked(context: &Context, ids: &[String], names: &[String], filters: &Filters) -> Vec<Arc<SecurityGroup>> {
    let groups = &context.region[SECURITY_GROUPS];
    if ids.is_empty() && names.is_empty() {
        return match filters.exact("group-id") {
            Some(ids) => groups.some(ids).map(|(_, group)| group.clone()).collect(),
            None => groups.values().cloned().collect(),
        };
    }
    let by_name = names.iter().flat_map(|name| called(context, name).filter(move |group| group.name == *name));
    let by_id = groups.some(ids).map(|(_, group)| group);
    let found: BTreeMap<&str, &Arc<SecurityGroup>> =
        by_name.chain(by_id).map(|group| (group.id.as_str(), group)).collect();
    found.into_values().cloned().collect()
}

fn filter_values(
    context: &Context,
    group: &SecurityGroup,
    rules: &[&SecurityGroupRule],
    name: &str,
) -> Option<Vec<String>> {
    let (egress, part) = match name.strip_prefix("egress.ip-permission.") {
        Some(part) => (true, part),
        None => (false, name.strip_prefix("ip-permission.").unwrap_or("")),
    };
    if part.is_empty() {
        return Some(vec![match name {
            "group-id" => group.id.clone(),
            "group-name" => group.name.clone(),
            "vpc-id" => group.vpc.clone(),
            "description" => group.description.clone(),
            "owner-id" => context.account.to_owned(),
            _ => return None,
        }]);
    }
    let of = rules.iter().filter(|rule| rule.egress == egress);
    Some(match part {
        "cidr" => {
            of.filter_map(|rule| if let Peer::Ipv4(cidr) = &rule.peer { Some(cidr.clone()) } else { None }).collect()
        }
        "ipv6-cidr" => {
            of.filter_map(|rule| if let Peer::Ipv6(cidr) = &rule.peer { Some(cidr.clone()) } else { None }).collect()
        }
        "group-id" => {
            of.filter_map(|rule| if let Peer::Group(id) = &rule.peer { Some(id.clone()) } else { None }).collect()
        }
        "prefix-list-id" => {
            of.filter_map(|rule| if let Peer::PrefixList(id) = &rule.peer { Some(id.clone()) } else { None }).collect()
        }
        "from-port" => of.map(|rule| rule.from.to_string()).collect(),
        "to-port" => of.map(|rule| rule.to.to_string()).collect(),
        "protocol" => of.map(|rule| rule.protocol.clone()).collect(),
        _ => return None,
    })
}

fn group_json(context: &Context, group: &SecurityGroup, rules: &[&SecurityGroupRule], tags: &tags::Tags) -> Value {
    let side =
        |egress: bool| permissions::write(rules.iter().copied().filter(|rule| rule.egress == egress), context.account);
    json!({
        "OwnerId": context.account, "GroupId": group.id, "GroupName": group.name, "Description": group.description,
        "VpcId": group.vpc, "IpPermissions": side(false), "IpPermissionsEgress": side(true),
        "Tags": tags::write(tags), "SecurityGroupArn": arn(context, &group.id),
    })
}

pub fn create(context: &mut Context, input: Input) -> Answer {
    let (name, description) = (input.text("GroupName").unwrap_or(""), input.text("Description").unwrap_or(""));
    check_text(name, "GroupName")?;
    check_text(description, "GroupDescription")?;
    if name.eq_ignore_ascii_case("default") {
        return Err(Failure::value(format!("Cannot use reserved security group name: {name}")));
    }
    if name.starts_with("sg-") {
        return Err(Failure::value(format!(
            "Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
        )));
    }
    let default = context.region[VPCS].values().find(|vpc| vpc.default).map(|vpc| vpc.id.clone());
    let vpc = input.filled("VpcId").map(str::to_owned).or(default).unwrap_or_default();
    if !context.region[VPCS].contains(&vpc) {
        return Err(Failure::new("InvalidVpcID.NotFound", format!("The vpc ID '{vpc}' does not exist")));
    }
    if called(context, name).any(|group| group.vpc == vpc) {
        return Err(Failure::new(
            "InvalidGroup.Duplicate",
            format!("The security group '{name}' already exists for VPC '{vpc}'"),
        ));
    }
    let tags = tagging::of_specifications(input, "security-group")?;
    let id = context.region.new_id("sg");
    let group = SecurityGroup { id: id.clone(), name: name.into(), description: description.into(), vpc };
    context.region[SECURITY_GROUPS].put(&id, group);
    let rule = context.region.new_id("sgr");
    context.region[RULES].put(
        &rule,
        SecurityGroupRule {
            id: rule.clone(),
            group: id.clone(),
            egress: true,
            protocol: "-1".into(),
            from: -1,
            to: -1,
            peer: Peer::Ipv4("0.0.0.0/0".into()),
            description: None,
        },
    );
    let arn = arn(context, &id);
    tags::set(context.region, &arn, tags.clone());
    Ok(json!({ "GroupId": id, "Tags": tags::write(&tags), "SecurityGroupArn": arn }))
}

fn check_text(text: &str, parameter: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Err(Failure::new("MissingParameter", format!("The request must contain the parameter {parameter}")));
    }
    let why = if !text.is_ascii() {
        "Character sets beyond ASCII are not supported."
    } else if text.len() > 255 {
        "Group names and descriptions may be up to 255 characters long."
    } else if !text.chars().all(|letter| letter.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(letter)) {
        "Allowed characters are a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*."
    } else {
        return Ok(());
    };
    Err(Failure::value(format!("Value ({text}) for parameter {parameter} is invalid. {why}")))
}

pub fn delete(context: &mut Context, input: Input) -> Answer {
    let group = named(context, input)?;
    if group.name == "default" {
        return Err(Failure::new(
            "CannotDelete",
            format!("the specified group: \"{}\" name: \"default\" cannot be deleted by a user", group.id),
        ));
    }
    let referenced =
        context.region[RULES].with(&SecurityGroupRule::word_of_peer(&group.id)).any(|rule| rule.group != group.id);
    let used = service::in_use(context, "security-group", &group.id);
    if referenced || used {
        return Err(Failure::new("DependencyViolation", format!("resource {} has a dependent object", group.id)));
    }
    for rule in rules_of(context, &group.id) {
        context.region[RULES].remove(&rule.id);
        let arn = arn(context, &rule.id);
        context.region[TAGS].remove(&arn);
    }
    context.region[SECURITY_GROUPS].remove(&group.id);
    let arn = arn(context, &group.id);
    context.region[TAGS].remove(&arn);
    Ok(json!({ "Return": true, "GroupId": group.id }))
}
