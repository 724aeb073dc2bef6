//! Global datastores come, go, lose a member and change their primary.

use super::super::super::context::Context;
use super::super::super::failure::{Answer, Failure};
use super::super::super::input::Input;
use super::super::super::lifecycle::Step;
use super::super::super::tags;
use super::super::group::GROUPS;
use super::super::{group, names, tagging};
use super::{GLOBALS, Global, Member, arn, begin, find, home, keep, places, state};

/// Seconds, by the acceptance tests of Terraform's provider less what the replication groups in them take.
const CREATE: f64 = 120.0;
const DETACH: f64 = 300.0;
const FAILOVER: f64 = 120.0;
const DELETE: f64 = 120.0;

pub fn create(context: &mut Context, input: Input) -> Answer {
    let suffix =
        names::identifier(input.needed("GlobalReplicationGroupIdSuffix")?, "GlobalReplicationGroupIdSuffix", 40)?;
    let description = input.text("GlobalReplicationGroupDescription").unwrap_or("");
    names::description(description, "GlobalReplicationGroupDescription")?;
    let tags = tagging::read(input)?;
    let primary = group::find(context, input.needed("PrimaryReplicationGroupId")?)?;
    let id = format!("{}-{suffix}", places::prefix(context.region_name));
    if find(context, &id).is_ok() {
        return Err(Failure::new(
            "GlobalReplicationGroupAlreadyExistsFault",
            format!("Global Replication Group {id} already exists."),
        ));
    }
    if let Some(other) = &primary.global {
        return Err(Failure::value(format!(
            "Replication group {} is already a member of the Global Replication Group {other}.",
            primary.id
        )));
    }
    primary.must_be_available("be the primary of a global datastore")?;
    places::check_region(context.region_name, context.region_name)?;
    places::check_settings(&primary.settings)?;
    let member =
        Member { group: primary.id.clone(), region: context.region_name.to_owned(), status: "associating".into() };
    let global = Global {
        id: id.clone(),
        serial: context.region.next(),
        description: description.to_owned(),
        status: "creating".into(),
        members: vec![member],
        failing_over_to: None,
    };
    context.region[GROUPS].update(&primary.id, |group| group.global = Some(id.clone()));
    let arn = arn(context, &id);
    tags::set(context.region, &arn, tags);
    Ok(begin(context, &global, CREATE, Step::Ready))
}

/// The secondary that a request names by its id and its region.
fn secondary(global: &Global, group: &str, region: &str) -> Result<usize, Failure> {
    let group = group.to_ascii_lowercase();
    let place = global.members.iter().position(|member| member.group == group && member.region == region);
    match place {
        None => Err(Failure::value(format!(
            "Replication group {group} in region {region} is not a member of the Global Replication Group {}.",
            global.id
        ))),
        Some(0) => Err(Failure::value(format!(
            "Replication group {group} in region {region} is the primary of the Global Replication Group {}.",
            global.id
        ))),
        Some(place) => Ok(place),
    }
}

pub fn disassociate(context: &mut Context, input: Input) -> Answer {
    let mut global = (*find(context, input.needed("GlobalReplicationGroupId")?)?).clone();
    let (group, region) = (input.needed("ReplicationGroupId")?, input.needed("ReplicationGroupRegion")?);
    let place = secondary(&global, group, region)?;
    global.must_be_available()?;
    global.members[place].status = "disassociating".into();
    global.status = "modifying".into();
    Ok(begin(context, &global, DETACH, Step::Ready))
}

pub fn failover(context: &mut Context, input: Input) -> Answer {
    let mut global = (*find(context, input.needed("GlobalReplicationGroupId")?)?).clone();
    let (region, group) = (input.needed("PrimaryRegion")?, input.needed("PrimaryReplicationGroupId")?);
    secondary(&global, group, region)?;
    global.must_be_available()?;
    global.failing_over_to = Some(region.to_owned());
    global.status = "modifying".into();
    Ok(begin(context, &global, FAILOVER, Step::Ready))
}

pub fn delete(context: &mut Context, input: Input) -> Answer {
    let mut global = (*find(context, input.needed("GlobalReplicationGroupId")?)?).clone();
    if input.flag("RetainPrimaryReplicationGroup") != Some(true) {
        return Err(Failure::value("RetainPrimaryReplicationGroup must be true."));
    }
    if global.status != "primary-only" {
        return Err(state(format!("Cannot delete a global replication group in {} state", global.status)));
    }
    global.status = "deleting".into();
    Ok(begin(context, &global, DELETE, Step::Gone))
}

/// What was under way is through: roles are swapped, members have come and gone.
pub fn settle(context: &mut Context, mut global: Global) {
    if let Some(region) = global.failing_over_to.take()
        && let Some(place) = global.members.iter().position(|member| member.region == region)
    {
        global.members.swap(0, place);
    }
    for member in global.members.iter().filter(|member| member.status == "disassociating") {
        let leave = |context: &mut Context| context.region[GROUPS].update(&member.group, |group| group.global = None);
        context.within(&member.region, leave);
    }
    global.members.retain(|member| member.status != "disassociating");
    // The primary is in as soon as the datastore is there; a secondary says itself when it is (`is_ready`).
    if global.status == "creating" {
        global.members.iter_mut().for_each(|member| member.status = "associated".into());
    }
    let coming = global.members.iter().any(|member| member.status == "associating");
    global.status = if coming { "modifying" } else { global.at_rest() }.into();
    keep(context, &global);
}

/// The datastore is no more; its primary stays.
pub fn gone(context: &mut Context, global: &Global) {
    for member in &global.members {
        let leave = |context: &mut Context| context.region[GROUPS].update(&member.group, |group| group.global = None);
        context.within(&member.region, leave);
    }
    let arn = arn(context, &global.id);
    context.within(&home(context, &global.id), |context| {
        context.region[GLOBALS].remove(&global.id);
        tags::set(context.region, &arn, tags::Tags::new());
    });
}
