//! `cachestack cost update`

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use crate::catalog::prices::own::{self, List, Region};
use crate::cli::args::{CostUpdate, StackArgs};
use crate::cli::cost::list;
use crate::cli::day_two::connected;
use crate::cli::run::{Context, fail};
use crate::cli::{exit, signals};
use crate::disk;
use crate::ops::connect::Purpose;
use crate::ops::money::update::fetch;
use crate::ops::money::wished;
use crate::ops::{Failure, Session};
use crate::ui::Ui;

/// Fetches prices of today into the file of the user.
pub async fn run(context: &Context, args: &CostUpdate) -> u8 {
    let ui = context.ui(args.json);
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &CostUpdate) -> Result<u8, Failure> {
    signals::listen(ui);
    let nowhere =
        || Failure::Error("there is no place for prices: set CACHESTACK_PRICES to a file, or HOME".to_owned());
    let file = context.path(&own::place(context.process()).ok_or_else(nowhere)?);
    let mut list = known(&file)?;
    let stack = StackArgs { stack: None, inputs: args.inputs.clone() };
    let mut session = context.open(ui, &stack)?;
    let regions = match args.region.is_empty() {
        true => of_stack(context, ui, &mut session)?,
        false => args.region.iter().cloned().collect(),
    };
    let open = connected(ui, session, Purpose::Look).await?;
    let mut rows = Vec::new();
    for name in &regions {
        let region = fetch(&open.connection, name).await?;
        rows.push(told(name, &region));
        list.regions.insert(name.clone(), region);
    }
    let now = jiff::Timestamp::try_from(open.session.clock.now()).unwrap_or_default();
    list.updated = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    save(&file, &list).map_err(|error| Failure::Error(format!("{}: {error}", file.display())))?;
    if args.json {
        ui.json(&json!({
            "format_version": "1.0", "file": file.display().to_string(), "updated": list.updated, "regions": rows,
        }));
        return Ok(exit::OK);
    }
    for row in &rows {
        let count = |name: &str| row[name].as_u64().unwrap_or_default();
        let (region, date) = (row["region"].as_str().unwrap_or_default(), row["date"].as_str().unwrap_or_default());
        ui.out(&format!(
            "{region}: {} prices of nodes, {} of reservations, {} of serverless caches; list of {date}.\n",
            count("nodes"),
            count("reservations"),
            count("serverless")
        ));
    }
    ui.out(&format!("Written: {}\n", file.display()));
    if open.session.environment.is_emulated() {
        ui.remark("The emulator has answered, with the prices that are built in; those of AWS come from an environment on AWS.");
    }
    Ok(exit::OK)
}

/// What is in the file already; its other regions stay.
fn known(file: &Path) -> Result<List, Failure> {
    let known = list(file).map_err(Failure::Error)?;
    Ok(known.unwrap_or_else(|| List { format_version: "1.0".to_owned(), ..List::default() }))
}

/// Where a stack has caches; else the region of its environment.
fn of_stack(context: &Context, ui: Ui, session: &mut Session) -> Result<BTreeSet<String>, Failure> {
    let before = session.diagnostics.clone();
    let found = wished(session, context.process()).inspect_err(|_| {
        ui.diagnostics(&session.diagnostics, &session.sources);
    })?;
    session.diagnostics = before;
    let regions: BTreeSet<String> = found.into_iter().map(|one| one.region).collect();
    let own = session.environment.region.iter().map(ToString::to_string);
    Ok(if regions.is_empty() { own.collect() } else { regions })
}

fn told(name: &str, region: &Region) -> serde_json::Value {
    let nodes = || region.nodes.values().flat_map(|engines| engines.values());
    json!({
        "region": name, "date": region.date, "nodes": nodes().count(),
        "reservations": nodes().map(|node| node.reserved.len()).sum::<usize>(), "serverless": region.serverless.len(),
    })
}

fn save(file: &Path, list: &List) -> std::io::Result<()> {
    if let Some(directory) = file.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory)?;
    }
    let text = serde_json::to_string_pretty(list)?;
    disk::replace(file, format!("{text}\n").as_bytes())
}
