//! What ElastiCache tells of the last two weeks.

use aws_sdk_elasticache::primitives::DateTimeFormat as Format;

use super::Place;
use super::paging::{PAGE, pages};
use crate::kind::{Event, RemoteError};

/// So many minutes are events kept: 14 days.
const KEPT: i32 = 14 * 24 * 60;

/// Every event of a region.
pub async fn read(place: &Place) -> Result<Vec<Event>, RemoteError> {
    let clients = place.clients().await?;
    let service = &clients.elasticache;
    let events = pages(|marker| async move {
        let request = service.client.describe_events().duration(KEPT).max_records(PAGE).set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.events.unwrap_or_default(), page.marker))
    })
    .await?;
    let one = |event: aws_sdk_elasticache::types::Event| {
        Some(Event {
            at: event.date()?.fmt(Format::DateTime).ok()?,
            source: event.source_identifier?,
            text: event.message?,
        })
    };
    Ok(events.into_iter().filter_map(one).collect())
}
