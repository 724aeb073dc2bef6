//! The service updates that ElastiCache offers.

use aws_sdk_elasticache::types::{ServiceUpdate, ServiceUpdateStatus};

use crate::cloud::attrs::{Attrs, fields};
use crate::cloud::clients::Clients;
use crate::cloud::paging::pages;
use crate::kind::RemoteError;
use crate::kinds::lookups::OF_UPDATE;
use crate::value::{Object, Type, Value};

/// Those that match, by name.
pub async fn find(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let words = |name: &str| -> Vec<&str> {
        args.get(name).and_then(Value::as_items).unwrap_or_default().iter().filter_map(Value::as_str).collect()
    };
    let statuses: Vec<ServiceUpdateStatus> = words("statuses").into_iter().map(ServiceUpdateStatus::from).collect();
    let statuses = Some(statuses).filter(|statuses| !statuses.is_empty());
    let (service, statuses) = (&clients.elasticache, &statuses);
    let mut updates: Vec<ServiceUpdate> = pages(|marker| async move {
        let request =
            service.client.describe_service_updates().set_service_update_status(statuses.clone()).set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.service_updates.unwrap_or_default(), page.marker))
    })
    .await?;
    let engine = args.get("engine").and_then(Value::as_str);
    let severities = words("severities");
    updates.retain(|update| {
        let severity = update.service_update_severity().map(|word| word.as_str()).unwrap_or_default();
        // AWS lists the engines of an update in one text: "redis, valkey".
        let of_engine =
            |engine| update.engine().is_some_and(|all| all.to_lowercase().split([',', ' ']).any(|one| one == engine));
        engine.is_none_or(of_engine) && (severities.is_empty() || severities.contains(&severity))
    });
    updates.sort_by(|one, other| one.service_update_name().cmp(&other.service_update_name()));
    let ty = fields(&OF_UPDATE.map(|name| (name, Type::String)));
    let mut found = Attrs::default();
    found
        .text("id", Some(region))
        .put("names", Value::strings(updates.iter().filter_map(|update| update.service_update_name())))
        .put("updates", Value::list(ty, updates.iter().map(update).collect()));
    Ok(found)
}

fn update(update: &ServiceUpdate) -> Value {
    let time = |time: Option<&aws_smithy_types::DateTime>| {
        let time = time.and_then(|time| jiff::Timestamp::from_second(time.secs()).ok());
        time.map(|time| time.to_string())
    };
    let mut found = Attrs::default();
    found
        .text("name", update.service_update_name())
        .text("description", update.service_update_description())
        .text("type", update.service_update_type().map(|word| word.as_str()))
        .text("severity", update.service_update_severity().map(|word| word.as_str()))
        .text("status", update.service_update_status().map(|word| word.as_str()))
        .text("engine", update.engine())
        .text("engine_version", update.engine_version())
        .text("release_date", time(update.service_update_release_date()).as_deref())
        .text("end_date", time(update.service_update_end_date()).as_deref())
        .text("recommended_apply_by_date", time(update.service_update_recommended_apply_by_date()).as_deref());
    found.into_value()
}
