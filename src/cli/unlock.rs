//! `cachestack force-unlock`

use crate::cli::args::ForceUnlock;
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::clock::SystemClock;
use crate::ops::Failure;
use crate::state::lock::Holder;
use crate::state::medium::Part;
use crate::ui::{Ui, stream};

/// Takes a lock away from a run that is gone for good.
pub fn run(context: &Context, args: &ForceUnlock) -> u8 {
    let ui = context.ui(args.json);
    attempt(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

fn attempt(context: &Context, ui: Ui, args: &ForceUnlock) -> Result<u8, Failure> {
    let session = context.open_inputs(ui, &args.inputs)?;
    let medium = &*session.medium;
    let wrong = |error: std::io::Error| Failure::Error(format!("{}: {error}", medium.path(Part::Lock)));
    if !medium.outlives_its_holder() {
        let (place, id) = (medium.place(), &args.id);
        let why = "the lock of a state in a directory goes with its process, so there is nothing to take away by force";
        return Err(Failure::Error(format!("{place} has no lock {id}: {why}")));
    }
    let note = medium.holder().map_err(wrong)?;
    let holder: Option<Holder> = note.as_deref().and_then(|note| Holder::read(note, &SystemClock));
    let (note, holder) = match (note, holder) {
        (Some(note), Some(holder)) => (note, holder),
        (Some(_), None) => {
            return Err(Failure::Error(format!("{}: it is no lock of cachestack", medium.path(Part::Lock))));
        }
        (None, _) if medium.shows_its_lock() => {
            return Err(Failure::Error(format!("{} has no lock, so there is nothing to take away", medium.place())));
        }
        (None, _) => {
            let holder = Holder { id: Some(args.id.clone()), ..Holder::default() };
            (serde_json::to_vec(&holder).map_err(|error| Failure::Error(error.to_string()))?, holder)
        }
    };
    if holder.id.as_deref() != Some(&*args.id) {
        let there = holder.id.as_deref().unwrap_or("none");
        return Err(Failure::Error(format!("the id of the lock is {there}, not {}: held by {holder}", args.id)));
    }
    if !args.force {
        if ui.json {
            return Err(Failure::Error("--json cannot ask: pass --force; the lock was left as it is".to_owned()));
        }
        let who = if holder.command.is_empty() { String::new() } else { format!(" of {holder}") };
        let question = format!(
            "Take the lock{who} away? If that run still goes on, it sends nothing more, and what it has just sent is settled by the next one. Only \"yes\" is accepted: "
        );
        if ui.ask(&question).is_none_or(|answer| answer.trim() != "yes") {
            return Err(Failure::Error("the lock was left as it is".to_owned()));
        }
    }
    medium.unlock(&note).map_err(wrong)?;
    let text = "The lock is gone. The next plan and apply settle what the run left open.";
    let members =
        serde_json::json!({ "id": args.id, "held_by": (!holder.command.is_empty()).then(|| holder.to_string()) });
    ui.stream(|| vec![stream::line("info", text, "lock_removed", members)]);
    ui.say(&format!("{text}\n"));
    Ok(exit::OK)
}
