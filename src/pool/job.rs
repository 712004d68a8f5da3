//! What the pool runs: a task in slices, and the ticket that says what became of it.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use super::budget::Share;
use super::cancel::Cancel;
use super::crew::Company;
use super::cx::Cx;
use super::lane::Lane;
use super::scheduler::Shared;
use super::tenant::{Presence, Tenant};
use crate::error::{Code, Error, Result};

/// What a slice of work came to.
pub enum Step {
    /// There is more; other work may go first.
    More,
    /// Done. The closure hands the result over; it runs only if nobody gave up meanwhile, and after the
    /// job's memory has been given back.
    Done(Box<dyn FnOnce() + Send>),
}

/// A job's work. It is dropped as soon as its last slice has run, with all it holds.
pub trait Task: Send {
    /// Runs one slice: a few milliseconds where the work can be cut so, and polls `cx.cancel()` where it can't.
    fn run(&mut self, cx: &mut Cx<'_>) -> Result<Step>;

    /// `Some` while this task is worked on together with others of a kind, on one worker: by that function, instead of
    /// `run`. May change whenever the task has been run or put back.
    fn together(&self) -> Option<Company> {
        None
    }

    /// For that function, to know the task by.
    fn as_any(&mut self) -> Option<&mut dyn Any> {
        None
    }
}

/// A task of a single slice.
impl<F> Task for F
where
    F: FnMut(&mut Cx<'_>) -> Result<Step> + Send,
{
    fn run(&mut self, cx: &mut Cx<'_>) -> Result<Step> {
        self(cx)
    }
}

/// What a job asks for at admission.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The queue to wait in.
    pub lane: Lane,
    /// When to give up, the time in the queue included.
    pub timeout: Option<Duration>,
    /// Bytes of input it holds from now on.
    pub input: u64,
    /// Bytes it takes when it runs.
    pub working: u64,
}

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const ENDED: u8 = 2;

/// A job's standing with whoever asked for it. Settled exactly once.
pub(crate) struct Ticket {
    pub(crate) id: u64,
    pub(crate) lane: Lane,
    pub(crate) cancel: Cancel,
    pub(crate) deadline: Option<Instant>,
    pub(crate) tenant: Arc<Tenant>,
    admitted: Instant,
    claimed: AtomicBool,
    state: AtomicU8,
    reject: Box<dyn Fn(Error) + Send + Sync>,
}

impl Ticket {
    pub(crate) fn new(
        id: u64,
        spec: &Spec,
        tenant: Arc<Tenant>,
        reject: Box<dyn Fn(Error) + Send + Sync>,
    ) -> Self {
        let admitted = Instant::now();
        Self {
            id,
            lane: spec.lane,
            cancel: tenant.cancel_flag(),
            // A timeout beyond what the clock can count is none.
            deadline: spec.timeout.and_then(|timeout| admitted.checked_add(timeout)),
            tenant,
            admitted,
            claimed: AtomicBool::new(false),
            state: AtomicU8::new(WAITING),
            reject,
        }
    }

    /// True for the one caller that may settle the job.
    pub(crate) fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn reject(&self, error: Error) {
        if self.claim() {
            self.tell(error);
        }
    }

    /// Rejects; the caller has claimed.
    pub(crate) fn tell(&self, error: Error) {
        (self.reject)(error);
    }

    /// It waits again, after it has run for a while. True if it was given up meanwhile: whoever did so thought that it
    /// ran, and left it to the worker. Behind the scheduler's lock.
    pub(crate) fn waits_again(&self) -> bool {
        self.state.store(WAITING, Ordering::SeqCst);
        self.cancel.is_cancelled()
    }

    pub(crate) fn is_late(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

/// A job that was let in: its place in the queue's count and its share of the memory, given back when dropped.
pub struct Admission {
    pub(crate) ticket: Arc<Ticket>,
    pub(crate) share: Share,
    pub(crate) shared: Arc<Shared>,
    /// Whether the working memory is held.
    pub(crate) holds_working: bool,
    started: Option<Instant>,
    /// How it ended, for the counters.
    outcome: Option<Ending>,
    /// Outlives the settling, so that a drain ends after the promises of its jobs.
    presence: Option<Presence>,
}

/// How a job ended, for the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Completed,
    Failed,
    Cancelled,
}

impl Ending {
    /// An end with an error. That nobody wanted the result any more is no failure.
    pub(crate) fn by(error: &Error) -> Self {
        match error.code() {
            Code::Cancelled | Code::Shutdown => Self::Cancelled,
            _ => Self::Failed,
        }
    }
}

impl Admission {
    pub(crate) fn new(ticket: Arc<Ticket>, share: Share, shared: Arc<Shared>) -> Self {
        let presence = Some(ticket.tenant.enter());
        Self { ticket, share, shared, holds_working: false, started: None, outcome: None, presence }
    }

    /// The flag to poll.
    pub fn cancel_flag(&self) -> &Cancel {
        &self.ticket.cancel
    }

    /// More memory than was asked for at admission: known only now.
    pub fn grow(&mut self, input: u64, working: u64) -> Result<()> {
        self.shared.budget.admit_more(&mut self.share, input, working)
    }

    /// Takes the input's share of the memory out of the job's, for input that may outlive it or go before it. Once
    /// nothing is left to grow: what could never fit is found by the sum of both.
    pub fn part_with_input(&mut self) -> InputShare {
        let bytes = std::mem::take(&mut self.share.input);
        InputShare { bytes, shared: Arc::clone(&self.shared) }
    }

    /// Takes over the work of a job that ends without having done it, while that one's admission is still there.
    pub fn inherit(&mut self, working: u64) {
        self.share = self.shared.budget.inherit(self.share, working);
    }

    /// The job leaves the queue: from now on it counts as running. Repeated calls do nothing.
    pub fn begin(&mut self) {
        self.ticket.state.store(STARTED, Ordering::SeqCst);
        if self.started.is_some() {
            return;
        }
        let now = Instant::now();
        self.started = Some(now);
        let counters = &self.shared.counters[self.ticket.lane];
        counters.queued.fetch_sub(1, Ordering::Relaxed);
        counters.running.fetch_add(1, Ordering::Relaxed);
        counters.wait.record(now.duration_since(self.ticket.admitted));
    }

    /// Ends a job that was admitted without a task of its own (an export). `settle` runs if nobody gave up.
    pub fn complete(mut self, settle: impl FnOnce()) {
        let won = self.ticket.claim();
        let presence = self.end(if won { Ending::Completed } else { Ending::Cancelled });
        drop(self);
        if won {
            settle();
        }
        drop(presence);
    }

    /// Ends such a job with an error, and raises its flag for the parts of it that still wait or run.
    pub fn fail(mut self, error: Error) {
        let presence = self.end(Ending::by(&error));
        let ticket = Arc::clone(&self.ticket);
        let won = ticket.claim();
        ticket.cancel.cancel();
        drop(self);
        if won {
            ticket.tell(error);
        }
        drop(presence);
    }

    /// Says how it ended. Whoever asks settles the job, and drops the answer after that.
    pub(crate) fn end(&mut self, outcome: Ending) -> Option<Presence> {
        self.outcome = Some(outcome);
        self.presence.take()
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        debug_assert!(!self.holds_working, "working memory is given back behind the scheduler's lock");
        let counters = &self.shared.counters[self.ticket.lane];
        self.ticket.state.store(ENDED, Ordering::Release);
        if let Some(started) = self.started {
            counters.running.fetch_sub(1, Ordering::Relaxed);
            counters.run.record(started.elapsed());
        } else {
            counters.queued.fetch_sub(1, Ordering::Relaxed);
        }
        let outcome = match self.outcome {
            Some(Ending::Completed) => &counters.completed,
            Some(Ending::Cancelled) => &counters.cancelled,
            None if self.ticket.cancel.is_cancelled() && !self.ticket.cancel.is_late() => &counters.cancelled,
            Some(Ending::Failed) | None => &counters.failed,
        };
        outcome.fetch_add(1, Ordering::Relaxed);
        self.shared.budget.leave(self.share);
        if self.ticket.deadline.is_some() {
            self.shared.forget_deadline(&self.ticket);
        }
        // Last but for its mark: a job that was dropped unsettled is a bug, but its promise must not hang.
        if self.ticket.claim() {
            let error = match self.ticket.cancel.check() {
                Err(error) => error,
                Ok(()) if std::thread::panicking() => {
                    Error::internal("a job panicked, which is a bug in offloop, please report it")
                }
                Ok(()) => Error::internal("the job was dropped before it was settled"),
            };
            self.ticket.tell(error);
        }
    }
}

/// The share of the memory that an input holds, given back when dropped.
pub struct InputShare {
    bytes: u64,
    shared: Arc<Shared>,
}

impl Drop for InputShare {
    fn drop(&mut self) {
        self.shared.budget.leave(Share::of_input(self.bytes));
    }
}

/// A handle for whoever asked for a job.
#[derive(Clone)]
pub struct Handle {
    pub(crate) ticket: Arc<Ticket>,
    pub(crate) shared: Arc<Shared>,
}

impl Handle {
    /// Nobody wants the result: a waiting job is dropped, a running one stops when it looks. What was asked
    /// to settle it is not called any more. Takes no lock.
    pub fn cancel(&self) {
        // The claim first: once this returns, nobody settles the job.
        let _ = self.ticket.claim();
        if self.ticket.cancel.cancel() && self.ticket.state.load(Ordering::SeqCst) == WAITING {
            self.shared.note_dead();
        }
    }

    /// Whether the job has ended and given back all it held.
    pub fn has_ended(&self) -> bool {
        self.ticket.state.load(Ordering::Acquire) == ENDED
    }
}
