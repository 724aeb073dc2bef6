//! The engine as the simulation runs it: the only file here that knows the workflows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::diag::render;
use crate::disk::{self, Held};
use crate::entropy::SeededEntropy;
use crate::kind::{Call, SecretPhase};
use crate::ops::connect::{Connection, finish};
use crate::ops::recover::Watch;
use crate::ops::{Failure, Session, SessionOptions, apply, plan};
use crate::plan::{Action, Options, Plan, file};
use crate::simulation::check::View;
use crate::simulation::clock::LeapingClock;
use crate::simulation::cloud::world::{Key, World};
use crate::simulation::cloud::{FakeCloud, Witness};
use crate::simulation::disk::{Files, Lie, MemDisk, Shown};
use crate::simulation::faults::Faults;
use crate::simulation::text::process;
use crate::state::lock::Holder;
use crate::state::medium::Folder;
use crate::state::store::Store;
use crate::state::{Record, State};
use crate::ui::{self, Ui};
use crate::value::{Data, Value};

/// A command of the program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// What is done.
    pub verb: Verb,
    /// `--target`
    pub targets: Vec<String>,
    /// `--replace`
    pub replace: Vec<String>,
    /// Whether what holds data may be replaced and deleted.
    pub allow: bool,
    /// `rotate ADDRESS`, and with `--finish`.
    pub rotate: Option<(String, SecretPhase)>,
    /// Whether the work is done alone, for measurements: nothing is kept of what is told, and the plan is no document
    /// on its way.
    pub bare: bool,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verb {
    /// `plan`
    #[default]
    Plan,
    /// `apply --auto-approve`
    Apply,
    /// `apply --refresh-only --auto-approve`
    Refresh,
    /// `destroy --auto-approve`
    Destroy,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Exit code 0.
    Done,
    /// Exit code 1: nothing was sent.
    Error(String),
    /// Exit code 3.
    Refused(String),
    /// Exit code 4.
    Locked,
    /// Exit code 5: something was done, and something remains.
    Remains(String),
    /// The process died.
    Dead,
    /// It waits for ever.
    Hangs,
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// The plan for people; empty where there was none.
    pub plan: String,
    /// Whether the plan was empty.
    pub empty: bool,
    /// Everything else that was told: diagnostics, events, errors.
    pub told: String,
}

/// A fault of the engine, planted where it meets the world, to show that the simulation would notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The disk breaks a promise.
    Disk(Lie),
    /// What carries our mark is not found.
    Blind,
    /// The mark of an object is not seen.
    Unmarked,
    /// What is deleted waits for nothing.
    NoEdges,
    /// No guard stands before anything.
    NoGuard,
    /// A token is shown in the plan.
    Shown,
}

/// Where commands run.
pub struct Place {
    /// The directory of the stack.
    pub directory: PathBuf,
    /// The account.
    pub cloud: FakeCloud,
    /// Where the state lies.
    pub disk: MemDisk,
    /// Tells the time, and waits.
    pub clock: LeapingClock,
    /// What goes wrong.
    pub faults: Arc<Faults>,
    entropy: Arc<SeededEntropy>,
    bug: Option<Bug>,
}

/// How long a poller waits at first, and at most.
const POLL: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(15));

impl Place {
    /// A directory with an empty account, where nobody watches yet.
    pub fn new(directory: PathBuf, clock: LeapingClock, faults: Arc<Faults>, bug: Option<Bug>) -> Self {
        let cloud = FakeCloud::new(clock.clone(), faults.clone(), Box::new(Nobody), bug);
        let lie = if let Some(Bug::Disk(lie)) = bug { Some(lie) } else { None };
        let disk = MemDisk::new(clock.clone(), faults.clone(), lie);
        Self { directory, cloud, disk, clock, faults, entropy: Arc::new(SeededEntropy::new(1)), bug }
    }

    /// An empty account that somebody watches.
    pub fn with_witness(mut self, witness: Box<dyn Witness>) -> Self {
        self.cloud = FakeCloud::new(self.clock.clone(), self.faults.clone(), witness, self.bug);
        self
    }

    /// Reads the state as it would be after a loss of power.
    pub fn view(&self) -> View {
        let (directory, disk) = (self.directory.clone(), self.disk.clone());
        Box::new(move || ledger(disk.durable(), &directory))
    }

    /// Runs a command as a process of its own.
    pub fn run(&self, command: &Command) -> Outcome {
        let mut outcome = Outcome { end: End::Dead, plan: String::new(), empty: false, told: String::new() };
        let ended = self.clock.run(async {
            tokio::select! {
                biased;
                () = self.faults.death() => End::Dead,
                end = self.attempt(command, &mut outcome) => end.unwrap_or_else(End::of),
            }
        });
        outcome.end = ended.unwrap_or(End::Hangs);
        outcome
    }

    /// Checks the stack offline, as `validate` does.
    pub fn check(&self) -> Outcome {
        let mut session = self.open();
        plan::check(&mut session, &State::default(), &Options::default());
        let told = session.diagnostics.iter();
        let told = told.map(|diagnostic| render::render(diagnostic, &session.sources, false, None)).collect();
        let end = if session.has_errors() { End::of(Failure::Stack) } else { End::Done };
        Outcome { end, plan: String::new(), empty: true, told }
    }

    /// A plan as data, with the state that it goes by; or what is wrong.
    ///
    /// # Errors
    /// There is no plan.
    pub fn plan(&self, options: &Options) -> Result<(Plan, State), Vec<String>> {
        let planned = self.clock.run(async {
            let mut session = self.open();
            let prepared = self.prepare(&mut session, options, None).await;
            let said =
                session.diagnostics.iter().map(|diagnostic| format!("{} {}", diagnostic.code, diagnostic.detail));
            prepared
                .map(|(plan, store, _)| (plan, store.state().clone()))
                .map_err(|failure| said.chain([format!("{failure:?}")]).collect())
        });
        planned.expect("a plan comes to an end")
    }

    fn open(&self) -> Session {
        Session::open(&SessionOptions {
            kept: None,
            beside: Default::default(),
            directory: self.directory.clone(),
            environment: None,
            given: Vec::new(),
            endpoint: None,
            state: None,
            process: process(),
            commands: false,
            values: true,
            clock: Arc::new(self.clock.clone()),
            disk: Arc::new(self.disk.clone()),
            entropy: self.entropy.clone(),
        })
    }

    async fn attempt(&self, command: &Command, outcome: &mut Outcome) -> Result<End, Failure> {
        let mut session = self.open();
        let options = options(command)?;
        let (events, mut incoming) = tokio::sync::mpsc::unbounded_channel();
        let stop = self.faults.stop();
        let watch = Watch { events: events.clone(), stop: stop.clone() };
        let mut held = None;
        if command.verb != Verb::Plan {
            let holder = Holder::default();
            held = Some((apply::lock(&session, holder, Duration::ZERO).await?, &watch));
        }
        let prepared = self.prepare(&mut session, &options, held).await;
        for diagnostic in &session.diagnostics {
            outcome.told.push_str(&render::render(diagnostic, &session.sources, false, None));
        }
        let run = apply::Run { saved: None, parallelism: 4, events, stop };
        let end = self.carry_out(session, prepared, run, command, outcome).await;
        while let Ok(event) = incoming.try_recv()
            && !command.bare
        {
            outcome.told.push_str(&format!("{event:?}\n"));
        }
        end
    }

    /// Checks, connects and plans, as the command line does.
    async fn prepare(
        &self,
        session: &mut Session,
        options: &Options,
        held: Option<(Box<dyn Held>, &Watch)>,
    ) -> Result<Prepared, Failure> {
        let mut store = session.store()?;
        let mut watch = None;
        if let Some((lock, watching)) = held {
            store.hold(lock);
            watch = Some(watching);
        }
        let first = plan::check_first(session, &store, options)?;
        let connection = finish(session, Arc::new(self.cloud.clone()), POLL).await?;
        let mut plan = plan::plan(session, &mut store, &connection, options, watch, first).await?;
        if let Some(bug) = self.bug {
            plant(bug, &mut plan);
        }
        Ok((plan, store, connection))
    }

    async fn carry_out(
        &self,
        session: Session,
        prepared: Result<Prepared, Failure>,
        run: apply::Run,
        command: &Command,
        outcome: &mut Outcome,
    ) -> Result<End, Failure> {
        let (plan, store, connection) = prepared?;
        let ui = Ui::plain();
        outcome.plan = ui::plan::render(ui, &plan, "sim", &connection.place);
        if !command.bare {
            ui::stream::plan(&plan, "sim").iter().for_each(|line| outcome.told.push_str(&format!("{line}\n")));
        }
        outcome.empty = plan.is_empty();
        apply::guard(&plan)?;
        if command.verb == Verb::Plan {
            return Ok(End::Done);
        }
        let plan = if command.bare { plan } else { written_and_read(&plan, &store, outcome)? };
        let report = apply::apply(session, store, connection, plan, run).await?;
        if report.is_complete() {
            return Ok(End::Done);
        }
        let failed = report.failed.iter().map(|(address, why)| format!("{address}: {why}"));
        let begun = report.begun.iter().map(|address| format!("{address}: begun"));
        let skipped = report.skipped.iter().map(|address| format!("{address}: skipped"));
        let why: Vec<String> = failed.chain(begun).chain(skipped).chain(report.unwritten.clone()).collect();
        Ok(End::Remains(why.join("\n")))
    }
}

/// A plan as it comes out of a document: what is carried out is what can be kept. Its bytes are looked through for
/// secrets as everything is that is told.
fn written_and_read(plan: &Plan, store: &Store, outcome: &mut Outcome) -> Result<Plan, Failure> {
    let plan = file::withheld(plan, &store.state()).map_err(Failure::Error)?;
    let bytes = file::write(&plan).map_err(Failure::Error)?;
    outcome.told.push_str(&String::from_utf8_lossy(&bytes));
    let again = file::read(&bytes).map_err(Failure::Error)?;
    assert!(again == plan && file::write(&again) == Ok(bytes), "a plan is read as it was written");
    Ok(again)
}

/// Brings a fault into a plan.
fn plant(bug: Bug, plan: &mut Plan) {
    match bug {
        Bug::NoEdges => {
            plan.steps.iter_mut().filter(|step| step.action == Action::Delete).for_each(|step| step.edges.clear());
        }
        Bug::NoGuard => plan.blocked.clear(),
        Bug::Shown => {
            for change in plan.steps.iter_mut().flat_map(|step| &mut step.changes) {
                if let Data::Secret(secret) = &change.after.data {
                    change.after = Value::string(secret.text.as_deref().unwrap_or_default());
                }
            }
        }
        Bug::Disk(_) | Bug::Blind | Bug::Unmarked => {}
    }
}

type Prepared = (Plan, Store, Connection);

/// Writes a file of a stack.
pub fn write(path: &Path, text: &str) {
    disk::replace(path, text.as_bytes()).expect("a file of the stack can be written");
}

/// Removes a file of a stack.
pub fn remove(path: &Path) {
    disk::remove(path).expect("a file of the stack can be removed");
}

/// Watches nothing.
struct Nobody;

impl Witness for Nobody {
    fn before(&mut self, _: &World, _: &str, _: &'static str, _: &Call) -> Option<String> {
        None
    }
    fn after(&mut self, _: &World, _: &Call, _: &Key) {}
}

impl End {
    fn of(failure: Failure) -> Self {
        match failure {
            Failure::Stack => End::Error("the stack is wrong".to_owned()),
            Failure::Error(why) => End::Error(why),
            Failure::Refused(why) => End::Refused(why),
            Failure::Locked(_) => End::Locked,
            Failure::Remains(why) => End::Remains(why),
            Failure::Stale(why) => End::Error(why),
        }
    }
}

fn options(command: &Command) -> Result<Options, Failure> {
    let wrong = |text: &String| Failure::Error(format!("`{text}` is not an address"));
    let targets = command.targets.iter().map(|text| crate::kinds::subject(text).ok_or_else(|| wrong(text)));
    let replace = command.replace.iter().map(|text| crate::kinds::address(text).ok_or_else(|| wrong(text)));
    let rotate = command
        .rotate
        .as_ref()
        .map(|(text, only)| crate::kinds::address(text).map(|address| (address, *only)).ok_or_else(|| wrong(text)));
    Ok(Options {
        destroy: command.verb == Verb::Destroy,
        rotate: rotate.transpose()?,
        targets: targets.collect::<Result<_, _>>()?,
        replace: replace.collect::<Result<_, _>>()?,
        allow_all: command.allow,
        refresh_only: command.verb == Verb::Refresh,
        ..Options::default()
    })
}

/// An object that the state knows: its address, kind, region and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// Its address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// Its region.
    pub region: String,
    /// Its name in AWS.
    pub id: String,
    /// Whether it may not be destroyed.
    pub protect: bool,
    /// Its mark, where we made it.
    pub mark: Option<String>,
}

/// A call that the state says is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// What it is made for.
    pub address: String,
    /// The kind of the object.
    pub kind: String,
    /// The name of the object, where it is known before.
    pub name: Option<String>,
    /// The tag `cachestack:id` of what a create makes.
    pub mark: String,
    /// The API operation.
    pub operation: String,
}

/// What the state on a disk says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What exists.
    pub records: Vec<Known>,
    /// What has a successor and is still to be deleted.
    pub deposed: Vec<Known>,
    /// Calls that have not settled.
    pub open: Vec<Open>,
}

/// Where the state of a stack lies.
pub fn state_directory(directory: &Path) -> PathBuf {
    directory.join(".cachestack/sim")
}

/// Reads the state of a stack, as the next command will.
fn ledger(files: Files, directory: &Path) -> Result<Ledger, String> {
    let store = Store::open(Arc::new(Folder::new(Arc::new(Shown(files)), &state_directory(directory))))?;
    let state = store.state();
    let known = |address: &Address, record: &Record| Known {
        address: address.to_string(),
        kind: address.kind.to_string(),
        region: record.region.clone(),
        id: record.id.clone(),
        protect: record.protect,
        mark: record.mark().map(str::to_owned),
    };
    let parts = state.operations.iter().flat_map(|operation| operation.parts.iter().map(move |part| (operation, part)));
    let open = parts.map(|(operation, part)| Open {
        address: part.address.to_string(),
        kind: part.address.kind.to_string(),
        name: part.id.clone(),
        mark: operation.id.clone(),
        operation: operation.name.clone(),
    });
    Ok(Ledger {
        records: state.records.iter().map(|(address, record)| known(address, record)).collect(),
        deposed: state.deposed.iter().map(|deposed| known(&deposed.address, &deposed.record)).collect(),
        open: open.collect(),
    })
}
