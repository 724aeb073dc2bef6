//! `cachestack reboot`

use crate::cli::args::{ApplyArgs, RebootArgs, ScopeArgs, StackArgs};
use crate::cli::run::{Context, fail};
use crate::cli::{apply, show};
use crate::plan::Options;

/// Restarts nodes of one resource, and asks before it does.
pub async fn run(context: &Context, args: &RebootArgs) -> u8 {
    let ui = context.ui(args.json);
    let address = match show::parse(&args.address) {
        Ok(address) => address,
        Err(failure) => return fail(ui, &failure),
    };
    let scope = ScopeArgs {
        max_impact: args.max_impact.clone(),
        lock_timeout: args.lock_timeout,
        // Nodes are restarted one after another anyway.
        parallelism: 1,
        ..ScopeArgs::default()
    };
    let stack = StackArgs { stack: None, inputs: args.inputs.clone() };
    let apply = ApplyArgs { stack, scope, auto_approve: args.auto_approve, json: args.json };
    let restart = |options: &mut Options| (options.reboot, options.reboot_all) = (vec![address.clone()], args.all);
    apply::run_with(context, &apply, ("cachestack reboot", false), &restart).await
}
