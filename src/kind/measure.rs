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
