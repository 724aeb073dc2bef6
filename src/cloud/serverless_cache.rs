//! Serverless caches.

use aws_sdk_elasticache::primitives::DateTimeFormat as Format;
use aws_sdk_elasticache::types::{CacheUsageLimits, DataStorage, EcpuPerSecond, Endpoint, ServerlessCache};

use super::args::{Input, without_secrets};
use super::attrs::{Attrs, fields, int_or_null};
use super::clients::Clients;
use super::errors::own_not_found;
use super::paging::pages;
use super::reading::{self, Depth};
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::cloud::args::send;
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply, Status};
use crate::value::{Object, Type, Value};

/// The serverless caches of a region.
#[derive(Debug)]
pub(super) struct ServerlessCaches(pub Place);

impl Remote for ServerlessCaches {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids, Depth::Whole).await?)) })
    }

    fn look<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids, Depth::Status).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::ElastiCache, object).await })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            Ok(names(&describe(&clients, None).await?, ServerlessCache::serverless_cache_name))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let result = invoke(&clients, call).await.map_err(|error| without_secrets(error, call));
            result.map_err(|error| own_not_found(error, &["ServerlessCacheNotFoundFault"]))
        })
    }
}

async fn read(clients: &Clients, ids: &[String], depth: Depth) -> Result<Found, RemoteError> {
    reading::read(clients, ids, depth, "elasticache:serverlesscache", |name| describe(clients, name), observe).await
}

async fn describe(clients: &Clients, name: Option<String>) -> Result<Vec<ServerlessCache>, RemoteError> {
    let service = &clients.elasticache;
    let name = name.as_deref();
    pages(|token| async move {
        let request = service
            .client
            .describe_serverless_caches()
            .set_serverless_cache_name(name.map(str::to_owned))
            .set_next_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.serverless_caches.unwrap_or_default(), page.next_token))
    })
    .await
}

fn status(cache: &ServerlessCache) -> Status {
    let word = cache.status().unwrap_or("available").to_owned();
    match word.as_str() {
        "available" => Status::Settled,
        "creating" => Status::Making(word),
        "deleting" => Status::Leaving(word),
        "create-failed" => Status::Broken(word),
        _ => Status::Busy(word),
    }
}

fn observe(cache: &ServerlessCache) -> Observation {
    let mut attrs = Attrs::default();
    attrs
        .text("id", cache.serverless_cache_name())
        .text("name", cache.serverless_cache_name())
        .text("arn", cache.arn())
        .text("status", cache.status())
        .text("engine", cache.engine())
        .text("major_engine_version", cache.major_engine_version())
        .text("full_engine_version", cache.full_engine_version())
        .text("description", cache.description().filter(|text| !text.trim().is_empty()))
        .text("create_time", created(cache).as_deref())
        .text("kms_key_id", cache.kms_key_id())
        .set("security_group_ids", cache.security_group_ids())
        .set("subnet_ids", cache.subnet_ids())
        .text("user_group_id", cache.user_group_id())
        .int("snapshot_retention_limit", Some(cache.snapshot_retention_limit().unwrap_or(0)))
        .text("daily_snapshot_time", cache.daily_snapshot_time())
        .text("network_type", cache.network_type().map(|word| word.as_str()))
        .text("connection_type", cache.connection_type().map(|word| word.as_str()))
        .put("endpoint", endpoint(cache.endpoint()))
        .put("reader_endpoint", endpoint(cache.reader_endpoint()))
        .put("cache_usage_limits", limits(cache.cache_usage_limits()));
    Observation { status: status(cache), object: attrs.0, pending: Object::new() }
}

fn created(cache: &ServerlessCache) -> Option<String> {
    cache.create_time()?.fmt(Format::DateTime).ok()
}

fn endpoint(endpoint: Option<&Endpoint>) -> Value {
    let ty = fields(&[("address", Type::String), ("port", Type::Number)]);
    let one = |endpoint: &Endpoint| {
        let mut attrs = Attrs::default();
        attrs.text("address", endpoint.address()).int("port", endpoint.port());
        attrs.into_value()
    };
    Value::list(ty, endpoint.into_iter().map(one).collect())
}

/// A limit, where there is one.
fn limit(least: Option<i32>, most: Option<i32>, unit: Option<&str>) -> Option<Attrs> {
    if least.is_none() && most.is_none() {
        return None;
    }
    let mut attrs = Attrs::default();
    attrs.put("minimum", int_or_null(least)).put("maximum", int_or_null(most));
    if let Some(unit) = unit {
        attrs.text("unit", Some(unit));
    }
    Some(attrs)
}

fn limits(limits: Option<&CacheUsageLimits>) -> Value {
    let storage = fields(&[("minimum", Type::Number), ("maximum", Type::Number), ("unit", Type::String)]);
    let ecpu = fields(&[("minimum", Type::Number), ("maximum", Type::Number)]);
    let ty = fields(&[("data_storage", Type::list(storage.clone())), ("ecpu_per_second", Type::set(ecpu.clone()))]);
    let of_storage = limits
        .and_then(|limits| limits.data_storage())
        .and_then(|it| limit(it.minimum(), it.maximum(), Some(it.unit().map_or("GB", |unit| unit.as_str()))));
    let of_ecpu =
        limits.and_then(|limits| limits.ecpu_per_second()).and_then(|it| limit(it.minimum(), it.maximum(), None));
    if of_storage.is_none() && of_ecpu.is_none() {
        return Value::list(ty, Vec::new());
    }
    let mut attrs = Attrs::default();
    attrs
        .put("data_storage", Value::list(storage, of_storage.into_iter().map(Attrs::into_value).collect()))
        .put("ecpu_per_second", Value::set(ecpu, of_ecpu.into_iter().map(Attrs::into_value).collect()));
    Value::list(ty, vec![attrs.into_value()])
}

fn limits_of(input: &mut Input) -> Result<Option<CacheUsageLimits>, RemoteError> {
    input.structure("CacheUsageLimits", |all| {
        let storage = all.structure("DataStorage", |it| {
            let built = DataStorage::builder().set_minimum(it.int("Minimum")?).set_maximum(it.int("Maximum")?);
            Ok(built.set_unit(it.word("Unit")?).build())
        })?;
        let ecpu = all.structure("ECPUPerSecond", |it| {
            Ok(EcpuPerSecond::builder().set_minimum(it.int("Minimum")?).set_maximum(it.int("Maximum")?).build())
        })?;
        Ok(CacheUsageLimits::builder().set_data_storage(storage).set_ecpu_per_second(ecpu).build())
    })
}

async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    let mut reply = Attrs::default();
    match call.operation {
        "CreateServerlessCache" => {
            let cache = send!(service, input, create_serverless_cache {
                set_serverless_cache_name: text "ServerlessCacheName",
                set_description: text "Description",
                set_engine: text "Engine",
                set_major_engine_version: text "MajorEngineVersion",
                set_kms_key_id: text "KmsKeyId",
                set_security_group_ids: texts "SecurityGroupIds",
                set_snapshot_arns_to_restore: texts "SnapshotArnsToRestore",
                set_user_group_id: text "UserGroupId",
                set_subnet_ids: texts "SubnetIds",
                set_snapshot_retention_limit: int "SnapshotRetentionLimit",
                set_daily_snapshot_time: text "DailySnapshotTime",
                set_network_type: word "NetworkType",
                set_connection_type: word "ConnectionType",
            } and {
                set_cache_usage_limits: limits_of(&mut input)?,
                set_tags: tags::elasticache_tags(&mut input)?,
            })
            .serverless_cache;
            if let Some(cache) = cache {
                reply.text("id", cache.serverless_cache_name()).text("arn", cache.arn());
            }
        }
        "ModifyServerlessCache" => {
            send!(service, input, modify_serverless_cache {
                set_serverless_cache_name: text "ServerlessCacheName",
                set_description: text "Description",
                set_remove_user_group: flag "RemoveUserGroup",
                set_user_group_id: text "UserGroupId",
                set_security_group_ids: texts "SecurityGroupIds",
                set_snapshot_retention_limit: int "SnapshotRetentionLimit",
                set_daily_snapshot_time: text "DailySnapshotTime",
                set_engine: text "Engine",
                set_major_engine_version: text "MajorEngineVersion",
            } and {
                set_cache_usage_limits: limits_of(&mut input)?,
            });
        }
        "DeleteServerlessCache" => {
            send!(service, input, delete_serverless_cache {
                set_serverless_cache_name: text "ServerlessCacheName",
                set_final_snapshot_name: text "FinalSnapshotName",
            });
        }
        _ => return tags::change_elasticache(clients, call).await,
    }
    Ok(reply.0)
}
