//! Log deliveries, as replication groups and clusters have them.

use aws_sdk_elasticache::types::{
    CloudWatchLogsDestinationDetails, DestinationDetails, KinesisFirehoseDestinationDetails, LogDeliveryConfiguration,
    LogDeliveryConfigurationRequest, LogDeliveryConfigurationStatus,
};

use super::args::Input;
use super::attrs::{Attrs, fields, text_or_null};
use crate::kind::RemoteError;
use crate::value::{Type, Value};

/// A log delivery as it is asked for.
pub fn request(member: &mut Input) -> Result<LogDeliveryConfigurationRequest, RemoteError> {
    Ok(LogDeliveryConfigurationRequest::builder()
        .set_log_type(member.word("LogType")?)
        .set_destination_type(member.word("DestinationType")?)
        .set_destination_details(member.structure("DestinationDetails", destination)?)
        .set_log_format(member.word("LogFormat")?)
        .set_enabled(member.flag("Enabled")?)
        .build())
}

fn destination(member: &mut Input) -> Result<DestinationDetails, RemoteError> {
    let logs = member.structure("CloudWatchLogsDetails", |details| {
        Ok(CloudWatchLogsDestinationDetails::builder().set_log_group(details.text("LogGroup")?).build())
    })?;
    let firehose = member.structure("KinesisFirehoseDetails", |details| {
        Ok(KinesisFirehoseDestinationDetails::builder().set_delivery_stream(details.text("DeliveryStream")?).build())
    })?;
    Ok(DestinationDetails::builder().set_cloud_watch_logs_details(logs).set_kinesis_firehose_details(firehose).build())
}

/// The type of a log delivery.
pub fn log_type() -> Type {
    let names = ["destination", "destination_type", "log_format", "log_type"];
    fields(&names.map(|name| (name, Type::String)))
}

/// The log deliveries that stay.
pub fn read(logs: &[LogDeliveryConfiguration]) -> Value {
    let leaving = |status: &LogDeliveryConfigurationStatus| status.as_str() == "disabling";
    let kept = logs.iter().filter(|log| !log.status().is_some_and(leaving));
    let read = kept.map(|log| {
        log_delivery(
            log.log_type().map(|word| word.as_str()),
            log.destination_type().map(|word| word.as_str()),
            log.destination_details(),
            log.log_format().map(|word| word.as_str()),
        )
    });
    Value::set(log_type(), read.collect())
}

/// One log delivery.
pub fn log_delivery(
    log: Option<&str>,
    destination_type: Option<&str>,
    details: Option<&DestinationDetails>,
    format: Option<&str>,
) -> Value {
    let group = details.and_then(|it| it.cloud_watch_logs_details()).and_then(|it| it.log_group());
    let stream = details.and_then(|it| it.kinesis_firehose_details()).and_then(|it| it.delivery_stream());
    let mut attrs = Attrs::default();
    attrs
        .put("destination", text_or_null(group.or(stream)))
        .text("destination_type", destination_type)
        .text("log_format", format)
        .text("log_type", log);
    attrs.into_value()
}
