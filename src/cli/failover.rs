//! `cachestack failover`

use serde_json::json;

use crate::cli::args::Failover;
use crate::cli::day_two::{agreed, open_for, teller};
use crate::cli::run::{Context, fail};
use crate::cli::{exit, signals};
use crate::ops::Failure;
use crate::ops::connect::Purpose;
use crate::ops::day_two::{failover, until};
use crate::ui::pending::quoted;
use crate::ui::{Ui, commands, stream};

/// Makes a replica the primary.
pub async fn run(context: &Context, args: &Failover) -> u8 {
    let ui = context.ui(args.json);
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &Failover) -> Result<u8, Failure> {
    let stop = signals::listen(ui);
    let of = (&args.inputs, &*args.address);
    let (open, meant) = open_for(context, ui, of, Purpose::Change, |kind| kind.fails_over()).await?;
    let connection = &open.connection;
    let foreseen = failover::foresee(connection, &meant, args.shard.as_deref()).await?;
    let (address, id, shard) = (meant.address.to_string(), &meant.id, &foreseen.shard);
    let primary = foreseen.primary.as_ref().map(|node| format!(", from {node}")).unwrap_or_default();
    let what = format!("{address} (\"{id}\"), shard {shard}: a replica takes over{primary}");
    ui.say(&format!("{what}.\nImpact: failover: writes fail for some seconds, and clients connect anew.\n"));
    if !args.auto_approve && !agreed(context, ui, "\nDo it?")? {
        return Ok(exit::ERROR);
    }
    exit::begin_sending();
    let before = failover::begin(connection, &meant, &foreseen).await?;
    let members = json!({ "address": address, "id": id, "shard": shard, "primary": foreseen.primary });
    ui.stream(|| vec![stream::line("info", &what, "failover_begun", members)]);
    if !args.wait {
        ui.say(&commands::here(&format!("It has begun; cachestack events {} tells its end.\n", quoted(&address))));
        return Ok(exit::OK);
    }
    let look = async || failover::ended(connection, &meant, &before).await;
    let end = until(&open.session, connection, &stop, look, teller(ui, address.clone())).await?;
    let members = json!({ "address": address, "id": id, "shard": shard, "at": end.at });
    ui.stream(|| vec![stream::line("info", &end.text, "failover_complete", members)]);
    ui.say(&format!("{}  {}.\n", end.at, end.text));
    Ok(exit::OK)
}
