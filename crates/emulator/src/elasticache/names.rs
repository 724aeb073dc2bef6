//! Names, descriptions and windows: what ElastiCache accepts and how it keeps it.

use super::super::failure::Failure;
use super::super::world::hex;

/// A name as ElastiCache keeps it: lower case; letters, digits and single hyphens, a letter first.
pub fn identifier(text: &str, parameter: &str, longest: usize) -> Result<String, Failure> {
    let letters = text.as_bytes();
    let shaped = letters.first().is_some_and(u8::is_ascii_alphabetic)
        && letters.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        && !text.contains("--")
        && !text.ends_with('-');
    if text.trim().is_empty() {
        return Err(Failure::value(format!("The parameter {parameter} must be provided and must not be blank.")));
    }
    if !shaped {
        return Err(Failure::value(format!(
            "The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        )));
    }
    if letters.len() > longest {
        return Err(Failure::value(format!(
            "The parameter {parameter} is not a valid identifier because it is longer than {longest} characters."
        )));
    }
    Ok(text.to_ascii_lowercase())
}

/// The name of a subnet group as ElastiCache keeps it.
pub fn subnet_group(text: &str) -> Result<String, Failure> {
    identifier(text, "CacheSubnetGroupName", 255)
}

/// The id of a shard: one to four digits, kept with four.
pub fn node_group(text: &str) -> Result<String, Failure> {
    if !(1..=4).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::value(format!("Invalid node group ID: {text}. It must consist of 1 to 4 digits.")));
    }
    Ok(format!("{text:0>4}"))
}

/// A description: up to 255 characters.
pub fn description(text: &str, parameter: &str) -> Result<(), Failure> {
    if text.chars().count() > 255 {
        return Err(Failure::value(format!("The parameter {parameter} must be at most 255 characters long.")));
    }
    Ok(())
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: u32 = 24 * 60;

/// A span of time that comes again: each day for snapshots, each week for maintenance. In minutes, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub start: u32,
    pub length: u32,
    /// The minutes after which it comes again.
    pub period: u32,
}

impl Window {
    /// Reads `ddd:hh:mm-ddd:hh:mm`: at least 60 minutes, at most a day.
    pub fn weekly(text: &str) -> Result<Self, Failure> {
        let bad = || {
            Failure::value(format!(
                "Invalid maintenance window format: {text}. Should be specified as a range ddd:hh24:mi-ddd:hh24:mi (24H Clock UTC). Example: Sun:23:45-Mon:00:15."
            ))
        };
        let read = |half: &str| {
            let (day, time) = half.split_once(':')?;
            let day = DAYS.iter().position(|name| name.eq_ignore_ascii_case(day))?;
            Some(day as u32 * DAY + minutes(time)?)
        };
        let (start, stop) = text.split_once('-').ok_or_else(bad)?;
        let (start, stop) = (read(start).ok_or_else(bad)?, read(stop).ok_or_else(bad)?);
        let length = (stop + 7 * DAY - start) % (7 * DAY);
        if !(60..=DAY).contains(&length) {
            return Err(Failure::value("Maintenance window must be at least 60 minutes and at most 24 hours long."));
        }
        Ok(Self { start, length, period: 7 * DAY })
    }

    /// Reads `hh:mm-hh:mm`: at least 60 minutes.
    pub fn daily(text: &str) -> Result<Self, Failure> {
        let bad = || {
            Failure::value(format!(
                "Invalid snapshot window format: {text}. Should be specified as a range hh24:mi-hh24:mi (24H Clock UTC). Example: 05:00-09:00."
            ))
        };
        let (start, stop) = text.split_once('-').ok_or_else(bad)?;
        let (start, stop) = (minutes(start).ok_or_else(bad)?, minutes(stop).ok_or_else(bad)?);
        let length = (stop + DAY - start) % DAY;
        if length < 60 {
            return Err(Failure::value("The snapshot window must be at least 60 minutes long."));
        }
        Ok(Self { start, length, period: DAY })
    }

    /// Reads `hh:mm`, a minute of each day.
    pub fn minute(text: &str) -> Result<Self, Failure> {
        let start = minutes(text).ok_or_else(|| {
            Failure::value(format!(
                "Invalid daily snapshot time: {text}. Should be specified as hh:mm (24H Clock UTC)."
            ))
        })?;
        Ok(Self { start, length: 1, period: DAY })
    }

    /// Whether a daily window and a weekly one have a minute in common.
    pub fn overlaps(self, weekly: Self) -> bool {
        (0..7).any(|day| {
            let start = self.start + day * DAY;
            let week = weekly.period;
            (weekly.start + week - start) % week < self.length || (start + week - weekly.start) % week < weekly.length
        })
    }

    /// The next moment after `now` (milliseconds since the Unix epoch) at which the window opens.
    pub fn next_opening(self, now: u64) -> u64 {
        let period = u64::from(self.period) * 60_000;
        // The Unix epoch was a Thursday; the week of a window begins on Monday.
        let origin = if self.period == DAY { 0 } else { 4 * u64::from(DAY) * 60_000 };
        let start = (origin + u64::from(self.start) * 60_000) % period;
        now + period - (now + period - start) % period
    }
}

fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<u32>().ok())?
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// The windows that the service picks where none are given: the same for the same name, and never overlapping.
pub fn default_windows(name: &str) -> (String, String) {
    let hash = u64::from_str_radix(&hex(name)[..12], 16).unwrap_or(0);
    let (day, hour) = ((hash % 7) as usize, (hash / 7 % 8) as u32);
    let maintenance = format!("{0}:{1:02}:00-{0}:{2:02}:00", DAYS[day], 12 + hour, 13 + hour);
    let snapshot = format!("{:02}:30-{:02}:30", hour, hour + 1);
    (maintenance, snapshot)
}
