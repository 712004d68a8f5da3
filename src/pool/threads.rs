//! How many threads of ours are alive, so that the end can be waited for, but not forever.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts threads.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    alive: Mutex<usize>,
    changed: Condvar,
}

/// One thread's mark; dropped when it ends.
#[derive(Debug)]
pub(crate) struct Alive(Arc<Threads>);

impl Threads {
    /// Counts a thread, from before it is spawned: a thread that has not begun yet is waited for too.
    pub(crate) fn enter(self: &Arc<Self>) -> Alive {
        *self.alive.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Alive(Arc::clone(self))
    }

    pub(crate) fn count(&self) -> usize {
        *self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all have ended; false if some had not when the time was up.
    pub(crate) fn wait(&self, most: Duration) -> bool {
        let end = Instant::now() + most;
        let mut alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        while *alive > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            alive = self.changed.wait_timeout(alive, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        *self.0.alive.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.changed.notify_all();
    }
}
