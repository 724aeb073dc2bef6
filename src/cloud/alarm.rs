//! Metric alarms.

pub(super) mod calls;

use aws_sdk_cloudwatch::types::{AlarmType, Dimension, MetricAlarm, MetricDataQuery, MetricStat};

use super::args::without_secrets;
use super::attrs::{Attrs, fields};
use super::clients::Clients;
use super::paging::{PAGE, at_most, pages};
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Type, Value};

/// Names that one request may ask for.
pub(super) const NAMES: usize = 100;

/// The metric alarms of a region.
#[derive(Debug)]
pub(super) struct Alarms(pub Place);

impl Remote for Alarms {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::CloudWatch, object).await })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            Ok(names(&describe(&clients, &[]).await?, MetricAlarm::alarm_name))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            calls::invoke(&clients, call).await.map_err(|error| without_secrets(error, call))
        })
    }
}

async fn read(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    let (alarms, bulk) = tokio::join!(
        at_most(4, ids.chunks(NAMES), |names| describe(clients, names)),
        tags::of_type(clients, ids.len(), "cloudwatch:alarm"),
    );
    let alarms: Vec<MetricAlarm> = alarms?.into_iter().flatten().collect();
    let arns = alarms.iter().filter_map(|alarm| alarm.alarm_arn.clone()).collect();
    let tags = tags::of_each(clients, Owner::CloudWatch, bulk?, arns).await?;
    // Names of alarms keep their case.
    Ok(alarms.iter().filter_map(|alarm| Some((alarm.alarm_name.clone()?, observe(alarm, &tags)))).collect())
}

/// The alarms of these names; all without any.
async fn describe(clients: &Clients, names: &[String]) -> Result<Vec<MetricAlarm>, RemoteError> {
    let service = &clients.cloudwatch;
    pages(|token| async move {
        let request = service
            .client
            .describe_alarms()
            .set_alarm_names((!names.is_empty()).then(|| names.to_vec()))
            .alarm_types(AlarmType::MetricAlarm)
            .max_records(PAGE)
            .set_next_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.metric_alarms.unwrap_or_default(), page.next_token))
    })
    .await
}

fn observe(alarm: &MetricAlarm, tags: &tags::ByArn) -> Observation {
    let queries = alarm.metrics().iter().map(metric_query).collect();
    let mut attrs = Attrs::default();
    attrs
        .text("id", alarm.alarm_name())
        .text("alarm_name", alarm.alarm_name())
        .text("arn", alarm.alarm_arn())
        .text("alarm_description", alarm.alarm_description())
        .flag("actions_enabled", Some(alarm.actions_enabled().unwrap_or(true)))
        .set("alarm_actions", alarm.alarm_actions())
        .set("ok_actions", alarm.ok_actions())
        .set("insufficient_data_actions", alarm.insufficient_data_actions())
        .text("comparison_operator", alarm.comparison_operator().map(|word| word.as_str()))
        .int("evaluation_periods", alarm.evaluation_periods())
        .int("datapoints_to_alarm", alarm.datapoints_to_alarm())
        .int("evaluation_interval", alarm.evaluation_interval())
        .float("threshold", alarm.threshold())
        .text("threshold_metric_id", alarm.threshold_metric_id())
        .text("treat_missing_data", Some(alarm.treat_missing_data().unwrap_or("missing")))
        .text("evaluate_low_sample_count_percentiles", alarm.evaluate_low_sample_count_percentile())
        .text("metric_name", alarm.metric_name())
        .text("namespace", alarm.namespace())
        .int("period", alarm.period())
        .text("statistic", alarm.statistic().map(|word| word.as_str()))
        .text("extended_statistic", alarm.extended_statistic())
        .text("unit", alarm.unit().map(|word| word.as_str()))
        .put("dimensions", dimensions(alarm.dimensions()))
        .put("metric_query", Value::set(query_type(), queries));
    if let Some(tags) = alarm.alarm_arn().and_then(|arn| tags.get(arn)) {
        attrs.put("tags_all", tags.clone());
    }
    attrs.settled()
}

fn dimensions(dimensions: &[Dimension]) -> Value {
    Value::string_map(dimensions.iter().filter_map(|dimension| Some((dimension.name()?, dimension.value()?))))
}

fn metric_type() -> Type {
    fields(&[
        ("dimensions", Type::map(Type::String)),
        ("metric_name", Type::String),
        ("namespace", Type::String),
        ("period", Type::Number),
        ("stat", Type::String),
        ("unit", Type::String),
    ])
}

fn query_type() -> Type {
    fields(&[
        ("account_id", Type::String),
        ("expression", Type::String),
        ("id", Type::String),
        ("label", Type::String),
        ("metric", Type::list(metric_type())),
        ("period", Type::Number),
        ("return_data", Type::Bool),
    ])
}

fn metric_query(query: &MetricDataQuery) -> Value {
    let metrics = query.metric_stat().map(metric).into_iter().collect();
    let mut attrs = Attrs::default();
    attrs
        .text("account_id", query.account_id())
        .text("expression", query.expression())
        .text("id", query.id())
        .text("label", query.label())
        .put("metric", Value::list(metric_type(), metrics))
        .int("period", query.period())
        .flag("return_data", Some(query.return_data().unwrap_or(true)));
    attrs.into_value()
}

fn metric(stat: &MetricStat) -> Value {
    let metric = stat.metric();
    let mut attrs = Attrs::default();
    attrs
        .put("dimensions", dimensions(metric.map_or(&[], |metric| metric.dimensions())))
        .text("metric_name", metric.and_then(|metric| metric.metric_name()))
        .text("namespace", metric.and_then(|metric| metric.namespace()))
        .int("period", stat.period())
        .text("stat", stat.stat())
        .text("unit", stat.unit().map(|word| word.as_str()));
    attrs.into_value()
}
