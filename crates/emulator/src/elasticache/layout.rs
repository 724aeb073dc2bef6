//! How the nodes of a group are spread over shards, slots and zones.

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::input::Input;
use super::names;
use super::subnet_groups::{self, SubnetGroup};

/// The slots of a cluster.
const SLOTS: u32 = 16_384;
/// The most replicas of a shard.
pub const MOST_REPLICAS: i64 = 5;

/// One shard that is to be made: its id, its slots, and the zone of each node, the primary first.
#[derive(Debug, Clone)]
pub struct Plan {
    pub id: String,
    pub slots: Option<String>,
    pub zones: Vec<String>,
}

/// Slots spread evenly over so many shards.
pub fn slots(count: usize) -> Vec<String> {
    let count = count.max(1) as u32;
    (0..count)
        .map(|index| {
            let (from, to) = (SLOTS * index / count, SLOTS * (index + 1) / count - 1);
            format!("{from}-{to}")
        })
        .collect()
}

/// Zones for `count` nodes, one after the other from the shard's own first zone on.
pub fn spread(zones: &[String], shard: usize, count: usize) -> Vec<String> {
    zones.iter().cycle().skip(shard % zones.len().max(1)).take(count).cloned().collect()
}

/// Refuses zones in which the subnet group has no subnet.
pub fn check_zones(context: &Context, group: &SubnetGroup, wanted: &[String]) -> Result<(), Failure> {
    let known = subnet_groups::zones(context, group);
    match wanted.iter().find(|zone| !known.contains(zone)) {
        Some(zone) => Err(Failure::value(format!(
            "{zone} is not a valid availability zone for the cache subnet group {}.",
            group.name
        ))),
        None => Ok(()),
    }
}

/// The single shard of a group without cluster mode.
pub fn single(context: &Context, input: Input, group: &SubnetGroup, nodes: i64) -> Result<Vec<Plan>, Failure> {
    let preferred = input.texts("PreferredCacheClusterAZs");
    let mut zones = spread(&subnet_groups::zones(context, group), 0, nodes as usize);
    if !preferred.is_empty() {
        if preferred.len() != nodes as usize {
            return Err(Failure::combination(format!(
                "The number of preferred availability zones ({}) must match the number of cache clusters ({nodes}).",
                preferred.len()
            )));
        }
        check_zones(context, group, &preferred)?;
        zones = preferred;
    }
    let mut configurations = input.structures("NodeGroupConfiguration");
    if let Some(configuration) = configurations.next() {
        zones = configured_zones(context, group, configuration, zones)?;
    }
    Ok(vec![Plan { id: "0001".into(), slots: None, zones }])
}

/// The shards of a group with cluster mode.
pub fn shards(
    context: &Context,
    input: Input,
    group: &SubnetGroup,
    count: i64,
    replicas: i64,
) -> Result<Vec<Plan>, Failure> {
    if count > 1 && !input.texts("PreferredCacheClusterAZs").is_empty() {
        return Err(Failure::combination(
            "PreferredCacheClusterAZs can only be used with one node group; use NodeGroupConfiguration.",
        ));
    }
    let zones = subnet_groups::zones(context, group);
    let configurations: Vec<Input> = input.structures("NodeGroupConfiguration").collect();
    if !configurations.is_empty() && configurations.len() as i64 != count {
        return Err(Failure::combination(format!(
            "The number of node group configurations ({}) must match the number of node groups ({count}).",
            configurations.len()
        )));
    }
    let even = slots(count as usize);
    let mut plans: Vec<Plan> = Vec::new();
    for (index, even) in even.into_iter().enumerate() {
        let mut plan = Plan {
            id: format!("{:04}", index + 1),
            slots: Some(even),
            zones: spread(&zones, index, 1 + replicas as usize),
        };
        if let Some(configuration) = configurations.get(index) {
            if let Some(id) = configuration.filled("NodeGroupId") {
                plan.id = names::node_group(id)?;
            }
            if let Some(given) = configuration.filled("Slots") {
                plan.slots = Some(given.into());
            }
            let own = configuration.number("ReplicaCount").unwrap_or(replicas);
            check_replicas(own)?;
            plan.zones = configured_zones(context, group, *configuration, spread(&zones, index, 1 + own as usize))?;
        }
        if plans.iter().any(|other| other.id == plan.id) {
            return Err(Failure::combination(format!("The node group ID {} was specified more than once.", plan.id)));
        }
        plans.push(plan);
    }
    if configurations.iter().any(|configuration| configuration.filled("Slots").is_some()) {
        check_slots(&plans)?;
    }
    Ok(plans)
}

fn configured_zones(
    context: &Context,
    group: &SubnetGroup,
    configuration: Input,
    mut zones: Vec<String>,
) -> Result<Vec<String>, Failure> {
    let replicas = configuration.texts("ReplicaAvailabilityZones");
    if !replicas.is_empty() && replicas.len() + 1 != zones.len() {
        return Err(Failure::combination(format!(
            "The number of replica availability zones ({}) must match the number of replicas ({}).",
            replicas.len(),
            zones.len() - 1
        )));
    }
    if let Some(primary) = configuration.filled("PrimaryAvailabilityZone") {
        zones[0] = primary.to_owned();
    }
    for (zone, given) in zones.iter_mut().skip(1).zip(replicas) {
        *zone = given;
    }
    check_zones(context, group, &zones)?;
    Ok(zones)
}

/// Multi-AZ wants the nodes of a shard in two zones at least.
pub fn check_multi_az(zones: &[String]) -> Result<(), Failure> {
    if zones.iter().all(|zone| Some(zone) == zones.first()) {
        return Err(Failure::combination(
            "Multi-AZ requires the nodes of each node group to be in at least two availability zones.",
        ));
    }
    Ok(())
}

/// A count of replicas that a shard may have.
pub fn check_replicas(count: i64) -> Result<(), Failure> {
    if !(0..=MOST_REPLICAS).contains(&count) {
        return Err(Failure::value(format!(
            "Invalid number of replicas: {count}. A node group may have 0 to {MOST_REPLICAS} replicas."
        )));
    }
    Ok(())
}

fn check_slots(plans: &[Plan]) -> Result<(), Failure> {
    let bad = |text: &str| {
        Failure::value(format!(
            "Invalid slots: {text}. Each slot from 0 to 16383 must belong to exactly one node group."
        ))
    };
    let mut owned = vec![false; SLOTS as usize];
    for plan in plans {
        let text = plan.slots.as_deref().unwrap_or("");
        for range in text.split(',') {
            let (from, to) = range.trim().split_once('-').unwrap_or((range.trim(), range.trim()));
            let (Ok(from), Ok(to)) = (from.parse::<usize>(), to.parse::<usize>()) else { return Err(bad(text)) };
            if from > to || to >= SLOTS as usize || owned[from..=to].iter().any(|taken| *taken) {
                return Err(bad(text));
            }
            owned[from..=to].fill(true);
        }
    }
    if owned.iter().all(|taken| *taken) { Ok(()) } else { Err(bad("some slots belong to no node group")) }
}
