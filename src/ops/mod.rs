//! Workflows: one each, without a terminal. They return what happened; the command line says it.

pub mod apply;
pub mod compare;
pub mod connect;
mod consequences;
pub mod day_two;
pub mod declared;
pub mod discover;
pub mod drift;
pub mod fetch;
pub mod iam;
pub mod import;
pub mod money;
pub mod moved;
mod place;
pub mod plan;
pub mod recover;
mod remembered;
pub mod room;
pub mod saved;
pub mod session;
pub mod surgery;
pub mod takeover;

pub use session::{Loaded, Session, SessionOptions};

use crate::state::lock::Holder;

/// Why a workflow ended early. The exit code of the process follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Something is wrong with the stack; it has been put among the diagnostics. Nothing was sent.
    Stack,
    /// Something went wrong before anything was sent.
    Error(String),
    /// A guard stands against it.
    Refused(String),
    /// Another run holds the state; who, as far as it says.
    Locked(Option<Holder>),
    /// Something was sent, and something remains.
    Remains(String),
    /// A saved plan is stale, or was carried out already.
    Stale(String),
}
