//! `cachestack state`

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::address::{Address, Subject};
use crate::cli::args::{State, StateCommand, Surgery};
use crate::cli::operand;
use crate::cli::run::{Context, fail};
use crate::cli::{exit, show};
use crate::diag::visible;
use crate::ops::plan::check_stack;
use crate::ops::surgery::{self, Change};
use crate::ops::{Failure, Session, apply, moved};
use crate::state::store::Store;
use crate::state::{Effect, file};
use crate::ui::{Ui, stream};

/// Looks at the records of a state, and changes them by hand.
pub async fn run(context: &Context, args: &State) -> u8 {
    let ui = context.ui(is_json(&args.command));
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

/// Whether programs are to read what is said.
fn is_json(command: &StateCommand) -> bool {
    match command {
        StateCommand::List { json, .. } => *json,
        StateCommand::Mv { surgery, .. }
        | StateCommand::Rm { surgery, .. }
        | StateCommand::ReplaceId { surgery, .. }
        | StateCommand::Push { surgery, .. } => surgery.json,
        // These print one document, or what is kept.
        StateCommand::Show { .. } | StateCommand::Pull { .. } => false,
    }
}

async fn attempt(context: &Context, ui: Ui, args: &State) -> Result<u8, Failure> {
    match &args.command {
        StateCommand::List { addresses, inputs, .. } => {
            let (session, first) = context.open_meant(ui, inputs, addresses.first().map(String::as_str))?;
            let rest = addresses.iter().skip(1).map(String::as_str);
            let wanted = first.into_iter().chain(rest).map(subject).collect::<Result<Vec<_>, _>>()?;
            list(ui, &session.kept()?, &wanted)?;
            Ok(exit::OK)
        }
        StateCommand::Show { address, json, inputs } => {
            show_one(ui, &context.open_inputs(ui, inputs)?.kept()?, address, *json)
        }
        StateCommand::Pull { inputs } => {
            ui.out(&file::encode(&context.open_inputs(ui, inputs)?.kept()?.state()));
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
            change(context, ui, surgery, &Change::ReplaceId(operand::address(address)?, id.clone())).await
        }
        StateCommand::Push { file, force, surgery } => push(context, ui, surgery, file, *force).await,
    }
}

/// Lists what is of one of these subjects, or everything.
fn list(ui: Ui, store: &Store, wanted: &[Subject]) -> Result<(), Failure> {
    let state = store.state();
    let all = state.records.keys().chain(state.deposed.iter().map(|deposed| &deposed.address));
    let all: Vec<_> = all.chain(state.strangers.iter().map(|stranger| &stranger.address)).collect();
    if let Some(missing) = wanted.iter().find(|one| !all.iter().any(|address| one.contains(address))) {
        return Err(Failure::Error(state.lacks(missing)));
    }
    let is_wanted = |address: &Address| wanted.is_empty() || wanted.iter().any(|one| one.contains(address));
    for (address, record) in state.records.iter().filter(|(address, _)| is_wanted(address)) {
        listed(ui, address.to_string(), "", Some(("recorded", &record.id)));
    }
    for deposed in state.deposed.iter().filter(|one| is_wanted(&one.address)) {
        let id = &deposed.record.id;
        listed(ui, deposed.address.to_string(), &format!(" (deposed {})", visible::line(id)), Some(("deposed", id)));
    }
    for stranger in state.strangers.iter().filter(|one| is_wanted(&one.address)) {
        listed(ui, stranger.address.to_string(), " (of a kind that this version does not know)", None);
    }
    Ok(())
}

/// One line of the list: what stands behind the address, and for programs what it is and its name in AWS.
fn listed(ui: Ui, address: String, behind: &str, what: Option<(&str, &str)>) {
    ui.stream(|| {
        let (status, id) = what.map_or(("unknown-kind", None), |(status, id)| (status, Some(id)));
        let members = json!({ "address": address, "status": status, "id": id });
        vec![stream::line("info", format!("{address}{behind}"), "state_record", members)]
    });
    ui.say(&format!("{address}{behind}\n"));
}

fn show_one(ui: Ui, store: &Store, address: &str, json: bool) -> Result<u8, Failure> {
    let state = store.state();
    let address = operand::address(address)?;
    let record = state.records.get(&address).ok_or_else(|| Failure::Error(state.lacks(&address)))?;
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
        _ => operand::address(text).map(Subject::Resource),
    }
}

async fn change(context: &Context, ui: Ui, args: &Surgery, change: &Change) -> Result<u8, Failure> {
    let session = context.open_inputs(ui, &args.inputs)?;
    let mut store = open(context, &session, args).await?;
    check_stack(&store.state().home, &session)?;
    let (lines, effects) = surgery::effects(&store.state(), change)?;
    let count = lines.len();
    tell(ui, &lines, &effects);
    let word = match change {
        Change::Move(..) => "moved",
        Change::Remove(_) => "let go",
        Change::ReplaceId(..) => "changed",
    };
    if args.dry_run {
        ended(ui, &format!("{count} would be {word}; nothing was changed."), 0);
        return Ok(exit::OK);
    }
    surgery::carry_out(&session, &mut store, effects).await?;
    ended(ui, &format!("{count} {word}. What was there before is the backup."), count);
    Ok(exit::OK)
}

/// Says what a change comes to.
fn tell(ui: Ui, lines: &[String], effects: &[Effect]) {
    ui.stream(|| {
        let told = lines.iter().zip(effects.iter().flat_map(members));
        told.map(|(text, members)| stream::line("info", text.clone(), "state_change", members)).collect()
    });
    lines.iter().for_each(|line| ui.say(&format!("{line}\n")));
}

/// The parts of an effect, for programs: as many as it has lines.
fn members(effect: &Effect) -> Vec<Json> {
    match effect {
        Effect::Move(pairs) => pairs
            .iter()
            .map(|(from, to)| json!({ "action": "move", "address": from.to_string(), "to": to.to_string() }))
            .collect(),
        Effect::Remove(address) => vec![json!({ "action": "remove", "address": address.to_string() })],
        Effect::Bury(address, id) => vec![json!({ "action": "remove", "address": address.to_string(), "deposed": id })],
        Effect::Record(address, record) => {
            vec![json!({ "action": "replace-id", "address": address.to_string(), "id": record.id })]
        }
        _ => Vec::new(),
    }
}

/// The last line, and for programs how many records were changed.
fn ended(ui: Ui, text: &str, changed: usize) {
    ui.stream(|| vec![stream::line("info", text, "state_summary", json!({ "changed": changed }))]);
    ui.say(&format!("{text}\n"));
}

/// Writes a `moved` block in the place of a change of the state.
fn write_moved(context: &Context, ui: Ui, args: &Surgery, from: &Subject, to: &Subject) -> Result<u8, Failure> {
    let session = context.open_inputs(ui, &args.inputs)?;
    let state = session.kept()?.state().clone();
    check_stack(&state.home, &session)?;
    let (lines, effects) = surgery::effects(&state, &Change::Move(from.clone(), to.clone()))?;
    let edit = moved::edit(&session, from, to)?;
    tell(ui, &lines, &effects);
    let path = edit.path.display();
    if args.dry_run {
        ui.say(&format!("\n{}\n", edit.block));
        ended(ui, &format!("This would be written into {path}; nothing was changed."), 0);
        return Ok(exit::OK);
    }
    crate::disk::replace(&edit.path, edit.text.as_bytes())
        .map_err(|error| Failure::Error(format!("{path}: {error}; nothing was changed")))?;
    ended(ui, &format!("Written into {path}: the next apply moves it."), 0);
    Ok(exit::OK)
}

/// The state; under the lock unless nothing is to be written.
async fn open(context: &Context, session: &Session, args: &Surgery) -> Result<Store, Failure> {
    if args.dry_run {
        return session.kept();
    }
    let holder = context.holder("cachestack state", &*session.clock);
    let lock = apply::lock(session, holder, args.lock_timeout).await?;
    let mut store = session.kept()?;
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
        let text = format!(
            "serial {} with {} records would take the place of serial {} with {}; nothing was changed.",
            pushed.serial,
            pushed.records.len(),
            there.serial,
            there.records.len()
        );
        ended(ui, &text, 0);
        return Ok(exit::OK);
    }
    surgery::push(&session, &mut store, &bytes, force).await?;
    let state = store.state();
    let text = format!("Pushed: serial {}. What was there before is the backup.", state.serial);
    ended(ui, &text, state.records.len());
    Ok(exit::OK)
}
