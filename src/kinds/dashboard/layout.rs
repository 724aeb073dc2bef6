//! A body out of what is to be watched: two graphs for each replication group, cluster or serverless cache, one below the
//! other, three objects in a row, each in the region of its object and with a line for each node.

use serde_json::{Value as Json, json};

use crate::catalog::metrics;
use crate::value::{Data, Field, Object, Type, Value, text};

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

/// A serverless cache has no nodes.
const SERVERLESS: [(&str, &[Line]); 2] = [
    ("Resource Utilization", &[("ElastiCacheProcessingUnits", "Sum", false), ("BytesUsedForCache", "Average", true)]),
    REDIS[1],
];

/// What the layout wants to know of an object; the last two it makes itself.
const PARTS: [&str; 8] = [
    "replication_group_id",
    "cluster_id",
    "region",
    "engine",
    "member_clusters",
    "num_cache_nodes",
    "node_ids",
    "serverless_cache",
];

/// The type of what is watched.
pub fn watched_type() -> Type {
    let ty = |name: &str| match name {
        "member_clusters" | "node_ids" => Type::list(Type::String),
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
    let mut parts: Object = PARTS.iter().filter_map(part).collect();
    parts.extend(node_ids(object).map(|ids| ("node_ids".into(), ids)));
    if let (Some(name), true) = (object.get("name"), object.contains_key("cache_usage_limits")) {
        parts.insert("serverless_cache".into(), name.clone());
    }
    Value::object(parts).with_mark(value.sensitive)
}

/// The ids of the nodes that are there, where they are as many as there shall be: some may have gone from between.
fn node_ids(object: &Object) -> Option<Value> {
    let wanted = object.get("num_cache_nodes")?.as_i64()?;
    let there = object.get("cache_nodes")?.as_items()?;
    let ids: Option<Vec<&str>> = there.iter().map(|node| node.get("id")?.as_str()).collect();
    ids.filter(|ids| ids.len() as i64 == wanted).map(Value::strings)
}

/// What cannot be watched.
pub fn fault(watch: &Value) -> Option<String> {
    let items = watch.as_items()?;
    if items.is_empty() {
        return Some("`watch` is empty.".to_owned());
    }
    let is_set = |object: &Object, name| object.get(name).is_some_and(|value| !value.is_null());
    let has_metrics =
        |object: &Object| ["member_clusters", "cluster_id", "serverless_cache"].iter().any(|name| is_set(object, name));
    let strange = items.iter().position(|item| !item.is_unknown() && !item.as_object().is_some_and(has_metrics))?;
    Some(format!("watch[{strange}] is neither a replication group nor a cache cluster nor a serverless cache."))
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
    let id = ["cluster_id", "replication_group_id", "serverless_cache"].iter().find_map(|name| text(object, name));
    let id = id.unwrap_or_default();
    let region = text(object, "region").unwrap_or_default();
    let (memcached, serverless) =
        (text(object, "engine") == Some("memcached"), text(object, "serverless_cache").is_some());
    let (graphs, engine) = match (memcached, serverless) {
        (true, _) => (MEMCACHED, "memcached"),
        (false, true) => (SERVERLESS, "redis/valkey"),
        (false, false) => (REDIS, "redis/valkey"),
    };
    let (x, y) = (place % IN_A_ROW * SIZE.0, place / IN_A_ROW * SIZE.1 * graphs.len());
    let nodes = nodes(id, object);
    let graph = |(row, (title, lines)): (usize, &(&str, &[Line]))| {
        let told = lines.iter().filter(|(name, ..)| metrics::is_reported(name, engine, serverless));
        let metrics: Vec<Json> = told.flat_map(|line| nodes.iter().map(move |node| metric(line, node))).collect();
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
    if text(object, "serverless_cache").is_some() {
        return vec![vec!["clusterId".to_owned(), id.to_owned()]];
    }
    let node = |id_of: &str| [dimension(id), vec!["CacheNodeId".to_owned(), id_of.to_owned()]].concat();
    if let Some(ids) = object.get("node_ids").and_then(Value::as_items) {
        return ids.iter().filter_map(Value::as_str).map(node).collect();
    }
    let count = object.get("num_cache_nodes").and_then(Value::as_i64).unwrap_or(1);
    (1..=count).map(|number| node(&format!("{number:04}"))).collect()
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

    /// The dimensions of the lines of an object, whatever else is in its graphs.
    #[test]
    fn lines_are_of_what_is_there() {
        let with = |parts: &[(&str, Value)]| {
            let object: Object = parts.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
            Value::object(object)
        };
        let node = |id: &str| with(&[("id", Value::string(id)), ("address", Value::unknown(Type::String, None))]);
        let cluster = |ids: &[&str]| {
            let nodes = Value::tuple(ids.iter().map(|id| node(id)).collect());
            let Data::Object(known) = memcached("m", 2).data else { unreachable!("an object") };
            Value::object(known.clone().into_iter().chain([("cache_nodes".into(), nodes)]).collect())
        };
        let serverless = |engine: &str| {
            let limits = Value::tuple(Vec::new());
            with(&[("name", Value::string("s")), ("engine", Value::string(engine)), ("cache_usage_limits", limits)])
        };
        let cases = [
            (cluster(&["0001", "0003"]), "CacheClusterId m CacheNodeId 0001; CacheClusterId m CacheNodeId 0003"),
            (cluster(&["0001"]), "CacheClusterId m CacheNodeId 0001; CacheClusterId m CacheNodeId 0002"),
            (group("g", 2), "CacheClusterId g-001; CacheClusterId g-002"),
            (serverless("valkey"), "clusterId s"),
            (serverless("memcached"), "clusterId s"),
        ];
        for (object, wanted) in cases {
            let watch = watched(Value::tuple(vec![object]));
            assert_eq!(fault(&watch), None, "{wanted}");
            let text = body(&watch);
            let json: Json = serde_json::from_str(text.as_str().expect("known")).unwrap();
            let rows = json["widgets"].as_array().unwrap().iter();
            let rows = rows.flat_map(|widget| widget["properties"]["metrics"].as_array().unwrap().clone());
            let dimensions = |row: Json| {
                let words: Vec<String> =
                    row.as_array().unwrap()[2..].iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
                words.join(" ")
            };
            let found: std::collections::BTreeSet<String> = rows.map(dimensions).collect();
            assert_eq!(found.into_iter().collect::<Vec<_>>().join("; "), wanted);
        }
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
