//! Snapshots of serverless caches.

use super::super::super::context::Context;
use super::super::super::failure::{Answer, Failure};
use super::super::super::input::Input;
use super::super::super::lifecycle::{self, Step, Target, Timer};
use super::super::super::paging;
use super::super::super::service::{Arns, Part, operation};
use super::super::super::table::Key;
use super::super::super::wire::timestamp_text;
use super::super::snapshot::SNAPSHOTS;
use super::super::{names, tagging};
use super::{Serverless, find as find_cache};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Snapshots of serverless caches: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "CreateServerlessCacheSnapshot",
            create,
            "of a cache that is available, tags",
            "sizes are made up; no quotas",
        ),
        operation("DescribeServerlessCacheSnapshots", describe, "by cache, name and type, pages", ""),
        operation("CopyServerlessCacheSnapshot", copy, "within the region, tags of the source", ""),
        operation("DeleteServerlessCacheSnapshot", delete, "refused unless available", ""),
        operation(
            "ExportServerlessCacheSnapshot",
            export,
            "refused for memcached and unless available",
            "nothing is written anywhere: there is no S3 here",
        ),
    ],
    tables: &[&SERVERLESS_SNAPSHOTS],
    due: &[("ServerlessSnapshot", due)],
    arns: &[Arns::of("serverlesscachesnapshot", |context, name| find(context, name).map(drop))],
    ..Part::NONE
};

/// A snapshot of a serverless cache.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerlessSnapshot {
    pub name: String,
    pub serial: u64,
    /// `creating`, `available` or `deleting`.
    pub status: String,
    /// `manual` or `automated`.
    pub origin: String,
    pub created: u64,
    pub expires: Option<u64>,
    pub cache: String,
    pub engine: String,
    pub major: String,
    pub kms: Option<String>,
}

/// Snapshots of serverless caches by name.
pub const SERVERLESS_SNAPSHOTS: Key<ServerlessSnapshot> = Key::new("serverless_snapshots");

const SECONDS: f64 = 120.0;
const DAY_MS: u64 = 24 * 3_600_000;

/// The snapshot of that name, or ElastiCache's refusal.
pub fn find(context: &Context, name: &str) -> Result<Arc<ServerlessSnapshot>, Failure> {
    let found = context.region[SERVERLESS_SNAPSHOTS].get(&name.to_ascii_lowercase());
    found.ok_or_else(|| {
        Failure::missing("ServerlessCacheSnapshotNotFoundFault", format!("ServerlessCacheSnapshot {name} not found."))
    })
}

fn at_rest(context: &Context, input: Input, member: &str) -> Result<ServerlessSnapshot, Failure> {
    let snapshot = find(context, input.needed(member)?)?;
    if snapshot.status != "available" {
        return Err(Failure::new(
            "InvalidServerlessCacheSnapshotStateFault",
            format!("ServerlessCacheSnapshot {} is not in available state.", snapshot.name),
        ));
    }
    Ok((*snapshot).clone())
}

fn new_name(context: &Context, name: &str) -> Result<String, Failure> {
    let name = names::identifier(name, "ServerlessCacheSnapshotName", 255)?;
    if context.region[SERVERLESS_SNAPSHOTS].contains(&name) {
        return Err(Failure::new(
            "ServerlessCacheSnapshotAlreadyExistsFault",
            format!("ServerlessCacheSnapshot {name} already exists."),
        ));
    }
    Ok(name)
}

/// A snapshot that is being made of a cache.
fn made(context: &mut Context, name: String, cache: &Serverless, origin: &str) -> ServerlessSnapshot {
    ServerlessSnapshot {
        name,
        serial: context.region.next(),
        status: "creating".into(),
        origin: origin.to_owned(),
        created: context.now,
        expires: None,
        cache: cache.name.clone(),
        engine: cache.engine.clone(),
        major: cache.major.clone(),
        kms: cache.kms.clone(),
    }
}

/// Puts a snapshot whose status has changed, until the step is due; the answer to the request.
fn begin(context: &mut Context, snapshot: ServerlessSnapshot, step: Step) -> Value {
    let due = context.now + context.speed.scale(SECONDS);
    let target = Target::new("ServerlessSnapshot", &snapshot.name);
    lifecycle::schedule(context.region, due, target, snapshot.serial, step);
    context.region[SERVERLESS_SNAPSHOTS].put(&snapshot.name.clone(), snapshot.clone());
    json!({ "ServerlessCacheSnapshot": to_json(context, &snapshot) })
}

/// Takes the final snapshot of a cache.
pub fn last(context: &mut Context, name: &str, cache: &Serverless) -> Result<(), Failure> {
    let name = new_name(context, name)?;
    let snapshot = made(context, name, cache, "manual");
    begin(context, snapshot, Step::Ready);
    Ok(())
}

/// Takes the daily snapshot of a cache, and removes those that are too old.
pub fn automatic(context: &mut Context, cache: &Serverless) {
    let stamp = timestamp_text(context.now as i64).replace([':', 'T'], "-");
    let mut snapshot = made(context, format!("automatic.{}-{}", cache.name, &stamp[..16]), cache, "automated");
    snapshot.expires = Some(context.now + cache.retention as u64 * DAY_MS);
    let now = context.now;
    forget(context, |other| other.cache == cache.name && other.expires.is_some_and(|then| then <= now));
    begin(context, snapshot, Step::Ready);
}

/// Removes the daily snapshots of a cache that is gone.
pub fn forget_automatic(context: &mut Context, cache: &str) {
    forget(context, |snapshot| snapshot.cache == cache && snapshot.origin == "automated");
}

fn forget(context: &mut Context, goes: impl Fn(&ServerlessSnapshot) -> bool) {
    let rows = context.region[SERVERLESS_SNAPSHOTS].values();
    let names: Vec<String> = rows.filter(|row| goes(row)).map(|row| row.name.clone()).collect();
    names.iter().for_each(|name| drop(context.region[SERVERLESS_SNAPSHOTS].remove(name)));
}

/// Refuses snapshots that a new cache cannot be filled from; objects of S3 are taken on trust.
pub fn check_sources(context: &Context, input: Input, engine: &str) -> Result<(), Failure> {
    for arn in input.texts("SnapshotArnsToRestore") {
        let (kind, name) = arn
            .split(':')
            .skip(5)
            .collect::<Vec<_>>()
            .split_first()
            .map_or(("", ""), |(kind, rest)| (*kind, rest.first().copied().unwrap_or("")));
        let of = match kind {
            "serverlesscachesnapshot" => context.region[SERVERLESS_SNAPSHOTS].get(name).map(|row| row.engine.clone()),
            "snapshot" => context.region[SNAPSHOTS].get(name).map(|row| row.settings.engine.clone()),
            _ if arn.starts_with("arn:aws") && arn.contains(":s3:::") => Some(engine.to_owned()),
            _ => None,
        };
        let of = of.ok_or_else(|| Failure::value(format!("Invalid snapshot ARN: {arn}")))?;
        if of != engine && (of.as_str(), engine) != ("redis", "valkey") {
            return Err(Failure::combination(format!(
                "A snapshot of engine {of} cannot be restored to engine {engine}."
            )));
        }
    }
    Ok(())
}

fn create(context: &mut Context, input: Input) -> Answer {
    let name = new_name(context, input.needed("ServerlessCacheSnapshotName")?)?;
    let cache = find_cache(context, input.needed("ServerlessCacheName")?)?;
    let tags = tagging::read(input)?;
    cache.must_be_available()?;
    let mut snapshot = made(context, name, &cache, "manual");
    if let Some(key) = input.filled("KmsKeyId") {
        snapshot.kms = Some(key.to_owned());
    }
    tagging::set(context, "serverlesscachesnapshot", &snapshot.name, tags);
    Ok(begin(context, snapshot, Step::Ready))
}

fn copy(context: &mut Context, input: Input) -> Answer {
    let source = at_rest(context, input, "SourceServerlessCacheSnapshotName")?;
    let name = new_name(context, input.needed("TargetServerlessCacheSnapshotName")?)?;
    let mut tags = tagging::of(context, "serverlesscachesnapshot", &source.name);
    tags.extend(tagging::read(input)?);
    let kms = input.filled("KmsKeyId").map(str::to_owned).or(source.kms.clone());
    let snapshot = ServerlessSnapshot {
        name,
        serial: context.region.next(),
        status: "creating".into(),
        origin: "manual".into(),
        created: context.now,
        expires: None,
        kms,
        ..source
    };
    tagging::set(context, "serverlesscachesnapshot", &snapshot.name, tags);
    Ok(begin(context, snapshot, Step::Ready))
}

fn delete(context: &mut Context, input: Input) -> Answer {
    let mut snapshot = at_rest(context, input, "ServerlessCacheSnapshotName")?;
    snapshot.status = "deleting".into();
    Ok(begin(context, snapshot, Step::Gone))
}

fn export(context: &mut Context, input: Input) -> Answer {
    let snapshot = at_rest(context, input, "ServerlessCacheSnapshotName")?;
    input.needed("S3BucketName")?;
    if snapshot.engine == "memcached" {
        return Err(Failure::value("Snapshots of engine memcached cannot be exported."));
    }
    Ok(json!({ "ServerlessCacheSnapshot": to_json(context, &snapshot) }))
}

fn describe(context: &mut Context, input: Input) -> Answer {
    if let Some(name) = input.filled("ServerlessCacheSnapshotName") {
        let snapshot = find(context, name)?;
        return Ok(json!({ "ServerlessCacheSnapshots": [to_json(context, &snapshot)] }));
    }
    let cache = input.filled("ServerlessCacheName").map(str::to_ascii_lowercase);
    let origin = input.filled("SnapshotType");
    if let Some(other) = origin.filter(|origin| !["manual", "automated"].contains(origin)) {
        return Err(Failure::value(format!("Invalid snapshot type: {other}. Valid values are manual and automated.")));
    }
    let (after, size) = paging::next_token(input)?;
    let rows = context.region[SERVERLESS_SNAPSHOTS].from(after.as_deref().unwrap_or("")).filter(|(_, snapshot)| {
        cache.as_ref().is_none_or(|cache| *cache == snapshot.cache)
            && origin.is_none_or(|origin| origin == snapshot.origin)
    });
    let (page, next) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|snapshot| to_json(context, snapshot)).collect();
    Ok(json!({ "ServerlessCacheSnapshots": rows, "NextToken": next }))
}

fn to_json(context: &Context, snapshot: &ServerlessSnapshot) -> Value {
    json!({
        "ServerlessCacheSnapshotName": snapshot.name,
        "ARN": context.arn("serverlesscachesnapshot", &snapshot.name),
        "KmsKeyId": snapshot.kms, "SnapshotType": snapshot.origin, "Status": snapshot.status,
        "CreateTime": snapshot.created, "ExpiryTime": snapshot.expires, "BytesUsedForCache": "3145728",
        "ServerlessCacheConfiguration": {
            "ServerlessCacheName": snapshot.cache, "Engine": snapshot.engine, "MajorEngineVersion": snapshot.major,
        },
    })
}

fn due(context: &mut Context, name: &str, timer: &Timer) {
    let found = context.region[SERVERLESS_SNAPSHOTS].get(name).is_some_and(|row| row.serial == timer.serial);
    match timer.step {
        Step::Ready if found => {
            context.region[SERVERLESS_SNAPSHOTS].update(name, |snapshot| snapshot.status = "available".into());
        }
        Step::Gone if found => {
            context.region[SERVERLESS_SNAPSHOTS].remove(name);
            tagging::forget(context, "serverlesscachesnapshot", name);
        }
        _ => {}
    }
}
