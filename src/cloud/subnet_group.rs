//! Subnet groups.

use aws_sdk_elasticache::types::{CacheSubnetGroup, Subnet};

use super::args::{Input, without_secrets};
use super::attrs::{Attrs, fields};
use super::clients::Clients;
use super::errors::own_not_found;
use super::paging::{PAGE, pages};
use super::reading::{self, Depth};
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::cloud::args::send;
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Type, Value};

/// The subnet groups of a region.
#[derive(Debug)]
pub(super) struct SubnetGroups(pub Place);

impl Remote for SubnetGroups {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::ElastiCache, object).await })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            Ok(names(&describe(&clients, None).await?, own_name))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let result = invoke(&clients, call).await.map_err(|error| without_secrets(error, call));
            result.map_err(|error| own_not_found(error, &["CacheSubnetGroupNotFoundFault"]))
        })
    }
}

async fn read(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    reading::read(clients, ids, Depth::Whole, "elasticache:subnetgroup", |name| describe(clients, name), observe).await
}

/// AWS makes the group `default` for the first cache that names none.
fn own_name(group: &CacheSubnetGroup) -> Option<&str> {
    group.cache_subnet_group_name().filter(|name| *name != "default")
}

async fn describe(clients: &Clients, name: Option<String>) -> Result<Vec<CacheSubnetGroup>, RemoteError> {
    let service = &clients.elasticache;
    let name = name.as_deref();
    pages(|marker| async move {
        let request = service
            .client
            .describe_cache_subnet_groups()
            .set_cache_subnet_group_name(name.map(str::to_owned))
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.cache_subnet_groups.unwrap_or_default(), page.marker))
    })
    .await
}

/// Beside its attributes, `subnets` has the zone of each.
fn observe(group: &CacheSubnetGroup) -> Observation {
    let place = |subnet: &Subnet| {
        let mut attrs = Attrs::default();
        attrs
            .text("id", subnet.subnet_identifier())
            .text("availability_zone", subnet.subnet_availability_zone().and_then(|zone| zone.name()));
        attrs.into_value()
    };
    let place_type = fields(&[("id", Type::String), ("availability_zone", Type::String)]);
    let mut attrs = Attrs::default();
    attrs
        .text("id", group.cache_subnet_group_name())
        .text("name", group.cache_subnet_group_name())
        .text("description", group.cache_subnet_group_description())
        .set("subnet_ids", group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier()))
        .put("subnets", Value::list(place_type, group.subnets().iter().map(place).collect()))
        .text("vpc_id", group.vpc_id())
        .text("arn", group.arn());
    attrs.settled()
}

async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    let group = match call.operation {
        "CreateCacheSubnetGroup" => {
            send!(service, input, create_cache_subnet_group {
                set_cache_subnet_group_name: text "CacheSubnetGroupName",
                set_cache_subnet_group_description: text "CacheSubnetGroupDescription",
                set_subnet_ids: texts "SubnetIds",
            } and {
                set_tags: tags::elasticache_tags(&mut input)?,
            })
            .cache_subnet_group
        }
        "ModifyCacheSubnetGroup" => {
            send!(service, input, modify_cache_subnet_group {
                set_cache_subnet_group_name: text "CacheSubnetGroupName",
                set_cache_subnet_group_description: text "CacheSubnetGroupDescription",
                set_subnet_ids: texts "SubnetIds",
            })
            .cache_subnet_group
        }
        "DeleteCacheSubnetGroup" => {
            let name = input.text("CacheSubnetGroupName")?;
            send!(service, input, delete_cache_subnet_group {
            } and {
                set_cache_subnet_group_name: name,
            });
            None
        }
        _ => return tags::change_elasticache(clients, call).await,
    };
    let mut reply = Attrs::default();
    if let Some(group) = group {
        reply.text("id", group.cache_subnet_group_name()).text("arn", group.arn()).text("vpc_id", group.vpc_id());
    }
    Ok(reply.0)
}
