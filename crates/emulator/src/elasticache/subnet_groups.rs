//! Cache subnet groups.

use super::super::context::Context;
use super::super::ec2::SUBNETS;
use super::super::ec2::VPCS;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::service::{Arns, Part, operation};
use super::super::table::Key;
use super::{names, tagging, usage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Subnet groups: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "CreateCacheSubnetGroup",
            create,
            "lower-case names, one VPC, quotas of 300 groups and 20 subnets, tags",
            "no IPv6, no Outposts",
        ),
        operation("DescribeCacheSubnetGroups", describe, "pages; a missing group is a 400", ""),
        operation("ModifyCacheSubnetGroup", modify, "a subnet in whose zone nodes live stays (SubnetInUse)", ""),
        operation("DeleteCacheSubnetGroup", delete, "refused while in use; the default group stays", ""),
    ],
    tables: &[&SUBNET_GROUPS],
    arns: &[Arns::of("subnetgroup", |context, name| find(context, name).map(drop))],
    ..Part::NONE
};

/// A cache subnet group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubnetGroup {
    pub name: String,
    pub description: String,
    pub vpc: String,
    pub subnets: Vec<String>,
}

/// Subnet groups by name.
pub const SUBNET_GROUPS: Key<SubnetGroup> = Key::new("subnet_groups");

/// The group that caches without a subnet group are put into; made when first needed.
pub const DEFAULT: &str = "default";
/// The most subnets in a group and the most groups in a region.
const MOST_SUBNETS: usize = 20;
const MOST_GROUPS: usize = 300;

/// The group of that name, or ElastiCache's refusal: 400, unlike its siblings.
pub fn find(context: &Context, name: &str) -> Result<Arc<SubnetGroup>, Failure> {
    context.region[SUBNET_GROUPS].get(&name.to_ascii_lowercase()).ok_or_else(|| {
        Failure::new("CacheSubnetGroupNotFoundFault", format!("Cache Subnet Group {name} does not exist."))
    })
}

/// The group for a cache: the named one, or the default one.
pub fn for_cache(context: &mut Context, name: Option<&str>) -> Result<Arc<SubnetGroup>, Failure> {
    let name = name.unwrap_or(DEFAULT);
    if name == DEFAULT && !context.region[SUBNET_GROUPS].contains(DEFAULT) {
        let vpc = context.region[VPCS].values().find(|vpc| vpc.default).map(|vpc| vpc.id.clone()).unwrap_or_default();
        let subnets = context.region[SUBNETS].values().filter(|subnet| subnet.vpc == vpc);
        let subnets = subnets.map(|subnet| subnet.id.clone()).collect();
        let group = SubnetGroup { name: DEFAULT.into(), description: "Default CacheSubnetGroup".into(), vpc, subnets };
        context.region[SUBNET_GROUPS].put(DEFAULT, group);
    }
    find(context, name)
}

/// The zones of a group's subnets, each once, in the order of their names.
pub fn zones(context: &Context, group: &SubnetGroup) -> Vec<String> {
    let mut zones: Vec<String> =
        group.subnets.iter().filter_map(|id| Some(context.region[SUBNETS].get(id)?.zone.clone())).collect();
    zones.sort();
    zones.dedup();
    zones
}

fn check_subnets(context: &Context, ids: &[String]) -> Result<String, Failure> {
    if ids.is_empty() {
        return Err(Failure::value("The parameter SubnetIds must be provided and must not be blank."));
    }
    if ids.len() > MOST_SUBNETS {
        return Err(Failure::new(
            "CacheSubnetQuotaExceededFault",
            format!(
                "The request cannot be processed because it would exceed the allowed number of subnets in a cache subnet group ({MOST_SUBNETS})."
            ),
        ));
    }
    if ids.iter().any(|id| !context.region[SUBNETS].contains(id)) {
        return Err(Failure::value(format!("Some input subnets in :[{}] are invalid.", ids.join(", "))));
    }
    let vpc_of = |id: &String| context.region[SUBNETS].get(id).map(|subnet| subnet.vpc.clone()).unwrap_or_default();
    let vpc = vpc_of(&ids[0]);
    match ids.iter().find(|id| vpc_of(id) != vpc) {
        Some(other) => {
            Err(Failure::new("InvalidSubnet", format!("Subnets {} and {other} are not in the same VPC.", ids[0])))
        }
        None => Ok(vpc),
    }
}

fn unique(mut ids: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    ids
}

pub fn create(context: &mut Context, input: Input) -> Answer {
    let name = names::subnet_group(input.needed("CacheSubnetGroupName")?)?;
    let description = input.needed("CacheSubnetGroupDescription")?;
    names::description(description, "CacheSubnetGroupDescription")?;
    let subnets = unique(input.texts("SubnetIds"));
    let vpc = check_subnets(context, &subnets)?;
    let tags = tagging::read(input)?;
    if context.region[SUBNET_GROUPS].contains(&name) || name == DEFAULT {
        return Err(Failure::new(
            "CacheSubnetGroupAlreadyExists",
            format!("Cache subnet group {name} already exists."),
        ));
    }
    if context.region[SUBNET_GROUPS].len() >= MOST_GROUPS {
        return Err(Failure::new(
            "CacheSubnetGroupQuotaExceeded",
            "The request cannot be processed because it would exceed the allowed number of cache subnet groups.",
        ));
    }
    let group = SubnetGroup { name: name.clone(), description: description.into(), vpc, subnets };
    let shown = to_json(context, &group);
    context.region[SUBNET_GROUPS].put(&name, group);
    tagging::set(context, "subnetgroup", &name, tags);
    Ok(json!({ "CacheSubnetGroup": shown }))
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    if let Some(name) = input.filled("CacheSubnetGroupName") {
        let group = context.region[SUBNET_GROUPS].get(&name.to_ascii_lowercase()).ok_or_else(|| {
            Failure::new("CacheSubnetGroupNotFoundFault", format!("Cache subnet group {name} not found."))
        })?;
        return Ok(json!({ "CacheSubnetGroups": [to_json(context, &group)] }));
    }
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let (page, marker) = paging::page(context.region[SUBNET_GROUPS].iter(), after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|group| to_json(context, group)).collect();
    Ok(json!({ "CacheSubnetGroups": rows, "Marker": marker }))
}

pub fn modify(context: &mut Context, input: Input) -> Answer {
    let given = input.needed("CacheSubnetGroupName")?;
    let mut group =
        context.region[SUBNET_GROUPS].get(&given.to_ascii_lowercase()).map(|group| (*group).clone()).ok_or_else(
            || Failure::new("CacheSubnetGroupNotFoundFault", format!("Cache subnet group {given} not found.")),
        )?;
    if let Some(description) = input.filled("CacheSubnetGroupDescription") {
        names::description(description, "CacheSubnetGroupDescription")?;
        group.description = description.into();
    }
    if input.has("SubnetIds") {
        let subnets = unique(input.texts("SubnetIds"));
        let vpc = check_subnets(context, &subnets)?;
        if vpc != group.vpc {
            return Err(Failure::new(
                "InvalidSubnet",
                format!("Subnets are not in the VPC {} of the cache subnet group.", group.vpc),
            ));
        }
        let (kept, removed): (Vec<&String>, Vec<&String>) = group.subnets.iter().partition(|id| subnets.contains(id));
        if let Some(id) = usage::subnet_needed(context, &group.name, &removed, &kept) {
            return Err(Failure::new("SubnetInUse", format!("The subnet ID {id} is in use.")));
        }
        group.subnets = subnets;
    }
    let shown = to_json(context, &group);
    context.region[SUBNET_GROUPS].put(&group.name.clone(), group);
    Ok(json!({ "CacheSubnetGroup": shown }))
}

pub fn delete(context: &mut Context, input: Input) -> Answer {
    let group = find(context, input.needed("CacheSubnetGroupName")?)?;
    if group.name == DEFAULT {
        return Err(Failure::new("CacheSubnetGroupInUse", "The default cache subnet group cannot be deleted."));
    }
    if let Some(user) = usage::of_subnet_group(context, &group.name) {
        return Err(Failure::new(
            "CacheSubnetGroupInUse",
            format!("Cache subnet group {} is currently in use by {user}.", group.name),
        ));
    }
    context.region[SUBNET_GROUPS].remove(&group.name);
    tagging::forget(context, "subnetgroup", &group.name);
    Ok(json!({}))
}

fn to_json(context: &Context, group: &SubnetGroup) -> Value {
    let subnets: Vec<Value> = group
        .subnets
        .iter()
        .map(|id| {
            let zone = context.region[SUBNETS].get(id).map(|subnet| subnet.zone.clone());
            json!({
                "SubnetIdentifier": id, "SubnetAvailabilityZone": { "Name": zone }, "SupportedNetworkTypes": ["ipv4"],
            })
        })
        .collect();
    json!({
        "CacheSubnetGroupName": group.name, "CacheSubnetGroupDescription": group.description, "VpcId": group.vpc,
        "Subnets": subnets, "ARN": context.arn("subnetgroup", &group.name), "SupportedNetworkTypes": ["ipv4"],
    })
}
