//! `cachestack export`

use crate::cli::args::Export;
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::disk;
use crate::ops::Failure;
use crate::ui::Ui;
use crate::ui::terraform::kept;

/// Writes the state in the form of another tool.
pub fn run(context: &Context, args: &Export) -> u8 {
    let ui = context.ui(false);
    attempt(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

fn attempt(context: &Context, ui: Ui, args: &Export) -> Result<u8, Failure> {
    let session = context.open_inputs(ui, &args.inputs)?;
    let state = session.kept()?.state().clone();
    if !state.operations.is_empty() {
        let why = "an apply was cut off, and what it left is to be settled first: run `cachestack apply`";
        return Err(Failure::Refused(why.to_owned()));
    }
    let (document, left) = kept::state(&state);
    for why in left {
        ui.remark(&format!("Left out: {why}."));
    }
    if kept::has_marks(&state) {
        let block = "ignore_tags { key_prefixes = [\"cachestack:\"] }";
        ui.remark(&format!(
            "Objects carry tags of cachestack: without {block} in provider \"aws\" Terraform takes them away."
        ));
    }
    let text = format!("{document:#}\n");
    match args.tfstate.as_ref().and_then(Option::as_ref) {
        None => ui.raw(&text),
        Some(file) => {
            let written = disk::create_new(&context.path(file), text.as_bytes());
            written.map_err(|error| Failure::Error(format!("{}: {error}; nothing was written", file.display())))?;
            ui.say(&format!("Written: {}\n", file.display()));
        }
    }
    Ok(exit::OK)
}
