//! Online migration from an engine of one's own into a serverless cache: prepared, syncing, cut over. There is no such
//! engine to look at; what is followed is how far a migration is.

use super::super::super::context::Context;
use super::super::super::failure::{Answer, Failure};
use super::super::super::input::Input;
use super::super::super::lifecycle::{self, Step};
use super::super::migration::check_source;
use super::{MODIFY, SERVERLESS, Serverless, find, to_json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// A migration under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Migration {
    /// `prepared`, `syncing` or `stopped`; the words are none of AWS's documents.
    pub status: String,
    /// `auto` or `manual`, once that is said.
    pub cutover: Option<String>,
}

impl Migration {
    /// As the API shows it.
    pub fn to_json(&self, endpoint: Option<Value>) -> Value {
        json!({ "Status": self.status, "MigrationEndpoint": endpoint, "CutoverMode": self.cutover })
    }
}

fn state(name: &str, why: &str) -> Failure {
    Failure::new("InvalidServerlessCacheStateFault", format!("ServerlessCache {name} {why}."))
}

/// The cache that is under migration, at rest.
fn migrating(context: &Context, name: &str) -> Result<(Arc<Serverless>, Migration), Failure> {
    let cache = find(context, name)?;
    let migration = cache.migration.clone().ok_or_else(|| {
        let text = format!("ServerlessCache {name} is not under migration.");
        Failure::new("ServerlessCacheNotUnderMigrationFault", text)
    })?;
    cache.must_be_available()?;
    Ok((cache, migration))
}

/// PrepareMigration.
pub fn prepare(context: &mut Context, input: Input) -> Answer {
    let name = input.needed("ServerlessCacheName")?;
    check_source(input)?;
    if let Some(mode) = input.structure("SourceTlsConfiguration").filled("SourceTlsMode")
        && !["none", "verify-ca"].contains(&mode)
    {
        return Err(Failure::value(format!("Invalid TLS mode of the source: {mode}.")));
    }
    let cache = find(context, name)?;
    if cache.migration.is_some() {
        let text = format!("ServerlessCache {name} is already under migration.");
        return Err(Failure::new("ServerlessCacheAlreadyUnderMigrationFault", text));
    }
    cache.must_be_available()?;
    if cache.engine == "memcached" {
        return Err(Failure::value("Online migration is not supported for engine memcached."));
    }
    turn(context, &cache, Some(Migration { status: "prepared".into(), cutover: None }))
}

/// StartMigration: one that was stopped goes on only if what is there may be deleted.
pub fn start(context: &mut Context, input: Input, name: &str) -> Answer {
    let (cache, migration) = migrating(context, name)?;
    match migration.status.as_str() {
        "syncing" => return Err(state(name, "is syncing already")),
        "stopped" if input.flag("ClearTargetCacheData") != Some(true) => {
            return Err(Failure::combination("ClearTargetCacheData is required to restart a migration."));
        }
        _ => {}
    }
    if input.flag("AutoCutover") == Some(true) {
        // It is in step at once.
        return turn(context, &cache, None);
    }
    turn(context, &cache, Some(Migration { status: "syncing".into(), cutover: Some("manual".into()) }))
}

/// StopMigration.
pub fn stop(context: &mut Context, input: Input) -> Answer {
    let name = input.needed("ServerlessCacheName")?;
    let (cache, migration) = migrating(context, name)?;
    if migration.status != "syncing" {
        return Err(state(name, "is not syncing"));
    }
    turn(context, &cache, Some(Migration { status: "stopped".into(), ..migration }))
}

/// CompleteMigration.
pub fn complete(context: &mut Context, input: Input, name: &str) -> Answer {
    let (cache, migration) = migrating(context, name)?;
    if migration.status != "syncing" && input.flag("Force") != Some(true) {
        return Err(state(name, "is not syncing"));
    }
    turn(context, &cache, None)
}

fn turn(context: &mut Context, cache: &Serverless, migration: Option<Migration>) -> Answer {
    context.region[SERVERLESS].update(&cache.name, |cache| {
        cache.migration = migration;
        cache.status = "modifying".into();
    });
    let due = context.now + context.speed.scale(MODIFY);
    lifecycle::schedule(context.region, due, cache.target(), cache.serial, Step::Ready);
    let cache = find(context, &cache.name)?;
    Ok(json!({ "ServerlessCache": to_json(context, &cache) }))
}
