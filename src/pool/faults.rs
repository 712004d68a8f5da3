//! Panics on demand, in the midst of work, for the tests of what a panic leaves behind. Never part of a build that
//! ships: the feature `faults` alone has it.

use std::sync::atomic::{AtomicU32, Ordering};

static LEFT: AtomicU32 = AtomicU32::new(0);

/// Has the `polls`-th poll for cancellation from now on panic, whichever job makes it; 0 is for none.
pub fn arm(polls: u32) {
    LEFT.store(polls, Ordering::Relaxed);
}

/// Where a job polls.
pub(super) fn poll() {
    let before = LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    assert!(before != Ok(1), "a fault was injected");
}
