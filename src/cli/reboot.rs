//! `cachestack reboot`

use crate::cli::apply::{Manner, plan_and_apply};
use crate::cli::args::{ApplyArgs, RebootArgs, ScopeArgs, StackArgs};
use crate::cli::operand;
use crate::cli::run::{Context, fail, plan_options};
use crate::cli::signals;
use crate::ops::Failure;
use crate::plan::Options;
use crate::ui::Ui;

/// Restarts nodes of one resource, and asks before it does.
pub async fn run(context: &Context, args: &RebootArgs) -> u8 {
    let ui = context.ui(args.messages.json);
    if let Err(failure) = context.beside(args.messages.json_into.as_deref()) {
        return fail(ui, &failure);
    }
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &RebootArgs) -> Result<u8, Failure> {
    let address = operand::address(&args.address)?;
    let scope = ScopeArgs {
        max_impact: args.max_impact.clone(),
        allow_destroy: args.allow_destroy.clone(),
        lock_timeout: args.approval.lock_timeout,
        // Nodes are restarted one after another anyway.
        parallelism: 1,
        ..ScopeArgs::default()
    };
    let options = Options { reboot: vec![address], reboot_all: args.all, ..plan_options(&scope, false)? };
    let stack = StackArgs { stack: None, inputs: args.inputs.clone() };
    let apply = ApplyArgs { stack, scope, auto_approve: args.approval.auto_approve, ..ApplyArgs::default() };
    let manner = Manner {
        command: "cachestack reboot",
        destroy: false,
        judge: &|_, _| Ok(()),
        agreed: &|| Ok(()),
        stop: signals::listen(ui),
    };
    let session = context.open(ui, &apply.stack)?;
    Ok(plan_and_apply(context, ui, &apply, session, options, &manner).await?.0)
}
