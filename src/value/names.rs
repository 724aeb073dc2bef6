//! Names of attributes, each kept once: thousands of objects have the same few dozen, and looking for one of them reads
//! memory that the last look has read.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

/// More names than these are keys of somebody's maps.
const COUNT_MAX: usize = 4096;

type Names = HashSet<Arc<str>, foldhash::fast::RandomState>;

thread_local! {
    static NAMES: RefCell<Names> = RefCell::default();
}

/// A name as it is kept.
pub fn name(text: &str) -> Arc<str> {
    NAMES.with_borrow_mut(|names| match names.get(text) {
        Some(name) => name.clone(),
        None => add(names, text.into()),
    })
}

/// The same name, as it is kept.
pub fn kept(name: Arc<str>) -> Arc<str> {
    NAMES.with_borrow_mut(|names| match names.get(&name) {
        Some(kept) => kept.clone(),
        None => add(names, name),
    })
}

fn add(names: &mut Names, name: Arc<str>) -> Arc<str> {
    if names.len() < COUNT_MAX {
        names.insert(name.clone());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_not_without_end() {
        assert!(Arc::ptr_eq(&name("engine"), &kept("engine".into())));
        let far: Vec<Arc<str>> = (0..2 * COUNT_MAX).map(|number| name(&number.to_string())).collect();
        assert_eq!(&*far[COUNT_MAX], COUNT_MAX.to_string());
        assert!(NAMES.with_borrow(Names::len) <= COUNT_MAX);
    }
}
