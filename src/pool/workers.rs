//! The threads: two Rayon pools, and the pump.
//!
//! Each lane has a Rayon pool of its own, because a thread's priority, once lowered, stays so. The pump is a
//! thread at normal priority that does nothing but hand work over: the event loop wakes it with a single
//! unpark, which waits for nobody, and it is the pump that may wait a moment for a lock that a low-priority
//! worker holds.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::io::{Errand, Io};
use super::lane::{Lane, PerLane};
use super::options::Settings;
use super::priority;
use super::scheduler::{Host, Shared};
use super::slab::Slabs;
use super::sync::Inbox;
use super::threads::{Alive, Threads};
use crate::error::{Error, Result};

/// How long memory is kept unused before it goes back to the system.
const KEEP_IDLE: Duration = Duration::from_secs(10);
/// How often that is looked at while there is any.
const TICK: Duration = Duration::from_secs(2);

/// Memory that somebody keeps for reuse between jobs.
pub trait Reclaim: Send + Sync {
    /// How much.
    fn idle_bytes(&self) -> u64;
    /// Gives back at least so many bytes of it, or all.
    fn shed(&self, bytes: u64);
    /// Gives back what has not been used for so long.
    fn shed_older(&self, age: Duration);
}

/// The threads of one pool. All start late: the pump with the first job, a lane's workers with its first.
pub(crate) struct Workers {
    settings: Mutex<Settings>,
    /// The same as in the settings, to be read without their lock.
    slots: AtomicUsize,
    pump: OnceLock<Thread>,
    starting: Mutex<()>,
    lanes: Mutex<PerLane<Option<Arc<ThreadPool>>>>,
    threads: Arc<Threads>,
    stopping: AtomicBool,
    priority_refused: AtomicBool,
    errands: Inbox<Errand>,
    io: Io,
    pub(crate) slabs: Arc<Slabs>,
    reclaim: Vec<Arc<dyn Reclaim>>,
}

impl Workers {
    pub(crate) fn new(settings: Settings, reclaim: Vec<Arc<dyn Reclaim>>) -> Arc<Self> {
        Arc::new(Self {
            settings: Mutex::new(settings),
            slots: AtomicUsize::new(settings.threads),
            pump: OnceLock::new(),
            starting: Mutex::new(()),
            lanes: Mutex::default(),
            threads: Arc::default(),
            stopping: AtomicBool::new(false),
            priority_refused: AtomicBool::new(false),
            errands: Inbox::default(),
            io: Io::default(),
            slabs: Arc::default(),
            reclaim,
        })
    }

    /// Changes the settings, if the threads they are made of do not run yet. Answers those in force.
    pub(crate) fn configure(
        &self,
        change: impl FnOnce(Settings, bool) -> Result<Settings>,
    ) -> Result<Settings> {
        let _starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        *settings = change(*settings, self.pump.get().is_some())?;
        self.slots.store(settings.threads, Ordering::Relaxed);
        Ok(*settings)
    }

    /// Worker slots. Takes no lock.
    pub(crate) fn slots(&self) -> usize {
        self.slots.load(Ordering::Relaxed)
    }

    fn settings(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the pump, once.
    pub(crate) fn start(self: &Arc<Self>, shared: &Arc<Shared>) -> Result<()> {
        if self.pump.get().is_some() {
            return Ok(());
        }
        let _starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.pump.get().is_some() {
            return Ok(());
        }
        let alive = self.threads.enter();
        let workers = Arc::clone(self);
        let weak = Arc::downgrade(shared);
        let thread = std::thread::Builder::new()
            .name("offloop-pump".into())
            .spawn(move || {
                workers.pump(&weak);
                drop(workers);
                drop(alive);
            })
            .map_err(|error| Error::internal(format!("a thread could not be started: {error}")))?;
        // The lock is held, so nobody else has set it.
        let _ = self.pump.set(thread.thread().clone());
        Ok(())
    }

    fn pump(&self, shared: &Weak<Shared>) {
        let mut aged = Instant::now();
        while !self.stopping.load(Ordering::SeqCst) {
            let Some(shared) = shared.upgrade() else { return };
            for errand in self.errands.take_all() {
                // If the thread cannot be started the errand is dropped, and its admission says so.
                drop(self.io.spawn(errand, &self.threads));
            }
            let next = shared.pump();
            // What runs may leave memory behind when it ends, and wakes nobody then.
            let busy = shared.is_busy();
            drop(shared);
            let keeps = self.kept() > 0;
            if keeps && aged.elapsed() >= TICK {
                aged = Instant::now();
                for memory in &self.reclaim {
                    memory.shed_older(KEEP_IDLE);
                }
                self.slabs.age();
            }
            let tick = (keeps || busy).then_some(TICK);
            let until_next = next.map(|next| next.saturating_duration_since(Instant::now()));
            match tick.into_iter().chain(until_next).min() {
                // A wake that came meanwhile is remembered: parking then returns at once.
                Some(most) => std::thread::park_timeout(most),
                None => std::thread::park(),
            }
        }
    }

    /// Has the I/O thread do something. Takes no lock that a worker may hold: the pump passes it on.
    pub(crate) fn errand(&self, errand: Errand) {
        self.errands.put(errand);
        self.wake_pump();
    }

    pub(crate) fn wake_pump(&self) {
        if let Some(pump) = self.pump.get() {
            pump.unpark();
        }
    }

    /// Bytes kept for reuse, slabs included.
    pub(crate) fn kept(&self) -> u64 {
        self.reclaim.iter().map(|memory| memory.idle_bytes()).sum::<u64>() + self.slabs.idle()
    }

    /// Whether the workers got the priority asked for; `None` before any started.
    pub(crate) fn niceness_applied(&self) -> Option<bool> {
        self.pump.get().is_some().then(|| !self.priority_refused.load(Ordering::Relaxed))
    }

    /// Threads of this pool that are alive.
    pub(crate) fn alive(&self) -> usize {
        self.threads.count()
    }

    fn lane(self: &Arc<Self>, lane: Lane) -> Option<Arc<ThreadPool>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes[lane].is_none() && !self.stopping.load(Ordering::SeqCst) {
            lanes[lane] = self.build(lane).ok().map(Arc::new);
        }
        lanes[lane].clone()
    }

    fn build(self: &Arc<Self>, lane: Lane) -> Result<ThreadPool, rayon::ThreadPoolBuildError> {
        let settings = self.settings();
        let niceness = settings.niceness[lane];
        let workers = Arc::downgrade(self);
        // Rayon's own handlers say when a thread has begun; one that was spawned counts before that.
        let marks: Arc<Mutex<Vec<Option<Alive>>>> =
            Arc::new(Mutex::new((0..settings.threads).map(|_| Some(self.threads.enter())).collect()));
        let ended = Arc::clone(&marks);
        ThreadPoolBuilder::new()
            .num_threads(settings.threads)
            .thread_name(move |index| {
                format!("offloop-{}{index}", if lane == Lane::Bulk { 'b' } else { 'i' })
            })
            .start_handler(move |_| {
                if !priority::lower(niceness)
                    && let Some(workers) = workers.upgrade()
                {
                    workers.priority_refused.store(true, Ordering::Relaxed);
                }
            })
            .exit_handler(move |index| {
                let mut marks = ended.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(mark) = marks.get_mut(index) {
                    drop(mark.take());
                }
            })
            .build()
    }

    /// Ends all threads, and waits for them at most so long. False if some were still busy.
    pub(crate) fn stop(&self, most: Duration) -> bool {
        self.stopping.store(true, Ordering::SeqCst);
        self.wake_pump();
        self.io.stop();
        drop(self.errands.take_all());
        drop(std::mem::take(&mut *self.lanes.lock().unwrap_or_else(PoisonError::into_inner)));
        self.threads.wait(most)
    }
}

/// What the scheduler asks of the threads.
pub(crate) struct WorkerHost(pub(crate) Arc<Workers>);

impl Host for WorkerHost {
    fn wake(&self) {
        self.0.wake_pump();
    }

    fn spawn(&self, lane: Lane, work: Box<dyn FnOnce() + Send>) {
        match self.0.lane(lane) {
            Some(pool) => pool.spawn(work),
            // No more threads to be had, or the end: late is better than never.
            None => work(),
        }
    }

    fn idle_bytes(&self) -> u64 {
        self.0.reclaim.iter().map(|memory| memory.idle_bytes()).sum()
    }

    fn shed(&self, bytes: u64) {
        let mut left = bytes;
        for memory in &self.0.reclaim {
            let before = memory.idle_bytes();
            if left == 0 {
                break;
            }
            memory.shed(left);
            left = left.saturating_sub(before.saturating_sub(memory.idle_bytes()));
        }
    }
}
