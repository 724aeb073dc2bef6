//! The objects of a plan side by side, for rules between them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Address;
use crate::value::Object;

/// The objects of a plan.
#[derive(Debug, Default)]
pub struct Among<'a> {
    /// What each declared instance comes out as.
    pub declared: BTreeMap<&'a Address, Neighbour<'a>>,
    /// What is recorded, also of objects that nothing declares any more.
    pub recorded: BTreeMap<&'a Address, &'a Object>,
    /// Whether the environment protects what holds data: then it is told what is taken and will be regretted.
    pub protects: bool,
    /// Whether the account has been read: before that, objects are only remembered.
    pub read: bool,
}

/// The declared objects that attributes list one by one, where they list nothing else: a set of names of which one is
/// not known yet says nothing of the others.
pub type Lists = BTreeMap<Arc<str>, Vec<Address>>;

/// One object among others.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour<'a> {
    /// As it will be.
    pub planned: &'a Object,
    /// What is written of it.
    pub written: &'a Object,
    /// What its attributes list, as it is written.
    pub lists: &'a Lists,
    /// As it was, where this plan updates it.
    pub updated: Option<&'a Object>,
    /// The attributes whose differences do not count; none where that is so of all.
    pub ignored: Option<&'a [Arc<str>]>,
}

impl Neighbour<'_> {
    /// Whether differences of an attribute do not count.
    pub fn ignores(&self, name: &str) -> bool {
        self.ignored.is_none_or(|names| names.iter().any(|ignored| &**ignored == name))
    }
}

impl<'a> Among<'a> {
    /// The declared objects of a kind.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = (&'a Address, Neighbour<'a>)> {
        self.declared.iter().filter(move |(address, _)| *address.kind == *kind).map(|(address, one)| (*address, *one))
    }
}
