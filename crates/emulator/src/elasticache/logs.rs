//! Log delivery: which log goes where.

use super::super::failure::Failure;
use super::super::input::Input;
use super::catalog;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where one kind of log goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDelivery {
    pub log_type: String,
    pub destination_type: String,
    pub destination: String,
    pub format: String,
}

/// `LogDeliveryConfigurations`; pending ones have no status.
pub fn to_json(logs: &[LogDelivery], status: Option<&str>) -> Value {
    logs.iter()
        .map(|log| {
            let details = if log.destination_type == "cloudwatch-logs" {
                json!({ "CloudWatchLogsDetails": { "LogGroup": log.destination } })
            } else {
                json!({ "KinesisFirehoseDetails": { "DeliveryStream": log.destination } })
            };
            let mut entry = json!({
                "LogType": log.log_type, "DestinationType": log.destination_type, "DestinationDetails": details,
                "LogFormat": log.format,
            });
            if let Some(status) = status {
                entry["Status"] = status.into();
            }
            entry
        })
        .collect()
}

/// A change of log delivery cannot wait for the maintenance window.
pub fn only_at_once(input: Input, new: &[LogDelivery], old: &[LogDelivery]) -> Result<(), Failure> {
    if new != old && input.flag("ApplyImmediately") != Some(true) {
        return Err(Failure::combination(
            "To modify the log delivery configuration, set the apply-immediately parameter to true",
        ));
    }
    Ok(())
}

/// Reads `LogDeliveryConfigurations` onto the current ones: an entry that is disabled takes its log type away.
pub fn read(input: Input, engine: &str, version: &str, current: &[LogDelivery]) -> Result<Vec<LogDelivery>, Failure> {
    let mut logs = current.to_vec();
    let mut seen = Vec::new();
    for entry in input.structures("LogDeliveryConfigurations") {
        let log_type = entry.needed("LogType")?;
        let least = match log_type {
            "slow-log" => "6.0",
            "engine-log" => "6.2",
            "command-log" => "8.1",
            other => {
                return Err(Failure::value(format!(
                    "Invalid log type: {other}. Valid values are slow-log, engine-log and command-log."
                )));
            }
        };
        if seen.contains(&log_type) {
            return Err(Failure::combination(format!(
                "Only one log delivery configuration is allowed for the log type {log_type}."
            )));
        }
        seen.push(log_type);
        logs.retain(|log| log.log_type != log_type);
        if entry.flag("Enabled") == Some(false) {
            continue;
        }
        let lacks = !catalog::at_least(version, least) || (log_type == "command-log" && engine != "valkey");
        if engine == "memcached" || lacks {
            return Err(Failure::combination(format!(
                "Log type {log_type} is not supported for engine {engine} version {version}."
            )));
        }
        let destination_type = entry.needed("DestinationType")?;
        let details = entry.structure("DestinationDetails");
        let destination = match destination_type {
            "cloudwatch-logs" => details.structure("CloudWatchLogsDetails").filled("LogGroup"),
            "kinesis-firehose" => details.structure("KinesisFirehoseDetails").filled("DeliveryStream"),
            other => return Err(Failure::value(format!("Invalid log destination type: {other}."))),
        };
        let destination = destination.ok_or_else(|| {
            Failure::combination(format!("Destination details do not match the destination type {destination_type}."))
        })?;
        let named = |letter: char| letter.is_ascii_alphanumeric() || ".-_/#".contains(letter);
        if destination_type == "cloudwatch-logs" && !destination.chars().all(named) {
            return Err(Failure::value(format!("Invalid log group name: {destination}.")));
        }
        let format = entry.needed("LogFormat")?;
        if !["text", "json"].contains(&format) {
            return Err(Failure::value(format!("Invalid log format: {format}. Valid values are text and json.")));
        }
        logs.push(LogDelivery {
            log_type: log_type.into(),
            destination_type: destination_type.into(),
            destination: destination.into(),
            format: format.into(),
        });
    }
    Ok(logs)
}
