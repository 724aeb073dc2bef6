//! Global datastores: one primary replication group and secondaries of other regions that follow it.
//!
//! A datastore is kept in the region in which it was made and is found from every region of the account. What its
//! members have in common is read from the primary and changed on all of them at once; the member's own operations
//! refuse it (`members`).

mod calls;
mod change;
mod members;
mod places;

pub use members::{is_ready, refuse_of_member, secondary};

use super::super::context::{Context, partition};
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target, Timer};
use super::super::paging;
use super::super::service::{Arns, Part, operation};
use super::super::table::Key;
use super::group::{GROUPS, ReplicationGroup};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Global datastores: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "CreateGlobalReplicationGroup",
            calls::create,
            "prefixes of 19 regions, node families, versions, tags",
            "prefixes of other regions are made up; a primary need not have cluster mode or failover",
        ),
        operation("DescribeGlobalReplicationGroups", describe, "from every region, members on request, pages", ""),
        operation(
            "ModifyGlobalReplicationGroup",
            change::modify,
            "one property in a call, upgrades with a parameter group for each region, redis to valkey; all members follow",
            "",
        ),
        operation(
            "IncreaseNodeGroupsInGlobalReplicationGroup",
            change::increase,
            "shards of all members, zones by region",
            "",
        ),
        operation(
            "DecreaseNodeGroupsInGlobalReplicationGroup",
            change::decrease,
            "shards to remove or to retain, on all members",
            "",
        ),
        operation(
            "RebalanceSlotsInGlobalReplicationGroup",
            change::rebalance,
            "slots spread evenly on all members",
            "",
        ),
        operation("FailoverGlobalReplicationGroup", calls::failover, "primary and secondary swap roles", ""),
        operation(
            "DisassociateGlobalReplicationGroup",
            calls::disassociate,
            "a secondary stays as a replication group of its own",
            "",
        ),
        operation("DeleteGlobalReplicationGroup", calls::delete, "only without secondaries; the primary stays", ""),
    ],
    tables: &[&GLOBALS],
    due: &[("Global", due)],
    arns: &[Arns {
        arn: |context, _, id| arn(context, id),
        keeper: home,
        ..Arns::of("globalreplicationgroup", taggable)
    }],
    ..Part::NONE
};

/// A global datastore.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Global {
    pub id: String,
    /// Tells this datastore from an earlier one of the same id.
    pub serial: u64,
    pub description: String,
    /// `creating`, `primary-only`, `available`, `modifying` or `deleting`.
    pub status: String,
    /// The primary first.
    pub members: Vec<Member>,
    /// The region that becomes the primary one.
    pub failing_over_to: Option<String>,
}

/// A replication group in a global datastore.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Member {
    pub group: String,
    pub region: String,
    /// `associating`, `associated` or `disassociating`.
    pub status: String,
}

/// Global datastores by id.
pub const GLOBALS: Key<Global> = Key::new("globals");

fn arn(context: &Context, id: &str) -> String {
    format!("{}:elasticache::{}:globalreplicationgroup:{id}", partition(context.region_name), context.account)
}

/// The region that keeps a datastore; the caller's own where there is none of that id.
fn home(context: &Context, id: &str) -> String {
    let kept = |(_, region): &(&str, &super::super::region::Region)| region[GLOBALS].contains(id);
    context.regions().find(kept).map_or(context.region_name, |(name, _)| name).to_owned()
}

/// The datastore of that id, or ElastiCache's refusal.
pub fn find(context: &Context, id: &str) -> Result<Arc<Global>, Failure> {
    let lower = id.to_ascii_lowercase();
    context.regions().find_map(|(_, region)| region[GLOBALS].get(&lower)).ok_or_else(|| {
        Failure::missing(
            "GlobalReplicationGroupNotFoundFault",
            format!("Global Replication Group {id} does not exist."),
        )
    })
}

fn state(text: String) -> Failure {
    Failure::new("InvalidGlobalReplicationGroupState", text)
}

impl Global {
    fn must_be_available(&self) -> Result<(), Failure> {
        if ["available", "primary-only"].contains(&self.status.as_str()) {
            return Ok(());
        }
        Err(state(format!("Global Replication Group {} is in {} state.", self.id, self.status)))
    }

    fn primary<'a>(&self, context: &'a Context) -> Option<&'a Arc<ReplicationGroup>> {
        let member = self.members.first()?;
        let (_, region) = context.regions().find(|(name, _)| *name == member.region)?;
        region[GROUPS].iter().find(|(id, _)| **id == member.group).map(|(_, group)| group)
    }

    /// The role of a member.
    pub fn role(&self, group: &str, region: &str) -> &'static str {
        let primary = self.members.first().is_some_and(|member| (&*member.group, &*member.region) == (group, region));
        if primary { "PRIMARY" } else { "SECONDARY" }
    }

    fn at_rest(&self) -> &'static str {
        if self.members.len() > 1 { "available" } else { "primary-only" }
    }
}

/// Keeps a datastore, and has a step done `seconds` later; the answer to the request.
fn begin(context: &mut Context, global: &Global, seconds: f64, step: Step) -> Value {
    let due = context.now + context.speed.scale(seconds);
    keep(context, global);
    context.within(&home(context, &global.id), |context| {
        lifecycle::schedule(context.region, due, Target::new("Global", &global.id), global.serial, step);
    });
    json!({ "GlobalReplicationGroup": to_json(context, global, true) })
}

fn keep(context: &mut Context, global: &Global) {
    context.within(&home(context, &global.id), |context| context.region[GLOBALS].put(&global.id, global.clone()));
}

fn taggable(context: &Context, id: &str) -> Result<(), Failure> {
    match find(context, id)?.status.as_str() {
        "creating" | "deleting" => Err(state(format!("Global Replication Group {id} is not at rest."))),
        _ => Ok(()),
    }
}

fn describe(context: &mut Context, input: Input) -> Answer {
    let shown = input.flag("ShowMemberInfo") == Some(true);
    if let Some(id) = input.filled("GlobalReplicationGroupId") {
        let global = find(context, id)?;
        return Ok(json!({ "GlobalReplicationGroups": [to_json(context, &global, shown)] }));
    }
    let (after, size) = (paging::marker(input)?, paging::max_records_from(input, 1)?);
    let all: BTreeMap<String, Arc<Global>> = context
        .regions()
        .flat_map(|(_, region)| region[GLOBALS].iter())
        .map(|(id, row)| (id.clone(), row.clone()))
        .collect();
    let (page, marker) = paging::page(all.iter(), after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|global| to_json(context, global, shown)).collect();
    Ok(json!({ "GlobalReplicationGroups": rows, "Marker": marker }))
}

fn to_json(context: &Context, global: &Global, members: bool) -> Value {
    let primary = global.primary(context);
    let settings = primary.map(|group| &group.settings);
    let shards = primary
        .iter()
        .flat_map(|group| &group.shards)
        .map(|shard| json!({ "GlobalNodeGroupId": format!("{}-{}", global.id, shard.id), "Slots": shard.slots }));
    let shards: Vec<Value> = shards.collect();
    let mut row = json!({
        "GlobalReplicationGroupId": global.id, "GlobalReplicationGroupDescription": global.description,
        "Status": global.status, "CacheNodeType": settings.map(|own| &own.node_type),
        "Engine": settings.map(|own| &own.engine), "EngineVersion": settings.map(|own| &own.version),
        "ClusterEnabled": primary.map(|group| group.cluster_enabled),
        "GlobalNodeGroups": shards, "AuthTokenEnabled": settings.map(|own| !own.tokens.is_empty()),
        "TransitEncryptionEnabled": settings.map(|own| own.tls),
        "AtRestEncryptionEnabled": settings.map(|own| own.at_rest), "ARN": arn(context, &global.id),
    });
    if members {
        row["Members"] = global.members.iter().map(|member| member_json(context, global, member)).collect();
    }
    row
}

fn member_json(context: &Context, global: &Global, member: &Member) -> Value {
    let region = context.regions().find(|(name, _)| *name == member.region);
    let group = region.and_then(|(_, region)| region[GROUPS].get(&member.group));
    json!({
        "ReplicationGroupId": member.group, "ReplicationGroupRegion": member.region,
        "Role": global.role(&member.group, &member.region), "Status": member.status,
        "AutomaticFailover": group.map(|group| if group.failover { "enabled" } else { "disabled" }),
    })
}

/// `GlobalReplicationGroupInfo` of a replication group.
pub fn info(context: &Context, group: &ReplicationGroup) -> Value {
    let global = group.global.as_ref().and_then(|id| find(context, id).ok());
    global.map_or(json!({}), |global| {
        json!({
            "GlobalReplicationGroupId": global.id,
            "GlobalReplicationGroupMemberRole": global.role(&group.id, context.region_name),
        })
    })
}

fn due(context: &mut Context, id: &str, timer: &Timer) {
    let Ok(global) = find(context, id) else { return };
    if global.serial != timer.serial {
        return;
    }
    match timer.step {
        Step::Gone => calls::gone(context, &global),
        _ => calls::settle(context, (*global).clone()),
    }
}
