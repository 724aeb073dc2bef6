//! `cachestack plan`

use crate::cli::args::PlanArgs;
use crate::cli::exit;
use crate::cli::run::{Context, fail, plan_options};
use crate::ops::connect::{Connection, Purpose, connect};
use crate::ops::{Failure, Session, plan};
use crate::plan::{Options, Plan};
use crate::state::store::Store;
use crate::ui::{self, Ui};

/// Shows what would change.
pub async fn run(context: &Context, args: &PlanArgs) -> u8 {
    let ui = context.ui(args.json);
    match make(context, ui, args).await {
        Ok((plan, environment, place)) => {
            show(ui, &plan, &environment, &place);
            match () {
                () if !plan.blocked.is_empty() => exit::REFUSED,
                () if args.detailed_exitcode && !plan.is_empty() => exit::DIFFERENCES,
                () => exit::OK,
            }
        }
        Err(failure) => fail(ui, &failure),
    }
}

async fn make(context: &Context, ui: Ui, args: &PlanArgs) -> Result<(Plan, String, String), Failure> {
    let (mut session, _) = context.open(&args.stack)?;
    let options = plan_options(&args.scope, args.destroy)?;
    let (plan, _, connection) = prepare(ui, &mut session, &options, false).await?;
    Ok((plan, session.environment.name.to_string(), connection.place))
}

/// Checks, connects and plans; prints diagnostics in any case. With `wait`, the plan is to be carried out.
pub async fn prepare(
    ui: Ui,
    session: &mut Session,
    options: &Options,
    wait: bool,
) -> Result<(Plan, Store, Connection), Failure> {
    let result = attempt(session, options, wait).await;
    session.report(Vec::new());
    ui.diagnostics(&session.diagnostics, &session.sources);
    result
}

async fn attempt(session: &mut Session, options: &Options, wait: bool) -> Result<(Plan, Store, Connection), Failure> {
    let mut store = Store::open(&session.state_directory).map_err(Failure::Error)?;
    // To destroy, a stack need not be right, only readable.
    if !options.destroy {
        let before = session.diagnostics.clone();
        plan::check(session, store.state(), options);
        if session.has_errors() {
            return Err(Failure::Stack);
        }
        // The walk over the account says the same again, and more.
        session.diagnostics = before;
    } else if session.has_errors() {
        return Err(Failure::Stack);
    }
    let purpose = if wait { Purpose::Change } else { Purpose::Look };
    let connection = connect(session, purpose).await?;
    let plan = plan::plan(session, &mut store, &connection, options, wait).await?;
    Ok((plan, store, connection))
}

/// Prints a plan.
pub fn show(ui: Ui, plan: &Plan, environment: &str, place: &str) {
    if ui.json {
        for line in ui::json::plan(plan, environment) {
            ui.out(&format!("{line}\n"));
        }
    } else {
        ui.out(&ui::plan::render(ui, plan, environment, place));
    }
}
