//! `cachestack backup`

use serde_json::json;

use crate::cli::args::Backup;
use crate::cli::day_two::{open_for, teller};
use crate::cli::run::{Context, fail};
use crate::cli::{exit, signals, snapshots};
use crate::ops::Failure;
use crate::ops::connect::Purpose;
use crate::ops::day_two::{backup, until};
use crate::ui::{Ui, commands, stream};

/// Takes a snapshot of a cache.
pub async fn run(context: &Context, args: &Backup) -> u8 {
    let ui = context.ui(args.json);
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &Backup) -> Result<u8, Failure> {
    let stop = signals::listen(ui);
    let of = (&args.inputs, &*args.address);
    let (open, meant) = open_for(context, ui, of, Purpose::Change, |kind| kind.filled_from().is_some()).await?;
    let (session, connection) = (&open.session, &open.connection);
    exit::begin_sending();
    let begun = backup::begin(session, connection, &meant, args.name.as_deref(), args.kms_key.as_deref()).await?;
    let (address, id, name) = (meant.address.to_string(), &meant.id, &begun.name);
    let how = if begun.before { "is being made already" } else { "has begun" };
    let text = format!("{address} (\"{id}\"): the snapshot \"{name}\" {how}, of {}.", begun.source);
    let members =
        json!({ "address": address, "id": id, "snapshot": name, "source": begun.source, "already": begun.before });
    ui.stream(|| vec![stream::line("info", &text, "backup_begun", members)]);
    ui.say(&format!("{text}\n"));
    if !args.wait {
        ui.say(&commands::here("It goes on by itself; cachestack snapshots shows when it is available.\n"));
        return Ok(exit::OK);
    }
    let look = async || backup::ready(connection, &meant.region, &begun.id).await;
    let done = until(session, connection, &stop, look, teller(ui, format!("snapshot \"{name}\""))).await?;
    snapshots::tell_ready(ui, &done.object);
    Ok(exit::OK)
}
