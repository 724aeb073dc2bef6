//! Why calls of several kinds cost what they cost: sentences that they share. Sources stand behind `cachestack explain` of
//! the impact.

use crate::kind::{Call, Impact};
use crate::value::Value;

/// A cache whose users go, and nothing takes their place. Source: ElastiCache user guide, "Role-based access control".
pub const ANYBODY: &str =
    "Whoever reaches the cache over the network gets in from then on, without a name or a password.";

/// A rule of a security group that goes or changes. Source: EC2 user guide, "Security group connection tracking".
pub fn closes(call: Call) -> Call {
    call.impact(Impact::Blip)
        .why("What only this let through does not get in any more, and connections that it had may be cut off.")
}

/// A cache that goes, with or without a snapshot of what it holds.
pub fn deletes(call: Call, snapshot: &Value) -> Call {
    let call = call.impact(Impact::DataLoss);
    match snapshot.as_str() {
        Some(name) => call.why(format!("What it holds is lost but for the snapshot {name}, which is made first.")),
        None => call.why("What it holds is lost: no snapshot is made first."),
    }
}

/// Users that go from a group, or from the account.
pub fn logs_out(call: Call) -> Call {
    call.impact(Impact::Blip).why("Clients that have logged in as a user that goes are cut off, and stay out.")
}
