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
    for (one, query) in parts(desired) {
        let mut found: Vec<Problem> = misspelt(one).into_iter().collect();
        if one.get("namespace").and_then(Value::as_str) == Some(metrics::namespace()) {
            found.extend(unknown_metric(one));
            found.extend(wrong_dimensions(one));
            found.extend(too_short(one));
            found.extend(other_unit(one));
        }
        // What is wrong with the metric of a query is told of that.
        let place = |problem: Problem| match query {
            Some(id) => problem.within("metric_query", id),
            None => problem,
        };
        problems.extend(found.into_iter().map(place));
    }
    problems.extend(whole_account(desired));
    problems.extend(never_reached(desired));
    problems
}

/// The alarm itself, and the metrics of its queries with the ids of those.
fn parts(desired: &Object) -> Vec<(&Object, Option<&str>)> {
    let queries = desired.get("metric_query").and_then(Value::as_items).unwrap_or_default();
    let metric = |query| Value::get(query, "metric")?.as_items()?.first()?.as_object();
    let metrics = queries.iter().filter_map(|query| Some((metric(query)?, Some(query.get("id")?.as_str()?))));
    std::iter::once((desired, None)).chain(metrics).collect()
}

/// Namespaces that begin with AWS/ are AWS's own, so that one in other letters has no data.
fn misspelt(one: &Object) -> Option<Problem> {
    let namespace = one.get("namespace")?.as_str()?;
    let real = metrics::namespace();
    if namespace == real {
        return None;
    }
    let wrong = |why: &str| {
        let help = format!("Write \"{real}\".");
        let detail = format!("\"{namespace}\" {why}.");
        Problem::error("CS1055", "namespace", "The namespace is misspelt", detail, help)
    };
    if namespace.trim().eq_ignore_ascii_case(real) {
        return Some(wrong("has no metrics; letters and blanks count"));
    }
    let of_engine =
        ["AWS/Redis", "AWS/Valkey", "AWS/Memcached"].iter().any(|name| name.eq_ignore_ascii_case(namespace));
    let near = namespace.starts_with("AWS/") && did_you_mean(namespace, [real]).is_some();
    let ours = one.get("metric_name").and_then(Value::as_str).is_some_and(|name| metrics::get(name).is_some());
    (of_engine || near && ours).then(|| wrong("is no namespace that is known").warning())
}

fn unknown_metric(one: &Object) -> Option<Problem> {
    let name = one.get("metric_name")?.as_str().filter(|name| !metrics::is_known(name))?;
    let near = metrics::instead_of(name).or_else(|| did_you_mean(name, metrics::names()));
    let near = near.map(|near| format!("Did you mean \"{near}\"? ")).unwrap_or_default();
    let help = format!(
        "{near}If AWS has added it since, write `# cachestack:ignore CS0579 REASON` at the line, and it is sent."
    );
    let detail = format!("ElastiCache has no metric \"{name}\", and without one the alarm would never have data.");
    Some(Problem::error("CS0579", "metric_name", "Unknown metric", detail, help))
}

/// Whether a text has the form of the id of a node: `0001`.
pub(super) fn is_node_id(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is wrong with dimensions, the first of it.
fn wrong_dimensions(one: &Object) -> Option<Problem> {
    let dimensions = one.get("dimensions")?.as_object().filter(|dimensions| !dimensions.is_empty())?;
    let wrong =
        |detail: String, help: String| Problem::error("CS1054", "dimensions", "No such dimension", detail, help);
    let unknown = dimensions.keys().find(|name| !DIMENSIONS.contains(&&***name));
    if let Some(name) = unknown {
        let letters = if meant(name).eq_ignore_ascii_case(name) { " Letters count." } else { "" };
        let help = format!("Did you mean `{}`?{letters}", meant(name));
        let detail = format!("ElastiCache reports with no dimension \"{name}\", so the alarm would never have data.");
        return Some(wrong(detail, help));
    }
    let has = |name: &str| dimensions.contains_key(name);
    let text = |name: &str| dimensions.get(name).and_then(Value::as_str);
    if let Some(id) = text("CacheNodeId").filter(|id| !is_node_id(id)) {
        let detail = format!("\"{id}\" is not the id of a node: they have four digits.");
        return Some(wrong(detail, "Write \"0001\", for instance.".to_owned()));
    }
    if has("CacheNodeId") && !has("CacheClusterId") {
        let detail =
            "CacheNodeId tells the nodes of one cluster apart, and alone it is none of the dimensions of a metric.";
        return Some(wrong(detail.to_owned(), "Write CacheClusterId as well, with the id of the cluster.".to_owned()));
    }
    if has("clusterId") && has("CacheClusterId") {
        let detail = "clusterId is of serverless caches and CacheClusterId of nodes: no metric has both.";
        return Some(wrong(detail.to_owned(), "Keep one of the two.".to_owned()));
    }
    let large = |name: &&str| text(name).is_some_and(|id| id.chars().any(|c| c.is_ascii_uppercase()));
    if let Some(name) = ["CacheClusterId", "clusterId", "ReplicationGroupId"].into_iter().find(large) {
        let id = text(name).unwrap_or_default();
        let detail =
            format!("AWS keeps ids in small letters, so that \"{id}\" is none, and the alarm would never have data.");
        return Some(wrong(detail, format!("Write \"{}\".", id.to_lowercase())));
    }
    whole_group(dimensions)
}

/// The dimension that is meant by one that there is not.
fn meant(name: &str) -> &'static str {
    let same = DIMENSIONS.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    match same.or_else(|| did_you_mean(name, DIMENSIONS)) {
        Some(near) if same.is_some() || near != "CacheNodeId" => near,
        _ if name.to_lowercase().contains("serverless") => "clusterId",
        _ => "CacheClusterId",
    }
}

/// Source: the operations review of AWS's samples.
fn whole_group(dimensions: &Object) -> Option<Problem> {
    let alone = dimensions.contains_key("ReplicationGroupId") && !dimensions.contains_key("CacheClusterId");
    alone.then(|| {
        let detail = "By ReplicationGroupId a metric mixes the nodes of a group, where it is reported so at all.";
        let help = "Set `target` to the replication group instead: that makes an alarm for each of its nodes.";
        Problem::error("CS1077", "dimensions", "Nodes are mixed", detail, help).warning()
    })
}

fn whole_account(desired: &Object) -> Option<Problem> {
    let ours = desired.get("namespace").and_then(Value::as_str) == Some(metrics::namespace());
    let none = |dimensions: &Value| dimensions.is_null() || dimensions.as_object().is_some_and(Object::is_empty);
    let bare = is_set(desired, "metric_name") && desired.get("dimensions").is_none_or(none);
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

/// The metric that the threshold is for: that of the alarm, or of the query that it watches.
fn watched(desired: &Object) -> Option<&Object> {
    if is_set(desired, "metric_name") {
        return Some(desired);
    }
    let queries = desired.get("metric_query")?.as_items()?;
    let returned = queries.iter().find(|query| query.get("return_data").and_then(Value::as_bool) == Some(true))?;
    returned.get("metric")?.as_items()?.first()?.as_object()
}

/// A percentage lies between 0 and 100; those of the network's baseline go beyond, while credits are used. Nothing that
/// ElastiCache counts is below 0.
fn never_reached(desired: &Object) -> Option<Problem> {
    let watched = watched(desired)?;
    let metric = watched.get("metric_name")?.as_str()?;
    let threshold = desired.get("threshold")?.as_number()?.to_f64();
    let operator = desired.get("comparison_operator")?.as_str()?;
    let known = metrics::get(metric)
        .filter(|_| watched.get("namespace").and_then(Value::as_str) == Some(metrics::namespace()))?;
    let percent = known.unit.as_deref() == Some("Percent") && !metric.starts_with("NetworkBaseline");
    let (over, under) = (percent && threshold > 100.0, threshold < 0.0);
    let (top, bottom) = (percent && threshold == 100.0, threshold == 0.0);
    let (never, always) = match operator {
        "GreaterThanThreshold" => (over || top, under),
        "GreaterThanOrEqualToThreshold" => (over, under || bottom),
        "LessThanThreshold" => (under || bottom, over),
        "LessThanOrEqualToThreshold" => (under, over || top),
        _ => return None,
    };
    let side = if operator.starts_with("GreaterThan") { "above" } else { "below" };
    let (summary, code) = if never { ("Never reached", "CS1056") } else { ("Always reached", "CS1078") };
    (never || always).then(|| {
        let what = if percent { "a percentage" } else { "never negative" };
        let or =
            if operator.contains("OrEqual") { format!("{threshold} or {side}") } else { format!("{side} {threshold}") };
        let detail = format!("{metric} is {what}, and {} {or}.", if never { "never" } else { "always" });
        let help = match (percent, top, bottom) {
            (true, true, _) => "Write a threshold below 100.",
            (_, _, true) | (false, ..) => "Write a threshold above 0.",
            _ => "Write a threshold between 0 and 100.",
        };
        Problem::error(code, "threshold", summary, detail, help).warning()
    })
}

/// Source: the reference of PutMetricAlarm: alarms with periods shorter than the metric's often lapse into missing data.
fn too_short(one: &Object) -> Option<Problem> {
    let period = one.get("period")?.as_i64().filter(|period| matches!(period, 10 | 20 | 30))?;
    let detail =
        format!("ElastiCache reports every 60 seconds, and of most periods of {period} seconds the alarm has no data.");
    Some(Problem::error("CS1079", "period", "A period without data", detail, "Write 60, or a multiple.").warning())
}

/// CloudWatch converts no unit into another. What the catalog has no word of CloudWatch for may have any. Source: the
/// reference of PutMetricAlarm, `Unit`.
fn other_unit(one: &Object) -> Option<Problem> {
    let (asked, name) = (one.get("unit")?.as_str()?, one.get("metric_name")?.as_str()?);
    let told = metrics::get(name)?.unit.as_deref().filter(|unit| *unit != "None" && metrics::UNITS.contains(unit))?;
    (asked != told).then(|| {
        let detail = format!("{name} is in {told}, and CloudWatch converts nothing: in {asked} the alarm has no data.");
        let help = format!("Leave the unit out, or write \"{told}\".");
        Problem::error("CS1083", "unit", "A unit without data", detail, help).warning()
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
            ("AWS/ElastiCache", "CPUUtilisation", dimensions("CacheClusterId", "g-001"), 9, &[("CS0579", true)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheClusterID", "g-001"), 9, &[("CS1054", true)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("Cluster", "g-001"), 9, &[("CS1054", true)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheNodeId", "1"), 9, &[("CS1054", true)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheClusterId", "g"), 101, &[("CS1056", false)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheClusterId", "g"), 100, &[("CS1056", false)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheClusterId", "g"), -1, &[("CS1078", false)]),
            ("AWS/ElastiCache", "Evictions", dimensions("CacheClusterId", "g"), 0, &[]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheClusterId", "G-001"), 9, &[("CS1054", true)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("CacheNodeId", "0001"), 9, &[("CS1054", true)]),
            ("AWS/ElastiCache", "CPUUtilization", dimensions("ReplicationGroupId", "g"), 9, &[("CS1077", false)]),
            ("AWS/ElastiCache", "EvalBasedCmdsECPUs", dimensions("clusterId", "g"), 9, &[]),
            ("AWS/ElastiCache ", "CPUUtilization", dimensions("CacheClusterId", "g"), 9, &[("CS1055", true)]),
            ("AWS/Redis", "CPUUtilization", dimensions("CacheClusterId", "g"), 9, &[("CS1055", false)]),
            ("AWS/ElasticCache", "CPUUtilization", dimensions("CacheClusterId", "g"), 9, &[("CS1055", false)]),
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
