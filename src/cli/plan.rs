//! `cachestack plan`

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::args::PlanArgs;
use crate::cli::run::{Context, explain, fail, plan_options};
use crate::cli::several::row_of;
use crate::cli::{asked, exit, import, report, saved, several, signals};
use crate::disk::Held;
use crate::ops::connect::{Connection, Purpose, connect};
use crate::ops::recover::Watch;
use crate::ops::{Failure, Loaded, Session, plan};
use crate::plan::saved::Asked;
use crate::plan::{Options, Plan};
use crate::shell;
use crate::state::store::Store;
use crate::ui::environments::COLUMNS;
use crate::ui::live::Reading;
use crate::ui::report::findings;
use crate::ui::{self, Ui, stream};

/// Shows what would change.
pub async fn run(context: &Context, args: &PlanArgs) -> u8 {
    let ui = context.ui(args.messages.json).in_full(args.full);
    signals::listen(ui);
    let made = match context.beside(args.messages.json_into.as_deref()) {
        Ok(()) => make(context, ui, args).await,
        Err(failure) => Err(failure),
    };
    made.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn make(context: &Context, ui: Ui, args: &PlanArgs) -> Result<u8, Failure> {
    let beside = match &args.generate_config_out {
        Some(file) => import::write_missing(context, ui, &args.stack, file).await?,
        None => BTreeMap::new(),
    };
    let (loaded, mut environments) = context.environments_with(ui, &args.stack, args.all, beside)?;
    let options = plan_options(&args.scope, args.destroy)?;
    if options.remembered && args.out.is_some() {
        let why = "-refresh=false: such a plan is only shown, since an apply looks at what it changes; leave --out";
        return Err(Failure::Error(why.to_owned()));
    }
    if let Some(out) = &args.out {
        saved::may_be_written(&context.path(out))?;
    }
    if environments.len() > 1 {
        return several::plan(context, ui, args, (loaded, environments), &options).await;
    }
    let mut session = asked::session(context, ui, &loaded, environments.remove(0));
    let ui = told_apart(ui, &loaded, &session);
    let made = prepare(ui, &mut session, &options, None).await;
    publish(context, args, &loaded, &session, &made)?;
    let made = match made {
        Ok(made) => made,
        Err(failure) => return Ok(fail(ui, &failure)),
    };
    let (plan, _, connection) = &made;
    show(ui, plan, &session.environment.name, &connection.place);
    if let Some(out) = &args.out {
        keep(context, ui, args, out, &session, &made)?;
    }
    if args.scope.strict_pending {
        super::pending::told(ui, &waiting(plan));
    }
    Ok(code_of(args, plan))
}

/// Writes the report that is wanted.
fn publish(
    context: &Context,
    args: &PlanArgs,
    loaded: &Loaded,
    session: &Session,
    made: &Result<(Plan, Store, Connection), Failure>,
) -> Result<(), Failure> {
    let name = &session.environment.name;
    let (row, place, error) = match made {
        Ok((plan, _, connection)) => (row_of(name, Some(plan), code_of(args, plan)), &*connection.place, None),
        Err(failure) => {
            let (why, code) = explain(failure);
            (row_of(name, None, code), "", why)
        }
    };
    let sections = [report::of_plan(&row, place, error)];
    let found = findings(&session.diagnostics, &session.sources);
    let title = format!("Plan of {}", loaded.name());
    report::publish(context, args.markdown.as_deref(), &title, &COLUMNS, &sections, &found)
}

/// How messages are printed that are about one environment: with its name where the stack has several.
pub fn told_apart(ui: Ui, loaded: &Loaded, session: &Session) -> Ui {
    if loaded.environments().len() > 1 { ui.of(&session.environment.name) } else { ui }
}

/// The exit code that a plan comes to.
pub fn code_of(args: &PlanArgs, plan: &Plan) -> u8 {
    let waits = args.scope.strict_pending && !plan.waits.is_empty();
    let differs = waits || !(plan.is_empty() && plan.skipped.is_empty());
    match () {
        () if plan.is_blocked() => exit::REFUSED,
        () if args.detailed_exitcode && differs => exit::DIFFERENCES,
        () => exit::OK,
    }
}

/// Keeps a plan in a file, and says where.
pub fn keep(
    context: &Context,
    ui: Ui,
    args: &PlanArgs,
    file: &Path,
    session: &Session,
    (plan, store, connection): &(Plan, Store, Connection),
) -> Result<(), Failure> {
    let asked = Asked { destroy: args.destroy, refresh_only: args.scope.refresh_only };
    saved::write(context, file, &args.stack, (session, store, connection, plan), asked)?;
    let from = context.directory();
    let within =
        if from == Path::new(".") { String::new() } else { format!(" -C {}", shell::word(&from.to_string_lossy())) };
    let (file, pasted) = (file.display(), shell::word(&file.to_string_lossy()));
    // A pipeline knows what comes next.
    let hint = match context.variable("TF_IN_AUTOMATION") {
        _ if plan.is_blocked() => " It is blocked, and an apply of it is refused.".to_owned(),
        None => format!(" To carry out exactly this: cachestack apply{within} {pasted}"),
        Some(_) => String::new(),
    };
    ui.say(&format!("\nSaved as {file}.{hint}\n"));
    Ok(())
}

/// Checks, connects and plans; prints diagnostics in any case. With a lock and somebody who watches, an apply is to
/// follow.
pub async fn prepare(
    ui: Ui,
    session: &mut Session,
    options: &Options,
    apply: Option<(Box<dyn Held>, &Watch)>,
) -> Result<(Plan, Store, Connection), Failure> {
    let reading = Reading::begin(ui);
    let result = attempt(session, options, apply).await;
    drop(reading);
    session.report(Vec::new());
    ui.diagnostics(&session.diagnostics, &session.sources);
    result
}

/// Checks, connects and plans; what is wrong is in the diagnostics of the session.
pub async fn attempt(
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
pub fn waiting(plan: &Plan) -> Vec<String> {
    plan.waits.iter().map(|waits| waits.address.to_string()).collect()
}

/// Prints a plan.
pub fn show(ui: Ui, plan: &Plan, environment: &str, place: &str) {
    ui.stream(|| stream::plan(plan, environment));
    if !ui.json {
        ui.out(&ui::plan::render(ui, plan, environment, place));
    }
}
