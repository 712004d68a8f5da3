//! The scheduler: what waits, who runs it, and when it is given up.
//!
//! Two halves. [`Shared`] is what anybody may touch without waiting: the inbox, the counters, the budget.
//! [`State`], behind the one lock, is the queues and the slots; only workers and the pump take that lock,
//! for a microsecond at a time, and never while a job runs or a promise is settled. The event loop puts a job
//! into the inbox and wakes the pump, and that is all it does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::budget::Budget;
use super::crew::{Batched, Company, Crew, together};
use super::cx::Cx;
use super::governor::Governor;
use super::job::{Admission, Ending, Handle, Spec, Step, Task, Ticket};
use super::lane::{Kind, Lane, PerLane};
use super::queues::{Entry, Graveyard, Hold, Message, State, bury};
use super::stats::LaneCounters;
use super::sync::{AtomicBool, AtomicU64, AtomicUsize, Inbox, Mutex, Ordering, lock};
use super::tenant::Tenant;
use crate::error::{Code, Error, Result};

/// What the scheduler asks of the threads around it.
pub(crate) trait Host: Send + Sync {
    /// Has the pump run soon. Called by the event loop: takes no lock that a worker may hold.
    fn wake(&self);
    /// Runs something on a worker of the lane.
    fn spawn(&self, lane: Lane, work: Box<dyn FnOnce() + Send>);
    /// Bytes kept for reuse that could be given back.
    fn idle_bytes(&self) -> u64;
    /// Gives back at least so many of them.
    fn shed(&self, bytes: u64);
}
/// See the module's documentation.
pub(crate) struct Shared {
    inbox: Inbox<Message>,
    state: Mutex<State>,
    pub(crate) budget: Budget,
    pub(crate) counters: PerLane<LaneCounters>,
    most_queued: PerLane<AtomicUsize>,
    bulk_should_yield: AtomicBool,
    closed: AtomicBool,
    /// Jobs that were given up while they waited, roughly: the pump sweeps them out.
    dead: AtomicUsize,
    /// How long the queues were when somebody last had the lock.
    waiting: PerLane<AtomicUsize>,
    next_id: AtomicU64,
    host: Box<dyn Host>,
}
impl Shared {
    pub(crate) fn new(threads: usize, memory: u64, most_queued: PerLane<usize>, host: Box<dyn Host>) -> Self {
        Self {
            inbox: Inbox::default(),
            state: Mutex::new(State::new(threads)),
            budget: Budget::new(memory),
            counters: PerLane::default(),
            most_queued: PerLane::new(|lane| AtomicUsize::new(most_queued[lane])),
            bulk_should_yield: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            dead: AtomicUsize::new(0),
            waiting: PerLane::new(|_| AtomicUsize::new(0)),
            next_id: AtomicU64::new(0),
            host,
        }
    }

    pub(crate) fn host(&self) -> &dyn Host {
        &*self.host
    }

    /// Lets a job in, or says why not. Nothing has been allocated for it yet.
    pub(crate) fn admit(
        self: &Arc<Self>,
        tenant: &Arc<Tenant>,
        spec: &Spec,
        reject: Box<dyn Fn(Error) + Send + Sync>,
    ) -> Result<Admission> {
        let counters = &self.counters[spec.lane];
        let share = self.make_room(tenant, spec).inspect_err(|_| {
            counters.refused.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        })?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let ticket = Arc::new(Ticket::new(id, spec, Arc::clone(tenant), reject));
        let admission = Admission::new(Arc::clone(&ticket), share, Arc::clone(self));
        if ticket.deadline.is_some() {
            self.post(Message::Watch(ticket));
        }
        Ok(admission)
    }

    fn make_room(&self, tenant: &Tenant, spec: &Spec) -> Result<super::budget::Share> {
        if tenant.is_closed() || self.closed.load(Ordering::SeqCst) {
            return Err(Error::new(Code::Shutdown, "the pool is draining and takes no more jobs"));
        }
        let queued = &self.counters[spec.lane].queued;
        let most = self.most_queued[spec.lane].load(Ordering::Relaxed) as u64;
        let before = queued.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let room = if before >= most {
            Err(Error::new(
                Code::QueueFull,
                format!(
                    "the {} queue holds {most} jobs, which is its maxQueue; try again later, or shed load",
                    spec.lane.as_str()
                ),
            ))
        } else {
            self.budget.admit(spec.input, spec.working)
        };
        if room.is_err() {
            queued.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
        }
        room
    }

    /// Queues an admitted job's work.
    pub(crate) fn enqueue(self: &Arc<Self>, admission: Admission, task: Box<dyn Task>) -> Handle {
        let handle = Handle { ticket: Arc::clone(&admission.ticket), shared: Arc::clone(self) };
        let entry = Entry::new(task, Hold::Own(admission));
        self.post(Message::Job(Box::new(entry)));
        // Given up before it was in the queue: the sweep that was asked for then may have come too early.
        if handle.ticket.cancel.is_cancelled() {
            self.note_dead();
        }
        handle
    }

    /// Queues work that is part of a job admitted before.
    pub(crate) fn ride(&self, ticket: Arc<Ticket>, task: Box<dyn Task>) {
        let entry = Entry::new(task, Hold::Ride(ticket));
        self.post(Message::Job(Box::new(entry)));
    }

    /// Puts a message into the inbox and has the pump look.
    fn post(&self, message: Message) {
        self.inbox.put(message);
        if self.closed.load(Ordering::SeqCst) {
            // The pump may have ended: what came too late must not stay here, where it would keep itself and
            // the whole pool alive.
            self.refuse_rest();
        } else {
            self.host.wake();
        }
    }

    pub(crate) fn set_most_queued(&self, most: PerLane<usize>) {
        for lane in Lane::ALL {
            self.most_queued[lane].store(most[lane], Ordering::Relaxed);
        }
    }

    pub(crate) fn set_memory(&self, bytes: u64) {
        self.budget.set_total(bytes);
        // What waited for memory may fit now; the sweep has it looked at again.
        self.note_dead();
    }

    /// Only while nothing runs yet.
    pub(crate) fn set_threads(&self, threads: usize) {
        lock(&self.state).governor = Governor::new(threads);
    }

    /// A waiting job was given up. Takes no lock.
    pub(crate) fn note_dead(&self) {
        self.dead.fetch_add(1, Ordering::SeqCst);
        self.host.wake();
    }

    pub(crate) fn forget_deadline(&self, ticket: &Ticket) {
        if let Some(deadline) = ticket.deadline {
            // No hurry: it is read with the next message.
            self.inbox.put(Message::Forget(deadline, ticket.id));
        }
    }

    /// The pump's turn: reads the inbox, gives up what is late, grants slots. Says when to come again.
    pub(crate) fn pump(self: &Arc<Self>) -> Option<Instant> {
        let now = Instant::now();
        let mut graveyard = Graveyard::new();
        let mut late = Vec::new();
        let mut state = lock(&self.state);
        state.read_inbox(&self.inbox);
        while let Some(first) = state.deadlines.first_entry() {
            if first.key().0 > now {
                break;
            }
            late.push(first.remove());
        }
        for ticket in &late {
            ticket.cancel.expire();
        }
        if !late.is_empty() || self.dead.load(Ordering::SeqCst) > 0 {
            self.dead.store(0, Ordering::SeqCst);
            state.sweep(&self.budget, &mut graveyard);
        }
        let next = state.deadlines.first_key_value().map(|((deadline, _), _)| *deadline);
        let grants = self.grant(&mut state);
        drop(state);
        // Those that waited first: they leave the counts before their promise is settled.
        drop(graveyard);
        for ticket in late {
            ticket.reject(Error::deadline());
        }
        self.spawn(grants);
        next
    }

    /// No more jobs; those that wait are refused, those that run are left to their cancel flags.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.refuse_rest();
    }

    fn refuse_rest(&self) {
        let mut graveyard = Graveyard::new();
        let mut state = lock(&self.state);
        state.read_inbox(&self.inbox);
        for lane in Lane::ALL {
            while let Some(entry) = state.queues[lane].pop_front() {
                bury(entry, &self.budget, &mut graveyard);
            }
        }
        // A ticket leads back to whoever asked, and from there to the pool.
        let watched = std::mem::take(&mut state.deadlines);
        drop(state);
        for entry in graveyard {
            entry.ticket().reject(Error::new(Code::Shutdown, "the pool has shut down"));
        }
        drop(watched);
    }

    /// Whether jobs wait or run. Takes no lock.
    pub(crate) fn is_busy(&self) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        Lane::ALL.iter().any(|&lane| {
            let LaneCounters { queued, running, .. } = &self.counters[lane];
            queued.load(Relaxed) + running.load(Relaxed) > 0
        })
    }

    /// How many slots of a lane are held. For tests and for the end.
    pub(crate) fn held(&self, lane: Lane) -> usize {
        lock(&self.state).governor.held(lane)
    }

    /// Whether a bulk job should give its slot back at its next slice.
    pub(crate) fn should_yield(&self, lane: Lane) -> bool {
        lane == Lane::Bulk && self.bulk_should_yield.load(Ordering::Relaxed)
    }

    /// Grants every slot that may be granted. The caller spawns the workers after unlocking.
    fn grant(&self, state: &mut State) -> PerLane<usize> {
        let mut grants = PerLane::<usize>::default();
        for lane in Lane::ALL {
            while !state.blocked[lane]
                && state.queues[lane].len() > state.tokens[lane]
                && state.governor.may_start(lane)
            {
                state.governor.acquire(lane);
                state.tokens[lane] += 1;
                grants[lane] += 1;
            }
        }
        self.bulk_should_yield.store(state.governor.bulk_should_yield(), Ordering::Relaxed);
        self.note_waiting(state);
        grants
    }

    fn note_waiting(&self, state: &State) {
        for lane in Lane::ALL {
            self.waiting[lane].store(state.queues[lane].len(), Ordering::Relaxed);
        }
    }

    fn spawn(self: &Arc<Self>, grants: PerLane<usize>) {
        for lane in Lane::ALL {
            for _ in 0..grants[lane] {
                let shared = Arc::clone(self);
                self.host.spawn(lane, Box::new(move || shared.work(lane)));
            }
        }
    }

    /// A worker's turn, holding a slot: runs the best waiting job of its lane, and the next, until there is
    /// none or the slot is wanted elsewhere.
    fn work(self: &Arc<Self>, lane: Lane) {
        let mut next = self.take_first(lane);
        while let Some(mut entry) = next {
            if let Some(company) = together(entry.task.as_deref()) {
                next = self.work_together(lane, entry, company);
                continue;
            }
            let outcome = self.run(lane, &mut entry);
            next = match outcome {
                Ok(Step::More) => self.step_aside(lane, entry),
                outcome => self.finish(lane, entry, outcome),
            };
        }
    }

    /// Runs slices until the job ends or should give way.
    fn run(self: &Arc<Self>, lane: Lane, entry: &mut Entry) -> Result<Step> {
        if let Hold::Own(admission) = &mut entry.hold {
            admission.begin();
        }
        let ticket = Arc::clone(entry.ticket());
        let Some(task) = entry.task.as_mut() else {
            return Err(Error::internal("the job was run after its end"));
        };
        let mut cx = Cx::new(self, lane, &ticket);
        loop {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                ticket.cancel.check()?;
                task.run(&mut cx)
            }))
            .unwrap_or_else(|panic| Err(panicked(&*panic)));
            match outcome {
                Ok(Step::More) if !self.should_yield(lane) && task.together().is_none() => {}
                outcome => return outcome,
            }
        }
    }

    /// A token's first job.
    fn take_first(self: &Arc<Self>, lane: Lane) -> Option<Entry> {
        let next = self.turn(lane, |state| state.tokens[lane] -= 1);
        self.shed(next)
    }

    /// The job's slot goes to something else; the job waits again.
    fn step_aside(self: &Arc<Self>, lane: Lane, entry: Entry) -> Option<Entry> {
        let mut given_up = false;
        let next = self.turn(lane, |state| given_up = state.put_back(entry, &self.budget));
        if given_up {
            self.note_dead();
        }
        self.shed(next)
    }

    fn finish(self: &Arc<Self>, lane: Lane, mut entry: Entry, outcome: Result<Step>) -> Option<Entry> {
        // What the task holds goes before its memory counts as free.
        drop_quietly(entry.task.take());
        let next = self.turn(lane, |state| state.give_back(&mut entry, &self.budget));
        settle(entry, outcome);
        self.shed(next)
    }

    /// A worker under the lock: `before`, then its slot goes to the next job of its lane, if there is one and it
    /// may have it, and whatever else may start is started.
    fn turn(self: &Arc<Self>, lane: Lane, before: impl FnOnce(&mut State)) -> Option<(Entry, u64)> {
        let mut graveyard = Graveyard::new();
        let mut state = lock(&self.state);
        state.read_inbox(&self.inbox);
        before(&mut state);
        state.governor.release(lane);
        let next = self.next_on_slot(&mut state, lane, &mut graveyard);
        let grants = self.grant(&mut state);
        drop(state);
        drop(graveyard);
        self.spawn(grants);
        next
    }

    fn next_on_slot(&self, state: &mut State, lane: Lane, graveyard: &mut Graveyard) -> Option<(Entry, u64)> {
        if !state.governor.may_start(lane) {
            return None;
        }
        let taken = state.take(lane, &self.budget, self.host.idle_bytes(), graveyard)?;
        state.governor.acquire(lane);
        Some(taken)
    }

    /// Frees the idle memory that a job displaced, on the worker that is about to run it.
    fn shed(&self, next: Option<(Entry, u64)>) -> Option<Entry> {
        let (entry, bytes) = next?;
        if bytes > 0 {
            self.host.shed(bytes);
        }
        Some(entry)
    }

    /// More jobs of a kind from the head of its queue, see [`super::crew::Crew::take_batch`].
    pub(crate) fn take_batch(
        self: &Arc<Self>,
        lane: Lane,
        kind: Kind,
        own: usize,
        most: usize,
    ) -> Vec<Batched> {
        // Nothing waits, neither new nor put back: no need to disturb anybody.
        let new = self.counters[lane].queued.load(std::sync::atomic::Ordering::Relaxed);
        if own >= most || new == 0 && self.waiting[lane].load(Ordering::Relaxed) == 0 {
            return Vec::new();
        }
        let mut graveyard = Graveyard::new();
        let mut batch = Vec::new();
        let mut state = lock(&self.state);
        state.read_inbox(&self.inbox);
        state.drop_given_up_head(lane, &self.budget, &mut graveyard);
        let grants = self.grant(&mut state);
        let promised = state.tokens[lane];
        let enough = promised + most * (state.crews[lane].workers + promised);
        let waiting = state.waiting_together(lane, kind, enough);
        let share = state.crews[lane].share(own, most, waiting, promised);
        let mut idle = self.host.idle_bytes();
        let mut shed = 0;
        while batch.len() < share {
            // Of those that were counted some may have been given up: look again, lest another kind be taken.
            state.drop_given_up_head(lane, &self.budget, &mut graveyard);
            let Some((mut entry, bytes)) = state.take_along(lane, kind, &self.budget, idle) else { break };
            idle -= bytes;
            shed += bytes;
            if let Hold::Own(admission) = &mut entry.hold {
                admission.begin();
            }
            state.crews[lane].seats += 1;
            batch.push(Batched { entry: Some(entry), shared: Arc::clone(self) });
        }
        self.note_waiting(&state);
        drop(state);
        drop(graveyard);
        self.spawn(grants);
        if shed > 0 {
            self.host.shed(shed);
        }
        batch
    }

    /// A worker's turn with a job that is worked on together with others of its kind.
    fn work_together(self: &Arc<Self>, lane: Lane, mut entry: Entry, company: Company) -> Option<Entry> {
        if let Hold::Own(admission) = &mut entry.hold {
            admission.begin();
        }
        let mut state = lock(&self.state);
        state.crews[lane].workers += 1;
        state.crews[lane].seats += 1;
        drop(state);
        let first = Batched { entry: Some(entry), shared: Arc::clone(self) };
        // Whatever it still held when it panicked has been rejected by then.
        drop(catch_unwind(AssertUnwindSafe(|| (company.run)(first, &Crew::new(self, lane, company.kind)))));
        let next = self.turn(lane, |state| state.crews[lane].workers -= 1);
        self.shed(next)
    }

    pub(crate) fn put_back(self: &Arc<Self>, entry: Entry) {
        let mut state = lock(&self.state);
        state.crews[entry.ticket().lane].seats -= 1;
        let given_up = state.put_back(entry, &self.budget);
        let grants = self.grant(&mut state);
        drop(state);
        if given_up {
            self.note_dead();
        }
        self.spawn(grants);
    }

    /// Up to `most` slots that nobody holds and nothing waits for, for a job's own parallel parts.
    pub(crate) fn lend_idle(&self, lane: Lane, most: usize) -> usize {
        let mut state = lock(&self.state);
        state.read_inbox(&self.inbox);
        let waiting = Lane::ALL
            .iter()
            .any(|&lane| !state.blocked[lane] && state.queues[lane].len() > state.tokens[lane]);
        if waiting {
            drop(state);
            // What was read from the inbox still wants a slot.
            self.host.wake();
            return 0;
        }
        let lent = state.governor.idle().min(most);
        for _ in 0..lent {
            state.governor.acquire(lane);
        }
        lent
    }

    /// A lent slot given back.
    pub(crate) fn return_slot(self: &Arc<Self>, lane: Lane) {
        let mut state = lock(&self.state);
        state.read_inbox(&self.inbox);
        state.governor.release(lane);
        let grants = self.grant(&mut state);
        drop(state);
        self.spawn(grants);
    }

    pub(crate) fn finish_batched(self: &Arc<Self>, mut entry: Entry, outcome: Result<Step>) {
        drop_quietly(entry.task.take());
        let mut state = lock(&self.state);
        state.crews[entry.ticket().lane].seats -= 1;
        state.give_back(&mut entry, &self.budget);
        let grants = self.grant(&mut state);
        drop(state);
        self.spawn(grants);
        settle(entry, outcome);
    }
}
/// Tells whoever asked what became of it, after everything the job held has been given back.
fn settle(entry: Entry, outcome: Result<Step>) {
    let mut admission = match entry.hold {
        Hold::Own(admission) => admission,
        Hold::Ride(ticket) => {
            match outcome {
                Ok(Step::Done(hand_over)) => guarded(hand_over),
                Ok(Step::More) => {}
                Err(error) => {
                    // A part that fails stops the other parts; whoever holds the admission ends the job.
                    ticket.cancel.cancel();
                    ticket.reject(error);
                }
            }
            return;
        }
    };
    let ticket = Arc::clone(&admission.ticket);
    let won = ticket.claim();
    let presence = admission.end(match &outcome {
        Ok(_) if won => Ending::Completed,
        Ok(_) if ticket.cancel.is_late() => Ending::Failed,
        Ok(_) => Ending::Cancelled,
        Err(error) => Ending::by(error),
    });
    drop(admission);
    match outcome {
        Ok(Step::Done(hand_over)) if won => guarded(hand_over),
        Err(error) if won => ticket.tell(error),
        _ => {}
    }
    drop(presence);
}

fn guarded(hand_over: Box<dyn FnOnce() + Send>) {
    // Handing over is our own code and must not panic; if it does, only this job is lost.
    drop(catch_unwind(AssertUnwindSafe(hand_over)));
}

/// A task whose destructor panics must not take the worker with it.
fn drop_quietly(task: Option<Box<dyn Task>>) {
    drop(catch_unwind(AssertUnwindSafe(move || drop(task))));
}

pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::internal(format!("a job panicked, which is a bug in offloop, please report it: {said}"))
}
