//! `cachestack cost analyze` and `cost report`

use crate::address::Subject;
use crate::cli::args::{CostAnalyze, CostReport, InputArgs};
use crate::cli::day_two::{Open, connected};
use crate::cli::run::{Context, explain, fail};
use crate::cli::{exit, signals};
use crate::disk;
use crate::kinds;
use crate::ops::connect::Purpose;
use crate::ops::day_two::{Meant, kind_of, unknown};
use crate::ops::money::analyze::{analyze, is_measured, measured};
use crate::ops::money::report::Report;
use crate::ops::{Failure, Session};
use crate::ui::Ui;
use crate::ui::money::report;

/// Tells what could be saved on caches that are there.
pub async fn run(context: &Context, args: &CostAnalyze) -> u8 {
    let ui = context.ui(false);
    let made = make(context, ui, (&args.inputs, args.address.as_deref()), args.days).await;
    let told = made.map(|made| {
        if args.json {
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
    let made = make(context, ui, (&args.inputs, args.address.as_deref()), args.days).await;
    let told = made.and_then(|made| {
        put(context, ui, args, &made)?;
        Ok(code(ui, &made))
    });
    told.unwrap_or_else(|failure| fail(ui, &failure))
}

fn put(context: &Context, ui: Ui, args: &CostReport, made: &Report) -> Result<(), Failure> {
    let text = match (args.json, args.html) {
        (true, _) => format!("{:#}\n", report::json(made)),
        (_, true) => report::html(made),
        _ => report::markdown(made),
    };
    let Some(file) = &args.out else {
        ui.out(&text);
        return Ok(());
    };
    let wrong = |error: std::io::Error| Failure::Error(format!("--out {}: {error}", file.display()));
    disk::replace(&context.path(file), text.as_bytes()).map_err(wrong)?;
    ui.say(&format!("Written: {}\n", file.display()));
    Ok(())
}

/// What could not be looked at is an error, though the rest is told.
fn code(ui: Ui, made: &Report) -> u8 {
    let failed: Vec<&(String, String)> = made.caches.iter().filter_map(|cache| cache.as_ref().err()).collect();
    failed.iter().for_each(|(_, why)| ui.error(why));
    if failed.is_empty() { exit::OK } else { exit::ERROR }
}

async fn make(
    context: &Context,
    ui: Ui,
    (inputs, address): (&InputArgs, Option<&str>),
    days: u32,
) -> Result<Report, Failure> {
    signals::listen(ui);
    let wrong = |text: &str| Failure::Error(format!("`{text}` is not an address"));
    let subject = address.map(|text| kinds::subject(text).ok_or_else(|| wrong(text))).transpose()?;
    let session = context.open_inputs(ui, inputs)?;
    let caches = meant(&session, subject.as_ref())?;
    let environment = session.environment.name.to_string();
    let now = jiff::Timestamp::try_from(session.clock.now()).unwrap_or_default();
    let generated_at = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut report = Report { environment, generated_at, days, caches: Vec::new() };
    if caches.is_empty() {
        return Ok(report);
    }
    let open = connected(ui, session, Purpose::Look).await?;
    for cache in &caches {
        report.caches.push(look(&open, cache, days).await);
    }
    // Where nothing could be looked at, the reason is all that there is to tell.
    match &report.caches[..] {
        [Err((_, why)), rest @ ..] if rest.iter().all(Result::is_err) => Err(Failure::Error(why.clone())),
        _ => Ok(report),
    }
}

async fn look(open: &Open, cache: &Meant, days: u32) -> Result<crate::ops::money::analyze::Analysis, (String, String)> {
    let found = analyze(&open.connection, cache, days, &*open.session.clock).await;
    found.map_err(|failure| (cache.address.to_string(), explain(&failure).0.unwrap_or_default()))
}

/// The caches that are meant, of those that were applied.
fn meant(session: &Session, subject: Option<&Subject>) -> Result<Vec<Meant>, Failure> {
    if let Some(Subject::Resource(address)) = subject {
        kind_of(address, is_measured)?;
    }
    let state = session.store()?.state().clone();
    let found = measured(&state, subject);
    match subject.filter(|_| found.is_empty()) {
        None => Ok(found),
        Some(Subject::Resource(address)) => Err(Failure::Error(unknown(session, &state, address))),
        Some(module) => Err(Failure::Error(format!("the state has no caches in `{module}`"))),
    }
}
