//! What evaluation may cost: steps, time, memory, the size of one text and of one value.
//!
//! One budget belongs to a run. An evaluation (of an attribute, say, with every local value that it makes be evaluated)
//! has limits of its own, so that many small ones never meet them; what all of them hold, and all their steps, have
//! others. Once an evaluation is over its limits every step of it fails, so that no `try` can go on from there.
//!
//! Sizes count as if nothing were shared, since whoever goes through a value goes through all of it.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::diag::{Diagnostic, Span};
use crate::value::{Data, Value};

/// The code of every mistake that is told of here.
pub const CODE: &str = "CS0219";

/// What one value costs besides its text, in bytes.
const OF_VALUE: u64 = 64;
/// What one entry of a map or object costs besides its key and its value.
const OF_ENTRY: u64 = 32;
/// How deep values may be nested; whoever goes through one calls itself for each level.
const LEVELS: u32 = 1000;
/// Going through so many bytes of a value counts as a step.
const BYTES_PER_STEP: u64 = 128;
/// After so many steps the time is looked at.
const SLICE: u64 = 1 << 12;
/// What a single result may hold without being counted for the rest of the run.
const SMALL: u64 = 64 << 10;

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Steps of one evaluation.
    pub steps: u64,
    /// Steps of all evaluations of a run.
    pub all_steps: u64,
    /// How long one evaluation may take.
    pub time: Duration,
    /// Bytes of one text.
    pub text: u64,
    /// Bytes of one value with everything in it.
    pub value: u64,
    /// Bytes that all values of a run hold at a time.
    pub memory: u64,
    /// Evaluations within each other: a local value that needs a local value, and so on.
    pub nesting: u64,
}

impl Default for Limits {
    /// Far above what a stack of a hundred thousand resources needs, and below a gigabyte and ten seconds.
    fn default() -> Self {
        Self {
            steps: 20_000_000,
            all_steps: 200_000_000,
            time: Duration::from_secs(10),
            text: 64 << 20,
            value: 256 << 20,
            memory: 512 << 20,
            nesting: 10_000,
        }
    }
}

/// The limit that an evaluation has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Overrun {
    /// Too many steps in one evaluation.
    Steps = 1,
    /// Too many steps in the run.
    AllSteps,
    /// Too much time.
    Time,
    /// Too long a text.
    Text,
    /// Too large a value.
    Value,
    /// A value that is nested too deep.
    Levels,
    /// Too much memory.
    Memory,
    /// Too many evaluations within each other.
    Nesting,
}

const OVERRUNS: [Overrun; 8] = [
    Overrun::Steps,
    Overrun::AllSteps,
    Overrun::Time,
    Overrun::Text,
    Overrun::Value,
    Overrun::Levels,
    Overrun::Memory,
    Overrun::Nesting,
];

/// What has been used of a run's limits.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    /// Steps so far.
    used: AtomicU64,
    /// The count of steps at which to look closer.
    stop: AtomicU64,
    /// The count of steps at which the evaluation began.
    start: AtomicU64,
    /// When the evaluation was first looked at, in nanoseconds of the watch, and one; zero before that.
    since: AtomicU64,
    /// Bytes that values hold.
    live: AtomicU64,
    /// How many evaluations are within each other.
    depth: AtomicU64,
    /// The limit that the evaluation has met; zero for none.
    over: AtomicU8,
    watch: Stopwatch,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Budget {
    /// A budget of which nothing is used.
    pub fn new(limits: Limits) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            limits,
            used: zero(),
            stop: zero(),
            start: zero(),
            since: zero(),
            live: zero(),
            depth: zero(),
            over: AtomicU8::new(0),
            watch: Stopwatch::start(),
        }
    }

    /// Begins an evaluation, or one within another.
    pub fn enter(&self) -> Result<Frame<'_>, Overrun> {
        let depth = self.depth.load(Relaxed);
        if depth == 0 {
            let used = self.used.load(Relaxed);
            self.start.store(used, Relaxed);
            self.since.store(0, Relaxed);
            self.over.store(0, Relaxed);
            self.stop.store(used + SLICE, Relaxed);
            if used >= self.limits.all_steps {
                return self.overrun(Overrun::AllSteps);
            }
        } else if depth >= self.limits.nesting {
            return self.overrun(Overrun::Nesting);
        }
        self.depth.store(depth + 1, Relaxed);
        Ok(Frame { budget: self, live: self.live.load(Relaxed), keep: None })
    }

    /// Counts steps.
    #[inline]
    pub fn work(&self, steps: u64) -> Result<(), Overrun> {
        // Nothing evaluates in two threads at once; atomics only make the type shareable.
        let used = self.used.load(Relaxed).saturating_add(steps);
        self.used.store(used, Relaxed);
        if used < self.stop.load(Relaxed) { Ok(()) } else { self.look(used) }
    }

    #[cold]
    fn look(&self, used: u64) -> Result<(), Overrun> {
        self.check()?;
        if used - self.start.load(Relaxed).min(used) >= self.limits.steps {
            return self.overrun(Overrun::Steps);
        }
        if used >= self.limits.all_steps {
            return self.overrun(Overrun::AllSteps);
        }
        self.stop.store(used.saturating_add(SLICE), Relaxed);
        self.look_at_time()
    }

    /// Fails when the evaluation has taken too long; for what is slow in few steps.
    pub fn look_at_time(&self) -> Result<(), Overrun> {
        let now = self.watch.elapsed().as_nanos() as u64 + 1;
        match self.since.load(Relaxed) {
            0 => self.since.store(now, Relaxed),
            since if now.saturating_sub(since) > self.limits.time.as_nanos() as u64 => {
                return self.overrun(Overrun::Time);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the evaluation is over a limit already.
    pub fn check(&self) -> Result<(), Overrun> {
        match self.over.load(Relaxed) {
            0 => Ok(()),
            over => Err(OVERRUNS[usize::from(over) - 1]),
        }
    }

    fn overrun<T>(&self, limit: Overrun) -> Result<T, Overrun> {
        self.over.store(limit as u8, Relaxed);
        self.stop.store(0, Relaxed);
        Err(limit)
    }

    /// Counts memory that is about to be used, in bytes.
    pub fn grow(&self, bytes: u64) -> Result<(), Overrun> {
        let live = self.live.load(Relaxed).saturating_add(bytes);
        if live > self.limits.memory {
            return self.overrun(Overrun::Memory);
        }
        self.live.store(live, Relaxed);
        Ok(())
    }

    /// Counts values that are about to be made.
    pub fn values(&self, count: u64) -> Result<(), Overrun> {
        self.grow(count.saturating_mul(OF_VALUE))
    }

    /// Fails for a text that is too long to be made, in bytes. Whoever makes it counts it when it is there.
    pub fn fits(&self, bytes: u64) -> Result<(), Overrun> {
        if bytes > self.limits.text { self.overrun(Overrun::Text) } else { Ok(()) }
    }

    /// Counts a text that has been made.
    pub fn text(&self, bytes: usize) -> Result<(), Overrun> {
        if bytes < 256 {
            return self.grow(bytes as u64);
        }
        self.fits(bytes as u64)?;
        self.work(bytes as u64 / BYTES_PER_STEP)?;
        self.grow(bytes as u64)
    }

    /// The size of a value in bytes, with everything in it. Counts as going through it once, and fails when it is too
    /// large to be gone through at all.
    #[inline]
    pub fn weigh(&self, value: &Value) -> Result<u64, Overrun> {
        match &value.data {
            Data::Bool(_) | Data::Null(_) | Data::Unknown(_) | Data::Secret(_) => Ok(OF_VALUE),
            Data::String(text) if text.len() < 256 => Ok(OF_VALUE + text.len() as u64),
            _ => self.weigh_all(value),
        }
    }

    fn weigh_all(&self, value: &Value) -> Result<u64, Overrun> {
        let mut left = self.limits.value;
        if let Err(limit) = weigh(value, &mut left, LEVELS) {
            return self.overrun(limit);
        }
        let weight = self.limits.value - left;
        self.work(weight / BYTES_PER_STEP)?;
        Ok(weight)
    }

    /// What values hold at present, in bytes.
    pub fn live(&self) -> u64 {
        self.live.load(Relaxed)
    }

    /// Forgets what values held, when all of them are dropped.
    pub fn forget(&self) {
        self.live.store(0, Relaxed);
    }

    /// Gives back what values held that are there no more.
    pub fn release(&self, bytes: u64) {
        self.live.store(self.live().saturating_sub(bytes), Relaxed);
    }

    /// Of what has been made since `before`, leaves as much counted as `value` can hold.
    pub fn settle(&self, before: u64, value: &Value) -> Result<(), Overrun> {
        let made = self.live().saturating_sub(before);
        if made > SMALL || made > 0 && value.children_count() == 0 {
            let held = self.weigh(value)?.min(made);
            self.live.store(before + held, Relaxed);
        }
        Ok(())
    }

    /// Steps so far.
    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    /// What a limit is, in words.
    pub fn told(&self, limit: Overrun, span: Span) -> Diagnostic {
        let size = |bytes: u64| match bytes {
            bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
            bytes => format!("{bytes} bytes"),
        };
        let Limits { steps, all_steps, time, text, value, memory, nesting } = self.limits;
        let detail = match limit {
            Overrun::Steps => format!("The evaluation takes more than {steps} steps."),
            Overrun::AllSteps => format!("All evaluations of this run together take more than {all_steps} steps."),
            Overrun::Time => format!("The evaluation takes more than {} s.", time.as_secs_f64()),
            Overrun::Text => format!("A text becomes longer than {}.", size(text)),
            Overrun::Value => format!("A value becomes larger than {} with everything in it.", size(value)),
            Overrun::Levels => format!("A value is nested more than {LEVELS} levels deep."),
            Overrun::Memory => format!("The values of this run would hold more than {}.", size(memory)),
            Overrun::Nesting => format!("More than {nesting} values need each other, one behind the other."),
        };
        super::error(CODE, detail, span)
            .help("Nothing that AWS takes is that large: look for what is doubled, or repeated within a repetition.")
    }
}

/// Takes what a value weighs from what is left.
fn weigh(value: &Value, left: &mut u64, levels: u32) -> Result<(), Overrun> {
    let mut take = |bytes: u64| match left.checked_sub(bytes) {
        Some(rest) => {
            *left = rest;
            Ok(())
        }
        None => Err(Overrun::Value),
    };
    let deeper = || levels.checked_sub(1).ok_or(Overrun::Levels);
    match &value.data {
        Data::String(text) => take(OF_VALUE + text.len() as u64),
        Data::Number(number) => take(OF_VALUE + number.cost()),
        Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => {
            take(OF_VALUE)?;
            let levels = deeper()?;
            items.iter().try_for_each(|item| weigh(item, left, levels))
        }
        Data::Map(_, items) | Data::Object(items) => {
            take(OF_VALUE)?;
            let levels = deeper()?;
            for (key, item) in items.iter() {
                *left = left.checked_sub(OF_ENTRY + key.len() as u64).ok_or(Overrun::Value)?;
                weigh(item, left, levels)?;
            }
            Ok(())
        }
        _ => take(OF_VALUE),
    }
}

/// An evaluation that is going on; what it made and does not keep is free again when it ends.
pub struct Frame<'a> {
    budget: &'a Budget,
    live: u64,
    keep: Option<u64>,
}

impl Frame<'_> {
    /// Ends the evaluation of a value that is kept; what has been made for it stays counted.
    pub fn keep(mut self) {
        self.keep = Some(self.budget.live());
    }

    /// Ends the evaluation with its value. One that met a limit on the way has no value, whatever became of that.
    pub fn end(mut self, value: &Value) -> Result<(), Overrun> {
        self.budget.check()?;
        self.budget.settle(self.live, value)?;
        let outermost = self.budget.depth.load(Relaxed) == 1;
        let live = self.budget.live();
        // The results of attributes come and go, and are too small and too few to be counted.
        self.keep = if outermost && live - self.live.min(live) <= SMALL { None } else { Some(live) };
        Ok(())
    }
}

impl Drop for Frame<'_> {
    fn drop(&mut self) {
        self.budget.live.store(self.keep.unwrap_or(self.live), Relaxed);
        self.budget.depth.store(self.budget.depth.load(Relaxed) - 1, Relaxed);
    }
}

#[cfg(test)]
mod tests;
