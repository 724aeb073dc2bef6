//! The one source of time. Nothing else in the crate, nor in that of the engine, reads the system clock or sleeps, so that a test
//! can run hours of waiting in a moment and get the same run twice.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A future that owns what it needs.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits.
pub trait Clock: Send + Sync + Debug {
    /// The date. Somebody may set it, forward and back: what has to be waited for is measured by [`Clock::elapsed`].
    fn now(&self) -> SystemTime;
    /// The time since some moment in the past that stays the same. Nobody can set it.
    fn elapsed(&self) -> Duration;
    /// Completes once `duration` has passed on this clock.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64 {
        self.now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
    }
}

/// When the program first asked for the time.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        START.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Measures how long something takes, whatever becomes of the machine's clock meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to measure.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long ago that was.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that only moves when somebody sleeps on it or moves it.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    now: Arc<Mutex<SystemTime>>,
}

impl VirtualClock {
    /// Starts at `seconds` after the Unix epoch.
    pub fn at(seconds: u64) -> Self {
        Self { now: Arc::new(Mutex::new(UNIX_EPOCH + Duration::from_secs(seconds))) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        *self.now.lock().expect("clock") += duration;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> SystemTime {
        *self.now.lock().expect("clock")
    }

    fn elapsed(&self) -> Duration {
        self.now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        Box::pin(async move {
            clock.advance(duration);
            tokio::task::yield_now().await;
        })
    }
}

/// A clock on tokio's time: with that paused, any number of sleepers take as long as the longest of them.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    start: tokio::time::Instant,
    date: SystemTime,
}

impl TokioClock {
    /// Starts at `seconds` after the Unix epoch. Wants a runtime of tokio around it.
    pub fn at(seconds: u64) -> Self {
        Self { start: tokio::time::Instant::now(), date: UNIX_EPOCH + Duration::from_secs(seconds) }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> SystemTime {
        self.date + self.start.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A duration for people: `45s`, `13m`, `1h20m`.
pub fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=89 => format!("{seconds}s"),
        90..=5399 => format!("{}m", (seconds + 30) / 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Reads `90s`, `5m`, `1h30m`, `7d` or seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is not a duration; write 30s, 5m or 1h30m");
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() || text.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let seconds: u64 = match unit {
            "s" => 1,
            "" if number.len() == text.len() => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds)).ok_or_else(wrong)?;
        total = total.checked_add(Duration::from_secs(seconds)).ok_or_else(wrong)?;
        rest = tail;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_read() {
        let cases = [
            ("90s", Some(90)),
            ("5m", Some(300)),
            ("1h30m", Some(5400)),
            ("45", Some(45)),
            ("0s", Some(0)),
            ("", None),
            ("5", Some(5)),
            ("1h5", None),
            ("m", None),
            ("-5m", None),
            ("5 m", None),
            ("99999999999999999999h", None),
            ("9999999999999999999h", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(duration(text).ok().map(|read| read.as_secs()), seconds, "{text}");
        }
    }
}
