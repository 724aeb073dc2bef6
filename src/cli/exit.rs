//! Exit codes, the same for every command.

/// Done; nothing differs.
pub const OK: u8 = 0;
/// An error; nothing was sent.
pub const ERROR: u8 = 1;
/// Done, and there are differences.
pub const DIFFERENCES: u8 = 2;
/// Refused by a guard.
pub const REFUSED: u8 = 3;
/// The state is locked.
pub const LOCKED: u8 = 4;
/// Something was sent and something remains; safe to run again.
pub const REMAINS: u8 = 5;
