//! What an apply tells while it goes on.

use std::time::Duration;

use crate::address::Address;
use crate::plan::Action;

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step begins.
    Started {
        /// The instance.
        address: Address,
        /// What is done.
        action: Action,
        /// The name in AWS, where it is known.
        id: Option<String>,
    },
    /// A call is made.
    Called {
        /// The instance.
        address: Address,
        /// The API operation.
        operation: &'static str,
        /// Which call of how many.
        number: (usize, usize),
    },
    /// AWS is at it.
    Progress {
        /// The instance.
        address: Address,
        /// The word that AWS uses.
        status: String,
        /// Since the step began.
        elapsed: Duration,
    },
    /// A step is done.
    Done {
        /// The instance.
        address: Address,
        /// What was done.
        action: Action,
        /// The name in AWS.
        id: Option<String>,
        /// Since the step began.
        elapsed: Duration,
    },
    /// A step failed.
    Failed {
        /// The instance.
        address: Address,
        /// What was done.
        action: Action,
        /// Why it failed.
        why: String,
        /// Since the step began.
        elapsed: Duration,
    },
    /// An object that an earlier run began is waited for.
    Waiting {
        /// The name in AWS.
        id: String,
        /// The word that AWS uses.
        status: String,
        /// Since the wait began.
        elapsed: Duration,
    },
    /// A step was not started.
    Skipped {
        /// The instance.
        address: Address,
        /// What would have been done.
        action: Action,
    },
}
