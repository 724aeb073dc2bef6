//! How far reading an account has come: counted where it happens, for whoever watches. A process has one tally, as it has
//! one terminal.

use std::sync::atomic::{AtomicUsize, Ordering};

static WANTED: AtomicUsize = AtomicUsize::new(0);
static READ: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// So many more objects are to be read.
pub fn want(objects: usize) {
    WANTED.fetch_add(objects, Ordering::Relaxed);
}

/// So many more of them have been.
pub fn read(objects: usize) {
    READ.fetch_add(objects, Ordering::Relaxed);
}

/// A service has answered.
pub fn answered() {
    CALLS.fetch_add(1, Ordering::Relaxed);
}

/// How many objects were read, how many are to be in all, and how many calls were answered.
pub fn so_far() -> (usize, usize, usize) {
    (READ.load(Ordering::Relaxed), WANTED.load(Ordering::Relaxed), CALLS.load(Ordering::Relaxed))
}
