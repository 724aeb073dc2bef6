//! Tags of ElastiCache objects: by ARN, and only while a cache is at rest.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::region::Region;
use super::super::tags::{self, Tags};
use super::parameter_groups;
use serde_json::json;

/// Reads the tags that a creation gives.
pub fn read(input: Input) -> Result<Tags, Failure> {
    let tags = tags::read(input, "Tags")?;
    if tags.len() > tags::MOST { Err(full()) } else { Ok(tags) }
}

fn full() -> Failure {
    Failure::new(
        "TagQuotaPerResourceExceeded",
        format!(
            "The request cannot be processed because it would cause the resource to have more than the allowed number of tags ({}).",
            tags::MOST
        ),
    )
}

/// Sets the tags of a new object.
pub fn set(context: &mut Context, kind: &str, name: &str, tags: Tags) {
    let arn = context.arn(kind, name);
    tags::set(context.region, &arn, tags);
}

/// The tags of an object.
pub fn of(context: &Context, kind: &str, name: &str) -> Tags {
    tags::of(context.region, &context.arn(kind, name))
}

/// Forgets the tags of an object that is gone.
pub fn forget(context: &mut Context, kind: &str, name: &str) {
    let arn = context.arn(kind, name);
    context.region.tags.remove(&arn);
}

/// Forgets the tags of an object that is gone, where only the region is at hand.
pub fn forget_of(region: &mut Region, kind: &str, name: &str) {
    let arn = region.arn(kind, name);
    region.tags.remove(&arn);
}

/// The object that an ARN names must exist and, if it is a cache, be at rest.
pub fn check(context: &Context, arn: &str) -> Result<(), Failure> {
    let invalid = || Failure::new("InvalidARN", format!("The ARN {arn} is not valid."));
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let [_, _, "elasticache", region, account, kind, name] = parts[..] else { return Err(invalid()) };
    if region != context.region_name || account != context.account || context.arn(kind, name) != arn {
        return Err(invalid());
    }
    let status = match kind {
        "replicationgroup" => match context.region.groups.get(name) {
            Some(group) => group.status.clone(),
            None => {
                return Err(Failure::missing(
                    "ReplicationGroupNotFoundFault",
                    format!("ReplicationGroup {name} not found."),
                ));
            }
        },
        "cluster" => match context.region.clusters.get(name) {
            Some(cluster) => cluster.status.clone(),
            None => {
                return Err(Failure::missing(
                    "CacheClusterNotFound",
                    format!("{name} is either not present or not available."),
                ));
            }
        },
        "subnetgroup" => {
            super::subnet_groups::find(context, name)?;
            "available".into()
        }
        "parametergroup" => {
            parameter_groups::find(context, name)?;
            "available".into()
        }
        "snapshot" => match context.region.snapshots.get(name) {
            Some(snapshot) => snapshot.status.clone(),
            None => return Err(Failure::missing("SnapshotNotFoundFault", format!("Snapshot {name} not found."))),
        },
        _ => return Err(invalid()),
    };
    match (kind, status.as_str()) {
        (_, "available") => Ok(()),
        ("replicationgroup", _) => Err(Failure::new(
            "InvalidReplicationGroupState",
            "Cluster not in available state to perform tagging operations.",
        )),
        // The model has no state error of clusters for these operations; AWS calls such a cluster not found.
        ("cluster", _) => {
            Err(Failure::missing("CacheClusterNotFound", format!("{name} is either not present or not available.")))
        }
        _ => Ok(()),
    }
}

pub fn add(context: &mut Context, input: Input) -> Answer {
    let arn = input.needed("ResourceName")?;
    check(context, arn)?;
    let new = read(input)?;
    for member in members_of(context, arn) {
        tags::add(context.region, &member, new.clone(), full)?;
    }
    tags::add(context.region, arn, new, full)?;
    Ok(json!({ "TagList": tags::write(&tags::of(context.region, arn)) }))
}

pub fn remove(context: &mut Context, input: Input) -> Answer {
    let arn = input.needed("ResourceName")?;
    check(context, arn)?;
    let keys = input.texts("TagKeys");
    let current = tags::of(context.region, arn);
    if let Some(key) = keys.iter().find(|key| !current.contains_key(*key)) {
        return Err(Failure::missing("TagNotFound", format!("The tag key {key} was not found on the resource.")));
    }
    for member in members_of(context, arn) {
        tags::remove(context.region, &member, keys.iter().map(String::as_str));
    }
    tags::remove(context.region, arn, keys.iter().map(String::as_str));
    Ok(json!({ "TagList": tags::write(&tags::of(context.region, arn)) }))
}

pub fn list(context: &mut Context, input: Input) -> Answer {
    let arn = input.needed("ResourceName")?;
    check(context, arn)?;
    Ok(json!({ "TagList": tags::write(&tags::of(context.region, arn)) }))
}

/// The members of a group, which take part in its tags.
fn members_of(context: &Context, arn: &str) -> Vec<String> {
    let Some((_, name)) = arn.split_once(":replicationgroup:") else { return Vec::new() };
    let members = context.region.groups.get(name);
    members.iter().flat_map(|group| group.members()).map(|member| context.arn("cluster", member)).collect()
}
