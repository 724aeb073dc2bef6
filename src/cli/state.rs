//! `cachestack state`

use std::io::Read as _;
use std::path::Path;

use crate::address::Subject;
use crate::cli::args::{State, StateCommand, Surgery};
use crate::cli::run::{Context, fail};
use crate::cli::{exit, show};
use crate::diag::visible;
use crate::ops::plan::check_stack;
use crate::ops::surgery::{self, Change};
use crate::ops::{Failure, Session, apply, moved};
use crate::state::file;
use crate::state::store::Store;
use crate::ui::Ui;

/// Looks at the records of a state, and changes them by hand.
pub async fn run(context: &Context, args: &State) -> u8 {
    let ui = context.ui(false);
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &State) -> Result<u8, Failure> {
    match &args.command {
        StateCommand::List { inputs } => {
            list(ui, &context.open_inputs(ui, inputs)?.store()?);
            Ok(exit::OK)
        }
        StateCommand::Show { address, json, inputs } => {
            show_one(ui, &context.open_inputs(ui, inputs)?.store()?, address, *json)
        }
        StateCommand::Pull { inputs } => {
            ui.out(&file::encode(&context.open_inputs(ui, inputs)?.store()?.state()));
            Ok(exit::OK)
        }
        StateCommand::Mv { from, to, moved: true, surgery } => {
            write_moved(context, ui, surgery, &subject(from)?, &subject(to)?)
        }
        StateCommand::Mv { from, to, surgery, .. } => {
            change(context, ui, surgery, &Change::Move(subject(from)?, subject(to)?)).await
        }
        StateCommand::Rm { addresses, surgery } => {
            let subjects = addresses.iter().map(|text| subject(text)).collect::<Result<_, _>>()?;
            change(context, ui, surgery, &Change::Remove(subjects)).await
        }
        StateCommand::ReplaceId { address, id, surgery } => {
            change(context, ui, surgery, &Change::ReplaceId(show::parse(address)?, id.clone())).await
        }
        StateCommand::Push { file, force, surgery } => push(context, ui, surgery, file, *force).await,
    }
}

fn list(ui: Ui, store: &Store) {
    let state = store.state();
    for address in state.records.keys() {
        ui.out(&format!("{address}\n"));
    }
    for deposed in &state.deposed {
        ui.out(&format!("{} (deposed {})\n", deposed.address, visible::line(&deposed.record.id)));
    }
    for stranger in &state.strangers {
        ui.out(&format!("{} (of a kind that this version does not know)\n", stranger.address));
    }
}

fn show_one(ui: Ui, store: &Store, address: &str, json: bool) -> Result<u8, Failure> {
    let state = store.state();
    let address = show::parse(address)?;
    let record = state.records.get(&address).ok_or_else(|| Failure::Error(format!("the state has no `{address}`")))?;
    if json {
        ui.json(&show::json(&state, &[(&address, record)]));
    } else {
        ui.out(&show::text(ui, &address, record));
    }
    Ok(exit::OK)
}

fn subject(text: &str) -> Result<Subject, Failure> {
    match Subject::parse(text) {
        Some(Subject::Module(module)) => Ok(Subject::Module(module)),
        _ => show::parse(text).map(Subject::Resource),
    }
}

async fn change(context: &Context, ui: Ui, args: &Surgery, change: &Change) -> Result<u8, Failure> {
    let session = context.open_inputs(ui, &args.inputs)?;
    let mut store = open(context, &session, args).await?;
    check_stack(&store.state().home, &session)?;
    let (lines, effects) = surgery::effects(&store.state(), change)?;
    let count = lines.len();
    for line in lines {
        ui.out(&format!("{line}\n"));
    }
    let word = match change {
        Change::Move(..) => "moved",
        Change::Remove(_) => "let go",
        Change::ReplaceId(..) => "changed",
    };
    if args.dry_run {
        ui.out(&format!("{count} would be {word}; nothing was changed.\n"));
        return Ok(exit::OK);
    }
    surgery::carry_out(&session, &mut store, effects).await?;
    ui.out(&format!("{count} {word}. What was there before is the backup.\n"));
    Ok(exit::OK)
}

/// Writes a `moved` block in the place of a change of the state.
fn write_moved(context: &Context, ui: Ui, args: &Surgery, from: &Subject, to: &Subject) -> Result<u8, Failure> {
    let session = context.open_inputs(ui, &args.inputs)?;
    let state = session.store()?.state().clone();
    check_stack(&state.home, &session)?;
    let (lines, _) = surgery::effects(&state, &Change::Move(from.clone(), to.clone()))?;
    let edit = moved::edit(&session, from, to)?;
    for line in lines {
        ui.out(&format!("{line}\n"));
    }
    let path = edit.path.display();
    if args.dry_run {
        ui.out(&format!("\n{}\nThis would be written into {path}; nothing was changed.\n", edit.block));
        return Ok(exit::OK);
    }
    crate::disk::replace(&edit.path, edit.text.as_bytes())
        .map_err(|error| Failure::Error(format!("{path}: {error}; nothing was changed")))?;
    ui.out(&format!("Written into {path}: the next apply moves it.\n"));
    Ok(exit::OK)
}

/// The state; under the lock unless nothing is to be written.
async fn open(context: &Context, session: &Session, args: &Surgery) -> Result<Store, Failure> {
    if args.dry_run {
        return session.store();
    }
    let holder = context.holder("cachestack state", &*session.clock);
    let lock = apply::lock(session, holder, args.lock_timeout).await?;
    let mut store = session.store()?;
    store.hold(lock);
    Ok(store)
}

async fn push(context: &Context, ui: Ui, args: &Surgery, path: &Path, force: bool) -> Result<u8, Failure> {
    let path = if path == Path::new("-") { path.to_owned() } else { context.path(path) };
    let wrong = |error: std::io::Error| Failure::Error(format!("{}: {error}", path.display()));
    let bytes = match path.to_str() {
        Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map_err(wrong)?;
            bytes
        }
        _ => crate::disk::read(&path)
            .map_err(wrong)?
            .ok_or_else(|| Failure::Error(format!("{}: there is no such file", path.display())))?,
    };
    let session = context.open_inputs(ui, &args.inputs)?;
    let mut store = open(context, &session, args).await?;
    if args.dry_run {
        let (pushed, _) = file::decode(&bytes).map_err(|wrong| Failure::Error(wrong.to_string()))?;
        let there = store.state();
        ui.out(&format!(
            "serial {} with {} records would take the place of serial {} with {}; nothing was changed.\n",
            pushed.serial,
            pushed.records.len(),
            there.serial,
            there.records.len()
        ));
        return Ok(exit::OK);
    }
    surgery::push(&session, &mut store, &bytes, force).await?;
    let serial = store.state().serial;
    ui.out(&format!("Pushed: serial {serial}. What was there before is the backup.\n"));
    Ok(exit::OK)
}
