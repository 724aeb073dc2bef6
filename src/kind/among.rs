//! The objects of a plan side by side, for rules between them.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Address;
use crate::value::{Object, text};

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
    /// The declared objects, where rules look for them.
    pub index: Index<'a>,
}

/// A declared object.
pub type One<'a> = (&'a Address, Neighbour<'a>);

/// Declared objects by what rules ask for, made when it is asked for the first time: rules that went through all of them
/// for each of them would take the square of the time.
#[derive(Debug, Default)]
pub struct Index<'a> {
    kinds: OnceCell<BTreeMap<&'a str, Vec<One<'a>>>>,
    texts: RefCell<BTreeMap<[&'static str; 2], BTreeMap<&'a str, Vec<One<'a>>>>>,
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
    pub fn of(&self, kind: &str) -> impl Iterator<Item = One<'a>> + use<'a, '_> {
        let kinds = self.index.kinds.get_or_init(|| {
            let mut kinds: BTreeMap<&str, Vec<One>> = BTreeMap::new();
            self.declared.iter().for_each(|(at, one)| kinds.entry(&at.kind).or_default().push((*at, *one)));
            kinds
        });
        kinds.get(kind).into_iter().flatten().copied()
    }

    /// The declared objects of a kind of which an attribute is that text.
    pub fn with(&self, kind: &'static str, attribute: &'static str, is: &str) -> Vec<One<'a>> {
        let mut texts = self.index.texts.borrow_mut();
        let by_text = texts.entry([kind, attribute]).or_insert_with(|| {
            let mut by_text: BTreeMap<&str, Vec<One>> = BTreeMap::new();
            for (address, one) in self.of(kind) {
                text(one.planned, attribute).into_iter().for_each(|text| {
                    by_text.entry(text).or_default().push((address, one));
                });
            }
            by_text
        });
        by_text.get(is).cloned().unwrap_or_default()
    }
}
