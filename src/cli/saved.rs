//! Saved plans: writing one for `plan --out`, telling one from a stack, and carrying one out for `apply`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::apply::{Doing, carry_out};
use crate::cli::args::{ApplyArgs, InputArgs, ScopeArgs, StackArgs};
use crate::cli::run::Context;
use crate::cli::signals;
use crate::cli::spared;
use crate::disk;
use crate::kinds;
use crate::lang::source;
use crate::ops::apply::{guard, lock};
use crate::ops::connect::{Connection, Purpose, connect};
use crate::ops::recover::Watch;
use crate::ops::saved::{Given, Kept, check_state, resume, save};
use crate::ops::{Failure, Session, SessionOptions};
use crate::plan::saved::configuration::Configuration;
use crate::plan::saved::seal::{self, MAGIC, Opened};
use crate::plan::saved::{Asked, Saved};
use crate::plan::{Action, Plan, Step};
use crate::stack::Stack;
use crate::stack::variables;
use crate::state::Progress;
use crate::state::store::Store;
use crate::ui::live::{Reading, Work};
use crate::ui::{Ui, progress};

/// The longest plan that is read.
const LONGEST: u64 = 1 << 30;

/// What an operand names.
#[derive(Debug, PartialEq, Eq)]
pub enum Named {
    /// The directory of a stack.
    Directory(PathBuf),
    /// A saved plan.
    Plan(PathBuf),
}

/// What a path names: a directory is a stack, a file that begins as a saved plan is one, and any other text means its
/// directory where it is all of a stack, but for a plan that was told as JSON.
///
/// # Errors
/// A file that is neither, such as one of values for variables.
pub fn named(path: &Path) -> Result<Named, Failure> {
    if !path.is_file() {
        return Ok(Named::Directory(path.to_owned()));
    }
    let wrong = |why: String| Failure::Error(format!("{}: {why}", path.display()));
    if source::is_of_values(&path.to_string_lossy()) {
        return Err(wrong("it is a file of values: pass it with --var-file".to_owned()));
    }
    let bytes = read(path)?;
    if seal::is_plan(&bytes) {
        return Ok(Named::Plan(path.to_owned()));
    }
    // A plan that was cut off or damaged must not be taken for its directory.
    let begun = MAGIC.as_bytes().starts_with(&bytes);
    if begun || std::str::from_utf8(&bytes).is_err() || bytes.contains(&0) {
        let why = seal::open(&bytes).err().map(|why| why.to_string()).unwrap_or_default();
        return Err(wrong(why));
    }
    if is_told(&bytes) {
        let why = "it is a plan as JSON, for other programs to read: name the file that `plan --out` wrote";
        return Err(wrong(why.to_owned()));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !source::is_whole(parent) {
        return Err(wrong(format!(
            "it is one file of a stack, and all files of a directory are one stack: name {}, or one resource with --target",
            parent.display()
        )));
    }
    Ok(Named::Directory(parent.to_owned()))
}

/// Whether a text is what `show --json` tells of a plan, or what a plan with `--json` says.
fn is_told(bytes: &[u8]) -> bool {
    let first = serde_json::Deserializer::from_slice(bytes).into_iter::<serde_json::Value>().next();
    let has = |name: &str| first.as_ref().is_some_and(|first| first.as_ref().is_ok_and(|it| it.get(name).is_some()));
    bytes.starts_with(b"{") && (has("resource_changes") || has("planned_values") || has("@level"))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |why: String| Failure::Error(format!("{}: {why}", path.display()));
    let bytes = disk::read_regular(path, LONGEST).map_err(|error| wrong(error.to_string()))?;
    bytes.ok_or_else(|| wrong("there is no such file".to_owned()))
}

/// A saved plan as it was read.
pub struct OpenPlan {
    /// The plan.
    pub saved: Saved,
    opened: Opened,
    bytes: Vec<u8>,
}

/// Reads a saved plan.
///
/// # Errors
/// It cannot be read, or is none.
pub fn open(path: &Path) -> Result<OpenPlan, Failure> {
    let bytes = read(path)?;
    let (saved, opened) = Saved::read(&bytes).map_err(|why| Failure::Error(format!("{}: {why}", path.display())))?;
    Ok(OpenPlan { saved, opened, bytes })
}

/// The same failure, for whoever fears that something was done.
fn unsent(failure: Failure) -> Failure {
    match failure {
        Failure::Error(why) => Failure::Error(format!("{why}; nothing was sent")),
        other => other,
    }
}

/// Whether a plan may be written there: over nothing, or over an older one.
///
/// # Errors
/// It would take the place of something else.
pub fn may_be_written(path: &Path) -> Result<(), Failure> {
    spared::check(path).map_err(|why| Failure::Error(format!("--out {why}")))?;
    let is_older = |path: &Path| read(path).is_ok_and(|bytes| bytes.is_empty() || seal::is_plan(&bytes));
    match path.is_file() && !is_older(path) {
        true => Err(Failure::Error(format!(
            "--out {}: there is a file that is no saved plan, and it is not overwritten; choose another name",
            path.display()
        ))),
        false => Ok(()),
    }
}

/// Writes a plan that was just made.
///
/// # Errors
/// It cannot be written.
pub fn write(
    context: &Context,
    path: &Path,
    stack: &StackArgs,
    made: (&Session, &Store, &Connection, &Plan),
    asked: Asked,
) -> Result<(), Failure> {
    let (session, store, connection, plan) = made;
    let text = |path: &Path| path.display().to_string();
    let given = Given {
        directory: stack.stack.as_deref().map_or_else(|| ".".to_owned(), text),
        endpoint: stack.inputs.endpoint.clone().filter(|endpoint| !endpoint.is_empty()),
        state_directory: stack.inputs.state.clone(),
        asked,
    };
    let bytes = save(session, store, connection, plan, given)?;
    let path = context.path(path);
    may_be_written(&path)?;
    disk::replace(&path, &bytes).map_err(|error| Failure::Error(format!("{}: {error}", path.display())))
}

/// Carries out a saved plan.
pub async fn apply(
    context: &Context,
    ui: Ui,
    args: &ApplyArgs,
    file: &Path,
    stack: Option<&Path>,
) -> Result<u8, Failure> {
    let stop = signals::listen(ui);
    let OpenPlan { saved, opened, bytes } = open(file).map_err(unsent)?;
    own_scope(&args.scope)?;
    let (mut session, options) = session(context, &args.stack.inputs, &saved, stack)?;
    if session.has_errors() {
        session.report(Vec::new());
        ui.diagnostics(&session.diagnostics, &session.sources);
        return Err(Failure::Stack);
    }
    look_at(ui, &saved, &options.directory)?;
    let lock = lock(&session, context.holder("cachestack apply", &*session.clock), args.scope.lock_timeout).await?;
    let (events, incoming) = tokio::sync::mpsc::unbounded_channel();
    let follower = tokio::spawn(progress::follow(ui, incoming, Arc::default(), Work::default()));
    let watch = Watch { events, stop: stop.clone() };
    let mut store = session.store()?;
    store.hold(lock);
    check_state(&saved, &opened, &bytes, &session, &mut store)?;
    still_open(&saved, &session, &options, store.state().progress_of(&saved.id))?;
    let connection = connect(&mut session, Purpose::Change).await?;
    let reading = Reading::begin(ui);
    let ready = resume(&mut session, &mut store, &connection, &saved, &watch).await;
    drop(reading);
    drop(watch);
    let _ = follower.await;
    ready?;
    super::plan::show(ui, &saved.plan, &saved.of.environment, &connection.place);
    guard(&saved.plan)?;
    let doing = Doing {
        parallelism: args.scope.parallelism,
        saved: Some(saved.id),
        destroy: saved.asked.destroy,
        strict: args.scope.strict_pending,
        stop,
    };
    Ok(carry_out(ui, session, store, connection, saved.plan, doing).await?.0)
}

/// The stack of a saved plan, with everything as it was kept; and with what it was opened.
fn session(
    context: &Context,
    inputs: &InputArgs,
    saved: &Saved,
    stack: Option<&Path>,
) -> Result<(Session, SessionOptions), Failure> {
    let of = &saved.of;
    if let Some(name) = context.named(inputs).into_iter().find(|name| *name != of.environment) {
        return Err(Failure::Error(format!(
            "the plan is of environment \"{}\", and -e says \"{name}\"; nothing was sent",
            of.environment
        )));
    }
    let directory = stack.map_or_else(|| PathBuf::from(&of.directory), Path::to_owned);
    if !context.path(&directory).is_dir() {
        return Err(Failure::Error(format!(
            "the plan was made for the stack in {}, which is not here: name its directory, `apply --plan FILE DIRECTORY`",
            directory.display()
        )));
    }
    let inputs = InputArgs {
        endpoint: inputs.endpoint.clone().filter(|text| !text.is_empty()).or_else(|| of.endpoint.clone()),
        state: inputs.state.clone().or_else(|| of.state_directory.clone()),
        ..inputs.clone()
    };
    let arguments: Vec<String> = std::env::args().collect();
    let mut options = context.session(Some(&directory), &inputs, &arguments)?;
    let known = |name: &str| saved.values.variables.get(name).is_some_and(crate::value::Value::is_wholly_known);
    for given in &options.given {
        if let variables::Given::Var(name, _) = given
            && known(name)
        {
            return Err(Failure::Error(format!(
                "--var {name}: the saved plan has its value; only what it does not keep can be given, such as sensitive variables"
            )));
        }
    }
    let kept = Kept::of(saved, &options.directory)?;
    options.environment = Some(of.environment.clone());
    options.kept = Some(Arc::new(kept));
    Ok((Session::open(&options), options))
}

/// The same stack as its files are today, for what they guard; with the variables that the saved plan keeps.
fn today(options: &SessionOptions) -> Session {
    let kept = options.kept.as_ref().map(|kept| Arc::new(Kept { sources: source::Origin::Disk, ..(**kept).clone() }));
    Session::open(&SessionOptions { kept, given: Vec::new(), commands: false, values: false, ..options.clone() })
}

/// Refuses a plan that still deletes an object with data where the files of today protect its environment, and did not
/// when it was made: they do not change what a plan does, but what they guard is not for a plan of before.
fn still_open(
    saved: &Saved,
    then: &Session,
    options: &SessionOptions,
    progress: Option<&Progress>,
) -> Result<(), Failure> {
    let is_open = |step: &&Step| !progress.is_some_and(|progress| progress.has_begun(step.step.0));
    let holds = |step: &&Step| kinds::get(&step.address.kind).is_some_and(|kind| kind.holds_data());
    let deleted = saved.plan.steps.iter().filter(|step| step.action == Action::Delete).filter(is_open).find(holds);
    let newly = || !then.environment.protect && today(options).environment.protect;
    match deleted.filter(|_| newly()) {
        None => Ok(()),
        Some(step) => Err(Failure::Stale(format!(
            "environment \"{}\" has been protected since the plan was made, which deletes `{}`; nothing was sent: plan again",
            saved.of.environment, step.address
        ))),
    }
}

/// What was chosen when the plan was made cannot be chosen again.
fn own_scope(scope: &ScopeArgs) -> Result<(), Failure> {
    let given = [
        ("--target", !scope.target.is_empty()),
        ("--exclude", !scope.exclude.is_empty()),
        ("--replace", !scope.replace.is_empty()),
        ("--allow-destroy", !scope.allow_destroy.is_empty()),
        ("--allow-purchase", !scope.allow_purchase.is_empty()),
        ("--max-impact", scope.max_impact.is_some()),
        ("--max-cost-increase", scope.max_cost_increase.is_some()),
        ("--refresh-only", scope.refresh_only),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => {
            Err(Failure::Error(format!("{name}: a saved plan is carried out as it was made; pass it to `plan --out`")))
        }
    }
}

/// Looks at the directory that the plan is to be carried out for: it has the stack, or the state of it. Says so where the
/// files are no longer those of the plan.
///
/// # Errors
/// It is the directory of another stack, or of none: a new state would be where nobody looks for it.
fn look_at(ui: Ui, saved: &Saved, directory: &Path) -> Result<(), Failure> {
    let stack = Stack::load(directory, &mut Vec::new());
    let here = stack.module.stack.as_ref().map(|stack| &*stack.name);
    let is_there = !stack.files.configuration.is_empty();
    if let Some(here) = here.filter(|here| *here != saved.of.stack) {
        let theirs = &saved.of.stack;
        return Err(Failure::Error(format!(
            "the plan is of stack \"{theirs}\", and {} is \"{here}\"; nothing was sent",
            directory.display()
        )));
    }
    if saved.of.salt.is_some() && !is_there {
        return Err(Failure::Error(format!(
            "there is no stack in {}, and the plan makes the first state of one: name its directory, `apply --plan FILE DIRECTORY`",
            directory.display()
        )));
    }
    if is_there && Configuration::of(&stack).digest != saved.configuration.digest {
        ui.remark("The files of the stack have changed since the plan was made; it is carried out as it was made.");
    }
    Ok(())
}
