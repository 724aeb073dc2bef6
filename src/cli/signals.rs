//! What an interrupt, a termination or a hang-up does: before anything is sent the run ends, after that it stops.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::apply::Stop;
use crate::cli::exit;
use crate::ui::{Ui, live};

/// A terminal sends the signal of Ctrl-C first and then throws away what waits to be shown: a word that is said at once
/// may be lost.
const FLUSH: Duration = Duration::from_millis(100);

/// Listens from now on, once for all parts of a run. While nothing is under way, a signal ends the process. Else the first
/// one sets the answer, so that nothing new is begun, and a second one ends the process with 5.
pub fn listen(ui: Ui) -> Stop {
    static STOP: OnceLock<Stop> = OnceLock::new();
    STOP.get_or_init(|| begin(ui)).clone()
}

fn begin(ui: Ui) -> Stop {
    let stop: Stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    let mut signals = Signals::new();
    tokio::spawn(async move {
        while let Some(word) = signals.next().await {
            tokio::time::sleep(FLUSH).await;
            exit::unless_sending(|end| ui.error(&format!("{word}; {end}")));
            if flag.swap(true, Ordering::SeqCst) {
                live::clear();
                ui.remark("Ended at once: what was under way is in the journal. Run it again to go on.");
                std::process::exit(exit::REMAINS.into());
            }
            ui.remark(
                "Stopping: nothing new is begun, and what is under way is recorded. Interrupt again to end at once.",
            );
        }
    });
    stop
}

/// The signals that are listened to; no other is lost between two of them.
#[cfg(unix)]
struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// What the caller of the program has ignored stays so: `nohup` outlives its terminal.
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let ignored = ignored(&std::fs::read_to_string("/proc/self/status").unwrap_or_default());
        let listen = |kind: SignalKind| {
            let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
            if is_ignored { None } else { signal(kind).ok() }
        };
        Self {
            interrupt: listen(SignalKind::interrupt()),
            terminate: listen(SignalKind::terminate()),
            hangup: listen(SignalKind::hangup()),
        }
    }

    /// What has happened, in a word; none when nothing can.
    async fn next(&mut self) -> Option<&'static str> {
        async fn one(signal: &mut Option<tokio::signal::unix::Signal>) -> Option<()> {
            signal.as_mut()?.recv().await
        }
        tokio::select! {
            Some(()) = one(&mut self.interrupt) => Some("interrupted"),
            Some(()) = one(&mut self.terminate) => Some("terminated"),
            Some(()) = one(&mut self.hangup) => Some("the terminal is gone"),
            else => None,
        }
    }
}

/// The mask of ignored signals, as Linux tells it; elsewhere none is known to be.
#[cfg(unix)]
fn ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) -> Option<&'static str> {
        tokio::signal::ctrl_c().await.ok().map(|()| "interrupted")
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::ignored;

    #[test]
    fn an_ignored_hangup_is_seen() {
        let cases = [
            ("Name:\tx\nSigIgn:\t0000000000000001\nSigCgt:\t00000000000004\n", 1),
            ("SigIgn:\t0000000000001000\n", 0x1000),
            ("", 0),
        ];
        for (status, mask) in cases {
            assert_eq!(ignored(status), mask, "{status}");
        }
    }
}
