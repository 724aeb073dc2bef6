//! A terminal that does not show what is typed: for secrets.

#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// How the terminal was. A process has one.
#[cfg(unix)]
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Held while nothing is to be seen.
pub struct Hidden(());

impl Hidden {
    /// Begins to hide; nothing where stdin is no terminal, or the system has none that can.
    #[cfg(unix)]
    pub fn begin() -> Option<Self> {
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // A shell puts the terminal back when a program is stopped, and shows what is typed when it goes on: the key that
        // stops means nothing now.
        hidden.special_codes[SpecialCodeIndex::VSUSP] = 0;
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let begun = Self(());
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &hidden).ok().map(|()| begun)
    }

    /// Other systems show what is typed.
    #[cfg(not(unix))]
    pub fn begin() -> Option<Self> {
        None
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        end();
    }
}

/// Held while lines are drawn: the `^C` that a terminal shows would move the cursor from where they end.
pub struct Still(());

impl Still {
    /// Begins not to show keys that control; nothing where stdin is no terminal, or belongs to another program by now, or
    /// where something is hidden already.
    #[cfg(unix)]
    pub fn begin() -> Option<Self> {
        let stdin = std::io::stdin();
        let before = tcgetattr(&stdin).ok()?;
        // Who changes a terminal from the background is stopped.
        let ours = tcgetpgrp(&stdin).is_ok_and(|group| group == rustix::process::getpgrp());
        let mut kept = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        if !ours || kept.is_some() {
            return None;
        }
        let mut still = before.clone();
        still.local_modes.remove(LocalModes::ECHOCTL);
        *kept = Some(before);
        drop(kept);
        tcsetattr(&stdin, OptionalActions::Now, &still).ok().map(|()| Self(()))
    }

    /// Other systems show them.
    #[cfg(not(unix))]
    pub fn begin() -> Option<Self> {
        None
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        end();
    }
}

/// Shows again what is typed, where that was hidden.
#[cfg(unix)]
pub fn end() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // A terminal that is gone has nothing to be put back.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &before);
    }
}

#[cfg(not(unix))]
pub fn end() {}
