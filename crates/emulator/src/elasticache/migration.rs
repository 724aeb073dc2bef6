//! Online migration from an engine of one's own into a replication group, or a serverless cache. There is no such engine
//! to look at: what is followed is who is under migration.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target};
use super::super::service::{Part, operation};
use super::super::time::Work;
use super::group::{self, GROUPS};
use super::serverless;
use serde_json::json;
use std::sync::Arc;

const LACKING: &str = "the source is not looked at";
const SERVERLESS: &str = "the source is not looked at; the words of the status are made up";

/// Online migration: what the registry needs of it.
pub const PART: Part = Part {
    operations: &[
        operation("TestMigration", test, "refused under migration and unless available", LACKING),
        operation(
            "PrepareMigration",
            serverless::migration::prepare,
            "of a serverless cache of redis or valkey, one at a time",
            SERVERLESS,
        ),
        operation("StartMigration", start, "one at a time; what is filled here is in step at once", LACKING),
        operation(
            "StopMigration",
            serverless::migration::stop,
            "of a serverless cache, while it is syncing",
            SERVERLESS,
        ),
        operation("CompleteMigration", complete, "only under migration", LACKING),
    ],
    ..Part::NONE
};

/// The serverless cache that a request names, in the place of a group.
fn serverless_cache(input: Input<'_>) -> Result<Option<&str>, Failure> {
    let name = input.filled("ServerlessCacheName");
    if name.is_some() && input.filled("ReplicationGroupId").is_some() {
        return Err(Failure::combination("ReplicationGroupId and ServerlessCacheName cannot be used together."));
    }
    Ok(name)
}

/// The one address of a source.
pub fn check_source(input: Input) -> Result<(), Failure> {
    let sources: Vec<Input> = input.structures("CustomerNodeEndpointList").collect();
    let [source] = sources[..] else {
        return Err(Failure::value("CustomerNodeEndpointList must have exactly one element."));
    };
    source.needed("Address")?;
    match source.number("Port") {
        Some(1..=65_535) => Ok(()),
        _ => Err(Failure::value("The port of the source must be between 1 and 65535.")),
    }
}

fn ready(context: &Context, input: Input) -> Result<Arc<group::ReplicationGroup>, Failure> {
    check_source(input)?;
    let group = group::find(context, input.needed("ReplicationGroupId")?)?;
    if group.migrating {
        return Err(Failure::new(
            "ReplicationGroupAlreadyUnderMigrationFault",
            format!("Replication group {} is already under migration.", group.id),
        ));
    }
    group.must_be_available("migrate")?;
    Ok(group)
}

fn test(context: &mut Context, input: Input) -> Answer {
    let group = ready(context, input)?;
    Ok(json!({ "ReplicationGroup": group::to_json(context, &group) }))
}

fn start(context: &mut Context, input: Input) -> Answer {
    if let Some(name) = serverless_cache(input)? {
        return serverless::migration::start(context, input, name);
    }
    let group = ready(context, input)?;
    turn(context, &group.id, true)
}

fn complete(context: &mut Context, input: Input) -> Answer {
    if let Some(name) = serverless_cache(input)? {
        return serverless::migration::complete(context, input, name);
    }
    let group = group::find(context, input.needed("ReplicationGroupId")?)?;
    if !group.migrating {
        return Err(Failure::new(
            "ReplicationGroupNotUnderMigrationFault",
            format!("Replication group {} is not under migration.", group.id),
        ));
    }
    group.must_be_available("complete the migration")?;
    turn(context, &group.id, false)
}

/// Begins or ends the migration of a group, which is being modified for a while.
fn turn(context: &mut Context, id: &str, on: bool) -> Answer {
    context.region[GROUPS].update(id, |group| {
        group.migrating = on;
        group.status = "modifying".into();
    });
    let group = group::find(context, id)?;
    let due = context.now + context.speed.scale(Work::Settings.seconds());
    lifecycle::schedule(context.region, due, Target::new("Group", id), group.serial, Step::Ready);
    Ok(json!({ "ReplicationGroup": group::to_json(context, &group) }))
}
