//! Jobs of one kind that a worker works on together.
//!
//! Such a job says so by [`Task::together`]. The worker then hands it to that function, which owns it as a
//! [`Batched`] and may take more of its kind along at any time ([`Crew::take_batch`]). Each ends by itself, so a
//! worker may go on for as long as jobs come, and nobody waits for those beside him.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::cancel::Cancel;
use super::job::{Step, Task};
use super::lane::{Kind, Lane};
use super::queues::Entry;
use super::scheduler::{Shared, panicked};
use crate::error::{Error, Result};

/// How a task is worked on together with others.
#[derive(Clone, Copy)]
pub struct Company {
    /// Which others: those of the same kind.
    pub kind: Kind,
    /// Runs a job, and those that it takes along, to their ends.
    pub run: fn(first: Batched, crew: &Crew<'_>),
    /// Whether it needs its working memory for that.
    pub needs_memory: bool,
}

/// A worker that works on several jobs at once: its side of the pool.
pub struct Crew<'a> {
    shared: &'a Arc<Shared>,
    lane: Lane,
    kind: Kind,
}

impl<'a> Crew<'a> {
    pub(crate) fn new(shared: &'a Arc<Shared>, lane: Lane, kind: Kind) -> Self {
        Self { shared, lane, kind }
    }

    /// Takes more jobs of this kind from the head of the queue, up to `most` in all with the `own` that are being
    /// worked on already.
    ///
    /// Threads come first: none is taken that an idle slot could run. What is left is spread evenly over the workers
    /// that work like this one. Stops at the first job of another kind, so nothing older is overtaken.
    pub fn take_batch(&self, own: usize, most: usize) -> Vec<Batched> {
        self.shared.take_batch(self.lane, self.kind, own, most)
    }

    /// Whether to put back what is being worked on, because somebody waits for the slot.
    pub fn should_yield(&self) -> bool {
        self.shared.should_yield(self.lane)
    }
}

/// A job that has begun and that somebody owns until its end.
pub struct Batched {
    pub(crate) entry: Option<Entry>,
    pub(crate) shared: Arc<Shared>,
}

impl Batched {
    /// Calls `work` with the task. A panic in it becomes an error of this job alone, as does a task that is no `T`.
    pub fn with<T: 'static, R>(&mut self, work: impl FnOnce(&mut T) -> Result<R>) -> Result<R> {
        let task = self.entry.as_mut().and_then(Entry::task).and_then(|task| task.as_any());
        let Some(task) = task.and_then(|task| task.downcast_mut()) else {
            return Err(Error::internal("a job was worked on together with jobs of another kind"));
        };
        catch_unwind(AssertUnwindSafe(|| work(task))).unwrap_or_else(|panic| Err(panicked(&*panic)))
    }

    /// The flag to poll for it.
    pub fn cancel_flag(&self) -> Cancel {
        self.entry.as_ref().map(|entry| entry.ticket().cancel.clone()).unwrap_or_default()
    }

    /// Its outcome. `Step::More` puts it back to where it stood in its queue: it goes on when its turn comes.
    pub fn finish(mut self, outcome: Result<Step>) {
        match (self.entry.take(), outcome) {
            (Some(entry), Ok(Step::More)) => self.shared.put_back(entry),
            (Some(entry), outcome) => self.shared.finish_batched(entry, outcome),
            (None, _) => {}
        }
    }
}

impl Drop for Batched {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            let error = if std::thread::panicking() {
                Error::internal(
                    "a job that was worked on together with this one panicked, which is a bug in offloop",
                )
            } else {
                Error::internal("the job was taken along by another and not finished")
            };
            self.shared.finish_batched(entry, Err(error));
        }
    }
}

/// Workers of a lane that work like this, and what they hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Crews {
    pub(crate) workers: usize,
    pub(crate) seats: usize,
}

impl Crews {
    /// How many more a worker with `own` may take of the `waiting`, the first `promised` of which are other workers'.
    pub(crate) fn share(self, own: usize, most: usize, waiting: usize, promised: usize) -> usize {
        let workers = (self.workers + promised).max(1);
        let even = (self.seats + waiting).div_ceil(workers);
        even.min(most).saturating_sub(own).min(waiting.saturating_sub(promised))
    }
}

/// How a task is worked on together with others, if it is.
pub(crate) fn together(task: Option<&dyn Task>) -> Option<Company> {
    task.and_then(Task::together)
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::Crews;

    #[test]
    fn what_waits_is_spread_evenly_and_idle_slots_come_first() {
        let two = Crews { workers: 2, seats: 2 };
        assert_eq!(two.share(1, 8, 4, 0), 2, "six on two workers: three each");
        assert_eq!(two.share(1, 8, 5, 0), 3);
        assert_eq!(two.share(4, 8, 2, 0), 0, "it has more than its share already");
        assert_eq!(two.share(1, 2, 40, 0), 1, "no more than it has room for");
        let one = Crews { workers: 1, seats: 1 };
        assert_eq!(one.share(1, 8, 1, 1), 0, "an idle slot has been promised that one");
        assert_eq!(one.share(1, 8, 2, 1), 1);
        assert_eq!(one.share(1, 8, 0, 0), 0);
    }
}
