//! Composite alarms.

use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm};

use super::alarm::{NAMES, calls as of_alarms};
use super::args::{Input, without_secrets};
use super::attrs::{Attrs, fields};
use super::clients::Clients;
use super::paging::{PAGE, at_most, pages};
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::cloud::args::send;
use crate::kind::{Call, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Type, Value};

/// The composite alarms of a region.
#[derive(Debug)]
pub(super) struct CompositeAlarms(pub Place);

impl Remote for CompositeAlarms {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::CloudWatch, object).await })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            Ok(names(&describe(&clients, &[]).await?, CompositeAlarm::alarm_name))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            let done = match call.operation {
                "PutCompositeAlarm" => put(&clients, call).await,
                "PutMetricAlarm" => Err(super::args::unknown_operation(call)),
                _ => of_alarms::invoke(&clients, call).await,
            };
            done.map_err(|error| without_secrets(error, call))
        })
    }
}

async fn read(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    let (alarms, bulk) = tokio::join!(
        at_most(4, ids.chunks(NAMES), |names| describe(clients, names)),
        tags::of_type(clients, ids.len(), "cloudwatch:alarm"),
    );
    let alarms: Vec<CompositeAlarm> = alarms?.into_iter().flatten().collect();
    let arns = alarms.iter().filter_map(|alarm| alarm.alarm_arn.clone()).collect();
    let tags = tags::of_each(clients, Owner::CloudWatch, bulk?, arns).await?;
    Ok(alarms.iter().filter_map(|alarm| Some((alarm.alarm_name.clone()?, observe(alarm, &tags)))).collect())
}

/// The alarms of these names; all without any.
async fn describe(clients: &Clients, names: &[String]) -> Result<Vec<CompositeAlarm>, RemoteError> {
    let service = &clients.cloudwatch;
    pages(|token| async move {
        let request = service
            .client
            .describe_alarms()
            .set_alarm_names((!names.is_empty()).then(|| names.to_vec()))
            .alarm_types(AlarmType::CompositeAlarm)
            .max_records(PAGE)
            .set_next_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.composite_alarms.unwrap_or_default(), page.next_token))
    })
    .await
}

fn observe(alarm: &CompositeAlarm, tags: &tags::ByArn) -> Observation {
    let mut attrs = Attrs::default();
    attrs
        .text("id", alarm.alarm_name())
        .text("alarm_name", alarm.alarm_name())
        .text("arn", alarm.alarm_arn())
        .text("alarm_rule", alarm.alarm_rule())
        .text("alarm_description", alarm.alarm_description())
        .flag("actions_enabled", Some(alarm.actions_enabled().unwrap_or(true)))
        .set("alarm_actions", alarm.alarm_actions())
        .set("ok_actions", alarm.ok_actions())
        .set("insufficient_data_actions", alarm.insufficient_data_actions())
        .put("actions_suppressor", suppressor(alarm));
    if let Some(tags) = alarm.alarm_arn().and_then(|arn| tags.get(arn)) {
        attrs.put("tags_all", tags.clone());
    }
    attrs.settled()
}

fn suppressor(alarm: &CompositeAlarm) -> Value {
    let ty = fields(&[("alarm", Type::String), ("extension_period", Type::Number), ("wait_period", Type::Number)]);
    let block = alarm.actions_suppressor().filter(|name| !name.is_empty()).map(|name| {
        let mut block = Attrs::default();
        block
            .text("alarm", Some(name))
            .int("extension_period", alarm.actions_suppressor_extension_period())
            .int("wait_period", alarm.actions_suppressor_wait_period());
        block.into_value()
    });
    Value::list(ty, block.into_iter().collect())
}

async fn put(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.cloudwatch;
    let mut input = Input::of(call);
    send!(service, input, put_composite_alarm {
        set_alarm_name: text "AlarmName",
        set_alarm_rule: text "AlarmRule",
        set_alarm_description: text "AlarmDescription",
        set_actions_enabled: flag "ActionsEnabled",
        set_alarm_actions: texts "AlarmActions",
        set_ok_actions: texts "OKActions",
        set_insufficient_data_actions: texts "InsufficientDataActions",
        set_actions_suppressor: text "ActionsSuppressor",
        set_actions_suppressor_wait_period: int "ActionsSuppressorWaitPeriod",
        set_actions_suppressor_extension_period: int "ActionsSuppressorExtensionPeriod",
    } and {
        set_tags: tags::cloudwatch_tags(&mut input)?,
    });
    Ok(Reply::new())
}
