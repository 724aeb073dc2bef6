//! Windows, and the logs that a version has.

use super::Group;
use crate::kind::Problem;
use crate::value::{Object, Value};

/// Minutes of the day: start, and length in minutes.
pub fn daily_window(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minutes(from)?, minutes(to)?);
    let length = (to + 1440 - from) % 1440;
    (length >= 60).then_some((from, length))
}

/// Minutes of the week: start, and length in minutes.
pub fn weekly_window(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (week_minutes(from)?, week_minutes(to)?);
    let length = (to + 10080 - from) % 10080;
    (60..=1440).contains(&length).then_some((from, length))
}

fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number =
        |text: &str, max: u32| (text.len() == 2).then(|| text.parse::<u32>().ok()).flatten().filter(|n| *n <= max);
    Some(number(hours, 23)? * 60 + number(minutes, 59)?)
}

fn week_minutes(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let day = days.iter().position(|name| name.eq_ignore_ascii_case(day))? as u32;
    Some(day * 1440 + minutes(time)?)
}

/// The overlap of the windows of a group, as it will be.
pub fn overlap(object: &Object) -> Option<Problem> {
    windows(Group(object)).into_iter().next()
}

pub(super) fn windows(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let daily = group.text("snapshot_window").and_then(daily_window);
    let weekly = group.text("maintenance_window").and_then(weekly_window);
    if let (Some((daily, daily_length)), Some((weekly, weekly_length))) = (daily, weekly) {
        // Both are arcs of the week, which is a ring.
        let behind = |from: u32, to: u32| (to + 10080 - from) % 10080;
        let overlaps = (0..7)
            .map(|day| day * 1440 + daily)
            .any(|start| behind(start, weekly) < daily_length || behind(weekly, start) < weekly_length);
        if overlaps {
            problems.push(Problem::error(
                "CS0553",
                "maintenance_window",
                "The windows overlap",
                "AWS wants the snapshot window and the maintenance window to be apart.",
                "Move one of them.",
            ));
        }
    }
    problems
}

pub(super) fn logs(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = Vec::new();
    let blocks = group.get("log_delivery_configuration").and_then(Value::as_items).unwrap_or_default();
    for kind in blocks.iter().filter_map(|block| block.get("log_type")?.as_str()) {
        if seen.contains(&kind) {
            let detail = format!("There are two blocks for the log type \"{kind}\"; AWS takes one.");
            let problem = Problem::error(
                "CS0554",
                "log_delivery_configuration",
                "A log goes to two places",
                detail,
                "Remove one of them.",
            );
            problems.push(problem.on(kind));
        }
        seen.push(kind);
        let least = if kind == "engine-log" { (6, 2) } else { (6, 0) };
        if group.version().is_some_and(|version| !version.at_least(least.0, least.1)) {
            problems.push(
                Problem::error(
                    "CS0555",
                    "log_delivery_configuration",
                    "The version does not have this log",
                    format!("The log type \"{kind}\" needs version {}.{} or newer.", least.0, least.1),
                    "Choose a newer engine_version, or remove the block.",
                )
                .on(kind),
            );
        }
    }
    problems
}
