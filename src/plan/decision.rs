//! What becomes of one instance, as data: nothing is written anywhere while it is decided.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::diag::Diagnostic;
use crate::plan::names::Taken;
use crate::plan::{Drift, Imported, Note, ObjectKey, RecordChange, Step, Waits};
use crate::value::Object;

/// What becomes of one instance, or of one record that has none.
#[derive(Debug, Default)]
pub struct Decision {
    /// The object as it will be, for those who refer to it.
    pub object: Object,
    /// What is to be done, in order.
    pub steps: Vec<Step>,
    /// A record that is rewritten without a change in the account.
    pub record: Option<RecordChange>,
    /// How the instance stands.
    pub standing: Standing,
    /// An object that is taken over.
    pub import: Option<Imported>,
    /// How the object differs from its record.
    pub drift: Option<Drift>,
    /// A name that it wants and that is taken.
    pub taken: Option<Taken>,
    /// What has to be read before more can be said.
    pub needs: BTreeSet<ObjectKey>,
    /// An object whose own service has to be asked for its tags.
    pub doubt: Option<ObjectKey>,
    /// What of it waits for the maintenance window.
    pub waits: Option<Waits>,
    /// Remarks.
    pub notes: Vec<Note>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// How an instance stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// Its steps tell.
    #[default]
    Told,
    /// It needs nothing.
    Unchanged,
    /// An earlier run has left it to be finished.
    Unfinished,
}

impl Decision {
    /// Nothing but what the object will be.
    pub fn of(object: Object) -> Self {
        Self { object, ..Self::default() }
    }

    /// Adds a remark.
    pub fn note(&mut self, address: &Address, text: impl Into<String>) {
        self.notes.push(Note { address: Some(address.clone()), text: text.into() });
    }

    /// Adds what was decided before about the same instance: remarks, mistakes, needs, an import, a name.
    pub fn after(mut self, before: Decision) -> Self {
        self.notes.splice(0..0, before.notes);
        self.diagnostics.splice(0..0, before.diagnostics);
        self.needs.extend(before.needs);
        self.doubt = self.doubt.or(before.doubt);
        self.import = self.import.or(before.import);
        self.taken = self.taken.or(before.taken);
        self.waits = self.waits.or(before.waits);
        self
    }
}
