//! Several environments of one stack: plans of all of them at the same time, and applies one after another.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tokio::runtime::Handle;

use crate::apply::Stop;
use crate::cli::apply::{Manner, plan_and_apply};
use crate::cli::args::{ApplyArgs, PlanArgs};
use crate::cli::plan::{attempt, code_of, keep, show, waiting};
use crate::cli::run::{Context, explain, fail};
use crate::cli::{exit, pending, report, signals};
use crate::diag::gather::join;
use crate::ops::connect::Connection;
use crate::ops::{Failure, Loaded, Session, SessionOptions};
use crate::plan::{Options, Plan};
use crate::state::store::Store;
use crate::ui::environments::{self, Row};
use crate::ui::live::Reading;
use crate::ui::report::findings;
use crate::ui::report::markdown::Section;
use crate::ui::{self, Ui, stream};

/// An environment, and what could be made of it.
pub struct Made {
    /// Its stack.
    pub session: Session,
    /// Its plan.
    pub plan: Result<(Plan, Store, Connection), Failure>,
}

impl Made {
    fn name(&self) -> &str {
        &self.session.environment.name
    }

    fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref().ok().map(|(plan, ..)| plan)
    }
}

/// Does something in all environments at the same time, with files that were read once.
pub async fn at_once<T: Send + 'static>(
    loaded: &Arc<Loaded>,
    environments: Vec<SessionOptions>,
    work: impl Fn(&mut Session, &Handle) -> T + Send + Sync + 'static,
) -> Vec<(Session, T)> {
    let work = Arc::new(work);
    let start = |environment: SessionOptions| {
        let (loaded, work, runtime) = (loaded.clone(), work.clone(), Handle::current());
        // Each on a thread of its own: evaluation waits for nobody, and its values are shared by no two threads.
        tokio::task::spawn_blocking(move || {
            let mut session = Session::of(&loaded, &environment);
            let done = work(&mut session, &runtime);
            (session, done)
        })
    };
    let started: Vec<_> = environments.into_iter().map(start).collect();
    let mut all = Vec::new();
    for task in started {
        match task.await {
            Ok(one) => all.push(one),
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        }
    }
    all
}

/// Plans all environments at the same time.
async fn plans(loaded: &Arc<Loaded>, environments: Vec<SessionOptions>, options: Options) -> Vec<Made> {
    let plans = at_once(loaded, environments, move |session, runtime| {
        let plan = runtime.block_on(attempt(session, &options, None));
        session.report(Vec::new());
        plan
    });
    plans.await.into_iter().map(|(session, plan)| Made { session, plan }).collect()
}

/// Plans all environments and shows them, with a table at the end; answers the worst of their exit codes.
pub async fn plan(
    context: &Context,
    ui: Ui,
    args: &PlanArgs,
    (loaded, environments): (Arc<Loaded>, Vec<SessionOptions>),
    options: &Options,
) -> Result<u8, Failure> {
    signals::listen(ui);
    let reading = Reading::begin(ui);
    let made = plans(&loaded, environments, options.clone()).await;
    drop(reading);
    let (found, sources) = join(made.iter().map(|made| made.session.found()).collect());
    let rows: Vec<Row> = made.iter().map(|made| row(args, made)).collect();
    if ui.streams() {
        let of = |(made, row): (&Made, &Row)| {
            let error = made.plan.as_ref().err().and_then(|failure| explain(failure).0);
            let messages = made.plan().map(|plan| stream::plan(plan, made.name())).unwrap_or_default();
            let messages = messages.into_iter().map(|line| ui.stamped(line)).collect();
            environments::json(row, error.as_deref(), messages)
        };
        let diagnostics: Vec<_> = found.iter().map(|one| ui::json::diagnostic_body(one, &sources)).collect();
        ui.document(&json!({
            "format_version": "1.0",
            "environments": made.iter().zip(&rows).map(of).collect::<Vec<_>>(),
            "diagnostics": diagnostics,
        }));
    }
    let ui = ui.without_stream();
    if !ui.json {
        ui.diagnostics(&found, &sources);
        made.iter().for_each(|made| tell(ui, args, made));
    }
    let sections: Vec<Section> = made.iter().zip(&rows).map(|(made, row)| section(row, made)).collect();
    let title = format!("Plan of {}", loaded.name());
    let findings = findings(&found, &sources);
    report::publish(context, args.markdown.as_deref(), &title, &environments::COLUMNS, &sections, &findings)?;
    if let Some(out) = &args.out {
        keep_all(context, ui, args, out, &made)?;
    }
    ui.say(&format!("\n{}", environments::table(&rows)));
    Ok(exit::worst(rows.iter().map(|row| row.code)))
}

/// An environment in a report.
fn section(row: &Row, made: &Made) -> Section {
    let failure = made.plan.as_ref().err();
    let place = made.plan.as_ref().map(|(_, _, connection)| connection.place.as_str()).unwrap_or_default();
    report::of_plan(row, place, failure.and_then(|failure| explain(failure).0))
}

/// Keeps every plan that could be made in a directory, under the name of its environment.
fn keep_all(context: &Context, ui: Ui, args: &PlanArgs, directory: &Path, made: &[Made]) -> Result<(), Failure> {
    let whole = context.path(directory);
    std::fs::create_dir_all(&whole).map_err(|error| {
        Failure::Error(format!("{}: plans of several environments want a directory: {error}", directory.display()))
    })?;
    for made in made {
        if let Ok(plan) = &made.plan {
            keep(context, ui, args, &directory.join(format!("{}.plan", made.name())), &made.session, plan)?;
        }
    }
    Ok(())
}

fn row<'a>(args: &PlanArgs, made: &'a Made) -> Row<'a> {
    match &made.plan {
        Ok((plan, ..)) => row_of(made.name(), Some(plan), code_of(args, plan)),
        Err(failure) => row_of(made.name(), None, explain(failure).1),
    }
}

/// An environment in the table.
pub fn row_of<'a>(environment: &'a str, plan: Option<&'a Plan>, code: u8) -> Row<'a> {
    let result = match (plan, code) {
        (_, exit::REFUSED) => "refused",
        (_, exit::LOCKED) => "locked",
        (None, _) => "error",
        (Some(plan), _) if plan.is_empty() => "no changes",
        _ => "changes",
    };
    Row { environment, plan, result: result.to_owned(), code }
}

/// Shows one environment among several.
fn tell(ui: Ui, args: &PlanArgs, made: &Made) {
    let ui = ui.of(made.name());
    match &made.plan {
        Ok((plan, _, connection)) => {
            ui.out("\n");
            show(ui, plan, made.name(), &connection.place);
            if args.scope.strict_pending {
                let named = |name: String| format!("{name} in {}", made.name());
                pending::told(ui, &waiting(plan).into_iter().map(named).collect::<Vec<_>>());
            }
        }
        Err(Failure::Stack) => ui.error("no plan: the stack has the errors that are shown above"),
        Err(failure) => drop(fail(ui, failure)),
    }
}

/// Applies in one environment after another, in the order given. Each has its own lock, plan and question; after the
/// first that does not come to its end no other is begun.
pub async fn apply(
    context: &Context,
    ui: Ui,
    args: &ApplyArgs,
    (loaded, environments): (Arc<Loaded>, Vec<SessionOptions>),
    options: &Options,
    stop: Stop,
) -> Result<u8, Failure> {
    let mut results: Vec<(String, Option<u8>)> = Vec::new();
    for environment in environments {
        let name = environment.environment.clone().unwrap_or_default();
        let goes_on = results.iter().all(|(_, code)| matches!(code, Some(exit::OK | exit::DIFFERENCES)));
        if !goes_on || stop.load(std::sync::atomic::Ordering::SeqCst) {
            results.push((name, None));
            continue;
        }
        let ui = ui.of(&name);
        ui.say(if results.is_empty() { "" } else { "\n" });
        let manner = Manner {
            command: "cachestack apply",
            destroy: false,
            judge: &|_, _| Ok(()),
            agreed: &|| Ok(()),
            stop: stop.clone(),
        };
        let session = Session::of(&loaded, &environment);
        let ended = plan_and_apply(context, ui, args, session, options.clone(), &manner).await;
        let code = ended.map_or_else(|failure| fail(ui, &failure), |(code, _)| code);
        results.push((name, Some(code)));
    }
    let rows: Vec<[String; 2]> = results.iter().map(|(name, code)| [name.clone(), outcome(*code)]).collect();
    ui.say(&format!("\n{}", environments::columns(&["Environment", "Result"], &rows, |_| false)));
    let is_done = results.iter().all(|(_, code)| code.is_some());
    let code = exit::worst(results.iter().filter_map(|(_, code)| *code));
    // What one environment was sent remains when another failed, or was not come to: other codes say that nothing was.
    Ok(match code {
        exit::ERROR => exit::broken(),
        exit::OK if !is_done => exit::broken(),
        exit::REFUSED | exit::LOCKED | exit::STALE if !options.skip_blocked => match exit::broken() {
            exit::REMAINS => exit::REMAINS,
            _ => code,
        },
        code => code,
    })
}

fn outcome(code: Option<u8>) -> String {
    match code {
        None => "not begun".to_owned(),
        Some(exit::OK) => "done".to_owned(),
        Some(exit::DIFFERENCES) => "done, with something left for later".to_owned(),
        Some(exit::REFUSED) => "refused".to_owned(),
        Some(exit::LOCKED) => "locked".to_owned(),
        Some(exit::REMAINS) => "not finished".to_owned(),
        Some(code) => format!("failed (exit code {code})"),
    }
}
