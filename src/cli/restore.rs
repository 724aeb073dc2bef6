//! `cachestack restore`

use std::collections::BTreeMap;

use serde_json::json;

use crate::address::{Address, Subject};
use crate::cli::apply::{self, Manner};
use crate::cli::args::{ApplyArgs, InputArgs, Restore, ScopeArgs, StackArgs};
use crate::cli::day_two::open;
use crate::cli::operand;
use crate::cli::run::{Context, fail};
use crate::cli::{exit, import, plan, signals};
use crate::disk;
use crate::generate::restored::Edit;
use crate::kind::{Kind, Observation};
use crate::ops::connect::Purpose;
use crate::ops::day_two::restore::{choose, edit, judge, written};
use crate::ops::day_two::{kind_of, meant, snapshots, unknown};
use crate::ops::{Failure, Session};
use crate::plan::{Options, Plan};
use crate::state::State;
use crate::ui::{self, Ui, stream};
use crate::value::{Object, text};

/// Makes a cache anew out of a snapshot.
pub async fn run(context: &Context, args: &Restore) -> u8 {
    let ui = context.ui(args.messages.json);
    if let Err(failure) = context.beside(args.messages.json_into.as_deref()) {
        return fail(ui, &failure);
    }
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &Restore) -> Result<u8, Failure> {
    let stop = signals::listen(ui);
    let address = operand::address(&args.address)?;
    let kind = kind_of(&address, |kind| kind.filled_from().is_some())?;
    let filled = kind.filled_from().ok_or(Failure::Stack)?;
    let (session, found) = listed(context, ui, args, &address, kind).await?;
    let edited = |snapshot: &Object| edit(&session, &address, kind, filled, snapshot, args.copy.as_deref());
    let cut_off = session.store()?.is_cut_off();
    // The newest one may be what a run that was cut off has taken of the cache before it made it anew.
    let begun = written(&found, |snapshot| edited(snapshot).is_ok_and(|edit| edit.before == edit.after));
    let snapshot = match begun.filter(|_| cut_off && args.snapshot == "latest") {
        Some(begun) => begun.object.clone(),
        None => choose(&found, &address, &args.snapshot)?.object,
    };
    let edit = edited(&snapshot)?;
    let goes_on = cut_off && edit.before == edit.after;
    tell(ui, &edit, &snapshot);
    if goes_on {
        ui.tell("An earlier run was cut off: this one goes on with what it has left.");
    }
    let path = edit.path.display().to_string();
    let allowed = match args.allow_destroy.as_deref() {
        None => false,
        Some("all") => true,
        Some(named) if operand::address(named)? == edit.address => true,
        Some(named) => {
            let why = format!("--allow-destroy {named}: only `{}` is restored; nothing was sent", edit.address);
            return Err(Failure::Error(why));
        }
    };
    let options = Options {
        targets: vec![Subject::Resource(edit.address.clone())],
        // What is written already asks for nothing new, unless it was not carried out to its end.
        replace: if edit.before == edit.after && !goes_on { vec![edit.address.clone()] } else { Vec::new() },
        allow_destroy: if allowed { vec![edit.address.clone()] } else { Vec::new() },
        ..Options::default()
    };
    // What a run that was cut off has made needs not be made again.
    let judged = |plan: &Plan, goes_on: bool| match plan.steps.iter().any(|step| step.address == edit.address) {
        false if goes_on => Ok(()),
        _ => judge(plan, &edit.address, filled, &snapshot),
    };
    let stack = stack_of(&args.inputs);
    let mut session = import::open(context, ui, &stack, BTreeMap::from([(path.clone(), edit.after.clone())]))?;
    if args.dry_run {
        let (plan, _, connection) = plan::prepare(ui, &mut session, &options, None).await?;
        judged(&plan, goes_on)?;
        plan::show(ui, &plan, &session.environment.name, &connection.place);
        ui.say(&format!("\nNothing was written into {path}, and nothing was sent.\n"));
        return Ok(if plan.is_blocked() { exit::REFUSED } else { exit::OK });
    }
    let judge = |plan: &Plan, _: &State| judged(plan, goes_on);
    let write = || write(&edit);
    let manner = Manner { command: "cachestack restore", destroy: false, judge: &judge, agreed: &write, stop };
    let arguments = ApplyArgs {
        stack,
        scope: ScopeArgs { lock_timeout: args.approval.lock_timeout, parallelism: 10, ..ScopeArgs::default() },
        auto_approve: args.approval.auto_approve,
        ..ApplyArgs::default()
    };
    Ok(apply::plan_and_apply(context, ui, &arguments, session, options, &manner).await?.0)
}

fn stack_of(inputs: &InputArgs) -> StackArgs {
    StackArgs { stack: None, inputs: inputs.clone() }
}

/// The stack as it is, and the snapshots that may be meant.
async fn listed(
    context: &Context,
    ui: Ui,
    args: &Restore,
    address: &Address,
    kind: &dyn Kind,
) -> Result<(Session, Vec<Observation>), Failure> {
    let opened = open(context, ui, &args.inputs, Purpose::Look).await?;
    if opened.session.evaluator.stack().resource(&address.config()).is_none() {
        let why = match opened.state.records.keys().any(|known| known.is_within(address)) {
            true => format!("`{address}` has no block any more: write it again first, as it was"),
            false => unknown(&opened.session, &opened.state, address),
        };
        return Err(Failure::Error(why));
    }
    let (region, id) = match opened.state.records.keys().any(|known| known.is_within(address)) {
        true => {
            let meant = meant(&opened.session, &opened.state, address, |_| true)?;
            (meant.region, meant.id)
        }
        false => wished(context, ui, args, address, kind).await?,
    };
    let word = kind.schema().kind;
    // A name may be that of a snapshot of any cache.
    let found = match &*args.snapshot {
        "latest" => snapshots::of(&opened.connection, word, &region, &id).await?,
        _ => snapshots::all(&opened.connection, &region).await?,
    };
    Ok((opened.session, found))
}

/// Where an object would be that has no record, and what it would be called.
async fn wished(
    context: &Context,
    ui: Ui,
    args: &Restore,
    address: &Address,
    kind: &dyn Kind,
) -> Result<(String, String), Failure> {
    let mut session = context.open(ui, &stack_of(&args.inputs))?;
    let options = Options { targets: vec![Subject::Resource(address.clone())], ..Options::default() };
    let made = plan::attempt(&mut session, &options, None).await;
    let (plan, _, _) = made.inspect_err(|_| ui.diagnostics(&session.diagnostics, &session.sources))?;
    let step = plan.steps.iter().find(|step| step.address == *address);
    let named = step.and_then(|step| Some((step.region.clone(), kind.identify(step.after.as_ref()?)?)));
    named.ok_or_else(|| Failure::Error(format!("`{address}` has no record, and its block does not tell its name")))
}

/// Shows what changes of the file.
fn tell(ui: Ui, edit: &Edit, snapshot: &Object) {
    let (path, id) = (edit.path.display(), text(snapshot, "id").unwrap_or_default());
    let made = text(snapshot, "created").unwrap_or("at an unknown time");
    let members = json!({
        "address": edit.address.to_string(), "snapshot": id, "file": path.to_string(), "changed": edit.before != edit.after,
    });
    let about = format!("{} is restored from the snapshot \"{id}\", made {made}", edit.address);
    ui.stream(|| vec![stream::line("info", &about, "restore", members)]);
    let path = path.to_string();
    let diff = ui::diff::diff((&path, &path), &edit.before, &edit.after, 1);
    ui.say(&format!("{about}.\n"));
    match diff.is_empty() {
        true => ui.say(&format!("{path} says so already.\n\n")),
        false => ui.say(&format!("{}\n", ui::diff::coloured(ui, &diff))),
    }
}

/// Writes the file, unless it has changed meanwhile.
fn write(edit: &Edit) -> Result<(), Failure> {
    let path = edit.path.display();
    let wrong = |why: String| Failure::Error(format!("{path}: {why}; nothing was sent"));
    let now = std::fs::read_to_string(&edit.path).map_err(|error| wrong(error.to_string()))?;
    if now != edit.before {
        return Err(wrong("it has changed meanwhile".to_owned()));
    }
    if edit.before == edit.after {
        return Ok(());
    }
    disk::replace(&edit.path, edit.after.as_bytes()).map_err(|error| wrong(error.to_string()))
}
