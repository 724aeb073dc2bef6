//! Cache clusters: of their own, and read replicas of a group.

mod calls;
mod observe;

use aws_sdk_elasticache::types::CacheCluster;

use super::args::without_secrets;
use super::clients::Clients;
use super::errors::own_not_found;
use super::paging::at_most;
use super::replication_group::{describe_clusters, or_none, read_tags};
use super::tags::{self, Owner};
use super::{FEW, Found, Place, by_asked_name};
use crate::kind::{Call, Future_, Remote, RemoteError, Reply};
use crate::value::{Object, Value};

/// The clusters of a region.
#[derive(Debug)]
pub(super) struct CacheClusters(pub Place);

impl Remote for CacheClusters {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::ElastiCache, object).await })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let result = calls::invoke(&clients, call).await.map_err(|error| without_secrets(error, call));
            result.map_err(|error| own_not_found(error, &["CacheClusterNotFound"]))
        })
    }
}

async fn read(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    let (clusters, bulk) = if ids.len() > FEW {
        let (clusters, bulk) =
            tokio::join!(describe_clusters(clients, None), tags::of_type(clients, ids.len(), "elasticache:cluster"),);
        (clusters?, bulk?)
    } else {
        let found = at_most(FEW, ids, |id| async move { or_none(describe_clusters(clients, Some(id)).await) });
        (found.await?.into_iter().flatten().collect(), None)
    };
    let wanted: Vec<String> = ids.iter().map(|id| id.to_lowercase()).collect();
    let name = |cluster: &CacheCluster| cluster.cache_cluster_id().unwrap_or_default().to_lowercase();
    let clusters: Vec<CacheCluster> = clusters.into_iter().filter(|cluster| wanted.contains(&name(cluster))).collect();
    let (free, busy): (Vec<_>, Vec<_>) =
        clusters.iter().partition(|cluster| cluster.cache_cluster_status() == Some("available"));
    let arns = |clusters: Vec<&CacheCluster>| clusters.into_iter().filter_map(|cluster| cluster.arn.clone()).collect();
    let tags = read_tags(clients, bulk, arns(free), arns(busy)).await?;
    let observe = |cluster: &CacheCluster| {
        let mut observation = observe::observe(cluster);
        if let Some(tags) = cluster.arn().and_then(|arn| tags.get(arn)) {
            observation.object.insert("tags_all".into(), tags.clone());
        }
        (name(cluster), observation)
    };
    Ok(by_asked_name(ids, clusters.iter().map(observe).collect()))
}
