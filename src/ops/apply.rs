//! Carrying out a plan under the lock, and keeping what came of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::apply::{self, Event, Inputs, Report, Settings, Stop};
use crate::disk;
use crate::kind::Cloud;
use crate::lang::eval::eval;
use crate::ops::connect::Connection;
use crate::ops::{Failure, Session};
use crate::plan::Plan;
use crate::stack::checks;
use crate::stack::environment::Environment;
use crate::state::store::Store;
use crate::state::{Entry, Record, lock};
use crate::value::Value;

/// Takes the lock of an environment.
pub async fn lock(session: &Session, command: &str, patience: Duration) -> Result<disk::Lock, Failure> {
    let path = session.state_directory.join("lock");
    let who = format!(
        "{command}, process {}, since {}",
        std::process::id(),
        jiff::Timestamp::try_from(session.clock.now()).unwrap_or_default()
    );
    let taken = lock::acquire(&path, &who, patience, &*session.clock).await;
    match taken.map_err(|error| Failure::Error(format!("{}: {error}", path.display())))? {
        Ok(lock) => Ok(lock),
        Err(lock::Held(holder)) => Err(Failure::Locked(holder)),
    }
}

/// Refuses a plan that a guard stands against.
pub fn guard(plan: &Plan) -> Result<(), Failure> {
    if plan.blocked.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        plan.blocked.iter().map(|blocked| format!("{}: {}", blocked.address, blocked.reason)).collect();
    Err(Failure::Refused(lines.join("\n")))
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
    /// How many calls at once.
    pub parallelism: usize,
    /// Who hears of progress.
    pub events: UnboundedSender<Event>,
    /// When to stop.
    pub stop: Stop,
}

/// Carries out a plan and saves the state, whatever came of it.
pub async fn apply(
    session: Session,
    store: Store,
    connection: Connection,
    plan: Plan,
    run: Run,
) -> Result<Report, Failure> {
    guard(&plan)?;
    check_secrets(&plan)?;
    let unwritable = |error: std::io::Error| Failure::Error(format!("the state cannot be written: {error}"));
    let mut store = store;
    prepare(&mut store, &plan, &connection.account).map_err(unwritable)?;
    let cloud: Arc<dyn Cloud> = connection.cloud.clone();
    let environment: Environment = session.environment.clone();
    let everything = (!plan.partial).then(|| plan.outputs.keys().cloned().collect());
    let inputs = Inputs {
        plan,
        environment,
        account: Some(connection.account.clone()),
        evaluator: session.evaluator,
        store,
        cloud,
        clock: session.clock.clone(),
        settings: Settings { parallelism: run.parallelism, poll: connection.poll },
        events: run.events,
        stop: run.stop,
    };
    let mut report = apply::apply(inputs).await;
    finish(&mut report, everything).map_err(unwritable)?;
    if report.failed.is_empty() && report.skipped.is_empty() {
        let said = session.diagnostics;
        report.checks = checks::judge(&report.evaluator, true);
        report.checks.retain(|diagnostic| !said.contains(diagnostic));
    }
    Ok(report)
}

/// What is recorded before the first step: the account, moves, records that only their own words change.
fn prepare(store: &mut Store, plan: &Plan, account: &str) -> std::io::Result<()> {
    if store.state().account.as_deref() != Some(account) && !(plan.steps.is_empty() && plan.imports.is_empty()) {
        store.commit(Entry::Account(account.to_owned()))?;
    }
    for (from, to) in &plan.moves {
        store.commit(Entry::Move(from.clone(), to.clone()))?;
    }
    for imported in &plan.imports {
        store.commit(Entry::Record(imported.address.clone(), imported.record.clone()))?;
    }
    for (address, words, object, id, region) in &plan.records {
        let record = Record {
            region: region.clone(),
            id: id.clone(),
            object: object
                .iter()
                .filter(|(_, value)| value.is_wholly_known() && !value.is_sensitive_anywhere())
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
            set: words.set.clone(),
            secrets: words.secrets.clone(),
            dependencies: words.dependencies.clone(),
            protect: words.protect,
            suffix: words.suffix.clone(),
        };
        store.commit(Entry::Record(address.clone(), record))?;
    }
    Ok(())
}

/// Outputs, settled intents of an earlier run, and a new state file.
fn finish(report: &mut Report, planned: Option<Vec<String>>) -> std::io::Result<()> {
    let complete = report.failed.is_empty() && report.skipped.is_empty();
    if complete {
        let old: Vec<String> = report.store.state().intents.iter().map(|intent| intent.id.clone()).collect();
        for id in old {
            report.store.commit(Entry::Settle(id))?;
        }
    }
    let outputs = match planned {
        Some(planned) => outputs(report, &planned),
        None => report.store.state().outputs.clone(),
    };
    if complete && outputs != report.store.state().outputs {
        report.store.commit(Entry::Outputs(outputs))?;
    }
    report.store.save()
}

/// The outputs as they are now; none of a sensitive one, nor of one that cannot be told.
fn outputs(report: &Report, planned: &[String]) -> std::collections::BTreeMap<String, Option<Value>> {
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
