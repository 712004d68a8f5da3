//! The scheduler for the model checker: the real queues, governor, budget and locks, with shuttle's threads
//! in place of Rayon's and the pump's. Only under the feature `model`; see `tests/model.rs`.

use std::sync::Arc;

use shuttle::sync::Condvar;
use shuttle::thread;

use super::job::{Handle, Spec, Task};
use super::lane::{Lane, PerLane};
use super::scheduler::{Host, Shared};
use super::sync::{AtomicBool, AtomicUsize, Mutex, Ordering, lock};
use super::tenant::Tenant;
use crate::error::{Error, Result};

/// As park and unpark. Shuttle's own park wakes up without a reason now and then, as it may, and would so
/// hide a wake-up that is missing.
#[derive(Default)]
struct Token {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Token {
    fn unpark(&self) {
        *lock(&self.given) = true;
        self.changed.notify_one();
    }

    fn park(&self) {
        let mut given = lock(&self.given);
        while !*given {
            given = self.changed.wait(given).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        *given = false;
    }
}

struct ModelHost {
    pump: Arc<Token>,
    workers: Arc<AtomicUsize>,
}

impl Host for ModelHost {
    fn wake(&self) {
        self.pump.unpark();
    }

    fn spawn(&self, _lane: Lane, work: Box<dyn FnOnce() + Send>) {
        let workers = Arc::clone(&self.workers);
        workers.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || {
            work();
            workers.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn idle_bytes(&self) -> u64 {
        0
    }

    fn shed(&self, _bytes: u64) {}
}

/// A scheduler whose threads shuttle runs.
pub struct Model {
    shared: Arc<Shared>,
    tenant: Arc<Tenant>,
    workers: Arc<AtomicUsize>,
    pump: Arc<Token>,
    stop: Arc<AtomicBool>,
    joined: Option<thread::JoinHandle<()>>,
}

impl Model {
    /// Inside `shuttle::check…` only.
    pub fn new(threads: usize, memory: u64) -> Self {
        let pump = Arc::new(Token::default());
        let workers = Arc::new(AtomicUsize::new(0));
        let host = ModelHost { pump: Arc::clone(&pump), workers: Arc::clone(&workers) };
        let queues = PerLane { interactive: 1_000, bulk: 1_000 };
        let shared = Arc::new(Shared::new(threads, memory, queues, Box::new(host)));
        let stop = Arc::new(AtomicBool::new(false));
        let joined = {
            let (shared, stop, pump) = (Arc::clone(&shared), Arc::clone(&stop), Arc::clone(&pump));
            thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    shared.pump();
                    pump.park();
                }
            })
        };
        Self { shared, tenant: Arc::default(), workers, pump, stop, joined: Some(joined) }
    }

    /// As `Pool::submit`.
    pub fn submit(
        &self,
        spec: &Spec,
        task: Box<dyn Task>,
        reject: impl Fn(Error) + Send + Sync + 'static,
    ) -> Result<Handle> {
        let admission = self.shared.admit(&self.tenant, spec, Box::new(reject))?;
        Ok(self.shared.enqueue(admission, task))
    }

    /// Slots of a lane that are held.
    pub fn held(&self, lane: Lane) -> usize {
        self.shared.held(lane)
    }

    /// Bytes that are held.
    pub fn memory_held(&self) -> u64 {
        self.shared.budget.held()
    }

    /// Jobs that have not ended.
    pub fn jobs(&self) -> usize {
        self.tenant.jobs()
    }

    /// Refuses what waits.
    pub fn close(&self) {
        self.tenant.abandon();
        self.shared.close();
    }

    /// Waits until the jobs have ended and the workers are gone, then ends the pump. A job that is lost, or
    /// a wake-up that is, shows as a deadlock.
    pub fn end(mut self) {
        while self.jobs() > 0 || self.workers.load(Ordering::SeqCst) > 0 {
            thread::yield_now();
        }
        self.stop.store(true, Ordering::SeqCst);
        self.pump.unpark();
        if let Some(joined) = self.joined.take() {
            let _ = joined.join();
        }
    }
}
