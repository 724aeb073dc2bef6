//! The calls that make, change and delete metric alarms.

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};

use crate::cloud::args::send;
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
            send!(service, input, delete_alarms {
                set_alarm_names: texts "AlarmNames",
            });
        }
        "TagResource" => {
            send!(service, input, tag_resource {
                set_resource_arn: text "ResourceARN",
            } and {
                set_tags: tags::cloudwatch_tags(&mut input)?,
            });
        }
        "UntagResource" => {
            send!(service, input, untag_resource {
                set_resource_arn: text "ResourceARN",
                set_tag_keys: texts "TagKeys",
            });
        }
        _ => return Err(unknown_operation(call)),
    }
    Ok(Reply::new())
}

async fn put(clients: &Clients, input: &mut Input<'_>) -> Result<(), RemoteError> {
    let service = &clients.cloudwatch;
    send!(service, input, put_metric_alarm {
        set_alarm_name: text "AlarmName",
        set_alarm_description: text "AlarmDescription",
        set_actions_enabled: flag "ActionsEnabled",
        set_ok_actions: texts "OKActions",
        set_alarm_actions: texts "AlarmActions",
        set_insufficient_data_actions: texts "InsufficientDataActions",
        set_metric_name: text "MetricName",
        set_namespace: text "Namespace",
        set_statistic: word "Statistic",
        set_extended_statistic: text "ExtendedStatistic",
        set_period: int "Period",
        set_unit: word "Unit",
        set_evaluation_periods: int "EvaluationPeriods",
        set_datapoints_to_alarm: int "DatapointsToAlarm",
        set_threshold: float "Threshold",
        set_comparison_operator: word "ComparisonOperator",
        set_treat_missing_data: text "TreatMissingData",
        set_evaluate_low_sample_count_percentile: text "EvaluateLowSampleCountPercentile",
        set_threshold_metric_id: text "ThresholdMetricId",
        set_evaluation_interval: int "EvaluationInterval",
    } and {
        set_dimensions: dimensions(input)?,
        set_metrics: input.each("Metrics", query)?,
        set_tags: tags::cloudwatch_tags(input)?,
    });
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
