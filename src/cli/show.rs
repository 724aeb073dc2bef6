//! `cachestack show`

use std::path::Path;

use crate::address::Address;
use crate::cli::args::Show;
use crate::cli::operand;
use crate::cli::run::{Context, fail};
use crate::cli::{exit, saved};
use crate::fetch::Library;
use crate::ops::Failure;
use crate::stack::Stack;
use crate::state::{Record, State};
use crate::ui::{self, Ui, terraform, value};
use crate::value::json::to_json;

/// Shows the state, or one resource of it.
pub fn run(context: &Context, args: &Show) -> u8 {
    let ui = context.ui(false);
    show(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

fn show(context: &Context, ui: Ui, args: &Show) -> Result<u8, Failure> {
    if let Some(file) = args.address.as_deref().map(|text| context.path(text.as_ref())).filter(|path| path.is_file()) {
        return show_plan(ui, args, &file);
    }
    let (session, address) = context.open_meant(ui, &args.inputs, args.address.as_deref())?;
    let store = session.kept()?;
    let state = store.state();
    let address = address.map(operand::address).transpose()?;
    let chosen: Vec<(&Address, &Record)> = state
        .records
        .iter()
        .filter(|(found, _)| address.as_ref().is_none_or(|address| found.is_within(address)))
        .collect();
    if let (Some(address), true) = (&address, chosen.is_empty()) {
        return Err(Failure::Error(state.lacks(address)));
    }
    if args.json {
        ui.json(&terraform::state(&state, &chosen, address.is_none()));
        return Ok(exit::OK);
    }
    for (address, record) in &chosen {
        ui.out(&text(ui, address, record));
    }
    let mut farewells: Vec<_> = state.farewells.iter().filter(|_| address.is_none()).collect();
    farewells.sort_by_key(|one| (one.address.to_string(), one.name.clone()));
    for one in farewells {
        ui.out(&format!("# {} is gone; its final snapshot is \"{}\" in {}\n", one.address, one.name, one.region));
    }
    if chosen.is_empty() {
        ui.out("The state is empty.\n");
    }
    Ok(exit::OK)
}

/// Shows a saved plan as it was shown when it was made.
fn show_plan(ui: Ui, args: &Show, file: &Path) -> Result<u8, Failure> {
    let saved = saved::open(file)?.saved;
    if args.json {
        let configuration = &saved.configuration;
        let modules = configuration.modules.iter().map(|(way, path)| (way.clone(), path.into())).collect();
        let here = Path::new(".");
        let stack = Stack::load_from(here, &Library::kept(here, modules), &configuration.shown(), &mut Vec::new());
        ui.json(&terraform::plan(&saved, &stack));
        return Ok(exit::OK);
    }
    super::plan::show(ui, &saved.plan, &saved.of.environment, &saved.of.place);
    Ok(exit::OK)
}

/// One record for people.
pub fn text(ui: Ui, address: &Address, record: &Record) -> String {
    let shown: Vec<_> = record.object.iter().filter(|(_, value)| !value.is_null()).collect();
    let width = shown.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let head = ui.paint(ui::name(), &format!("# {address}"));
    let mut out = format!("{head}\n{} \"{}\" {{\n", address.kind, address.name);
    for (name, item) in shown {
        out.push_str(&format!("    {name:width$} = {}\n", value::show(item, 4)));
    }
    for name in record.secrets.keys() {
        out.push_str(&format!("    {name:width$} = {}\n", value::SENSITIVE));
    }
    out.push_str("}\n\n");
    out
}

/// Records as JSON.
pub fn json(state: &State, chosen: &[(&Address, &Record)]) -> serde_json::Value {
    let resources: Vec<_> = chosen
        .iter()
        .map(|(address, record)| {
            let values: serde_json::Map<String, serde_json::Value> =
                record.object.iter().map(|(name, value)| (name.to_string(), to_json(value))).collect();
            serde_json::json!({
                "address": address.to_string(), "kind": &*address.kind, "name": &*address.name, "region": record.region,
                "id": record.id, "protect": record.protect, "values": values,
                "dependencies": record.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect();
    serde_json::json!({ "format_version": "1.0", "serial": state.serial, "lineage": state.lineage, "account": state.home.account, "resources": resources, "final_snapshots": state.farewells })
}
