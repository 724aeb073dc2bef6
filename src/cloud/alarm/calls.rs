//! The calls that make, change and delete metric alarms.

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};

use crate::cloud::args::{Input, unknown_operation};
use crate::cloud::clients::Clients;
use crate::cloud::tags;
use crate::kind::{Call, RemoteError, Reply};

/// Issues a call.
pub async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.cloudwatch;
    let mut input = Input::of(call);
    match call.operation {
        "PutMetricAlarm" => put(clients, &mut input).await?,
        "DeleteAlarms" => {
            let request = service.client.delete_alarms().set_alarm_names(input.texts("AlarmNames")?);
            input.finish()?;
            service.pace.call(|| request.clone().send()).await?;
        }
        "TagResource" => {
            let request = service
                .client
                .tag_resource()
                .set_resource_arn(input.text("ResourceARN")?)
                .set_tags(tags::cloudwatch_tags(&mut input)?);
            input.finish()?;
            service.pace.call(|| request.clone().send()).await?;
        }
        "UntagResource" => {
            let request = service
                .client
                .untag_resource()
                .set_resource_arn(input.text("ResourceARN")?)
                .set_tag_keys(input.texts("TagKeys")?);
            input.finish()?;
            service.pace.call(|| request.clone().send()).await?;
        }
        _ => return Err(unknown_operation(call)),
    }
    Ok(Reply::new())
}

async fn put(clients: &Clients, input: &mut Input<'_>) -> Result<(), RemoteError> {
    let service = &clients.cloudwatch;
    let request = service
        .client
        .put_metric_alarm()
        .set_alarm_name(input.text("AlarmName")?)
        .set_alarm_description(input.text("AlarmDescription")?)
        .set_actions_enabled(input.flag("ActionsEnabled")?)
        .set_ok_actions(input.texts("OKActions")?)
        .set_alarm_actions(input.texts("AlarmActions")?)
        .set_insufficient_data_actions(input.texts("InsufficientDataActions")?)
        .set_metric_name(input.text("MetricName")?)
        .set_namespace(input.text("Namespace")?)
        .set_statistic(input.word("Statistic")?)
        .set_extended_statistic(input.text("ExtendedStatistic")?)
        .set_dimensions(dimensions(input)?)
        .set_period(input.int("Period")?)
        .set_unit(input.word("Unit")?)
        .set_evaluation_periods(input.int("EvaluationPeriods")?)
        .set_datapoints_to_alarm(input.int("DatapointsToAlarm")?)
        .set_threshold(input.float("Threshold")?)
        .set_comparison_operator(input.word("ComparisonOperator")?)
        .set_treat_missing_data(input.text("TreatMissingData")?)
        .set_evaluate_low_sample_count_percentile(input.text("EvaluateLowSampleCountPercentile")?)
        .set_metrics(input.each("Metrics", query)?)
        .set_tags(tags::cloudwatch_tags(input)?)
        .set_threshold_metric_id(input.text("ThresholdMetricId")?)
        .set_evaluation_interval(input.int("EvaluationInterval")?);
    input.finish()?;
    service.pace.call(|| request.clone().send()).await?;
    Ok(())
}

/// Dimensions are structures of `Name` and `Value`.
fn dimensions(input: &mut Input) -> Result<Option<Vec<Dimension>>, RemoteError> {
    input.each("Dimensions", |member| {
        Ok(Dimension::builder().set_name(member.text("Name")?).set_value(member.text("Value")?).build())
    })
}

fn query(member: &mut Input) -> Result<MetricDataQuery, RemoteError> {
    Ok(MetricDataQuery::builder()
        .set_id(member.text("Id")?)
        .set_metric_stat(member.structure("MetricStat", stat)?)
        .set_expression(member.text("Expression")?)
        .set_label(member.text("Label")?)
        .set_return_data(member.flag("ReturnData")?)
        .set_period(member.int("Period")?)
        .set_account_id(member.text("AccountId")?)
        .build())
}

fn stat(member: &mut Input) -> Result<MetricStat, RemoteError> {
    Ok(MetricStat::builder()
        .set_metric(member.structure("Metric", |metric| {
            Ok(Metric::builder()
                .set_namespace(metric.text("Namespace")?)
                .set_metric_name(metric.text("MetricName")?)
                .set_dimensions(dimensions(metric)?)
                .build())
        })?)
        .set_period(member.int("Period")?)
        .set_stat(member.text("Stat")?)
        .set_unit(member.word("Unit")?)
        .build())
}
