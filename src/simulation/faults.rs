//! What goes wrong, and where: drawn from a seed, or read from a case.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::apply::Stop;
use crate::simulation::hunt::Hunt;
use crate::simulation::random::Random;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A call or read is refused for its pace.
    Throttle,
    /// The service fails before it has done anything.
    ServerError,
    /// The service fails after it has done what was asked.
    ServerErrorAfter,
    /// The connection breaks before the request arrives.
    LostRequest,
    /// The connection breaks before the answer arrives.
    LostAnswer,
    /// The credentials do not allow it.
    Denied,
    /// A create is refused for want of capacity.
    Capacity,
    /// What was begun takes hours.
    Stuck,
    /// What is made turns out broken.
    Broken,
    /// A read tells of the world as it was some seconds ago.
    Stale,
    /// What is read was just deleted by others.
    Vanish,
    /// Somebody interrupts the run.
    Interrupt,
    /// The step itself fails, when the answer is there.
    Panic,
    /// The process dies before the call is sent, or the write is begun.
    CrashBefore,
    /// The process dies after the call has had its effect, or the write is on the medium.
    CrashAfter,
    /// The machine dies amid a write: a part of it is on the medium.
    Torn,
    /// There is no room for the write.
    Full,
    /// The medium refuses to sync: some of the bytes may be there.
    SyncFails,
}

use Fault::*;

/// Every fault and its word.
const WORDS: [(Fault, &str); 18] = [
    (Throttle, "throttle"),
    (ServerError, "server-error"),
    (ServerErrorAfter, "server-error-after"),
    (LostRequest, "lost-request"),
    (LostAnswer, "lost-answer"),
    (Denied, "denied"),
    (Capacity, "capacity"),
    (Stuck, "stuck"),
    (Broken, "broken"),
    (Stale, "stale"),
    (Vanish, "vanish"),
    (Interrupt, "interrupt"),
    (Panic, "panic"),
    (CrashBefore, "crash-before"),
    (CrashAfter, "crash-after"),
    (Torn, "torn"),
    (Full, "full"),
    (SyncFails, "sync-fails"),
];

impl Fault {
    /// The word of case files.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(fault, _)| *fault == self).map_or("", |(_, word)| word)
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        WORDS.iter().find(|(_, word)| *word == text).map(|(fault, _)| *fault)
    }

    /// Whether the process does not outlive it.
    pub fn is_crash(self) -> bool {
        matches!(self, CrashBefore | CrashAfter | Torn)
    }
}

/// A moment at which something can go wrong: in which turn, where (`call CreateSecurityGroup`), and the how manieth of
/// its sort that is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The number of the turn, from 0.
    pub turn: usize,
    /// `call OPERATION`, `read KIND` or `disk DEED FILE`.
    pub place: String,
    /// From 0.
    pub number: u32,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.turn, self.number, self.place)
    }
}

/// Faults by the moment at which they strike.
pub type Script = BTreeMap<Moment, Fault>;

/// The sorts of moment, and what can go wrong there.
fn possible(place: &str) -> &'static [Fault] {
    if place.starts_with("call CreateReplicationGroup") {
        &[
            Throttle,
            ServerError,
            ServerErrorAfter,
            LostRequest,
            LostAnswer,
            Denied,
            Capacity,
            Stuck,
            Broken,
            Interrupt,
            Panic,
        ]
    } else if place.starts_with("call Create") {
        &[Throttle, ServerError, ServerErrorAfter, LostRequest, LostAnswer, Denied, Capacity, Panic]
    } else if place.contains("ReplicationGroup") || place.contains("ReplicaCount") {
        &[Throttle, ServerError, ServerErrorAfter, LostRequest, LostAnswer, Denied, Stuck, Panic]
    } else if place.starts_with("call") {
        &[Throttle, ServerError, ServerErrorAfter, LostRequest, LostAnswer, Denied, Interrupt, Panic]
    } else if place.starts_with("disk append") {
        &[Full, SyncFails]
    } else if place.starts_with("disk") {
        &[Full]
    } else if place == "read replication_group" {
        &[Throttle, ServerError, Denied, Stale, Vanish, Interrupt]
    } else {
        &[Throttle, ServerError, Denied, Stale]
    }
}

/// Ways for the process to die there.
fn crashes(place: &str) -> &'static [Fault] {
    if place.starts_with("call") {
        &[CrashBefore, CrashAfter]
    } else if place.starts_with("disk append") || place.starts_with("disk replace") {
        &[CrashBefore, CrashAfter, Torn]
    } else if place.starts_with("disk") {
        &[CrashBefore, CrashAfter]
    } else {
        &[CrashBefore]
    }
}

/// How much likelier than elsewhere a process dies at a moment, and something else goes wrong: some come once in many
/// lives, others hundreds of times in one.
fn rarity(place: &str) -> (u32, u32) {
    let starts = |text: &str, words: &[&str]| words.iter().any(|word| text.starts_with(word));
    match place.split_once(' ').unwrap_or_default() {
        ("call", operation) if operation.contains("Tag") || starts(operation, &["Increase", "Decrease"]) => (200, 4),
        ("call", operation) if operation.contains("Shard") => (200, 4),
        ("call", operation) if starts(operation, &["Create", "Put", "Authorize", "RevokeSecurityGroupEgress"]) => {
            (4, 1)
        }
        ("call", _) => (60, 4),
        ("disk", deed) if deed.starts_with("append") => (1, 1),
        ("disk", deed) if deed.starts_with("remove") => (12, 2),
        ("disk", _) => (4, 2),
        ("read", what) if starts(what, &["mark", "tags", "lookup"]) => (25, 4),
        _ => (1, 1),
    }
}

/// What decides whether something goes wrong.
#[derive(Debug)]
enum Source {
    Nothing,
    Seed(Seeded),
    Script(Script),
}

/// Faults drawn from a seed.
#[derive(Debug)]
struct Seeded {
    random: Random,
    /// The faults of this run, each in so many of a thousand moments at which it can strike.
    rates: BTreeMap<Fault, u32>,
    /// How likely the process dies, in each of a thousand moments of a turn.
    crash: u32,
    /// Where the process dies, more often than not.
    hunt: Option<&'static Hunt>,
}

/// The faults of a simulation.
#[derive(Debug)]
pub struct Faults {
    inner: Mutex<Inner>,
    death: Notify,
    stop: Stop,
}

#[derive(Debug)]
struct Inner {
    source: Source,
    turn: usize,
    numbers: BTreeMap<String, u32>,
    struck: Script,
    dead: bool,
    enabled: bool,
}

impl Faults {
    fn of(source: Source) -> Self {
        let (numbers, struck) = (BTreeMap::new(), Script::new());
        let inner = Inner { source, turn: 0, numbers, struck, dead: false, enabled: true };
        Self { inner: Mutex::new(inner), death: Notify::new(), stop: Stop::default() }
    }

    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self::of(Source::Nothing)
    }

    /// What a case says goes wrong.
    pub fn script(script: Script) -> Self {
        Self::of(Source::Script(script))
    }

    /// What a seed brings: a few kinds of fault, rare or often, and deaths.
    pub fn seeded(mut random: Random, hunt: Option<&'static Hunt>) -> Self {
        let mut rates = BTreeMap::new();
        for _ in 0..random.below(5) {
            let (fault, _) = *random.pick(&WORDS);
            rates.insert(fault, *random.pick(&[10, 30, 80, 250]));
        }
        rates.retain(|fault, _| !fault.is_crash());
        let crash = *random.pick(if hunt.is_some() { &[0, 5] } else { &[0, 0, 5, 15, 40, 120] });
        Self::of(Source::Seed(Seeded { random, rates, crash, hunt }))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new process begins its turn.
    pub fn begin(&self, turn: usize, enabled: bool) {
        let mut inner = self.inner();
        (inner.turn, inner.dead, inner.enabled) = (turn, false, enabled);
        inner.numbers.clear();
        self.stop.store(false, Ordering::SeqCst);
    }

    /// What an interrupt sets.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// What goes wrong at this moment. Whoever is told of a death has it carried out by [`Faults::die`].
    pub fn strike(&self, place: &str) -> Option<Fault> {
        let mut inner = self.inner();
        let number = inner.numbers.entry(place.to_owned()).or_default();
        let moment = Moment { turn: 0, place: place.to_owned(), number: *number };
        *number += 1;
        let moment = Moment { turn: inner.turn, ..moment };
        if !inner.enabled || inner.dead {
            return None;
        }
        let fault = match &mut inner.source {
            Source::Nothing => None,
            Source::Script(script) => script.get(&moment).copied(),
            Source::Seed(seeded) => seeded.draw(place),
        }?;
        inner.struck.insert(moment, fault);
        if fault == Interrupt {
            self.stop.store(true, Ordering::SeqCst);
        }
        Some(fault)
    }

    /// The process dies: from now on nothing that it does has any effect.
    pub fn die(&self) {
        self.inner().dead = true;
        self.death.notify_one();
    }

    /// Whether the power went with the process; then what was not synced is lost. It hangs on where the process died
    /// alone, so that a case can be played again.
    pub fn takes_power(&self) -> bool {
        let inner = self.inner();
        let last = inner.struck.iter().rev().find(|(moment, fault)| moment.turn == inner.turn && fault.is_crash());
        inner.dead && last.is_some_and(|(moment, fault)| *fault == Torn || moment.number % 2 == 0)
    }

    /// Whether the process has died.
    pub fn is_dead(&self) -> bool {
        self.inner().dead
    }

    /// Completes when the process dies.
    pub async fn death(&self) {
        while !self.is_dead() {
            self.death.notified().await;
        }
    }

    /// All that went wrong so far.
    pub fn struck(&self) -> Script {
        self.inner().struck.clone()
    }
}

impl Seeded {
    fn draw(&mut self, place: &str) -> Option<Fault> {
        let (crash, fault) = rarity(place);
        let is_hunted = self.hunt.is_some_and(|hunt| place.strip_prefix("call ") == Some(hunt.operation));
        if is_hunted && self.random.percent(60) {
            return Some(*self.random.pick(crashes(place)));
        }
        if self.random.permille(self.crash * crash) {
            return Some(*self.random.pick(crashes(place)));
        }
        let rates = &self.rates;
        let often = |one: Fault| if matches!(one, Broken | Stuck) { 4 } else { fault };
        let active = possible(place).iter().filter_map(|one| Some((*one, *rates.get(one)? * often(*one))));
        let active: Vec<(Fault, u32)> = active.collect();
        active.into_iter().find(|(_, rate)| self.random.permille(*rate)).map(|(fault, _)| fault)
    }
}
