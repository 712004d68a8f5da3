//! The pool as the rest of the crate sees it.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::io::Errand;
use super::job::{Admission, Handle, Spec, Task};
use super::lane::{Lane, PerLane};
use super::options::{PoolOptions, Settings};
use super::scheduler::Shared;
use super::slab::Slabs;
use super::stats::PoolStats;
use super::tenant::Tenant;
use super::workers::{Reclaim, WorkerHost, Workers};
use crate::error::{Error, Result};

/// One scheduler and its threads. A process has one, shared by its environments.
///
/// ```
/// use std::sync::mpsc;
/// use offloop::pool::{Lane, Pool, PoolOptions, Spec, Step};
///
/// let pool = Pool::new(&PoolOptions::default(), Vec::new())?;
/// let tenant = pool.tenant();
/// let (answer, answers) = mpsc::channel();
/// let spec = Spec { lane: Lane::Interactive, timeout: None, input: 0, working: 0 };
/// let task = move |_: &mut offloop::pool::Cx<'_>| {
///     let sum: u64 = (1..=100).sum();
///     let answer = answer.clone();
///     Ok(Step::Done(Box::new(move || answer.send(sum).unwrap())))
/// };
/// pool.submit(&tenant, &spec, Box::new(task), |error| panic!("{error}"))?;
/// assert_eq!(answers.recv().unwrap(), 5050);
/// # Ok::<(), offloop::Error>(())
/// ```
pub struct Pool {
    shared: Arc<Shared>,
    workers: Arc<Workers>,
    tenants: Mutex<Vec<Weak<Tenant>>>,
}

impl Pool {
    /// A pool that has no threads yet. `reclaim`: who keeps memory between jobs.
    pub fn new(options: &PoolOptions, reclaim: Vec<Arc<dyn Reclaim>>) -> Result<Self> {
        let settings = Settings::of_this_host().with(options, false)?;
        let workers = Workers::new(settings, reclaim);
        let shared = Arc::new(Shared::new(
            settings.threads,
            settings.memory_bytes,
            settings.max_queue,
            Box::new(WorkerHost(Arc::clone(&workers))),
        ));
        Ok(Self { shared, workers, tenants: Mutex::default() })
    }

    /// An environment's share of the pool.
    pub fn tenant(&self) -> Arc<Tenant> {
        let tenant = Arc::new(Tenant::default());
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.retain(|tenant| tenant.strong_count() > 0);
        tenants.push(Arc::downgrade(&tenant));
        tenant
    }

    /// Changes settings; `threads` and `niceness` only before the first job, unless they stay as they are.
    pub fn configure(&self, options: &PoolOptions) -> Result<()> {
        let settings = self.workers.configure(|settings, started| {
            let settings = settings.with(options, started)?;
            if !started {
                self.shared.set_threads(settings.threads);
            }
            Ok(settings)
        })?;
        self.shared.set_most_queued(settings.max_queue);
        self.shared.set_memory(settings.memory_bytes);
        Ok(())
    }

    /// Lets a job in and queues its work. `reject` is called at most once, on any thread, unless the work
    /// hands its result over or the job is cancelled through its handle.
    pub fn submit(
        &self,
        tenant: &Arc<Tenant>,
        spec: &Spec,
        task: Box<dyn Task>,
        reject: impl Fn(Error) + Send + Sync + 'static,
    ) -> Result<Handle> {
        let admission = self.admit(tenant, spec, reject)?;
        Ok(self.enqueue(admission, task))
    }

    /// Lets a job in whose work comes later, or in parts.
    pub fn admit(
        &self,
        tenant: &Arc<Tenant>,
        spec: &Spec,
        reject: impl Fn(Error) + Send + Sync + 'static,
    ) -> Result<Admission> {
        let admission = self.shared.admit(tenant, spec, Box::new(reject))?;
        // After it: a job that is refused starts nothing, and so fixes no settings.
        self.workers.start(&self.shared)?;
        Ok(admission)
    }

    /// Queues the work of a job that was let in.
    pub fn enqueue(&self, admission: Admission, task: Box<dyn Task>) -> Handle {
        self.shared.enqueue(admission, task)
    }

    /// Queues a part of a job that was let in and goes on. If it fails, the job's `reject` is called and its
    /// flag raised; whoever holds the [`Admission`] ends it.
    pub fn ride(&self, handle: &Handle, task: Box<dyn Task>) {
        self.shared.ride(Arc::clone(&handle.ticket), task);
    }

    /// A handle for a job that was let in.
    pub fn handle(&self, admission: &Admission) -> Handle {
        Handle { ticket: Arc::clone(&admission.ticket), shared: Arc::clone(&self.shared) }
    }

    /// Has the I/O thread wait for something. Starts what is not running yet.
    pub fn on_io(&self, errand: Errand) -> Result<()> {
        self.workers.start(&self.shared)?;
        self.workers.errand(errand);
        Ok(())
    }

    /// The jobs of a tenant that was abandoned leave the queue soon.
    pub fn sweep(&self) {
        self.shared.note_dead();
    }

    /// Reused memory for inputs.
    pub fn slabs(&self) -> &Arc<Slabs> {
        &self.workers.slabs
    }

    /// Figures at this moment. Takes no lock that a worker may hold.
    pub fn stats(&self) -> PoolStats {
        PoolStats {
            threads: self.workers.slots(),
            lanes: PerLane::new(|lane| self.shared.counters[lane].snapshot()),
            memory_budget: self.shared.budget.total(),
            memory_held: self.shared.budget.held(),
            memory_peak: self.shared.budget.peak(),
            memory_idle: self.workers.kept(),
            niceness_applied: self.workers.niceness_applied(),
        }
    }

    /// Worker slots.
    pub fn threads(&self) -> usize {
        self.workers.slots()
    }

    /// Worker slots of a lane that are held.
    pub fn slots_held(&self, lane: Lane) -> usize {
        self.shared.held(lane)
    }

    /// Threads of the pool that are alive, its I/O thread and pump among them.
    pub fn threads_alive(&self) -> usize {
        self.workers.alive()
    }

    /// Refuses what waits, raises the flag of what runs, and ends the threads, waiting for them at most so
    /// long. False if some were still busy then; they end when their job looks at its flag.
    pub fn shutdown(&self, most: Duration) -> bool {
        for tenant in self.tenants.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if let Some(tenant) = tenant.upgrade() {
                tenant.abandon();
            }
        }
        self.shared.close();
        self.workers.stop(most)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shutdown(Duration::ZERO);
    }
}
