//! `cachestack pending`

use crate::cli::args::PendingArgs;
use crate::cli::operand;
use crate::cli::run::{Context, fail};
use crate::cli::{exit, signals};
use crate::ops::Failure;
use crate::plan::{Options, Waits};
use crate::ui::{self, Ui, stream};

/// Lists what waits for a maintenance window.
pub async fn run(context: &Context, args: &PendingArgs) -> u8 {
    let ui = context.ui(args.json);
    signals::listen(ui);
    match waits(context, ui, args).await {
        Ok(waits) => {
            ui.stream(|| stream::waiting(&waits));
            ui.say(&ui::pending::list(&waits));
            exit::OK
        }
        Err(failure) => fail(ui, &failure),
    }
}

async fn waits(context: &Context, ui: Ui, args: &PendingArgs) -> Result<Vec<Waits>, Failure> {
    let (mut session, address) = context.open_meant(ui, &args.inputs, args.address.as_deref())?;
    let subject = address.map(operand::subject).transpose()?;
    // What waits is there whatever the stack says by now: a plan that is refused would not tell it.
    let options = Options { refresh_only: true, ..Options::default() };
    let (plan, store, _) = super::plan::prepare(ui, &mut session, &options, None).await?;
    let Some(subject) = subject else { return Ok(plan.waits) };
    let state = store.state();
    if !state.records.keys().any(|known| subject.contains(known)) {
        return Err(Failure::Error(state.lacks(&subject)));
    }
    Ok(plan.waits.into_iter().filter(|waits| subject.contains(&waits.address)).collect())
}

/// Says what keeps a strict run from being at its end; whether there is anything.
pub fn told(ui: Ui, names: &[String]) -> bool {
    let text = format!(
        "not converged (--strict-pending): something of {} waits for a maintenance window or a restart",
        names.join(", ")
    );
    if !names.is_empty() {
        ui.stream(|| vec![stream::log("warn", &text)]);
        ui.say(&format!("\nN{}.\n", &text[1..]));
    }
    !names.is_empty()
}
