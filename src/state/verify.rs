//! What must hold of every state, whatever run wrote it.

use std::collections::BTreeSet;

use crate::address::{Address, Mode};
use crate::kinds;
use crate::state::{Nature, Record, State};

impl State {
    /// Says what is wrong with it.
    ///
    /// # Errors
    /// An object that two addresses have, an address that is none of a resource, a block that hangs on itself or on one
    /// without objects, an operation without a step or an object, and one that is there twice.
    pub fn verify(&self) -> Result<(), String> {
        let mut seen: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
        let recorded = self.records.iter();
        let deposed = self.deposed.iter().map(|deposed| (&deposed.address, &deposed.record));
        for (address, record) in recorded.chain(deposed) {
            record_is_sound(address, record)?;
            if let Some(used) = record.dependencies.iter().find(|used| !self.has(used)) {
                return Err(format!("`{address}` hangs on `{used}`, which has no object"));
            }
            if !seen.insert((&address.kind, &record.region, &record.id)) {
                return Err(format!("the {} \"{}\" is there twice, once as `{address}`", address.kind, record.id));
            }
        }
        let mut strangers = BTreeSet::new();
        if let Some(double) = self.strangers.iter().find(|one| !one.deposed && !strangers.insert(&one.address)) {
            return Err(format!("`{}` is there twice", double.address));
        }
        let mut operations = BTreeSet::new();
        for operation in &self.operations {
            if !operations.insert(&operation.id) {
                return Err(format!("the operation {} is there twice", operation.id));
            }
            if operation.step.is_empty() || operation.parts.is_empty() || operation.id.is_empty() {
                return Err(format!("the operation {} belongs to no step or is about nothing", operation.id));
            }
            for part in &operation.parts {
                let known = self.records.contains_key(&part.address) || part.deposed;
                if operation.nature == Nature::Change && !known {
                    return Err(format!("{} of `{}` is open, and that has no record", operation.name, part.address));
                }
            }
        }
        Ok(())
    }
}

fn record_is_sound(address: &Address, record: &Record) -> Result<(), String> {
    if address.mode != Mode::Managed {
        return Err(format!("`{address}` is not a resource"));
    }
    // What lives in no account is in no region.
    if record.id.is_empty() || record.region.is_empty() && kinds::local(&address.kind).is_none() {
        return Err(format!("`{address}` has no name or no region"));
    }
    let block = address.config();
    match record.dependencies.iter().find(|used| used.mode != Mode::Managed || used.config() == block) {
        Some(used) => Err(format!("`{address}` hangs on `{used}`, which cannot be")),
        None => Ok(()),
    }
}
