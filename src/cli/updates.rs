//! `cachestack updates`

use serde_json::{Value as Json, json};

use crate::cli::args::{UpdateRun, Updates, UpdatesCommand};
use crate::cli::day_two::{agreed, open, open_for, teller};
use crate::cli::run::{Context, fail};
use crate::cli::{exit, signals};
use crate::kind::{Impact, Kind, UpdateVerb};
use crate::ops::Failure;
use crate::ops::connect::Purpose;
use crate::ops::day_two::updates::{Update, change, choose, ended, impact, list};
use crate::ops::day_two::{Meant, until};
use crate::shell;
use crate::ui::environments::columns;
use crate::ui::pending::quoted;
use crate::ui::{Ui, commands, stream};

/// Lists service updates, applies or stops one.
pub async fn run(context: &Context, args: &Updates) -> u8 {
    let (ui, done) = match &args.command {
        None => {
            let ui = context.ui(args.json);
            (ui, listed(context, ui, args).await)
        }
        Some(UpdatesCommand::Apply(run)) => {
            let ui = context.ui(run.json);
            (ui, applied(context, ui, run).await)
        }
        Some(UpdatesCommand::Stop(run)) => {
            let ui = context.ui(run.json);
            (ui, stopped(context, ui, run).await)
        }
    };
    done.unwrap_or_else(|failure| fail(ui, &failure))
}

fn takes(kind: &dyn Kind) -> bool {
    kind.updated(&Default::default()).is_some()
}

async fn listed(context: &Context, ui: Ui, args: &Updates) -> Result<u8, Failure> {
    signals::listen(ui);
    let (open, meant) = match &args.address {
        None => (open(context, ui, &args.inputs, Purpose::Look).await?, None),
        Some(address) => {
            let of = (&args.inputs, &**address);
            let (open, meant) = open_for(context, ui, of, Purpose::Look, takes).await?;
            (open, Some(meant))
        }
    };
    let found = list(&open.state, &open.connection, meant.as_ref(), args.all).await?;
    ui.stream(|| {
        let summary = json!({ "updates": found.len() });
        let summary = stream::line("info", format!("Updates: {}", found.len()), "updates_summary", summary);
        found.iter().map(|one| line("update", one, &one.action.status)).chain([summary]).collect()
    });
    if found.is_empty() {
        ui.say("There are no service updates to apply.\n");
        return Ok(exit::OK);
    }
    let rows: Vec<[String; 7]> = found.iter().map(row).collect();
    let heading = ["Cache", "Update", "Severity", "Status", "Nodes", "Apply by", "What"];
    ui.say(&columns(&heading, &rows, |_| false));
    let automatic: Vec<&str> = found.iter().filter(|one| one.action.automatic).map(|one| &*one.action.update).collect();
    if !automatic.is_empty() {
        ui.say(&format!("\nAWS applies by itself after that date: {}.\n", automatic.join(", ")));
    }
    ui.say(&commands::here("\nTo apply one: cachestack updates apply ADDRESS [--update NAME]\n"));
    Ok(exit::OK)
}

fn row(one: &Update) -> [String; 7] {
    let action = &one.action;
    let by = action.apply_by.as_deref().map_or("-", |date| &date[..date.len().min(10)]).to_owned();
    let (address, text) = (one.address.to_string(), action.description.clone());
    [address, action.update.clone(), action.severity.clone(), action.status.clone(), action.nodes.clone(), by, text]
}

fn line(kind: &str, one: &Update, status: &str) -> Json {
    let action = &one.action;
    let members = json!({
        "address": one.address.to_string(), "id": action.id, "region": one.region, "update": action.update,
        "severity": action.severity, "status": status, "update_status": action.update_status, "nodes": action.nodes,
        "apply_by": action.apply_by, "automatic": action.automatic, "estimate": action.estimate,
        "description": action.description,
    });
    stream::line("info", format!("{}: {} {status}", one.address, action.update), kind, members)
}

async fn applied(context: &Context, ui: Ui, run: &UpdateRun) -> Result<u8, Failure> {
    let stop = signals::listen(ui);
    let (open, meant) = open_for(context, ui, (&run.inputs, &run.address), Purpose::Change, takes).await?;
    let connection = &open.connection;
    let found = list(&open.state, connection, Some(&meant), true).await?;
    let update = choose(&found, &meant.address, run.update.as_deref())?;
    let (impact, why) = impact(connection, &meant).await?;
    let action = &update.action;
    let (name, estimate) = (&action.update, &action.estimate);
    ui.say(&format!("{}: {name} ({}): {}.\n", meant.address, action.severity, action.description));
    ui.say(&format!("Impact: {}: {why}. AWS expects {estimate}; it cannot be taken back.\n", impact.word()));
    limited(run.max_impact.as_deref(), impact)?;
    guarded(&run.allow_destroy, &meant, open.session.environment.protect, impact)?;
    if !run.auto_approve && !agreed(context, ui, "\nApply it?")? {
        return Ok(exit::ERROR);
    }
    exit::begin_sending();
    change(connection, UpdateVerb::Apply, update).await?;
    ui.stream(|| vec![line("update_begun", update, "waiting-to-start")]);
    if !run.wait {
        let address = quoted(&meant.address.to_string());
        ui.say(&commands::here(&format!("It has begun; cachestack updates {address} shows how far it is.\n")));
        return Ok(exit::OK);
    }
    let look = async || ended(&open.state, connection, &meant, name).await;
    let done = until(&open.session, connection, &stop, look, teller(ui, format!("{}, {name}", meant.address))).await?;
    ui.stream(|| vec![line("update_complete", update, &done.status)]);
    ui.say(&format!("{name} is complete: {} nodes.\n", done.nodes));
    Ok(exit::OK)
}

/// Refuses what is worse than somebody allows.
fn limited(most: Option<&str>, impact: Impact) -> Result<(), Failure> {
    let Some(word) = most else { return Ok(()) };
    let wrong =
        || Failure::Error(format!("--max-impact {word}: write none, blip, failover, write-pause, reboot or data-loss"));
    let most = Impact::parse(word).ok_or_else(wrong)?;
    if impact <= most {
        return Ok(());
    }
    let why = format!("its impact is {}, and --max-impact allows {word}; nothing was sent", impact.word());
    Err(Failure::Refused(why))
}

/// Refuses what empties a cache that is protected, itself or with its environment.
fn guarded(allowed: &[String], meant: &Meant, environment: bool, impact: Impact) -> Result<(), Failure> {
    let allows = |text: &String| text == "all" || *text == meant.address.to_string();
    if impact != Impact::DataLoss || !(environment || meant.record.protect) || allowed.iter().any(allows) {
        return Ok(());
    }
    let whose = if environment { "the environment" } else { "it" };
    let why = format!(
        "{whose} is protected, and what its nodes hold would be lost; allow that with --allow-destroy {}; nothing was sent",
        shell::quoted(&meant.address.to_string())
    );
    Err(Failure::Refused(why))
}

async fn stopped(context: &Context, ui: Ui, run: &UpdateRun) -> Result<u8, Failure> {
    signals::listen(ui);
    let (open, meant) = open_for(context, ui, (&run.inputs, &run.address), Purpose::Change, takes).await?;
    let found = list(&open.state, &open.connection, Some(&meant), true).await?;
    let under_way = || found.iter().rfind(|one| one.action.is_under_way());
    let update = match &run.update {
        Some(name) => choose(&found, &meant.address, Some(name))?,
        None => under_way()
            .ok_or_else(|| Failure::Error(format!("no service update of `{}` is under way", meant.address)))?,
    };
    exit::begin_sending();
    change(&open.connection, UpdateVerb::Stop, update).await?;
    ui.stream(|| vec![line("update_stopped", update, "stopped")]);
    ui.say(&format!("{} of {} is stopped; nodes that have it keep it.\n", update.action.update, meant.address));
    Ok(exit::OK)
}
