//! Engine versions, and the node types that a cache may move to.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::service::{Part, operation};
use super::{catalog, cluster, group};
use serde_json::{Value, json};

/// Engine versions and node types: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "DescribeCacheEngineVersions",
            describe,
            "versions that can be created, by family, default only",
            "versions that AWS has retired are missing",
        ),
        operation(
            "ListAllowedNodeTypeModifications",
            allowed_node_types,
            "by engine, version, region and data tiering",
            "by memory alone",
        ),
    ],

    ..Part::NONE
};

/// The engine of users and their groups, in lower case.
pub fn of_access(engine: &str) -> Result<String, Failure> {
    match engine.to_ascii_lowercase() {
        engine if engine == "redis" || engine == "valkey" => Ok(engine),
        _ => Err(Failure::value(format!("Invalid engine: {engine}. Valid values are redis and valkey."))),
    }
}

pub fn describe(_context: &mut Context, input: Input) -> Answer {
    let engine = input.filled("Engine").map(str::to_ascii_lowercase);
    let family = input.filled("CacheParameterGroupFamily").map(str::to_ascii_lowercase);
    let wanted = input.filled("EngineVersion");
    let default_only = input.flag("DefaultOnly") == Some(true);
    let mut rows: Vec<(String, Value)> = Vec::new();
    for (index, (of, version, full)) in catalog::versions().into_iter().enumerate() {
        let own = catalog::family(of, &full);
        let asked = engine.as_deref().is_none_or(|engine| engine == of)
            && family.as_ref().is_none_or(|family| *family == own)
            && wanted.is_none_or(|wanted| wanted == version || wanted == full)
            && (!default_only || catalog::default_version(of) == version);
        if asked {
            let description = match of {
                "memcached" => "memcached",
                "valkey" => "Valkey",
                _ => "Redis",
            };
            rows.push((
                format!("{index:04}"),
                json!({
                    "Engine": of, "EngineVersion": version, "CacheParameterGroupFamily": own,
                    "CacheEngineDescription": description,
                    "CacheEngineVersionDescription": format!("{of} version {full}"),
                }),
            ));
        }
    }
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let (page, marker) = paging::page(rows.into_iter(), after.as_deref(), size);
    Ok(json!({ "CacheEngineVersions": page, "Marker": marker }))
}

pub fn allowed_node_types(context: &mut Context, input: Input) -> Answer {
    let settings = match (input.filled("CacheClusterId"), input.filled("ReplicationGroupId")) {
        (Some(id), None) => {
            let cluster = cluster::find(context, id)?;
            match (&cluster.own, &cluster.group) {
                (Some(own), _) => own.clone(),
                (None, Some(id)) => group::find(context, id)?.settings.clone(),
                _ => return Err(Failure::missing("CacheClusterNotFound", format!("CacheCluster not found: {id}"))),
            }
        }
        (None, Some(id)) => group::find(context, id)?.settings.clone(),
        _ => {
            return Err(Failure::combination(
                "Exactly one of CacheClusterId and ReplicationGroupId must be specified.",
            ));
        }
    };
    if settings.engine == "memcached" {
        return Ok(json!({ "ScaleUpModifications": [], "ScaleDownModifications": [] }));
    }
    let all = catalog::node_types();
    let own = all.get(&settings.node_type).map_or(0.0, |node| node.mem_gib);
    let tiered = |name: &str| name.starts_with("cache.r6gd.");
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for (name, node) in all {
        let fits = node.runs(&settings.engine, &settings.version, context.region_name);
        if *name == settings.node_type || !fits || tiered(name) != tiered(&settings.node_type) {
            continue;
        }
        if node.mem_gib >= own { up.push(name) } else { down.push(name) }
    }
    Ok(json!({ "ScaleUpModifications": up, "ScaleDownModifications": down }))
}
