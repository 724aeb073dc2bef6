//! Exit codes, the same for every command.

use std::sync::{Mutex, PoisonError};

/// Done; nothing differs.
pub const OK: u8 = 0;
/// An error; nothing was sent.
pub const ERROR: u8 = 1;
/// Done, and there are differences.
pub const DIFFERENCES: u8 = 2;
/// Refused by a guard, wholly or (`--skip-blocked`) in part.
pub const REFUSED: u8 = 3;
/// The state is locked.
pub const LOCKED: u8 = 4;
/// Something was sent and something remains; safe to run again.
pub const REMAINS: u8 = 5;

/// The saved plan is stale, or was carried out already.
pub const STALE: u8 = 6;

/// Whether steps have begun. A process runs one command, and how it may end hangs on this one fact.
static SENDING: Mutex<bool> = Mutex::new(false);

/// From now on something may have been sent. Does not return while a signal is ending the process.
pub fn begin_sending() {
    *SENDING.lock().unwrap_or_else(PoisonError::into_inner) = true;
}

/// Ends the process with 1 after a last word, unless something may have been sent; nothing is sent meanwhile.
pub fn unless_sending(last_word: impl FnOnce()) {
    let sending = SENDING.lock().unwrap_or_else(PoisonError::into_inner);
    if !*sending {
        last_word();
        std::process::exit(ERROR.into());
    }
}

/// The code of a run that broke off.
pub fn broken() -> u8 {
    if *SENDING.lock().unwrap_or_else(PoisonError::into_inner) { REMAINS } else { ERROR }
}
