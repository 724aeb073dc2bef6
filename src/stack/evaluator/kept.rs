//! What was evaluated on demand is kept: for ever when it is wholly known, else until something that it hangs on has
//! changed. Each kept value knows what it looked at, so that one instance that becomes known evaluates little anew.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Key, Mode, ModulePath};
use crate::diag::Diagnostic;
use crate::stack::evaluator::view::View;
use crate::stack::evaluator::{Evaluator, Names};
use crate::value::{Type, Value};

/// What is evaluated on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    Local,
    Input,
    Output,
    /// Every output of every instance of a module.
    Whole,
    /// What a block is repeated for.
    Each,
    /// A resource of another tool.
    Foreign,
}

/// The name of a block in its module.
pub(super) type Block = (Mode, Arc<str>, Arc<str>);

/// What a kept value looked at, from which module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// A block that had no instances yet.
    Missing(ModulePath, Block),
    /// One instance of a block, or all of them.
    Block(ModulePath, Block, Option<Option<Key>>),
    /// Another kept value.
    Kept(ModulePath, Item, Arc<str>),
}

/// A kept value.
#[derive(Debug)]
struct Entry {
    value: Value,
    /// Whether it is wholly known, and stays.
    known: bool,
    /// The generation in which it was evaluated.
    of: u64,
    /// The generation in which it was last found to hold.
    checked: Cell<u64>,
    sources: BTreeSet<Source>,
    /// The memory that is counted for it.
    held: u64,
}

/// The kept values of an instance of a module.
#[derive(Debug, Default)]
pub(super) struct Kept(RefCell<BTreeMap<(Item, Arc<str>), Entry>>);

/// What the values that are being evaluated have looked at so far, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Trail(RefCell<Vec<BTreeSet<Source>>>);

impl Trail {
    /// Notes what the innermost value looks at.
    pub(super) fn note(&self, source: impl FnOnce() -> Source) {
        if let Some(sources) = self.0.borrow_mut().last_mut() {
            sources.insert(source());
        }
    }
}

impl Kept {
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

impl Evaluator {
    fn names_of(&self, path: &ModulePath) -> &Names {
        self.modules.get(path).unwrap_or(&self.nothing)
    }

    /// Whether a kept value still holds in this generation, and when it was evaluated.
    fn holds(&self, names: &Names, key: &(Item, Arc<str>)) -> Option<u64> {
        let kept = names.kept.0.borrow();
        let entry = kept.get(key)?;
        if entry.known || entry.checked.get() == self.generation {
            return Some(entry.of);
        }
        // Set first, so that a cycle, which the graph has reported, ends.
        let before = entry.checked.replace(self.generation);
        let same = |source: &Source| match source {
            Source::Missing(path, block) => !self.names_of(path).blocks.contains_key(block),
            Source::Block(path, block, key) => {
                let instances = self.names_of(path).blocks.get(block);
                instances.is_some_and(|instances| instances.changed(key.as_ref()) <= entry.of)
            }
            Source::Kept(path, item, name) => {
                let of = self.holds(self.names_of(path), &(*item, name.clone()));
                of.is_some_and(|of| of <= entry.of)
            }
        };
        if entry.sources.iter().all(same) {
            return Some(entry.of);
        }
        entry.checked.set(before);
        None
    }
}

impl View<'_> {
    /// What was evaluated before and still holds, else `fresh`. A wrong one is unknown until what it hangs on changes.
    pub(super) fn kept(
        &self,
        item: Item,
        name: &Arc<str>,
        fresh: impl FnOnce() -> Result<Value, Vec<Diagnostic>>,
    ) -> Result<Value, Vec<Diagnostic>> {
        let key = (item, name.clone());
        let note = |known: bool| {
            if !known {
                self.evaluator.trail.note(|| Source::Kept(self.path.to_vec(), item, name.clone()));
            }
        };
        if self.evaluator.holds(self.names, &key).is_some()
            && let Some(entry) = self.names.kept.0.borrow().get(&key)
        {
            note(entry.known);
            return Ok(entry.value.clone());
        }
        // Also cuts a cycle, which the graph has reported.
        self.keep(key.clone(), Value::unknown(Type::Any, None), BTreeSet::new(), 0);
        self.evaluator.trail.0.borrow_mut().push(BTreeSet::new());
        let budget = &self.settings.budget;
        let before = budget.live();
        // Where there is no budget left, the evaluation itself says so.
        let frame = budget.enter().ok();
        let result = fresh();
        if let (Some(frame), Ok(_)) = (frame, &result) {
            frame.keep();
        }
        let sources = self.evaluator.trail.0.borrow_mut().pop().unwrap_or_default();
        let value = result.as_ref().map_or_else(|_| Value::unknown(Type::Any, None), Value::clone);
        note(self.keep(key, value, sources, budget.live().saturating_sub(before)));
        result
    }

    /// Keeps a value; answers whether it is wholly known.
    fn keep(&self, key: (Item, Arc<str>), value: Value, sources: BTreeSet<Source>, held: u64) -> bool {
        let (known, of) = (value.is_wholly_known(), self.evaluator.generation);
        let sources = if known { BTreeSet::new() } else { sources };
        let entry = Entry { value, known, of, checked: Cell::new(of), sources, held };
        if let Some(old) = self.names.kept.0.borrow_mut().insert(key, entry) {
            self.settings.budget.release(old.held);
        }
        known
    }
}
