//! The rules of CloudWatch between the queries of an alarm, and about what it is compared with.
//!
//! Sources: the reference of PutMetricAlarm and of metric math; what AWS answered in public issues
//! (terraform-provider-aws 11011, aws-cdk 10540).

use super::{is_set, statistics};
use crate::kind::Problem;
use crate::value::{Object, Value};

/// Operators that compare with a band of usual values.
const OF_BANDS: [&str; 3] =
    ["LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"];

/// The function of metric math that makes a band.
const BAND: &str = "ANOMALY_DETECTION_BAND";

/// Whether an operator compares with a band.
pub(super) fn is_of_bands(operator: &str) -> bool {
    OF_BANDS.contains(&operator)
}

/// Every problem of the queries and of the threshold that one of them is.
pub(super) fn check(desired: &Object) -> Vec<Problem> {
    let mut problems: Vec<Problem> = band(desired).into_iter().chain(by_metric(desired)).collect();
    let blocks = desired.get("metric_query").and_then(Value::as_items).unwrap_or_default();
    if blocks.is_empty() {
        return problems;
    }
    let Some(queries) = blocks.iter().map(read).collect::<Option<Vec<Query>>>() else { return problems };
    let all = Queries { queries, threshold: desired.get("threshold_metric_id") };
    problems.extend(all.queries.iter().filter_map(ids));
    problems.extend(all.doubled());
    problems.extend(all.queries.iter().filter_map(one_source));
    problems.extend(all.watched());
    problems.extend(all.queries.iter().filter_map(|query| all.defined(query)));
    problems.extend(all.queries.iter().filter_map(searches));
    problems.extend(all.queries.iter().filter_map(|query| period(query, &all)));
    let longest = all.queries.iter().filter_map(Query::period).filter(|period| super::rules::is_period(*period)).max();
    problems.extend(longest.and_then(|period| super::rules::look_back(desired, period)));
    problems.extend(all.queries.iter().filter_map(statistic));
    problems.extend(all.compared());
    problems.extend(all.queries.iter().filter_map(narrow));
    problems
}

/// A query whose id is known.
struct Query<'a> {
    id: &'a str,
    block: &'a Value,
}

struct Queries<'a> {
    queries: Vec<Query<'a>>,
    threshold: Option<&'a Value>,
}

fn read(block: &Value) -> Option<Query<'_>> {
    Some(Query { id: block.get("id")?.as_str()?, block })
}

impl<'a> Query<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.block.get(name).filter(|value| !value.is_null())
    }

    fn expression(&self) -> Option<&'a str> {
        self.get("expression")?.as_str()
    }

    fn metric(&self) -> Option<&'a Value> {
        self.get("metric")?.as_items()?.first()
    }

    /// That of its metric, or its own.
    fn period(&self) -> Option<i64> {
        let own = || self.get("period")?.as_i64();
        self.metric().and_then(|metric| metric.get("period")?.as_i64()).or_else(own)
    }

    fn wrong(&self, code: &'static str, summary: &'static str, detail: String, help: &str) -> Problem {
        Problem::error(code, "metric_query", summary, detail, help).on(self.id)
    }
}

impl Queries<'_> {
    fn has(&self, id: &str) -> bool {
        self.queries.iter().any(|query| query.id == id)
    }

    fn doubled(&self) -> Option<Problem> {
        let again = |(at, query): (usize, &Query)| self.queries[..at].iter().any(|other| other.id == query.id);
        let (_, query) = self.queries.iter().enumerate().find(|(at, query)| again((*at, query)))?;
        let detail = format!("Two queries are called \"{}\".", query.id);
        Some(query.wrong("CS1032", "Not the id of a query", detail, "Give one of them another id."))
    }

    /// One query is what the alarm watches; the threshold that it is compared with does not count.
    fn watched(&self) -> Option<Problem> {
        if self.threshold.is_some_and(Value::is_unknown) {
            return None;
        }
        let threshold = self.threshold.and_then(Value::as_str);
        // Whichever was meant as the band does not count.
        if threshold.is_some_and(|id| !self.has(id)) {
            return None;
        }
        let mut returned = 0;
        for query in self.queries.iter().filter(|query| Some(query.id) != threshold) {
            if let Some(value) = query.get("return_data") {
                returned += usize::from(value.as_bool()?);
            }
        }
        (returned != 1).then(|| {
            let detail = match returned {
                0 => "No query has return_data = true, so the alarm would watch nothing.".to_owned(),
                _ => format!("{returned} queries have return_data = true, and an alarm watches one."),
            };
            let help = "Set return_data = true in the query that the alarm watches, and in no other.";
            Problem::error("CS1033", "metric_query", "An alarm watches one query", detail, help)
        })
    }

    /// What an expression names is there.
    fn defined(&self, query: &Query) -> Option<Problem> {
        let expression = query.expression().filter(|text| !is_select(text) && query.metric().is_none())?;
        let missing = names(expression).into_iter().find(|name| !self.has(name))?;
        let detail = format!("The expression \"{expression}\" names `{missing}`, and no query has that id.");
        Some(query.wrong(
            "CS1035",
            "No such query",
            detail,
            "Name a query that is there, or add a metric_query with that id.",
        ))
    }

    /// A band is a query of its own.
    fn compared(&self) -> Option<Problem> {
        let id = self.threshold?.as_str().filter(|id| !id.is_empty())?;
        if let Some(query) = self.queries.iter().find(|query| query.id == id) {
            return not_a_band(query);
        }
        let detail = format!("`threshold_metric_id` is \"{id}\", and no metric_query has that id.");
        let help = "Name a query whose expression is ANOMALY_DETECTION_BAND(...).";
        Some(Problem::error("CS1035", "threshold_metric_id", "No such query", detail, help))
    }
}

/// What a threshold that moves is.
fn not_a_band(query: &Query) -> Option<Problem> {
    if query.metric().is_none() && query.expression().is_none_or(|text| width(text).is_some()) {
        return None;
    }
    let detail = format!("`threshold_metric_id` names the query \"{}\", and that is no band.", query.id);
    let help = "Name a query whose expression is ANOMALY_DETECTION_BAND(...), or compare with a threshold.";
    Some(Problem::error("CS1076", "threshold_metric_id", "Not a band", detail, help))
}

/// What is written as the width of a band: nothing is two standard deviations. None where it is no band.
fn width(expression: &str) -> Option<Option<&str>> {
    let text = expression.trim();
    let inner =
        text.get(..BAND.len()).filter(|name| name.eq_ignore_ascii_case(BAND)).map(|_| text[BAND.len()..].trim())?;
    let inner = inner.strip_prefix('(')?.strip_suffix(')')?;
    Some(inner.rsplit_once(',').map(|(_, width)| width.trim()))
}

/// A band is so many standard deviations wide on both sides.
fn narrow(query: &Query) -> Option<Problem> {
    let text = width(query.expression()?)??;
    text.parse::<f64>().ok().filter(|width| *width <= 0.0)?;
    let detail = format!("The band \"{}\" is {text} standard deviations wide, so that nothing lies in it.", query.id);
    Some(
        query
            .wrong("CS1076", "Not a band", detail, "Write 2, for instance: larger numbers make the band wider.")
            .warning(),
    )
}

fn ids(query: &Query) -> Option<Problem> {
    let sound = query.id.starts_with(|c: char| c.is_ascii_lowercase())
        && query.id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (!sound).then(|| {
        let detail = format!("\"{}\" is not an id: they begin with a lower-case letter.", query.id);
        query.wrong("CS1032", "Not the id of a query", detail, "Use a lower-case letter, then letters, digits and _.")
    })
}

/// A query is a metric or an expression.
fn one_source(query: &Query) -> Option<Problem> {
    let known = ["expression", "metric"].iter().all(|name| query.get(name).is_none_or(|value| !value.is_unknown()));
    let (expression, metric) = (query.get("expression").is_some(), query.metric().is_some());
    (known && expression == metric).then(|| {
        let what = if metric { "both a metric and an expression" } else { "neither a metric nor an expression" };
        let detail = format!("The query \"{}\" has {what}.", query.id);
        query.wrong("CS1034", "A query of one thing", detail, "Write a `metric` block or an `expression`.")
    })
}

fn is_select(expression: &str) -> bool {
    expression.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

/// The queries that an expression names: words that begin with a small letter and are no text.
fn names(expression: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut quote: Option<char> = None;
    let mut start: Option<usize> = None;
    for (at, c) in expression.char_indices().chain([(expression.len(), ' ')]) {
        let in_word = quote.is_none() && (c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        match (start, in_word) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                found.push(&expression[from..at]);
                start = None;
            }
            _ => {}
        }
        if matches!(c, '\'' | '"') {
            quote = match quote {
                None => Some(c),
                Some(open) if open == c => None,
                open => open,
            };
        }
    }
    found.retain(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
    found
}

fn searches(query: &Query) -> Option<Problem> {
    let expression = query.expression()?;
    let found = expression.to_ascii_uppercase().replace(' ', "").contains("SEARCH(");
    found.then(|| {
        let detail = format!("The query \"{}\" searches for metrics, which CloudWatch does for graphs only.", query.id);
        let help = "Name the metrics; `target` makes an alarm for each node of a group.";
        query.wrong("CS1036", "No search in an alarm", detail, help)
    })
}

/// A metric has a period; where there is none, the expression needs one.
fn period(query: &Query, all: &Queries) -> Option<Problem> {
    if let Some(period) = query.period()
        && !super::rules::is_period(period)
    {
        let detail = format!("The period of the query \"{}\" is {period} seconds.", query.id);
        let help = "Use 10, 20, 30 or a multiple of 60; ElastiCache reports every 60 seconds.";
        return Some(query.wrong("CS0577", "CloudWatch has no such period", detail, help));
    }
    let metrics = all.queries.iter().any(|other| other.get("metric").is_some());
    let searched = searches(query).is_some();
    (query.expression().is_some() && query.get("period").is_none() && !metrics && !searched).then(|| {
        let detail = format!("No query of the alarm is a metric, so that nothing says the period of \"{}\".", query.id);
        query.wrong("CS1037", "An expression without a period", detail, "Set period = 60, for instance.")
    })
}

fn statistic(query: &Query) -> Option<Problem> {
    let stat = query.metric()?.get("stat")?.as_str()?;
    (!statistics::is_known(stat)).then(|| {
        let detail = format!("CloudWatch has no statistic \"{stat}\".");
        query.wrong("CS1039", "Unknown statistic", detail, statistics::HELP)
    })
}

/// Operators of bands compare with a band, and others do not need one.
fn band(desired: &Object) -> Option<Problem> {
    let operator = desired.get("comparison_operator")?.as_str()?;
    let (of_bands, named) = (OF_BANDS.contains(&operator), is_set(desired, "threshold_metric_id"));
    if named && !of_bands && !is_set(desired, "threshold") {
        let detail = format!("{operator} compares with a threshold, and `threshold_metric_id` names a band.");
        let help = format!("Write one of {}; or a threshold.", OF_BANDS.join(", "));
        return Some(Problem::error("CS1038", "comparison_operator", "An operator of bands", detail, help));
    }
    (of_bands && !named).then(|| {
        let detail = format!("{operator} compares with a band of usual values, and `threshold_metric_id` names none.");
        let help =
            "Set threshold_metric_id to a metric_query with ANOMALY_DETECTION_BAND(...), or compare with a threshold.";
        Problem::error("CS1038", "comparison_operator", "An operator of bands", detail, help)
    })
}

/// A threshold that is a query is beside other queries.
fn by_metric(desired: &Object) -> Option<Problem> {
    let alone = is_set(desired, "threshold_metric_id") && is_set(desired, "metric_name");
    alone.then(|| {
        let detail = "`threshold_metric_id` names a metric_query, and the alarm watches `metric_name`.";
        let help = "Watch the metric in a metric_query, too.";
        Problem::error("CS1035", "threshold_metric_id", "No such query", detail, help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_name_queries() {
        let cases: [(&str, &[&str]); 6] = [
            ("m1 / (m1 + m2) * 100", &["m1", "m1", "m2"]),
            ("IF(m1 > 1e3, 1, 0)", &["m1"]),
            ("SUM(METRICS('hits'))", &[]),
            ("ANOMALY_DETECTION_BAND(m1, 2)", &["m1"]),
            ("FILL(hit_rate, REPEAT) - 2.5", &["hit_rate"]),
            ("SUM(SEARCH(\"{a,b} c\", 'Average', 60))", &[]),
        ];
        for (expression, want) in cases {
            assert_eq!(names(expression), want, "{expression}");
        }
    }

    #[test]
    fn queries_fit_together() {
        let s = |text: &str| Value::string(text);
        let block = |pairs: &[(&str, Value)]| {
            Value::object(pairs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
        };
        let metric = |id: &str, watched: bool| {
            let inner = block(&[("period", Value::int(60)), ("stat", s("Sum")), ("metric_name", s("Evictions"))]);
            block(&[("id", s(id)), ("return_data", watched.into()), ("metric", Value::tuple(vec![inner]))])
        };
        let math = |id: &str, expression: &str, watched: bool| {
            block(&[("id", s(id)), ("return_data", watched.into()), ("expression", s(expression))])
        };
        let cases: Vec<(Vec<Value>, &str, Option<&str>, &[&str])> = vec![
            (vec![metric("m1", true)], "GreaterThanThreshold", None, &[]),
            (vec![metric("m1", false)], "GreaterThanThreshold", None, &["CS1033"]),
            (vec![metric("m1", true), math("e1", "m1", true)], "GreaterThanThreshold", None, &["CS1033"]),
            (vec![metric("m1", false), math("e1", "m2", true)], "GreaterThanThreshold", None, &["CS1035"]),
            (vec![metric("m1", false), math("m1", "1", true)], "GreaterThanThreshold", None, &["CS1032"]),
            (vec![metric("m1", false), math("E", "m1", true)], "GreaterThanThreshold", None, &["CS1032"]),
            (vec![math("e1", "SELECT MAX(x) FROM y", true)], "GreaterThanThreshold", None, &["CS1037"]),
            (vec![block(&[("id", s("e1")), ("return_data", true.into())])], "GreaterThanThreshold", None, &["CS1034"]),
            (
                vec![metric("m1", true), math("b", "ANOMALY_DETECTION_BAND(m1)", true)],
                "GreaterThanUpperThreshold",
                Some("b"),
                &[],
            ),
            (
                vec![metric("m1", true), math("b", "ANOMALY_DETECTION_BAND(m1, 2)", true)],
                "GreaterThanThreshold",
                Some("b"),
                &["CS1038"],
            ),
            (
                vec![metric("m1", true), math("b", "ANOMALY_DETECTION_BAND(m1, -1)", true)],
                "LessThanLowerThreshold",
                Some("b"),
                &["CS1076"],
            ),
            (vec![metric("m1", true), math("b", "m1 * 2", true)], "LessThanLowerThreshold", Some("b"), &["CS1076"]),
            (vec![metric("m1", true), metric("b", true)], "LessThanLowerThreshold", Some("b"), &["CS1076"]),
            (vec![metric("m1", true)], "GreaterThanUpperThreshold", Some("b"), &["CS1035"]),
            (vec![metric("m1", true)], "GreaterThanUpperThreshold", None, &["CS1038"]),
        ];
        for (queries, operator, threshold, want) in cases {
            let mut object = Object::from([
                ("metric_query".into(), Value::tuple(queries.clone())),
                ("comparison_operator".into(), s(operator)),
            ]);
            object.extend(threshold.map(|id| ("threshold_metric_id".into(), s(id))));
            let codes: Vec<_> = check(&object).into_iter().map(|problem| problem.code).collect();
            assert_eq!(codes, want, "{queries:?}");
        }
    }
}
