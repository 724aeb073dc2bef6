//! Making a plan: check without an account, then walk and read until nothing is missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::ops::connect::Connection;
use crate::ops::{Failure, Session};
use crate::plan::build::{Inputs, build};
use crate::plan::existing::is_being_made;
use crate::plan::{Live, Needs, Note, ObjectKey, Options, Outcome, Plan};
use crate::refresh;
use crate::state::store::Store;
use crate::state::{Intent, Record, State};
use crate::value::Object;

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

/// Makes a plan. Writes nothing. With `wait`, objects that an earlier run began are waited for.
pub async fn plan(
    session: &mut Session,
    store: &mut Store,
    connection: &Connection,
    options: &Options,
    wait: bool,
) -> Result<Plan, Failure> {
    store.salt();
    let mut state = store.state().clone();
    check_account(&state, connection)?;
    let recovered = recover(&mut state, connection).await?;
    let mut live = Live::default();
    let mut confirmed = false;
    for _ in 0..ROUNDS_MAX {
        let outcome = walk(session, &state, &live, connection, options);
        if !outcome.needs.is_empty() && !outcome.diagnostics.iter().any(is_final) {
            refresh::read(&connection.cloud, outcome.needs, &mut live).await.map_err(failed)?;
            continue;
        }
        if !confirmed && !crate::diag::has_errors(&outcome.diagnostics) {
            confirmed = true;
            if refresh::confirm_tags(&connection.cloud, &outcome.plan, &mut live).await.map_err(failed)? {
                continue;
            }
        }
        if wait && outcome.plan.unfinished > 0 && !crate::diag::has_errors(&outcome.diagnostics) {
            settle(session, &mut live, connection).await?;
            continue;
        }
        let mut plan = outcome.plan;
        if !wait {
            tell_recovered(&mut plan, recovered);
        }
        session.report(outcome.diagnostics);
        plan.settled_intents = store.state().intents.iter().map(|intent| intent.id.clone()).collect();
        return if session.has_errors() { Err(Failure::Stack) } else { Ok(plan) };
    }
    Err(Failure::Error("the look-ups of the stack do not come to an end".to_owned()))
}

/// An object that is being made takes this long at most, in seconds.
const MAKING_MAX: u64 = 3600;

/// Reads the objects that are being made again and again, until none is.
async fn settle(session: &Session, live: &mut Live, connection: &Connection) -> Result<(), Failure> {
    let start = session.clock.now();
    loop {
        let open: BTreeSet<ObjectKey> = live
            .objects
            .iter()
            .filter(|(_, found)| found.as_ref().is_some_and(|found| is_being_made(&found.status)))
            .map(|(key, _)| key.clone())
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        if session.clock.now().duration_since(start).is_ok_and(|waited| waited.as_secs() > MAKING_MAX) {
            let ids: Vec<String> = open.into_iter().map(|(_, _, id)| id).collect();
            return Err(Failure::Error(format!("still being made after an hour: {}", ids.join(", "))));
        }
        session.clock.sleep(connection.poll.1).await;
        let needs = Needs { objects: open, ..Needs::default() };
        refresh::read(&connection.cloud, needs, live).await.map_err(failed)?;
    }
}

/// Whether reading more cannot mend it, as it can a count that hangs on a look-up.
fn is_final(diagnostic: &Diagnostic) -> bool {
    diagnostic.is_error() && diagnostic.code != "CS0411"
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

/// Finds what a run that was cut off has made and not recorded: by name and our mark, or by our mark alone.
async fn recover(state: &mut State, connection: &Connection) -> Result<Vec<Address>, Failure> {
    let mut recovered = Vec::new();
    let lost: Vec<Intent> =
        state.intents.iter().filter(|intent| !state.records.contains_key(&intent.address)).cloned().collect();
    for intent in lost {
        let Some(found) = refresh::find_own(&*connection.cloud, &intent).await else { continue };
        let record = Record {
            region: intent.region.clone(),
            id: found.id,
            object: Object::new(),
            set: BTreeSet::new(),
            secrets: BTreeMap::new(),
            dependencies: Vec::new(),
            protect: false,
            suffix: None,
        };
        state.records.insert(intent.address.clone(), record);
        recovered.push(intent.address);
    }
    Ok(recovered)
}

/// An apply records what was recovered; a plan can only say so, and is not empty.
fn tell_recovered(plan: &mut Plan, recovered: Vec<Address>) {
    for address in recovered {
        let text = "was made by an earlier run that did not come to its end; apply records it".to_owned();
        plan.notes.push(Note { address: Some(address), text });
        plan.unfinished += 1;
    }
}
