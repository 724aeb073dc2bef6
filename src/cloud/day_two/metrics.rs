//! Metrics of CloudWatch, in as few calls as it takes.

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy};

use crate::catalog::metrics::namespace;
use crate::cloud::clients::Clients;
use crate::cloud::paging::pages;
use crate::kind::{Curve, Query, RemoteError, Span};

/// The most queries and points of one call. Source: API reference, GetMetricData.
const QUERIES: usize = 500;
const POINTS: i64 = 100_800;

/// The curves of queries, in their order.
pub async fn measure(clients: &Clients, queries: &[Query], span: Span) -> Result<Vec<Curve>, RemoteError> {
    let each = (span.end - span.start) / span.period + 1;
    let at_once = usize::try_from(POINTS / each.max(1)).unwrap_or(QUERIES).clamp(1, QUERIES);
    let mut curves = Vec::new();
    for some in queries.chunks(at_once) {
        curves.extend(ask(clients, some, span).await?);
    }
    Ok(curves)
}

async fn ask(clients: &Clients, queries: &[Query], span: Span) -> Result<Vec<Curve>, RemoteError> {
    let service = &clients.cloudwatch;
    let asked: Vec<MetricDataQuery> = queries.iter().enumerate().map(|(at, query)| one(at, query, span)).collect();
    let asked = &asked;
    let found: Vec<MetricDataResult> = pages(|token| async move {
        let request = service
            .client
            .get_metric_data()
            .set_metric_data_queries(Some(asked.clone()))
            .start_time(DateTime::from_secs(span.start))
            .end_time(DateTime::from_secs(span.end))
            .scan_by(ScanBy::TimestampAscending)
            .set_next_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.metric_data_results.unwrap_or_default(), page.next_token))
    })
    .await?;
    let mut curves = vec![Curve::new(); queries.len()];
    for result in &found {
        let at = result.id().and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
        let Some(curve) = at.and_then(|at| curves.get_mut(at)) else { continue };
        curve.extend(result.timestamps().iter().map(DateTime::secs).zip(result.values().iter().copied()));
    }
    Ok(curves)
}

fn one(at: usize, query: &Query, span: Span) -> MetricDataQuery {
    let dimensions = query.dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(value).build());
    let metric = Metric::builder().namespace(namespace()).metric_name(query.metric);
    let metric = metric.set_dimensions(Some(dimensions.collect())).build();
    let period = i32::try_from(span.period).unwrap_or(i32::MAX);
    let stat = MetricStat::builder().metric(metric).period(period).stat(query.stat).build();
    MetricDataQuery::builder().id(format!("q{at}")).metric_stat(stat).build()
}
