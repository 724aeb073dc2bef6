//! Tags: of many objects from the tagging API, of one object from its own service, and the calls that change them.

use std::collections::BTreeMap;

use super::FEW;
use super::args::{Input, unknown_operation};
use super::clients::Clients;
use super::errors::fatal;
use super::paging::{PAGE, at_most, pages};
use crate::cloud::args::send;
use crate::kind::{Call, ErrorClass, RemoteError, Reply};
use crate::value::{Object, Value};

/// Tags by the ARN of the object. An object that is missing has tags that could not be read.
pub type ByArn = BTreeMap<String, Value>;

/// The service that an object's tags belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// ElastiCache.
    ElastiCache,
    /// CloudWatch.
    CloudWatch,
    /// CloudWatch Logs.
    Logs,
    /// SNS.
    Sns,
}

/// A map of tags without those that AWS keeps for itself.
pub fn map<K: AsRef<str>, V: AsRef<str>>(tags: impl IntoIterator<Item = (K, V)>) -> Value {
    Value::string_map(tags.into_iter().filter(|(key, _)| !key.as_ref().starts_with("aws:")))
}

/// Reads the tags of every object of a type at once (`elasticache:subnetgroup`), when there are many to read.
/// `None` where they are few, or where the tagging API is closed to us or elsewhere; then [`of_each`] is left.
pub async fn of_type(clients: &Clients, count: usize, resource_type: &str) -> Result<Option<ByArn>, RemoteError> {
    let Some(service) = clients.tagging.as_ref().filter(|_| count > FEW) else { return Ok(None) };
    let read = pages(|token| async move {
        let request = service
            .client
            .get_resources()
            .resource_type_filters(resource_type)
            .resources_per_page(PAGE)
            .set_pagination_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.resource_tag_mapping_list.unwrap_or_default(), page.pagination_token))
    });
    match read.await {
        Ok(mappings) => Ok(Some(mappings.into_iter().filter_map(of_mapping).collect())),
        Err(error) if error.class.is_passing() => Err(error),
        Err(_) => Ok(None),
    }
}

fn of_mapping(mapping: aws_sdk_resourcegroupstagging::types::ResourceTagMapping) -> Option<(String, Value)> {
    let arn = mapping.resource_arn?;
    Some((arn, map(mapping.tags.unwrap_or_default().iter().map(|tag| (tag.key(), tag.value())))))
}

/// Completes a bulk read: objects that the tagging API does not list have no tags. Without a bulk read, asks
/// object by object.
pub async fn of_each(
    clients: &Clients,
    owner: Owner,
    bulk: Option<ByArn>,
    arns: Vec<String>,
) -> Result<ByArn, RemoteError> {
    if let Some(mut bulk) = bulk {
        let none = || map::<&str, &str>([]);
        return Ok(arns.into_iter().map(|arn| (arn.clone(), bulk.remove(&arn).unwrap_or_else(none))).collect());
    }
    let read = at_most(8, arns, |arn| async move {
        match of_one(clients, owner, &arn).await {
            Ok(tags) => Ok(Some((arn, tags))),
            Err(error) if error.class.is_passing() => Err(error),
            // Tags cannot be read of an object that is being changed, and the right to read them may be missing.
            Err(_) => Ok(None),
        }
    });
    Ok(read.await?.into_iter().flatten().collect())
}

/// Reads the tags of one object from its own service.
pub async fn of_one(clients: &Clients, owner: Owner, arn: &str) -> Result<Value, RemoteError> {
    match owner {
        Owner::ElastiCache => {
            let service = &clients.elasticache;
            let request = service.client.list_tags_for_resource().resource_name(arn);
            let answer = service.pace.send(|| request.clone().send()).await?;
            Ok(map(answer.tag_list().iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())))))
        }
        Owner::CloudWatch => {
            let service = &clients.cloudwatch;
            let request = service.client.list_tags_for_resource().resource_arn(arn);
            let answer = service.pace.send(|| request.clone().send()).await?;
            Ok(map(answer.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())))))
        }
        Owner::Logs => {
            let service = &clients.logs;
            let input = serde_json::json!({ "resourceArn": arn });
            let answer = service.pace.send(|| service.client.send("ListTagsForResource", &input)).await?;
            let tags = answer.get("tags").and_then(serde_json::Value::as_object).into_iter().flatten();
            Ok(map(tags.map(|(key, value)| (key, value.as_str().unwrap_or_default()))))
        }
        Owner::Sns => {
            let service = &clients.sns;
            let input = serde_json::json!({ "ResourceArn": arn });
            let answer = service.pace.send(|| service.client.send("ListTagsForResource", &input)).await?;
            let text = |tag: &serde_json::Value, name: &str| Some(tag.get(name)?.as_str()?.to_owned());
            let tags = answer.get("Tags").and_then(serde_json::Value::as_array).into_iter().flatten();
            Ok(map(tags.filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value").unwrap_or_default())))))
        }
    }
}

/// Reads the tags of objects whose own service does not tell them while it is at work on them. The tagging API does,
/// though it is some seconds behind: an object that it does not list yet is left out, and so is any failure.
pub async fn of_busy(clients: &Clients, arns: Vec<String>) -> ByArn {
    let Some(service) = clients.tagging.as_ref().filter(|_| !arns.is_empty()) else { return ByArn::new() };
    let request = service.client.get_resources().set_resource_arn_list(Some(arns));
    let answer = service.pace.send(|| request.clone().send()).await;
    let mappings = answer.ok().and_then(|answer| answer.resource_tag_mapping_list).unwrap_or_default();
    mappings.into_iter().filter_map(of_mapping).collect()
}

/// Reads the tags of the object of that `arn` attribute, of its own service if that is free to answer.
pub async fn of_object(clients: &Clients, owner: Owner, object: &Object) -> Result<Value, RemoteError> {
    let Some(arn) = object.get("arn").and_then(Value::as_str) else {
        return Err(fatal("NoArn", "the object has no `arn`, which its tags are read by"));
    };
    match of_one(clients, owner, arn).await {
        Err(error) if error.class == ErrorClass::Busy => {
            of_busy(clients, vec![arn.to_owned()]).await.remove(arn).ok_or(error)
        }
        answer => answer,
    }
}

/// Adds or removes tags of an object of ElastiCache; any other call is unknown.
pub async fn change_elasticache(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    match call.operation {
        "AddTagsToResource" => {
            send!(service, input, add_tags_to_resource {
                set_resource_name: text "ResourceName",
            } and {
                set_tags: elasticache_tags(&mut input)?,
            });
        }
        "RemoveTagsFromResource" => {
            send!(service, input, remove_tags_from_resource {
                set_resource_name: text "ResourceName",
                set_tag_keys: texts "TagKeys",
            });
        }
        _ => return Err(unknown_operation(call)),
    }
    Ok(Reply::new())
}

/// The member `Tags` as ElastiCache takes it.
pub fn elasticache_tags(input: &mut Input) -> Result<Option<Vec<aws_sdk_elasticache::types::Tag>>, RemoteError> {
    let tag = |(key, value)| aws_sdk_elasticache::types::Tag::builder().key(key).value(value).build();
    Ok(input.pairs("Tags")?.map(|pairs| pairs.into_iter().map(tag).collect()))
}

/// The member `Tags` as CloudWatch takes it.
pub fn cloudwatch_tags(input: &mut Input) -> Result<Option<Vec<aws_sdk_cloudwatch::types::Tag>>, RemoteError> {
    let tag = |(key, value)| aws_sdk_cloudwatch::types::Tag::builder().key(key).value(value).build();
    Ok(input.pairs("Tags")?.map(|pairs| pairs.into_iter().map(tag).collect()))
}
