//! TestFailover.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target};
use super::super::region::Region;
use super::super::time::Work;
use super::change::Change;
use super::events::EVENTS;
use super::group;
use super::group::{GROUPS, ReplicationGroup};
use serde_json::json;

/// The most shards in 24 hours, over all groups of a region.
const MOST_A_DAY: usize = 15;
const DAY_MS: u64 = 24 * 3_600_000;
const CALLED: &str = "Test Failover API called for node group ";

fn within_quota(context: &Context) -> Result<(), Failure> {
    let recent = context.region[EVENTS]
        .values()
        .filter(|event| event.text.starts_with(CALLED) && event.at + DAY_MS > context.now);
    match recent.count() < MOST_A_DAY {
        true => Ok(()),
        false => Err(Failure::new(
            "APICallRateForCustomerExceeded",
            "The customer has exceeded the allowed rate of API calls.",
        )),
    }
}

pub fn test(context: &mut Context, input: Input) -> Answer {
    let old = group::find(context, input.needed("ReplicationGroupId")?)?;
    old.must_be_available("test failover")?;
    let id = input.needed("NodeGroupId")?;
    let shard = old
        .shards
        .iter()
        .find(|shard| shard.id == id)
        .ok_or_else(|| Failure::missing("NodeGroupNotFoundFault", format!("Node group {id} not found.")))?;
    if !old.failover {
        return Err(Failure::combination("Test failover requires automatic failover to be enabled."));
    }
    let Some(next) = shard.members.iter().find(|member| **member != shard.primary) else {
        return Err(Failure::combination("Test failover requires at least one replica in the node group."));
    };
    within_quota(context)?;
    let mut new = (*old).clone();
    new.status = "modifying".into();
    new.applying = Some(Change { primary: Some(next.clone()), ..Change::default() });
    let due = context.now + context.speed.scale(Work::Failover.seconds());
    lifecycle::schedule(context.region, due, Target::new("Group", new.id.clone()), new.serial, Step::Apply);
    super::record(context.region, context.now, "replication-group", &new.id, &format!("{CALLED}{id}"));
    context.region[GROUPS].put(&new.id.clone(), new.clone());
    Ok(json!({ "ReplicationGroup": group::to_json(context, &new) }))
}

/// Tells that a replica has taken over from the primary that there was, as AWS tells it: of the node and of the group.
pub fn ended(region: &mut Region, before: &ReplicationGroup, next: &str, now: u64) {
    let Some(shard) = before.shards.iter().find(|shard| shard.members.iter().any(|member| member == next)) else {
        return;
    };
    if shard.primary == next {
        return;
    }
    let text = format!("Failover from primary node {} to replica node {next} completed", shard.primary);
    super::record(region, now, "cache-cluster", &shard.primary, &text);
    super::record(region, now, "replication-group", &before.id, &text);
    super::record(region, now, "cache-cluster", &shard.primary, "Recovering cache nodes 0001");
    super::record(region, now, "cache-cluster", &shard.primary, "Finished recovery for cache nodes 0001");
}
