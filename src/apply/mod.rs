//! Carrying out a plan: steps run as soon as their edges are done, and nothing else is decided here.

pub mod events;
mod holes;
mod settle;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use crate::address::Address;
use crate::clock::Clock;
use crate::diag::Diagnostic;
use crate::kind::Cloud;
use crate::plan::{Action, Plan};
use crate::stack::environment::Environment;
use crate::stack::evaluator::Evaluator;
use crate::state::store::Store;
pub use events::Event;
use settle::Settler;

/// How an apply goes about it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many calls are under way at once.
    pub parallelism: usize,
    /// How long the poller waits at first, and at most.
    pub poll: (Duration, Duration),
}

/// Set to stop: nothing new is started, and what is under way is recorded.
pub type Stop = Arc<AtomicBool>;

/// What every step works with.
pub(crate) struct Shared {
    pub plan: Plan,
    pub environment: Environment,
    pub account: Option<Arc<str>>,
    pub evaluator: Mutex<Evaluator>,
    pub store: Mutex<Store>,
    pub cloud: Arc<dyn Cloud>,
    pub clock: Arc<dyn Clock>,
    pub calls: Semaphore,
    pub settler: Settler,
    pub events: UnboundedSender<Event>,
    pub stop: Stop,
}

impl Shared {
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    pub fn send(&self, event: Event) {
        // Whoever listened may be gone; the work goes on.
        let _ = self.events.send(event);
    }
}

/// What an apply needs.
pub struct Inputs {
    /// The plan.
    pub plan: Plan,
    /// The environment of the plan.
    pub environment: Environment,
    /// The account of the credentials.
    pub account: Option<Arc<str>>,
    /// The values that the plan was made with.
    pub evaluator: Evaluator,
    /// The open state.
    pub store: Store,
    /// The account.
    pub cloud: Arc<dyn Cloud>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How.
    pub settings: Settings,
    /// Who hears of progress.
    pub events: UnboundedSender<Event>,
    /// When to stop.
    pub stop: Stop,
}

/// How an apply went.
pub struct Report {
    /// Steps that were carried out.
    pub done: usize,
    /// Objects made, changed, destroyed.
    pub counts: crate::plan::Counts,
    /// Steps that failed, with why.
    pub failed: Vec<(Address, String)>,
    /// Steps that were not started, because one before them failed or the run was stopped.
    pub skipped: Vec<Address>,
    /// Checks that do not hold now.
    pub checks: Vec<Diagnostic>,
    /// Whether the run was stopped from outside.
    pub stopped: bool,
    /// The state, to be saved.
    pub store: Store,
    /// The values as they are now, for outputs.
    pub evaluator: Evaluator,
}

/// The result of one step.
pub(crate) enum Outcome {
    Done,
    Failed(String),
    Stopped,
}

/// Carries out a plan.
pub async fn apply(inputs: Inputs) -> Report {
    let Inputs { plan, environment, account, evaluator, store, cloud, clock, settings, events, stop } = inputs;
    let settler = Settler::start(cloud.clone(), clock.clone(), settings.poll, stop.clone());
    let shared = Arc::new(Shared {
        plan,
        environment,
        account,
        evaluator: Mutex::new(evaluator),
        store: Mutex::new(store),
        cloud,
        clock,
        calls: Semaphore::new(settings.parallelism.max(1)),
        settler,
        events,
        stop,
    });
    let results = schedule(&shared).await;
    report(shared, results)
}

/// Runs every step whose edges are done; answers the result of each, none for those that were not started.
async fn schedule(shared: &Arc<Shared>) -> Vec<Option<Outcome>> {
    let count = shared.plan.steps.len();
    let mut results: Vec<Option<Outcome>> = (0..count).map(|_| None).collect();
    let mut waiting: Vec<BTreeSet<usize>> =
        shared.plan.steps.iter().map(|step| step.edges.iter().copied().collect()).collect();
    let mut users: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, edges) in waiting.iter().enumerate() {
        edges.iter().for_each(|edge| users.entry(*edge).or_default().push(index));
    }
    let mut running: JoinSet<(usize, Outcome)> = JoinSet::new();
    let spawn = |running: &mut JoinSet<(usize, Outcome)>, index: usize| {
        let shared = shared.clone();
        running.spawn(async move { (index, step::run(&shared, index).await) });
    };
    for index in (0..count).filter(|index| waiting[*index].is_empty()) {
        spawn(&mut running, index);
    }
    while let Some(joined) = running.join_next().await {
        let Ok((index, outcome)) = joined else { continue };
        let done = matches!(outcome, Outcome::Done);
        results[index] = Some(outcome);
        for user in users.get(&index).into_iter().flatten().filter(|_| done) {
            waiting[*user].remove(&index);
            if waiting[*user].is_empty() && !shared.stopped() {
                spawn(&mut running, *user);
            }
        }
    }
    results
}

fn report(shared: Arc<Shared>, results: Vec<Option<Outcome>>) -> Report {
    let mut report_failed = Vec::new();
    let mut skipped = Vec::new();
    let mut counts = crate::plan::Counts { import: shared.plan.imports.len(), ..Default::default() };
    let mut done = 0;
    for (step, result) in shared.plan.steps.iter().zip(&results) {
        match result {
            Some(Outcome::Done) => {
                done += 1;
                match step.action {
                    Action::Create => counts.add += 1,
                    Action::Update => counts.change += 1,
                    Action::Delete => counts.destroy += 1,
                    Action::Forget => counts.forget += 1,
                    Action::Read => {}
                }
            }
            Some(Outcome::Failed(why)) => report_failed.push((step.address.clone(), why.clone())),
            Some(Outcome::Stopped) | None => {
                shared.send(Event::Skipped { address: step.address.clone(), action: step.action });
                skipped.push(step.address.clone());
            }
        }
    }
    let stopped = shared.stopped();
    let shared = Arc::try_unwrap(shared).unwrap_or_else(|_| unreachable!("every step has ended"));
    Report {
        done,
        counts,
        failed: report_failed,
        skipped,
        checks: Vec::new(),
        stopped,
        store: shared.store.into_inner().unwrap_or_else(PoisonError::into_inner),
        evaluator: shared.evaluator.into_inner().unwrap_or_else(PoisonError::into_inner),
    }
}
