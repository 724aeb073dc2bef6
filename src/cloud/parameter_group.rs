//! Parameter groups, and of their parameters those that differ from the family's defaults.

use aws_sdk_elasticache::types::{CacheParameterGroup, Parameter, ParameterNameValue};

use super::args::{Input, without_secrets};
use super::attrs::{Attrs, fields};
use super::clients::Clients;
use super::errors::own_not_found;
use super::paging::{PAGE, at_most, pages};
use super::tags::{self, Owner};
use super::{Found, Place, by_asked_name, names, reading};
use crate::cloud::args::send;
use crate::kind::{Call, ErrorClass, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Type, Value};

/// Groups whose parameters are read at the same time.
const AT_ONCE: usize = 8;

/// The parameter groups of a region.
#[derive(Debug)]
pub(super) struct ParameterGroups(pub Place);

impl Remote for ParameterGroups {
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
            result.map_err(|error| own_not_found(error, &["CacheParameterGroupNotFound"]))
        })
    }
}

async fn read(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    let (groups, bulk) = tokio::join!(
        reading::few_or_all(ids, |name| describe(clients, name)),
        tags::of_type(clients, ids.len(), "elasticache:parametergroup")
    );
    let wanted: Vec<String> = ids.iter().map(|id| id.to_lowercase()).collect();
    let name = |group: &CacheParameterGroup| group.cache_parameter_group_name().unwrap_or_default().to_lowercase();
    let groups: Vec<CacheParameterGroup> = groups?.into_iter().filter(|group| wanted.contains(&name(group))).collect();
    let arns = groups.iter().filter_map(|group| group.arn.clone()).collect();
    let (tags, parameters) = tokio::join!(
        tags::of_each(clients, Owner::ElastiCache, bulk?, arns),
        at_most(AT_ONCE, &groups, |group| parameters(clients, group.cache_parameter_group_name().unwrap_or_default())),
    );
    let tags = tags?;
    let observed = groups.iter().zip(parameters?).filter_map(|(group, parameters)| {
        // A group that vanished between the two reads is gone.
        Some((name(group), observe(group, &parameters?, &tags)))
    });
    Ok(by_asked_name(ids, observed.collect()))
}

/// AWS's own are the default groups, and the copies that the members of a global datastore have.
fn own_name(group: &CacheParameterGroup) -> Option<&str> {
    let own = |name: &&str| !name.starts_with("default.") && group.is_global() != Some(true);
    group.cache_parameter_group_name().filter(own)
}

async fn describe(clients: &Clients, name: Option<String>) -> Result<Vec<CacheParameterGroup>, RemoteError> {
    let service = &clients.elasticache;
    let name = name.as_deref();
    pages(|marker| async move {
        let request = service
            .client
            .describe_cache_parameter_groups()
            .set_cache_parameter_group_name(name.map(str::to_owned))
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.cache_parameter_groups.unwrap_or_default(), page.marker))
    })
    .await
}

/// The parameters that somebody has set, or `None` when the group is gone.
async fn parameters(clients: &Clients, name: &str) -> Result<Option<Vec<Parameter>>, RemoteError> {
    let service = &clients.elasticache;
    let read = pages(|marker| async move {
        let request = service
            .client
            .describe_cache_parameters()
            .cache_parameter_group_name(name)
            .source("user")
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        // An emulator may answer more than was asked for; what says where it comes from is believed.
        let mut own = page.parameters.unwrap_or_default();
        own.retain(|parameter| parameter.source().is_none_or(|source| source == "user"));
        Ok((own, page.marker))
    });
    match read.await {
        Ok(parameters) => Ok(Some(parameters)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn observe(group: &CacheParameterGroup, parameters: &[Parameter], tags: &tags::ByArn) -> Observation {
    let parameter = |parameter: &Parameter| {
        let mut attrs = Attrs::default();
        attrs.text("name", Some(parameter.parameter_name()?)).text("value", Some(parameter.parameter_value()?));
        Some(attrs.into_value())
    };
    let ty = fields(&[("name", Type::String), ("value", Type::String)]);
    let mut attrs = Attrs::default();
    attrs
        .text("id", group.cache_parameter_group_name())
        .text("name", group.cache_parameter_group_name())
        .text("family", group.cache_parameter_group_family())
        .text("description", group.description())
        .text("arn", group.arn())
        .put("parameter", Value::set(ty, parameters.iter().filter_map(parameter).collect()));
    if let Some(tags) = group.arn().and_then(|arn| tags.get(arn)) {
        attrs.put("tags_all", tags.clone());
    }
    attrs.settled()
}

async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    let mut reply = Attrs::default();
    match call.operation {
        "CreateCacheParameterGroup" => {
            let request = service
                .client
                .create_cache_parameter_group()
                .set_cache_parameter_group_name(input.text("CacheParameterGroupName")?)
                .set_cache_parameter_group_family(input.text("CacheParameterGroupFamily")?)
                .set_description(input.text("Description")?)
                .set_tags(tags::elasticache_tags(&mut input)?);
            input.finish()?;
            if let Some(group) = service.pace.call(|| request.clone().send()).await?.cache_parameter_group {
                reply.text("id", group.cache_parameter_group_name()).text("arn", group.arn());
            }
        }
        "ModifyCacheParameterGroup" => {
            send!(service, input, modify_cache_parameter_group {
                set_cache_parameter_group_name: text "CacheParameterGroupName",
            } and {
                set_parameter_name_values: name_values(&mut input)?,
            });
        }
        "ResetCacheParameterGroup" => {
            send!(service, input, reset_cache_parameter_group {
                set_cache_parameter_group_name: text "CacheParameterGroupName",
                set_reset_all_parameters: flag "ResetAllParameters",
            } and {
                set_parameter_name_values: name_values(&mut input)?,
            });
        }
        "DeleteCacheParameterGroup" => {
            let name = input.text("CacheParameterGroupName")?;
            send!(service, input, delete_cache_parameter_group {
            } and {
                set_cache_parameter_group_name: name,
            });
        }
        _ => return tags::change_elasticache(clients, call).await,
    }
    Ok(reply.0)
}

fn name_values(input: &mut Input) -> Result<Option<Vec<ParameterNameValue>>, RemoteError> {
    input.each("ParameterNameValues", |member| {
        Ok(ParameterNameValue::builder()
            .set_parameter_name(member.text("ParameterName")?)
            .set_parameter_value(member.text("ParameterValue")?)
            .build())
    })
}
