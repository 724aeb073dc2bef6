//! Replication groups, each joined with its member clusters: security groups, parameter group, version and window
//! are told by the members only.

mod calls;
pub(super) mod observe;
mod pending;

use std::collections::BTreeMap;

use aws_sdk_elasticache::types::{CacheCluster, ReplicationGroup};

use super::args::without_secrets;
use super::clients::Clients;
use super::errors::own_not_found;
use super::paging::{PAGE, at_most, pages};
use super::reading::{Depth, few_or_all, or_none, read_tags};
use super::tags::{self, Owner};
use super::{FEW, Found, Place, by_asked_name, names};
use crate::kind::{Call, Future_, Remote, RemoteError, Reply};
use crate::value::{Object, Value};

/// Up to this many members are asked for by name; for more, the list of all clusters is read.
const FEW_MEMBERS: usize = 12;

/// The replication groups of a region.
#[derive(Debug)]
pub(super) struct ReplicationGroups(pub Place);

impl Remote for ReplicationGroups {
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
            Ok(names(&describe_groups(&clients, None).await?, ReplicationGroup::replication_group_id))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let result = calls::invoke(&clients, call).await.map_err(|error| without_secrets(error, call));
            result.map_err(|error| own_not_found(error, &["ReplicationGroupNotFoundFault"]))
        })
    }
}

type Clusters = BTreeMap<String, CacheCluster>;

async fn read(clients: &Clients, ids: &[String], depth: Depth) -> Result<Found, RemoteError> {
    if depth == Depth::Whole {
        return whole(clients, ids).await;
    }
    // While the group itself is not available, its members have nothing to say.
    let groups = few_or_all(ids, |id| async move { describe_groups(clients, id.as_deref()).await }).await?;
    let alone = |group: &ReplicationGroup| (id_of(group), observe::observe(group, &Clusters::new()));
    let busy = |group: &&ReplicationGroup| group.status().is_some_and(|status| status != "available");
    let mut found: Found =
        groups.iter().filter(busy).map(alone).filter(|(_, it)| it.status.under_way().is_some()).collect();
    let is_known = |id: &&String| found.contains_key(&id.to_lowercase());
    let at_rest = |id: &&String| groups.iter().any(|group| id_of(group) == id.to_lowercase());
    let rest: Vec<String> = ids.iter().filter(|id| !is_known(id) && at_rest(id)).cloned().collect();
    if !rest.is_empty() {
        let read = whole(clients, &rest).await?;
        found.extend(read.into_iter().map(|(id, one)| (id.to_lowercase(), one)));
    }
    Ok(by_asked_name(ids, found))
}

fn id_of(group: &ReplicationGroup) -> String {
    group.replication_group_id().unwrap_or_default().to_lowercase()
}

async fn whole(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    let (groups, clusters, bulk) = if ids.len() > FEW {
        let (groups, clusters, bulk) = tokio::join!(
            describe_groups(clients, None),
            describe_clusters(clients, None),
            tags::of_type(clients, ids.len(), "elasticache:replicationgroup"),
        );
        (groups?, clusters?, bulk?)
    } else {
        let groups = few_or_all(ids, |id| async move { describe_groups(clients, id.as_deref()).await }).await?;
        let clusters = clusters_of(clients, &groups).await?;
        (groups, clusters, None)
    };
    let clusters: Clusters = clusters.into_iter().filter_map(|it| Some((it.cache_cluster_id.clone()?, it))).collect();
    let wanted: Vec<String> = ids.iter().map(|id| id.to_lowercase()).collect();
    let groups: Vec<ReplicationGroup> = groups.into_iter().filter(|group| wanted.contains(&id_of(group))).collect();
    let (free, busy): (Vec<_>, Vec<_>) = groups.iter().partition(|group| group.status() == Some("available"));
    let arns = |groups: Vec<&ReplicationGroup>| groups.into_iter().filter_map(|group| group.arn.clone()).collect();
    let tags = read_tags(clients, bulk, arns(free), arns(busy)).await?;
    let observe = |group: &ReplicationGroup| {
        let mut observation = observe::observe(group, &clusters);
        if let Some(tags) = group.arn().and_then(|arn| tags.get(arn)) {
            observation.object.insert("tags_all".into(), tags.clone());
        }
        (id_of(group), observation)
    };
    Ok(by_asked_name(ids, groups.iter().map(observe).collect()))
}

/// The members of a few groups. A member that is listed and not there yet, or any more, is left out.
async fn clusters_of(clients: &Clients, groups: &[ReplicationGroup]) -> Result<Vec<CacheCluster>, RemoteError> {
    let members: Vec<&String> = groups.iter().flat_map(ReplicationGroup::member_clusters).collect();
    if members.len() > FEW_MEMBERS {
        return describe_clusters(clients, None).await;
    }
    let found = at_most(FEW_MEMBERS, members, |id| async move { or_none(describe_clusters(clients, Some(id)).await) });
    Ok(found.await?.into_iter().flatten().collect())
}

async fn describe_groups(clients: &Clients, id: Option<&str>) -> Result<Vec<ReplicationGroup>, RemoteError> {
    let service = &clients.elasticache;
    pages(|marker| async move {
        let request = service
            .client
            .describe_replication_groups()
            .set_replication_group_id(id.map(str::to_owned))
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.replication_groups.unwrap_or_default(), page.marker))
    })
    .await
}

/// Every cluster of a region, or the one of that id; members of groups as well.
pub(super) async fn describe_clusters(clients: &Clients, id: Option<&str>) -> Result<Vec<CacheCluster>, RemoteError> {
    let service = &clients.elasticache;
    pages(|marker| async move {
        let request = service
            .client
            .describe_cache_clusters()
            .set_cache_cluster_id(id.map(str::to_owned))
            .show_cache_node_info(true)
            .show_cache_clusters_not_in_replication_groups(false)
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.cache_clusters.unwrap_or_default(), page.marker))
    })
    .await
}
