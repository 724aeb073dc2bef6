//! A fail-over by hand. The status of a group stays `available` all the while: that it is over is told by an event.

use std::collections::BTreeSet;

use crate::kind::{Event, Failover};
use crate::ops::Failure;
use crate::ops::connect::Connection;
use crate::ops::day_two::{Meant, events, look_at_rest, refused};

/// What would be done.
///
/// # Errors
/// The object is busy, or nothing can take over.
pub async fn foresee(connection: &Connection, meant: &Meant, shard: Option<&str>) -> Result<Failover, Failure> {
    let live = look_at_rest(connection, meant).await?;
    let failover = meant.kind.failover(&live.object, shard);
    failover.map_err(|why| Failure::Error(format!("`{}` (\"{}\") {why}", meant.address, meant.id)))
}

/// Begins it; answers the events that were there before.
pub async fn begin(connection: &Connection, meant: &Meant, failover: &Failover) -> Result<BTreeSet<Event>, Failure> {
    let before = events::of(connection, meant).await?.into_iter().collect();
    let remote = connection.cloud.remote(meant.kind.schema().kind, &meant.region);
    let sent = remote.invoke(&failover.call).await;
    sent.map_err(|error| refused(&meant.address.to_string(), &error))?;
    Ok(before)
}

/// The event that tells its end; else what goes on.
pub async fn ended(
    connection: &Connection,
    meant: &Meant,
    before: &BTreeSet<Event>,
) -> Result<Result<Event, String>, Failure> {
    let now = events::of(connection, meant).await?;
    let end =
        |event: &&Event| event.text.starts_with("Failover from primary node") && event.text.ends_with("completed");
    let mut new = now.into_iter().filter(|event| !before.contains(event));
    let found = new.find(|event| end(&event));
    Ok(found.ok_or_else(|| "failing over".to_owned()))
}
