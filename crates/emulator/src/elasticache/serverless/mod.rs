//! Serverless caches: what they are, and how the API shows them.

mod calls;
mod limits;
pub mod migration;
mod modify;
pub mod snapshots;

use super::super::context::{Context, short_region};
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target, Timer};
use super::super::paging;
use super::super::service::{Arns, Part, operation};
use super::super::table::Key;
use super::names::Window;
use super::tagging;
use limits::Limits;
use migration::Migration;
use modify::Edit;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Serverless caches: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "CreateServerlessCache",
            calls::create,
            "all engines, limits, user groups, subnets of one VPC or of the default one, snapshots as a source, tags",
            "no quotas, no IPv6; KMS keys are not looked up; who may use a public cache is not checked",
        ),
        operation("DescribeServerlessCaches", describe, "endpoints, pages", ""),
        operation(
            "ModifyServerlessCache",
            modify::modify,
            "one field in a call, limits removed by zero, upgrades, redis to valkey",
            "",
        ),
        operation("DeleteServerlessCache", calls::delete, "final snapshot, refused unless available", ""),
    ],
    tables: &[&SERVERLESS],
    due: &[("Serverless", due)],
    arns: &[Arns { tagged: stir, ..Arns::of("serverlesscache", taggable) }],
    uses,
    ..Part::NONE
};

/// A serverless cache.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Serverless {
    pub name: String,
    /// Tells this cache from an earlier one of the same name.
    pub serial: u64,
    pub description: String,
    pub engine: String,
    pub major: String,
    /// `creating`, `available`, `modifying` or `deleting`.
    pub status: String,
    pub created: u64,
    pub limits: Limits,
    pub kms: Option<String>,
    pub security_groups: Vec<String>,
    pub subnets: Vec<String>,
    pub user_group: Option<String>,
    pub retention: i64,
    /// `hh:mm`, UTC.
    pub snapshot_time: Option<String>,
    pub connection: String,
    pub integrations: Vec<String>,
    /// When the next daily snapshot is due.
    pub backup_at: Option<u64>,
    /// What is being changed.
    pub edit: Option<Edit>,
    /// Where it is being filled from an engine elsewhere.
    #[serde(default)]
    pub migration: Option<Migration>,
}

/// Serverless caches by name.
pub const SERVERLESS: Key<Serverless> = Key::new("serverless");

/// Seconds, by the acceptance tests of Terraform's provider: 440 to 570 for a cache that is made and deleted, 100 more
/// for a change, 250 more for another engine.
pub(crate) const CREATE: f64 = 300.0;
pub(crate) const MODIFY: f64 = 100.0;
pub(crate) const UPGRADE: f64 = 250.0;
pub(crate) const DELETE: f64 = 200.0;

/// The versions that can be made: engine, major version, full version.
const VERSIONS: [(&str, &str, &str); 5] = [
    ("memcached", "1.6", "1.6"),
    ("redis", "7", "7.1"),
    ("valkey", "7", "7.2"),
    ("valkey", "8", "8.1"),
    ("valkey", "9", "9.0"),
];

/// The major version of an engine that a request asks for.
fn version(engine: &str, asked: Option<&str>) -> Result<&'static str, Failure> {
    let mut all = VERSIONS.iter().filter(|(of, ..)| *of == engine);
    let found = match asked {
        Some(asked) => all.find(|(_, major, _)| *major == asked),
        None => all.rfind(|(of, major, _)| (*of, *major) != ("valkey", "9")),
    };
    found.map(|(_, major, _)| *major).ok_or_else(|| match asked {
        Some(asked) if VERSIONS.iter().any(|(of, ..)| *of == engine) => {
            Failure::value(format!("Invalid major engine version {asked} for engine {engine}."))
        }
        _ => Failure::value(format!("Invalid engine: {engine}. Valid values are memcached, redis and valkey.")),
    })
}

impl Serverless {
    fn target(&self) -> Target {
        Target::new("Serverless", &self.name)
    }

    fn full_version(&self) -> &'static str {
        let own = VERSIONS.iter().find(|(engine, major, _)| *engine == self.engine && *major == self.major);
        own.map_or("", |(_, _, full)| full)
    }

    fn must_be_available(&self) -> Result<(), Failure> {
        if self.status == "available" {
            return Ok(());
        }
        Err(Failure::new(
            "InvalidServerlessCacheStateFault",
            format!("Serverless cache {} is not in available state.", self.name),
        ))
    }

    /// Plans the next daily snapshot, where there are any.
    fn plan_backup(&mut self, context: &mut Context) {
        let time = self.snapshot_time.as_deref().filter(|_| self.retention > 0);
        self.backup_at = time.and_then(|time| Some(Window::minute(time).ok()?.next_opening(context.now)));
        if let Some(due) = self.backup_at {
            lifecycle::schedule(context.region, due, self.target(), self.serial, Step::Backup);
        }
    }
}

/// The cache of that name, or ElastiCache's refusal.
pub fn find(context: &Context, name: &str) -> Result<Arc<Serverless>, Failure> {
    context.region[SERVERLESS]
        .get(&name.to_ascii_lowercase())
        .ok_or_else(|| Failure::missing("ServerlessCacheNotFoundFault", format!("ServerlessCache {name} not found.")))
}

fn describe(context: &mut Context, input: Input) -> Answer {
    if let Some(name) = input.filled("ServerlessCacheName") {
        let cache = find(context, name)?;
        return Ok(json!({ "ServerlessCaches": [to_json(context, &cache)] }));
    }
    let (after, size) = paging::next_token(input)?;
    let rows = context.region[SERVERLESS].from(after.as_deref().unwrap_or(""));
    let (page, next) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|cache| to_json(context, cache)).collect();
    Ok(json!({ "ServerlessCaches": rows, "NextToken": next }))
}

pub fn to_json(context: &Context, cache: &Serverless) -> Value {
    let endpoint = |port: i64| {
        let suffix = if context.region_name.starts_with("cn-") { ".cn" } else { "" };
        let (domain, region) = (context.domain(), short_region(context.region_name));
        let address = format!("{}-{domain}.serverless.{region}.cache.amazonaws.com{suffix}", cache.name);
        (cache.status != "creating").then(|| json!({ "Address": address, "Port": port }))
    };
    let port = if cache.engine == "memcached" { 11_211 } else { 6_379 };
    let integrations: Vec<Value> =
        cache.integrations.iter().map(|kind| json!({ "IntegrationType": kind, "Status": "enabled" })).collect();
    json!({
        "ServerlessCacheName": cache.name, "Description": cache.description, "CreateTime": cache.created,
        "Status": cache.status, "Engine": cache.engine, "MajorEngineVersion": cache.major,
        "FullEngineVersion": cache.full_version(), "CacheUsageLimits": cache.limits.to_json(),
        "KmsKeyId": cache.kms,
        "StorageEncryptionType": if cache.kms.is_some() { "sse-kms" } else { "sse-elasticache" },
        "SecurityGroupIds": cache.security_groups, "Endpoint": endpoint(port), "ReaderEndpoint": endpoint(port + 1),
        "ARN": context.arn("serverlesscache", &cache.name), "UserGroupId": cache.user_group,
        "SubnetIds": cache.subnets, "SnapshotRetentionLimit": cache.retention,
        "DailySnapshotTime": cache.snapshot_time, "NetworkType": "ipv4", "ConnectionType": cache.connection,
        "Migration": cache.migration.as_ref().map(|migration| migration.to_json(endpoint(port))),
        "Integrations": (!integrations.is_empty()).then_some(integrations),
    })
}

fn taggable(context: &Context, name: &str) -> Result<(), Failure> {
    match find(context, name)?.status.as_str() {
        "deleting" => {
            Err(Failure::missing("ServerlessCacheNotFoundFault", format!("ServerlessCache {name} not found.")))
        }
        _ => find(context, name)?.must_be_available(),
    }
}

/// A change of its tags is a change of the cache.
fn stir(context: &mut Context, name: &str) {
    let Some(cache) = context.region[SERVERLESS].get(name) else { return };
    context.region[SERVERLESS].update(name, |cache| cache.status = "modifying".into());
    let due = context.now + context.speed.scale(MODIFY / 10.0);
    lifecycle::schedule(context.region, due, cache.target(), cache.serial, Step::Ready);
}

fn uses(context: &Context, kind: &str, id: &str) -> bool {
    context.region[SERVERLESS].values().any(|cache| match kind {
        "security-group" => cache.security_groups.iter().any(|other| other == id),
        "user-group" => cache.user_group.as_deref() == Some(id),
        _ => false,
    })
}

fn due(context: &mut Context, name: &str, timer: &Timer) {
    let cache = context.region[SERVERLESS].get(name).filter(|cache| cache.serial == timer.serial);
    let Some(mut cache) = cache.map(|cache| (*cache).clone()) else { return };
    match timer.step {
        Step::Gone => {
            context.region[SERVERLESS].remove(name);
            tagging::forget(context, "serverlesscache", name);
            snapshots::forget_automatic(context, name);
            return;
        }
        Step::Ready | Step::Apply if cache.status != "deleting" => {
            cache.status = "available".into();
            if let Some(edit) = cache.edit.take() {
                edit.apply(context, &mut cache);
            }
        }
        Step::Backup if cache.backup_at == Some(context.now) => {
            if cache.status == "available" {
                snapshots::automatic(context, &cache);
            }
            cache.plan_backup(context);
        }
        _ => {}
    }
    context.region[SERVERLESS].put(name, cache);
}
