//! `cachestack import --from-tfstate`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::address::Address;
use crate::cli::apply;
use crate::cli::args::{Import, StackArgs};
use crate::cli::discover::complete;
use crate::cli::exit;
use crate::cli::import::{adoption, arguments, manner, open};
use crate::cli::run::Context;
use crate::disk;
use crate::generate::{Spelling, imports, laid_out, removed};
use crate::ops::takeover::{Takeover, read, takeover};
use crate::ops::{Failure, Session};
use crate::plan::{Options, Plan};
use crate::state::State;
use crate::ui::Ui;

/// Not a name of configuration: it is for the directory of Terraform, in the place of the blocks.
const REMOVED: &str = "removed-from-terraform.tf.txt";

/// Takes over what a state of Terraform has of our kinds.
pub async fn run(context: &Context, ui: Ui, args: &Import, place: &str) -> Result<u8, Failure> {
    let stack = StackArgs { stack: None, inputs: args.inputs.clone() };
    let session = open(context, ui, &stack, BTreeMap::new())?;
    if session.has_errors() {
        ui.diagnostics(&session.diagnostics, &session.sources);
        return Err(Failure::Stack);
    }
    let file = args.removed_out.clone().unwrap_or_else(|| PathBuf::from(REMOVED));
    let path = context.path(&file);
    if path.exists() {
        let why =
            "the `removed` blocks for Terraform go into a new file, and there is one: name another with --removed-out";
        return Err(Failure::Error(format!("{}: {why}", file.display())));
    }
    let bytes = read(&session, place, &context.path(Path::new("")))?;
    let state = session.store()?.state().clone();
    let takeover = takeover(&session, &state, &bytes)?;
    for why in &takeover.left {
        ui.tell(&format!("Left to Terraform: {why}."));
    }
    if takeover.imports.is_empty() {
        ui.tell("The state has nothing of our kinds.");
        return Ok(exit::OK);
    }
    keep_secrets(&session, &takeover)?;
    let addresses: Vec<Address> = takeover.imports.iter().map(|(address, _)| address.clone()).collect();
    let beside = BTreeMap::from([(format!("<{place}>"), imports(&takeover.imports, Spelling::Ours))]);
    let session = open(context, ui, &stack, beside)?;
    let judge = |plan: &Plan, _: &State| complete(plan, &addresses);
    let manner = manner(ui, &judge);
    let options = Options { told: takeover.told, ..adoption(addresses.clone()) };
    let arguments = arguments(stack, args, true);
    let (code, _) = apply::plan_and_apply(context, ui, &arguments, session, options, &manner).await?;
    if code == exit::OK {
        let blocks: BTreeSet<Address> = addresses.iter().map(Address::config).collect();
        let text = laid_out(blocks.iter().map(|block| removed(block, Spelling::Terraform)).collect());
        disk::create_new(&path, text.as_bytes()).map_err(|error| {
            Failure::Remains(format!("{}: {error}; what was taken over has its records", file.display()))
        })?;
        let how =
            "put its blocks into Terraform's directory in the place of those that are taken over, and apply there";
        ui.tell(&format!("\nFor Terraform's side: {}: {how}; nothing is destroyed by that.", file.display()));
    }
    Ok(code)
}

/// Puts secrets that are made in no account where the environment keeps such.
fn keep_secrets(session: &Session, takeover: &Takeover) -> Result<(), Failure> {
    let Some(vault) = session.evaluator.secrets().vault() else { return Ok(()) };
    for (name, text) in &takeover.secrets {
        vault.write(name, text).map_err(|why| Failure::Error(format!("{name}: {why}; nothing was imported")))?;
    }
    Ok(())
}
