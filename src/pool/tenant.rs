//! What belongs to one environment (a JavaScript thread): its jobs, its drain.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::cancel::Cancel;

type Idle = Box<dyn FnOnce() + Send>;

/// A job's mark in its tenant's count.
pub(crate) struct Presence(Arc<Tenant>);

impl Drop for Presence {
    fn drop(&mut self) {
        if self.0.jobs.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.is_closed() {
            self.0.settle_drain();
        }
    }
}

/// One environment's share of the pool.
#[derive(Default)]
pub struct Tenant {
    gone: Arc<AtomicBool>,
    closed: AtomicBool,
    jobs: AtomicUsize,
    idle: Mutex<Option<Idle>>,
}

impl std::fmt::Debug for Tenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tenant")
            .field("closed", &self.closed)
            .field("jobs", &self.jobs)
            .finish_non_exhaustive()
    }
}

impl Tenant {
    /// Jobs admitted that have not ended.
    pub fn jobs(&self) -> usize {
        self.jobs.load(Ordering::SeqCst)
    }

    /// No more jobs of this environment; `then` runs once, when those that are here have ended. It may run
    /// on any thread, or at once on this one.
    pub fn drain(&self, then: impl FnOnce() + Send + 'static) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(then));
        self.closed.store(true, Ordering::SeqCst);
        self.settle_drain();
    }

    /// The environment has gone: its jobs stop as soon as they look.
    pub fn abandon(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.gone.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(crate) fn cancel_flag(&self) -> Cancel {
        Cancel::in_group(Arc::clone(&self.gone))
    }

    /// Counts a job until the answer is dropped, which is after the job's promise has been settled.
    pub(crate) fn enter(self: &Arc<Self>) -> Presence {
        self.jobs.fetch_add(1, Ordering::SeqCst);
        Presence(Arc::clone(self))
    }

    fn settle_drain(&self) {
        if self.jobs() != 0 {
            return;
        }
        let then = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(then) = then {
            then();
        }
    }
}
