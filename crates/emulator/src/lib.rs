//! The emulator of cachestack, and a crate of its own for the tests of others: ElastiCache, and as much of EC2, CloudWatch,
//! STS and the tagging API as a cache needs.
//!
//! An independent second opinion on the engine: it shares no schema, no validation and no kind with it. Its
//! referee is the service model of AWS (`data/models.json`). It answers HTTP requests as AWS does, in process
//! ([`Emulator::handle`]) or on a port ([`server::serve`]).
//!
//! - `route`: has a request answered; `identify`: what it means; `reply`: the answer in its protocol
//! - `model`, `wire`: the service model, and the four wire formats over one JSON tree
//! - `signature`: whether a request was signed with a secret that is known, where that is asked for
//! - `service`: the registry of services, and of the parts that they are made of; `limits`: what the model refuses
//! - `world`, `region`, `table`: what exists; kept in memory, or in an append-only log that processes share
//! - `time`, `lifecycle`: how long things take, and what falls due when
//! - `elasticache`, `ec2`, `cloudwatch`, `pricing`, `sts`, `tagging`: the services
//! - `faults`, `past`: refusals, delays and stale reads on request
//! - `operations`: what is answered, and how far each answer can be trusted
//! - `gate`, `connections`: who may talk to it over a socket, and how many at a time
//! - `control`: the emulator's own API under `/_cachestack/`
//! - [`clock`], [`disk`]: time and files, which the engine has from here

#![warn(missing_docs)]

pub mod clock;
mod cloudwatch;
mod connections;
mod context;
mod control;
pub mod disk;
mod ec2;
mod elasticache;
mod failure;
mod faults;
mod gate;
mod identify;
mod input;
mod kms;
mod lifecycle;
mod limits;
mod logs;
mod model;
pub mod operations;
mod paging;
mod past;
mod pricing;
mod region;
mod reply;
mod route;
mod secretsmanager;
pub mod server;
mod service;
mod signature;
mod sns;
mod ssm;
mod sts;
mod table;
mod tagging;
mod tags;
#[cfg(test)]
mod tests;
mod time;
mod wire;
mod world;

use crate::clock::{Clock, SystemClock};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use faults::{Plan as FaultPlan, Rule as FaultRule};
pub use signature::Credentials;
pub use time::Speed;

/// An HTTP request, with its body read.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `POST`, `GET`, ...
    pub method: String,
    /// The path with its query string.
    pub path: String,
    /// Header names are compared without case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// An HTTP response, whole.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers without Content-Length, which the transport adds.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// An answer, and what the transport does to it.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// The answer.
    pub response: Response,
    /// How long it is held back; who answers in process may sleep as long.
    pub delay: Duration,
    /// Whether the connection breaks instead.
    pub dropped: bool,
}

impl From<Response> for Delivery {
    /// An answer that comes at once; a status of zero stands for a connection that broke before an answer came.
    fn from(response: Response) -> Self {
        Self { dropped: response.status == 0, response, delay: Duration::ZERO }
    }
}

/// How an emulator runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// How fast caches are made, changed and deleted.
    pub speed: Speed,
    /// Where the emulator reads the time; its own offset is added.
    pub clock: Arc<dyn Clock>,
    /// What requests must be signed with; without any, a signature is asked for and not verified.
    pub credentials: Option<Credentials>,
}

impl Default for Options {
    fn default() -> Self {
        Self { speed: Speed::Fast, clock: Arc::new(SystemClock), credentials: None }
    }
}

/// An emulated AWS. Clones share one world.
#[derive(Debug, Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    world: Mutex<world::World>,
    calls: Mutex<BTreeMap<String, u64>>,
    faults: Mutex<faults::Faults>,
    past: Mutex<past::Past>,
}

impl Emulator {
    /// A world that lives as long as the value.
    pub fn in_memory(options: Options) -> Self {
        Self::over(world::World::in_memory(), options)
    }

    /// A world kept in a file, which other processes may use at the same time.
    pub fn open(path: &Path, options: Options) -> io::Result<Self> {
        Ok(Self::over(world::World::open(path)?, options))
    }

    /// A world of its own that begins as a copy of a file's. What is done in it leaves no trace.
    pub fn copy_of(path: &Path, options: Options) -> io::Result<Self> {
        Ok(Self::over(world::World::copy_of(path)?, options))
    }

    /// The same of a file that may be damaged: what stands before the damage is gone on with, and the file as it was is
    /// kept beside it. Answers where, if there was any.
    pub fn open_cut(path: &Path, options: Options) -> io::Result<(Self, Option<PathBuf>)> {
        let (world, kept) = world::World::open_cut(path)?;
        Ok((Self::over(world, options), kept))
    }

    fn over(world: world::World, options: Options) -> Self {
        let shared = Shared {
            options,
            world: Mutex::new(world),
            calls: Mutex::default(),
            faults: Mutex::default(),
            past: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Answers one request at once, whatever faults say about delays and broken connections.
    pub fn handle(&self, request: &Request) -> Response {
        self.deliver(request).response
    }

    /// Answers one request, and tells how the answer is to be delivered.
    pub fn deliver(&self, request: &Request) -> Delivery {
        match request.path.strip_prefix("/_cachestack/") {
            Some(rest) => Delivery { response: control::handle(self, request, rest), ..Delivery::default() },
            None => route::handle(self, request),
        }
    }

    /// The clock under the emulator's own offset.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.shared.options.clock.clone()
    }

    /// Replaces the faults that requests meet; none of them is an empty plan.
    pub fn set_faults(&self, plan: FaultPlan) -> Result<(), String> {
        self.shared.past.lock().expect("past").clear();
        self.shared.faults.lock().expect("faults").set(plan)
    }

    /// How often each operation was called in this process, by `service:Operation`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.shared.calls.lock().expect("calls").clone()
    }

    /// Forgets the counts.
    pub fn reset_calls(&self) {
        self.shared.calls.lock().expect("calls").clear();
    }

    fn count(&self, service: &str, operation: &str) {
        *self.shared.calls.lock().expect("calls").entry(format!("{service}:{operation}")).or_default() += 1;
    }

    fn transact<T>(&self, action: impl FnOnce(&mut world::World, &Options) -> T) -> io::Result<T> {
        let mut world = match self.shared.world.lock() {
            Ok(world) => world,
            Err(poisoned) => {
                self.shared.world.clear_poison();
                let mut world = poisoned.into_inner();
                world.recover();
                world
            }
        };
        world.begin()?;
        let answer = action(&mut world, &self.shared.options);
        world.commit()?;
        Ok(answer)
    }
}
