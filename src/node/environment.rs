//! One JavaScript environment: its share of the pool, and the way back to it.
//!
//! Settling: workers put outcomes into a queue and wake the environment's one threadsafe function, at most
//! once until it has run; on the JavaScript thread it takes out everything that is there and hands it to
//! lib/native.js in one call. (A deferred a call would be a threadsafe function and a libuv handle each,
//! all scanned on every wake.) The function is weak: it does not keep the process alive. `hold` does, while
//! JavaScript waits for a promise.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status, sys};

use super::image_flight::Flights;
use super::value::{Failure, Settlement, Value};
use crate::error::Error;
use crate::password::{Arenas, MAX_ARGON2_TOGETHER, Width, Workshop};
use crate::pool::{Pool, PoolOptions, Reclaim, Stack, Tenant};

/// How long the last environment waits for the pool's threads when it goes.
const JOIN: Duration = Duration::from_millis(500);

type Waker = ThreadsafeFunction<(), (), Vec<Settlement>, Status, false, true, 0>;

/// See the module's documentation.
pub(super) struct Environment {
    pub(super) process: Arc<Process>,
    pub(super) tenant: Arc<Tenant>,
    pub(super) flights: Flights,
    settled: Arc<Stack<Settlement>>,
    lent: Arc<Lent>,
    waking: Arc<AtomicBool>,
    waker: OnceLock<Waker>,
    closed: AtomicBool,
}

/// What all environments of a process share.
pub(super) struct Process {
    pub(super) pool: Pool,
    pub(super) workshop: Arc<Workshop>,
}

/// The pool that is running, how many environments use it, and the settings a next one would begin with.
struct Registry {
    process: Option<Arc<Process>>,
    environments: usize,
    options: PoolOptions,
    bcrypt_lanes: usize,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    process: None,
    environments: 0,
    options: PoolOptions {
        threads: None,
        max_queue: crate::pool::PerLane { interactive: None, bulk: None },
        memory_bytes: None,
        niceness: crate::pool::PerLane { interactive: None, bulk: None },
    },
    bcrypt_lanes: 0,
});

/// Idle argon2 arenas, as the pool sees them.
struct IdleArenas(Arenas);

impl Reclaim for IdleArenas {
    fn idle_bytes(&self) -> u64 {
        self.0.idle_bytes()
    }

    fn shed(&self, bytes: u64) {
        drop(self.0.shed(bytes));
    }

    fn shed_older(&self, age: Duration) {
        drop(self.0.shed_idle(age));
        self.0.wipe_idle();
    }
}

impl Process {
    /// Joins the running pool, or makes one.
    fn join() -> crate::Result<Arc<Self>> {
        let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
        let process = if let Some(process) = &registry.process {
            Arc::clone(process)
        } else {
            let arenas = Arenas::new(1);
            let reclaim: Vec<Arc<dyn Reclaim>> = vec![Arc::new(IdleArenas(arenas.clone()))];
            let pool = Pool::new(&registry.options, reclaim)?;
            drop(arenas.set_keep(pool.threads() * MAX_ARGON2_TOGETHER));
            let width = Width::default();
            width.set(registry.bcrypt_lanes);
            Arc::new(Self { pool, workshop: Arc::new(Workshop { arenas, width }) })
        };
        registry.process = Some(Arc::clone(&process));
        registry.environments += 1;
        Ok(process)
    }

    /// The last one out shuts the pool down and waits for its threads, but not for long.
    fn leave(self: &Arc<Self>) {
        let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
        registry.environments = registry.environments.saturating_sub(1);
        let last = registry.environments == 0;
        if last {
            registry.process = None;
        }
        drop(registry);
        if last {
            self.pool.shutdown(JOIN);
        } else {
            self.pool.sweep();
        }
    }

    pub(super) fn configure(&self, options: &PoolOptions, bcrypt_lanes: Option<usize>) -> crate::Result<()> {
        self.pool.configure(options)?;
        drop(self.workshop.arenas.set_keep(self.pool.threads() * MAX_ARGON2_TOGETHER));
        let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lanes) = bcrypt_lanes {
            self.workshop.width.set(lanes);
            registry.bcrypt_lanes = lanes;
        }
        let kept = &mut registry.options;
        kept.threads = options.threads.or(kept.threads);
        kept.memory_bytes = options.memory_bytes.or(kept.memory_bytes);
        for lane in crate::pool::Lane::ALL {
            kept.max_queue[lane] = options.max_queue[lane].or(kept.max_queue[lane]);
            kept.niceness[lane] = options.niceness[lane].or(kept.niceness[lane]);
        }
        Ok(())
    }
}

impl Environment {
    /// `settle` is called on the JavaScript thread with an array of settlements.
    pub(super) fn open(env: &Env, settle: &Function<'_, Vec<Settlement>, ()>) -> Result<Arc<Self>> {
        let process = Process::join().map_err(|error| napi::Error::from_reason(error.to_string()))?;
        let settled = Arc::<Stack<Settlement>>::default();
        let environment = Arc::new(Self {
            tenant: process.pool.tenant(),
            flights: Flights::default(),
            process,
            settled: Arc::clone(&settled),
            lent: Arc::default(),
            waking: Arc::default(),
            waker: OnceLock::new(),
            closed: AtomicBool::new(false),
        });
        // From here on `close` undoes the join, also when the rest fails.
        let hook = Arc::clone(&environment);
        let waking = Arc::clone(&environment.waking);
        let opened = settle
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .build_callback(move |_| {
                // Lowered before the queue is read: what comes after wakes again.
                waking.store(false, Ordering::SeqCst);
                Ok(settled.take_all())
            })
            .and_then(|waker: Waker| {
                let _ = environment.waker.set(waker);
                env.add_env_cleanup_hook((), move |()| hook.close())
            });
        match opened {
            Ok(_) => Ok(environment),
            Err(error) => {
                environment.close();
                Err(error)
            }
        }
    }

    /// Hands an outcome to JavaScript. Any thread.
    pub(super) fn settle(&self, id: u32, outcome: std::result::Result<Value, Error>) {
        let (kind, value) = match outcome {
            Ok(value) => (0, value),
            Err(error) => (1, Value::Failure(Failure::from(&error))),
        };
        self.send(Settlement { id, kind, value });
    }

    /// A word of a job that goes on.
    pub(super) fn tell(&self, id: u32, value: Value) {
        self.send(Settlement { id, kind: 2, value });
    }

    fn send(&self, settlement: Settlement) {
        // The environment has gone, and its promises with it.
        if self.closed.load(Ordering::SeqCst) {
            return;
        }
        self.settled.put(settlement);
        if self.waking.swap(true, Ordering::SeqCst) {
            return;
        }
        if let Some(waker) = self.waker.get() {
            waker.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Keeps the process alive, or no longer. On the JavaScript thread.
    pub(super) fn hold(&self, env: &Env, hold: bool) {
        let Some(waker) = self.waker.get() else { return };
        if self.closed.load(Ordering::SeqCst) || waker.aborted() {
            return;
        }
        // SAFETY: called on the environment's thread with its own `env`; the function is neither aborted nor
        // released, since `waker` owns it. napi-rs has the same two calls, but only for `&mut`.
        unsafe {
            if hold {
                sys::napi_ref_threadsafe_function(env.raw(), waker.raw());
            } else {
                sys::napi_unref_threadsafe_function(env.raw(), waker.raw());
            }
        }
    }

    /// The environment goes away: its jobs stop, and the last one out ends the threads. Repeated calls do
    /// nothing.
    pub(super) fn close(&self) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        self.tenant.abandon();
        self.flights.ground();
        self.process.leave();
        // V8 frees what was transferred when this returns, and a worker may be reading it: this wait has no
        // deadline, but only what decodes still reads, and in an abandoned tenant it stops when it looks.
        self.lent.wait();
    }

    /// Counts memory of this environment that a job reads on other threads, until the answer is dropped.
    pub(super) fn lend(&self) -> Loan {
        *self.lent.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Loan(Arc::clone(&self.lent))
    }
}

/// How much of an environment's memory is being read elsewhere.
#[derive(Default)]
struct Lent {
    count: Mutex<usize>,
    returned: Condvar,
}

impl Lent {
    fn wait(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        while *count > 0 {
            count = self.returned.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// One piece of it.
pub(super) struct Loan(Arc<Lent>);

impl Drop for Loan {
    fn drop(&mut self) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.returned.notify_all();
    }
}
