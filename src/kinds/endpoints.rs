//! Where clients reach caches, out of what AWS tells of them.

use crate::kind::Endpoint;
use crate::value::{Object, Value, text};

fn port(object: &Object) -> Option<u16> {
    object.get("port").and_then(Value::as_i64).and_then(|port| u16::try_from(port).ok())
}

fn tls(object: &Object) -> bool {
    object.get("transit_encryption_enabled").and_then(Value::as_bool) == Some(true)
}

/// Of a group: with cluster mode one for everything, else one to write and one to read.
pub fn of_group(group: &Object) -> Vec<Endpoint> {
    let names = [
        ("configuration", "configuration_endpoint_address"),
        ("primary", "primary_endpoint_address"),
        ("reader", "reader_endpoint_address"),
    ];
    let one = |(name, attribute): (&str, &str)| {
        let host = text(group, attribute).filter(|host| !host.is_empty())?.to_owned();
        Some(Endpoint { name: name.to_owned(), host, port: port(group)?, tls: tls(group), redis: true })
    };
    names.into_iter().filter_map(one).collect()
}

/// Of a cluster: of Memcached one that tells the nodes, and each node.
pub fn of_cluster(cluster: &Object) -> Vec<Endpoint> {
    let (redis, tls) = (text(cluster, "engine") != Some("memcached"), tls(cluster));
    let made =
        |name: &str, host: &str, port: u16| Endpoint { name: name.to_owned(), host: host.to_owned(), port, tls, redis };
    let whole = text(cluster, "cluster_address").zip(port(cluster));
    let whole = whole.map(|(host, port)| made("configuration", host, port));
    let nodes = cluster.get("cache_nodes").and_then(Value::as_items).unwrap_or_default();
    let of_node = |node: &Value| {
        let node = node.as_object()?;
        let name = if redis { "primary".to_owned() } else { format!("node-{}", text(node, "id")?) };
        Some(made(&name, text(node, "address")?, port(node)?))
    };
    whole.into_iter().chain(nodes.iter().filter_map(of_node)).collect()
}

/// Of a serverless cache, which always has TLS.
pub fn of_serverless(cache: &Object) -> Vec<Endpoint> {
    let redis = text(cache, "engine") != Some("memcached");
    let one = |(name, attribute): (&str, &str)| {
        let told = cache.get(attribute)?;
        let told = told.as_items().and_then(<[Value]>::first).unwrap_or(told).as_object()?;
        let host = text(told, "address")?.to_owned();
        Some(Endpoint { name: name.to_owned(), host, port: port(told)?, tls: true, redis })
    };
    [("primary", "endpoint"), ("reader", "reader_endpoint")].into_iter().filter_map(one).collect()
}
