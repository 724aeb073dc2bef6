//! Snapshots of caches with nodes, and those of serverless caches, which have an API of their own.

use aws_sdk_elasticache::primitives::{DateTime, DateTimeFormat as Format};
use aws_sdk_elasticache::types::{NodeSnapshot, ServerlessCacheSnapshot, Snapshot};

use super::args::Input;
use super::attrs::{Attrs, fields};
use super::clients::Clients;
use super::errors::own_not_found;
use super::paging::pages;
use super::reading::{self, Depth};
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::cloud::args::send;
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply, Status};
use crate::kinds::snapshot::SERVERLESS;
use crate::value::{Object, Type, Value};

/// The most snapshots that ElastiCache tells at once.
const PAGE: i32 = 50;

/// The snapshots of a region.
#[derive(Debug)]
pub(super) struct Snapshots(pub Place);

impl Remote for Snapshots {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::ElastiCache, object).await })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let clients = &*self.0.clients().await?;
            let manual = Search { source: Some("manual".to_owned()), ..Search::default() };
            let (nodes, serverless) = tokio::join!(describe(clients, &manual), describe_serverless(clients, &manual));
            let of_serverless = names(&serverless?, ServerlessCacheSnapshot::serverless_cache_snapshot_name);
            let mut all = names(&nodes?, Snapshot::snapshot_name);
            all.extend(of_serverless.into_iter().map(|name| format!("{SERVERLESS}{name}")));
            all.sort();
            Ok(all)
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let own = ["SnapshotNotFoundFault", "ServerlessCacheSnapshotNotFoundFault"];
            invoke(&*self.0.clients().await?, call).await.map_err(|error| own_not_found(error, &own))
        })
    }
}

async fn read(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    let (of_serverless, of_nodes): (Vec<String>, Vec<String>) =
        ids.iter().cloned().partition(|id| id.starts_with(SERVERLESS));
    let nodes = reading::read(
        clients,
        &of_nodes,
        Depth::Whole,
        "elasticache:snapshot",
        |name| async move { describe(clients, &Search { name, ..Search::default() }).await },
        observe,
    );
    let bare = |id: String| id.trim_start_matches(SERVERLESS).to_owned();
    let serverless = reading::read(
        clients,
        &of_serverless,
        Depth::Whole,
        "elasticache:serverlesscachesnapshot",
        |id| async move { describe_serverless(clients, &Search { name: id.map(bare), ..Search::default() }).await },
        observe_serverless,
    );
    let (nodes, serverless) = tokio::join!(nodes, serverless);
    let mut found = nodes?;
    found.extend(serverless?);
    Ok(found)
}

/// What is looked for; everything without any of it.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub name: Option<String>,
    pub group: Option<String>,
    pub cluster: Option<String>,
    pub serverless: Option<String>,
    /// `manual` or `automated`.
    pub source: Option<String>,
}

pub(super) async fn describe(clients: &Clients, search: &Search) -> Result<Vec<Snapshot>, RemoteError> {
    let service = &clients.elasticache;
    // A request says it in other words than an answer does.
    let source = search.source.as_deref().map(|word| if word == "manual" { "user" } else { "system" });
    pages(|marker| async move {
        let request = service
            .client
            .describe_snapshots()
            .set_snapshot_name(search.name.clone())
            .set_replication_group_id(search.group.clone())
            .set_cache_cluster_id(search.cluster.clone())
            .set_snapshot_source(source.map(str::to_owned))
            .show_node_group_config(true)
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.snapshots.unwrap_or_default(), page.marker))
    })
    .await
}

pub(super) async fn describe_serverless(
    clients: &Clients,
    search: &Search,
) -> Result<Vec<ServerlessCacheSnapshot>, RemoteError> {
    let service = &clients.elasticache;
    pages(|token| async move {
        let request = service
            .client
            .describe_serverless_cache_snapshots()
            .set_serverless_cache_snapshot_name(search.name.clone())
            .set_serverless_cache_name(search.serverless.clone())
            .set_snapshot_type(search.source.clone())
            .max_results(PAGE)
            .set_next_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.serverless_cache_snapshots.unwrap_or_default(), page.next_token))
    })
    .await
}

fn status(word: Option<&str>) -> Status {
    let word = word.unwrap_or("available").to_owned();
    match word.as_str() {
        "available" => Status::Settled,
        "creating" => Status::Making(word),
        "deleting" => Status::Leaving(word),
        "failed" | "create-failed" => Status::Broken(word),
        _ => Status::Busy(word),
    }
}

fn time(time: Option<&DateTime>) -> Option<String> {
    time?.fmt(Format::DateTime).ok()
}

pub(super) fn observe(snapshot: &Snapshot) -> Observation {
    let parts = snapshot.node_snapshots();
    let made = parts.iter().filter_map(NodeSnapshot::snapshot_create_time).max();
    let mut attrs = Attrs::default();
    attrs
        .text("id", snapshot.snapshot_name())
        .text("snapshot_name", snapshot.snapshot_name())
        .text("arn", snapshot.arn())
        .text("status", snapshot.snapshot_status())
        .text("snapshot_source", snapshot.snapshot_source())
        .text("replication_group_id", snapshot.replication_group_id())
        .text("cache_cluster_id", snapshot.cache_cluster_id())
        .text("serverless_cache_name", None)
        .text("kms_key_id", snapshot.kms_key_id())
        .text("created", time(made).as_deref())
        .text("size", size(parts).as_deref())
        .text("engine", snapshot.engine())
        .text("engine_version", snapshot.engine_version())
        .text("node_type", snapshot.cache_node_type())
        .int("num_node_groups", Some(snapshot.num_node_groups().unwrap_or(1)))
        .int("port", snapshot.port())
        .text("parameter_group_name", snapshot.cache_parameter_group_name())
        .text("subnet_group_name", snapshot.cache_subnet_group_name())
        .text("vpc_id", snapshot.vpc_id())
        .put("node_snapshots", nodes(parts));
    Observation { status: status(snapshot.snapshot_status()), object: attrs.0, pending: Object::new() }
}

/// The sum over the shards, where all are told in the same unit.
fn size(parts: &[NodeSnapshot]) -> Option<String> {
    let sizes: Option<Vec<(u64, &str)>> = parts
        .iter()
        .map(|part| {
            let (number, unit) = part.cache_size()?.split_once(' ')?;
            Some((number.parse().ok()?, unit))
        })
        .collect();
    let sizes = sizes?;
    let (_, unit) = sizes.first()?;
    let sum: u64 = sizes.iter().map(|(number, _)| number).sum();
    sizes.iter().all(|(_, other)| other == unit).then(|| format!("{sum} {unit}"))
}

fn nodes(parts: &[NodeSnapshot]) -> Value {
    let names = ["cache_cluster_id", "node_group_id", "slots", "cache_size", "created"];
    let one = |part: &NodeSnapshot| {
        let shard = part.node_group_configuration();
        let mut attrs = Attrs::default();
        attrs
            .text("cache_cluster_id", part.cache_cluster_id())
            .text("node_group_id", part.node_group_id().or(shard.and_then(|shard| shard.node_group_id())))
            .text("slots", shard.and_then(|shard| shard.slots()))
            .text("cache_size", part.cache_size())
            .text("created", time(part.snapshot_create_time()).as_deref());
        attrs.into_value()
    };
    Value::list(fields(&names.map(|name| (name, Type::String))), parts.iter().map(one).collect())
}

pub(super) fn observe_serverless(snapshot: &ServerlessCacheSnapshot) -> Observation {
    let name = snapshot.serverless_cache_snapshot_name();
    let cache = snapshot.serverless_cache_configuration();
    let mut attrs = Attrs::default();
    attrs
        .text("id", name.map(|name| format!("{SERVERLESS}{name}")).as_deref())
        .text("snapshot_name", name)
        .text("arn", snapshot.arn())
        .text("status", snapshot.status())
        .text("snapshot_source", snapshot.snapshot_type())
        .text("serverless_cache_name", cache.and_then(|cache| cache.serverless_cache_name()))
        .text("kms_key_id", snapshot.kms_key_id())
        .text("created", time(snapshot.create_time()).as_deref())
        .text("size", snapshot.bytes_used_for_cache())
        .text("engine", cache.and_then(|cache| cache.engine()))
        .text("engine_version", cache.and_then(|cache| cache.major_engine_version()))
        .int("num_node_groups", None)
        .int("port", None)
        .put("node_snapshots", nodes(&[]));
    let none = ["replication_group_id", "cache_cluster_id", "node_type", "parameter_group_name"];
    for name in none.into_iter().chain(["subnet_group_name", "vpc_id"]) {
        attrs.text(name, None);
    }
    Observation { status: status(snapshot.status()), object: attrs.0, pending: Object::new() }
}

async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    match call.operation {
        "CreateSnapshot" => {
            send!(service, input, create_snapshot {
                set_snapshot_name: text "SnapshotName",
                set_replication_group_id: text "ReplicationGroupId",
                set_cache_cluster_id: text "CacheClusterId",
                set_kms_key_id: text "KmsKeyId",
            } and {
                set_tags: tags::elasticache_tags(&mut input)?,
            });
        }
        "CreateServerlessCacheSnapshot" => {
            send!(service, input, create_serverless_cache_snapshot {
                set_serverless_cache_snapshot_name: text "ServerlessCacheSnapshotName",
                set_serverless_cache_name: text "ServerlessCacheName",
                set_kms_key_id: text "KmsKeyId",
            } and {
                set_tags: tags::elasticache_tags(&mut input)?,
            });
        }
        "CopySnapshot" => {
            send!(service, input, copy_snapshot {
                set_source_snapshot_name: text "SourceSnapshotName",
                set_target_snapshot_name: text "TargetSnapshotName",
                set_target_bucket: text "TargetBucket",
                set_kms_key_id: text "KmsKeyId",
            });
        }
        "CopyServerlessCacheSnapshot" => {
            send!(service, input, copy_serverless_cache_snapshot {
                set_source_serverless_cache_snapshot_name: text "SourceServerlessCacheSnapshotName",
                set_target_serverless_cache_snapshot_name: text "TargetServerlessCacheSnapshotName",
                set_kms_key_id: text "KmsKeyId",
            });
        }
        "ExportServerlessCacheSnapshot" => {
            send!(service, input, export_serverless_cache_snapshot {
                set_serverless_cache_snapshot_name: text "ServerlessCacheSnapshotName",
                set_s3_bucket_name: text "S3BucketName",
            });
        }
        "DeleteSnapshot" => {
            send!(service, input, delete_snapshot {
                set_snapshot_name: text "SnapshotName",
            });
        }
        "DeleteServerlessCacheSnapshot" => {
            let name = input.text("ServerlessCacheSnapshotName")?;
            send!(service, input, delete_serverless_cache_snapshot {
            } and {
                set_serverless_cache_snapshot_name: name,
            });
        }
        _ => return tags::change_elasticache(clients, call).await,
    }
    Ok(Reply::new())
}
