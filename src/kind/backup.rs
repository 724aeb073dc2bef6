//! What a snapshot takes, and what takes a snapshot.

use crate::kind::Call;

/// A snapshot that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Backup {
    /// The call.
    pub call: Call,
    /// What gives the data, in words: a group, or the node that is spared least by it.
    pub source: String,
    /// How long the name may be.
    pub name_most: usize,
    /// The name of the snapshot as the kind of snapshots has it.
    pub id: String,
}

/// How a block says which snapshot its object is filled from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// By its name, in this attribute.
    ByName(&'static str),
    /// By its ARN, the only one of the list in this attribute.
    ByArn(&'static str),
}

impl Filled {
    /// The attribute.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::ByName(name) | Self::ByArn(name) => name,
        }
    }
}
