//! The allocator of the program and of the benches. Plans are many small values: with the allocator of the system, time
//! grows faster than their number.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc's table of options, for which its crate has no name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps memory that is free until the end: a run is short, and what the system gets back it has to find and to clear
/// once more.
pub fn keep() {
    // SAFETY: this sets a number in a table of the allocator, which may be done at any time, from any thread.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}
