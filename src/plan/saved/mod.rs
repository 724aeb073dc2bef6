//! A saved plan: the plan with all that it takes to carry it out later, elsewhere, and without evaluating anything again
//! that it knew. What must not be written is not in it: whoever carries it out reads secrets anew.

pub mod configuration;
pub mod seal;
pub mod seen;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::{Plan, file};
use crate::stack::evaluator::Snapshot;
use configuration::Configuration;
use seal::Unreadable;
use seen::Seen;

/// A plan in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Saved {
    /// What tells it from all others: 32 hex digits, random.
    pub id: String,
    /// When it was made, as RFC 3339; also what `plantimestamp()` is.
    pub made: String,
    /// What it is of.
    pub of: Of,
    /// What was asked for.
    pub asked: Asked,
    /// The files that it was made from.
    pub configuration: Configuration,
    /// The values of the stack, as far as they may be written.
    pub values: Snapshot,
    /// Slow salted digests of the sensitive variables, by name: they are given again, and must be the same.
    pub sensitive: BTreeMap<String, String>,
    /// How the objects were that it touches.
    pub seen: Vec<Seen>,
    /// The plan, without what must not be written.
    pub plan: Plan,
}

/// What a plan is of: it can be carried out nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    /// The name of the stack.
    pub stack: String,
    /// Its directory, as it was given.
    pub directory: String,
    /// The environment.
    pub environment: String,
    /// `--endpoint`, as it was given.
    pub endpoint: Option<String>,
    /// `--state`, as it was given.
    pub state_directory: Option<String>,
    /// The account.
    pub account: String,
    /// The region.
    pub region: Option<String>,
    /// Where that is, in words.
    pub place: String,
    /// The lineage of the state.
    pub lineage: String,
    /// Its serial.
    pub serial: u64,
    /// The salt of a state that is still to be made.
    pub salt: Option<String>,
}

/// What a plan was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Everything is to go.
    pub destroy: bool,
    /// Only the records are brought to what is there.
    pub refresh_only: bool,
}

impl Saved {
    /// Writes it, sealed. `key` is the salt of the state, where there is one.
    ///
    /// # Errors
    /// It holds what must not be written.
    pub fn write(&self, key: Option<&str>) -> Result<Vec<u8>, String> {
        let mut body = Vec::new();
        ciborium::into_writer(self, &mut body).map_err(|error| error.to_string())?;
        Ok(seal::seal(&body, key))
    }

    /// Reads it. That it fits the state is still to be asked ([`seal::Opened::is_of`]).
    ///
    /// # Errors
    /// It is damaged, or no plan, or one of another version of the program.
    pub fn read(bytes: &[u8]) -> Result<(Self, seal::Opened), Unreadable> {
        let opened = seal::open(bytes)?;
        let saved: Self =
            ciborium::from_reader(opened.body(bytes)).map_err(|error| Unreadable::Damaged(error.to_string()))?;
        file::check(&saved.plan).map_err(Unreadable::Damaged)?;
        Ok((saved, opened))
    }
}
