//! What falls due as time passes: nodes that are ready, changes that are through, deletions, windows, backups.
//!
//! Nothing runs in the background: each request first settles what is due, at the times at which it was due.

use super::context::Context;
use super::region::{Others, Region, TIMERS};
use super::service;
use super::time::Speed;
use super::world::Quotas;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a timer is about: the kind that a part deals with, and the key of a row. Kept as `{"Group": "sessions"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Target {
    pub kind: String,
    pub id: String,
}

impl Target {
    /// The row of that key.
    pub fn new(kind: &str, id: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), id: id.into() }
    }
}

impl From<BTreeMap<String, String>> for Target {
    fn from(map: BTreeMap<String, String>) -> Self {
        let (kind, id) = map.into_iter().next().unwrap_or_default();
        Self { kind, id }
    }
}

impl From<Target> for BTreeMap<String, String> {
    fn from(target: Target) -> Self {
        Self::from([(target.kind, target.id)])
    }
}

/// What happens when a timer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// It is there, or at rest again.
    Ready,
    /// The change that was being made is through.
    Apply,
    /// It is gone.
    Gone,
    /// The maintenance window opens.
    Window,
    /// The daily snapshot is taken.
    Backup,
}

/// Something that falls due; its time is in its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timer {
    pub target: Target,
    /// Of the object that the timer was set for; a later one of the same name is left alone.
    pub serial: u64,
    pub step: Step,
}

/// Sets a timer.
pub fn schedule(region: &mut Region, due: u64, target: Target, serial: u64, step: Step) {
    let key = format!("{due:016}.{:012}", region.next());
    region[TIMERS].put(&key, Timer { target, serial, step });
}

/// Does everything that is due by `now` in the regions of an account, in the order of time.
pub fn settle(regions: &mut Others, now: u64, speed: Speed, quotas: Quotas) {
    while let Some((due, name, key)) = next(regions).filter(|(due, ..)| *due <= now) {
        let Some(region) = regions.remove(&name) else { return };
        if let Some(timer) = region[TIMERS].remove(&key) {
            let account = region.account.clone();
            let mut context = Context {
                region: &mut *region,
                others: regions,
                account: &account,
                region_name: &name,
                now: due,
                speed,
                quotas,
            };
            if let Some(deal) = service::due(&timer.target.kind) {
                deal(&mut context, &timer.target.id, &timer);
            }
        }
        regions.insert(name, region);
    }
}

/// The first timer of all regions: when it is due, where, and under which key.
fn next(regions: &Others) -> Option<(u64, String, String)> {
    let first = regions.iter().filter_map(|(name, region)| {
        let (key, _) = region[TIMERS].first()?;
        let due = key.split('.').next().and_then(|text| text.parse().ok()).unwrap_or(0);
        Some((due, name, key))
    });
    first.min().map(|(due, name, key)| (due, name.clone(), key.clone()))
}
