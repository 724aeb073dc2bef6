//! Carrying out a plan under the lock, and keeping what came of it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::address::Address;
use crate::apply::{self, Event, Inputs, Report, Settings, Stop};
use crate::disk::Held;
use crate::kind::Cloud;
use crate::lang::eval::eval;
use crate::ops::connect::Connection;
use crate::ops::plan::home_of;
use crate::ops::{Failure, Session};
use crate::plan::{Plan, RecordChange};
use crate::stack::checks;
use crate::stack::environment::Environment;
use crate::state::lock::{self, Holder};
use crate::state::medium::Part;
use crate::state::store::Store;
use crate::state::{Effect, Entry, Home, Record};
use crate::value::Value;
use crate::value::json::to_json;

/// Takes the lock of an environment.
pub async fn lock(session: &Session, holder: Holder, patience: Duration) -> Result<Box<dyn Held>, Failure> {
    let id = session.medium.outlives_its_holder().then(|| session.entropy.id());
    let holder = Holder { id, ..holder };
    let taken = lock::acquire(&*session.medium, &holder, patience, &*session.clock).await;
    match taken.map_err(|error| Failure::Error(format!("{}: {error}", session.medium.path(Part::Lock))))? {
        Ok(lock) => Ok(lock),
        Err(None) if session.medium.outlives_its_holder() => Err(Failure::Error(format!(
            "{}: what is there is no lock of cachestack; remove it if nobody works on the state",
            session.medium.path(Part::Lock)
        ))),
        Err(holder) => Err(Failure::Locked(holder)),
    }
}

/// Begins a run on a state; one that has begun goes on.
pub async fn begin(session: &Session, store: &mut Store) -> Result<(), Failure> {
    let run = session.entropy.id();
    store.begin(&run).await.map_err(|error| match error.kind() {
        ErrorKind::WouldBlock => Failure::Locked(None),
        _ => Failure::Error(format!("the state cannot be written: {error}; nothing was sent")),
    })
}

/// Refuses a plan that a guard stands against.
pub fn guard(plan: &Plan) -> Result<(), Failure> {
    if plan.is_blocked() { Err(Failure::Refused(plan.against().join("\n"))) } else { Ok(()) }
}

/// What must be there before the first call is made: the text of every secret that is sent.
pub fn check_secrets(plan: &Plan) -> Result<(), Failure> {
    for step in &plan.steps {
        for value in step.calls.iter().flat_map(|call| call.args.values()) {
            if let crate::value::Data::Secret(secret) = &value.data
                && secret.text.is_none()
            {
                let source = secret.source.as_deref().unwrap_or("its source");
                return Err(Failure::Error(format!(
                    "{}: the secret {source} has to be sent, and it is not there; nothing was sent",
                    step.address
                )));
            }
        }
    }
    Ok(())
}

/// What an apply goes by.
pub struct Run {
    /// The id of the saved plan that is carried out.
    pub saved: Option<String>,
    /// How many calls at once.
    pub parallelism: usize,
    /// Who hears of progress.
    pub events: UnboundedSender<Event>,
    /// When to stop.
    pub stop: Stop,
}

/// Carries out a plan and saves the state, whatever came of it. Wants a store that holds the lock.
pub async fn apply(
    mut session: Session,
    mut store: Store,
    connection: Connection,
    plan: Plan,
    run: Run,
) -> Result<Report, Failure> {
    guard(&plan)?;
    check_secrets(&plan)?;
    let goes_on = store.is_cut_off();
    let effects = effects(&store, &plan, home_of(&session, &connection), run.saved.as_deref());
    if !plan.steps.is_empty() || !effects.is_empty() || store.is_dirty() || !plan.changed_outputs.is_empty() {
        begin(&session, &mut store).await?;
    }
    if !effects.is_empty() {
        store
            .commit(vec![Entry::Noted(effects)])
            .await
            .map_err(|why| Failure::Error(format!("{why}; nothing was sent")))?;
    }
    let cloud: Arc<dyn Cloud> = connection.cloud.clone();
    let environment: Environment = session.environment.clone();
    let everything = (!plan.partial).then(|| plan.outputs.keys().cloned().collect());
    // The run that the journal is named after; none where there is nothing to do.
    let run_name = store.state().journal.clone().unwrap_or_default();
    let now = jiff::Timestamp::try_from(session.clock.now()).unwrap_or_default();
    session.evaluator.begin(&jiff::Timestamp::from_second(now.as_second()).unwrap_or_default().to_string());
    let inputs = Inputs {
        run: run_name,
        saved: run.saved.clone(),
        goes_on,
        plan,
        environment,
        account: Some(connection.account.clone()),
        evaluator: session.evaluator,
        store,
        cloud,
        clock: session.clock.clone(),
        entropy: session.entropy.clone(),
        digests: session.digests.clone(),
        settings: Settings { parallelism: run.parallelism, poll: connection.poll },
        events: run.events,
        stop: run.stop,
    };
    let mut report = apply::apply(inputs).await;
    report.unwritten = finish(&mut report, everything, session.entropy.id(), run.saved).await.err();
    if report.is_complete() {
        let said = session.diagnostics;
        report.checks = checks::judge(&report.evaluator, true);
        report.checks.retain(|diagnostic| !said.contains(diagnostic));
    }
    Ok(report)
}

/// What becomes so before the first step: the place, moves, imports, records that only their own words change.
fn effects(store: &Store, plan: &Plan, home: Home, saved: Option<&str>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let state = store.state();
    match saved {
        // An earlier run has begun with these.
        Some(saved) if state.progress_of(saved).is_some() => return effects,
        Some(saved) if !plan.is_empty() => effects.push(Effect::Plan(Some(saved.to_owned()))),
        _ if state.progress.is_some() => effects.push(Effect::Plan(None)),
        _ => {}
    }
    if state.home != home && !(plan.steps.is_empty() && plan.imports.is_empty() && state.is_empty()) {
        effects.push(Effect::Home(home));
    }
    effects.extend((!plan.moves.is_empty()).then(|| Effect::Move(plan.moves.clone())));
    effects.extend(plan.taken_back.iter().map(|(address, id)| Effect::TakeBack(address.clone(), id.clone())));
    let imports = plan.imports.iter().map(|new| Effect::Record(new.address.clone(), new.record.clone()));
    effects.extend(imports);
    // What was taken over, perhaps in the place of an object of ours, was made by others.
    let is_imported = |address: &Address| plan.imports.iter().any(|new| new.address == *address);
    for RecordChange { address, record: words, object, id, region, pending, since, owed } in &plan.records {
        let kept = object.iter().filter(|(_, value)| value.is_wholly_known() && !value.is_sensitive_anywhere());
        let before = plan.moves.iter().find(|(_, to)| to == address).map_or(address, |(from, _)| from);
        let known = state.records.get(before);
        let record = Record {
            region: region.clone(),
            id: id.clone(),
            object: kept.map(|(name, value)| (name.clone(), value.clone())).collect(),
            set: words.set.clone(),
            secrets: words.secrets.clone(),
            phase: known.map(|known| known.phase.clone()).unwrap_or_default(),
            dependencies: words.dependencies.clone(),
            protect: words.protect,
            abandon: words.abandon,
            suffix: words.suffix.clone(),
            owed: owed.clone(),
            pending: pending.clone(),
            since: since.clone(),
            beside: known.map(|known| known.beside.clone()).unwrap_or_default(),
            guarded: words.guarded,
            farewell: known.and_then(|known| known.farewell.clone()),
            mark: known.filter(|_| !is_imported(address)).and_then(|known| known.mark.clone()),
        };
        effects.push(Effect::Record(address.clone(), record));
    }
    effects
}

/// Outputs, and a new state file.
async fn finish(
    report: &mut Report,
    planned: Option<Vec<String>>,
    run: String,
    saved: Option<String>,
) -> Result<(), String> {
    let outputs = match planned {
        Some(planned) => outputs(report, &planned),
        None => report.store.state().outputs.clone(),
    };
    let differ = !same_outputs(&outputs, &report.store.state().outputs);
    let saved = saved.filter(|saved| report.store.state().progress_of(saved).is_some());
    let mut effects: Vec<Effect> = differ.then_some(Effect::Outputs(outputs)).into_iter().collect();
    effects.extend(saved.map(Effect::Applied));
    if report.is_complete() && !effects.is_empty() {
        // Where nothing else was to be done, no run has begun yet.
        report.store.begin(&run).await.map_err(|error| format!("the state cannot be written: {error}"))?;
        report.store.commit(vec![Entry::Noted(effects)]).await?;
    }
    report.store.end().await.map_err(|error| format!("the state cannot be saved: {error}"))
}

/// Whether outputs say the same: a state keeps no types, so that a set reads back as a tuple.
fn same_outputs(now: &Outputs, kept: &Outputs) -> bool {
    let told = |output: &Option<Value>| output.as_ref().map(to_json);
    now.len() == kept.len() && now.iter().all(|(name, output)| kept.get(name).map(told) == Some(told(output)))
}

type Outputs = BTreeMap<String, Option<Value>>;

/// The outputs as they are now; none of a sensitive one, nor of one that cannot be told.
fn outputs(report: &Report, planned: &[String]) -> Outputs {
    let names = report.evaluator.names();
    let declared = names.0.module.outputs.iter().filter(|(name, _)| planned.iter().any(|planned| **planned == ***name));
    declared
        .filter_map(|(name, output)| {
            let value = eval(&output.value, &report.evaluator).ok()?;
            let hidden = output.sensitive || value.is_sensitive_anywhere();
            if !hidden && !value.is_wholly_known() {
                return None;
            }
            Some((name.to_string(), (!hidden).then_some(value)))
        })
        .collect()
}
