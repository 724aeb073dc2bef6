//! `cachestack snapshots` and `cachestack snapshot`

use serde_json::{Value as Json, json};

use crate::cli::args::{Snapshot, SnapshotCommand, SnapshotRun, Snapshots};
use crate::cli::day_two::{agreed, open, open_for, teller};
use crate::cli::run::{Context, fail};
use crate::cli::{exit, signals};
use crate::ops::Failure;
use crate::ops::connect::Purpose;
use crate::ops::day_two::snapshots::{Doing, list, named, send, unmanaged};
use crate::ops::day_two::{backup, until};
use crate::ui::environments::columns;
use crate::ui::{Ui, stream};
use crate::value::json::to_json;
use crate::value::{Object, text};

/// Lists snapshots.
pub async fn run(context: &Context, args: &Snapshots) -> u8 {
    let ui = context.ui(args.json);
    listed(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn listed(context: &Context, ui: Ui, args: &Snapshots) -> Result<u8, Failure> {
    signals::listen(ui);
    let (open, meant) = match &args.address {
        None => (open(context, ui, &args.inputs, Purpose::Look).await?, None),
        Some(address) => {
            let of = (&args.inputs, &**address);
            let (open, meant) = open_for(context, ui, of, Purpose::Look, |kind| kind.filled_from().is_some()).await?;
            (open, Some(meant))
        }
    };
    let found = list(&open.session, &open.state, &open.connection, meant.as_ref()).await?;
    ui.stream(|| {
        let lines = found.iter().map(|one| line("snapshot", &one.object));
        let summary = json!({ "snapshots": found.len() });
        lines
            .chain([stream::line("info", format!("Snapshots: {}", found.len()), "snapshots_summary", summary)])
            .collect()
    });
    if found.is_empty() {
        let of = meant.map(|meant| format!(" of {}", meant.address)).unwrap_or_default();
        ui.say(&format!("There are no snapshots{of}.\n"));
        return Ok(exit::OK);
    }
    let rows: Vec<[String; 7]> = found.iter().map(|one| row(&one.object)).collect();
    let heading = ["Snapshot", "Of", "Engine", "Origin", "Status", "Size", "Made"];
    ui.say(&columns(&heading, &rows, |_| false));
    Ok(exit::OK)
}

/// What a snapshot was made of, in a word.
fn source(snapshot: &Object) -> &str {
    let names = ["replication_group_id", "cache_cluster_id", "serverless_cache_name"];
    names.iter().find_map(|name| text(snapshot, name)).unwrap_or("-")
}

/// How much a snapshot holds: of a serverless cache AWS tells the bytes, without a unit.
fn size(snapshot: &Object) -> Option<String> {
    let size = text(snapshot, "size")?;
    let unit = if size.bytes().all(|byte| byte.is_ascii_digit()) { " bytes" } else { "" };
    Some(format!("{size}{unit}"))
}

fn row(snapshot: &Object) -> [String; 7] {
    let told = |name: &str| text(snapshot, name).unwrap_or("-").to_owned();
    let size = size(snapshot).unwrap_or_else(|| "-".to_owned());
    let engine = format!("{} {}", told("engine"), told("engine_version"));
    let of = source(snapshot).to_owned();
    [told("id"), of, engine, told("snapshot_source"), told("status"), size, told("created")]
}

fn line(kind: &str, snapshot: &Object) -> Json {
    let id = text(snapshot, "id").unwrap_or_default();
    let message = format!("{id}: {}", text(snapshot, "status").unwrap_or_default());
    let members = snapshot.iter().map(|(name, value)| (name.to_string(), to_json(value)));
    stream::line("info", message, kind, Json::Object(members.collect()))
}

/// Says that a snapshot is ready.
pub fn tell_ready(ui: Ui, snapshot: &Object) {
    ui.stream(|| vec![line("snapshot", snapshot)]);
    let size = size(snapshot).map(|size| format!(", {size}")).unwrap_or_default();
    ui.say(&format!("The snapshot \"{}\" is available{size}.\n", text(snapshot, "snapshot_name").unwrap_or_default()));
}

/// Copies, exports or deletes a snapshot.
pub async fn change(context: &Context, args: &Snapshot) -> u8 {
    let (name, run, doing, approved) = match &args.command {
        SnapshotCommand::Copy { name, to, kms_key, run } => {
            (name, run, Doing::Copy { to: to.clone(), key: kms_key.clone() }, true)
        }
        SnapshotCommand::Export { name, bucket, to, run } => {
            (name, run, Doing::Export { bucket: bucket.clone(), to: to.clone() }, true)
        }
        SnapshotCommand::Delete { name, auto_approve, run } => (name, run, Doing::Delete, *auto_approve),
    };
    let ui = context.ui(run.json);
    let done = changed(context, ui, (name, run), &doing, approved).await;
    done.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn changed(
    context: &Context,
    ui: Ui,
    (name, run): (&str, &SnapshotRun),
    doing: &Doing,
    approved: bool,
) -> Result<u8, Failure> {
    let stop = signals::listen(ui);
    let open = open(context, ui, &run.inputs, Purpose::Change).await?;
    let (session, connection) = (&open.session, &open.connection);
    let here = session.environment.region.as_deref();
    let none = || Failure::Error("no region: set `region` of the environment, or pass --region".to_owned());
    let region = run.region.as_deref().or(here).ok_or_else(none)?;
    let snapshot = named(connection, region, name).await?.object;
    if matches!(doing, Doing::Delete) {
        unmanaged(&open.state, &snapshot)?;
        if session.environment.protect {
            let why = "the environment is protected: no snapshot of it is deleted; nothing was sent";
            return Err(Failure::Refused(why.to_owned()));
        }
        let [id, of, _, _, _, size, made] = row(&snapshot);
        let what = format!("Delete the snapshot \"{id}\" of {of} ({size}, made {made})? It cannot be brought back.");
        if !approved && !agreed(context, ui, &what)? {
            return Ok(exit::ERROR);
        }
    }
    exit::begin_sending();
    let id = send(connection, region, &snapshot, doing).await?;
    let (word, text) = told(name, doing);
    ui.stream(|| vec![stream::line("info", &text, "snapshot_change", json!({ "snapshot": id, "action": word }))]);
    ui.say(&format!("{text}.\n"));
    if !run.wait {
        return Ok(exit::OK);
    }
    let teller = teller(ui, format!("snapshot \"{id}\""));
    if matches!(doing, Doing::Delete) {
        let look = async || backup::gone(connection, region, &id).await;
        until(session, connection, &stop, look, teller).await?;
        ui.say(&format!("The snapshot \"{id}\" is gone.\n"));
        return Ok(exit::OK);
    }
    let look = async || backup::ready(connection, region, &id).await;
    let done = until(session, connection, &stop, look, teller).await?;
    tell_ready(ui, &done.object);
    Ok(exit::OK)
}

fn told(name: &str, doing: &Doing) -> (&'static str, String) {
    match doing {
        Doing::Copy { to, .. } => ("copy", format!("\"{name}\" is being copied to \"{to}\"")),
        Doing::Export { bucket, .. } => ("export", format!("\"{name}\" is being exported to the bucket {bucket}")),
        Doing::Delete => ("delete", format!("\"{name}\" is being deleted")),
    }
}
