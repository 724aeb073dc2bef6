//! `cachestack apply` and `cachestack destroy`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::Address;
use crate::apply::{Report, Stop};
use crate::cli::args::ApplyArgs;
use crate::cli::plan::told_apart;
use crate::cli::run::{Context, fail, one, plan_options};
use crate::cli::saved::{self, Named};
use crate::cli::{approve, asked, exit, several, signals};
use crate::ops::apply::{Run, apply, check_secrets, guard, lock};
use crate::ops::connect::Connection;
use crate::ops::recover::Watch;
use crate::ops::{Failure, Session};
use crate::plan::{Blocked, Options, Plan, Waits};
use crate::state::State;
use crate::state::store::Store;
use crate::ui::live::Work;
use crate::ui::progress::Places;
use crate::ui::{self, Ui, progress, stream, value};

/// Brings the account to what the stack says, or destroys what is in the state.
pub async fn run(context: &Context, args: &ApplyArgs, destroy: bool) -> u8 {
    let ui = context.ui(args.messages.json).in_full(args.full);
    if let Err(failure) = context.beside(args.messages.json_into.as_deref()) {
        return fail(ui, &failure);
    }
    let result = match plan_file(context, args, destroy) {
        Ok(None) => attempt(context, ui, args, destroy).await,
        Ok(Some((file, stack))) => saved::apply(context, ui, args, &file, stack.as_deref()).await,
        Err(failure) => Err(failure),
    };
    result.unwrap_or_else(|failure| fail(ui, &failure))
}

/// The saved plan that is meant, and the directory of its stack where one is given.
fn plan_file(
    context: &Context,
    args: &ApplyArgs,
    destroy: bool,
) -> Result<Option<(PathBuf, Option<PathBuf>)>, Failure> {
    let operand = args.stack.stack.as_deref();
    let named = operand.map(|operand| saved::named(&context.path(operand))).transpose()?;
    let found = match (&args.plan, named) {
        (Some(_), Some(Named::Plan(_))) => {
            return Err(Failure::Error("there are two saved plans: --plan and the operand".to_owned()));
        }
        (Some(file), _) => Some((context.path(file), operand.map(Path::to_owned))),
        (None, Some(Named::Plan(file))) => Some((file, None)),
        _ => None,
    };
    if destroy && found.is_some() {
        let why = "a saved plan is carried out by `apply`; to save one that destroys: plan --destroy --out FILE";
        return Err(Failure::Error(why.to_owned()));
    }
    Ok(found)
}

async fn attempt(context: &Context, ui: Ui, args: &ApplyArgs, destroy: bool) -> Result<u8, Failure> {
    let stop = signals::listen(ui);
    let options = plan_options(&args.scope, destroy)?;
    if options.remembered {
        let why = "-refresh=false: an apply looks at what it changes; a plan that does not is only shown";
        return Err(Failure::Error(why.to_owned()));
    }
    if args.all && destroy {
        // What is destroyed cannot be brought back.
        return Err(Failure::Error("environments are destroyed one by one: name each with -e NAME".to_owned()));
    }
    let (loaded, environments) = context.environments(ui, &args.stack, args.all)?;
    if environments.len() > 1 && !destroy {
        return several::apply(context, ui, args, (loaded, environments), &options, stop).await;
    }
    let command = if destroy { "cachestack destroy" } else { "cachestack apply" };
    let manner = Manner { command, destroy, judge: &|_, _| Ok(()), agreed: &|| Ok(()), stop };
    let session = asked::session(context, ui, &loaded, one(environments)?);
    let ui = told_apart(ui, &loaded, &session);
    let ended = plan_and_apply(context, ui, args, session, options, &manner).await;
    Ok(ended.map_or_else(|failure| fail(ui, &failure), |(code, _)| code))
}

/// Refuses a plan that is not what was asked for.
pub type Judge<'a> = dyn Fn(&Plan, &State) -> Result<(), Failure> + 'a;

/// What a run is called, and what it wants of its plan.
pub struct Manner<'a> {
    /// The command, for whoever finds the state locked.
    pub command: &'a str,
    /// Whether everything is to go.
    pub destroy: bool,
    /// Refuses a plan that is not what was asked for.
    pub judge: &'a Judge<'a>,
    /// What is done once the plan is agreed to, before anything is sent.
    pub agreed: &'a dyn Fn() -> Result<(), Failure>,
    /// When to stop.
    pub stop: Stop,
}

/// Plans, asks and applies; answers the exit code, and the state after it unless it was not approved.
pub async fn plan_and_apply(
    context: &Context,
    ui: Ui,
    args: &ApplyArgs,
    mut session: Session,
    options: Options,
    manner: &Manner<'_>,
) -> Result<(u8, Option<State>), Failure> {
    let stop = manner.stop.clone();
    let destroy = manner.destroy;
    let patience = args.scope.lock_timeout;
    // Nothing is locked or read for a stack that is wrong.
    if session.has_errors() {
        super::plan::prepare(ui, &mut session, &options, None).await?;
    }
    let lock = lock(&session, context.holder(manner.command, &*session.clock), patience).await?;
    let (events, incoming) = tokio::sync::mpsc::unbounded_channel();
    let follower = tokio::spawn(progress::follow(ui, incoming, Arc::default(), Work::default()));
    let watch = Watch { events, stop: stop.clone() };
    let prepared = super::plan::prepare(ui, &mut session, &options, Some((lock, &watch))).await;
    drop(watch);
    let _ = follower.await;
    let (plan, store, connection) = prepared?;
    (manner.judge)(&plan, &store.state())?;
    let name = session.environment.name.to_string();
    // A part of a change that needs nothing says nothing of the rest.
    if options.rotate.is_none() || !plan.is_empty() {
        super::plan::show(ui, &plan, &name, &connection.place);
    }
    guard(&plan)?;
    check_secrets(&plan)?;
    if !plan.is_empty() && !args.auto_approve && !approve::approved(context, ui, &plan, &name)? {
        ui.error("not approved; nothing was sent");
        return Ok((exit::ERROR, None));
    }
    (manner.agreed)()?;
    let doing =
        Doing { parallelism: args.scope.parallelism, saved: None, destroy, strict: args.scope.strict_pending, stop };
    carry_out(ui, session, store, connection, plan, doing).await
}

/// How a plan is carried out that was agreed to.
pub struct Doing {
    /// How many calls at once.
    pub parallelism: usize,
    /// The id of the saved plan that it is.
    pub saved: Option<String>,
    /// Whether everything is to go.
    pub destroy: bool,
    /// Whether what waits for a maintenance window counts as a difference.
    pub strict: bool,
    /// When to stop.
    pub stop: Stop,
}

/// Carries out a plan that was shown, and tells of it; answers the exit code and the state after it.
pub async fn carry_out(
    ui: Ui,
    session: Session,
    store: Store,
    connection: Connection,
    plan: Plan,
    doing: Doing,
) -> Result<(u8, Option<State>), Failure> {
    let Doing { parallelism, saved, destroy, strict, stop } = doing;
    if ui::lost().is_some() {
        return Err(Failure::Error("what is to be done could not be shown; nothing was sent".to_owned()));
    }
    let (empty, skipped, waits) = (plan.is_empty(), plan.skipped.clone(), plan.waits.clone());
    let steps: Vec<Address> = plan.steps.iter().map(|step| step.address.clone()).collect();
    let places = Arc::new(places(&session, &plan));
    let before = saved.as_ref().and_then(|plan| Some(store.state().progress_of(plan)?.done.len()));
    let work = Work::of(&plan, before.unwrap_or(0));
    let (events, incoming) = tokio::sync::mpsc::unbounded_channel();
    let follower = tokio::spawn(progress::follow(ui, incoming, places.clone(), work));
    let run = Run { saved, parallelism, events, stop };
    if !empty {
        exit::begin_sending();
    }
    let report = apply(session, store, connection, plan, run).await?;
    let _ = follower.await;
    // What is destroyed answers for nothing any more.
    if !destroy {
        ui.diagnostics(&report.checks, &places.sources);
    }
    let mut code = finish(ui, &report, &places, empty, destroy);
    if code == exit::OK && !skipped.is_empty() {
        code = left_out(ui, &skipped);
    }
    let strict = strict && !destroy && code == exit::OK;
    let left = if strict { left_waiting(&report, &waits, &steps) } else { Vec::new() };
    if super::pending::told(ui, &left) {
        code = exit::DIFFERENCES;
    }
    let state = report.store.state().clone();
    Ok((code, Some(state)))
}

/// Says what `--skip-blocked` has left out; answers the exit code of a run that has done the rest.
fn left_out(ui: Ui, skipped: &[Blocked]) -> u8 {
    let names: BTreeSet<String> = skipped.iter().map(|one| one.address.to_string()).collect();
    let names: Vec<String> = names.into_iter().collect();
    ui.error(&format!("left out, because a guard stands against it: {}", names.join(", ")));
    exit::REFUSED
}

/// Where the blocks of the steps stand.
fn places(session: &Session, plan: &Plan) -> Places {
    let stack = session.evaluator.stack();
    let spans = plan.steps.iter().filter_map(|step| Some((step.address.clone(), stack.resource(&step.address)?.span)));
    Places { spans: spans.collect(), sources: session.sources.clone() }
}

fn finish(ui: Ui, report: &Report, places: &Places, empty: bool, destroy: bool) -> u8 {
    let counts = report.counts;
    let imported = if counts.import > 0 { format!("{} imported, ", counts.import) } else { String::new() };
    let forgotten = if counts.forget > 0 { format!(", {} forgotten", counts.forget) } else { String::new() };
    let taken = if counts.drift > 0 { format!(", {} taken over", counts.drift) } else { String::new() };
    let done = format!(
        "{imported}{} added, {} changed, {} destroyed{forgotten}{taken}",
        counts.add, counts.change, counts.destroy
    );
    let complete = report.is_complete();
    let code = match (complete, report.is_nothing()) {
        (true, _) => exit::OK,
        (false, true) => exit::ERROR,
        (false, false) => exit::REMAINS,
    };
    ui.stream(|| ended(report, destroy));
    if ui.json {
        return code;
    }
    for (address, name) in &report.farewells {
        ui.out(&format!("\nFinal snapshot \"{name}\" taken of {address}.\n"));
    }
    if let Some(why) = &report.unwritten {
        ui.error(&format!("{why}; the journal keeps what was done, and the next run goes on from it"));
    }
    if !complete {
        // What went wrong has been told when it happened.
        let names = |all: &mut dyn Iterator<Item = &Address>| {
            all.map(|address| places.with(address)).collect::<Vec<_>>().join(", ")
        };
        if !report.failed.is_empty() {
            ui.error(&format!("failed: {}", names(&mut report.failed.iter().map(|(address, _)| address))));
        }
        if !report.begun.is_empty() {
            ui.error(&format!("begun and not finished: {}", names(&mut report.begun.iter())));
        }
        let stopped = ui.paint(ui::bad(), if report.stopped { "Stopped" } else { "Incomplete" });
        let begun = if report.begun.is_empty() {
            String::new()
        } else {
            format!("{} begun and not finished, ", report.begun.len())
        };
        let saved = match (report.is_nothing(), &report.unwritten) {
            (true, _) => "Nothing was sent; run it again.",
            (false, Some(_)) => "Run it again to go on.",
            (false, None) => "The state is saved; run it again to go on.",
        };
        ui.out(&format!(
            "\n{stopped}: {done}; {} failed, {begun}{} not begun. {saved}\n",
            report.failed.len(),
            report.skipped.len()
        ));
        return code;
    }
    if !empty {
        let word = if destroy { "Destroy" } else { "Apply" };
        let word = ui.paint(ui::good(), &format!("{word} complete"));
        ui.out(&format!("\n{word}: {done}.\n"));
    }
    if !destroy {
        outputs(ui, report);
    }
    exit::OK
}

/// What waits for a maintenance window now: what did before and was not touched, and what the records say of the rest.
fn left_waiting(report: &Report, waits: &[Waits], steps: &[Address]) -> Vec<String> {
    let untouched = waits.iter().filter(|waits| !steps.contains(&waits.address));
    let state = report.store.state();
    let recorded = state.records.iter().filter(|(address, record)| steps.contains(address) && !record.since.is_empty());
    let names: BTreeSet<&Address> =
        untouched.map(|waits| &waits.address).chain(recorded.map(|(address, _)| address)).collect();
    names.into_iter().map(ToString::to_string).collect()
}

/// The end for programs: what Terraform says of a whole success, then what became of everything.
fn ended(report: &Report, destroy: bool) -> Vec<serde_json::Value> {
    let (counts, complete) = (report.counts, report.is_complete());
    let members = serde_json::json!({
        "complete": complete, "imported": counts.import, "added": counts.add, "changed": counts.change,
        "destroyed": counts.destroy, "forgotten": counts.forget, "taken_over": counts.drift,
        "failed": report.failed.len(), "unfinished": report.begun.len(), "skipped": report.skipped.len(),
        "unwritten": report.unwritten, "final_snapshots": farewells(report),
    });
    let message = match (complete, report.is_nothing()) {
        (true, _) => "Complete",
        (false, true) => "Nothing was sent",
        (false, false) => "Something remains; it is safe to run it again",
    };
    let own = stream::line(if complete { "info" } else { "error" }, message, "apply_summary", members);
    let whole =
        complete.then(|| [stream::applied(&counts, destroy), stream::applied_outputs(&report.store.state().outputs)]);
    whole.into_iter().flatten().chain([own]).collect()
}

fn farewells(report: &Report) -> Vec<serde_json::Value> {
    let one = |(address, name): &(Address, String)| serde_json::json!({ "address": address.to_string(), "name": name });
    report.farewells.iter().map(one).collect()
}

fn outputs(ui: Ui, report: &Report) {
    let outputs = report.store.state().outputs.clone();
    if outputs.is_empty() {
        return;
    }
    ui.out("\nOutputs:\n\n");
    let width = outputs.keys().map(String::len).max().unwrap_or(0);
    for (name, output) in &outputs {
        let shown = output.as_ref().map_or_else(|| value::SENSITIVE.to_owned(), |output| value::whole(output, 0));
        ui.out(&format!("{} = {shown}\n", ui.paint(ui::name(), &format!("{name:width$}"))));
    }
}
