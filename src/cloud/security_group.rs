//! Security groups with their rules.

pub(super) mod calls;
mod rules;

use serde_json::{Value as Json, json};

use super::args::without_secrets;
use super::attrs::Attrs;
use super::clients::Clients;
use super::ec2::{filter, items, list, tag_map, text};
use super::errors::fatal;
use super::paging::at_most;
use super::{Found, Place, names};
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Value};

/// Values that one filter may have.
const IDS: usize = 200;
/// The most groups that EC2 gives at once.
const GROUPS: u32 = 1000;

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
            let marked = vec![filter("tag:cachestack:id", &[mark])];
            let found = describe(&*self.0.clients().await?, marked).await?;
            Ok(found.iter().find_map(|group| text(group, "groupId")).map(str::to_owned))
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
    let found = at_most(4, ids.chunks(IDS), |ids| describe(clients, vec![filter("group-id", ids)]));
    let groups = found.await?.into_iter().flatten();
    Ok(groups.filter_map(|group| Some((text(&group, "groupId")?.to_owned(), observe(&group, region)))).collect())
}

/// Security groups by filters; all without any.
pub async fn describe(clients: &Clients, filters: Vec<Json>) -> Result<Vec<Json>, RemoteError> {
    let input = json!({ "Filter": filters, "MaxResults": GROUPS });
    list(clients, "DescribeSecurityGroups", input, "securityGroupInfo").await
}

/// Every VPC has a group `default`, which can neither be made nor deleted.
pub(super) fn own_id(group: &Json) -> Option<&str> {
    text(group, "groupId").filter(|_| text(group, "groupName") != Some("default"))
}

fn observe(group: &Json, region: &str) -> Observation {
    let owner = text(group, "ownerId");
    let id = text(group, "groupId");
    let blocks = |member: &str| rules::blocks(items(group, member), id.unwrap_or_default(), owner.unwrap_or_default());
    let mut attrs = Attrs::default();
    attrs
        .text("id", id)
        .text("arn", Some(&arn(group, region)))
        .text("name", text(group, "groupName"))
        .text("description", text(group, "groupDescription"))
        .text("vpc_id", text(group, "vpcId"))
        .text("owner_id", owner)
        .put("ingress", blocks("ipPermissions"))
        .put("egress", blocks("ipPermissionsEgress"))
        .put("tags_all", tag_map(group));
    attrs.settled()
}

/// Answers of some regions leave the ARN out.
pub fn arn(group: &Json, region: &str) -> String {
    let target = crate::kind::Target { account: text(group, "ownerId").map(Into::into), region: region.into() };
    let id = text(group, "groupId").unwrap_or_default();
    let made = || target.arn("ec2", &format!("security-group/{id}")).unwrap_or_default();
    text(group, "securityGroupArn").map_or_else(made, str::to_owned)
}
