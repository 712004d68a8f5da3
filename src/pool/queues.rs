//! What waits, in which order, and what may run next. Behind the scheduler's one lock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::budget::Budget;
use super::crew::{Crews, together};
use super::governor::Governor;
use super::job::{Admission, Task, Ticket};
use super::lane::{Kind, Lane, PerLane};
use super::sync::Inbox;

/// How many jobs may start before the one at the head that waits for memory, before it must be next.
const MOST_SKIPS: u32 = 64;
/// How far behind the head a job is looked for that fits.
const WINDOW: usize = 64;
/// What the inbox brings.
pub(crate) enum Message {
    Job(Box<Entry>),
    /// Wake when this one is late.
    Watch(Arc<Ticket>),
    Forget(Instant, u64),
}

/// Whether a task is a job, or part of one that was admitted before (an export's batch).
pub(crate) enum Hold {
    Own(Admission),
    Ride(Arc<Ticket>),
}

/// A task in a queue, or out of it and running.
pub(crate) struct Entry {
    pub(crate) task: Option<Box<dyn Task>>,
    pub(crate) hold: Hold,
    /// How many jobs from behind went first because this one waits for memory.
    skipped: u32,
}

impl Entry {
    pub(crate) fn new(task: Box<dyn Task>, hold: Hold) -> Self {
        Self { task: Some(task), hold, skipped: 0 }
    }

    pub(crate) fn ticket(&self) -> &Arc<Ticket> {
        match &self.hold {
            Hold::Own(admission) => &admission.ticket,
            Hold::Ride(ticket) => ticket,
        }
    }

    fn holds_memory(&self) -> bool {
        matches!(&self.hold, Hold::Own(admission) if admission.holds_working)
    }

    pub(crate) fn task(&mut self) -> Option<&mut Box<dyn Task>> {
        self.task.as_mut()
    }
}

/// The queues, the slots and the deadlines, behind the scheduler's lock.
pub(crate) struct State {
    pub(crate) queues: PerLane<VecDeque<Entry>>,
    pub(crate) governor: Governor,
    /// Slots granted to workers that have not taken a job yet.
    pub(crate) tokens: PerLane<usize>,
    /// The queue's head waits for memory: no use granting a slot before some is free.
    pub(crate) blocked: PerLane<bool>,
    /// Workers that work on several jobs at once.
    pub(crate) crews: PerLane<Crews>,
    pub(crate) deadlines: BTreeMap<(Instant, u64), Arc<Ticket>>,
}
/// Entries taken out under the lock, dropped after it: dropping a task may free much memory, and dropping
/// an admission may settle a promise.
pub(crate) type Graveyard = Vec<Entry>;
impl State {
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            queues: PerLane::default(),
            governor: Governor::new(threads),
            tokens: PerLane::default(),
            blocked: PerLane::default(),
            crews: PerLane::default(),
            deadlines: BTreeMap::new(),
        }
    }

    pub(crate) fn read_inbox(&mut self, inbox: &Inbox<Message>) {
        for message in inbox.take_all() {
            match message {
                Message::Job(entry) => {
                    let lane = entry.ticket().lane;
                    self.insert(*entry);
                    self.blocked[lane] = false;
                }
                Message::Watch(ticket) => {
                    if let Some(deadline) = ticket.deadline {
                        self.deadlines.insert((deadline, ticket.id), ticket);
                    }
                }
                Message::Forget(deadline, id) => {
                    self.deadlines.remove(&(deadline, id));
                }
            }
        }
    }

    /// In the order of admission: nearly always the end. A part of a job (an export's batch) stands where its
    /// job was admitted, so that a running export does not wait behind every job that came later. But never before a job
    /// that gave way and holds memory, for which those that stand before it might wait for ever.
    pub(crate) fn insert(&mut self, entry: Entry) {
        let (lane, id) = (entry.ticket().lane, entry.ticket().id);
        let queue = &mut self.queues[lane];
        if queue.back().is_none_or(|last| last.ticket().id <= id) {
            queue.push_back(entry);
        } else {
            let held = queue.iter().rposition(Entry::holds_memory).map_or(0, |at| at + 1);
            let behind = queue.range(held..).position(|other| other.ticket().id > id);
            queue.insert(behind.map_or(queue.len(), |at| held + at), entry);
        }
    }

    /// The first job of the lane that may run now, and how many idle bytes must go for it.
    pub(crate) fn take(
        &mut self,
        lane: Lane,
        budget: &Budget,
        idle: u64,
        graveyard: &mut Graveyard,
    ) -> Option<(Entry, u64)> {
        let now = Instant::now();
        let queue = &mut self.queues[lane];
        let mut index = 0;
        while index < queue.len().min(WINDOW) {
            let ticket = queue[index].ticket();
            if ticket.is_late(now) {
                ticket.cancel.expire();
            }
            if ticket.cancel.is_cancelled() {
                if let Some(entry) = queue.remove(index) {
                    // Its memory, if it held any, may be what the others wait for.
                    if bury(entry, budget, graveyard) {
                        self.blocked = PerLane::default();
                    }
                    index = 0;
                }
                continue;
            }
            if let Some(shed) = take_memory(&mut queue[index], budget, idle) {
                let entry = queue.remove(index)?;
                if index > 0 {
                    queue[0].skipped += 1;
                }
                return Some((entry, shed));
            }
            if index == 0 && queue[0].skipped >= MOST_SKIPS {
                break;
            }
            index += 1;
        }
        self.blocked[lane] = !queue.is_empty();
        None
    }

    /// Jobs at the head of the queue that are worked on together in this kind, counted up to `enough`.
    pub(crate) fn waiting_together(&self, lane: Lane, kind: Kind, enough: usize) -> usize {
        self.queues[lane]
            .iter()
            .take(enough)
            .take_while(|entry| together(entry.task.as_deref()).is_some_and(|company| company.kind == kind))
            .count()
    }

    /// Takes the jobs out at the head of the queue that were given up.
    pub(crate) fn drop_given_up_head(&mut self, lane: Lane, budget: &Budget, graveyard: &mut Graveyard) {
        let now = Instant::now();
        while let Some(entry) = self.queues[lane].front() {
            if entry.ticket().is_late(now) {
                entry.ticket().cancel.expire();
            }
            if !entry.ticket().cancel.is_cancelled() {
                break;
            }
            let Some(entry) = self.queues[lane].pop_front() else { break };
            if bury(entry, budget, graveyard) {
                self.blocked = PerLane::default();
            }
        }
    }

    /// Takes the job at the head of the queue if it is worked on together in this kind and its memory is to be had, and
    /// tells how many idle bytes must go for it.
    pub(crate) fn take_along(
        &mut self,
        lane: Lane,
        kind: Kind,
        budget: &Budget,
        idle: u64,
    ) -> Option<(Entry, u64)> {
        if self.waiting_together(lane, kind, 1) == 0 {
            return None;
        }
        let shed = take_memory(self.queues[lane].front_mut()?, budget, idle)?;
        Some((self.queues[lane].pop_front()?, shed))
    }

    /// A job that has run for a while waits again. It keeps its memory, unless it goes on together with others and needs
    /// none for that; with memory it goes first, lest somebody wait for that who stands before it. True if it was given
    /// up meanwhile: then it must be swept out.
    pub(crate) fn put_back(&mut self, mut entry: Entry, budget: &Budget) -> bool {
        let lane = entry.ticket().lane;
        if together(entry.task.as_deref()).is_some_and(|company| !company.needs_memory) {
            self.give_back(&mut entry, budget);
        }
        let given_up = matches!(&entry.hold, Hold::Own(admission) if admission.ticket.waits_again());
        if entry.holds_memory() || matches!(entry.hold, Hold::Ride(_)) {
            self.queues[lane].push_front(entry);
        } else {
            self.insert(entry);
        }
        self.blocked[lane] = false;
        given_up
    }

    /// Takes every job out that was given up while it waited.
    pub(crate) fn sweep(&mut self, budget: &Budget, graveyard: &mut Graveyard) {
        for lane in Lane::ALL {
            let queue = std::mem::take(&mut self.queues[lane]);
            for entry in queue {
                if entry.ticket().cancel.is_cancelled() {
                    bury(entry, budget, graveyard);
                } else {
                    self.queues[lane].push_back(entry);
                }
            }
        }
        self.blocked = PerLane::default();
    }

    pub(crate) fn give_back(&mut self, entry: &mut Entry, budget: &Budget) {
        if give_back(entry, budget) {
            self.blocked = PerLane::default();
        }
    }
}
/// Takes the working memory of a job that is about to run, unless it holds it already or is worked on together with
/// others and needs none for that.
fn take_memory(entry: &mut Entry, budget: &Budget, idle: u64) -> Option<u64> {
    match &mut entry.hold {
        Hold::Ride(_) => Some(0),
        Hold::Own(admission) if admission.holds_working => Some(0),
        Hold::Own(_) if together(entry.task.as_deref()).is_some_and(|company| !company.needs_memory) => {
            Some(0)
        }
        Hold::Own(admission) => {
            let shed = budget.take(admission.share, idle)?;
            admission.holds_working = true;
            Some(shed)
        }
    }
}

fn give_back(entry: &mut Entry, budget: &Budget) -> bool {
    match &mut entry.hold {
        Hold::Own(admission) if admission.holds_working => {
            admission.holds_working = false;
            budget.give_back(admission.share);
            true
        }
        _ => false,
    }
}

/// Out of the queue for good; dropped, and so settled, once the lock is released. True if it held memory.
pub(crate) fn bury(mut entry: Entry, budget: &Budget, graveyard: &mut Graveyard) -> bool {
    let held = give_back(&mut entry, budget);
    graveyard.push(entry);
    held
}
