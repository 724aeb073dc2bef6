//! Service updates, and what became of them on each cache.

use std::collections::BTreeMap;

use aws_sdk_elasticache::types::{ServiceUpdate, UnprocessedUpdateAction, UpdateAction as Told};
use aws_smithy_types::date_time::Format;

use crate::cloud::clients::Clients;
use crate::cloud::errors::{class, fatal};
use crate::cloud::paging::{PAGE, pages};
use crate::kind::{RemoteError, UpdateAction, UpdateVerb};

/// Every action, with what its update says of itself.
pub async fn all(clients: &Clients) -> Result<Vec<UpdateAction>, RemoteError> {
    let service = &clients.elasticache;
    let updates = pages(|marker| async move {
        let request = service.client.describe_service_updates().max_records(PAGE).set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.service_updates.unwrap_or_default(), page.marker))
    });
    let actions = pages(|marker| async move {
        let request = service.client.describe_update_actions().max_records(PAGE).set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.update_actions.unwrap_or_default(), page.marker))
    });
    let (updates, actions) = tokio::join!(updates, actions);
    let updates = updates?;
    let named: BTreeMap<&str, &ServiceUpdate> =
        updates.iter().filter_map(|update| Some((update.service_update_name()?, update))).collect();
    Ok(actions?.iter().filter_map(|action| one(action, &named)).collect())
}

fn one(action: &Told, updates: &BTreeMap<&str, &ServiceUpdate>) -> Option<UpdateAction> {
    let (kind, id) = match (action.replication_group_id(), action.cache_cluster_id()) {
        (Some(id), _) => ("replication_group", id),
        (None, id) => ("cache_cluster", id?),
    };
    let name = action.service_update_name()?;
    let update = updates.get(name);
    let told = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Some(UpdateAction {
        update: name.to_owned(),
        kind,
        id: id.to_owned(),
        status: told(action.update_action_status().map(|word| word.as_str())),
        severity: told(action.service_update_severity().map(|word| word.as_str())),
        description: told(update.and_then(|update| update.service_update_description())),
        update_status: told(action.service_update_status().map(|word| word.as_str())),
        apply_by: action.service_update_recommended_apply_by_date().and_then(|date| date.fmt(Format::DateTime).ok()),
        automatic: update.is_some_and(|update| update.auto_update_after_recommended_apply_by_date() == Some(true)),
        nodes: told(action.nodes_updated()),
        estimate: told(action.estimated_update_time()),
    })
}

/// Applies or stops an update.
pub async fn change(clients: &Clients, verb: UpdateVerb, action: &UpdateAction) -> Result<(), RemoteError> {
    let service = &clients.elasticache;
    let ids = |kind: &str| (action.kind == kind).then(|| vec![action.id.clone()]);
    let (groups, clusters) = (ids("replication_group"), ids("cache_cluster"));
    let left: Vec<UnprocessedUpdateAction> = match verb {
        UpdateVerb::Apply => {
            let request = service.client.batch_apply_update_action().service_update_name(&action.update);
            let request = request.set_replication_group_ids(groups).set_cache_cluster_ids(clusters);
            service.pace.call(|| request.clone().send()).await?.unprocessed_update_actions.unwrap_or_default()
        }
        UpdateVerb::Stop => {
            let request = service.client.batch_stop_update_action().service_update_name(&action.update);
            let request = request.set_replication_group_ids(groups).set_cache_cluster_ids(clusters);
            service.pace.call(|| request.clone().send()).await?.unprocessed_update_actions.unwrap_or_default()
        }
    };
    match left.first() {
        None => Ok(()),
        Some(left) => {
            let (code, text) = (left.error_type().unwrap_or("Unprocessed"), left.error_message().unwrap_or_default());
            Err(RemoteError { class: class(code, text, 400), ..fatal(code, text) })
        }
    }
}
