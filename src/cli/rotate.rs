//! `cachestack rotate`

use crate::address::{Address, Subject};
use crate::cli::apply::{self, Manner};
use crate::cli::args::{ApplyArgs, Approval, Rotate, ScopeArgs, StackArgs};
use crate::cli::operand;
use crate::cli::run::{Context, fail};
use crate::cli::{exit, signals};
use crate::kind::SecretPhase;
use crate::kinds;
use crate::ops::Failure;
use crate::plan::{Action, Options, Plan};
use crate::shell;
use crate::state::{Record, State};
use crate::ui::{Ui, commands, stream};
use crate::value::Value;

/// Lets a new secret in beside the one before; makes it the only one when somebody says so.
pub async fn run(context: &Context, args: &Rotate) -> u8 {
    let ui = context.ui(args.messages.json);
    if let Err(failure) = context.beside(args.messages.json_into.as_deref()) {
        return fail(ui, &failure);
    }
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &Rotate) -> Result<u8, Failure> {
    let address = operand::address(&args.address)?;
    if args.finish {
        return Ok(turn(context, ui, args, &address, SecretPhase::Set).await?.0);
    }
    let (code, state) = turn(context, ui, args, &address, SecretPhase::LetIn).await?;
    let Some(state) = state.filter(|_| code == exit::OK) else { return Ok(code) };
    let way = format!("cachestack rotate {} --finish", shell::quoted(&address.to_string()));
    for (address, record) in under_way(&state, &address) {
        tell(ui, &valid(address, record));
    }
    exit::rest();
    let question = "\nDo all clients come with the new one? Those that do not are shut out. Only \"yes\" is accepted: ";
    let answer = if ui.json || args.approval.auto_approve { None } else { ui.ask(question) };
    if answer.is_none_or(|answer| answer.trim() != "yes") {
        tell(ui, &format!("Nothing more was sent. When all clients have the new one: {way}"));
        return Ok(exit::OK);
    }
    let approval = Approval { auto_approve: true, ..args.approval.clone() };
    let finish = Rotate { approval, ..args.clone() };
    Ok(turn(context, ui, &finish, &address, SecretPhase::Set).await?.0)
}

fn tell(ui: Ui, text: &str) {
    let text = &*commands::here(text);
    ui.stream(|| vec![stream::log("info", text)]);
    ui.say(&format!("\n{text}\n"));
}

/// One part of a rotation; answers the exit code and the state after it, where it was carried out.
async fn turn(
    context: &Context,
    ui: Ui,
    args: &Rotate,
    address: &Address,
    only: SecretPhase,
) -> Result<(u8, Option<State>), Failure> {
    let options = Options {
        targets: vec![Subject::Resource(address.clone())],
        rotate: Some((address.clone(), only)),
        ..Options::default()
    };
    let arguments = ApplyArgs {
        stack: StackArgs { stack: None, inputs: args.inputs.clone() },
        scope: ScopeArgs { lock_timeout: args.approval.lock_timeout, parallelism: 10, ..ScopeArgs::default() },
        auto_approve: args.approval.auto_approve,
        ..ApplyArgs::default()
    };
    let judge = |plan: &Plan, state: &State| judge(plan, state, address, only);
    let manner = Manner {
        command: "cachestack rotate",
        destroy: false,
        judge: &judge,
        agreed: &|| Ok(()),
        stop: signals::listen(ui),
    };
    let session = context.open(ui, &arguments.stack)?;
    apply::plan_and_apply(context, ui, &arguments, session, options, &manner).await
}

/// Refuses what is no rotation.
fn judge(plan: &Plan, state: &State, address: &Address, only: SecretPhase) -> Result<(), Failure> {
    let mut steps = plan.steps.iter().filter(|step| step.address.is_within(address)).peekable();
    if steps.peek().is_none() {
        return match only {
            SecretPhase::LetIn if !has_secret(state, address) => Err(Failure::Error(format!(
                "`{address}` has no token that could be rotated: write auth_token = secret(\"env:NAME\") in its block, which \
                 the first apply sets"
            ))),
            SecretPhase::LetIn if under_way(state, address).is_empty() => Err(Failure::Error(format!(
                "there is nothing to rotate in `{address}`: what is written is what is valid. Change the secret or the \
                 variable that it comes from first, and run this instead of apply"
            ))),
            SecretPhase::Set if under_way(state, address).is_empty() => {
                Err(Failure::Error(format!("no rotation of `{address}` is under way: there is nothing to finish")))
            }
            _ => Ok(()),
        };
    }
    match steps.find(|step| step.action != Action::Update) {
        Some(step) => Err(Failure::Error(format!(
            "`{}` is not there as it is recorded: apply would {} it, and only what is there can be rotated",
            step.address,
            step.action.word()
        ))),
        None => Ok(()),
    }
}

/// The objects of which a former secret is still valid.
fn under_way<'a>(state: &'a State, address: &Address) -> Vec<(&'a Address, &'a Record)> {
    let is_open = |record: &Record| !record.beside.is_empty() || !record.phase.is_empty();
    state.records.iter().filter(|(of, record)| of.is_within(address) && is_open(record)).collect()
}

/// Whether a secret of it is valid in the account.
fn has_secret(state: &State, address: &Address) -> bool {
    state.records.iter().any(|(of, record)| of.is_within(address) && !record.secrets.is_empty())
}

/// What is valid, as far as it can be seen without logging in.
fn valid(address: &Address, record: &Record) -> String {
    let names: Vec<&str> = record.beside.keys().chain(record.phase.keys()).map(String::as_str).collect();
    let had = record.beside.values().all(Option::is_some);
    let others = if had { "so is the one before" } else { "who comes with none is still let in" };
    let date = kinds::get(&address.kind).and_then(|kind| kind.dates_secret());
    let date = date.and_then(|date| record.object.get(date)).and_then(Value::as_str);
    let date = date.map(|date| format!(", dates it {date}")).unwrap_or_default();
    format!(
        "{} of {address}: the new one is valid, and {others}. That is as far as it can be seen from here: AWS has \
         carried the change out{date}, and has nothing of it pending.",
        names.join(", ")
    )
}
