//! Security groups with their rules.

pub(super) mod calls;
mod rules;

use aws_sdk_ec2::types::{Filter, SecurityGroup};

use super::args::without_secrets;
use super::attrs::Attrs;
use super::clients::Clients;
use super::errors::fatal;
use super::paging::{at_most, pages};
use super::tags;
use super::{Found, Place, names};
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Value};

/// Values that one filter may have.
const IDS: usize = 200;
/// The most groups that EC2 gives at once.
const GROUPS: i32 = 1000;

/// The security groups of a region.
#[derive(Debug)]
pub(super) struct SecurityGroups(pub Place);

impl Remote for SecurityGroups {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, &self.0.region, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async {
            let Some(id) = object.get("id").and_then(Value::as_str) else {
                return Err(fatal("NoId", "the security group has no `id`, which its tags are read by"));
            };
            let ids = [id.to_owned()];
            let mut found = read(&*self.0.clients().await?, &self.0.region, &ids).await?;
            let tags = found.remove(id).and_then(|group| group.object.get("tags_all").cloned());
            tags.ok_or_else(|| RemoteError {
                class: crate::kind::ErrorClass::NotFound,
                code: "InvalidGroup.NotFound".into(),
                message: format!("The security group '{id}' does not exist"),
                request_id: None,
            })
        })
    }

    fn find<'a>(&'a self, mark: &'a str) -> Future_<'a, Result<Option<String>, RemoteError>> {
        Box::pin(async move {
            let filter = Filter::builder().name("tag:cachestack:id").values(mark).build();
            let found = describe(&*self.0.clients().await?, vec![filter]).await?;
            Ok(found.into_iter().find_map(|group| group.group_id))
        })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let groups = describe(&*self.0.clients().await?, Vec::new()).await?;
            Ok(names(&groups, own_id))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            calls::invoke(&clients, &*self.0.account.clock(), call).await.map_err(|error| without_secrets(error, call))
        })
    }
}

/// A filter finds what is there and does not complain about the rest, unlike a list of ids.
async fn read(clients: &Clients, region: &str, ids: &[String]) -> Result<Found, RemoteError> {
    let found = at_most(4, ids.chunks(IDS), |ids| async move {
        let filter = Filter::builder().name("group-id").set_values(Some(ids.to_vec())).build();
        describe(clients, vec![filter]).await
    });
    let groups = found.await?.into_iter().flatten();
    Ok(groups.filter_map(|group| Some((group.group_id.clone()?, observe(&group, region)))).collect())
}

/// Security groups by filters; all without any.
pub async fn describe(clients: &Clients, filters: Vec<Filter>) -> Result<Vec<SecurityGroup>, RemoteError> {
    let (service, filters) = (&clients.ec2, &filters);
    pages(|token| async move {
        let request = service
            .client
            .describe_security_groups()
            .set_filters((!filters.is_empty()).then(|| filters.clone()))
            .max_results(GROUPS)
            .set_next_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.security_groups.unwrap_or_default(), page.next_token))
    })
    .await
}

/// Every VPC has a group `default`, which can neither be made nor deleted.
pub(super) fn own_id(group: &SecurityGroup) -> Option<&str> {
    group.group_id().filter(|_| group.group_name() != Some("default"))
}

fn observe(group: &SecurityGroup, region: &str) -> Observation {
    let owner = group.owner_id().unwrap_or_default();
    let id = group.group_id().unwrap_or_default();
    let mut attrs = Attrs::default();
    attrs
        .text("id", group.group_id())
        .text("arn", Some(&arn(group, region)))
        .text("name", group.group_name())
        .text("description", group.description())
        .text("vpc_id", group.vpc_id())
        .text("owner_id", group.owner_id())
        .put("ingress", rules::blocks(group.ip_permissions(), id, owner))
        .put("egress", rules::blocks(group.ip_permissions_egress(), id, owner))
        .put("tags_all", tag_map(group.tags()));
    attrs.settled()
}

/// Answers of some regions leave the ARN out.
pub fn arn(group: &SecurityGroup, region: &str) -> String {
    let target = crate::kind::Target { account: group.owner_id().map(Into::into), region: region.into() };
    let id = group.group_id().unwrap_or_default();
    let made = || target.arn("ec2", &format!("security-group/{id}")).unwrap_or_default();
    group.security_group_arn().map_or_else(made, str::to_owned)
}

/// Tags of anything in EC2.
pub fn tag_map(tags: &[aws_sdk_ec2::types::Tag]) -> Value {
    tags::map(tags.iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default()))))
}
