//! Settling what a run that was cut off has left open, before anything is planned.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::apply::{Event, Stop};
use crate::kind::{ErrorClass, RemoteError, clear};
use crate::kinds;
use crate::ops::connect::Connection;
use crate::ops::{Failure, Session};
use crate::plan::Note;
use crate::recovery::{self, Sight, Verdict};
use crate::refresh;
use crate::state::store::Store;
use crate::state::{Nature, Operation, Operations, Part, State};

/// What an earlier run has left under way is waited for so long. Source: the default for a change of Terraform's provider.
const UNDER_WAY_MAX: Duration = Duration::from_secs(90 * 60);

/// Who hears of what is waited for, and says when to stop.
pub struct Watch {
    /// Who hears.
    pub events: tokio::sync::mpsc::UnboundedSender<Event>,
    /// When to stop.
    pub stop: Stop,
}

impl Watch {
    /// Tells that an object is waited for.
    pub fn tell(&self, id: &str, status: &str, elapsed: Duration) {
        let _ = self.events.send(Event::Waiting { id: id.to_owned(), status: status.to_owned(), elapsed });
    }

    /// Whether to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(std::sync::atomic::Ordering::SeqCst)
    }
}

/// Settles every open operation, on the medium. Wants the lock and a run that has begun.
///
/// # Errors
/// Whatever keeps an operation from being decided: it stays open, and nothing is planned.
pub async fn settle(session: &Session, store: &Store, connection: &Connection, watch: &Watch) -> Result<(), Failure> {
    let start = session.clock.elapsed();
    loop {
        let open = store.state().operations.clone();
        let seen = look(session, connection, &open).await;
        let mut undecided = None;
        for (operation, part, sight) in seen {
            match sight.map(|sight| recovery::judge(&store.state(), &operation, &part, &sight)) {
                Ok(Verdict::Undecidable(why)) => undecided = Some((operation, why)),
                Err(error) if error.class == ErrorClass::Busy => undecided = Some((operation, error.message)),
                Err(error) => return Err(unreadable(&operation, &part, &error)),
                Ok(verdict) => {
                    let half = operation.nature == Nature::Create && verdict == Verdict::NotDone;
                    if let Some(local) = kinds::local(&part.address.kind).filter(|_| half) {
                        let (vault, id) = (session.evaluator.secrets().vault(), part.id.as_deref().unwrap_or_default());
                        let cleared = clear(vault.map(|vault| &**vault), id, local.secrets().iter().copied());
                        cleared.map_err(Failure::Error)?;
                    }
                    let entry = recovery::settlement(&operation, &part, verdict);
                    store.commit(entry.into_iter().collect()).await.map_err(Failure::Error)?;
                }
            }
        }
        let Some((operation, why)) = undecided else {
            return match store.state().operations.is_empty() {
                true => Ok(()),
                false => Err(Failure::Error(
                    "what an earlier run has left open could not be looked at; nothing was sent".to_owned(),
                )),
            };
        };
        let elapsed = session.clock.elapsed().saturating_sub(start);
        if elapsed > UNDER_WAY_MAX {
            let step = &operation.step;
            return Err(Failure::Error(format!(
                "{step} of an earlier run is still under way ({why}); nothing was sent"
            )));
        }
        if watch.is_stopped() {
            let why = format!("stopped while waiting for {}; nothing was sent: run it again to go on", operation.step);
            return Err(Failure::Error(why));
        }
        watch.tell(&operation.step, &why, elapsed);
        session.clock.sleep(connection.poll.1).await;
    }
}

/// What an apply would find, in a copy of the state; with a remark for each object that it concerns.
pub async fn foresee(session: &Session, state: &mut State, connection: &Connection) -> Result<Vec<Note>, Failure> {
    let mut notes = Vec::new();
    for (operation, part, sight) in look(session, connection, &state.operations.clone()).await {
        let sight = match sight {
            Err(error) if error.class != ErrorClass::Busy => return Err(unreadable(&operation, &part, &error)),
            other => other.ok(),
        };
        let verdict = match sight {
            Some(sight) => recovery::judge(state, &operation, &part, &sight),
            None => Verdict::Undecidable("it is busy".to_owned()),
        };
        let text = match (&verdict, operation.nature) {
            (Verdict::Done(effects), Nature::Create) if !effects.is_empty() => {
                "was made by an earlier run that did not come to its end; apply records it".to_owned()
            }
            (Verdict::Undecidable(why), _) => {
                format!("{} of an earlier run is still under way ({why}); apply waits for it", operation.name)
            }
            _ => format!("{} of an earlier run did not come to its end; apply settles it", operation.name),
        };
        notes.push(Note { address: Some(part.address.clone()), text });
        let entry = match verdict {
            Verdict::Undecidable(_) => recovery::foreseen(state, &operation, &part),
            decided => recovery::settlement(&operation, &part, decided),
        };
        entry.into_iter().for_each(|entry| state.apply(entry));
    }
    Ok(notes)
}

type Seen = (Operation, Part, Result<Sight, RemoteError>);

/// Looks for all objects of all operations, side by side; in the order of the operations.
async fn look(session: &Session, connection: &Connection, open: &Operations) -> Vec<Seen> {
    let mut looks = JoinSet::new();
    let parts = open.iter().flat_map(|operation| operation.parts.iter().map(move |part| (operation, part)));
    let mut seen = Vec::new();
    for (number, (operation, part)) in parts.enumerate() {
        if let Some(local) = kinds::local(&part.address.kind) {
            let vault = session.evaluator.secrets().vault().map(|vault| &**vault);
            let sight = refresh::sight_in_vault(vault, local.secrets(), operation.nature, part);
            seen.push((number, (operation.clone(), part.clone(), sight)));
            continue;
        }
        let (cloud, clock, pause) = (connection.cloud.clone(), session.clock.clone(), connection.poll.0);
        let (operation, part) = (operation.clone(), part.clone());
        looks.spawn(async move {
            let sight = refresh::sight(&*cloud, &*clock, pause, &operation, &part).await;
            (number, (operation, part, sight))
        });
    }
    while let Some(joined) = looks.join_next().await {
        seen.extend(joined.ok());
    }
    seen.sort_by_key(|(number, _)| *number);
    seen.into_iter().map(|(_, seen)| seen).collect()
}

fn unreadable(operation: &Operation, part: &Part, error: &RemoteError) -> Failure {
    Failure::Error(format!(
        "an earlier run was cut off at {} of `{}`, and what became of it cannot be read: {error}; nothing was sent, and \
         the operation stays open: mend that and run it again",
        operation.name, part.address
    ))
}
