//! Role-based access of replication groups: a user group in the place of a token.

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::input::Input;
use super::change::{Change, TokenChange};
use super::group::ReplicationGroup;
use super::settings::Settings;
use super::{catalog, user_groups};

const NO_TLS: &str =
    "User group based access control requires encryption-in-transit to be enabled on the replication group.";

/// Refuses user groups that a new cache could not have, whatever its other settings.
pub fn must_exist(context: &Context, input: Input) -> Result<(), Failure> {
    let ids = input.texts("UserGroupIds");
    if !ids.is_empty() && input.filled("AuthToken").is_some() {
        return Err(Failure::combination("AuthToken and UserGroupIds cannot be used together."));
    }
    ids.iter().try_for_each(|id| user_groups::find(context, id).map(drop))
}

/// Gives a new cache the user groups that a request names.
pub fn at_creation(context: &Context, input: Input, settings: &mut Settings) -> Result<(), Failure> {
    settings.user_groups = input.texts("UserGroupIds").iter().map(|id| id.to_ascii_lowercase()).collect();
    check(context, &settings.user_groups, &settings.user_groups, settings)
}

/// What ModifyReplicationGroup changes of a cache's user groups, against what it shall be already.
pub fn read_change(context: &Context, input: Input, goal: &Settings, change: &mut Change) -> Result<(), Failure> {
    let lower = |name: &str| -> Vec<String> { input.texts(name).iter().map(|id| id.to_ascii_lowercase()).collect() };
    let (add, mut remove) = (lower("UserGroupIdsToAdd"), lower("UserGroupIdsToRemove"));
    for id in &remove {
        user_groups::find(context, id)?;
        if !goal.user_groups.contains(id) {
            return Err(Failure::value(format!("User group {id} is not associated with the replication group.")));
        }
    }
    if input.flag("RemoveUserGroups") == Some(true) {
        if !remove.is_empty() {
            return Err(Failure::combination("RemoveUserGroups cannot be used together with UserGroupIdsToRemove."));
        }
        remove.clone_from(&goal.user_groups);
    }
    let mut wanted: Vec<String> = goal.user_groups.iter().filter(|id| !remove.contains(id)).cloned().collect();
    wanted.extend(add.iter().filter(|id| !goal.user_groups.contains(id)).cloned());
    check(context, &add, &wanted, goal)?;
    if wanted != goal.user_groups {
        change.user_groups = Some(wanted);
    }
    Ok(())
}

/// A token goes when a user group comes.
pub fn read_token_deletion(input: Input, goal: &Settings, change: &mut Change) -> Result<(), Failure> {
    let comes = change.user_groups.as_ref().is_some_and(|wanted| !wanted.is_empty());
    if !comes || goal.tokens.is_empty() || input.filled("AuthToken").is_some() {
        return Err(Failure::value("Auth token update strategy delete is not supported currently"));
    }
    change.token = Some(TokenChange { strategy: "DELETE".into(), digest: None });
    Ok(())
}

/// A cache has a token or a user group, once a change is through.
pub fn one_of_both(old: &ReplicationGroup, goal: &Settings, change: &Change) -> Result<(), Failure> {
    let groups = change.user_groups.as_ref().unwrap_or(&goal.user_groups);
    let token = match &change.token {
        Some(token) => token.strategy != "DELETE",
        None => !goal.tokens.is_empty(),
    };
    if groups.is_empty() || !token {
        return Ok(());
    }
    Err(Failure::combination(format!(
        "The replication group {} cannot have an AUTH token and a user group at the same time.",
        old.id
    )))
}

fn check(context: &Context, new: &[String], all: &[String], settings: &Settings) -> Result<(), Failure> {
    for id in new {
        user_groups::for_cache(context, id, &settings.engine)?;
    }
    if all.is_empty() || new.is_empty() {
        return Ok(());
    }
    if all.len() > 1 {
        return Err(Failure::value("Only one user group can be associated with a replication group."));
    }
    if !settings.tls {
        return Err(Failure::combination(NO_TLS));
    }
    if settings.tls_mode.as_deref() == Some("preferred") {
        return Err(Failure::combination(
            "Transit encryption preferred is not supported with access control enabled clusters.",
        ));
    }
    if settings.engine == "redis" && !catalog::at_least(&settings.version, "6.0") {
        return Err(Failure::combination("User groups are supported for engine version 6.0 or later."));
    }
    Ok(())
}
