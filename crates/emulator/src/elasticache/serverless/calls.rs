//! CreateServerlessCache and DeleteServerlessCache.

use super::super::super::context::Context;
use super::super::super::ec2::{SECURITY_GROUPS, SUBNETS, VPCS};
use super::super::super::failure::{Answer, Failure};
use super::super::super::input::Input;
use super::super::super::lifecycle::{self, Step};
use super::super::{names, settings, tagging, user_groups};
use super::limits::Limits;
use super::{CREATE, DELETE, SERVERLESS, Serverless, find, snapshots, to_json, version};
use serde_json::json;
use std::collections::BTreeSet;

pub fn create(context: &mut Context, input: Input) -> Answer {
    let name = names::identifier(input.needed("ServerlessCacheName")?, "ServerlessCacheName", 40)?;
    let engine = input.needed("Engine")?.to_ascii_lowercase();
    let major = version(&engine, input.filled("MajorEngineVersion"))?.to_owned();
    let description = input.text("Description").unwrap_or("");
    names::description(description, "Description")?;
    let tags = tagging::read(input)?;
    if context.region[SERVERLESS].contains(&name) {
        return Err(Failure::new(
            "ServerlessCacheAlreadyExistsFault",
            format!("ServerlessCache {name} already exists."),
        ));
    }
    let subnets = subnets(context, input)?;
    let security_groups = security_groups(context, input, &subnets)?;
    let retention = retention(input)?.unwrap_or(0);
    let picked = names::default_windows(&name).1[..5].to_owned();
    let snapshot_time = snapshot_time(input)?.or((retention > 0).then_some(picked));
    snapshots::check_sources(context, input, &engine)?;
    let mut cache = Serverless {
        serial: context.region.next(),
        description: description.to_owned(),
        status: "creating".into(),
        created: context.now,
        limits: Limits::read(input, &Limits::default())?,
        kms: input.filled("KmsKeyId").map(str::to_owned),
        security_groups,
        subnets,
        user_group: user_group(context, input, &engine)?,
        retention,
        snapshot_time,
        connection: connection(input, &engine, &major)?,
        integrations: integrations(input)?,
        backup_at: None,
        edit: None,
        migration: None,
        name,
        engine,
        major,
    };
    let due = context.now + context.speed.scale(CREATE);
    lifecycle::schedule(context.region, due, cache.target(), cache.serial, Step::Ready);
    cache.plan_backup(context);
    context.region[SERVERLESS].put(&cache.name.clone(), cache.clone());
    tagging::set(context, "serverlesscache", &cache.name, tags);
    Ok(json!({ "ServerlessCache": to_json(context, &cache) }))
}

/// The user group that a request names, which a cache of that engine takes.
pub fn user_group(context: &Context, input: Input, engine: &str) -> Result<Option<String>, Failure> {
    let Some(id) = input.filled("UserGroupId") else { return Ok(None) };
    if engine == "memcached" {
        return Err(Failure::combination("UserGroupId is not supported for engine memcached."));
    }
    Ok(Some(user_groups::for_cache(context, id, engine)?.id.clone()))
}

/// `SnapshotRetentionLimit`: 0 to 35 days, of every engine.
pub fn retention(input: Input) -> Result<Option<i64>, Failure> {
    match input.number("SnapshotRetentionLimit") {
        Some(days) if !(0..=35).contains(&days) => {
            Err(Failure::value(format!("Invalid snapshot retention limit: {days}. It must be between 0 and 35.")))
        }
        other => Ok(other),
    }
}

/// `DailySnapshotTime`: `hh:mm`.
pub fn snapshot_time(input: Input) -> Result<Option<String>, Failure> {
    let Some(time) = input.filled("DailySnapshotTime") else { return Ok(None) };
    names::Window::minute(time)?;
    Ok(Some(time.to_owned()))
}

/// The subnets of a request, of one VPC; otherwise one of the default VPC in each of up to three zones.
fn subnets(context: &Context, input: Input) -> Result<Vec<String>, Failure> {
    let ids = input.texts("SubnetIds");
    if ids.is_empty() {
        let default = context.region[VPCS].values().find(|vpc| vpc.default).map(|vpc| vpc.id.clone());
        let own = context.region[SUBNETS].values().filter(|subnet| Some(&subnet.vpc) == default.as_ref());
        let mut own: Vec<_> = own.collect();
        own.sort_by(|one, other| one.zone.cmp(&other.zone));
        own.dedup_by(|one, other| one.zone == other.zone);
        let most = if context.region_name == "us-west-1" { 2 } else { 3 };
        return Ok(own.into_iter().take(most).map(|subnet| subnet.id.clone()).collect());
    }
    let missing: Vec<&str> =
        ids.iter().map(String::as_str).filter(|id| !context.region[SUBNETS].contains(id)).collect();
    if !missing.is_empty() {
        return Err(Failure::value(format!("Some input subnets in :[{}] are invalid.", missing.join(", "))));
    }
    if vpcs(context, &ids).len() > 1 {
        return Err(Failure::combination("The subnets of a serverless cache must belong to one VPC."));
    }
    Ok(ids)
}

fn vpcs(context: &Context, subnets: &[String]) -> BTreeSet<String> {
    subnets.iter().filter_map(|id| Some(context.region[SUBNETS].get(id)?.vpc.clone())).collect()
}

/// The security groups of a request, in the VPC of the subnets; otherwise that VPC's default group.
fn security_groups(context: &Context, input: Input, subnets: &[String]) -> Result<Vec<String>, Failure> {
    let vpcs = vpcs(context, subnets);
    let Some(ids) = settings::read_security_groups(context, input)? else {
        let default = context.region[SECURITY_GROUPS].with("default");
        let default = default.filter(|group| vpcs.contains(&group.vpc) && group.name == "default");
        return Ok(default.map(|group| group.id.clone()).collect());
    };
    check_vpc(context, &ids, subnets)?;
    Ok(ids)
}

/// Security groups are of the VPC that the subnets are of.
pub fn check_vpc(context: &Context, ids: &[String], subnets: &[String]) -> Result<(), Failure> {
    let vpcs = vpcs(context, subnets);
    let strange =
        |id: &&String| context.region[SECURITY_GROUPS].get(id).is_some_and(|group| !vpcs.contains(&group.vpc));
    match ids.iter().find(strange) {
        Some(id) => {
            Err(Failure::combination(format!("The security group {id} belongs to a different VPC than the subnets.")))
        }
        None => Ok(()),
    }
}

fn connection(input: Input, engine: &str, major: &str) -> Result<String, Failure> {
    if let Some(other) = input.filled("NetworkType").filter(|other| *other != "ipv4") {
        // Every subnet of the emulator is an IPv4 one.
        return Err(Failure::combination(format!("The subnets do not support the network type {other}.")));
    }
    match input.filled("ConnectionType").unwrap_or("vpc") {
        "vpc" => Ok("vpc".into()),
        "public" if (engine, major) == ("valkey", "9") => Ok("public".into()),
        "public" => Err(Failure::value("The connection type public requires engine valkey version 9 or later.")),
        other => Err(Failure::value(format!("Invalid connection type: {other}. Valid values are vpc and public."))),
    }
}

fn integrations(input: Input) -> Result<Vec<String>, Failure> {
    let kinds = input.structures("Integrations").map(|entry| entry.text("IntegrationType").unwrap_or("").to_owned());
    let kinds: Vec<String> = kinds.collect();
    match kinds.iter().find(|kind| *kind != "dynamodb") {
        Some(kind) => Err(Failure::value(format!("Invalid integration type: {kind}. The valid value is dynamodb."))),
        None => Ok(kinds),
    }
}

pub fn delete(context: &mut Context, input: Input) -> Answer {
    let mut cache = (*find(context, input.needed("ServerlessCacheName")?)?).clone();
    cache.must_be_available()?;
    if let Some(name) = input.filled("FinalSnapshotName") {
        snapshots::last(context, name, &cache)?;
    }
    cache.status = "deleting".into();
    let due = context.now + context.speed.scale(DELETE);
    lifecycle::schedule(context.region, due, cache.target(), cache.serial, Step::Gone);
    context.region[SERVERLESS].put(&cache.name.clone(), cache.clone());
    Ok(json!({ "ServerlessCache": to_json(context, &cache) }))
}
