//! A body out of what is to be watched: two graphs for each replication group or cluster, one below the other, three
//! objects in a row, each in the region of its object and with a line for each node.

use serde_json::{Value as Json, json};

use crate::catalog::metrics;
use crate::value::{Data, Field, Object, Type, Value};

/// Width and height of a graph; a dashboard is 24 wide.
const SIZE: (usize, usize) = (8, 6);
const IN_A_ROW: usize = 24 / SIZE.0;
/// Seconds of a datapoint.
const PERIOD: u32 = 300;

/// A metric with its statistic, and whether its values belong to the right axis.
type Line = (&'static str, &'static str, bool);

/// Load and memory, then hits and what was thrown out. Rates and shares stand left, bytes and counts right.
const REDIS: [(&str, &[Line]); 2] = [
    (
        "Resource Utilization",
        &[("CPUUtilization", "Average", false), ("DatabaseMemoryUsagePercentage", "Average", false)],
    ),
    (
        "Cache Performance",
        &[("CacheHitRate", "Average", false), ("CacheMisses", "Sum", true), ("Evictions", "Sum", true)],
    ),
];
const MEMCACHED: [(&str, &[Line]); 2] = [
    ("Resource Utilization", &[("CPUUtilization", "Average", false), ("BytesUsedForCacheItems", "Average", true)]),
    ("Cache Performance", &[("GetHits", "Sum", false), ("GetMisses", "Sum", false), ("Evictions", "Sum", true)]),
];

/// What the layout wants to know of an object.
const PARTS: [&str; 6] =
    ["replication_group_id", "cluster_id", "region", "engine", "member_clusters", "num_cache_nodes"];

/// The type of what is watched.
pub fn watched_type() -> Type {
    let ty = |name: &str| match name {
        "member_clusters" => Type::list(Type::String),
        "num_cache_nodes" => Type::Number,
        _ => Type::String,
    };
    Type::object(PARTS.map(|name| (name, Field::optional(ty(name)))))
}

/// Of objects, the parts that the layout wants to know: no others, and so no secrets.
pub fn watched(value: Value) -> Value {
    let sensitive = value.sensitive;
    let items = match (value.as_items(), value.as_object()) {
        (Some(items), _) => items.iter().map(parts).collect(),
        (None, Some(_)) => vec![parts(&value)],
        (None, None) => return value,
    };
    Value::tuple(items).with_mark(sensitive)
}

fn parts(value: &Value) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    let part = |name: &&str| Some(((*name).into(), object.get(name)?.clone()));
    Value::object(PARTS.iter().filter_map(part).collect()).with_mark(value.sensitive)
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// What cannot be watched.
pub fn fault(watch: &Value) -> Option<String> {
    let items = watch.as_items()?;
    if items.is_empty() {
        return Some("`watch` is empty.".to_owned());
    }
    let is_set = |object: &Object, name| object.get(name).is_some_and(|value| !value.is_null());
    let strange = items.iter().position(|item| {
        let object = item.as_object();
        !item.is_unknown()
            && !object.is_some_and(|object| is_set(object, "member_clusters") || is_set(object, "cluster_id"))
    })?;
    Some(format!("watch[{strange}] is neither a replication group nor a cache cluster."))
}

/// The body, unknown as long as something of what is watched is.
pub fn body(watch: &Value) -> Value {
    if let Some(unknown) = needed(watch) {
        return Value::unknown(Type::String, unknown).with_mark(watch.is_sensitive_anywhere());
    }
    let objects = watch.as_items().unwrap_or_default().iter().filter_map(Value::as_object);
    let widgets: Vec<Json> = objects.enumerate().flat_map(|(place, object)| graphs(place, object)).collect();
    Value::string(json!({ "widgets": widgets }).to_string()).with_mark(watch.is_sensitive_anywhere())
}

/// The origin of something that is not known and that the layout wants to know.
fn needed(watch: &Value) -> Option<Option<std::sync::Arc<crate::value::Origin>>> {
    let origin = |value: &Value| match &value.data {
        Data::Unknown(_) => Some(value.first_unknown().and_then(|unknown| unknown.origin.clone())),
        _ => value.first_unknown().map(|unknown| unknown.origin.clone()),
    };
    if watch.is_unknown() {
        return origin(watch);
    }
    watch.as_items().unwrap_or_default().iter().find_map(|item| match item.as_object() {
        None => origin(item),
        // Of a read replica, the engine is that of its group: it is none of memcached.
        Some(object) => PARTS
            .iter()
            .filter(|part| !(**part == "engine" && text(object, "replication_group_id").is_some()))
            .filter_map(|part| object.get(part))
            .find_map(origin),
    })
}

/// The two graphs of an object.
fn graphs(place: usize, object: &Object) -> Vec<Json> {
    let id = text(object, "cluster_id").or_else(|| text(object, "replication_group_id")).unwrap_or_default();
    let region = text(object, "region").unwrap_or_default();
    let graphs = if text(object, "engine") == Some("memcached") { MEMCACHED } else { REDIS };
    let (x, y) = (place % IN_A_ROW * SIZE.0, place / IN_A_ROW * SIZE.1 * graphs.len());
    let nodes = nodes(id, object);
    let graph = |(row, (title, lines)): (usize, &(&str, &[Line]))| {
        let metrics: Vec<Json> =
            lines.iter().flat_map(|line| nodes.iter().map(move |node| metric(line, node))).collect();
        json!({
            "type": "metric", "x": x, "y": y + row * SIZE.1, "width": SIZE.0, "height": SIZE.1,
            "properties": {
                "title": format!("{id} - {title}"), "view": "timeSeries", "stacked": false, "region": region,
                "period": PERIOD, "stat": "Average", "metrics": metrics,
            },
        })
    };
    graphs.iter().enumerate().map(graph).collect()
}

/// The dimensions of each node.
fn nodes(id: &str, object: &Object) -> Vec<Vec<String>> {
    let dimension = |cluster: &str| vec!["CacheClusterId".to_owned(), cluster.to_owned()];
    if let Some(members) = object.get("member_clusters").and_then(Value::as_items) {
        return members.iter().filter_map(Value::as_str).map(dimension).collect();
    }
    let count = object.get("num_cache_nodes").and_then(Value::as_i64).unwrap_or(1);
    let node = |number| [dimension(id), vec!["CacheNodeId".to_owned(), format!("{number:04}")]].concat();
    (1..=count).map(node).collect()
}

fn metric((name, statistic, right): &Line, dimensions: &[String]) -> Json {
    let mut row: Vec<Json> = vec![json!(metrics::namespace()), json!(name)];
    row.extend(dimensions.iter().map(|dimension| json!(dimension)));
    let axis = if *right { "right" } else { "left" };
    row.push(json!({ "stat": statistic, "yAxis": axis }));
    Json::Array(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str, members: usize) -> Value {
        Value::object(Object::from([
            ("replication_group_id".into(), Value::string(id)),
            ("region".into(), Value::string("eu-west-1")),
            ("engine".into(), Value::string("valkey")),
            ("member_clusters".into(), Value::strings((1..=members).map(|n| format!("{id}-{n:03}")))),
        ]))
    }

    fn memcached(id: &str, nodes: i64) -> Value {
        Value::object(Object::from([
            ("cluster_id".into(), Value::string(id)),
            ("region".into(), Value::string("us-east-1")),
            ("engine".into(), Value::string("memcached")),
            ("num_cache_nodes".into(), Value::int(nodes)),
        ]))
    }

    /// Every metric is one that ElastiCache reports for the engine, and no two widgets lie on one another.
    #[test]
    fn graphs_do_not_overlap_and_show_what_there_is() {
        let mut items: Vec<Value> = (0..10).map(|n| group(&format!("g{n}"), 3)).collect();
        items.extend((0..7).map(|n| memcached(&format!("m{n}"), 2)));
        let body = body(&Value::tuple(items));
        assert!(super::super::body::check(&body).is_empty());
        let body: Json = serde_json::from_str(body.as_str().unwrap()).unwrap();
        let widgets = body["widgets"].as_array().unwrap();
        assert_eq!(widgets.len(), 34);
        let mut taken = std::collections::BTreeSet::new();
        for widget in widgets {
            let part = |name: &str| widget[name].as_u64().unwrap();
            for x in part("x")..part("x") + part("width") {
                for y in part("y")..part("y") + part("height") {
                    assert!(x < 24 && taken.insert((x, y)), "{widget}");
                }
            }
            let title = widget["properties"]["title"].as_str().unwrap();
            let (region, engine, lines) =
                if title.starts_with('g') { ("eu-west-1", "redis/valkey", 3) } else { ("us-east-1", "memcached", 2) };
            assert_eq!(widget["properties"]["region"], region);
            let rows = widget["properties"]["metrics"].as_array().unwrap();
            assert_eq!(rows.len() % lines, 0, "a line for each node");
            for row in rows {
                let known = metrics::get(row[1].as_str().unwrap()).unwrap_or_else(|| panic!("{row}"));
                let of = known.engine.as_deref().unwrap_or("both");
                assert!(of.contains(engine) || !of.contains("redis/valkey") && !of.contains("memcached"), "{row} {of}");
            }
        }
    }
}
