//! What is asked of the service beside single objects.

mod metrics;
mod products;
mod updates;

use super::snapshot::{Search, describe, describe_serverless, observe, observe_serverless};
use super::{Aws, Place};
use crate::kind::{Curve, DayTwo, Future_, Observation, Query, RemoteError, Span, UpdateAction, UpdateVerb};
use crate::value::Value;

impl Aws {
    fn place(&self, region: &str) -> Place {
        Place { account: self.account.clone(), region: region.to_owned() }
    }
}

impl DayTwo for Aws {
    fn snapshots<'a>(&'a self, region: &'a str) -> Future_<'a, Result<Vec<Observation>, RemoteError>> {
        Box::pin(async move { snapshots(&self.place(region)).await })
    }

    fn measure<'a>(
        &'a self,
        region: &'a str,
        queries: &'a [Query],
        span: Span,
    ) -> Future_<'a, Result<Vec<Curve>, RemoteError>> {
        Box::pin(async move { metrics::measure(&*self.place(region).clients().await?, queries, span).await })
    }

    fn products<'a>(&'a self, region: &'a str) -> Future_<'a, Result<Vec<String>, RemoteError>> {
        Box::pin(async move { products::all(&*self.place(products::REGION).clients().await?, region).await })
    }

    fn updates<'a>(&'a self, region: &'a str) -> Future_<'a, Result<Vec<UpdateAction>, RemoteError>> {
        Box::pin(async move { updates::all(&*self.place(region).clients().await?).await })
    }

    fn update<'a>(
        &'a self,
        region: &'a str,
        verb: UpdateVerb,
        action: &'a UpdateAction,
    ) -> Future_<'a, Result<(), RemoteError>> {
        Box::pin(async move { updates::change(&*self.place(region).clients().await?, verb, action).await })
    }
}

async fn snapshots(place: &Place) -> Result<Vec<Observation>, RemoteError> {
    let clients = &*place.clients().await?;
    let all = Search::default();
    let (nodes, serverless) = tokio::join!(describe(clients, &all), describe_serverless(clients, &all));
    let mut found: Vec<Observation> = nodes?.iter().map(observe).collect();
    found.extend(serverless?.iter().map(observe_serverless));
    for one in &mut found {
        one.object.insert("region".into(), Value::string(&place.region));
    }
    Ok(found)
}
