//! `cachestack state`

use crate::cli::args::{State, StateCommand};
use crate::cli::run::{Context, fail};
use crate::cli::{exit, show};
use crate::ops::Failure;
use crate::ui::Ui;

/// Looks at the records of a state.
pub fn run(context: &Context, args: &State) -> u8 {
    let ui = context.ui(false);
    attempt(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

fn attempt(context: &Context, ui: Ui, args: &State) -> Result<u8, Failure> {
    let inputs = match &args.command {
        StateCommand::List { inputs } | StateCommand::Show { inputs, .. } => inputs,
    };
    let session = context.open_inputs(inputs)?;
    let store = session.store()?;
    let state = store.state();
    match &args.command {
        StateCommand::List { .. } => {
            for address in state.records.keys() {
                ui.out(&format!("{address}\n"));
            }
            for deposed in &state.deposed {
                ui.out(&format!("{} (deposed {})\n", deposed.address, deposed.record.id));
            }
            for stranger in &state.strangers {
                ui.out(&format!("{} (of a kind that this version does not know)\n", stranger.address));
            }
        }
        StateCommand::Show { address, json, .. } => {
            let address = show::parse(address)?;
            let record =
                state.records.get(&address).ok_or_else(|| Failure::Error(format!("the state has no `{address}`")))?;
            if *json {
                ui.json(&show::json(&state, &[(&address, record)]));
            } else {
                ui.out(&show::text(&address, record));
            }
        }
    }
    Ok(exit::OK)
}
