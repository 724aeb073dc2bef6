//! `cachestack env`

use serde_json::json;

use crate::cli::args::{Env, EnvCommand, StackArgs};
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::diag::gather::join;
use crate::lang::declare::provider::shown_url;
use crate::ops::{Failure, Session};
use crate::state::medium::Part;
use crate::ui::Ui;
use crate::ui::environments::columns;

/// Looks at the environments of a stack.
pub fn run(context: &Context, args: &Env) -> u8 {
    let EnvCommand::List { stack, json } = &args.command;
    let ui = context.ui(false);
    list(context, ui, stack, *json).unwrap_or_else(|failure| fail(ui, &failure))
}

fn list(context: &Context, ui: Ui, stack: &StackArgs, json: bool) -> Result<u8, Failure> {
    let every = context.named(&stack.inputs).is_empty();
    let (loaded, environments) = context.environments(ui, stack, every)?;
    let sessions: Vec<Session> = environments.iter().map(|options| Session::of(&loaded, options)).collect();
    let (found, sources) = join(sessions.iter().map(Session::found).collect());
    let found: Vec<_> = found.into_iter().filter(|one| one.is_error()).collect();
    ui.diagnostics(&found, &sources);
    let default = loaded.default_environment();
    let is_default = |session: &Session| match &default {
        Some(name) => *name == session.environment.name,
        None => loaded.environments().len() < 2,
    };
    if json {
        let one = |session: &Session| {
            let environment = &session.environment;
            json!({
                "name": &*environment.name,
                "default": is_default(session),
                "endpoint": environment.endpoint.as_deref().map(shown_url),
                "account_id": environment.account_id,
                "region": environment.region,
                "state": session.medium.path(Part::State),
                "has_state": has_state(session),
                "protect": environment.protect,
            })
        };
        let environments: Vec<_> = sessions.iter().map(one).collect();
        ui.json(&json!({ "format_version": "1.0", "environments": environments }));
    } else {
        let rows: Vec<[String; 6]> = sessions.iter().map(|session| row(session, is_default(session))).collect();
        ui.out(&columns(&["Environment", "Where", "Region", "State", "Protected", "Default"], &rows, |_| false));
    }
    Ok(if found.is_empty() { exit::OK } else { exit::ERROR })
}

fn row(session: &Session, is_default: bool) -> [String; 6] {
    let environment = &session.environment;
    let account = environment.account_id.as_deref();
    let place = environment.place();
    let aws = || account.map_or_else(|| "AWS, any account".to_owned(), |account| format!("AWS account {account}"));
    let mark = |truth: bool| if truth { "yes" } else { "no" }.to_owned();
    let state = session.medium.path(Part::State);
    [
        environment.name.to_string(),
        place.unwrap_or_else(aws),
        environment.region.as_deref().unwrap_or("-").to_owned(),
        match has_state(session) {
            Some(true) => state,
            Some(false) => format!("{state} (none yet)"),
            None => format!("{state} (cannot be read)"),
        },
        mark(environment.protect),
        mark(is_default),
    ]
}

/// Whether there is a state; nothing where that cannot be told.
fn has_state(session: &Session) -> Option<bool> {
    Some(!session.store().ok()?.state().lineage.is_empty())
}
