//! What can be measured of a cache, and what is asked of CloudWatch for it.

use std::collections::BTreeMap;

/// A statistic of a metric of one node, as CloudWatch is asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The metric: `EngineCPUUtilization`.
    pub metric: &'static str,
    /// Whose.
    pub dimensions: Vec<(&'static str, String)>,
    /// `Average`, `Minimum`, `Maximum` or `Sum`.
    pub stat: &'static str,
}

/// Values by the beginning of their period, in seconds since the Unix epoch. A period without samples is absent: a node
/// that is not there, or does not report the metric.
pub type Curve = BTreeMap<i64, f64>;

/// From when, until when, and how long one period is: all in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first second.
    pub start: i64,
    /// The second behind the last.
    pub end: i64,
    /// A multiple of 60.
    pub period: i64,
}

/// One line of a report on a cache.
#[derive(Debug, PartialEq)]
pub struct Measure {
    /// What it is called.
    pub name: &'static str,
    /// In what it is told.
    pub unit: Unit,
    /// What it is made of.
    pub of: Formula,
    /// What it is of a cache of several nodes.
    pub join: Join,
    /// Where its mean should be.
    pub target: Option<Target>,
}

impl Measure {
    /// The target for people: `< 80%`.
    pub fn wanted(&self) -> Option<String> {
        let target = self.target?;
        let sign = if matches!(target, Target::Below(_)) { "<" } else { ">" };
        Some(format!("{sign} {}", self.unit.show(target.limit())))
    }
}

/// Units, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Of a hundred.
    Percent,
    /// Bytes.
    Bytes,
    /// So many at a time.
    Count,
    /// So many in a minute.
    PerMinute,
    /// Bytes in a minute.
    BytesPerMinute,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// Whether CloudWatch sums it up over a period.
    pub fn is_rate(self) -> bool {
        matches!(self, Self::PerMinute | Self::BytesPerMinute)
    }

    /// A value for people.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{}%", number(value)),
            Self::Bytes => bytes(value),
            Self::BytesPerMinute => format!("{}/min", bytes(value)),
            Self::PerMinute => format!("{}/min", number(value)),
            Self::Seconds => format!("{}s", number(value)),
            Self::Count => number(value),
        }
    }

    /// The word of documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Bytes => "bytes",
            Self::Count => "count",
            Self::PerMinute => "per minute",
            Self::BytesPerMinute => "bytes per minute",
            Self::Seconds => "seconds",
        }
    }
}

/// What a measure is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// A metric as it is.
    Metric(&'static str),
    /// The first of the two in a hundred of both: hits and misses.
    Share(&'static str, &'static str),
}

impl Formula {
    /// The metrics that it takes.
    pub fn metrics(self) -> Vec<&'static str> {
        match self {
            Self::Metric(name) => vec![name],
            Self::Share(part, rest) => vec![part, rest],
        }
    }
}

/// What a measure is of several nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// That of the node that has most.
    Most,
    /// That of the node that has least.
    Least,
    /// All together.
    Sum,
}

/// Where the mean of a measure should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// Below.
    Below(f64),
    /// Above.
    Above(f64),
}

impl Target {
    /// Whether a value is there.
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::Below(limit) => value < limit,
            Self::Above(limit) => value > limit,
        }
    }

    /// The limit.
    pub fn limit(self) -> f64 {
        match self {
            Self::Below(limit) | Self::Above(limit) => limit,
        }
    }
}

/// A node of a cache, as CloudWatch calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub dimensions: Vec<(&'static str, String)>,
}

/// A number with as many digits as say something.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Bytes for people.
pub fn bytes(value: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (value, 0);
    while value.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", number(value), UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short_and_true() {
        let cases = [
            (0.0, Unit::Count, "0"),
            (7.25, Unit::Percent, "7.25%"),
            (40.0, Unit::Percent, "40%"),
            (99.96, Unit::Percent, "100%"),
            (1234.4, Unit::PerMinute, "1234/min"),
            (1536.0, Unit::Bytes, "1.5 KiB"),
            (3.0 * 1024.0 * 1024.0, Unit::BytesPerMinute, "3 MiB/min"),
            (-0.001, Unit::Seconds, "0s"),
        ];
        for (value, unit, want) in cases {
            assert_eq!(unit.show(value), want);
        }
    }
}
