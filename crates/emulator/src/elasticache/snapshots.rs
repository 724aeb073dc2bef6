//! Snapshots: asked for, final ones, and daily ones that are kept for a number of days.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target, Timer};
use super::super::paging;
use super::super::region::Region;
use super::super::service::{Arns, Part, operation};
use super::super::table::Key;
use super::super::time::{Speed, Work};
use super::cluster::CLUSTERS;
use super::cluster::{self, CacheCluster};
use super::group::GROUPS;
use super::group::{self, ReplicationGroup};
use super::settings::Settings;
use super::snapshot::SNAPSHOTS;
use super::snapshot::{Snapshot, made_of_cluster, made_of_group, to_json};
use super::{names, tagging};
use serde_json::{Value, json};
use std::sync::Arc;

/// Snapshots: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "CreateSnapshot",
            create,
            "of a group or a cluster, 20 a day, status snapshotting meanwhile",
            "sizes are made up",
        ),
        operation("DescribeSnapshots", describe, "by source and origin, pages", ""),
        operation(
            "CopySnapshot",
            copy,
            "within the account; an export keeps the snapshot exporting for a while, and takes no file of a name twice",
            "every bucket with a name that S3 takes counts as there and open; no file is written",
        ),
        operation("DeleteSnapshot", delete, "refused while it is being made", ""),
    ],
    tables: &[&SNAPSHOTS, &EXPORTS],
    due: &[("Snapshot", due)],
    arns: &[Arns::of("snapshot", |context, name| find(context, name).map(drop))],
    ..Part::NONE
};

/// When a file of a bucket was exported, by `BUCKET/NAME`.
pub const EXPORTS: Key<u64> = Key::new("exports");

/// The most manual snapshots of one cache in 24 hours.
const MOST_A_DAY: usize = 20;
const DAY_MS: u64 = 24 * 3_600_000;

fn find(context: &Context, name: &str) -> Result<Arc<Snapshot>, Failure> {
    context.region[SNAPSHOTS]
        .get(&name.to_ascii_lowercase())
        .ok_or_else(|| Failure::missing("SnapshotNotFoundFault", format!("Snapshot {name} not found.")))
}

/// The snapshot that a new cache shall be filled from.
pub fn source(context: &Context, input: Input) -> Result<Option<Arc<Snapshot>>, Failure> {
    let arns = input.texts("SnapshotArns");
    let Some(name) = input.filled("SnapshotName") else {
        return match arns.iter().find(|arn| !arn.starts_with("arn:aws")) {
            Some(arn) => Err(Failure::value(format!("Invalid snapshot ARN: {arn}"))),
            None => Ok(None),
        };
    };
    if !arns.is_empty() {
        return Err(Failure::combination("SnapshotName and SnapshotArns cannot be used together."));
    }
    let found = context.region[SNAPSHOTS].get(&name.to_ascii_lowercase());
    let found = found.ok_or_else(|| Failure::value(format!("Snapshot {name} not found.")))?;
    if found.status != "available" {
        return Err(Failure::value(format!("Snapshot {name} is not in available state.")));
    }
    Ok(Some(found))
}

fn new_name(context: &Context, name: &str) -> Result<String, Failure> {
    let name = names::identifier(name, "SnapshotName", 255)?;
    if context.region[SNAPSHOTS].contains(&name) {
        return Err(Failure::new(
            "SnapshotAlreadyExistsFault",
            format!("Snapshot with specified name already exists: {name}"),
        ));
    }
    Ok(name)
}

fn supported(settings: &Settings) -> Result<(), Failure> {
    if settings.engine == "memcached" || settings.node_type == "cache.t1.micro" {
        return Err(Failure::new(
            "SnapshotFeatureNotSupportedFault",
            format!("Snapshots are not supported for engine {} on {} nodes.", settings.engine, settings.node_type),
        ));
    }
    Ok(())
}

fn within_quota(context: &Context, source: &str) -> Result<(), Failure> {
    let recent = context.region[SNAPSHOTS].values().filter(|snapshot| {
        let of = snapshot.cluster.as_deref() == Some(source) || snapshot.group.as_deref() == Some(source);
        of && snapshot.origin == "manual" && snapshot.created + DAY_MS > context.now
    });
    if recent.count() >= MOST_A_DAY {
        return Err(Failure::new(
            "SnapshotQuotaExceededFault",
            format!(
                "The request cannot be processed because it would exceed the maximum number of snapshots ({MOST_A_DAY} in 24 hours)."
            ),
        ));
    }
    Ok(())
}

fn put(context: &mut Context, snapshot: Snapshot, due: u64) {
    let target = Target::new("Snapshot", snapshot.name.clone());
    lifecycle::schedule(context.region, due, target, snapshot.serial, Step::Ready);
    context.region[SNAPSHOTS].put(&snapshot.name.clone(), snapshot);
}

/// Takes the final snapshot of a group.
pub fn of_group(context: &mut Context, name: &str, group: &ReplicationGroup, due: u64) -> Result<(), Failure> {
    let name = new_name(context, name)?;
    supported(&group.settings)?;
    let snapshot = made_of_group(context.region, &name, group, context.now);
    put(context, snapshot, due);
    Ok(())
}

/// Takes the final snapshot of a cluster.
pub fn of_cluster(context: &mut Context, name: &str, cluster: &CacheCluster, due: u64) -> Result<(), Failure> {
    let name = new_name(context, name)?;
    let settings = settings_of(context, cluster)?;
    supported(&settings)?;
    let snapshot = made_of_cluster(context.region, &name, cluster, settings, context.now);
    put(context, snapshot, due);
    Ok(())
}

fn settings_of(context: &Context, cluster: &CacheCluster) -> Result<Settings, Failure> {
    match (&cluster.own, &cluster.group) {
        (Some(own), _) => Ok(own.clone()),
        (None, Some(id)) => Ok(group::find(context, id)?.settings.clone()),
        _ => Err(Failure::missing("CacheClusterNotFound", format!("CacheCluster not found: {}", cluster.id))),
    }
}

pub fn create(context: &mut Context, input: Input) -> Answer {
    let name = new_name(context, input.needed("SnapshotName")?)?;
    let tags = tagging::read(input)?;
    let due = context.now + context.speed.scale(Work::Snapshot.seconds());
    let mut snapshot = match (input.filled("ReplicationGroupId"), input.filled("CacheClusterId")) {
        (Some(id), None) => {
            let group = group::find(context, id)?;
            within_quota(context, &group.id)?;
            supported(&group.settings)?;
            group.must_be_available("create a snapshot")?;
            begin_group(context.region, &group, due);
            made_of_group(context.region, &name, &group, context.now)
        }
        (None, Some(id)) => {
            let cluster = cluster::find(context, id)?;
            let settings = settings_of(context, &cluster)?;
            within_quota(context, &cluster.id)?;
            supported(&settings)?;
            if cluster.status != "available" {
                return Err(Failure::new(
                    "InvalidCacheClusterState",
                    format!("Cache cluster {} is not in available state.", cluster.id),
                ));
            }
            if let Some(group) = &cluster.group {
                let group = group::find(context, group)?;
                group.must_be_available("create a snapshot")?;
                begin_group(context.region, &group, due);
            } else {
                begin_cluster(context.region, &cluster, due);
            }
            made_of_cluster(context.region, &name, &cluster, settings, context.now)
        }
        _ => {
            return Err(Failure::combination(
                "Exactly one of ReplicationGroupId and CacheClusterId must be specified.",
            ));
        }
    };
    if let Some(key) = input.filled("KmsKeyId") {
        snapshot.kms = Some(key.to_owned());
    }
    put(context, snapshot.clone(), due);
    tagging::set(context, "snapshot", &name, tags);
    Ok(json!({ "Snapshot": to_json(context, &snapshot, true) }))
}

fn begin_group(region: &mut Region, group: &ReplicationGroup, due: u64) {
    region[GROUPS].update(&group.id, |group| group.status = "snapshotting".into());
    lifecycle::schedule(region, due, Target::new("Group", group.id.clone()), group.serial, Step::Ready);
}

fn begin_cluster(region: &mut Region, cluster: &CacheCluster, due: u64) {
    region[CLUSTERS].update(&cluster.id, |cluster| cluster.status = "snapshotting".into());
    lifecycle::schedule(region, due, Target::new("Cluster", cluster.id.clone()), cluster.serial, Step::Ready);
}

/// Takes the daily snapshot of a group or a cluster, and removes those that are too old.
pub fn automatic(region: &mut Region, target: &Target, now: u64, speed: Speed) {
    let due = now + speed.scale(Work::Snapshot.seconds());
    let id = target.id.as_str();
    let (mut snapshot, days) = match target.kind.as_str() {
        "Group" => {
            let Some(group) = region[GROUPS].get(id) else { return };
            begin_group(region, &group, due);
            (made_of_group(region, "", &group, now), group.settings.retention)
        }
        _ => {
            let Some((cluster, settings)) =
                region[CLUSTERS].get(id).and_then(|row| Some((row.clone(), row.own.clone()?)))
            else {
                return;
            };
            begin_cluster(region, &cluster, due);
            let days = settings.retention;
            (made_of_cluster(region, "", &cluster, settings, now), days)
        }
    };
    let stamp = super::super::wire::timestamp_text(now as i64).replace([':', 'T'], "-");
    snapshot.name = format!("automatic.{id}-{}", &stamp[..16]);
    snapshot.origin = "automated".into();
    let old: Vec<String> = region[SNAPSHOTS]
        .values()
        .filter(|other| {
            let same = (&other.group, &other.cluster) == (&snapshot.group, &snapshot.cluster);
            same && other.origin == "automated" && other.created + days as u64 * DAY_MS <= now
        })
        .map(|other| other.name.clone())
        .collect();
    old.iter().for_each(|name| drop(region[SNAPSHOTS].remove(name)));
    lifecycle::schedule(region, due, Target::new("Snapshot", snapshot.name.clone()), snapshot.serial, Step::Ready);
    region[SNAPSHOTS].put(&snapshot.name.clone(), snapshot);
}

/// Removes the daily snapshots of a cache that is gone; those that were asked for stay.
pub fn forget_automatic(region: &mut Region, group: Option<&str>, cluster: Option<&str>) {
    let of = |snapshot: &Snapshot| match group {
        Some(_) => snapshot.group.as_deref() == group,
        None => snapshot.group.is_none() && snapshot.cluster.as_deref() == cluster,
    };
    let old: Vec<String> = region[SNAPSHOTS]
        .values()
        .filter(|snapshot| snapshot.origin == "automated" && of(snapshot))
        .map(|snapshot| snapshot.name.clone())
        .collect();
    old.iter().for_each(|name| drop(region[SNAPSHOTS].remove(name)));
}

/// What falls due for a snapshot.
fn due(context: &mut Context, name: &str, timer: &Timer) {
    let (region, due) = (&mut *context.region, context.now);
    let Some(snapshot) = region[SNAPSHOTS].get(name).filter(|snapshot| snapshot.serial == timer.serial) else { return };
    match timer.step {
        Step::Ready => {
            region[SNAPSHOTS].update(name, |snapshot| snapshot.status = "available".into());
            if let Some(cluster) = &snapshot.cluster {
                let text =
                    format!("Snapshot succeeded for snapshot with ID '{name}' of cache cluster with ID '{cluster}'");
                super::record(region, due, "cache-cluster", cluster, &text);
            }
        }
        Step::Gone => {
            region[SNAPSHOTS].remove(name);
            tagging::forget_of(region, "snapshot", name);
        }
        _ => {}
    }
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    let shards = input.flag("ShowNodeGroupConfig") == Some(true);
    if let Some(name) = input.filled("SnapshotName") {
        let snapshot = find(context, name)?;
        return Ok(json!({ "Snapshots": [to_json(context, &snapshot, shards)] }));
    }
    let origin = match input.filled("SnapshotSource") {
        None => None,
        Some("user" | "manual") => Some("manual"),
        Some("system" | "automated") => Some("automated"),
        Some(other) => {
            return Err(Failure::value(format!("Invalid snapshot source: {other}. Valid values are system and user.")));
        }
    };
    let group = input.filled("ReplicationGroupId").map(str::to_ascii_lowercase);
    let cluster = input.filled("CacheClusterId").map(str::to_ascii_lowercase);
    let size = match input.number("MaxRecords") {
        None => 50,
        Some(count @ 20..=50) => count as usize,
        Some(count) => {
            return Err(Failure::value(format!("Invalid value {count} for MaxRecords. Must be between 20 and 50")));
        }
    };
    let after = paging::marker(input)?;
    let rows = context.region[SNAPSHOTS].iter().filter(|(_, snapshot)| {
        origin.is_none_or(|origin| origin == snapshot.origin)
            && group.as_ref().is_none_or(|group| snapshot.group.as_ref() == Some(group))
            && cluster.as_ref().is_none_or(|cluster| snapshot.cluster.as_ref() == Some(cluster))
    });
    let (page, marker) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|snapshot| to_json(context, snapshot, shards)).collect();
    Ok(json!({ "Snapshots": rows, "Marker": marker }))
}

pub fn copy(context: &mut Context, input: Input) -> Answer {
    let source = find(context, input.needed("SourceSnapshotName")?)?;
    if let Some(bucket) = input.filled("TargetBucket") {
        return export(context, &source, bucket, input.needed("TargetSnapshotName")?);
    }
    let name = new_name(context, input.needed("TargetSnapshotName")?)?;
    if source.status != "available" {
        return Err(Failure::new(
            "InvalidSnapshotState",
            format!("Snapshot {} is not in available state.", source.name),
        ));
    }
    let mut tags = tagging::of(context, "snapshot", &source.name);
    tags.extend(tagging::read(input)?);
    let mut copy = (*source).clone();
    copy.name = name.clone();
    copy.serial = context.region.next();
    copy.status = "creating".into();
    copy.origin = "manual".into();
    copy.created = context.now;
    if let Some(key) = input.filled("KmsKeyId") {
        copy.kms = Some(key.to_owned());
    }
    let due = context.now + context.speed.scale(Work::Snapshot.seconds());
    put(context, copy.clone(), due);
    tagging::set(context, "snapshot", &name, tags);
    Ok(json!({ "Snapshot": to_json(context, &copy, true) }))
}

/// Puts the files of a snapshot into a bucket.
fn export(context: &mut Context, source: &Snapshot, bucket: &str, name: &str) -> Answer {
    if source.status != "available" {
        let text = format!("Snapshot {} is not in available state.", source.name);
        return Err(Failure::new("InvalidSnapshotState", text));
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(fits) {
        return Err(Failure::value(format!("The S3 bucket {bucket} does not exist.")));
    }
    let key = format!("{bucket}/{name}");
    if context.region[EXPORTS].contains(&key) {
        let text = format!("The S3 bucket {bucket} already contains an object with key {name}.");
        return Err(Failure::value(text));
    }
    context.region[EXPORTS].put(&key, context.now);
    let mut exporting = source.clone();
    exporting.status = "exporting".into();
    let due = context.now + context.speed.scale(Work::Snapshot.seconds());
    put(context, exporting.clone(), due);
    Ok(json!({ "Snapshot": to_json(context, &exporting, true) }))
}

pub fn delete(context: &mut Context, input: Input) -> Answer {
    let mut snapshot = (*find(context, input.needed("SnapshotName")?)?).clone();
    if snapshot.status != "available" {
        return Err(Failure::new(
            "InvalidSnapshotState",
            format!("Snapshot {} is not in available state.", snapshot.name),
        ));
    }
    snapshot.status = "deleting".into();
    let due = context.now + context.speed.scale(Work::Settings.seconds());
    let target = Target::new("Snapshot", snapshot.name.clone());
    lifecycle::schedule(context.region, due, target, snapshot.serial, Step::Gone);
    context.region[SNAPSHOTS].put(&snapshot.name.clone(), snapshot.clone());
    Ok(json!({ "Snapshot": to_json(context, &snapshot, true) }))
}
