//! Changes of encryption, users and tokens: in phases, so that nobody is cut off before the last.

use super::{ENCRYPTION_PHASE, TOKEN_PHASE, effects, modify};
use crate::kind::{Call, Change, Problem, SecretPhase};
use crate::kinds::replication_group::predict::texts;
use crate::value::Value;

/// On in two steps, so that clients without TLS are cut off only by the second; off in two as well.
pub(super) fn encryption(change: &Change) -> Vec<Call> {
    if !change.has("transit_encryption_enabled") && !change.has("transit_encryption_mode") {
        return Vec::new();
    }
    let was = change.old("transit_encryption_enabled").as_bool() == Some(true);
    let is = change.new("transit_encryption_enabled").as_bool() == Some(true);
    let mode = change.new("transit_encryption_mode").as_str().unwrap_or("required").to_owned();
    let was_required = change.old("transit_encryption_mode").as_str() == Some("required");
    let mut steps: Vec<(Option<bool>, Option<&str>)> = Vec::new();
    match (was, is) {
        (false, true) => {
            steps.push((Some(true), Some("preferred")));
            if mode == "required" {
                steps.push((None, Some("required")));
            }
        }
        (true, false) => {
            if was_required {
                steps.push((None, Some("preferred")));
            }
            steps.push((Some(false), None));
        }
        (true, true) => steps.push((None, Some(if mode == "required" { "required" } else { "preferred" }))),
        (false, false) => {}
    }
    let causes = ["transit_encryption_enabled", "transit_encryption_mode"];
    steps
        .into_iter()
        .map(|(enabled, mode)| {
            let args = vec![
                ("TransitEncryptionEnabled", enabled.map_or_else(Value::null, Value::bool)),
                ("TransitEncryptionMode", mode.map_or_else(Value::null, Value::string)),
                ("ApplyImmediately", Value::bool(true)),
            ];
            effects::of_encryption(modify(change, &causes, args), enabled, mode).settles(ENCRYPTION_PHASE)
        })
        .collect()
}

pub(super) fn turns_tls_off(change: &Change) -> bool {
    let on = |value: Value| value.as_bool() == Some(true);
    on(change.old("transit_encryption_enabled")) && !on(change.new("transit_encryption_enabled"))
}

pub(super) fn users(change: &Change) -> Option<Call> {
    if !change.has("user_group_ids") {
        return None;
    }
    let (old, new) = (texts(Some(&change.old("user_group_ids"))), texts(Some(&change.new("user_group_ids"))));
    let diff = |from: &[String], without: &[String]| {
        let names: Vec<&String> = from.iter().filter(|name| !without.contains(name)).collect();
        if names.is_empty() { Value::null() } else { Value::strings(names) }
    };
    let mut args = vec![("UserGroupIdsToAdd", diff(&new, &old)), ("UserGroupIdsToRemove", diff(&old, &new))];
    // A token gives way to a user group in the same call, so that the group is never open.
    if change.has("auth_token") && change.new("auth_token").is_null() && !new.is_empty() {
        args.push(("AuthTokenUpdateStrategy", Value::string("DELETE")));
    }
    let token = takes_over(change);
    if token {
        args.extend([("AuthToken", change.new("auth_token")), ("AuthTokenUpdateStrategy", Value::string("ROTATE"))]);
    }
    args.push(("ApplyImmediately", Value::bool(true)));
    let call = effects::of_users(modify(change, &["user_group_ids", "auth_token"], args), !new.is_empty(), token);
    let call = call.settles(TOKEN_PHASE);
    if !token {
        return Some(call);
    }
    Some(call.carries("auth_token", SecretPhase::LetIn).assuming_set("auth_token", &change.new("auth_token")))
}

/// A token takes the place of the user groups, in the call that takes those away. Source: ElastiCache user guide,
/// "Migrating from RBAC to AUTH".
fn takes_over(change: &Change) -> bool {
    let items = |value: Value| value.as_items().map_or(0, <[Value]>::len);
    let leave = change.has("user_group_ids")
        && items(change.old("user_group_ids")) > 0
        && items(change.new("user_group_ids")) == 0;
    leave && change.has("auth_token") && !change.new("auth_token").is_null() && !change.is_let_in("auth_token")
}

/// ROTATE lets the old and the new token in, SET the new one only.
pub(super) fn token(change: &Change) -> Vec<Call> {
    if change.new("auth_token").is_null() {
        return Vec::new();
    }
    let strategy = change.new("auth_token_update_strategy");
    let phases: &[&str] = match strategy.as_str() {
        _ if change.only == Some(SecretPhase::Set) => &["SET"],
        _ if change.only == Some(SecretPhase::LetIn) && change.is_let_in("auth_token") => &[],
        _ if change.only == Some(SecretPhase::LetIn) => &["ROTATE"],
        _ if !change.has("auth_token") => {
            if ends_rotation(change) {
                &["SET"]
            } else {
                &[]
            }
        }
        Some("ROTATE") if change.is_let_in("auth_token") => &[],
        // The call that took the users away has let it in.
        Some("ROTATE") if takes_over(change) => &[],
        Some("ROTATE") => &["ROTATE"],
        _ if takes_over(change) => &["SET"],
        // AWS sets only what was rotated in. Where that is over, once more would take the old token from those that still
        // come with it.
        _ if change.is_let_in("auth_token") => &["SET"],
        _ => &["ROTATE", "SET"],
    };
    phases
        .iter()
        .map(|phase| {
            let args = vec![
                ("AuthToken", change.new("auth_token")),
                ("AuthTokenUpdateStrategy", Value::string(phase)),
                ("ApplyImmediately", Value::bool(true)),
            ];
            let becomes = if *phase == "SET" { SecretPhase::Set } else { SecretPhase::LetIn };
            let open = change.old("auth_token_enabled").as_bool() == Some(false);
            let call = modify(change, &["auth_token", "auth_token_update_strategy"], args);
            effects::of_token(call, phase, open, (change.has_both("auth_token"), change.is_let_in("auth_token")))
                .settles(TOKEN_PHASE)
                .carries("auth_token", becomes)
                .assuming_set("auth_token", &change.new("auth_token"))
        })
        .collect()
}

/// The token was let in beside the old one, and is to be the only one now.
pub(super) fn ends_rotation(change: &Change) -> bool {
    let rotates = |value: Value| value.as_str() == Some("ROTATE");
    let name = "auth_token_update_strategy";
    change.has(name) && rotates(change.old(name)) && !rotates(change.new(name))
}

/// AWS takes a token away only where a user group takes its place.
pub(super) fn refuse_open_door(change: &Change) -> Result<(), Problem> {
    let removed = change.has("auth_token") && change.new("auth_token").is_null();
    let users = change.new("user_group_ids").as_items().is_some_and(|items| !items.is_empty());
    if !removed || users {
        return Ok(());
    }
    Err(Problem::error(
        "CS0562",
        "auth_token",
        "A token cannot be taken away",
        "AWS deletes the token of a group only when a user group takes its place.",
        "Keep auth_token, or set user_group_ids in the same change.",
    ))
}

/// AWS takes no token where clients may still come without TLS.
pub(super) fn refuse_token_in_clear(change: &Change) -> Result<(), Problem> {
    let given = change.has("auth_token") && !change.new("auth_token").is_null();
    if !given || change.new("transit_encryption_mode").as_str() != Some("preferred") {
        return Ok(());
    }
    Err(Problem::error(
        "CS0550",
        "auth_token",
        "A token needs required encryption",
        "The group still lets clients in without TLS, and AWS refuses a token there.",
        "Set transit_encryption_mode = \"required\" as well.",
    ))
}
