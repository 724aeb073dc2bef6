//! Carrying out a plan: steps run as soon as their edges are done, and nothing else is decided here.

pub mod events;
mod holes;
mod joint;
mod schedule;
mod settle;
mod step;
mod turns;
mod wholes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

use crate::address::Address;
use crate::clock::Clock;
use crate::diag::Diagnostic;
use crate::entropy::Entropy;
use crate::kind::{Cloud, Vault};
use crate::plan::{Action, Plan, Step};
use crate::stack::environment::Environment;
use crate::stack::evaluator::Evaluator;
use crate::state::digest::Digests;
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
    pub run: String,
    /// The id of the saved plan that is carried out.
    pub saved: Option<String>,
    /// Whether an earlier run was cut off.
    pub goes_on: bool,
    pub plan: Plan,
    /// Where the steps are that make objects.
    pub creates: BTreeMap<Address, usize>,
    /// Names that became known while the plan was carried out: kind, region and name.
    pub claimed: Mutex<BTreeSet<(Arc<str>, String, String)>>,
    pub environment: Environment,
    pub account: Option<Arc<str>>,
    pub evaluator: Mutex<Evaluator>,
    pub store: Store,
    pub cloud: Arc<dyn Cloud>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub digests: Arc<Digests>,
    pub vault: Option<Arc<dyn Vault>>,
    pub pause: Duration,
    pub calls: Semaphore,
    pub joint: joint::Joint,
    pub turns: turns::Turns,
    pub settler: Settler,
    pub events: UnboundedSender<Event>,
    pub stop: Stop,
    /// Set when the state can no longer be written: nothing more is sent.
    pub broken: AtomicBool,
    /// Set when the first call is sent.
    pub sent: AtomicBool,
}

impl Shared {
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst) || self.broken.load(Ordering::SeqCst)
    }

    pub fn send(&self, event: Event) {
        // Whoever listened may be gone; the work goes on.
        let _ = self.events.send(event);
    }
}

/// What an apply needs.
pub struct Inputs {
    /// The name of the run, in the state and its journal.
    pub run: String,
    /// The id of the saved plan that is carried out: the state notes how far it has come.
    pub saved: Option<String>,
    /// Whether an earlier run was cut off.
    pub goes_on: bool,
    /// The plan.
    pub plan: Plan,
    /// The environment of the plan.
    pub environment: Environment,
    /// The account of the credentials.
    pub account: Option<Arc<str>>,
    /// The values that the plan was made with.
    pub evaluator: Evaluator,
    /// The open state, with a run begun.
    pub store: Store,
    /// The account.
    pub cloud: Arc<dyn Cloud>,
    /// Tells the time, and waits.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub entropy: Arc<dyn Entropy>,
    /// Digests of secrets.
    pub digests: Arc<Digests>,
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
    /// Final snapshots that were taken, each of what.
    pub farewells: Vec<(Address, String)>,
    /// Objects made, changed, destroyed.
    pub counts: crate::plan::Counts,
    /// Steps that failed, with why.
    pub failed: Vec<(Address, String)>,
    /// Steps that were begun and not finished, because the run was stopped: something of theirs was sent.
    pub begun: Vec<Address>,
    /// Steps that were not begun, because one before them failed or the run was stopped.
    pub skipped: Vec<Address>,
    /// Checks that do not hold now.
    pub checks: Vec<Diagnostic>,
    /// Whether the run was stopped from outside.
    pub stopped: bool,
    /// Whether any call was sent.
    pub sent: bool,
    /// Why the state could not be written, if it could not.
    pub unwritten: Option<String>,
    /// The state, to be saved.
    pub store: Store,
    /// The values as they are now, for outputs.
    pub evaluator: Evaluator,
}

impl Report {
    /// Whether nothing was sent and nothing done.
    pub fn is_nothing(&self) -> bool {
        !self.sent && self.done == 0
    }

    /// Whether everything was carried out and is on the medium.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.begun.is_empty() && self.skipped.is_empty() && self.unwritten.is_none()
    }
}

/// The result of one step.
pub(crate) enum Outcome {
    Done,
    /// An earlier run has done it.
    Before,
    Failed(String),
    /// Stopped; whether something had been sent.
    Stopped(bool),
}

/// Carries out a plan.
pub async fn apply(inputs: Inputs) -> Report {
    let Inputs {
        run,
        saved,
        goes_on,
        plan,
        environment,
        account,
        evaluator,
        store,
        cloud,
        clock,
        entropy,
        digests,
        settings,
        events,
        stop,
    } = inputs;
    let vault = evaluator.secrets().vault().cloned();
    let settler = Settler::start(cloud.clone(), clock.clone(), settings.poll, stop.clone());
    let steps = plan.steps.iter().enumerate().filter(|(_, step)| step.action == Action::Create);
    let creates = steps.map(|(at, step)| (step.address.clone(), at)).collect();
    let shared = Arc::new(Shared {
        run,
        saved,
        goes_on,
        plan,
        creates,
        claimed: Mutex::default(),
        environment,
        account,
        evaluator: Mutex::new(evaluator),
        store,
        cloud,
        clock,
        entropy,
        digests,
        vault,
        pause: settings.poll.0,
        calls: Semaphore::new(settings.parallelism.max(1)),
        joint: joint::Joint::default(),
        turns: turns::Turns::default(),
        settler,
        events,
        stop,
        broken: AtomicBool::new(false),
        sent: AtomicBool::new(false),
    });
    let results = schedule::schedule(&shared).await;
    wholes::record(&shared, &results).await;
    report(shared, results)
}

fn report(shared: Arc<Shared>, results: Vec<Option<Outcome>>) -> Report {
    let shared = Arc::try_unwrap(shared).unwrap_or_else(|_| unreachable!("every step has ended"));
    let mut report = Report {
        done: 0,
        farewells: Vec::new(),
        counts: crate::plan::Counts {
            import: shared.plan.imports.len(),
            drift: shared.plan.counts().drift,
            ..Default::default()
        },
        failed: Vec::new(),
        begun: Vec::new(),
        skipped: Vec::new(),
        checks: Vec::new(),
        stopped: shared.stop.load(Ordering::SeqCst),
        sent: shared.sent.load(Ordering::SeqCst),
        unwritten: None,
        store: shared.store,
        evaluator: shared.evaluator.into_inner().unwrap_or_else(PoisonError::into_inner),
    };
    for (step, result) in shared.plan.steps.iter().zip(results) {
        let address = step.address.clone();
        match result {
            Some(Outcome::Done) => count(&mut report, step),
            Some(Outcome::Before) => {}
            Some(Outcome::Failed(why)) => report.failed.push((address, why)),
            Some(Outcome::Stopped(true)) => report.begun.push(address),
            Some(Outcome::Stopped(false)) | None => {
                let _ = shared.events.send(Event::Skipped { address: address.clone(), action: step.action });
                report.skipped.push(address);
            }
        }
    }
    report
}

fn count(report: &mut Report, step: &Step) {
    report.done += 1;
    report.farewells.extend(step.farewell.clone().map(|name| (step.address.clone(), name)));
    match step.action {
        Action::Create => report.counts.add += 1,
        Action::Update => report.counts.change += 1,
        Action::Delete => report.counts.destroy += 1,
        Action::Forget => report.counts.forget += 1,
        Action::Read => {}
    }
}
