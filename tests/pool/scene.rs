//! A pool, and what its jobs came to.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use offloop::pool::{Cx, Lane, Pool, PoolOptions, Spec, Step, Task, Tenant};
use offloop::{Error, Result};

/// Long enough for anything that should happen; a scenario that needs it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type Outcome = (&'static str, Result<(), Error>);

pub(crate) struct Scene {
    pub(crate) pool: Pool,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) sender: Sender<Outcome>,
    pub(crate) outcomes: Receiver<Outcome>,
}

pub(crate) fn options(threads: usize) -> PoolOptions {
    PoolOptions { threads: Some(threads), memory_bytes: Some(1 << 30), ..PoolOptions::default() }
}

pub(crate) fn spec(lane: Lane) -> Spec {
    Spec { lane, timeout: None, input: 0, working: 0 }
}

impl Scene {
    pub(crate) fn new(options: &PoolOptions) -> Self {
        let pool = Pool::new(options, Vec::new()).unwrap();
        let tenant = pool.tenant();
        let (sender, outcomes) = channel();
        Self { pool, tenant, sender, outcomes }
    }

    /// Submits work of one slice under a name that its outcome is reported by.
    pub(crate) fn submit(
        &self,
        name: &'static str,
        spec: &Spec,
        mut work: impl FnMut(&mut Cx<'_>) -> Result<()> + Send + 'static,
    ) -> Result<offloop::pool::Handle> {
        let done = self.sender.clone();
        self.submit_task(name, spec, move |cx: &mut Cx<'_>| {
            work(cx)?;
            let done = done.clone();
            Ok(Step::Done(Box::new(move || done.send((name, Ok(()))).unwrap())))
        })
    }

    pub(crate) fn submit_task(
        &self,
        name: &'static str,
        spec: &Spec,
        task: impl Task + 'static,
    ) -> Result<offloop::pool::Handle> {
        let failed = self.sender.clone();
        self.pool.submit(&self.tenant, spec, Box::new(task), move |error| {
            failed.send((name, Err(error))).unwrap();
        })
    }

    pub(crate) fn next(&self) -> Outcome {
        self.outcomes.recv_timeout(PATIENCE).expect("no job was settled in time")
    }

    pub(crate) fn quiet(&self) -> bool {
        self.outcomes.recv_timeout(Duration::from_millis(50)).is_err()
    }

    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&Pool) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !condition(&self.pool) {
            assert!(Instant::now() < end, "{what} did not come true: {:?}", self.pool.stats());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn wait_idle(&self) {
        self.wait_until("an idle pool", |pool| {
            pool.slots_held(Lane::Interactive) + pool.slots_held(Lane::Bulk) == 0 && self.tenant.jobs() == 0
        });
        let stats = self.pool.stats();
        assert_eq!(stats.memory_held, 0);
        for lane in Lane::ALL {
            assert_eq!((stats.lanes[lane].queued, stats.lanes[lane].running), (0, 0));
        }
    }
}

/// A door that jobs stand before until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn wait(&self) {
        let (open, end) =
            self.0.1.wait_timeout_while(self.0.0.lock().unwrap(), PATIENCE, |open| !*open).unwrap();
        assert!(*open && !end.timed_out(), "the gate stayed shut");
    }
}
