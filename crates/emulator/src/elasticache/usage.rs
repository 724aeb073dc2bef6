//! Who uses a subnet group, a parameter group or a subnet.

use super::super::context::Context;
use super::super::ec2::SUBNETS;
use super::super::failure::Failure;
use super::cluster::CLUSTERS;
use super::group::GROUPS;

/// Refuses more nodes than the account may have in the region.
pub fn within_node_quota(context: &Context, more: usize) -> Result<(), Failure> {
    let Some(most) = context.quotas.nodes else { return Ok(()) };
    let now: usize = context.region[CLUSTERS].values().map(|cluster| cluster.nodes.len()).sum();
    if more == 0 || now + more <= most {
        return Ok(());
    }
    let text = format!(
        "The request cannot be processed because it would exceed the allowed number of cache nodes ({most}) per customer."
    );
    Err(Failure::new("NodeQuotaForCustomerExceeded", text))
}

/// A cache that uses the subnet group.
pub fn of_subnet_group(context: &Context, name: &str) -> Option<String> {
    let groups = context.region[GROUPS].values().find(|group| group.settings.subnet_group == name);
    groups.map(|group| group.id.clone()).or_else(|| {
        let mut clusters = context.region[CLUSTERS].values();
        let user = clusters.find(|cluster| cluster.alone().is_some_and(|settings| settings.subnet_group == name));
        user.map(|cluster| cluster.id.clone())
    })
}

/// A cache that uses the parameter group, now or once a change is through.
pub fn of_parameter_group(context: &Context, name: &str) -> Option<String> {
    let wants = |change: &Option<super::change::Change>| {
        change.as_ref().is_some_and(|change| change.parameter_group.as_deref() == Some(name))
    };
    let user = context.region[GROUPS]
        .values()
        .find(|group| group.settings.parameter_group == name || wants(&group.pending) || wants(&group.applying));
    user.map(|group| group.id.clone()).or_else(|| {
        let user = context.region[CLUSTERS].values().find(|cluster| {
            cluster.alone().is_some_and(|settings| settings.parameter_group == name)
                || wants(&cluster.pending)
                || wants(&cluster.applying)
        });
        user.map(|cluster| cluster.id.clone())
    })
}

/// A subnet that may not leave a group, because nodes live in its zone and no other subnet of the zone stays; one
/// that only comes has no nodes yet.
pub fn subnet_needed<'a>(
    context: &Context,
    group: &str,
    removed: &[&'a String],
    kept: &[&String],
) -> Option<&'a String> {
    let zone = |id: &str| context.region[SUBNETS].get(id).map(|subnet| subnet.zone.clone());
    let lost: Vec<&&String> = removed.iter().filter(|id| !kept.iter().any(|other| zone(other) == zone(id))).collect();
    if lost.is_empty() {
        return None;
    }
    let mut used = std::collections::BTreeSet::new();
    for cluster in context.region[CLUSTERS].values() {
        let of = match (&cluster.group, cluster.alone()) {
            (_, Some(settings)) => Some(settings.subnet_group.clone()),
            (Some(id), None) => context.region[GROUPS].get(id).map(|group| group.settings.subnet_group.clone()),
            _ => None,
        };
        if of.as_deref() == Some(group) {
            used.extend(cluster.nodes.iter().map(|node| node.zone.clone()));
        }
    }
    lost.into_iter().find(|id| zone(id).is_some_and(|zone| used.contains(&zone))).copied()
}
