//! What is only true of the metrics of ElastiCache. Source: its user guide, and the dimension sets in the catalog.

use super::is_set;
use crate::catalog::metrics;
use crate::diag::did_you_mean;
use crate::kind::Problem;
use crate::value::{Object, Value};

/// Dimensions that ElastiCache reports with.
const DIMENSIONS: [&str; 6] =
    ["CacheClusterId", "CacheNodeId", "clusterId", "ReplicationGroupId", "GlobalReplicationGroupId", "Tier"];

/// Every problem of an alarm on metrics of ElastiCache.
pub(super) fn check(desired: &Object) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for one in parts(desired) {
        problems.extend(misspelt(one));
        if one.get("namespace").and_then(Value::as_str) != Some(metrics::namespace()) {
            continue;
        }
        problems.extend(unknown_metric(one));
        problems.extend(wrong_dimensions(one));
    }
    problems.extend(whole_account(desired));
    problems.extend(never_reached(desired));
    problems
}

/// The alarm itself and the metrics of its queries.
fn parts(desired: &Object) -> Vec<&Object> {
    let queries = desired.get("metric_query").and_then(Value::as_items).unwrap_or_default();
    let metrics = queries.iter().filter_map(|query| query.get("metric")?.as_items()?.first()?.as_object());
    [desired].into_iter().chain(metrics).collect()
}

/// The attribute to point at: metrics of queries stand in their blocks.
fn place(one: &Object, attribute: &'static str) -> &'static str {
    if one.contains_key("alarm_name") || one.contains_key("comparison_operator") { attribute } else { "metric_query" }
}

/// Namespaces that begin with AWS/ are AWS's own, so that one in other letters has no data.
fn misspelt(one: &Object) -> Option<Problem> {
    let namespace = one.get("namespace")?.as_str()?;
    let wrong = namespace != metrics::namespace() && namespace.eq_ignore_ascii_case(metrics::namespace());
    wrong.then(|| {
        let detail = format!("\"{namespace}\" has no metrics; letters count.");
        let help = format!("Write \"{}\".", metrics::namespace());
        Problem::error("CS1055", place(one, "namespace"), "The namespace is misspelt", detail, help)
    })
}

fn unknown_metric(one: &Object) -> Option<Problem> {
    let name = one.get("metric_name")?.as_str().filter(|name| metrics::get(name).is_none())?;
    let known = metrics::instead_of(name);
    let near = known.or_else(|| did_you_mean(name, metrics::names()));
    let problem = Problem::error(
        "CS0579",
        place(one, "metric_name"),
        "Unknown metric",
        format!("No metric \"{name}\" of ElastiCache is known, and without one the alarm would never have data."),
        near.map_or("See the list of metrics in the ElastiCache user guide.".to_owned(), |near| {
            format!("Did you mean \"{near}\"?")
        }),
    );
    // AWS adds metrics without notice; only what is known not to exist is surely wrong.
    Some(if known.is_some() { problem } else { problem.warning() })
}

fn wrong_dimensions(one: &Object) -> Option<Problem> {
    let dimensions = one.get("dimensions")?.as_object()?;
    let attribute = place(one, "dimensions");
    for (name, value) in dimensions {
        let near = DIMENSIONS.iter().find(|known| known.eq_ignore_ascii_case(name));
        if !DIMENSIONS.contains(&&**name) {
            let detail =
                format!("ElastiCache reports with no dimension \"{name}\", so the alarm would never have data.");
            let help = near.map_or_else(
                || "Write CacheClusterId, with the id of a node; and CacheNodeId for a node of Memcached.".to_owned(),
                |near| format!("Write `{near}`: letters count."),
            );
            let problem = Problem::error("CS1054", attribute, "No such dimension", detail, help);
            return Some(if near.is_some() { problem } else { problem.warning() });
        }
        let id = value.as_str().filter(|_| &**name == "CacheNodeId").unwrap_or("0001");
        if id.len() != 4 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            let detail = format!("\"{id}\" is not the id of a node: they have four digits.");
            return Some(Problem::error(
                "CS1054",
                attribute,
                "No such dimension",
                detail,
                "Write \"0001\", for instance.",
            ));
        }
    }
    None
}

fn whole_account(desired: &Object) -> Option<Problem> {
    let ours = desired.get("namespace").and_then(Value::as_str) == Some(metrics::namespace());
    let bare = is_set(desired, "metric_name") && desired.get("dimensions").is_none_or(Value::is_null);
    (ours && bare).then(|| {
        let problem = Problem::error(
            "CS0580",
            "dimensions",
            "The alarm watches the whole account",
            "Without dimensions a metric of ElastiCache is the aggregate of all nodes of the account in this region.",
            "Set `target` to a replication group, or dimensions = { CacheClusterId = \"<id of a node>\" }.",
        );
        problem.warning()
    })
}

/// A percentage does not go beyond 100; those of the network's baseline do, while credits are used.
fn never_reached(desired: &Object) -> Option<Problem> {
    let metric = desired.get("metric_name")?.as_str()?;
    let threshold = desired.get("threshold")?.as_number()?.to_f64();
    let upwards = desired.get("comparison_operator")?.as_str()?.starts_with("GreaterThan");
    let ours = desired.get("namespace").and_then(Value::as_str) == Some(metrics::namespace());
    let percent = metrics::get(metric)?.unit.as_deref() == Some("Percent") && !metric.starts_with("NetworkBaseline");
    (ours && upwards && percent && threshold > 100.0).then(|| {
        let detail = format!("{metric} is a percentage, and never above {threshold}.");
        Problem::error("CS1056", "threshold", "Never reached", detail, "Write a threshold below 100.").warning()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_of_caches() {
        let s = |text: &str| Value::string(text);
        let dimensions =
            |name: &str, value: &str| Value::map(crate::value::Type::String, Object::from([(name.into(), s(value))]));
        let cases: Vec<(&str, &str, Value, i64, &[(&str, bool)])> = vec![
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheClusterId", "g-001"), 90, &[]),
            ("AWS/Elasticache", "CPUUtilization", dimensions("CacheClusterId", "g-001"), 90, &[("CS1055", true)]),
            ("AWS/RDS", "Nothing", dimensions("DBInstance", "g"), 900, &[]),
            ("AWS/ElastiCache", "CacheMissRate", dimensions("CacheClusterId", "g-001"), 9, &[("CS0579", true)]),
            ("AWS/ElastiCache", "DatabaseAuthorizationFailures", dimensions("CacheClusterId", "g-001"), 9, &[]),
            ("AWS/ElastiCache", "CPUUtilisation", dimensions("CacheClusterId", "g-001"), 9, &[("CS0579", false)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheClusterID", "g-001"), 9, &[("CS1054", true)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("Cluster", "g-001"), 9, &[("CS1054", false)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheNodeId", "1"), 9, &[("CS1054", true)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheClusterId", "g"), 101, &[("CS1056", false)]),
            ("AWS/ElastiCache", "CPUUtilization", Value::null(), 9, &[("CS0580", false)]),
        ];
        for (namespace, metric, dimensions, threshold, want) in cases {
            let object = Object::from([
                ("alarm_name".into(), s("a")),
                ("namespace".into(), s(namespace)),
                ("metric_name".into(), s(metric)),
                ("dimensions".into(), dimensions),
                ("threshold".into(), Value::int(threshold)),
                ("comparison_operator".into(), s("GreaterThanThreshold")),
            ]);
            let found: Vec<_> = check(&object).into_iter().map(|problem| (problem.code, problem.fatal)).collect();
            assert_eq!(found, want, "{namespace} {metric}");
        }
    }
}
