//! `cachestack plan`

use std::path::Path;

use crate::cli::args::PlanArgs;
use crate::cli::run::{Context, fail, plan_options};
use crate::cli::{exit, saved, signals};
use crate::disk::Held;
use crate::ops::connect::{Connection, Purpose, connect};
use crate::ops::recover::Watch;
use crate::ops::{Failure, Session, plan};
use crate::plan::saved::Asked;
use crate::plan::{Options, Plan};
use crate::state::store::Store;
use crate::ui::{self, Ui};

/// Shows what would change.
pub async fn run(context: &Context, args: &PlanArgs) -> u8 {
    let ui = context.ui(args.json);
    signals::listen(ui);
    match make(context, ui, args).await {
        Ok(plan) => match () {
            () if !plan.blocked.is_empty() => exit::REFUSED,
            () if args.scope.strict_pending && super::pending::told(ui, &names(&plan)) && args.detailed_exitcode => {
                exit::DIFFERENCES
            }
            () if args.detailed_exitcode && !(plan.is_empty() && plan.skipped.is_empty()) => exit::DIFFERENCES,
            () => exit::OK,
        },
        Err(failure) => fail(ui, &failure),
    }
}

async fn make(context: &Context, ui: Ui, args: &PlanArgs) -> Result<Plan, Failure> {
    let (mut session, _) = context.open(&args.stack)?;
    let options = plan_options(&args.scope, args.destroy)?;
    let (plan, store, connection) = prepare(ui, &mut session, &options, None).await?;
    show(ui, &plan, &session.environment.name, &connection.place);
    if let Some(out) = &args.out {
        let asked = Asked { destroy: options.destroy, refresh_only: options.refresh_only };
        saved::write(context, out, &args.stack, (&session, &store, &connection, &plan), asked)?;
        tell(ui, out);
    }
    Ok(plan)
}

/// Checks, connects and plans; prints diagnostics in any case. With a lock and somebody who watches, an apply is to
/// follow.
pub async fn prepare(
    ui: Ui,
    session: &mut Session,
    options: &Options,
    apply: Option<(Box<dyn Held>, &Watch)>,
) -> Result<(Plan, Store, Connection), Failure> {
    let result = attempt(session, options, apply).await;
    session.report(Vec::new());
    ui.diagnostics(&session.diagnostics, &session.sources);
    result
}

async fn attempt(
    session: &mut Session,
    options: &Options,
    apply: Option<(Box<dyn Held>, &Watch)>,
) -> Result<(Plan, Store, Connection), Failure> {
    let mut store = session.store()?;
    let mut watch = None;
    if let Some((lock, watching)) = apply {
        store.hold(lock);
        watch = Some(watching);
    }
    let first = plan::check_first(session, &store, options)?;
    let purpose = if watch.is_some() { Purpose::Change } else { Purpose::Look };
    let connection = connect(session, purpose).await?;
    let plan = plan::plan(session, &mut store, &connection, options, watch, first).await?;
    Ok((plan, store, connection))
}

/// The resources of which something waits.
fn names(plan: &Plan) -> Vec<String> {
    plan.waits.iter().map(|waits| waits.address.to_string()).collect()
}

/// Says where the plan is.
fn tell(ui: Ui, file: &Path) {
    if !ui.json {
        let file = file.display();
        ui.out(&format!("\nSaved as {file}. To carry out exactly this: cachestack apply {file}\n"));
    }
}

/// Prints a plan.
pub fn show(ui: Ui, plan: &Plan, environment: &str, place: &str) {
    if ui.json {
        for line in ui::json::plan(plan, environment) {
            ui.json(&line);
        }
    } else {
        ui.out(&ui::plan::render(ui, plan, environment, place));
    }
}
