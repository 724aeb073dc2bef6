//! Global datastores. AWS names one by letters for the region and the suffix that was asked for; it is read by the
//! suffix here, among those whose primary is in the region.

use aws_sdk_elasticache::types::{GlobalReplicationGroup, GlobalReplicationGroupMember};

use super::args::{Input, without_secrets};
use super::attrs::{Attrs, fields};
use super::clients::Clients;
use super::errors::own_not_found;
use super::paging::{PAGE, pages};
use super::reading::read_tags;
use super::replication_group::observe::short_version;
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::cloud::args::send;
use crate::kind::{Call, ErrorClass, Future_, Observation, Remote, RemoteError, Reply, Status};
use crate::value::{Object, Type, Value};

const NOT_FOUND: &str = "GlobalReplicationGroupNotFoundFault";

/// The global datastores of an account.
#[derive(Debug)]
pub(super) struct Globals(pub Place);

impl Remote for Globals {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, &self.0.region, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::ElastiCache, object).await })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let all = describe(&*self.0.clients().await?).await?;
            let here = |member: &GlobalReplicationGroupMember| {
                is_primary(member) && member.replication_group_region() == Some(&self.0.region)
            };
            Ok(names(&all, |global| global.members().iter().any(here).then(|| id(global))))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let result = invoke(&clients, call).await.map_err(|error| without_secrets(error, call));
            result.map_err(|error| own_not_found(error, &[NOT_FOUND]))
        })
    }
}

fn id(global: &GlobalReplicationGroup) -> &str {
    global.global_replication_group_id().unwrap_or_default()
}

/// The id without the letters of the region.
fn suffix(global: &GlobalReplicationGroup) -> &str {
    id(global).split_once('-').map_or(id(global), |(_, suffix)| suffix)
}

fn is_primary(member: &GlobalReplicationGroupMember) -> bool {
    member.role() == Some("PRIMARY")
}

async fn read(clients: &Clients, region: &str, ids: &[String]) -> Result<Found, RemoteError> {
    let all = describe(clients).await?;
    let of_id = |wanted: &String| {
        let is_it = |global: &&GlobalReplicationGroup| {
            let here = global.members().iter().any(|member| member.replication_group_region() == Some(region));
            id(global).eq_ignore_ascii_case(wanted) || here && suffix(global).eq_ignore_ascii_case(wanted)
        };
        Some((wanted.clone(), all.iter().find(is_it)?))
    };
    let found: Vec<(String, &GlobalReplicationGroup)> = ids.iter().filter_map(of_id).collect();
    let at_rest = |global: &GlobalReplicationGroup| matches!(status(global), Status::Settled);
    let (free, busy): (Vec<_>, Vec<_>) = found.iter().map(|(_, global)| *global).partition(|global| at_rest(global));
    let arns = |globals: Vec<&GlobalReplicationGroup>| globals.into_iter().filter_map(|it| it.arn.clone()).collect();
    let tags = read_tags(clients, None, arns(free), arns(busy)).await?;
    Ok(found.into_iter().map(|(wanted, global)| (wanted, observe(global, &tags))).collect())
}

async fn describe(clients: &Clients) -> Result<Vec<GlobalReplicationGroup>, RemoteError> {
    let service = &clients.elasticache;
    pages(|marker| async move {
        let request = service
            .client
            .describe_global_replication_groups()
            .show_member_info(true)
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.global_replication_groups.unwrap_or_default(), page.marker))
    })
    .await
}

fn status(global: &GlobalReplicationGroup) -> Status {
    let word = global.status().unwrap_or("available").to_owned();
    match word.as_str() {
        "available" | "primary-only" => Status::Settled,
        "creating" => Status::Making(word),
        "deleting" => Status::Leaving(word),
        _ => Status::Busy(word),
    }
}

fn observe(global: &GlobalReplicationGroup, tags: &tags::ByArn) -> Observation {
    let version = global.engine_version();
    let primary = global.members().iter().find(|member| is_primary(member));
    let failover = primary.and_then(|member| member.automatic_failover()).map(|word| word.as_str() != "disabled");
    let described = global.global_replication_group_description().filter(|text| !text.trim().is_empty());
    let mut attrs = Attrs::default();
    attrs
        .text("id", Some(id(global)))
        .text("global_replication_group_id", Some(id(global)))
        .text("global_replication_group_id_suffix", Some(suffix(global)))
        .text("global_replication_group_description", described)
        .text("primary_replication_group_id", primary.and_then(|member| member.replication_group_id()))
        .text("arn", global.arn())
        .text("engine", global.engine())
        .text("engine_version", version.map(short_version).as_deref())
        .text("engine_version_actual", version)
        .text("cache_node_type", global.cache_node_type())
        .flag("automatic_failover_enabled", failover)
        .int("num_node_groups", i32::try_from(global.global_node_groups().len()).ok())
        .flag("at_rest_encryption_enabled", Some(global.at_rest_encryption_enabled() == Some(true)))
        .flag("auth_token_enabled", Some(global.auth_token_enabled() == Some(true)))
        .flag("cluster_enabled", Some(global.cluster_enabled() == Some(true)))
        .flag("transit_encryption_enabled", Some(global.transit_encryption_enabled() == Some(true)))
        .put("global_node_groups", node_groups(global))
        .put("members", members(global));
    if let Some(tags) = global.arn().and_then(|arn| tags.get(arn)) {
        attrs.put("tags_all", tags.clone());
    }
    Observation { status: status(global), object: attrs.0, pending: Object::new() }
}

fn node_groups(global: &GlobalReplicationGroup) -> Value {
    let ty = fields(&[("global_node_group_id", Type::String), ("slots", Type::String)]);
    let one = |group: &aws_sdk_elasticache::types::GlobalNodeGroup| {
        let mut attrs = Attrs::default();
        attrs.text("global_node_group_id", group.global_node_group_id()).text("slots", group.slots());
        attrs.into_value()
    };
    Value::set(ty, global.global_node_groups().iter().map(one).collect())
}

fn members(global: &GlobalReplicationGroup) -> Value {
    let ty = fields(&[("replication_group_id", Type::String), ("region", Type::String), ("role", Type::String)]);
    let one = |member: &GlobalReplicationGroupMember| {
        let mut attrs = Attrs::default();
        attrs
            .text("replication_group_id", member.replication_group_id())
            .text("region", member.replication_group_region())
            .text("role", member.role());
        attrs.into_value()
    };
    let mut all: Vec<&GlobalReplicationGroupMember> = global.members().iter().collect();
    all.sort_by_key(|member| (!is_primary(member), member.replication_group_region().map(str::to_owned)));
    Value::list(ty, all.into_iter().map(one).collect())
}

async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    let mut reply = Attrs::default();
    match call.operation {
        "CreateGlobalReplicationGroup" => {
            let request = service
                .client
                .create_global_replication_group()
                .set_global_replication_group_id_suffix(input.text("GlobalReplicationGroupIdSuffix")?)
                .set_global_replication_group_description(input.text("GlobalReplicationGroupDescription")?)
                .set_primary_replication_group_id(input.text("PrimaryReplicationGroupId")?)
                .set_tags(tags::elasticache_tags(&mut input)?);
            input.finish()?;
            if let Some(global) = service.pace.call(|| request.clone().send()).await?.global_replication_group {
                reply.text("id", Some(id(&global))).text("arn", global.arn());
                reply.text("global_replication_group_id", Some(id(&global)));
            }
        }
        "ModifyGlobalReplicationGroup" => {
            send!(service, input, modify_global_replication_group {
                set_global_replication_group_id: text "GlobalReplicationGroupId",
                set_apply_immediately: flag "ApplyImmediately",
                set_engine: text "Engine",
                set_engine_version: text "EngineVersion",
                set_cache_parameter_group_name: text "CacheParameterGroupName",
                set_cache_node_type: text "CacheNodeType",
                set_automatic_failover_enabled: flag "AutomaticFailoverEnabled",
                set_global_replication_group_description: text "GlobalReplicationGroupDescription",
            });
        }
        "DeleteGlobalReplicationGroup" => {
            send!(service, input, delete_global_replication_group {
                set_global_replication_group_id: text "GlobalReplicationGroupId",
                set_retain_primary_replication_group: flag "RetainPrimaryReplicationGroup",
            });
        }
        "DisassociateGlobalReplicationGroup" => return disassociate(clients, call).await,
        "FailoverGlobalReplicationGroup" => {
            send!(service, input, failover_global_replication_group {
                set_global_replication_group_id: text "GlobalReplicationGroupId",
                set_primary_region: text "PrimaryRegion",
                set_primary_replication_group_id: text "PrimaryReplicationGroupId",
            });
        }
        "IncreaseNodeGroupsInGlobalReplicationGroup" => {
            send!(service, input, increase_node_groups_in_global_replication_group {
                set_global_replication_group_id: text "GlobalReplicationGroupId",
                set_node_group_count: int "NodeGroupCount",
                set_apply_immediately: flag "ApplyImmediately",
            });
        }
        "DecreaseNodeGroupsInGlobalReplicationGroup" => {
            send!(service, input, decrease_node_groups_in_global_replication_group {
                set_global_replication_group_id: text "GlobalReplicationGroupId",
                set_node_group_count: int "NodeGroupCount",
                set_global_node_groups_to_remove: texts "GlobalNodeGroupsToRemove",
                set_apply_immediately: flag "ApplyImmediately",
            });
        }
        _ => return tags::change_elasticache(clients, call).await,
    }
    Ok(reply.0)
}

/// A secondary goes its own way. Of a datastore that is gone it is no member any more.
pub(super) async fn disassociate(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    match leave(clients, call).await {
        Err(error) if error.code == NOT_FOUND => Err(RemoteError { class: ErrorClass::NoChange, ..error }),
        left => left.map(|()| Reply::new()),
    }
}

async fn leave(clients: &Clients, call: &Call) -> Result<(), RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    send!(service, input, disassociate_global_replication_group {
        set_global_replication_group_id: text "GlobalReplicationGroupId",
        set_replication_group_id: text "ReplicationGroupId",
        set_replication_group_region: text "ReplicationGroupRegion",
    });
    Ok(())
}
