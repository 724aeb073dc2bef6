//! A change that waits for the maintenance window: what of it can, and what cannot.
//!
//! AWS defers settings only. Every immediate call carries out what waits, so that immediate calls come first.

use super::{mode, refuse, scale};
use crate::kind::{Call, Change, Problem};
use crate::kinds::upkeep;

/// Whether the change is to wait for the window, as far as it can.
pub(super) fn is_asked_for(change: &Change) -> bool {
    upkeep::waits(change)
}

/// Whether settings can come last: no immediate call hangs on an engine that waits.
pub(super) fn settings_wait(change: &Change) -> bool {
    let upgrades = change.has("engine") || change.has("engine_version");
    let hangs_on_it = ["transit_encryption_enabled", "transit_encryption_mode", "log_delivery_configuration"]
        .iter()
        .any(|name| change.has(name));
    is_asked_for(change) && !(upgrades && (hangs_on_it || mode::begins(change)))
}

/// Settings that an immediate call of the same change hangs on, and that are made at once for it.
pub(super) fn needed_now(change: &Change) -> Vec<&'static str> {
    let all = ["automatic_failover_enabled", "multi_az_enabled"];
    let goes_off = |name: &&'static str| change.has(name) && change.new(name).as_bool() == Some(false);
    match () {
        () if mode::begins(change) => all.into_iter().filter(|name| change.has(name)).collect(),
        () if scale::fewer_replicas(change).is_some() => all.into_iter().filter(goes_off).collect(),
        () => Vec::new(),
    }
}

/// A change of several calls cannot wait for the window with its first and go on with the others.
pub(super) fn refuse_half(calls: &[Call]) -> Result<(), Problem> {
    let tags = ["AddTagsToResource", "RemoveTagsFromResource"];
    let issued: Vec<&Call> = calls.iter().filter(|call| !tags.contains(&call.operation)).collect();
    if issued.len() < 2 || !issued[..issued.len() - 1].iter().any(|call| call.waits()) {
        return Ok(());
    }
    let names: Vec<&str> = issued.iter().flat_map(|call| call.causes.iter().copied()).collect();
    Err(refuse::half_deferred(&names.join(", "), issued.len()))
}
