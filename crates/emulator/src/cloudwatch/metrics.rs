//! Metrics: series that the control API sets, one sample of each node a minute, as ElastiCache reports them. What no series
//! is set for has no data points. Source: API reference, GetMetricData and GetMetricStatistics.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::service::{Part, operation};
use super::super::table::Key;
use super::math::{Found, Known, Line, evaluate};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Metrics: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "GetMetricStatistics",
            statistics,
            "1440 points at most, periods by age, percentiles; of the series that the control API sets",
            "units are not looked at",
        ),
        operation(
            "GetMetricData",
            data,
            "500 queries and 100800 points at most, both orders, periods by age, pages; of the series that the control API sets",
            "expressions without SEARCH, bands of anomalies, LOGS, INSIGHT_RULE_METRIC, SERVICE_QUOTA, SLICE, SORT, TIME_SERIES and the parts of dates",
        ),
    ],
    tables: &[&SERIES],
    ..Part::NONE
};

/// Series by cache, node and metric.
pub const SERIES: Key<Series> = Key::new("series");

const NAMESPACE: &str = "AWS/ElastiCache";
const MINUTE: i64 = 60;
const DAY: i64 = 86_400;
/// The most points of GetMetricStatistics; queries and points of GetMetricData.
const MOST_STATISTICS: i64 = 1440;
const MOST_QUERIES: usize = 500;
const MOST_POINTS: usize = 100_800;

/// What a metric of a cache reads, minute by minute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Series {
    /// The id of a cluster, of a node of a group, or the name of a serverless cache.
    cache: String,
    /// The node of a cluster of Memcached; of every node without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    metric: String,
    #[serde(flatten)]
    shape: Shape,
}

/// How a series goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "shape")]
enum Shape {
    /// Always the same.
    Steady { value: f64 },
    /// Up and down once a day: `low` at midnight UTC, `high` at noon, as a cosine between.
    Daily { low: f64, high: f64 },
    /// `low`, and `high` in the first minutes of every hour.
    Spiky { low: f64, high: f64, minutes: i64 },
}

impl Series {
    fn key(&self) -> String {
        format!("{}/{}/{}", self.cache, self.node.as_deref().unwrap_or("*"), self.metric)
    }

    /// The sample of a minute since the Unix epoch.
    fn at(&self, minute: i64) -> f64 {
        match self.shape {
            Shape::Steady { value } => value,
            Shape::Daily { low, high } => {
                let of_day = minute.rem_euclid(1440) as f64 / 1440.0;
                low + (high - low) * (1.0 - (std::f64::consts::TAU * of_day).cos()) / 2.0
            }
            Shape::Spiky { low, high, minutes } => {
                if minute.rem_euclid(60) < minutes {
                    high
                } else {
                    low
                }
            }
        }
    }
}

/// Sets series in a region: each takes the place of the one of its cache, node and metric.
///
/// # Errors
/// What is no series.
pub fn set(context: &mut super::super::region::Region, series: &Value) -> Result<Value, String> {
    let all: Vec<Series> = serde_json::from_value(series.clone()).map_err(|error| error.to_string())?;
    for one in &all {
        let key = one.key();
        context[SERIES].put(&key, one.clone());
    }
    Ok(json!({ "series": all.len() }))
}

/// A metric that is asked for.
struct Asked<'a> {
    cache: Option<&'a str>,
    node: Option<&'a str>,
    metric: &'a str,
    period: i64,
}

impl<'a> Asked<'a> {
    fn of(metric: Input<'a>, period: i64) -> Self {
        let mut asked = Self { cache: None, node: None, metric: metric.text("MetricName").unwrap_or(""), period };
        let mut others = metric.text("Namespace") != Some(NAMESPACE);
        for dimension in metric.structures("Dimensions") {
            match dimension.text("Name") {
                Some("CacheClusterId" | "clusterId") => asked.cache = dimension.text("Value"),
                Some("CacheNodeId") => asked.node = dimension.text("Value"),
                _ => others = true,
            }
        }
        if others {
            asked.cache = None;
        }
        asked
    }

    /// Samples by the beginning of their period, in seconds: from the period of `start` on, before `end`.
    fn samples(&self, context: &Context, start: i64, end: i64) -> Vec<(i64, Vec<f64>)> {
        let Some(cache) = self.cache else { return Vec::new() };
        let of_node = |node: &str| context.region[SERIES].get(&format!("{cache}/{node}/{}", self.metric));
        let Some(series) = self.node.and_then(of_node).or_else(|| of_node("*")) else { return Vec::new() };
        let now = context.now as i64 / 1000;
        // What is older is kept in longer periods only; another one is empty, and nothing says why.
        let kept = match now - start {
            age if age <= 15 * DAY => MINUTE,
            age if age <= 63 * DAY => 300,
            age if age <= 455 * DAY => 3600,
            _ => return Vec::new(),
        };
        if self.period % kept != 0 {
            return Vec::new();
        }
        let first = start.div_euclid(self.period) * self.period;
        let periods = (first..end.min(now)).step_by(self.period as usize);
        let of_period = |from: i64| {
            let minutes = (from..(from + self.period).min(end).min(now)).step_by(60);
            (from, minutes.map(|second| series.at(second.div_euclid(60))).collect::<Vec<f64>>())
        };
        periods.map(of_period).filter(|(_, samples)| !samples.is_empty()).collect()
    }
}

fn invalid(text: impl Into<String>) -> Failure {
    Failure::value(text)
}

/// A statistic of samples.
fn statistic(name: &str, samples: &[f64]) -> Result<f64, Failure> {
    let sum: f64 = samples.iter().sum();
    Ok(match name {
        "Average" => sum / samples.len() as f64,
        "Sum" => sum,
        "SampleCount" => samples.len() as f64,
        "Minimum" => samples.iter().copied().fold(f64::INFINITY, f64::min),
        "Maximum" => samples.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => {
            let percent = name.strip_prefix('p').and_then(|text| text.parse::<f64>().ok());
            let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
            let percent =
                percent.ok_or_else(|| invalid(format!("The value {name} for parameter Stat is not supported.")))?;
            let mut sorted = samples.to_vec();
            sorted.sort_by(f64::total_cmp);
            let place = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
            sorted[place.clamp(1, sorted.len()) - 1]
        }
    })
}

/// `StartTime` and `EndTime` in seconds.
fn times(input: Input) -> Result<(i64, i64), Failure> {
    let seconds = |name: &str| input.number(name).unwrap_or(0).div_euclid(1000);
    let (start, end) = (seconds("StartTime"), seconds("EndTime"));
    if start >= end {
        let text = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(Failure::combination(text));
    }
    Ok((start, end))
}

fn period(value: Option<i64>) -> Result<i64, Failure> {
    let period = value.unwrap_or(0);
    if [1, 5, 10, 20, 30].contains(&period) || period > 0 && period % MINUTE == 0 {
        return Ok(period.max(MINUTE));
    }
    Err(invalid("The parameter Period must be 1, 5, 10, 20, 30, or any multiple of 60."))
}

fn statistics(context: &mut Context, input: Input) -> Answer {
    let (start, end) = times(input)?;
    let (plain, extended) = (input.texts("Statistics"), input.texts("ExtendedStatistics"));
    if plain.is_empty() && extended.is_empty() {
        return Err(Failure::new("MissingParameter", "At least one of Statistics and ExtendedStatistics is needed."));
    }
    let asked = Asked::of(input, period(input.number("Period"))?);
    let count = (end - start) / asked.period;
    if count > MOST_STATISTICS {
        return Err(Failure::combination(format!(
            "You have requested up to {count} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )));
    }
    let mut points = Vec::new();
    for (from, samples) in asked.samples(context, start, end) {
        let mut point = json!({ "Timestamp": from * 1000, "Unit": input.text("Unit").unwrap_or("None") });
        for name in &plain {
            point[name.as_str()] = json!(statistic(name, &samples)?);
        }
        for name in &extended {
            point["ExtendedStatistics"][name.as_str()] = json!(statistic(name, &samples)?);
        }
        points.push(point);
    }
    Ok(json!({ "Label": input.text("MetricName"), "Datapoints": points }))
}

/// What is wrong with a request is a `ValidationError` here.
fn data(context: &mut Context, input: Input) -> Answer {
    curves(context, input).map_err(|failure| match failure.code.as_str() {
        "InvalidParameterValue" | "InvalidParameterCombination" => Failure::new("ValidationError", failure.message),
        _ => failure,
    })
}

fn curves(context: &mut Context, input: Input) -> Answer {
    let (start, end) = times(input)?;
    let queries: Vec<Input> = input.structures("MetricDataQueries").collect();
    if queries.len() > MOST_QUERIES {
        return Err(invalid(format!(
            "The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}."
        )));
    }
    let ascending = input.text("ScanBy") == Some("TimestampAscending");
    let most = input.number("MaxDatapoints").map_or(MOST_POINTS, |most| most.clamp(1, MOST_POINTS as i64) as usize);
    let from: usize = match input.filled("NextToken") {
        None => 0,
        Some(token) => {
            token.parse().map_err(|_| Failure::new("InvalidNextToken", "The next token specified is invalid."))?
        }
    };
    let request = Request::of(context, &queries, (start, end))?;
    let (mut seen, mut results, mut more) = (0, Vec::new(), false);
    let returned = queries.iter().filter(|query| query.flag("ReturnData") != Some(false));
    let lines = returned.map(|query| request.lines(*query)).collect::<Result<Vec<_>, Failure>>()?;
    for (id, line) in lines.into_iter().flatten() {
        let mut points: Vec<(i64, f64)> = line.points.into_iter().collect();
        if !ascending {
            points.reverse();
        }
        let (mut times, mut values) = (Vec::new(), Vec::new());
        for (time, value) in points {
            let place = seen;
            seen += 1;
            if place < from {
                continue;
            }
            if place >= from + most {
                more = true;
                break;
            }
            times.push(time * 1000);
            values.push(value);
        }
        results.push(json!({
            "Id": id, "Label": line.label, "Timestamps": times, "Values": values,
            "StatusCode": if more { "PartialData" } else { "Complete" },
        }));
        if more {
            break;
        }
    }
    Ok(json!({ "MetricDataResults": results, "NextToken": more.then(|| (from + most).to_string()) }))
}

/// So many expressions stand on one another at most.
const MOST_LINKS: usize = 20;

/// The queries of a request: its metrics as they were read, and what its expressions come to.
struct Request<'a> {
    metrics: Vec<(String, Line)>,
    expressions: BTreeMap<String, &'a str>,
    done: RefCell<BTreeMap<String, Result<Found, String>>>,
    /// Expressions that are looked at now, each for the one before.
    open: RefCell<Vec<String>>,
}

impl<'a> Request<'a> {
    fn of(context: &Context, queries: &[Input<'a>], (start, end): (i64, i64)) -> Result<Self, Failure> {
        let (mut metrics, mut expressions) = (Vec::new(), BTreeMap::new());
        for query in queries {
            let id = query.text("Id").unwrap_or_default().to_owned();
            if query.has("MetricStat") == query.has("Expression") {
                return Err(invalid(format!("The metric {id} must have either MetricStat or Expression.")));
            }
            if let Some(text) = query.text("Expression") {
                expressions.insert(id, text);
                continue;
            }
            let stat = query.structure("MetricStat");
            let asked = Asked::of(stat.structure("Metric"), period(stat.number("Period"))?);
            let name = stat.text("Stat").unwrap_or("Average");
            let samples = asked.samples(context, start, end).into_iter();
            let points = samples.map(|(time, samples)| Ok((time, statistic(name, &samples)?)));
            let points = points.collect::<Result<BTreeMap<i64, f64>, Failure>>()?;
            metrics.push((id, Line { label: asked.metric.to_owned(), period: asked.period, points }));
        }
        Ok(Self { metrics, expressions, done: RefCell::default(), open: RefCell::default() })
    }

    /// The series of a query that is to be returned, with its id.
    fn lines(&self, query: Input) -> Result<Vec<(String, Line)>, Failure> {
        let id = query.text("Id").unwrap_or_default();
        let wrong = |why: String| invalid(format!("Error in expression '{id}': {why}"));
        let label = |line: Line| Line { label: query.text("Label").map_or(line.label, str::to_owned), ..line };
        let is_expression = self.expressions.contains_key(id);
        let lines = match self.of(id).map_err(wrong)? {
            Found::Number(_) => return Err(wrong("it comes to a number, and must come to time series".to_owned())),
            Found::One(line) if is_expression => vec![Line { label: id.to_owned(), ..line }],
            Found::One(line) => vec![line],
            Found::Many(many) => many,
        };
        Ok(lines.into_iter().map(|line| (id.to_owned(), label(line))).collect())
    }
}

impl Known for Request<'_> {
    fn of(&self, id: &str) -> Result<Found, String> {
        if let Some((_, line)) = self.metrics.iter().find(|(metric, _)| metric == id) {
            return Ok(Found::One(line.clone()));
        }
        if let Some(done) = self.done.borrow().get(id) {
            return done.clone();
        }
        let text = self.expressions.get(id).ok_or_else(|| format!("Undefined metric {id}"))?;
        if self.open.borrow().iter().any(|open| open == id) {
            return Err(format!("{id} stands on itself"));
        }
        if self.open.borrow().len() >= MOST_LINKS {
            return Err(format!("more than {MOST_LINKS} expressions stand on one another"));
        }
        self.open.borrow_mut().push(id.to_owned());
        let found = evaluate(text, self);
        self.open.borrow_mut().pop();
        self.done.borrow_mut().insert(id.to_owned(), found.clone());
        found
    }

    fn metrics(&self, within: &str) -> Vec<Line> {
        self.metrics.iter().filter(|(id, _)| id.contains(within)).map(|(_, line)| line.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_the_minimum_mean_and_maximum_that_were_put_in() {
        let cases = [
            (json!({ "shape": "steady", "value": 7.5 }), [7.5, 7.5, 7.5]),
            (json!({ "shape": "daily", "low": 10.0, "high": 70.0 }), [10.0, 40.0, 70.0]),
            (json!({ "shape": "spiky", "low": 1.0, "high": 61.0, "minutes": 6 }), [1.0, 7.0, 61.0]),
        ];
        for (shape, want) in cases {
            let mut series = json!({ "cache": "a", "metric": "CPUUtilization" });
            series.as_object_mut().expect("an object").extend(shape.as_object().expect("an object").clone());
            let series: Series = serde_json::from_value(series).expect("a series");
            let samples: Vec<f64> = (0..1440).map(|minute| series.at(minute)).collect();
            let found = ["Minimum", "Average", "Maximum"].map(|name| statistic(name, &samples).expect("a statistic"));
            let near = found.iter().zip(want).all(|(found, want)| (found - want).abs() < 1e-9);
            assert!(near, "{shape}: {found:?}");
        }
    }
}
