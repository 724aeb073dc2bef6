//! A fail-over by hand.

use crate::kind::Call;

/// A replica that is to take over.
#[derive(Debug, Clone, PartialEq)]
pub struct Failover {
    /// The call.
    pub call: Call,
    /// In which shard.
    pub shard: String,
    /// The primary, where AWS tells which one it is: with cluster mode it does not.
    pub primary: Option<String>,
}
