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

/// A cache that goes, with or without a snapshot of what it holds. The backups of the last days, as many as it keeps, go
/// with it: AWS keeps only those that somebody asked for. Source: user guide, "Scheduling automatic backups".
pub fn deletes(call: Call, snapshot: &Value, days: &Value) -> Call {
    let call = call.impact(Impact::DataLoss);
    let backups = days.as_i64().is_some_and(|days| days > 0);
    match snapshot.as_str() {
        Some(name) => {
            let backups = if backups { "; its automatic backups go with it" } else { "" };
            call.why(format!("What it holds is lost but for the snapshot {name}, which is made first{backups}."))
        }
        None => {
            let backups = if backups { ", and its automatic backups go with it" } else { "" };
            call.why(format!("What it holds is lost: no snapshot is made first{backups}."))
        }
    }
}

/// Users that go from a group, or from the account.
pub fn logs_out(call: Call) -> Call {
    call.impact(Impact::Blip).why("Clients that have logged in as a user that goes are cut off, and stay out.")
}
