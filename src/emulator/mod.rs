//! The built-in emulator: ElastiCache, and as much of EC2, CloudWatch, STS and the tagging API as a cache needs.
//!
//! An independent second opinion on the engine: it shares no schema, no validation and no kind with it. Its
//! referee is the service model of AWS (`data/models.json`). It answers HTTP requests as AWS does, in process
//! ([`Emulator::handle`]) or on a port ([`server::serve`]).
//!
//! - `route`: which service, account, region, protocol and operation a request means
//! - `model`, `wire`: the service model, and the four wire formats over one JSON tree
//! - `world`, `region`, `table`: what exists; kept in memory, or in an append-only log that processes share
//! - `time`, `lifecycle`: how long things take, and what falls due when
//! - `elasticache`, `ec2`, `cloudwatch`, `sts`, `tagging`: the services
//! - `control`: the emulator's own API under `/_cachestack/`

mod cloudwatch;
mod context;
mod control;
mod ec2;
mod elasticache;
mod failure;
mod input;
mod lifecycle;
mod model;
mod paging;
mod region;
mod route;
pub mod server;
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
use std::path::Path;
use std::sync::{Arc, Mutex};

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

/// How an emulator runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// How fast caches are made, changed and deleted.
    pub speed: Speed,
    /// Where the emulator reads the time; its own offset is added.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self { speed: Speed::Fast, clock: Arc::new(SystemClock) }
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

    fn over(world: world::World, options: Options) -> Self {
        Self { shared: Arc::new(Shared { options, world: Mutex::new(world), calls: Mutex::default() }) }
    }

    /// Answers one request.
    pub fn handle(&self, request: &Request) -> Response {
        if let Some(rest) = request.path.strip_prefix("/_cachestack/") {
            return control::handle(self, request, rest);
        }
        route::handle(self, request)
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
