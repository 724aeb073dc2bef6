//! A terminal that does not show what is typed: for secrets.

#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

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
