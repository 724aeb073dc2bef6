//! `cachestack cost analyze` and `cost report`

use crate::address::Subject;
use crate::cli::args::{CostAnalyze, CostAnalyzed, CostReport, StackArgs};
use crate::cli::operand;
use crate::cli::run::{Context, explain, fail};
use crate::cli::several::at_once;
use crate::cli::spared;
use crate::cli::{exit, signals};
use crate::clock::Clock;
use crate::diag::gather::join;
use crate::disk;
use crate::ops::connect::{Connection, Purpose, connect};
use crate::ops::day_two::{Meant, at_home, kind_of, unknown};
use crate::ops::money::analyze::{Analysis, analyze, is_measured, measured};
use crate::ops::money::report::{Report, Reports};
use crate::ops::{Failure, Session};
use crate::ui::Ui;
use crate::ui::money::report;

/// Tells what could be saved on caches that are there.
pub async fn run(context: &Context, args: &CostAnalyze) -> u8 {
    let ui = context.ui(false);
    let told = make(context, ui, &args.analyzed).await.map(|made| {
        if args.analyzed.json {
            ui.json(&report::json(&made))
        } else {
            ui.out(&report::text(&made))
        }
        code(ui, &made)
    });
    told.unwrap_or_else(|failure| fail(ui, &failure))
}

/// Writes the same as a report.
pub async fn write(context: &Context, args: &CostReport) -> u8 {
    let ui = context.ui(false);
    let told = make(context, ui, &args.analyzed).await.and_then(|made| {
        put(context, ui, args, &made)?;
        Ok(code(ui, &made))
    });
    told.unwrap_or_else(|failure| fail(ui, &failure))
}

fn put(context: &Context, ui: Ui, args: &CostReport, made: &Reports) -> Result<(), Failure> {
    let text = match (args.analyzed.json, args.html) {
        (true, _) => format!("{:#}\n", report::json(made)),
        (_, true) => report::html(made),
        _ => report::markdown(made),
    };
    let Some(file) = &args.out else {
        ui.out(&text);
        return Ok(());
    };
    let wrong = |error: std::io::Error| Failure::Error(format!("--out {}: {error}", file.display()));
    spared::check(file).map_err(Failure::Error)?;
    disk::replace(&context.path(file), text.as_bytes()).map_err(wrong)?;
    ui.say(&format!("Written: {}\n", file.display()));
    Ok(())
}

/// What could not be looked at is an error, though the rest is told.
fn code(ui: Ui, made: &Reports) -> u8 {
    let mut code = exit::OK;
    for report in &made.made {
        let ui = if made.single().is_some() { ui } else { ui.of(&report.environment) };
        for (_, why) in report.caches.iter().filter_map(|cache| cache.as_ref().err()) {
            ui.error(why);
            code = exit::ERROR;
        }
    }
    for (environment, why) in &made.failed {
        ui.of(environment).error(why);
        code = exit::ERROR;
    }
    code
}

/// Looks at every environment that is meant, at the same time.
async fn make(context: &Context, ui: Ui, args: &CostAnalyzed) -> Result<Reports, Failure> {
    signals::listen(ui);
    let subject = args.address.as_deref().map(operand::subject).transpose()?;
    let stack = StackArgs { stack: None, inputs: args.inputs.clone() };
    let (loaded, environments) = context.environments(ui, &stack, args.all)?;
    let days = args.days;
    let made = at_once(&loaded, environments, move |session, runtime| {
        let made = runtime.block_on(analyzed(session, subject.as_ref(), days));
        session.report(Vec::new());
        made
    })
    .await;
    let wrong = made.iter().filter(|(_, made)| matches!(made, Err(Failure::Stack)));
    let (found, sources) = join(wrong.map(|(session, _)| session.found()).collect());
    ui.diagnostics(&found, &sources);
    let mut reports = Reports::default();
    let is_one = made.len() == 1;
    for (session, made) in made {
        match made {
            Ok(report) => reports.made.push(report),
            Err(failure) if is_one => return Err(failure),
            Err(failure) => {
                let why =
                    explain(&failure).0.unwrap_or_else(|| "the stack has the errors that are shown above".to_owned());
                reports.failed.push((session.environment.name.to_string(), why));
            }
        }
    }
    Ok(reports)
}

/// The report of one environment.
async fn analyzed(session: &mut Session, subject: Option<&Subject>, days: u32) -> Result<Report, Failure> {
    if session.has_errors() {
        return Err(Failure::Stack);
    }
    let caches = meant(session, subject)?;
    let now = jiff::Timestamp::try_from(session.clock.now()).unwrap_or_default();
    let mut report = Report {
        environment: session.environment.name.to_string(),
        generated_at: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        days,
        caches: Vec::new(),
    };
    if caches.is_empty() {
        return Ok(report);
    }
    let state = session.kept()?.state().clone();
    let connection = connect(session, Purpose::Look).await?;
    at_home(session, &state, &connection)?;
    for cache in &caches {
        report.caches.push(look(&connection, cache, days, &*session.clock).await);
    }
    // Where nothing could be looked at, the reason is all that there is to tell.
    match &report.caches[..] {
        [Err((_, why)), rest @ ..] if rest.iter().all(Result::is_err) => Err(Failure::Error(why.clone())),
        _ => Ok(report),
    }
}

async fn look(
    connection: &Connection,
    cache: &Meant,
    days: u32,
    clock: &dyn Clock,
) -> Result<Analysis, (String, String)> {
    let found = analyze(connection, cache, days, clock).await;
    found.map_err(|failure| (cache.address.to_string(), explain(&failure).0.unwrap_or_default()))
}

/// The caches that are meant, of those that were applied.
fn meant(session: &Session, subject: Option<&Subject>) -> Result<Vec<Meant>, Failure> {
    if let Some(Subject::Resource(address)) = subject {
        kind_of(address, is_measured)?;
    }
    let state = session.kept()?.state().clone();
    let found = measured(&state, subject);
    match subject.filter(|_| found.is_empty()) {
        None => Ok(found),
        Some(Subject::Resource(address)) => Err(Failure::Error(unknown(session, &state, address))),
        Some(module) => Err(Failure::Error(format!("the state has no caches in `{module}`"))),
    }
}
