//! ModifyServerlessCache: one thing at a time.

use super::super::super::context::Context;
use super::super::super::failure::{Answer, Failure};
use super::super::super::input::Input;
use super::super::super::lifecycle::{self, Step};
use super::super::catalog;
use super::super::{names, settings};
use super::calls::{check_vpc, retention, snapshot_time, user_group};
use super::limits::Limits;
use super::{MODIFY, SERVERLESS, Serverless, UPGRADE, find, to_json, version};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a request changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    Description(String),
    Limits(Limits),
    SecurityGroups(Vec<String>),
    UserGroup(Option<String>),
    Retention(i64),
    SnapshotTime(String),
    /// Engine and major version.
    Version(String, String),
}

impl Edit {
    /// Carries the change out.
    pub fn apply(self, context: &mut Context, cache: &mut Serverless) {
        match self {
            Self::Description(text) => cache.description = text,
            Self::Limits(limits) => cache.limits = limits,
            Self::SecurityGroups(ids) => cache.security_groups = ids,
            Self::UserGroup(id) => cache.user_group = id,
            Self::Version(engine, major) => (cache.engine, cache.major) = (engine, major),
            Self::Retention(days) => {
                cache.retention = days;
                if days > 0 && cache.snapshot_time.is_none() {
                    cache.snapshot_time = Some(names::default_windows(&cache.name).1[..5].to_owned());
                }
                cache.plan_backup(context);
            }
            Self::SnapshotTime(time) => {
                cache.snapshot_time = Some(time);
                cache.plan_backup(context);
            }
        }
    }

    /// Whether it would leave the cache as it is.
    fn is_vain(&self, cache: &Serverless) -> bool {
        match self {
            Self::Description(text) => *text == cache.description,
            Self::Limits(limits) => *limits == cache.limits,
            Self::SecurityGroups(ids) => *ids == cache.security_groups,
            Self::UserGroup(id) => *id == cache.user_group,
            Self::Retention(days) => *days == cache.retention,
            Self::SnapshotTime(time) => Some(time) == cache.snapshot_time.as_ref(),
            Self::Version(engine, major) => (engine, major) == (&cache.engine, &cache.major),
        }
    }

    /// Everything that a request asks for, whether or not it differs.
    fn read(context: &Context, input: Input, cache: &Serverless) -> Result<Vec<Self>, Failure> {
        let mut all = Vec::new();
        if let Some(text) = input.text("Description") {
            names::description(text, "Description")?;
            all.push(Self::Description(text.to_owned()));
        }
        if input.has("CacheUsageLimits") {
            all.push(Self::Limits(Limits::read(input, &cache.limits)?));
        }
        if let Some(ids) = settings::read_security_groups(context, input)? {
            check_vpc(context, &ids, &cache.subnets)?;
            all.push(Self::SecurityGroups(ids));
        }
        let removed = input.flag("RemoveUserGroup") == Some(true);
        if removed && input.filled("UserGroupId").is_some() {
            return Err(Failure::combination("UserGroupId and RemoveUserGroup cannot be used together."));
        }
        if let Some(id) = user_group(context, input, &cache.engine)? {
            all.push(Self::UserGroup(Some(id)));
        } else if removed {
            all.push(Self::UserGroup(None));
        }
        all.extend(retention(input)?.map(Self::Retention));
        all.extend(snapshot_time(input)?.map(Self::SnapshotTime));
        if input.filled("Engine").is_some() || input.filled("MajorEngineVersion").is_some() {
            all.push(Self::read_version(input, cache)?);
        }
        Ok(all)
    }

    fn read_version(input: Input, cache: &Serverless) -> Result<Self, Failure> {
        let engine = input.filled("Engine").map(str::to_ascii_lowercase);
        let crosses = (cache.engine.as_str(), engine.as_deref()) == ("redis", Some("valkey"));
        if engine.is_some() && !crosses {
            return Err(Failure::value("This API supports only cross-engine upgrades to Valkey engine currently"));
        }
        let asked = input.filled("MajorEngineVersion");
        if crosses && asked.is_none() {
            return Err(Failure::combination("MajorEngineVersion must be specified when the engine is modified."));
        }
        let engine = engine.unwrap_or_else(|| cache.engine.clone());
        let major = version(&engine, asked)?.to_owned();
        if catalog::numbers(&major) < catalog::numbers(&cache.major) {
            return Err(Failure::value(format!(
                "Cannot modify {} from {} to {engine} {major}: versions cannot go down.",
                cache.engine, cache.major
            )));
        }
        Ok(Self::Version(engine, major))
    }
}

pub fn modify(context: &mut Context, input: Input) -> Answer {
    let mut cache = (*find(context, input.needed("ServerlessCacheName")?)?).clone();
    cache.must_be_available()?;
    let mut edits = Edit::read(context, input, &cache)?;
    if edits.len() > 1 {
        return Err(Failure::combination(
            "Serverless Cache modifications only support modifying one field per request.",
        ));
    }
    let edit = edits.pop().filter(|edit| !edit.is_vain(&cache));
    let edit = edit.ok_or_else(|| Failure::combination("No modifications were requested"))?;
    let seconds = if matches!(edit, Edit::Version(..)) { UPGRADE } else { MODIFY };
    cache.status = "modifying".into();
    cache.edit = Some(edit);
    let due = context.now + context.speed.scale(seconds);
    lifecycle::schedule(context.region, due, cache.target(), cache.serial, Step::Apply);
    context.region[SERVERLESS].put(&cache.name.clone(), cache.clone());
    Ok(json!({ "ServerlessCache": to_json(context, &cache) }))
}
