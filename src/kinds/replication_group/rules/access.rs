//! Encryption, tokens, user groups and networks: who gets in.

use super::Group;
use crate::catalog::engines::{Engine, Version};
use crate::kind::Problem;

pub(super) fn encryption(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let version = group.version();
    // Both kinds of encryption are a matter of the global datastore for its members.
    let own = !group.in_global();
    if group.is("transit_encryption_enabled", true) && version.is_some_and(has_no_tls) {
        problems.push(Problem::error(
            "CS0545",
            "transit_encryption_enabled",
            "The version has no encryption in transit",
            "Encryption in transit needs 4.0.10 or newer (of the older ones, 3.2.6 alone has it).",
            "Choose a newer engine_version.",
        ));
    }
    if own && group.is_set("transit_encryption_mode") && group.is_off("transit_encryption_enabled") {
        problems.push(Problem::error(
            "CS0546",
            "transit_encryption_mode",
            "A mode without encryption",
            "`transit_encryption_mode` says how TLS is used, and `transit_encryption_enabled` is not on.",
            "Set transit_encryption_enabled = true, or leave the mode out.",
        ));
    }
    let tells = own && group.is_set("transit_encryption_mode") && group.is("transit_encryption_enabled", true);
    if tells && version.is_some_and(|version| !version.at_least(7, 0)) {
        problems.push(Problem::error(
            "CS1044",
            "transit_encryption_mode",
            "The version has no modes of encryption",
            "Up to version 6 a group takes connections with TLS only or without it, and AWS refuses the mode.",
            "Leave the mode out, or choose engine_version 7.0 or newer.",
        ));
    }
    if own
        && group.is_set("kms_key_id")
        && (group.is("at_rest_encryption_enabled", false)
            || group.is_off("at_rest_encryption_enabled") && group.engine() == Some(Engine::Redis))
    {
        problems.push(Problem::error(
            "CS0547",
            "kms_key_id",
            "A key without encryption",
            "`kms_key_id` names the key of encryption at rest, and `at_rest_encryption_enabled` is not on.",
            "Set at_rest_encryption_enabled = true, or leave the key out.",
        ));
    }
    problems.extend(users(group));
    if own && group.is_set("user_group_ids") && group.is_off("transit_encryption_enabled") {
        problems.push(Problem::error(
            "CS0548",
            "user_group_ids",
            "User groups need encryption in transit",
            "AWS lets users log in only over TLS.",
            "Set transit_encryption_enabled = true.",
        ));
    }
    problems
}

/// Source: the user guide, "role-based access control".
fn users(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !group.is_set("user_group_ids") {
        return problems;
    }
    if group.text("transit_encryption_mode") == Some("preferred") {
        let detail = "AWS refuses the mode \"preferred\" where there are users.";
        let help = "Set transit_encryption_mode = \"required\", or leave it out.";
        let summary = "Users need required encryption";
        problems.push(Problem::error("CS0550", "transit_encryption_mode", summary, detail, help));
    }
    if group.version().is_some_and(|version| !version.at_least(6, 0)) {
        let detail = "User groups came with Redis 6.0.";
        let help = "Choose a newer engine_version, or guard the group with auth_token.";
        problems.push(Problem::error("CS1060", "user_group_ids", "The version has no users", detail, help));
    }
    problems
}

/// Source: the service model: 16 to 128 printable characters; of the signs only ! & # $ ^ < > -.
pub(super) fn token(group: Group) -> Vec<Problem> {
    let Some(token) = group.get("auth_token") else { return Vec::new() };
    let mut problems = Vec::new();
    problems.extend(kept_and_deleted(group));
    let mut wrong = |code, attribute, summary, detail: &str, help: &str| {
        problems.push(Problem::error(code, attribute, summary, detail, help))
    };
    if !group.in_global() && group.is_off("transit_encryption_enabled") {
        wrong(
            "CS0549",
            "auth_token",
            "A token needs encryption in transit",
            "AWS takes `auth_token` only where `transit_encryption_enabled` is on.",
            "Set transit_encryption_enabled = true.",
        );
    }
    if group.text("transit_encryption_mode") == Some("preferred") {
        wrong(
            "CS0550",
            "transit_encryption_mode",
            "A token needs required encryption",
            "AWS refuses the mode \"preferred\" where there is a token.",
            "Set transit_encryption_mode = \"required\", or leave it out.",
        );
    }
    if group.is_set("auth_token_wo") {
        wrong(
            "CS0732",
            "auth_token_wo",
            "Both auth_token and auth_token_wo",
            "`auth_token_wo` is the same as `auth_token`, but for when it is looked at.",
            "Keep one of them.",
        );
    }
    if group.is_set("user_group_ids") {
        wrong(
            "CS0551",
            "auth_token",
            "A token and user groups exclude each other",
            "A group is guarded by `auth_token` or by `user_group_ids`.",
            "Keep one of them.",
        );
    }
    let text = match &token.data {
        crate::value::Data::Secret(secret) => secret.text.clone(),
        _ => None,
    };
    let Some(text) = text else { return problems };
    let length = text.chars().count();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!&#$^<>-".contains(c);
    if !(16..=128).contains(&length) || !text.chars().all(allowed) {
        problems.push(Problem::error(
            "CS0552",
            "auth_token",
            "AWS refuses this token",
            format!("A token has 16 to 128 characters, letters, digits and ! & # $ ^ < > - only; this one has {length} characters{}.",
                if text.chars().all(allowed) { "" } else { ", some of them not allowed" }),
            "Make another one, as with `openssl rand -hex 32`.",
        ));
    }
    problems
}

/// Source: the user guide, "in-transit encryption": 3.2.6, and 4.0.10 and later.
fn has_no_tls(version: Version) -> bool {
    version.major < 4 && version != Version { major: 3, minor: Some(2), patch: Some(6) }
}

/// DELETE is how a token goes, and here it goes by being left out.
fn kept_and_deleted(group: Group) -> Option<Problem> {
    (group.text("auth_token_update_strategy") == Some("DELETE")).then(|| {
        Problem::error(
            "CS0564",
            "auth_token_update_strategy",
            "A token that stays cannot be deleted",
            "The strategy is \"DELETE\", and `auth_token` is set.",
            "Leave auth_token out and set user_group_ids; or use the strategy SET or ROTATE.",
        )
    })
}
