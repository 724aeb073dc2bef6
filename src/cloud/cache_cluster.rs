//! Cache clusters: of their own, and read replicas of a group.

mod calls;
pub(super) mod observe;

use aws_sdk_elasticache::types::CacheCluster;
pub(super) use calls::reboot;

use super::args::without_secrets;
use super::clients::Clients;
use super::errors::own_not_found;
use super::reading::{self, Depth};
use super::replication_group::describe_clusters;
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::kind::{Call, Future_, Remote, RemoteError, Reply};
use crate::value::{Object, Value};

/// The clusters of a region.
#[derive(Debug)]
pub(super) struct CacheClusters(pub Place);

impl Remote for CacheClusters {
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
            Ok(names(&describe_clusters(&clients, None).await?, own_id))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let result = calls::invoke(&clients, call).await.map_err(|error| without_secrets(error, call));
            result.map_err(|error| advised(own_not_found(error, &["CacheClusterNotFound"])))
        })
    }
}

/// A replica that has become the primary stays as long as its group has no other one.
fn advised(mut error: RemoteError) -> RemoteError {
    if error.message.contains("serving as primary") {
        let way = "make another member the primary first (aws elasticache test-failover), and apply again; \
                   or let it go together with its group";
        error.message = format!("{}; {way}", error.message.trim_end_matches('.'));
    }
    error
}

/// A member belongs to its group; AWS does not tell which of them somebody has made by themselves.
fn own_id(cluster: &CacheCluster) -> Option<&str> {
    cluster.cache_cluster_id().filter(|_| cluster.replication_group_id().is_none())
}

async fn read(clients: &Clients, ids: &[String], depth: Depth) -> Result<Found, RemoteError> {
    let describe = |id: Option<String>| async move { describe_clusters(clients, id.as_deref()).await };
    reading::read(clients, ids, depth, "elasticache:cluster", describe, observe::observe).await
}
