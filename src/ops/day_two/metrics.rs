//! What CloudWatch tells of a cache: every measure of every node, and joined for the whole.

use std::collections::BTreeMap;

use crate::kind::{Curve, Formula, Join, Measure, Measured, Query, Span};
use crate::ops::Failure;
use crate::ops::connect::Connection;
use crate::ops::day_two::{Meant, look, refused, service};
use crate::value::Object;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Least, mean and greatest sample of each period, by its beginning.
pub type Bands = BTreeMap<i64, [f64; 3]>;

/// One measure over a time.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What is measured.
    pub measure: &'static Measure,
    /// Of which node; of the whole without one.
    pub node: Option<String>,
    /// By period.
    pub bands: Bands,
    /// The mean of all; for a share it is that of the sums.
    pub mean: Option<f64>,
}

impl Reading {
    /// The least of all samples.
    pub fn least(&self) -> Option<f64> {
        self.bands.values().map(|band| band[0]).reduce(f64::min)
    }

    /// The greatest of all samples.
    pub fn greatest(&self) -> Option<f64> {
        self.bands.values().map(|band| band[2]).reduce(f64::max)
    }

    /// The mean of the last period.
    pub fn last(&self) -> Option<f64> {
        self.bands.values().next_back().map(|band| band[1])
    }

    /// Whether the mean is where it should be; none without a target or without data.
    pub fn is_met(&self) -> Option<bool> {
        Some(self.measure.target?.is_met(self.mean?))
    }
}

/// A cache over a time.
#[derive(Debug, Clone)]
pub struct Readings {
    /// Its engine, where it tells that.
    pub engine: String,
    /// The time.
    pub span: Span,
    /// Of the whole, in the order of the measures.
    pub whole: Vec<Reading>,
    /// Of each node.
    pub nodes: Vec<Reading>,
}

/// The last hours up to now, in periods that CloudWatch has for all of them: minutes for a day, five minutes for five
/// days, hours beyond.
pub fn last(hours: u32, now: i64) -> Span {
    let long = i64::from(hours) * HOUR;
    let period = match long {
        long if long <= DAY => 60,
        long if long <= 5 * DAY => 300,
        _ => HOUR,
    };
    let end = now.div_euclid(period) * period;
    Span { start: end - long.div_euclid(period).max(1) * period, end, period }
}

/// Reads everything that is measured of an object.
pub async fn read(connection: &Connection, meant: &Meant, span: Span) -> Result<Readings, Failure> {
    let live = look(connection, meant).await?.object;
    read_of(connection, meant, &live, span).await
}

/// The same of an object that was read.
pub async fn read_of(connection: &Connection, meant: &Meant, live: &Object, span: Span) -> Result<Readings, Failure> {
    let (measures, nodes) = (meant.kind.measures(live), meant.kind.measured(live));
    let queries = queries(measures, &nodes, span.period);
    let answer = service(connection)?.measure(&meant.region, &queries, span).await;
    let about = format!("the metrics of {} cannot be read", meant.address);
    let curves = answer.map_err(|error| refused(&about, &error))?;
    let found = joined(measures, &nodes, &queries, curves, span);
    let engine = crate::value::text(live, "engine").unwrap_or_default().to_owned();
    let (whole, nodes) = found;
    Ok(Readings { engine, span, whole, nodes })
}

/// A minute has one sample of a node: its mean says all. Of longer periods the extremes are asked for, too, but of what is
/// counted, which CloudWatch tells as a sum.
fn stats(measure: &Measure, period: i64) -> &'static [&'static str] {
    match measure.of {
        Formula::Share(..) => &["Sum"],
        Formula::Metric(_) if measure.unit.is_rate() => &["Sum"],
        Formula::Metric(_) if period == 60 => &["Average"],
        Formula::Metric(_) => &["Minimum", "Average", "Maximum"],
    }
}

fn queries(measures: &[Measure], nodes: &[Measured], period: i64) -> Vec<Query> {
    let mut all: Vec<Query> = Vec::new();
    for node in nodes {
        for measure in measures {
            for metric in measure.of.metrics() {
                let stats = stats(measure, period).iter();
                let new = stats.map(|stat| Query { metric, dimensions: node.dimensions.clone(), stat });
                let new: Vec<Query> = new.filter(|query| !all.contains(query)).collect();
                all.extend(new);
            }
        }
    }
    all
}

fn joined(
    measures: &'static [Measure],
    nodes: &[Measured],
    queries: &[Query],
    curves: Vec<Curve>,
    span: Span,
) -> (Vec<Reading>, Vec<Reading>) {
    let nothing = Curve::new();
    let curve = |node: &Measured, metric: &str, stat: &str| {
        let is = |query: &Query| query.metric == metric && query.stat == stat && query.dimensions == node.dimensions;
        queries.iter().position(is).and_then(|at| curves.get(at)).unwrap_or(&nothing)
    };
    let minutes = span.period as f64 / 60.0;
    let of_metric = |node: &Measured, measure: &Measure, metric: &str| -> Bands {
        match stats(measure, span.period) {
            ["Sum"] => curve(node, metric, "Sum").iter().map(|(at, sum)| (*at, [sum / minutes; 3])).collect(),
            [stat] => curve(node, metric, stat).iter().map(|(at, value)| (*at, [*value; 3])).collect(),
            _ => {
                let (low, high) = (curve(node, metric, "Minimum"), curve(node, metric, "Maximum"));
                let mean = curve(node, metric, "Average").iter();
                mean.map(|(at, mean)| {
                    (*at, [low.get(at).copied().unwrap_or(*mean), *mean, high.get(at).copied().unwrap_or(*mean)])
                })
                .collect()
            }
        }
    };
    let (mut whole, mut each) = (Vec::new(), Vec::new());
    for measure in measures {
        let parts: Vec<Vec<Bands>> = nodes
            .iter()
            .map(|node| measure.of.metrics().into_iter().map(|metric| of_metric(node, measure, metric)).collect())
            .collect();
        for (node, parts) in nodes.iter().zip(&parts) {
            each.push(reading(measure, Some(node.name.clone()), parts));
        }
        whole.push(match (measure.of, measure.join) {
            // A share of all is that of the sums; the worst of shares is looked for among those of the nodes.
            (Formula::Share(..), Join::Sum) => {
                let metrics = measure.of.metrics().len();
                let sums: Vec<Bands> =
                    (0..metrics).map(|at| merged(Join::Sum, parts.iter().map(|parts| &parts[at]))).collect();
                reading(measure, None, &sums)
            }
            (Formula::Share(..), join) => {
                let shares: Vec<Bands> = parts.iter().map(|parts| share(&parts[0], &parts[1])).collect();
                plain(measure, None, merged(join, shares.iter()))
            }
            (Formula::Metric(_), join) => plain(measure, None, merged(join, parts.iter().map(|parts| &parts[0]))),
        });
    }
    (whole, each)
}

/// A reading out of the metrics that it takes.
fn reading(measure: &'static Measure, node: Option<String>, parts: &[Bands]) -> Reading {
    let [part, rest] = parts else {
        return plain(measure, node, parts.first().cloned().unwrap_or_default());
    };
    let sum = |bands: &Bands| bands.values().map(|band| band[1]).sum::<f64>();
    let (of, all) = (sum(part), sum(part) + sum(rest));
    let bands = share(part, rest);
    Reading { measure, node, bands, mean: (all > 0.0).then(|| 100.0 * of / all) }
}

fn plain(measure: &'static Measure, node: Option<String>, bands: Bands) -> Reading {
    let count = bands.len() as f64;
    let mean = (count > 0.0).then(|| bands.values().map(|band| band[1]).sum::<f64>() / count);
    Reading { measure, node, bands, mean }
}

/// One in a hundred of both; a period in which neither has anything has no share.
fn share(part: &Bands, rest: &Bands) -> Bands {
    let one = |(at, part): (&i64, &[f64; 3])| {
        let all = part[1] + rest.get(at).map_or(0.0, |rest| rest[1]);
        (all > 0.0).then(|| (*at, [100.0 * part[1] / all; 3]))
    };
    let mut found: Bands = part.iter().filter_map(one).collect();
    found.extend(
        rest.iter().filter(|(at, rest)| !part.contains_key(at) && rest[1] > 0.0).map(|(at, _)| (*at, [0.0; 3])),
    );
    found
}

/// What several nodes come to, period by period; a node without a sample counts for nothing in it.
fn merged<'a>(join: Join, all: impl Iterator<Item = &'a Bands>) -> Bands {
    let mut found = Bands::new();
    for bands in all {
        for (at, band) in bands {
            let Some(sofar) = found.get_mut(at) else {
                found.insert(*at, *band);
                continue;
            };
            for (sofar, value) in sofar.iter_mut().zip(band) {
                *sofar = match join {
                    Join::Most => sofar.max(*value),
                    Join::Least => sofar.min(*value),
                    Join::Sum => *sofar + value,
                };
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Unit;

    static MEASURES: [Measure; 3] = [
        Measure { name: "cpu", unit: Unit::Percent, of: Formula::Metric("cpu"), join: Join::Most, target: None },
        Measure { name: "hits", unit: Unit::Percent, of: Formula::Share("h", "m"), join: Join::Sum, target: None },
        Measure { name: "evicted", unit: Unit::PerMinute, of: Formula::Metric("e"), join: Join::Sum, target: None },
    ];

    #[test]
    fn nodes_are_joined_by_what_is_measured() {
        let node = |name: &str| Measured { name: name.into(), dimensions: vec![("CacheClusterId", name.into())] };
        let nodes = [node("a"), node("b")];
        let span = Span { start: 0, end: 600, period: 300 };
        let queries = queries(&MEASURES, &nodes, span.period);
        let value = |query: &Query, at: i64| {
            let second = query.dimensions[0].1 == "b";
            match (query.metric, query.stat) {
                ("cpu", "Minimum") => 1.0,
                ("cpu", "Average") => {
                    if second {
                        20.0
                    } else {
                        10.0
                    }
                }
                ("cpu", _) => {
                    if second {
                        90.0
                    } else {
                        30.0
                    }
                }
                ("h", _) => {
                    if second {
                        0.0
                    } else {
                        90.0
                    }
                }
                ("m", _) => {
                    if second {
                        10.0
                    } else {
                        0.0
                    }
                }
                _ => {
                    if at == 0 {
                        50.0
                    } else {
                        100.0
                    }
                }
            }
        };
        // The second node is not there in the first period.
        let curves = queries.iter().map(|query| {
            let there = |at: &i64| *at > 0 || query.dimensions[0].1 == "a";
            [0, 300].into_iter().filter(there).map(|at| (at, value(query, at))).collect()
        });
        let (whole, each) = joined(&MEASURES, &nodes, &queries, curves.collect(), span);
        assert_eq!(each.len(), 6);
        let [cpu, hits, evicted] = &whole[..] else { panic!("{whole:?}") };
        assert_eq!((cpu.least(), cpu.mean, cpu.greatest()), (Some(1.0), Some(15.0), Some(90.0)));
        assert_eq!(hits.mean, Some(100.0 * 180.0 / 190.0), "it is the share of the sums, not the mean of shares");
        assert_eq!((evicted.least(), evicted.greatest()), (Some(10.0), Some(40.0)), "sums are told per minute");
    }

    #[test]
    fn periods_are_those_that_cloudwatch_has() {
        let now = 1_800_000_123;
        for (hours, period, count) in
            [(1, 60, 60), (24, 60, 1440), (25, 300, 300), (120, 300, 1440), (24 * 30, 3600, 720)]
        {
            let span = last(hours, now);
            assert_eq!((span.period, (span.end - span.start) / span.period), (period, count), "{hours}");
            assert!(span.end <= now && span.start % period == 0);
        }
    }
}
