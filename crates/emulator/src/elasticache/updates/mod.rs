//! Service updates. The emulator's own calendar brings a security update of each engine every 30 days, so that caches
//! that were made before have something to apply; the clock can be moved to see one.

mod actions;

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::service::{Part, operation};
use super::super::wire::timestamp_text;
use actions::ACTIONS;
use serde_json::{Value, json};

/// Service updates: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "DescribeServiceUpdates",
            describe,
            "by name and status, dates by severity, pages",
            "a made-up update of each engine every 30 days, the last twelve of them",
        ),
        operation(
            "DescribeUpdateActions",
            actions::describe,
            "of caches older than the update, by all filters, nodes on request, pages",
            "",
        ),
        operation(
            "BatchApplyUpdateAction",
            actions::apply,
            "what cannot be updated is told one by one; caches are modifying meanwhile; earlier updates come along",
            "",
        ),
        operation("BatchStopUpdateAction", actions::stop, "only what has not begun", ""),
    ],
    tables: &[&ACTIONS],
    due: &[("UpdateAction", actions::due)],
    ..Part::NONE
};

const DAY_MS: u64 = 24 * 3_600_000;
/// How often an update comes, and how many of each engine are told.
const EVERY_MS: u64 = 30 * DAY_MS;
const TOLD: u64 = 12;
const ENGINES: [&str; 3] = ["memcached", "redis", "valkey"];
/// Severities in turn, and the days after which an update should have been applied.
const SEVERITIES: [(&str, u64); 4] = [("important", 30), ("medium", 60), ("critical", 14), ("low", 90)];

/// A service update.
#[derive(Debug, Clone)]
struct Update {
    name: String,
    engine: &'static str,
    severity: &'static str,
    released: u64,
    apply_by: u64,
    ends: u64,
    /// `available` or `expired`.
    status: &'static str,
}

/// The updates that there are at a time, the latest last.
fn updates(now: u64) -> Vec<Update> {
    let last = now / EVERY_MS;
    let months = last.saturating_sub(TOLD - 1)..=last;
    months.flat_map(|month| ENGINES.map(|engine| update(month, engine, now))).collect()
}

fn update(month: u64, engine: &'static str, now: u64) -> Update {
    let released = month * EVERY_MS;
    let (severity, days) = SEVERITIES[(month % 4) as usize];
    let date = timestamp_text(released as i64)[..10].replace('-', "");
    let ends = released + 180 * DAY_MS;
    Update {
        name: format!("elasticache-{date}-{engine}-security"),
        engine,
        severity,
        released,
        apply_by: released + days * DAY_MS,
        ends,
        status: if ends < now { "expired" } else { "available" },
    }
}

fn find(now: u64, name: &str) -> Result<Update, Failure> {
    let found = updates(now).into_iter().find(|update| update.name == name);
    found.ok_or_else(|| Failure::missing("ServiceUpdateNotFoundFault", format!("Service update {name} not found.")))
}

/// `ServiceUpdateStatus` of a request.
fn statuses(input: Input) -> Result<Vec<String>, Failure> {
    let all = input.texts("ServiceUpdateStatus");
    match all.iter().find(|status| !["available", "cancelled", "expired"].contains(&status.as_str())) {
        Some(other) => Err(Failure::value(format!("Invalid service update status: {other}."))),
        None => Ok(all),
    }
}

fn describe(context: &mut Context, input: Input) -> Answer {
    let statuses = statuses(input)?;
    if let Some(name) = input.filled("ServiceUpdateName") {
        find(context.now, name)?;
    }
    let wanted = |update: &Update| {
        input.filled("ServiceUpdateName").is_none_or(|name| name == update.name)
            && (statuses.is_empty() || statuses.iter().any(|status| status == update.status))
    };
    let rows = updates(context.now).into_iter().filter(wanted).map(|update| {
        let row = json!({
            "ServiceUpdateName": update.name, "ServiceUpdateReleaseDate": update.released,
            "ServiceUpdateEndDate": update.ends, "ServiceUpdateSeverity": update.severity,
            "ServiceUpdateRecommendedApplyByDate": update.apply_by, "ServiceUpdateStatus": update.status,
            "ServiceUpdateDescription": format!("Security update of {} caches", update.engine),
            "ServiceUpdateType": "security-update", "Engine": update.engine, "EngineVersion": "all versions",
            "AutoUpdateAfterRecommendedApplyByDate": false, "EstimatedUpdateTime": "30 minutes per node",
        });
        (update.name, row)
    });
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let (page, marker): (Vec<Value>, _) = paging::page(rows, after.as_deref(), size);
    Ok(json!({ "ServiceUpdates": page, "Marker": marker }))
}
