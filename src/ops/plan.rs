//! Making a plan: check without an account, then walk and read until nothing is missing.

use crate::ops::connect::Connection;
use crate::ops::{Failure, Session};
use crate::plan::build::{Inputs, build};
use crate::plan::{Live, Options, Outcome, Plan};
use crate::refresh;
use crate::state::State;
use crate::state::store::Store;
use crate::value::{Object, Value};

/// A walk and a read each; a stack whose look-ups hang on one another needs one more for each level.
const ROUNDS_MAX: usize = 32;

/// Checks a stack without an account. What is wrong is in the session's diagnostics.
pub fn check(session: &mut Session, state: &State, options: &Options) {
    let inputs = Inputs {
        environment: &session.environment,
        state,
        live: None,
        account: session.environment.account_id.clone(),
        options,
    };
    let outcome = build(&mut session.evaluator, &inputs);
    session.report(outcome.diagnostics);
}

/// Makes a plan. Writes nothing.
pub async fn plan(
    session: &mut Session,
    store: &mut Store,
    connection: &Connection,
    options: &Options,
) -> Result<Plan, Failure> {
    store.salt();
    let mut state = store.state().clone();
    check_account(&state, connection)?;
    recover(&mut state, connection).await?;
    let mut live = Live::default();
    let mut confirmed = false;
    for _ in 0..ROUNDS_MAX {
        let outcome = walk(session, &state, &live, connection, options);
        if !outcome.needs.is_empty() && !crate::diag::has_errors(&outcome.diagnostics) {
            refresh::read(&connection.cloud, outcome.needs, &mut live).await.map_err(failed)?;
            continue;
        }
        if !confirmed && !crate::diag::has_errors(&outcome.diagnostics) {
            confirmed = true;
            if refresh::confirm_tags(&connection.cloud, &outcome.plan, &mut live).await.map_err(failed)? {
                continue;
            }
        }
        let mut plan = outcome.plan;
        session.report(outcome.diagnostics);
        plan.settled_intents = store.state().intents.iter().map(|intent| intent.id.clone()).collect();
        return if session.has_errors() { Err(Failure::Stack) } else { Ok(plan) };
    }
    Err(Failure::Error("the look-ups of the stack do not come to an end".to_owned()))
}

fn walk(session: &mut Session, state: &State, live: &Live, connection: &Connection, options: &Options) -> Outcome {
    let account = Some(connection.account.clone());
    let inputs = Inputs { environment: &session.environment, state, live: Some(live), account, options };
    build(&mut session.evaluator, &inputs)
}

fn failed(error: crate::kind::RemoteError) -> Failure {
    Failure::Error(format!("the account cannot be read: {error}"))
}

fn check_account(state: &State, connection: &Connection) -> Result<(), Failure> {
    match &state.account {
        Some(account) if **account != *connection.account => Err(Failure::Refused(format!(
            "the state is of account {account}, and the credentials belong to {}; nothing was read or sent",
            connection.account
        ))),
        _ => Ok(()),
    }
}

/// Finds what a run that was cut off has made: a security group has no name that we could ask for, but our mark.
async fn recover(state: &mut State, connection: &Connection) -> Result<(), Failure> {
    let lost: Vec<_> = state
        .intents
        .iter()
        .filter(|intent| &*intent.address.kind == "security_group" && !state.records.contains_key(&intent.address))
        .cloned()
        .collect();
    for intent in lost {
        let tags = Value::string_map([("cachestack:id", &intent.id)]);
        let args = Object::from([("tags".into(), tags)]);
        let found = connection.cloud.lookups(&intent.region).lookup("security_group", &args).await;
        let Some(id) = found.ok().and_then(|object| object.get("id")?.as_str().map(str::to_owned)) else { continue };
        let record = crate::state::Record {
            region: intent.region.clone(),
            id,
            object: Object::new(),
            set: Default::default(),
            secrets: Default::default(),
            dependencies: Vec::new(),
            protect: false,
            suffix: None,
        };
        state.records.insert(intent.address.clone(), record);
    }
    Ok(())
}
