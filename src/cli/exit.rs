//! Exit codes, the same for every command.

use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// How far a run has come: how it may end hangs on this one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    /// Nothing was sent.
    NotYet,
    /// Something may be under way.
    Now,
    /// What was sent has come to its end, and more is asked for.
    Rests,
}

/// A process runs one command.
static SENDING: Mutex<Sending> = Mutex::new(Sending::NotYet);

fn sending() -> MutexGuard<'static, Sending> {
    SENDING.lock().unwrap_or_else(PoisonError::into_inner)
}
/// The worst of several codes; nothing is OK. What was sent and remains comes first, then what nobody knows enough of.
pub fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    const RANKS: [u8; 7] = [OK, DIFFERENCES, REFUSED, LOCKED, STALE, ERROR, REMAINS];
    let rank = |code: &u8| RANKS.iter().position(|known| known == code).unwrap_or(RANKS.len());
    codes.into_iter().max_by_key(rank).unwrap_or(OK)
}

/// From now on something may have been sent. Does not return while a signal is ending the process.
pub fn begin_sending() {
    *sending() = Sending::Now;
}

/// What was sent has come to its end: until more is sent, nothing is under way.
pub fn rest() {
    let mut sending = sending();
    if *sending == Sending::Now {
        *sending = Sending::Rests;
    }
}

/// Ends the process after a last word, unless something may be under way; nothing is sent meanwhile. The code is 1 where
/// nothing was sent, and 5 where something was.
pub fn unless_sending(last_word: impl FnOnce(&str)) {
    let sending = sending();
    let (word, code) = match *sending {
        Sending::NotYet => ("nothing was sent", ERROR),
        Sending::Rests => ("nothing more was sent", REMAINS),
        Sending::Now => return,
    };
    crate::ui::live::clear();
    last_word(word);
    std::process::exit(code.into());
}

/// The code of a run that broke off.
pub fn broken() -> u8 {
    if *sending() == Sending::NotYet { ERROR } else { REMAINS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_code_counts() {
        let cases: [(&[u8], u8); 6] = [
            (&[], OK),
            (&[OK, DIFFERENCES], DIFFERENCES),
            (&[REFUSED, DIFFERENCES], REFUSED),
            (&[REFUSED, ERROR, OK], ERROR),
            (&[LOCKED, REFUSED], LOCKED),
            (&[ERROR, REMAINS, LOCKED], REMAINS),
        ];
        for (codes, want) in cases {
            assert_eq!(worst(codes.iter().copied()), want, "{codes:?}");
        }
    }
}
